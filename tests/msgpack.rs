//! MessagePack says what JSON says, word for word, and takes from outside only what is a command.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use futures_util::{SinkExt, StreamExt};
use proptest::prelude::*;
use serde_json::{Value, json};
use subasta::auction::Currency;
use subasta::wire::{Format, Frame, Inbound, Rejected, parse, parse_packed};
use support::{Client, TestServer, bid, max, open_as};
use tokio_tungstenite::tungstenite::Message;

fn euro() -> Currency {
    Currency::new("EUR", 2).unwrap()
}

/// Sends the same from both, and compares what each is told about it.
async fn both(text: &mut Client, packed: &mut Client, what: Value, answer: &str) -> Value {
    text.send(&what).await;
    packed.send(&what).await;
    let (text, packed) = (text.until(answer).await, packed.until(answer).await);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&text), keys(&packed));
    packed
}

#[tokio::test]
async fn a_room_says_the_same_in_both_encodings() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"reserve": 5_000, "duration_ms": 3_600_000})).await;
    let mut text = server.join("/ws/lot?name=Ana").await;
    let mut packed = server.join_packed("/ws/lot?name=Ben").await;
    let (mut before, mut after) = (text.welcome["auction"].clone(), packed.welcome["auction"].clone());
    for live in ["watching", "names"] {
        (before[live], after[live]) = (Value::Null, Value::Null);
    }
    assert_eq!(before, after);
    assert_eq!(packed.welcome["you"]["id"], "ben");
    assert_eq!(packed.until("presence").await["watching"], 2);

    // Each bids, talks, and is refused in its own encoding; numbers go through as they are.
    assert_eq!(packed.ask(bid("1", 1_000)).await["standing"], "leading");
    assert_eq!(text.ask(max("2", 6_000)).await["standing"], "leading");
    assert_eq!(packed.ask(bid("3", 6_000)).await["standing"], "outbid");
    let say = json!({"type": "say", "text": "schöne Uhr, \"wirklich\"? ⌚\n\u{1}"});
    packed.ask(say.clone()).await;
    text.ask(say).await;
    let refused = both(&mut text, &mut packed, bid("4", 1_000), "refused").await;
    assert!(refused["code"] == "bid_too_low" && refused["minimum"].is_u64(), "{refused}");
    for t in [json!(0), json!(-1), json!(1_764_000_000_123_u64), json!(u64::MAX), json!(i64::MIN), json!(0.25)] {
        assert_eq!(both(&mut text, &mut packed, json!({"type": "ping", "t": t}), "pong").await["t"], t);
    }
    for wrong in [json!({"type": "jump"}), json!({"type": "bid", "amount": 1.5}), json!({"id": 7}), json!({"type": "bid", "amount": "10"})]
    {
        let (one, other) = (text.ask(wrong.clone()).await, packed.ask(wrong).await);
        let place = |refusal: &Value| refusal["message"].as_str().unwrap().split(" at line").next().unwrap().to_owned();
        assert_eq!((&one["code"], place(&one)), (&other["code"], place(&other)));
    }
    while text.events.len() < packed.events.len() {
        text.receive().await.unwrap();
    }
    while packed.events.len() < text.events.len() {
        packed.receive().await.unwrap();
    }
    assert_eq!(text.events, packed.events);
    assert!(packed.events.len() >= 5);
}

#[tokio::test]
async fn the_lobby_creates_and_tells_in_both_encodings() {
    let server = TestServer::start().await;
    let (mut text, mut packed) = (server.join("/ws?name=Ana").await, server.join_packed("/ws?name=Ben").await);
    let mut watcher = server.join_packed("/ws").await;
    let terms = json!({"id": "clock", "title": "Clock", "start": 100, "duration_ms": 60_000, "increments": [{"from": 0, "step": 5}]});
    let created = packed.ask(json!({"type": "create", "id": "c", "terms": terms})).await;
    assert_eq!((&created["type"], &created["auction"]), (&json!("accepted"), &json!("clock")));
    assert_eq!(text.until("auction").await, watcher.until("auction").await);
    let refused = packed.ask(json!({"type": "create", "terms": {"title": "x", "start": 1, "duration_ms": 1_000, "colour": "red"}})).await;
    assert_eq!(refused["code"], "bad_terms", "{refused}");
}

#[tokio::test]
async fn one_resumes_and_comes_to_the_end_in_messagepack() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"duration_ms": 3_000, "soft_close": false})).await;
    let mut ana = server.join_packed("/ws/lot?name=Ana").await;
    for (number, amount) in (0..40).zip((1_000..).step_by(1_000)) {
        let say = json!({"type": "say", "text": "x".repeat(number * 12 + 1)});
        ana.ask(if number % 4 == 0 { bid(&number.to_string(), amount) } else { say }).await;
    }
    let mut again = server.join_packed("/ws/lot?name=Ana&since=0").await;
    assert_eq!(again.welcome["resumed"], true);
    let verdict = again.ask(bid("0", 1_000)).await;
    assert_eq!((&verdict["type"], &verdict["seq"]), (&json!("accepted"), &json!(3)), "the first verdict, again");
    assert_eq!(again.closed().await, Some(1000));
    assert_eq!(ana.closed().await, Some(1000));
    assert_eq!(again.events[2..], ana.events);
    assert_eq!(again.events.last().unwrap()["type"], "closed");
}

#[tokio::test]
async fn the_first_subprotocol_of_the_client_s_that_is_spoken_here_is_chosen() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let cases = [
        ("subasta.v1.msgpack", Some("subasta.v1.msgpack"), true),
        ("subasta.v1.json", Some("subasta.v1.json"), false),
        ("subasta.v1.msgpack, subasta.v1.json", Some("subasta.v1.msgpack"), true),
        ("subasta.v1.json,subasta.v1.msgpack", Some("subasta.v1.json"), false),
        ("mqtt, subasta.v9.cbor,  subasta.v1.msgpack ,subasta.v1.json", Some("subasta.v1.msgpack"), true),
    ];
    for (offered, chosen, binary) in cases {
        let (mut ws, answered) = open_as(server.address(), "/ws/lot", offered).await.unwrap();
        assert_eq!(answered.as_deref(), chosen, "{offered}");
        let first = ws.next().await.unwrap().unwrap();
        assert_eq!((first.is_binary(), first.is_text()), (binary, !binary), "{offered}");
    }
    // tungstenite's client, like a browser, ends a handshake in which none is chosen: by hand.
    let unknown = handshake(server.address(), "Sec-WebSocket-Protocol: mqtt\r\n").await;
    assert!(unknown.starts_with("HTTP/1.1 101") && !unknown.to_lowercase().contains("sec-websocket-protocol"), "{unknown}");
    let two = handshake(server.address(), "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Protocol: subasta.v1.msgpack\r\n").await;
    assert!(two.to_lowercase().contains("sec-websocket-protocol: subasta.v1.msgpack"), "a list may be in several headers: {two}");
}

/// The head of the answer to a handshake.
async fn handshake(address: std::net::SocketAddr, header: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /ws/lot HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{header}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tokio::time::timeout(support::PATIENCE, stream.read_u8()).await.unwrap().unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn what_is_not_in_the_session_s_encoding_is_refused_in_it() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let (mut text, mut packed) = (server.join("/ws/lot?name=Ana").await, server.join_packed("/ws/lot?name=Ben").await);
    packed.ws.send(Message::text(bid("1", 1_000).to_string())).await.unwrap();
    let refused = packed.verdict().await;
    assert!(refused["code"] == "malformed" && refused["message"].as_str().unwrap().contains("binary"), "{refused}");
    text.ws.send(Message::binary(rmp_serde::to_vec(&bid("1", 1_000)).unwrap())).await.unwrap();
    assert_eq!(text.verdict().await["code"], "malformed");
    // No lines, no lists, nothing behind it, nothing that JSON cannot say.
    let nested = [[0x81, 0xa1, b'a'].repeat(5_000), vec![0xc0]].concat();
    let wrong: [&[u8]; 12] = [
        b"",
        b"\xa3100",
        b"\x91\xa3bid",
        &[&rmp_serde::to_vec(&bid("1", 1_000)).unwrap()[..], b"\xc0"].concat(),
        b"\x81\x01\x02",
        b"\x82\xa4type\xa4ping\xa1t\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00",
        b"\x82\xa4type\xa3say\xa4text\xc4\x02hi",
        b"\x82\xa4type\xa3say\xa4text\xd4\x01\x00",
        b"\x82\xa4type\xa3say\xa4text\xa2\xff\xfe",
        b"\xdf\xff\xff\xff\xff",
        b"\x82\xa4type\xa3say\xa4text\xdb\xff\xff\xff\xff",
        &nested,
    ];
    for wrong in wrong {
        packed.ws.send(Message::binary(wrong.to_vec())).await.unwrap();
        let refused = packed.verdict().await;
        assert_eq!(refused["code"], "malformed", "{wrong:02x?}: {refused}");
    }
    assert_eq!(packed.ask(bid("1", 1_000)).await["type"], "accepted");
    packed.ws.send(Message::binary(vec![0x80; 17 << 10])).await.unwrap();
    assert_eq!(packed.closed().await, Some(1009));
}

#[test]
fn long_lists_and_maps_have_their_lengths() {
    for count in [0, 1, 15, 16, 255, 256, 65_535, 65_536] {
        let list: Vec<_> = (0..count).collect();
        let map: serde_json::Map<_, _> = (0..count).map(|number| (number.to_string(), json!(number))).collect();
        let said = json!({"list": list, "map": map});
        assert_eq!(unpacked(&said), said, "{count}");
    }
}

/// What a client reads in MessagePack of what was said.
fn unpacked(said: &Value) -> Value {
    let json = serde_json::to_vec(said).unwrap();
    let bytes = Format::MessagePack.bytes(None, &Frame::text(&json));
    let header = match bytes[1] {
        0..126 => 2,
        126 => 4,
        _ => 10,
    };
    assert_eq!(bytes[0], 0x82);
    rmp_serde::from_slice(&bytes[header..]).unwrap()
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 20, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..20).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..20).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn command() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![Just("bid"), Just("say"), Just("ping"), Just("create"), Just("jump")];
    let fields =
        proptest::collection::btree_map(prop_oneof![Just("id"), Just("amount"), Just("max"), Just("text"), Just("t")], value(), 0..3);
    let sane = (kind.clone(), any::<i64>(), "[a-z]{0,70}").prop_map(|(kind, number, text)| {
        json!({"type": kind, "id": text, "amount": number, "text": text, "t": number, "terms": {"title": text, "start": number}})
    });
    let odd = (kind, fields).prop_map(|(kind, fields)| {
        let mut all = json!({"type": kind});
        fields.into_iter().for_each(|(key, value)| all[key] = value);
        all
    });
    prop_oneof![sane, odd]
}

/// What became of it, without where in the text it went wrong.
fn heard(said: &Result<Inbound, Rejected>) -> String {
    let heard = format!("{said:?}");
    heard.split(" at line").next().unwrap().to_owned()
}

proptest! {
    #[test]
    fn whatever_is_said_is_the_same_in_both(said in value()) {
        prop_assert_eq!(unpacked(&said), said);
    }

    #[test]
    fn a_command_means_the_same_in_both(said in command()) {
        let (text, packed) = (said.to_string(), rmp_serde::to_vec(&said).unwrap());
        prop_assert_eq!(heard(&parse(&text, Some(euro()))), heard(&parse_packed(&packed)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_packed(&bytes);
        // The same as what is inside a map: more of it is looked at.
        let _ = parse_packed(&[&[0x8f, 0xa1, b'a'][..], &bytes].concat());
    }

    #[test]
    fn a_command_that_is_cut_or_changed_does_no_harm(said in command(), cut in any::<prop::sample::Index>(), change in any::<u8>()) {
        let mut packed = rmp_serde::to_vec(&said).unwrap();
        let cut = cut.index(packed.len());
        prop_assert!(parse_packed(&packed[..cut]).is_err(), "cut at {}", cut);
        packed[cut] ^= change;
        let _ = parse_packed(&packed);
    }
}
