//! The lines of an auction's log, as it is given to be checked (`docs/protocol.md`, "The record and its hash").

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the first line calls itself.
const SUBASTA: &str = "log";
/// The version that is written.
const VERSION: u32 = 1;

/// The first line: what follows.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct LogHeader {
    subasta: String,
    version: u32,
    /// Whose log.
    pub auction: String,
    /// Whether [`LogRecord`]s follow, or what everyone saw: [`LogEvent`]s.
    pub whole: bool,
    /// How many, where it is whole: how many an auction has that runs is nobody's business.
    pub records: Option<u64>,
}

impl LogHeader {
    /// The first line of this auction's log. `records`: how many follow where it is whole.
    pub fn new(auction: &str, records: Option<u64>) -> LogHeader {
        LogHeader { subasta: SUBASTA.to_owned(), version: VERSION, auction: auction.to_owned(), whole: records.is_some(), records }
    }

    /// What this line says. The error is a clause.
    pub fn parse(line: &[u8]) -> Result<LogHeader, String> {
        let header: LogHeader = serde_json::from_slice(line)
            .map_err(|_| "its first line is not that of an auction's log ({\"subasta\":\"log\",…})".to_owned())?;
        if header.subasta != SUBASTA {
            Err("it is not an auction's log".to_owned())
        } else if header.version != VERSION {
            Err(format!("it has version {}, this program knows {VERSION}: use a newer one", header.version))
        } else {
            Ok(header)
        }
    }
}

/// A record, in the whole log.
#[derive(Serialize, Deserialize, Debug)]
pub struct LogRecord<'a> {
    /// From 1.
    pub position: u64,
    /// SHA-256 of the hash before and of the record, in hexadecimal digits.
    pub hash: &'a str,
    /// Its very bytes.
    #[serde(borrow)]
    pub record: &'a RawValue,
}

/// What everyone saw of a record, in the public log.
#[derive(Serialize, Deserialize, Debug)]
pub struct LogEvent<'a> {
    /// The record's. `None` for one that has no salt, and could be guessed by it.
    #[serde(borrow)]
    pub hash: Option<&'a str>,
    /// The event as it was told.
    #[serde(borrow)]
    pub event: &'a RawValue,
}

/// A line of a log.
pub fn line<T: Serialize>(of: &T) -> Vec<u8> {
    let mut line = super::to_json(of);
    line.push(b'\n');
    line
}
