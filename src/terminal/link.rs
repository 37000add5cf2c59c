//! A connection to a room, kept up: it comes back by itself, goes on where it was, and delivers nothing twice.
//!
//! It knows the seq of events and the codes of closing, and nothing of auctions.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::back_off::{self, BackOff};
use super::dial::{Dial, Socket, Trouble};
use super::message::{Message, Welcome};
use super::text::Text;
use crate::clock::{Clock, Millis};

/// What one hears of it. The JSON is as it came.
#[derive(Debug)]
pub enum News {
    /// It is up. `missed`: it does not go on from where we were; the auction in the welcome is the truth.
    Up { welcome: Box<Welcome>, missed: bool, json: String },
    /// A message; events each once and in order.
    Heard { message: Message, json: String },
    /// It is down, and comes back after so long.
    Down { why: String, back_in: Duration },
    /// The last word.
    Over(End),
}

/// Why there is no more.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// The auction has ended.
    Ended,
    /// It cannot go on: a sentence without a full stop.
    Failed(String),
}

/// Both ends of a link's task.
pub struct Link {
    /// What happens. [`News::Over`] is the last.
    pub news: Receiver<News>,
    /// Text frames for the server. What is given while the link is down is dropped.
    pub say: Sender<String>,
}

/// Messages that wait to be shown. A link whose news nobody takes stops reading, and the server closes it.
const WAITING: usize = 256;
/// Lines that wait to be sent.
const UNSENT: usize = 16;
/// The first word must come in this time.
const WELCOME_WITHIN: Duration = Duration::from_secs(15);
/// A line must be on its way in this time.
const SENT_WITHIN: Duration = Duration::from_secs(15);
/// A connection that held for so long counts as one that works.
const SETTLED_AFTER_MS: Millis = 5_000;
/// Heard nothing for two heartbeats and this: lost, whatever TCP believes.
const SILENCE_MS: u64 = 10_000;
/// The longest heartbeat that is believed.
const LONGEST_HEARTBEAT_MS: u64 = 3_600_000;

impl Link {
    /// Connects, resuming after `since` where there is one, and gives up when there has been no connection for `patience`. A first
    /// connection that fails is not tried again: it is rather a wrong address than a passing trouble.
    pub fn start(dial: Dial, since: Option<u64>, patience: Duration, clock: Clock) -> Link {
        let ((tell, news), (say, lines)) = (channel(WAITING), channel(UNSENT));
        let patience_ms = Millis::try_from(patience.as_millis()).unwrap_or(Millis::MAX);
        let (back_off, down_since) = (BackOff::default(), clock.now());
        tokio::spawn(Keeper { dial, seq: since, was_up: false, down_since, back_off, tell, lines, patience_ms, clock }.run());
        Link { news, say }
    }
}

struct Keeper {
    dial: Dial,
    /// Of the last event delivered, or where to begin.
    seq: Option<u64>,
    was_up: bool,
    /// When it was last up, or begun.
    down_since: Millis,
    back_off: BackOff,
    tell: Sender<News>,
    lines: Receiver<String>,
    patience_ms: Millis,
    clock: Clock,
}

/// How a connection ended.
enum Ending {
    /// Come back; after so long, where the server said when.
    Lost {
        why: String,
        after: Option<Duration>,
    },
    Over(End),
    /// Nobody listens any more.
    Unheard,
}

fn lost(why: impl Into<String>) -> Ending {
    Ending::Lost { why: why.into(), after: None }
}

fn failed(why: impl Into<String>) -> Ending {
    Ending::Over(End::Failed(why.into()))
}

impl Keeper {
    async fn run(mut self) {
        loop {
            let (why, after) = match self.connection().await {
                Ending::Unheard => return,
                Ending::Over(end) => return self.end(end).await,
                Ending::Lost { why, .. } if !self.was_up => return self.end(End::Failed(why)).await,
                Ending::Lost { why, after } => (why, after),
            };
            if self.clock.now() - self.down_since >= self.patience_ms {
                return self.end(End::Failed(format!("{why}; given up"))).await;
            }
            let back_in = after.unwrap_or_else(|| self.back_off.next());
            if self.tell.send(News::Down { why, back_in }).await.is_err() {
                return;
            }
            sleep(back_in).await;
        }
    }

    async fn end(&self, end: End) {
        // Who no longer listens need not be told.
        let _ = self.tell.send(News::Over(end)).await;
    }

    /// One connection, from dialling to its end.
    async fn connection(&mut self) -> Ending {
        let mut socket = match self.dial.socket(self.seq).await {
            Ok(socket) => socket,
            Err(Trouble { why, hopeless: true }) => return failed(why),
            Err(Trouble { why, .. }) => return lost(why),
        };
        let Ok(first) = timeout(WELCOME_WITHIN, next(&mut socket)).await else { return lost("the server did not say a word") };
        let json = match first {
            Ok(json) => json,
            Err(closed) => return self.closed(closed, None),
        };
        let Some(Message::Welcome(welcome)) = Message::read(&json) else { return failed("this is not a server of Subasta") };
        if welcome.auction.currency().is_none() {
            return failed("the server names a currency that is none");
        }
        if welcome.resumed && self.seq != Some(welcome.seq) {
            // It resumes something that we do not have: only a fresh start can be right.
            self.seq = None;
            return lost("the server went on from elsewhere");
        }
        let missed = !welcome.resumed && (self.was_up || self.seq.is_some());
        self.seq = Some(welcome.seq);
        self.back_off.bound(welcome.reconnect.min_ms, welcome.reconnect.max_ms);
        let silence = silence(welcome.heartbeat_ms);
        let up_at = self.clock.now();
        // What was typed before was meant for a connection that is no more.
        while self.was_up && self.lines.try_recv().is_ok() {}
        self.was_up = true;
        if self.tell.send(News::Up { welcome, missed, json }).await.is_err() {
            return Ending::Unheard;
        }
        let ending = self.carry(&mut socket, silence).await;
        self.down_since = self.clock.now();
        if self.down_since - up_at > SETTLED_AFTER_MS {
            self.back_off.settle();
        }
        ending
    }

    async fn carry(&mut self, socket: &mut Socket, silence: Duration) -> Ending {
        let mut goodbye = None;
        loop {
            tokio::select! {
                heard = timeout(silence, next(socket)) => {
                    let json = match heard {
                        Ok(Ok(json)) => json,
                        Ok(Err(closed)) => return self.closed(closed, goodbye),
                        Err(_) => return lost("the server has fallen silent"),
                    };
                    let Some(message) = Message::read(&json) else { continue };
                    match &message {
                        Message::Goodbye(told) => goodbye = Some(back_off::asked(told.retry_after_ms)),
                        Message::Resync(resync) => self.seq = Some(resync.seq),
                        Message::Event(event) => match self.place(event.seq) {
                            Place::Next => self.seq = Some(event.seq),
                            Place::Again => continue,
                            Place::Gap => return lost("an event was missing"),
                        },
                        _ => {}
                    }
                    if self.tell.send(News::Heard { message, json }).await.is_err() {
                        return Ending::Unheard;
                    }
                }
                Some(line) = self.lines.recv() => {
                    if !matches!(timeout(SENT_WITHIN, socket.send(Frame::text(line))).await, Ok(Ok(()))) {
                        return lost("the connection was lost");
                    }
                }
                () = self.tell.closed() => return Ending::Unheard,
            }
        }
    }

    fn place(&self, seq: u64) -> Place {
        let last = self.seq.unwrap_or(0);
        if seq <= last {
            Place::Again
        } else if seq - last == 1 {
            Place::Next
        } else {
            Place::Gap
        }
    }

    /// What a close code asks for (`docs/protocol.md`, Heartbeat and closing).
    fn closed(&self, closed: Option<CloseFrame>, goodbye: Option<Duration>) -> Ending {
        let Some(frame) = closed else { return Ending::Lost { why: "the connection was lost".to_owned(), after: goodbye } };
        let code = u16::from(frame.code);
        let who = if self.dial.is_signed() { "the name or the token does not hold" } else { "sign in with --name or --token" };
        match code {
            1000 => Ending::Over(End::Ended),
            1002 | 1003 | 1007 | 1009 => failed(format!("the server found fault with what it was sent ({code})")),
            4401 => failed(format!("the server wants to know who asks: {who}")),
            4403 => failed("the server does not allow it"),
            4404 => failed(format!("there is no auction at {}", self.dial.address())),
            1001 | 1012 => Ending::Lost { why: "the server stops or restarts".to_owned(), after: goodbye },
            _ => {
                let reason = Text::from(frame.reason.to_string());
                lost(format!("the server closed the connection ({code} {reason})").replace(" )", ")"))
            }
        }
    }
}

enum Place {
    Next,
    Again,
    Gap,
}

fn silence(heartbeat_ms: u64) -> Duration {
    Duration::from_millis(heartbeat_ms.min(LONGEST_HEARTBEAT_MS) * 2 + SILENCE_MS)
}

/// The next text frame, or how the socket was closed. Pings count as nothing here: a server in silence still sends `tick`.
async fn next(socket: &mut Socket) -> Result<String, Option<CloseFrame>> {
    loop {
        match socket.next().await {
            Some(Ok(Frame::Text(text))) => return Ok(text.to_string()),
            Some(Ok(Frame::Close(frame))) => return Err(frame),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}
