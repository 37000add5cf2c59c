//! The auction object, whole for a room and short for a list.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::event::EventOut;
use super::terms::{IncrementsOut, SoftCloseOut};
use super::words::{FormatOut, OutcomeOut, ReserveOut, StageOut, StatusOut, word};
use super::{PersonOut, to_json};
use crate::auction::{Auction, Millis, Money, Status};

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

/// The whole auction object. Money is in minor units, times are milliseconds of UTC.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Auction")]
pub struct AuctionOut<'a> {
    id: &'a str,
    title: &'a str,
    description: &'a str,
    image: Option<&'a str>,
    seller: PersonOut<'a>,
    currency: &'a str,
    /// Decimals of the currency: 2 for EUR.
    decimals: u8,
    format: FormatOut,
    /// The lowest first bid.
    start: i64,
    reserve: ReserveOut,
    /// By how much a bid must rise.
    increments: IncrementsOut,
    automatic_bids: bool,
    soft_close: Option<SoftCloseOut>,
    status: StatusOut,
    starts_at: Millis,
    /// As it stands.
    ends_at: Millis,
    /// Since when it is paused.
    paused_at: Option<Millis>,
    /// The fair warning that stands.
    warned: Option<StageOut>,
    /// Null before the first bid.
    price: Option<i64>,
    /// Who would win now.
    leader: Option<PersonOut<'a>>,
    /// What a challenger must at least offer.
    minimum: i64,
    /// How many were accepted.
    bids: u64,
    outcome: Option<OutcomeOut>,
    /// Why it was cancelled.
    reason: Option<&'a str>,
    /// Of the last public event.
    seq: u64,
    /// How many follow it.
    watching: usize,
    /// Who is signed in among them; null where they are many.
    names: Option<&'a [String]>,
    /// The auctioneer's text, if there is one.
    live: Option<&'a str>,
    /// The last 50 public events, oldest first.
    #[schemars(with = "Vec<EventOut<'a>>")]
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
            format: terms.format.into(),
            start: terms.start.minor(),
            reserve: auction.reserve().into(),
            increments: (&terms.increments).into(),
            automatic_bids: terms.automatic_bids,
            soft_close: terms.soft_close.map(Into::into),
            status: auction.status().into(),
            starts_at: terms.starts_at,
            ends_at: auction.ends_at(),
            paused_at: auction.paused_at(),
            warned: auction.warned().map(Into::into),
            price: auction.price().map(Money::minor),
            leader: auction.leader().map(Into::into),
            minimum: auction.minimum().minor(),
            bids: auction.bids(),
            outcome: auction.outcome().map(Into::into),
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

/// An auction in a list: some members of the auction object.
#[derive(Serialize, JsonSchema, Clone, Debug)]
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
    #[schemars(with = "FormatOut")]
    pub format: String,
    /// Minor units.
    pub start: i64,
    /// `scheduled`, `open`, …
    #[schemars(with = "StatusOut")]
    pub status: String,
    /// Scheduled open.
    pub starts_at: Millis,
    /// The end as it stands.
    pub ends_at: Millis,
    /// Null before the first bid.
    pub price: Option<i64>,
    /// Who leads.
    #[schemars(with = "Option<PersonOut>")]
    pub leader: Option<SummaryPerson>,
    /// What a challenger must offer.
    pub minimum: i64,
    /// Accepted ones.
    pub bids: u64,
    /// `none`, `unmet`, `met`.
    #[schemars(with = "ReserveOut")]
    pub reserve: String,
    /// Once it has ended.
    #[schemars(with = "Option<OutcomeOut>")]
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
            format: word(&FormatOut::from(terms.format)),
            start: terms.start.minor(),
            status: auction.status().word().to_owned(),
            starts_at: terms.starts_at,
            ends_at: auction.ends_at(),
            price: auction.price().map(Money::minor),
            leader: auction.leader().map(|who| SummaryPerson { id: who.id.to_string(), name: who.name.to_string() }),
            minimum: auction.minimum().minor(),
            bids: auction.bids(),
            reserve: word(&ReserveOut::from(auction.reserve())),
            outcome: auction.outcome().map(|how| word(&OutcomeOut::from(how))),
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
