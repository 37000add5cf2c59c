//! Durable order: what both logs promise, and what the embedded one does beyond that.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use subasta::log::{AppendError, Batch, EventLog, Fault, Mark, MemoryLog, Part, Query, ReadError, SqliteLog};

fn batch(auction: &str, expected: u64, records: &[&str]) -> Batch {
    Batch {
        auction: auction.into(),
        expected,
        records: records.iter().map(|record| record.as_bytes().to_vec()).collect(),
        summary: format!("{auction} at {}", expected + records.len() as u64).into_bytes(),
        label: "open",
        deadline: Some(1_000),
        key: None,
        snapshot: None,
    }
}

fn part(begins: bool, body: &str) -> Part {
    Part { begins, body: body.into() }
}

/// A snapshot is told as it was given, and goes with its batch.
async fn keeps_snapshots(log: &dyn EventLog) {
    let parts = async || {
        let snapshot = log.snapshot("b").await.unwrap()?;
        let parts = snapshot.parts.into_iter().map(|(position, body)| (position, String::from_utf8(body).unwrap()));
        Some((snapshot.mark, parts.collect::<Vec<_>>()))
    };
    assert_eq!(parts().await, None);
    log.append(Batch { snapshot: Some(part(true, "b1")), ..batch("b", 1, &["x", "y"]) }).await.unwrap();
    assert!(log.append(Batch { snapshot: Some(part(true, "never")), ..batch("b", 1, &["x"]) }).await.is_err());
    let mark = log.append(Batch { snapshot: Some(part(false, "b2")), ..batch("b", 3, &["z"]) }).await.unwrap();
    assert_eq!(parts().await, Some((mark, vec![(3, "b1".to_owned()), (4, "b2".to_owned())])));
    let mark = log.append(Batch { snapshot: Some(part(true, "anew")), ..batch("b", 4, &["z"]) }).await.unwrap();
    assert_eq!(parts().await, Some((mark, vec![(5, "anew".to_owned())])));
    assert!(log.snapshot("a").await.unwrap().is_none() && log.snapshot("nowhere").await.unwrap().is_none());
}

fn open(dir: &Path) -> SqliteLog {
    SqliteLog::open(dir, |why| panic!("{why}")).map_err(|error| error.0).unwrap()
}

async fn bodies(log: &dyn EventLog, auction: &str) -> Result<Vec<String>, ReadError> {
    let records = log.read(auction, Mark::start(auction), 100).await?;
    Ok(records.into_iter().map(|record| String::from_utf8(record.body).unwrap()).collect())
}

/// The last moment counts, also where it is earlier: a clock may have been set back.
async fn keeps_when_the_server_was_there(log: &dyn EventLog) {
    assert_eq!(log.last_alive().await, Ok(None));
    for at in [5, 7, 6, -1] {
        log.alive(at).await.unwrap();
        assert_eq!(log.last_alive().await, Ok(Some(at)));
    }
}

/// A log that was begun under a key is found by it, and begun once.
async fn a_key_finds_one_log(log: &dyn EventLog) {
    let keyed = |auction: &str, key: &str| Batch { key: Some(key.to_owned()), label: "keyed", deadline: None, ..batch(auction, 0, &["x"]) };
    assert_eq!(log.find("k").await, Ok(None));
    log.append(keyed("k-1", "k")).await.unwrap();
    assert_eq!(log.append(keyed("k-2", "k")).await, Err(AppendError::Conflict));
    assert!(!log.exists("k-2").await.unwrap());
    assert_eq!(log.find("k").await, Ok(Some("k-1".to_owned())));
}

/// What every log promises.
async fn keeps_its_promises(log: &dyn EventLog) {
    assert_eq!(bodies(log, "a").await.unwrap(), Vec::<String>::new());
    assert!(!log.exists("a").await.unwrap());

    let first = log.append(batch("a", 0, &["one", "two"])).await.unwrap();
    assert_eq!(first.position, 2);
    assert_eq!(log.append(batch("a", 0, &["again"])).await, Err(AppendError::Conflict), "an auction is created once");
    assert_eq!(log.append(batch("a", 1, &["late"])).await, Err(AppendError::Conflict));
    assert_eq!(log.append(batch("a", 3, &["early"])).await, Err(AppendError::Conflict));
    let second = log.append(batch("a", 2, &["three"])).await.unwrap();
    log.append(batch("b", 0, &["other"])).await.unwrap();

    assert_eq!(bodies(log, "a").await.unwrap(), ["one", "two", "three"]);
    assert_eq!(bodies(log, "b").await.unwrap(), ["other"]);
    assert!(log.exists("a").await.unwrap());
    let rest = log.read("a", first, 100).await.unwrap();
    assert_eq!((rest.len(), rest[0].position, rest[0].hash), (1, 3, second.hash));
    assert_eq!(log.read("a", Mark::start("a"), 2).await.unwrap().len(), 2, "a page");
    assert_eq!(second, Mark::start("a").then(b"one").then(b"two").then(b"three"), "the chain is SHA-256 of (hash before, record)");

    let (before, back) = log.read_back("a", second, 2).await.unwrap();
    assert_eq!((before, back.len(), back[1].hash), (Mark::start("a").then(b"one"), 2, second.hash));
    let (before, back) = log.read_back("a", second, 100).await.unwrap();
    assert_eq!((before, back.len()), (Mark::start("a"), 3));
    assert!(log.read_back("a", Mark { hash: first.hash, ..second }, 2).await.is_err(), "no such place");
    keeps_snapshots(log).await;

    log.append(Batch { label: "closed", deadline: None, ..batch("c", 0, &["x"]) }).await.unwrap();
    let ids = async |query: Query| -> Vec<String> { log.entries(query).await.unwrap().into_iter().map(|entry| entry.auction).collect() };
    let all = Query { limit: 10, ..Query::default() };
    assert_eq!(ids(all.clone()).await, ["a", "b", "c"], "in the order of their creation");
    assert_eq!(ids(Query { after: Some("a".into()), ..all.clone() }).await, ["b", "c"]);
    assert_eq!(ids(Query { label: Some("open".into()), ..all.clone() }).await, ["a", "b"]);
    assert_eq!(ids(Query { latest_first: true, limit: 2, ..all.clone() }).await, ["c", "b"]);
    assert_eq!(ids(Query { latest_first: true, after: Some("b".into()), ..all.clone() }).await, ["a"]);
    assert_eq!(log.entries(all).await.unwrap()[0].summary, b"a at 3", "the latest summary");
    let mut deadlines = log.deadlines().await.unwrap();
    deadlines.sort();
    assert_eq!(deadlines, [("a".to_owned(), 1_000), ("b".to_owned(), 1_000)]);

    a_key_finds_one_log(log).await;
    keeps_when_the_server_was_there(log).await;
    log.close().await;
    assert!(matches!(log.alive(8).await, Err(AppendError::Unavailable(_))));
    assert!(matches!(log.append(batch("a", 3, &["after the end"])).await, Err(AppendError::Unavailable(_))));
}

#[tokio::test]
async fn the_memory_log_keeps_its_promises() {
    keeps_its_promises(&MemoryLog::default()).await;
}

#[tokio::test]
async fn the_embedded_log_keeps_its_promises() {
    let dir = tempfile::tempdir().unwrap();
    keeps_its_promises(&open(dir.path())).await;
    // And still when it is opened again.
    let log = open(dir.path());
    assert_eq!(log.last_alive().await, Ok(Some(-1)));
    assert_eq!(bodies(&log, "a").await.unwrap(), ["one", "two", "three"]);
    assert_eq!(log.append(batch("a", 3, &["four"])).await.unwrap().position, 4);
}

#[tokio::test]
async fn the_memory_log_fails_conflicts_and_stalls_on_request() {
    let log = Arc::new(MemoryLog::default());
    log.inject(Fault::Fail);
    log.inject(Fault::Conflict);
    assert!(matches!(log.append(batch("a", 0, &["one"])).await, Err(AppendError::Unavailable(_))));
    assert_eq!(log.append(batch("a", 0, &["one"])).await, Err(AppendError::Conflict));
    log.stall(true);
    let waiting = tokio::spawn({
        let log = log.clone();
        async move { log.append(batch("a", 0, &["one"])).await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    log.stall(false);
    assert_eq!(waiting.await.unwrap().unwrap().position, 1);
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    let second = SqliteLog::open(dir.path(), |_| {});
    assert!(second.unwrap_err().0.contains("another server is using this data directory"));
    first.close().await;
    drop(first);
    open(dir.path());
}

#[tokio::test]
async fn one_commit_serves_many_rooms_and_keeps_them_apart() {
    let dir = tempfile::tempdir().unwrap();
    let log = Arc::new(open(dir.path()));
    let rooms = (0..50).map(|room| {
        let log = log.clone();
        tokio::spawn(async move {
            let id = format!("room-{room}");
            for position in 0..20 {
                log.append(batch(&id, position, &[&format!("{room}.{position}")])).await.unwrap();
            }
            // A conflict in a group spoils nobody else's batch.
            assert_eq!(log.append(batch(&id, 5, &["stale"])).await, Err(AppendError::Conflict));
        })
    });
    for room in rooms.collect::<Vec<_>>() {
        room.await.unwrap();
    }
    for room in 0..50 {
        let expected: Vec<_> = (0..20).map(|position| format!("{room}.{position}")).collect();
        assert_eq!(bodies(&*log, &format!("room-{room}")).await.unwrap(), expected);
    }
}

/// Writes into the store behind the log's back.
fn meddle(dir: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(dir.join("subasta.db")).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql} hit nothing");
}

#[tokio::test]
async fn whatever_is_changed_in_the_store_is_noticed_and_only_there() {
    let lost_end = "DELETE FROM record WHERE position = 3 AND auction = (SELECT number FROM auction WHERE id = 'a')";
    for (sql, position) in [
        ("UPDATE record SET body = x'21' WHERE position = 2 AND auction = 1", 2),
        ("UPDATE record SET hash = zeroblob(32) WHERE position = 1 AND auction = 1", 1),
        ("DELETE FROM record WHERE position = 2 AND auction = 1", 2),
        (lost_end, 3),
        ("UPDATE auction SET head = 2 WHERE id = 'a'", 3),
        ("UPDATE auction SET hash = zeroblob(32) WHERE id = 'a'", 4),
        // Two logs, each whole in itself, in each other's place.
        ("UPDATE auction SET id = CASE id WHEN 'a' THEN 'z' ELSE 'a' END WHERE id IN ('a', 'b')", 1),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        log.append(batch("a", 0, &["one", "two", "three"])).await.unwrap();
        log.append(batch("b", 0, &["one", "two", "three"])).await.unwrap();
        log.append(batch("c", 0, &["one", "two", "three"])).await.unwrap();
        log.close().await;
        drop(log);
        meddle(dir.path(), sql);
        let log = open(dir.path());
        match bodies(&log, "a").await {
            Err(ReadError::Damaged { position: at, .. }) => assert_eq!(at, position, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
        assert_eq!(bodies(&log, "c").await.unwrap().len(), 3, "{sql}");
    }
}

#[tokio::test]
async fn a_snapshot_that_is_not_what_was_appended_is_none() {
    for (sql, left) in [
        ("UPDATE snapshot SET body = x'21' WHERE position = 1", 0),
        ("UPDATE snapshot SET body = x'21' WHERE position = 2", 0),
        ("UPDATE snapshot SET position = 7 WHERE position = 2", 0),
        ("UPDATE snapshot SET position = 4 WHERE position = 3", 0),
        ("UPDATE snapshot SET seal = zeroblob(32) WHERE position = 1", 0),
        ("UPDATE snapshot SET auction = 2 WHERE auction = 1", 0),
        ("DELETE FROM snapshot WHERE position = 1", 0),
        ("DELETE FROM snapshot WHERE position = 2", 0),
        ("UPDATE record SET hash = zeroblob(32) WHERE position = 2 AND auction = 1", 0),
        ("DELETE FROM record WHERE position = 3 AND auction = 1", 0),
        // What is left was once the whole of it.
        ("DELETE FROM snapshot WHERE position = 3", 2),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        for (position, record) in ["one", "two", "three", "four"].into_iter().enumerate() {
            let snapshot = (position < 3).then(|| part(position == 0, record));
            log.append(Batch { snapshot, ..batch("a", position as u64, &[record]) }).await.unwrap();
        }
        log.append(batch("b", 0, &["one", "two", "three", "four"])).await.unwrap();
        assert_eq!(log.snapshot("a").await.unwrap().unwrap().parts.len(), 3);
        log.close().await;
        drop(log);
        meddle(dir.path(), sql);
        let log = open(dir.path());
        for auction in ["a", "b"] {
            let expected = if auction == "a" { left } else { 0 };
            assert_eq!(log.snapshot(auction).await.unwrap().map_or(0, |snapshot| snapshot.parts.len()), expected, "{auction}: {sql}");
        }
    }
}

#[tokio::test]
async fn a_store_from_before_snapshots_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    log.append(batch("a", 0, &["one"])).await.unwrap();
    log.close().await;
    drop(log);
    let connection = rusqlite::Connection::open(dir.path().join("subasta.db")).unwrap();
    connection
        .execute_batch("DROP TABLE alive; DROP TABLE snapshot; DROP INDEX auction_by_key; ALTER TABLE auction DROP COLUMN key; PRAGMA user_version = 1")
        .unwrap();
    drop(connection);
    let log = open(dir.path());
    assert_eq!(bodies(&log, "a").await.unwrap(), ["one"]);
    log.append(Batch { snapshot: Some(part(true, "two")), ..batch("a", 1, &["two"]) }).await.unwrap();
    assert_eq!(log.snapshot("a").await.unwrap().unwrap().parts, [(2, b"two".to_vec())]);
    a_key_finds_one_log(&log).await;
    keeps_when_the_server_was_there(&log).await;
}

#[tokio::test]
async fn a_store_of_a_newer_program_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    // Its writer lets go of the file only now.
    open(dir.path()).close().await;
    let connection = rusqlite::Connection::open(dir.path().join("subasta.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = SqliteLog::open(dir.path(), |_| {}).unwrap_err().0;
    assert!(error.contains("schema version 99"), "{error}");
}
