//! One socket, one task: it reads, and writes only what its room could not. What can wake it, and how it ends.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use tokio::time::Sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::{Error, Message};
use tracing::debug;

use super::Gateway;
use super::conduit::{Conduit, Ear, Stream};
use super::connection::Permit;
use super::conversation::{Place, Said};
use super::drain::Guest;
use super::pass::Pass;
use crate::auction::{Millis, Refusal, RequestId};
use crate::room::{AWAITED, Drained, Ending, Member};
use crate::wire::{self, CloseCode, Format, Frame};

/// With so many bytes of its own waiting to be written, a socket is not read.
const HIGH_WATER: usize = 64 * 1024;
/// The longest message that is read, in bytes.
const MESSAGE_LIMIT: usize = 16 * 1024;
/// What is read at once, in bytes. Cleared before every read, and kept by every socket.
const READ_SIZE: usize = 512;
/// Frames read one after the other before others have their turn.
const READ_ON: u32 = 32;
/// How long all that waits for a closing socket may take to be read, …
const LAST_WORDS: Duration = Duration::from_secs(60);
/// … and then the other side to end.
const LINGER: Duration = Duration::from_secs(2);
/// While the server stops: how long verdicts are waited for, …
const LAST_VERDICTS: Duration = Duration::from_secs(1);
/// … looking so often.
const LOOK: Duration = Duration::from_millis(2);

/// A socket that speaks WebSocket.
pub type Conversation = WebSocketStream<Ear>;

/// A socket and its place.
pub struct Socket {
    ws: Conversation,
    pub(super) gateway: Gateway,
    pub(super) who: Option<Pass>,
    pub(super) place: Place,
    /// Frames read since others had their turn.
    read_on: u32,
    /// While it is behind: how much had been taken when this began to run.
    patience: Option<(u64, Pin<Box<Sleep>>)>,
    /// In the last minute of an auction when it was time to go: it stays until that has ended.
    stays: bool,
    _here: Here,
}

/// What says that a socket is here, for as long as it is.
pub type Here = (Permit, Guest);

/// Everything that can wake a socket.
enum Wake {
    Frame(Option<Result<Message, Error>>),
    Lagged,
    Over(Ending),
    LetGo,
    HeartbeatMissed,
    Expired,
    TooSlow,
    Broken(io::Error),
}

/// How a conversation ends.
pub(super) enum End {
    /// With this close code.
    Close(CloseCode),
    /// The other side has said goodbye, or is no more.
    Gone,
}

impl Socket {
    /// A socket that has just taken its place; `first` is said first.
    pub fn new(ws: Conversation, gateway: Gateway, who: Option<Pass>, place: Place, first: &Frame, here: Here) -> Self {
        let socket = Socket { ws, who, place, read_on: 0, patience: None, gateway, stays: false, _here: here };
        socket.member().say_message(first);
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
                Wake::Lagged | Wake::Over(Ending::Failed) => Box::pin(self.resync()).await.err().map(End::Close),
                Wake::Over(Ending::Ended) => Some(End::Close(CloseCode::Ended)),
                Wake::Over(Ending::Stopping) if self.gateway.drain.is_on() => Some(End::Close(CloseCode::Restart)),
                Wake::Over(Ending::Stopping) => Some(End::Close(CloseCode::GoingAway)),
                Wake::LetGo => Some(End::Close(CloseCode::Restart)),
                Wake::HeartbeatMissed => Some(End::Close(CloseCode::HeartbeatMissed)),
                Wake::Expired => Some(End::Close(CloseCode::SignIn)),
                Wake::TooSlow => Some(End::Close(CloseCode::TooSlow)),
                Wake::Broken(error) => {
                    debug!(%error, "a socket broke");
                    Some(End::Gone)
                }
            };
            if let Some(end) = ended {
                break end;
            }
        };
        Box::pin(self.leave(end)).await;
    }

    pub(super) fn member(&self) -> &Arc<Member<Conduit>> {
        &self.ws.get_ref().0
    }

    /// Reading comes first: a bid's stamp is taken when it is read, and all that was read together is answered in one write.
    fn poll_wake(&mut self, context: &mut Context<'_>) -> Poll<Wake> {
        let full = self.is_full();
        if self.read_on < READ_ON
            && !full
            && let Poll::Ready(frame) = self.ws.poll_next_unpin(context)
        {
            self.read_on += 1;
            return Poll::Ready(Wake::Frame(frame));
        }
        match self.place.poll_drain(context) {
            Poll::Ready(Ok(Drained::UpToDate)) if self.may_go() => return Poll::Ready(Wake::LetGo),
            Poll::Ready(Ok(Drained::UpToDate)) => self.patience = None,
            Poll::Ready(Ok(Drained::Lagged)) => return Poll::Ready(Wake::Lagged),
            Poll::Ready(Ok(Drained::End(ending))) => return Poll::Ready(Wake::Over(ending)),
            Poll::Ready(Err(error)) => return Poll::Ready(Wake::Broken(error)),
            Poll::Pending if self.is_impatient(context) => return Poll::Ready(Wake::TooSlow),
            Poll::Pending => {}
        }
        if self.member().pipe().is_missed() {
            return Poll::Ready(Wake::HeartbeatMissed);
        }
        if self.member().pipe().is_expired() {
            return Poll::Ready(Wake::Expired);
        }
        // There may be more to read, now that something was written, or that others have had their turn.
        if std::mem::take(&mut self.read_on) >= READ_ON || full && !self.is_full() {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Whether it is time to go, and it is not in the last minute of an auction.
    fn may_go(&mut self) -> bool {
        if !self.member().pipe().is_let_go() {
            return false;
        }
        self.stays |= self.place.is_in_last_minute();
        !self.stays
    }

    /// Somebody who asks must also listen.
    fn is_full(&self) -> bool {
        self.member().awaited() >= AWAITED || self.member().queued() >= HIGH_WATER
    }

    /// Somebody who takes something is not slow, however little they take.
    fn is_impatient(&mut self, context: &mut Context<'_>) -> bool {
        let taken = self.member().taken();
        let slow_after = self.gateway.settings.slow_after;
        loop {
            match &mut self.patience {
                Some((before, sleep)) if *before == taken => return sleep.poll_unpin(context).is_ready(),
                _ => {
                    // Who takes what we send is alive, though we may not be reading what they answer.
                    self.member().pipe().heard(self.now());
                    self.patience = Some((taken, Box::pin(tokio::time::sleep(slow_after))));
                }
            }
        }
    }

    async fn on_message(&mut self, message: Message) -> Option<End> {
        match message {
            // First of all, for the stamp: nothing may come between reading a bid and its arrival.
            Message::Text(text) => self.on_command(Said::Text(text.as_str())).await,
            Message::Binary(packed) => self.on_command(Said::Packed(&packed)).await,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            Message::Close(_) => {
                // tungstenite has made the answer; looking for more makes it hand it out.
                let _ = self.ws.next().now_or_never();
                return Some(End::Gone);
            }
        }
        self.member().pipe().heard(self.now());
        None
    }

    /// Answers what was asked before the end, says goodbye, and goes.
    async fn leave(self, end: End) {
        // One that is let go is not in the way of anything.
        let verdicts = if self.member().pipe().is_let_go() { self.gateway.settings.slow_after } else { LAST_VERDICTS };
        if matches!(end, End::Close(CloseCode::Ended | CloseCode::GoingAway | CloseCode::Restart)) {
            let answered = async {
                while self.member().awaited() > 0 {
                    tokio::time::sleep(LOOK).await;
                }
            };
            let _ = tokio::time::timeout(verdicts, answered).await;
        }
        if matches!(end, End::Close(CloseCode::GoingAway | CloseCode::Restart)) {
            // What came with the verdicts, and was not taken at once.
            let told = std::future::poll_fn(|context| self.place.poll_drain(context));
            let _ = tokio::time::timeout(verdicts, told).await;
            self.member().tell_message(&wire::goodbye(self.gateway.drain.retry_ms(self.now())), 0);
        }
        let Socket { ws, place, gateway, _here, .. } = self;
        // It leaves the room now, however long the goodbye takes.
        drop(place);
        let patience = gateway.settings.slow_after;
        let member = ws.get_ref().0.clone();
        member.pipe().rest();
        match end {
            End::Close(code @ (CloseCode::TooSlow | CloseCode::HeartbeatMissed)) => {
                member.forget();
                close(ws, code, patience.min(LINGER)).await;
            }
            End::Close(code) => close(ws, code, patience).await,
            // What tungstenite has answered to a close.
            End::Gone => drop(tokio::time::timeout(LINGER, drain(&member)).await),
        }
    }

    pub(super) fn now(&self) -> Millis {
        self.gateway.rooms.clock().now()
    }

    /// Says something to this socket alone.
    pub(super) fn say(&self, frame: &Frame) {
        self.member().say_message(frame);
    }

    pub(super) fn refuse(&self, request: Option<&RequestId>, refusal: &Refusal) {
        self.tell(&Frame::text(&wire::to_json(&wire::refused(request, refusal))));
    }

    /// Says something that must not overtake an event.
    pub(super) fn tell(&self, frame: &Frame) {
        self.place.membership().tell(frame);
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

async fn drain(member: &Member<Conduit>) -> io::Result<()> {
    std::future::poll_fn(|context| member.poll_drain(context, None)).await.map(drop)
}

/// Closes with `code`, after all of its own that waits to be said, which is waited for as long as some of it is taken every `patience`.
/// Reads on until the other side ends: a connection that is dropped with unread bytes is reset, and the reset may overtake the close.
pub(super) async fn close(ws: Conversation, code: CloseCode, patience: Duration) {
    let member = ws.get_ref().0.clone();
    member.pipe().rest();
    member.place_nowhere();
    member.tell(wire::close_frame(code), 0);
    let told = tokio::time::timeout(LAST_WORDS, drain_patiently(&member, patience)).await;
    if !matches!(told, Ok(Ok(()))) {
        return;
    }
    let mut ignored = [0; 256];
    let mut until_they_end = async || {
        std::future::poll_fn(|context| member.pipe().poll_end(context)).await?;
        while std::future::poll_fn(|context| member.pipe().poll_read(context, &mut ignored)).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(LINGER, until_they_end()).await;
}

async fn drain_patiently(member: &Member<Conduit>, patience: Duration) -> io::Result<()> {
    loop {
        let before = member.taken();
        match tokio::time::timeout(patience, drain(member)).await {
            Ok(drained) => return drained,
            Err(_) if member.taken() > before => {}
            Err(_) => return Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// A conversation over a socket that was just handed over, with what was read of it already. `until` its token holds.
pub(super) async fn websocket(gateway: &Gateway, stream: Stream, read: Bytes, format: Format, until: Option<Millis>) -> Conversation {
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_SIZE)
        .write_buffer_size(0)
        .max_message_size(Some(MESSAGE_LIMIT))
        .max_frame_size(Some(MESSAGE_LIMIT));
    let now = gateway.rooms.clock().now();
    let ping_at = gateway.heart.first(now);
    let member = Arc::new(Member::new(Conduit::new(stream, now, ping_at), format));
    let until = gateway.lasts(until);
    member.pipe().hold(until);
    gateway.heart.keep(&member, now, ping_at.min(until));
    // A copy of what is mostly nothing: the bytes themselves are part of the handshake's buffer, and would keep it.
    WebSocketStream::from_partially_read(Ear(member), read.to_vec(), Role::Server, Some(config)).await
}
