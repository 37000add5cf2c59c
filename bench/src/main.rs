//! The load bench: many sockets in one thread, and what a server does with them.

mod bidding;
mod bids;
mod chart;
mod cli;
mod dialect;
mod fanout;
mod fleet;
mod frame;
mod http;
mod idle;
mod latency;
mod mixed;
mod net;
mod order;
mod process;
mod report;
mod ring;
mod storm;
mod table;
mod target;
mod trial;

use std::process::ExitCode;

use clap::Parser;

use cli::{Mode, Options};
use report::Report;

/// What went wrong, as a sentence for whoever runs the bench.
type Result<T> = std::result::Result<T, String>;

const HOW_TO: &str = "\
subasta-bench puts a load on a WebSocket auction server and says what it did with it.

  1. start a server:   cargo run --release -- --port 8080 --data-dir /tmp/bench
  2. run a mode:       subasta-bench fanout --url ws://127.0.0.1:8080 --viewers 1000 --window 4
  3. its CPU as well:  … --pid $(pidof subasta)

Modes: idle, fanout, bids, storm, mixed. `subasta-bench --help` says what each does and lists every option.";

fn main() -> ExitCode {
    let options = Options::parse();
    let (Some(mode), Some(_)) = (options.mode, options.url.as_ref()) else {
        println!("{HOW_TO}");
        return ExitCode::from(2);
    };
    match run(mode, &options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("subasta-bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(mode: Mode, options: &Options) -> Result<()> {
    process::raise_open_files();
    let overflows = process::listen_overflows();
    let mut report = Report::new(mode, options);
    if let Some(dir) = &options.sync_dir {
        report.results.sync_us = Some(process::sync_cost(dir)?);
    }
    match mode {
        Mode::Fanout => fanout::run(options, &mut report)?,
        Mode::Bids => bids::run(options, &mut report)?,
        Mode::Idle => idle::run(options, &mut report)?,
        Mode::Storm => storm::run(options, &mut report)?,
        Mode::Mixed => mixed::run(options, &mut report)?,
    }
    report.results.listen_overflows = overflows.zip(process::listen_overflows()).map(|(before, after)| after.saturating_sub(before));
    report.conclude();
    table::print(&report);
    if let Some(file) = &options.json {
        report.write_json(file)?;
    }
    if let Some(file) = &options.svg {
        chart::write(&report, file)?;
    }
    Ok(())
}
