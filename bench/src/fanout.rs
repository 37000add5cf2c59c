//! Mode `fanout`: rooms × viewers, and bids that every viewer gets.

use crate::Result;
use crate::bidding::Done;
use crate::cli::Options;
use crate::report::Report;
use crate::trial::{self, Plan};

/// Two bidders take turns, so that nobody outbids himself.
const BIDDERS: u32 = 2;
const VIEWERS: u32 = 100;

pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    let (viewers, bidders) = (options.viewers.unwrap_or(VIEWERS), options.bidders.unwrap_or(BIDDERS));
    trial::run(options, &Plan { rooms: options.rooms, viewers, bidders, quiet: false, done: Done::Everyone }, report)
}
