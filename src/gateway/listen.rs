//! Accepts connections, and bounds what each may take: their number, the time for a head, the size of a head.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;
use tracing::{debug, warn};

use super::impatient::Impatient;
use super::workers::Workers;
use super::{Gateway, HEAD_WITHIN};

/// Held by whatever keeps a connection alive: the HTTP conversation, then the socket.
pub type Permit = Arc<OwnedSemaphorePermit>;

/// A request's head has at most so many bytes.
const HEAD_LIMIT: usize = 16 * 1024;
/// How long to wait when no connection can be accepted (no file descriptors left, say).
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// Said to one connection too many.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n";

/// Serves connections from `listener` on `workers` until `stop` turns true; returns once every one of them is done. Sockets end with
/// their rooms.
pub async fn serve(gateway: Gateway, listener: TcpListener, workers: Workers, mut stop: watch::Receiver<bool>) {
    let limit = gateway.settings.connections;
    let patience = gateway.settings.slow_after;
    let permits = Arc::new(Semaphore::new(limit));
    let router = gateway.router();
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
            Ok((stream, _)) => {
                if let Ok(permit) = permits.clone().try_acquire_owned() {
                    let (router, permit, stop) = (router.clone(), Arc::new(permit), stop.clone());
                    let carry = move |stream| connection(Impatient::new(stream, patience), router, permit, stop);
                    workers.hand_over(stream, carry, &mut connections);
                } else {
                    connections.spawn(turn_away(stream));
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

/// Returns once the server stops, or whoever could say so is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn accept_failed(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    // These are the newcomer's trouble; anything else is ours and lasts a while.
    if !matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
        warn!(%error, "cannot accept connections; trying again");
        tokio::time::sleep(ACCEPT_RETRY).await;
    }
}

async fn turn_away(mut stream: TcpStream) {
    let goodbye = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await?;
        // Unread bytes would turn the end into a reset, which may overtake the answer.
        let mut ignored = [0; 512];
        while stream.read(&mut ignored).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
}

async fn connection(stream: Impatient<TcpStream>, router: Router, permit: Permit, mut stop: watch::Receiver<bool>) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(permit.clone());
        let router = router.clone();
        async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "an HTTP connection ended early");
    }
}
