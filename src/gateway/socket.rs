//! One socket, one task: what can wake it, and how it ends.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::sync::oneshot;
use tokio::time::Sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::{Error, Message};
use tracing::debug;

use super::Gateway;
use super::conversation::Place;
use super::listen::Permit;
use super::outlet::Outlet;
use crate::auction::{Millis, Person, Refusal, RequestId};
use crate::room::{Ending, Taken, Verdict};
use crate::wire::{self, CloseCode, Frame};

/// With so many bytes waiting to be written, nothing more is read or queued.
const HIGH_WATER: usize = 64 * 1024;
/// Commands of one socket that wait for a verdict; past this it is not read.
const PENDING: usize = 64;
/// The longest message that is read, in bytes.
const MESSAGE_LIMIT: usize = 16 * 1024;
/// Frames read one after the other before the feed has its turn.
const READ_ON: u32 = 32;
/// How long all that waits for a closing socket may take to be read, …
const LAST_WORDS: Duration = Duration::from_secs(60);
/// … and then the other side to end.
const LINGER: Duration = Duration::from_secs(2);
/// While the server stops: how long verdicts are waited for.
const LAST_VERDICTS: Duration = Duration::from_secs(1);
/// Where the server stops, each client is told to come back after a time of its own up to this.
const COME_BACK_MS: u64 = 3_000;

/// A socket and its place.
pub struct Socket<S> {
    ws: WebSocketStream<Outlet<S>>,
    pub(super) gateway: Gateway,
    pub(super) who: Option<Person>,
    pub(super) place: Place,
    pending: VecDeque<Pending>,
    timer: Pin<Box<Sleep>>,
    heard_at: Millis,
    ping_at: Millis,
    /// When nothing was taken any more, and how much had been.
    stalled: Option<(Millis, u64)>,
    /// Whether anything was said since the last ping.
    said: bool,
    /// Frames read since the feed was last looked at.
    read_on: u32,
    _permit: Permit,
}

/// A command that waits for its verdict.
struct Pending {
    request: Option<RequestId>,
    verdict: oneshot::Receiver<Verdict>,
}

/// Everything that can wake a socket.
enum Wake {
    Frame(Option<Result<Message, Error>>),
    Verdict(Verdict),
    Feed,
    Timer,
    Broken(io::Error),
}

/// How a conversation ends.
pub(super) enum End {
    /// With this close code.
    Close(CloseCode),
    /// The other side has said goodbye, or is no more.
    Gone,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket<S> {
    /// A socket that has just taken its place; `first` is said first.
    pub fn new(ws: WebSocketStream<Outlet<S>>, gateway: Gateway, who: Option<Person>, place: Place, first: &Frame, permit: Permit) -> Self {
        let now = gateway.rooms.clock().now();
        let interval = millis(gateway.settings.heartbeat_interval);
        let mut socket = Socket {
            ws,
            who,
            place,
            pending: VecDeque::new(),
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            heard_at: now,
            // At random, so that sockets which came together are not pinged together for ever.
            ping_at: now + fastrand::i64(0..=interval),
            stalled: None,
            said: false,
            read_on: 0,
            gateway,
            _permit: permit,
        };
        socket.arm(now);
        socket.say(first);
        socket
    }

    /// Talks until one side ends it.
    pub async fn run(mut self) {
        let end = loop {
            let wake = std::future::poll_fn(|context| self.poll_wake(context)).await;
            let ended = match wake {
                Wake::Frame(Some(Ok(message))) => self.on_message(message).await,
                Wake::Frame(Some(Err(error))) => Some(on_error(&error)),
                Wake::Frame(None) => Some(End::Gone),
                Wake::Verdict(verdict) => self.on_verdict(verdict).await,
                Wake::Feed => self.on_feed().await,
                Wake::Timer => self.on_timer(),
                Wake::Broken(error) => {
                    debug!(%error, "a socket broke");
                    Some(End::Gone)
                }
            };
            if let Some(end) = ended {
                break end;
            }
        };
        let Socket { mut ws, place, gateway, _permit, .. } = self;
        // It leaves the room now, however long the goodbye takes.
        drop(place);
        let patience = gateway.settings.slow_after;
        match end {
            End::Close(code @ (CloseCode::TooSlow | CloseCode::HeartbeatMissed)) => close(ws, code, patience.min(LINGER)).await,
            End::Close(code) => close(ws, code, patience).await,
            // What tungstenite has answered to a close.
            End::Gone => drop(tokio::time::timeout(LINGER, drain(ws.get_mut())).await),
        }
    }

    fn poll_wake(&mut self, context: &mut Context<'_>) -> Poll<Wake> {
        if let Some(broken) = self.drain(context) {
            return Poll::Ready(broken);
        }
        if self.ws.get_ref().queued() < HIGH_WATER {
            // Whoever never stops talking must listen too.
            if self.read_on >= READ_ON && self.place.poll_ready(context).is_ready() {
                return Poll::Ready(Wake::Feed);
            }
            // Reading comes first: a bid's stamp is taken when it is read.
            if self.pending.len() < PENDING
                && let Poll::Ready(frame) = self.ws.poll_next_unpin(context)
            {
                self.read_on = self.read_on.saturating_add(1);
                return Poll::Ready(Wake::Frame(frame));
            }
            if let Some(first) = self.pending.front_mut()
                && let Poll::Ready(verdict) = first.verdict.poll_unpin(context)
            {
                return Poll::Ready(Wake::Verdict(verdict.unwrap_or(Err(Refusal::NoVerdict))));
            }
            if self.place.poll_ready(context).is_ready() {
                return Poll::Ready(Wake::Feed);
            }
            // Reading may have queued a pong.
            if let Some(broken) = self.drain(context) {
                return Poll::Ready(broken);
            }
        }
        self.timer.poll_unpin(context).map(|()| Wake::Timer)
    }

    fn drain(&mut self, context: &mut Context<'_>) -> Option<Wake> {
        match self.ws.get_mut().poll_drain(context) {
            Poll::Ready(Ok(())) => self.stalled = None,
            Poll::Ready(Err(error)) => return Some(Wake::Broken(error)),
            Poll::Pending => self.note_stall(),
        }
        None
    }

    async fn on_message(&mut self, message: Message) -> Option<End> {
        match message {
            Message::Text(text) => {
                // First of all, for the stamp: nothing may come between reading a bid and its arrival.
                self.on_text(text.as_str()).await;
                self.heard_at = self.now();
                None
            }
            Message::Binary(_) => {
                self.heard_at = self.now();
                self.refuse(None, &Refusal::Malformed("Send text frames: this conversation is in JSON.".to_owned()));
                None
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
                self.heard_at = self.now();
                None
            }
            Message::Close(_) => {
                // tungstenite has made the answer; looking for more makes it hand it out.
                let _ = self.ws.next().now_or_never();
                Some(End::Gone)
            }
        }
    }

    /// A verdict never overtakes an event that came before it: all that the feed has is queued first, however much that is.
    async fn on_verdict(&mut self, verdict: Verdict) -> Option<End> {
        let request = self.pending.pop_front().and_then(|pending| pending.request);
        let farewell = self.catch_up(usize::MAX).await;
        self.tell(request.as_ref(), verdict);
        self.leave(farewell?).await
    }

    async fn on_feed(&mut self) -> Option<End> {
        self.read_on = 0;
        let farewell = self.catch_up(HIGH_WATER).await;
        self.leave(farewell?).await
    }

    /// Queues what is new, until so many bytes wait: the rest waits in the ring, not here.
    async fn catch_up(&mut self, enough: usize) -> Option<CloseCode> {
        loop {
            let outlet = self.ws.get_mut();
            let taken = self.place.take(|frame| {
                self.said = true;
                outlet.push(frame.websocket().clone());
            });
            match taken {
                Taken::All => return None,
                Taken::More if outlet.queued() >= enough => return None,
                Taken::More => {}
                Taken::Lagged | Taken::End(Ending::Failed) => {
                    if let Err(code) = self.resync().await {
                        return Some(code);
                    }
                }
                Taken::End(Ending::Ended) => return Some(CloseCode::Ended),
                Taken::End(Ending::Stopping) => return Some(CloseCode::GoingAway),
            }
        }
    }

    /// Answers what was asked before the end, and says goodbye.
    async fn leave(&mut self, code: CloseCode) -> Option<End> {
        while let Some(Pending { request, verdict }) = self.pending.pop_front() {
            let verdict = tokio::time::timeout(LAST_VERDICTS, verdict).await;
            self.tell(request.as_ref(), verdict.ok().and_then(Result::ok).unwrap_or(Err(Refusal::NoVerdict)));
        }
        if code == CloseCode::GoingAway {
            self.say(&wire::goodbye(fastrand::u64(0..=COME_BACK_MS)));
        }
        Some(End::Close(code))
    }

    fn on_timer(&mut self) -> Option<End> {
        let now = self.now();
        let settings = &self.gateway.settings;
        if now >= self.heard_at + millis(settings.heartbeat_interval) + millis(settings.heartbeat_timeout) {
            return Some(End::Close(CloseCode::HeartbeatMissed));
        }
        if let Some((since, _)) = self.stalled
            && now >= since + millis(settings.slow_after)
        {
            self.ws.get_mut().forget();
            return Some(End::Close(CloseCode::TooSlow));
        }
        if now >= self.ping_at {
            self.ping_at = now + millis(settings.heartbeat_interval);
            if !std::mem::take(&mut self.said) {
                self.ws.get_mut().push(wire::tick(now).websocket().clone());
            }
            self.ws.get_mut().push(wire::ping_frame());
        }
        self.arm(now);
        None
    }

    /// Somebody who takes something is not stalled, however slowly they take it.
    fn note_stall(&mut self) {
        let taken = self.ws.get_ref().taken();
        if self.stalled.is_none_or(|(_, before)| before != taken) {
            let now = self.now();
            // Who takes what we send is alive, though we may not be reading what they answer.
            self.heard_at = now;
            self.stalled = Some((now, taken));
            self.arm(now);
        }
    }

    /// Sets the timer to whatever is due next.
    fn arm(&mut self, now: Millis) {
        let settings = &self.gateway.settings;
        let silent = self.heard_at + millis(settings.heartbeat_interval) + millis(settings.heartbeat_timeout);
        let slow = self.stalled.map_or(Millis::MAX, |(since, _)| since + millis(settings.slow_after));
        let next = silent.min(slow).min(self.ping_at);
        let wait = Duration::from_millis(u64::try_from(next - now).unwrap_or(0));
        self.timer.set(tokio::time::sleep(wait));
    }

    pub(super) fn now(&self) -> Millis {
        self.gateway.rooms.clock().now()
    }

    /// Says something to this socket alone.
    pub(super) fn say(&mut self, frame: &Frame) {
        self.said = true;
        self.ws.get_mut().push(frame.websocket().clone());
    }

    fn tell(&mut self, request: Option<&RequestId>, verdict: Verdict) {
        match verdict {
            Ok(accepted) => self.say(&Frame::text(&wire::to_json(&wire::accepted(request, &accepted)))),
            Err(refusal) => self.refuse(request, &refusal),
        }
    }

    pub(super) fn refuse(&mut self, request: Option<&RequestId>, refusal: &Refusal) {
        self.say(&Frame::text(&wire::to_json(&wire::refused(request, refusal))));
    }

    pub(super) fn await_verdict(&mut self, request: Option<RequestId>, verdict: oneshot::Receiver<Verdict>) {
        self.pending.push_back(Pending { request, verdict });
    }
}

/// How a conversation ends that does not keep to the protocol.
fn on_error(error: &Error) -> End {
    debug!(%error, "a socket's conversation failed");
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => End::Close(CloseCode::TooLarge),
        Error::Utf8(_) => End::Close(CloseCode::BadText),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Error::Protocol(_) => End::Close(CloseCode::Protocol),
        _ => End::Gone,
    }
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX >> 2)
}

async fn drain<S: AsyncRead + AsyncWrite + Unpin>(outlet: &mut Outlet<S>) -> io::Result<()> {
    std::future::poll_fn(|context| outlet.poll_drain(context)).await
}

/// Closes with `code`, after all that waits to be said, which is waited for as long as some of it is taken every `patience`. Reads on
/// until the other side ends: a connection that is dropped with unread bytes is reset, and the reset may overtake the close.
pub(super) async fn close<S: AsyncRead + AsyncWrite + Unpin>(mut ws: WebSocketStream<Outlet<S>>, code: CloseCode, patience: Duration) {
    let outlet = ws.get_mut();
    outlet.push(wire::close_frame(code));
    let told = tokio::time::timeout(LAST_WORDS, drain_patiently(outlet, patience)).await;
    if !matches!(told, Ok(Ok(()))) {
        return;
    }
    let until_they_end = async {
        std::future::poll_fn(|context| outlet.poll_end(context)).await?;
        let mut ignored = [0; 512];
        while outlet.read(&mut ignored).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(LINGER, until_they_end).await;
}

async fn drain_patiently<S: AsyncRead + AsyncWrite + Unpin>(outlet: &mut Outlet<S>, patience: Duration) -> io::Result<()> {
    loop {
        let before = outlet.taken();
        match tokio::time::timeout(patience, drain(outlet)).await {
            Ok(drained) => return drained,
            Err(_) if outlet.taken() > before => {}
            Err(_) => return Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// An outlet for a socket that was just handed over, with what was read of it already.
pub(super) async fn websocket<S: AsyncRead + AsyncWrite + Unpin>(stream: S, read: Bytes) -> WebSocketStream<Outlet<S>> {
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
    let config = WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(0)
        .max_message_size(Some(MESSAGE_LIMIT))
        .max_frame_size(Some(MESSAGE_LIMIT));
    WebSocketStream::from_partially_read(Outlet::new(stream), read.into(), Role::Server, Some(config)).await
}
