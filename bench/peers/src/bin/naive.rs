//! How everybody's first server looks: tokio as it comes, tokio-tungstenite as it comes, a task a socket, and a `broadcast` channel a room.
//!
//! `PORT` is the port on 127.0.0.1, 0 for any free one; `listening on PORT` is printed when it is open.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

/// Events that a slow socket may be behind; past this it misses some.
const BEHIND: usize = 1024;
const HOUR_MS: u64 = 3_600_000;

type Rooms = Arc<Mutex<HashMap<String, Arc<Mutex<Room>>>>>;

struct Room {
    highest: u64,
    seq: u64,
    events: broadcast::Sender<Utf8Bytes>,
}

#[derive(Deserialize)]
struct Bid {
    id: String,
    amount: u64,
}

#[derive(Serialize)]
struct Person {
    id: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Out {
    Bid {
        seq: u64,
        at: u64,
        bidder: Person,
        amount: u64,
        automatic: bool,
        price: u64,
        leader: Person,
        minimum: u64,
        ends_at: u64,
        reserve: &'static str,
    },
    Refused {
        id: String,
        code: &'static str,
        minimum: u64,
    },
}

impl Out {
    fn encode(&self) -> Utf8Bytes {
        serde_json::to_string(self).expect("numbers and strings encode").into()
    }
}

impl Room {
    fn new() -> Room {
        Room { highest: 0, seq: 0, events: broadcast::channel(BEHIND).0 }
    }

    /// Shows the bid to everyone, or gives the refusal.
    fn bid(&mut self, bid: Bid) -> Option<Utf8Bytes> {
        if bid.amount <= self.highest {
            return Some(Out::Refused { id: bid.id, code: "bid_too_low", minimum: self.highest.saturating_add(1) }.encode());
        }
        self.highest = bid.amount;
        self.seq += 1;
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        let bidder = || Person { id: "bidder-1", name: "bidder-1" };
        let event = Out::Bid {
            seq: self.seq,
            at,
            bidder: bidder(),
            amount: bid.amount,
            automatic: false,
            price: bid.amount,
            leader: bidder(),
            minimum: bid.amount.saturating_add(1),
            ends_at: at + HOUR_MS,
            reserve: "none",
        };
        let _ = self.events.send(event.encode());
        None
    }
}

/// Takes the room's name from the address of the request.
struct Join<'a>(&'a mut String);

impl Callback for Join<'_> {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        request.uri().path().trim_start_matches("/ws/").clone_into(self.0);
        Ok(response)
    }
}

/// Nothing that holds these locks panics half way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(stream: TcpStream, rooms: Rooms) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut name = String::new();
    let mut socket = accept_hdr_async(stream, Join(&mut name)).await?;
    let room = lock(&rooms).entry(name).or_insert_with(|| Arc::new(Mutex::new(Room::new()))).clone();
    let mut events = lock(&room).events.subscribe();
    loop {
        tokio::select! {
            received = socket.next() => match received {
                Some(Ok(Message::Text(text))) => {
                    let Ok(bid) = serde_json::from_str(&text) else { return Ok(()) };
                    let refusal = lock(&room).bid(bid);
                    if let Some(refusal) = refusal {
                        socket.send(Message::Text(refusal)).await?;
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
            event = events.recv() => match event {
                Ok(event) => socket.send(Message::Text(event)).await?,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
        }
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on {}", listener.local_addr()?.port());
    let rooms = Rooms::default();
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, rooms.clone()));
    }
}
