//! What the machine does to a running server: a disk that is full, power that is cut, a wall clock that is set.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use support::bidding::{self, Acknowledged, history};
use support::disk::{self, Disk};
use support::{Client, PATIENCE, Process, bid, create};

/// Two bidders in turn, as far as the disk lets them, and those who watch.
struct Sale {
    address: SocketAddr,
    bidders: [Client; 2],
    watcher: Client,
    /// Request id and amount of each that was accepted, by bidder, in the order of their acceptance.
    accepted: Vec<(String, i64)>,
}

impl Sale {
    async fn begin(address: SocketAddr) -> Sale {
        create(address, "lot", json!({"increments": [{"from": 0, "step": 1}]})).await;
        let join = async |path: &str| Client::connect(address, path).await.unwrap();
        let bidders = [join("/ws/lot?name=Ana").await, join("/ws/lot?name=Ben").await];
        Sale { address, bidders, watcher: join("/ws/lot?since=0").await, accepted: Vec::new() }
    }

    /// The next bid: its verdict.
    async fn bid(&mut self) -> Value {
        let count = self.accepted.len();
        let (id, amount) = (count.to_string(), 1_000 + i64::try_from(count).unwrap());
        let verdict = self.bidders[count % 2].ask(bid(&id, amount)).await;
        if verdict["type"] == "accepted" {
            self.accepted.push((id, amount));
        } else {
            assert_eq!(verdict["code"], "unavailable", "{verdict}");
        }
        verdict
    }

    /// Bids are made until the disk refuses one; and as long as it does, it refuses.
    async fn until_full(&mut self) {
        while self.bid().await["type"] == "accepted" {}
        assert_eq!(self.bid().await["code"], "unavailable");
    }

    /// Who watches goes on, and newcomers come, while nothing can be written.
    async fn is_watched(&mut self) {
        self.watcher.send(json!({"type": "ping", "t": 1})).await;
        self.watcher.until("pong").await;
        let mut newcomer = Client::connect(self.address, "/ws/lot?since=0").await.unwrap();
        assert_eq!(newcomer.welcome["resumed"], true);
        // Two events made the auction.
        while newcomer.seq < self.accepted.len() as u64 + 2 {
            newcomer.receive().await.unwrap();
        }
        let page = reqwest::get(format!("http://{}/api/auctions/lot", self.address)).await.unwrap();
        assert_eq!(page.status(), 200);
    }

    /// There is exactly what was accepted, each once, in its order: for who watched all the time, and after `kill -9`.
    async fn ends(mut self, mut process: Process, dir: &Path) {
        while self.watcher.seq < self.accepted.len() as u64 + 2 {
            self.watcher.receive().await.unwrap();
        }
        process.kill();
        let process = Process::start(dir, 0, &[]).await;
        for events in [self.watcher.events, history(process.address).await] {
            let bids: Vec<_> =
                events.iter().filter(|event| event["type"] == "bid").map(|event| event["amount"].as_i64().unwrap()).collect();
            let accepted: Vec<_> = self.accepted.iter().map(|(_, amount)| *amount).collect();
            assert_eq!(bids, accepted);
        }
        verified(dir);
    }
}

/// All that is stored, judged again, comes out the same.
fn verified(dir: &Path) {
    let verified = Command::new(support::binary()).args(["verify", "--data-dir"]).arg(dir.join("data")).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_bids_and_loses_nothing() {
    let rounds = disk::rounds("FULL_ROUNDS", 20);
    let Some(disk) = Disk::in_memory(64) else { return };
    let process = Process::start(disk.path(), 0, &[]).await;
    let mut sale = Sale::begin(process.address).await;
    for round in 0..rounds {
        // From nothing left at all to some bids' worth above what the server leaves alone.
        let ballast = disk.fill([0, 1 << 20, (4 << 20) + 4_096 * (round % 16), (4 << 20) + 65_536][usize::try_from(round % 4).unwrap()]);
        sale.until_full().await;
        sale.is_watched().await;
        std::fs::remove_file(ballast).unwrap();
        // The very same bid, under its id. A child of another test may hold the file for a moment.
        let taken = async { while sale.bid().await["type"] != "accepted" {} };
        tokio::time::timeout(PATIENCE, taken).await.expect("bids are taken again where there is room");
    }
    println!("{rounds} times full, {} bids accepted, none lost", sale.accepted.len());
    sale.ends(process, disk.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_in_the_middle_of_a_commit_refuses_it_whole() {
    let dir = tempfile::tempdir().unwrap();
    let full = dir.path().join("full");
    let process = Process::run(disk::behind("full.c", dir.path()).env("FULL", &full)).await;
    let mut sale = Sale::begin(process.address).await;
    let mut halves = 0;
    // After each of the writes that a commit comes to, and after none.
    for writes in 0..24 {
        std::fs::write(&full, vec![b'.'; writes]).unwrap();
        let before = sale.accepted.len();
        sale.until_full().await;
        halves += usize::from(sale.accepted.len() == before && writes > 0);
        sale.is_watched().await;
        std::fs::remove_file(&full).unwrap();
        assert_eq!(sale.bid().await["type"], "accepted");
    }
    assert!(halves > 2, "no commit was cut in its middle");
    sale.ends(process, dir.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_where_the_index_must_grow_stops_nothing() {
    // What SQLite's index of the write-ahead log holds before it grows, by 32 KiB: after the commit is written, when there is no way back.
    const FRAMES: u64 = 4_062;
    const FRAME: u64 = 24 + 4_096;
    let Some(disk) = Disk::in_memory(32) else { return };
    let process = Process::start(disk.path(), 0, &[]).await;
    let mut sale = Sale::begin(process.address).await;
    let wal = disk.path().join("data/subasta.db-wal");
    let frames = || std::fs::metadata(&wal).unwrap().len() / FRAME;
    while frames() < FRAMES - 20 {
        assert_eq!(sale.bid().await["type"], "accepted");
    }
    // Room for the commit that needs a larger index, and none for that.
    let ballast = disk.fill((FRAMES + 1 - frames()) * FRAME + 28_672);
    sale.until_full().await;
    sale.is_watched().await;
    std::fs::remove_file(ballast).unwrap();
    while frames() < FRAMES + 20 {
        assert_eq!(sale.bid().await["type"], "accepted");
    }
    sale.ends(process, disk.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_bid_is_lost_when_the_power_is_cut() {
    let rounds = disk::rounds("CUT_ROUNDS", 3);
    let Some(disk) = Disk::in_file(64) else { return };
    let acknowledged: Acknowledged = Arc::default();
    let mut process = Process::start(disk.path(), 0, &[]).await;
    create(process.address, "lot", json!({"increments": [{"from": 0, "step": 1}]})).await;
    let mut known: Vec<Value> = Vec::new();
    for round in 0..rounds {
        let bidders = bidding::bidders(process.address, round, &acknowledged);
        let before = acknowledged.lock().unwrap().len();
        tokio::time::sleep(Duration::from_millis(40 + 23 * (round % 10))).await;
        bidding::under_way(&acknowledged, before).await;
        // A machine without power tells nobody anything: what is said from here on, by a sync that was under way and is told that all is well, no
        // real one would have said.
        let told = acknowledged.lock().unwrap().clone();
        disk.cut();
        process.kill();
        bidding::all_gone(bidders).await;
        *acknowledged.lock().unwrap() = told;
        disk.restore();
        process = Process::start(disk.path(), 0, &[]).await;
        let events = history(process.address).await;
        assert_eq!(events[..known.len()], known, "what was there before stays as it was");
        bidding::check(&events, &acknowledged);
        known = events;
    }
    process.kill();
    verified(disk.path());
    println!("{rounds} times the power was cut, {} bids acknowledged, 0 lost", acknowledged.lock().unwrap().len());
}

/// Milliseconds of UTC.
fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

const LOTS: i64 = 4;

/// Auctions that end one after the other, the first soon, while the wall clock is set `by` so many seconds. Of each second one nobody hears
/// before its end.
async fn the_wall_clock_is_set(by: i64) {
    let dir = tempfile::tempdir().unwrap();
    let wall = dir.path().join("wall");
    let process = Process::run(disk::behind("wall.c", dir.path()).env("WALL", &wall)).await;
    let (start, first) = (Instant::now(), now() + 3_000);
    let end = |lot: i64| first + 400 * lot;
    for lot in (0..LOTS).rev() {
        create(process.address, &format!("lot-{lot}"), json!({"ends_at": end(lot)})).await;
    }
    create(process.address, "soft", json!({"ends_at": first, "soft_close": {"window_ms": 60_000, "extend_ms": 3_500}})).await;
    let mut ana = Client::connect(process.address, "/ws/soft?name=Ana").await.unwrap();
    let mut watchers = Vec::new();
    for lot in (0..LOTS).step_by(2) {
        watchers.push((lot, Client::connect(process.address, &format!("/ws/lot-{lot}")).await.unwrap()));
    }

    std::fs::write(&wall, by.to_string()).unwrap();
    let before = now();
    assert_eq!(ana.ask(bid("1", 1_000)).await["standing"], "leading", "{by}");
    let extended = ana.events.iter().find(|event| event["type"] == "extended").unwrap()["ends_at"].as_i64().unwrap();
    // Two clocks count the same milliseconds, each from its own.
    assert!((before - 50..=now() + 50).contains(&(extended - 3_500)), "a stamp moved with the wall clock: {by}");
    // A session from before the step still holds, and one from after it.
    let mut ben = Client::connect(process.address, "/ws/soft?name=Ben").await.unwrap();
    assert_eq!(ben.ask(bid("1", 2_000)).await["standing"], "leading", "{by}");

    for (lot, mut watcher) in watchers {
        watcher.until("closed").await;
        assert!(start.elapsed() >= Duration::from_millis(2_990 + 400 * lot.unsigned_abs()), "too early: {by}");
    }
    let mut closed = Vec::new();
    for lot in 0..LOTS {
        closed.push(closed_at(process.address, &format!("lot-{lot}")).await);
    }
    for (lot, at) in (0..LOTS).zip(&closed) {
        assert!((end(lot)..end(lot) + 60_000).contains(at), "lot {lot} ended at {at}, not at {}: {by}", end(lot));
    }
    assert!(closed.is_sorted(), "out of order: {by}");
    closed_at(process.address, "soft").await;
}

/// When an auction was closed, once it is.
async fn closed_at(address: SocketAddr, auction: &str) -> i64 {
    let url = format!("http://{address}/api/auctions/{auction}/events?since=0");
    let closed = async {
        loop {
            let page: Value =
                reqwest::Client::new().get(&url).header("accept", "application/json").send().await.unwrap().json().await.unwrap();
            let closed = page["events"].as_array().unwrap().iter().find(|event| event["type"] == "closed");
            if let Some(closed) = closed {
                return closed["at"].as_i64().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.unwrap_or_else(|_| panic!("{auction} does not close"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_setting_of_the_wall_clock_moves_a_close() {
    const HOUR: i64 = 3_600;
    tokio::join!(
        the_wall_clock_is_set(HOUR),
        the_wall_clock_is_set(-HOUR),
        the_wall_clock_is_set(24 * HOUR),
        the_wall_clock_is_set(-24 * HOUR)
    );
}
