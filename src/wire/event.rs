//! A public event as everyone sees it.

use serde::Serialize;

use super::{Frame, PersonOut, to_json};
use crate::auction::{Event, ExtendReason, Fact, Millis, Outcome, Reserve};

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
    Said {
        seq: u64,
        at: Millis,
        from: PersonOut<'a>,
        text: &'a str,
    },
    Closed {
        seq: u64,
        at: Millis,
        outcome: &'static str,
        winner: Option<PersonOut<'a>>,
        price: Option<i64>,
    },
}

/// Encodes an event, framed; `None` for one that is not public.
pub fn event(event: &Event) -> Option<Frame> {
    let (seq, at) = (event.seq?, event.at);
    let out = match &event.fact {
        Fact::Created { terms, by } => EventOut::Created { seq, at, by: by.into(), starts_at: terms.starts_at, ends_at: terms.ends_at },
        Fact::Opened { by, ends_at } => EventOut::Opened { seq, at, by: by.as_ref().map(Into::into), ends_at: *ends_at },
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
        Fact::Extended { ends_at, reason: ExtendReason::SoftClose } => {
            EventOut::Extended { seq, at, ends_at: *ends_at, reason: "soft_close" }
        }
        Fact::Said { from, text, .. } => EventOut::Said { seq, at, from: from.into(), text },
        Fact::Closed { outcome: how, winner, price } => EventOut::Closed {
            seq,
            at,
            outcome: outcome(*how),
            winner: winner.as_ref().map(Into::into),
            price: price.map(crate::auction::Money::minor),
        },
    };
    Some(Frame::text(&to_json(&out)))
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
