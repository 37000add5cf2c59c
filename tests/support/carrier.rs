//! The same feed by every way there is: a stream of messages, whatever carries them.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::ext::Protocol;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Role;

/// Under what requests travel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Http {
    One,
    Two,
}

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Socket,
    PackedSocket,
    EventStream,
    Ndjson,
    LongPoll,
}

/// A way to a feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Carrier {
    pub form: Form,
    pub http: Http,
}

pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}
pub type Connection = Box<dyn Duplex>;
type Body = Full<Bytes>;

/// A server's address, and its certificate where it speaks TLS.
#[derive(Clone)]
pub struct Place {
    pub address: SocketAddr,
    pub tls: Option<Arc<ClientConfig>>,
}

impl Place {
    pub fn clear(address: SocketAddr) -> Place {
        Place { address, tls: None }
    }

    /// Trusts the certificate in `pem`, and offers these protocols.
    pub fn secure(address: SocketAddr, pem: &Path, protocols: &[&str]) -> Place {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(pem).unwrap()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Place { address, tls: Some(Arc::new(config)) }
    }

    async fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        match &self.tls {
            None => Box::new(stream),
            Some(config) => {
                let name = ServerName::try_from("localhost").unwrap();
                Box::new(TlsConnector::from(config.clone()).connect(name, stream).await.unwrap())
            }
        }
    }

    fn uri(&self, path: &str) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://localhost:{}{path}", self.address.port())
    }

    /// A WebSocket in a connection of its own.
    pub async fn socket(&self, path: &str, subprotocol: Option<&'static str>) -> WebSocketStream<Connection> {
        let scheme = if self.tls.is_some() { "wss" } else { "ws" };
        let mut request = format!("{scheme}://localhost:{}{path}", self.address.port()).into_client_request().unwrap();
        if let Some(subprotocol) = subprotocol {
            request.headers_mut().insert("sec-websocket-protocol", subprotocol.parse().unwrap());
        }
        tokio_tungstenite::client_async(request, self.connect().await).await.unwrap().0
    }

    /// Requests over one connection.
    pub async fn requests(&self, http: Http) -> Requests {
        let connection = TokioIo::new(self.connect().await);
        let (sender, driver): (_, Pin<Box<dyn Future<Output = ()> + Send>>) = match http {
            Http::One => {
                let (sender, driver) = http1::handshake(connection).await.unwrap();
                (Sender::One(sender), Box::pin(async move { drop(driver.await) }))
            }
            Http::Two => {
                let (sender, driver) = http2::handshake(TokioExecutor::new(), connection).await.unwrap();
                (Sender::Two(sender), Box::pin(async move { drop(driver.await) }))
            }
        };
        Requests { place: self.clone(), sender, driver: tokio::spawn(driver) }
    }

    /// The messages of an auction's feed from after `since`. Dropping them drops the connection.
    pub async fn follow(&self, carrier: Carrier, auction: &str, since: Option<u64>) -> BoxStream<'static, Value> {
        let since = since.map(|since| format!("?since={since}")).unwrap_or_default();
        match (carrier.form, carrier.http) {
            (Form::Socket, Http::One) => messages(self.socket(&format!("/ws/{auction}{since}"), None).await).boxed(),
            (Form::PackedSocket, _) => messages(self.socket(&format!("/ws/{auction}{since}"), Some("subasta.v1.msgpack")).await).boxed(),
            (Form::Socket, Http::Two) => {
                let mut requests = self.requests(Http::Two).await;
                let ws = requests.socket(&format!("/ws/{auction}{since}")).await;
                messages(ws).map(move |message| (&requests, message).1).boxed()
            }
            (Form::LongPoll, http) => {
                let (requests, since) = (self.requests(http).await, since.strip_prefix("?since=").and_then(|since| since.parse().ok()));
                polls(requests, auction.to_owned(), since).boxed()
            }
            (form, http) => {
                let mut requests = self.requests(http).await;
                let kind = if form == Form::Ndjson { "application/x-ndjson" } else { "text/event-stream" };
                let response = requests.get(&format!("/api/auctions/{auction}/events{since}"), &[("accept", kind)]).await;
                assert_eq!(response.status(), 200);
                assert_eq!(response.headers()["content-type"], kind);
                let lines = lines(response.into_body()).map(move |line| (&requests, line).1);
                lines.filter_map(move |line| std::future::ready(message(form, &line))).boxed()
            }
        }
    }
}

enum Sender {
    One(http1::SendRequest<Body>),
    Two(http2::SendRequest<Body>),
}

/// One connection that requests are sent over. Dropping it cuts it.
pub struct Requests {
    place: Place,
    sender: Sender,
    driver: tokio::task::JoinHandle<()>,
}

impl Drop for Requests {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Requests {
    pub async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Response<Incoming> {
        self.send("GET", path, headers, "").await
    }

    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response<Incoming> {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
        match &mut self.sender {
            Sender::One(sender) => {
                let request = request.uri(path).header("host", format!("localhost:{}", self.place.address.port()));
                // The answer before may have been read to its end, and its connection not know of it yet.
                sender.ready().await.unwrap();
                sender.send_request(request.body(body).unwrap()).await.unwrap()
            }
            Sender::Two(sender) => sender.send_request(request.uri(self.place.uri(path)).body(body).unwrap()).await.unwrap(),
        }
    }

    /// The answer's status and its JSON.
    pub async fn json(&mut self, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
        let response = self.get(path, headers).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// A WebSocket in this HTTP/2 connection (RFC 8441).
    pub async fn socket(&mut self, path: &str) -> WebSocketStream<TokioIo<hyper::upgrade::Upgraded>> {
        let Sender::Two(sender) = &mut self.sender else { panic!("HTTP/2 only") };
        let request = Request::builder().method("CONNECT").uri(self.place.uri(path)).header("sec-websocket-version", "13");
        let mut request = request.body(Full::new(Bytes::new())).unwrap();
        request.extensions_mut().insert(Protocol::from_static("websocket"));
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let upgraded = hyper::upgrade::on(response).await.unwrap();
        WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await
    }
}

fn messages<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(ws: WebSocketStream<S>) -> impl futures_util::Stream<Item = Value> {
    ws.filter_map(|message| {
        std::future::ready(match message {
            Ok(Message::Text(text)) => Some(serde_json::from_str(&text).unwrap()),
            Ok(Message::Binary(packed)) => Some(rmp_serde::from_slice(&packed).unwrap()),
            _ => None,
        })
    })
}

fn lines(body: Incoming) -> impl futures_util::Stream<Item = String> {
    stream::unfold((body, Vec::new()), async |(mut body, mut held)| {
        loop {
            if let Some(end) = held.iter().position(|byte| *byte == b'\n') {
                let rest = held.split_off(end + 1);
                held.pop();
                return Some((String::from_utf8(held).unwrap(), (body, rest)));
            }
            held.extend_from_slice(&body.frame().await?.ok()?.into_data().ok()?);
        }
    })
}

/// What a line of a stream says, where it says something.
fn message(form: Form, line: &str) -> Option<Value> {
    let json = if form == Form::Ndjson { Some(line) } else { line.strip_prefix("data: ") };
    json.map(|json| serde_json::from_str(json).unwrap())
}

/// Long polls, one after the other, told like a stream: `welcome` for how the first was answered.
fn polls(requests: Requests, auction: String, since: Option<u64>) -> impl futures_util::Stream<Item = Value> {
    let first = (requests, auction, since, true, Vec::<Value>::new());
    stream::unfold(first, async |(mut requests, auction, mut since, mut first, mut waiting)| {
        while waiting.is_empty() {
            let from = since.map(|since| format!("&since={since}")).unwrap_or_default();
            let (status, page) =
                requests.json(&format!("/api/auctions/{auction}/events?wait=30{from}"), &[("accept", "application/json")]).await;
            assert_eq!(status, 200, "{page}");
            since = page["seq"].as_u64();
            waiting.clone_from(page["events"].as_array().unwrap());
            if std::mem::take(&mut first) {
                let seq = since.unwrap() - waiting.len() as u64;
                waiting.insert(0, json!({"type": "welcome", "seq": seq, "resumed": page["resumed"]}));
            } else if page["resumed"] == false {
                waiting.insert(0, json!({"type": "resync", "seq": since}));
            }
            waiting.reverse();
            if waiting.is_empty() && page["ended"] == true {
                return None;
            }
        }
        let next = waiting.pop();
        next.map(|next| (next, (requests, auction, since, first, waiting)))
    })
}

/// The whole of a stream's text, once it has ended.
pub async fn whole(response: Response<Incoming>) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}
