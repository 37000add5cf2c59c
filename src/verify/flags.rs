//! What `verify` is told.

use std::path::PathBuf;

use clap::Args;

/// Judge an auction's log again: its chain of hashes, and every decision in it by the same rules.
#[derive(Args, Debug)]
#[command(after_help = "Exit status: 0 all is right, 1 something differs, 2 something cannot be read.")]
pub struct VerifyFlags {
    /// The log of an auction that has ended, as GET /api/auctions/ID/log gives it; - reads it from standard input
    #[arg(required_unless_present = "data_dir", conflicts_with = "data_dir")]
    pub(super) file: Option<PathBuf>,
    /// All auctions of a server's data directory; the server may be running
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// What everyone saw, fetched before the end: the whole log must say the same
    #[arg(long, value_name = "FILE")]
    pub(super) public: Option<PathBuf>,
    /// With --data-dir: a line for every auction, and not only for those that are wrong
    #[arg(long)]
    pub(super) all: bool,
}
