//! The members of a room, and how what is new gets to all of them: one write each, of bytes that all share.
//!
//! Members are kept in shards, one for each thread that hears members, and for each format. A small shard is flushed by whoever publishes, a large one by
//! a task of its own, so that all processors take part and nobody waits for ten thousand writes. What is published
//! meanwhile joins the next flush.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::thread::ThreadId;
use std::time::Duration;

use slab::Slab;
use tokio::sync::Notify;

use super::feed::{Feed, Helping};
use super::member::{Drained, Lagged, Member};
use crate::wire::{Format, Frame};

/// Shards with no more members than this are flushed by whoever publishes.
const AT_ONCE: usize = 256;
/// Writes under a shard's lock at a time: who comes or goes waits for no more than these.
const STRIDE: usize = 64;
/// Writes before others have a turn: about a millisecond.
const TURN: usize = 256;
/// A millisecond of rest after a flush for so many members, whose writes took several: whoever answers what they have just seen is heard in
/// it, and the next flush says it all in one write each, instead of half of it twice.
const REST: usize = 500;
/// No rest is longer.
const LONGEST_REST: Duration = Duration::from_millis(20);

/// The members of one feed.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    shards: Mutex<Vec<Arc<Shard>>>,
    count: AtomicUsize,
}

#[derive(Debug)]
struct Shard {
    home: ThreadId,
    /// Of all its members: they share their bytes.
    format: Format,
    members: Mutex<Members>,
    count: AtomicUsize,
    /// There is something to flush.
    news: Notify,
    /// A task flushes this shard.
    tended: AtomicBool,
}

#[derive(Debug, Default)]
struct Members {
    all: Slab<Arc<Member>>,
    /// The event that those who have taken everything get next.
    next: u64,
    /// The version of the live message that they have.
    live_seen: u64,
}

/// One walk over a shard, to hand out one helping.
#[derive(Default)]
struct Round {
    helping: Option<Arc<Helping>>,
    at: usize,
}

/// A member's place among those who are written to. Dropping it leaves.
#[derive(Debug)]
pub struct Membership {
    feed: Arc<Feed>,
    shard: Arc<Shard>,
    key: usize,
    member: Arc<Member>,
}

impl Crowd {
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    fn enter(&self, feed: &Arc<Feed>, member: Arc<Member>) -> (Arc<Shard>, usize) {
        self.count.fetch_add(1, Ordering::AcqRel);
        let shard = self.shard(feed, member.format());
        let mut members = shard.members();
        if members.all.is_empty() {
            members.next = feed.last() + 1;
        }
        let key = members.all.insert(member);
        drop(members);
        (shard, key)
    }

    /// This thread's shard for this format, one more counted in: its task runs here, where its members are heard.
    fn shard(&self, feed: &Arc<Feed>, format: Format) -> Arc<Shard> {
        let here = std::thread::current().id();
        let mut shards = self.shards();
        let known = shards.iter().find(|shard| (shard.home, shard.format) == (here, format)).cloned();
        let shard = known.unwrap_or_else(|| {
            let shard = Arc::new(Shard::at(here, format));
            shards.push(shard.clone());
            shard
        });
        let count = shard.count.fetch_add(1, Ordering::AcqRel) + 1;
        if count > AT_ONCE && !shard.tended.swap(true, Ordering::AcqRel) {
            tokio::spawn(tend(Arc::downgrade(feed), shard.clone()));
        }
        shard
    }

    pub fn flush(&self, feed: &Feed) {
        // The list of shards is not locked while sockets are written to.
        for number in 0.. {
            let Some(shard) = self.shards().get(number).cloned() else { return };
            if shard.tended.load(Ordering::Acquire) {
                shard.news.notify_one();
            } else {
                let mut round = Round::default();
                while shard.stride(feed, &mut round) {}
            }
        }
    }

    /// Wakes every member's own task.
    pub fn beckon(&self) {
        self.shards().iter().for_each(|shard| shard.members().beckon());
    }

    fn shards(&self) -> MutexGuard<'_, Vec<Arc<Shard>>> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // The tasks that flush find that their feed is no more.
        self.shards().iter().for_each(|shard| shard.news.notify_one());
    }
}

impl Shard {
    fn at(home: ThreadId, format: Format) -> Shard {
        let (members, count, news, tended) = (Mutex::default(), AtomicUsize::new(0), Notify::new(), AtomicBool::new(false));
        Shard { home, format, members, count, news, tended }
    }

    /// Hands out the next part of a round, or begins one; false where there is nothing new.
    fn stride(&self, feed: &Feed, round: &mut Round) -> bool {
        let mut members = self.members();
        if members.all.is_empty() {
            return false;
        }
        let helping = match round
            .helping
            .take()
            .map_or_else(|| feed.helping(self.format, members.next, members.live_seen), |begun| Ok(Some(begun)))
        {
            Ok(Some(helping)) => helping,
            Ok(None) => return false,
            Err(Lagged) => {
                // Nobody was here for a long time but those who have fallen behind.
                members.next = feed.last() + 1;
                members.beckon();
                return true;
            }
        };
        let end = members.all.capacity().min(round.at + STRIDE);
        for key in round.at..end {
            if let Some(member) = members.all.get(key) {
                member.offer(&helping);
            }
        }
        if end < members.all.capacity() {
            *round = Round { helping: Some(helping), at: end };
        } else {
            members.next = members.next.max(helping.last + 1);
            members.live_seen = members.live_seen.max(helping.live_version);
            *round = Round::default();
        }
        true
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    fn beckon(&self) {
        self.all.iter().for_each(|(_, member)| member.beckon());
    }
}

/// Flushes a shard whenever it is called, until its feed is no more.
async fn tend(feed: Weak<Feed>, shard: Arc<Shard>) {
    loop {
        shard.news.notified().await;
        let Some(feed) = feed.upgrade() else { return };
        let mut round = Round::default();
        let mut turn = 0;
        while shard.stride(&feed, &mut round) {
            turn += STRIDE;
            if turn >= TURN {
                turn = 0;
                tokio::task::yield_now().await;
            }
        }
        let rest = u64::try_from(feed.crowd().count() / REST).unwrap_or(u64::MAX);
        if rest > 0 {
            drop(feed);
            tokio::time::sleep(Duration::from_millis(rest).min(LONGEST_REST)).await;
        }
    }
}

impl Membership {
    pub(super) fn enter(feed: Arc<Feed>, member: Arc<Member>) -> Membership {
        let (shard, key) = feed.crowd().enter(&feed, member.clone());
        Membership { feed, shard, key, member }
    }

    /// For the member's own task: writes what is owed. Ready once nothing is.
    pub fn poll_drain(&self, context: &mut Context<'_>) -> Poll<io::Result<Drained>> {
        self.member.poll_drain(context, Some(&self.feed))
    }

    /// Queues a frame of the member's own, after all the events that are there.
    pub fn tell(&self, frame: &Frame) {
        self.member.tell_message(frame, self.feed.last());
    }

    /// Who it is.
    pub fn member(&self) -> &Arc<Member> {
        &self.member
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.shard.members().all.try_remove(self.key);
        self.shard.count.fetch_sub(1, Ordering::AcqRel);
        self.feed.crowd().count.fetch_sub(1, Ordering::AcqRel);
    }
}
