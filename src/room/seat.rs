//! A place at an auction: reads its feed, and hands commands in, each stamped as it arrives.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use super::arrivals::Arriving;
use super::door::{Door, Mail, Verdict, Waiting};
use super::feed::{Cursor, Taken};
use super::presence::Watching;
use crate::auction::{AuctionId, Command, Millis, Refusal};
use crate::clock::Clock;
use crate::wire::{Frame, Live};

/// A place in a room, for as long as it is held.
#[derive(Debug)]
pub struct Seat {
    pub(super) door: Arc<Door>,
    pub(super) cursor: Cursor,
    pub(super) clock: Clock,
    pub(super) _watching: Watching,
}

impl Seat {
    /// To be called as soon as a command's bytes are read, before anything else is done with them.
    pub fn arrive(&self) -> Arrival<'_> {
        arrive(&self.door, &self.clock)
    }

    /// Ready once there is something to [`take`](Seat::take).
    pub fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.cursor.poll_ready(context)
    }

    /// Hands what is new to `out`, in order.
    pub fn take(&mut self, out: impl FnMut(&Frame)) -> Taken {
        self.cursor.take(out)
    }

    /// Who is watching.
    pub fn live(&self) -> Live {
        self.door.presence.live()
    }

    /// Which auction this is a seat at.
    pub fn auction(&self) -> &AuctionId {
        &self.door.id
    }
}

/// A command on its way into a room's mailbox, stamped. Hold it across no `.await`.
#[derive(Debug)]
pub struct Arrival<'a> {
    door: &'a Door,
    at: Millis,
    _arriving: Arriving<'a>,
}

/// A command arrives at `door`.
pub(super) fn arrive<'a>(door: &'a Door, clock: &Clock) -> Arrival<'a> {
    // The order matters: first arriving, then the stamp. See `arrivals`.
    let arriving = door.arrivals.enter();
    Arrival { door, at: clock.now(), _arriving: arriving }
}

impl Arrival<'_> {
    /// Puts the command into the mailbox. The verdict comes later; where the mailbox is full, it is `busy` now.
    pub fn submit(self, command: Command) -> Result<oneshot::Receiver<Verdict>, Refusal> {
        let (reply, verdict) = oneshot::channel();
        match self.door.mail.try_send(Mail::Command(Waiting { command, at: self.at, reply })) {
            Ok(()) => Ok(verdict),
            Err(TrySendError::Full(_)) => Err(Refusal::Busy),
            Err(TrySendError::Closed(_)) => Err(Refusal::Unavailable),
        }
    }
}
