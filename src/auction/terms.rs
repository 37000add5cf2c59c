//! What a seller offers: fixed when the auction is created (`rules.md` §1).

use std::fmt;

use super::{AuctionId, Currency, Format, Increments, Millis, Money, SoftClose};

/// The terms of an auction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Its name in addresses.
    pub id: AuctionId,
    /// Plain text, 1–200 characters.
    pub title: String,
    /// Plain text, at most 5,000 characters.
    pub description: String,
    /// An http(s) URL, or a path of this server.
    pub image: Option<String>,
    /// What all amounts are in.
    pub currency: Currency,
    /// Which rules.
    pub format: Format,
    /// The lowest first bid; of a Dutch auction, the price it falls from.
    pub start: Money,
    /// Below it there is no sale. Never shown.
    pub reserve: Option<Money>,
    /// English: at this price it can be had at once, until somebody bids (or, with a reserve, until that is met).
    pub buy_now: Option<Money>,
    /// The steps, in an English auction.
    pub increments: Increments,
    /// Whether bidders may leave a maximum.
    pub automatic_bids: bool,
    /// When it opens.
    pub starts_at: Millis,
    /// When it closes, unless moved.
    pub ends_at: Millis,
    /// How late bids move the end.
    pub soft_close: Option<SoftClose>,
    /// Whether bidders are known to each other by numbers alone.
    pub aliases: bool,
}

/// Terms that cannot stand: the first field that is wrong, and what is allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TermsError {
    /// As the seller wrote it.
    pub field: String,
    /// A clause for a person: what is allowed.
    pub why: String,
}

impl TermsError {
    /// `field` is wrong; `why` says what is allowed.
    pub fn new(field: &str, why: impl Into<String>) -> TermsError {
        TermsError { field: field.into(), why: why.into() }
    }
}

impl fmt::Display for TermsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.field, self.why)
    }
}

/// An auction lasts at most this long, and its times lie at most as far ahead: 5 years.
pub(super) const LONGEST_MS: i64 = 5 * 366 * 24 * 3_600_000;

impl Terms {
    /// Refuses terms that cannot stand at `now`, naming the field.
    pub fn check(&self, now: Millis) -> Result<(), TermsError> {
        let wrong = |field: &str, why: &str| Err(TermsError::new(field, why));
        let title = self.title.chars().count();
        if !(1..=200).contains(&title) || !self.title.contains(char::is_alphanumeric) || self.title.contains(char::is_control) {
            return wrong("title", "1 to 200 characters, at least one letter or digit, in one line");
        }
        if self.description.chars().count() > 5_000 {
            return wrong("description", "at most 5000 characters");
        }
        if !self.image.as_deref().is_none_or(is_image) {
            return wrong("image", "an http(s) URL or a path beginning with /, at most 2000 bytes");
        }
        if self.reserve.is_some_and(|reserve| reserve < self.start) {
            return wrong("reserve", "not below start");
        }
        if let Some(why) = self.increments.fault() {
            return wrong("increments", why);
        }
        self.check_format()?;
        self.check_times(now)
    }

    fn check_format(&self) -> Result<(), TermsError> {
        let wrong = |field: &str, why: &str| Err(TermsError::new(field, why));
        if self.format != Format::English {
            let theirs =
                [("buy_now", self.buy_now.is_some()), ("automatic_bids", self.automatic_bids), ("soft_close", self.soft_close.is_some())];
            if let Some((field, _)) = theirs.iter().find(|(_, given)| *given) {
                return wrong(field, "for the format english alone");
            }
        }
        if let Format::Dutch(fall) = self.format {
            if self.reserve.is_some() {
                return wrong("reserve", "not in a dutch auction: its floor is the reserve");
            }
            fall.check(self.start)?;
        }
        let Some(buy_now) = self.buy_now else { return Ok(()) };
        // 1.3 times, in tenths; both are at most 10¹².
        if buy_now.minor() * 10 < self.start.minor() * 13 {
            return wrong("buy_now", "at least 1.3 times start");
        }
        if self.reserve.is_some_and(|reserve| reserve > buy_now) {
            return wrong("reserve", "not above buy_now");
        }
        Ok(())
    }

    fn check_times(&self, now: Millis) -> Result<(), TermsError> {
        let wrong = |field: &str, why: &str| Err(TermsError::new(field, why));
        let horizon = now.saturating_add(LONGEST_MS);
        if !(0..=horizon).contains(&self.starts_at) {
            return wrong("starts_at", "milliseconds of UTC, at most five years ahead");
        }
        if self.ends_at <= self.starts_at {
            return wrong("ends_at", "after starts_at");
        }
        if self.ends_at <= now {
            return wrong("ends_at", "in the future");
        }
        if self.ends_at > horizon {
            return wrong("ends_at", "at most five years ahead");
        }
        let Some(soft) = self.soft_close else { return Ok(()) };
        if !(1..=SoftClose::LONGEST_MS).contains(&soft.window_ms) {
            return wrong("soft_close.window_ms", "from 1 ms to a day");
        }
        if !(1..=SoftClose::LONGEST_MS).contains(&soft.extend_ms) {
            return wrong("soft_close.extend_ms", "from 1 ms to a day");
        }
        if soft.latest.is_some_and(|latest| latest < self.ends_at || latest > horizon) {
            return wrong("soft_close.latest", "not before ends_at, at most five years ahead");
        }
        Ok(())
    }
}

fn is_image(url: &str) -> bool {
    let same_origin = url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\");
    let absolute = ["https://", "http://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme));
    let clean = url.chars().all(|c| !c.is_whitespace() && !c.is_control());
    (same_origin || absolute) && clean && url.len() <= 2_000
}
