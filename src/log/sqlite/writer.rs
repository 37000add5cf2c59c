//! The one thread that writes. Whatever waits when a commit ends goes into the next: one sync serves every room.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};

use super::checkpoint::Checkpoint;
use super::reader;
use super::space::Space;
use crate::log::{AppendError, Batch, Hash, Mark, Part, chain};

/// Batches in one commit at most: bounds how long the first of them waits for the last.
const GROUP: usize = 1_024;
/// Ends of logs remembered; past this all are forgotten and looked up again.
const HEADS: usize = 65_536;

type Heads = HashMap<Arc<str>, Head>;

/// What the writer knows of a log.
#[derive(Clone, Copy)]
struct Head {
    /// Of its auction.
    number: i64,
    /// Where it ends.
    mark: Mark,
    /// What is indexed of it, where that is known: only a change of it is written.
    indexed: Option<(&'static str, Option<i64>)>,
}

type Reply = oneshot::Sender<Result<Mark, AppendError>>;
type AliveReply = oneshot::Sender<Result<(), AppendError>>;

pub enum Request {
    Append(Batch, Reply),
    Alive(i64, AliveReply),
    Close(oneshot::Sender<()>),
}

/// What one commit makes durable.
#[derive(Default)]
struct Group {
    batches: Vec<(Batch, Reply)>,
    /// The last one counts.
    alive: Vec<(i64, AliveReply)>,
}

impl Group {
    fn len(&self) -> usize {
        self.batches.len() + self.alive.len()
    }

    fn answer_all(&mut self, refusal: &AppendError) {
        for (_, reply) in self.batches.drain(..) {
            let _ = reply.send(Err(refusal.clone()));
        }
        for (_, reply) in self.alive.drain(..) {
            let _ = reply.send(Err(refusal.clone()));
        }
    }
}

pub struct Writer<F> {
    connection: Connection,
    checkpoint: Checkpoint,
    space: Space,
    /// Whether everything is refused for now, which was said when it began.
    refusing: bool,
    /// As committed, or as the open transaction will leave them.
    heads: Heads,
    on_fatal: Option<F>,
    /// Batches of which nobody knows whether they are stored: they are never answered.
    unknown: Vec<(Batch, Reply)>,
}

impl<F: FnOnce(String)> Writer<F> {
    pub fn new(connection: Connection, checkpoint: Checkpoint, space: Space, on_fatal: F) -> Writer<F> {
        let (heads, unknown) = (HashMap::new(), Vec::new());
        Writer { connection, checkpoint, space, refusing: false, heads, on_fatal: Some(on_fatal), unknown }
    }

    pub fn run(mut self, mut inbox: mpsc::Receiver<Request>) {
        let mut group = Group::default();
        let mut closing = None;
        while closing.is_none() {
            let Some(first) = inbox.blocking_recv() else { break };
            let mut next = Some(first);
            while let Some(request) = next {
                match request {
                    Request::Append(batch, reply) => group.batches.push((batch, reply)),
                    Request::Alive(at, reply) => group.alive.push((at, reply)),
                    Request::Close(done) => closing = Some(done),
                }
                next = if group.len() < GROUP && closing.is_none() { inbox.try_recv().ok() } else { None };
            }
            self.commit(&mut group);
        }
        inbox.close();
        match self.checkpoint.end() {
            Err(error) if is_unknown(&error) => {
                // To close it would be to copy again.
                std::mem::forget(self.connection);
                error!(%error, "the log could not be copied into its file; its next start will tidy up");
                if let Some(on_fatal) = self.on_fatal.take() {
                    on_fatal(error.to_string());
                }
            }
            // Where there was no room to copy it, all of it is still in the write-ahead log.
            Ok(()) | Err(_) => {
                if let Err((_, error)) = self.connection.close() {
                    warn!(%error, "the log did not close cleanly; its next start will tidy up");
                }
            }
        }
        if let Some(done) = closing {
            let _ = done.send(());
        }
    }

    /// Commits a group, and only then answers its rooms.
    fn commit(&mut self, group: &mut Group) {
        if group.len() == 0 {
            return;
        }
        if self.on_fatal.is_none() {
            return group.answer_all(&AppendError::Unavailable("the disk has failed; the server is stopping".to_owned()));
        }
        if let Err(why) = self.space.check() {
            return self.turn_away(group, why);
        }
        match self.write(group) {
            Ok(answers) => {
                if std::mem::take(&mut self.refusing) {
                    warn!("the log can be written again");
                }
                for ((batch, reply), answer) in group.batches.drain(..).zip(answers) {
                    self.checkpoint.count(&batch);
                    let _ = reply.send(answer);
                }
                for (_, reply) in group.alive.drain(..) {
                    self.checkpoint.count_alive();
                    let _ = reply.send(Ok(()));
                }
                match self.checkpoint.turn(&self.connection) {
                    Ok(()) => {}
                    Err(error) if is_unknown(&error) => self.fail(group, &error),
                    Err(error) => warn!(%error, "the log could not be copied into its file; it is tried again"),
                }
            }
            Err(error) if is_unknown(&error) => self.fail(group, &error),
            Err(error) => self.turn_away(group, error.to_string()),
        }
        if self.heads.len() > HEADS {
            self.heads.clear();
        }
    }

    fn write(&mut self, group: &Group) -> rusqlite::Result<Vec<Result<Mark, AppendError>>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let heads = &mut self.heads;
        let answers = group.batches.iter().map(|(batch, _)| append(&transaction, heads, batch)).collect::<Result<_, _>>()?;
        if let Some((at, _)) = group.alive.last() {
            transaction.prepare_cached("INSERT OR REPLACE INTO alive (row, at) VALUES (1, ?1)")?.execute([at])?;
        }
        transaction.commit()?;
        Ok(answers)
    }

    /// Nothing of the group is stored, and that is the answer: it may be asked again. Said when it begins, not for every bid.
    fn turn_away(&mut self, group: &mut Group, why: String) {
        self.heads.clear();
        if !std::mem::replace(&mut self.refusing, true) {
            error!(why, "the log cannot be written: whatever is asked is refused until it can");
        }
        group.answer_all(&AppendError::Unavailable(why));
    }

    /// After an I/O error nobody knows what is stored: a kernel that failed to sync may have dropped the pages and would call the next sync a
    /// success, and what did reach the file may count at the next start. So nobody is answered, nothing is tried again, and the process must end.
    fn fail(&mut self, group: &mut Group, error: &rusqlite::Error) {
        self.heads.clear();
        error!(%error, batches = group.batches.len(), "the log could not be written, or not be synced");
        self.unknown.append(&mut group.batches);
        group.alive.clear();
        if let Some(on_fatal) = self.on_fatal.take() {
            on_fatal(error.to_string());
        }
    }
}

/// Whether nobody knows what is stored after this error. A disk that is full is none such: SQLite then takes back what it has written.
fn is_unknown(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
}

fn append(transaction: &Transaction, heads: &mut Heads, batch: &Batch) -> rusqlite::Result<Result<Mark, AppendError>> {
    let known = match heads.get(&batch.auction) {
        Some(known) => Some(*known),
        None => reader::head(transaction, &batch.auction)?.map(|(number, mark)| Head { number, mark, indexed: None }),
    };
    let mark = known.map_or_else(|| Mark::start(&batch.auction), |head| head.mark);
    if mark.position != batch.expected {
        return Ok(Err(AppendError::Conflict));
    }
    if let Some(key) = &batch.key
        && reader::find(transaction, key)?.is_some()
    {
        return Ok(Err(AppendError::Conflict));
    }
    let marks: Vec<Mark> = batch
        .records
        .iter()
        .scan(mark, |mark, body| {
            *mark = mark.then(body);
            Some(*mark)
        })
        .collect();
    let end = marks.last().copied().unwrap_or(mark);
    let number = move_head(transaction, known, batch, end)?;
    let mut insert = transaction.prepare_cached("INSERT INTO record (auction, position, body, hash) VALUES (?1, ?2, ?3, ?4)")?;
    for (at, body) in marks.iter().zip(&batch.records) {
        insert.execute(params![number, at.position, body, at.hash.0])?;
    }
    if let Some(part) = &batch.snapshot {
        keep(transaction, number, &batch.auction, end, part)?;
    }
    let head = Head { number, mark: end, indexed: Some((batch.label, batch.deadline)) };
    heads.insert(batch.auction.clone(), head);
    Ok(Ok(end))
}

/// Keeps a part of a snapshot that was taken at `mark`.
fn keep(transaction: &Transaction, number: i64, auction: &str, mark: Mark, part: &Part) -> rusqlite::Result<()> {
    if part.begins {
        transaction.prepare_cached("DELETE FROM snapshot WHERE auction = ?1")?.execute([number])?;
    }
    let mut last = transaction.prepare_cached("SELECT seal FROM snapshot WHERE auction = ?1 ORDER BY position DESC LIMIT 1")?;
    let before = last.query_row([number], |row| Ok(Hash(row.get(0)?))).optional()?;
    let seal = chain::seal(mark.hash, before.unwrap_or(Mark::start(auction).hash), &part.body);
    let mut insert = transaction.prepare_cached("INSERT INTO snapshot (auction, position, seal, body) VALUES (?1, ?2, ?3, ?4)")?;
    insert.execute(params![number, mark.position, seal.0, part.body])?;
    Ok(())
}

/// Writes where the log now ends; the number of its auction. An index whose columns stay as they are is not touched.
fn move_head(transaction: &Transaction, known: Option<Head>, batch: &Batch, end: Mark) -> rusqlite::Result<i64> {
    let Some(Head { number, indexed, .. }) = known else {
        let sql = "INSERT INTO auction (id, head, hash, label, deadline, summary, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let mut insert = transaction.prepare_cached(sql)?;
        insert.execute(params![&*batch.auction, end.position, end.hash.0, batch.label, batch.deadline, batch.summary, batch.key])?;
        return Ok(transaction.last_insert_rowid());
    };
    if indexed == Some((batch.label, batch.deadline)) {
        let mut update = transaction.prepare_cached("UPDATE auction SET head = ?2, hash = ?3, summary = ?4 WHERE number = ?1")?;
        update.execute(params![number, end.position, end.hash.0, batch.summary])?;
    } else {
        let sql = "UPDATE auction SET head = ?2, hash = ?3, summary = ?4, label = ?5, deadline = ?6 WHERE number = ?1";
        let mut update = transaction.prepare_cached(sql)?;
        update.execute(params![number, end.position, end.hash.0, batch.summary, batch.label, batch.deadline])?;
    }
    Ok(number)
}
