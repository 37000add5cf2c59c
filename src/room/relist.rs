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
        if let Err(refusal) = list(rooms, listing, number + 1).await {
            error!(auction = %listing.name, code = refusal.code(), "cannot list: {}", refusal.message());
            match refusal {
                Refusal::Unavailable | Refusal::Busy => {
                    tokio::time::sleep(RETRY).await;
                    continue;
                }
                // Somebody took the name: it is theirs, we go on with the next.
                Refusal::Exists => {}
                _ => return,
            }
        }
        number += 1;
    }
}

async fn list(rooms: &Rooms, listing: &Listing, number: u64) -> Result<(), Refusal> {
    let id = numbered(&listing.name, number).ok_or(Refusal::Exists)?;
    let terms = listing.terms.clone().named(id.as_str()).lasting(listing.duration_ms);
    rooms.create(terms, Person::new("@house", "The house")).await?;
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
