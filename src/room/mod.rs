//! One live auction: mailbox → decide → append → evolve → publish.
//!
//! Each room is a task that owns its auction; nobody else touches it. What everyone may hold is the room's [`Feed`] and its mailbox. Rooms
//! load on demand and sleep when nobody watches; the [`alarm`] wakes them for their deadlines. Nothing in here may know of sockets or of HTTP.

mod alarm;
mod arrivals;
mod feed;
mod judge;
mod load;
mod lobby;
mod presence;
mod record;
mod registry;
mod relist;
mod summary;
mod task;

pub use feed::{Cursor, Ending, Feed, Taken};
pub use lobby::Lobby;
pub use registry::{Arrival, Rooms, Seat};
pub use relist::{Listing, keep_listed};
pub use task::{Look, RoomSettings, Verdict};
