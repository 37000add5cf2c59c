//! From the log into memory: an auction is the fold of its records, or of those since its snapshot.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use tracing::warn;

use super::feed::{Feed, RING_EVENTS};
use super::record::{self, People};
use super::snapshot;
use crate::auction::{Auction, AuctionId, Event};
use crate::log::{EventLog, Mark, ReadError, Record, Snapshot};
use crate::wire::{self, Frame};

/// Records read at once.
pub const PAGE: usize = 4_096;
/// The last events that a newcomer is told: they are in the ring from the first.
pub const RECENT: usize = 50;

/// An auction as its log tells it.
pub struct Loaded {
    pub auction: Auction,
    pub mark: Mark,
    pub feed: Arc<Feed>,
    pub history: History,
}

/// What a room remembers of the log behind it.
pub struct History {
    /// Where the last part of its snapshot was taken; 0: there is none.
    pub snapshot: u64,
    /// What the ring could still be filled with, if somebody asks for it.
    pub older: Option<Older>,
}

/// Events before those in the ring.
#[derive(Clone, Copy)]
pub struct Older {
    /// Up to here in the log.
    pub until: Mark,
    /// Of the last of them.
    pub seq: u64,
}

/// Why an auction cannot be loaded.
#[derive(Debug)]
pub enum LoadError {
    Read(ReadError),
    /// The chain holds, but this record says nothing that this program understands.
    Record {
        position: u64,
        why: String,
    },
    /// The first record is not the auction's creation.
    Headless,
}

impl LoadError {
    /// Whether trying again may help.
    pub const fn may_pass(&self) -> bool {
        matches!(self, LoadError::Read(ReadError::Failed(_)))
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Read(error) => write!(out, "its log is {error}"),
            LoadError::Record { position, why } => write!(out, "record {position} of its log is not understood: {why}"),
            LoadError::Headless => write!(out, "its log does not begin with its creation"),
        }
    }
}

/// Reads an auction's log: what it came to at its latest snapshot, and the records since. Where there is none, or one that does not
/// fit the records, all of them.
pub async fn load(log: &dyn EventLog, id: &AuctionId) -> Result<Loaded, LoadError> {
    let Some(Snapshot { mark, parts }) = log.snapshot(id.as_str()).await.map_err(LoadError::Read)? else {
        return load_from(log, id, None, Mark::start(id.as_str())).await;
    };
    let Some(auction) = snapshot::auction(&parts) else {
        warn!(auction = %id, "its snapshot is not understood: all of its records are read");
        return load_from(log, id, None, Mark::start(id.as_str())).await;
    };
    match load_from(log, id, Some(auction), mark).await {
        Err(error) if !error.may_pass() => {
            warn!(auction = %id, %error, "its snapshot does not fit: all of its records are read");
            load_from(log, id, None, Mark::start(id.as_str())).await
        }
        loaded => loaded,
    }
}

/// Folds what comes after `mark` into the auction as it was there; `None` at the start.
async fn load_from(log: &dyn EventLog, id: &AuctionId, mut auction: Option<Auction>, start: Mark) -> Result<Loaded, LoadError> {
    let older = auction.as_ref().map(|auction| Older { until: start, seq: auction.seq() });
    let (mut recent, mut mark) = (VecDeque::new(), start);
    loop {
        let (events, next, last) = page(log, id, mark, PAGE).await?;
        mark = next;
        for event in events {
            match &mut auction {
                Some(auction) => auction.evolve(&event),
                None => auction = Some(Auction::found(&event).ok_or(LoadError::Headless)?),
            }
            recent.extend(event.seq.is_some().then_some(event));
            if recent.len() > RING_EVENTS {
                recent.pop_front();
            }
        }
        if last {
            break;
        }
    }
    let auction = auction.ok_or(LoadError::Headless)?;
    let feed = Arc::new(Feed::after(auction.seq().saturating_sub(recent.len() as u64)));
    feed.publish(recent.iter().filter_map(wire::event));
    let mut history = History { snapshot: older.map_or(0, |older| older.until.position), older };
    while let Some(older) = history.older
        && older.seq + RECENT as u64 > auction.seq()
    {
        history.older = older.fetch(log, id, &feed, 2 * RECENT).await?;
    }
    Ok(Loaded { auction, mark, feed, history })
}

impl Older {
    /// Fills `feed` with up to so many of these; what is then still older, if there is room for it.
    pub async fn fetch(self, log: &dyn EventLog, id: &AuctionId, feed: &Feed, limit: usize) -> Result<Option<Older>, LoadError> {
        let (until, records) = log.read_back(id.as_str(), self.until, limit).await.map_err(LoadError::Read)?;
        let frames: Vec<_> = decode(&records)?.iter().filter_map(wire::event).collect();
        let more = feed.prepend(self.seq, &frames) && until.position > 0 && !records.is_empty();
        Ok(more.then(|| Older { until, seq: self.seq.saturating_sub(frames.len() as u64) }))
    }
}

/// Everything after `mark`.
pub async fn events_after(log: &dyn EventLog, id: &AuctionId, mut mark: Mark) -> Result<(Vec<Event>, Mark), LoadError> {
    let mut all = Vec::new();
    loop {
        let (events, next, last) = page(log, id, mark, PAGE).await?;
        all.extend(events);
        mark = next;
        if last {
            return Ok((all, mark));
        }
    }
}

/// Hands everything up to `until` to `take`, in its order, a page at a time.
pub async fn each(log: &dyn EventLog, id: &AuctionId, until: Mark, mut take: impl FnMut(&Event)) -> Result<(), LoadError> {
    let mut mark = Mark::start(id.as_str());
    while mark.position < until.position {
        let left = usize::try_from(until.position - mark.position).unwrap_or(PAGE);
        let (events, next, last) = page(log, id, mark, left.min(PAGE)).await?;
        events.iter().for_each(&mut take);
        mark = next;
        if last {
            break;
        }
    }
    Ok(())
}

/// At most `limit` public events after `since`, encoded.
pub async fn history(log: &dyn EventLog, id: &AuctionId, since: u64, limit: usize) -> Result<Vec<Frame>, LoadError> {
    let mut frames = Vec::new();
    // Every public event is a record, and not every record one: what comes after so many events comes after at least so many records.
    let Some(mut mark) = log.mark(id.as_str(), since).await.map_err(LoadError::Read)? else { return Ok(frames) };
    loop {
        let (events, next, last) = page(log, id, mark, limit.clamp(RECENT, PAGE)).await?;
        mark = next;
        let wanted = events.iter().filter(|event| event.seq.is_some_and(|seq| seq > since));
        frames.extend(wanted.filter_map(wire::event).take(limit - frames.len()));
        if last || frames.len() == limit {
            return Ok(frames);
        }
    }
}

async fn page(log: &dyn EventLog, id: &AuctionId, after: Mark, limit: usize) -> Result<(Vec<Event>, Mark, bool), LoadError> {
    let records = log.read(id.as_str(), after, limit).await.map_err(LoadError::Read)?;
    let events = decode(&records)?;
    let mark = records.last().map_or(after, |record| Mark { position: record.position, hash: record.hash });
    Ok((events, mark, records.len() < limit))
}

fn decode(records: &[Record]) -> Result<Vec<Event>, LoadError> {
    let mut people = People::default();
    let event =
        |record: &Record| record::decode(&record.body, &mut people).map_err(|why| LoadError::Record { position: record.position, why });
    records.iter().map(event).collect()
}
