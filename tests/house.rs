//! All formats over the wire: what everyone is told, what only some are, and what nobody is (`rules.md` §1, §5, §6).

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{Client, TestServer};

/// Until the close nobody may hear of them; of the names not even then.
const SECRETS: [&str; 4] = ["43217", "58693", "ana", "ben"];

async fn get(server: &TestServer, path: &str, accept: &str) -> String {
    reqwest::Client::new().get(server.url(path)).header("accept", accept).send().await.unwrap().text().await.unwrap()
}

/// Everything that somebody who is nobody can be told, but for what comes by sockets.
async fn all_that_can_be_asked(server: &TestServer) -> String {
    let json = "application/json";
    let mut all = String::new();
    for path in ["/api/auctions/lot", "/api/auctions", "/api/auctions/lot/events?since=0", "/api/auctions/lot/log", "/a/lot"] {
        all += &get(server, path, json).await;
    }
    all + &get(server, "/api/auctions/lot/events?wait=1", json).await
}

fn holds_none(told: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!told.to_lowercase().contains(secret), "{secret} is told: {told}");
    }
}

#[tokio::test]
async fn no_frame_tells_of_a_sealed_bid_before_the_close_or_of_a_name_ever() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"format": "vickrey", "aliases": true, "reserve": 2_000, "soft_close": null})).await;
    let mut viewers = [
        server.join("/ws/lot").await,
        server.join_packed("/ws/lot").await,
        server.join("/ws/lot?name=Dora").await,
        server.join("/ws").await,
    ];
    let stream = |accept: &'static str| {
        let url = server.url("/api/auctions/lot/events");
        tokio::spawn(async move { reqwest::Client::new().get(url).header("accept", accept).send().await.unwrap().text().await.unwrap() })
    };
    let streams = [stream("text/event-stream"), stream("application/x-ndjson")];
    let (mut ana, mut ben) = (server.join("/ws/lot?name=Ana").await, server.join("/ws/lot?name=Ben").await);
    let mut sol = server.join("/ws/lot?name=Sol").await;
    assert_eq!(ana.ask(json!({"type": "bid", "amount": 43_217})).await["standing"], "placed");
    ana.ask(json!({"type": "say", "text": "What is it?"})).await;
    assert_eq!(ben.ask(json!({"type": "bid", "amount": 9_999})).await["alias"]["name"], "Bidder 2");
    let second = ben.ask(json!({"type": "bid", "amount": 58_693})).await["seq"].clone();
    let preview = sol.ask(json!({"type": "void", "seq": second, "preview": true})).await;
    holds_none(&preview["preview"].to_string(), &SECRETS);
    ana.ask(json!({"type": "bid", "amount": 500})).await;
    viewers[0].send("/who").await;
    holds_none(&all_that_can_be_asked(&server).await, &SECRETS);
    sol.ask(json!({"type": "hammer"})).await;

    for viewer in &mut viewers[..3] {
        let mut told = vec![viewer.welcome.clone()];
        while told.last().unwrap()["type"] != "closed" {
            told.push(viewer.receive().await.unwrap());
        }
        let closed = told.pop().unwrap();
        let told = Value::from(told).to_string();
        holds_none(&told, &SECRETS);
        assert!(told.contains("Bidder 1") && told.contains("\"count\":2"), "but of something: {told}");
        assert_eq!(
            (&closed["winner"]["id"], &closed["price"], &closed["bids"][1]["amount"]),
            (&json!("bidder-2"), &json!(43_217), &json!(43_217))
        );
        holds_none(&closed.to_string(), &SECRETS[2..]);
    }
    for stream in streams {
        let told = stream.await.unwrap();
        let before = told.split("\"type\":\"closed\"").next().unwrap();
        holds_none(before, &SECRETS);
        assert!(before.contains("\"type\":\"sealed\""), "{told}");
        holds_none(&told, &SECRETS[2..]);
    }
    let told = all_that_can_be_asked(&server).await;
    assert!(told.contains("43217") && told.contains("58693"), "now it may be told: {told}");
    holds_none(&told, &SECRETS[2..]);
    // The seller may have the whole log, which says who was who.
    let whole = get(&server, "/api/auctions/lot/log?name=Sol", "*/*").await;
    assert!(whole.contains("\"Ana\"") && whole.contains("\"alias\":1"), "{whole}");
}

#[tokio::test]
async fn who_is_who_is_told_to_those_who_may_know() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"aliases": true})).await;
    let (mut sol, mut ana, mut tab) =
        (server.join("/ws/lot?name=Sol").await, server.join("/ws/lot?name=Ana").await, server.join("/ws/lot?name=Ana").await);
    let verdict = ana.ask(json!({"type": "bid", "id": "1", "max": 5_000})).await;
    let alias = json!({"id": "bidder-1", "name": "Bidder 1"});
    let pair = json!({"alias": alias, "person": {"id": "ana", "name": "Ana"}});
    assert_eq!(verdict["alias"], alias);
    for line in [&mut sol, &mut ana, &mut tab] {
        let told = line.until("alias").await;
        assert_eq!((&told["alias"], &told["person"]), (&pair["alias"], &pair["person"]));
    }
    assert_eq!(ana.ask(json!({"type": "bid", "id": "1", "max": 5_000})).await, verdict, "the first verdict, as it was");
    let known = async |name: &str| server.join(&format!("/ws/lot{name}")).await.welcome["aliases"].clone();
    assert_eq!(known("?name=Sol").await, json!([pair]));
    assert_eq!(known("?name=Ana").await, json!([pair]));
    assert_eq!((known("?name=Ben").await, known("").await), (json!([]), json!([])));
    let poll = get(&server, "/api/auctions/lot/events?wait=1&name=Ana", "application/json").await;
    assert_eq!(serde_json::from_str::<Value>(&poll).unwrap()["aliases"], json!([pair]));
    // She is told that she is outbid all the same, and by nobody's name.
    let mut ben = server.join("/ws/lot?name=Ben").await;
    ben.ask(json!({"type": "bid", "max": 9_000})).await;
    ana.until("outbid").await;
    assert_eq!(ana.events.last().unwrap()["leader"]["name"], "Bidder 2");
    server.auction("plain", json!({})).await;
    assert_eq!(server.join("/ws/plain?name=Ana").await.welcome.get("aliases"), None);
}

#[tokio::test]
async fn how_far_one_goes_is_told_again_to_oneself_alone() {
    let server = TestServer::start().await;
    server.auction("open", json!({})).await;
    server.auction("hidden", json!({"format": "sealed", "soft_close": null})).await;
    let own = async |room: &str, name: &str| server.join(&format!("/ws/{room}?name={name}")).await.welcome.get("own").cloned();
    let mut ana = server.join("/ws/open?name=Ana").await;
    ana.ask(json!({"type": "bid", "max": 50_000})).await;
    server.join("/ws/open?name=Ben").await.ask(json!({"type": "bid", "max": 20_000})).await;
    assert_eq!(own("open", "Ana").await, Some(json!(50_000)));
    assert_eq!((own("open", "Ben").await, own("open", "Sol").await), (None, None), "who does not lead, and who offers it");
    assert_eq!(server.join("/ws/open").await.welcome.get("own"), None, "nobody in particular");
    let poll = async |name: &str| get(&server, &format!("/api/auctions/open/events?wait=1&name={name}"), "application/json").await;
    assert_eq!(serde_json::from_str::<Value>(&poll("Ana").await).unwrap()["own"], json!(50_000));
    assert!(!poll("Ben").await.contains("\"own\""));
    // Her own raise is told to nobody else, and to her the next time.
    ana.ask(json!({"type": "bid", "max": 70_000})).await;
    assert_eq!(own("open", "Ana").await, Some(json!(70_000)));

    let mut ana = server.join("/ws/hidden?name=Ana").await;
    ana.ask(json!({"type": "bid", "amount": 30_000})).await;
    ana.ask(json!({"type": "bid", "amount": 25_000})).await;
    assert_eq!((own("hidden", "Ana").await, own("hidden", "Ben").await), (Some(json!(25_000)), None));
}

/// Dutch, a step each 100 ms.
fn falling() -> Value {
    json!({"format": "dutch", "dutch": {"floor": 10, "step": 1, "every_ms": 100}, "soft_close": null})
}

async fn tick(client: &mut Client) -> Value {
    loop {
        let tick = client.until("tick").await;
        if tick["price"].is_number() {
            return tick;
        }
    }
}

#[tokio::test]
async fn a_falling_price_is_told_and_taken() {
    let server = TestServer::start().await;
    server.auction("lot", falling()).await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    let dutch = ana.welcome["auction"]["dutch"].clone();
    let since = dutch["since"].as_i64().unwrap();
    let asked = |at: i64| 1_000 - (at - since) / 100;
    let (first, second) = (tick(&mut ana).await, tick(&mut ana).await);
    for tick in [&first, &second] {
        assert_eq!(tick["price"], asked(tick["now"].as_i64().unwrap()), "what anyone works out");
    }
    assert!(first["price"].as_i64() > second["price"].as_i64());
    assert_eq!(ana.ask(json!({"type": "bid", "amount": 11})).await["code"], "bid_too_low");
    assert_eq!(ana.ask(json!({"type": "bid", "max": 5_000})).await["code"], "not_for_format");
    ana.send("/buy").await;
    let bought = ana.verdict().await;
    assert_eq!(bought["price"], asked(bought["at"].as_i64().unwrap()));
    let look: Value = serde_json::from_str(&get(&server, "/api/auctions/lot", "*/*").await).unwrap();
    assert_eq!((&look["outcome"], &look["price"], &look["leader"]["name"]), (&json!("sold"), &bought["price"], &json!("Ana")));
    assert_eq!((&look["why"], &look["increments"]), (&json!("clock"), &Value::Null));
}

#[tokio::test]
async fn a_falling_price_is_nothing_in_a_list_before_it_is_sold() {
    let server = TestServer::start().await;
    server.auction("lot", falling()).await;
    let list: Value = serde_json::from_str(&get(&server, "/api/auctions", "*/*").await).unwrap();
    let entry = &list["auctions"][0];
    assert_eq!((&entry["price"], &entry["format"], &entry["seller"]["name"]), (&Value::Null, &json!("dutch"), &json!("Sol")));
    assert!(entry["dutch"]["since"].is_number());
}

#[tokio::test]
async fn buying_at_once_closes_the_room() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"buy_now": 5_000})).await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    assert_eq!(ana.welcome["auction"]["buy_now"], 5_000);
    assert_eq!(ana.ask(json!({"type": "bid", "amount": 5_000})).await["standing"], "leading");
    assert_eq!(ana.closed().await, Some(1000));
    let closed = ana.events.last().unwrap();
    assert_eq!((&closed["price"], &closed["by"], &closed["winner"]["name"]), (&json!(5_000), &Value::Null, &json!("Ana")));
}

#[tokio::test]
async fn a_bid_is_taken_out_among_others_in_the_same_breath() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"increments": [{"from": 0, "step": 1}]})).await;
    let (mut sol, mut ana, mut ben) =
        (server.join("/ws/lot?name=Sol").await, server.join("/ws/lot?name=Ana").await, server.join("/ws/lot?name=Ben").await);
    ana.ask(json!({"type": "bid", "max": 5_000})).await;
    let slip = ben.ask(json!({"type": "bid", "amount": 90_000})).await["seq"].clone();
    let out = json!({"type": "void", "id": "v", "seq": slip, "reason": "A slip."});
    // One write: what comes before, the void, and what comes after it.
    for command in [&json!({"type": "say", "text": "One moment."}), &out, &json!({"type": "say", "text": "Done."}), &out] {
        sol.send(command).await;
    }
    let verdicts = [sol.verdict().await, sol.verdict().await, sol.verdict().await, sol.verdict().await];
    assert!(verdicts.iter().all(|verdict| verdict["type"] == "accepted"), "{verdicts:?}");
    assert_eq!(verdicts[1], verdicts[3], "done once");
    let voided = ben.until("voided").await;
    assert_eq!(
        (&voided["leader"]["name"], &voided["price"], &voided["minimum"], &voided["bids"]),
        (&json!("Ana"), &json!(1_000), &json!(1_001), &json!(1))
    );
    assert_eq!(ben.until("outbid").await["price"], 1_000, "who led by it is told");
    assert_eq!(ben.ask(json!({"type": "bid", "amount": 1_001})).await["standing"], "outbid");
    for (command, code) in [
        (json!({"type": "void", "seq": slip, "reason": "Again."}), "no_such_bid"),
        (json!({"type": "void", "seq": 1, "preview": true}), "no_such_bid"),
        (json!({"type": "void", "seq": 1}), "malformed"),
        (json!({"type": "void", "reason": "Which?"}), "malformed"),
    ] {
        assert_eq!(sol.ask(command).await["code"], code);
    }
    sol.send("/void 99 no such").await;
    assert_eq!(sol.verdict().await["code"], "no_such_bid");
}

#[tokio::test]
async fn who_calls_an_auction_off_learns_no_more_than_everyone_knew() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"format": "sealed", "soft_close": null})).await;
    server.join("/ws/lot?name=Ana").await.ask(json!({"type": "bid", "amount": 43_217})).await;
    server.join("/ws/lot?name=Sol").await.ask(json!({"type": "cancel", "reason": "I want to see them."})).await;
    let log = get(&server, "/api/auctions/lot/log?name=Sol", "*/*").await;
    assert!(log.contains("\"whole\":false") && log.contains("\"type\":\"cancelled\""), "{log}");
    holds_none(&(log + &all_that_can_be_asked(&server).await), &SECRETS);
}
