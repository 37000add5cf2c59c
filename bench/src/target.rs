//! The server under test: where it is, what it speaks, its rooms.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Result;
use crate::cli::{Dialect, Options};
use crate::http::{Http, nobody_there};

/// The server and the names of the rooms this run uses.
pub struct Target {
    pub address: SocketAddr,
    pub dialect: Dialect,
    /// As the `Host` header names it.
    pub host: String,
    /// Rooms of this run alone: whatever ran before has no say in them.
    pub rooms: Vec<String>,
}

/// Who creates the auctions; bidders have other names.
const SELLER: &str = "house";

/// Terms of an auction that outlasts any run.
pub const LONG: &str = r#""duration_ms":86400000,"soft_close":false"#;

impl Target {
    /// Finds the server and makes names for so many rooms.
    pub fn new(options: &Options, rooms: u32) -> Result<Target> {
        let url = options.url.as_deref().unwrap_or_default();
        let rest = url.strip_prefix("ws://").or_else(|| url.strip_prefix("http://"));
        let host =
            rest.ok_or_else(|| format!("--url {url}: an address begins with ws://, as in ws://127.0.0.1:8080"))?.trim_end_matches('/');
        if host.contains('/') {
            return Err(format!("--url {url}: leave the path out, rooms are found by --dialect"));
        }
        let named = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let mut found = named.to_socket_addrs().map_err(|error| format!("--url {url}: {error}"))?;
        let address = found.find(SocketAddr::is_ipv4).ok_or_else(|| format!("--url {url}: no IPv4 address"))?;
        let run = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let process = std::process::id();
        let rooms = (0..rooms).map(|room| format!("bench-{run:x}-{process:x}-{room}")).collect();
        Ok(Target { address, dialect: options.dialect, host: host.to_owned(), rooms })
    }

    /// Makes the rooms be there. `terms` is what their auctions have beside id, title and increments, as members of a JSON object.
    pub fn create_rooms(&self, terms: impl Fn(usize) -> String) -> Result<()> {
        if self.dialect != Dialect::Subasta {
            return std::net::TcpStream::connect(self.address).map(drop).map_err(|error| nobody_there(self.address, &error));
        }
        let mut http = Http::connect(self.address, &self.host)?;
        for (number, room) in self.rooms.iter().enumerate() {
            let terms = terms(number);
            let body = format!(r#"{{"id":"{room}","title":"Bench {number}","start":1,"increments":[{{"from":0,"step":1}}],{terms}}}"#);
            let answer = http.post(&format!("/api/auctions?name={SELLER}"), &body)?;
            if answer.status != 201 {
                let said = answer.body.chars().take(300).collect::<String>();
                let hint = if answer.status == 404 { "; does it speak another --dialect?" } else { "" };
                return Err(format!("the server refused to create an auction, HTTP {}{hint}: {said}", answer.status));
            }
        }
        Ok(())
    }

    /// Makes so many bids in every room over HTTP, by two people in turn.
    pub fn bid_by_hand(&self, bids: u32) -> Result<()> {
        let mut http = Http::connect(self.address, &self.host)?;
        for room in &self.rooms {
            for amount in 1..=bids {
                let path = format!("/api/auctions/{room}/commands?name=hand-{}", amount % 2);
                let answer = http.post(&path, &format!(r#"{{"type":"bid","amount":{amount}}}"#))?;
                if answer.status != 200 {
                    return Err(format!("a bid over HTTP was refused, HTTP {}: {}", answer.status, answer.body));
                }
            }
        }
        Ok(())
    }

    /// Whether a bid is answered with `accepted`.
    pub fn says_accepted(&self) -> bool {
        self.dialect == Dialect::Subasta
    }

    /// The path and query of a socket.
    pub fn path(&self, room: u32, bidder: Option<u32>, quiet: bool, since: Option<u64>) -> String {
        let room = &self.rooms[room as usize];
        let (place, mark) = match self.dialect {
            Dialect::Subasta | Dialect::Toy => (format!("/ws/{room}"), "?"),
            Dialect::Socketio => (format!("/socket.io/?EIO=4&transport=websocket&room={room}"), "&"),
        };
        let asked = [
            bidder.map(|bidder| format!("name=bidder-{bidder}")),
            quiet.then(|| "events=none".to_owned()),
            since.map(|since| format!("since={since}")),
        ];
        let query = asked.into_iter().flatten().collect::<Vec<_>>().join("&");
        if query.is_empty() { place } else { place + mark + &query }
    }
}
