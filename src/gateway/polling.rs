//! `GET /api/auctions/{auction}/events`: which way of telling events is asked for; and the two that end: a long poll, and a page of history.

use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Gateway;
use super::api::{Answer, Problem, named, query};
use super::pass::Pass;
use super::session::Credentials;
use super::streams;
use crate::auction::{AuctionId, Money, Refusal};
use crate::room::Taken;
use crate::wire::{self, Format, Frame, You};

/// A long poll waits no longer, in seconds.
const LONGEST_WAIT: u64 = 30;
/// Events of a page, unless asked otherwise, and at most.
const PAGE: usize = 100;
const PAGE_MOST: usize = 1_000;

/// From where, and how.
#[derive(Deserialize, JsonSchema)]
pub struct EventsQuery {
    /// Events after this seq.
    #[schemars(with = "Option<u64>")]
    since: Option<String>,
    /// With JSON: a long poll of so many seconds.
    #[schemars(range(max = LONGEST_WAIT))]
    wait: Option<u64>,
    /// With JSON: so many events at most; 100 unless said otherwise.
    #[schemars(range(min = 1, max = PAGE_MOST))]
    limit: Option<usize>,
}

/// How events are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    Stream(Format),
    Pages,
}

const MANNERS: [(&str, Manner); 4] = [
    ("application/json", Manner::Pages),
    (streams::EVENT_STREAM, Manner::Stream(Format::EventStream)),
    (streams::NDJSON, Manner::Stream(Format::Ndjson)),
    ("application/ndjson", Manner::Stream(Format::Ndjson)),
];

/// `GET /api/auctions/{auction}/events`.
pub async fn events(
    State(gateway): State<Gateway>,
    path: Result<Path<String>, PathRejection>,
    asked: Result<Query<EventsQuery>, QueryRejection>,
    credentials: Result<Query<Credentials>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    let id = named(path)?;
    let EventsQuery { since, wait, limit } = query(asked)?;
    let who = gateway.sessions.identify(&headers, &query(credentials)?)?;
    who.as_ref().map_or(Ok(()), |pass| pass.open(&id))?;
    // An event source that comes back asks for the same address, and says here how far it has got.
    let last_id = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    // What is no number is a place nobody knows: `resumed` will be false.
    let comes_back = last_id.is_some();
    let since = last_id.or(since).map(|since| since.trim().parse().unwrap_or(u64::MAX));
    let limit = limit.unwrap_or(PAGE).clamp(1, PAGE_MOST);
    match (manner(&headers), wait) {
        (Some(Manner::Stream(format)), _) => streams::follow(gateway, id, since, who, format, comes_back).await,
        (Some(Manner::Pages), Some(wait)) => {
            let wait = Duration::from_secs(wait.min(LONGEST_WAIT));
            long_poll(&gateway, &id, since, who, wait, limit).await
        }
        (Some(Manner::Pages), None) => history(&gateway, &id, since.unwrap_or(0), limit).await,
        (None, _) => {
            let what = "Accept: text/event-stream, application/x-ndjson or application/json.";
            Err(Problem::with_status(StatusCode::NOT_ACCEPTABLE, Refusal::Malformed(what.to_owned())))
        }
    }
}

/// What `Accept` likes best of what there is (RFC 9110 §12.5.1); of equals the first that it names.
fn manner(headers: &HeaderMap) -> Option<Manner> {
    let accept: Vec<_> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    if accept.is_empty() {
        return Some(Manner::Pages);
    }
    let mut best = None;
    for range in accept.iter().flat_map(|accept| accept.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        let found = MANNERS
            .iter()
            .find(|(name, _)| *name == kind || kind == "*/*" || kind == "application/*" || kind == "text/*" && name.starts_with("text/"));
        if let Some((_, manner)) = found
            && weight > best.map_or(0.0, |(weight, _)| weight)
        {
            best = Some((weight, *manner));
        }
    }
    best.map(|(_, manner)| manner)
}

/// Answers as soon as there is an event, or with none when the wait is over.
async fn long_poll(gateway: &Gateway, id: &AuctionId, since: Option<u64>, who: Option<Pass>, wait: Duration, limit: usize) -> Answer {
    let (mut seat, look, resumed) = gateway.rooms.join(id, since, who.as_ref().map(|pass| pass.person.clone())).await?;
    let you = Some(You::new(who.as_ref().map(Pass::you)));
    let (aliases, own) = (look.aliases.as_deref().map(wire::known), look.own.map(Money::minor));
    let now = gateway.rooms.clock().now();
    if !resumed {
        let (seq, ended, auction) = (look.seq, look.ended, Some(&*look.auction));
        return Ok(page(&wire::Events { seq, resumed, ended, now, you, aliases, own, events: &[], auction }));
    }
    let mut frames: Vec<Frame> = Vec::new();
    let mut seq = since.unwrap_or(look.seq);
    let mut taken = Taken::All;
    let all = async {
        while frames.is_empty() {
            std::future::poll_fn(|context| seat.poll_ready(context)).await;
            taken = seat.take(|event, frame| {
                if event.is_some() && frames.len() < limit {
                    seq += 1;
                    frames.push(frame.clone());
                }
            });
            if !matches!(taken, Taken::All | Taken::More) {
                break;
            }
        }
    };
    // Nothing in time is an answer, too.
    let _ = tokio::time::timeout(wait, all).await;
    let ended = matches!(taken, Taken::End(crate::room::Ending::Ended)) && frames.len() < limit;
    let events: Vec<_> = frames.iter().map(Frame::raw).collect();
    let now = gateway.rooms.clock().now();
    Ok(page(&wire::Events { seq, resumed, ended, now, you, aliases, own, events: &events, auction: None }))
}

/// A page of all that ever happened.
async fn history(gateway: &Gateway, id: &AuctionId, since: u64, limit: usize) -> Answer {
    let look = gateway.rooms.look(id).await?;
    let (now, you, aliases, own) = (gateway.rooms.clock().now(), None, None, None);
    if since > look.seq {
        let (seq, ended) = (look.seq, look.ended);
        return Ok(page(&wire::Events { seq, resumed: false, ended, now, you, aliases, own, events: &[], auction: None }));
    }
    let frames = gateway.rooms.history(id, since, limit).await?;
    let seq = since + frames.len() as u64;
    let events: Vec<_> = frames.iter().map(Frame::raw).collect();
    let ended = look.ended && seq >= look.seq;
    Ok(page(&wire::Events { seq, resumed: true, ended, now, you, aliases, own, events: &events, auction: None }))
}

fn page(events: &wire::Events<'_>) -> Response<Body> {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (VARY, "accept")], wire::to_json(events)).into_response()
}
