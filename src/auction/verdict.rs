//! What somebody is told whose command was accepted.

use std::num::NonZeroU32;
use std::ops::Deref;

use super::formats::Figures;
use super::{Millis, Money};

/// The verdict on a command that was accepted. The same command gets it again for the life of the auction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accepted {
    /// Of its public event, if it has one.
    pub seq: Option<u64>,
    /// When it was accepted.
    pub at: Millis,
    /// For a bid: how it stood then.
    pub standing: Option<Standing>,
}

/// How a bid stood when it was judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Among sealed bids: nobody knows yet.
    Placed,
    /// Among open ones.
    Ranked {
        /// `None` where the bidder led by it.
        outbid: Option<OutbidBy>,
        /// The price by it.
        price: Money,
        /// What the next challenger had to offer.
        minimum: Money,
    },
}

/// Why a bid that was high enough did not lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutbidBy {
    /// The leader had left the same maximum before.
    Tie,
    /// The leader's maximum was higher by less than a step: it caps the price.
    Cap,
    /// The leader's maximum was higher.
    Maximum,
}

/// What taking a bid out would change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview {
    /// As it stands, and how many bids count.
    pub before: (Figures, u64),
    /// As it would stand.
    pub after: (Figures, u64),
}

/// The verdict as it is given: to whom it is, and what is only for now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granted {
    /// What holds for ever.
    pub accepted: Accepted,
    /// The number by which the others know whoever asked, where there is one.
    pub alias: Option<NonZeroU32>,
    /// What would change.
    pub preview: Option<Box<Preview>>,
}

impl From<Accepted> for Granted {
    fn from(accepted: Accepted) -> Granted {
        Granted { accepted, alias: None, preview: None }
    }
}

impl Deref for Granted {
    type Target = Accepted;

    fn deref(&self) -> &Accepted {
        &self.accepted
    }
}
