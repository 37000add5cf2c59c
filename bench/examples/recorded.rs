//! Recorded bids for `subasta replay`, made up: the same numbers give the same bytes.
//!
//! `cargo run --release -p subasta-bench --example recorded -- --rows 10000000 > bids.csv`

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;
use fastrand::Rng;

/// Writes a CSV file of recorded bids to standard output.
#[derive(Parser)]
struct Options {
    /// Bids in all
    #[arg(long, default_value_t = 10_000_000)]
    rows: u64,
    /// Bids in each auction
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    each: u64,
    /// Auctions whose rows are interleaved
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    open: u64,
    /// Bidders of each auction
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    bidders: u64,
    /// Other numbers, another file
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

/// An auction that takes bids.
struct Lot {
    number: u64,
    start: u64,
    at: u64,
    highest: u64,
    left: u64,
}

impl Lot {
    fn new(number: u64, each: u64, rng: &mut Rng) -> Lot {
        let start = 100 * rng.u64(1..1_000);
        Lot { number, start, at: 1_000_000_000_000 + rng.u64(0..86_400_000), highest: start, left: each }
    }

    /// Nine in ten go for more than all before them.
    fn bid(&mut self, bidders: u64, rng: &mut Rng, out: &mut impl Write) -> io::Result<()> {
        self.left -= 1;
        self.at += rng.u64(0..60_000);
        let max = self.highest + self.highest / 20 + rng.u64(0..100);
        let max = if rng.u64(0..10) == 0 { self.start + rng.u64(0..=self.highest - self.start) } else { max };
        // It may go on for ever, and an amount must stay one.
        let max = max.min(1_000_000_000_000);
        self.highest = self.highest.max(max);
        writeln!(out, "lot-{},{},{},bidder-{},{max}", self.number, self.start, self.at, rng.u64(1..=bidders))
    }
}

fn write(options: &Options, out: &mut impl Write) -> io::Result<()> {
    let mut rng = Rng::with_seed(options.seed);
    writeln!(out, "auction,start,at_ms,bidder,max")?;
    let mut lots: Vec<_> = (0..options.open).map(|number| Lot::new(number, options.each, &mut rng)).collect();
    let mut numbers = options.open..;
    for _ in 0..options.rows {
        let place = rng.usize(0..lots.len());
        let lot = &mut lots[place];
        lot.bid(options.bidders, &mut rng, out)?;
        if lot.left == 0 {
            *lot = Lot::new(numbers.next().unwrap_or(u64::MAX), options.each, &mut rng);
        }
    }
    out.flush()
}

fn main() -> ExitCode {
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    match write(&Options::parse(), &mut out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("recorded: {error}");
            ExitCode::FAILURE
        }
    }
}
