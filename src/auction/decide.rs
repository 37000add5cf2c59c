//! The decider: what a command leads to. Total, and blind to everything but its arguments.

use std::sync::Arc;

use super::formats::english::{self, Declined};
use super::{
    Accepted, Act, Auction, BidPlaced, Command, Event, ExtendReason, Fact, Millis, Offer, Outcome, Person, Refusal, RequestId, Reserve,
    Status, Terms,
};

/// What a command leads to when it is not refused.
#[derive(Clone, Debug)]
pub enum Decision {
    /// This happens; the first event is the command's own. Never empty.
    Happens(Vec<Event>),
    /// It happened before, under the same request id: the first verdict holds.
    Before(Accepted),
}

/// Events in the making: numbers them and keeps their times in order.
struct Draft {
    seq: u64,
    at: Millis,
    events: Vec<Event>,
}

impl Draft {
    fn after(auction: &Auction, at: Millis) -> Draft {
        Draft { seq: auction.seq(), at: at.max(auction.at()), events: Vec::with_capacity(2) }
    }

    fn push(&mut self, fact: Fact) {
        let seq = fact.is_public().then(|| {
            self.seq += 1;
            self.seq
        });
        self.events.push(Event { seq, at: self.at, fact });
    }
}

/// Creates an auction by `seller` at `at`; it opens in the same breath if its start has come.
pub fn create(terms: Terms, seller: Person, at: Millis) -> Result<Vec<Event>, Refusal> {
    terms.check(at).map_err(Refusal::BadTerms)?;
    let (starts_at, ends_at) = (terms.starts_at, terms.ends_at);
    let mut draft = Draft { seq: 0, at, events: Vec::with_capacity(2) };
    draft.push(Fact::Created { terms: Arc::new(terms), by: seller });
    if starts_at <= at {
        draft.push(Fact::Opened { by: None, ends_at });
    }
    Ok(draft.events)
}

/// Judges `command`, stamped `at`, against `auction`.
pub fn decide(auction: &Auction, command: &Command, at: Millis) -> Result<Decision, Refusal> {
    if let Some(request) = &command.request
        && let Some((digest, verdict)) = auction.answered(&command.by, request)
    {
        return if *digest == command.act.digest() { Ok(Decision::Before(*verdict)) } else { Err(Refusal::IdReused(request.clone())) };
    }
    if auction.status().has_ended() || at >= auction.ends_at() {
        return Err(Refusal::Closed { ends_at: auction.ends_at() });
    }
    let mut draft = Draft::after(auction, at);
    match &command.act {
        Act::Bid(offer) => bid(&mut draft, auction, &command.by, command.request.clone(), *offer, at)?,
        Act::Say(text) => {
            draft.push(Fact::Said { from: command.by.clone(), text: text.clone(), request: command.request.clone() });
        }
    }
    Ok(Decision::Happens(draft.events))
}

fn bid(draft: &mut Draft, auction: &Auction, by: &Person, request: Option<RequestId>, offer: Offer, at: Millis) -> Result<(), Refusal> {
    may_bid(auction, by, offer)?;
    let terms = auction.terms();
    let book = auction.book_after(by, offer).map_err(|why| declined(auction, why))?;
    let challenged = auction.leader() != Some(by);
    let moved = challenged || auction.price() != Some(book.price());
    let placed = Box::new(BidPlaced {
        bidder: by.clone(),
        offer,
        request,
        leader: book.leader().clone(),
        price: book.price(),
        minimum: english::minimum(Some(&book), terms),
        ends_at: auction.ends_at(),
        reserve: book.reserve(terms),
    });
    draft.push(if moved { Fact::Bid(placed) } else { Fact::Raised(placed) });
    // Only a challenger extends: a leader who raises could otherwise hold an auction open alone.
    if challenged && let Some(ends_at) = terms.soft_close.and_then(|soft| soft.extend(auction.ends_at(), at)) {
        draft.push(Fact::Extended { ends_at, reason: ExtendReason::SoftClose });
    }
    Ok(())
}

fn may_bid(auction: &Auction, by: &Person, offer: Offer) -> Result<(), Refusal> {
    match auction.status() {
        Status::Scheduled => return Err(Refusal::NotOpen),
        Status::Paused => return Err(Refusal::Paused),
        Status::Open | Status::Closed | Status::Cancelled => {}
    }
    if auction.seller() == by {
        return Err(Refusal::OwnAuction);
    }
    if matches!(offer, Offer::UpTo(_)) && !auction.terms().automatic_bids {
        return Err(Refusal::NotForFormat("This auction takes exact bids only: give an amount, not a maximum."));
    }
    Ok(())
}

fn declined(auction: &Auction, why: Declined) -> Refusal {
    let (minimum, ends_at) = (auction.minimum(), auction.ends_at());
    match (why, auction.price()) {
        (Declined::AlreadyLeading, Some(price)) => Refusal::AlreadyLeading { price, minimum, ends_at },
        (_, price) => Refusal::BidTooLow { minimum, price, ends_at, currency: auction.terms().currency },
    }
}

/// The opening, if its time has come by `at`: to be folded in before anything stamped `at` is judged.
pub fn opening(auction: &Auction, at: Millis) -> Option<Event> {
    let due = auction.status() == Status::Scheduled && at >= auction.terms().starts_at;
    due.then(|| {
        let mut draft = Draft::after(auction, at);
        draft.push(Fact::Opened { by: None, ends_at: auction.ends_at() });
        draft.events.pop()
    })?
}

/// What the clock does by itself at `at`: opens, or closes. The caller has judged every command stamped before the end.
pub fn due(auction: &Auction, at: Millis) -> Option<Event> {
    if let Some(opened) = opening(auction, at) {
        return Some(opened);
    }
    if auction.status() != Status::Open || at < auction.ends_at() {
        return None;
    }
    let (outcome, winner) = match (auction.leader(), auction.reserve()) {
        (None, _) => (Outcome::Unsold, None),
        (Some(_), Reserve::Unmet) => (Outcome::ReserveNotMet, None),
        (Some(leader), Reserve::None | Reserve::Met) => (Outcome::Sold, Some(leader.clone())),
    };
    let mut draft = Draft::after(auction, at);
    draft.push(Fact::Closed { outcome, winner, price: auction.price() });
    draft.events.pop()
}
