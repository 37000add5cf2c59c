//! What the documents for programs say is what the server does: real frames of every kind, by every carrier, against the schemas; and
//! commands against the parser.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use subasta::auction::AuctionId;
use subasta::wire;
use support::carrier::{Carrier, Form, Http, whole};
use support::schemas::{Schemas, Unknown};
use support::{PATIENCE, TestServer};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

async fn document(server: &TestServer, path: &str) -> Value {
    let (status, document) = server.place(&[]).requests(Http::One).await.json(path, &[]).await;
    assert_eq!(status, 200, "{path}");
    document
}

/// Calls `found` with every `$ref` in `value`.
fn references<'a>(value: &'a Value, found: &mut impl FnMut(&'a str)) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| match member {
            Value::String(to) if name == "$ref" => found(to),
            member => references(member, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_documents_are_there_and_refer_to_what_they_have() {
    let server = TestServer::start().await;
    for (path, version) in [("/openapi.json", ("openapi", "3.1.1")), ("/asyncapi.json", ("asyncapi", "3.0.0"))] {
        let mut requests = server.place(&[]).requests(Http::One).await;
        let first = requests.get(path, &[]).await;
        assert_eq!(first.headers()["content-type"], "application/json");
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        let document: Value = serde_json::from_str(&whole(first).await).unwrap();
        assert_eq!(document[version.0], version.1);
        assert_eq!(requests.get(path, &[("if-none-match", &tag)]).await.status(), 304);
        let mut count = 0;
        references(&document, &mut |to| {
            let to = to.strip_prefix('#').unwrap_or_else(|| panic!("{path}: {to} is somewhere else"));
            assert!(document.pointer(to).is_some(), "{path}: there is no {to}");
            count += 1;
        });
        assert!(count > 100, "{path}: only {count} references");
        // Nobody refers to it: nobody is told of it.
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            let mut is_used = false;
            references(&document, &mut |to| is_used |= to.ends_with(&format!("/{name}")));
            let elsewhere = path == "/asyncapi.json" || ["Event", "Command"].iter().any(|union| name.ends_with(union)) || is_message(name);
            assert!(is_used || elsewhere, "{path}: {name} is for nothing");
        }
    }
}

/// Whether it is said over sockets alone.
fn is_message(name: &str) -> bool {
    ["LobbyWelcome", "LobbyAuction", "Gone", "Created", "Refused", "Outbid", "Alias", "Auth", "Pong", "Help"].contains(&name)
}

#[tokio::test]
async fn every_message_is_in_a_channel() {
    let server = TestServer::start().await;
    let document = document(&server, "/asyncapi.json").await;
    let messages = document["components"]["messages"].as_object().unwrap();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let has_type = schema.pointer("/properties/type").or_else(|| schema.pointer("/oneOf/0/properties/type")).is_some();
        if has_type && name != "Problem" {
            assert!(messages[name]["name"].is_string(), "{name} is in no channel");
        }
    }
    assert_eq!(messages["BidCommand"]["name"], json!("bid"));
}

/// One socket; under `subasta.v1.msgpack` it speaks MessagePack. Whatever it hears is checked.
struct Line<'a> {
    ws: WebSocketStream<TcpStream>,
    packed: bool,
    heard: &'a Heard,
}

/// The schemas' names of all that was heard.
struct Heard {
    schemas: Schemas,
    names: RefCell<BTreeSet<String>>,
}

impl Heard {
    fn new() -> Heard {
        Heard { schemas: Schemas::new(Unknown::Wrong), names: RefCell::default() }
    }

    fn note(&self, message: &Value) {
        let name = self.schemas.said(message);
        assert_eq!(self.schemas.fault(&name, message), None);
        self.names.borrow_mut().insert(name);
    }

    /// What nobody has heard of all that can be said.
    fn missing(&self) -> Vec<&str> {
        let within = ["Person", "You", "Reconnect", "Summary", "Known", "Figures", "Preview", "Revealed", "Dutch"];
        let heard = self.names.borrow();
        self.schemas.all_said().into_iter().filter(|name| !heard.contains(*name) && !within.contains(name)).collect()
    }
}

impl<'a> Line<'a> {
    async fn open(server: &TestServer, path: &str, protocol: &str, heard: &'a Heard) -> Line<'a> {
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let mut request = format!("ws://{}{path}", server.address()).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        let (ws, response) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], protocol);
        Line { ws, packed: protocol.ends_with("msgpack"), heard }
    }

    async fn send(&mut self, command: &Value) {
        let message =
            if self.packed { Message::binary(rmp_serde::to_vec_named(command).unwrap()) } else { Message::text(command.to_string()) };
        self.ws.send(message).await.unwrap();
    }

    /// Hears all until a message of this type.
    async fn until(&mut self, kind: &str) -> Value {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.ws.next()).await.unwrap_or_else(|_| panic!("no {kind}"));
            let message = match message.unwrap_or_else(|| panic!("closed before {kind}")).unwrap() {
                Message::Text(text) if !self.packed => serde_json::from_str(&text).unwrap(),
                Message::Binary(bytes) if self.packed => rmp_serde::from_slice::<Value>(&bytes).unwrap(),
                Message::Ping(_) | Message::Pong(_) => continue,
                other => panic!("{other:?} while waiting for {kind}"),
            };
            self.heard.note(&message);
            if message["type"] == kind {
                return message;
            }
        }
    }

    async fn accepted(&mut self, command: Value) -> Value {
        self.send(&command).await;
        self.until("accepted").await
    }

    async fn refused(&mut self, command: Value, code: &str) {
        self.send(&command).await;
        assert_eq!(self.until("refused").await["code"], code);
    }
}

fn terms(id: &str, more: &Value) -> Value {
    let mut terms = json!({"id": id, "title": "A lot", "start": 1_000, "duration_ms": 60_000, "reserve": 2_000, "image": "/lot.jpg"});
    terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    terms
}

/// In the lobby: everything that is said there.
async fn in_the_lobby(server: &TestServer, protocol: &str, heard: &Heard) {
    let mut lobby = Line::open(server, "/ws?name=Sol", protocol, heard).await;
    lobby.until("welcome").await;
    lobby.accepted(json!({"type": "create", "id": "c1", "terms": terms("lot", &json!({}))})).await;
    lobby.accepted(json!({"type": "create", "terms": terms("damaged", &json!({"soft_close": false}))})).await;
    let others = [
        json!({"id": "sealed", "title": "A lot", "start": 1_000, "duration_ms": 60_000, "format": "vickrey", "aliases": true}),
        json!({"id": "dutch", "title": "A lot", "start": 1_000, "duration_ms": 60_000, "format": "dutch",
               "dutch": {"floor": 10, "step": 1, "every_ms": 300}}),
    ];
    for terms in others {
        lobby.accepted(json!({"type": "create", "terms": terms})).await;
    }
    let late = json!({"starts_at": 4_000_000_000_000_i64, "increments": {"percent": 5, "at_least": 10}});
    lobby.refused(json!({"type": "create", "terms": terms("late", &late)}), "bad_terms").await;
    let session = reqwest::Client::new().post(server.url("/api/session")).json(&json!({"name": "Sol"})).send().await.unwrap();
    let token = session.json::<Value>().await.unwrap()["token"].clone();
    lobby.send(&json!({"type": "auth", "id": "a1", "token": token})).await;
    lobby.until("auth").await;
    lobby.send(&json!({"type": "ping", "t": 1.5})).await;
    lobby.until("pong").await;
    lobby.until("auction").await;
    lobby.until("tick").await;
}

/// A room from its opening to the hammer, seen by all three.
async fn in_the_room(server: &TestServer, protocol: &str, heard: &Heard) {
    let mut sol = Line::open(server, "/ws/lot?name=Sol&since=0", protocol, heard).await;
    let mut ana = Line::open(server, "/ws/lot?name=Ana", protocol, heard).await;
    let mut ben = Line::open(server, "/ws/lot?name=Ben", protocol, heard).await;
    let mut nobody = Line::open(server, "/ws/lot", protocol, heard).await;
    nobody.refused(json!({"type": "bid", "amount": 1_000}), "sign_in").await;
    ana.accepted(json!({"type": "bid", "id": "1", "amount": 1_000})).await;
    ben.accepted(json!({"type": "bid", "id": "1", "max": 9_000})).await;
    ana.until("outbid").await;
    ana.accepted(json!({"type": "bid", "id": "2", "amount": 3_000})).await;
    ana.refused(json!({"type": "bid", "id": "3", "amount": 3_001}), "bid_too_low").await;
    ana.refused(json!({"type": "bid", "id": "1", "amount": 1}), "id_reused").await;
    ana.accepted(json!({"type": "say", "text": "Is it old?"})).await;
    sol.accepted(json!({"type": "announce", "text": "Any advance?"})).await;
    ana.until("announcing").await;
    sol.accepted(json!({"type": "warn", "stage": 2})).await;
    sol.accepted(json!({"type": "pause"})).await;
    ana.refused(json!({"type": "bid", "amount": 5_000}), "paused").await;
    let mut during = Line::open(server, "/ws/lot?name=Cleo", protocol, heard).await;
    assert!(during.until("welcome").await["auction"]["paused_at"].is_number());
    sol.accepted(json!({"type": "resume"})).await;
    sol.refused(json!({"type": "resume"}), "not_now").await;
    sol.accepted(json!({"type": "extend", "by_ms": 60_000})).await;
    sol.send(&json!({"type": "ping", "t": 7})).await;
    sol.until("pong").await;
    ana.until("presence").await;
    ana.until("tick").await;
    if !ana.packed {
        for (line, answer) in [("/help", "help"), ("/who", "presence"), ("gimme", "refused")] {
            ana.ws.send(Message::text(line)).await.unwrap();
            ana.until(answer).await;
        }
    }
    let told = ana.accepted(json!({"type": "bid", "amount": 900_000})).await;
    sol.accepted(json!({"type": "void", "seq": told["seq"], "preview": true})).await;
    sol.accepted(json!({"type": "void", "seq": told["seq"], "reason": "A slip."})).await;
    ana.until("voided").await;
    sol.accepted(json!({"type": "hammer"})).await;
    ana.until("closed").await;
    let mut other = Line::open(server, "/ws/damaged?name=Sol", protocol, heard).await;
    other.accepted(json!({"type": "cancel", "reason": "Broken."})).await;
}

/// The same auctions over HTTP.
async fn over_http(server: &TestServer, heard: &Heard) {
    let place = server.place(&[]);
    let mut requests = place.requests(Http::One).await;
    let json = ("accept", "application/json");
    for path in ["/api/auctions?limit=1", "/api/auctions/lot", "/api/auctions/lot/events", "/api/auctions/damaged/events?since=0&wait=1"] {
        let (status, body) = requests.json(path, &[json]).await;
        assert_eq!(status, 200, "{path}");
        heard.note(&body);
    }
    let (_, behind) = requests.json("/api/auctions/lot/events?since=999&wait=1", &[json]).await;
    assert_eq!((&behind["resumed"], behind["auction"].is_object()), (&json!(false), true));
    heard.note(&behind);
    let session = requests.send("POST", "/api/session", &[], r#"{"name":"Dora"}"#).await;
    heard.note(&serde_json::from_str(&whole(session).await).unwrap());
    let bid = r#"{"type":"bid","id":"9","amount":100000}"#;
    for (method, path, body, status) in [
        ("POST", "/api/auctions/lot/commands?name=Ana", bid, 409),
        ("POST", "/api/auctions/lot/commands", bid, 401),
        ("POST", "/api/auctions/lot/commands?name=Ana", r#"{"type":"hammer"}"#, 403),
        ("POST", "/api/auctions?name=Sol", r#"{"title":"A lot"}"#, 422),
        ("POST", "/api/auctions?name=Sol", "[", 400),
        ("DELETE", "/api/auctions", "", 405),
        ("GET", "/api/nothing", "", 404),
    ] {
        let response = requests.send(method, path, &[], body).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (status, &"application/problem+json".parse().unwrap())
        );
        heard.note(&serde_json::from_str(&whole(response).await).unwrap());
    }
    let created = requests.send("POST", "/api/auctions?name=Sol", &[], &terms("another", &json!({})).to_string()).await;
    heard.note(&serde_json::from_str(&whole(created).await).unwrap());
    for form in [Form::EventStream, Form::Ndjson] {
        // They end, for the auction has.
        let told: Vec<Value> = place.follow(Carrier { form, http: Http::One }, "lot", Some(0)).await.collect().await;
        assert_eq!((&told[0]["type"], &told.last().unwrap()["type"]), (&json!("welcome"), &json!("closed")), "{form:?}");
        told.iter().for_each(|message| heard.note(message));
    }
}

/// A sealed auction under aliases, and a price that falls.
async fn of_other_formats(server: &TestServer, protocol: &str, heard: &Heard) {
    let mut sol = Line::open(server, "/ws/sealed?name=Sol", protocol, heard).await;
    let mut ana = Line::open(server, "/ws/sealed?name=Ana", protocol, heard).await;
    let mut ben = Line::open(server, "/ws/sealed?name=Ben", protocol, heard).await;
    assert_eq!(ana.until("welcome").await["aliases"], json!([]));
    for line in [&mut sol, &mut ben] {
        line.until("welcome").await;
    }
    let told = ana.accepted(json!({"type": "bid", "amount": 4_321})).await;
    assert_eq!((&told["standing"], &told["alias"]["id"], &told["price"]), (&json!("placed"), &json!("bidder-1"), &Value::Null));
    assert_eq!(
        sol.until("alias").await,
        json!({"type": "alias", "alias": {"id": "bidder-1", "name": "Bidder 1"}, "person": {"id": "ana", "name": "Ana"}})
    );
    assert_eq!(ben.until("sealed").await["count"], 1);
    let mut again = Line::open(server, "/ws/sealed?name=Sol", protocol, heard).await;
    assert_eq!(again.until("welcome").await["aliases"][0]["person"]["name"], "Ana");
    sol.accepted(json!({"type": "hammer"})).await;
    let closed = ben.until("closed").await;
    assert_eq!((&closed["winner"]["name"], &closed["bids"][0]["amount"]), (&json!("Bidder 1"), &json!(4_321)));
    let mut late = Line::open(server, "/ws/sealed?name=Cleo", protocol, heard).await;
    assert_eq!(late.until("welcome").await["auction"]["revealed"][0]["bidder"]["id"], "bidder-1");
    let mut cleo = Line::open(server, "/ws/dutch?name=Cleo", protocol, heard).await;
    assert!(cleo.until("welcome").await["auction"]["dutch"]["since"].is_number());
    while cleo.until("tick").await["price"].is_null() {}
    assert!(cleo.accepted(json!({"type": "bid"})).await["price"].is_number());
}

async fn everything_said(protocol: &str) {
    let heard = Heard::new();
    let server = TestServer::with(|config| config.gateway.heartbeat_interval = Duration::from_millis(200)).await;
    in_the_lobby(&server, protocol, &heard).await;
    in_the_room(&server, protocol, &heard).await;
    of_other_formats(&server, protocol, &heard).await;
    over_http(&server, &heard).await;
    let mut last = Line::open(&server, "/ws/another?name=Ana", protocol, &heard).await;
    last.until("welcome").await;
    // Nobody lags in here, and the list is short.
    let (_, look) = server.place(&[]).requests(Http::One).await.json("/api/auctions/lot", &[]).await;
    let look = serde_json::value::to_raw_value(&look).unwrap();
    let id = AuctionId::parse("lot").unwrap();
    for frame in [wire::resync(&look, 9), wire::gone(&id)] {
        heard.note(&serde_json::from_slice(frame.json()).unwrap());
    }
    let TestServer { server, dir } = server;
    let (stopped, _) = tokio::join!(server.stop(), last.until("goodbye"));
    stopped.unwrap();
    drop(dir);
    let missing = heard.missing();
    assert!(missing.iter().all(|name| protocol.ends_with("msgpack") && *name == "Help"), "nobody has heard {missing:?}");
}

#[tokio::test]
async fn whatever_a_server_says_is_what_its_schema_says() {
    everything_said("subasta.v1.json").await;
}

#[tokio::test]
async fn also_in_messagepack() {
    everything_said("subasta.v1.msgpack").await;
}

/// Commands that are nearly right.
fn attempts() -> Vec<Value> {
    let commands = [
        json!({"type": "bid", "amount": 1_000}),
        json!({"type": "bid", "max": 1_000}),
        json!({"type": "say", "text": "hello"}),
        json!({"type": "ping", "t": 1}),
        json!({"type": "auth", "token": "x"}),
        json!({"type": "open"}),
        json!({"type": "pause"}),
        json!({"type": "resume"}),
        json!({"type": "hammer"}),
        json!({"type": "warn", "stage": 1}),
        json!({"type": "extend", "by_ms": 1}),
        json!({"type": "cancel", "reason": "broken"}),
        json!({"type": "announce", "text": ""}),
        json!({"type": "bid"}),
        json!({"type": "void", "seq": 3, "reason": "a slip", "preview": false}),
        json!({"type": "void", "seq": 3, "reason": "", "preview": true}),
    ];
    let (day, most, long) = (86_400_000_i64, 1_000_000_000_000_i64, |count| "ä".repeat(count));
    let values = json!([
        null,
        true,
        0,
        1,
        2,
        3,
        -1,
        1.5,
        day,
        day + 1,
        most,
        most + 1,
        "",
        " ",
        "x",
        long(64),
        long(65),
        long(500),
        long(501),
        [],
        {}
    ]);
    let mut all = vec![json!({}), json!([]), json!("bid"), json!({"type": null}), json!({"type": "bid", "amount": 1, "max": 2})];
    for command in commands {
        all.push(command.clone());
        let members = command.as_object().unwrap().keys().map(String::as_str).filter(|name| *name != "type");
        for member in members.chain(["id"]) {
            let mut without = command.clone();
            without.as_object_mut().unwrap().remove(member);
            all.push(without);
            for value in values.as_array().unwrap() {
                let mut other = command.clone();
                other[member] = value.clone();
                all.push(other);
            }
        }
    }
    all
}

#[test]
fn the_schema_takes_the_commands_that_the_server_takes() {
    let schemas = Schemas::new(Unknown::Ignored);
    let (mut taken, attempts) = (0, attempts());
    for attempt in &attempts {
        let is_read = wire::parse_http(attempt.to_string().as_bytes()).is_ok();
        assert_eq!(schemas.is("Command", attempt), is_read, "{attempt}");
        taken += u32::from(is_read);
    }
    assert!(taken > 50 && attempts.len() > 250, "{taken} of {}", attempts.len());
}
