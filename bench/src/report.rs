//! What is told in the end, and what follows from what was counted.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::cli::{Dialect, Mode, Options};
use crate::latency::{Latency, Summary};
use crate::order::Faults;

/// Above this share of its time the client itself may be what is slow.
const LIMIT: f64 = 0.9;

/// One run: what was asked for, and what was seen.
#[derive(Serialize, Debug)]
pub struct Report {
    pub mode: Mode,
    pub target: Option<String>,
    pub dialect: Dialect,
    pub label: Option<String>,
    pub options: Options,
    #[serde(flatten)]
    pub results: Results,
    /// The whole distributions, for those who draw or merge them.
    #[serde(skip)]
    pub curves: Curves,
}

/// How long things took, in full.
#[derive(Serialize, Deserialize, Default, Debug)]
pub struct Curves {
    /// From before a bid is sent to each receipt.
    pub each: Latency,
    /// To the receipt at the last viewer of its room.
    pub last: Latency,
    /// To the bidder's verdict.
    pub accepted: Latency,
}

/// What was seen. What a mode does not measure is null.
#[derive(Serialize, Deserialize, Default, Debug)]
pub struct Results {
    /// How long was measured.
    pub seconds: f64,
    pub sockets: u32,
    pub rooms: u32,
    /// How long it took until all sockets were in their rooms.
    pub opening_s: Option<f64>,
    pub connects_per_s: Option<f64>,
    /// Server CPU a connect.
    pub connect_cpu_us: Option<f64>,
    /// Connections on this machine that found a listener's queue full and had to try again, a second later.
    pub listen_overflows: Option<u64>,
    /// From the moment all were dropped until all were back in their rooms.
    pub back_s: Option<f64>,
    pub back_cpu_us: Option<f64>,
    /// Came back and were told exactly what they had missed.
    pub resumed: Option<u64>,
    /// Bid events, each counted at each socket.
    pub deliveries: Option<u64>,
    pub deliveries_per_s: Option<f64>,
    pub bids_sent: Option<u64>,
    pub bids_sent_per_s: Option<f64>,
    pub bids_accepted: Option<u64>,
    pub bids_accepted_per_s: Option<f64>,
    pub bids_refused: Option<u64>,
    /// Not everywhere, or without a verdict, when they were given up.
    pub bids_unfinished: Option<u64>,
    /// The bidder was gone or took no more bytes.
    pub bids_unsendable: Option<u64>,
    /// In mixed: ends that were put off, auctions that closed, and sockets that saw everything up to `closed` and then code 1000.
    pub extensions: Option<u64>,
    pub closes: Option<u64>,
    pub complete_sockets: Option<u64>,
    pub gaps: u64,
    pub repeats: u64,
    pub disorder: u64,
    pub resyncs: u64,
    pub lost_sockets: u64,
    pub latency_us: Option<Summary>,
    pub last_latency_us: Option<Summary>,
    pub accepted_us: Option<Summary>,
    pub frames_per_read: Option<f64>,
    pub server_cpu_s: Option<f64>,
    pub cpu_us_per_delivery: Option<f64>,
    pub deliveries_per_cpu_s: Option<f64>,
    pub cpu_us_per_bid: Option<f64>,
    /// Share of its time the client had something to do.
    pub client_busy: f64,
    pub client_limited: bool,
    pub rss_before_kib: Option<u64>,
    pub rss_after_kib: Option<u64>,
    pub bytes_per_socket: Option<f64>,
    /// One 512-byte write with fdatasync.
    pub sync_us: Option<Summary>,
}

impl Report {
    pub fn new(mode: Mode, options: &Options) -> Report {
        Report {
            mode,
            target: options.url.clone(),
            dialect: options.dialect,
            label: options.label.clone(),
            options: options.clone(),
            results: Results::default(),
            curves: Curves::default(),
        }
    }

    /// Fills in what follows from counts and curves.
    pub fn conclude(&mut self) {
        self.results.latency_us = self.curves.each.summary();
        self.results.last_latency_us = self.curves.last.summary();
        self.results.accepted_us = self.curves.accepted.summary();
        self.results.work_out_rates();
    }

    pub fn write_json(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        fs::write(file, text + "\n").map_err(|error| format!("--json {}: {error}", file.display()))
    }
}

impl Results {
    /// From when to when was measured, and how much of that the client waited, in nanoseconds.
    pub fn measured(&mut self, from: u64, to: u64, waited: u64) {
        self.seconds = ratio(to - from, 1_000_000_000);
        self.client_busy = (1.0 - ratio(waited, to - from)).clamp(0.0, 1.0);
    }

    /// So many sockets are in their rooms; what CPU the server had used before and after, in seconds.
    pub fn opened(&mut self, sockets: u32, took: Duration, cpu: Option<(f64, f64)>) {
        self.sockets = sockets;
        self.opening_s = Some(took.as_secs_f64());
        self.connect_cpu_us = cpu.map(|(before, after)| (after - before) * 1e6 / f64::from(sockets.max(1)));
    }

    /// What went wrong on the way.
    pub fn faults(&mut self, faults: Faults, lost_sockets: u64, resyncs: u64) {
        (self.gaps, self.repeats, self.disorder) = (faults.gaps, faults.repeats, faults.disorder);
        (self.lost_sockets, self.resyncs) = (lost_sockets, resyncs);
    }

    fn work_out_rates(&mut self) {
        self.client_limited = self.client_busy > LIMIT;
        self.connects_per_s = self.opening_s.filter(|took| *took > 0.0).map(|took| f64::from(self.sockets) / took);
        let per_second = |count: Option<u64>| count.filter(|_| self.seconds > 0.0).map(|count| float(count) / self.seconds);
        self.deliveries_per_s = per_second(self.deliveries);
        self.bids_sent_per_s = per_second(self.bids_sent);
        self.bids_accepted_per_s = per_second(self.bids_accepted);
        let each =
            |count: Option<u64>| self.server_cpu_s.zip(count.filter(|count| *count > 0)).map(|(cpu, count)| cpu * 1e6 / float(count));
        self.cpu_us_per_delivery = each(self.deliveries);
        self.cpu_us_per_bid = each(self.bids_accepted);
        self.deliveries_per_cpu_s = self.server_cpu_s.filter(|cpu| *cpu > 0.0).zip(self.deliveries).map(|(cpu, count)| float(count) / cpu);
        let grown = self.rss_before_kib.zip(self.rss_after_kib).map(|(before, after)| after.saturating_sub(before));
        self.bytes_per_socket = grown.map(|kib| ratio(kib * 1_024, u64::from(self.sockets)));
    }
}

/// One number of another; 0 of nothing.
pub fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub fn float(count: u64) -> f64 {
    count as f64
}
