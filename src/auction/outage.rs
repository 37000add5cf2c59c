//! The server was away when it mattered: an auction goes on for a while after it is back (`rules.md` §2, outage).

use super::decide::Draft;
use super::{Auction, Event, ExtendReason, Fact, Millis, Status};

/// The server was not there, for all that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Downtime {
    /// When it was last there, or a little later: what is known may be old by a moment, which grants time too easily, never too rarely.
    pub from: Millis,
    /// When it was back.
    pub until: Millis,
}

/// What an auction is granted for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grace {
    /// It counts from this long before an end.
    pub window_ms: i64,
    /// At least so much is left once the server is back.
    pub grace_ms: i64,
}

impl Downtime {
    /// `None` where the server was never there, or where it was there later than now: then somebody has set the clock back, and nothing is known.
    pub fn between(last_there: Option<Millis>, back: Millis) -> Option<Downtime> {
        last_there.filter(|from| *from < back).map(|from| Downtime { from, until: back })
    }

    /// Whether it touches the last moments before this end, or spans them.
    pub fn befell(self, ends_at: Millis, grace: Grace) -> bool {
        self.from < ends_at && self.until > ends_at.saturating_sub(grace.window_ms)
    }
}

/// What `down` leads to in `auction`: nothing, an extension, or the opening that fell into it and then the extension. To be folded in before
/// anything else happens after `down`, the clock's own acts too.
///
/// Nothing where something has happened since: an auction is granted time once, and one made or opened later has missed nothing. Nothing for
/// one that is paused: its countdown stood still and has lost no moment, so that it has all of it when it is resumed.
pub fn outage(auction: &Auction, down: Downtime, grace: Grace) -> Vec<Event> {
    let opens = match auction.status() {
        Status::Open => false,
        Status::Scheduled if auction.terms().starts_at <= down.until => true,
        Status::Scheduled | Status::Paused | Status::Closed | Status::Cancelled => return Vec::new(),
    };
    let ends_at = auction.ends_at();
    let granted = down.until.saturating_add(grace.grace_ms);
    if auction.at() >= down.until || granted <= ends_at || !down.befell(ends_at, grace) {
        return Vec::new();
    }
    let mut draft = Draft::after(auction, down.until);
    if opens {
        draft.push(Fact::Opened { by: None, ends_at });
    }
    // The latest end of a soft close binds bidders who keep it open, not us who were away.
    draft.push(Fact::Extended { ends_at: granted, reason: ExtendReason::Outage });
    draft.into_events()
}
