//! A public event as everyone sees it.

use serde::Serialize;

use super::{Frame, PersonOut, to_json};
use crate::auction::{Author, Event, ExtendReason, Fact, Millis, Outcome, Reserve};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum EventOut<'a> {
    Created {
        seq: u64,
        at: Millis,
        by: PersonOut<'a>,
        starts_at: Millis,
        ends_at: Millis,
    },
    Opened {
        seq: u64,
        at: Millis,
        by: Option<PersonOut<'a>>,
        ends_at: Millis,
    },
    Paused {
        seq: u64,
        at: Millis,
        by: PersonOut<'a>,
        ends_at: Millis,
    },
    Resumed {
        seq: u64,
        at: Millis,
        by: PersonOut<'a>,
        ends_at: Millis,
    },
    Bid {
        seq: u64,
        at: Millis,
        bidder: PersonOut<'a>,
        amount: i64,
        automatic: bool,
        price: i64,
        leader: PersonOut<'a>,
        minimum: i64,
        ends_at: Millis,
        reserve: &'static str,
    },
    Extended {
        seq: u64,
        at: Millis,
        ends_at: Millis,
        reason: &'static str,
    },
    Warned {
        seq: u64,
        at: Millis,
        by: PersonOut<'a>,
        stage: u8,
    },
    Said {
        seq: u64,
        at: Millis,
        from: PersonOut<'a>,
        text: &'a str,
    },
    Cancelled {
        seq: u64,
        at: Millis,
        by: PersonOut<'a>,
        reason: &'a str,
    },
    Closed {
        seq: u64,
        at: Millis,
        by: Option<PersonOut<'a>>,
        outcome: &'static str,
        winner: Option<PersonOut<'a>>,
        price: Option<i64>,
    },
}

/// Encodes an event, framed; `None` for one that is not public.
pub fn event(event: &Event) -> Option<Frame> {
    let (seq, at) = (event.seq?, event.at);
    let out = match &event.fact {
        Fact::Created { terms, by, .. } => EventOut::Created { seq, at, by: by.into(), starts_at: terms.starts_at, ends_at: terms.ends_at },
        Fact::Opened { by, ends_at } => EventOut::Opened { seq, at, by: by.as_ref().map(who), ends_at: *ends_at },
        Fact::Paused { by, ends_at } => EventOut::Paused { seq, at, by: who(by), ends_at: *ends_at },
        Fact::Resumed { by, ends_at } => EventOut::Resumed { seq, at, by: who(by), ends_at: *ends_at },
        Fact::Warned { by, stage } => EventOut::Warned { seq, at, by: who(by), stage: stage.number() },
        Fact::Cancelled { by, reason } => EventOut::Cancelled { seq, at, by: who(by), reason },
        Fact::Bid(bid) => EventOut::Bid {
            seq,
            at,
            bidder: (&bid.bidder).into(),
            amount: bid.amount().minor(),
            automatic: matches!(bid.offer, crate::auction::Offer::UpTo(_)),
            price: bid.price.minor(),
            leader: (&bid.leader).into(),
            minimum: bid.minimum.minor(),
            ends_at: bid.ends_at,
            reserve: reserve(bid.reserve),
        },
        Fact::Raised(_) => return None,
        Fact::Extended { ends_at, reason: why } => EventOut::Extended { seq, at, ends_at: *ends_at, reason: reason(why) },
        Fact::Said { from, text, .. } => EventOut::Said { seq, at, from: from.into(), text },
        Fact::Closed { by, outcome: how, winner, price } => EventOut::Closed {
            seq,
            at,
            by: by.as_ref().map(who),
            outcome: outcome(*how),
            winner: winner.as_ref().map(Into::into),
            price: price.map(crate::auction::Money::minor),
        },
    };
    Some(Frame::text(&to_json(&out)))
}

fn who(author: &Author) -> PersonOut<'_> {
    (&author.who).into()
}

const fn reason(reason: &ExtendReason) -> &'static str {
    match reason {
        ExtendReason::SoftClose => "soft_close",
        ExtendReason::Auctioneer { .. } => "auctioneer",
    }
}

/// `none`, `unmet`, `met`.
pub(super) const fn reserve(reserve: Reserve) -> &'static str {
    match reserve {
        Reserve::None => "none",
        Reserve::Unmet => "unmet",
        Reserve::Met => "met",
    }
}

/// `sold`, `unsold`, `reserve_not_met`.
pub(super) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Sold => "sold",
        Outcome::Unsold => "unsold",
        Outcome::ReserveNotMet => "reserve_not_met",
    }
}
