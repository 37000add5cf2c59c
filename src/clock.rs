//! The only place that reads time.
//!
//! Wall time is read once, when the clock is made, and the monotonic clock carries it on: no step of the wall clock moves a stamp or a
//! deadline of a running server (`rules.md` §2).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

/// Milliseconds of UTC.
pub type Millis = i64;

/// A clock. Cheap to clone; clones are one clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    System { started_at: Millis, started: Instant },
    Manual { now: AtomicI64, changed: Notify },
}

/// The longest single sleep: a deadline years ahead is slept towards in parts.
const NAP: Duration = Duration::from_secs(3_600);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started_at = Millis::try_from(wall.as_millis()).unwrap_or(Millis::MAX);
        Clock(Arc::new(Source::System { started_at, started: Instant::now() }))
    }

    /// A clock that stands at `now` until it is set: for tests.
    pub fn manual(now: Millis) -> Clock {
        Clock(Arc::new(Source::Manual { now: AtomicI64::new(now), changed: Notify::new() }))
    }

    /// Sets a manual clock and wakes whoever waits for it; the machine's clock cannot be set.
    pub fn set(&self, now: Millis) {
        if let Source::Manual { now: time, changed } = &*self.0 {
            time.store(now, Ordering::SeqCst);
            // In the order in which they came: what a test does is the same each time.
            changed.notify_waiters();
        }
    }

    /// The time now. Never less than it was.
    pub fn now(&self) -> Millis {
        match &*self.0 {
            Source::System { started_at, started } => {
                let passed = Millis::try_from(started.elapsed().as_millis()).unwrap_or(Millis::MAX);
                started_at.saturating_add(passed)
            }
            Source::Manual { now, .. } => now.load(Ordering::SeqCst),
        }
    }

    /// Returns once [`Clock::now`] is `at` or later.
    pub async fn sleep_until(&self, at: Millis) {
        match &*self.0 {
            Source::System { .. } => loop {
                let left = at.saturating_sub(self.now());
                match u64::try_from(left) {
                    Ok(left) if left > 0 => tokio::time::sleep(Duration::from_millis(left).min(NAP)).await,
                    _ => return,
                }
            },
            Source::Manual { changed, .. } => loop {
                let change = changed.notified();
                tokio::pin!(change);
                // Registered before the look, so that no change falls between the two.
                change.as_mut().enable();
                if self.now() >= at {
                    return;
                }
                change.await;
            },
        }
    }
}

/// A moment as text: `2026-01-31T12:00:03.200Z`. What no calendar of four digits holds is given as its number.
pub fn utc(at: Millis) -> String {
    let since = u64::try_from(at).ok().filter(|at| *at <= LAST_WRITTEN).map(Duration::from_millis);
    since.map_or_else(|| at.to_string(), |since| humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string())
}

/// The last millisecond of the year 9999.
const LAST_WRITTEN: u64 = 253_402_300_799_999;
