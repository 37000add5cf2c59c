//! One auction's log, in a file.

use std::path::Path;

use super::fault::{Difference, Fault};
use super::lines::Source;
use super::past::InFile;
use super::progress::Progress;
use super::trial::Trial;
use super::witness::Witness;
use crate::auction::Auction;
use crate::log::Hash;
use crate::wire::LogRecord;

/// Judges the log in this file, and holds what everyone saw against it. How many records it has, and what they come to.
pub fn verify(path: &Path, witness: Option<Witness>) -> Result<(u64, Auction), Fault> {
    let source = Source::new(path)?;
    let mut lines = source.lines()?;
    let header = lines.header()?;
    let id = header.auction;
    let Some(said) = header.records.filter(|_| header.whole) else {
        let why = "this is what everyone saw, which says too little to judge by: give the log from after the end, and this one as --public";
        return Err(Fault::Unreadable(format!("{id}: {why}")));
    };
    if let Some(other) = witness.as_ref().map(Witness::auction).filter(|other| *other != id) {
        return Err(Fault::Unreadable(format!("these are logs of two auctions, {id} and {other}")));
    }
    let (mut trial, mut progress) = (Trial::new(&id, InFile(|| source.lines()), witness), Progress::new(said));
    while let Some(line) = lines.next()? {
        let here = trial.mark().position + 1;
        let differs = |what: String| Fault::Differs(Difference { auction: id.clone(), position: here, what, sides: None });
        let record: LogRecord = serde_json::from_slice(&line).map_err(|error| differs(format!("this line is no record: {error}")))?;
        let hash = Hash::parse(record.hash).ok_or_else(|| differs("its hash is none".to_owned()))?;
        trial.take(record.position, record.record.get().as_bytes(), hash)?;
        progress.on(1);
    }
    let count = trial.mark().position;
    if count != said {
        let what = format!("there are {count} records, but the first line says {said}");
        return Err(Fault::Differs(Difference { auction: id, position: count.min(said) + 1, what, sides: None }));
    }
    Ok((count, trial.end_of_ended()?))
}
