//! The promises of `docs/protocol.md` under whatever a seed thinks of: several rooms over a log that stalls, fails and conflicts, servers that are lost
//! between any two turns of their tasks and come back, sockets that drop and resume, commands that are asked again. One thread for each run, no
//! real time: one seed is one run. Whatever is seen is held against a naive twin of the rules as soon as it is seen (`simulation/witness.rs`):
//!
//! - every record is what the rules make of one command that somebody has asked, and who has not been told no;
//! - nobody is answered, and nothing is shown, before it is durable; the same request has the same verdict for ever;
//! - a refusal is what the rules say at some moment between question and answer, and no bid stamped before the end is refused for coming late;
//! - each seat is told every event once, in order, as everyone else, and no verdict before its event;
//! - what is due is done in time, an outage is made up for, and in the end everyone has a verdict and has seen everything.
//!
//! `SIM_SEEDS` says how many seeds are run (1,000 unless it does), `SIM_FROM` which is the first; `SIM_SEED` runs one, and with `--nocapture` prints what
//! happened in it. Not in it: snapshots (4,096 records to the first), formats other than English, damage to what is stored.

#![allow(missing_docs, clippy::unwrap_used, clippy::missing_panics_doc)]

#[path = "simulation/disk.rs"]
mod disk;
#[path = "simulation/journal.rs"]
mod journal;
#[path = "simulation/lot.rs"]
mod lot;
#[path = "support/naive.rs"]
mod naive;
#[path = "simulation/pipe.rs"]
mod pipe;
#[path = "simulation/run.rs"]
mod run;
#[path = "simulation/witness.rs"]
mod witness;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once};
use std::thread::available_parallelism;

use witness::Witness;

thread_local! {
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// How many panics there were on this thread: a runtime keeps those of its tasks to itself.
pub fn panics() -> usize {
    PANICS.get()
}

fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.set(PANICS.get() + 1);
            tell(panic);
        }));
    });
}

/// Runs a seed; `Err` where a promise was broken.
fn run(seed: u64) -> (Witness, Result<(), ()>) {
    count_panics();
    PANICS.set(0);
    let mut witness = Witness::default();
    let ran = catch_unwind(AssertUnwindSafe(|| run::run(seed, &mut witness)));
    (witness, ran.map_err(drop))
}

fn told(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not {text:?}")))
}

#[test]
fn what_is_promised_holds_whatever_happens() {
    if let Some(seed) = told("SIM_SEED") {
        let (witness, ran) = run(seed);
        println!("{}\nseed {seed}: {:016x}", witness.lines.join("\n"), witness.hash());
        return assert!(ran.is_ok(), "seed {seed}");
    }
    let (from, seeds) = (told("SIM_FROM").unwrap_or(0), told("SIM_SEEDS").unwrap_or(1_000));
    let (next, answers) = (AtomicU64::new(from), Mutex::new(BTreeMap::<String, usize>::new()));
    // Until one is found: all before it have been taken by then.
    let search = || {
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= from + seeds {
                return None;
            }
            let (witness, ran) = run(seed);
            if ran.is_err() {
                next.store(from + seeds, Ordering::SeqCst);
                return Some(seed);
            }
            let mut answers = answers.lock().unwrap();
            witness.asked.into_iter().filter_map(|asked| asked.code).for_each(|code| *answers.entry(code).or_default() += 1);
        }
    };
    let found = std::thread::scope(|scope| {
        let searching: Vec<_> = (0..available_parallelism().map_or(1, NonZero::get)).map(|_| scope.spawn(search)).collect();
        searching.into_iter().filter_map(|searching| searching.join().unwrap()).min()
    });
    if let Some(seed) = found {
        panic!("seed {seed} breaks a promise, after {} others: SIM_SEED={seed} shows how", seed - from);
    }
    println!("{seeds} seeds, and what was answered: {:?}", answers.into_inner().unwrap());
}

#[test]
fn one_seed_is_one_run() {
    for seed in 0..told("SIM_SEEDS").unwrap_or(1_000) / 50 {
        let ((one, first), (other, second)) = (run(seed), run(seed));
        assert!(first.is_ok() && second.is_ok(), "seed {seed}");
        if let Some(line) = (0..one.lines.len().max(other.lines.len())).find(|line| one.lines.get(*line) != other.lines.get(*line)) {
            panic!("seed {seed}, line {line}: {:?} and {:?}", one.lines.get(line), other.lines.get(line));
        }
        assert_eq!(one.hash(), other.hash());
    }
}
