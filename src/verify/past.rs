//! A log that was read so far, read again: what is judged by all that went before it needs that.

use super::fault::Fault;
use super::lines::Lines;
use crate::log::Archive;
use crate::wire::LogRecord;

/// Records read at once.
const PAGE: usize = 1_024;

/// Where the records of one auction can be read from the first on.
pub trait Past {
    /// Hands the first `count` records to `take`, in their order.
    fn each(&mut self, count: u64, take: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault>;
}

/// In a data directory.
pub struct InArchive<'a> {
    pub archive: &'a Archive,
    pub id: &'a str,
}

/// In a file.
pub struct InFile<F>(pub F);

impl Past for InArchive<'_> {
    fn each(&mut self, count: u64, take: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut position = 0;
        while position < count {
            let left = usize::try_from(count - position).unwrap_or(PAGE);
            let records = self.archive.records(self.id, position, PAGE.min(left))?;
            let Some(last) = records.last() else { break };
            position = last.position;
            records.iter().try_for_each(|record| take(&record.body))?;
        }
        Ok(())
    }
}

impl<F: FnMut() -> Result<Lines, Fault>> Past for InFile<F> {
    fn each(&mut self, count: u64, take: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut lines = (self.0)()?;
        lines.header()?;
        for _ in 0..count {
            let line = lines.next()?.unwrap_or_default();
            let record: LogRecord = serde_json::from_slice(&line).map_err(|error| Fault::Unreadable(error.to_string()))?;
            take(record.record.get().as_bytes())?;
        }
        Ok(())
    }
}
