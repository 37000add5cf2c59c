//! What travels: commands in, events, verdicts and live messages out (`docs/protocol.md`).
//!
//! The types here are the wire's own, mapped from the rules' types in one place each, and encoded once for all who get them. Nothing in
//! here may know of rooms, of storage or of sockets; it never decides.

mod auction;
mod command;
mod event;
mod format;
mod frame;
mod line;
mod message;
mod msgpack;
mod terms;

pub use auction::{AuctionOut, Live, Moves, Summary, SummaryPerson, summaries};
pub use command::{Inbound, Rejected, parse, parse_http, parse_packed};
pub use event::event;
pub use format::Format;
pub use frame::{CloseCode, Frame, close_frame, ping_frame};
pub use line::major;
pub use message::{
    AcceptedOut, Events, LobbyWelcome, Page, PresenceOut, Reconnect, RefusedOut, Session, Welcome, You, accepted, announcing, created,
    gone, goodbye, help, lobby_auction, lobby_welcome, outbid, pong, presence, refused, resync, tick, welcome,
};
pub use terms::TermsIn;

use crate::auction::Person;
use serde::Serialize;

/// The version of the protocol that `welcome` states.
pub const PROTOCOL: u32 = 1;

/// `{id, name}`.
#[derive(Serialize, Clone, Copy, Debug)]
pub struct PersonOut<'a> {
    id: &'a str,
    name: &'a str,
}

impl<'a> From<&'a Person> for PersonOut<'a> {
    fn from(person: &'a Person) -> Self {
        PersonOut { id: &person.id, name: &person.name }
    }
}

/// JSON text of one of this module's own types, which hold nothing that JSON cannot say.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("wire types have string keys and finite numbers: they always encode")
}
