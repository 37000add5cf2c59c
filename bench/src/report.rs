//! What is told in the end: a table, and the same as JSON.

use std::fs;
use std::path::Path;

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
            client_busy: 0.0,
            client_limited: false,
            rss_before_kib: None,
            rss_after_kib: None,
            bytes_per_socket: None,
            sync_us: None,
        }
    }

    /// How long was measured, and the share of it the client was busy.
    pub fn took(&mut self, seconds: f64, busy: f64) {
        self.seconds = seconds;
        self.client_busy = busy.clamp(0.0, 1.0);
        self.client_limited = self.client_busy > LIMIT;
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

    pub fn write_json(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        fs::write(file, text + "\n").map_err(|error| format!("--json {}: {error}", file.display()))
    }

    pub fn print(&self) {
        println!("{}", serde_json::to_string_pretty(self).unwrap_or_default());
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}
