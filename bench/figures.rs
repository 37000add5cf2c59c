//! The first figures, of the real binary with every commit synced: how long a bid takes to be accepted and to be seen by somebody
//! else, beside what one sync of this disk takes; and the resident memory an idle socket costs.
//!
//! `cargo bench --bench figures`; `-- BIDS SOCKETS` sets how many of each. One bid is in flight at a time.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::json;
use support::{Client, Process, bid, create, open};

const BIDS: usize = 5_000;
const SOCKETS: usize = 5_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let (bids, sockets) = (numbers.first().copied().unwrap_or(BIDS), numbers.get(1).copied().unwrap_or(SOCKETS));
    let dir = tempfile::tempdir_in(".").unwrap();
    println!("one sync of 512 bytes here      {}", show(&syncs(dir.path(), 1_000)));
    latency(dir.path(), bids).await;
    memory(dir.path(), sockets).await;
}

fn show(times: &Histogram<u64>) -> String {
    let micros = |quantile| times.value_at_quantile(quantile);
    format!("p50 {:>6} µs   p99 {:>6} µs   max {:>6} µs   n {}", micros(0.5), micros(0.99), times.max(), times.len())
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap()
}

fn syncs(dir: &Path, count: usize) -> Histogram<u64> {
    let mut file = File::create(dir.join("sync")).unwrap();
    let mut times = Histogram::new(3).unwrap();
    for _ in 0..count {
        let start = Instant::now();
        file.write_all(&[7; 512]).unwrap();
        file.sync_data().unwrap();
        times.record(micros(start)).unwrap();
    }
    times
}

/// Ana and Ben outbid each other in turns; Cleo watches.
async fn latency(dir: &Path, bids: usize) {
    let mut process = Process::start(dir, 0, &[]).await;
    create(process.address, "lot", json!({"increments": [{"from": 0, "step": 1}]})).await;
    let mut bidders = [
        Client::connect(process.address, "/ws/lot?name=Ana").await.unwrap(),
        Client::connect(process.address, "/ws/lot?name=Ben").await.unwrap(),
    ];
    let mut cleo = Client::connect(process.address, "/ws/lot").await.unwrap();
    let (mut accepted, mut seen) = (Histogram::new(3).unwrap(), Histogram::new(3).unwrap());
    for count in 0..bids {
        let bidder = &mut bidders[count % 2];
        let start = Instant::now();
        bidder.send(bid(&count.to_string(), 1_000 + i64::try_from(count).unwrap())).await;
        // Both wait at once: neither clock runs while the other is served.
        let (to_bidder, to_cleo) = tokio::join!(
            async {
                assert_eq!(bidder.verdict().await["type"], "accepted");
                micros(start)
            },
            async {
                cleo.until("bid").await;
                micros(start)
            }
        );
        accepted.record(to_bidder).unwrap();
        seen.record(to_cleo).unwrap();
    }
    println!("bid → accepted                  {}", show(&accepted));
    println!("bid → event at another socket   {}", show(&seen));
    process.kill();
}

/// Opens sockets in one room and lets them be.
async fn memory(dir: &Path, sockets: usize) {
    let mut process = Process::start(dir, 0, &[]).await;
    create(process.address, "idle", json!({})).await;
    let before = resident(process.child.id());
    let mut held = Vec::with_capacity(sockets);
    for number in 0..sockets {
        held.push(open(process.address, &format!("/ws/idle?name=bidder-{number}")).await.unwrap());
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = resident(process.child.id());
    let each = (after - before) * 1024 / sockets as u64;
    println!("resident memory                 {before} KiB before, {after} KiB with {sockets} idle sockets: {each} bytes a socket");
    process.kill();
}

/// `VmRSS` in KiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
