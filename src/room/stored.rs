//! The parts that records, and snapshots of what they come to, are made of, in their stored form.

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::auction::formats::dutch::Fall;
use crate::auction::formats::{Amended, english, sealed};
use crate::auction::{
    AuctionId, Band, Currency, ExtendMode, Format, Increments, Millis, Money, Outcome, Person, Reserve, Revealed, SoftClose, Terms, Why,
};

/// Borrowed wherever it was stored without an escape. Serde borrows a bare `Cow`, but none that is in an `Option`.
#[derive(Serialize, Deserialize, Default)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

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
pub(super) struct Who<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub name: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<NonZeroU32>,
}

/// What taking a bid out has left.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredAmended<'a> {
    English(#[serde(borrow)] Option<StoredBook<'a>>),
    Sealed(#[serde(borrow)] Who<'a>, #[serde(borrow)] Option<StoredSealed<'a>>),
}

/// How the bids of an English auction stand.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredBook<'a> {
    #[serde(borrow)]
    leader: Who<'a>,
    max: i64,
    floor: i64,
    second: Option<i64>,
    price: i64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    why: Option<Text<'a>>,
}

/// A sealed bid.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredSealed<'a> {
    #[serde(borrow)]
    bidder: Who<'a>,
    amount: i64,
    at: Millis,
    /// Of its event, where it still competes.
    #[serde(default, skip_serializing_if = "is_zero")]
    seq: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredTerms {
    id: String,
    pub title: String,
    pub description: String,
    image: Option<String>,
    currency: String,
    decimals: u8,
    format: String,
    start: i64,
    reserve: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    buy_now: Option<i64>,
    /// Floor, step, every so many ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dutch: Option<(i64, i64, Millis)>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    aliases: bool,
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

/// Everybody a reader of records has met: one person is in memory once, however often they bid.
#[derive(Default)]
pub struct People(HashMap<Arc<str>, Person>);

impl People {
    pub(super) fn meet(&mut self, who: &Who) -> Person {
        if let Some(known) = self.0.get(&*who.id)
            && *known.name == *who.name
            && known.alias == who.alias
        {
            return known.clone();
        }
        let person = Person::new(&who.id, &who.name).known_as(who.alias);
        self.0.insert(person.id.clone(), person.clone());
        person
    }
}

/// Why a price is what it is, where that was told; `None` where it is no known reason.
#[expect(clippy::option_option, reason = "that it was not told is understood, and an unknown word is not")]
pub(super) fn why(word: Option<&str>) -> Option<Option<Why>> {
    word.map_or(Some(None), |word| meaning_of(&WHYS, word).map(Some))
}

pub(super) const OUTCOMES: [(Outcome, &str); 3] =
    [(Outcome::Sold, "sold"), (Outcome::Unsold, "unsold"), (Outcome::ReserveNotMet, "reserve_not_met")];
pub(super) const WHYS: [(Why, &str); 9] = [
    (Why::Start, "start"),
    (Why::Step, "step"),
    (Why::Cap, "cap"),
    (Why::Tie, "tie"),
    (Why::Stated, "stated"),
    (Why::Reserve, "reserve"),
    (Why::Held, "held"),
    (Why::BuyNow, "buy_now"),
    (Why::Clock, "clock"),
];
pub(super) const RESERVES: [(Reserve, &str); 3] = [(Reserve::None, "none"), (Reserve::Unmet, "unmet"), (Reserve::Met, "met")];

pub(super) fn word_of<T: PartialEq + Copy>(words: &'static [(T, &'static str)], meaning: T) -> &'static str {
    words.iter().find(|(of, _)| *of == meaning).map_or("", |(_, word)| word)
}

pub(super) fn meaning_of<T: Copy>(words: &[(T, &str)], word: &str) -> Option<T> {
    words.iter().find(|(_, of)| *of == word).map(|(meaning, _)| *meaning)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(seq: &u64) -> bool {
    *seq == 0
}

pub(super) fn amount(minor: i64) -> Option<Money> {
    Money::new(minor)
}

impl<'a> From<&'a Person> for Who<'a> {
    fn from(person: &'a Person) -> Self {
        Who { id: (&*person.id).into(), name: (&*person.name).into(), alias: person.alias }
    }
}

impl<'a> From<&'a english::Book> for StoredBook<'a> {
    fn from(book: &'a english::Book) -> Self {
        StoredBook {
            leader: (&book.leader).into(),
            max: book.max.minor(),
            floor: book.floor.minor(),
            second: book.second.map(Money::minor),
            price: book.price.minor(),
            why: book.why.map(|why| word_of(&WHYS, why).into()),
        }
    }
}

impl StoredBook<'_> {
    pub(super) fn to_book(&self, people: &mut People) -> Option<english::Book> {
        Some(english::Book {
            leader: people.meet(&self.leader),
            max: amount(self.max)?,
            floor: if self.floor == 0 { Money::ZERO } else { amount(self.floor)? },
            second: match self.second {
                Some(second) => Some(amount(second)?),
                None => None,
            },
            price: Money::beyond(self.price)?,
            why: why(self.why.as_deref())?,
        })
    }
}

impl<'a> From<&'a sealed::Bid> for StoredSealed<'a> {
    fn from(bid: &'a sealed::Bid) -> Self {
        StoredSealed { bidder: (&bid.bidder).into(), amount: bid.amount.minor(), at: bid.at, seq: bid.seq }
    }
}

impl<'a> From<&'a Revealed> for StoredSealed<'a> {
    fn from(bid: &'a Revealed) -> Self {
        StoredSealed { bidder: (&bid.bidder).into(), amount: bid.amount.minor(), at: bid.at, seq: 0 }
    }
}

impl StoredSealed<'_> {
    fn to_bid(&self, people: &mut People) -> Option<sealed::Bid> {
        Some(sealed::Bid { bidder: people.meet(&self.bidder), amount: amount(self.amount)?, at: self.at, seq: self.seq })
    }

    pub(super) fn revealed(&self, people: &mut People) -> Option<Revealed> {
        Some(Revealed { bidder: people.meet(&self.bidder), amount: amount(self.amount)?, at: self.at })
    }
}

impl<'a> From<&'a Amended> for StoredAmended<'a> {
    fn from(amended: &'a Amended) -> Self {
        match amended {
            Amended::English(book) => StoredAmended::English(book.as_ref().map(Into::into)),
            Amended::Sealed(bidder, bid) => StoredAmended::Sealed(bidder.into(), bid.as_ref().map(Into::into)),
        }
    }
}

impl StoredAmended<'_> {
    pub(super) fn to_amended(&self, people: &mut People) -> Option<Amended> {
        Some(match self {
            StoredAmended::English(None) => Amended::English(None),
            StoredAmended::English(Some(book)) => Amended::English(Some(book.to_book(people)?)),
            StoredAmended::Sealed(bidder, None) => Amended::Sealed(people.meet(bidder), None),
            StoredAmended::Sealed(bidder, Some(bid)) => Amended::Sealed(people.meet(bidder), Some(bid.to_bid(people)?)),
        })
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
            format: terms.format.word().to_owned(),
            start: terms.start.minor(),
            reserve: terms.reserve.map(Money::minor),
            buy_now: terms.buy_now.map(Money::minor),
            dutch: if let Format::Dutch(fall) = terms.format { Some((fall.floor.minor(), fall.step.minor(), fall.every_ms)) } else { None },
            aliases: terms.aliases,
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
        let buy_now = match self.buy_now {
            Some(buy_now) => Some(amount(buy_now)?),
            None => None,
        };
        let format = match (&*self.format, self.dutch) {
            ("english", None) => Format::English,
            ("dutch", Some((floor, step, every_ms))) => Format::Dutch(Fall { floor: amount(floor)?, step: amount(step)?, every_ms }),
            ("sealed", None) => Format::Sealed,
            ("vickrey", None) => Format::Vickrey,
            _ => return None,
        };
        Some(Terms {
            id: AuctionId::parse(&self.id)?,
            title: self.title.clone(),
            description: self.description.clone(),
            image: self.image.clone(),
            currency: Currency::new(&self.currency, self.decimals)?,
            format,
            start: amount(self.start)?,
            reserve,
            buy_now,
            increments,
            automatic_bids: self.automatic_bids,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            soft_close,
            aliases: self.aliases,
        })
    }
}

fn read_band((from, step): (i64, i64)) -> Option<Band> {
    let from = if from == 0 { Money::ZERO } else { amount(from)? };
    Some(Band { from, step: amount(step)? })
}
