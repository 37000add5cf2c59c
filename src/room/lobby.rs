//! The list of auctions, live: all that have not ended, and the last ones that have.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::sync::Notify;
use tracing::error;

use super::feed::{Cursor, Ending, Feed};
use super::registry::Rooms;
use super::{load, summary};
use crate::auction::{AuctionId, Millis, Status};
use crate::log::{Entry, EventLog, Query, ReadError};
use crate::wire::{self, Summary};

/// Ended auctions that stay in the list.
const ENDED: usize = 12;
/// Auctions that a newcomer is told of at most, those that end first.
const TOLD: usize = 1_000;
/// What has changed is told at most so often: all of it together. How often one auction changes is for its room to say.
const TURN: Duration = Duration::from_millis(100);

/// The lobby.
#[derive(Debug)]
pub struct Lobby {
    list: Mutex<List>,
    feed: Arc<Feed>,
    changed: Notify,
    ended: Notify,
}

#[derive(Debug, Default)]
struct List {
    auctions: BTreeMap<AuctionId, Arc<Summary>>,
    /// As a newcomer is told: those that end first before the others, the ended last.
    order: BTreeSet<Rank>,
    /// Oldest first.
    ended: VecDeque<AuctionId>,
    waiting: BTreeSet<AuctionId>,
    /// What a newcomer is told, encoded once for all who come until something is told to those who are here.
    welcome: Option<Arc<RawValue>>,
    /// Counts how often that became old.
    turns: u64,
}

/// Whether it has ended, its end, its id.
type Rank = (bool, Millis, AuctionId);

impl Lobby {
    /// The list as the log tells it.
    pub(super) async fn load(log: &dyn EventLog) -> Result<Lobby, ReadError> {
        let mut list = List::default();
        for status in [Status::Closed, Status::Scheduled, Status::Open, Status::Paused] {
            let ended = status.has_ended();
            let limit = if ended { ENDED } else { usize::MAX >> 1 };
            let label = Some(status.word().to_owned());
            let mut entries = log.entries(Query { label, after: None, latest_first: ended, limit }).await?;
            if ended {
                entries.reverse();
            }
            for entry in entries {
                if let Some(summary) = told(log, &entry).await {
                    list.put(summary);
                } else {
                    error!(auction = entry.auction, "it cannot be read, and is not in the list");
                }
            }
        }
        let (feed, changed, ended) = (Arc::default(), Notify::new(), Notify::new());
        Ok(Lobby { list: Mutex::new(list), feed, changed, ended })
    }

    /// The list, encoded, with a cursor from before it was looked at: a change may be told twice, never missed. A change that waits for its
    /// turn may not be in the list yet; then it is still to be told.
    pub fn join(&self) -> (Arc<RawValue>, Cursor) {
        let cursor = self.feed.cursor(None).expect("a cursor at the head is always to be had");
        (self.welcome(), cursor)
    }

    fn welcome(&self) -> Arc<RawValue> {
        let (turns, told) = {
            let list = self.list();
            if let Some(welcome) = &list.welcome {
                return welcome.clone();
            }
            (list.turns, list.told())
        };
        // Not under the lock, which rooms wait for.
        let welcome: Arc<RawValue> = wire::summaries(told.iter().map(|summary| &**summary)).into();
        let mut list = self.list();
        if list.turns == turns {
            list.welcome = Some(welcome.clone());
        }
        welcome
    }

    /// An auction was created or has changed: to be told to the lobby in its turn.
    pub(super) fn changed(&self, summary: Summary) {
        let ended = summary.has_ended();
        {
            let mut list = self.list();
            // Somebody looks at one that has left the list: it does not come back.
            if ended && !list.auctions.contains_key(summary.id.as_str()) {
                return;
            }
            let Some(id) = list.put(summary) else { return };
            list.waiting.insert(id);
        }
        self.changed.notify_one();
        if ended {
            self.ended.notify_waiters();
        }
    }

    /// Whether this auction has not ended, as far as the list knows.
    pub fn is_live(&self, id: &AuctionId) -> bool {
        self.list().auctions.get(id).is_some_and(|summary| !summary.has_ended())
    }

    /// The list's beginning: so many of those that have not ended, the next to end first, and the ended ones, the last first.
    pub fn first(&self, live: usize) -> Vec<Arc<Summary>> {
        let list = self.list();
        let still = list.order.iter().take_while(|(ended, ..)| !ended).take(live).map(|(_, _, id)| id);
        still.chain(list.ended.iter().rev().take(ENDED)).filter_map(|id| list.auctions.get(id).cloned()).collect()
    }

    /// How many have not ended.
    pub fn live_count(&self) -> usize {
        let list = self.list();
        list.auctions.len().saturating_sub(list.ended.len())
    }

    /// Returns once `id` is not live.
    pub(super) async fn until_ended(&self, id: &AuctionId) {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            // Registered before the look, so that no ending falls between the two.
            ended.as_mut().enable();
            if !self.is_live(id) {
                return;
            }
            ended.await;
        }
    }

    /// The summary of an auction, if it is in the list: it knows who watches.
    pub(super) fn listed(&self, id: &str) -> Option<Summary> {
        self.list().auctions.get(id).map(|summary| Summary::clone(summary))
    }

    pub(super) fn stop(&self) {
        self.feed.end(Ending::Stopping);
    }

    /// Tells what has changed since the last turn.
    fn tell(&self) {
        let mut frames = Vec::new();
        {
            let mut list = self.list();
            list.turn();
            let waiting = std::mem::take(&mut list.waiting);
            if self.feed.reader_count() > 0 {
                frames.extend(waiting.iter().filter_map(|id| list.auctions.get(id)).map(|summary| wire::lobby_auction(summary)));
            }
            while list.ended.len() > ENDED {
                let Some(id) = list.ended.pop_front() else { break };
                list.remove(&id);
                frames.push(wire::gone(&id));
            }
        }
        if !frames.is_empty() {
            self.feed.publish(frames);
            self.feed.flush();
        }
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    /// Puts a summary in the place of the one before; `None` where its id is none, or where it is the older of the two or says the same.
    fn put(&mut self, summary: Summary) -> Option<AuctionId> {
        let id = AuctionId::parse(&summary.id)?;
        let ended = summary.has_ended();
        let before = self.auctions.get(&id);
        if before.is_some_and(|before| before.seq > summary.seq || (before.seq, before.watching) == (summary.seq, summary.watching)) {
            return None;
        }
        let before = self.remove(&id);
        if before.as_ref().is_none_or(|before| before.status != summary.status) {
            self.turn();
        }
        if ended && before.is_none_or(|before| !before.has_ended()) {
            self.ended.push_back(id.clone());
        }
        self.order.insert(rank(&id, &summary));
        self.auctions.insert(id.clone(), Arc::new(summary));
        Some(id)
    }

    fn remove(&mut self, id: &AuctionId) -> Option<Arc<Summary>> {
        let summary = self.auctions.remove(id)?;
        self.order.remove(&rank(id, &summary));
        Some(summary)
    }

    /// What a newcomer is told.
    fn told(&self) -> Vec<Arc<Summary>> {
        self.order.iter().take(TOLD).filter_map(|(_, _, id)| self.auctions.get(id).cloned()).collect()
    }

    /// What newcomers were told so far is old.
    fn turn(&mut self) {
        self.welcome = None;
        self.turns += 1;
    }
}

fn rank(id: &AuctionId, summary: &Summary) -> Rank {
    (summary.has_ended(), summary.ends_at, id.clone())
}

/// The summary of a log's entry: as it is stored, or where that is not understood, from the fold of its records.
pub(super) async fn told(log: &dyn EventLog, entry: &Entry) -> Option<Summary> {
    if let Some(summary) = summary::decode(&entry.summary) {
        return Some(summary);
    }
    let id = AuctionId::parse(&entry.auction)?;
    load::load(log, &id).await.ok().map(|loaded| Summary::new(&loaded.auction, 0))
}

/// Tells the lobby what changes, in turns.
pub(super) async fn run(rooms: Rooms) {
    let mut stop = rooms.shared().stop.subscribe();
    let lobby = rooms.lobby();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = lobby.changed.notified() => {}
        }
        lobby.tell();
        tokio::time::sleep(TURN).await;
    }
}
