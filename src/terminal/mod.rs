//! `subasta watch` and `subasta bid`: an auction from a terminal, over the same protocol as everyone else.
//!
//! A client like any other: it knows the protocol and how to show it. It must not know rooms, the gateway or the log: the server is
//! somewhere else.

mod address;
mod back_off;
mod bid;
mod dial;
mod flags;
mod input;
mod link;
mod message;
mod plain;
mod screen;
mod server_time;
mod state;
mod text;
mod tls;
mod view;
mod watch;
mod words;

pub use bid::bid;
pub use flags::{BidFlags, ServerFlags, WatchFlags};
pub use watch::watch;

/// Nothing came of it, and the command line is not to blame.
const TROUBLE: u8 = 1;
/// The command line is to blame.
const USAGE: u8 = 2;

/// Runs on one thread: there is one connection, and one person.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    let done = runtime.block_on(work);
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    Ok(done)
}

fn fail(code: u8, why: &str) -> std::process::ExitCode {
    use std::io::Write;
    // Where standard error is gone too, the exit code says it.
    let _ = writeln!(std::io::stderr(), "subasta: {why}");
    std::process::ExitCode::from(code)
}
