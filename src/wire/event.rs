//! A public event as everyone sees it.

use schemars::JsonSchema;
use serde::Serialize;

use super::words::{ExtendReasonOut, OutcomeOut, ReserveOut, StageOut, WhyOut};
use super::{Frame, PersonOut, to_json};
use crate::auction::{Author, Event, Fact, Millis, Money, Offer, Revealed, Voided};

/// A public event of an auction: its log, without gap or repeat.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "Event")]
pub(super) enum EventOut<'a> {
    /// The auction was created.
    Created { seq: u64, at: Millis, by: PersonOut<'a>, starts_at: Millis, ends_at: Millis },
    /// It takes bids; `by` is null where the clock did it.
    Opened { seq: u64, at: Millis, by: Option<PersonOut<'a>>, ends_at: Millis },
    /// Bids are refused, and the countdown stands still.
    Paused { seq: u64, at: Millis, by: PersonOut<'a>, ends_at: Millis },
    /// It goes on, with the end moved by the time paused.
    Resumed { seq: u64, at: Millis, by: PersonOut<'a>, ends_at: Millis },
    /// A bid that counts. `amount` is what it says now, `price` and `leader` are how the auction stands after it.
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
        reserve: ReserveOut,
        why: Option<WhyOut>,
    },
    /// A sealed bid, new or in place of the bidder's last; `count`: how many have one in.
    Sealed { seq: u64, at: Millis, count: u64 },
    /// The auctioneer has taken out the bid of this seq, and all others were judged again without it.
    Voided {
        seq: u64,
        at: Millis,
        by: PersonOut<'a>,
        bid: u64,
        reason: &'a str,
        price: Option<i64>,
        leader: Option<PersonOut<'a>>,
        minimum: i64,
        bids: u64,
        reserve: ReserveOut,
        why: Option<WhyOut>,
    },
    /// The end has moved.
    Extended { seq: u64, at: Millis, ends_at: Millis, reason: ExtendReasonOut },
    /// Fair warning: going once, going twice.
    Warned { seq: u64, at: Millis, by: PersonOut<'a>, stage: StageOut },
    /// Chat.
    Said { seq: u64, at: Millis, from: PersonOut<'a>, text: &'a str },
    /// Called off.
    Cancelled { seq: u64, at: Millis, by: PersonOut<'a>, reason: &'a str },
    /// The end; `by` is null where the clock or a bid did it. `bids`: what was sealed, the best first.
    Closed {
        seq: u64,
        at: Millis,
        by: Option<PersonOut<'a>>,
        outcome: OutcomeOut,
        winner: Option<PersonOut<'a>>,
        price: Option<i64>,
        bids: Option<Vec<RevealedOut<'a>>>,
    },
}

/// A bid that was sealed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Revealed")]
pub(super) struct RevealedOut<'a> {
    bidder: PersonOut<'a>,
    amount: i64,
    at: Millis,
}

impl<'a> From<&'a Revealed> for RevealedOut<'a> {
    fn from(bid: &'a Revealed) -> Self {
        RevealedOut { bidder: (&bid.bidder).into(), amount: bid.amount.minor(), at: bid.at }
    }
}

/// Encodes an event, framed; `None` for one that is not public.
pub fn event(event: &Event) -> Option<Frame> {
    let (seq, at) = (event.seq?, event.at);
    let out = match &event.fact {
        Fact::Created { terms, by, .. } => EventOut::Created { seq, at, by: by.into(), starts_at: terms.starts_at, ends_at: terms.ends_at },
        Fact::Opened { by, ends_at } => EventOut::Opened { seq, at, by: by.as_ref().map(who), ends_at: *ends_at },
        Fact::Paused { by, ends_at } => EventOut::Paused { seq, at, by: who(by), ends_at: *ends_at },
        Fact::Resumed { by, ends_at } => EventOut::Resumed { seq, at, by: who(by), ends_at: *ends_at },
        Fact::Warned { by, stage } => EventOut::Warned { seq, at, by: who(by), stage: (*stage).into() },
        Fact::Cancelled { by, reason } => EventOut::Cancelled { seq, at, by: who(by), reason },
        Fact::Bid(bid) => EventOut::Bid {
            seq,
            at,
            bidder: (&bid.bidder).into(),
            amount: bid.amount().minor(),
            automatic: matches!(bid.offer, Offer::UpTo(_)),
            price: bid.price.minor(),
            leader: (&bid.leader).into(),
            minimum: bid.minimum.minor(),
            ends_at: bid.ends_at,
            reserve: bid.reserve.into(),
            why: bid.why.map(Into::into),
        },
        Fact::Sealed { count, .. } => EventOut::Sealed { seq, at, count: *count },
        Fact::Voided(voided) => {
            let Voided { by, bid, reason, figures, bids, .. } = &**voided;
            EventOut::Voided {
                seq,
                at,
                by: who(by),
                bid: *bid,
                reason,
                price: figures.price.map(Money::minor),
                leader: figures.leader.as_ref().map(Into::into),
                minimum: figures.minimum.minor(),
                bids: *bids,
                reserve: figures.reserve.into(),
                why: figures.why.map(Into::into),
            }
        }
        Fact::Raised(_) => return None,
        Fact::Extended { ends_at, reason } => EventOut::Extended { seq, at, ends_at: *ends_at, reason: reason.into() },
        Fact::Said { from, text, .. } => EventOut::Said { seq, at, from: from.into(), text },
        Fact::Closed { by, outcome, winner, price, bids } => EventOut::Closed {
            seq,
            at,
            by: by.as_ref().map(who),
            outcome: (*outcome).into(),
            winner: winner.as_ref().map(Into::into),
            price: price.map(Money::minor),
            bids: bids.as_ref().map(|bids| bids.iter().map(Into::into).collect()),
        },
    };
    Some(Frame::text(&to_json(&out)))
}

fn who(author: &Author) -> PersonOut<'_> {
    (&author.who).into()
}
