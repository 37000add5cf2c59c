//! Who gets in where tokens are asked for, what a token is good for, and when it is good no more (docs/protocol.md, "Tokens").

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use subasta::gateway::{Admission, Claims, Keys};
use support::{Client, PATIENCE, Process, TestServer, bid, binary, open};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Of RFC 8037, appendix A: a pair that everyone knows.
const PRIVATE: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn now() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn keys_in(dir: &Path) -> PathBuf {
    dir.join("keys.json")
}

/// What a token for an hour says.
fn claims(sub: &str, roles: &[&str]) -> Claims {
    let roles = Some(roles.iter().map(|&role| role.to_owned()).collect());
    Claims { sub: sub.to_owned(), name: None, roles, auctions: None, exp: now() + 3_600, nbf: None }
}

/// A server that asks for tokens, and one auction of Sol's.
struct House {
    server: TestServer,
    keys: Keys,
}

impl House {
    async fn open() -> House {
        House::with_grace(Duration::from_secs(25)).await
    }

    async fn with_grace(grace: Duration) -> House {
        let server = TestServer::with(|config| {
            config.gateway.admission = Admission::Token { keys: keys_in(&config.data_dir) };
            config.gateway.grace = grace;
            config.gateway.heartbeat_interval = Duration::from_millis(200);
            config.gateway.origins = vec!["https://house.example".to_owned()];
        })
        .await;
        let keys = Keys::open(&keys_in(server.dir.path())).map_err(|error| error.0).unwrap();
        let house = House { server, keys };
        let terms = json!({"id": "lot", "title": "A lot", "start": 1000, "duration_ms": 3_600_000});
        let made = house.post("/api/auctions", &house.token(&claims("sol", &["auctioneer"])), terms).await;
        assert_eq!(made.0, 201, "{}", made.1);
        house
    }

    fn token(&self, claims: &Claims) -> String {
        self.keys.sign(claims).map_err(|error| error.0).unwrap()
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> (u16, Value) {
        let sent = reqwest::Client::new().post(self.server.url(path)).bearer_auth(token).json(&body).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap_or_default())
    }

    async fn join(&self, auction: &str, token: &str) -> Result<Client, String> {
        Client::connect(self.server.address(), &format!("/ws/{auction}?token={token}")).await
    }

    /// Whether a token is taken at all.
    async fn takes(&self, token: &str) -> bool {
        let asked = reqwest::Client::new().get(self.server.url("/api/auctions/lot/events")).bearer_auth(token).send().await.unwrap();
        assert!([200, 401].contains(&asked.status().as_u16()), "{}", asked.status());
        asked.status() == 200
    }
}

/// How a socket is closed that never gets its welcome.
async fn turned_away(house: &House, path: &str) -> u16 {
    let mut socket = open(house.server.address(), path).await.unwrap();
    match tokio::time::timeout(PATIENCE, socket.next()).await.unwrap() {
        Some(Ok(Message::Close(Some(frame)))) => frame.code.into(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_name_is_not_enough_and_anyone_may_watch() {
    let house = House::open().await;
    assert_eq!(turned_away(&house, "/ws/lot?name=Ana").await, 4401);
    let session = reqwest::Client::new().post(house.server.url("/api/session")).json(&json!({"name": "Ana"})).send().await.unwrap();
    assert_eq!(session.status(), 401);
    let command = reqwest::Client::new().post(house.server.url("/api/auctions/lot/commands?name=Ana")).json(&bid("1", 1000)).send().await;
    assert_eq!(command.unwrap().status(), 401);
    let mut watcher = house.server.join("/ws/lot").await;
    assert_eq!(watcher.welcome["you"], json!({"id": null, "name": null, "roles": []}));
    assert_eq!(watcher.ask(bid("1", 1000)).await["code"], "sign_in");
}

#[tokio::test]
async fn a_token_says_who_one_is_and_what_one_may() {
    let house = House::open().await;
    let ana = house.token(&Claims { name: Some("Ana".to_owned()), ..claims("u-1", &["bidder", "somebody's own role"]) });
    let mut bidder = house.join("lot", &ana).await.unwrap();
    assert_eq!(bidder.welcome["you"], json!({"id": "u-1", "name": "Ana", "roles": ["bidder"]}));
    assert_eq!(bidder.ask(bid("1", 1000)).await["type"], "accepted");
    assert_eq!(bidder.ask(json!({"type": "hammer"})).await["code"], "forbidden");
    let terms = json!({"title": "Mine", "start": 1000, "duration_ms": 60_000});
    assert_eq!(house.post("/api/auctions", &ana, terms.clone()).await.0, 403);
    let mut lobby = Client::connect(house.server.address(), &format!("/ws?token={ana}")).await.unwrap();
    assert_eq!(lobby.ask(json!({"type": "create", "terms": terms})).await["code"], "forbidden");

    let talker = house.token(&claims("eva", &[]));
    let mut talks = house.join("lot", &talker).await.unwrap();
    assert_eq!(talks.ask(json!({"type": "say", "text": "Good evening."})).await["type"], "accepted");
    assert_eq!(talks.ask(bid("1", 2000)).await["code"], "forbidden");
    assert_eq!(house.post("/api/auctions/lot/commands", &talker, bid("1", 2000)).await.0, 403);

    let sol = house.token(&claims("sol", &["auctioneer"]));
    assert_eq!(house.post("/api/auctions/lot/commands", &sol, json!({"type": "warn", "stage": 1})).await.0, 200);
    let other = house.token(&claims("max", &["auctioneer", "bidder"]));
    assert_eq!(house.post("/api/auctions/lot/commands", &other, json!({"type": "hammer"})).await.0, 403, "it is not theirs");
}

#[tokio::test]
async fn a_token_for_one_auction_opens_no_other() {
    let house = House::open().await;
    let only =
        |auction: &str| house.token(&Claims { auctions: Some(vec![auction.to_owned()]), ..claims("ana", &["bidder", "auctioneer"]) });
    assert!(house.join("lot", &only("lot")).await.is_ok());
    assert_eq!(turned_away(&house, &format!("/ws/lot?token={}", only("other"))).await, 4403);
    assert_eq!(house.post("/api/auctions/lot/commands", &only("other"), bid("1", 1000)).await.0, 403);
    assert_eq!(house.post("/api/auctions/lot/commands", &only("lot"), bid("1", 1000)).await.0, 200);
    for path in ["/api/auctions/lot/events", "/api/auctions/lot/events?wait=1", "/api/auctions/lot/log"] {
        let asked = reqwest::Client::new().get(house.server.url(path)).bearer_auth(only("other")).send().await.unwrap();
        assert_eq!(asked.status(), 403, "{path}");
    }
    let terms = json!({"title": "Mine", "start": 1000, "duration_ms": 60_000});
    assert_eq!(house.post("/api/auctions", &only("lot"), terms).await.0, 403, "a new auction is another one");
}

#[tokio::test]
async fn what_was_not_signed_for_us_or_not_for_now_does_not_hold() {
    let house = House::open().await;
    let good = claims("ana", &["bidder"]);
    assert!(house.takes(&house.token(&good)).await);
    let file: Value = serde_json::from_slice(&std::fs::read(keys_in(house.server.dir.path())).unwrap()).unwrap();
    let kid = file["keys"][0]["kid"].as_str().unwrap().to_owned();
    let signed = |kid: Option<&str>, algorithm, key: &EncodingKey| {
        jsonwebtoken::encode(&Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) }, &good, key).unwrap()
    };
    let foreign = EncodingKey::from_secret(&[7; 32]);
    let [head, body, signature] = house.token(&good).split('.').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
    let none = "eyJhbGciOiJub25lIn0"; // {"alg":"none"}
    let cases = [
        ("it has ended", house.token(&Claims { exp: now() - 1, ..claims("ana", &["bidder"]) })),
        ("it has not begun", house.token(&Claims { nbf: Some(now() + 60), ..claims("ana", &["bidder"]) })),
        ("a foreign key", signed(Some(&kid), Algorithm::HS256, &foreign)),
        ("another algorithm", signed(Some(&kid), Algorithm::HS512, &foreign)),
        ("an unknown key", signed(Some("unknown"), Algorithm::HS256, &foreign)),
        ("no signature", format!("{none}.{body}.")),
        ("a changed body", format!("{head}.{}.{signature}", body.replace(char::is_numeric, "1"))),
        ("the house's name", house.token(&claims("@house", &["auctioneer"]))),
        ("marks that nobody sees", house.token(&claims("a\u{202e}na", &["bidder"]))),
        ("an id without end", house.token(&claims(&"a".repeat(65), &["bidder"]))),
        (
            "an auction that cannot be",
            house.token(&Claims { auctions: Some(vec!["no such id!".to_owned()]), ..claims("ana", &["bidder"]) }),
        ),
        ("nothing", String::from("x")),
    ];
    for (why, token) in cases {
        assert!(!house.takes(&token).await, "{why}");
    }
}

#[tokio::test]
async fn of_a_pair_the_public_half_is_enough_and_is_no_secret_to_sign_with() {
    let house = House::open().await;
    let pair = |d: Option<&str>| json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "pair", "x": PUBLIC, "d": d}]}).to_string();
    let theirs = house.server.dir.path().join("theirs.json");
    std::fs::write(&theirs, pair(Some(PRIVATE))).unwrap();
    std::fs::write(keys_in(house.server.dir.path()), pair(None)).unwrap();
    let token = Keys::open(&theirs).unwrap().sign(&claims("ana", &["bidder"])).unwrap();
    let taken = async {
        while !house.takes(&token).await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, taken).await.expect("the file is read again");
    let header = Header { kid: Some("pair".to_owned()), ..Header::new(Algorithm::HS256) };
    let confused = jsonwebtoken::encode(&header, &claims("ana", &["bidder"]), &EncodingKey::from_secret(PUBLIC.as_bytes())).unwrap();
    assert!(!house.takes(&confused).await);
    let only_checks = Keys::open(&keys_in(house.server.dir.path())).unwrap().sign(&claims("ana", &[]));
    assert!(only_checks.unwrap_err().0.contains("no key in it can sign"));
}

#[tokio::test]
async fn keys_turn_while_the_server_runs() {
    let house = House::open().await;
    let path = keys_in(house.server.dir.path());
    let old = house.token(&claims("ana", &["bidder"]));
    let mut set: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let fresh = json!({"kty": "oct", "kid": "next", "k": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"});
    set["keys"].as_array_mut().unwrap().insert(0, fresh.clone());
    std::fs::write(&path, set.to_string()).unwrap();
    let new = Keys::open(&path).unwrap().sign(&claims("ana", &["bidder"])).unwrap();
    let until = async |token: &str, wanted: bool| {
        let turned = async {
            while house.takes(token).await != wanted {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, turned).await.expect("the file is read again");
    };
    until(&new, true).await;
    assert!(house.takes(&old).await, "the one from before goes on");
    std::fs::write(&path, "{ half a fi").unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await; // so often the file is looked at
    assert!(house.takes(&new).await, "a file that cannot be read changes nothing");
    std::fs::write(&path, json!({"keys": [fresh]}).to_string()).unwrap();
    until(&old, false).await;
    assert!(house.takes(&new).await);
}

#[tokio::test]
async fn a_token_is_renewed_in_band_by_the_same_person_alone() {
    let house = House::with_grace(Duration::from_millis(100)).await;
    let short = house.token(&Claims { exp: now() + 3, ..claims("ana", &["bidder"]) });
    let mut ana = house.join("lot", &short).await.unwrap();
    let of = |sub: &str| house.token(&claims(sub, &["bidder"]));
    for (token, code) in [(of("ben"), "forbidden"), ("x".to_owned(), "sign_in")] {
        assert_eq!(ana.ask(json!({"type": "auth", "id": "a", "token": token})).await["code"], code);
    }
    let elsewhere = house.token(&Claims { auctions: Some(vec!["other".to_owned()]), ..claims("ana", &["bidder"]) });
    assert_eq!(ana.ask(json!({"type": "auth", "token": elsewhere})).await["code"], "forbidden");
    ana.send(json!({"type": "auth", "id": "b", "token": of("ana")})).await;
    let taken = ana.until("auth").await;
    assert_eq!((&taken["id"], &taken["you"]["id"]), (&json!("b"), &json!("ana")));
    assert!(taken["expires_at"].as_i64().unwrap() > (now() + 3_000) * 1_000);
    let mut other = house.join("lot", &short).await.unwrap();
    assert_eq!(other.closed().await, Some(4401), "the one that was not renewed");
    assert_eq!(ana.ask(bid("1", 1000)).await["type"], "accepted", "past the end of its first");

    let mut nobody = house.server.join("/ws/lot").await;
    assert_eq!(nobody.ask(json!({"type": "auth", "token": of("ana")})).await["code"], "forbidden");
}

#[tokio::test]
async fn past_its_end_a_token_only_watches_and_then_it_is_over() {
    let house = House::with_grace(Duration::from_secs(2)).await;
    let short = || house.token(&Claims { exp: now() + 2, ..claims("ana", &["bidder"]) });
    let mut ana = house.join("lot", &short()).await.unwrap();
    let events = reqwest::Client::new().get(house.server.url("/api/auctions/lot/events")).header("accept", "text/event-stream");
    let stream = events.bearer_auth(short()).send().await.unwrap();
    let refused = async {
        loop {
            let verdict = ana.ask(bid("1", 1000)).await;
            if verdict["type"] == "refused" {
                return verdict;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, refused).await.unwrap()["code"], "sign_in");
    assert_eq!(ana.closed().await, Some(4401));
    let ended = tokio::time::timeout(PATIENCE, stream.bytes()).await.expect("the stream ends");
    assert!(ended.unwrap().starts_with(b"retry:"));
}

#[tokio::test]
async fn pages_of_other_origins_act_only_where_they_are_listed() {
    let house = House::open().await;
    let token = house.token(&claims("ana", &["bidder"]));
    let here = format!("http://{}", house.server.address());
    for (origin, allowed) in [("https://house.example", true), (here.as_str(), true), ("https://evil.example", false), ("null", false)] {
        let mut request = format!("ws://{}/ws/lot", house.server.address()).into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let stream = tokio::net::TcpStream::connect(house.server.address()).await.unwrap();
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        let first = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(first.is_text(), allowed, "{origin}: {first:?}");
        for (path, body) in [("/api/auctions/lot/commands", json!({"type": "say", "text": "x"})), ("/api/session", json!({"token": token}))]
        {
            let post = reqwest::Client::new().post(house.server.url(path)).bearer_auth(&token).header("origin", origin).json(&body);
            assert_eq!(post.send().await.unwrap().status(), if allowed { 200 } else { 403 }, "{origin} {path}");
        }
    }
}

#[tokio::test]
async fn a_browser_keeps_a_token_as_a_cookie_and_the_binary_makes_one() {
    let dir = tempfile::tempdir().unwrap();
    let server = Process::start(dir.path(), 0, &["--auth", "token", "--auth-key", "keys.json"]).await;
    let made = std::process::Command::new(binary())
        .current_dir(dir.path())
        .args(["token", "--auth-key", "keys.json", "--sub", "sol", "--name", "Sol", "--role", "auctioneer", "--ttl", "1h"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let token = String::from_utf8(made.stdout).unwrap();
    let url = |path: &str| format!("http://{}{path}", server.address);
    let session = reqwest::Client::new().post(url("/api/session")).json(&json!({"token": token.trim()})).send().await.unwrap();
    assert_eq!(session.status(), 200);
    let cookie = session.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    let kept = cookie.split(';').next().unwrap();
    let terms = json!({"title": "A lot", "start": 1000, "duration_ms": 60_000});
    let created = reqwest::Client::new().post(url("/api/auctions")).header("cookie", kept).json(&terms).send().await.unwrap();
    assert_eq!(created.status(), 201);
    let refused = std::process::Command::new(binary()).args(["token", "--sub", "@house"]).current_dir(dir.path()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}
