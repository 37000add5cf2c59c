//! From the log into memory: an auction is the fold of its records.

use std::fmt;
use std::sync::Arc;

use super::feed::Feed;
use super::record::{self, People};
use crate::auction::{Auction, AuctionId, Event};
use crate::log::{EventLog, Mark, ReadError, Record};
use crate::wire;

/// Records read at once.
const PAGE: usize = 4_096;

/// An auction as its log tells it.
pub struct Loaded {
    pub auction: Auction,
    pub mark: Mark,
    pub feed: Arc<Feed>,
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

/// Reads an auction's log from the beginning.
pub async fn load(log: &dyn EventLog, id: &AuctionId) -> Result<Loaded, LoadError> {
    let feed = Arc::new(Feed::after(0));
    let mut auction: Option<Auction> = None;
    let mut mark = Mark::start(id.as_str());
    loop {
        let (events, next, last) = page(log, id, mark).await?;
        for event in &events {
            match &mut auction {
                Some(auction) => auction.evolve(event),
                None => auction = Some(Auction::found(event).ok_or(LoadError::Headless)?),
            }
        }
        feed.publish(events.iter().filter_map(wire::event));
        mark = next;
        if last {
            let auction = auction.ok_or(LoadError::Headless)?;
            return Ok(Loaded { auction, mark, feed });
        }
    }
}

/// Everything after `mark`.
pub async fn events_after(log: &dyn EventLog, id: &AuctionId, mut mark: Mark) -> Result<(Vec<Event>, Mark), LoadError> {
    let mut all = Vec::new();
    loop {
        let (events, next, last) = page(log, id, mark).await?;
        all.extend(events);
        mark = next;
        if last {
            return Ok((all, mark));
        }
    }
}

async fn page(log: &dyn EventLog, id: &AuctionId, after: Mark) -> Result<(Vec<Event>, Mark, bool), LoadError> {
    let records = log.read(id.as_str(), after, PAGE).await.map_err(LoadError::Read)?;
    let mut people = People::default();
    let mut decode =
        |record: &Record| record::decode(&record.body, &mut people).map_err(|why| LoadError::Record { position: record.position, why });
    let events = records.iter().map(&mut decode).collect::<Result<_, _>>()?;
    let mark = records.last().map_or(after, |record| Mark { position: record.position, hash: record.hash });
    Ok((events, mark, records.len() < PAGE))
}
