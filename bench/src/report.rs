//! What is told in the end: a table, and the same as JSON.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::Result;
use crate::cli::{Dialect, Mode, Options};
use crate::latency::Summary;
use crate::order::Faults;

/// Above this share of its time the client itself may be what is slow.
const LIMIT: f64 = 0.9;

/// The results of one run. What a mode does not measure is null.
#[derive(Serialize, Debug)]
pub struct Report {
    pub mode: Mode,
    pub target: Option<String>,
    pub dialect: Dialect,
    pub label: Option<String>,
    pub options: Options,
    /// How long was measured.
    pub seconds: f64,
    pub sockets: u32,
    pub rooms: u32,
    pub connects_per_s: Option<f64>,
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
    pub gaps: u64,
    pub repeats: u64,
    pub disorder: u64,
    pub resyncs: u64,
    pub lost_sockets: u64,
    /// From before a bid is sent to each receipt.
    pub latency_us: Option<Summary>,
    /// To the receipt at the last viewer of its room.
    pub last_latency_us: Option<Summary>,
    /// To the bidder's verdict.
    pub accepted_us: Option<Summary>,
    pub frames_per_read: Option<f64>,
    pub server_cpu_s: Option<f64>,
    pub cpu_us_per_delivery: Option<f64>,
    pub deliveries_per_cpu_s: Option<f64>,
    pub cpu_us_per_bid: Option<f64>,
    pub connect_cpu_us: Option<f64>,
    /// Connections that found the server's queue full and had to try again, a second later.
    pub listen_overflows: Option<u64>,
    /// From the moment all were dropped until all were back in their rooms.
    pub back_s: Option<f64>,
    pub back_cpu_us: Option<f64>,
    /// Came back and were told exactly what they had missed.
    pub resumed: Option<u64>,
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
            seconds: 0.0,
            sockets: 0,
            rooms: 0,
            connects_per_s: None,
            deliveries: None,
            deliveries_per_s: None,
            bids_sent: None,
            bids_sent_per_s: None,
            bids_accepted: None,
            bids_accepted_per_s: None,
            bids_refused: None,
            bids_unfinished: None,
            bids_unsendable: None,
            gaps: 0,
            repeats: 0,
            disorder: 0,
            resyncs: 0,
            lost_sockets: 0,
            latency_us: None,
            last_latency_us: None,
            accepted_us: None,
            frames_per_read: None,
            server_cpu_s: None,
            cpu_us_per_delivery: None,
            deliveries_per_cpu_s: None,
            cpu_us_per_bid: None,
            connect_cpu_us: None,
            listen_overflows: None,
            back_s: None,
            back_cpu_us: None,
            resumed: None,
            client_busy: 0.0,
            client_limited: false,
            rss_before_kib: None,
            rss_after_kib: None,
            bytes_per_socket: None,
            sync_us: None,
        }
    }

    /// From when to when was measured, and how much of that the client waited, in nanoseconds.
    pub fn measured(&mut self, from: u64, to: u64, waited: u64) {
        self.seconds = ratio(to - from, 1_000_000_000);
        self.client_busy = (1.0 - ratio(waited, to - from)).clamp(0.0, 1.0);
        self.client_limited = self.client_busy > LIMIT;
    }

    /// So many sockets are in their rooms; what CPU the server had used before and after, in seconds.
    pub fn opened(&mut self, sockets: u32, took: Duration, cpu: Option<(f64, f64)>) {
        self.sockets = sockets;
        self.connects_per_s = Some(f64::from(sockets) / took.as_secs_f64());
        self.connect_cpu_us = cpu.map(|(before, after)| (after - before) * 1e6 / f64::from(sockets.max(1)));
    }

    pub fn faults(&mut self, faults: Faults, lost_sockets: u64, resyncs: u64) {
        (self.gaps, self.repeats, self.disorder) = (faults.gaps, faults.repeats, faults.disorder);
        (self.lost_sockets, self.resyncs) = (lost_sockets, resyncs);
    }

    /// Fills in what follows from the counts.
    pub fn work_out_rates(&mut self) {
        let per_second = |count: Option<u64>| count.map(|count| float(count) / self.seconds);
        self.deliveries_per_s = per_second(self.deliveries);
        self.bids_sent_per_s = per_second(self.bids_sent);
        self.bids_accepted_per_s = per_second(self.bids_accepted);
        let each =
            |count: Option<u64>| self.server_cpu_s.zip(count.filter(|count| *count > 0)).map(|(cpu, count)| cpu * 1e6 / float(count));
        self.cpu_us_per_delivery = each(self.deliveries);
        self.cpu_us_per_bid = each(self.bids_accepted);
        self.deliveries_per_cpu_s = self.server_cpu_s.filter(|cpu| *cpu > 0.0).zip(self.deliveries).map(|(cpu, count)| float(count) / cpu);
    }

    /// What the server's memory was before and after, in KiB, and so what a socket takes.
    pub fn memory(&mut self, before: Option<u64>, after: Option<u64>) {
        (self.rss_before_kib, self.rss_after_kib) = (before, after);
        let grown = before.zip(after).map(|(before, after)| after.saturating_sub(before));
        self.bytes_per_socket = grown.map(|kib| ratio(kib * 1_024, u64::from(self.sockets)));
    }

    pub fn write_json(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        fs::write(file, text + "\n").map_err(|error| format!("--json {}: {error}", file.display()))
    }

    pub fn print(&self) {
        println!("{}", serde_json::to_string_pretty(self).unwrap_or_default());
    }
}

/// One number of another; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}
