//! A member: one who is written to straight, from whichever task has something to say.
//!
//! What a member is owed is kept in one place, [`Out`], and in one order: the rest of a frame that was cut, what may go before events, the
//! events of the feed from `next` on, what must come after them. Of the feed it holds no copy, only the place where it is. Everything that
//! is written is written under the lock of `Out`, so no frame is cut in two by another, and no verdict overtakes an event.
//!
//! While a member takes all it is given, rooms write to it and its own task sleeps. What it does not take leaves it *behind*: rooms pass it by,
//! and its own task goes on from the ring as it takes more.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_util::task::AtomicWaker;

use super::feed::{Ending, Feed, Helping};
use crate::wire::{Format, Frame};

/// Pieces given to the kernel in one call.
const SLICES: usize = 32;
/// Verdicts that a member may wait for. Past this nothing more is heard from it; its task is woken when there are fewer again.
pub const AWAITED: usize = 64;
/// The position of one who wants no events.
const NOWHERE: u64 = u64::MAX;

/// Where a member's bytes go. Nothing in it waits.
pub trait Pipe: Send + Sync + 'static {
    /// Writes what is taken at once: less than given, or [`io::ErrorKind::WouldBlock`], where no more is taken for now.
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Writes as soon as something is taken.
    fn poll_write(&self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>>;

    /// Ready once what was taken is on its way: some pipes keep things back.
    fn poll_flush(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// One who is written to straight. In this order what a flush touches is in two lines of the cache: the end of `out`, and `pipe`.
#[repr(C, align(64))]
pub struct Member<P: ?Sized = dyn Pipe> {
    /// The member's own task.
    task: AtomicWaker,
    /// Verdicts that it waits for.
    awaited: AtomicUsize,
    /// In what it is told everything.
    format: Format,
    out: Mutex<Out>,
    pipe: P,
}

/// What is owed.
#[derive(Default)]
#[repr(C)]
struct Out {
    /// Of a frame that was cut. Only of one who is behind.
    rest: Bytes,
    /// May go before events.
    before: VecDeque<Bytes>,
    /// Must come after the event `after_seq`.
    after: VecDeque<Bytes>,
    after_seq: u64,
    /// The event it gets next.
    next: u64,
    /// The version of the newest live message that it has.
    live_seen: u64,
    /// Bytes in the two queues.
    queued: usize,
    /// Counts what was taken, so that one who takes nothing is noticed.
    taken: u64,
    broken: Option<io::ErrorKind>,
    /// Only its own task writes to it. So it begins: its task has the first word.
    behind: bool,
}

/// How it stands with a member that has taken all there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drained {
    /// Rooms write to it again.
    UpToDate,
    /// The ring no longer has what comes next: it must start from a new snapshot.
    Lagged,
    /// There will be no more events.
    End(Ending),
}

impl<P: ?Sized> std::fmt::Debug for Member<P> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Member").field("awaited", &self.awaited).finish_non_exhaustive()
    }
}

impl<P> Member<P> {
    /// A member that nobody but its own task writes to until that has drained it once.
    pub fn new(pipe: P, format: Format) -> Member<P> {
        let out = Out { next: NOWHERE, behind: true, ..Out::default() };
        Member { out: Mutex::new(out), task: AtomicWaker::new(), awaited: AtomicUsize::new(0), format, pipe }
    }
}

impl<P: ?Sized> Member<P> {
    /// What its bytes go into.
    pub fn pipe(&self) -> &P {
        &self.pipe
    }

    /// In what it is told everything.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Queues a message that may go before events that are already waiting.
    pub fn say_message(&self, frame: &Frame) {
        self.say(self.format.bytes(None, frame));
    }

    /// Queues a message that goes after the event `seq`, the last that the feed has.
    pub fn tell_message(&self, frame: &Frame, seq: u64) {
        self.tell(self.format.bytes(None, frame), seq);
    }

    /// Queues a whole frame that may go before events that are already waiting; its task, or the next flush, writes it.
    pub fn say(&self, frame: Bytes) {
        let mut out = self.out();
        out.queued += frame.len();
        out.before.push_back(frame);
    }

    /// Queues a whole frame that goes after the event `seq`, the last that the feed has.
    pub fn tell(&self, frame: Bytes, seq: u64) {
        let mut out = self.out();
        out.queued += frame.len();
        out.after_seq = out.after_seq.max(seq);
        out.after.push_back(frame);
    }

    /// Writes what is queued, if its own task is not at it.
    pub fn flush(&self)
    where
        P: Pipe,
    {
        self.with_out(|out, pipe| out.write(pipe, None));
    }

    /// Bytes of frames of its own that wait.
    pub fn queued(&self) -> usize {
        self.out().queued
    }

    /// Bytes taken so far.
    pub fn taken(&self) -> u64 {
        self.out().taken
    }

    /// Forgets all that waits, except the rest of a frame that was begun, and wants no more events.
    pub fn forget(&self) {
        let mut out = self.out();
        let (rest, taken, broken) = (std::mem::take(&mut out.rest), out.taken, out.broken);
        *out = Out { next: NOWHERE, behind: true, rest, taken, broken, ..Out::default() };
    }

    /// From now on it gets no events.
    pub fn place_nowhere(&self) {
        self.place(None, 0);
    }

    /// From now on its events begin with `next`; `None`: it gets none. Its own task has the next word.
    pub(super) fn place(&self, next: Option<u64>, live_seen: u64) {
        let mut out = self.out();
        out.next = next.unwrap_or(NOWHERE);
        out.live_seen = live_seen;
        out.behind = true;
    }

    /// Wakes its own task.
    pub fn beckon(&self) {
        self.task.wake();
    }

    /// Verdicts that it waits for.
    pub fn awaited(&self) -> usize {
        self.awaited.load(Ordering::Acquire)
    }

    /// One verdict more is awaited.
    pub(super) fn expect(&self) {
        self.awaited.fetch_add(1, Ordering::AcqRel);
    }

    /// One verdict less is awaited; true if there were as many as there may be.
    pub(super) fn expect_less(&self) -> bool {
        self.awaited.fetch_sub(1, Ordering::AcqRel) >= AWAITED
    }

    fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Pipe + ?Sized> Member<P> {
    /// Writes a helping that is shared by many, if this member is where it begins, and what it has of its own.
    pub(super) fn offer(&self, helping: &Helping) {
        self.with_out(|out, pipe| match out.next {
            NOWHERE => out.queued == 0 || out.write(pipe, None),
            next if next == helping.first => out.write_events(pipe, helping).unwrap_or_else(|| out.write(pipe, Some(helping))),
            next => next > helping.last && out.write(pipe, Some(helping)),
        });
    }

    /// Writes what it has of its own, after all that the feed has.
    pub(super) fn push(&self, feed: &Feed) {
        self.with_out(|out, pipe| match out.helping(feed, self.format) {
            Ok(helping) => out.write(pipe, helping.as_deref()),
            Err(Lagged) => false,
        });
    }

    /// Runs `write`, unless its own task is at it; where that answers false, its own task goes on.
    fn with_out(&self, write: impl FnOnce(&mut Out, &P) -> bool) {
        match self.out.try_lock() {
            Ok(out) if out.behind => {}
            Ok(mut out) => {
                if !write(&mut out, &self.pipe) {
                    out.behind = true;
                    drop(out);
                    self.task.wake();
                }
            }
            // Its own task writes just now. It has looked at the feed, perhaps before this.
            Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => self.task.wake(),
        }
    }

    /// Writes all that is owed, for its own task. Ready once nothing is.
    pub fn poll_drain(&self, context: &mut Context<'_>, feed: Option<&Feed>) -> Poll<io::Result<Drained>> {
        // Before anything is looked at: whoever changes it after that wakes us.
        self.task.register(context.waker());
        let mut out = self.out();
        loop {
            if let Some(broken) = out.broken {
                return Poll::Ready(Err(broken.into()));
            }
            let helping = match feed.map_or(Ok(None), |feed| out.helping(feed, self.format)) {
                Ok(helping) => helping,
                Err(Lagged) if out.rest.is_empty() && out.before.is_empty() => return Poll::Ready(Ok(Drained::Lagged)),
                Err(Lagged) => {
                    ready!(out.poll_write(context, &self.pipe, None))?;
                    continue;
                }
            };
            let more = helping.as_deref().is_some_and(|helping| out.wants(helping));
            if !more && out.queued == 0 && out.rest.is_empty() {
                out.calm();
                // As long as something is kept back, only its own task goes on.
                out.behind = true;
                ready!(self.pipe.poll_flush(context))?;
                let ending = feed.and_then(Feed::ending);
                // What was said last may have come between the two looks; after an ending nothing is said.
                let missed = |feed| matches!(out.helping(feed, self.format), Ok(Some(helping)) if out.wants(&helping));
                if ending.is_some() && feed.is_some_and(missed) {
                    continue;
                }
                out.behind = false;
                return Poll::Ready(Ok(ending.map_or(Drained::UpToDate, Drained::End)));
            }
            out.behind = true;
            ready!(out.poll_write(context, &self.pipe, helping.as_deref()))?;
        }
    }
}

/// The ring does not reach back to what a member needs next.
pub(super) struct Lagged;

impl Out {
    /// What the feed has for it; `None` where that is nothing.
    fn helping(&self, feed: &Feed, format: Format) -> Result<Option<std::sync::Arc<Helping>>, Lagged> {
        if self.next == NOWHERE { Ok(None) } else { feed.helping(format, self.next, self.live_seen) }
    }

    fn wants(&self, helping: &Helping) -> bool {
        self.next == helping.first && !helping.bytes.is_empty() || helping.live_after(self.live_seen).is_some()
    }

    /// What mostly happens: it needs these events and nothing else. Like [`write`](Out::write); `None` where it is not so.
    fn write_events<P: Pipe + ?Sized>(&mut self, pipe: &P, helping: &Helping) -> Option<bool> {
        if self.queued > 0 || helping.bytes.is_empty() || helping.live_after(self.live_seen).is_some() {
            return None;
        }
        // Where it fails, the other way finds out.
        let written = pipe.write(&[IoSlice::new(&helping.bytes)]).ok()?;
        if written < helping.bytes.len() {
            self.advance(written, Some(helping));
            return Some(false);
        }
        self.taken += written as u64;
        self.next = helping.last + 1;
        Some(true)
    }

    /// Writes at once; false where not all was taken.
    fn write<P: Pipe + ?Sized>(&mut self, pipe: &P, helping: Option<&Helping>) -> bool {
        loop {
            let (given, written) = self.with_slices(helping, |slices| pipe.write(slices));
            match written {
                _ if given == 0 => return true,
                Ok(written) => {
                    self.advance(written, helping);
                    if written < given {
                        return false;
                    }
                    // Mostly that was all; more than so many pieces take another turn.
                    if self.queued == 0 {
                        self.calm();
                        return true;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) => {
                    self.broken = Some(error.kind());
                    return false;
                }
            }
        }
    }

    fn poll_write<P: Pipe + ?Sized>(&mut self, context: &mut Context<'_>, pipe: &P, helping: Option<&Helping>) -> Poll<io::Result<()>> {
        let (_, written) = self.with_slices(helping, |slices| match pipe.poll_write(context, slices) {
            Poll::Ready(written) => written.map(Some),
            Poll::Pending => Ok(None),
        });
        match written? {
            Some(0) => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Some(written) => {
                self.advance(written, helping);
                Poll::Ready(Ok(()))
            }
            None => Poll::Pending,
        }
    }

    /// Hands all that is owed to `write`, in order, as far as it fits; answers how many bytes that were.
    fn with_slices<T>(&self, helping: Option<&Helping>, write: impl FnOnce(&[IoSlice<'_>]) -> io::Result<T>) -> (usize, io::Result<T>) {
        let events = helping.filter(|helping| helping.first == self.next).map(|helping| &helping.bytes);
        let live = helping.and_then(|helping| helping.live_after(self.live_seen));
        let reached = events.and(helping).map_or(self.next, |helping| helping.last + 1);
        let after = (self.after_seq < reached).then_some(&self.after).into_iter().flatten();
        let pieces = std::iter::once(&self.rest).chain(&self.before).chain(events).chain(live).chain(after);
        let mut slices = [IoSlice::new(&[]); SLICES];
        let (mut count, mut bytes) = (0, 0);
        for (slice, piece) in slices.iter_mut().zip(pieces.filter(|piece| !piece.is_empty())) {
            *slice = IoSlice::new(piece);
            count += 1;
            bytes += piece.len();
        }
        (bytes, write(slices.get(..count).unwrap_or_default()))
    }

    /// So many bytes of what [`with_slices`](Out::with_slices) gave were taken.
    fn advance(&mut self, mut written: usize, helping: Option<&Helping>) {
        self.taken += written as u64;
        let of_rest = written.min(self.rest.len());
        self.rest.advance(of_rest);
        written -= of_rest;
        written = Self::advance_queue(&mut self.before, &mut self.queued, &mut self.rest, written);
        if let Some(helping) = helping {
            if helping.first == self.next && written > 0 {
                let (events, cut) = helping.split(written);
                self.next += events;
                self.rest = cut;
                written = written.saturating_sub(helping.bytes.len());
            }
            if written > 0
                && let Some(live) = helping.live_after(self.live_seen)
            {
                self.rest = live.slice(written.min(live.len())..);
                self.live_seen = helping.live_version;
                written = written.saturating_sub(live.len());
            }
        }
        Self::advance_queue(&mut self.after, &mut self.queued, &mut self.rest, written);
    }

    /// Takes `written` bytes off the front of a queue; of a frame that is cut, the rest comes out of it.
    fn advance_queue(queue: &mut VecDeque<Bytes>, queued: &mut usize, rest: &mut Bytes, mut written: usize) -> usize {
        while written > 0
            && let Some(mut frame) = queue.pop_front()
        {
            *queued -= frame.len();
            let of_frame = written.min(frame.len());
            written -= of_frame;
            frame.advance(of_frame);
            *rest = frame;
        }
        written
    }

    /// Nothing waits: the memory goes back until something does.
    fn calm(&mut self) {
        if self.before.capacity() + self.after.capacity() > 0 {
            (self.before, self.after) = (VecDeque::new(), VecDeque::new());
        }
        self.rest = Bytes::new();
    }
}
