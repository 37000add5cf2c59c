//! The auction object, whole for a room and short for a list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::event::{EventOut, RevealedOut};
use super::terms::{IncrementsOut, SoftCloseOut};
use super::words::{FormatOut, OutcomeOut, ReserveOut, StageOut, StatusOut, WhyOut, word};
use super::{PersonOut, to_json};
use crate::auction::formats::dutch::Fall;
use crate::auction::{Auction, Book, Figures, Format, Millis, Money, Person, Status};

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
    /// English: at this price it can be had at once while there is no leader, or the reserve is unmet.
    buy_now: Option<i64>,
    /// English: by how much a bid must rise.
    increments: Option<IncrementsOut>,
    /// Dutch: how the price falls.
    dutch: Option<DutchOut>,
    /// Whether bidders are known by numbers alone.
    aliases: bool,
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
    /// Why the price is what it is.
    why: Option<WhyOut>,
    /// How many count; of sealed bids, how many have one in.
    bids: u64,
    /// What was sealed before the close, the best first.
    revealed: Option<&'a [RevealedOut<'a>]>,
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
    /// Encoded as it stands at `now`, to be set into the messages that carry it. `recent`: the last public events as they were sent, oldest
    /// first.
    pub fn encode(auction: &Auction, live: &Live, recent: &[&RawValue], now: Millis) -> Box<RawValue> {
        let (figures, revealed) = (auction.figures(now), auction.book().revealed());
        let revealed: Option<Vec<_>> = revealed.as_ref().map(|bids| bids.iter().map(Into::into).collect());
        raw(&AuctionOut::new(auction, &figures, revealed.as_deref(), live, recent))
    }

    fn new(
        auction: &'a Auction,
        figures: &'a Figures,
        revealed: Option<&'a [RevealedOut<'a>]>,
        live: &'a Live,
        recent: &'a [&'a RawValue],
    ) -> AuctionOut<'a> {
        let terms = auction.terms();
        let english = terms.format == Format::English;
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
            reserve: figures.reserve.into(),
            buy_now: terms.buy_now.map(Money::minor),
            increments: english.then(|| (&terms.increments).into()),
            dutch: DutchOut::of(auction),
            aliases: terms.aliases,
            automatic_bids: terms.automatic_bids,
            soft_close: terms.soft_close.map(Into::into),
            status: auction.status().into(),
            starts_at: terms.starts_at,
            ends_at: auction.ends_at(),
            paused_at: auction.paused_at(),
            warned: auction.warned().map(Into::into),
            price: figures.price.map(Money::minor),
            leader: figures.leader.as_ref().map(Into::into),
            minimum: figures.minimum.minor(),
            why: figures.why.map(Into::into),
            bids: auction.bids(),
            revealed,
            outcome: auction.outcome().map(Into::into),
            reason: auction.cancelled(),
            seq: auction.seq(),
            watching: live.watching,
            names: live.names.as_deref(),
            live: live.text.as_deref(),
            recent,
        }
    }
}

/// How the price of a Dutch auction falls: at t it is max(floor, start − step × ⌊(t − since) / `every_ms`⌋).
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug)]
#[schemars(rename = "Dutch")]
pub struct DutchOut {
    floor: i64,
    step: i64,
    every_ms: Millis,
    /// Pauses taken out; null before it opens.
    since: Option<Millis>,
}

impl DutchOut {
    /// How the price of this auction falls, if it does.
    pub fn of(auction: &Auction) -> Option<DutchOut> {
        let Format::Dutch(Fall { floor, step, every_ms }) = auction.terms().format else { return None };
        let since = if let Book::Dutch(book) = auction.book() { book.since() } else { None };
        Some(DutchOut { floor: floor.minor(), step: step.minor(), every_ms, since })
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
    /// Whose auction it is.
    #[schemars(with = "PersonOut")]
    pub seller: SummaryPerson,
    /// URL.
    pub image: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// Decimals shown.
    pub decimals: u8,
    /// `english`, …
    #[schemars(with = "FormatOut")]
    pub format: String,
    /// Dutch: how the price falls.
    pub dutch: Option<DutchOut>,
    /// Minor units.
    pub start: i64,
    /// `scheduled`, `open`, …
    #[schemars(with = "StatusOut")]
    pub status: String,
    /// Scheduled open.
    pub starts_at: Millis,
    /// The end as it stands.
    pub ends_at: Millis,
    /// Null before the first bid; of a Dutch auction, before it is sold.
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
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct SummaryPerson {
    /// Stable.
    pub id: String,
    /// For people.
    pub name: String,
}

impl From<&Person> for SummaryPerson {
    fn from(person: &Person) -> Self {
        let PersonOut { id, name } = person.into();
        SummaryPerson { id: id.into_owned(), name: name.into_owned() }
    }
}

impl Summary {
    /// The short form of `auction` with `watching` sockets.
    pub fn new(auction: &Auction, watching: usize) -> Summary {
        let (terms, figures) = (auction.terms(), auction.figures(auction.at()));
        // What a falling price was at the last event is no news: whoever lists it works it out.
        let settled = figures.leader.is_some() || auction.outcome().is_some();
        Summary {
            id: terms.id.to_string(),
            title: terms.title.clone(),
            seller: auction.seller().into(),
            dutch: DutchOut::of(auction),
            image: terms.image.clone(),
            currency: terms.currency.code().to_owned(),
            decimals: terms.currency.decimals(),
            format: word(&FormatOut::from(terms.format)),
            start: terms.start.minor(),
            status: auction.status().word().to_owned(),
            starts_at: terms.starts_at,
            ends_at: auction.ends_at(),
            price: figures.price.filter(|_| settled).map(Money::minor),
            leader: figures.leader.as_ref().map(Into::into),
            minimum: figures.minimum.minor(),
            bids: auction.bids(),
            reserve: word(&ReserveOut::from(figures.reserve)),
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
