//! The feed of a room over HTTP, as a stream that does not end before the auction does: Server-Sent Events (HTML §9.2), and NDJSON.
//!
//! Both say what a socket would: `welcome`, every event, live messages, `tick`, `resync`, `goodbye`; each in its [`Format`].

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, VARY};
use axum::response::IntoResponse;
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::time::Sleep;

use super::Gateway;
use super::api::{Answer, leaving};
use super::conversation::heartbeat_ms;
use super::drain::Guest;
use super::pass::Pass;
use crate::auction::{AuctionId, Person, Refusal};
use crate::room::{Ending, Seat, Taken};
use crate::wire::{self, Format};

/// As `Accept` and `Content-Type` name them.
pub const EVENT_STREAM: &str = "text/event-stream";
pub const NDJSON: &str = "application/x-ndjson";

/// nginx and its like would keep small messages back.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");
/// An event stream that is cut comes back after a time of its own between these, so that a crowd does not come back at once.
const RETRY_MS: std::ops::RangeInclusive<u64> = 500..=3_000;
/// One that has nothing to come back for, for clients that do so all the same.
const NO_RETRY_MS: u64 = 24 * 3_600_000;

/// What only an event stream has.
fn note(format: Format, out: &mut BytesMut, text: &str) {
    if format == Format::EventStream {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Answers with the feed of `id` from after `since`, for as long as there is something to come. `comes_back`: an event source that was here before.
pub async fn follow(gateway: Gateway, id: AuctionId, since: Option<u64>, who: Option<Pass>, format: Format, comes_back: bool) -> Answer {
    let Some(guest) = gateway.drain.admit() else {
        // Any status but 200 would keep an event source from ever coming again (HTML §9.2.3).
        let patient = comes_back && format == Format::EventStream;
        return Ok(if patient { (headers(format), goodbye(&gateway, format)).into_response() } else { leaving(&gateway) });
    };
    let (seat, look, resumed) = gateway.rooms.join(&id, since, who.as_ref().map(|pass| pass.person.clone())).await?;
    let seq = since.filter(|_| resumed).unwrap_or(look.seq);
    if format == Format::EventStream && resumed && seq == look.seq && look.ended {
        // HTML §9.2.3: this, and nothing else, tells an event source not to come back.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let now = gateway.rooms.clock().now();
    let welcome = wire::welcome(now, who.as_ref().map(Pass::you), look.seen(), seq, resumed, heartbeat_ms(&gateway));
    let mut first = BytesMut::new();
    note(format, &mut first, &format!("retry: {}\n\n", if look.ended { NO_RETRY_MS } else { fastrand::u64(RETRY_MS) }));
    first.extend_from_slice(&format.bytes(None, &welcome));
    // No message, only the place: who is cut off before the first event comes back to where it was.
    note(format, &mut first, &format!("id: {seq}\n\n"));
    let heartbeat = gateway.settings.heartbeat_interval;
    let silence = Box::pin(tokio::time::sleep(heartbeat));
    let turn: BoxFuture<'static, ()> = Box::pin(gateway.drain.clone().turn(gateway.rooms.clock().clone()));
    let waiting = VecDeque::from([first.freeze()]);
    let until = who.as_ref().and_then(|pass| pass.until);
    let left = until.map(|until| Duration::from_millis(u64::try_from(gateway.lasts(Some(until)) - now).unwrap_or(0)));
    let expiry = left.map(|left| Box::pin(tokio::time::sleep(left)));
    let who = who.map(|pass| pass.person);
    let watcher =
        Watcher { gateway, id, who, expiry, format, seat, heartbeat, silence, turn: Some(turn), waiting, over: false, _guest: guest };
    let messages =
        stream::unfold(watcher, |mut watcher| async move { watcher.next().await.map(|bytes| (Ok::<_, Infallible>(bytes), watcher)) });
    Ok((headers(format), Body::from_stream(messages)).into_response())
}

fn headers(format: Format) -> [(HeaderName, &'static str); 4] {
    let media_type = if format == Format::Ndjson { NDJSON } else { EVENT_STREAM };
    [(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-store"), (VARY, "accept"), UNBUFFERED]
}

/// The last message, and in an event stream how long to wait before coming back.
fn goodbye(gateway: &Gateway, format: Format) -> Bytes {
    let (wait, mut out) = (gateway.drain.retry_ms(gateway.rooms.clock().now()), BytesMut::new());
    note(format, &mut out, &format!("retry: {wait}\n"));
    out.extend_from_slice(&format.bytes(None, &wire::goodbye(wait)));
    out.freeze()
}

/// One who reads the feed.
struct Watcher {
    gateway: Gateway,
    id: AuctionId,
    who: Option<Person>,
    /// Its token holds no more.
    expiry: Option<Pin<Box<Sleep>>>,
    format: Format,
    seat: Seat,
    heartbeat: Duration,
    /// Nothing was written for a heartbeat.
    silence: Pin<Box<Sleep>>,
    /// Its turn to go; `None` once that has come.
    turn: Option<BoxFuture<'static, ()>>,
    /// To be written: what one look at the feed gives, and no more.
    waiting: VecDeque<Bytes>,
    over: bool,
    _guest: Guest,
}

impl Watcher {
    /// What there is to write next; `None` once there will be no more.
    async fn next(&mut self) -> Option<Bytes> {
        while self.waiting.is_empty() && !self.over {
            tokio::select! {
                biased;
                () = std::future::poll_fn(|context| self.seat.poll_ready(context)) => self.take().await,
                () = async { self.turn.as_mut().expect("there is one").await }, if self.turn.is_some() => self.go(),
                // Who comes back is told why.
                () = async { self.expiry.as_mut().expect("there is one").await }, if self.expiry.is_some() => self.over = true,
                () = &mut self.silence => self.tick(),
            }
        }
        self.silence.set(tokio::time::sleep(self.heartbeat));
        self.waiting.pop_front()
    }

    async fn take(&mut self) {
        match self.seat.serve(self.format, |bytes| self.waiting.push_back(bytes.clone())) {
            Taken::All | Taken::More => {}
            // Where the next room goes on without a gap, nobody need know that this one is no more.
            Taken::Lagged | Taken::End(Ending::Failed) => self.rejoin().await,
            Taken::End(Ending::Ended) => self.over = true,
            Taken::End(Ending::Stopping) => self.say_goodbye(),
        }
    }

    /// Goes on where it was, or else from how it stands now.
    async fn rejoin(&mut self) {
        match self.gateway.rooms.join(&self.id, Some(self.seat.seq()), self.who.clone()).await {
            Ok((seat, look, resumed)) => {
                self.seat = seat;
                if !resumed {
                    // Its id is the place that it stands for.
                    let resync = wire::resync(&look.auction, look.seq);
                    self.waiting.push_back(self.format.bytes(Some(look.seq), &resync));
                }
            }
            Err(Refusal::Unavailable) => self.say_goodbye(),
            // Cut short: who comes back is told why.
            Err(_) => self.over = true,
        }
    }

    /// Its turn to go has come: in the last minute of the auction it stays until that has ended.
    fn go(&mut self) {
        self.turn = None;
        if !self.seat.is_in_last_minute() {
            self.say_goodbye();
        }
    }

    fn say_goodbye(&mut self) {
        self.waiting.push_back(goodbye(&self.gateway, self.format));
        self.over = true;
    }

    /// A comment keeps proxies from losing patience; the tick tells a client, which cannot see comments, that the server lives.
    fn tick(&mut self) {
        let mut out = BytesMut::new();
        note(self.format, &mut out, ":\n");
        out.extend_from_slice(&self.format.bytes(None, &wire::tick(self.gateway.rooms.clock().now(), None)));
        self.waiting.push_back(out.freeze());
    }
}
