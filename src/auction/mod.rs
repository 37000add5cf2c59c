//! The rules of an auction, and nothing else.
//!
//! Pure and total: [`decide`] turns a command into events or a [`Refusal`], [`Auction::evolve`] folds events into state. The same inputs give
//! the same answer for ever, so a restart, a replay and a live bid are one path. Nothing in here may read a clock, do I/O, be async, know
//! how things are stored or how they travel; it uses `std` alone. The rules themselves are stated in `docs/protocol.md`.

mod command;
mod decide;
mod event;
pub mod formats;
mod id;
mod increments;
mod ledger;
mod money;
mod outage;
mod person;
mod refusal;
mod soft_close;
mod state;
mod terms;
mod verdict;
mod void;

pub use command::{Act, Command, Offer, Stage, terms_digest};
pub use decide::{Decision, create, decide, due, opening};
pub use event::{Author, BidPlaced, Event, ExtendReason, Fact, Outcome, Reserve, Voided};
pub use formats::{Book, Figures, Format, Revealed, Why};
pub use id::{AuctionId, RequestId};
pub use increments::{Band, Increments};
pub use money::{Currency, Money};
pub use outage::{Downtime, Grace, outage};
pub use person::{Person, Roles};
pub use refusal::Refusal;
pub use soft_close::{ExtendMode, SoftClose};
pub use state::{Answers, Asked, Auction, Savepoint, State, Status};
pub use terms::{Terms, TermsError};
pub use verdict::{Accepted, Granted, OutbidBy, Preview, Standing};
pub use void::Replay;

/// Whole milliseconds of UTC.
pub type Millis = i64;
