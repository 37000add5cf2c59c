//! What `replay` is told.

use std::path::{Path, PathBuf};

use clap::Args;

/// What stands for standard output.
pub(super) const STANDARD: &str = "-";

/// Replay recorded bids through the rules, and say how each auction stands after its last.
#[derive(Args, Debug)]
#[command(
    after_help = "FILE has a header and the columns auction,start,at_ms,bidder,max, in any order, and may have amount (an exact bid, in place of max) and \
    reserve. Money is in whole minor units. The rows of one auction are in the order of their time; those of several may be interleaved.\n\
    Printed: auction,price,leader,accepted,refused, a line for each auction, in the order of their first rows.\n\
    Exit status: 0 done, 2 a row or the command line is wrong, 1 a file cannot be read or written."
)]
pub struct ReplayFlags {
    /// The recorded bids: CSV
    pub(super) file: PathBuf,
    /// The steps: ebay, or a file with increments as terms have them: [{"from":0,"step":100}] or {"percent":5,"at_least":100}
    #[arg(long, value_name = "ebay|FILE", default_value = "ebay")]
    pub(super) increments: PathBuf,
    /// Give these auctions a reserve: CSV with the columns auction and reserve; where it names an auction, FILE's own column does not count
    #[arg(long, value_name = "FILE")]
    pub(super) reserve_from: Option<PathBuf>,
    /// Say what became of each row, one JSON object a line: in place of the table, or with --trace=FILE into a file beside it
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = STANDARD)]
    pub(super) trace: Option<PathBuf>,
}

impl ReplayFlags {
    /// Whether standard output is the table's.
    pub(super) fn has_table(&self) -> bool {
        self.trace.as_deref() != Some(Path::new(STANDARD))
    }
}
