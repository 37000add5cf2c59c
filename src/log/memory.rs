//! A log in memory, for tests: it can fail, stall and conflict on request.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::chain::Sealed;
use super::{AppendError, Batch, Entry, EventLog, Hash, Mark, Query, ReadError, Record, Snapshot, chain};

/// What the next append shall do instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Answer `unavailable`.
    Fail,
    /// Answer `conflict`.
    Conflict,
}

/// A log that forgets everything when dropped.
#[derive(Debug)]
pub struct MemoryLog {
    store: Mutex<Store>,
    stalled: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Store {
    logs: BTreeMap<u64, (String, Log)>,
    /// One for each append to come; `None` goes well.
    faults: VecDeque<Option<Fault>>,
    /// So many reads to come fail.
    bad_reads: usize,
    alive: Option<i64>,
    closed: bool,
}

#[derive(Debug)]
struct Log {
    head: Mark,
    records: Vec<Record>,
    summary: Vec<u8>,
    label: &'static str,
    deadline: Option<i64>,
    key: Option<String>,
    snapshot: Vec<StoredPart>,
}

/// A part of a snapshot: position, seal, body.
type StoredPart = (u64, Hash, Vec<u8>);

impl Default for MemoryLog {
    fn default() -> Self {
        MemoryLog { store: Mutex::default(), stalled: watch::Sender::new(false) }
    }
}

impl MemoryLog {
    /// The next append meets this fault; several are met one after the other.
    pub fn inject(&self, fault: Fault) {
        self.inject_after(0, fault);
    }

    /// So many appends go well, and the next one meets this fault.
    pub fn inject_after(&self, spared: usize, fault: Fault) {
        let mut store = self.store();
        store.faults.extend(std::iter::repeat_n(None, spared));
        store.faults.push_back(Some(fault));
    }

    /// So many reads to come fail, as where no file can be opened.
    pub fn fail_reads(&self, count: usize) {
        self.store().bad_reads = count;
    }

    /// Appends wait from now on, or go on.
    pub fn stall(&self, stalled: bool) {
        self.stalled.send_replace(stalled);
    }

    /// How many appends wait for the stall to end.
    pub fn waiting(&self) -> usize {
        self.stalled.receiver_count()
    }

    /// Changes a stored record behind the log's back.
    pub fn tamper(&self, auction: &str, position: u64, change: impl FnOnce(&mut Vec<u8>)) {
        let mut store = self.store();
        let record = store.log(auction).and_then(|log| log.records.iter_mut().find(|record| record.position == position));
        if let Some(record) = record {
            change(&mut record.body);
        }
    }

    /// Changes the stored parts of a snapshot (position and body) behind the log's back.
    pub fn tamper_snapshot(&self, auction: &str, mut change: impl FnMut(&mut u64, &mut Vec<u8>)) {
        if let Some(log) = self.store().log(auction) {
            log.snapshot.iter_mut().for_each(|(position, _, body)| change(position, body));
        }
    }

    /// Changes a stored summary behind the log's back.
    pub fn tamper_summary(&self, auction: &str, summary: Vec<u8>) {
        if let Some(log) = self.store().log(auction) {
            log.summary = summary;
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    fn log(&mut self, auction: &str) -> Option<&mut Log> {
        self.logs.values_mut().find(|(id, _)| id == auction).map(|(_, log)| log)
    }

    fn append(&mut self, batch: Batch) -> Result<Mark, AppendError> {
        match self.faults.pop_front().flatten() {
            Some(Fault::Fail) => return Err(AppendError::Unavailable("a test says so".to_owned())),
            Some(Fault::Conflict) => return Err(AppendError::Conflict),
            None if self.closed => return Err(AppendError::Unavailable("closed".to_owned())),
            None => {}
        }
        if batch.key.is_some() && self.logs.values().any(|(_, log)| log.key == batch.key) {
            return Err(AppendError::Conflict);
        }
        let number = self.logs.len() as u64;
        if self.log(&batch.auction).is_none() {
            let head = Mark::start(&batch.auction);
            let log =
                Log { head, records: Vec::new(), summary: Vec::new(), label: "", deadline: None, key: batch.key, snapshot: Vec::new() };
            self.logs.insert(number, (batch.auction.to_string(), log));
        }
        let log = self.log(&batch.auction).expect("it was put there just now");
        if log.head.position != batch.expected {
            return Err(AppendError::Conflict);
        }
        for body in batch.records {
            log.head = log.head.then(&body);
            log.records.push(Record { position: log.head.position, body, hash: log.head.hash });
        }
        (log.summary, log.label, log.deadline) = (batch.summary, batch.label, batch.deadline);
        if let Some(part) = batch.snapshot {
            if part.begins {
                log.snapshot.clear();
            }
            let before = log.snapshot.last().map_or(Mark::start(&batch.auction).hash, |(_, seal, _)| *seal);
            log.snapshot.push((log.head.position, chain::seal(log.head.hash, before, &part.body), part.body));
        }
        Ok(log.head)
    }

    fn mark(&mut self, auction: &str, position: u64) -> Option<Mark> {
        let start = Mark::start(auction);
        if position == 0 {
            return Some(start);
        }
        let record = self.log(auction)?.records.iter().find(|record| record.position == position)?;
        Some(Mark { position, hash: record.hash })
    }

    fn read(&mut self, auction: &str, after: Mark, limit: usize) -> Result<Vec<Record>, ReadError> {
        if self.bad_reads > 0 {
            self.bad_reads -= 1;
            return Err(ReadError::Failed("a test says so".to_owned()));
        }
        let Some(log) = self.log(auction) else { return Ok(Vec::new()) };
        let records: Vec<_> = log.records.iter().filter(|r| r.position > after.position).take(limit).cloned().collect();
        let mark = chain::check(after, &records)?;
        if records.len() < limit {
            chain::check_end(mark, log.head)?;
        }
        Ok(records)
    }

    fn read_back(&mut self, auction: &str, until: Mark, limit: usize) -> Result<(Mark, Vec<Record>), ReadError> {
        let Some(log) = self.log(auction) else { return Ok((until, Vec::new())) };
        let first = until.position.saturating_sub(limit as u64);
        let before = log.records.iter().find(|record| record.position == first);
        let before = before.map_or(Mark::start(auction), |record| Mark { position: first, hash: record.hash });
        let wanted = |record: &&Record| record.position > first && record.position <= until.position;
        let records: Vec<_> = log.records.iter().filter(wanted).cloned().collect();
        chain::check_end(chain::check(before, &records)?, until)?;
        Ok((before, records))
    }

    fn snapshot(&mut self, auction: &str) -> Option<Snapshot> {
        let log = self.log(auction)?;
        let hash = |position: u64| log.records.iter().find(|record| record.position == position).map(|record| record.hash);
        let sealed =
            |(position, seal, body): &StoredPart| Sealed { position: *position, seal: *seal, body: body.clone(), record: hash(*position) };
        chain::unseal(auction, log.snapshot.iter().map(sealed))
    }

    fn entries(&self, query: &Query) -> Vec<Entry> {
        let number = query.after.as_ref().and_then(|after| self.logs.iter().find(|(_, (id, _))| id == after)).map(|(n, _)| *n);
        let wanted = |number_of: u64, label: &str| {
            let after = number.is_none_or(|number| if query.latest_first { number_of < number } else { number_of > number });
            after && query.label.as_deref().is_none_or(|wanted| wanted == label)
        };
        let entry = |(n, (id, log)): (&u64, &(String, Log))| {
            wanted(*n, log.label).then(|| Entry { auction: id.clone(), summary: log.summary.clone() })
        };
        if query.latest_first {
            self.logs.iter().rev().filter_map(entry).take(query.limit).collect()
        } else {
            self.logs.iter().filter_map(entry).take(query.limit).collect()
        }
    }
}

impl EventLog for MemoryLog {
    fn append(&self, batch: Batch) -> BoxFuture<'_, Result<Mark, AppendError>> {
        async move {
            // A sender that lives in `self` cannot be dropped while `self` is borrowed.
            let _ = self.stalled.subscribe().wait_for(|stalled| !stalled).await;
            self.store().append(batch)
        }
        .boxed()
    }

    fn head(&self, auction: &str) -> BoxFuture<'_, Result<Option<Mark>, ReadError>> {
        let head = self.store().log(auction).map(|log| log.head);
        async move { Ok(head) }.boxed()
    }

    fn mark(&self, auction: &str, position: u64) -> BoxFuture<'_, Result<Option<Mark>, ReadError>> {
        let mark = self.store().mark(auction, position);
        async move { Ok(mark) }.boxed()
    }

    fn read(&self, auction: &str, after: Mark, limit: usize) -> BoxFuture<'_, Result<Vec<Record>, ReadError>> {
        let records = self.store().read(auction, after, limit);
        async move { records }.boxed()
    }

    fn read_back(&self, auction: &str, until: Mark, limit: usize) -> BoxFuture<'_, Result<(Mark, Vec<Record>), ReadError>> {
        let records = self.store().read_back(auction, until, limit);
        async move { records }.boxed()
    }

    fn snapshot(&self, auction: &str) -> BoxFuture<'_, Result<Option<Snapshot>, ReadError>> {
        let snapshot = self.store().snapshot(auction);
        async move { Ok(snapshot) }.boxed()
    }

    fn exists(&self, auction: &str) -> BoxFuture<'_, Result<bool, ReadError>> {
        let exists = self.store().log(auction).is_some();
        async move { Ok(exists) }.boxed()
    }

    fn find(&self, key: &str) -> BoxFuture<'_, Result<Option<String>, ReadError>> {
        let found = self.store().logs.values().find(|(_, log)| log.key.as_deref() == Some(key)).map(|(id, _)| id.clone());
        async move { Ok(found) }.boxed()
    }

    fn entries(&self, query: Query) -> BoxFuture<'_, Result<Vec<Entry>, ReadError>> {
        let entries = self.store().entries(&query);
        async move { Ok(entries) }.boxed()
    }

    fn deadlines(&self) -> BoxFuture<'_, Result<Vec<(String, i64)>, ReadError>> {
        let due = |(id, log): &(String, Log)| Some((id.clone(), log.deadline?));
        let deadlines = self.store().logs.values().filter_map(due).collect();
        async move { Ok(deadlines) }.boxed()
    }

    fn alive(&self, at: i64) -> BoxFuture<'_, Result<(), AppendError>> {
        let mut store = self.store();
        let kept = if store.closed { Err(AppendError::Unavailable("closed".to_owned())) } else { Ok(()) };
        if kept.is_ok() {
            store.alive = Some(at);
        }
        async move { kept }.boxed()
    }

    fn last_alive(&self) -> BoxFuture<'_, Result<Option<i64>, ReadError>> {
        let alive = self.store().alive;
        async move { Ok(alive) }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.store().closed = true;
        async {}.boxed()
    }
}
