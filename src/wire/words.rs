//! The words that stand for one of a few things. Each list here is all that the wire can say of it, and all that the documents name.

use schemars::JsonSchema;
use serde::Serialize;

use super::to_json;
use crate::auction::{ExtendReason, Format, Outcome, Reserve, Stage, Status, Why};

/// What may be told of a reserve.
#[derive(Serialize, JsonSchema, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Reserve")]
pub enum ReserveOut {
    /// There is none.
    None,
    /// No sale at this price.
    Unmet,
    /// Sold, if nothing more happens.
    Met,
}

impl From<Reserve> for ReserveOut {
    fn from(reserve: Reserve) -> Self {
        match reserve {
            Reserve::None => ReserveOut::None,
            Reserve::Unmet => ReserveOut::Unmet,
            Reserve::Met => ReserveOut::Met,
        }
    }
}

/// How an auction ended.
#[derive(Serialize, JsonSchema, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Outcome")]
pub enum OutcomeOut {
    /// To the leader, at the price.
    Sold,
    /// Nobody bid.
    Unsold,
    /// Bids, but below the reserve.
    ReserveNotMet,
}

impl From<Outcome> for OutcomeOut {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Sold => OutcomeOut::Sold,
            Outcome::Unsold => OutcomeOut::Unsold,
            Outcome::ReserveNotMet => OutcomeOut::ReserveNotMet,
        }
    }
}

/// Why the end moved.
#[derive(Serialize, JsonSchema, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ExtendReason")]
pub(super) enum ExtendReasonOut {
    /// A late bid.
    SoftClose,
    /// The auctioneer gave more time.
    Auctioneer,
    /// The server was away shortly before the end, or across it.
    Outage,
}

impl From<&ExtendReason> for ExtendReasonOut {
    fn from(reason: &ExtendReason) -> Self {
        match reason {
            ExtendReason::SoftClose => ExtendReasonOut::SoftClose,
            ExtendReason::Auctioneer { .. } => ExtendReasonOut::Auctioneer,
            ExtendReason::Outage => ExtendReasonOut::Outage,
        }
    }
}

/// Where an auction is in its life.
#[derive(Serialize, JsonSchema, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Status")]
pub enum StatusOut {
    /// Not open yet.
    Scheduled,
    /// Takes bids.
    Open,
    /// The auctioneer has stopped the countdown.
    Paused,
    /// Ended.
    Closed,
    /// Called off.
    Cancelled,
}

impl From<Status> for StatusOut {
    fn from(status: Status) -> Self {
        match status {
            Status::Scheduled => StatusOut::Scheduled,
            Status::Open => StatusOut::Open,
            Status::Paused => StatusOut::Paused,
            Status::Closed => StatusOut::Closed,
            Status::Cancelled => StatusOut::Cancelled,
        }
    }
}

/// By which rules it is won.
#[derive(Serialize, JsonSchema, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Format")]
pub enum FormatOut {
    /// Open bids that rise.
    English,
    /// The price falls until somebody takes it.
    Dutch,
    /// Hidden bids; the highest bidder pays their own.
    Sealed,
    /// Hidden bids; the highest bidder pays the second highest.
    Vickrey,
}

impl From<Format> for FormatOut {
    fn from(format: Format) -> Self {
        match format {
            Format::English => FormatOut::English,
            Format::Dutch(_) => FormatOut::Dutch,
            Format::Sealed => FormatOut::Sealed,
            Format::Vickrey => FormatOut::Vickrey,
        }
    }
}

/// Why the price is what it is.
#[derive(Serialize, JsonSchema, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Why")]
pub enum WhyOut {
    /// Nobody else has bid: the start.
    Start,
    /// One step above the next highest offer.
    Step,
    /// The leader's own maximum caps it, less than a step above the next highest offer.
    Cap,
    /// Two offered the same maximum: the earlier leads at it.
    Tie,
    /// The leader stated it.
    Stated,
    /// The leader's maximum reaches the reserve: the price jumped to it.
    Reserve,
    /// A price once reached does not fall.
    Held,
    /// Bought at once.
    BuyNow,
    /// What the falling price had come to.
    Clock,
}

impl From<Why> for WhyOut {
    fn from(why: Why) -> Self {
        match why {
            Why::Start => WhyOut::Start,
            Why::Step => WhyOut::Step,
            Why::Cap => WhyOut::Cap,
            Why::Tie => WhyOut::Tie,
            Why::Stated => WhyOut::Stated,
            Why::Reserve => WhyOut::Reserve,
            Why::Held => WhyOut::Held,
            Why::BuyNow => WhyOut::BuyNow,
            Why::Clock => WhyOut::Clock,
        }
    }
}

/// Where a bid that was accepted has put its bidder.
#[derive(Serialize, JsonSchema, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Standing")]
pub(super) enum StandingOut {
    /// Nobody offers more.
    Leading,
    /// Somebody had left a higher maximum, or the same one earlier.
    Outbid,
    /// Among sealed bids: nobody knows before the close.
    Placed,
}

/// What somebody may do.
#[derive(Serialize, JsonSchema, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Role")]
pub(super) enum RoleOut {
    /// Bid, and talk.
    Bidder,
    /// Create auctions, and run one's own.
    Auctioneer,
}

/// Fair warning: 1 (going once) or 2 (going twice).
#[derive(Serialize, JsonSchema, Clone, Copy, Debug)]
#[schemars(rename = "Stage")]
pub struct StageOut(#[schemars(range(min = 1, max = 2))] u8);

impl From<Stage> for StageOut {
    fn from(stage: Stage) -> Self {
        StageOut(stage.number())
    }
}

/// The word alone, for a summary that is kept.
pub(super) fn word<T: Serialize>(of: &T) -> String {
    let quoted = String::from_utf8(to_json(of)).expect("serde_json writes UTF-8");
    quoted.trim_matches('"').to_owned()
}
