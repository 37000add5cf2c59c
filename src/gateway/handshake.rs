//! From an HTTP request to a socket: the handshake (RFC 6455 §4.2) in a task of its own, which ends and leaves the socket's.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::http::{HeaderValue, Request, Response};
use axum::response::IntoResponse;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tracing::debug;

use super::Gateway;
use super::api::Problem;
use super::conversation::{self, Place, close_code};
use super::impatient::Impatient;
use super::listen::Permit;
use super::session::Credentials;
use super::socket::{Socket, close, websocket};
use crate::auction::{AuctionId, Person, Refusal};
use crate::room::Member;
use crate::wire::{self, Frame};

/// JSON in text frames; without a subprotocol it is the same.
const SUBPROTOCOL: &str = "subasta.v1.json";

#[derive(Deserialize)]
pub struct SocketQuery {
    since: Option<String>,
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
    let who = gateway.sessions.identify(request.headers(), credentials);
    let mut response = match create_response_with_body(&request, Body::empty) {
        Ok(response) => response,
        Err(error) => {
            let what = format!("This address speaks WebSocket (RFC 6455): {error}.");
            return Problem::from(Refusal::Malformed(what)).into_response();
        }
    };
    let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    if offered.flat_map(|offered| offered.split(',')).any(|offered| offered.trim() == SUBPROTOCOL) {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    let Some(permit) = request.extensions_mut().remove::<Permit>() else {
        return Problem::from(Refusal::Busy).into_response();
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return debug!("the connection ended in its handshake") };
        let Ok(parts) = upgraded.downcast::<TokioIo<Impatient<TcpStream>>>() else { return debug!("the connection is not a plain one") };
        let ws = websocket(&gateway, parts.io.into_inner().into_inner(), parts.read_buf).await;
        let member = ws.get_ref().0.clone();
        let entered = match who {
            Ok(who) => enter(&gateway, who.as_ref(), to, member).await.map(|(first, place)| (who, first, place)),
            Err(refusal) => Err(refusal),
        };
        match entered {
            // A task of its own: this one's memory goes back.
            Ok((who, first, place)) => drop(tokio::spawn(Socket::new(ws, gateway, who, place, &first, permit).run())),
            Err(refusal) => close(ws, close_code(&refusal), gateway.settings.slow_after).await,
        }
    });
    response
}

async fn enter(gateway: &Gateway, who: Option<&Person>, to: Destination, member: Arc<Member>) -> Result<(Frame, Place), Refusal> {
    let Destination::Room { id, since, quiet } = to else { return Ok(conversation::lobby(gateway, who, member)) };
    let id = AuctionId::parse(&id).ok_or(Refusal::UnknownAuction)?;
    let (seat, look, resumed) = gateway.rooms.attach(&id, since, who.cloned(), member, quiet).await?;
    let now = gateway.rooms.clock().now();
    let seq = since.filter(|_| resumed).unwrap_or(look.seq);
    let first = wire::welcome(now, who, &look.auction, seq, resumed, conversation::heartbeat_ms(gateway));
    Ok((first, Place::Room { seat: Box::new(seat), currency: look.currency, quiet }))
}
