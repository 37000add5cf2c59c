//! Late bids move the end, so that nobody wins by being last by a millisecond (`rules.md` §4).

use super::Millis;

/// How late bids move the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SoftClose {
    /// A bid with at most this much left moves the end.
    pub window_ms: i64,
    /// By how much, as `mode` reads it.
    pub extend_ms: i64,
    /// From where `extend_ms` counts.
    pub mode: ExtendMode,
    /// The end never moves past this.
    pub latest: Option<Millis>,
}

/// From where an extension counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExtendMode {
    /// From the bid: as much is left again.
    Reset,
    /// From the end: each bid adds as much.
    Add,
}

impl SoftClose {
    /// An extension or its window: at most a day.
    pub const LONGEST_MS: i64 = 24 * 3_600_000;
    /// What a seller gets who says nothing: 2 minutes, reset.
    pub const DEFAULT: SoftClose = SoftClose { window_ms: 120_000, extend_ms: 120_000, mode: ExtendMode::Reset, latest: None };

    /// The new end after a challenger's bid at `bid_at`; `None` where it stays.
    pub fn extend(&self, ends_at: Millis, bid_at: Millis) -> Option<Millis> {
        if ends_at.saturating_sub(bid_at) > self.window_ms {
            return None;
        }
        let from = match self.mode {
            ExtendMode::Reset => bid_at,
            ExtendMode::Add => ends_at,
        };
        let wanted = from.saturating_add(self.extend_ms);
        let end = self.latest.map_or(wanted, |latest| wanted.min(latest));
        (end > ends_at).then_some(end)
    }
}
