//! What sockets and streams say, as AsyncAPI 3.0. As it has it, the server *receives* commands and *sends* messages.

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::handshake::{SUBPROTOCOLS, SocketQuery};
use super::polling::EventsQuery;
use super::{documents, streams};
use crate::wire::{self, Dialect};

/// What a room tells whoever follows it, by whatever carrier, beside events.
const FOLLOWED: [&str; 6] = ["Welcome", "Presence", "Announcing", "Tick", "Resync", "Goodbye"];
/// What is for one socket alone.
const ANSWERS: [&str; 7] = ["Accepted", "Refused", "Outbid", "Alias", "Auth", "Pong", "Help"];
const LOBBY: [&str; 10] = ["LobbyWelcome", "LobbyAuction", "Gone", "Tick", "Goodbye", "Created", "Refused", "Auth", "Pong", "Help"];
const LOBBY_COMMANDS: [&str; 3] = ["CreateCommand", "AuthCommand", "PingCommand"];

/// The parts of a union: `Event`, `Command`.
fn parts<'a>(schemas: &'a Map<String, Value>, union: &'a str) -> impl Iterator<Item = String> + 'a {
    schemas.keys().filter(move |name| name.ends_with(union) && *name != union).cloned()
}

/// The schemas of what a stream says.
pub fn streamed(schemas: &Map<String, Value>) -> Vec<String> {
    parts(schemas, "Event").chain(FOLLOWED.map(str::to_owned)).collect()
}

/// The schemas of what one may ask of a room.
pub fn room_commands(schemas: &Map<String, Value>) -> Vec<String> {
    parts(schemas, "Command").filter(|name| name != "CreateCommand").collect()
}

/// The whole document.
pub fn document() -> Value {
    let schemas = wire::schemas(Dialect::Draft7);
    let (streamed, asked) = (streamed(&schemas), room_commands(&schemas));
    let told: Vec<_> = streamed.iter().cloned().chain(ANSWERS.map(str::to_owned)).collect();
    let (lobby_told, lobby_asked) = (LOBBY.map(str::to_owned).to_vec(), LOBBY_COMMANDS.map(str::to_owned).to_vec());
    let by_socket = "The first frame is a welcome. Text frames of JSON, or under `subasta.v1.msgpack` binary frames of the same objects in \
                     MessagePack. docs/protocol.md has the close codes.";
    let by_http =
        "Server-Sent Events: the `data:` of each block is a message, an event's `id:` its seq. Or, by `Accept`, NDJSON: each line is one.";
    let all: Vec<_> = [&told, &asked, &lobby_told, &lobby_asked].into_iter().flatten().collect();
    let messages: Map<String, Value> = all.iter().map(|name| ((*name).clone(), message(&schemas, name))).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": info(),
        "defaultContentType": "application/json",
        "servers": {
            "sockets": server("ws"), "secureSockets": server("wss"),
            "http": server("http"), "https": server("https"),
        },
        "channels": {
            "room": channel("/ws/{auction}", by_socket, &["sockets", "secureSockets"], &[&told[..], &asked[..]].concat(), &bindings::<SocketQuery>()),
            "lobby": channel("/ws", by_socket, &["sockets", "secureSockets"], &[&lobby_told[..], &lobby_asked[..]].concat(), &bindings::<SocketQuery>()),
            "stream": channel("/api/auctions/{auction}/events", by_http, &["http", "https"], &streamed, &json!({})),
        },
        "operations": {
            "tellRoom": operation("send", "room", "What everyone in the room is told, and answers to one", &told),
            "takeCommands": verdict(operation("receive", "room", "What one may ask of a room", &asked), "room", &["Accepted", "Refused", "Auth", "Pong"]),
            "tellLobby": operation("send", "lobby", "The list of auctions, live", &lobby_told),
            "takeLobbyCommands": verdict(
                operation("receive", "lobby", "What one may ask of the lobby", &lobby_asked), "lobby", &["Created", "Refused", "Auth", "Pong"]
            ),
            "streamRoom": stream(operation("send", "stream", "What everyone in the room is told", &streamed)),
        },
        "components": {"schemas": schemas, "messages": messages},
    })
}

fn info() -> Value {
    let mut info = documents::info();
    if let Some(info) = info.as_object_mut() {
        // Only OpenAPI has these.
        info.remove("summary");
        info.insert("license".to_owned(), json!({"name": "MIT OR Apache-2.0"}));
    }
    info
}

fn server(protocol: &str) -> Value {
    json!({"host": "{host}", "protocol": protocol, "variables": {
        "host": {"default": "localhost:8080", "description": "Where this document came from."},
    }})
}

fn message(schemas: &Map<String, Value>, name: &str) -> Value {
    let schema = schemas.get(name);
    let kind = ["/properties/type/const", "/oneOf/0/properties/type/const"].iter().find_map(|path| schema?.pointer(path));
    let mut message = json!({"name": kind, "title": name, "payload": {"$ref": format!("#/components/schemas/{name}")}});
    if let Some(text) = schema.and_then(|schema| schema.get("description")) {
        message["summary"] = text.clone();
    }
    message
}

fn channel(address: &str, description: &str, servers: &[&str], messages: &[String], bindings: &Value) -> Value {
    let messages: Map<_, _> =
        messages.iter().map(|name| (name.clone(), json!({"$ref": format!("#/components/messages/{name}")}))).collect();
    let servers: Vec<_> = servers.iter().map(|name| json!({"$ref": format!("#/servers/{name}")})).collect();
    let mut channel =
        json!({"address": address, "description": description, "servers": servers, "messages": messages, "bindings": bindings});
    if address.contains("{auction}") {
        channel["parameters"] = json!({"auction": {"description": "The auction's id."}});
    }
    channel
}

fn members<T: JsonSchema>() -> Value {
    let member = |(name, description, mut schema): (String, String, Value)| {
        schema["description"] = Value::String(description);
        (name, schema)
    };
    Value::Object(documents::query::<T>().into_iter().map(member).collect())
}

fn bindings<T: JsonSchema>() -> Value {
    let names = SUBPROTOCOLS.map(|(name, _)| name);
    json!({"ws": {
        "method": "GET", "bindingVersion": "0.1.0",
        "query": {"type": "object", "properties": members::<T>()},
        "headers": {"type": "object", "properties": {"Sec-WebSocket-Protocol": {"type": "string", "enum": names}}},
    }})
}

fn in_channel(channel: &str, names: impl Iterator<Item = impl std::fmt::Display>) -> Value {
    names.map(|name| json!({"$ref": format!("#/channels/{channel}/messages/{name}")})).collect()
}

fn operation(action: &str, channel: &str, summary: &str, messages: &[String]) -> Value {
    json!({
        "action": action, "summary": summary, "channel": {"$ref": format!("#/channels/{channel}")},
        "messages": in_channel(channel, messages.iter()),
    })
}

/// Every command has an answer on the same socket.
fn verdict(mut operation: Value, channel: &str, answers: &[&str]) -> Value {
    operation["reply"] = json!({"channel": {"$ref": format!("#/channels/{channel}")}, "messages": in_channel(channel, answers.iter())});
    operation
}

fn stream(mut operation: Value) -> Value {
    operation["bindings"] =
        json!({"http": {"method": "GET", "query": {"type": "object", "properties": members::<EventsQuery>()}, "bindingVersion": "0.3.0"}});
    operation["description"] = Value::String(format!("Accept: {} or {}.", streams::EVENT_STREAM, streams::NDJSON));
    operation
}
