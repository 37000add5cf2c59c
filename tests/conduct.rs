//! An auction conducted over the wire: by HTTP alone, by a socket, by hand; live text; who is told that they are outbid.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Client, PATIENCE, Process, TestServer, bid, max};

/// HTTP as `name`: the status, and the body.
struct Http<'a>(&'a TestServer, &'static str);

impl Http<'_> {
    async fn send(&self, method: Method, path: &str, key: Option<&str>, body: &Value) -> (StatusCode, Value) {
        let request = reqwest::Client::new().request(method, self.0.url(&format!("{path}?name={}", self.1))).json(body);
        let request = if let Some(key) = key { request.header("Idempotency-Key", key) } else { request };
        let response = request.send().await.unwrap();
        let (status, kind) = (response.status(), response.headers()["content-type"].to_str().unwrap().to_owned());
        assert_eq!(kind, if status.is_success() { "application/json" } else { "application/problem+json" });
        (status, response.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, None, &body).await
    }

    /// A command that must be accepted.
    async fn yes(&self, body: Value) -> Value {
        let (status, verdict) = self.post("/api/auctions/lot/commands", body).await;
        assert_eq!((status, &verdict["type"]), (StatusCode::OK, &json!("accepted")), "{verdict}");
        verdict
    }

    /// A command that must be refused with this status and code.
    async fn no(&self, body: Value, status: u16, code: &str) -> Value {
        let (got, problem) = self.post("/api/auctions/lot/commands", body).await;
        assert_eq!((got.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().unwrap().ends_with('.'), "{problem}");
        problem
    }
}

fn later(hours: i64) -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap() + hours * 3_600_000
}

/// Waits until the lobby tells this of the lot.
async fn told(lobby: &mut Client, status: &str) {
    let wait = async { while lobby.until("auction").await["auction"]["status"] != status {} };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("the lobby is not told of {status}"));
}

#[tokio::test]
async fn http_alone_runs_a_whole_auction_and_every_lobby_sees_it() {
    let server = TestServer::start().await;
    let (sol, ana) = (Http(&server, "Sol"), Http(&server, "Ana"));
    let mut lobby = server.join("/ws").await;
    let (starts_at, ends_at) = (later(1), later(2));
    let terms = json!({"id": "lot", "title": "A lot", "start": 1000, "starts_at": starts_at, "ends_at": ends_at, "soft_close": false});
    let (status, auction) = sol.post("/api/auctions", terms).await;
    assert_eq!((status, &auction["status"]), (StatusCode::CREATED, &json!("scheduled")));
    told(&mut lobby, "scheduled").await;

    ana.no(bid("early", 1_000), 409, "not_open").await;
    ana.no(json!({"type": "open"}), 403, "forbidden").await;
    assert!(sol.yes(json!({"type": "open", "id": "o"})).await["seq"].is_u64());
    told(&mut lobby, "open").await;
    assert_eq!(ana.yes(bid("1", 1_000)).await["standing"], "leading");
    sol.yes(json!({"type": "pause"})).await;
    told(&mut lobby, "paused").await;
    ana.no(bid("2", 2_000), 409, "paused").await;
    sol.yes(json!({"type": "resume"})).await;
    told(&mut lobby, "open").await;
    sol.yes(json!({"type": "extend", "by_ms": 60_000})).await;
    sol.yes(json!({"type": "warn", "stage": 1})).await;
    let (_, auction) = sol.send(Method::GET, "/api/auctions/lot", None, &json!({})).await;
    assert_eq!((&auction["warned"], &auction["paused_at"]), (&json!(1), &Value::Null));
    assert!(auction["ends_at"].as_i64().unwrap() >= ends_at + 60_000, "paused for a while, and extended: {auction}");
    assert_eq!(sol.yes(json!({"type": "announce", "text": "Any advance?"})).await["seq"], Value::Null);
    ana.yes(json!({"type": "say", "text": "no"})).await;
    let closed = sol.yes(json!({"type": "hammer", "id": "h"})).await;
    told(&mut lobby, "closed").await;
    assert_eq!(sol.yes(json!({"type": "hammer", "id": "h"})).await, closed, "the first verdict");
    sol.no(json!({"type": "cancel", "reason": "late"}), 409, "closed").await;

    let (_, auction) = sol.send(Method::GET, "/api/auctions/lot", None, &json!({})).await;
    assert_eq!((&auction["outcome"], &auction["leader"]["id"], &auction["price"]), (&json!("sold"), &json!("ana"), &json!(1_000)));
    let kinds: Vec<_> = auction["recent"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["created", "opened", "bid", "paused", "resumed", "extended", "warned", "said", "closed"]);
    let event = |kind: &str| auction["recent"].as_array().unwrap().iter().find(|event| event["type"] == kind).unwrap().clone();
    assert_eq!((&event("opened")["by"]["id"], &event("opened")["ends_at"]), (&json!("sol"), &json!(ends_at)));
    assert_eq!((&event("extended")["reason"], &event("closed")["by"]["name"]), (&json!("auctioneer"), &json!("Sol")));
}

#[tokio::test]
async fn a_command_that_is_none_is_told_what_it_lacks() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let sol = Http(&server, "Sol");
    for (command, hint) in [
        (json!({"type": "warn"}), "stage"),
        (json!({"type": "warn", "stage": 3}), "stage"),
        (json!({"type": "warn", "stage": "1"}), "stage"),
        (json!({"type": "extend"}), "by_ms"),
        (json!({"type": "extend", "by_ms": 0}), "by_ms"),
        (json!({"type": "extend", "by_ms": 1.5}), "by_ms"),
        (json!({"type": "extend", "by_ms": 86_400_001_i64}), "by_ms"),
        (json!({"type": "cancel"}), "reason"),
        (json!({"type": "cancel", "reason": "x".repeat(501)}), "reason"),
        (json!({"type": "announce"}), "text"),
        (json!({"type": "announce", "text": "x".repeat(501)}), "text"),
        (json!({"type": "void", "reason": "x"}), "seq"),
        (json!({"type": "void", "seq": 3}), "reason"),
        (json!({"type": "void", "seq": -3, "preview": true}), "seq"),
        (json!({"type": "fly"}), "extend"),
        (json!({"type": "ping", "t": 1}), "sockets"),
    ] {
        let problem = sol.no(command.clone(), 400, "malformed").await;
        assert!(problem["detail"].as_str().unwrap().contains(hint), "{command}: {problem}");
    }
    let nobody =
        reqwest::Client::new().post(server.url("/api/auctions/lot/commands")).json(&json!({"type": "hammer"})).send().await.unwrap();
    assert_eq!((nobody.status(), &nobody.json::<Value>().await.unwrap()["code"]), (StatusCode::UNAUTHORIZED, &json!("sign_in")));
}

#[tokio::test]
async fn every_refusal_under_api_is_a_problem_with_a_code() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let http = reqwest::Client::new();
    let commands = server.url("/api/auctions/lot/commands?name=Ana");
    for (request, status, code) in [
        (http.get(server.url("/api/nowhere")), 404, "malformed"),
        (http.get(server.url("/api/auctions/%ff")), 404, "unknown_auction"),
        (http.delete(server.url("/api/auctions/lot")), 405, "malformed"),
        (http.get(&commands), 405, "malformed"),
        (http.post(&commands).header("Content-Type", "application/xml").body("<bid/>"), 415, "malformed"),
        (http.post(&commands).body("x".repeat(40_000)), 413, "too_large"),
        (http.post(&commands).header("Idempotency-Key", "").json(&bid("1", 1_000)), 400, "malformed"),
        (http.post(&commands).header("Idempotency-Key", "two").json(&bid("one", 1_000)), 400, "malformed"),
    ] {
        let response = request.send().await.unwrap();
        let what = format!("{} {status}", response.url());
        assert_eq!(response.status().as_u16(), status, "{what}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{what}");
        assert_eq!(response.json::<Value>().await.unwrap()["code"], code, "{what}");
    }
}

#[tokio::test]
async fn an_idempotency_key_is_the_command_s_id() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let ana = Http(&server, "Ana");
    let path = "/api/auctions/lot/commands";
    let command = json!({"type": "bid", "amount": 1_000});
    let (_, first) = ana.send(Method::POST, path, Some("\"k\""), &command).await;
    assert_eq!((&first["id"], &first["type"]), (&json!("k"), &json!("accepted")));
    assert_eq!(ana.send(Method::POST, path, Some("k"), &command).await.1, first);
    assert_eq!(ana.send(Method::POST, path, Some("k"), &bid("k", 1_000)).await.1, first, "the same twice");
    let (status, problem) = ana.send(Method::POST, path, Some("k"), &json!({"type": "bid", "amount": 2_000})).await;
    assert_eq!((status, &problem["code"], &problem["id"]), (StatusCode::CONFLICT, &json!("id_reused"), &json!("k")));
}

#[tokio::test]
async fn a_creation_asked_again_is_the_first_one_after_a_restart_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = Process::start(dir.path(), 0, &[]).await;
    let address = process.address;
    let post = async |name: &str, key: &str, body: String| {
        let url = format!("http://{address}/api/auctions?name={name}");
        let response = reqwest::Client::new().post(url).header("Idempotency-Key", key).body(body).send().await.unwrap();
        let place = response.headers().get("location").map(|place| place.to_str().unwrap().to_owned());
        (response.status().as_u16(), place, response.json::<Value>().await.unwrap()["code"].clone())
    };
    let terms = || r#"{"title":"A lot","start":1000,"duration_ms":3600000}"#.to_owned();
    let shuffled = || r#"{ "duration_ms":3600000, "start":1000, "title":"A lot" }"#.to_owned();
    let (status, place, _) = post("Sol", "x", terms()).await;
    assert_eq!(status, 201);
    assert_eq!(post("Sol", "x", shuffled()).await, (201, place.clone(), Value::Null));
    assert_eq!(post("Sol", "x", terms().replace("1000", "1001")).await, (409, None, json!("id_reused")));
    let (status, other, _) = post("Ana", "x", terms()).await;
    assert!(status == 201 && other != place, "ids are one's own");

    process.kill();
    let process = Process::start(dir.path(), address.port(), &[]).await;
    assert_eq!(post("Sol", "x", terms()).await, (201, place.clone(), Value::Null));
    assert_eq!(post("Sol", "x", terms().replace("1000", "1001")).await, (409, None, json!("id_reused")));
    // By a socket it is the same request.
    let mut lobby = Client::connect(process.address, "/ws?name=Sol").await.unwrap();
    let create = json!({"type": "create", "id": "x", "terms": serde_json::from_str::<Value>(&shuffled()).unwrap()});
    let verdict = lobby.ask(create.clone()).await;
    assert_eq!(format!("/api/auctions/{}", verdict["auction"].as_str().unwrap()), place.unwrap());
    assert_eq!(lobby.ask(create).await, verdict);
    let list = reqwest::get(format!("http://{}/api/auctions", process.address)).await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(list["auctions"].as_array().unwrap().iter().filter(|auction| auction["title"] == "A lot").count(), 2);
}

#[tokio::test]
async fn the_auctioneer_may_type() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"starts_at": later(1), "ends_at": later(2)})).await;
    let mut sol = server.join("/ws/lot?name=Sol").await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    ana.send("/open").await;
    assert_eq!(ana.verdict().await["code"], "forbidden");
    for (line, kind) in [
        ("/open", "opened"),
        ("/pause", "paused"),
        ("/resume", "resumed"),
        ("/warn 2", "warned"),
        ("/extend 60", "extended"),
        ("/announce Last chance", "announcing"),
        ("/cancel It rains.", "cancelled"),
    ] {
        sol.send(line).await;
        let seen = ana.until(kind).await;
        match kind {
            "warned" => assert_eq!(seen["stage"], 2),
            "announcing" => assert_eq!((&seen["text"], &seen["by"]["name"]), (&json!("Last chance"), &json!("Sol"))),
            "cancelled" => assert_eq!(seen["reason"], "It rains."),
            _ => {}
        }
    }
    assert_eq!(ana.closed().await, Some(1000));
    server.auction("other", json!({})).await;
    let mut sol = server.join("/ws/other?name=Sol").await;
    for line in ["/extend soon", "/extend 0", "/warn", "/cancel", "/pause now", "/fly"] {
        sol.send(line).await;
        assert_eq!(sol.verdict().await["code"], "malformed", "{line}");
    }
}

#[tokio::test]
async fn live_text_is_shown_to_all_and_to_whoever_joins_and_replaces_no_presence() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let mut sol = server.join("/ws/lot?name=Sol").await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    // A keystroke each, faster than anyone is told.
    let text = "Going to the lady in the second row for a hundred and twenty";
    for end in 1..=text.len() {
        sol.send(json!({"type": "announce", "id": end.to_string(), "text": &text[..end]})).await;
    }
    let mut heard = Vec::new();
    while heard.last().is_none_or(|last: &String| last != text) {
        heard.push(ana.until("announcing").await["text"].as_str().unwrap().to_owned());
    }
    assert!(heard.iter().is_sorted_by_key(String::len) && heard.len() < text.len(), "each newer than the last, and not each: {heard:?}");
    for end in 1..=text.len() {
        let verdict = sol.verdict().await;
        assert_eq!((&verdict["id"], &verdict["seq"]), (&json!(end.to_string()), &Value::Null));
    }
    let mut ben = server.join("/ws/lot?name=Ben").await;
    assert_eq!(ben.welcome["auction"]["live"], text);
    let presence = ana.until("presence").await;
    assert!(presence["watching"].as_u64().unwrap() >= 2);
    assert_eq!(ana.seq, 2, "none of it is an event");
    sol.ask(json!({"type": "announce", "text": ""})).await;
    assert_eq!(ben.until("announcing").await["text"], "");
    assert_eq!(server.join("/ws/lot").await.welcome["auction"]["live"], Value::Null);
    assert_eq!(ben.ask(json!({"type": "announce", "text": "Mine!"})).await["code"], "forbidden");
}

#[tokio::test]
async fn who_lost_the_lead_is_told_on_every_socket_of_theirs_after_the_bid() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let (mut ana, mut phone) = (server.join("/ws/lot?name=Ana").await, server.join("/ws/lot?name=Ana").await);
    let (mut ben, mut watcher) = (server.join("/ws/lot?name=Ben").await, server.join("/ws/lot").await);
    ana.ask(bid("1", 1_000)).await;
    let verdict = ben.ask(bid("1", 2_000)).await;
    assert_eq!(verdict["standing"], "leading");
    for socket in [&mut ana, &mut phone] {
        let outbid = socket.until("outbid").await;
        assert_eq!(outbid, json!({"type": "outbid", "price": 2_000, "minimum": 2_050}));
        assert_eq!(socket.events.last().unwrap()["leader"]["id"], "ben", "behind the bid that did it");
    }
    // Ben's own raise, and a bid that his maximum answers, take the lead from nobody.
    ben.ask(max("2", 9_000)).await;
    assert_eq!(ana.ask(bid("2", 3_000)).await["standing"], "outbid");
    for socket in [&mut ana, &mut ben, &mut watcher] {
        socket.send(json!({"type": "ping", "t": 1})).await;
        loop {
            let message = socket.receive().await.unwrap();
            assert_ne!(message["type"], "outbid");
            if message["type"] == "pong" {
                break;
            }
        }
    }
}
