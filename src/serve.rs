//! The server, put together: log, rooms, gateway, and the order in which they start and stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::gateway::{self, Gateway, Sessions, Workers};
use crate::log::{EventLog, SqliteLog};
use crate::room::{Rooms, keep_listed};

/// A server that runs. Dropping it stops nothing; see [`Server::stop`].
pub struct Server {
    address: SocketAddr,
    secure: bool,
    gateway: Gateway,
    rooms: Rooms,
    log: Arc<dyn EventLog>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    fatal: oneshot::Receiver<String>,
}

/// A sentence for whoever starts the server.
#[derive(Debug)]
pub struct StartError(pub String);

impl Server {
    /// Starts a server with the embedded log.
    pub async fn start(config: Config) -> Result<Server, StartError> {
        let (failed, fatal) = oneshot::channel();
        let on_fatal = move |why| drop(failed.send(why));
        let data_dir = config.data_dir.clone();
        let opened = tokio::task::spawn_blocking(move || SqliteLog::open(&data_dir, on_fatal)).await;
        let log = opened.map_err(|error| StartError(error.to_string()))?.map_err(|error| StartError(error.0))?;
        Server::start_with(config, Arc::new(log), Clock::system(), fatal).await
    }

    /// Starts a server with this log and this clock; `fatal` tells when the log must not be trusted any longer.
    pub async fn start_with(
        config: Config,
        log: Arc<dyn EventLog>,
        clock: Clock,
        fatal: oneshot::Receiver<String>,
    ) -> Result<Server, StartError> {
        std::fs::create_dir_all(&config.data_dir).map_err(|error| StartError(format!("{}: {error}", config.data_dir.display())))?;
        let key = config.data_dir.join("session.key");
        let sessions = Sessions::open(&config.gateway.admission, &key, config.gateway.origins.clone(), clock.clone());
        let sessions = sessions.map_err(|error| StartError(error.0))?;
        let bound = listen(config.listen).and_then(|listener| {
            let workers = Workers::start(config.gateway.threads)?;
            Ok((listener.local_addr()?, listener, workers))
        });
        let (address, listener, workers) =
            bound.map_err(|error| StartError(format!("cannot listen at {}: {}", config.listen, plain(&error))))?;
        let rooms = Rooms::open(log.clone(), clock, config.rooms).await;
        let rooms = rooms.map_err(|error| StartError(format!("{}: the log {error}", config.data_dir.display())))?;
        info!(data = %config.data_dir.display(), auctions_open = rooms.lobby().live_count(), listed = config.listings.len(), "opened");
        if config.listings.is_empty() {
            info!("the configuration lists no auctions: create one, or start where a config.toml is");
        }
        for listing in config.listings {
            tokio::spawn(keep_listed(rooms.clone(), listing));
        }
        let stop = watch::Sender::new(false);
        let secure = config.gateway.tls.is_some();
        let gateway = Gateway::new(rooms.clone(), sessions, config.gateway).map_err(|error| StartError(error.0))?;
        let accepting = tokio::spawn(gateway::serve(gateway.clone(), listener, workers, stop.subscribe()));
        Ok(Server { address, secure, gateway, rooms, log, stop, accepting, fatal })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where a browser finds it.
    pub fn url(&self) -> String {
        format!("http{}://{}/", if self.secure { "s" } else { "" }, self.address)
    }

    /// The rooms.
    pub fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// Returns, with the reason, if the log must not be trusted any longer. The process must then end at once.
    pub async fn fatal(&mut self) -> String {
        (&mut self.fatal).await.unwrap_or_else(|_| "the log's writer is no more".to_owned())
    }

    /// Lets everyone go before a restart: newcomers are sent elsewhere, and each socket is closed at a moment of its own. Bids count as ever.
    /// [`stop`](Server::stop) comes after it, or in the middle.
    pub fn drain(&self) -> impl Future<Output = ()> + Send + use<> {
        let gateway = self.gateway.clone();
        async move { gateway.drain().await }
    }

    /// Stops: no more connections, what waits is judged, every socket is told and closed, the log is closed. Within 5 s. The error says
    /// why the last that was judged may not be durable.
    pub async fn stop(mut self) -> Result<(), String> {
        info!("stopping");
        self.stop.send_replace(true);
        self.rooms.stop();
        let parts = async {
            self.rooms.stopped().await;
            let _ = (&mut self.accepting).await;
        };
        if tokio::time::timeout(TELL_WITHIN, parts).await.is_err() {
            warn!("not everyone could be told in time");
        }
        let closed = tokio::time::timeout(CLOSE_WITHIN, self.log.close()).await;
        if let Ok(why) = self.fatal.try_recv() {
            return Err(why);
        }
        closed.map_err(|_| "the disk does not answer".to_owned())?;
        info!("stopped");
        Ok(())
    }
}

/// How long sockets are given to be told that the server stops.
const TELL_WITHIN: Duration = Duration::from_millis(3_500);
/// How long the log is given after that.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// Connections that the system keeps until they are accepted; the system's own limit may be lower. One too many is tried again by
/// its own side a second later.
const BACKLOG: u32 = 4_096;

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that starts again must not wait for what the last one left.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// An error of the system in the words that people know, without the number.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there already; choose another --port".to_owned(),
        _ => error.to_string(),
    }
}
