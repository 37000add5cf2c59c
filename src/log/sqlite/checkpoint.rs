//! Copies what is committed from the write-ahead log into the file. A thread of its own copies most of it while the writer goes on; the
//! writer then copies the little that came meanwhile, and the write-ahead log begins anew.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::schema;
use crate::log::Batch;

/// The write-ahead log is copied once it has about so many pages.
const PAGES: usize = 4_096;

/// The copying, as the writer sees it.
pub struct Checkpoint {
    /// In the write-ahead log since it was last copied, about.
    pages: usize,
    under_way: bool,
    start: SyncSender<()>,
    done: Receiver<rusqlite::Result<()>>,
    thread: JoinHandle<()>,
}

impl Checkpoint {
    /// Copies for the writer of the log at `path`.
    pub fn new(path: &Path) -> Result<Checkpoint, String> {
        let connection = schema::open_for_copying(path).map_err(|error| error.to_string())?;
        let (start, started) = sync_channel(1);
        let (finish, done) = sync_channel(1);
        let run = move || {
            while started.recv().is_ok() && finish.send(copy(&connection)).is_ok() {}
        };
        let thread = std::thread::Builder::new().name("log-copier".to_owned()).spawn(run).map_err(|error| error.to_string())?;
        Ok(Checkpoint { pages: 0, under_way: false, start, done, thread })
    }

    /// Counts a batch that was committed: a page in each of two tables, and what its records fill.
    pub fn count(&mut self, batch: &Batch) {
        let bytes: usize = batch.records.iter().map(Vec::len).sum();
        self.pages += 2 + bytes / 2_048;
    }

    /// Counts the page that tells when the server was last there.
    pub fn count_alive(&mut self) {
        self.pages += 1;
    }

    /// Copies what is due. After an error nothing may be copied any more: the kernel may have dropped what it could not write, and would
    /// call the next sync a success.
    pub fn turn(&mut self, writer: &Connection) -> rusqlite::Result<()> {
        if !self.under_way {
            self.under_way = self.pages >= PAGES && self.start.try_send(()).is_ok();
            return Ok(());
        }
        match self.done.try_recv() {
            Ok(copied) => {
                (self.under_way, self.pages) = (false, 0);
                copied?;
                copy(writer)
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Ok(()),
        }
    }

    /// Waits for what is under way, and how it went.
    pub fn end(self) -> rusqlite::Result<()> {
        drop(self.start);
        // A panic of that thread has been told by itself.
        let _ = self.thread.join();
        self.done.try_recv().unwrap_or(Ok(()))
    }
}

/// Copies as much as can be without waiting for anybody.
fn copy(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}
