//! The outside of a room: what others hold of it, what they send in, and what they get.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};

use super::arrivals::Arrivals;
use super::callers::Callers;
use super::feed::Cursor;
use super::presence::{Presence, Watching};
use super::reply::Reply;
use crate::auction::{Auction, AuctionId, Command, Currency, Granted, Millis, Money, Person, Refusal, Status};
use crate::wire::Seen;

/// The answer to a command.
pub type Verdict = Result<Granted, Refusal>;

/// What reaches a room.
#[derive(Debug)]
pub enum Mail {
    /// A command, with its stamp.
    Command(Waiting),
    /// Somebody wants to watch.
    Join { since: Option<u64>, who: Option<Person>, reply: oneshot::Sender<Result<Place, Refusal>> },
    /// Somebody wants to see how it stands.
    Look { reply: oneshot::Sender<Result<Look, Refusal>> },
}

impl Mail {
    /// Whether what was stamped before it must be judged before it.
    pub fn stops_bids(&self) -> bool {
        matches!(self, Mail::Command(waiting) if waiting.command.act.stops_bids())
    }
}

/// A command that waits to be judged.
#[derive(Debug)]
pub struct Waiting {
    pub command: Command,
    pub at: Millis,
    pub reply: Reply,
}

/// The outside of a room: what others hold of it.
#[derive(Debug)]
pub struct Door {
    pub id: AuctionId,
    pub mail: mpsc::Sender<Mail>,
    pub arrivals: Arrivals,
    pub presence: Arc<Presence>,
    pub callers: Arc<Callers>,
    pub last_minute: LastMinute,
}

/// When the last minute of the auction begins, as the room knows it.
#[derive(Debug)]
pub struct LastMinute(AtomicI64);

/// How long it is.
const MINUTE_MS: Millis = 60_000;

impl Default for LastMinute {
    /// There is none.
    fn default() -> LastMinute {
        LastMinute(AtomicI64::new(Millis::MAX))
    }
}

impl LastMinute {
    /// Notes how it stands. While an auction is paused its time stands still.
    pub fn note(&self, auction: &Auction) {
        let from = match (auction.status(), auction.paused_at()) {
            (Status::Open, _) => auction.ends_at() - MINUTE_MS,
            (Status::Paused, Some(paused_at)) if auction.ends_at() - paused_at <= MINUTE_MS => Millis::MIN,
            _ => Millis::MAX,
        };
        self.0.store(from, Ordering::Release);
    }

    pub fn has_begun(&self, now: Millis) -> bool {
        self.0.load(Ordering::Acquire) <= now
    }
}

/// An auction as it stands, encoded.
#[derive(Clone, Debug)]
pub struct Look {
    /// The auction object.
    pub auction: Arc<RawValue>,
    /// Of the last public event in it.
    pub seq: u64,
    /// Where bidders are known by numbers: who is who, as far as whoever looks may know.
    pub aliases: Option<Arc<[Person]>>,
    /// How far whoever looks goes, in a bid of theirs that stands and that the others do not see.
    pub own: Option<Money>,
    /// What amounts are in.
    pub currency: Currency,
    /// Whether nothing will change any more.
    pub ended: bool,
}

impl Look {
    /// As a `welcome` has it.
    pub fn seen(&self) -> Seen<'_> {
        (&self.auction, self.aliases.as_deref(), self.own)
    }
}

/// A place to watch from: the snapshot and the cursor are of the same moment.
#[derive(Debug)]
pub struct Place {
    pub look: Look,
    pub cursor: Cursor,
    pub watching: Watching,
    pub resumed: bool,
}
