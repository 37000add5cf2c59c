//! What HTTP answers, as OpenAPI 3.1.

use schemars::JsonSchema;
use serde_json::{Value, json};

use super::api::{IDEMPOTENCY_KEY, ListQuery};
use super::handshake::{SUBPROTOCOLS, SocketQuery};
use super::polling::EventsQuery;
use super::session::COOKIE_NAME;
use super::{asyncapi, documents, streams};
use crate::wire::{self, Dialect};

/// The whole document.
pub fn document() -> Value {
    let mut schemas = wire::schemas(Dialect::Draft2020);
    let refs = |names: Vec<String>| json!({"oneOf": names.iter().map(|name| schema(name)).collect::<Vec<_>>()});
    let streamed = refs(asyncapi::streamed(&schemas));
    let by_http = refs(asyncapi::room_commands(&schemas).into_iter().filter(|name| name != "PingCommand").collect());
    schemas.insert("StreamMessage".to_owned(), streamed);
    schemas.insert("HttpCommand".to_owned(), by_http);
    json!({
        "openapi": "3.1.1",
        "info": documents::info(),
        "servers": [{"url": "/"}],
        "security": security(true),
        "paths": {
            "/api/session": session(),
            "/api/auctions": auctions(),
            "/api/auctions/{auction}": auction(),
            "/api/auctions/{auction}/commands": commands(),
            "/api/auctions/{auction}/events": events(),
            "/api/auctions/{auction}/log": log(),
            "/ws": socket("The lobby, live: a WebSocket", &[]),
            "/ws/{auction}": socket("One auction's room, live: a WebSocket", &[named()]),
            "/healthz": {"get": plain("Whether the process lives", "text/plain")},
            "/readyz": {"get": plain("Whether it takes newcomers: 503 while it drains", "text/plain")},
            "/openapi.json": {"get": plain("This document", "application/json")},
            "/asyncapi.json": {"get": plain("What sockets and streams say, as AsyncAPI", "application/json")},
            "/": {"get": plain("The lobby's page", "text/html")},
            "/a/{auction}": {"parameters": [named()], "get": plain("An auction's page", "text/html")},
            "/console": {"get": plain("The auctioneer's page", "text/html")},
        },
        "components": {
            "schemas": schemas,
            "responses": {"Problem": {
                "description": "Refused (RFC 9457): `code` says why to a program, `detail` to a person.",
                "content": {"application/problem+json": {"schema": schema("Problem")}},
            }},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "token": {"type": "apiKey", "in": "query", "name": "token"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE_NAME},
                "name": {"type": "apiKey", "in": "query", "name": "name", "description": "Signs in on the spot, where names need no proof."},
            },
        },
    })
}

fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Who may be asked for; whoever only watches need be nobody.
fn security(optional: bool) -> Value {
    let mut ways = vec![json!({"bearer": []}), json!({"token": []}), json!({"session": []}), json!({"name": []})];
    if optional {
        ways.insert(0, json!({}));
    }
    Value::Array(ways)
}

fn parameters<T: JsonSchema>() -> Vec<Value> {
    let parameter = |(name, description, schema)| json!({"name": name, "in": "query", "description": description, "schema": schema});
    // Who somebody is stands under `security`.
    documents::query::<T>().into_iter().filter(|(name, ..)| name != "name" && name != "token").map(parameter).collect()
}

/// The auction in the address.
fn named() -> Value {
    json!({"name": "auction", "in": "path", "required": true, "schema": {"type": "string"}})
}

fn key() -> Value {
    json!({"name": IDEMPOTENCY_KEY, "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 64},
        "description": "The command's id, for those who leave its body alone: the same again is answered as it was the first time."})
}

fn body(of: &Value) -> Value {
    json!({"required": true, "content": {"application/json": {"schema": of}}})
}

fn answer(description: &str, of: &Value) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": of}}})
}

fn problem() -> Value {
    json!({"$ref": "#/components/responses/Problem"})
}

/// Something that is there and no JSON of ours.
fn plain(summary: &str, media_type: &str) -> Value {
    json!({"summary": summary, "security": [], "responses": {"200": {"description": summary, "content": {media_type: {}}}}})
}

fn session() -> Value {
    let mut signed_in = answer("A token, here and in a cookie.", &schema("Session"));
    signed_in["headers"] = json!({"Set-Cookie": {"schema": {"type": "string"}}});
    json!({"post": {
        "operationId": "signIn", "summary": "Sign in", "security": [], "requestBody": body(&schema("SignIn")),
        "responses": {"200": signed_in, "default": problem()},
    }})
}

fn auctions() -> Value {
    let mut created = answer("Created.", &schema("Auction"));
    created["headers"] = json!({"Location": {"schema": {"type": "string"}}});
    json!({
        "get": {
            "operationId": "listAuctions", "summary": "The list, oldest first, paged", "parameters": parameters::<ListQuery>(),
            "responses": {"200": answer("A page.", &schema("Page")), "default": problem()},
        },
        "post": {
            "operationId": "createAuction", "summary": "Create an auction", "security": security(false), "parameters": [key()],
            "requestBody": body(&schema("Terms")), "responses": {"201": created, "default": problem()},
        },
    })
}

fn auction() -> Value {
    let mut found = answer("As it is now; its `ETag` is its seq.", &schema("Auction"));
    found["headers"] = json!({"ETag": {"schema": {"type": "string"}}});
    let known = json!({"name": "If-None-Match", "in": "header", "schema": {"type": "string"}});
    json!({"parameters": [named()], "get": {
        "operationId": "getAuction", "summary": "The auction object", "parameters": [known],
        "responses": {"200": found, "304": {"description": "Nothing has happened since."}, "default": problem()},
    }})
}

fn commands() -> Value {
    json!({"parameters": [named()], "post": {
        "operationId": "command", "summary": "One command", "security": security(false), "parameters": [key()],
        "requestBody": body(&schema("HttpCommand")),
        "responses": {"200": answer("Accepted: it is durable, and it counts.", &schema("Accepted")), "default": problem()},
    }})
}

fn events() -> Value {
    let mut all = parameters::<EventsQuery>();
    all.push(json!({"name": "Last-Event-ID", "in": "header", "schema": {"type": "integer", "minimum": 0},
        "description": "What an event source has seen; it comes before `since`."}));
    let stream = |each: &str| json!({"schema": {"type": "string", "description": each}, "x-itemSchema": schema("StreamMessage")});
    let content = json!({
        "application/json": {"schema": schema("Events")},
        streams::EVENT_STREAM: stream("Server-Sent Events: the `data:` of each block is one StreamMessage, an event's `id:` its seq."),
        streams::NDJSON: stream("Each line is one StreamMessage."),
    });
    json!({"parameters": [named()], "get": {
        "operationId": "getEvents", "summary": "What happens: a stream, a long poll or a page of history, by Accept", "parameters": all,
        "responses": {
            "200": {"description": "From after `since` on.", "content": content},
            "204": {"description": "To an event source: the auction has ended, do not come back."},
            "default": problem(),
        },
    }})
}

fn log() -> Value {
    let lines =
        "A header; then, after the end, each record with its position and its hash; before it each public event with its record's hash.";
    json!({"parameters": [named()], "get": {
        "operationId": "getLog", "summary": "The log, to be kept and checked: whole after the end, what everyone saw before",
        "responses": {
            "200": {"description": "NDJSON.", "content": {streams::NDJSON: {"schema": {"type": "string", "description": lines}}}},
            "default": problem(),
        },
    }})
}

fn socket(summary: &str, path: &[Value]) -> Value {
    let names = SUBPROTOCOLS.map(|(name, _)| name);
    let mut all = parameters::<SocketQuery>();
    if path.is_empty() {
        all.clear();
    }
    all.push(json!({"name": "Sec-WebSocket-Protocol", "in": "header", "schema": {"type": "string", "enum": names},
        "description": "JSON in text frames, or the same objects as MessagePack in binary ones. Without one: JSON."}));
    json!({"parameters": path, "get": {
        "summary": summary, "description": "What is said there stands in /asyncapi.json.", "parameters": all,
        "responses": {"101": {"description": "A WebSocket (RFC 6455)."}, "default": problem()},
    }})
}
