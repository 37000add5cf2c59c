//! The Dutch auction: the price falls with time until somebody takes it (`rules.md` §5).

use super::{Bid, Ending, Figures, Rules, Why};
use crate::auction::{BidPlaced, Fact, Millis, Money, Offer, Outcome, Person, Refusal, Reserve, Terms, TermsError};

/// How the price falls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fall {
    /// It falls no further.
    pub floor: Money,
    /// By so much …
    pub step: Money,
    /// … each so many milliseconds.
    pub every_ms: Millis,
}

impl Fall {
    /// The shortest and the longest time between two steps: 10 ms and a day.
    pub const EVERY_MS: std::ops::RangeInclusive<Millis> = 10..=24 * 3_600_000;

    /// The price `elapsed` ms after it began to fall from `start`.
    pub fn price(&self, start: Money, elapsed: Millis) -> Money {
        let steps = elapsed.max(0) / self.every_ms.max(1);
        start.less(self.step, steps).max(self.floor)
    }

    pub(in crate::auction) fn check(&self, start: Money) -> Result<(), TermsError> {
        if self.floor >= start {
            return Err(TermsError::new("dutch.floor", "below start"));
        }
        if !Fall::EVERY_MS.contains(&self.every_ms) {
            return Err(TermsError::new("dutch.every_ms", "from 10 ms to a day"));
        }
        Ok(())
    }
}

/// Since when the price falls, and who has taken it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Book {
    fall: Fall,
    /// The opening, moved on by every pause.
    since: Option<Millis>,
    paused_at: Option<Millis>,
    sold: Option<(Person, Money)>,
}

impl Book {
    pub(super) fn new(fall: Fall) -> Book {
        Book { fall, since: None, paused_at: None, sold: None }
    }

    /// From when on the price falls, pauses taken out; `None` before it opens.
    pub fn since(&self) -> Option<Millis> {
        self.since
    }

    /// The price at `at`. While it is paused it stands still.
    fn price(&self, terms: &Terms, at: Millis) -> Money {
        let at = self.paused_at.unwrap_or(at);
        self.fall.price(terms.start, self.since.map_or(0, |since| at.saturating_sub(since)))
    }
}

impl Rules for Book {
    fn judge(&self, terms: &Terms, bid: Bid) -> Result<Vec<Fact>, Refusal> {
        let price = self.price(terms, bid.at);
        match bid.offer {
            Offer::UpTo(_) => {
                return Err(Refusal::NotForFormat("This is a Dutch auction: bid without an amount to buy at the price of the moment."));
            }
            Offer::Exact(amount) if amount < price => {
                return Err(Refusal::BidTooLow { minimum: price, price: Some(price), ends_at: bid.ends_at, currency: terms.currency });
            }
            Offer::Exact(_) | Offer::AsAsked => {}
        }
        let Bid { by, offer, request, ends_at, .. } = bid;
        let (leader, why, reserve) = (by.clone(), Some(Why::Clock), Reserve::None);
        let placed = BidPlaced { bidder: by.clone(), offer, request, leader, price, minimum: price, ends_at, reserve, why };
        let closed = Fact::Closed { by: None, outcome: Outcome::Sold, winner: Some(by), price: Some(price), bids: None };
        Ok(vec![Fact::Bid(Box::new(placed)), closed])
    }

    fn fold(&mut self, fact: &Fact, at: Millis, _seq: u64) {
        match fact {
            Fact::Opened { .. } => self.since = Some(at),
            Fact::Paused { .. } => self.paused_at = Some(at),
            Fact::Resumed { .. } => {
                let paused = self.paused_at.take().map_or(0, |since| at.saturating_sub(since));
                self.since = self.since.map(|since| since.saturating_add(paused));
            }
            // What nobody took falls no further.
            Fact::Closed { .. } | Fact::Cancelled { .. } => drop(self.paused_at.get_or_insert(at)),
            Fact::Bid(bid) => self.sold = Some((bid.bidder.clone(), bid.price)),
            _ => {}
        }
    }

    fn figures(&self, terms: &Terms, at: Millis) -> Figures {
        let asked = self.price(terms, at);
        let (leader, price, why) = match &self.sold {
            Some((buyer, price)) => (Some(buyer.clone()), *price, Some(Why::Clock)),
            None => (None, asked, None),
        };
        Figures { price: Some(price), leader, minimum: price, reserve: Reserve::None, why }
    }

    fn ending(&self, _terms: &Terms) -> Ending {
        let (outcome, winner, price) = match &self.sold {
            Some((buyer, price)) => (Outcome::Sold, Some(buyer.clone()), Some(*price)),
            None => (Outcome::Unsold, None, None),
        };
        Ending { outcome, winner, price, bids: None }
    }

    fn next_step(&self, terms: &Terms, at: Millis) -> Option<Millis> {
        let since = self.since.filter(|_| self.paused_at.is_none() && self.sold.is_none() && self.price(terms, at) > self.fall.floor)?;
        let steps = at.saturating_sub(since).max(0) / self.fall.every_ms.max(1) + 1;
        Some(since.saturating_add(steps.saturating_mul(self.fall.every_ms)))
    }
}
