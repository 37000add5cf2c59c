//! What the log keeps of an auction beside its records, so that a list needs no fold. Versioned, like a record; a summary that is not
//! understood costs a fold, never an auction.

use serde::{Deserialize, Serialize};

use crate::auction::{Auction, Millis};
use crate::wire::{Summary, SummaryPerson};

/// The version that is written.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Stored {
    v: u32,
    id: String,
    title: String,
    image: Option<String>,
    currency: String,
    decimals: u8,
    format: String,
    start: i64,
    status: String,
    starts_at: Millis,
    ends_at: Millis,
    price: Option<i64>,
    leader: Option<(String, String)>,
    minimum: i64,
    bids: u64,
    reserve: String,
    outcome: Option<String>,
    seq: u64,
}

/// The bytes to be stored.
pub fn encode(auction: &Auction) -> Vec<u8> {
    let told = Summary::new(auction, 0);
    let stored = Stored {
        v: VERSION,
        id: told.id,
        title: told.title,
        image: told.image,
        currency: told.currency,
        decimals: told.decimals,
        format: told.format,
        start: told.start,
        status: told.status,
        starts_at: told.starts_at,
        ends_at: told.ends_at,
        price: told.price,
        leader: told.leader.map(|who| (who.id, who.name)),
        minimum: told.minimum,
        bids: told.bids,
        reserve: told.reserve,
        outcome: told.outcome,
        seq: told.seq,
    };
    serde_json::to_vec(&stored).expect("a summary has string keys and whole numbers: it always encodes")
}

/// The summary as a list tells it; `None` where it is of another version, or damaged.
pub fn decode(bytes: &[u8]) -> Option<Summary> {
    let stored: Stored = serde_json::from_slice(bytes).ok().filter(|stored: &Stored| stored.v == VERSION)?;
    Some(Summary {
        id: stored.id,
        title: stored.title,
        image: stored.image,
        currency: stored.currency,
        decimals: stored.decimals,
        format: stored.format,
        start: stored.start,
        status: stored.status,
        starts_at: stored.starts_at,
        ends_at: stored.ends_at,
        price: stored.price,
        leader: stored.leader.map(|(id, name)| SummaryPerson { id, name }),
        minimum: stored.minimum,
        bids: stored.bids,
        reserve: stored.reserve,
        outcome: stored.outcome,
        watching: 0,
        seq: stored.seq,
    })
}
