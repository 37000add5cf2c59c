//! The feed of a room over HTTP, as a stream that does not end before the auction does: Server-Sent Events (HTML §9.2), and NDJSON.
//!
//! Both say what a socket would: `welcome`, every event, live messages, `tick`, `resync`, `goodbye`. They differ in how a message is written down.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, VARY};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::time::Sleep;

use super::Gateway;
use super::api::Problem;
use super::conversation::heartbeat_ms;
use crate::auction::{AuctionId, Person, Refusal};
use crate::room::{Ending, Seat, Taken};
use crate::wire::{self, Frame};

/// How a message is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Script {
    /// `id:` with the seq where it is an event, `data:`, an empty line.
    EventStream,
    /// A line each.
    Ndjson,
}

/// nginx and its like would keep small messages back.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");
/// An event stream that is cut comes back after a time of its own between these, so that a crowd does not come back at once.
const RETRY_MS: std::ops::RangeInclusive<u64> = 500..=3_000;
/// One that has nothing to come back for, for clients that do so all the same.
const NO_RETRY_MS: u64 = 24 * 3_600_000;

impl Script {
    /// As `Accept` and `Content-Type` name it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Script::EventStream => "text/event-stream",
            Script::Ndjson => "application/x-ndjson",
        }
    }

    fn write(self, out: &mut BytesMut, seq: Option<u64>, json: &[u8]) {
        if self == Script::EventStream {
            if let Some(seq) = seq {
                out.extend_from_slice(format!("id: {seq}\n").as_bytes());
            }
            out.extend_from_slice(b"data: ");
        }
        out.extend_from_slice(json);
        out.extend_from_slice(if self == Script::EventStream { b"\n\n" } else { b"\n" });
    }

    /// What only an event stream has.
    fn note(self, out: &mut BytesMut, text: &str) {
        if self == Script::EventStream {
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// Answers with the feed of `id` from after `since`, for as long as there is something to come.
pub async fn follow(
    gateway: Gateway,
    id: AuctionId,
    since: Option<u64>,
    who: Option<Person>,
    script: Script,
) -> Result<Response<Body>, Problem> {
    let (seat, look, resumed) = gateway.rooms.join(&id, since, who.clone()).await?;
    let seq = since.filter(|_| resumed).unwrap_or(look.seq);
    if script == Script::EventStream && resumed && seq == look.seq && look.ended {
        // HTML §9.2.3: this, and nothing else, tells an event source not to come back.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let now = gateway.rooms.clock().now();
    let mut first = BytesMut::new();
    let retry = if look.ended { NO_RETRY_MS } else { fastrand::u64(RETRY_MS) };
    script.note(&mut first, &format!("retry: {retry}\n\n"));
    script.write(&mut first, None, wire::welcome(now, who.as_ref(), &look.auction, seq, resumed, heartbeat_ms(&gateway)).json());
    // No message, only the place: who is cut off before the first event comes back to where it was.
    script.note(&mut first, &format!("id: {seq}\n\n"));
    let heartbeat = gateway.settings.heartbeat_interval;
    let watcher = Watcher { gateway, id, who, script, seat, seq, heartbeat, silence: Box::pin(tokio::time::sleep(heartbeat)), over: false };
    let rest =
        stream::unfold(watcher, |mut watcher| async move { watcher.next().await.map(|bytes| (Ok::<_, Infallible>(bytes), watcher)) });
    let all = futures_util::StreamExt::chain(stream::iter([Ok(first.freeze())]), rest);
    let headers = [(CONTENT_TYPE, script.media_type()), (CACHE_CONTROL, "no-store"), (VARY, "accept"), UNBUFFERED];
    Ok((headers, Body::from_stream(all)).into_response())
}

/// One who reads the feed.
struct Watcher {
    gateway: Gateway,
    id: AuctionId,
    who: Option<Person>,
    script: Script,
    seat: Seat,
    /// The last event written.
    seq: u64,
    heartbeat: Duration,
    /// Nothing was written for a heartbeat.
    silence: Pin<Box<Sleep>>,
    over: bool,
}

impl Watcher {
    /// What there is to write next, all of it together; `None` once there will be no more.
    async fn next(&mut self) -> Option<Bytes> {
        let mut out = BytesMut::new();
        while out.is_empty() && !self.over {
            tokio::select! {
                biased;
                () = std::future::poll_fn(|context| self.seat.poll_ready(context)) => self.take(&mut out).await,
                () = &mut self.silence => self.tick(&mut out),
            }
        }
        self.silence.set(tokio::time::sleep(self.heartbeat));
        (!out.is_empty()).then(|| out.freeze())
    }

    async fn take(&mut self, out: &mut BytesMut) {
        let (script, seq) = (self.script, &mut self.seq);
        let taken = self.seat.take(|event, frame| {
            *seq = event.unwrap_or(*seq);
            script.write(out, event, frame.json());
        });
        match taken {
            Taken::All | Taken::More => {}
            Taken::Lagged => self.rejoin(out, None).await,
            // The room has moved: where it goes on without a gap, nobody need know.
            Taken::End(Ending::Failed) => self.rejoin(out, Some(self.seq)).await,
            Taken::End(Ending::Ended) => self.over = true,
            Taken::End(Ending::Stopping) => self.say_goodbye(out),
        }
    }

    /// Goes on from after `since`, or from how it stands now.
    async fn rejoin(&mut self, out: &mut BytesMut, since: Option<u64>) {
        match self.gateway.rooms.join(&self.id, since, self.who.clone()).await {
            Ok((seat, look, resumed)) => {
                self.seat = seat;
                if !resumed {
                    self.seq = look.seq;
                    self.script.write(out, Some(look.seq), wire::resync(&look.auction, look.seq).json());
                }
            }
            Err(Refusal::Unavailable) => self.say_goodbye(out),
            // Cut short: who comes back is told why.
            Err(_) => self.over = true,
        }
    }

    fn say_goodbye(&mut self, out: &mut BytesMut) {
        let wait = fastrand::u64(RETRY_MS);
        self.script.note(out, &format!("retry: {wait}\n"));
        self.script.write(out, None, wire::goodbye(wait).json());
        self.over = true;
    }

    /// A comment keeps proxies from losing patience; the tick tells a client, which cannot see comments, that the server lives.
    fn tick(&self, out: &mut BytesMut) {
        self.script.note(out, ":\n");
        self.script.write(out, None, wire::tick(self.gateway.rooms.clock().now()).json());
    }
}

/// A frame's text, for a list of them.
pub fn text(frame: &Frame) -> &serde_json::value::RawValue {
    serde_json::from_slice(frame.json()).expect("what is in a frame was encoded as JSON")
}
