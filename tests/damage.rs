//! What a disk may do to the log while no server looks: the last of it is torn off, bits of it are turned.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use subasta::log::{Batch, EventLog, Mark, ReadError, SqliteLog};
use support::{Client, PATIENCE, Process, bid, create, disk};
use tempfile::TempDir;

const FILE: &str = "subasta.db";
const WAL: &str = "subasta.db-wal";

/// In memory where there is such a directory: nothing here is about syncs.
fn directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn open(dir: &Path) -> Result<SqliteLog, String> {
    let patient = std::time::Instant::now() + PATIENCE;
    loop {
        match SqliteLog::open(dir, |why| panic!("{why}")) {
            // A process that another test starts has all our locks for the moment between its fork and its exec.
            Err(error) if error.0.contains("another server") && std::time::Instant::now() < patient => {
                std::thread::sleep(Duration::from_millis(20));
            }
            opened => return opened.map_err(|error| error.0),
        }
    }
}

/// The `number`-th record of an auction: none is like another, and they are of many lengths.
fn record(auction: &str, number: u64) -> Vec<u8> {
    format!("{auction}, record {number}: {}.", "so it was ".repeat(usize::try_from(number * 7 % 23).unwrap())).into_bytes()
}

async fn append(log: &SqliteLog, auction: &str, first: u64, count: u64) {
    let batch = Batch {
        auction: auction.into(),
        expected: first,
        records: (first..first + count).map(|number| record(auction, number)).collect(),
        summary: format!("{auction} after {}", first + count).into_bytes(),
        label: "open",
        deadline: Some(1_000),
        key: None,
        snapshot: None,
    };
    log.append(batch).await.unwrap();
}

/// How many records an auction has, each as it was appended.
async fn count(log: &SqliteLog, auction: &str) -> Result<u64, ReadError> {
    let records = log.read(auction, Mark::start(auction), 10_000).await?;
    for (number, read) in (0..).zip(&records) {
        assert_eq!(read.body, record(auction, number), "a wrong answer");
    }
    Ok(records.len() as u64)
}

#[tokio::test]
async fn a_log_torn_at_any_byte_holds_what_was_acknowledged_until_there() {
    // Every byte of the last commits by 1; each of them is a start of the log.
    let every = usize::try_from(disk::rounds("TORN_EVERY", 61)).unwrap();
    let dir = directory();
    let log = open(dir.path()).unwrap();
    let wal = || std::fs::metadata(dir.path().join(WAL)).unwrap().len();
    // How long the write-ahead log was when so many records were acknowledged.
    let mut acknowledged = Vec::new();
    for number in 0..40 {
        append(&log, "a", 3 * number, 3).await;
        acknowledged.push((usize::try_from(wal()).unwrap(), 3 * number + 3));
    }
    let (file, whole) = (std::fs::read(dir.path().join(FILE)).unwrap(), std::fs::read(dir.path().join(WAL)).unwrap());
    let from = acknowledged[acknowledged.len() - 4].0;
    let mut cuts: Vec<_> = (from..=whole.len()).step_by(every).collect();
    // And around each end.
    cuts.extend(acknowledged.iter().rev().take(3).flat_map(|(end, _)| end - 2..=(end + 2).min(whole.len())));
    for cut in &cuts {
        let torn = directory();
        std::fs::write(torn.path().join(FILE), &file).unwrap();
        std::fs::write(torn.path().join(WAL), &whole[..*cut]).unwrap();
        let log = open(torn.path()).unwrap();
        let expected = acknowledged.iter().rev().find(|(end, _)| end <= cut).unwrap().1;
        assert_eq!(count(&log, "a").await, Ok(expected), "cut at {cut}");
        // It goes on from there, and stays.
        append(&log, "a", expected, 2).await;
        log.close().await;
        drop(log);
        assert_eq!(count(&open(torn.path()).unwrap(), "a").await, Ok(expected + 2), "cut at {cut}");
    }
    println!("{} cuts in {} bytes: each left exactly what was acknowledged before it", cuts.len(), whole.len() - from);
}

const AUCTIONS: u64 = 20;
const RECORDS: u64 = 50;
/// Bytes in a page of the file, and how a page of a table's tree begins that is no leaf.
const PAGE: usize = 4_096;
const INTERIOR: u8 = 2;

fn name(auction: u64) -> String {
    format!("lot-{auction:02}")
}

/// A log of some auctions, closed; its bytes.
async fn stored() -> (TempDir, Vec<u8>) {
    let dir = directory();
    let log = open(dir.path()).unwrap();
    for number in 0..RECORDS {
        for auction in 0..AUCTIONS {
            append(&log, &name(auction), number, 1).await;
        }
    }
    log.close().await;
    drop(log);
    let bytes = std::fs::read(dir.path().join(FILE)).unwrap();
    (dir, bytes)
}

/// Where a record stands in the file. Pages also hold what once stood in them: those rows that a page still points to count.
fn place(bytes: &[u8], record: &[u8]) -> usize {
    let two = |at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    let counts = |at: usize| {
        let page = at / PAGE * PAGE;
        let pointers = page + if bytes[page] == INTERIOR { 12 } else { 8 };
        (0..two(page + 3)).any(|row| (page + two(pointers + 2 * row) + 1..=page + two(pointers + 2 * row) + 20).contains(&at))
    };
    let mut found = bytes.windows(record.len()).enumerate().filter(|(_, window)| *window == record).map(|(at, _)| at);
    found.find(|at| counts(*at)).unwrap()
}

/// Has `look` see the file with one bit of it turned.
async fn turned<T>(dir: &Path, bytes: &[u8], byte: usize, bit: u32, look: impl AsyncFnOnce(&Path) -> T) -> T {
    let file = File::options().write(true).open(dir.join(FILE)).unwrap();
    file.write_all_at(&[bytes[byte] ^ (1 << bit)], byte as u64).unwrap();
    let seen = look(dir).await;
    // Whatever was done to it, it is as it was.
    file.write_all_at(bytes, 0).unwrap();
    seen
}

#[tokio::test]
async fn a_bit_turned_in_any_record_refuses_that_auction_and_no_other() {
    let (dir, bytes) = stored().await;
    let mut random = fastrand::Rng::with_seed(7);
    for auction in 0..AUCTIONS {
        for number in 0..RECORDS {
            let record = record(&name(auction), number);
            // In what it says, or in its hash, which stands behind.
            let byte = place(&bytes, &record) + random.usize(..record.len() + 32);
            turned(dir.path(), &bytes, byte, random.u32(..8), async |dir| {
                let log = open(dir).unwrap();
                match count(&log, &name(auction)).await {
                    Err(ReadError::Damaged { position, .. }) => assert_eq!(position, number + 1),
                    other => panic!("record {number} of {auction}, byte {byte}: {other:?}"),
                }
                // Its neighbours are in the same pages; the rest is looked at now and then.
                let others = (0..AUCTIONS).filter(|other| *other != auction && (other.abs_diff(auction) == 1 || number % 10 == 0));
                for other in others {
                    assert_eq!(count(&log, &name(other)).await, Ok(RECORDS), "byte {byte}");
                }
                log.close().await;
            })
            .await;
        }
    }
    println!("a bit turned in each of {} records: each refused, and that auction alone", AUCTIONS * RECORDS);
}

#[tokio::test]
async fn a_bit_turned_in_what_keeps_records_in_order_gives_no_wrong_answer() {
    let rounds = disk::rounds("TURN_ROUNDS", 300);
    let (dir, bytes) = stored().await;
    let mut random = fastrand::Rng::with_seed(11);
    let (mut nothing, mut refused, mut others) = (0, 0, 0);
    for _ in 0..rounds {
        // Anywhere in a page of records: lengths, keys, the order of rows.
        let record = record(&name(random.u64(..AUCTIONS)), random.u64(..RECORDS));
        let page = place(&bytes, &record) / PAGE * PAGE;
        // Its head and the places of its rows, or a row's own head.
        let byte = if random.bool() { page + random.usize(..200) } else { place(&bytes, &record) - random.usize(1..12) };
        let damaged = turned(dir.path(), &bytes, byte, random.u32(..8), async |dir| {
            let log = open(dir).unwrap();
            let mut damaged = 0;
            for auction in 0..AUCTIONS {
                match count(&log, &name(auction)).await {
                    Ok(whole) => assert_eq!(whole, RECORDS, "byte {byte}: less than was acknowledged"),
                    Err(_) => damaged += 1,
                }
            }
            log.close().await;
            damaged
        })
        .await;
        match damaged {
            0 => nothing += 1,
            1 => refused += 1,
            _ => others += 1,
        }
    }
    println!("{rounds} bits of order: {nothing} changed nothing, {refused} refused one auction, {others} several; no wrong answer");
    assert!(nothing < rounds, "nothing was hit");
}

#[tokio::test]
async fn a_server_says_which_auction_is_damaged_and_serves_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = Process::start(dir.path(), 0, &[]).await;
    for lot in ["good", "damaged"] {
        create(process.address, lot, json!({})).await;
        let mut ana = Client::connect(process.address, &format!("/ws/{lot}?name=Ana")).await.unwrap();
        ana.ask(json!({"type": "say", "id": "1", "text": format!("about the {lot} one")})).await;
        ana.ask(bid("2", 1_000)).await;
    }
    process.signal("INT");
    assert_eq!(process.exit_code().await, Some(0));
    let path = dir.path().join("data").join(FILE);
    let bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(21).rposition(|window| window == b"about the damaged one").unwrap();
    File::options().write(true).open(&path).unwrap().write_all_at(b"A", at as u64).unwrap();

    let said = dir.path().join("said");
    let mut command = Command::new(support::binary());
    command.current_dir(dir.path()).args(["--data-dir", "data", "--port", "0", "--log", "warn"]);
    let process = Process::run(command.stderr(File::create(&said).unwrap())).await;
    let answer = reqwest::get(format!("http://{}/api/auctions/damaged", process.address)).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["code"], "unavailable");
    let mut ben = Client::connect(process.address, "/ws/good?name=Ben").await.unwrap();
    assert_eq!(ben.ask(bid("1", 2_000)).await["standing"], "leading");
    let said = std::fs::read_to_string(said).unwrap();
    assert!(said.contains("auction=damaged") && said.contains("damaged at record"), "{said}");
    // Its own tool says the same.
    let verified = Command::new(support::binary()).args(["verify", "--data-dir"]).arg(dir.path().join("data")).output().unwrap();
    assert_eq!(verified.status.code(), Some(1), "{}", String::from_utf8_lossy(&verified.stdout));
}
