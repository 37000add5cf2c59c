//! What one may ask for.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use serde::Serialize;

/// What is done to the server.
#[derive(ValueEnum, Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// opens --sockets in one room and leaves them alone: memory a socket
    Idle,
    /// rooms × viewers; bids that every viewer gets: deliveries, latency to each and to the last
    Fanout,
    /// many bidders: acknowledged bids a second, time to `accepted`
    Bids,
    /// opens --sockets as fast as the server takes them, drops all at once, and all come back
    Storm,
    /// a real sale: people join, bids bunch toward the end, snipes, soft closes
    Mixed,
}

/// What the server speaks.
#[derive(ValueEnum, Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// docs/protocol.md: auctions are created first, verdicts are `accepted` and `refused`
    Subasta,
    /// the toy auction of bench/peers: rooms come into being, one's own bid coming back is the verdict
    Toy,
    /// the toy auction over Socket.IO's wire
    Socketio,
}

/// Puts a load on a WebSocket auction server and says what it did with it.
#[derive(Parser, Serialize, Clone, Debug)]
#[command(name = "subasta-bench", version, args_override_self = true)]
pub struct Options {
    /// What to do
    #[serde(skip)]
    pub mode: Option<Mode>,
    /// Where the server is: ws://127.0.0.1:8080
    #[arg(long)]
    #[serde(skip)]
    pub url: Option<String>,
    /// What it speaks
    #[arg(long, value_enum, default_value_t = Dialect::Subasta)]
    #[serde(skip)]
    pub dialect: Dialect,
    /// The server's process on this machine: its CPU time and memory are read from /proc
    #[arg(long)]
    pub pid: Option<u32>,
    /// A name for this run in the report
    #[arg(long)]
    #[serde(skip)]
    pub label: Option<String>,
    /// Rooms
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rooms: u32,
    /// Sockets in each room, its bidders included [default: 100; in bids as many as bidders]
    #[arg(long)]
    pub viewers: Option<u32>,
    /// Bidders in each room [default: 2 in fanout, 16 in bids]
    #[arg(long)]
    pub bidders: Option<u32>,
    /// Closed loop: bids in flight, in fanout for each room, in bids for each bidder
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub window: u32,
    /// Open loop: so many bids a second over all rooms, on schedule whatever happens
    #[arg(long, value_parser = positive)]
    pub rate: Option<f64>,
    /// Measured for so long
    #[arg(long, value_parser = positive, default_value_t = 5.0)]
    pub seconds: f64,
    /// Run for so long before that
    #[arg(long, value_parser = positive, default_value_t = 1.0)]
    pub warmup: f64,
    /// Sockets, in idle, storm and mixed
    #[arg(long, default_value_t = 1_000)]
    pub sockets: u32,
    /// Handshakes under way at once; keep below the server's listen backlog, which is often 128
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub at_once: u32,
    /// A bid that is not done after so many seconds is given up (closed loop), or waited for at the end (open loop)
    #[arg(long, value_parser = positive, default_value_t = 10.0)]
    pub give_up: f64,
    /// Never sleep: ask for ready sockets over and over
    #[arg(long)]
    pub spin: bool,
    /// Bidders ask for verdicts only (`events=none`), in bids
    #[arg(long)]
    pub quiet: bool,
    /// Spread the rooms, in idle and storm the sockets, over so many processes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub processes: u32,
    /// One of several processes
    #[arg(long, hide = true)]
    #[serde(skip)]
    pub member: bool,
    /// Time 512-byte writes with fdatasync in this directory first
    #[arg(long, value_name = "DIR")]
    #[serde(skip)]
    pub sync_dir: Option<PathBuf>,
    /// Write the results as JSON
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub json: Option<PathBuf>,
    /// Draw the results: figures, histograms, percentile curves
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub svg: Option<PathBuf>,
}

/// A number of seconds, or of things a second.
fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse().map_err(|_| "not a number".to_owned())?;
    if (1e-6..=1e9).contains(&number) { Ok(number) } else { Err("must be above 0".to_owned()) }
}
