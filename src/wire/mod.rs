//! What travels: commands in, events, verdicts and live messages out (`docs/protocol.md`).
//!
//! The types here are the wire's own, mapped from the rules' types in one place each, and encoded once for all who get them. Nothing in
//! here may know of rooms, of storage or of sockets; it never decides.

mod asked;
mod auction;
mod command;
mod event;
mod format;
mod frame;
mod line;
mod log;
mod message;
mod msgpack;
mod schema;
mod terms;
mod words;

pub use asked::NameIn;
pub use auction::{AuctionOut, DutchOut, Live, Moves, Summary, SummaryPerson, summaries};
pub use command::{Inbound, Rejected, parse, parse_http, parse_packed};
pub use event::event;
pub use format::Format;
pub use frame::{CloseCode, Frame, close_frame, ping_frame};
pub use line::major;
pub use log::{LogEvent, LogHeader, LogRecord, line as log_line};
pub use message::{
    AcceptedOut, AliasOut, Events, KnownOut, LobbyWelcome, Page, PresenceOut, ProblemOut, Reconnect, RefusedOut, Seen, Session, Welcome,
    You, accepted, alias, announcing, auth, created, gone, goodbye, help, known, lobby_auction, lobby_welcome, outbid, pong, presence,
    problem, refused, resync, tick, welcome,
};
pub use schema::{Dialect, schemas};
pub use terms::{TermsIn, increments_of};
pub use words::{ReserveOut, WhyOut};

use std::borrow::Cow;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Serialize;

use crate::auction::Person;

/// The version of the protocol that `welcome` states.
pub const PROTOCOL: u32 = 1;

/// Somebody.
#[derive(Serialize, JsonSchema, Clone, Debug)]
#[schemars(rename = "Person")]
pub struct PersonOut<'a> {
    /// Stable.
    id: Cow<'a, str>,
    /// For people.
    name: Cow<'a, str>,
}

impl<'a> PersonOut<'a> {
    /// By their own name, whatever the others know them by: for them, and for the auctioneer.
    fn named(person: &'a Person) -> PersonOut<'a> {
        PersonOut { id: (&*person.id).into(), name: (&*person.name).into() }
    }

    /// By this number.
    fn numbered(alias: NonZeroU32) -> PersonOut<'a> {
        PersonOut { id: format!("bidder-{alias}").into(), name: format!("Bidder {alias}").into() }
    }
}

impl<'a> From<&'a Person> for PersonOut<'a> {
    /// As everyone knows them: where they have a number, by that alone.
    fn from(person: &'a Person) -> Self {
        person.alias.map_or_else(|| PersonOut::named(person), PersonOut::numbered)
    }
}

/// JSON text of one of this module's own types, which hold nothing that JSON cannot say.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("wire types have string keys and finite numbers: they always encode")
}
