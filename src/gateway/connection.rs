//! One connection, from its first bytes: which protocol it speaks, and then requests until it ends.
//!
//! In clear, HTTP/2 is known by its preface (RFC 9113 §3.3, prior knowledge); under TLS, by what the two sides agreed on (ALPN).

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use tracing::debug;

use super::caller::{Caller, Proxies};
use super::impatient::Impatient;
use super::{HEAD_WITHIN, tls};

/// Held by whatever keeps a connection alive: the HTTP conversation, then the socket.
pub type Permit = Arc<OwnedSemaphorePermit>;

/// A request's head has at most so many bytes.
const HEAD_LIMIT: u32 = 16 * 1024;
/// Requests and sockets of one HTTP/2 connection at a time.
const STREAMS: u32 = 128;
/// How long the rest of a preface is waited for before it is looked at again.
const LOOK: Duration = Duration::from_millis(5);
/// Said to who speaks plain HTTP where TLS is spoken.
const HTTPS_ONLY: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n\r\nThis port speaks HTTPS: use https:// (or wss://).\n";

/// How every connection is carried. Cheap to clone.
#[derive(Clone)]
pub struct Carriage {
    pub router: Router,
    pub tls: Option<TlsAcceptor>,
    pub proxies: Arc<Proxies>,
    /// Who takes nothing for so long is cut off.
    pub patience: Duration,
    /// Whether each HTTP/2 connection may carry sockets (RFC 8441).
    pub http2_sockets: bool,
    /// A quiet HTTP/2 connection is pinged so often.
    pub heartbeat: Duration,
    pub stop: watch::Receiver<bool>,
}

/// What a connection begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    Http1,
    Http2,
    Tls,
}

/// What its requests are handed.
struct Requests {
    carriage: Carriage,
    peer: SocketAddr,
    secure: bool,
    permit: Permit,
}

/// Carries a connection until it ends, or has become a socket.
pub async fn carry(stream: TcpStream, peer: SocketAddr, permit: Permit, carriage: Carriage) {
    let Ok(Ok(opening)) = tokio::time::timeout(HEAD_WITHIN, opening(&stream)).await else {
        return debug!("a connection said nothing");
    };
    let tls = carriage.tls.clone();
    let requests = Requests { secure: tls.is_some(), carriage, peer, permit };
    match (tls, opening) {
        (None, Opening::Http2) => requests.http2(stream).await,
        (None, Opening::Http1 | Opening::Tls) => requests.http1(stream).await,
        (Some(tls), Opening::Tls) => match tokio::time::timeout(HEAD_WITHIN, tls.accept(stream)).await {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(tls::H2) => requests.http2(stream).await,
            Ok(Ok(stream)) => requests.http1(stream).await,
            Ok(Err(error)) => debug!(%error, "a TLS handshake failed"),
            Err(_) => debug!("a TLS handshake took too long"),
        },
        (Some(_), Opening::Http1 | Opening::Http2) => turn_away(stream, HTTPS_ONLY).await,
    }
}

/// Looks at the first bytes without taking them.
async fn opening(stream: &TcpStream) -> io::Result<Opening> {
    const PREFACE: &[u8] = b"PRI";
    const HANDSHAKE: u8 = 22;
    let mut first = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut first).await?;
        match first.get(..count).unwrap_or_default() {
            [] => return Err(io::ErrorKind::UnexpectedEof.into()),
            PREFACE => return Ok(Opening::Http2),
            [HANDSHAKE, ..] => return Ok(Opening::Tls),
            // What is there already makes the stream ready: there is nothing to wait for but time.
            begun if PREFACE.starts_with(begun) => tokio::time::sleep(LOOK).await,
            _ => return Ok(Opening::Http1),
        }
    }
}

/// Says one thing, and goes.
pub async fn turn_away(mut stream: TcpStream, words: &[u8]) {
    let goodbye = async {
        stream.write_all(words).await?;
        stream.shutdown().await?;
        // Unread bytes would turn the end into a reset, which may overtake the answer.
        let mut ignored = [0; 512];
        while stream.read(&mut ignored).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
}

/// Returns once the server stops, or whoever could say so is gone.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Requests {
    async fn http1<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(self, stream: S) {
        let stop = self.carriage.stop.clone();
        let stream = TokioIo::new(Impatient::new(stream, self.carriage.patience));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .max_buf_size(HEAD_LIMIT as usize)
            .serve_connection(stream, service_fn(move |request| self.answer(request)))
            .with_upgrades();
        until_over(connection, http1::UpgradeableConnection::graceful_shutdown, stop).await;
    }

    async fn http2<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(self, stream: S) {
        let stop = self.carriage.stop.clone();
        let stream = TokioIo::new(Impatient::new(stream, self.carriage.patience));
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEAD_LIMIT)
            .keep_alive_interval(self.carriage.heartbeat)
            .keep_alive_timeout(self.carriage.patience);
        if self.carriage.http2_sockets {
            http.enable_connect_protocol();
        }
        let connection = http.serve_connection(stream, service_fn(move |request| self.answer(request)));
        until_over(connection, http2::Connection::graceful_shutdown, stop).await;
    }

    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send + use<> {
        let mut request = request.map(Body::new);
        name_host(&mut request);
        let caller = Caller::of(&self.carriage.proxies, self.peer.ip(), self.secure, request.headers());
        request.extensions_mut().insert(caller);
        request.extensions_mut().insert(self.permit.clone());
        let router = self.carriage.router.clone();
        async move { Ok(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    }
}

/// Serves until its end; when the server stops, until what was asked is answered.
async fn until_over<C>(connection: C, shut_down: impl FnOnce(Pin<&mut C>), mut stop: watch::Receiver<bool>)
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stop) => {
            shut_down(connection.as_mut());
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "an HTTP connection ended early");
    }
}

/// HTTP/2 names the host in the address (`:authority`), and need not send the header that everything else looks at.
fn name_host(request: &mut Request<Body>) {
    if !request.headers().contains_key(HOST)
        && let Some(authority) = request.uri().authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(HOST, host);
    }
}
