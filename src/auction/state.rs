//! The state of an auction: the fold of its events. Restart, replay and resume are this one fold.

use std::collections::HashMap;
use std::sync::Arc;

use super::command::{Kind, digest};
use super::formats::english::{self, Book};
use super::{Author, BidPlaced, Event, ExtendReason, Fact, Millis, Money, Offer, Outcome, Person, RequestId, Reserve, Stage, Terms};

/// An auction as it stands.
#[derive(Clone, Debug)]
pub struct Auction {
    state: State,
    answered: Answers,
    /// What was answered since the last [`Auction::settle`], in its order.
    fresh: Vec<Asked>,
}

/// All but the verdicts, laid open for those who store it. Cheap to clone, however long the auction.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    /// What the seller fixed.
    pub terms: Arc<Terms>,
    /// Whose auction it is.
    pub seller: Person,
    /// Where it is in its life.
    pub status: Status,
    /// The end as it stands.
    pub ends_at: Millis,
    /// While it is paused: since when.
    pub paused_at: Option<Millis>,
    /// The fair warning that stands.
    pub warned: Option<Stage>,
    /// Why it was called off.
    pub cancelled: Option<Arc<str>>,
    /// How the bids stand, once there is one.
    pub book: Option<Book>,
    /// How many bids everyone has seen accepted.
    pub bids: u64,
    /// How it ended, once it has.
    pub outcome: Option<Outcome>,
    /// Of the last public event.
    pub seq: u64,
    /// When the last event happened.
    pub at: Millis,
}

/// The verdict under each request id, and the digest of what was asked.
pub type Answers = HashMap<Asked, (u64, Accepted)>;

/// Where an auction can be taken back to. See [`Auction::savepoint`].
#[derive(Debug)]
pub struct Savepoint {
    state: State,
    fresh: usize,
}

/// A person's id and what they call a command of theirs.
pub type Asked = (Arc<str>, RequestId);

/// Where an auction is in its life: `scheduled → open ⇄ paused → closed | cancelled`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Not yet open.
    Scheduled,
    /// Taking bids.
    Open,
    /// Taking none for a while.
    Paused,
    /// Ended. Never changes again.
    Closed,
    /// Called off. Never changes again.
    Cancelled,
}

impl Status {
    /// Every one of them.
    pub const ALL: [Status; 5] = [Status::Scheduled, Status::Open, Status::Paused, Status::Closed, Status::Cancelled];

    /// The word for it, on the wire and in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Status::Scheduled => "scheduled",
            Status::Open => "open",
            Status::Paused => "paused",
            Status::Closed => "closed",
            Status::Cancelled => "cancelled",
        }
    }

    /// Whether nothing will change any more.
    pub const fn has_ended(self) -> bool {
        matches!(self, Status::Closed | Status::Cancelled)
    }
}

/// The verdict on a command that was accepted. The same command gets it again for the life of the auction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// Of its public event, if it has one.
    pub seq: Option<u64>,
    /// When it was accepted.
    pub at: Millis,
    /// For a bid: how it stood then.
    pub standing: Option<Standing>,
}

/// How a bid stood when it was judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// `None` where the bidder led by it.
    pub outbid: Option<OutbidBy>,
    /// The price by it.
    pub price: Money,
    /// What the next challenger had to offer.
    pub minimum: Money,
}

/// Why a bid that was high enough did not lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutbidBy {
    /// The leader had left the same maximum before.
    Tie,
    /// The leader's maximum was higher by less than a step: it caps the price.
    Cap,
    /// The leader's maximum was higher.
    Maximum,
}

impl Auction {
    /// The state after an auction's first event; `None` where that is not its creation.
    pub fn found(first: &Event) -> Option<Auction> {
        let Fact::Created { terms, by, .. } = &first.fact else { return None };
        let state = State {
            ends_at: terms.ends_at,
            terms: terms.clone(),
            seller: by.clone(),
            status: Status::Scheduled,
            paused_at: None,
            warned: None,
            cancelled: None,
            book: None,
            bids: 0,
            outcome: None,
            seq: first.seq.unwrap_or(0),
            at: first.at,
        };
        Some(Auction { state, answered: HashMap::new(), fresh: Vec::new() })
    }

    /// The auction again that had this state and these verdicts.
    pub fn resume(state: State, answered: Answers) -> Auction {
        Auction { state, answered, fresh: Vec::new() }
    }

    /// All but the verdicts.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Every verdict there is.
    pub fn answers(&self) -> &Answers {
        &self.answered
    }

    /// The verdicts since the last [`settle`](Auction::settle), in their order.
    pub fn fresh(&self) -> impl ExactSizeIterator<Item = (&Asked, &(u64, Accepted))> {
        self.fresh.iter().map(|asked| (asked, self.answered.get(asked).expect("what is fresh is there: both change together")))
    }

    /// What was fresh is stored, and will not be taken back.
    pub fn settle(&mut self) {
        self.fresh.clear();
    }

    /// As it stands, to be gone back to if what is folded in from here on turns out not to have happened.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint { state: self.state.clone(), fresh: self.fresh.len() }
    }

    /// Takes back all that was folded in since `savepoint`, which is this auction's latest; it was not settled since.
    pub fn restore(&mut self, savepoint: Savepoint) {
        self.state = savepoint.state;
        // No decision answers a request id twice: what stands under it came after the savepoint, and nothing stood there before.
        for asked in self.fresh.drain(savepoint.fresh.min(self.fresh.len())..) {
            self.answered.remove(&asked);
        }
    }

    /// Folds the next event in. Total: an event that fits nothing changes nothing but seq and time.
    pub fn evolve(&mut self, event: &Event) {
        self.state.seq = event.seq.unwrap_or(self.state.seq);
        self.state.at = self.state.at.max(event.at);
        match &event.fact {
            Fact::Created { .. } | Fact::Said { .. } => {}
            Fact::Opened { ends_at, .. } => {
                self.state.status = Status::Open;
                self.state.ends_at = *ends_at;
            }
            Fact::Paused { .. } => {
                self.state.status = Status::Paused;
                self.state.paused_at = Some(self.state.at);
            }
            Fact::Resumed { ends_at, .. } => {
                self.state.status = Status::Open;
                self.state.ends_at = *ends_at;
                self.state.paused_at = None;
            }
            Fact::Bid(bid) => {
                self.enter(bid);
                self.state.bids += 1;
                self.state.warned = None;
            }
            Fact::Raised(bid) => self.enter(bid),
            Fact::Warned { stage, .. } => self.state.warned = Some(*stage),
            Fact::Extended { ends_at, .. } => self.state.ends_at = *ends_at,
            Fact::Cancelled { reason, .. } => {
                self.end(Status::Cancelled);
                self.state.cancelled = Some((&**reason).into());
            }
            Fact::Closed { outcome, .. } => {
                self.end(Status::Closed);
                self.state.outcome = Some(*outcome);
            }
        }
        self.remember(event);
    }

    fn end(&mut self, status: Status) {
        self.state.status = status;
        self.state.paused_at = None;
        self.state.warned = None;
    }

    fn enter(&mut self, bid: &BidPlaced) {
        self.state.book = Some(Book::folded(self.state.book.take(), bid));
    }

    /// A request id has one verdict for the life of the auction; it is in the event.
    fn remember(&mut self, event: &Event) {
        let Some((by, request, digest)) = author(&event.fact) else { return };
        if let (Some(request), Some(verdict)) = (request, self.verdict(event)) {
            let asked = (by.id.clone(), request.clone());
            if self.answered.insert(asked.clone(), (digest, verdict)).is_none() {
                self.fresh.push(asked);
            }
        }
    }

    /// What the author of `event` is told; `None` where it has no author.
    pub fn verdict(&self, event: &Event) -> Option<Accepted> {
        let standing = match &event.fact {
            Fact::Bid(bid) | Fact::Raised(bid) => Some(Standing { outbid: self.outbid_by(bid), price: bid.price, minimum: bid.minimum }),
            Fact::Created { .. } => None,
            fact => {
                author(fact)?;
                None
            }
        };
        Some(Accepted { seq: event.seq, at: event.at, standing })
    }

    fn outbid_by(&self, bid: &BidPlaced) -> Option<OutbidBy> {
        let max = bid.offer.max();
        if bid.leads() {
            None
        } else if bid.price == max {
            Some(OutbidBy::Tie)
        } else if bid.price < max.plus(self.state.terms.increments.step(max)) {
            Some(OutbidBy::Cap)
        } else {
            Some(OutbidBy::Maximum)
        }
    }

    /// The verdict this request id already has, and on what.
    pub(super) fn answered(&self, by: &Person, request: &RequestId) -> Option<&(u64, Accepted)> {
        self.answered.get(&(by.id.clone(), request.clone()))
    }

    /// How the bids would stand after one more.
    pub(super) fn book_after(&self, bidder: &Person, offer: Offer) -> Result<Book, english::Declined> {
        Book::after(self.state.book.as_ref(), &self.state.terms, bidder, offer)
    }

    /// What the seller fixed.
    pub fn terms(&self) -> &Terms {
        &self.state.terms
    }

    /// Whose auction it is.
    pub fn seller(&self) -> &Person {
        &self.state.seller
    }

    /// Where it is in its life.
    pub fn status(&self) -> Status {
        self.state.status
    }

    /// The end as it stands.
    pub fn ends_at(&self) -> Millis {
        self.state.ends_at
    }

    /// While it is paused: since when.
    pub fn paused_at(&self) -> Option<Millis> {
        self.state.paused_at
    }

    /// The fair warning that stands.
    pub fn warned(&self) -> Option<Stage> {
        self.state.warned
    }

    /// Why it was called off.
    pub fn cancelled(&self) -> Option<&str> {
        self.state.cancelled.as_deref()
    }

    /// When the clock must next act; `None` once nothing will change.
    pub fn deadline(&self) -> Option<Millis> {
        match self.state.status {
            Status::Scheduled => Some(self.state.terms.starts_at),
            Status::Open => Some(self.state.ends_at),
            Status::Paused | Status::Closed | Status::Cancelled => None,
        }
    }

    /// The price, once somebody has bid.
    pub fn price(&self) -> Option<Money> {
        self.state.book.as_ref().map(Book::price)
    }

    /// Who leads, once somebody has bid.
    pub fn leader(&self) -> Option<&Person> {
        self.state.book.as_ref().map(Book::leader)
    }

    /// What a challenger must at least offer.
    pub fn minimum(&self) -> Money {
        english::minimum(self.state.book.as_ref(), &self.state.terms)
    }

    /// What may be told of the reserve.
    pub fn reserve(&self) -> Reserve {
        self.state.book.as_ref().map_or(english::reserve_state(&self.state.terms, None), |book| book.reserve(&self.state.terms))
    }

    /// How many bids everyone has seen accepted.
    pub fn bids(&self) -> u64 {
        self.state.bids
    }

    /// How it ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.state.outcome
    }

    /// Of the last public event.
    pub fn seq(&self) -> u64 {
        self.state.seq
    }

    /// When the last event happened.
    pub fn at(&self) -> Millis {
        self.state.at
    }
}

/// Whose command led to this, their name for it, and the digest of what they asked; `None` where the clock did it, or it is a creation, whose
/// id is one among all auctions, not in this one.
fn author(fact: &Fact) -> Option<(&Person, &Option<RequestId>, u64)> {
    let (by, digest) = match fact {
        Fact::Bid(bid) | Fact::Raised(bid) => return Some((&bid.bidder, &bid.request, bid.offer.digest())),
        Fact::Said { from, text, request } => return Some((from, request, digest(Kind::Say, text.as_bytes()))),
        Fact::Opened { by, .. } => (by.as_ref()?, digest(Kind::Open, &[])),
        Fact::Paused { by, .. } => (by, digest(Kind::Pause, &[])),
        Fact::Resumed { by, .. } => (by, digest(Kind::Resume, &[])),
        Fact::Warned { by, stage } => (by, digest(Kind::Warn, &[stage.number()])),
        Fact::Extended { reason: ExtendReason::Auctioneer { by, by_ms }, .. } => (by, digest(Kind::Extend, &by_ms.to_le_bytes())),
        Fact::Closed { by, .. } => (by.as_ref()?, digest(Kind::Hammer, &[])),
        Fact::Cancelled { by, reason } => (by, digest(Kind::Cancel, reason.as_bytes())),
        Fact::Created { .. } | Fact::Extended { reason: ExtendReason::SoftClose | ExtendReason::Outage, .. } => return None,
    };
    let Author { who, request } = by;
    Some((who, request, digest))
}

/// Two auctions are equal where they will say the same for ever.
impl PartialEq for Auction {
    fn eq(&self, other: &Auction) -> bool {
        self.state == other.state && self.answered == other.answered
    }
}
