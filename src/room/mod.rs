//! One live auction: mailbox → decide and evolve → append → publish.
//!
//! Each room is a task that owns its auction; nobody else touches it. What everyone may hold is the room's [`Feed`] and its mailbox. Rooms
//! load on demand and sleep when nobody watches; the [`alarm`] wakes them for their deadlines. Nothing in here may know of sockets or of HTTP.

mod alarm;
mod arrivals;
mod callers;
mod crowd;
mod door;
mod export;
mod feed;
mod founding;
mod judge;
mod live_text;
mod load;
mod lobby;
mod member;
mod presence;
mod pulse;
pub mod record;
mod registry;
mod relist;
mod reply;
mod salt;
mod seat;
mod snapshot;
mod stored;
mod summary;
mod task;

pub use crowd::Membership;
pub use door::{Look, Verdict};
pub use export::Export;
pub use feed::{Cursor, Ending, Feed, Taken};
pub use founding::Created;
pub use lobby::Lobby;
pub use member::{AWAITED, Drained, Member, Pipe};
pub use registry::Rooms;
pub use relist::{Listing, keep_listed};
pub use reply::Reply;
pub use seat::{Arrival, Seat};

use std::time::Duration;

use crate::auction::{AuctionId, Grace};

/// What a room is told about its limits.
#[derive(Clone, Debug)]
pub struct RoomSettings {
    /// Mail that may wait in front of a room; past this a command is refused `busy`.
    pub mailbox: usize,
    /// A room that nobody watches or asks sleeps after this.
    pub idle_after: Duration,
    /// Auctions that may be waiting or running at once; past this none is created.
    pub auctions: usize,
    /// What auctions are granted where the server was away shortly before their end.
    pub outage: Grace,
    /// How often the log is told that the server is there.
    pub pulse: Duration,
    /// Names that the house lists under, and `NAME-2`, `NAME-3`, …: nobody else's.
    pub house_names: Vec<AuctionId>,
}

impl Default for RoomSettings {
    fn default() -> Self {
        RoomSettings {
            mailbox: 4_096,
            idle_after: Duration::from_secs(30),
            auctions: 100_000,
            outage: Grace { window_ms: 60_000, grace_ms: 120_000 },
            pulse: Duration::from_secs(5),
            house_names: Vec::new(),
        }
    }
}
