//! When to try again: full jitter between the bounds that the server gives.

use std::time::Duration;

/// How long the next wait may be.
#[derive(Debug)]
pub struct BackOff {
    min_ms: u64,
    max_ms: u64,
    attempt: u32,
}

/// No server makes us wait for longer, whatever it says.
const LONGEST_MS: u64 = 300_000;

impl Default for BackOff {
    /// As the protocol has it before a server has said anything.
    fn default() -> Self {
        BackOff { min_ms: 500, max_ms: 20_000, attempt: 0 }
    }
}

impl BackOff {
    /// The bounds from a `welcome`.
    pub fn bound(&mut self, min_ms: u64, max_ms: u64) {
        self.max_ms = max_ms.clamp(1, LONGEST_MS);
        self.min_ms = min_ms.clamp(1, self.max_ms);
    }

    /// It held: the next trouble begins from the shortest wait.
    pub fn settle(&mut self) {
        self.attempt = 0;
    }

    /// A random wait from the shortest to a ceiling that doubles with each.
    pub fn next(&mut self) -> Duration {
        self.attempt = self.attempt.saturating_add(1);
        let ceiling = 2_u64.saturating_pow(self.attempt).saturating_mul(self.min_ms).min(self.max_ms);
        Duration::from_millis(fastrand::u64(self.min_ms..=ceiling))
    }
}

/// As long as a `goodbye` asks for, in reason.
pub fn asked(retry_after_ms: u64) -> Duration {
    Duration::from_millis(retry_after_ms.min(LONGEST_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_at_random_within_the_bounds_and_begin_anew_once_it_held() {
        let mut back_off = BackOff::default();
        back_off.bound(100, 1_000);
        for ceiling in [200, 400, 800, 1_000, 1_000, 1_000] {
            let wait = back_off.next();
            assert!((Duration::from_millis(100)..=Duration::from_millis(ceiling)).contains(&wait), "{wait:?}");
        }
        back_off.settle();
        assert!(back_off.next() <= Duration::from_millis(200));
    }

    #[test]
    fn bounds_that_make_no_sense_are_made_to() {
        let mut back_off = BackOff::default();
        back_off.bound(u64::MAX, 0);
        assert_eq!(back_off.next(), Duration::from_millis(1));
        back_off.bound(0, u64::MAX);
        assert!((0..200).all(|_| back_off.next() <= Duration::from_millis(LONGEST_MS)));
        assert_eq!(asked(u64::MAX), Duration::from_millis(LONGEST_MS));
    }
}
