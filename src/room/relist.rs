//! Auctions that the house lists itself: created at the start, and again under the next name whenever one ends, if so wished.

use std::time::Duration;

use tracing::{error, info};

use super::registry::Rooms;
use crate::auction::{AuctionId, Person, Refusal};
use crate::wire::TermsIn;

/// An auction that the house lists.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Its id; the next ones are `NAME-2`, `NAME-3`, …
    pub name: AuctionId,
    /// Its terms, without times.
    pub terms: TermsIn,
    /// How long each lasts.
    pub duration_ms: i64,
    /// Whether a new one opens when one ends.
    pub relist: bool,
}

/// The house's own id. No name leads to it.
const HOUSE: &str = "@house";

/// Whether this is the house.
pub(super) fn is_house(id: &str) -> bool {
    id == HOUSE
}

/// Whether the house lists, or will list, under this id.
pub(super) fn is_house_name(names: &[AuctionId], id: &AuctionId) -> bool {
    let is_number = |rest: &str| rest.strip_prefix('-').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    names.iter().filter_map(|name| id.as_str().strip_prefix(name.as_str())).any(|rest| rest.is_empty() || is_number(rest))
}

/// How long to wait after the log could not take a new auction.
const RETRY: Duration = Duration::from_secs(5);

/// Keeps `listing` listed until the rooms stop. Meant to be spawned.
pub async fn keep_listed(rooms: Rooms, listing: Listing) {
    let mut stop = rooms.shared().stop.subscribe();
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = keep(&rooms, &listing) => {}
    }
}

async fn keep(rooms: &Rooms, listing: &Listing) {
    let mut number = loop {
        match last_listed(rooms, listing).await {
            Ok(number) => break number,
            Err(()) => tokio::time::sleep(RETRY).await,
        }
    };
    loop {
        if number > 0 {
            let Some(current) = numbered(&listing.name, number) else { return };
            rooms.lobby().until_ended(&current).await;
            if !listing.relist {
                return;
            }
        }
        number = match list_after(rooms, listing, number).await {
            Some(number) => number,
            None => return,
        };
    }
}

/// Lists under the first number after `number` that is free; `None` where that cannot be.
async fn list_after(rooms: &Rooms, listing: &Listing, mut number: u64) -> Option<u64> {
    loop {
        match list(rooms, listing, number + 1).await {
            Ok(()) => return Some(number + 1),
            // Taken before this name was the house's: we go on with the next.
            Err(Refusal::Exists) => number += 1,
            Err(refusal) => {
                error!(auction = %listing.name, code = refusal.code(), "cannot list: {}", refusal.message());
                match refusal {
                    Refusal::Unavailable | Refusal::Busy | Refusal::NoVerdict => tokio::time::sleep(RETRY).await,
                    _ => return None,
                }
            }
        }
    }
}

async fn list(rooms: &Rooms, listing: &Listing, number: u64) -> Result<(), Refusal> {
    let id = numbered(&listing.name, number).ok_or(Refusal::UnknownAuction)?;
    let terms = listing.terms.clone().named(id.as_str()).lasting(listing.duration_ms);
    rooms.create(terms, Person::new(HOUSE, "The house")).await?;
    info!(auction = %id, "listed");
    Ok(())
}

/// The number of the last one listed, 0 for none: they are numbered without gaps, so that a search by halves finds it.
async fn last_listed(rooms: &Rooms, listing: &Listing) -> Result<u64, ()> {
    let (mut there, mut missing) = (0, 1);
    while exists(rooms, listing, missing).await? {
        (there, missing) = (missing, missing * 2);
    }
    while there + 1 < missing {
        let middle = there.midpoint(missing);
        if exists(rooms, listing, middle).await? {
            there = middle;
        } else {
            missing = middle;
        }
    }
    Ok(there)
}

async fn exists(rooms: &Rooms, listing: &Listing, number: u64) -> Result<bool, ()> {
    let Some(id) = numbered(&listing.name, number) else { return Ok(false) };
    rooms.exists(&id).await.map_err(|error| error!(auction = %id, %error, "cannot look the auction up"))
}

fn numbered(name: &AuctionId, number: u64) -> Option<AuctionId> {
    if number == 1 { Some(name.clone()) } else { AuctionId::parse(&format!("{name}-{number}")) }
}
