//! An auction's log for those who want to check it: whole after the close; before it what everyone saw, with the hash of each record, which is
//! a promise that the whole log can be held to later.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde_json::value::RawValue;
use tracing::error;

use super::load::LoadError;
use super::record::{self, People};
use super::salt;
use crate::auction::{AuctionId, Event, Fact, Person, Refusal, Terms};
use crate::log::{EventLog, Mark, Record};
use crate::wire::{self, LogEvent, LogHeader, LogRecord};

/// Records that are read, and lines that are given, at once.
const PAGE: usize = 256;

/// A log that is being given out, page by page, up to where it ended when it was asked for.
pub struct Export {
    log: Arc<dyn EventLog>,
    id: AuctionId,
    whole: bool,
    end: Mark,
    /// So far it was read.
    mark: Mark,
    /// Read, and not yet given. Of the public log every page has the same number of lines: fewer would tell that something private is between.
    lines: VecDeque<Vec<u8>>,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Export").field("id", &self.id).field("whole", &self.whole).finish_non_exhaustive()
    }
}

/// Whether `who` is given the whole log of an auction that has closed: where there are aliases it says who is who.
fn may_see_whole(terms: &Terms, seller: &Person, who: Option<&Person>) -> bool {
    !terms.aliases || who == Some(seller)
}

impl Export {
    /// The log of `id` as `who` may have it.
    pub(super) async fn begin(log: Arc<dyn EventLog>, id: &AuctionId, who: Option<&Person>) -> Result<Export, Refusal> {
        let start = Mark::start(id.as_str());
        let unreadable = |error: LoadError| refuse(id, &error);
        let end = log.head(id.as_str()).await.map_err(LoadError::Read).map_err(unreadable)?.ok_or(Refusal::UnknownAuction)?;
        let first = log.read(id.as_str(), start, 1).await.map_err(LoadError::Read).map_err(unreadable)?;
        let (_, last) = log.read_back(id.as_str(), end, 1).await.map_err(LoadError::Read).map_err(unreadable)?;
        let (first, last) = first.first().zip(last.last()).ok_or_else(|| unreadable(LoadError::Headless))?;
        let Fact::Created { terms, by, .. } = event(first).map_err(unreadable)?.fact else { return Err(unreadable(LoadError::Headless)) };
        // Not of one that was called off: its seller could look at what was hidden, and offer the same again.
        let has_closed = matches!(event(last).map_err(unreadable)?.fact, Fact::Closed { .. });
        let whole = has_closed && may_see_whole(&terms, &by, who);
        let header = LogHeader::new(id.as_str(), whole.then_some(end.position));
        Ok(Export { log, id: id.clone(), whole, end, mark: start, lines: VecDeque::from([wire::log_line(&header)]) })
    }

    /// The next page; `None` after the last. On an error, which is in the server's own log, there is no more.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        while self.lines.len() < PAGE && self.mark.position < self.end.position {
            if let Err(error) = self.read().await {
                return Err(refuse(&self.id, &error));
            }
        }
        let mut page = BytesMut::new();
        self.lines.drain(..self.lines.len().min(PAGE)).for_each(|line| page.extend_from_slice(&line));
        Ok((!page.is_empty()).then(|| page.freeze()))
    }

    async fn read(&mut self) -> Result<(), LoadError> {
        let left = usize::try_from(self.end.position - self.mark.position).unwrap_or(PAGE);
        let records = self.log.read(self.id.as_str(), self.mark, PAGE.min(left)).await.map_err(LoadError::Read)?;
        let last = records.last().ok_or(LoadError::Headless)?;
        self.mark = Mark { position: last.position, hash: last.hash };
        for record in &records {
            self.lines.extend(if self.whole { Some(whole(record)?) } else { public(record)? });
        }
        Ok(())
    }
}

fn refuse(id: &AuctionId, error: &LoadError) -> Refusal {
    error!(auction = %id, %error, "its log cannot be given out");
    Refusal::Unavailable
}

fn event(record: &Record) -> Result<Event, LoadError> {
    record::decode(&record.body, &mut People::default()).map_err(|why| LoadError::Record { position: record.position, why })
}

fn whole(Record { position, body, hash }: &Record) -> Result<Vec<u8>, LoadError> {
    let record: &RawValue =
        serde_json::from_slice(body).map_err(|error| LoadError::Record { position: *position, why: error.to_string() })?;
    Ok(wire::log_line(&LogRecord { position: *position, hash: &hash.to_string(), record }))
}

/// `None` for what nobody saw but its author.
fn public(record: &Record) -> Result<Option<Vec<u8>>, LoadError> {
    let Some(frame) = wire::event(&event(record)?) else { return Ok(None) };
    let hash = salt::is_on(&record.body).then(|| record.hash.to_string());
    Ok(Some(wire::log_line(&LogEvent { hash: hash.as_deref(), event: frame.raw() })))
}
