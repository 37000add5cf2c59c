//! The formats of an auction: siblings behind one interface, none an `if` in another (`rules.md` §3, §5).

pub mod dutch;
pub mod english;
pub mod sealed;

use super::{Fact, Millis, Money, Offer, Outcome, Person, Refusal, RequestId, Reserve, Terms};
use dutch::Fall;

/// By which rules bids compete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Open, rising, the highest maximum leads.
    English,
    /// The price falls until somebody takes it.
    Dutch(Fall),
    /// Hidden until the close; the highest bidder pays their own bid.
    Sealed,
    /// Hidden until the close; the highest bidder pays the second highest bid.
    Vickrey,
}

impl Format {
    /// The word for it, on the wire and in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Format::English => "english",
            Format::Dutch(_) => "dutch",
            Format::Sealed => "sealed",
            Format::Vickrey => "vickrey",
        }
    }
}

/// What each format answers by its own rules.
pub(super) trait Rules {
    /// What `bid` leads to on an auction that takes bids; the first fact is the bid itself.
    fn judge(&self, terms: &Terms, bid: Bid) -> Result<Vec<Fact>, Refusal>;

    /// Folds in what has happened. Total: what fits nothing changes nothing.
    fn fold(&mut self, fact: &Fact, at: Millis, seq: u64);

    /// How it stands at `at`, as far as everyone may know.
    fn figures(&self, terms: &Terms, at: Millis) -> Figures;

    /// How it ends if it ends now.
    fn ending(&self, terms: &Terms) -> Ending;

    /// When the price next changes by itself, after `at`.
    fn next_step(&self, _terms: &Terms, _at: Millis) -> Option<Millis> {
        None
    }
}

/// A bid to be judged.
#[derive(Clone, Debug)]
pub(super) struct Bid {
    pub by: Person,
    pub offer: Offer,
    pub request: Option<RequestId>,
    pub at: Millis,
    /// The end as it stands.
    pub ends_at: Millis,
}

/// How an auction stands, for everyone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figures {
    /// The price, where there is one.
    pub price: Option<Money>,
    /// Who would buy now.
    pub leader: Option<Person>,
    /// What one must at least offer.
    pub minimum: Money,
    /// What may be told of the reserve.
    pub reserve: Reserve,
    /// Why the price is what it is.
    pub why: Option<Why>,
}

/// Why a price is what it is (`rules.md` §3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// Nobody else has bid: the start.
    Start,
    /// A step above the next highest maximum.
    Step,
    /// The leader's maximum, less than a step above the next highest.
    Cap,
    /// Two of the same maximum: the earlier leads at it.
    Tie,
    /// The leader stated it.
    Stated,
    /// The leader's maximum reaches the reserve: the price jumps to it.
    Reserve,
    /// It was reached before, and does not fall.
    Held,
    /// Bought at once.
    BuyNow,
    /// What the falling price had come to.
    Clock,
}

/// How an auction ends.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Ending {
    pub outcome: Outcome,
    pub winner: Option<Person>,
    pub price: Option<Money>,
    /// What was hidden until now, the best first.
    pub bids: Option<Vec<Revealed>>,
}

/// A bid that was sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revealed {
    /// Who.
    pub bidder: Person,
    /// How much.
    pub amount: Money,
    /// When.
    pub at: Millis,
}

/// How the bids stand, by the auction's format.
#[derive(Clone, PartialEq, Debug)]
pub enum Book {
    /// Of an English auction; `None` before the first bid.
    English(Option<english::Book>),
    /// Of a Dutch one.
    Dutch(dutch::Book),
    /// Of one with sealed bids.
    Sealed(sealed::Book),
}

/// What taking a bid out leaves.
#[derive(Clone, PartialEq, Debug)]
pub enum Amended {
    /// The whole book of an English auction.
    English(Option<english::Book>),
    /// What remains of the bidder's own sealed bids: the last one before, if any.
    Sealed(Person, Option<sealed::Bid>),
}

impl Book {
    /// Without a bid.
    pub(super) fn new(format: Format) -> Book {
        match format {
            Format::English => Book::English(None),
            Format::Dutch(fall) => Book::Dutch(dutch::Book::new(fall)),
            Format::Sealed => Book::Sealed(sealed::Book::new(sealed::Pays::Own)),
            Format::Vickrey => Book::Sealed(sealed::Book::new(sealed::Pays::Second)),
        }
    }

    pub(super) fn rules(&self) -> &dyn Rules {
        match self {
            Book::English(book) => book,
            Book::Dutch(book) => book,
            Book::Sealed(book) => book,
        }
    }

    pub(super) fn rules_mut(&mut self) -> &mut dyn Rules {
        match self {
            Book::English(book) => book,
            Book::Dutch(book) => book,
            Book::Sealed(book) => book,
        }
    }

    /// Once it has closed: what was sealed, the best first.
    pub fn revealed(&self) -> Option<Vec<Revealed>> {
        if let Book::Sealed(book) = self { book.revealed() } else { None }
    }

    /// How far `who` goes: the maximum of whoever leads, the sealed bid of whoever has one in. For them alone to know.
    pub fn own(&self, who: &Person) -> Option<Money> {
        match self {
            Book::English(book) => book.as_ref().filter(|book| book.leader == *who).map(|book| book.max),
            Book::Sealed(book) => book.bid_of(who).map(|bid| bid.amount),
            Book::Dutch(_) => None, // who buys has bought
        }
    }

    /// What is to be told of this book where it is another's without a bid of `bidder`'s.
    pub(super) fn amended(&self, bidder: &Person) -> Option<Amended> {
        match self {
            Book::English(book) => Some(Amended::English(book.clone())),
            Book::Sealed(book) => Some(Amended::Sealed(bidder.clone(), book.bid_of(bidder).cloned())),
            Book::Dutch(_) => None, // its one bid ends it
        }
    }

    /// Makes it so.
    pub(super) fn amend(&mut self, amended: &Amended) {
        match (self, amended) {
            (Book::English(book), Amended::English(after)) => book.clone_from(after),
            (Book::Sealed(book), Amended::Sealed(bidder, bid)) => book.put(bidder, bid.clone()),
            _ => {}
        }
    }

    /// Here it can be taken back to. Costs the same however many have bid.
    pub(super) fn savepoint(&mut self) -> Savepoint {
        match self {
            Book::English(_) | Book::Dutch(_) => Savepoint(Some(self.clone())),
            Book::Sealed(book) => {
                book.mark();
                Savepoint(None)
            }
        }
    }

    /// Takes back all since the latest savepoint.
    pub(super) fn restore(&mut self, savepoint: Savepoint) {
        match (self, savepoint.0) {
            (Book::Sealed(book), _) => book.rewind(),
            (book, Some(before)) => *book = before,
            (_, None) => {}
        }
    }
}

/// See [`Book::savepoint`].
#[derive(Debug)]
pub(super) struct Savepoint(Option<Book>);
