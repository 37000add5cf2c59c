//! Every mode, once and briefly, against the real server.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::net::SocketAddr;

use serde_json::Value;
use subasta::config::{Config, LogFormat};
use subasta::gateway::GatewaySettings;
use subasta::room::RoomSettings;
use subasta::serve::Server;
use support::{bench, complaint};
use tempfile::TempDir;

/// The server in this process, with a directory of its own.
struct Real {
    address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
    dir: TempDir,
}

fn real() -> Real {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: dir.path().to_owned(),
        log: "warn".to_owned(),
        log_format: LogFormat::Text,
        gateway: GatewaySettings::default(),
        rooms: RoomSettings::default(),
        listings: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(config)).map_err(|error| error.0).unwrap();
    let address = server.address();
    // It runs for as long as its runtime does.
    std::mem::forget(server);
    Real { address, runtime: Some(runtime), dir }
}

impl Drop for Real {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn count(seen: &Value, what: &str) -> u64 {
    seen[what].as_u64().unwrap_or_else(|| panic!("{what} in {seen}"))
}

fn all_is_well(seen: &Value) {
    for fault in ["gaps", "repeats", "disorder", "resyncs", "lost_sockets"] {
        assert_eq!(seen[fault], 0, "{fault} in {seen}");
    }
}

#[test]
fn fanout_sees_every_bid_at_every_viewer() {
    let server = real();
    let pid = std::process::id();
    let seen = bench(server.address, &format!("fanout --rooms 2 --viewers 20 --window 2 --seconds 0.5 --warmup 0.1 --pid {pid}"));
    all_is_well(&seen);
    assert_eq!(count(&seen, "sockets"), 40);
    assert_eq!(count(&seen, "bids_unfinished"), 0);
    let (each, last) = (&seen["latency_us"], &seen["last_latency_us"]);
    assert_eq!(count(each, "n"), 20 * count(last, "n"), "every timed bid at every viewer of its room");
    assert!(each["p50"].as_f64() <= last["p50"].as_f64());
    assert!(seen["cpu_us_per_delivery"].as_f64().unwrap() >= 0.0); // so short a run may be less than a tick of what the system counts
}

#[test]
fn bids_are_all_judged() {
    let server = real();
    let seen = bench(server.address, "bids --bidders 8 --window 2 --seconds 0.5 --warmup 0.1");
    all_is_well(&seen);
    assert_eq!(count(&seen, "bids_unfinished"), 0);
    assert!(count(&seen, "bids_accepted") > 20, "{seen}");
    assert!(count(&seen["accepted_us"], "n") > 0);
}

#[test]
fn idle_sockets_stay() {
    let server = real();
    let pid = std::process::id();
    let seen = bench(server.address, &format!("idle --sockets 300 --pid {pid}"));
    all_is_well(&seen);
    assert!(count(&seen, "rss_after_kib") > 0 && seen["connects_per_s"].as_f64().unwrap() > 0.0);
}

#[test]
fn after_a_storm_everyone_has_what_they_missed() {
    let server = real();
    let seen = bench(server.address, "storm --sockets 300 --rooms 3");
    all_is_well(&seen);
    assert_eq!(count(&seen, "resumed"), 300);
    assert!(seen["back_s"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_sale_ends_for_everyone_alike() {
    let server = real();
    let seen = bench(server.address, "mixed --sockets 60 --rooms 2 --seconds 3");
    all_is_well(&seen);
    assert_eq!(count(&seen, "closes"), 2);
    assert_eq!(count(&seen, "complete_sockets"), 60);
    assert!(count(&seen, "extensions") > 0, "{seen}");
}

#[test]
fn several_processes_are_one_run() {
    let server = real();
    let svg = server.dir.path().join("out.svg");
    let arguments = format!("fanout --rooms 3 --viewers 10 --seconds 0.5 --warmup 0.1 --processes 2 --svg {}", svg.display());
    let seen = bench(server.address, &arguments);
    all_is_well(&seen);
    assert_eq!((count(&seen, "rooms"), count(&seen, "sockets")), (3, 30));
    assert_eq!(count(&seen["latency_us"], "n"), 10 * count(&seen["last_latency_us"], "n"));
    let drawn = std::fs::read_to_string(svg).unwrap();
    assert!(drawn.contains("<svg") && drawn.contains("to the last viewer"));
}

#[test]
fn a_refusal_is_told_as_it_was_given() {
    let server = real();
    let said = complaint(server.address, "fanout --dialect toy --viewers 2");
    assert!(said.contains("4404"), "the room was never created: {said}");
    let said = complaint(server.address, "fanout --dialect socketio --viewers 2");
    assert!(said.contains("404") && said.contains("--dialect"), "{said}");
}
