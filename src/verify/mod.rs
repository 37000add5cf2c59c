//! `subasta verify`: judges a log again, by the chain of hashes and by the same rules, and says where it first differs.
//!
//! Nothing that is stored is believed: every event must come of what it says was asked for, decided again against the events before it. It
//! must not know of rooms that run, of the gateway, or of a clock.

mod directory;
mod fault;
mod file;
mod flags;
mod lines;
mod past;
mod progress;
mod trial;
mod witness;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

pub use flags::VerifyFlags;

use crate::auction::{Auction, Outcome, Status};
use directory::Found;
use fault::Fault;
use witness::Witness;

/// Something differs.
const DIFFERS: u8 = 1;
/// Something cannot be read, and nothing was found that differs.
const UNREADABLE: u8 = 2;

/// Runs the command: what is found to standard output, what cannot be read to standard error.
pub fn verify(flags: &VerifyFlags) -> ExitCode {
    let witness = flags.public.as_deref().map(Witness::open).transpose();
    let code = witness.and_then(|witness| match (&flags.file, &flags.data_dir) {
        (None, Some(directory)) => all(directory, witness, flags.all),
        (file, _) => one(file.as_deref().unwrap_or(Path::new("-")), witness),
    });
    code.unwrap_or_else(|fault| wrong(&fault))
}

fn one(path: &Path, witness: Option<Witness>) -> Result<ExitCode, Fault> {
    let (records, auction) = file::verify(path, witness)?;
    say(&format!("{}: {records} records, {}: all is right", auction.terms().id, end(&auction)));
    Ok(ExitCode::SUCCESS)
}

fn all(directory: &Path, witness: Option<Witness>, each: bool) -> Result<ExitCode, Fault> {
    let Found { auctions, records, differ, unreadable } = directory::verify(directory, witness, |id, result| match result {
        Ok((records, auction)) if each => say(&format!("{id}: {records} records, {}: all is right", end(auction))),
        Ok(_) => {}
        Err(fault) => drop(wrong(fault)),
    })?;
    let result = match (differ, unreadable) {
        (0, 0) => "all is right".to_owned(),
        _ => format!("{differ} differ, {unreadable} cannot be judged"),
    };
    say(&format!("{auctions} auctions, {records} records that are right: {result}"));
    Ok(match (differ, unreadable) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(UNREADABLE),
        _ => ExitCode::from(DIFFERS),
    })
}

/// How an auction stands at the end of its log, in a few words.
fn end(auction: &Auction) -> String {
    let shown = |money| auction.terms().currency.show(money).to_string();
    let price = auction.price().map(shown).unwrap_or_default();
    match (auction.status(), auction.outcome(), auction.leader()) {
        (Status::Closed, Some(Outcome::Sold), Some(winner)) => format!("sold to {} for {price}", winner.name),
        (Status::Closed, Some(Outcome::ReserveNotMet), _) => "closed, reserve not met".to_owned(),
        (Status::Closed, _, _) => "closed, unsold".to_owned(),
        (status, _, Some(leader)) => format!("{}, {} leads at {price}", status.word(), leader.name),
        (status, _, None) => status.word().to_owned(),
    }
}

fn wrong(fault: &Fault) -> ExitCode {
    match fault {
        Fault::Differs(difference) => {
            say(&difference.to_string());
            ExitCode::from(DIFFERS)
        }
        Fault::Unreadable(why) => {
            // Where standard error is gone too, the exit code says it.
            let _ = writeln!(io::stderr(), "subasta: {why}");
            ExitCode::from(UNREADABLE)
        }
    }
}

/// A line to whoever still reads.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
