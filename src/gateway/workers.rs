//! The threads that carry connections, one for each processor, each with a runtime of its own.
//!
//! A socket stays where it began: what wakes it comes in the order in which it came from the network, and no other thread takes it over. A
//! scheduler that steals, or that runs first what was woken last, would judge the last of many bids before those that were there before it.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tracing::debug;

/// Threads to carry connections. Dropping it ends those that it started.
#[derive(Debug)]
pub struct Workers {
    others: Vec<Handle>,
    next: AtomicUsize,
    _until: Vec<oneshot::Sender<()>>,
}

/// A runtime for one thread, as every worker has it.
pub fn runtime() -> io::Result<Runtime> {
    // What other threads hand over has its turn at every turn; and the network is looked at often, since a turn may write to many sockets.
    Builder::new_current_thread().global_queue_interval(1).event_interval(16).enable_all().build()
}

impl Workers {
    /// The runtime this is called from and `count - 1` threads more; 0 stands for as many as there are processors.
    pub fn start(count: usize) -> io::Result<Workers> {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let count = if count == 0 { processors() } else { count };
        let (mut others, mut until) = (Vec::new(), Vec::new());
        for number in 1..count {
            let runtime = runtime()?;
            others.push(runtime.handle().clone());
            let (sender, ended) = oneshot::channel::<()>();
            until.push(sender);
            std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
                // It ends when the sender is dropped; nothing is ever sent.
                let _ = runtime.block_on(ended);
                runtime.shutdown_background();
            })?;
        }
        Ok(Workers { others, next: AtomicUsize::new(0), _until: until })
    }

    /// Has the next worker in turn `carry` a connection that was accepted here.
    pub fn hand_over<F: Future<Output = ()> + Send + 'static>(
        &self,
        stream: TcpStream,
        carry: impl FnOnce(TcpStream) -> F + Send + 'static,
        tasks: &mut JoinSet<()>,
    ) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % (self.others.len() + 1);
        let Some(worker) = self.others.get(turn) else {
            tasks.spawn(carry(stream));
            return;
        };
        // It changes hands without the one's registration and with the other's.
        match stream.into_std() {
            Ok(stream) => {
                let adopted = async move {
                    match TcpStream::from_std(stream) {
                        Ok(stream) => carry(stream).await,
                        Err(error) => debug!(%error, "a connection was lost between two threads"),
                    }
                };
                tasks.spawn_on(adopted, worker);
            }
            Err(error) => debug!(%error, "a connection was gone before it began"),
        }
    }
}
