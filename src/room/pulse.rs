//! Tells the log again and again that the server is there, so that the next one knows since when it was not (`rules.md` §2, outage).

use std::sync::atomic::Ordering;

use tracing::warn;

use super::alarm::RETRY_MS;
use super::load;
use super::registry::Rooms;
use crate::auction::{AuctionId, Millis};

/// Beats until the rooms stop. First the auctions that the last outage `befell` are granted their time: were the server lost before that, the
/// next one must still know of this outage.
pub(super) async fn run(rooms: Rooms, befell: Vec<AuctionId>) {
    let mut stop = rooms.shared().stop.subscribe();
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = beat(&rooms, befell) => {}
    }
}

async fn beat(rooms: &Rooms, befell: Vec<AuctionId>) {
    let shared = rooms.shared();
    for id in befell {
        // A room answers once it is loaded, and the outage is made up for.
        while rooms.look(&id).await.is_err() && may_be_granted(rooms, &id).await {
            shared.clock.sleep_until(shared.clock.now().saturating_add(RETRY_MS)).await;
        }
    }
    shared.made_up.store(true, Ordering::Release);
    let every = Millis::try_from(shared.settings.pulse.as_millis()).unwrap_or(Millis::MAX);
    loop {
        let now = shared.clock.now();
        once(rooms).await;
        shared.clock.sleep_until(now.saturating_add(every)).await;
    }
}

/// Whether a room that did not answer may do so later. One whose log is damaged never will, and has said so by itself.
async fn may_be_granted(rooms: &Rooms, id: &AuctionId) -> bool {
    let loaded = load::load(&*rooms.shared().log, id).await;
    loaded.map_or_else(|error| error.may_pass(), |_| true)
}

/// The server is there now, and has made up for the time when it was not.
pub(super) async fn once(rooms: &Rooms) {
    let shared = rooms.shared();
    if shared.made_up.load(Ordering::Acquire)
        && let Err(error) = shared.log.alive(shared.clock.now()).await
    {
        warn!(?error, "the log could not be told that the server is there");
    }
}
