//! Durable order. Appends records to an auction's log at an expected position and reads them back, chained by their hashes.
//!
//! Records, summaries and labels are bytes and words to it: nothing in here may know a rule of auctions, or how a record is written.

mod chain;
mod memory;
mod sqlite;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use chain::{Hash, Mark};
pub use memory::{Fault, MemoryLog};
pub use sqlite::{Archive, OpenError, SqliteLog};

/// Records to be appended to one auction's log, all or none.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Whose log.
    pub auction: Arc<str>,
    /// How many records it has now, as its writer believes: the fence against a second writer. 0 makes a new log.
    pub expected: u64,
    /// One or more.
    pub records: Vec<Vec<u8>>,
    /// What a list shall say of the auction from now on.
    pub summary: Vec<u8>,
    /// A word by which lists are filtered.
    pub label: &'static str,
    /// When somebody must look after it even if nobody asks: milliseconds of UTC.
    pub deadline: Option<i64>,
    /// With the first records: what the log is found by from now on. One that finds another log is a conflict.
    pub key: Option<String>,
    /// What the records come to, these included: kept with them, or not at all.
    pub snapshot: Option<Part>,
}

/// A part of a snapshot, as its writer understands it.
#[derive(Clone, Debug)]
pub struct Part {
    /// Whether a snapshot begins with it: then the parts before are dropped.
    pub begins: bool,
    /// Anything.
    pub body: Vec<u8>,
}

/// What an auction's records came to at a place in its log, so that nobody need read those before it again.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// After the last part.
    pub mark: Mark,
    /// In order: after how many records each was taken, and what it says.
    pub parts: Vec<(u64, Vec<u8>)>,
}

/// A record as it was read, its hash checked.
#[derive(Clone, Debug)]
pub struct Record {
    /// From 1.
    pub position: u64,
    /// As appended.
    pub body: Vec<u8>,
    /// Of the one before and this.
    pub hash: Hash,
}

/// What is known of an auction without reading its records.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id.
    pub auction: String,
    /// As last appended.
    pub summary: Vec<u8>,
}

/// Which entries to list, in the order in which their logs were begun.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only those with this label.
    pub label: Option<String>,
    /// Only those begun after this one.
    pub after: Option<String>,
    /// The latest first, instead of the oldest.
    pub latest_first: bool,
    /// At most so many.
    pub limit: usize,
}

/// Why nothing was appended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AppendError {
    /// The log has another length than expected: someone else has written.
    Conflict,
    /// Not now: disk full, busy, stopping. Nothing of the batch is stored.
    ///
    /// Where the disk failed there is no answer at all: nobody knows what is stored, and the process must end.
    Unavailable(String),
}

/// Why nothing was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// What is stored is not what was appended.
    Damaged {
        /// The first record that is wrong.
        position: u64,
        /// How.
        what: String,
    },
    /// The store did not answer.
    Failed(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Damaged { position, what } => write!(out, "damaged at record {position}: {what}"),
            ReadError::Failed(why) => write!(out, "cannot be read: {why}"),
        }
    }
}

/// A log of many auctions.
///
/// Appends for one auction come one at a time from its room; those of different rooms may be made durable together.
pub trait EventLog: Send + Sync + 'static {
    /// Appends, and answers once the batch would survive a power cut: where the auction's log then ends.
    fn append(&self, batch: Batch) -> BoxFuture<'_, Result<Mark, AppendError>>;

    /// Where an auction's log ends now; `None` where it has none.
    fn head(&self, auction: &str) -> BoxFuture<'_, Result<Option<Mark>, ReadError>>;

    /// The place in an auction's log after `position` records; `None` where it has fewer.
    fn mark(&self, auction: &str, position: u64) -> BoxFuture<'_, Result<Option<Mark>, ReadError>>;

    /// At most `limit` records after `after`, their chain checked; fewer than `limit` means the end, which is checked too.
    fn read(&self, auction: &str, after: Mark, limit: usize) -> BoxFuture<'_, Result<Vec<Record>, ReadError>>;

    /// At most `limit` records up to `until`, oldest first, their chain checked, and the mark before the first of them.
    fn read_back(&self, auction: &str, until: Mark, limit: usize) -> BoxFuture<'_, Result<(Mark, Vec<Record>), ReadError>>;

    /// The latest snapshot; `None` where there is none, or where it is not what was appended: it tells nothing that the records do not.
    /// Whether its mark is of this log shows when the records after it are read.
    fn snapshot(&self, auction: &str) -> BoxFuture<'_, Result<Option<Snapshot>, ReadError>>;

    /// Whether this auction has a log.
    fn exists(&self, auction: &str) -> BoxFuture<'_, Result<bool, ReadError>>;

    /// The auction whose log was begun under this key.
    fn find(&self, key: &str) -> BoxFuture<'_, Result<Option<String>, ReadError>>;

    /// The list of auctions.
    fn entries(&self, query: Query) -> BoxFuture<'_, Result<Vec<Entry>, ReadError>>;

    /// Every auction that has a deadline, and when.
    fn deadlines(&self) -> BoxFuture<'_, Result<Vec<(String, i64)>, ReadError>>;

    /// Keeps that the server is there at this moment (milliseconds of UTC), in place of the one before.
    fn alive(&self, at: i64) -> BoxFuture<'_, Result<(), AppendError>>;

    /// The moment that was last kept.
    fn last_alive(&self) -> BoxFuture<'_, Result<Option<i64>, ReadError>>;

    /// Makes the rest durable and lets go of the store. Later appends are refused.
    fn close(&self) -> BoxFuture<'_, ()>;
}
