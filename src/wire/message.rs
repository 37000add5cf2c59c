//! Everything the server says that is not an event of the log.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Frame, Live, Moves, PROTOCOL, PersonOut, Summary, line, to_json};
use crate::auction::{Accepted, AuctionId, Millis, Money, OutbidBy, Person, Refusal, RequestId};

/// Who the server takes one for. All empty for one who only watches.
#[derive(Serialize, Clone, Debug)]
pub struct You<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    roles: &'a [&'static str],
}

impl<'a> You<'a> {
    /// `None`: somebody who only watches.
    pub fn new(person: Option<&'a Person>) -> You<'a> {
        You {
            id: person.map(|person| person.id.as_ref()),
            name: person.map(|person| person.name.as_ref()),
            roles: if person.is_some() { &["bidder", "auctioneer"] } else { &[] },
        }
    }
}

/// How a client shall come back.
#[derive(Serialize, Clone, Copy, Debug)]
pub struct Reconnect {
    min_ms: u64,
    max_ms: u64,
}

impl Reconnect {
    /// The bounds of the back-off, full jitter.
    pub const DEFAULT: Reconnect = Reconnect { min_ms: 500, max_ms: 20_000 };
}

/// The first frame in a room.
#[derive(Serialize)]
#[serde(tag = "type", rename = "welcome")]
pub struct Welcome<'a> {
    /// See [`PROTOCOL`].
    protocol: u32,
    /// The server's clock.
    pub now: Millis,
    /// Who one is.
    pub you: You<'a>,
    /// The auction object as it is now.
    pub auction: &'a RawValue,
    /// The next event has this and one.
    pub seq: u64,
    /// Whether the stream goes on from `since`.
    pub resumed: bool,
    /// How often at least something is heard.
    pub heartbeat_ms: u64,
    /// How to come back.
    reconnect: Reconnect,
}

/// Encodes the first frame in a room.
pub fn welcome(now: Millis, you: Option<&Person>, auction: &RawValue, seq: u64, resumed: bool, heartbeat_ms: u64) -> Frame {
    let (protocol, reconnect) = (PROTOCOL, Reconnect::DEFAULT);
    let you = You::new(you);
    Frame::text(&to_json(&Welcome { protocol, now, you, auction, seq, resumed, heartbeat_ms, reconnect }))
}

/// The first frame in the lobby.
#[derive(Serialize)]
#[serde(tag = "type", rename = "welcome")]
pub struct LobbyWelcome<'a> {
    protocol: u32,
    now: Millis,
    you: You<'a>,
    auctions: &'a RawValue,
    heartbeat_ms: u64,
    reconnect: Reconnect,
}

/// Encodes the first frame in the lobby; `auctions` from [`summaries`](super::summaries).
pub fn lobby_welcome(now: Millis, you: Option<&Person>, auctions: &RawValue, heartbeat_ms: u64) -> Frame {
    let (protocol, reconnect) = (PROTOCOL, Reconnect::DEFAULT);
    Frame::text(&to_json(&LobbyWelcome { protocol, now, you: You::new(you), auctions, heartbeat_ms, reconnect }))
}

/// A verdict that says yes.
#[derive(Serialize)]
#[serde(tag = "type", rename = "accepted")]
pub struct AcceptedOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    seq: Option<u64>,
    at: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

/// A verdict that says yes, for a socket or the body of an answer.
pub fn accepted<'a>(request: Option<&'a RequestId>, verdict: &Accepted) -> AcceptedOut<'a> {
    let standing = verdict.standing;
    AcceptedOut {
        id: request.map(RequestId::as_str),
        seq: verdict.seq,
        at: verdict.at,
        standing: standing.map(|how| if how.outbid.is_some() { "outbid" } else { "leading" }),
        price: standing.map(|how| how.price.minor()),
        minimum: standing.map(|how| how.minimum.minor()),
        why: standing.and_then(|how| how.outbid).map(|by| match by {
            OutbidBy::Tie => "Someone had left the same maximum before you: the earlier bid leads.",
            OutbidBy::Cap => "Someone had left a higher maximum, by less than a step: it caps the price.",
            OutbidBy::Maximum => "Someone had left a higher maximum.",
        }),
    }
}

/// The verdict on a `create`.
pub fn created(request: Option<&RequestId>, auction: &AuctionId, at: Millis) -> Frame {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "accepted")]
    struct Out<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        seq: u64,
        at: Millis,
        auction: &'a str,
    }
    Frame::text(&to_json(&Out { id: request.map(RequestId::as_str), seq: 1, at, auction: auction.as_str() }))
}

/// A verdict that says no.
#[derive(Serialize)]
#[serde(tag = "type", rename = "refused")]
pub struct RefusedOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

/// A verdict that says no, for a socket or the body of an answer.
pub fn refused<'a>(request: Option<&'a RequestId>, refusal: &'a Refusal) -> RefusedOut<'a> {
    let mut out = RefusedOut {
        id: request.map(RequestId::as_str),
        code: refusal.code(),
        message: refusal.message(),
        minimum: None,
        price: None,
        ends_at: None,
        field: None,
    };
    match refusal {
        Refusal::BidTooLow { minimum, price, ends_at, .. } => {
            out.minimum = Some(minimum.minor());
            out.price = price.map(Money::minor);
            out.ends_at = Some(*ends_at);
        }
        Refusal::AlreadyLeading { price, minimum, ends_at } => {
            out.minimum = Some(minimum.minor());
            out.price = Some(price.minor());
            out.ends_at = Some(*ends_at);
        }
        Refusal::Closed { ends_at } => out.ends_at = Some(*ends_at),
        Refusal::BadTerms(fault) => out.field = Some(&fault.field),
        _ => {}
    }
    out
}

/// Who is watching.
#[derive(Serialize)]
#[serde(tag = "type", rename = "presence")]
pub struct PresenceOut<'a> {
    watching: usize,
    names: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<&'a [String]>,
}

/// Who is watching, framed; with `moves` where it is told to all.
pub fn presence(live: &Live, moves: Option<&Moves>) -> Frame {
    Frame::text(&to_json(&PresenceOut {
        watching: live.watching,
        names: live.names.as_deref(),
        joined: moves.map(|moves| moves.joined.as_slice()),
        left: moves.map(|moves| moves.left.as_slice()),
    }))
}

/// The auctioneer's live text.
pub fn announcing(text: &str, by: &Person) -> Frame {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "announcing")]
    struct Out<'a> {
        text: &'a str,
        by: PersonOut<'a>,
    }
    Frame::text(&to_json(&Out { text, by: by.into() }))
}

/// Somebody else leads now: to whoever did before.
pub fn outbid(price: Option<Money>, minimum: Money) -> Frame {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "outbid")]
    struct Out {
        price: Option<i64>,
        minimum: i64,
    }
    Frame::text(&to_json(&Out { price: price.map(Money::minor), minimum: minimum.minor() }))
}

/// Start again from here.
pub fn resync(auction: &RawValue, seq: u64) -> Frame {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "resync")]
    struct Out<'a> {
        auction: &'a RawValue,
        seq: u64,
    }
    Frame::text(&to_json(&Out { auction, seq }))
}

/// Nothing else was to be said.
pub fn tick(now: Millis) -> Frame {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "tick")]
    struct Out {
        now: Millis,
    }
    Frame::text(&to_json(&Out { now }))
}

/// The answer to a `ping`.
pub fn pong(t: &serde_json::Number, now: Millis) -> Frame {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "pong")]
    struct Out<'a> {
        t: &'a serde_json::Number,
        now: Millis,
    }
    Frame::text(&to_json(&Out { t, now }))
}

/// The lines one may type.
pub fn help() -> Frame {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "help")]
    struct Out {
        lines: &'static [&'static str],
    }
    Frame::text(&to_json(&Out { lines: &line::HELP }))
}

/// The server stops; come back in so long.
pub fn goodbye(retry_after_ms: u64) -> Frame {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "goodbye")]
    struct Out {
        retry_after_ms: u64,
    }
    Frame::text(&to_json(&Out { retry_after_ms }))
}

/// An auction in the lobby was created or changed.
pub fn lobby_auction(summary: &Summary) -> Frame {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "auction")]
    struct Out<'a> {
        auction: &'a Summary,
    }
    Frame::text(&to_json(&Out { auction: summary }))
}

/// An auction has left the lobby.
pub fn gone(id: &AuctionId) -> Frame {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "gone")]
    struct Out<'a> {
        id: &'a str,
    }
    Frame::text(&to_json(&Out { id: id.as_str() }))
}

/// Events, where they are not streamed: a long poll, or a page of history.
#[derive(Serialize)]
pub struct Events<'a> {
    /// Ask for what comes after this next.
    pub seq: u64,
    /// Whether these are all events after the one asked for; if not, the auction object is the truth.
    pub resumed: bool,
    /// There will be no more.
    pub ended: bool,
    /// The server's time.
    pub now: Millis,
    /// Who is asking, where that makes a difference: in a long poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub you: Option<You<'a>>,
    /// Oldest first.
    pub events: &'a [&'a RawValue],
    /// The auction object, where a poll could not go on from where it was asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auction: Option<&'a RawValue>,
}

/// A page of the list.
#[derive(Serialize)]
pub struct Page {
    /// Oldest first.
    pub auctions: Vec<Summary>,
    /// Give it as `after`; null on the last page.
    pub next: Option<String>,
}

/// The answer to signing in.
#[derive(Serialize)]
pub struct Session<'a> {
    /// A bearer token.
    pub token: &'a str,
    /// Who one now is.
    pub you: You<'a>,
    /// When the token stops holding.
    pub expires_at: Millis,
}
