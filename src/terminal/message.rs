//! What a server says, as a client in a terminal needs it. Unknown messages and events are let through: a newer server says more.

use serde::Deserialize;

use super::text::Text;
use crate::auction::{Currency, Millis, Money};

/// Whoever did something.
#[derive(Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Somebody {
    /// Stable.
    pub id: Option<String>,
    /// For people.
    pub name: Option<Text>,
}

impl Somebody {
    /// For people.
    pub fn name(&self) -> &str {
        self.name.as_ref().map_or("somebody", Text::as_str)
    }
}

/// The auction object, as far as it is shown.
#[derive(Deserialize, Clone, Debug)]
pub struct Auction {
    /// Plain.
    pub title: Text,
    /// ISO 4217.
    currency: String,
    decimals: u8,
    /// A word of the protocol.
    pub status: Text,
    /// A word of the protocol.
    #[serde(default)]
    pub format: Option<Text>,
    /// When it begins.
    pub starts_at: Millis,
    /// When it ends, as it stands.
    pub ends_at: Millis,
    /// None before the first bid.
    pub price: Option<i64>,
    /// None before the first bid.
    pub leader: Option<Somebody>,
    /// What counts next.
    pub minimum: Option<i64>,
    /// How many.
    #[serde(default)]
    pub bids: u64,
    /// `none`, `unmet`, `met`.
    pub reserve: Text,
    /// After the end.
    pub outcome: Option<Text>,
    /// The last event's.
    pub seq: u64,
    /// Open sockets.
    #[serde(default)]
    pub watching: u64,
    /// What the auctioneer announces.
    #[serde(default)]
    pub live: Option<Live>,
    /// The last events, oldest first.
    #[serde(default)]
    recent: Vec<Box<serde_json::value::RawValue>>,
}

/// The auctioneer's text, alone or with whose it is.
#[derive(Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(untagged)]
pub enum Live {
    /// Alone.
    Plain(Text),
    /// As in `announcing`.
    Said {
        /// What.
        text: Text,
    },
}

impl Live {
    /// What is announced.
    pub fn text(&self) -> &str {
        match self {
            Live::Plain(text) | Live::Said { text } => text.as_str(),
        }
    }
}

impl Auction {
    /// What its amounts are in. `None`: this is no currency.
    pub fn currency(&self) -> Option<Currency> {
        Currency::new(&self.currency, self.decimals)
    }

    /// Whether bids are hidden until the end.
    pub fn is_sealed(&self) -> bool {
        self.format.as_ref().is_some_and(|format| matches!(format.as_str(), "sealed" | "vickrey"))
    }

    /// Whether nothing will change any more.
    pub fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "closed" | "cancelled")
    }

    /// The last events, oldest first.
    pub fn recent(&self) -> impl Iterator<Item = Event> {
        self.recent.iter().filter_map(|json| match Message::read(json.get()) {
            Some(Message::Event(event)) => Some(event),
            _ => None,
        })
    }
}

/// `120.50 EUR`.
pub fn show(currency: Currency, minor: i64) -> String {
    Money::beyond(minor).map_or_else(|| "nothing".to_owned(), |money| currency.show(money).to_string())
}

/// How to come back.
#[derive(Deserialize, Clone, Copy, Debug)]
pub struct Reconnect {
    /// The shortest wait.
    pub min_ms: u64,
    /// The longest.
    pub max_ms: u64,
}

/// The first thing said.
#[derive(Deserialize, Clone, Debug)]
pub struct Welcome {
    /// The server's clock.
    pub now: Millis,
    /// Who it takes us for.
    pub you: Somebody,
    /// As it is now.
    pub auction: Auction,
    /// The next event has this and one.
    pub seq: u64,
    /// Whether the stream goes on from where we were.
    pub resumed: bool,
    /// How often at least something is heard.
    pub heartbeat_ms: u64,
    /// How to come back.
    pub reconnect: Reconnect,
}

/// The verdict yes.
#[derive(Deserialize, Clone, Debug)]
pub struct Accepted {
    /// Its event's, where one is public.
    pub seq: Option<u64>,
    /// Of a bid: `leading`, `outbid`, `placed`.
    pub standing: Option<Text>,
    /// As it now stands.
    pub price: Option<i64>,
    /// What counts next.
    pub minimum: Option<i64>,
    /// Why one was outbid at once.
    pub why: Option<Text>,
}

/// The verdict no.
#[derive(Deserialize, Clone, Debug)]
pub struct Refused {
    /// For programs.
    pub code: Text,
    /// For people.
    pub message: Text,
    /// What would have counted.
    pub minimum: Option<i64>,
}

/// One thing a server said.
#[derive(Clone, Debug)]
pub enum Message {
    /// The first.
    Welcome(Box<Welcome>),
    /// Something happened in the auction.
    Event(Event),
    /// Yes.
    Accepted(Accepted),
    /// No.
    Refused(Refused),
    /// You lead no longer.
    Outbid(Outbid),
    /// The answer to a `ping`.
    Pong(Pong),
    /// Who watches.
    Presence(Presence),
    /// The auctioneer's text.
    Announcing(Live),
    /// Nothing else was to be said.
    Tick(Tick),
    /// Start again from here.
    Resync(Box<Resync>),
    /// The server stops.
    Goodbye(Goodbye),
    /// What one may type.
    Help(Help),
    /// Something we do not know.
    Other,
}

/// You lead no longer.
#[derive(Deserialize, Clone, Debug)]
pub struct Outbid {
    /// As it now stands.
    pub price: i64,
    /// What counts next.
    pub minimum: i64,
}

/// The answer to a `ping`.
#[derive(Deserialize, Clone, Copy, Debug)]
pub struct Pong {
    /// As it was sent.
    pub t: Millis,
    /// The server's clock.
    pub now: Millis,
}

/// Who watches.
#[derive(Deserialize, Clone, Debug)]
pub struct Presence {
    /// Open sockets.
    pub watching: u64,
    /// Who is signed in among them.
    pub names: Option<Vec<Text>>,
}

/// Nothing else was to be said.
#[derive(Deserialize, Clone, Copy, Debug)]
pub struct Tick {
    /// The server's clock.
    pub now: Millis,
    /// Where it falls by itself.
    pub price: Option<i64>,
}

/// Start again from here.
#[derive(Deserialize, Clone, Debug)]
pub struct Resync {
    /// As it is now.
    pub auction: Auction,
    /// The next event has this and one.
    pub seq: u64,
}

/// The server stops.
#[derive(Deserialize, Clone, Copy, Debug)]
pub struct Goodbye {
    /// Come back after so long.
    pub retry_after_ms: u64,
}

/// What one may type.
#[derive(Deserialize, Clone, Debug)]
pub struct Help {
    /// To be shown as they are.
    pub lines: Vec<Text>,
}

/// Something that happened, for everyone and for good.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// From 1, without gaps.
    pub seq: u64,
    /// When.
    pub at: Millis,
    /// What.
    pub fact: Fact,
}

/// What happened.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fact {
    /// Listed.
    Created { by: Option<Somebody>, ends_at: Millis },
    /// It takes bids.
    Opened { ends_at: Millis },
    /// It takes none for now.
    Paused { by: Option<Somebody> },
    /// It takes bids again.
    Resumed { by: Option<Somebody>, ends_at: Millis },
    /// Somebody offered.
    Bid(Bid),
    /// Somebody offered, and nobody sees what.
    Sealed { count: u64 },
    /// The end has moved.
    Extended { ends_at: Millis, reason: Text },
    /// Going once, going twice.
    Warned { stage: u64 },
    /// A bid counts no longer.
    Voided {
        bid: u64,
        reason: Option<Text>,
        price: Option<i64>,
        leader: Option<Somebody>,
        minimum: Option<i64>,
        bids: Option<u64>,
        reserve: Option<Text>,
    },
    /// Chat.
    Said { from: Somebody, text: Text },
    /// The end.
    Closed { outcome: Text, winner: Option<Somebody>, price: Option<i64>, bids: Option<Vec<Revealed>> },
    /// The end, without a sale.
    Cancelled { reason: Option<Text> },
    /// Something we do not know: its type.
    #[serde(skip)]
    Unknown(Text),
}

/// A bid that was sealed.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct Revealed {
    /// Whose.
    pub bidder: Somebody,
    /// How much.
    pub amount: i64,
}

/// Somebody offered.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct Bid {
    /// Who.
    pub bidder: Somebody,
    /// As it now stands.
    pub amount: i64,
    /// Whether by a maximum.
    #[serde(default)]
    pub automatic: bool,
    /// As it now stands.
    pub price: i64,
    /// Who leads now.
    pub leader: Somebody,
    /// What counts next.
    pub minimum: i64,
    /// The end, as it stands.
    pub ends_at: Millis,
    /// `none`, `unmet`, `met`.
    pub reserve: Text,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: Text,
    seq: Option<u64>,
    at: Option<Millis>,
}

impl Message {
    /// Reads a frame. `None`: this is not a message of the protocol.
    pub fn read(json: &str) -> Option<Message> {
        fn body<'a, T: Deserialize<'a>>(json: &'a str, message: impl FnOnce(T) -> Message) -> Option<Message> {
            serde_json::from_str(json).ok().map(message)
        }
        let head: Head = serde_json::from_str(json).ok()?;
        match head.kind.as_str() {
            "welcome" => body(json, Message::Welcome),
            "accepted" => body(json, Message::Accepted),
            "refused" => body(json, Message::Refused),
            "outbid" => body(json, Message::Outbid),
            "pong" => body(json, Message::Pong),
            "presence" => body(json, Message::Presence),
            "announcing" => body(json, Message::Announcing),
            "tick" => body(json, Message::Tick),
            "resync" => body(json, Message::Resync),
            "goodbye" => body(json, Message::Goodbye),
            "help" => body(json, Message::Help),
            _ => Some(event(json, head)),
        }
    }
}

/// Whatever else carries a seq is an event, also of a type that we have never heard of.
fn event(json: &str, head: Head) -> Message {
    let (Some(seq), Some(at)) = (head.seq, head.at) else { return Message::Other };
    let fact = serde_json::from_str(json).unwrap_or(Fact::Unknown(head.kind));
    Message::Event(Event { seq, at, fact })
}
