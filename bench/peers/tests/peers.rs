//! Every peer holds the same toy auction: the same bids count, everyone sees the same events in the same order, and nothing is lost to one
//! who does not read for a while.

#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

/// Whatever does not happen in this time will not happen.
const PATIENCE: Duration = Duration::from_secs(15);
/// More than the kernel holds between a server and one who does not read.
const MANY: u64 = 40_000;
/// Bids that a client sends before it reads again.
const AT_ONCE: u64 = 100;

#[derive(Clone, Copy, PartialEq)]
enum Dialect {
    Toy,
    SocketIo,
}

struct Peer {
    child: Child,
    port: u16,
    dialect: Dialect,
}

fn scripts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("js")
}

/// A command of the packages, which are installed where they are missing.
fn script(program: &str, arguments: &[&str]) -> Command {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        if !scripts().join("node_modules/.package-lock.json").exists() {
            assert!(Command::new("npm").args(["ci", "--silent"]).current_dir(scripts()).status().unwrap().success());
        }
    });
    let own = scripts().join("node_modules/.bin").join(program);
    let mut command = Command::new(if own.exists() { own } else { program.into() });
    command.args(arguments).current_dir(scripts());
    command
}

impl Peer {
    fn start(mut command: Command, dialect: Dialect) -> Peer {
        let mut child = command.env("PORT", "0").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("not the line with the port: {line:?}"));
        Peer { port: port.parse().unwrap(), child, dialect }
    }

    fn join(&self, room: &str) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let path = match self.dialect {
            Dialect::Toy => format!("ws/{room}?name=ana"),
            Dialect::SocketIo => format!("socket.io/?EIO=4&transport=websocket&room={room}"),
        };
        let (socket, _) = client(format!("ws://127.0.0.1:{}/{path}", self.port), stream).unwrap();
        let mut client = Client { socket, dialect: self.dialect };
        match self.dialect {
            // The handshake may be over before one is in the room; whoever is answered is in it.
            Dialect::Toy => {
                client.socket.send(Message::Ping("in?".into())).unwrap();
                assert!(matches!(client.socket.read().unwrap(), Message::Pong(_)));
            }
            Dialect::SocketIo => {
                assert!(client.text().starts_with("0{"));
                client.socket.send(Message::text("40")).unwrap();
                assert!(client.text().starts_with("40{"));
            }
        }
        client
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client {
    socket: WebSocket<TcpStream>,
    dialect: Dialect,
}

impl Client {
    fn text(&mut self) -> String {
        loop {
            if let Message::Text(text) = self.socket.read().unwrap() {
                return text.to_string();
            }
        }
    }

    fn bid(&mut self, amount: u64) {
        let bid = json!({"type": "bid", "id": "17", "amount": amount});
        let text = match self.dialect {
            Dialect::Toy => bid.to_string(),
            Dialect::SocketIo => format!("42{}", json!(["bid", bid])),
        };
        self.socket.send(Message::text(text)).unwrap();
    }

    /// The next message as the toy has it.
    fn receive(&mut self) -> String {
        let text = self.text();
        match self.dialect {
            Dialect::Toy => text,
            Dialect::SocketIo => {
                let (name, message) = text.strip_prefix("42[\"").and_then(|rest| rest.split_once("\",")).unwrap();
                let message = message.strip_suffix(']').unwrap();
                assert!(message.starts_with(&format!("{{\"type\":\"{name}\"")), "{text}");
                message.to_owned()
            }
        }
    }

    /// The next message is this event, to the byte.
    fn sees(&mut self, seq: u64, amount: u64) {
        let text = self.receive();
        let event: Value = serde_json::from_str(&text).unwrap();
        let (at, ends_at, minimum) = (event["at"].as_u64().unwrap(), event["ends_at"].as_u64().unwrap(), amount + 1);
        assert!(at > 1_600_000_000_000 && ends_at > at, "{text}");
        let bidder = r#"{"id":"bidder-1","name":"bidder-1"}"#;
        let expected = format!(
            r#"{{"type":"bid","seq":{seq},"at":{at},"bidder":{bidder},"amount":{amount},"automatic":false,"price":{amount},"leader":{bidder},"minimum":{minimum},"ends_at":{ends_at},"reserve":"none"}}"#
        );
        assert_eq!(text, expected);
    }

    fn is_refused(&mut self, minimum: u64) {
        assert_eq!(self.receive(), format!(r#"{{"type":"refused","id":"17","code":"bid_too_low","minimum":{minimum}}}"#));
    }
}

fn everyone_sees_the_same(peer: &Peer) {
    let (mut ana, mut ben, mut elsewhere) = (peer.join("one"), peer.join("one"), peer.join("two"));
    ana.bid(10);
    ana.sees(1, 10);
    ben.sees(1, 10);
    ben.bid(1_000_000_000_000);
    ben.sees(2, 1_000_000_000_000);
    ben.bid(10);
    ben.is_refused(1_000_000_000_001);
    ana.bid(1_000_000_000_001);
    for client in [&mut ana, &mut ben] {
        if client.dialect == Dialect::Toy {
            client.socket.send(Message::Ping("still there".into())).unwrap();
        }
    }
    ana.sees(2, 1_000_000_000_000);
    for client in [&mut ana, &mut ben] {
        client.sees(3, 1_000_000_000_001);
    }
    elsewhere.bid(5);
    elsewhere.sees(1, 5);
}

fn who_leaves_is_not_missed(peer: &Peer) {
    let mut clients: Vec<_> = (0..5).map(|_| peer.join("leaving")).collect();
    clients.remove(0).socket.close(None).unwrap();
    drop(clients.remove(1));
    let late = peer.join("leaving");
    clients.push(late);
    for amount in 1..50 {
        clients[0].bid(amount);
        clients.iter_mut().for_each(|client| client.sees(amount, amount));
    }
}

/// Other than a `broadcast` channel, which skips.
fn who_does_not_read_misses_nothing(peer: &Peer) {
    let (mut busy, mut away) = (peer.join("many"), peer.join("many"));
    for first in (1..MANY).step_by(usize::try_from(AT_ONCE).unwrap()) {
        (first..first + AT_ONCE).for_each(|amount| busy.bid(amount));
        (first..first + AT_ONCE).for_each(|amount| busy.sees(amount, amount));
    }
    (1..=MANY).for_each(|amount| away.sees(amount, amount));
    away.bid(MANY + 1);
    away.sees(MANY + 1, MANY + 1);
}

fn holds_the_auction(command: Command, dialect: Dialect) {
    let peer = Peer::start(command, dialect);
    everyone_sees_the_same(&peer);
    who_leaves_is_not_missed(&peer);
    who_does_not_read_misses_nothing(&peer);
}

#[test]
fn the_floor() {
    holds_the_auction(Command::new(env!("CARGO_BIN_EXE_floor")), Dialect::Toy);
}

#[test]
fn the_floor_that_batches() {
    let mut floor = Command::new(env!("CARGO_BIN_EXE_floor"));
    floor.env("BATCH", "1");
    holds_the_auction(floor, Dialect::Toy);
}

#[test]
fn the_naive() {
    let peer = Peer::start(Command::new(env!("CARGO_BIN_EXE_naive")), Dialect::Toy);
    everyone_sees_the_same(&peer);
    who_leaves_is_not_missed(&peer);
}

#[test]
fn bun() {
    holds_the_auction(script("bun", &["bun.js"]), Dialect::Toy);
}

#[test]
fn ws() {
    holds_the_auction(script("node", &["ws.js"]), Dialect::Toy);
}

#[test]
fn socket_io() {
    holds_the_auction(script("node", &["socketio.js"]), Dialect::SocketIo);
}

#[test]
fn deno() {
    holds_the_auction(script("deno", &["run", "--allow-net", "--allow-env", "deno.js"]), Dialect::Toy);
}
