//! What became of each row, in the words of the wire.

use std::io::Write;

use serde::Serialize;

use super::columns::Row;
use super::lot::Lot;
use super::output::Output;
use super::trouble::Trouble;
use crate::auction::{Figures, Money, Offer, Refusal};
use crate::wire::{ReserveOut, WhyOut};

/// A verdict, and how the auction stands by it.
#[derive(Serialize)]
struct Told<'a> {
    line: u64,
    auction: &'a str,
    at: i64,
    bidder: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(rename = "type")]
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<&'static str>,
    price: Option<i64>,
    leader: Option<&'a str>,
    minimum: i64,
    reserve: ReserveOut,
    why: Option<WhyOut>,
}

/// The lines under way.
pub struct Trace(Output);

impl Trace {
    /// Into `out`.
    pub fn new(out: Output) -> Trace {
        Trace(out)
    }

    /// Tells of the row at `line`: refused why, or accepted, and how `lot` stands after it.
    pub fn tell(&mut self, line: u64, row: &Row<'_>, lot: &Lot, refused: Option<&Refusal>) -> Result<(), Trouble> {
        let Figures { price, leader, minimum, reserve, why } = lot.auction().figures(lot.auction().at());
        let leader = leader.as_ref().map(|leader| &*leader.id);
        let (max, amount) = match row.offer {
            Offer::UpTo(max) => (Some(max.minor()), None),
            Offer::Exact(amount) => (None, Some(amount.minor())),
            Offer::AsAsked => (None, None),
        };
        let bidder = str::from_utf8(row.bidder).unwrap_or_default();
        let told = Told {
            line,
            auction: str::from_utf8(row.auction).unwrap_or_default(),
            at: row.at,
            bidder,
            max,
            amount,
            verdict: if refused.is_some() { "refused" } else { "accepted" },
            code: refused.map(Refusal::code),
            standing: refused.is_none().then_some(if leader == Some(bidder) { "leading" } else { "outbid" }),
            price: price.map(Money::minor),
            leader,
            minimum: minimum.minor(),
            reserve: reserve.into(),
            why: why.map(Into::into),
        };
        serde_json::to_writer(&mut self.0, &told).map_err(|error| Trouble::writing("the trace", &error.into()))?;
        self.0.write_all(b"\n").map_err(|error| Trouble::writing("the trace", &error))
    }

    /// All is there.
    pub fn finish(mut self) -> Result<(), Trouble> {
        self.0.flush().map_err(|error| Trouble::writing("the trace", &error))
    }
}
