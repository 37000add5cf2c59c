//! Deadlines of rooms that sleep: wakes each in time to open or to close.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::registry::Rooms;
use crate::auction::{AuctionId, Millis, Refusal};

/// When to wake whom. An entry too many only wakes a room that has nothing to do.
#[derive(Debug, Default)]
pub struct Alarm {
    deadlines: Mutex<BTreeSet<(Millis, AuctionId)>>,
    changed: Notify,
}

impl Alarm {
    /// Wakes the room of `id` at `at`.
    pub fn set(&self, at: Millis, id: AuctionId) {
        self.deadlines().insert((at, id));
        self.changed.notify_one();
    }

    fn next(&self) -> Option<Millis> {
        self.deadlines().first().map(|(at, _)| *at)
    }

    fn take_due(&self, now: Millis) -> Option<AuctionId> {
        let mut deadlines = self.deadlines();
        if deadlines.first()?.0 > now {
            return None;
        }
        deadlines.pop_first().map(|(_, id)| id)
    }

    fn deadlines(&self) -> MutexGuard<'_, BTreeSet<(Millis, AuctionId)>> {
        self.deadlines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long before its deadline a room is woken, so that it is there in time.
const EARLY_MS: i64 = 1_000;

/// How long until a room is called again that could not be found or loaded, or that broke. Well above [`EARLY_MS`], or it would be at once.
pub(super) const RETRY_MS: i64 = 5_000;

/// Wakes rooms for their deadlines until the rooms stop.
pub(super) async fn run(rooms: Rooms) {
    let shared = rooms.shared();
    let mut stop = shared.stop.subscribe();
    loop {
        let next = shared.alarm.next().map(|at| at.saturating_sub(EARLY_MS));
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = shared.alarm.changed.notified() => {}
            () = shared.clock.sleep_until(next.unwrap_or(Millis::MAX)), if next.is_some() => {}
        }
        while let Some(id) = shared.alarm.take_due(shared.clock.now().saturating_add(EARLY_MS)) {
            // A room that wakes looks at its own deadline, and sets the alarm again when it leaves.
            if matches!(rooms.door(&id).await, Err(Refusal::Unavailable)) {
                shared.alarm.set(shared.clock.now().saturating_add(RETRY_MS), id);
            }
        }
    }
}
