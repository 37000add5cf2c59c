//! A log that stalls, fails and conflicts as a seed says. What it holds outlives every server; what was only on its way does not.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use subasta::auction::{Act, Auction, Command, Decision, Millis, Money, Offer, Status, decide};
use subasta::log::{AppendError, Batch, Entry as Listed, EventLog, Mark, MemoryLog, Query, ReadError, Record, Snapshot};
use subasta::room::record;

use crate::journal::{Entry, Journal, event};
use crate::naive::person;

/// Somebody at another server, who is in no hurry to be seen.
pub const INTRUDER: usize = 97;

/// The log under test's rooms.
pub struct Disk {
    log: MemoryLog,
    journal: Arc<Journal>,
    /// One for each auction: what one meets does not depend on which others come first. And one for everything else.
    rngs: Mutex<BTreeMap<Arc<str>, fastrand::Rng>>,
    seed: u64,
    /// How many of a hundred appends meet a fault.
    faults: AtomicUsize,
    under_way: AtomicUsize,
    now: AtomicI64,
    troubled_at: AtomicI64,
}

/// What an append meets.
#[derive(Clone, Copy, PartialEq)]
enum Meets {
    Nothing,
    Failure,
    Conflict,
    /// Somebody else writes first.
    Intruder,
}

#[derive(Clone, Copy)]
enum Wait {
    Turns(u32),
    Millis(u64),
}

impl Wait {
    async fn over(self) {
        match self {
            Wait::Turns(turns) => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            }
            Wait::Millis(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
        }
    }
}

/// An append is under way for as long as this lives.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Disk {
    pub fn new(seed: u64, journal: Arc<Journal>) -> Disk {
        Disk {
            log: MemoryLog::default(),
            journal,
            rngs: Mutex::default(),
            seed,
            faults: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            now: AtomicI64::new(0),
            troubled_at: AtomicI64::new(Millis::MIN),
        }
    }

    /// From now on so many of a hundred appends meet a fault.
    pub fn set_faults(&self, of_a_hundred: usize) {
        self.faults.store(of_a_hundred, Ordering::SeqCst);
    }

    pub fn set_now(&self, now: Millis) {
        self.now.store(now, Ordering::SeqCst);
    }

    pub fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) == 0
    }

    /// When it last did not do as it was told.
    pub fn troubled_at(&self) -> Millis {
        self.troubled_at.load(Ordering::SeqCst)
    }

    fn draw<T>(&self, of: &str, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        let mut rngs = self.rngs.lock().unwrap();
        let first = || fastrand::Rng::with_seed(of.bytes().fold(self.seed, |seed, byte| seed.wrapping_mul(31) ^ u64::from(byte)));
        draw(rngs.entry(of.into()).or_insert_with(first))
    }

    fn trouble(&self, what: &'static str) {
        self.troubled_at.store(self.now.load(Ordering::SeqCst), Ordering::SeqCst);
        self.journal.note(Entry::Trouble { what });
    }

    fn fails(&self, of: &str, of_a_thousand: usize) -> bool {
        self.faults.load(Ordering::SeqCst) > 0 && self.draw(of, |rng| rng.usize(..1_000)) < of_a_thousand
    }

    fn wait(&self, of: &str) -> Wait {
        let stalls = self.faults.load(Ordering::SeqCst) > 0;
        self.draw(of, |rng| match rng.u8(..20) {
            0..8 => Wait::Turns(0),
            8..15 => Wait::Turns(rng.u32(1..12)),
            15..18 => Wait::Millis(rng.u64(1..40)),
            _ if stalls => Wait::Millis(rng.u64(40..8_000)),
            _ => Wait::Turns(1),
        })
    }

    fn meets(&self, of: &str) -> Meets {
        let faults = self.faults.load(Ordering::SeqCst);
        self.draw(of, |rng| match (rng.usize(..100) < faults).then(|| rng.u8(..4)) {
            None => Meets::Nothing,
            Some(0..2) => Meets::Failure,
            Some(2) => Meets::Conflict,
            Some(_) => Meets::Intruder,
        })
    }

    fn store(&self, batch: Batch, intruded: bool) -> Result<Mark, AppendError> {
        let (lot, records) = (batch.auction.clone(), batch.records.clone());
        let stored = self.log.append(batch).now_or_never().expect("the log in memory does not stall");
        if stored.is_ok() {
            self.journal.note(Entry::Stored { lot, records, intruded });
        }
        stored
    }

    /// Another server has this auction awake, too, and is quicker.
    fn intrude(&self, auction: &Arc<str>) -> Option<()> {
        let records = self.log.read(auction, Mark::start(auction), usize::MAX).now_or_never()?.ok()?;
        let mut state = Auction::found(&event(&records.first()?.body))?;
        records.iter().skip(1).for_each(|record| state.evolve(&event(&record.body)));
        if state.status() != Status::Open {
            return None;
        }
        let act = if self.draw(auction, fastrand::Rng::bool) {
            Act::Say("Here, too.".into())
        } else {
            Act::Bid(Offer::UpTo(Money::new(state.minimum().minor())?))
        };
        let command = Command { by: person(INTRUDER), request: None, act };
        let Ok(Decision::Happens(events)) = decide(&state, &command, self.now.load(Ordering::SeqCst)) else { return None };
        events.iter().for_each(|event| state.evolve(event));
        let listed = self.log.entries(Query { limit: usize::MAX, ..Query::default() }).now_or_never()?.ok()?;
        let batch = Batch {
            auction: auction.clone(),
            expected: records.len() as u64,
            records: events.iter().map(record::encode).collect(),
            summary: listed.into_iter().find(|entry| entry.auction == **auction)?.summary,
            label: state.status().word(),
            deadline: state.deadline(),
            key: None,
            snapshot: None,
        };
        self.store(batch, true).ok().map(drop)
    }
}

impl EventLog for Disk {
    fn append(&self, batch: Batch) -> BoxFuture<'_, Result<Mark, AppendError>> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let under_way = UnderWay(&self.under_way);
        async move {
            let _under_way = under_way;
            let (before, after, meets) = (self.wait(&batch.auction), self.wait(&batch.auction), self.meets(&batch.auction));
            before.over().await;
            match meets {
                Meets::Nothing => {}
                Meets::Failure => {
                    self.trouble("cannot write");
                    return Err(AppendError::Unavailable("the seed says so".to_owned()));
                }
                Meets::Conflict => {
                    self.trouble("conflicts");
                    return Err(AppendError::Conflict);
                }
                Meets::Intruder => {
                    self.trouble("is shared");
                    self.intrude(&batch.auction);
                }
            }
            let stored = self.store(batch, false);
            // Durable, and nobody knows it yet.
            after.over().await;
            stored
        }
        .boxed()
    }

    fn read(&self, auction: &str, after: Mark, limit: usize) -> BoxFuture<'_, Result<Vec<Record>, ReadError>> {
        let (read, auction) = (self.log.read(auction, after, limit), auction.to_owned());
        async move {
            if self.fails(&auction, 40) {
                self.trouble("cannot be read");
                return Err(ReadError::Failed("the seed says so".to_owned()));
            }
            Wait::Turns(self.draw(&auction, |rng| rng.u32(..4))).over().await;
            read.await
        }
        .boxed()
    }

    fn alive(&self, at: i64) -> BoxFuture<'_, Result<(), AppendError>> {
        async move {
            if self.fails("alive", 50) {
                self.trouble("does not keep when the server was there");
                return Err(AppendError::Unavailable("the seed says so".to_owned()));
            }
            self.log.alive(at).await
        }
        .boxed()
    }

    fn head(&self, auction: &str) -> BoxFuture<'_, Result<Option<Mark>, ReadError>> {
        self.log.head(auction)
    }

    fn mark(&self, auction: &str, position: u64) -> BoxFuture<'_, Result<Option<Mark>, ReadError>> {
        self.log.mark(auction, position)
    }

    fn read_back(&self, auction: &str, until: Mark, limit: usize) -> BoxFuture<'_, Result<(Mark, Vec<Record>), ReadError>> {
        self.log.read_back(auction, until, limit)
    }

    fn snapshot(&self, auction: &str) -> BoxFuture<'_, Result<Option<Snapshot>, ReadError>> {
        self.log.snapshot(auction)
    }

    fn exists(&self, auction: &str) -> BoxFuture<'_, Result<bool, ReadError>> {
        self.log.exists(auction)
    }

    fn find(&self, key: &str) -> BoxFuture<'_, Result<Option<String>, ReadError>> {
        self.log.find(key)
    }

    fn entries(&self, query: Query) -> BoxFuture<'_, Result<Vec<Listed>, ReadError>> {
        self.log.entries(query)
    }

    fn deadlines(&self) -> BoxFuture<'_, Result<Vec<(String, i64)>, ReadError>> {
        self.log.deadlines()
    }

    fn last_alive(&self) -> BoxFuture<'_, Result<Option<i64>, ReadError>> {
        self.log.last_alive()
    }

    /// A server that stops lets go of it; the next one takes it up again.
    fn close(&self) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }
}
