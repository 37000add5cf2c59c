//! Mode `bids`: many bidders, and how soon each has a verdict.

use crate::Result;
use crate::bidding::Done;
use crate::cli::Options;
use crate::report::Report;
use crate::trial::{self, Plan};

const BIDDERS: u32 = 16;

pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    let bidders = options.bidders.unwrap_or(BIDDERS);
    let viewers = options.viewers.unwrap_or(bidders);
    trial::run(options, &Plan { rooms: options.rooms, viewers, bidders, quiet: options.quiet, done: Done::Judged }, report)
}
