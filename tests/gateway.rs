//! The wire contract over real sockets: join, bid, refuse, resume, heartbeat, end, and everything a client can do wrong.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use subasta::auction::{Act, AuctionId, Command, Person};
use subasta::wire::Format;
use support::{Client, PATIENCE, TestServer, bid, max};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn two_people_see_each_other_s_bids() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"reserve": 5_000})).await;
    let (mut ana, mut ben) = (server.join("/ws/lot?name=Ana").await, server.join("/ws/lot?name=Ben").await);
    assert_eq!(ana.welcome["you"], json!({"id": "ana", "name": "Ana", "roles": ["bidder", "auctioneer"]}));
    assert_eq!((&ana.welcome["protocol"], &ana.welcome["seq"], &ana.welcome["resumed"]), (&json!(1), &json!(2), &json!(false)));
    assert_eq!((&ana.welcome["auction"]["minimum"], &ana.welcome["auction"]["reserve"]), (&json!(1_000), &json!("unmet")));

    let accepted = ana.ask(bid("1", 1_000)).await;
    assert_eq!((&accepted["type"], &accepted["id"], &accepted["seq"]), (&json!("accepted"), &json!("1"), &json!(3)));
    assert_eq!((&accepted["standing"], &accepted["price"], &accepted["minimum"]), (&json!("leading"), &json!(1_000), &json!(1_050)));
    let seen = ben.until("bid").await;
    assert_eq!(seen["bidder"], json!({"id": "ana", "name": "Ana"}));
    assert_eq!(seen, ana.events[0], "both see the same");

    let refused = ben.ask(bid("1", 1_049)).await;
    assert_eq!((&refused["code"], &refused["minimum"], &refused["price"]), (&json!("bid_too_low"), &json!(1_050), &json!(1_000)));
    assert_eq!(refused["message"], "The lowest bid that counts now is 10.50 EUR.");
    assert_eq!(ben.ask(max("2", 6_000)).await["standing"], "leading");
    assert_eq!(ana.until("bid").await["reserve"], "met");
    // A raise that moves no price is Ben's alone: the lobby does not even learn that something happened.
    let mut lobby = server.join("/ws").await;
    let mut hear = async || {
        tokio::time::sleep(Duration::from_secs(2)).await;
        lobby.send(json!({"type": "ping", "t": 1})).await;
        let mut heard = Vec::new();
        while heard.last() != Some(&json!("pong")) {
            heard.push(lobby.receive().await.unwrap()["type"].clone());
        }
        heard
    };
    // What was due before the raise.
    assert!(hear().await.len() <= 3);
    assert_eq!(ben.ask(max("3", 7_000)).await["seq"], Value::Null);
    assert_eq!(hear().await, [json!("pong")]);
    let outbid = ana.ask(bid("2", 6_500)).await;
    assert_eq!((&outbid["standing"], &outbid["why"]), (&json!("outbid"), &json!("Someone had left a higher maximum.")));
    let whole = serde_json::to_string(&ana.events).unwrap();
    assert!(!whole.contains("7000"), "nobody learns another's maximum: {whole}");
}

#[tokio::test]
async fn a_verdict_never_overtakes_the_events_before_it() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"start": 1})).await;
    let mut other = server.join("/ws/lot?name=Ben").await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    for number in 0..200 {
        let id = number.to_string();
        ana.send(bid(&id, 1 + number * 100_000)).await;
        other.send(bid(&id, 2 + number * 100_000)).await;
    }
    for _ in 0..200 {
        let verdict = ana.verdict().await;
        if let Some(seq) = verdict["seq"].as_u64() {
            assert!(ana.seq >= seq, "told of {seq} before seeing it");
        }
    }
}

#[tokio::test]
async fn not_even_where_more_waits_than_is_written_at_once() {
    let (server, log) = TestServer::over_memory().await;
    server.auction("lot", json!({})).await;
    let mut last = server.join("/ws/lot?name=Last").await;
    let mut crowd = Vec::new();
    for number in 0..15 {
        crowd.push(server.join(&format!("/ws/lot?name=one-{number}")).await);
    }
    log.stall(true);
    let text = "x".repeat(400);
    for one in &mut crowd {
        for _ in 0..60 {
            one.send(json!({"type": "say", "text": text})).await;
        }
    }
    // All of it is read and waits for the log before the last one speaks.
    for one in &mut crowd {
        one.send(json!({"type": "ping", "t": 1})).await;
        one.until("pong").await;
    }
    last.send(json!({"type": "say", "text": "me too"})).await;
    last.send(json!({"type": "ping", "t": 1})).await;
    last.until("pong").await;
    log.stall(false);
    let seq = last.verdict().await["seq"].as_u64().unwrap();
    assert!(seq > 800, "only {seq}");
    assert_eq!(last.seq, seq, "it has seen every event up to its own");
}

#[tokio::test]
async fn a_ping_is_answered_although_nothing_else_happens() {
    let server = TestServer::with(|config| config.gateway.heartbeat_interval = Duration::from_secs(86_400)).await;
    server.auction("lot", json!({})).await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    ana.until("presence").await;
    ana.ws.send(Message::Ping("are you there?".into())).await.unwrap();
    let pong = tokio::time::timeout(PATIENCE, ana.ws.next()).await.expect("it is answered");
    assert_eq!(pong.unwrap().unwrap(), Message::Pong("are you there?".into()));
}

#[tokio::test]
async fn an_auction_is_listed_and_ends_although_its_seller_hung_up() {
    let (server, log) = TestServer::over_memory().await;
    let mut lobby = server.join("/ws").await;
    log.stall(true);
    let mut seller = TcpStream::connect(server.address()).await.unwrap();
    let terms = r#"{"id":"lot","title":"A lot","start":1000,"duration_ms":1500,"soft_close":false}"#;
    let request = format!("POST /api/auctions?name=Sol HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{terms}", terms.len());
    seller.write_all(request.as_bytes()).await.unwrap();
    while log.waiting() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(seller);
    // Time enough to notice.
    tokio::time::sleep(Duration::from_millis(200)).await;
    log.stall(false);
    assert_eq!(lobby.until("auction").await["auction"]["status"], "open");
    while lobby.until("auction").await["auction"]["status"] != "closed" {}
}

#[tokio::test]
async fn who_falls_behind_the_ring_is_sent_resync() {
    let (server, _log) = TestServer::over_memory().await;
    server.auction("lot", json!({})).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = socket.connect(server.address()).await.unwrap();
    let (ws, _) = tokio_tungstenite::client_async(format!("ws://{}/ws/lot?name=Slow", server.address()), stream).await.unwrap();
    // It reads nothing while more is said than the kernel's buffers and the ring hold together.
    let (seat, ..) = server.server.rooms().join(&AuctionId::parse("lot").unwrap(), None, None).await.unwrap();
    for _ in 0..7 {
        let say = |_| {
            let act = Act::Say("x".repeat(480).into());
            seat.arrive().ask(Command { by: Person::new("ana", "Ana"), request: None, act }).unwrap()
        };
        for verdict in (0..4_000).map(say).collect::<Vec<_>>() {
            verdict.await.unwrap().unwrap();
        }
    }
    let mut slow = Client { ws, seq: 0, events: Vec::new(), welcome: Value::Null, format: Format::Json };
    slow.seq = slow.receive().await.unwrap()["seq"].as_u64().unwrap();
    let resync = slow.until("resync").await;
    assert_eq!(resync["auction"]["seq"], resync["seq"]);
    // From there it goes on without a gap, which the client checks.
    slow.send(json!({"type": "say", "text": "the end"})).await;
    while slow.until("said").await["text"] != "the end" {}
    assert_eq!(slow.seq, 2 + 28_000 + 1);
}

#[tokio::test]
async fn a_page_of_another_origin_may_only_look() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let http = reqwest::Client::new();
    let status =
        async |request: reqwest::RequestBuilder, origin: &str| request.header("origin", origin).send().await.unwrap().status().as_u16();
    let own = server.url("");
    for (origin, session, command) in [(own.as_str(), 200, 200), ("https://evil.example", 403, 403), ("null", 403, 403)] {
        assert_eq!(status(http.post(server.url("/api/session")).json(&json!({"name": "Ana"})), origin).await, session, "{origin}");
        let say = json!({"type": "say", "text": "hello"});
        assert_eq!(status(http.post(server.url("/api/auctions/lot/commands?name=Ana")).json(&say), origin).await, command, "{origin}");
        assert_eq!(status(http.get(server.url("/api/auctions/lot")), origin).await, 200, "{origin}");
    }
    let mut raw = TcpStream::connect(server.address()).await.unwrap();
    let head = "GET /ws/lot?name=Ana HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    raw.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(last_words(raw).await, 4403);
}

#[tokio::test]
async fn a_token_of_another_server_does_not_hold() {
    let (ours, theirs) = (TestServer::start().await, TestServer::start().await);
    let sign_in = async |server: &TestServer| -> String {
        let answer = reqwest::Client::new().post(server.url("/api/session")).json(&json!({"name": "Ana"})).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
    };
    ours.auction("lot", json!({})).await;
    let (good, bad) = (sign_in(&ours).await, sign_in(&theirs).await);
    assert_eq!(ours.join(&format!("/ws/lot?token={good}")).await.welcome["you"]["id"], "ana");
    let refused = Client::connect(ours.address(), &format!("/ws/lot?token={bad}")).await.err().unwrap();
    assert!(refused.contains("4401"), "{refused}");
    // Another's claims under our signature.
    let (head, claims, signature) = (bad.split('.').next().unwrap(), bad.split('.').nth(1).unwrap(), good.rsplit('.').next().unwrap());
    let forged = format!("{head}.{}.{signature}", claims.chars().rev().collect::<String>());
    assert!(Client::connect(ours.address(), &format!("/ws/lot?token={forged}")).await.is_err());
}

#[tokio::test]
async fn a_person_can_type() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    ana.send("10.50").await;
    assert_eq!(ana.verdict().await["price"], 1_050);
    ana.send(" max 20 ").await;
    assert_eq!(ana.verdict().await["seq"], Value::Null);
    ana.send("/say ¿Quién da más?").await;
    assert_eq!(ana.until("said").await["text"], "¿Quién da más?");
    ana.verdict().await;
    ana.send("/who").await;
    assert_eq!(ana.until("presence").await["names"], json!(["Ana"]));
    ana.send("/help").await;
    assert!(ana.until("help").await["lines"].as_array().unwrap().len() > 3);
    for (line, code) in [
        ("hello", "malformed"),
        ("", "malformed"),
        ("10.505", "malformed"),
        ("1e3", "malformed"),
        ("1,000", "malformed"),
        ("12.", "malformed"),
        ("max", "malformed"),
        ("/say ", "malformed"),
        ("99999999999999999999", "bad_amount"),
        ("0", "bad_amount"),
        ("[1]", "malformed"),
    ] {
        ana.send(line).await;
        let refused = ana.verdict().await;
        assert_eq!(refused["code"], code, "{line:?}: {refused}");
    }
}

#[tokio::test]
async fn what_is_no_command_is_refused_and_the_socket_lives_on() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    let long = "x".repeat(501);
    for (text, code, id) in [
        (r#"{"type":"bid","amount":"#.to_owned(), "malformed", None),
        (r#"{"type":"bid"}"#.to_owned(), "malformed", None),
        (r#"{"type":"bid","id":"a","amount":1,"max":2}"#.to_owned(), "malformed", Some("a")),
        (r#"{"type":"bid","id":"a","amount":"1000"}"#.to_owned(), "bad_amount", Some("a")),
        (r#"{"type":"bid","id":"a","amount":1000.5}"#.to_owned(), "bad_amount", Some("a")),
        (r#"{"type":"bid","id":"a","amount":-1000}"#.to_owned(), "bad_amount", Some("a")),
        (r#"{"type":"bid","id":"a","amount":1000000000001}"#.to_owned(), "bad_amount", Some("a")),
        (r#"{"type":"bid","id":"a","amount":99999999999999999999}"#.to_owned(), "bad_amount", Some("a")),
        (r#"{"type":"bid","id":7,"amount":1000}"#.to_owned(), "malformed", None),
        (format!(r#"{{"type":"bid","id":"{}","amount":1000}}"#, "x".repeat(65)), "malformed", None),
        (r#"{"type":"fly","id":"a"}"#.to_owned(), "malformed", Some("a")),
        (r#"{"id":"a"}"#.to_owned(), "malformed", Some("a")),
        (r#"{"type":"say","id":"a","text":""}"#.to_owned(), "malformed", Some("a")),
        (format!(r#"{{"type":"say","id":"a","text":"{long}"}}"#), "malformed", Some("a")),
        (r#"{"type":"say","id":"a","text":5}"#.to_owned(), "malformed", Some("a")),
        (r#"{"type":"bid","id":"a","amount":1000,"t":"x"}"#.to_owned(), "malformed", Some("a")),
        (r#"{"type":"ping"}"#.to_owned(), "malformed", None),
        (r#"{"type":"create","id":"a","terms":{"title":"x","start":1,"duration_ms":1000}}"#.to_owned(), "malformed", Some("a")),
        ("{".repeat(5_000), "malformed", None),
    ] {
        ana.send(&text).await;
        let refused = ana.verdict().await;
        assert_eq!((&refused["type"], &refused["code"]), (&json!("refused"), &json!(code)), "{text}");
        assert_eq!(refused["id"].as_str(), id, "{text}");
        assert!(refused["message"].as_str().unwrap().ends_with('.'), "a sentence: {refused}");
    }
    ana.ws.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(ana.verdict().await["code"], "malformed", "a binary frame where text is due");
    assert_eq!(ana.ask(bid("b", 1_000)).await["type"], "accepted");
}

#[tokio::test]
async fn who_only_watches_cannot_bid() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let mut watcher = server.join("/ws/lot").await;
    assert_eq!(watcher.welcome["you"], json!({"id": null, "name": null, "roles": []}));
    assert_eq!(watcher.ask(bid("1", 1_000)).await["code"], "sign_in");
    let mut seller = server.join("/ws/lot?name=SOL").await;
    assert_eq!(seller.ask(bid("1", 1_000)).await["code"], "own_auction");
}

#[tokio::test]
async fn ping_is_answered_with_the_server_s_time() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    for path in ["/ws/lot", "/ws"] {
        let mut client = server.join(path).await;
        client.send(json!({"type": "ping", "t": 12.5})).await;
        let pong = client.until("pong").await;
        assert_eq!(pong["t"], 12.5);
        assert!(pong["now"].as_i64().unwrap() >= client.welcome["now"].as_i64().unwrap());
    }
}

#[tokio::test]
async fn a_socket_that_cannot_have_its_place_is_closed_with_a_code() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    for (path, code) in [
        ("/ws/nowhere", "Some(4404)"),
        ("/ws/NOT%20A%20SLUG", "Some(4404)"),
        ("/ws/lot?token=forged", "Some(4401)"),
        ("/ws?token=eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJzdWIiOiJhbmEifQ.", "Some(4401)"),
        ("/ws/lot?name=%E2%80%AE", "Some(4401)"),
    ] {
        let error = Client::connect(server.address(), path).await.err();
        assert!(error.as_deref().is_some_and(|error| error.contains(code)), "{path}: {error:?}");
    }
}

/// A WebSocket with nobody behind it: nothing is answered, and nothing read until the end.
async fn mute(server: &TestServer, name: &str) -> TcpStream {
    let mut raw = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "GET /ws/lot?name={name} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    raw.write_all(head.as_bytes()).await.unwrap();
    raw
}

/// The code of the close frame that everything the server sent ends with.
async fn last_words(mut raw: TcpStream) -> u16 {
    let mut all = Vec::new();
    tokio::time::timeout(PATIENCE, raw.read_to_end(&mut all)).await.expect("it is closed").unwrap();
    let close = all.windows(2).rposition(|pair| pair[0] == 0x88 && usize::from(pair[1]) < 126).expect("a close frame");
    assert_eq!(all.len(), close + 2 + usize::from(all[close + 1]), "nothing comes after it");
    u16::from_be_bytes([all[close + 2], all[close + 3]])
}

/// What the server answers to raw bytes after a handshake.
async fn close_code_for(server: &TestServer, frame: &[u8]) -> u16 {
    let mut raw = mute(server, "Ana").await;
    raw.write_all(frame).await.unwrap();
    last_words(raw).await
}

#[tokio::test]
async fn protocol_errors_have_their_codes() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let masked = |first: u8, payload: &[u8]| {
        let mut frame = vec![first, 0x80 | 0x7e];
        frame.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(payload);
        frame
    };
    assert_eq!(close_code_for(&server, &[0x81, 2, b'h', b'i']).await, 1002, "not masked");
    assert_eq!(close_code_for(&server, &[0xf1, 0x80, 0, 0, 0, 0]).await, 1002, "reserved bits");
    assert_eq!(close_code_for(&server, &[0x83, 0x80, 0, 0, 0, 0]).await, 1002, "reserved opcode");
    assert_eq!(close_code_for(&server, &masked(0x81, &[0xff; 200])).await, 1007, "not UTF-8");
    assert_eq!(close_code_for(&server, &masked(0x81, &vec![b'x'; 16_385])).await, 1009, "over the limit");
    let mut fragments = masked(0x01, &[b'x'; 16_000]);
    fragments.extend(masked(0x80, &[b'x'; 16_000]));
    assert_eq!(close_code_for(&server, &fragments).await, 1009, "over the limit in parts");
    // Exactly the limit is read, and refused for what it says.
    let mut ana = server.join("/ws/lot?name=Ana").await;
    ana.send("x".repeat(16_384)).await;
    assert_eq!(ana.verdict().await["code"], "malformed");
}

#[tokio::test]
async fn who_comes_back_goes_on_where_they_were() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    for number in 1..=5 {
        ana.ask(json!({"type": "say", "text": format!("line {number}")})).await;
    }
    let seen = ana.events.clone();
    drop(ana);
    let mut back = server.join("/ws/lot?name=Ana&since=4").await;
    assert_eq!((&back.welcome["resumed"], &back.welcome["seq"]), (&json!(true), &json!(4)));
    assert_eq!(back.welcome["auction"]["seq"], 7, "the auction object is of now");
    for event in &seen[2..] {
        assert_eq!(&back.receive().await.unwrap(), event);
    }
    for since in ["99", "-1", "x", "18446744073709551615"] {
        let fresh = server.join(&format!("/ws/lot?since={since}")).await;
        assert_eq!((&fresh.welcome["resumed"], &fresh.welcome["seq"]), (&json!(false), &json!(7)), "{since}");
    }
    let all = server.join("/ws/lot?since=0").await;
    assert_eq!((&all.welcome["resumed"], &all.welcome["seq"]), (&json!(true), &json!(0)));
}

#[tokio::test]
async fn everyone_gets_closed_and_then_the_sockets_close() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"duration_ms": 800})).await;
    let (mut ana, mut ben) = (server.join("/ws/lot?name=Ana").await, server.join("/ws/lot").await);
    ana.ask(bid("1", 1_000)).await;
    for client in [&mut ana, &mut ben] {
        assert_eq!(client.closed().await, Some(1000));
        let last = client.events.last().unwrap();
        assert_eq!((&last["type"], &last["outcome"], &last["winner"]["name"]), (&json!("closed"), &json!("sold"), &json!("Ana")));
    }
    let mut late = server.join("/ws/lot?name=Cleo").await;
    assert_eq!((&late.welcome["auction"]["status"], &late.welcome["auction"]["outcome"]), (&json!("closed"), &json!("sold")));
    assert_eq!(late.closed().await, Some(1000), "welcome, then this");
    // The verdict of before, asked again, and a new bid too late.
    let url = server.url("/api/auctions/lot/commands?name=Ana");
    let again: Value = reqwest::Client::new().post(&url).json(&bid("1", 1_000)).send().await.unwrap().json().await.unwrap();
    assert_eq!(again["seq"], 3);
    let late = reqwest::Client::new().post(&url).json(&bid("2", 2_000)).send().await.unwrap();
    assert_eq!(late.status(), 409);
    assert_eq!(late.json::<Value>().await.unwrap()["code"], "closed");
}

#[tokio::test]
async fn a_phone_that_vanished_is_noticed_and_leaves_the_count() {
    let server = TestServer::with(|config| {
        // Longer than presence takes to be told.
        config.gateway.heartbeat_interval = Duration::from_millis(1_500);
        config.gateway.heartbeat_timeout = Duration::from_millis(500);
    })
    .await;
    server.auction("lot", json!({})).await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    // Ben's socket stays open, but nobody is there to answer: no FIN, no pong.
    let ben = mute(&server, "Ben").await;
    while ana.until("presence").await["watching"] != 2 {}
    while ana.until("presence").await["watching"] != 1 {}
    // What waits for Ben when he is back: the reason.
    assert_eq!(last_words(ben).await, 4408);
    // Ana, who answers pings, is still there, and with nothing else to hear she hears ticks.
    assert!(ana.until("tick").await["now"].is_i64());
    assert_eq!(ana.ask(bid("1", 1_000)).await["type"], "accepted");
}

#[tokio::test]
async fn a_robot_may_ask_for_verdicts_alone() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"duration_ms": 3_000})).await;
    let (mut robot, mut ben) = (server.join("/ws/lot?name=Robot&events=none").await, server.join("/ws/lot?name=Ben").await);
    robot.send(bid("1", 1_000)).await;
    assert_eq!(robot.receive().await.unwrap()["type"], "accepted", "and no event before it");
    assert_eq!(ben.until("bid").await["bidder"]["name"], "Robot");
    ben.ask(bid("1", 2_000)).await;
    robot.send(json!({"type": "ping", "t": 1})).await;
    assert_eq!(robot.receive().await.unwrap()["type"], "pong", "nor of others");
    assert_eq!(robot.closed().await, Some(1000), "it learns of the end");
}

#[tokio::test]
async fn who_does_not_read_is_closed_and_nobody_else_waits() {
    let slow = |config: &mut subasta::config::Config| {
        config.gateway.slow_after = Duration::from_secs(2);
        // On a slow machine it takes long until the kernel is full: who is not heard meanwhile shall not be closed for that.
        config.gateway.heartbeat_interval = Duration::from_secs(600);
    };
    let server = TestServer::with(slow).await;
    server.auction("lot", json!({})).await;
    let stuck = mute(&server, "Stuck").await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    while ana.until("presence").await["watching"] != 2 {}
    // Until the kernel takes no more of it and the server gives up.
    let text = "x".repeat(500);
    let mut watching = 2;
    for _ in 0..40_000 {
        ana.send(json!({"type": "say", "text": text})).await;
        loop {
            let message = ana.receive().await.unwrap();
            if message["type"] == "presence" {
                watching = message["watching"].as_i64().unwrap();
            } else if message["type"] == "accepted" {
                break;
            }
        }
        if watching == 1 {
            break;
        }
    }
    assert_eq!(watching, 1, "the stuck one is gone");
    // If it reads after all, it finds whole frames, and the reason at the end.
    assert_eq!(last_words(stuck).await, 4409);
}

#[tokio::test]
async fn the_lobby_tells_of_auctions_as_they_come_and_change_and_end() {
    let server = TestServer::start().await;
    server.auction("first", json!({})).await;
    let mut lobby = server.join("/ws?name=Sol").await;
    assert_eq!(lobby.welcome["auctions"][0]["id"], "first");
    // By POST …
    server.auction("second", json!({"duration_ms": 2_500})).await;
    assert_eq!(lobby.until("auction").await["auction"]["id"], "second");
    // … and over the socket.
    lobby.send(json!({"type": "create", "id": "c", "terms": {"id": "third", "title": "3", "start": 1, "duration_ms": 60_000}})).await;
    let accepted = lobby.until("accepted").await;
    assert_eq!((&accepted["id"], &accepted["auction"]), (&json!("c"), &json!("third")));
    lobby.send(json!({"type": "create", "id": "d", "terms": {"id": "third", "title": "3", "start": 1, "duration_ms": 60_000}})).await;
    assert_eq!(lobby.verdict().await["code"], "exists");
    lobby.send(json!({"type": "create", "id": "e", "terms": {"title": "3", "start": 1, "duration_ms": 60_000, "colour": "red"}})).await;
    let refused = lobby.verdict().await;
    assert_eq!((&refused["code"], &refused["field"]), (&json!("bad_terms"), &json!("colour")));
    lobby.send("120").await;
    assert_eq!(lobby.verdict().await["code"], "malformed");
    lobby.send(bid("x", 5)).await;
    assert_eq!(lobby.verdict().await["code"], "malformed");

    let mut ana = server.join("/ws/second?name=Ana").await;
    ana.ask(bid("1", 4_200)).await;
    loop {
        let change = lobby.until("auction").await;
        if change["auction"]["id"] == "second" && change["auction"]["price"] == 4_200 {
            break;
        }
    }
    loop {
        let change = lobby.until("auction").await;
        if change["auction"]["id"] == "second" && change["auction"]["status"] == "closed" {
            assert_eq!(change["auction"]["outcome"], "sold");
            break;
        }
    }
}

#[tokio::test]
async fn old_ones_leave_the_lobby() {
    let server = TestServer::start().await;
    let mut lobby = server.join("/ws").await;
    for number in 0..14 {
        server.auction(&format!("lot-{number}"), json!({"duration_ms": 300})).await;
    }
    let gone = [lobby.until("gone").await["id"].clone(), lobby.until("gone").await["id"].clone()];
    let left = server.join("/ws").await.welcome["auctions"].as_array().unwrap().clone();
    assert_eq!(left.len(), 12);
    assert!(left.iter().all(|auction| auction["status"] == "closed" && !gone.contains(&auction["id"])));
}

#[tokio::test]
async fn an_http_client_that_does_not_read_loses_its_place() {
    let server = TestServer::with(|config| {
        config.gateway.slow_after = Duration::from_millis(500);
        config.gateway.connections = 1;
    })
    .await;
    let mut greedy = TcpStream::connect(server.address()).await.unwrap();
    let asked = tokio::spawn(async move {
        for _ in 0..200_000 {
            if greedy.write_all(b"GET /js/client.js HTTP/1.1\r\nHost: x\r\n\r\n").await.is_err() {
                break;
            }
        }
        greedy
    });
    // Ours is the only place; it is free again although the other has neither read nor left.
    tokio::time::timeout(PATIENCE, async {
        while reqwest::get(server.url("/healthz")).await.map_or(0, |answer| answer.status().as_u16()) != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("a place is free again");
    asked.abort();
}

#[tokio::test]
async fn http_signs_in_creates_lists_looks_and_bids() {
    let server = TestServer::start().await;
    let http = reqwest::Client::new();
    let session = http.post(server.url("/api/session")).json(&json!({"name": "  Ana   María "})).send().await.unwrap();
    let cookie = session.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let session: Value = session.json().await.unwrap();
    assert_eq!(session["you"]["name"], "Ana María");
    let token = session["token"].as_str().unwrap();

    let terms = json!({"id": "lot", "title": "A lot", "start": 1000, "duration_ms": 3_600_000, "currency": "JPY"});
    let created = http.post(server.url("/api/auctions")).bearer_auth(token).json(&terms).send().await.unwrap();
    assert_eq!((created.status().as_u16(), created.headers()["location"].to_str().unwrap()), (201, "/api/auctions/lot"));
    assert_eq!(created.json::<Value>().await.unwrap()["decimals"], 0);
    let refused = async |body: &str, status: u16, code: &str, field: Option<&str>| {
        let answer = http.post(server.url("/api/auctions")).bearer_auth(token).body(body.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{body}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((problem["code"].as_str(), problem["field"].as_str()), (Some(code), field), "{problem}");
        assert_eq!((&problem["status"], &problem["detail"]), (&json!(status), &problem["message"]));
    };
    refused(&terms.to_string(), 409, "exists", None).await;
    refused("{", 400, "malformed", None).await;
    refused(r#"[null,"An array",""]"#, 400, "malformed", None).await;
    refused(r#"{"start":1,"duration_ms":1}"#, 422, "bad_terms", Some("title")).await;
    refused(r#"{"title":"x","start":"1","duration_ms":1}"#, 422, "bad_terms", Some("start")).await;
    refused(r#"{"title":"x","start":0,"duration_ms":1}"#, 422, "bad_terms", Some("start")).await;
    refused(r#"{"title":"x","start":1}"#, 422, "bad_terms", Some("ends_at")).await;
    refused(r#"{"title":"x","start":1,"duration_ms":1000,"currency":"XYZ"}"#, 422, "bad_terms", Some("currency")).await;
    refused(r#"{"title":"x","start":1,"duration_ms":1000,"id":"Not A Slug"}"#, 422, "bad_terms", Some("id")).await;
    refused(r#"{"title":"x","start":1,"duration_ms":1000,"buy_now":1}"#, 422, "bad_terms", Some("buy_now")).await;
    refused(&format!(r#"{{"title":"{}"}}"#, "x".repeat(40_000)), 413, "too_large", None).await;

    let url = server.url("/api/auctions/lot");
    let look = http.get(&url).send().await.unwrap();
    let tag = look.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, "\"2\"");
    let same = http.get(&url).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((same.status().as_u16(), same.bytes().await.unwrap().len()), (304, 0));
    let commands = server.url("/api/auctions/lot/commands");
    let ben = format!("{commands}?name=Ben");
    let accepted: Value = http.post(&ben).json(&bid("1", 1_000)).send().await.unwrap().json().await.unwrap();
    assert_eq!((&accepted["type"], &accepted["seq"]), (&json!("accepted"), &json!(3)));
    let changed = http.get(&url).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((changed.status().as_u16(), changed.headers()["etag"].to_str().unwrap()), (200, "\"3\""));

    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(status(http.post(&commands).json(&bid("1", 2_000))).await, 401, "nobody in particular");
    assert_eq!(status(http.post(&commands).bearer_auth("forged").json(&bid("1", 2_000))).await, 401);
    assert_eq!(
        status(http.post(&commands).header("cookie", cookie.split(';').next().unwrap()).json(&bid("1", 2_000))).await,
        409,
        "own auction"
    );
    assert_eq!(status(http.post(&ben).body("{")).await, 400);
    assert_eq!(status(http.post(&ben).body(r#"["bid",null,2000]"#)).await, 400);
    assert_eq!(status(http.post(&ben).body("10.50")).await, 400, "nothing but sockets reads major units");
    assert_eq!(status(http.post(&ben).json(&json!({"type": "bid", "amount": -5}))).await, 422);
    assert_eq!(status(http.get(server.url("/api/auctions/nowhere"))).await, 404);
    assert_eq!(status(http.post(server.url("/api/auctions/nowhere/commands?name=Ben")).json(&bid("1", 1))).await, 404);
    assert_eq!(status(http.delete(&url)).await, 405);
    let nothing = http.get(server.url("/api/nothing")).send().await.unwrap();
    assert_eq!((nothing.status().as_u16(), nothing.headers()["content-type"].to_str().unwrap()), (404, "application/problem+json"));
    assert_eq!(status(http.get(server.url("/healthz"))).await, 200);
    assert_eq!(status(http.get(server.url("/ws/lot"))).await, 400, "not a handshake");
    for name in ["", "   ", "---", "@house", "-ana", &"x".repeat(41), "a\u{202e}b", "a\u{0}b"] {
        assert_eq!(status(http.post(server.url("/api/session")).json(&json!({"name": name}))).await, 400, "{name:?}");
    }
}

#[tokio::test]
async fn the_list_has_pages_and_filters() {
    let server = TestServer::start().await;
    for number in 0..5 {
        server.auction(&format!("lot-{number}"), json!({})).await;
    }
    let tomorrow = server.server.rooms().clock().now() + 86_400_000;
    server.auction("later", json!({"starts_at": tomorrow})).await;
    let get =
        async |query: &str| -> Value { reqwest::get(server.url(&format!("/api/auctions{query}"))).await.unwrap().json().await.unwrap() };
    let ids = |page: &Value| -> Vec<String> {
        page["auctions"].as_array().unwrap().iter().map(|auction| auction["id"].as_str().unwrap().to_owned()).collect()
    };
    let first = get("?limit=2").await;
    assert_eq!((ids(&first), &first["next"]), (vec!["lot-0".to_owned(), "lot-1".to_owned()], &json!("lot-1")));
    let last = get("?limit=4&after=lot-1").await;
    assert_eq!((ids(&last).len(), &last["next"]), (4, &Value::Null));
    assert_eq!(ids(&get("?status=scheduled").await), ["later"]);
    assert_eq!(get("?status=odd").await["code"], "malformed");
    assert_eq!(get("?limit=x").await["code"], "malformed");
    assert_eq!(get("?after=nowhere").await["code"], "unknown_auction");
}

#[tokio::test]
async fn the_pages_are_served_closed_to_strangers() {
    let server = TestServer::start().await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/console", "text/html; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
        ("/js/client.js", "text/javascript; charset=utf-8"),
    ] {
        let page = reqwest::get(server.url(path)).await.unwrap();
        assert_eq!((page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()), (200, kind), "{path}");
        assert_eq!(page.headers()["x-content-type-options"], "nosniff");
        // What a browser would open as a document.
        if !kind.starts_with("text/javascript") {
            let policy = page.headers()["content-security-policy"].to_str().unwrap();
            assert!(
                policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
                "{policy}"
            );
            assert_eq!(policy.contains("script-src 'self'"), kind.starts_with("text/html"), "{path}: {policy}");
        }
    }
    for path in ["/nothing.js", "/js/../Cargo.toml", "/js/%2e%2e/%2e%2e/Cargo.toml", "/index.html", "/v/", "/v/1", "/v/1/index.html"] {
        assert_eq!(reqwest::get(server.url(path)).await.unwrap().status(), 404, "{path}");
    }
}

async fn fetched(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let request = headers.iter().fold(reqwest::Client::new().get(server.url(path)), |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

#[tokio::test]
async fn files_come_compressed_as_they_are_liked_and_each_form_is_known_again() {
    let server = TestServer::start().await;
    let plain = fetched(&server, "/js/client.js", &[]).await;
    assert!(!plain.headers().contains_key("content-encoding"));
    let plain_size = plain.bytes().await.unwrap().len();
    let mut tags = std::collections::BTreeSet::new();
    for (liked, encoding) in [("gzip, deflate, br", Some("br")), ("gzip, br;q=0", Some("gzip")), ("zstd", None)] {
        let form = fetched(&server, "/js/client.js", &[("accept-encoding", liked)]).await;
        let header = |name: &str| form.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("content-encoding").as_deref(), encoding, "{liked}");
        assert_eq!((header("vary").unwrap(), header("cache-control").unwrap()), ("Accept-Encoding".to_owned(), "no-cache".to_owned()));
        let tag = header("etag").unwrap();
        assert!(tags.insert(tag.clone()), "two forms have the tag {tag}");
        let size = form.bytes().await.unwrap().len();
        assert!(encoding.is_none() && size == plain_size || size * 2 < plain_size, "{liked}: {size} of {plain_size}");
        let headers = [("accept-encoding", liked), ("if-none-match", &format!("\"x\", W/{tag}"))];
        assert_eq!(fetched(&server, "/js/client.js", &headers).await.status(), 304, "{liked}");
        let headers = [("accept-encoding", liked), ("if-none-match", "\"x\"")];
        assert_eq!(fetched(&server, "/js/client.js", &headers).await.status(), 200, "{liked}");
    }
    // What is made for one answer is compressed for it.
    for path in ["/", "/api/auctions"] {
        let small = fetched(&server, path, &[("accept-encoding", "gzip")]).await;
        assert!(small.headers().get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("Accept-Encoding")), "{path}");
        let is_large = path == "/";
        assert_eq!(small.headers().contains_key("content-encoding"), is_large, "{path}");
        if is_large {
            assert_eq!(small.bytes().await.unwrap()[..2], [0x1f, 0x8b]);
        }
    }
}

#[tokio::test]
async fn what_a_page_names_may_be_kept_for_ever_and_what_others_name_is_asked_for() {
    let server = TestServer::start().await;
    let page = fetched(&server, "/", &[]).await;
    assert_eq!(page.headers()["cache-control"], "no-store");
    let page = page.text().await.unwrap();
    let addresses: Vec<&str> = page.split('"').filter(|part| part.starts_with("/v/")).collect();
    for address in &addresses {
        let file = fetched(&server, address, &[]).await;
        assert_eq!(file.status(), 200, "{address}");
        assert_eq!(file.headers()["cache-control"], "public, max-age=31536000, immutable", "{address}");
    }
    // All that it begins with in one file: no chain of requests.
    let [module] = addresses.iter().filter(|address| address.contains("/js/")).collect::<Vec<_>>()[..] else { panic!("{addresses:?}") };
    let module = fetched(&server, module, &[]).await.text().await.unwrap();
    assert!(module.contains("class Client") && !module.lines().any(|line| line.starts_with("import ")));
    // A page from before an update goes on, and keeps nothing.
    let old = fetched(&server, "/v/0123456789ab/js/client.js", &[]).await;
    assert_eq!((old.status().as_u16(), old.headers()["cache-control"].to_str().unwrap()), (200, "no-cache"));
}

#[tokio::test]
async fn a_page_says_how_the_auction_stands_and_nothing_in_it_is_markup() {
    let server = TestServer::start().await;
    let missing = fetched(&server, "/a/nowhere", &[]).await;
    assert_eq!((missing.status().as_u16(), missing.headers()["content-type"].to_str().unwrap()), (404, "text/html; charset=utf-8"));
    let terms =
        json!({"title": "<script>alert(1)</script>", "description": "</script>\u{2028}\"'", "start": 12_050, "duration_ms": 60_000});
    server.auction("evil", terms).await;
    for (path, needle) in [("/a/evil", "id=\"first\""), ("/", "data-auction=\"evil\"")] {
        let page = fetched(&server, path, &[("accept-language", "es")]).await;
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        assert!(page.contains(needle) && page.contains("EUR 120.50") && page.contains("lang=\"es\""), "{path}: {page}");
        assert!(!page.contains("<script>alert"), "{path}: {page}");
        assert_eq!(page.matches("</script>").count(), page.matches("<script").count(), "{path}");
    }
}

#[tokio::test]
async fn one_connection_too_many_is_told_to_come_back() {
    let server = TestServer::with(|config| config.gateway.connections = 2).await;
    let (_one, two) = (TcpStream::connect(server.address()).await.unwrap(), TcpStream::connect(server.address()).await.unwrap());
    let mut three = TcpStream::connect(server.address()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, three.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    drop(two);
    tokio::time::timeout(PATIENCE, async {
        while reqwest::get(server.url("/healthz")).await.map_or(0, |answer| answer.status().as_u16()) != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("a place is free again");
}

#[tokio::test]
async fn a_head_that_never_comes_is_not_waited_for() {
    let server = TestServer::start().await;
    let mut slow = TcpStream::connect(server.address()).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(PATIENCE, slow.read_to_end(&mut rest)).await.expect("it is closed").unwrap();
}

#[tokio::test]
async fn a_stopping_server_says_goodbye_to_everyone() {
    let TestServer { server, dir } = TestServer::start().await;
    let address = server.address();
    support::create(address, "lot", json!({})).await;
    let mut ana = Client::connect(address, "/ws/lot?name=Ana").await.unwrap();
    let mut lobby = Client::connect(address, "/ws").await.unwrap();
    ana.ask(bid("1", 1_000)).await;
    let stopping = tokio::spawn(server.stop());
    for client in [&mut ana, &mut lobby] {
        assert!(client.until("goodbye").await["retry_after_ms"].is_u64());
        assert_eq!(client.closed().await, Some(1001));
    }
    drop((ana, lobby));
    tokio::time::timeout(PATIENCE, stopping).await.expect("it stops").unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    drop(dir);
}
