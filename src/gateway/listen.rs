//! Accepts connections, and bounds their number.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tracing::{debug, warn};

use super::Gateway;
use super::connection::{self, Carriage, stopped};
use super::workers::Workers;

/// How long to wait when no connection can be accepted (no file descriptors left, say).
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// Said to one connection too many.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n";

/// Serves connections from `listener` on `workers` until `stop` turns true; returns once every one of them is done. Sockets end with
/// their rooms.
pub async fn serve(gateway: Gateway, listener: TcpListener, workers: Workers, mut stop: watch::Receiver<bool>) {
    let limit = gateway.settings.connections;
    let permits = Arc::new(Semaphore::new(limit));
    let carriage = Carriage {
        router: gateway.router(),
        tls: gateway.tls.clone(),
        proxies: gateway.proxies.clone(),
        patience: gateway.settings.slow_after,
        http2_sockets: gateway.settings.http2_sockets,
        heartbeat: gateway.settings.heartbeat_interval,
        stop: stop.clone(),
    };
    tokio::spawn(gateway.heart.clone().beat(gateway.rooms.clock().clone(), stop.clone()));
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stopped(&mut stop) => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, _)) if stream.set_nodelay(true).is_err() => debug!("a connection was gone before it began"),
            Ok((stream, peer)) => {
                if let Ok(permit) = permits.clone().try_acquire_owned() {
                    let (carriage, permit) = (carriage.clone(), Arc::new(permit));
                    workers.hand_over(stream, move |stream| connection::carry(stream, peer, permit, carriage), &mut connections);
                } else {
                    connections.spawn(connection::turn_away(stream, FULL));
                }
            }
            Err(error) => accept_failed(&error).await,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    // Sockets hold theirs until their goodbye has been read.
    let _ = permits.acquire_many(u32::try_from(limit).unwrap_or(u32::MAX)).await;
}

async fn accept_failed(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    // These are the newcomer's trouble; anything else is ours and lasts a while.
    if !matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        warn!(%error, "cannot accept connections; trying again");
        tokio::time::sleep(ACCEPT_RETRY).await;
    }
}
