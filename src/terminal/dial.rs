//! One connection to the server: TCP, TLS where the address asks for it, and a WebSocket or one HTTP request over it.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Error};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::address::Address;
use super::tls::{self, Trust};

/// A connection, whatever it is made of.
pub trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// A WebSocket over it.
pub type Socket = WebSocketStream<Box<dyn Line>>;

/// Why it did not work.
#[derive(Debug)]
pub struct Trouble {
    /// A sentence without a full stop.
    pub why: String,
    /// To try again is in vain.
    pub hopeless: bool,
}

impl Trouble {
    fn passing(why: String) -> Trouble {
        Trouble { why, hopeless: false }
    }
}

/// Where the server is, and who asks it.
pub struct Dial {
    address: Address,
    tls: Option<TlsConnector>,
    token: Option<HeaderValue>,
}

/// A connection, a handshake or a request that takes longer has failed.
const WITHIN: Duration = Duration::from_secs(15);
/// The most that one message or answer may hold. An auction of 10,000 sealed bids tells them twice when it has ended, in itself and in its last
/// event: 6 MB, or 8 where all names are as long as can be.
const LARGEST: usize = 16 * 1024 * 1024;

impl Dial {
    /// `token` is a bearer's. The error is a sentence.
    pub fn new(address: Address, token: Option<&str>, trust: &Trust) -> Result<Dial, String> {
        let tls = address.secure.then(|| tls::connector(trust)).transpose()?;
        let bearer = |token: &str| {
            let mut value =
                HeaderValue::try_from(format!("Bearer {}", token.trim())).map_err(|_| "--token: this is no token".to_owned())?;
            value.set_sensitive(true);
            Ok::<_, String>(value)
        };
        Ok(Dial { address, tls, token: token.map(bearer).transpose()? })
    }

    /// Where to.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Whether the server is told who asks.
    pub fn is_signed(&self) -> bool {
        self.token.is_some() || self.address.is_signed()
    }

    async fn line(&self) -> Result<Box<dyn Line>, Trouble> {
        let Address { host, port, .. } = &self.address;
        let there = |error| Trouble::passing(format!("{host}, port {port}, cannot be reached: {error}"));
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(there)?;
        stream.set_nodelay(true).map_err(there)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from(host.clone());
        let name = name.map_err(|_| Trouble { why: format!("{host} is not a name that a certificate can have"), hopeless: true })?;
        match tls.connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => {
                let (why, hopeless) = tls::explain(&error);
                Err(Trouble { why, hopeless })
            }
        }
    }

    /// A socket into the auction's room, resuming after `since`.
    pub async fn socket(&self, since: Option<u64>) -> Result<Socket, Trouble> {
        let connected = async {
            let mut request = self.address.socket(since).into_client_request().map_err(explain)?;
            if let Some(token) = &self.token {
                request.headers_mut().insert(AUTHORIZATION, token.clone());
            }
            let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
            let stream = self.line().await?;
            client_async_with_config(request, stream, Some(config)).await.map(|(socket, _)| socket).map_err(explain)
        };
        timeout(WITHIN, connected).await.map_err(|_| self.too_slow())?
    }

    /// One request of the API; `rest` is empty, or begins with `/`.
    pub async fn request(&self, method: Method, rest: &str, body: String) -> Result<(StatusCode, Bytes), Trouble> {
        timeout(WITHIN, self.exchange(method, rest, body)).await.map_err(|_| self.too_slow())?
    }

    async fn exchange(&self, method: Method, rest: &str, body: String) -> Result<(StatusCode, Bytes), Trouble> {
        let lost = |error: hyper::Error| Trouble::passing(format!("the connection was lost: {error}"));
        let request = Request::builder().method(method).uri(self.address.api(rest)).header(HOST, self.address.authority());
        let mut request = request.header(CONTENT_TYPE, "application/json").body(Body::from(body));
        if let (Ok(request), Some(token)) = (&mut request, &self.token) {
            request.headers_mut().insert(AUTHORIZATION, token.clone());
        }
        let request = request.map_err(|error| Trouble { why: format!("this cannot be asked for: {error}"), hopeless: true })?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(self.line().await?)).await.map_err(lost)?;
        // It ends with the answer, or when this request is given up and its sender is gone.
        tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(lost)?;
        let (status, location) = (response.status(), response.headers().get(LOCATION).cloned());
        if status.is_redirection() {
            return Err(moved(location.as_ref()));
        }
        let body = to_bytes(Body::new(response.into_body()), LARGEST).await;
        Ok((status, body.map_err(|error| Trouble::passing(format!("the answer was lost: {error}")))?))
    }

    fn too_slow(&self) -> Trouble {
        Trouble::passing(format!("{} did not answer in {} s", self.address.authority(), WITHIN.as_secs()))
    }
}

fn moved(to: Option<&HeaderValue>) -> Trouble {
    let to = to.and_then(|to| to.to_str().ok()).unwrap_or("another address");
    Trouble { why: format!("the server says that the auction is at {to}"), hopeless: true }
}

/// What a handshake that failed says.
fn explain(error: Error) -> Trouble {
    match error {
        Error::Http(response) if response.status().is_redirection() => moved(response.headers().get(LOCATION)),
        Error::Http(response) => {
            let status = response.status();
            let passing = status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
            Trouble { why: format!("the server answers {status} to the handshake"), hopeless: !passing }
        }
        Error::Protocol(tungstenite::error::ProtocolError::HandshakeIncomplete) | Error::Io(_) => {
            Trouble::passing("the connection was lost in the handshake".to_owned())
        }
        other => Trouble { why: format!("the server does not speak WebSocket as it should: {other}"), hopeless: true },
    }
}
