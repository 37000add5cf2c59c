//! The auction object, whole for a room and short for a list.

use serde::Serialize;
use serde_json::value::RawValue;

use super::event::{outcome, reserve};
use super::terms::{IncrementsOut, SoftCloseOut};
use super::{PersonOut, to_json};
use crate::auction::{Auction, Format, Millis, Money, Stage, Status};

/// What is live in a room and not in its log.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Open sockets.
    pub watching: usize,
    /// Who is signed in among them; `None` in large rooms.
    pub names: Option<Vec<String>>,
    /// The auctioneer's text, if there is one.
    pub text: Option<Box<str>>,
}

/// Who has come and gone since it was last told: people, not sockets.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    /// Their names.
    pub joined: Vec<String>,
    /// Theirs.
    pub left: Vec<String>,
}

/// The whole auction object.
#[derive(Serialize)]
pub struct AuctionOut<'a> {
    id: &'a str,
    title: &'a str,
    description: &'a str,
    image: Option<&'a str>,
    seller: PersonOut<'a>,
    currency: &'a str,
    decimals: u8,
    format: &'static str,
    start: i64,
    reserve: &'static str,
    increments: IncrementsOut,
    automatic_bids: bool,
    soft_close: Option<SoftCloseOut>,
    status: &'static str,
    starts_at: Millis,
    ends_at: Millis,
    paused_at: Option<Millis>,
    warned: Option<u8>,
    price: Option<i64>,
    leader: Option<PersonOut<'a>>,
    minimum: i64,
    bids: u64,
    outcome: Option<&'static str>,
    reason: Option<&'a str>,
    seq: u64,
    watching: usize,
    names: Option<&'a [String]>,
    live: Option<&'a str>,
    recent: &'a [&'a RawValue],
}

impl<'a> AuctionOut<'a> {
    /// `recent`: the last public events as they were sent, oldest first.
    pub fn new(auction: &'a Auction, live: &'a Live, recent: &'a [&'a RawValue]) -> AuctionOut<'a> {
        let terms = auction.terms();
        AuctionOut {
            id: terms.id.as_str(),
            title: &terms.title,
            description: &terms.description,
            image: terms.image.as_deref(),
            seller: auction.seller().into(),
            currency: terms.currency.code(),
            decimals: terms.currency.decimals(),
            format: format(terms.format),
            start: terms.start.minor(),
            reserve: reserve(auction.reserve()),
            increments: (&terms.increments).into(),
            automatic_bids: terms.automatic_bids,
            soft_close: terms.soft_close.map(Into::into),
            status: auction.status().word(),
            starts_at: terms.starts_at,
            ends_at: auction.ends_at(),
            paused_at: auction.paused_at(),
            warned: auction.warned().map(Stage::number),
            price: auction.price().map(Money::minor),
            leader: auction.leader().map(Into::into),
            minimum: auction.minimum().minor(),
            bids: auction.bids(),
            outcome: auction.outcome().map(outcome),
            reason: auction.cancelled(),
            seq: auction.seq(),
            watching: live.watching,
            names: live.names.as_deref(),
            live: live.text.as_deref(),
            recent,
        }
    }

    /// Encoded once, to be set into the messages that carry it.
    pub fn encode(&self) -> Box<RawValue> {
        raw(self)
    }
}

fn raw<T: Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    let json = String::from_utf8(to_json(value)).expect("serde_json writes UTF-8");
    RawValue::from_string(json).expect("serde_json writes JSON")
}

/// An auction in a list.
#[derive(Serialize, Clone, Debug)]
pub struct Summary {
    /// Slug.
    pub id: String,
    /// Plain text.
    pub title: String,
    /// URL.
    pub image: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// Decimals shown.
    pub decimals: u8,
    /// `english`.
    pub format: String,
    /// Minor units.
    pub start: i64,
    /// `scheduled`, `open`, …
    pub status: String,
    /// Scheduled open.
    pub starts_at: Millis,
    /// The end as it stands.
    pub ends_at: Millis,
    /// Null before the first bid.
    pub price: Option<i64>,
    /// Who leads.
    pub leader: Option<SummaryPerson>,
    /// What a challenger must offer.
    pub minimum: i64,
    /// Accepted ones.
    pub bids: u64,
    /// `none`, `unmet`, `met`.
    pub reserve: String,
    /// Once it has ended.
    pub outcome: Option<String>,
    /// Open sockets.
    pub watching: usize,
    /// Of the last public event.
    pub seq: u64,
}

/// `{id, name}`, owned.
#[derive(Serialize, Clone, Debug)]
pub struct SummaryPerson {
    /// Stable.
    pub id: String,
    /// For people.
    pub name: String,
}

impl Summary {
    /// The short form of `auction` with `watching` sockets.
    pub fn new(auction: &Auction, watching: usize) -> Summary {
        let terms = auction.terms();
        Summary {
            id: terms.id.to_string(),
            title: terms.title.clone(),
            image: terms.image.clone(),
            currency: terms.currency.code().to_owned(),
            decimals: terms.currency.decimals(),
            format: format(terms.format).to_owned(),
            start: terms.start.minor(),
            status: auction.status().word().to_owned(),
            starts_at: terms.starts_at,
            ends_at: auction.ends_at(),
            price: auction.price().map(Money::minor),
            leader: auction.leader().map(|who| SummaryPerson { id: who.id.to_string(), name: who.name.to_string() }),
            minimum: auction.minimum().minor(),
            bids: auction.bids(),
            reserve: reserve(auction.reserve()).to_owned(),
            outcome: auction.outcome().map(|how| outcome(how).to_owned()),
            watching,
            seq: auction.seq(),
        }
    }

    /// Whether nothing will change any more.
    pub fn has_ended(&self) -> bool {
        Status::ALL.into_iter().any(|status| status.has_ended() && status.word() == self.status)
    }
}

/// A list, encoded once, to be set into the messages that carry it.
pub fn summaries<'a>(list: impl Iterator<Item = &'a Summary>) -> Box<RawValue> {
    raw(&list.collect::<Vec<_>>())
}

const fn format(of: Format) -> &'static str {
    match of {
        Format::English => "english",
    }
}
