//! From an HTTP request to a socket: the handshake (RFC 6455 §4.2) in a task of its own, which ends and leaves the socket's.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response};
use axum::response::IntoResponse;
use bytes::Bytes;
use hyper::ext::Protocol;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tracing::debug;

use super::Gateway;
use super::api::{self, Problem};
use super::conduit::Stream;
use super::connection::Permit;
use super::conversation::{self, Place, close_code};
use super::impatient::Impatient;
use super::pass::Pass;
use super::session::Credentials;
use super::socket::{Socket, close, websocket};
use super::woven::Woven;
use crate::auction::{AuctionId, Refusal};
use crate::room::Member;
use crate::wire::{self, Format, Frame};

/// The subprotocols. Without one it is JSON.
pub const SUBPROTOCOLS: [(&str, Format); 2] = [("subasta.v1.json", Format::Json), ("subasta.v1.msgpack", Format::MessagePack)];

/// From where, and who.
#[derive(Deserialize, JsonSchema)]
pub struct SocketQuery {
    /// Resumes after this seq. In a room only.
    #[schemars(with = "Option<u64>")]
    since: Option<String>,
    /// `none`: verdicts, and no events. In a room only.
    #[schemars(extend("const" = "none"))]
    events: Option<String>,
    #[serde(flatten)]
    credentials: Credentials,
}

/// Where a socket wants to be.
enum Destination {
    Room { id: String, since: Option<u64>, quiet: bool },
    Lobby,
}

/// `GET /ws/{auction}`.
pub async fn room(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    Query(query): Query<SocketQuery>,
    request: Request<Body>,
) -> Response<Body> {
    // What is no number is a place nobody knows: `resumed` will be false.
    let since = query.since.map(|since| since.parse().unwrap_or(u64::MAX));
    // A robot that watches elsewhere: verdicts alone.
    let quiet = query.events.is_some_and(|events| events == "none");
    upgrade(gateway, request, &query.credentials, Destination::Room { id, since, quiet })
}

/// `GET /ws`.
pub async fn lobby(State(gateway): State<Gateway>, Query(query): Query<SocketQuery>, request: Request<Body>) -> Response<Body> {
    upgrade(gateway, request, &query.credentials, Destination::Lobby)
}

/// Answers the handshake, and once the stream is ours finds it a place. What is refused from here on is refused by a close code: a
/// browser's page never sees the status of a failed handshake.
fn upgrade(gateway: Gateway, mut request: Request<Body>, credentials: &Credentials, to: Destination) -> Response<Body> {
    let Some(guest) = gateway.drain.admit() else { return api::leaving(&gateway) };
    let who = gateway.sessions.identify(request.headers(), credentials);
    let mut response = match accept(&request) {
        Ok(response) => response,
        Err(what) => {
            let what = format!("This address speaks WebSocket (RFC 6455): {what}.");
            return Problem::from(Refusal::Malformed(what)).into_response();
        }
    };
    let subprotocol = negotiate(request.headers());
    if let Some((name, _)) = subprotocol {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(name));
    }
    let format = subprotocol.map_or(Format::Json, |(_, format)| format);
    let Some(permit) = request.extensions_mut().remove::<Permit>() else {
        return Problem::from(Refusal::Busy).into_response();
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return debug!("the connection ended in its handshake") };
        let (stream, read) = stream(upgraded);
        let until = who.as_ref().ok().and_then(Option::as_ref).and_then(|pass| pass.until);
        let ws = websocket(&gateway, stream, read, format, until).await;
        let member = ws.get_ref().0.clone();
        let entered = match who {
            Ok(who) => enter(&gateway, who.as_ref(), to, member.clone()).await.map(|(first, place)| (who, first, place)),
            Err(refusal) => Err(refusal),
        };
        match entered {
            // A task of its own: this one's memory goes back.
            Ok((who, first, place)) => drop(tokio::spawn(Socket::new(ws, gateway, who, place, &first, (permit, guest)).run())),
            Err(refusal) => close(ws, close_code(&refusal), gateway.settings.slow_after).await,
        }
    });
    response
}

/// The first of the client's subprotocols that is spoken here: they come in the order in which it likes them (RFC 6455 §1.9).
fn negotiate(headers: &HeaderMap) -> Option<(&'static str, Format)> {
    let offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let mut offered = offered.flat_map(|offered| offered.split(',')).map(str::trim);
    offered.find_map(|offered| SUBPROTOCOLS.into_iter().find(|(name, _)| *name == offered))
}

/// The answer to a handshake; an HTTP/2 connection has a handshake of its own (RFC 8441 §5), without a key.
fn accept(request: &Request<Body>) -> Result<Response<Body>, String> {
    if request.method() != Method::CONNECT {
        return create_response_with_body(request, Body::empty).map_err(|error| error.to_string());
    }
    let websocket = request.extensions().get::<Protocol>().is_some_and(|protocol| protocol.as_str() == "websocket");
    let version = request.headers().get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    if websocket && version { Ok(Response::default()) } else { Err("not a handshake of version 13".to_owned()) }
}

/// What is underneath, and what was read of it already.
fn stream(upgraded: Upgraded) -> (Stream, Bytes) {
    let upgraded = match upgraded.downcast::<TokioIo<Impatient<TcpStream>>>() {
        Ok(parts) => return (Stream::Plain(parts.io.into_inner().into_inner()), parts.read_buf),
        Err(upgraded) => upgraded,
    };
    match upgraded.downcast::<TokioIo<Impatient<TlsStream<TcpStream>>>>() {
        Ok(parts) => (Stream::Woven(Woven::new(parts.io.into_inner().into_inner())), parts.read_buf),
        // One of many in an HTTP/2 connection.
        Err(upgraded) => (Stream::Woven(Woven::new(TokioIo::new(upgraded))), Bytes::new()),
    }
}

async fn enter(gateway: &Gateway, who: Option<&Pass>, to: Destination, member: Arc<Member>) -> Result<(Frame, Place), Refusal> {
    let Destination::Room { id, since, quiet } = to else { return Ok(conversation::lobby(gateway, who, member)) };
    let id = AuctionId::parse(&id).ok_or(Refusal::UnknownAuction)?;
    who.map_or(Ok(()), |pass| pass.open(&id))?;
    let person = who.map(|pass| pass.person.clone());
    let (seat, look, resumed) = gateway.rooms.attach(&id, since, person, member, quiet).await?;
    let now = gateway.rooms.clock().now();
    let seq = since.filter(|_| resumed).unwrap_or(look.seq);
    let first = wire::welcome(now, who.map(Pass::you), look.seen(), seq, resumed, conversation::heartbeat_ms(gateway));
    Ok((first, Place::Room { seat: Box::new(seat), currency: look.currency, quiet }))
}
