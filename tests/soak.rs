//! What takes a big store: how fast a long auction wakes, how fast a full house opens, how fast the log appends. Slow to prepare and
//! worth nothing in a debug build: `cargo test --release --test soak -- --ignored --nocapture --test-threads 1`.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use subasta::auction::{Act, AuctionId, Command, Money, Offer, Person, RequestId};
use subasta::clock::Clock;
use subasta::log::{Batch, EventLog, Mark, MemoryLog, Query, SqliteLog};
use subasta::room::{RoomSettings, Rooms};
use subasta::wire::TermsIn;
use support::{Client, Process, bid};

/// A year: no deadline comes near.
const LONG_MS: i64 = 365 * 24 * 3_600_000;

fn store(dir: &Path) -> Arc<SqliteLog> {
    Arc::new(SqliteLog::open(dir, |why| panic!("{why}")).map_err(|error| error.0).unwrap())
}

fn id(text: &str) -> AuctionId {
    AuctionId::parse(text).unwrap()
}

async fn rooms(log: Arc<dyn EventLog>) -> Rooms {
    rooms_at(log, 0).await
}

async fn rooms_at(log: Arc<dyn EventLog>, now: i64) -> Rooms {
    let settings = RoomSettings { mailbox: 100_000, ..RoomSettings::default() };
    Rooms::open(log, Clock::manual(now), settings).await.unwrap()
}

/// Stops the rooms, so that nothing is left in memory.
async fn shut(rooms: Rooms) {
    rooms.stop();
    rooms.stopped().await;
}

/// Sol offers `auction`, and `bids` bids are made in it, each with a request id.
async fn sale(rooms: &Rooms, auction: &str, bids: i64) {
    let terms = json!({"id": auction, "title": "A lot", "start": 1, "increments": [{"from": 0, "step": 1}], "duration_ms": LONG_MS});
    rooms.create(TermsIn::from_json(terms.to_string().as_bytes()).unwrap(), Person::new("sol", "Sol")).await.unwrap();
    let people: Vec<_> = (0..1_000).map(|number| Person::new(&format!("bidder-{number}"), &format!("Bidder {number}"))).collect();
    let mut under_way = FuturesUnordered::new();
    for (number, by) in (0..bids).zip(people.iter().cycle()) {
        let request = RequestId::parse(&format!("5f3a-{number:08}"));
        let command = Command { by: by.clone(), request, act: Act::Bid(Offer::Exact(Money::new(number + 1).unwrap())) };
        let (rooms, auction) = (rooms.clone(), id(auction));
        under_way.push(async move { rooms.command(&auction, command).await });
        if under_way.len() >= 256 {
            under_way.next().await.unwrap().unwrap();
        }
    }
    while let Some(verdict) = under_way.next().await {
        verdict.unwrap();
    }
}

/// The middle of several.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure"]
async fn an_auction_of_100_000_records_wakes() {
    let dir = tempfile::tempdir_in(".").unwrap();
    let log = store(dir.path());
    let house = rooms(log.clone()).await;
    let start = Instant::now();
    sale(&house, "lot", 100_000).await;
    println!("100,000 bids over the rooms took   {:>9.1?}", start.elapsed());
    shut(house).await;
    log.close().await;
    let mut times = Vec::new();
    for _ in 0..7 {
        let log = store(dir.path());
        let house = rooms(log.clone()).await;
        let (start, used) = (Instant::now(), cpu());
        let look = house.look(&id("lot")).await.unwrap();
        times.push(start.elapsed());
        let used = cpu().saturating_sub(used);
        assert_eq!(look.seq, 100_002);
        let start = Instant::now();
        let (_, _, resumed) = house.join(&id("lot"), Some(100_002 - 9_990), None).await.unwrap();
        println!("  woken in {:.1?} ({used:.1?} of CPU), a resume from far back in {:.1?}", times.last().unwrap(), start.elapsed());
        assert!(resumed);
        shut(house).await;
        log.close().await;
    }
    println!("a room of 100,000 records wakes in {:>9.1?}  (median of {})", median(times.clone()), times.len());
}

/// What an auction of this many bids, made at `now`, leaves in a log: its records and its summary.
async fn template(bids: i64, now: i64) -> (Vec<Vec<u8>>, Vec<u8>) {
    let log = Arc::new(MemoryLog::default());
    let house = rooms_at(log.clone(), now).await;
    sale(&house, "template", bids).await;
    let records = log.read("template", Mark::start("template"), 10_000).await.unwrap();
    let entries = log.entries(Query { limit: 1, ..Query::default() }).await.unwrap();
    (records.into_iter().map(|record| record.body).collect(), entries[0].summary.clone())
}

/// One auction's batch for each of `ids`, many under way at once.
async fn fill(log: &SqliteLog, ids: impl Iterator<Item = String>, batch: impl Fn(&str) -> Batch) {
    let mut under_way = FuturesUnordered::new();
    for id in ids {
        under_way.push(log.append(batch(&id)));
        if under_way.len() >= 1_000 {
            under_way.next().await.unwrap().unwrap();
        }
    }
    while let Some(mark) = under_way.next().await {
        mark.unwrap();
    }
}

/// A store of 10,000 auctions, all open for a year from `now`, and a million records.
async fn full_house(dir: &Path, now: i64) {
    let (records, summary) = template(98, now).await;
    assert_eq!(records.len(), 100);
    let log = store(dir);
    let start = Instant::now();
    let rename = |bytes: &[u8], id: &str| String::from_utf8_lossy(bytes).replace("template", id).into_bytes();
    fill(&log, (0..10_000).map(|number| format!("lot-{number}")), |id| Batch {
        auction: id.into(),
        expected: 0,
        records: records.iter().map(|body| rename(body, id)).collect(),
        summary: rename(&summary, id),
        label: "open",
        deadline: Some(now + LONG_MS),
        key: None,
        snapshot: None,
    })
    .await;
    println!("a million records were appended in {:>9.1?}", start.elapsed());
    log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure"]
async fn a_house_of_10_000_auctions_and_a_million_records_is_back_after_kill_9() {
    let dir = tempfile::tempdir_in(".").unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    full_house(&dir.path().join("data"), i64::try_from(now).unwrap()).await;
    let mut times = Vec::new();
    for round in 0..5 {
        let start = Instant::now();
        let mut process = Process::start(dir.path(), 0, &[]).await;
        let open = start.elapsed();
        // Bids that are in the write-ahead log when it is killed.
        for lot in 0..200 {
            let mut ana = Client::connect(process.address, &format!("/ws/lot-{}?name=Ana%20{round}", round * 200 + lot)).await.unwrap();
            if lot == 0 {
                times.push(start.elapsed());
            }
            let minimum = ana.welcome["auction"]["minimum"].as_i64().unwrap();
            assert_eq!(ana.ask(bid("1", minimum)).await["standing"], "leading");
        }
        process.kill();
        println!("  open in {open:.1?}, the first page told how its auction stands in {:.1?}", times.last().unwrap());
    }
    println!("10,000 auctions, 1 M records: back after kill -9 in {:>9.1?}  (median of {})", median(times.clone()), times.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure"]
async fn a_house_of_10_000_auctions_and_a_million_records_opens() {
    let dir = tempfile::tempdir_in(".").unwrap();
    full_house(dir.path(), 0).await;
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let log = store(dir.path());
        let house = rooms(log.clone()).await;
        times.push(start.elapsed());
        assert_eq!(house.lobby().live_count(), 10_000);
        let start = Instant::now();
        house.look(&id("lot-7777")).await.unwrap();
        println!("  open in {:.1?}, one of its rooms awake in {:.1?}", times.last().unwrap(), start.elapsed());
        shut(house).await;
        log.close().await;
    }
    println!("10,000 auctions, 1 M records: open {:>9.1?}  (median of {})", median(times.clone()), times.len());
}

/// User and system time of this process so far.
fn cpu() -> Duration {
    let stat = std::fs::read_dir("/proc/self/task").unwrap().map(|task| {
        let text = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap_or_default();
        text.split(' ').next().and_then(|nanos| nanos.parse::<u64>().ok()).unwrap_or(0)
    });
    Duration::from_nanos(stat.sum())
}

/// Appends by `rooms` rooms at once, each a batch of `size` records after the other, for a while.
async fn appends(rooms: usize, size: usize) {
    let dir = tempfile::tempdir_in(".").unwrap();
    let log = store(dir.path());
    let (records, summary) = template(98, 0).await;
    let (record, wait) = (records[50].clone(), Duration::from_secs(5));
    let (start, used) = (Instant::now(), cpu());
    let mut under_way = FuturesUnordered::new();
    for room in 0..rooms {
        let (log, record, summary) = (log.clone(), record.clone(), summary.clone());
        under_way.push(tokio::spawn(async move {
            let (auction, mut count, mut slowest): (Arc<str>, u64, _) = (format!("room-{room}").into(), 0, Duration::ZERO);
            while start.elapsed() < wait {
                let records = vec![record.clone(); size];
                let (auction, summary, deadline) = (auction.clone(), summary.clone(), Some(LONG_MS));
                let batch = Batch { auction, expected: count, records, summary, label: "open", deadline, key: None, snapshot: None };
                let asked = Instant::now();
                count = log.append(batch).await.unwrap().position;
                slowest = slowest.max(asked.elapsed());
            }
            (count, slowest)
        }));
    }
    let (mut count, mut slowest) = (0, Duration::ZERO);
    while let Some(done) = under_way.next().await {
        let (more, slow) = done.unwrap();
        (count, slowest) = (count + more, slowest.max(slow));
    }
    let (took, used) = (start.elapsed().as_secs_f64(), cpu().saturating_sub(used).as_secs_f64());
    let count = u32::try_from(count).map(f64::from).unwrap();
    println!(
        "{rooms:>5} rooms, batches of {size:>3}: {:>9.0} records/s, {:>6.2} µs of CPU each, slowest append {slowest:.1?}",
        count / took,
        used * 1e6 / count
    );
    log.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure"]
async fn appends_one_room() {
    appends(1, 256).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a figure"]
async fn appends_a_thousand_rooms() {
    appends(1_000, 1).await;
}
