//! The server's clock, as well as it can be told from here.

use crate::auction::Millis;

/// How far the server's clock is ahead of ours.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerTime {
    ahead_ms: Millis,
    /// How long the best answer took; none before the first.
    trip_ms: Option<Millis>,
}

/// An answer that took a little longer than the best is still worth more than an old one.
const SLACK_MS: Millis = 20;

impl ServerTime {
    /// The server said at its `server`, heard at our `now`: late by however long it took, so that it counts only until an answer comes.
    pub fn told(&mut self, server: Millis, now: Millis) {
        if self.trip_ms.is_none() {
            self.ahead_ms = server.saturating_sub(now);
        }
    }

    /// The answer to a `ping` sent at our `sent`: the server's clock half way.
    pub fn answered(&mut self, sent: Millis, server: Millis, now: Millis) {
        let trip = now.saturating_sub(sent);
        if trip < 0 || self.trip_ms.is_some_and(|best| trip > best.saturating_add(SLACK_MS)) {
            return;
        }
        self.trip_ms = Some(self.trip_ms.map_or(trip, |best| best.min(trip)));
        self.ahead_ms = server.saturating_sub(sent.saturating_add(trip / 2));
    }

    /// The server's clock at our `now`.
    pub fn at(&self, now: Millis) -> Millis {
        now.saturating_add(self.ahead_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_trip_knows_best() {
        let mut time = ServerTime::default();
        time.told(10_000, 1_000);
        assert_eq!(time.at(2_000), 11_000);
        time.answered(1_000, 10_100, 1_200);
        assert_eq!(time.at(1_100), 10_100);
        // Half a second on the way: it may be wrong by as much.
        time.answered(2_000, 11_400, 2_500);
        assert_eq!(time.at(1_100), 10_100);
        // And what was merely told counts no longer.
        time.told(1, 2_500);
        assert_eq!(time.at(1_100), 10_100);
    }
}
