//! Events as they are stored: JSON, versioned, for ever readable. The one place where events meet their stored form.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::auction::{
    AuctionId, Author, Band, BidPlaced, Currency, Event, ExtendMode, ExtendReason, Fact, Format, Increments, Millis, Money, Offer, Outcome,
    Person, RequestId, Reserve, SoftClose, Stage, Terms,
};

/// The version that is written.
const VERSION: u32 = 1;

/// Any record, flat: which fields are there depends on `type`.
#[derive(Serialize, Deserialize, Default)]
struct Stored<'a> {
    v: u32,
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    at: Millis,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    by: Option<Who<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    request: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    leader: Option<Who<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Millis>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    reserve: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    reason: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_ms: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<u8>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    text: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    outcome: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<Box<StoredTerms>>,
    /// Of what was asked under the request id; stored where the record does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Who<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

/// Borrowed wherever it was stored without an escape. Serde borrows a bare `Cow`, but none that is in an `Option`.
#[derive(Serialize, Deserialize, Default)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text(text.into())
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredTerms {
    id: String,
    title: String,
    description: String,
    image: Option<String>,
    currency: String,
    decimals: u8,
    format: String,
    start: i64,
    reserve: Option<i64>,
    increments: StoredIncrements,
    automatic_bids: bool,
    starts_at: Millis,
    ends_at: Millis,
    soft_close: Option<StoredSoftClose>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredIncrements {
    Ebay,
    Table(Vec<(i64, i64)>),
    Percent(u32, i64),
}

#[derive(Serialize, Deserialize)]
struct StoredSoftClose {
    window_ms: i64,
    extend_ms: i64,
    add: bool,
    latest: Option<Millis>,
}

/// The bytes to be stored.
pub fn encode(event: &Event) -> Vec<u8> {
    let mut out = Stored { v: VERSION, seq: event.seq, at: event.at, ..Stored::default() };
    match &event.fact {
        Fact::Created { terms, by, request } => {
            out.kind = "created".into();
            out.by = Some(by.into());
            out.terms = Some(Box::new(StoredTerms::from(&**terms)));
            out.request = request.as_ref().map(|(request, _)| request.as_str().into());
            out.digest = request.as_ref().map(|(_, digest)| *digest);
        }
        Fact::Opened { by, ends_at } => out.conducted("opened", by.as_ref()).ends_at = Some(*ends_at),
        Fact::Paused { by, ends_at } => out.conducted("paused", Some(by)).ends_at = Some(*ends_at),
        Fact::Resumed { by, ends_at } => out.conducted("resumed", Some(by)).ends_at = Some(*ends_at),
        Fact::Warned { by, stage } => out.conducted("warned", Some(by)).stage = Some(stage.number()),
        Fact::Cancelled { by, reason } => out.conducted("cancelled", Some(by)).text = Some((&**reason).into()),
        Fact::Bid(bid) => encode_bid(&mut out, "bid", bid),
        Fact::Raised(bid) => encode_bid(&mut out, "raised", bid),
        Fact::Extended { ends_at, reason } => {
            let (word, by, by_ms) = match reason {
                ExtendReason::SoftClose => ("soft_close", None, None),
                ExtendReason::Auctioneer { by, by_ms } => ("auctioneer", Some(by), Some(*by_ms)),
                ExtendReason::Outage => ("outage", None, None),
            };
            out.conducted("extended", by).reason = Some(word.into());
            (out.ends_at, out.by_ms) = (Some(*ends_at), by_ms);
        }
        Fact::Said { from, text, request } => {
            out.kind = "said".into();
            out.by = Some(from.into());
            out.text = Some((&**text).into());
            out.request = request.as_ref().map(|request| request.as_str().into());
        }
        Fact::Closed { by, outcome, winner, price } => {
            out.conducted("closed", by.as_ref()).outcome = Some(word_of(&OUTCOMES, *outcome).into());
            out.leader = winner.as_ref().map(Into::into);
            out.price = price.map(Money::minor);
        }
    }
    let mut bytes = Vec::with_capacity(out.size());
    serde_json::to_writer(&mut bytes, &out).expect("a record has string keys and whole numbers: it always encodes");
    bytes
}

impl<'a> Stored<'a> {
    /// Makes it a record of this kind, by this author where it has one.
    fn conducted(&mut self, kind: &'static str, by: Option<&'a Author>) -> &mut Self {
        self.kind = kind.into();
        self.by = by.map(|by| (&by.who).into());
        self.request = by.and_then(|by| by.request.as_ref()).map(|request| request.as_str().into());
        self
    }

    /// About so many bytes when encoded, rather too many.
    fn size(&self) -> usize {
        const BARE: usize = 272;
        const TERMS: usize = 768;
        let who = |who: &Option<Who>| who.as_ref().map_or(0, |who| who.id.len() + who.name.len());
        let text = |text: &Option<Text>| text.as_ref().map_or(0, |text| text.len());
        let terms = self.terms.as_ref().map_or(0, |terms| TERMS + terms.title.len() + terms.description.len());
        BARE + who(&self.by) + who(&self.leader) + text(&self.request) + text(&self.text) + terms
    }
}

fn encode_bid<'a>(out: &mut Stored<'a>, kind: &'static str, bid: &'a BidPlaced) {
    out.kind = kind.into();
    out.by = Some((&bid.bidder).into());
    out.request = bid.request.as_ref().map(|request| request.as_str().into());
    match bid.offer {
        Offer::Exact(amount) => out.amount = Some(amount.minor()),
        Offer::UpTo(max) => out.max = Some(max.minor()),
    }
    out.leader = Some((&bid.leader).into());
    out.price = Some(bid.price.minor());
    out.minimum = Some(bid.minimum.minor());
    out.ends_at = Some(bid.ends_at);
    out.reserve = Some(word_of(&RESERVES, bid.reserve).into());
}

/// Everybody a reader of records has met: one person is in memory once, however often they bid.
#[derive(Default)]
pub struct People(HashMap<Arc<str>, Person>);

impl People {
    fn meet(&mut self, who: &Who) -> Person {
        if let Some(known) = self.0.get(&*who.id)
            && *known.name == *who.name
        {
            return known.clone();
        }
        let person = Person::new(&who.id, &who.name);
        self.0.insert(person.id.clone(), person.clone());
        person
    }
}

/// The event that was stored; the error says what is not understood.
pub fn decode(bytes: &[u8], people: &mut People) -> Result<Event, String> {
    let stored: Stored = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if stored.v != VERSION {
        return Err(format!("it has version {}, this program knows {VERSION}: use a newer one", stored.v));
    }
    let fact = fact(&stored, people).ok_or_else(|| format!("a \"{}\" must not look like this", &*stored.kind))?;
    Ok(Event { seq: stored.seq, at: stored.at, fact })
}

fn fact(stored: &Stored, people: &mut People) -> Option<Fact> {
    let by = stored.by.as_ref().map(|who| people.meet(who));
    let request = || stored.request.as_deref().and_then(RequestId::parse);
    let author = |who: Option<Person>| who.map(|who| Author { who, request: request() });
    Some(match &*stored.kind {
        "created" => Fact::Created {
            terms: Arc::new(stored.terms.as_deref()?.to_terms()?),
            by: by?,
            request: match stored.digest {
                Some(digest) => Some((request()?, digest)),
                None => None,
            },
        },
        "opened" => Fact::Opened { by: author(by), ends_at: stored.ends_at? },
        "paused" => Fact::Paused { by: author(by)?, ends_at: stored.ends_at? },
        "resumed" => Fact::Resumed { by: author(by)?, ends_at: stored.ends_at? },
        "warned" => Fact::Warned { by: author(by)?, stage: Stage::of(stored.stage?)? },
        "cancelled" => Fact::Cancelled { by: author(by)?, reason: stored.text.as_deref()?.into() },
        "bid" => Fact::Bid(Box::new(bid(stored, people, by?, request())?)),
        "raised" => Fact::Raised(Box::new(bid(stored, people, by?, request())?)),
        "extended" => Fact::Extended {
            ends_at: stored.ends_at?,
            reason: match stored.reason.as_deref()? {
                "soft_close" => ExtendReason::SoftClose,
                "auctioneer" => ExtendReason::Auctioneer { by: author(by)?, by_ms: stored.by_ms? },
                "outage" => ExtendReason::Outage,
                _ => return None,
            },
        },
        "said" => Fact::Said { from: by?, text: stored.text.as_deref()?.into(), request: request() },
        "closed" => Fact::Closed {
            by: author(by),
            outcome: meaning_of(&OUTCOMES, stored.outcome.as_deref()?)?,
            winner: stored.leader.as_ref().map(|who| people.meet(who)),
            price: match stored.price {
                Some(price) => Some(amount(price)?),
                None => None,
            },
        },
        _ => return None,
    })
}

fn bid(stored: &Stored, people: &mut People, bidder: Person, request: Option<RequestId>) -> Option<BidPlaced> {
    let offer = match (stored.amount, stored.max) {
        (Some(exact), None) => Offer::Exact(amount(exact)?),
        (None, Some(max)) => Offer::UpTo(amount(max)?),
        _ => return None,
    };
    Some(BidPlaced {
        bidder,
        offer,
        request,
        leader: people.meet(stored.leader.as_ref()?),
        price: amount(stored.price?)?,
        minimum: Money::beyond(stored.minimum?)?,
        ends_at: stored.ends_at?,
        reserve: meaning_of(&RESERVES, stored.reserve.as_deref()?)?,
    })
}

pub(super) const OUTCOMES: [(Outcome, &str); 3] =
    [(Outcome::Sold, "sold"), (Outcome::Unsold, "unsold"), (Outcome::ReserveNotMet, "reserve_not_met")];
pub(super) const RESERVES: [(Reserve, &str); 3] = [(Reserve::None, "none"), (Reserve::Unmet, "unmet"), (Reserve::Met, "met")];

pub(super) fn word_of<T: PartialEq + Copy>(words: &'static [(T, &'static str)], meaning: T) -> &'static str {
    words.iter().find(|(of, _)| *of == meaning).map_or("", |(_, word)| word)
}

pub(super) fn meaning_of<T: Copy>(words: &[(T, &str)], word: &str) -> Option<T> {
    words.iter().find(|(_, of)| *of == word).map(|(meaning, _)| *meaning)
}

fn amount(minor: i64) -> Option<Money> {
    Money::new(minor)
}

impl<'a> From<&'a Person> for Who<'a> {
    fn from(person: &'a Person) -> Self {
        Who { id: (&*person.id).into(), name: (&*person.name).into() }
    }
}

impl From<&Terms> for StoredTerms {
    fn from(terms: &Terms) -> Self {
        StoredTerms {
            id: terms.id.to_string(),
            title: terms.title.clone(),
            description: terms.description.clone(),
            image: terms.image.clone(),
            currency: terms.currency.code().to_owned(),
            decimals: terms.currency.decimals(),
            format: match terms.format {
                Format::English => "english".to_owned(),
            },
            start: terms.start.minor(),
            reserve: terms.reserve.map(Money::minor),
            increments: match &terms.increments {
                Increments::Ebay => StoredIncrements::Ebay,
                Increments::Table(bands) => {
                    StoredIncrements::Table(bands.iter().map(|band| (band.from.minor(), band.step.minor())).collect())
                }
                Increments::Percent { percent, at_least } => StoredIncrements::Percent(*percent, at_least.minor()),
            },
            automatic_bids: terms.automatic_bids,
            starts_at: terms.starts_at,
            ends_at: terms.ends_at,
            soft_close: terms.soft_close.map(|soft| StoredSoftClose {
                window_ms: soft.window_ms,
                extend_ms: soft.extend_ms,
                add: soft.mode == ExtendMode::Add,
                latest: soft.latest,
            }),
        }
    }
}

impl StoredTerms {
    pub(super) fn to_terms(&self) -> Option<Terms> {
        let increments = match &self.increments {
            StoredIncrements::Ebay => Increments::Ebay,
            StoredIncrements::Table(bands) => Increments::Table(bands.iter().map(|band| read_band(*band)).collect::<Option<_>>()?),
            StoredIncrements::Percent(percent, at_least) => Increments::Percent { percent: *percent, at_least: amount(*at_least)? },
        };
        let soft_close = self.soft_close.as_ref().map(|soft| SoftClose {
            window_ms: soft.window_ms,
            extend_ms: soft.extend_ms,
            mode: if soft.add { ExtendMode::Add } else { ExtendMode::Reset },
            latest: soft.latest,
        });
        let reserve = match self.reserve {
            Some(reserve) => Some(amount(reserve)?),
            None => None,
        };
        Some(Terms {
            id: AuctionId::parse(&self.id)?,
            title: self.title.clone(),
            description: self.description.clone(),
            image: self.image.clone(),
            currency: Currency::new(&self.currency, self.decimals)?,
            format: (self.format == "english").then_some(Format::English)?,
            start: amount(self.start)?,
            reserve,
            increments,
            automatic_bids: self.automatic_bids,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            soft_close,
        })
    }
}

fn read_band((from, step): (i64, i64)) -> Option<Band> {
    let from = if from == 0 { Money::ZERO } else { amount(from)? };
    Some(Band { from, step: amount(step)? })
}
