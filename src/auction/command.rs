//! What people ask for. All of it is checked for shape before it comes here.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Money, Person, RequestId};

/// Somebody asks for something.
#[derive(Clone, Debug)]
pub struct Command {
    /// From the session, never from the message.
    pub by: Person,
    /// With it the command is answered once for the life of the auction.
    pub request: Option<RequestId>,
    /// What is asked.
    pub act: Act,
}

/// What is asked. Two of the same request id must be equal.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Act {
    /// A bid.
    Bid(Offer),
    /// Chat: 1–[`Act::MAX_SAY`] characters.
    Say(Box<str>),
}

impl Act {
    /// The most characters of a chat line.
    pub const MAX_SAY: usize = 500;

    /// Tells one act from another of the same person. Lives in memory only: it may differ from one build to the next. Who makes two acts
    /// collide under one id of their own only learns the first one's verdict.
    pub(super) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// How a bid is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Offer {
    /// This price, stated.
    Exact(Money),
    /// Whatever it takes up to this, and no more than that.
    UpTo(Money),
}

impl Offer {
    /// How far the bid will go.
    pub const fn max(self) -> Money {
        match self {
            Offer::Exact(amount) | Offer::UpTo(amount) => amount,
        }
    }

    /// The price it states by itself.
    pub const fn floor(self) -> Money {
        match self {
            Offer::Exact(amount) => amount,
            Offer::UpTo(_) => Money::ZERO,
        }
    }
}
