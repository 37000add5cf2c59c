//! A place at an auction: reads its feed, and hands commands in, each stamped as it arrives.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use super::arrivals::Arriving;
use super::callers::Known;
use super::crowd::Membership;
use super::door::{Door, Mail, Verdict, Waiting};
use super::feed::{Cursor, Taken};
use super::member::Member;
use super::presence::Watching;
use super::reply::Reply;
use crate::auction::{AuctionId, Command, Millis, Person, Refusal};
use crate::clock::Clock;
use crate::wire::{Format, Frame, Live};

/// A place in a room, for as long as it is held: that of one who takes from a cursor, or that of a member.
#[derive(Debug)]
pub struct Seat<V = Cursor> {
    pub(super) door: Arc<Door>,
    pub(super) view: V,
    pub(super) clock: Clock,
    /// Being there ends with the seat.
    pub(super) watching: Watching,
    /// So does being known, of a member who is someone.
    pub(super) _known: Option<Known>,
}

impl<V> Seat<V> {
    /// To be called as soon as a command's bytes are read, before anything else is done with them.
    pub fn arrive(&self) -> Arrival<'_> {
        arrive(&self.door, &self.clock)
    }

    /// Who is watching.
    pub fn live(&self) -> Live {
        self.door.presence.live()
    }

    /// Whether the auction has no more than a minute left.
    pub fn is_in_last_minute(&self) -> bool {
        self.door.last_minute.has_begun(self.clock.now())
    }

    /// Which auction this is a seat at.
    pub fn auction(&self) -> &AuctionId {
        &self.door.id
    }
}

impl Seat {
    /// Ready once there is something to [`take`](Seat::take).
    pub fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.view.poll_ready(context)
    }

    /// Hands what is new to `out`, in order; events with their seq.
    pub fn take(&mut self, out: impl FnMut(Option<u64>, &Frame)) -> Taken {
        self.view.take(out)
    }

    /// Hands a helping of what is new to `out`, written down in this format.
    pub fn serve(&mut self, format: Format, out: impl FnMut(&Bytes)) -> Taken {
        self.view.serve(format, out)
    }

    /// The last event that was handed out.
    pub fn seq(&self) -> u64 {
        self.view.seq()
    }

    /// From here on `member` is written to, one of `who`'s; where it is `quiet`, without events, and nothing but what it asks for.
    pub(super) fn for_member(self, who: Option<&Person>, member: Arc<Member>, quiet: bool) -> Seat<Membership> {
        let Seat { door, view, clock, watching, .. } = self;
        let known = who.filter(|_| !quiet).map(|who| door.callers.meet(who.id.clone(), member.clone()));
        Seat { door, view: view.into_membership(member, quiet), clock, watching, _known: known }
    }
}

impl Seat<Membership> {
    /// The member's place among those who are written to.
    pub fn membership(&self) -> &Membership {
        &self.view
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
    /// Puts the command into the mailbox, and answers where the verdict will come.
    pub fn ask(self, command: Command) -> Result<oneshot::Receiver<Verdict>, Refusal> {
        let (reply, verdict) = Reply::channel();
        self.submit(command, reply).map(|()| verdict)
    }

    /// Puts the command into the mailbox. The verdict comes later, to `reply`; where the mailbox is full, it is `busy` now.
    pub fn submit(self, command: Command, reply: Reply) -> Result<(), Refusal> {
        let sent = self.door.mail.try_send(Mail::Command(Waiting { command, at: self.at, reply }));
        let (mail, refusal) = match sent {
            Ok(()) => return Ok(()),
            Err(TrySendError::Full(mail)) => (mail, Refusal::Busy),
            Err(TrySendError::Closed(mail)) => (mail, Refusal::Unavailable),
        };
        if let Mail::Command(waiting) = mail {
            waiting.reply.withdraw();
        }
        Err(refusal)
    }
}
