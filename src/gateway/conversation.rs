//! What is said on a socket: in a room, and in the lobby.

use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

use super::socket::Socket;
use crate::auction::{Command, Currency, Millis, Person, Refusal, RequestId};
use crate::room::{Cursor, Seat, Taken, Verdict};
use crate::wire::{self, CloseCode, Frame, Inbound, Rejected, TermsIn};

/// Where a socket is.
pub enum Place {
    /// At an auction.
    Room {
        /// Its place there.
        seat: Box<Seat>,
        /// What a typed amount is in.
        currency: Currency,
    },
    /// In front of the list.
    Lobby(Cursor),
}

impl Place {
    /// Ready once there is something to [`take`](Place::take).
    pub fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        match self {
            Place::Room { seat, .. } => seat.poll_ready(context),
            Place::Lobby(cursor) => cursor.poll_ready(context),
        }
    }

    /// Hands what is new to `out`, in order.
    pub fn take(&mut self, out: impl FnMut(&Frame)) -> Taken {
        match self {
            Place::Room { seat, .. } => seat.take(out),
            Place::Lobby(cursor) => cursor.take(out),
        }
    }
}

/// What became of a text frame in a room.
enum Heard {
    /// The room will judge it.
    Judged(Option<RequestId>, oneshot::Receiver<Verdict>),
    /// That is the answer.
    Answered(Frame),
}

fn hear(seat: &Seat, currency: Currency, who: Option<&Person>, now: Millis, text: &str) -> Result<Heard, Rejected> {
    // First of all, for the stamp.
    let arrival = seat.arrive();
    match wire::parse(text, Some(currency))? {
        Inbound::Act { request, act } => {
            let by = who.cloned().ok_or(Refusal::SignIn);
            let sent = by.and_then(|by| arrival.submit(Command { by, request: request.clone(), act }));
            match sent {
                Ok(verdict) => Ok(Heard::Judged(request, verdict)),
                Err(refusal) => Err(Rejected { request, refusal }),
            }
        }
        Inbound::Ping { t } => Ok(Heard::Answered(wire::pong(&t, now))),
        Inbound::Who => Ok(Heard::Answered(wire::presence(&seat.live()))),
        Inbound::Help => Ok(Heard::Answered(wire::help())),
        Inbound::Create { request, .. } => {
            let refusal = Refusal::Malformed("Auctions are created in the lobby: connect to /ws.".to_owned());
            Err(Rejected { request, refusal })
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket<S> {
    /// A text frame, just read.
    pub(super) async fn on_text(&mut self, text: &str) {
        let heard = match &self.place {
            Place::Room { seat, currency } => hear(seat, *currency, self.who.as_ref(), self.now(), text),
            Place::Lobby(_) => return self.on_lobby_text(text).await,
        };
        match heard {
            Ok(Heard::Judged(request, verdict)) => self.await_verdict(request, verdict),
            Ok(Heard::Answered(frame)) => self.say(&frame),
            Err(Rejected { request, refusal }) => self.refuse(request.as_ref(), &refusal),
        }
    }

    async fn on_lobby_text(&mut self, text: &str) {
        match wire::parse(text, None) {
            Ok(Inbound::Create { request, terms }) => self.create(request, *terms).await,
            Ok(Inbound::Ping { t }) => self.say(&wire::pong(&t, self.now())),
            Ok(Inbound::Help) => self.say(&wire::help()),
            Ok(Inbound::Act { request, .. }) => {
                let refusal = Refusal::Malformed("This is the lobby: connect to /ws/{auction} to bid and to talk.".to_owned());
                self.refuse(request.as_ref(), &refusal);
            }
            Ok(Inbound::Who) => {
                self.refuse(None, &Refusal::Malformed("This is the lobby: /who is asked in a room.".to_owned()));
            }
            Err(Rejected { request, refusal }) => self.refuse(request.as_ref(), &refusal),
        }
    }

    async fn create(&mut self, request: Option<RequestId>, terms: TermsIn) {
        let created = match &self.who {
            Some(by) => self.gateway.rooms.create(terms, by.clone()).await,
            None => Err(Refusal::SignIn),
        };
        match created {
            Ok(id) => self.say(&wire::created(request.as_ref(), &id, self.now())),
            Err(refusal) => self.refuse(request.as_ref(), &refusal),
        }
    }

    /// Starts again from how it stands now; the code says how to close where that cannot be.
    pub(super) async fn resync(&mut self) -> Result<(), CloseCode> {
        match &self.place {
            Place::Room { seat, .. } => {
                let id = seat.auction().clone();
                let joined = self.gateway.rooms.join(&id, None, self.who.clone()).await;
                let (seat, look, _) = joined.map_err(|refusal| close_code(&refusal))?;
                self.say(&wire::resync(&look.auction, look.seq));
                self.place = Place::Room { seat: Box::new(seat), currency: look.currency };
            }
            Place::Lobby(_) => {
                let (first, place) = lobby(&self.gateway, self.who.as_ref());
                self.say(&first);
                self.place = place;
            }
        }
        Ok(())
    }
}

/// A place in the lobby, and what is said there first.
pub(super) fn lobby(gateway: &super::Gateway, who: Option<&Person>) -> (Frame, Place) {
    let (auctions, cursor) = gateway.rooms.lobby().join();
    let now = gateway.rooms.clock().now();
    let first = wire::lobby_welcome(now, who, &auctions, heartbeat_ms(gateway));
    (first, Place::Lobby(cursor))
}

/// As `welcome` states it.
pub(super) fn heartbeat_ms(gateway: &super::Gateway) -> u64 {
    u64::try_from(gateway.settings.heartbeat_interval.as_millis()).unwrap_or(u64::MAX)
}

/// How a socket is closed that cannot have its place.
pub(super) const fn close_code(refusal: &Refusal) -> CloseCode {
    match refusal {
        Refusal::UnknownAuction => CloseCode::UnknownAuction,
        // What is malformed in a handshake is the name.
        Refusal::SignIn | Refusal::Malformed(_) => CloseCode::SignIn,
        Refusal::Forbidden => CloseCode::Forbidden,
        Refusal::Busy => CloseCode::Overloaded,
        _ => CloseCode::Internal,
    }
}
