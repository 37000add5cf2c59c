//! All auctions of a data directory.

use std::path::Path;

use super::fault::{Difference, Fault};
use super::past::InArchive;
use super::progress::Progress;
use super::trial::Trial;
use super::witness::Witness;
use crate::auction::Auction;
use crate::log::{Archive, Mark, Query};

/// Records, and names of auctions, read at once.
const PAGE: usize = 1_024;

/// What was found in a directory.
#[derive(Default)]
pub struct Found {
    pub auctions: u64,
    pub records: u64,
    pub differ: u64,
    pub unreadable: u64,
}

/// Judges every auction under `directory`, and tells each as it was found. The error is why nothing can be read.
pub fn verify(
    directory: &Path,
    mut witness: Option<Witness>,
    mut tell: impl FnMut(&str, &Result<(u64, Auction), Fault>),
) -> Result<Found, Fault> {
    let archive = Archive::open(directory).map_err(|error| Fault::Unreadable(error.0))?;
    let (mut found, mut progress) = (Found::default(), Progress::new(archive.count()?));
    let mut after = None;
    loop {
        let page = archive.entries(&Query { after, limit: PAGE, ..Query::default() })?;
        for entry in &page {
            let mine = witness.take_if(|witness| witness.auction() == entry.auction);
            let result = auction(&archive, &entry.auction, mine, &mut progress);
            found.auctions += 1;
            match &result {
                Ok((records, _)) => found.records += records,
                Err(Fault::Differs(_)) => found.differ += 1,
                Err(Fault::Unreadable(_)) => found.unreadable += 1,
            }
            progress.aside(|| tell(&entry.auction, &result));
        }
        let Some(last) = page.into_iter().next_back() else { break };
        after = Some(last.auction);
    }
    if let Some(witness) = witness {
        found.differ += 1;
        let what = "everyone saw it, but there is no such auction".to_owned();
        let difference = Difference { auction: witness.auction().to_owned(), position: 1, what, sides: None };
        progress.aside(|| tell(witness.auction(), &Err(Fault::Differs(difference))));
    }
    Ok(found)
}

/// Judges one auction up to where it ends now.
fn auction(archive: &Archive, id: &str, witness: Option<Witness>, progress: &mut Progress) -> Result<(u64, Auction), Fault> {
    let head = archive.head(id)?.unwrap_or(Mark::start(id));
    let mut trial = Trial::new(id, InArchive { archive, id }, witness);
    while trial.mark().position < head.position {
        let left = usize::try_from(head.position - trial.mark().position).unwrap_or(PAGE);
        let records = archive.records(id, trial.mark().position, PAGE.min(left))?;
        if records.is_empty() {
            break;
        }
        for record in &records {
            trial.take(record.position, &record.body, record.hash)?;
        }
        progress.on(records.len() as u64);
    }
    Ok((head.position, trial.end(head)?))
}
