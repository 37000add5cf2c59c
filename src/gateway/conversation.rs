//! What is said on a socket: in a room, and in the lobby.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::pass::Pass;
use super::socket::Socket;
use crate::auction::{Command, Currency, Millis, Refusal, RequestId};
use crate::room::{Created, Drained, Member, Membership, Reply, Seat};
use crate::wire::{self, CloseCode, Format, Frame, Inbound, Rejected, TermsIn};

/// Where a socket is.
pub enum Place {
    /// At an auction.
    Room {
        /// Its place there.
        seat: Box<Seat<Membership>>,
        /// What a typed amount is in.
        currency: Currency,
        /// Whether it wants verdicts alone.
        quiet: bool,
    },
    /// In front of the list.
    Lobby(Membership),
}

impl Place {
    /// Where it is written to.
    pub fn membership(&self) -> &Membership {
        match self {
            Place::Room { seat, .. } => seat.membership(),
            Place::Lobby(membership) => membership,
        }
    }

    /// Whether it is at an auction that has no more than a minute left.
    pub fn is_in_last_minute(&self) -> bool {
        matches!(self, Place::Room { seat, .. } if seat.is_in_last_minute())
    }

    /// Writes what the socket is owed. Ready once nothing is.
    pub fn poll_drain(&self, context: &mut Context<'_>) -> Poll<io::Result<Drained>> {
        self.membership().poll_drain(context)
    }
}

/// What became of a frame in a room.
enum Heard {
    /// The room will judge it.
    Judged,
    /// That is the answer.
    Answered(Frame),
    /// The socket has a new token.
    Auth { request: Option<RequestId>, token: String },
}

/// A frame with something in it.
#[derive(Clone, Copy)]
pub enum Said<'a> {
    Text(&'a str),
    Packed(&'a [u8]),
}

impl Said<'_> {
    /// Reads it, where it is in the `format` of the conversation.
    fn parse(self, format: Format, currency: Option<Currency>) -> Result<Inbound, Rejected> {
        let wrong = |what: &str| Err(Rejected { request: None, refusal: Refusal::Malformed(what.to_owned()) });
        match (self, format) {
            (Said::Packed(packed), Format::MessagePack) => wire::parse_packed(packed),
            (Said::Text(_), Format::MessagePack) => wrong("Send binary frames: this conversation is in MessagePack."),
            (Said::Text(text), _) => wire::parse(text, currency),
            (Said::Packed(_), _) => wrong("Send text frames: this conversation is in JSON."),
        }
    }
}

fn hear(seat: &Seat<Membership>, currency: Currency, who: Option<&Pass>, now: Millis, said: Said<'_>) -> Result<Heard, Rejected> {
    // First of all, for the stamp.
    let arrival = seat.arrive();
    match said.parse(seat.membership().member().format(), Some(currency))? {
        Inbound::Act { request, act } => {
            let by = who.ok_or(Refusal::SignIn).and_then(|pass| pass.allow(&act, now).map(|()| pass.person.clone()));
            let reply = |request| Reply::member(seat.membership().member().clone(), request);
            let sent = by.and_then(|by| arrival.submit(Command { by, request: request.clone(), act }, reply(request.clone())));
            match sent {
                Ok(()) => Ok(Heard::Judged),
                Err(refusal) => Err(Rejected { request, refusal }),
            }
        }
        Inbound::Auth { request, token } => Ok(Heard::Auth { request, token }),
        Inbound::Ping { t } => Ok(Heard::Answered(wire::pong(&t, now))),
        Inbound::Who => Ok(Heard::Answered(wire::presence(&seat.live(), None))),
        Inbound::Help => Ok(Heard::Answered(wire::help())),
        Inbound::Create { request, .. } => {
            let refusal = Refusal::Malformed("Auctions are created in the lobby: connect to /ws.".to_owned());
            Err(Rejected { request, refusal })
        }
    }
}

impl Socket {
    /// A frame, just read.
    pub(super) async fn on_command(&mut self, said: Said<'_>) {
        let heard = match &self.place {
            Place::Room { seat, currency, .. } => hear(seat, *currency, self.who.as_ref(), self.now(), said),
            Place::Lobby(_) => return self.on_lobby_command(said).await,
        };
        match heard {
            Ok(Heard::Judged) => {}
            Ok(Heard::Answered(frame)) => self.say(&frame),
            Ok(Heard::Auth { request, token }) => self.renew(request.as_ref(), &token),
            Err(Rejected { request, refusal }) => self.refuse(request.as_ref(), &refusal),
        }
    }

    async fn on_lobby_command(&mut self, said: Said<'_>) {
        match said.parse(self.place.membership().member().format(), None) {
            Ok(Inbound::Create { request, terms }) => Box::pin(self.create(request, *terms)).await,
            Ok(Inbound::Auth { request, token }) => self.renew(request.as_ref(), &token),
            Ok(Inbound::Ping { t }) => self.say(&wire::pong(&t, self.now())),
            Ok(Inbound::Help) => self.say(&wire::help()),
            Ok(Inbound::Act { request, .. }) => {
                let refusal = Refusal::Malformed("This is the lobby: connect to /ws/{auction} for what concerns one auction.".to_owned());
                self.refuse(request.as_ref(), &refusal);
            }
            Ok(Inbound::Who) => {
                self.refuse(None, &Refusal::Malformed("This is the lobby: /who is asked in a room.".to_owned()));
            }
            Err(Rejected { request, refusal }) => self.refuse(request.as_ref(), &refusal),
        }
    }

    async fn create(&mut self, request: Option<RequestId>, terms: TermsIn) {
        let by = self.who.as_ref().ok_or(Refusal::SignIn);
        let by = by.and_then(|pass| pass.allow_creating(self.now()).map(|()| pass.person.clone()));
        let created = match (by, &request) {
            (Ok(by), Some(request)) => self.gateway.rooms.create_once(terms, by, request.clone()).await,
            (Ok(by), None) => self.gateway.rooms.create(terms, by).await.map(|id| Created { id, at: self.now() }),
            (Err(refusal), _) => Err(refusal),
        };
        match created {
            Ok(Created { id, at }) => self.say(&wire::created(request.as_ref(), &id, at)),
            Err(refusal) => self.refuse(request.as_ref(), &refusal),
        }
    }

    /// Goes on with a new token of the same person.
    fn renew(&mut self, request: Option<&RequestId>, token: &str) {
        let here = |pass: &Pass| match &self.place {
            Place::Room { seat, .. } => pass.open(seat.auction()),
            Place::Lobby(_) => Ok(()),
        };
        let same =
            |pass: Pass| if self.who.as_ref().is_some_and(|who| who.person == pass.person) { Ok(pass) } else { Err(Refusal::Forbidden) };
        let renewed = self.gateway.sessions.check(token).ok_or(Refusal::SignIn).and_then(same).and_then(|pass| here(&pass).map(|()| pass));
        match renewed {
            Ok(pass) => {
                self.member().pipe().hold(self.gateway.lasts(pass.until));
                self.say(&wire::auth(request, pass.you(), pass.until));
                self.who = Some(pass);
            }
            Err(refusal) => self.refuse(request, &refusal),
        }
    }

    /// Starts again from how it stands now; the code says how to close where that cannot be.
    pub(super) async fn resync(&mut self) -> Result<(), CloseCode> {
        let member = self.place.membership().member().clone();
        match &self.place {
            Place::Room { seat, quiet, .. } => {
                let (id, quiet) = (seat.auction().clone(), *quiet);
                let person = self.who.as_ref().map(|pass| pass.person.clone());
                let joined = self.gateway.rooms.attach(&id, None, person, member.clone(), quiet).await;
                let (seat, look, _) = joined.map_err(|refusal| close_code(&refusal))?;
                member.say_message(&wire::resync(&look.auction, look.seq));
                self.place = Place::Room { seat: Box::new(seat), currency: look.currency, quiet };
            }
            Place::Lobby(_) => {
                let (first, place) = lobby(&self.gateway, self.who.as_ref(), member.clone());
                member.say_message(&first);
                self.place = place;
            }
        }
        Ok(())
    }
}

/// A place in the lobby, and what is said there first.
pub(super) fn lobby(gateway: &super::Gateway, who: Option<&Pass>, member: Arc<Member>) -> (Frame, Place) {
    let (auctions, cursor) = gateway.rooms.lobby().join();
    let now = gateway.rooms.clock().now();
    let first = wire::lobby_welcome(now, who.map(Pass::you), &auctions, heartbeat_ms(gateway));
    (first, Place::Lobby(cursor.into_membership(member, false)))
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
