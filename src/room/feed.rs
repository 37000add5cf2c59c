//! What a room says to everyone: a bounded ring of frames, each encoded once, and a cursor for everyone who reads it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use slab::Slab;

use crate::wire::Frame;

/// How far back a reader may resume: so many events …
pub const RING_EVENTS: usize = 10_000;
/// … as long as they take no more than so many bytes.
const RING_BYTES: usize = 8 << 20;
/// Frames a reader takes at once: bounds the time under the lock, and what waits for a slow socket.
const TAKE: usize = 256;

/// The feed of one room.
#[derive(Debug, Default)]
pub struct Feed {
    ring: Mutex<Ring>,
    /// Counts every change of the ring, so that a reader can tell without the lock that there is nothing new.
    version: AtomicU64,
    readers: Mutex<Slab<Arc<AtomicWaker>>>,
}

#[derive(Debug, Default)]
struct Ring {
    /// The frames of the events `last - frames.len() + 1 ..= last`.
    frames: VecDeque<Frame>,
    last: u64,
    bytes: usize,
    /// The newest live message and the version it came with.
    live: Option<(u64, Frame)>,
    ending: Option<Ending>,
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
        Feed { ring: Mutex::new(Ring { last, ..Ring::default() }), ..Feed::default() }
    }

    /// Adds the frames of the next events, in order, and wakes the readers once for all of them.
    pub fn publish(&self, frames: impl IntoIterator<Item = Frame>) {
        {
            let mut ring = self.ring();
            for frame in frames {
                ring.push(frame);
            }
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
            ring.frames.push_front(frame.clone());
        }
        ring.frames.len() < RING_EVENTS
    }

    /// Says something that is not of the log: it replaces what was said so before.
    pub fn say(&self, frame: Frame) {
        {
            let mut ring = self.ring();
            ring.live = Some((self.bump(), frame));
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
    }

    /// A reader from after `since`, or from now on where that is `None`; `None` where the ring does not reach back, or forward, so far.
    pub fn cursor(self: &Arc<Feed>, since: Option<u64>) -> Option<Cursor> {
        let ring = self.ring();
        let next = since.map_or(ring.last, |since| since).checked_add(1)?;
        if next < ring.first() || next > ring.last + 1 {
            return None;
        }
        let live_seen = ring.live.as_ref().map_or(0, |(version, _)| *version);
        drop(ring);
        let waker = Arc::new(AtomicWaker::new());
        let key = self.readers().insert(waker.clone());
        // No version is this one: the first look is never skipped.
        Some(Cursor { feed: self.clone(), next, seen: u64::MAX, live_seen, waker, key })
    }

    /// How many read: without readers nothing needs to be encoded.
    pub fn reader_count(&self) -> usize {
        self.readers().len()
    }

    /// Runs `read` on the newest `count` frames, oldest first.
    pub fn recent<T>(&self, count: usize, read: impl FnOnce(&mut dyn Iterator<Item = &Frame>) -> T) -> T {
        let ring = self.ring();
        let skip = ring.frames.len().saturating_sub(count);
        read(&mut ring.frames.iter().skip(skip))
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
        self.frames.push_back(frame);
        while self.frames.len() > RING_EVENTS || self.bytes > RING_BYTES {
            let Some(dropped) = self.frames.pop_front() else { break };
            self.bytes -= dropped.websocket().len();
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
        if self.feed.version.load(Ordering::Acquire) == self.seen { Poll::Pending } else { Poll::Ready(()) }
    }

    /// Hands what is new to `out`: events in order, then the newest live message.
    pub fn take(&mut self, mut out: impl FnMut(&Frame)) -> Taken {
        let ring = self.feed.ring();
        let first = ring.first();
        if self.next < first {
            return Taken::Lagged;
        }
        let skip = usize::try_from(self.next - first).unwrap_or(usize::MAX);
        for frame in ring.frames.iter().skip(skip).take(TAKE) {
            out(frame);
            self.next += 1;
        }
        if self.next <= ring.last {
            return Taken::More;
        }
        if let Some((version, frame)) = &ring.live
            && *version > self.live_seen
        {
            out(frame);
            self.live_seen = *version;
        }
        // Read under the lock: whatever changes after this look has a later version.
        self.seen = self.feed.version.load(Ordering::Acquire);
        ring.ending.map_or(Taken::All, Taken::End)
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.feed.readers().try_remove(self.key);
    }
}
