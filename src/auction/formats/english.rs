//! The English auction: exact and automatic bids (`rules.md` §3).
//!
//! What later bids depend on is the leader's standing and the best maximum among the others, no more: deciding costs the same at the
//! first bid and at the millionth.

use crate::auction::{BidPlaced, Money, Offer, Person, Reserve, Terms};

/// How the bids stand.
#[derive(Clone, PartialEq, Debug)]
pub struct Book {
    /// Who leads.
    pub leader: Person,
    /// How far the leader goes.
    pub max: Money,
    /// The price the leader has stated.
    pub floor: Money,
    /// The highest maximum among the other bidders.
    pub second: Option<Money>,
    /// The price now.
    pub price: Money,
}

/// Why a bid does not enter the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Declined {
    /// Below the minimum.
    TooLow,
    /// The leader does not raise their maximum by it.
    AlreadyLeading,
}

impl Book {
    /// Who leads.
    pub fn leader(&self) -> &Person {
        &self.leader
    }

    /// The price now.
    pub fn price(&self) -> Money {
        self.price
    }

    /// Whether the leader would pay the reserve.
    pub fn reserve(&self, terms: &Terms) -> Reserve {
        reserve_state(terms, Some(self.max))
    }

    /// The book after `bidder`'s `offer`, if it may enter.
    pub fn after(book: Option<&Book>, terms: &Terms, bidder: &Person, offer: Offer) -> Result<Book, Declined> {
        let max = offer.max();
        let Some(book) = book else {
            if max < terms.start {
                return Err(Declined::TooLow);
            }
            let first = Book { leader: bidder.clone(), max, floor: offer.floor(), second: None, price: terms.start };
            return Ok(first.priced(terms));
        };
        if book.leader == *bidder {
            if max <= book.max {
                return Err(Declined::AlreadyLeading);
            }
            let raised = Book { max, floor: book.floor.max(offer.floor()), ..book.clone() };
            return Ok(raised.priced(terms));
        }
        if max < minimum(Some(book), terms) {
            return Err(Declined::TooLow);
        }
        let next = if max > book.max {
            Book { leader: bidder.clone(), max, floor: offer.floor(), second: Some(book.max), price: book.price }
        } else {
            // Equal maximum: the earlier bid leads.
            Book { second: book.second.max(Some(max)), ..book.clone() }
        };
        Ok(next.priced(terms))
    }

    /// The book after a bid that was judged before. Leader and price are the judgement's own: the rules of today have no say in it.
    pub fn folded(book: Option<Book>, bid: &BidPlaced) -> Book {
        let (max, floor) = (bid.offer.max(), bid.offer.floor());
        let (leader, price) = (bid.leader.clone(), bid.price);
        match book {
            None => Book { leader, max, floor, second: None, price },
            Some(book) if book.leader == bid.bidder => {
                Book { leader, max: book.max.max(max), floor: book.floor.max(floor), second: book.second, price }
            }
            Some(book) if bid.leads() => Book { leader, max, floor, second: Some(book.max), price },
            Some(book) => Book { second: book.second.max(Some(max)), leader, price, ..book },
        }
    }

    /// The price by the formula. It never falls: the price before is in `self.price`.
    fn priced(mut self, terms: &Terms) -> Book {
        let contested = match self.second {
            None => terms.start,
            Some(second) => self.max.min(second.plus(terms.increments.step(second))),
        };
        let jump = terms.reserve.filter(|reserve| self.max >= *reserve).unwrap_or(Money::ZERO);
        self.price = contested.max(terms.start).max(self.floor).max(self.price).max(jump);
        self
    }
}

/// What a challenger must at least offer.
pub fn minimum(book: Option<&Book>, terms: &Terms) -> Money {
    book.map_or(terms.start, |book| book.price.plus(terms.increments.step(book.price)))
}

/// What may be told of the reserve, given the leader's maximum.
pub fn reserve_state(terms: &Terms, max: Option<Money>) -> Reserve {
    match terms.reserve {
        None => Reserve::None,
        Some(reserve) if max.is_some_and(|max| max >= reserve) => Reserve::Met,
        Some(_) => Reserve::Unmet,
    }
}
