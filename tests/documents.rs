//! What the documents for programs say is what the server does: real frames of every kind, by every carrier, against the schemas; and
//! commands against the parser.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::TestServer;
use support::carrier::{Http, whole};

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
    ["LobbyWelcome", "LobbyAuction", "Gone", "Created", "Refused", "Outbid", "Pong", "Help"].contains(&name)
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
