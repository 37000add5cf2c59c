//! Queries of the embedded log.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::log::chain::{self, Sealed};
use crate::log::{Entry, Hash, Mark, Query, ReadError, Record, Snapshot};

/// A read that did not work.
#[derive(Debug)]
pub enum Fault {
    Sqlite(rusqlite::Error),
    Read(ReadError),
}

impl Fault {
    pub fn into_error(self) -> ReadError {
        match self {
            Fault::Sqlite(error) => ReadError::Failed(error.to_string()),
            Fault::Read(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sqlite(error)
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Fault::Read(error)
    }
}

/// The number and the end of an auction's log.
pub fn head(connection: &Connection, auction: &str) -> rusqlite::Result<Option<(i64, Mark)>> {
    let mut statement = connection.prepare_cached("SELECT number, head, hash FROM auction WHERE id = ?1")?;
    let read = |row: &Row| Ok((row.get(0)?, Mark { position: row.get(1)?, hash: Hash(row.get(2)?) }));
    statement.query_row([auction], read).optional()
}

pub fn exists(connection: &Connection, auction: &str) -> Result<bool, Fault> {
    Ok(head(connection, auction)?.is_some())
}

/// The place after `position` records.
pub fn mark(connection: &Connection, auction: &str, position: u64) -> Result<Option<Mark>, Fault> {
    if position == 0 {
        return Ok(Some(Mark::start(auction)));
    }
    let sql = "SELECT record.hash FROM record JOIN auction ON record.auction = number WHERE id = ?1 AND position = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let read = |row: &Row| Ok(Mark { position, hash: Hash(row.get(0)?) });
    Ok(statement.query_row(params![auction, position], read).optional()?)
}

/// The auction whose log was begun under this key.
pub fn find(connection: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    connection.prepare_cached("SELECT id FROM auction WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()
}

/// When a server was last there.
pub fn last_alive(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    connection.prepare_cached("SELECT at FROM alive")?.query_row([], |row| row.get(0)).optional()
}

pub fn records(connection: &Connection, auction: &str, after: Mark, limit: usize) -> Result<Vec<Record>, Fault> {
    // One transaction: the end that is checked is the end of what is read, whatever is appended meanwhile.
    let snapshot = connection.unchecked_transaction()?;
    let Some((number, end)) = head(&snapshot, auction)? else { return Ok(Vec::new()) };
    let records = stored(&snapshot, number, after.position, limit)?;
    let mark = chain::check(after, &records)?;
    if records.len() < limit {
        chain::check_end(mark, end)?;
    }
    Ok(records)
}

/// At most `limit` records of the auction of this number after `position`, as they are stored: nothing is checked.
pub fn stored(connection: &Connection, number: i64, position: u64, limit: usize) -> rusqlite::Result<Vec<Record>> {
    let sql = "SELECT position, body, hash FROM record WHERE auction = ?1 AND position > ?2 ORDER BY position LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let read = |row: &Row| Ok(Record { position: row.get(0)?, body: row.get(1)?, hash: Hash(row.get(2)?) });
    statement.query_map(params![number, position, limit], read)?.collect()
}

pub fn records_back(connection: &Connection, auction: &str, until: Mark, limit: usize) -> Result<(Mark, Vec<Record>), Fault> {
    let snapshot = connection.unchecked_transaction()?;
    let Some((number, _)) = head(&snapshot, auction)? else { return Ok((until, Vec::new())) };
    let first = until.position.saturating_sub(limit as u64);
    let mut before = Mark::start(auction);
    if first > 0 {
        let mut statement = snapshot.prepare_cached("SELECT hash FROM record WHERE auction = ?1 AND position = ?2")?;
        before = statement.query_row(params![number, first], |row| Ok(Mark { position: first, hash: Hash(row.get(0)?) }))?;
    }
    let sql = "SELECT position, body, hash FROM record WHERE auction = ?1 AND position > ?2 AND position <= ?3 ORDER BY position";
    let mut statement = snapshot.prepare_cached(sql)?;
    let read = |row: &Row| Ok(Record { position: row.get(0)?, body: row.get(1)?, hash: Hash(row.get(2)?) });
    let records = statement.query_map(params![number, first, until.position], read)?.collect::<Result<Vec<_>, _>>()?;
    chain::check_end(chain::check(before, &records)?, until)?;
    Ok((before, records))
}

/// The latest snapshot; `None` where its parts are not what was appended.
pub fn snapshot(connection: &Connection, auction: &str) -> Result<Option<Snapshot>, Fault> {
    let sql = "SELECT snapshot.position, seal, snapshot.body, record.hash
               FROM auction JOIN snapshot ON snapshot.auction = number
               LEFT JOIN record ON record.auction = number AND record.position = snapshot.position
               WHERE id = ?1 ORDER BY snapshot.position";
    let mut statement = connection.prepare_cached(sql)?;
    let read = |row: &Row| {
        let (seal, record) = (Hash(row.get(1)?), row.get::<_, Option<[u8; 32]>>(3)?.map(Hash));
        Ok(Sealed { position: row.get(0)?, seal, body: row.get(2)?, record })
    };
    let parts = statement.query_map([auction], read)?.collect::<Result<Vec<_>, _>>()?;
    Ok(chain::unseal(auction, parts))
}

pub fn entries(connection: &Connection, query: &Query) -> Result<Vec<Entry>, Fault> {
    let after = match &query.after {
        Some(id) => head(connection, id)?.map(|(number, _)| number),
        None => None,
    };
    // A condition that is not asked for is left out, so that the indexes serve: a statement for each of the few shapes.
    let (relation, order) = if query.latest_first { ("<", "DESC") } else { (">", "ASC") };
    let by_number = if after.is_some() { format!("number {relation} ?1") } else { "?1 IS NULL".to_owned() };
    let by_label = if query.label.is_some() { "label = ?3" } else { "?3 IS NULL" };
    let sql = format!("SELECT id, summary FROM auction WHERE {by_number} AND {by_label} ORDER BY number {order} LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let read = |row: &Row| Ok(Entry { auction: row.get(0)?, summary: row.get(1)? });
    let rows = statement.query_map(params![after, query.limit, query.label], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn deadlines(connection: &Connection) -> Result<Vec<(String, i64)>, Fault> {
    let mut statement = connection.prepare_cached("SELECT id, deadline FROM auction WHERE deadline IS NOT NULL ORDER BY deadline")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
