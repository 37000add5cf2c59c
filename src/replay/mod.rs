//! `subasta replay`: recorded bids through the very rules that judge live ones, as fast as one core goes.
//!
//! Rows in, [`decide`](crate::auction::decide) and [`evolve`](crate::auction::Auction::evolve), results out; nothing here judges by itself. What
//! an auction was and became is the rules' affair: this room must not know rooms, the log, or any wire but the terms and words of it.
//!
//! The file is read twice. The first time only says how many rows each auction has, so that the second can let an auction go with its last
//! row, however they are interleaved. What is held is the open auctions and two numbers for each auction to come, nothing for a row.

mod columns;
mod counts;
mod flags;
mod house;
mod lot;
mod options;
mod output;
mod progress;
mod results;
mod sheet;
mod trace;
mod trouble;

use std::fs::File;
use std::io::{Seek, Write};
use std::process::ExitCode;

use columns::Columns;
use counts::Counts;
pub use flags::ReplayFlags;
use house::House;
use progress::Progress;
use results::Results;
use sheet::Sheet;
use trace::Trace;
use trouble::Trouble;

/// Replays a file: 0 done, 2 the command line or a row is to blame, 1 it could not be read or written.
pub fn replay(flags: &ReplayFlags) -> ExitCode {
    let progress = Progress::default();
    let done = run(flags, &progress);
    progress.end();
    let (code, why) = match done {
        // Whoever closed the pipe has read enough.
        Ok(()) | Err(Trouble::Unread) => return ExitCode::SUCCESS,
        Err(Trouble::Wrong(why)) => (2, why),
        Err(Trouble::Failed(why)) => (1, why),
    };
    // Where standard error is gone too, the exit code says it.
    let _ = writeln!(std::io::stderr(), "subasta: {why}");
    ExitCode::from(code)
}

fn run(flags: &ReplayFlags, progress: &Progress) -> Result<(), Trouble> {
    let terms = options::terms(&flags.increments)?;
    let reserves = flags.reserve_from.as_deref().map(options::reserves).transpose()?.unwrap_or_default();
    let name = flags.file.display().to_string();
    let unread = |error| Trouble::Wrong(format!("cannot read {name}: {error}"));
    let mut file = File::open(&flags.file).map_err(unread)?;
    let about = file.metadata().map_err(unread)?;
    // A pipe is read once: its auctions stay open until it ends.
    let (counts, progress) = if about.is_file() {
        progress.begin(about.len().saturating_mul(2));
        let counts = count(Sheet::new(&name, file.try_clone().map_err(unread)?)?, progress)?;
        file.rewind().map_err(unread)?;
        (Some(counts), &progress.after(about.len()))
    } else {
        (None, progress)
    };
    let mut house = House::new(terms, reserves, counts);
    let mut results = flags.has_table().then(|| Results::new(output::standard(progress)));
    let mut trace = flags.trace.as_deref().map(|path| output::trace(path, progress)).transpose()?.map(Trace::new);
    let judged = judge(Sheet::new(&name, file)?, &mut house, results.as_mut(), trace.as_mut(), progress);
    // What came before a bad row is there to be seen.
    let told = results.map_or(Ok(()), Results::finish);
    let traced = trace.map_or(Ok(()), Trace::finish);
    judged.and(told).and(traced)
}

/// How many rows each auction has.
fn count(mut sheet: Sheet, progress: &Progress) -> Result<Counts, Trouble> {
    let auction = Columns::of(&sheet)?.auction;
    let mut counts = Counts::default();
    while sheet.advance()? {
        counts.row(sheet.field(auction));
        progress.row(&sheet);
    }
    Ok(counts)
}

fn judge(
    mut sheet: Sheet,
    house: &mut House,
    mut results: Option<&mut Results>,
    mut trace: Option<&mut Trace>,
    progress: &Progress,
) -> Result<(), Trouble> {
    let columns = Columns::of(&sheet)?;
    if let Some(results) = &mut results {
        results.head()?;
    }
    while sheet.advance()? {
        let row = columns.row(&sheet)?;
        let lot = house.enter(&row).map_err(|why| sheet.wrong(&why))?;
        let verdict = lot.judge(&row).map_err(|why| sheet.wrong(&why))?;
        if let Some(trace) = &mut trace {
            trace.tell(sheet.line(), &row, lot, verdict.as_ref().err())?;
        }
        if let (Some(ended), Some(results)) = (house.leave(), &mut results) {
            results.take(ended)?;
        }
        progress.row(&sheet);
    }
    if !house.has_seen_all() {
        return Err(Trouble::Failed(format!("{} changed while it was read; replay it again", sheet.name())));
    }
    match results {
        Some(results) => house.close().into_iter().try_for_each(|ended| results.take(ended)),
        None => Ok(()),
    }
}
