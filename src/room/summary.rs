//! What the log keeps of an auction beside its records, so that a list needs no fold. Versioned, like a record; a summary that is not
//! understood costs a fold, never an auction.

use serde::{Deserialize, Serialize};

use super::stored::{OUTCOMES, RESERVES, word_of};
use crate::auction::{Auction, Millis, Money};
use crate::wire::{DutchOut, Summary, SummaryPerson};

/// The version that is written.
const VERSION: u32 = 2;

#[derive(Serialize)]
struct Told<'a> {
    v: u32,
    id: &'a str,
    title: &'a str,
    seller: (&'a str, &'a str),
    image: Option<&'a str>,
    currency: &'a str,
    decimals: u8,
    format: &'static str,
    dutch: Option<DutchOut>,
    start: i64,
    status: &'static str,
    starts_at: Millis,
    ends_at: Millis,
    price: Option<i64>,
    leader: Option<SummaryPerson>,
    minimum: i64,
    bids: u64,
    reserve: &'static str,
    outcome: Option<&'static str>,
    seq: u64,
}

/// The same as it is read.
#[derive(Deserialize)]
struct Stored {
    v: u32,
    id: String,
    title: String,
    seller: (String, String),
    image: Option<String>,
    currency: String,
    decimals: u8,
    format: String,
    dutch: Option<DutchOut>,
    start: i64,
    status: String,
    starts_at: Millis,
    ends_at: Millis,
    price: Option<i64>,
    leader: Option<SummaryPerson>,
    minimum: i64,
    bids: u64,
    reserve: String,
    outcome: Option<String>,
    seq: u64,
}

/// The bytes to be stored. Once a batch: nothing is copied but into them.
pub fn encode(auction: &Auction) -> Vec<u8> {
    let (terms, figures) = (auction.terms(), auction.figures(auction.at()));
    let settled = figures.leader.is_some() || auction.outcome().is_some();
    let told = Told {
        v: VERSION,
        id: terms.id.as_str(),
        title: &terms.title,
        seller: (&auction.seller().id, &auction.seller().name),
        image: terms.image.as_deref(),
        currency: terms.currency.code(),
        decimals: terms.currency.decimals(),
        format: terms.format.word(),
        dutch: DutchOut::of(auction),
        start: terms.start.minor(),
        status: auction.status().word(),
        starts_at: terms.starts_at,
        ends_at: auction.ends_at(),
        price: figures.price.filter(|_| settled).map(Money::minor),
        leader: figures.leader.as_ref().map(Into::into),
        minimum: figures.minimum.minor(),
        bids: auction.bids(),
        reserve: word_of(&RESERVES, figures.reserve),
        outcome: auction.outcome().map(|outcome| word_of(&OUTCOMES, outcome)),
        seq: auction.seq(),
    };
    let mut bytes = Vec::with_capacity(512 + terms.title.len());
    serde_json::to_writer(&mut bytes, &told).expect("a summary has string keys and whole numbers: it always encodes");
    bytes
}

/// The summary as a list tells it; `None` where it is of another version, or damaged.
pub fn decode(bytes: &[u8]) -> Option<Summary> {
    let stored: Stored = serde_json::from_slice(bytes).ok().filter(|stored: &Stored| stored.v == VERSION)?;
    Some(Summary {
        id: stored.id,
        title: stored.title,
        seller: SummaryPerson { id: stored.seller.0, name: stored.seller.1 },
        image: stored.image,
        currency: stored.currency,
        decimals: stored.decimals,
        format: stored.format,
        dutch: stored.dutch,
        start: stored.start,
        status: stored.status,
        starts_at: stored.starts_at,
        ends_at: stored.ends_at,
        price: stored.price,
        leader: stored.leader,
        minimum: stored.minimum,
        bids: stored.bids,
        reserve: stored.reserve,
        outcome: stored.outcome,
        watching: 0,
        seq: stored.seq,
    })
}
