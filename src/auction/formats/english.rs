//! The English auction: exact and automatic bids, buying at once, late bids that move the end (`rules.md` §3, §4).
//!
//! What later bids depend on is the leader's standing and the best maximum among the others, no more: deciding costs the same at the
//! first bid and at the millionth.

use super::{Bid, Ending, Figures, Rules, Why};
use crate::auction::{BidPlaced, ExtendReason, Fact, Millis, Money, Offer, Outcome, Person, Refusal, Reserve, Terms};

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
    /// Why it is that; `None` where the bid was recorded before this was told.
    pub why: Option<Why>,
}

/// Why a bid does not enter the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Declined {
    /// Below the minimum.
    TooLow,
    /// The leader does not raise their maximum by it.
    AlreadyLeading,
}

impl Book {
    /// The book after `bidder`'s `offer`, if it may enter.
    fn after(book: Option<&Book>, terms: &Terms, bidder: &Person, offer: Offer) -> Result<Book, Declined> {
        let (max, floor) = (offer.max(), offer.floor());
        let Some(book) = book else {
            if max < terms.start {
                return Err(Declined::TooLow);
            }
            let first = Book { leader: bidder.clone(), max, floor, second: None, price: terms.start, why: None };
            return Ok(first.priced(terms));
        };
        if book.leader == *bidder {
            if max <= book.max {
                return Err(Declined::AlreadyLeading);
            }
            let raised = Book { max, floor: book.floor.max(floor), ..book.clone() };
            return Ok(raised.priced(terms));
        }
        if max < minimum(Some(book), terms) {
            return Err(Declined::TooLow);
        }
        let next = if max > book.max {
            Book { leader: bidder.clone(), max, floor, second: Some(book.max), price: book.price, why: None }
        } else {
            // Equal maximum: the earlier bid leads.
            Book { second: book.second.max(Some(max)), ..book.clone() }
        };
        Ok(next.priced(terms))
    }

    /// The book after a bid that was judged before. Leader and price are the judgement's own: the rules of today have no say in it.
    fn folded(book: Option<Book>, bid: &BidPlaced) -> Book {
        let (max, floor) = (bid.offer.max(), bid.offer.floor());
        let (leader, price, why) = (bid.leader.clone(), bid.price, bid.why);
        match book {
            None => Book { leader, max, floor, second: None, price, why },
            Some(book) if book.leader == bid.bidder => {
                Book { leader, max: book.max.max(max), floor: book.floor.max(floor), second: book.second, price, why }
            }
            Some(book) if bid.leads() => Book { leader, max, floor, second: Some(book.max), price, why },
            Some(book) => Book { second: book.second.max(Some(max)), leader, price, why, ..book },
        }
    }

    /// The price by the formula. It never falls: the price before is in `self.price`.
    fn priced(mut self, terms: &Terms) -> Book {
        let (contested, by) = match self.second {
            None => (terms.start, Why::Start),
            Some(second) => {
                let stepped = second.plus(terms.increments.step(second));
                let by = match self.max {
                    max if max == second => Why::Tie,
                    max if max < stepped => Why::Cap,
                    _ => Why::Step,
                };
                (self.max.min(stepped), by)
            }
        };
        let contested = contested.max(terms.start);
        let jump = terms.reserve.filter(|reserve| self.max >= *reserve).unwrap_or(Money::ZERO);
        let price = contested.max(self.floor).max(self.price).max(jump);
        self.why = Some(match price {
            price if price == self.floor => Why::Stated,
            price if price == contested => by,
            price if price == jump => Why::Reserve,
            _ => Why::Held,
        });
        self.price = price;
        self
    }
}

impl Rules for Option<Book> {
    fn judge(&self, terms: &Terms, bid: Bid) -> Result<Vec<Fact>, Refusal> {
        match bid.offer {
            Offer::AsAsked => {
                return Err(Refusal::Malformed("bid needs amount, or max for an automatic bid, in minor units.".to_owned()));
            }
            Offer::UpTo(_) if !terms.automatic_bids => {
                return Err(Refusal::NotForFormat("This auction takes exact bids only: give an amount, not a maximum."));
            }
            Offer::Exact(amount) => {
                if let Some(price) = self.buy_now(terms).filter(|price| amount >= *price) {
                    return Ok(bought(terms, bid, price));
                }
            }
            Offer::UpTo(_) => {}
        }
        let Bid { by, offer, request, at, ends_at } = bid;
        let book = Book::after(self.as_ref(), terms, &by, offer).map_err(|why| self.declined(terms, why, ends_at))?;
        let challenged = self.as_ref().is_none_or(|before| before.leader != by);
        let moved = challenged || self.as_ref().map(|before| before.price) != Some(book.price);
        let minimum = minimum(Some(&book), terms);
        let reserve = reserve_state(terms, Some(book.max));
        let Book { leader, price, why, .. } = book;
        let placed = Box::new(BidPlaced { bidder: by, offer, request, leader, price, minimum, ends_at, reserve, why });
        let mut facts = Vec::with_capacity(2);
        facts.push(if moved { Fact::Bid(placed) } else { Fact::Raised(placed) });
        // Only a challenger extends: a leader who raises could otherwise hold an auction open alone.
        if challenged && let Some(ends_at) = terms.soft_close.and_then(|soft| soft.extend(ends_at, at)) {
            facts.push(Fact::Extended { ends_at, reason: ExtendReason::SoftClose });
        }
        Ok(facts)
    }

    fn fold(&mut self, fact: &Fact, _at: Millis, _seq: u64) {
        if let Fact::Bid(bid) | Fact::Raised(bid) = fact {
            *self = Some(Book::folded(self.take(), bid));
        }
    }

    fn figures(&self, terms: &Terms, _at: Millis) -> Figures {
        let book = self.as_ref();
        Figures {
            price: book.map(|book| book.price),
            leader: book.map(|book| book.leader.clone()),
            minimum: minimum(book, terms),
            reserve: reserve_state(terms, book.map(|book| book.max)),
            why: book.and_then(|book| book.why),
        }
    }

    fn ending(&self, terms: &Terms) -> Ending {
        let (outcome, winner) = match self {
            None => (Outcome::Unsold, None),
            Some(book) if reserve_state(terms, Some(book.max)) == Reserve::Unmet => (Outcome::ReserveNotMet, None),
            Some(book) => (Outcome::Sold, Some(book.leader.clone())),
        };
        Ending { outcome, winner, price: self.as_ref().map(|book| book.price), bids: None }
    }
}

/// What the rules of this format ask of the book beside the interface.
trait Asks {
    fn buy_now(&self, terms: &Terms) -> Option<Money>;
    fn declined(&self, terms: &Terms, why: Declined, ends_at: Millis) -> Refusal;
}

impl Asks for Option<Book> {
    /// The price at which it can be had at once: gone with the first bid, or where there is a reserve, once that is met (eBay).
    fn buy_now(&self, terms: &Terms) -> Option<Money> {
        let open = self.as_ref().is_none_or(|book| reserve_state(terms, Some(book.max)) == Reserve::Unmet);
        terms.buy_now.filter(|_| open)
    }

    fn declined(&self, terms: &Terms, why: Declined, ends_at: Millis) -> Refusal {
        let minimum = minimum(self.as_ref(), terms);
        match (why, self.as_ref().map(|book| book.price)) {
            (Declined::AlreadyLeading, Some(price)) => Refusal::AlreadyLeading { price, minimum, ends_at },
            (_, price) => Refusal::BidTooLow { minimum, price, ends_at, currency: terms.currency },
        }
    }
}

/// Somebody takes it at once, for `price` however much they offered.
fn bought(terms: &Terms, bid: Bid, price: Money) -> Vec<Fact> {
    let Bid { by, offer, request, ends_at, .. } = bid;
    let (leader, winner) = (by.clone(), by.clone());
    let minimum = price.plus(terms.increments.step(price));
    let reserve = if terms.reserve.is_some() { Reserve::Met } else { Reserve::None };
    let why = Some(Why::BuyNow);
    let placed = BidPlaced { bidder: by, offer, request, leader, price, minimum, ends_at, reserve, why };
    let closed = Fact::Closed { by: None, outcome: Outcome::Sold, winner: Some(winner), price: Some(price), bids: None };
    vec![Fact::Bid(Box::new(placed)), closed]
}

/// What a challenger must at least offer.
fn minimum(book: Option<&Book>, terms: &Terms) -> Money {
    book.map_or(terms.start, |book| book.price.plus(terms.increments.step(book.price)))
}

/// What may be told of the reserve, given the leader's maximum.
fn reserve_state(terms: &Terms, max: Option<Money>) -> Reserve {
    match terms.reserve {
        None => Reserve::None,
        Some(reserve) if max.is_some_and(|max| max >= reserve) => Reserve::Met,
        Some(_) => Reserve::Unmet,
    }
}
