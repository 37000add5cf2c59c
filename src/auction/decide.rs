//! The decider: what a command leads to. Total, and blind to everything but its arguments.

use std::sync::Arc;

use super::formats::{Bid, Ending};
use super::terms::LONGEST_MS;
use super::{
    Accepted, Act, Auction, Author, Command, Event, ExtendReason, Fact, Millis, Offer, Person, Preview, Refusal, Replay, RequestId, Status,
    Terms, TermsError,
};

/// What a command leads to when it is not refused.
#[derive(Clone, Debug)]
pub enum Decision {
    /// This happens; the first event is the command's own. Never empty.
    Happens(Vec<Event>),
    /// It happened before, under the same request id: the first verdict holds.
    Before(Accepted),
    /// Live text to be shown: nothing happens that is stored.
    Live(Accepted),
    /// All the auction's events are needed, to be judged again: it says what then.
    Replay(Box<Replay>),
    /// It says what would change: nothing happens.
    Preview(Accepted, Box<Preview>),
}

/// Events in the making: numbers them and keeps their times in order.
pub(super) struct Draft {
    seq: u64,
    at: Millis,
    events: Vec<Event>,
}

impl Draft {
    pub(super) fn after(auction: &Auction, at: Millis) -> Draft {
        Draft { seq: auction.seq(), at: at.max(auction.at()), events: Vec::with_capacity(2) }
    }

    pub(super) fn push(&mut self, fact: Fact) {
        let seq = fact.is_public().then(|| {
            self.seq += 1;
            self.seq
        });
        self.events.push(Event { seq, at: self.at, fact });
    }

    pub(super) fn into_events(self) -> Vec<Event> {
        self.events
    }
}

/// Creates an auction by `seller` at `at`; it opens in the same breath if its start has come. `request`: what the seller's client calls it,
/// and the digest of what it asked for.
pub fn create(terms: Terms, seller: Person, request: Option<(RequestId, u64)>, at: Millis) -> Result<Vec<Event>, Refusal> {
    terms.check(at).map_err(Refusal::BadTerms)?;
    let (starts_at, ends_at) = (terms.starts_at, terms.ends_at);
    let mut draft = Draft { seq: 0, at, events: Vec::with_capacity(2) };
    draft.push(Fact::Created { terms: Arc::new(terms), by: seller, request });
    if starts_at <= at {
        draft.push(Fact::Opened { by: None, ends_at });
    }
    Ok(draft.events)
}

/// Judges `command`, stamped `at`, against `auction`. A stamp before the last event's is taken for that: an event says when it was judged,
/// and what is judged again by its event comes out the same.
pub fn decide(auction: &Auction, command: &Command, at: Millis) -> Result<Decision, Refusal> {
    let at = at.max(auction.at());
    if let Some(request) = &command.request
        && let Some((digest, verdict)) = auction.answered(&command.by, request)
    {
        return if *digest == command.act.digest() { Ok(Decision::Before(*verdict)) } else { Err(Refusal::IdReused(request.clone())) };
    }
    if command.act.is_auctioneers() && auction.seller() != &command.by {
        return Err(Refusal::NotAuctioneer);
    }
    // While it is paused the countdown stands still, and the end with it.
    if auction.status().has_ended() || auction.status() != Status::Paused && at >= auction.ends_at() {
        return Err(Refusal::Closed { ends_at: auction.ends_at() });
    }
    let mut draft = Draft::after(auction, at);
    match &command.act {
        Act::Bid(offer) => bid(&mut draft, auction, command, *offer)?,
        Act::Say(text) => {
            draft.push(Fact::Said { from: auction.known(&command.by), text: text.clone(), request: command.request.clone() });
        }
        Act::Void { bid, reason, preview } => {
            if auction.status() == Status::Scheduled {
                return Err(Refusal::NotOpen);
            }
            return Ok(Decision::Replay(Box::new(Replay::new(auction, command, *bid, reason, *preview, at))));
        }
        Act::Announce(_) => return Ok(Decision::Live(Accepted { seq: None, at: draft.at, standing: None })),
        act => {
            let by = Author { who: command.by.clone(), request: command.request.clone() };
            let fact = conduct(auction, act, by, draft.at)?;
            draft.push(fact);
        }
    }
    Ok(Decision::Happens(draft.events))
}

/// What the auctioneer's own commands lead to (`rules.md` §6).
fn conduct(auction: &Auction, act: &Act, by: Author, at: Millis) -> Result<Fact, Refusal> {
    let ends_at = auction.ends_at();
    Ok(match (act, auction.status()) {
        // Before its time: only the opening moves, and the end stays where bidders were told it is.
        (Act::Open, Status::Scheduled) => Fact::Opened { by: Some(by), ends_at },
        (Act::Open, Status::Open) => return Err(Refusal::NotNow("The auction is open already.")),
        (Act::Cancel(reason), _) => Fact::Cancelled { by, reason: reason.clone() },
        (Act::Resume, Status::Paused) => {
            let paused = auction.paused_at().map_or(0, |since| at.saturating_sub(since));
            Fact::Resumed { by, ends_at: ends_at.saturating_add(paused) }
        }
        (Act::Extend(by_ms), Status::Open | Status::Paused) => {
            let moved = ends_at.saturating_add(*by_ms);
            if *by_ms <= 0 || moved > at.saturating_add(LONGEST_MS) {
                return Err(Refusal::BadTerms(TermsError::new("ends_at", "later than now, at most five years ahead")));
            }
            Fact::Extended { ends_at: moved, reason: ExtendReason::Auctioneer { by, by_ms: *by_ms } }
        }
        (_, Status::Scheduled) => return Err(Refusal::NotOpen),
        (_, Status::Paused) => return Err(Refusal::Paused),
        (Act::Resume, _) => return Err(Refusal::NotNow("The auction is not paused.")),
        (Act::Pause, _) => Fact::Paused { by, ends_at },
        (Act::Warn(stage), _) => Fact::Warned { by, stage: *stage },
        (Act::Hammer, _) => closing(auction, Some(by)),
        (Act::Open | Act::Extend(_) | Act::Bid(_) | Act::Say(_) | Act::Announce(_) | Act::Void { .. }, _) => {
            return Err(Refusal::Closed { ends_at });
        }
    })
}

/// The close, by the same rules whoever brings it about.
fn closing(auction: &Auction, by: Option<Author>) -> Fact {
    let Ending { outcome, winner, price, bids } = auction.book().rules().ending(auction.terms());
    Fact::Closed { by, outcome, winner, price, bids }
}

fn bid(draft: &mut Draft, auction: &Auction, command: &Command, offer: Offer) -> Result<(), Refusal> {
    match auction.status() {
        Status::Scheduled => return Err(Refusal::NotOpen),
        Status::Paused => return Err(Refusal::Paused),
        Status::Open | Status::Closed | Status::Cancelled => {}
    }
    if auction.seller() == &command.by {
        return Err(Refusal::OwnAuction);
    }
    let (by, request) = (auction.known(&command.by), command.request.clone());
    let bid = Bid { by, offer, request, at: draft.at, ends_at: auction.ends_at() };
    auction.book().rules().judge(auction.terms(), bid)?.into_iter().for_each(|fact| draft.push(fact));
    Ok(())
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
    let mut draft = Draft::after(auction, at);
    draft.push(closing(auction, None));
    draft.events.pop()
}
