//! The load bench: many sockets in one thread, and what a server does with them.

mod bidding;
mod bids;
mod chart;
mod cli;
mod dialect;
mod fanout;
mod fleet;
mod frame;
mod herd;
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
    let sync = options.sync_dir.as_ref().filter(|_| !options.member).map(|dir| process::sync_cost(dir)).transpose()?;
    let mut report = Report::new(mode, options);
    if options.processes > 1 {
        herd::run(mode, options, &mut report)?;
    } else {
        run_here(mode, options, &mut report)?;
    }
    if options.member {
        return herd::tell(report);
    }
    report.results.listen_overflows = overflows.zip(process::listen_overflows()).map(|(before, after)| after.saturating_sub(before));
    report.results.sync_us = sync;
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

fn run_here(mode: Mode, options: &Options, report: &mut Report) -> Result<()> {
    match mode {
        Mode::Idle => idle::run(options, report),
        Mode::Fanout => fanout::run(options, report),
        Mode::Bids => bids::run(options, report),
        Mode::Storm => storm::run(options, report),
        Mode::Mixed => mixed::run(options, report),
    }
}
