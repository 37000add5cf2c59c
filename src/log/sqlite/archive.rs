//! The embedded log for those who only look at it: beside a running server, or where none runs. Nothing in it is believed.

use std::path::Path;

use rusqlite::Connection;

use super::{FILE, OpenError, reader, schema};
use crate::log::{Entry, Mark, Query, ReadError, Record};

/// A log that was opened to be read. Its answers are what is stored, checked by nobody.
#[derive(Debug)]
pub struct Archive(Connection);

fn failed(error: rusqlite::Error) -> ReadError {
    reader::Fault::Sqlite(error).into_error()
}

impl Archive {
    /// Opens the log under `directory`, which stays as it is.
    pub fn open(directory: &Path) -> Result<Archive, OpenError> {
        let path = directory.join(FILE);
        let failed = |why: String| OpenError(format!("{}: cannot open the log: {why}", path.display()));
        let connection = schema::open_for_reading(&path).map_err(|error| failed(error.to_string()))?;
        schema::check(&connection).map_err(failed)?;
        Ok(Archive(connection))
    }

    /// How many auctions there are.
    pub fn count(&self) -> Result<u64, ReadError> {
        self.0.query_row("SELECT count(*) FROM auction", [], |row| row.get(0)).map_err(failed)
    }

    /// The list of auctions.
    pub fn entries(&self, query: &Query) -> Result<Vec<Entry>, ReadError> {
        reader::entries(&self.0, query).map_err(reader::Fault::into_error)
    }

    /// Where an auction's log is said to end; `None` where it has none.
    pub fn head(&self, auction: &str) -> Result<Option<Mark>, ReadError> {
        Ok(reader::head(&self.0, auction).map_err(failed)?.map(|(_, head)| head))
    }

    /// At most `limit` records after `position`.
    pub fn records(&self, auction: &str, position: u64, limit: usize) -> Result<Vec<Record>, ReadError> {
        let Some((number, _)) = reader::head(&self.0, auction).map_err(failed)? else { return Ok(Vec::new()) };
        reader::stored(&self.0, number, position, limit).map_err(failed)
    }
}
