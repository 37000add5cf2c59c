//! What the tests share: a server in this process, a WebSocket client, the real binary.

#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod bidding;
pub mod carrier;
pub mod disk;
pub mod schemas;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use carrier::Place;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use subasta::clock::Clock;
use subasta::config::{Config, LogFormat};
use subasta::gateway::{Certificate, GatewaySettings};
use subasta::log::MemoryLog;
use subasta::room::RoomSettings;
use subasta::serve::Server;
use subasta::wire::Format;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Whatever does not happen in this time will not happen.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn config(dir: &Path) -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: dir.to_owned(),
        log: "warn".to_owned(),
        log_format: LogFormat::Text,
        gateway: GatewaySettings::default(),
        rooms: RoomSettings::default(),
        listings: Vec::new(),
    }
}

/// A server in this process, with a directory of its own.
pub struct TestServer {
    pub server: Server,
    pub dir: TempDir,
}

impl TestServer {
    pub async fn start() -> TestServer {
        TestServer::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> TestServer {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config(dir.path());
        change(&mut config);
        let server = Server::start(config).await.map_err(|error| error.0).unwrap();
        TestServer { server, dir }
    }

    /// Under a certificate of its own.
    pub async fn over_tls() -> TestServer {
        let file = |config: &Config| config.data_dir.join("self-signed.pem");
        TestServer::with(|config| config.gateway.tls = Some(Certificate::SelfSigned { file: file(config), names: Vec::new() })).await
    }

    /// Where it is; a client offers these protocols where it speaks TLS.
    pub fn place(&self, protocols: &[&str]) -> Place {
        let pem = self.dir.path().join("self-signed.pem");
        if pem.exists() { Place::secure(self.address(), &pem, protocols) } else { Place::clear(self.address()) }
    }

    /// Over a log in memory, which can be told to stall.
    pub async fn over_memory() -> (TestServer, Arc<MemoryLog>) {
        let (dir, log) = (tempfile::tempdir().unwrap(), Arc::new(MemoryLog::default()));
        let (_, fatal) = tokio::sync::oneshot::channel();
        let server = Server::start_with(config(dir.path()), log.clone(), Clock::system(), fatal).await;
        (TestServer { server: server.map_err(|error| error.0).unwrap(), dir }, log)
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Creates an auction of Sol's, lasting an hour unless `terms` say otherwise.
    pub async fn auction(&self, id: &str, terms: Value) {
        create(self.address(), id, terms).await;
    }

    pub async fn join(&self, path: &str) -> Client {
        Client::connect(self.address(), path).await.unwrap()
    }

    /// As one who reads and writes MessagePack.
    pub async fn join_packed(&self, path: &str) -> Client {
        Client::connect_in(self.address(), path, Format::MessagePack).await.unwrap()
    }
}

pub async fn create(address: SocketAddr, id: &str, terms: Value) {
    let mut all = json!({"id": id, "title": "A lot", "start": 1000, "soft_close": false});
    if terms.get("ends_at").is_none() {
        all["duration_ms"] = json!(3_600_000);
    }
    all.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    let url = format!("http://{address}/api/auctions?name=Sol");
    let response = reqwest::Client::new().post(url).json(&all).send().await.unwrap();
    assert_eq!(response.status(), 201, "{}", response.text().await.unwrap());
}

/// A WebSocket client that sees everything.
pub struct Client {
    pub ws: WebSocketStream<TcpStream>,
    /// The seq of the last event seen.
    pub seq: u64,
    /// Every event, as it came.
    pub events: Vec<Value>,
    pub welcome: Value,
    pub format: Format,
}

impl Client {
    /// Connects and reads the welcome. The error is what went wrong instead.
    pub async fn connect(address: SocketAddr, path: &str) -> Result<Client, String> {
        Client::connect_in(address, path, Format::Json).await
    }

    pub async fn connect_in(address: SocketAddr, path: &str, format: Format) -> Result<Client, String> {
        let ws = match format {
            Format::MessagePack => open_as(address, path, "subasta.v1.msgpack").await?.0,
            _ => open(address, path).await?,
        };
        let mut client = Client { ws, seq: 0, events: Vec::new(), welcome: Value::Null, format };
        let welcome = client.receive().await.map_err(|code| format!("closed with {code:?}"))?;
        if welcome["type"] != "welcome" {
            return Err(format!("not a welcome: {welcome}"));
        }
        client.seq = welcome["seq"].as_u64().unwrap_or(0);
        client.welcome = welcome;
        Ok(client)
    }

    pub async fn send(&mut self, text: impl ToString) {
        let text = text.to_string();
        let message = match self.format {
            Format::MessagePack => Message::binary(rmp_serde::to_vec(&serde_json::from_str::<Value>(&text).unwrap()).unwrap()),
            _ => Message::text(text),
        };
        self.ws.send(message).await.unwrap();
    }

    /// The next message, or the code the socket was closed with. Checks that events come without gap and repeat.
    pub async fn receive(&mut self) -> Result<Value, Option<u16>> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.ws.next()).await.expect("the server has something to say");
            match next {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    assert_eq!(message.is_binary(), self.format == Format::MessagePack, "what was agreed on");
                    let message: Value = match message {
                        Message::Text(text) => serde_json::from_str(&text).unwrap(),
                        packed => rmp_serde::from_slice(&packed.into_data()).unwrap(),
                    };
                    self.note(&message);
                    return Ok(message);
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    fn note(&mut self, message: &Value) {
        let kind = message["type"].as_str().unwrap();
        if kind == "resync" {
            self.seq = message["seq"].as_u64().unwrap();
        } else if is_event(kind) {
            let seq = message["seq"].as_u64().unwrap();
            assert_eq!(seq, self.seq + 1, "no gap, no repeat, in order: {message}");
            self.seq = seq;
            self.events.push(message.clone());
        }
    }

    /// The next message of this type; what comes before is passed over.
    pub async fn until(&mut self, kind: &str) -> Value {
        let found = async {
            loop {
                match self.receive().await {
                    Ok(message) if message["type"] == kind => return message,
                    Ok(_) => {}
                    Err(code) => panic!("closed with {code:?} while waiting for {kind}"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no {kind}"))
    }

    /// The verdict on what is sent.
    pub async fn ask(&mut self, command: Value) -> Value {
        self.send(&command).await;
        self.verdict().await
    }

    pub async fn verdict(&mut self) -> Value {
        loop {
            let message = self.receive().await.unwrap();
            if message["type"] == "accepted" || message["type"] == "refused" {
                return message;
            }
        }
    }

    /// How the socket is closed.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.receive().await {
                return code;
            }
        }
    }
}

pub fn is_event(kind: &str) -> bool {
    ["created", "opened", "paused", "resumed", "bid", "extended", "warned", "said", "sealed", "voided", "closed", "cancelled"]
        .contains(&kind)
}

/// A WebSocket that offers these subprotocols, and the one that was chosen.
pub async fn open_as(address: SocketAddr, path: &str, offered: &str) -> Result<(WebSocketStream<TcpStream>, Option<String>), String> {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, offered.parse().unwrap());
    let connected = tokio::time::timeout(PATIENCE, tokio_tungstenite::client_async(request, stream)).await;
    let (ws, response) = connected.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    let chosen = response.headers().get(SEC_WEBSOCKET_PROTOCOL).map(|chosen| chosen.to_str().unwrap().to_owned());
    Ok((ws, chosen))
}

/// A WebSocket, without waiting for a word.
pub async fn open(address: SocketAddr, path: &str) -> Result<WebSocketStream<TcpStream>, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let url = format!("ws://{address}{path}");
    let connected = tokio::time::timeout(PATIENCE, tokio_tungstenite::client_async(url, stream)).await;
    connected.map_err(|error| error.to_string())?.map(|(ws, _)| ws).map_err(|error| error.to_string())
}

pub fn bid(id: &str, amount: i64) -> Value {
    json!({"type": "bid", "id": id, "amount": amount})
}

pub fn max(id: &str, max: i64) -> Value {
    json!({"type": "bid", "id": id, "max": max})
}

/// The real binary.
pub struct Process {
    pub child: Child,
    pub address: SocketAddr,
}

pub fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_subasta").into()
}

impl Process {
    /// Starts the server and waits until it is open. `port` 0 takes a free one.
    pub async fn start(dir: &Path, port: u16, more: &[&str]) -> Process {
        let port = port.to_string();
        let fixed = ["--data-dir", "data", "--log", "warn", "--port", &port];
        Process::run(Command::new(binary()).current_dir(dir).args(fixed).args(more)).await
    }

    /// Runs a command that becomes the server.
    pub async fn run(command: &mut Command) -> Process {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = tokio::process::ChildStdout::from_std(child.stdout.take().unwrap()).unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(out);
        let read = out.read_line(&mut line);
        tokio::time::timeout(PATIENCE, read).await.expect("it starts in time").unwrap();
        let address = line.trim().strip_prefix("Subasta is open at http://").and_then(|rest| rest.strip_suffix('/'));
        let address = address.unwrap_or_else(|| panic!("not the line with the address: {line:?}")).parse().unwrap();
        Process { child, address }
    }

    /// `kill -9`, and gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How it ended, once it has.
    pub async fn exit_code(&mut self) -> Option<i32> {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
