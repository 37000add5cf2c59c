//! One auction while its rows come.

use std::collections::HashSet;
use std::sync::Arc;

use super::columns::Row;
use super::options::OPEN_MS;
use crate::auction::{Act, Auction, Command, Decision, Millis, Money, Person, Refusal, Terms, create, decide};

/// An auction whose rows come.
#[derive(Debug)]
pub struct Lot {
    auction: Auction,
    start: Money,
    /// As the rows say it.
    reserve: Option<Money>,
    at: Millis,
    /// Each with one text for id and name: of many open auctions hardly any is in the processor's cache, and what counts is how much is touched.
    bidders: HashSet<Arc<str>>,
    accepted: u64,
    refused: u64,
}

impl Lot {
    /// Opens the auction whose first row this is. `reserve` is given from outside, and goes before the row's. The error is a sentence.
    pub fn open(terms: &Terms, seller: &Person, row: &Row<'_>, reserve: Option<Money>) -> Result<Lot, String> {
        let terms = Terms {
            start: row.start,
            reserve: reserve.or(row.reserve),
            starts_at: row.at,
            ends_at: row.at.saturating_add(OPEN_MS),
            ..terms.clone()
        };
        let events = create(terms, seller.clone(), None, row.at).map_err(|refusal| match refusal {
            Refusal::BadTerms(fault) => format!("{fault}; the auction's terms cannot stand"),
            other => other.message(),
        })?;
        let mut auction = events.first().and_then(Auction::found).expect("a creation begins with its own event");
        events.iter().skip(1).for_each(|event| auction.evolve(event));
        Ok(Lot { auction, start: row.start, reserve: row.reserve, at: row.at, bidders: HashSet::new(), accepted: 0, refused: 0 })
    }

    /// Judges a bid by the rules. The error is a sentence: the row contradicts those before it.
    pub fn judge(&mut self, row: &Row<'_>) -> Result<Result<(), Refusal>, String> {
        if row.at < self.at {
            return Err(format!(
                "at_ms {} is before the row above of this auction ({}); put its rows in the order of time",
                row.at, self.at
            ));
        }
        if row.start != self.start || row.reserve != self.reserve {
            return Err("start or reserve is not that of this auction's first row; an auction has one of each".to_owned());
        }
        self.at = row.at;
        let command = Command { by: self.person(row.bidder)?, request: None, act: Act::Bid(row.offer) };
        Ok(match decide(&self.auction, &command, row.at) {
            Ok(decision) => {
                if let Decision::Happens(events) = decision {
                    events.iter().for_each(|event| self.auction.evolve(event));
                }
                self.accepted += 1;
                Ok(())
            }
            Err(refusal) => {
                self.refused += 1;
                Err(refusal)
            }
        })
    }

    /// The bidder of this name, of whom there is one in an auction.
    fn person(&mut self, name: &[u8]) -> Result<Person, String> {
        let name = str::from_utf8(name).map_err(|_| "bidder is not UTF-8; write the file in it".to_owned())?;
        let known = self.bidders.get(name).cloned().unwrap_or_else(|| {
            let new: Arc<str> = name.into();
            self.bidders.insert(new.clone());
            new
        });
        Ok(Person { id: known.clone(), name: known, alias: None })
    }

    /// How the auction stands.
    pub fn auction(&self) -> &Auction {
        &self.auction
    }

    /// How many bids were accepted, and how many refused.
    pub fn tally(&self) -> (u64, u64) {
        (self.accepted, self.refused)
    }
}
