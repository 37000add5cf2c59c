//! Sealed bids, hidden until the close: the first-price auction and Vickrey's, which differ in what the winner pays (`rules.md` §5).

use super::{Bid as Asked, Ending, Figures, Revealed, Rules};
use crate::auction::ledger::Ledger;
use crate::auction::{Fact, Millis, Money, Offer, Outcome, Person, Refusal, Reserve, Terms};

/// What the winner pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pays {
    /// Their own bid.
    Own,
    /// The second highest bid, or the reserve or the start where that is higher.
    Second,
}

/// One bidder's bid: the last one counts, with its own time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bid {
    /// Who.
    pub bidder: Person,
    /// How much.
    pub amount: Money,
    /// When.
    pub at: Millis,
    /// Of its event: of equal amounts the one with the lowest wins.
    pub seq: u64,
}

/// The bids, sealed; after the close, what came out.
#[derive(Clone, PartialEq, Debug)]
pub struct Book {
    pays: Pays,
    bids: Ledger<Bid>,
    /// Who bought, which nobody does below the reserve, and at what price (`None`: nobody bid).
    opened: Option<(Option<Person>, Option<Money>)>,
}

impl Book {
    /// The most people that bid in one auction: the close reveals them all in one event.
    pub const MAX_BIDDERS: usize = 10_000;

    pub(super) fn new(pays: Pays) -> Book {
        Book { pays, bids: Ledger::default(), opened: None }
    }

    /// How many have a bid in.
    pub fn count(&self) -> usize {
        self.bids.len()
    }

    /// Once it has closed: all of them, the best first.
    pub fn revealed(&self) -> Option<Vec<Revealed>> {
        self.opened.as_ref().map(|_| self.ranked())
    }

    pub(super) fn bid_of(&self, bidder: &Person) -> Option<&Bid> {
        self.bids.get(&bidder.id)
    }

    pub(super) fn put(&mut self, bidder: &Person, bid: Option<Bid>) {
        self.bids.set(bidder.id.clone(), bid);
    }

    pub(super) fn mark(&mut self) {
        self.bids.mark();
    }

    pub(super) fn rewind(&mut self) {
        self.bids.rewind();
    }

    fn ranked(&self) -> Vec<Revealed> {
        let mut bids: Vec<_> = self.bids.values().collect();
        bids.sort_unstable_by_key(|bid| (std::cmp::Reverse(bid.amount), bid.seq));
        bids.into_iter().map(|bid| Revealed { bidder: bid.bidder.clone(), amount: bid.amount, at: bid.at }).collect()
    }
}

impl Rules for Book {
    fn judge(&self, terms: &Terms, bid: Asked) -> Result<Vec<Fact>, Refusal> {
        let Asked { by, offer, request, ends_at, .. } = bid;
        let Offer::Exact(amount) = offer else {
            return Err(Refusal::NotForFormat("Bids are sealed here: give the amount you would pay; until the end you may replace it."));
        };
        if amount < terms.start {
            return Err(Refusal::BidTooLow { minimum: terms.start, price: None, ends_at, currency: terms.currency });
        }
        let new = self.bid_of(&by).is_none();
        if new && self.count() >= Book::MAX_BIDDERS {
            return Err(Refusal::NotNow("This auction has as many bidders as it can take."));
        }
        let count = self.count() as u64 + u64::from(new);
        Ok(vec![Fact::Sealed { bidder: by, amount, request, count }])
    }

    fn fold(&mut self, fact: &Fact, at: Millis, seq: u64) {
        match fact {
            Fact::Sealed { bidder, amount, .. } => {
                let bid = Bid { bidder: bidder.clone(), amount: *amount, at, seq };
                self.put(bidder, Some(bid));
            }
            Fact::Closed { winner, price, .. } => self.opened = Some((winner.clone(), *price)),
            _ => {}
        }
    }

    /// Nothing of the bids shows before the close.
    fn figures(&self, terms: &Terms, _at: Millis) -> Figures {
        let (leader, price) = self.opened.clone().unwrap_or((None, None));
        let reserve = match terms.reserve {
            None => Reserve::None,
            Some(_) if leader.is_some() => Reserve::Met,
            Some(_) => Reserve::Unmet,
        };
        Figures { price, leader, minimum: terms.start, reserve, why: None }
    }

    fn ending(&self, terms: &Terms) -> Ending {
        let bids = self.ranked();
        let (outcome, winner, price) = match &bids[..] {
            [] => (Outcome::Unsold, None, None),
            [best, ..] if terms.reserve.is_some_and(|reserve| best.amount < reserve) => (Outcome::ReserveNotMet, None, Some(best.amount)),
            [best, rest @ ..] => {
                let second = rest.first().map_or(Money::ZERO, |second| second.amount);
                let price = match self.pays {
                    Pays::Own => best.amount,
                    Pays::Second => second.max(terms.reserve.unwrap_or(Money::ZERO)).max(terms.start),
                };
                (Outcome::Sold, Some(best.bidder.clone()), Some(price))
            }
        };
        Ending { outcome, winner, price, bids: Some(bids) }
    }
}
