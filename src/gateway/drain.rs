//! The way out before a restart: everyone is let go at a moment of their own, and nobody in the last minute of an auction.
//!
//! Until their moment comes people notice nothing, and whatever they bid counts: `goodbye` and the close come together. Whoever was told earlier could
//! do nothing with it but worry.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tracing::info;

use super::heart::{Heart, millis};
use crate::auction::Millis;
use crate::clock::Clock;

/// Those whose moment has come are looked for so many times while all are let go …
const FINENESS: u32 = 100;
/// … and no more often, …
const SHORTEST: Duration = Duration::from_millis(10);
/// … nor less often than this.
const LONGEST: Duration = Duration::from_millis(100);
/// Sockets looked at before others have a turn.
const TURN: usize = 1_024;
/// How much longer than the server takes to let everyone go a client is told to wait, at most.
const COME_BACK_MS: u64 = 3_000;

/// Whether everyone is being let go, and when whom.
#[derive(Debug)]
pub struct Drain {
    spread: Duration,
    limit: Duration,
    plan: watch::Sender<Option<Plan>>,
    /// Sockets and streams.
    guests: AtomicUsize,
}

#[derive(Clone, Debug)]
struct Plan {
    began: Millis,
    /// Gives each socket its moment, without keeping it anywhere.
    moments: RandomState,
}

/// Held by a socket or a stream for as long as it is waited for.
#[derive(Debug)]
pub struct Guest(Arc<Drain>);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.guests.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drain {
    /// Everyone is let go within `spread`, but for those who are in the last minute of an auction; they are within `limit`.
    pub fn new(spread: Duration, limit: Duration) -> Drain {
        Drain { spread: spread.min(limit), limit, plan: watch::Sender::new(None), guests: AtomicUsize::new(0) }
    }

    /// Somebody comes to stay; `None` where nobody is let in any more.
    pub fn admit(self: &Arc<Drain>) -> Option<Guest> {
        // First counted, then looked: whoever is let in is waited for.
        self.guests.fetch_add(1, Ordering::SeqCst);
        let guest = Guest(self.clone());
        (!self.is_on()).then_some(guest)
    }

    /// Whether everyone is being let go.
    pub fn is_on(&self) -> bool {
        self.plan.borrow().is_some()
    }

    /// How long who is let go `now` shall wait before coming back: until nobody else is here, and a random time more.
    pub fn retry_ms(&self, now: Millis) -> u64 {
        let until = self.plan.borrow().as_ref().map_or(now, |plan| plan.began + millis(self.spread));
        u64::try_from(until - now).unwrap_or(0) + fastrand::u64(0..=COME_BACK_MS)
    }

    /// Returns when it is time to go, for who has a timer of their own.
    pub async fn turn(self: Arc<Drain>, clock: Clock) {
        let mut plan = self.plan.subscribe();
        let began = match plan.wait_for(Option::is_some).await {
            Ok(plan) => plan.as_ref().map_or(0, |plan| plan.began),
            // The sender lives as long as we do.
            Err(_) => return,
        };
        clock.sleep_until(began + fastrand::i64(0..=millis(self.spread))).await;
    }

    /// Lets everyone go. Returns once all are gone, or their time is over.
    pub async fn run(&self, heart: &Heart, clock: &Clock) {
        let plan = Plan { began: clock.now(), moments: RandomState::new() };
        self.plan.send_replace(Some(plan.clone()));
        let guests = || self.guests.load(Ordering::SeqCst);
        info!(sockets_and_streams = guests(), "letting everyone go");
        let over = plan.began.saturating_add(millis(self.limit));
        let mut looks = tokio::time::interval((self.spread / FINENESS).clamp(SHORTEST, LONGEST));
        while guests() > 0 && clock.now() < over {
            looks.tick().await;
            let now = clock.now();
            for (count, socket) in heart.everyone().into_iter().enumerate() {
                if plan.moment(Arc::as_ptr(&socket).addr(), self.spread) <= now && socket.pipe().let_go() {
                    socket.beckon();
                }
                if count % TURN == TURN - 1 {
                    tokio::task::yield_now().await;
                }
            }
        }
        info!(left = guests(), "everyone was let go");
    }
}

impl Plan {
    /// When it is this one's turn; those who come late have theirs too.
    fn moment(&self, one: usize, spread: Duration) -> Millis {
        let spread = u64::try_from(millis(spread)).unwrap_or(0);
        let after = (u128::from(self.moments.hash_one(one)) * u128::from(spread)) >> 64;
        self.began.saturating_add(Millis::try_from(after).unwrap_or(0))
    }
}
