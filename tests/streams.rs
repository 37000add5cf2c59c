//! The feed over HTTP: event streams, NDJSON, long polls, pages of history; over HTTP/1.1 and HTTP/2, in clear and under TLS.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;
use serde_json::{Value, json};
use support::carrier::{Carrier, Form, Http, Place, Requests, whole};
use support::{PATIENCE, Process, TestServer, bid};
use tokio_tungstenite::tungstenite::Message;

const EVENT_STREAM: (&str, &str) = ("accept", "text/event-stream");
const NDJSON: (&str, &str) = ("accept", "application/x-ndjson");
const JSON: (&str, &str) = ("accept", "application/json");

/// Has `name` give a command over HTTP.
async fn command(place: &Place, auction: &str, name: &str, command: Value) -> Value {
    let mut requests = place.requests(Http::One).await;
    let path = format!("/api/auctions/{auction}/commands?name={name}");
    let answer = requests.send("POST", &path, &[], &command.to_string()).await;
    serde_json::from_str(&whole(answer).await).unwrap()
}

/// Reads text until `end` has come.
async fn read_until(response: &mut Response<Incoming>, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let frame = tokio::time::timeout(PATIENCE, response.body_mut().frame()).await.unwrap_or_else(|_| panic!("no {end:?} in {text:?}"));
        text.push_str(std::str::from_utf8(frame.expect("no end").unwrap().data_ref().unwrap()).unwrap());
    }
    text
}

/// The blocks of an event stream.
fn blocks(text: &str) -> Vec<&str> {
    text.split("\n\n").filter(|block| !block.is_empty()).collect()
}

fn data(block: &str) -> Value {
    serde_json::from_str(block.lines().find_map(|line| line.strip_prefix("data: ")).unwrap()).unwrap()
}

async fn get(place: &Place, path: &str, headers: &[(&str, &str)]) -> Response<Incoming> {
    let requests = Box::leak(Box::new(place.requests(Http::One).await));
    requests.get(path, headers).await
}

#[tokio::test]
async fn an_event_stream_says_what_a_socket_says() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let place = server.place(&[]);
    let mut stream = get(&place, "/api/auctions/lot/events?name=Ana", &[EVENT_STREAM]).await;
    assert_eq!((stream.status().as_u16(), &stream.headers()["content-type"]), (200, &"text/event-stream".parse().unwrap()));
    assert_eq!(
        (&stream.headers()["cache-control"], &stream.headers()["x-accel-buffering"]),
        (&"no-store".parse().unwrap(), &"no".parse().unwrap())
    );
    let first = read_until(&mut stream, "id: 2\n\n").await;
    let first = blocks(&first);
    assert!(first[0].starts_with("retry: "), "{first:?}");
    let welcome = data(first[1]);
    assert!(!first[1].contains("id: "), "the welcome is no event");
    assert_eq!((&welcome["type"], &welcome["seq"], &welcome["resumed"]), (&json!("welcome"), &json!(2), &json!(false)));
    assert_eq!((&welcome["you"]["name"], &welcome["auction"]["id"]), (&json!("Ana"), &json!("lot")));
    assert_eq!(first[2], "id: 2", "who is cut off now comes back to here");

    let mut socket = server.join("/ws/lot?name=Ben").await;
    socket.ask(bid("1", 1_000)).await;
    let text = read_until(&mut stream, "\"type\":\"bid\"").await;
    let event = blocks(&text).into_iter().find(|block| block.contains("\"bid\"")).unwrap();
    assert!(event.starts_with("id: 3\ndata: "), "{event}");
    assert_eq!(data(event), socket.events[0], "the very same object");
    let presence = read_until(&mut stream, "Ben").await;
    assert!(!presence.contains("id: "), "live messages are no events: {presence}");
}

#[tokio::test]
async fn an_event_source_that_comes_back_goes_on_where_it_was() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let place = server.place(&[]);
    for number in 1..=3 {
        assert_eq!(command(&place, "lot", "Ana", bid(&number.to_string(), 1_000 * number)).await["seq"], json!(number + 2));
    }
    // The header is newer than the address, which stays what it was.
    let mut stream = get(&place, "/api/auctions/lot/events?since=0", &[EVENT_STREAM, ("last-event-id", "3")]).await;
    let text = read_until(&mut stream, "id: 5\ndata: ").await;
    let blocks = blocks(&text);
    assert_eq!((&data(blocks[1])["resumed"], &data(blocks[1])["seq"]), (&json!(true), &json!(3)));
    let ids: Vec<_> = blocks.iter().filter_map(|block| block.strip_prefix("id: ")?.split_once('\n')).map(|(id, _)| id).collect();
    assert_eq!(ids, ["4", "5"]);
    for unknown in ["99", "x", "-1"] {
        let mut stream = get(&place, "/api/auctions/lot/events", &[EVENT_STREAM, ("last-event-id", unknown)]).await;
        let text = read_until(&mut stream, "id: 5\n\n").await;
        let welcome = data(welcome_in(&text));
        assert_eq!((&welcome["resumed"], &welcome["seq"]), (&json!(false), &json!(5)), "{unknown}");
    }
}

fn welcome_in(text: &str) -> &str {
    blocks(text).into_iter().find(|block| block.contains("welcome")).unwrap()
}

#[tokio::test]
async fn an_ended_auction_ends_the_stream_and_sends_nobody_back() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"duration_ms": 1_500})).await;
    let place = server.place(&[]);
    let stream = get(&place, "/api/auctions/lot/events", &[EVENT_STREAM]).await;
    let lines = get(&place, "/api/auctions/lot/events", &[NDJSON]).await;
    let mut polls = place.follow(Carrier { form: Form::LongPoll, http: Http::One }, "lot", Some(2)).await;
    let (stream, lines) = (whole(stream).await, whole(lines).await);
    let last = blocks(&stream).pop().unwrap().to_owned();
    assert!(last.starts_with("id: 3\n") && data(&last)["type"] == "closed", "{last}");
    assert!(lines.trim_end().lines().last().unwrap().contains("\"type\":\"closed\""), "{lines}");
    assert_eq!(polls.next().await.unwrap()["type"], "welcome");
    assert_eq!(polls.next().await.unwrap()["type"], "closed");
    assert!(polls.next().await.is_none(), "ended");

    let back = get(&place, "/api/auctions/lot/events", &[EVENT_STREAM, ("last-event-id", "3")]).await;
    assert_eq!(back.status(), 204, "an event source must not come back");
    let rest = whole(get(&place, "/api/auctions/lot/events?since=2", &[EVENT_STREAM]).await).await;
    assert_eq!(data(blocks(&rest).last().unwrap())["type"], "closed", "what it has missed is told first");
    // Who comes late sees how it ended, and learns the place from which there is nothing to come.
    let late = whole(get(&place, "/api/auctions/lot/events", &[EVENT_STREAM]).await).await;
    let late = blocks(&late);
    assert_eq!((&data(late[1])["auction"]["status"], late[2]), (&json!("closed"), "id: 3"));
}

#[tokio::test]
async fn a_quiet_stream_shows_that_it_lives() {
    let server = TestServer::with(|config| config.gateway.heartbeat_interval = Duration::from_millis(200)).await;
    server.auction("lot", json!({})).await;
    let place = server.place(&[]);
    let mut stream = get(&place, "/api/auctions/lot/events", &[EVENT_STREAM]).await;
    let text = read_until(&mut stream, "\"type\":\"tick\"").await;
    assert!(text.contains("\n:\ndata: {\"type\":\"tick\",\"now\":"), "a comment for proxies, a message for programs: {text}");
    let mut lines = get(&place, "/api/auctions/lot/events", &[NDJSON]).await;
    let text = read_until(&mut lines, "\"type\":\"tick\"").await;
    assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{text}");
}

#[tokio::test]
async fn a_long_poll_answers_with_the_first_event_or_when_its_time_is_over() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let place = server.place(&[]);
    let mut requests = place.requests(Http::Two).await;
    let (status, lost) = requests.json("/api/auctions/lot/events?wait=20", &[JSON]).await;
    assert_eq!((status, &lost["seq"], &lost["resumed"], &lost["events"]), (200, &json!(2), &json!(false), &json!([])));
    assert_eq!(lost["auction"]["id"], "lot", "who cannot go on is told how it stands");
    let (_, known) = requests.json("/api/auctions/lot/events?wait=20&since=0", &[JSON]).await;
    assert_eq!((known["seq"].clone(), known["events"].as_array().unwrap().len()), (json!(2), 2), "what is there is told at once");

    let waiting = tokio::spawn(async move { requests.json("/api/auctions/lot/events?wait=20&since=2", &[JSON]).await.1 });
    command(&place, "lot", "Ana", bid("1", 1_000)).await;
    let told = waiting.await.unwrap();
    assert_eq!((&told["seq"], &told["resumed"], &told["ended"]), (&json!(3), &json!(true), &json!(false)));
    assert_eq!((&told["events"][0]["type"], &told["events"][0]["seq"]), (&json!("bid"), &json!(3)));
    let (_, none) = place.requests(Http::One).await.json("/api/auctions/lot/events?wait=1&since=3", &[JSON]).await;
    assert_eq!((&none["seq"], &none["resumed"], &none["events"]), (&json!(3), &json!(true), &json!([])), "presence is no event");
    let (_, ahead) = place.requests(Http::One).await.json("/api/auctions/lot/events?wait=1&since=9", &[JSON]).await;
    assert_eq!((&ahead["seq"], &ahead["resumed"]), (&json!(3), &json!(false)));
}

#[tokio::test]
async fn pages_of_history_are_the_log_from_the_first_event() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"start": 1, "increments": [{"from": 0, "step": 1}]})).await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    for number in 1..=250 {
        // Raises that move no price lie between, and are nobody else's business.
        ana.ask(bid(&format!("b{number}"), number * 10)).await;
        ana.ask(support::max(&format!("m{number}"), number * 10 + 5)).await;
    }
    let mut requests: Requests = server.place(&[]).requests(Http::One).await;
    let (mut since, mut all) = (0, Vec::new());
    loop {
        let (status, page) = requests.json(&format!("/api/auctions/lot/events?since={since}&limit=100"), &[]).await;
        assert_eq!((status, &page["resumed"]), (200, &json!(true)), "{page}");
        let events = page["events"].as_array().unwrap();
        if events.is_empty() {
            break;
        }
        assert!(events.len() <= 100);
        since = page["seq"].as_u64().unwrap();
        all.extend(events.iter().map(|event| event["seq"].as_u64().unwrap()));
    }
    assert_eq!(all, (1..=252).collect::<Vec<_>>());
    let (_, ahead) = requests.json("/api/auctions/lot/events?since=253", &[]).await;
    assert_eq!((&ahead["resumed"], &ahead["seq"]), (&json!(false), &json!(252)));
}

#[tokio::test]
async fn accept_says_which_and_what_there_is_not_is_said() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let place = server.place(&[]);
    let kind = async |accept: &str| {
        let answer = get(&place, "/api/auctions/lot/events", &[("accept", accept)]).await;
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap().to_owned())
    };
    for (accept, expected) in [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("TEXT/Event-Stream", "text/event-stream"),
        ("text/*", "text/event-stream"),
        ("application/x-ndjson, text/event-stream", "application/x-ndjson"),
        ("application/json;q=0.5, text/event-stream;q=0.9", "text/event-stream"),
        ("text/html, application/json;q=0.1", "application/json"),
    ] {
        assert_eq!(kind(accept).await, (200, expected.to_owned()), "{accept}");
    }
    for accept in ["text/html", "text/event-stream;q=0"] {
        assert_eq!(kind(accept).await, (406, "application/problem+json".to_owned()), "{accept}");
    }
    let mut requests = place.requests(Http::Two).await;
    for (path, status, code) in [
        ("/api/auctions/none/events", 404, "unknown_auction"),
        ("/api/auctions/lot/events?token=bad", 401, "sign_in"),
        ("/api/auctions/lot/events?wait=soon", 400, "malformed"),
    ] {
        let (answered, problem) = requests.json(path, &[EVENT_STREAM]).await;
        assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{path}");
    }
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye_to_streams() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let mut stream = get(&server.place(&[]), "/api/auctions/lot/events", &[EVENT_STREAM]).await;
    read_until(&mut stream, "id: 2\n\n").await;
    let stopping = tokio::spawn(server.server.stop());
    let text = tokio::time::timeout(PATIENCE, whole(stream)).await.expect("it ends");
    let last = blocks(&text).pop().unwrap().to_owned();
    assert!(last.starts_with("retry: ") && data(&last)["type"] == "goodbye", "{last}");
    stopping.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_killed_server_s_streams_go_on_with_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = Process::start(dir.path(), 0, &[]).await;
    let place = Place::clear(process.address);
    support::create(process.address, "lot", json!({})).await;
    command(&place, "lot", "Ana", bid("1", 1_000)).await;
    process.kill();
    let process = Process::start(dir.path(), process.address.port(), &[]).await;
    for form in [Form::EventStream, Form::Ndjson, Form::LongPoll, Form::Socket] {
        let mut feed = place.follow(Carrier { form, http: Http::One }, "lot", Some(1)).await;
        let mut seen = Vec::new();
        while seen.len() < 2 {
            let message = tokio::time::timeout(PATIENCE, feed.next()).await.unwrap().unwrap();
            if message["type"] == "welcome" {
                assert_eq!(message["resumed"], true, "{form:?}");
            }
            seen.extend(message["seq"].as_u64().filter(|_| support::is_event(message["type"].as_str().unwrap())));
        }
        assert_eq!(seen, [2, 3], "{form:?}");
    }
    drop(process);
}

#[tokio::test]
async fn everything_is_there_under_tls_and_nothing_in_clear_beside_it() {
    let server = TestServer::over_tls().await;
    let (one, two) = (server.place(&["http/1.1"]), server.place(&["h2", "http/1.1"]));
    let mut requests = two.requests(Http::Two).await;
    let terms = json!({"id": "lot", "title": "A lot", "start": 1_000, "duration_ms": 3_600_000});
    let made = requests
        .send(
            "POST",
            "/api/auctions?name=Sol",
            &[("origin", &format!("https://localhost:{}", server.address().port()))],
            &terms.to_string(),
        )
        .await;
    assert_eq!(made.status(), 201, "the page's own origin is known over HTTP/2, too");
    let foreign = requests.send("POST", "/api/session", &[("origin", "https://elsewhere.example")], "{\"name\":\"Ana\"}").await;
    assert_eq!(foreign.status(), 403);
    let session = requests.send("POST", "/api/session", &[], "{\"name\":\"Ana\"}").await;
    assert!(session.headers()["set-cookie"].to_str().unwrap().ends_with("; Secure"), "{:?}", session.headers());
    for (place, form, http) in [(&one, Form::Socket, Http::One), (&two, Form::EventStream, Http::Two), (&one, Form::Ndjson, Http::One)] {
        let mut feed = place.follow(Carrier { form, http }, "lot", Some(0)).await;
        assert_eq!(feed.next().await.unwrap()["type"], "welcome");
        assert_eq!(feed.next().await.unwrap()["type"], "created");
    }
    let text = whole(get(&Place::clear(server.address()), "/", &[]).await).await;
    assert!(text.contains("https://"), "{text}");
}

#[tokio::test]
async fn a_socket_in_an_http_2_connection_is_a_socket() {
    let server = TestServer::with(|config| config.gateway.http2_sockets = true).await;
    server.auction("lot", json!({"duration_ms": 3_000})).await;
    let mut requests = server.place(&[]).requests(Http::Two).await;
    let (mut ana, mut ben) = (requests.socket("/ws/lot?name=Ana").await, requests.socket("/ws/lot?name=Ben").await);
    let text = |amount: &str| Message::text(amount.to_owned());
    let hear = async |ws: &mut tokio_tungstenite::WebSocketStream<_>, word: &str| loop {
        let message = tokio::time::timeout(PATIENCE, StreamExt::next(ws)).await.expect("a message").expect("no end").unwrap();
        if message.to_text().unwrap_or_default().contains(word) {
            return message;
        }
    };
    ana.send(text("10.00")).await.unwrap();
    hear(&mut ana, "\"accepted\"").await;
    hear(&mut ben, "\"bid\"").await;
    assert_eq!(requests.json("/api/auctions/lot", &[]).await.1["price"], 1_000, "requests go on beside them");
    hear(&mut ben, "\"closed\"").await;
    let code = loop {
        let message = tokio::time::timeout(PATIENCE, StreamExt::next(&mut ben)).await.expect("a close").expect("a close first").unwrap();
        if let Message::Close(frame) = message {
            break frame.map(|frame| u16::from(frame.code));
        }
    };
    assert_eq!(code, Some(1000), "the end is told");

    let refusing = TestServer::start().await;
    refusing.auction("lot", json!({})).await;
    let mut requests = refusing.place(&[]).requests(Http::Two).await;
    let refused = tokio::spawn(async move { requests.socket("/ws/lot").await });
    assert!(refused.await.is_err(), "not unless it is asked for");
}

#[tokio::test]
async fn the_client_behind_a_trusted_proxy_is_believed_to_be_who_the_proxy_says() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.toml"), "trusted_proxies = [\"127.0.0.0/8\"]\n").unwrap();
    let process = Process::start(dir.path(), 0, &[]).await;
    let mut requests = Place::clear(process.address).requests(Http::One).await;
    let forwarded = [("x-forwarded-for", "6.6.6.6, 198.51.100.7"), ("x-forwarded-proto", "https")];
    let session = requests.send("POST", "/api/session", &forwarded, "{\"name\":\"Ana\"}").await;
    assert!(session.headers()["set-cookie"].to_str().unwrap().ends_with("; Secure"), "the way to the proxy was encrypted");
    drop(process);
    let process = Process::start(tempfile::tempdir().unwrap().path(), 0, &[]).await;
    let mut requests = Place::clear(process.address).requests(Http::One).await;
    let session = requests.send("POST", "/api/session", &forwarded, "{\"name\":\"Ana\"}").await;
    assert!(!session.headers()["set-cookie"].to_str().unwrap().contains("Secure"), "nobody is believed unless told so");
}

#[tokio::test]
async fn who_reads_nothing_for_long_is_told_to_start_anew() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    // In HTTP/2 a stream that is not read stands still by itself; over a connection of its own it would be cut off.
    let mut requests = server.place(&[]).requests(Http::Two).await;
    let mut stream = requests.get("/api/auctions/lot/events", &[EVENT_STREAM]).await;
    let mut talker = server.join("/ws/lot?name=Ana&events=none").await;
    // More than the ring has room for, and than what is under way to who does not read.
    let (long, lines) = ("x".repeat(500), 24_000);
    let mut heard = 0;
    for number in 0..lines {
        talker.ws.feed(Message::text(json!({"type": "say", "id": number.to_string(), "text": long}).to_string())).await.unwrap();
        if number % 50 == 49 {
            talker.ws.flush().await.unwrap();
            while heard <= number {
                talker.verdict().await;
                heard += 1;
            }
        }
    }
    let mut text = String::new();
    let resync = loop {
        text.push_str(&read_until(&mut stream, "\n\n").await);
        if let Some(at) = text.find("\"type\":\"resync\"") {
            let block = text[at..].split("\n\n").next().unwrap();
            break serde_json::from_str::<Value>(&format!("{{{block}")).unwrap();
        }
        let whole = text.rfind("\n\n").unwrap();
        text.drain(..whole);
    };
    assert_eq!((&resync["seq"], &resync["auction"]["seq"]), (&json!(lines + 2), &json!(lines + 2)));
    command(&server.place(&[]), "lot", "Ben", bid("1", 1_000)).await;
    let next = read_until(&mut stream, "\"type\":\"bid\"").await;
    assert!(next.contains(&format!("id: {}\n", lines + 3)), "and then live: {next}");
}
