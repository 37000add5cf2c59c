//! The embedded log: SQLite in WAL mode, every commit synced, one writer thread that commits for all rooms at once.

mod archive;
mod checkpoint;
mod reader;
mod schema;
mod space;
mod writer;

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{AppendError, Batch, Entry, EventLog, Mark, Query, ReadError, Record, Snapshot};
pub use archive::Archive;
use checkpoint::Checkpoint;
use space::Space;
use writer::{Request, Writer};

/// Appends that wait for the writer; a room that finds the queue full waits, and its mailbox with it.
const QUEUE: usize = 4_096;
/// Connections for reading, and threads that are busy with them.
const READERS: usize = 4;

/// An open log. Dropping it ends the writer; [`EventLog::close`] also waits for it.
#[derive(Debug)]
pub struct SqliteLog {
    path: PathBuf,
    requests: mpsc::Sender<Request>,
    readers: Arc<Mutex<Vec<Connection>>>,
    /// Bounds how many read at once.
    reading: Semaphore,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// The log's file in the data directory.
const FILE: &str = "subasta.db";

/// Why a log cannot be opened: a sentence for whoever wants it.
#[derive(Debug)]
pub struct OpenError(pub String);

impl SqliteLog {
    /// Opens the log under `directory`, making both where they are missing. `on_fatal` is called, once, when the disk may have
    /// lost what it was told to keep: the process must then end (`docs/architecture.md`, one bid's way).
    pub fn open(directory: &Path, on_fatal: impl FnOnce(String) + Send + 'static) -> Result<SqliteLog, OpenError> {
        let failed = |what: &str, error: &dyn std::fmt::Display| OpenError(format!("{}: {what}: {error}", directory.display()));
        // Maxima and reserves are nobody else's business, on this machine either.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(|error| failed("cannot make the data directory", &error))?;
        let lock = lock(directory)?;
        let path = directory.join(FILE);
        let connection = schema::open_for_writing(&path).map_err(|error| failed("cannot open the log", &error))?;
        let checkpoint = Checkpoint::new(&path).map_err(|error| failed("cannot open the log", &error))?;
        let space = Space::at(directory);
        let (requests, inbox) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || {
                // Held until the last write is done: two servers on one log would each believe themselves alone.
                let _lock = lock;
                Writer::new(connection, checkpoint, space, on_fatal).run(inbox);
            })
            .map_err(|error| failed("cannot start the log's writer", &error))?;
        let (readers, reading) = (Arc::default(), Semaphore::new(READERS));
        Ok(SqliteLog { path, requests, readers, reading, writer: Mutex::new(Some(writer)) })
    }

    /// Runs `query` on a connection of its own, off the async threads.
    fn read_with<T, F>(&self, query: F) -> BoxFuture<'_, Result<T, ReadError>>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, reader::Fault> + Send + 'static,
    {
        let (readers, path) = (self.readers.clone(), self.path.clone());
        let idle = move || readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let readers = self.readers.clone();
        async move {
            // Never closed; and without a permit we would only be less polite.
            let _permit = self.reading.acquire().await.ok();
            let work = move || {
                let connection = idle().map_or_else(|| schema::open_for_reading(&path), Ok)?;
                let answer = query(&connection)?;
                readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                Ok(answer)
            };
            let answer: Result<T, reader::Fault> =
                tokio::task::spawn_blocking(work).await.map_err(|error| ReadError::Failed(error.to_string()))?;
            answer.map_err(reader::Fault::into_error)
        }
        .boxed()
    }
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| OpenError(format!("{}: {error}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError(format!(
            "{}: another server is using this data directory; stop it, or choose another --data-dir",
            directory.display()
        ))),
        Err(TryLockError::Error(error)) => Err(OpenError(format!("{}: {error}", path.display()))),
    }
}

impl EventLog for SqliteLog {
    fn append(&self, batch: Batch) -> BoxFuture<'_, Result<Mark, AppendError>> {
        let stopped = || AppendError::Unavailable("the log is closed".to_owned());
        async move {
            let (reply, answer) = oneshot::channel();
            self.requests.send(Request::Append(batch, reply)).await.map_err(|_| stopped())?;
            answer.await.map_err(|_| stopped())?
        }
        .boxed()
    }

    fn head(&self, auction: &str) -> BoxFuture<'_, Result<Option<Mark>, ReadError>> {
        let auction = auction.to_owned();
        self.read_with(move |connection| Ok(reader::head(connection, &auction)?.map(|(_, head)| head)))
    }

    fn mark(&self, auction: &str, position: u64) -> BoxFuture<'_, Result<Option<Mark>, ReadError>> {
        let auction = auction.to_owned();
        self.read_with(move |connection| reader::mark(connection, &auction, position))
    }

    fn read(&self, auction: &str, after: Mark, limit: usize) -> BoxFuture<'_, Result<Vec<Record>, ReadError>> {
        let auction = auction.to_owned();
        self.read_with(move |connection| reader::records(connection, &auction, after, limit))
    }

    fn read_back(&self, auction: &str, until: Mark, limit: usize) -> BoxFuture<'_, Result<(Mark, Vec<Record>), ReadError>> {
        let auction = auction.to_owned();
        self.read_with(move |connection| reader::records_back(connection, &auction, until, limit))
    }

    fn snapshot(&self, auction: &str) -> BoxFuture<'_, Result<Option<Snapshot>, ReadError>> {
        let auction = auction.to_owned();
        self.read_with(move |connection| reader::snapshot(connection, &auction))
    }

    fn exists(&self, auction: &str) -> BoxFuture<'_, Result<bool, ReadError>> {
        let auction = auction.to_owned();
        self.read_with(move |connection| reader::exists(connection, &auction))
    }

    fn find(&self, key: &str) -> BoxFuture<'_, Result<Option<String>, ReadError>> {
        let key = key.to_owned();
        self.read_with(move |connection| Ok(reader::find(connection, &key)?))
    }

    fn entries(&self, query: Query) -> BoxFuture<'_, Result<Vec<Entry>, ReadError>> {
        self.read_with(move |connection| reader::entries(connection, &query))
    }

    fn deadlines(&self) -> BoxFuture<'_, Result<Vec<(String, i64)>, ReadError>> {
        self.read_with(reader::deadlines)
    }

    fn alive(&self, at: i64) -> BoxFuture<'_, Result<(), AppendError>> {
        let stopped = || AppendError::Unavailable("the log is closed".to_owned());
        async move {
            let (reply, answer) = oneshot::channel();
            self.requests.send(Request::Alive(at, reply)).await.map_err(|_| stopped())?;
            answer.await.map_err(|_| stopped())?
        }
        .boxed()
    }

    fn last_alive(&self) -> BoxFuture<'_, Result<Option<i64>, ReadError>> {
        self.read_with(|connection| Ok(reader::last_alive(connection)?))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            // The writer's connection is to be the last: it then puts everything into the one file.
            self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
            let (done, closed) = oneshot::channel();
            if self.requests.send(Request::Close(done)).await.is_ok() {
                let _ = closed.await;
            }
            let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(writer) = writer {
                let _ = tokio::task::spawn_blocking(move || writer.join()).await;
            }
        }
        .boxed()
    }
}
