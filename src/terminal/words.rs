//! What happened, in words for a person: one line each, the same in the live view and in a pipe.

use super::message::{Auction, Event, Fact, Presence, Refused, Revealed, Somebody, show};
use super::text::Text;
use crate::auction::{Currency, Millis};
use crate::clock;

/// One event: its kind first, to be found by.
pub fn event(event: &Event, currency: Currency) -> String {
    let money = |minor: &i64| show(currency, *minor);
    let by = |by: &Option<Somebody>| by.as_ref().map_or_else(String::new, |by| format!(" by {}", by.name()));
    let because = |reason: &Option<Text>| reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    match &event.fact {
        Fact::Created { by: whom, ends_at } => format!("created{}, ends {}", by(whom), clock::utc(*ends_at)),
        Fact::Opened { ends_at } => format!("opened, ends {}", clock::utc(*ends_at)),
        Fact::Paused { by: whom } => format!("paused{}", by(whom)),
        Fact::Resumed { by: whom, ends_at } => format!("resumed{}, ends {}", by(whom), clock::utc(*ends_at)),
        Fact::Bid(bid) => {
            let how = if bid.automatic { " (automatic)" } else { "" };
            let (who, leader) = (bid.bidder.name(), bid.leader.name());
            let (amount, price, minimum) = (money(&bid.amount), money(&bid.price), money(&bid.minimum));
            format!("bid {amount}{how} by {who}, price {price}, leader {leader}, minimum {minimum}")
        }
        Fact::Sealed { count } => format!("sealed bid, {count} in all"),
        Fact::Extended { ends_at, reason } => format!("extended ({reason}), ends {}", clock::utc(*ends_at)),
        Fact::Warned { stage: 1 } => "warned, going once".to_owned(),
        Fact::Warned { .. } => "warned, going twice".to_owned(),
        Fact::Voided { bid, reason, price, leader, .. } => {
            let price = price.as_ref().map_or_else(|| "no bid".to_owned(), money);
            let leader = leader.as_ref().map_or_else(String::new, |leader| format!(", leader {}", leader.name()));
            format!("voided bid #{bid}{}, price {price}{leader}", because(reason))
        }
        Fact::Said { from, text } => format!("said {}: {text}", from.name()),
        Fact::Closed { outcome, winner, price, bids } => {
            let bids = bids.as_ref().map_or_else(String::new, |bids| revealed(bids, currency));
            format!("closed, {}{bids}", sale(outcome.as_str(), winner.as_ref(), *price, currency))
        }
        Fact::Cancelled { reason } => format!("cancelled{}", because(reason)),
        Fact::Unknown(kind) => kind.to_string(),
    }
}

/// What was sealed, the best first: as much as fits a line.
fn revealed(bids: &[Revealed], currency: Currency) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = bids.iter().take(SHOWN).map(|bid| format!("{} {}", bid.bidder.name(), show(currency, bid.amount))).collect();
    let more = if bids.len() > SHOWN { format!(" and {} more", bids.len() - SHOWN) } else { String::new() };
    if shown.is_empty() { String::new() } else { format!("; bids: {}{more}", shown.join(", ")) }
}

/// How it ended: `sold to Ana for 120.50 EUR`.
pub fn sale(outcome: &str, winner: Option<&Somebody>, price: Option<i64>, currency: Currency) -> String {
    match (outcome, winner, price) {
        ("sold", Some(winner), Some(price)) => format!("sold to {} for {}", winner.name(), show(currency, price)),
        ("reserve_not_met", _, _) => "not sold: the reserve was not met".to_owned(),
        ("unsold", _, _) => "not sold".to_owned(),
        (other, _, _) => other.to_owned(),
    }
}

/// How it stands: what one reads first.
pub fn standing(auction: &Auction, currency: Currency) -> String {
    let title = &auction.title;
    if auction.status.as_str() == "cancelled" {
        return format!("cancelled, {title}");
    }
    if auction.has_ended() {
        let outcome = auction.outcome.as_ref().map_or("ended", Text::as_str);
        return format!("closed, {}, {title}", sale(outcome, auction.leader.as_ref(), auction.price, currency));
    }
    let no_price = || match auction.bids {
        bids if auction.is_sealed() && bids > 0 => format!("sealed bids: {bids}"),
        _ => "no bid".to_owned(),
    };
    let price = auction.price.map_or_else(no_price, |price| format!("price {}", show(currency, price)));
    let leader = auction.leader.as_ref().map_or_else(String::new, |leader| format!(", leader {}", leader.name()));
    let minimum = auction.minimum.map_or_else(String::new, |minimum| format!(", minimum {}", show(currency, minimum)));
    format!("{}, {price}{leader}{minimum}, ends {}, {title}", auction.status, clock::utc(auction.ends_at))
}

/// Why not, and what would count.
pub fn refusal(verdict: &Refused, currency: Currency) -> String {
    let message = verdict.message.as_str();
    let minimum = verdict.minimum.map(|minimum| show(currency, minimum)).filter(|minimum| !message.contains(minimum.as_str()));
    minimum.map_or_else(|| message.to_owned(), |minimum| format!("{message} The minimum is {minimum}."))
}

/// Who is there.
pub fn watching(presence: &Presence) -> String {
    let names: Vec<_> = presence.names.iter().flatten().map(Text::as_str).collect();
    if names.is_empty() {
        format!("{} watching", presence.watching)
    } else {
        format!("{} watching: {}", presence.watching, names.join(", "))
    }
}

/// `4:32`, `1:04:32`, `2 d 1:04:32`. A second that has begun still counts.
pub fn countdown(left_ms: Millis) -> String {
    let seconds = left_ms.max(0).saturating_add(999) / 1_000;
    let (days, hours, minutes, seconds) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{seconds:02}"),
        (0, _) => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{days} d {hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::terminal::message::Message;

    #[track_caller]
    fn says(json: &Value, words: &str) {
        let euro = Currency::new("EUR", 2).expect("a currency");
        let Some(Message::Event(heard)) = Message::read(&json.to_string()) else { panic!("an event") };
        assert_eq!(event(&heard, euro), words);
    }

    #[test]
    fn each_event_is_one_line_with_its_kind_first() {
        let (ana, ben) = (json!({"id": "ana", "name": "Ana"}), json!({"id": "ben", "name": "Ben"}));
        let bid = json!({"type": "bid", "seq": 7, "at": 0, "bidder": ana, "amount": 12_050, "automatic": true, "price": 12_050, "leader": ben,
            "minimum": 12_300, "ends_at": 0, "reserve": "none"});
        says(&bid, "bid 120.50 EUR (automatic) by Ana, price 120.50 EUR, leader Ben, minimum 123.00 EUR");
        says(
            &json!({"type": "opened", "seq": 2, "at": 0, "by": null, "ends_at": 1_764_000_600_000_i64}),
            "opened, ends 2025-11-24T16:10:00.000Z",
        );
        says(&json!({"type": "said", "seq": 2, "at": 0, "from": ben, "text": "one\ntwo\u{1b}[2J"}), "said Ben: one two\u{fffd}[2J");
        says(
            &json!({"type": "extended", "seq": 2, "at": 0, "ends_at": 0, "reason": "soft_close"}),
            "extended (soft_close), ends 1970-01-01T00:00:00.000Z",
        );
        says(&json!({"type": "warned", "seq": 2, "at": 0, "stage": 2}), "warned, going twice");
        says(
            &json!({"type": "voided", "seq": 9, "at": 0, "bid": 7, "reason": "a slip", "price": 11_000, "leader": ben, "minimum": 11_250}),
            "voided bid #7: a slip, price 110.00 EUR, leader Ben",
        );
        says(
            &json!({"type": "closed", "seq": 9, "at": 0, "outcome": "sold", "winner": ana, "price": 12_050}),
            "closed, sold to Ana for 120.50 EUR",
        );
        says(
            &json!({"type": "closed", "seq": 9, "at": 0, "outcome": "sold", "winner": ana, "price": 1_000,
                "bids": [{"bidder": ana, "amount": 1_200, "at": 0}, {"bidder": ben, "amount": 1_000, "at": 0}]}),
            "closed, sold to Ana for 10.00 EUR; bids: Ana 12.00 EUR, Ben 10.00 EUR",
        );
        says(&json!({"type": "closed", "seq": 9, "at": 0, "outcome": "unsold", "winner": null, "price": null}), "closed, not sold");
        says(&json!({"type": "cancelled", "seq": 9, "at": 0, "reason": "withdrawn"}), "cancelled: withdrawn");
        says(&json!({"type": "applauded", "seq": 9, "at": 0}), "applauded");
    }

    #[test]
    fn a_countdown_ends_at_nothing_and_not_before() {
        for (left, shown) in [(-5, "0:00"), (0, "0:00"), (1, "0:01"), (59_001, "1:00"), (272_000, "4:32"), (3_600_000, "1:00:00")] {
            assert_eq!(countdown(left), shown);
        }
        assert_eq!(countdown(2 * 86_400_000 + 3_872_000), "2 d 1:04:32");
    }
}
