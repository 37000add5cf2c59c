//! What a room says to everyone: a bounded ring of frames, each encoded once. Members are written to straight (`crowd`); a cursor is for
//! whoever takes for themselves.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::task::AtomicWaker;
use slab::Slab;

use super::crowd::{Crowd, Membership};
use super::member::{Lagged, Member};
use crate::wire::{Format, Frame};

/// How far back a reader may resume: so many events …
pub const RING_EVENTS: usize = 10_000;
/// … as long as they take no more than so many bytes.
const RING_BYTES: usize = 8 << 20;
/// Frames a reader takes at once: bounds the time under the lock.
const TAKE: usize = 256;
/// Bytes of events that are put together for one write; more go in the next.
const HELPING_BYTES: usize = 1 << 20;

/// The feed of one room.
#[derive(Debug, Default)]
pub struct Feed {
    ring: Mutex<Ring>,
    /// Counts every change of the ring, so that a reader can tell without the lock that there is nothing new.
    version: AtomicU64,
    /// As in the ring, to be read without the lock.
    last: AtomicU64,
    live_version: AtomicU64,
    readers: Mutex<Slab<Arc<AtomicWaker>>>,
    crowd: Crowd,
}

#[derive(Debug, Default)]
struct Ring {
    /// The frames of the events `last - frames.len() + 1 ..= last`.
    frames: VecDeque<Kept>,
    last: u64,
    bytes: usize,
    /// The newest live message of each kind and the version it came with, the older kind first.
    live: Vec<(Kind, u64, Frame)>,
    ending: Option<Ending>,
    /// The newest helping that was put together in each format, and of which version.
    helpings: [Option<(u64, Arc<Helping>)>; Format::COUNT],
}

/// An event in the ring.
#[derive(Debug)]
struct Kept {
    frame: Frame,
    /// In MessagePack, once somebody has asked for that.
    packed: Bytes,
}

/// What a live message is about: it replaces the last of its kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Presence,
    Text,
    Price,
}

/// Events that follow each other, in one run of bytes for all who are at the first of them.
#[derive(Debug)]
pub(super) struct Helping {
    pub first: u64,
    /// Less than `first` where there are no events.
    pub last: u64,
    pub bytes: Bytes,
    /// Where each event's frame ends.
    ends: Vec<usize>,
    /// All that is live, in the order in which it was said, and the last of it alone.
    live: Bytes,
    newest: Bytes,
    /// Of the last before the newest: who has that needs only the newest.
    older_version: u64,
    pub live_version: u64,
}

/// Why a feed says nothing more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The auction has ended.
    Ended,
    /// The server stops.
    Stopping,
    /// The room cannot go on; another may.
    Failed,
}

/// What a reader got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// All there is.
    All,
    /// A full helping; there is more.
    More,
    /// The ring has left this reader behind: it must start from a new snapshot.
    Lagged,
    /// All there will ever be.
    End(Ending),
}

impl Feed {
    /// An empty feed whose next event is `last` + 1.
    pub fn after(last: u64) -> Feed {
        Feed { ring: Mutex::new(Ring { last, ..Ring::default() }), last: AtomicU64::new(last), ..Feed::default() }
    }

    /// Adds the frames of the next events, in order. Whoever reads is woken; members are written to by the next [`flush`](Feed::flush).
    pub fn publish(&self, frames: impl IntoIterator<Item = Frame>) {
        {
            let mut ring = self.ring();
            for frame in frames {
                ring.push(frame);
            }
            self.last.store(ring.last, Ordering::Release);
            self.bump();
        }
        self.wake();
    }

    /// Puts older frames, the last of them of event `last`, before those that are there, as far as there is room. True if there is more
    /// room; false, too, where they do not fit: the ring has moved on.
    pub fn prepend(&self, last: u64, frames: &[Frame]) -> bool {
        let mut ring = self.ring();
        if ring.first() != last + 1 {
            return false;
        }
        for frame in frames.iter().rev() {
            let bytes = ring.bytes + frame.websocket().len();
            if ring.frames.len() >= RING_EVENTS || bytes > RING_BYTES {
                return false;
            }
            ring.bytes = bytes;
            ring.frames.push_front(Kept::new(frame.clone()));
        }
        ring.frames.len() < RING_EVENTS
    }

    /// Says who is present, which is not of the log: it replaces what was said so before.
    pub fn say(&self, frame: Frame) {
        self.tell(Kind::Presence, frame);
    }

    /// Says the auctioneer's live text: it replaces the last.
    pub fn announce(&self, frame: Frame) {
        self.tell(Kind::Text, frame);
    }

    /// Says what a falling price has come to.
    pub fn price(&self, frame: Frame) {
        self.tell(Kind::Price, frame);
    }

    fn tell(&self, kind: Kind, frame: Frame) {
        {
            let mut ring = self.ring();
            let version = self.bump();
            ring.live.retain(|(known, ..)| *known != kind);
            ring.live.push((kind, version, frame));
            self.live_version.store(version, Ordering::Release);
        }
        self.wake();
    }

    /// Nothing more will come. The first ending holds.
    pub fn end(&self, ending: Ending) {
        {
            let mut ring = self.ring();
            ring.ending.get_or_insert(ending);
            self.bump();
        }
        self.wake();
        self.crowd.beckon();
    }

    /// Writes what is new to the members: at once in a small room, by tasks of its own in a large one.
    pub fn flush(self: &Arc<Feed>) {
        self.crowd.flush(self);
    }

    /// The last event.
    pub fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    pub(super) fn crowd(&self) -> &Crowd {
        &self.crowd
    }

    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Why nothing more will come, if so.
    pub(super) fn ending(&self) -> Option<Ending> {
        self.ring().ending
    }

    /// What there is, in this format, for one who needs `next` and has seen the live message of `live_seen`; `None` where that is nothing.
    pub(super) fn helping(&self, format: Format, next: u64, live_seen: u64) -> Result<Option<Arc<Helping>>, Lagged> {
        if next > self.last() && self.live_version.load(Ordering::Acquire) <= live_seen {
            return Ok(None);
        }
        let mut ring = self.ring();
        let version = self.version();
        match ring.helpings.get(format.index()) {
            Some(Some((of, helping))) if *of == version && helping.first == next => Ok(Some(helping.clone())),
            _ => {
                let helping = Arc::new(ring.help(format, next)?);
                if let Some(newest) = ring.helpings.get_mut(format.index()) {
                    *newest = Some((version, helping.clone()));
                }
                Ok(Some(helping))
            }
        }
    }

    /// A reader from after `since`, or from now on where that is `None`; `None` where the ring does not reach back, or forward, so far.
    pub fn cursor(self: &Arc<Feed>, since: Option<u64>) -> Option<Cursor> {
        let ring = self.ring();
        let next = since.map_or(ring.last, |since| since).checked_add(1)?;
        if next < ring.first() || next > ring.last + 1 {
            return None;
        }
        let live_seen = ring.live.last().map_or(0, |(_, version, _)| *version);
        drop(ring);
        let waker = Arc::new(AtomicWaker::new());
        let key = self.readers().insert(waker.clone());
        // No version is this one: the first look is never skipped.
        Some(Cursor { feed: self.clone(), next, seen: u64::MAX, live_seen, waker, key })
    }

    /// How many read: without readers nothing needs to be encoded.
    pub fn reader_count(&self) -> usize {
        self.readers().len() + self.crowd.count()
    }

    /// Runs `read` on the newest `count` frames, oldest first.
    pub fn recent<T>(&self, count: usize, read: impl FnOnce(&mut dyn Iterator<Item = &Frame>) -> T) -> T {
        let ring = self.ring();
        let skip = ring.frames.len().saturating_sub(count);
        read(&mut ring.frames.iter().skip(skip).map(|kept| &kept.frame))
    }

    fn bump(&self) -> u64 {
        self.version.fetch_add(1, Ordering::Release) + 1
    }

    fn wake(&self) {
        for (_, waker) in self.readers().iter() {
            waker.wake();
        }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readers(&self) -> MutexGuard<'_, Slab<Arc<AtomicWaker>>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn first(&self) -> u64 {
        self.last + 1 - self.frames.len() as u64
    }

    fn push(&mut self, frame: Frame) {
        self.last += 1;
        self.bytes += frame.websocket().len();
        self.frames.push_back(Kept::new(frame));
        while self.frames.len() > RING_EVENTS || self.bytes > RING_BYTES {
            let Some(dropped) = self.frames.pop_front() else { break };
            self.bytes -= dropped.frame.websocket().len() + dropped.packed.len();
        }
    }

    /// The frames from `next` on.
    fn from(&self, next: u64) -> Result<impl Iterator<Item = &Frame>, Lagged> {
        let skip = next.checked_sub(self.first()).ok_or(Lagged)?;
        Ok(self.frames.iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)).map(|kept| &kept.frame))
    }

    fn help(&mut self, format: Format, next: u64) -> Result<Helping, Lagged> {
        let skip = usize::try_from(next.checked_sub(self.first()).ok_or(Lagged)?).unwrap_or(usize::MAX);
        let wanted = self.frames.len().saturating_sub(skip);
        let (mut ends, mut only, mut run) = (Vec::new(), Bytes::new(), BytesMut::new());
        let mut total = 0;
        for (seq, kept) in (next..).zip(self.frames.iter_mut().skip(skip)) {
            let piece = kept.bytes(format, seq, &mut self.bytes);
            if total > 0 && total + piece.len() > HELPING_BYTES {
                break;
            }
            total += piece.len();
            ends.push(total);
            match ends.len() {
                1 => only = piece,
                2 => {
                    run.reserve((wanted * piece.len()).min(HELPING_BYTES));
                    run.extend_from_slice(&only);
                    run.extend_from_slice(&piece);
                }
                _ => run.extend_from_slice(&piece),
            }
        }
        // One alone is shared with whoever else has it.
        let bytes = if ends.len() > 1 { run.freeze() } else { only };
        let live: Vec<_> = self.live.iter().map(|(_, _, frame)| format.bytes(None, frame)).collect();
        let version = |back: usize| self.live.iter().rev().nth(back).map_or(0, |(_, version, _)| *version);
        let newest = live.last().cloned().unwrap_or_default();
        let live = if live.len() > 1 { live.concat().into() } else { newest.clone() };
        let (older_version, live_version) = (version(1), version(0));
        Ok(Helping { first: next, last: next + ends.len() as u64 - 1, bytes, ends, live, newest, older_version, live_version })
    }
}

impl Kept {
    const fn new(frame: Frame) -> Kept {
        Kept { frame, packed: Bytes::new() }
    }

    /// The event of this `seq` as it goes out. What costs something to make is kept, and counted into `kept_bytes`.
    fn bytes(&mut self, format: Format, seq: u64, kept_bytes: &mut usize) -> Bytes {
        if format != Format::MessagePack {
            return format.bytes(Some(seq), &self.frame);
        }
        if self.packed.is_empty() {
            self.packed = format.bytes(Some(seq), &self.frame);
            *kept_bytes += self.packed.len();
        }
        self.packed.clone()
    }
}

impl Helping {
    /// What is live, for one who has seen that of `seen`.
    pub fn live_after(&self, seen: u64) -> Option<&Bytes> {
        (self.live_version > seen).then_some(if self.older_version > seen { &self.live } else { &self.newest })
    }

    /// How many events the first `written` bytes begin, and what is missing of the last of them.
    pub fn split(&self, written: usize) -> (u64, Bytes) {
        let whole = self.ends.partition_point(|end| *end <= written);
        let begun = whole.checked_sub(1).and_then(|before| self.ends.get(before)).is_none_or(|start| *start < written);
        match self.ends.get(whole) {
            // A copy: the rest of one frame shall not keep all of them.
            Some(end) if begun && written > 0 => {
                let rest = self.bytes.get(written..*end).unwrap_or_default();
                (whole as u64 + 1, Bytes::copy_from_slice(rest))
            }
            _ => (whole as u64, Bytes::new()),
        }
    }
}

/// A place in a feed. Dropping it leaves.
#[derive(Debug)]
pub struct Cursor {
    feed: Arc<Feed>,
    next: u64,
    /// The version of the feed at the last look.
    seen: u64,
    live_seen: u64,
    waker: Arc<AtomicWaker>,
    key: usize,
}

impl Cursor {
    /// Ready once there is something to [`take`](Cursor::take).
    pub fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.waker.register(context.waker());
        if self.feed.version() == self.seen { Poll::Pending } else { Poll::Ready(()) }
    }

    /// Hands what is new to `out`: events in order, each with its seq, then what is live.
    pub fn take(&mut self, mut out: impl FnMut(Option<u64>, &Frame)) -> Taken {
        let ring = self.feed.ring();
        let Ok(frames) = ring.from(self.next) else { return Taken::Lagged };
        for frame in frames.take(TAKE) {
            out(Some(self.next), frame);
            self.next += 1;
        }
        if self.next <= ring.last {
            return Taken::More;
        }
        for (_, version, frame) in &ring.live {
            if *version > self.live_seen {
                out(None, frame);
                self.live_seen = *version;
            }
        }
        // Read under the lock: whatever changes after this look has a later version.
        self.seen = self.feed.version();
        ring.ending.map_or(Taken::All, Taken::End)
    }

    /// Hands a helping of what is new to `out`, written down in this format: bytes that all share who are at the same place.
    pub fn serve(&mut self, format: Format, mut out: impl FnMut(&Bytes)) -> Taken {
        // Read before the look: whatever changes after it has a later version, and nothing is said after an ending.
        let (seen, ending) = (self.feed.version(), self.feed.ending());
        let helping = match self.feed.helping(format, self.next, self.live_seen) {
            Ok(Some(helping)) => helping,
            Ok(None) => {
                self.seen = seen;
                return ending.map_or(Taken::All, Taken::End);
            }
            Err(Lagged) => return Taken::Lagged,
        };
        if !helping.bytes.is_empty() {
            out(&helping.bytes);
            self.next = helping.last + 1;
        }
        if let Some(live) = helping.live_after(self.live_seen) {
            out(live);
            self.live_seen = helping.live_version;
        }
        Taken::More
    }

    /// The last event that was handed out.
    pub fn seq(&self) -> u64 {
        self.next - 1
    }

    /// From this place on `member` is written to, as soon as its own task has drained it once; where it is `quiet`, it gets
    /// no events, and learns only of the end.
    pub fn into_membership(self, member: Arc<Member>, quiet: bool) -> Membership {
        member.place((!quiet).then_some(self.next), self.live_seen);
        Membership::enter(self.feed.clone(), member)
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.feed.readers().try_remove(self.key);
    }
}
