//! Whoever drops and comes back, by whichever carrier, sees every event once and in order, while bids pour in.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use support::carrier::{Carrier, Form, Http, Place};
use support::{PATIENCE, TestServer, bid, is_event};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_tungstenite::tungstenite::Message;

/// Bids a second.
const RATE: u64 = 2_000;
/// A turn of the bidder.
const TURN: Duration = Duration::from_millis(10);
/// The most events that a viewer stays for, when it has caught up.
const STAY: usize = 20;

/// How often each viewer drops and comes back: 1,000 times, unless `RESUME_ROUNDS` says otherwise.
fn rounds() -> u32 {
    std::env::var("RESUME_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1_000)
}

/// Bids at that rate, each above the last, until told to stop; counts how many are accepted.
async fn pour(place: Place, accepted: Arc<AtomicUsize>, stop: watch::Receiver<bool>) {
    let (mut say, hear) = place.socket("/ws/lot?name=Ana&events=none", None).await.split();
    let verdicts = hear.filter(|heard| std::future::ready(matches!(heard, Ok(Message::Text(text)) if text.contains("\"accepted\""))));
    let mut verdicts = Box::pin(verdicts);
    let mut turns = tokio::time::interval(TURN);
    // A machine that stood still does not make up for it at once: viewers fall no further behind than what is resumed.
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut amount = 0;
    while !*stop.borrow() {
        turns.tick().await;
        for _ in 0..RATE / 100 {
            amount += 1;
            say.feed(Message::text(bid(&amount.to_string(), amount).to_string())).await.unwrap();
        }
        say.flush().await.unwrap();
        while let Ok(Some(_)) = tokio::time::timeout(Duration::ZERO, verdicts.next()).await {
            accepted.fetch_add(1, Ordering::Relaxed);
        }
    }
    while accepted.load(Ordering::Relaxed) < usize::try_from(amount).unwrap() {
        tokio::time::timeout(PATIENCE, verdicts.next()).await.expect("every bid has a verdict").unwrap().unwrap();
        accepted.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a viewer saw.
#[derive(Default, Debug)]
struct Seen {
    rejoins: u32,
    cut: u32,
    events: u64,
}

/// Comes, stays for some events, drops without a word, and comes back, as often as asked. Panics on a gap, a repeat, or a wrong order.
async fn come_and_go(place: Place, carrier: Carrier, accepted: Arc<AtomicUsize>) -> Seen {
    let (mut seen, mut last) = (Seen::default(), None);
    while seen.rejoins < rounds() {
        let coming = place.follow(carrier, "lot", last);
        if fastrand::u8(..10) == 0 {
            // It does not even get to the welcome, or just so.
            let _ = tokio::time::timeout(Duration::from_micros(fastrand::u64(..2_000)), coming).await;
            seen.cut += 1;
            continue;
        }
        let mut feed = coming.await;
        let mut next = async || tokio::time::timeout(PATIENCE, feed.next()).await.expect("something to read").expect("no end");
        let welcome = next().await;
        assert_eq!(welcome["type"], "welcome", "{carrier:?}: {welcome}");
        if let Some(last) = last {
            assert_eq!((&welcome["resumed"], &welcome["seq"]), (&json!(true), &json!(last)), "{carrier:?}");
        }
        let mut seq = welcome["seq"].as_u64().unwrap();
        let missed = accepted.load(Ordering::Relaxed).saturating_sub(usize::try_from(seq).unwrap());
        let mut left = missed + fastrand::usize(..STAY);
        while left > 0 {
            let message: Value = next().await;
            if is_event(message["type"].as_str().unwrap()) {
                assert_eq!(message["seq"], json!(seq + 1), "{carrier:?}: {message}");
                (seq, left, seen.events) = (seq + 1, left - 1, seen.events + 1);
            }
        }
        (last, seen.rejoins) = (Some(seq), seen.rejoins + 1);
    }
    seen
}

/// Has a viewer for each carrier come and go while bids pour in.
async fn all_come_and_go(bidder: Place, carriers: Vec<(Place, Carrier)>) {
    let lot = json!({"id": "lot", "title": "A lot", "start": 1, "increments": [{"from": 0, "step": 1}], "duration_ms": 3_600_000});
    let made = bidder.requests(Http::One).await.send("POST", "/api/auctions?name=Sol", &[], &lot.to_string()).await;
    assert_eq!(made.status(), 201);
    let (stop, stopped) = watch::channel(false);
    let accepted = Arc::new(AtomicUsize::new(0));
    let bidding = tokio::spawn(pour(bidder, accepted.clone(), stopped));
    let began = std::time::Instant::now();
    let come = |(place, carrier)| (carrier, tokio::spawn(come_and_go(place, carrier, accepted.clone())));
    for (carrier, viewer) in carriers.into_iter().map(come).collect::<Vec<_>>() {
        let Seen { rejoins, cut, events } = viewer.await.unwrap();
        println!("{carrier:?}: {rejoins} rejoins, {cut} more cut short, {events} events: no gap, no repeat, none out of order");
    }
    let took = began.elapsed();
    stop.send_replace(true);
    bidding.await.unwrap();
    println!("meanwhile {} bids were accepted in {took:.1?}", accepted.load(Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_or_repeated_by_who_drops_and_comes_back() {
    let server = TestServer::with(|config| config.gateway.http2_sockets = true).await;
    let clear = server.place(&[]);
    let ways = [
        (Form::Socket, Http::One),
        (Form::PackedSocket, Http::One),
        (Form::Socket, Http::Two),
        (Form::EventStream, Http::One),
        (Form::EventStream, Http::Two),
        (Form::Ndjson, Http::One),
        (Form::LongPoll, Http::One),
    ];
    all_come_and_go(clear.clone(), ways.map(|(form, http)| (clear.clone(), Carrier { form, http })).to_vec()).await;
    let server = TestServer::over_tls().await;
    let (one, two) = (server.place(&["http/1.1"]), server.place(&["h2"]));
    let ways = [(&one, Form::Socket, Http::One), (&two, Form::EventStream, Http::Two), (&two, Form::LongPoll, Http::Two)];
    all_come_and_go(one.clone(), ways.map(|(place, form, http)| (place.clone(), Carrier { form, http })).to_vec()).await;
}
