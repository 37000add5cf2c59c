//! What a page shows of an auction before any script runs: the same words as the scripts choose (`web/js/figures.js`, `web/js/card.js`),
//! which then find them there. A test in a browser holds the two together.

use std::array;

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde_json::Value as Json;

use crate::auction::{Millis, Money};
use crate::wire;

/// Characters of a description that say what it is.
const ABOUT: usize = 120;

/// An auction object, or an entry of a list, as a template takes it.
pub struct Shown<'a> {
    auction: &'a Json,
    now: Millis,
}

impl<'a> Shown<'a> {
    /// As it stands at `now`.
    pub const fn new(auction: &'a Json, now: Millis) -> Shown<'a> {
        Shown { auction, now }
    }

    fn text(&self, member: &str) -> &'a str {
        self.auction.get(member).and_then(Json::as_str).unwrap_or_default()
    }

    fn number(&self, member: &str) -> Option<i64> {
        self.auction.get(member).and_then(Json::as_i64)
    }

    fn is_over(&self) -> bool {
        matches!(self.text("status"), "closed" | "cancelled")
    }

    fn is_sealed(&self) -> bool {
        matches!(self.text("format"), "sealed" | "vickrey")
    }

    fn has_leader(&self) -> bool {
        self.auction.get("leader").is_some_and(|leader| !leader.is_null())
    }

    fn dutch(&self) -> Option<&'a Json> {
        self.auction.get("dutch").filter(|dutch| !dutch.is_null())
    }

    fn is_falling(&self) -> bool {
        self.dutch().is_some() && !self.has_leader() && !self.is_over()
    }

    fn is_unsold_dutch(&self) -> bool {
        self.dutch().is_some() && !self.has_leader() && self.text("status") == "closed"
    }

    /// What a falling price has come to, `at` a moment.
    fn asked(&self, at: Millis) -> i64 {
        let start = self.number("start").unwrap_or(0);
        let term = |name: &str| self.dutch().and_then(|dutch| dutch.get(name)).and_then(Json::as_i64);
        let (Some(floor), Some(step), Some(every)) = (term("floor"), term("step"), term("every_ms")) else { return start };
        let steps = term("since").map_or(0, |since| (at - since).max(0) / every.max(1));
        floor.max(start.saturating_sub(step.saturating_mul(steps)))
    }

    /// How the price falls: the key of the words, and for how long no further.
    fn falls(&self) -> Option<(&'static str, Option<Millis>)> {
        let dutch = self.dutch().filter(|_| self.is_falling())?;
        let term = |name: &str| dutch.get(name).and_then(Json::as_i64).unwrap_or(0);
        match self.text("status") {
            "scheduled" => Some(("lot.will_fall", None)),
            "open" if self.asked(self.now) == term("floor") => Some(("lot.falls_no_further", None)),
            "open" => {
                let every = term("every_ms").max(1);
                Some(("lot.falls", Some(self.now + every - (self.now - term("since")).rem_euclid(every))))
            }
            _ => None,
        }
    }

    fn price(&self) -> i64 {
        if self.is_falling() {
            let at = if self.text("status") == "paused" { self.number("paused_at") } else { None };
            return self.asked(at.unwrap_or(self.now));
        }
        if self.is_unsold_dutch() {
            return self.asked(self.number("ends_at").unwrap_or(self.now));
        }
        self.number("price").or(self.number("start")).unwrap_or(0)
    }

    /// The key of the words above the price.
    fn price_label(&self) -> &'static str {
        let over = self.is_over();
        match self.text("format") {
            _ if self.text("outcome") == "sold" => "lot.sold_for",
            "sealed" | "vickrey" => {
                if over {
                    "lot.bids_from"
                } else {
                    "lot.sealed_bids_from"
                }
            }
            "dutch" if self.is_falling() => {
                if self.text("status") == "scheduled" {
                    "lot.starts_at"
                } else {
                    "shared.yours_for"
                }
            }
            "dutch" if self.is_unsold_dutch() => "lot.last_asked",
            "dutch" => "lot.started_at",
            _ if self.number("price").is_none() => {
                if over {
                    "lot.started_at"
                } else {
                    "lot.starts_at"
                }
            }
            _ => {
                if over {
                    "lot.highest_bid"
                } else {
                    "lot.current_bid"
                }
            }
        }
    }

    /// Of a card, and what it shows as the price: a list does not know since when a clock stands still.
    fn listed(&self) -> (&'static str, i64) {
        let (start, over) = (self.number("start").unwrap_or(0), self.is_over());
        match self.number("price") {
            Some(price) if self.text("outcome") == "sold" => ("lobby.sold_for", price),
            _ if self.is_sealed() => ("lobby.sealed_from", start),
            _ if self.is_falling() && self.text("status") == "open" => ("shared.yours_for", self.price()),
            _ if self.is_falling() => ("shared.falls_from", start),
            None => (if over { "lobby.started_at" } else { "lobby.starts_at" }, start),
            Some(price) => (if over { "lobby.highest_bid" } else { "lobby.current_bid" }, price),
        }
    }

    /// The key of the words above the time; the time that is left, the moment it was, or the key of a word.
    fn clock(&self) -> (&'static str, Option<Millis>, Option<Millis>, Option<&'static str>) {
        let (starts, ends) = (self.number("starts_at").unwrap_or(0), self.number("ends_at").unwrap_or(0));
        match self.text("status") {
            "scheduled" if starts > self.now => ("shared.opens_in", Some(starts), None, None),
            "scheduled" => ("shared.opens", None, None, Some("shared.now")),
            "open" if ends > self.now => ("shared.ends_in", Some(ends), None, None),
            "open" => ("shared.closing", Some(self.now), None, None),
            "paused" => ("shared.clock_stopped", None, None, Some("shared.paused")),
            "cancelled" => ("shared.cancelled", None, Some(ends), None),
            _ => ("shared.ended", None, Some(ends), None),
        }
    }

    /// The key of who leads, with a name in it where somebody does.
    fn leader(&self) -> Option<&'static str> {
        let over = self.is_over();
        if self.has_leader() {
            return Some(if over { "lot.led" } else { "lot.leads" });
        }
        if self.is_falling() {
            return Some(if self.text("status") == "scheduled" { "lot.first_has_it" } else { "lot.nobody_yet" });
        }
        if !self.is_sealed() || self.number("bids") == Some(0) {
            return Some(if over { "lot.no_bids" } else { "lot.no_bids_yet" });
        }
        (!over).then_some("lot.sealed_until_end")
    }

    fn reserve(&self, keys: [&'static str; 3]) -> Option<&'static str> {
        let [hidden, met, unmet] = keys;
        let reserve = self.text("reserve");
        if self.is_over() || reserve == "none" {
            return None; // the outcome says it
        }
        Some(if self.is_sealed() {
            hidden
        } else if reserve == "met" {
            met
        } else {
            unmet
        })
    }

    fn why(&self) -> Option<String> {
        let why = self.text("why");
        (!why.is_empty() && !self.is_sealed() && self.number("price").is_some()).then(|| format!("lot.why_{why}"))
    }

    fn outcome(&self) -> Option<&'static str> {
        match self.text("outcome") {
            _ if self.text("status") == "cancelled" => Some("shared.cancelled"),
            "sold" => Some("lot.sold_to"),
            "unsold" => Some("lot.unsold"),
            "reserve_not_met" => Some("lot.not_sold"),
            _ => None,
        }
    }

    fn standing(&self) -> &'static str {
        match self.text("outcome") {
            "sold" => "lobby.sold_to",
            "unsold" => "lobby.unsold",
            "reserve_not_met" => "lobby.reserve_not_met",
            _ if self.number("bids") == Some(0) => "lobby.no_bids",
            _ if self.is_sealed() => "lobby.sealed_bids",
            _ => "lobby.bids",
        }
    }

    /// Where a picture is that a page may ask for.
    fn image(&self) -> Option<&'a str> {
        let image = self.text("image");
        let lower = image.get(..8).unwrap_or(image).to_ascii_lowercase();
        let showable = lower.starts_with("http://") || lower.starts_with("https://") || image.starts_with('/') && !image.starts_with("//");
        showable.then_some(image)
    }

    /// What one is offered to bid at a press, as long as one is nobody yet: the least that counts, and one and two steps more.
    fn quick(&self) -> [Option<i64>; 3] {
        let minimum = self.number("minimum").and_then(Money::new).filter(|_| self.text("format") == "english");
        let (Some(minimum), Some(increments)) = (minimum, wire::increments_of(self.auction)) else { return [None; 3] };
        let most = self.buys_now().map_or(Money::MAX.minor(), |price| price - 1);
        let more = |amount: &Money| Money::new(amount.minor() + increments.step(*amount).minor());
        let mut amounts = std::iter::successors(Some(minimum), more).map(Money::minor).filter(|amount| *amount <= most);
        array::from_fn(|_| amounts.next())
    }

    /// For how much one can have it at once.
    fn buys_now(&self) -> Option<i64> {
        let can = self.text("status") == "open" && (!self.has_leader() || self.text("reserve") == "unmet");
        self.number("buy_now").filter(|_| can)
    }

    /// The form to bid by, as somebody finds it who is nobody yet (`web/js/bid-box.js`).
    fn bidding(&self) -> Value {
        let typed = self.dutch().is_none();
        let automatic = self.text("format") == "english" && self.auction.get("automatic_bids") == Some(&Json::Bool(true));
        let field = if self.is_sealed() { "bid.field_sealed" } else { "bid.field" };
        let hint = match self.text("format") {
            "dutch" => Some("bid.hint_dutch"),
            "sealed" => Some("bid.hint_sealed"),
            "vickrey" => Some("bid.hint_vickrey"),
            _ => None,
        };
        let hint = if self.text("status") == "paused" { Some("bid.hint_paused") } else { hint };
        let opens = (self.text("status") == "scheduled").then(|| self.number("starts_at")).flatten();
        context! { open => !self.is_over(), typed, automatic, field, hint, opens, quick => self.quick(), buys_now => self.buys_now() }
    }

    /// For those that have no picture: the same hue for the same lot.
    fn plate(&self) -> Value {
        let hue = self.text("id").chars().fold(7_u32, |hash, letter| (hash * 31 + u32::from(letter)) % 360);
        context! { hue, initial => self.text("title").trim().chars().next().map(|first| first.to_uppercase().to_string()) }
    }

    /// For those who list pages: what it is, and for how much.
    fn about(&self) -> String {
        let decimals = self.number("decimals").and_then(|decimals| usize::try_from(decimals).ok()).unwrap_or(0);
        let description: String = self.text("description").chars().take(ABOUT).collect();
        let text = format!("{}, {}. {description}", self.text("title"), plain_money(self.price(), self.text("currency"), decimals));
        text.trim_end().to_owned()
    }

    /// For the page of this auction.
    pub fn lot(&self) -> Value {
        let (time_label, until, moment, word) = self.clock();
        let bids = if self.dutch().is_some() || self.is_over() { 0 } else { self.number("bids").unwrap_or(0) };
        let outcome_says_it = matches!(self.text("outcome"), "sold" | "unsold");
        context! {
            price_label => self.price_label(),
            price => self.price(),
            time_label, until, moment, word,
            leads => self.leader().filter(|_| !outcome_says_it),
            minimum_shown => !(self.is_over() || self.number("price").is_none() || self.is_falling() || self.is_sealed()),
            bids_label => (bids > 0).then_some(if self.is_sealed() { "shared.sealed_bids" } else { "shared.bids" }),
            reserve_label => self.reserve(["lot.reserve_hidden", "lot.reserve_met", "lot.reserve_unmet"]),
            why_label => self.why(),
            outcome => self.outcome(),
            highest => self.number("price").filter(|_| !self.is_sealed()),
            sealed => self.is_sealed(),
            falls => self.falls().map(|(words, until)| context! { words, until }),
            bidding => self.bidding(),
            image => self.image(),
            plate => self.plate(),
            over => self.is_over(),
            about => self.about(),
            ..Value::from(Serde(self.auction))
        }
    }

    /// For its card in the lobby.
    pub fn card(&self) -> Value {
        let (time_label, until, moment, word) = self.clock();
        let (price_label, price) = self.listed();
        let rising = self.text("format") == "english";
        context! {
            price_label, price, time_label, until, moment, word,
            format_label => (!rising).then(|| format!("lobby.format_{}", self.text("format"))),
            status_label => format!("lobby.status_{}", self.text("status")),
            standing => self.standing(),
            reserve_label => self.reserve(["lobby.reserve_hidden", "lobby.reserve_met", "lobby.reserve_unmet"]),
            image => self.image(),
            plate => self.plate(),
            over => self.is_over(),
            ..Value::from(Serde(self.auction))
        }
    }
}

/// As it is read without scripts: `EUR 1234.50`.
pub fn plain_money(minor: i64, currency: &str, decimals: usize) -> String {
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let mark = if decimals == 0 { "" } else { "." };
    format!("{currency} {whole}{mark}{part}")
}

/// As it is read without scripts: `1:05:09`, `2 d`.
pub fn plain_remaining(ms: Millis) -> String {
    let total = (ms.max(0) + 999) / 1000;
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        1..24 => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{} d {} h", hours / 24, hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::{plain_money, plain_remaining};

    #[test]
    fn amounts_and_times_are_read_without_scripts() {
        assert_eq!(plain_money(12_050, "EUR", 2), "EUR 120.50");
        assert_eq!(plain_money(5, "KWD", 3), "KWD 0.005");
        assert_eq!(plain_money(500, "JPY", 0), "JPY 500");
        assert_eq!(
            [0, 1, 59_001, 3_599_000, 3_600_000, 90_000_000].map(plain_remaining),
            ["0:00", "0:01", "1:00", "59:59", "1:00:00", "1 d 1 h"]
        );
    }
}
