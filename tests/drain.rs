//! Before a restart: everyone is let go at a moment of their own, answered, and nobody in the last minute of an auction.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use subasta::clock::Clock;
use subasta::log::MemoryLog;
use subasta::serve::Server;
use support::carrier::{Carrier, Form, Http, Place};
use support::{Client, PATIENCE, Process, bid, create};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

/// When it begins.
const NOW: i64 = 1_764_000_000_000;
const SPREAD: i64 = 10_000;
const LIMIT: i64 = 120_000;

/// A server whose time stands until it is moved on.
struct Still {
    server: Server,
    log: Arc<MemoryLog>,
    clock: Clock,
    draining: Option<JoinHandle<()>>,
    _dir: TempDir,
}

impl Still {
    async fn start() -> Still {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOW));
        let (_, fatal) = tokio::sync::oneshot::channel();
        let mut config = support::config(dir.path());
        config.gateway.heartbeat_interval = Duration::from_secs(3_600);
        config.gateway.drain_spread = Duration::from_millis(SPREAD.unsigned_abs());
        config.gateway.drain_limit = Duration::from_millis(LIMIT.unsigned_abs());
        let log = Arc::new(MemoryLog::default());
        let server = Server::start_with(config, log.clone(), clock.clone(), fatal).await;
        Still { log, server: server.map_err(|error| error.0).unwrap(), clock, draining: None, _dir: dir }
    }

    async fn auction(&self, id: &str, ends_in: i64, more: Value) {
        let mut terms = json!({"ends_at": NOW + ends_in});
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        create(self.server.address(), id, terms).await;
    }

    async fn join(&self, path: &str) -> Client {
        Client::connect(self.server.address(), path).await.unwrap()
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::get(format!("http://{}{path}", self.server.address())).await.unwrap()
    }

    /// Returns once it has begun.
    async fn drain(&mut self) {
        self.draining = Some(tokio::spawn(self.server.drain()));
        while self.get("/readyz").await.status() != 503 {}
    }

    /// Moves time on to so long after the beginning.
    fn after(&self, ms: i64) {
        self.clock.set(NOW + ms);
    }

    async fn drained(&mut self) {
        tokio::time::timeout(PATIENCE, self.draining.take().unwrap()).await.expect("it comes to an end").unwrap();
    }
}

/// What came up to the close, and its code.
async fn last_words(client: &mut Client) -> (Vec<Value>, Option<u16>) {
    let mut words = Vec::new();
    loop {
        match client.receive().await {
            Ok(message) => words.push(message),
            Err(code) => return (words, code),
        }
    }
}

/// Asks for a pong; `None` where it comes, otherwise what came up to the close.
async fn gone(client: &mut Client) -> Option<(Vec<Value>, Option<u16>)> {
    unanswered(client, json!({"type": "ping", "t": 1}), "pong").await
}

/// `None` where it is answered so, otherwise what came up to the close.
async fn unanswered(client: &mut Client, what: Value, answer: &str) -> Option<(Vec<Value>, Option<u16>)> {
    // It may be closed already, with its last words still to be read.
    let _ = client.ws.send(Message::text(what.to_string())).await;
    let mut words = Vec::new();
    loop {
        match client.receive().await {
            Ok(message) if message["type"] == answer => return None,
            Ok(message) => words.push(message),
            Err(code) => return Some((words, code)),
        }
    }
}

/// A goodbye, and nothing behind it.
fn check_goodbye((words, code): &(Vec<Value>, Option<u16>)) -> u64 {
    assert_eq!(*code, Some(1012));
    let goodbye = words.last().expect("a goodbye");
    assert_eq!((&goodbye["type"], words.iter().filter(|word| word["type"] == "goodbye").count()), (&json!("goodbye"), 1));
    goodbye["retry_after_ms"].as_u64().unwrap()
}

#[tokio::test]
async fn each_is_let_go_at_a_moment_of_their_own_and_is_answered_until_then() {
    const SOCKETS: usize = 120;
    let mut server = Still::start().await;
    server.auction("lot", 3_600_000, json!({})).await;
    let mut clients = Vec::new();
    for number in 0..SOCKETS {
        clients.push((number, server.join(&if number % 8 == 0 { "/ws".to_owned() } else { format!("/ws/lot?name=P{number}") }).await));
    }
    assert_eq!(server.get("/readyz").await.status(), 200);
    server.drain().await;
    let (mut waits, mut shares, mut accepted) = (Vec::new(), Vec::new(), 0);
    for tenth in 0..=10 {
        server.after(SPREAD * tenth / 10);
        let before = clients.len();
        // Those whose moment has come are looked for until one is found, that is, at least once; the last time until none is left.
        let mut still = Vec::new();
        loop {
            for (number, mut client) in clients.drain(..) {
                match gone(&mut client).await {
                    Some(words) => waits.push(check_goodbye(&words)),
                    None => still.push((number, client)),
                }
            }
            clients.append(&mut still);
            if tenth == 0 || before == 0 || clients.len() < before.min(if tenth == 10 { 1 } else { before }) {
                break;
            }
        }
        shares.push(before - clients.len());
        // Who is still here may bid, unless their moment comes just now.
        if let Some(place) = clients.iter().position(|(number, _)| number % 8 != 0) {
            match unanswered(&mut clients[place].1, bid(&tenth.to_string(), 1_000 * (tenth + 1)), "accepted").await {
                Some(words) => {
                    waits.push(check_goodbye(&words));
                    clients.remove(place);
                }
                None => accepted += 1,
            }
        }
    }
    assert!(waits.len() == SOCKETS && accepted > 0);
    assert!(shares[0] <= SOCKETS / 4 && shares[1..].iter().filter(|share| **share > 0).count() >= 9, "spread: {shares:?}");
    waits.sort_unstable();
    waits.dedup();
    assert!(waits.len() > SOCKETS / 2, "each has a wait of its own: {waits:?}");
    server.drained().await;
    server.server.stop().await.unwrap();
}

#[tokio::test]
async fn whatever_was_read_is_answered_before_the_goodbye() {
    const BIDS: usize = 50;
    let mut server = Still::start().await;
    server.auction("lot", 3_600_000, json!({"increments": [{"from": 0, "step": 1}]})).await;
    let (mut lobby, mut clients) = (server.join("/ws").await, Vec::new());
    for number in 0..20 {
        clients.push(server.join(&format!("/ws/lot?name=P{number}")).await);
    }
    server.log.stall(true);
    server.drain().await;
    for client in &mut clients {
        for number in 0..BIDS {
            client.ws.feed(Message::text(bid(&number.to_string(), 1_000).to_string())).await.unwrap();
        }
        // Once it is answered, all before it have been read.
        assert!(gone(client).await.is_none());
    }
    server.after(SPREAD);
    check_goodbye(&last_words(&mut lobby).await);
    server.log.stall(false);
    for client in &mut clients {
        let words = last_words(client).await;
        check_goodbye(&words);
        let answered: Vec<_> = words.0.iter().filter(|word| word["type"] == "accepted" || word["type"] == "refused").collect();
        assert_eq!(answered.len(), BIDS);
        assert!(answered.iter().enumerate().all(|(number, verdict)| verdict["id"].as_str() == Some(&*number.to_string())), "{answered:?}");
        assert!(client.events.iter().any(|event| event["type"] == "bid"), "and what was answered is shown");
    }
    server.drained().await;
    server.server.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_is_in_the_last_minute_of_an_auction_stays_until_it_has_ended() {
    let mut server = Still::start().await;
    server.auction("now", 59_000, json!({"soft_close": {"window_ms": 60_000, "extend_ms": 90_000, "mode": "reset", "latest": null}})).await;
    server.auction("later", 3_600_000, json!({})).await;
    let (mut here, mut later, mut lobby) =
        (server.join("/ws/now?name=Ana").await, server.join("/ws/later?name=Ben").await, server.join("/ws").await);
    let place = Place::clear(server.server.address());
    let carrier = Carrier { form: Form::EventStream, http: Http::One };
    let (mut stream, mut other) = (place.follow(carrier, "now", None).await, place.follow(carrier, "later", None).await);
    server.drain().await;
    server.after(SPREAD);
    for client in [&mut later, &mut lobby] {
        check_goodbye(&last_words(client).await);
    }
    let words: Vec<_> = other.by_ref().collect().await;
    assert_eq!(words.last().unwrap()["type"], "goodbye", "{words:?}");
    // The bid moves the end on, and Ana is still not sent away.
    assert_eq!(here.ask(bid("1", 1_000)).await["type"], "accepted");
    server.after(SPREAD + 20_000);
    assert_eq!(here.ask(bid("2", 900)).await["type"], "refused");
    server.after(SPREAD + 90_000);
    let (words, code) = last_words(&mut here).await;
    assert_eq!((code, &words.last().unwrap()["type"]), (Some(1000), &json!("closed")), "{words:?}");
    let words: Vec<_> = stream.by_ref().collect().await;
    assert!(words.iter().all(|word| word["type"] != "goodbye") && words.iter().any(|word| word["type"] == "closed"), "{words:?}");
    server.drained().await;
    server.server.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_the_limit() {
    let mut server = Still::start().await;
    server.auction("lot", 50_000, json!({})).await;
    let (mut ana, mut sol) = (server.join("/ws/lot?name=Ana").await, server.join("/ws/lot?name=Sol").await);
    // It is paused, and will not end by itself.
    assert_eq!(sol.ask(json!({"type": "pause"})).await["type"], "accepted");
    server.drain().await;
    server.after(SPREAD);
    server.after(LIMIT - 1);
    assert!(gone(&mut ana).await.is_none() && gone(&mut sol).await.is_none());
    server.after(LIMIT);
    server.drained().await;
    let stopping = tokio::spawn(server.server.stop());
    for client in [&mut ana, &mut sol] {
        check_goodbye(&last_words(client).await);
    }
    stopping.await.unwrap().unwrap();
}

#[tokio::test]
async fn newcomers_are_sent_away_and_requests_are_answered() {
    let mut server = Still::start().await;
    server.auction("lot", 3_600_000, json!({})).await;
    let ana = server.join("/ws/lot?name=Ana").await;
    server.drain().await;
    assert_eq!(server.get("/healthz").await.status(), 200);
    let events = reqwest::Client::new().get(format!("http://{}/api/auctions/lot/events", server.server.address()));
    for refused in [server.get("/readyz").await, events.header("accept", "text/event-stream").send().await.unwrap()] {
        assert_eq!(refused.status(), 503);
        let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=13).contains(&wait), "{wait}");
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
    }
    for path in ["/ws/lot", "/ws"] {
        let refused = Client::connect(server.server.address(), path).await.err().unwrap();
        assert!(refused.contains("503"), "{refused}");
    }
    let post = reqwest::Client::new().post(format!("http://{}/api/auctions/lot/commands?name=Ben", server.server.address()));
    assert_eq!(post.json(&bid("1", 1_000)).send().await.unwrap().status(), 200);
    drop(ana);
    server.drained().await;
    server.server.stop().await.unwrap();
}

#[tokio::test]
async fn sigterm_lets_everyone_go_and_a_second_one_does_not_wait() {
    for signals in [&["TERM"][..], &["TERM", "TERM"], &["TERM", "INT"]] {
        let dir = tempfile::tempdir().unwrap();
        // Where one is enough it comes to an end by itself; otherwise it would take long.
        let spread = if signals.len() == 1 { "300ms" } else { "1h" };
        let mut process = Process::start(dir.path(), 0, &["--drain-spread", spread, "--drain-limit", "1h"]).await;
        create(process.address, "lot", json!({})).await;
        let mut ana = Client::connect(process.address, "/ws/lot?name=Ana").await.unwrap();
        ana.ask(bid("1", 1_000)).await;
        for signal in signals {
            process.signal(signal);
            // The next one must come when this one is being dealt with.
            while signals.len() > 1
                && reqwest::get(format!("http://{}/readyz", process.address)).await.is_ok_and(|ready| ready.status() == 200)
            {}
        }
        check_goodbye(&last_words(&mut ana).await);
        assert_eq!(tokio::time::timeout(PATIENCE, process.exit_code()).await.expect("it ends"), Some(0), "{signals:?}");
    }
}

#[tokio::test]
async fn where_nobody_is_it_stops_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = Process::start(dir.path(), 0, &["--drain-spread", "1h", "--drain-limit", "1h"]).await;
    process.signal("TERM");
    assert_eq!(tokio::time::timeout(PATIENCE, process.exit_code()).await.expect("it ends"), Some(0));
}
