//! The state of an auction: the fold of its events. Restart, replay and resume are this one fold.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::formats::{self, Book, Figures};
use super::ledger::Ledger;
use super::{
    Accepted, BidPlaced, Command, Event, Fact, Millis, Money, OutbidBy, Outcome, Person, RequestId, Reserve, Stage, Standing, Terms,
};

/// An auction as it stands.
#[derive(Clone, Debug)]
pub struct Auction {
    state: State,
    /// How the bids stand, by the rules of the format.
    book: Book,
    /// By which number each bidder is known, where there are aliases.
    aliases: Ledger<Person>,
    answered: Answers,
    /// What was answered since the last [`Auction::settle`], in its order.
    fresh: Vec<Asked>,
}

/// All but the bids, the aliases and the verdicts, laid open for those who store it. Cheap to clone, however long the auction.
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
    /// How many bids count.
    pub bids: u64,
    /// The seqs of those that were taken out.
    pub voided: Arc<[u64]>,
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
    book: formats::Savepoint,
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

impl Auction {
    /// The state after an auction's first event; `None` where that is not its creation.
    pub fn found(first: &Event) -> Option<Auction> {
        let Fact::Created { terms, by, .. } = &first.fact else { return None };
        let book = Book::new(terms.format);
        let state = State {
            ends_at: terms.ends_at,
            terms: terms.clone(),
            seller: by.clone(),
            status: Status::Scheduled,
            paused_at: None,
            warned: None,
            cancelled: None,
            bids: 0,
            voided: Arc::default(),
            outcome: None,
            seq: first.seq.unwrap_or(0),
            at: first.at,
        };
        Some(Auction::resume(state, book, HashMap::new()))
    }

    /// The auction again that had this state, this book and these verdicts; nobody in it has an alias.
    pub fn resume(state: State, book: Book, answered: Answers) -> Auction {
        Auction { state, book, aliases: Ledger::default(), answered, fresh: Vec::new() }
    }

    /// All but the bids, the aliases and the verdicts.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// How the bids stand.
    pub fn book(&self) -> &Book {
        &self.book
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
    pub fn savepoint(&mut self) -> Savepoint {
        self.aliases.mark();
        Savepoint { state: self.state.clone(), book: self.book.savepoint(), fresh: self.fresh.len() }
    }

    /// Takes back all that was folded in since `savepoint`, which is this auction's latest; it was not settled since.
    pub fn restore(&mut self, savepoint: Savepoint) {
        self.state = savepoint.state;
        self.book.restore(savepoint.book);
        self.aliases.rewind();
        // No decision answers a request id twice: what stands under it came after the savepoint, and nothing stood there before.
        for asked in self.fresh.drain(savepoint.fresh.min(self.fresh.len())..) {
            self.answered.remove(&asked);
        }
    }

    /// Folds the next event in. Total: an event that fits nothing changes nothing but seq and time.
    pub fn evolve(&mut self, event: &Event) {
        self.state.seq = event.seq.unwrap_or(self.state.seq);
        self.state.at = self.state.at.max(event.at);
        self.book.rules_mut().fold(&event.fact, self.state.at, self.state.seq);
        match &event.fact {
            Fact::Created { .. } | Fact::Raised(_) => {}
            Fact::Said { from, .. } => self.meet(from),
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
                self.meet(&bid.bidder);
                self.state.bids += 1;
                self.state.warned = None;
            }
            Fact::Sealed { bidder, count, .. } => {
                self.meet(bidder);
                self.state.bids = *count;
                self.state.warned = None;
            }
            Fact::Voided(voided) => {
                self.book.amend(&voided.after);
                self.state.bids = voided.bids;
                self.state.voided = self.state.voided.iter().copied().chain([voided.bid]).collect();
                self.state.warned = None;
            }
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
        // A hammer, a purchase or a calling off comes before the end that was planned.
        self.state.ends_at = self.state.ends_at.min(self.state.at);
        self.state.paused_at = None;
        self.state.warned = None;
    }

    /// Somebody whom the others know by a number is known by it from now on.
    fn meet(&mut self, who: &Person) {
        if who.alias.is_some() && self.aliases.get(&who.id).is_none() {
            self.aliases.set(who.id.clone(), Some(who.clone()));
        }
    }

    /// `who` as the others know them: by the number they have, or by the next. The seller has none.
    pub(super) fn known(&self, who: &Person) -> Person {
        if !self.state.terms.aliases || self.state.seller == *who {
            return who.clone();
        }
        let next = || NonZeroU32::MIN.saturating_add(u32::try_from(self.aliases.len()).unwrap_or(u32::MAX));
        let alias = self.alias(who).unwrap_or_else(next);
        who.clone().known_as(Some(alias))
    }

    /// The number by which the others know `who`, if it is one already.
    pub fn alias(&self, who: &Person) -> Option<NonZeroU32> {
        self.aliases.get(&who.id)?.alias
    }

    /// How many are known by a number.
    pub fn aliases_given(&self) -> usize {
        self.aliases.len()
    }

    /// Everybody whom the others know by a number, in its order.
    pub fn aliases(&self) -> Vec<Person> {
        let mut people: Vec<_> = self.aliases.values().cloned().collect();
        people.sort_unstable_by_key(|who| who.alias);
        people
    }

    /// A request id has one verdict for the life of the auction; it is in the event.
    fn remember(&mut self, event: &Event) {
        // Most bids, where millions are replayed: nothing is to be remembered, so nothing is copied.
        if matches!(&event.fact, Fact::Bid(bid) | Fact::Raised(bid) if bid.request.is_none()) {
            return;
        }
        let Some(Command { by, request: Some(request), act }) = event.fact.command() else { return };
        let asked = (by.id, request);
        if self.answered.insert(asked.clone(), (act.digest(), self.verdict(event))).is_none() {
            self.fresh.push(asked);
        }
    }

    /// What the author of `event` is told.
    pub fn verdict(&self, event: &Event) -> Accepted {
        let standing = match &event.fact {
            Fact::Bid(bid) | Fact::Raised(bid) => {
                Some(Standing::Ranked { outbid: self.outbid_by(bid), price: bid.price, minimum: bid.minimum })
            }
            Fact::Sealed { .. } => Some(Standing::Placed),
            _ => None,
        };
        Accepted { seq: event.seq, at: event.at, standing }
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

    /// How it stands at `now`, for everyone.
    pub fn figures(&self, now: Millis) -> Figures {
        self.book.rules().figures(&self.state.terms, now)
    }

    /// When the price next changes by itself, after `now`.
    pub fn next_step(&self, now: Millis) -> Option<Millis> {
        if self.state.status == Status::Open { self.book.rules().next_step(&self.state.terms, now) } else { None }
    }

    fn last_figures(&self) -> Figures {
        self.figures(self.state.at)
    }

    /// The price after the last event, where there is one.
    pub fn price(&self) -> Option<Money> {
        self.last_figures().price
    }

    /// Who leads, if anybody does.
    pub fn leader(&self) -> Option<Person> {
        self.last_figures().leader
    }

    /// What one must at least offer, after the last event.
    pub fn minimum(&self) -> Money {
        self.last_figures().minimum
    }

    /// What may be told of the reserve.
    pub fn reserve(&self) -> Reserve {
        self.last_figures().reserve
    }

    /// The seqs of the bids that were taken out.
    pub fn voided(&self) -> &[u64] {
        &self.state.voided
    }

    /// How many bids count.
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

/// Two auctions are equal where they will say the same for ever.
impl PartialEq for Auction {
    fn eq(&self, other: &Auction) -> bool {
        self.state == other.state && self.book == other.book && self.aliases == other.aliases && self.answered == other.answered
    }
}
