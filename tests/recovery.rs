//! `kill -9` of the real binary in the middle of bidding: whatever was acknowledged is there, once, in its place.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use support::bidding::{self, Acknowledged, BIDDERS, history};
use support::{Client, PATIENCE, Process, bid, create, disk};
use tokio_tungstenite::tungstenite::Message;

/// Milliseconds of UTC.
fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_bid_is_lost_by_kill_9() {
    let rounds = disk::rounds("KILL_ROUNDS", 20);
    let dir = tempfile::tempdir().unwrap();
    let acknowledged: Acknowledged = Arc::default();
    let mut process = Process::start(dir.path(), 0, &[]).await;
    create(process.address, "lot", json!({"increments": [{"from": 0, "step": 1}]})).await;
    let mut known: Vec<Value> = Vec::new();
    for round in 0..rounds {
        let bidders = bidding::bidders(process.address, round, &acknowledged);
        // Another moment each round, from the first bids on.
        let before = acknowledged.lock().unwrap().len();
        tokio::time::sleep(Duration::from_millis(60 + 17 * (round % 10))).await;
        bidding::under_way(&acknowledged, before).await;
        process.kill();
        bidding::all_gone(bidders).await;
        process = Process::start(dir.path(), process.address.port(), &[]).await;

        let events = history(process.address).await;
        assert_eq!(events[..known.len()], known, "what was seen before stays as it was");
        bidding::check(&events, &acknowledged);
        known = events;
    }
    let acknowledged = acknowledged.lock().unwrap().clone();
    assert!(acknowledged.len() as u64 > rounds * 10, "too little was going on: {}", acknowledged.len());

    // Asked again, each gets its first verdict, and nothing happens twice.
    for ((number, id), (seq, amount)) in acknowledged.iter().take(50) {
        let url = format!("http://{}/api/auctions/lot/commands?name=bidder-{number}", process.address);
        let verdict = reqwest::Client::new().post(url).json(&bid(id, *amount)).send().await.unwrap().json::<Value>().await.unwrap();
        assert_eq!((&verdict["type"], &verdict["seq"]), (&json!("accepted"), &json!(seq)));
    }
    assert_eq!(history(process.address).await.len(), known.len());

    // And all of it, judged again, comes out the same.
    let verified = Command::new(support::binary()).args(["verify", "--data-dir"]).arg(dir.path().join("data")).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    println!("{rounds} rounds of kill -9, {} bids acknowledged, 0 lost", acknowledged.len());
}

#[tokio::test]
async fn a_page_that_was_there_goes_on_from_its_seq() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = Process::start(dir.path(), 0, &[]).await;
    create(process.address, "lot", json!({})).await;
    let mut ana = Client::connect(process.address, "/ws/lot?name=Ana").await.unwrap();
    ana.ask(bid("1", 1_000)).await;
    let mut ben = Client::connect(process.address, "/ws/lot?name=Ben").await.unwrap();
    ben.ask(bid("1", 2_000)).await;
    let (seq, seen) = (ana.seq, ana.events.clone());
    process.kill();
    process = Process::start(dir.path(), process.address.port(), &[]).await;
    let back = Client::connect(process.address, &format!("/ws/lot?name=Ana&since={seq}")).await.unwrap();
    assert_eq!((&back.welcome["resumed"], &back.welcome["seq"]), (&json!(true), &json!(seq)));
    let mut all = Client::connect(process.address, "/ws/lot?since=2").await.unwrap();
    for event in &seen {
        assert_eq!(&all.receive().await.unwrap(), event);
    }
}

#[tokio::test]
async fn an_auction_whose_end_passed_while_the_server_was_away_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = Process::start(dir.path(), 0, &[]).await;
    let ends_at = now() + 3_000;
    create(process.address, "lot", json!({"ends_at": ends_at})).await;
    create(process.address, "closed", json!({})).await;
    let mut ana = Client::connect(process.address, "/ws/lot?name=Ana").await.unwrap();
    ana.ask(bid("1", 1_000)).await;
    let mut sol = Client::connect(process.address, "/ws/closed?name=Sol").await.unwrap();
    sol.send(json!({"type": "hammer"})).await;
    sol.until("closed").await;
    assert!(now() < ends_at, "this machine is too slow for this test");
    process.kill();
    while now() <= ends_at {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let back = now();
    process = Process::start(dir.path(), process.address.port(), &[]).await;
    // Whoever resumes is told, with the next seq.
    let mut ana = Client::connect(process.address, &format!("/ws/lot?name=Ana&since={}", ana.seq)).await.unwrap();
    assert_eq!((&ana.welcome["resumed"], &ana.welcome["auction"]["status"]), (&json!(true), &json!("open")));
    let extended = ana.until("extended").await;
    assert_eq!((&extended["reason"], &extended["seq"]), (&json!("outage"), &json!(4)));
    let end = extended["ends_at"].as_i64().unwrap();
    assert!((back + 120_000..=now() + 120_000).contains(&end), "two minutes from when it was back: {back}, {end}");
    let mut ben = Client::connect(process.address, "/ws/lot?name=Ben").await.unwrap();
    assert_eq!(ben.ask(bid("1", 2_000)).await["standing"], "leading");
    assert_eq!(ana.until("bid").await["seq"], 5);
    let over = Client::connect(process.address, "/ws/closed").await.unwrap();
    assert_eq!(over.welcome["auction"]["status"], "closed", "one that was closed stays closed");
}

#[tokio::test]
async fn sigterm_and_ctrl_c_stop_it_within_five_seconds() {
    for (signal, code) in [("TERM", 1012), ("INT", 1001)] {
        let dir = tempfile::tempdir().unwrap();
        let mut process = Process::start(dir.path(), 0, &["--drain-spread", "1s"]).await;
        create(process.address, "lot", json!({})).await;
        let mut ana = Client::connect(process.address, "/ws/lot?name=Ana").await.unwrap();
        ana.ask(bid("1", 1_000)).await;
        // Others talk without a pause: they too are told, and not just cut off.
        let mut busy = Vec::new();
        for number in 0..40 {
            let (mut send, mut receive) = support::open(process.address, &format!("/ws/lot?name=busy-{number}")).await.unwrap().split();
            let talking = tokio::spawn(async move { while send.send(Message::text(r#"{"type":"ping","t":1}"#)).await.is_ok() {} });
            busy.push(tokio::spawn(async move {
                let mut goodbye = false;
                while let Some(Ok(message)) = receive.next().await {
                    goodbye |= matches!(&message, Message::Text(text) if text.contains("goodbye"));
                    if let Message::Close(Some(frame)) = message {
                        talking.abort();
                        return (goodbye, u16::from(frame.code));
                    }
                }
                talking.abort();
                (goodbye, 0)
            }));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        process.signal(signal);
        ana.until("goodbye").await;
        assert_eq!(ana.closed().await, Some(code));
        for client in busy {
            assert_eq!(client.await.unwrap(), (true, code));
        }
        assert_eq!(tokio::time::timeout(Duration::from_secs(5), process.exit_code()).await.expect("within 5 s"), Some(0));
    }
}

#[tokio::test]
async fn listed_auctions_are_listed_again_when_they_end() {
    let dir = tempfile::tempdir().unwrap();
    // The one that runs when the server is killed goes on after it, but not for two minutes.
    let listed = "[outage]\ngrace = \"200ms\"\n[[auction]]\nid = \"demo\"\ntitle = \"A lot\"\nstart = 100\nduration = \"700ms\"\nrelist = true\nsoft_close = false\n";
    std::fs::write(dir.path().join("config.toml"), listed).unwrap();
    let mut process = Process::start(dir.path(), 0, &[]).await;
    let mut lobby = Client::connect(process.address, "/ws").await.unwrap();
    let mut open = Vec::new();
    while open.len() < 2 {
        let change = lobby.until("auction").await["auction"].clone();
        if change["status"] == "open" && !open.contains(&change["id"]) {
            open.push(change["id"].clone());
        }
    }
    assert!(open.contains(&json!("demo-2")) || open == [json!("demo-3"), json!("demo-4")], "{open:?}");
    process.kill();
    // It goes on counting where it was.
    process = Process::start(dir.path(), process.address.port(), &[]).await;
    let url = format!("http://{}/api/auctions?limit=200", process.address);
    tokio::time::timeout(PATIENCE, async {
        loop {
            let page: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
            let ids: Vec<_> =
                page["auctions"].as_array().unwrap().iter().map(|auction| auction["id"].as_str().unwrap().to_owned()).collect();
            let expected: Vec<_> = (1..=ids.len()).map(|n| if n == 1 { "demo".to_owned() } else { format!("demo-{n}") }).collect();
            assert_eq!(ids, expected);
            if ids.len() > 4 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap();
}

/// The server with `support/sync.c` between it and the disk.
fn over_counted_disk(dir: &Path) -> Command {
    let mut command = disk::behind("sync.c", dir);
    command.env("SYNCS", dir.join("syncs"));
    command
}

#[tokio::test]
async fn every_acknowledgement_waits_for_a_sync_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let process = Process::run(&mut over_counted_disk(dir.path())).await;
    create(process.address, "lot", json!({"increments": [{"from": 0, "step": 1}]})).await;
    let mut bidders = [
        Client::connect(process.address, "/ws/lot?name=Ana").await.unwrap(),
        Client::connect(process.address, "/ws/lot?name=Ben").await.unwrap(),
    ];
    let syncs = || std::fs::metadata(dir.path().join("syncs")).unwrap().len();
    for count in 0..50 {
        let before = syncs();
        bidders[count % 2].ask(bid(&count.to_string(), 1_000 + i64::try_from(count).unwrap())).await;
        assert!(syncs() > before, "bid {count} was acknowledged without a sync");
    }
}

/// Bids until a server whose disk fails is gone, and looks whether it kept what it had acknowledged.
async fn the_disk_fails(dir: &Path, server: &mut Command) {
    let mut process = Process::run(server).await;
    create(process.address, "lot", json!({"increments": [{"from": 0, "step": 1}]})).await;
    let acknowledged: Acknowledged = Arc::default();
    bidding::all_gone(bidding::bidders(process.address, 0, &acknowledged)).await;
    assert_eq!(process.exit_code().await, Some(1));
    let process = Process::start(dir, 0, &[]).await;
    let events = history(process.address).await;
    bidding::check(&events, &acknowledged);
    let acknowledged = acknowledged.lock().unwrap().len();
    assert!(acknowledged > 20, "too little was going on: {acknowledged}");
    // Two records made the auction. What is there beyond the acknowledged was under way: of each bidder one bid at most, and nobody was told.
    assert!(events.len() - 2 - acknowledged <= BIDDERS, "{} events, {acknowledged} acknowledged", events.len());
}

#[tokio::test]
async fn a_disk_that_fails_to_sync_stops_the_server_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    the_disk_fails(dir.path(), over_counted_disk(dir.path()).env("SYNCS_GOOD", "100")).await;
}

#[tokio::test]
async fn a_disk_that_fails_to_write_stops_the_server_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // No file of this process may grow past 2 MiB: a write then fails as it does on a broken disk.
    let limited = format!("trap '' XFSZ; ulimit -f 2048; exec {} --data-dir data --port 0 --log off", support::binary().display());
    the_disk_fails(dir.path(), Command::new("bash").current_dir(dir.path()).args(["-c", &limited])).await;
}
