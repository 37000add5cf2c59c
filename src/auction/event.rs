//! What happened. Events hold the outcome of a decision, so that a later change of the rules rewrites no history.

use std::sync::Arc;

use super::formats::{Amended, Figures, Revealed, Why};
use super::{Act, Command, Millis, Money, Offer, Person, RequestId, Stage, Terms};

/// One thing that happened in an auction.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// From 1, without gaps, over the public events of the auction; `None` for what only its author learns.
    pub seq: Option<u64>,
    /// The stamp of the command, or the time of the clock's own act; never before the event before it.
    pub at: Millis,
    /// What.
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// The auction is there. Always the first.
    Created {
        /// All of them, the reserve too.
        terms: Arc<Terms>,
        /// The seller.
        by: Person,
        /// What the seller's client calls it, and the digest of what it asked for.
        request: Option<(RequestId, u64)>,
    },
    /// Bids are taken from now on.
    Opened {
        /// `None`: the clock.
        by: Option<Author>,
        /// The end as it now stands.
        ends_at: Millis,
    },
    /// No bids are taken until it goes on, and the countdown stands still.
    Paused {
        /// The auctioneer.
        by: Author,
        /// The end as it stood: it moves when the auction goes on.
        ends_at: Millis,
    },
    /// It goes on.
    Resumed {
        /// The auctioneer.
        by: Author,
        /// The new end.
        ends_at: Millis,
    },
    /// Fair warning, until the next bid.
    Warned {
        /// The auctioneer.
        by: Author,
        /// How far it has come.
        stage: Stage,
    },
    /// A bid that stands, or was outbid at once.
    Bid(Box<BidPlaced>),
    /// The leader raised their own maximum, and no price moved: not public.
    Raised(Box<BidPlaced>),
    /// A sealed bid, which replaces the bidder's last one.
    Sealed {
        /// Who. Nobody else's business before the close.
        bidder: Person,
        /// How much, which is so too.
        amount: Money,
        /// The client's name for it.
        request: Option<RequestId>,
        /// How many have a bid in.
        count: u64,
    },
    /// A bid was taken out, and all the others were judged again without it.
    Voided(Box<Voided>),
    /// The end moved.
    Extended {
        /// The new end.
        ends_at: Millis,
        /// Why.
        reason: ExtendReason,
    },
    /// Chat.
    Said {
        /// Who.
        from: Person,
        /// 1–500 characters.
        text: Box<str>,
        /// The client's name for it.
        request: Option<RequestId>,
    },
    /// Called off: nobody buys.
    Cancelled {
        /// The auctioneer.
        by: Author,
        /// 1–500 characters.
        reason: Box<str>,
    },
    /// The end.
    Closed {
        /// `None`: the clock.
        by: Option<Author>,
        /// How it ended.
        outcome: Outcome,
        /// The buyer, where it is sold.
        winner: Option<Person>,
        /// What the buyer pays; where the reserve was not met, the highest price stated.
        price: Option<Money>,
        /// What was sealed until now, the best first.
        bids: Option<Vec<Revealed>>,
    },
}

impl Fact {
    /// Whether everyone learns of it.
    pub const fn is_public(&self) -> bool {
        !matches!(self, Fact::Raised(_))
    }

    /// What was asked for that led to this; `None` where nobody asked, and for a creation, which is asked of no auction.
    pub fn command(&self) -> Option<Command> {
        let (by, request, act) = match self {
            Fact::Bid(bid) | Fact::Raised(bid) => (&bid.bidder, &bid.request, Act::Bid(bid.offer)),
            Fact::Said { from, text, request } => (from, request, Act::Say(text.clone())),
            Fact::Sealed { bidder, amount, request, .. } => (bidder, request, Act::Bid(Offer::Exact(*amount))),
            Fact::Voided(voided) => {
                let reason = voided.reason.clone();
                voided.by.asked(Act::Void { bid: voided.bid, reason, preview: false })
            }
            Fact::Opened { by: Some(by), .. } => by.asked(Act::Open),
            Fact::Paused { by, .. } => by.asked(Act::Pause),
            Fact::Resumed { by, .. } => by.asked(Act::Resume),
            Fact::Warned { by, stage } => by.asked(Act::Warn(*stage)),
            Fact::Extended { reason: ExtendReason::Auctioneer { by, by_ms }, .. } => by.asked(Act::Extend(*by_ms)),
            Fact::Closed { by: Some(by), .. } => by.asked(Act::Hammer),
            Fact::Cancelled { by, reason } => by.asked(Act::Cancel(reason.clone())),
            Fact::Created { .. }
            | Fact::Opened { by: None, .. }
            | Fact::Closed { by: None, .. }
            | Fact::Extended { reason: ExtendReason::SoftClose | ExtendReason::Outage, .. } => return None,
        };
        Some(Command { by: by.clone(), request: request.clone(), act })
    }
}

/// Whose command it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Author {
    /// Who.
    pub who: Person,
    /// The client's name for it.
    pub request: Option<RequestId>,
}

impl Author {
    fn asked(&self, act: Act) -> (&Person, &Option<RequestId>, Act) {
        (&self.who, &self.request, act)
    }
}

/// A bid and what it led to.
#[derive(Clone, PartialEq, Debug)]
pub struct BidPlaced {
    /// Who bid.
    pub bidder: Person,
    /// What was offered. The maximum of an automatic bid is nobody else's business.
    pub offer: Offer,
    /// The client's name for it.
    pub request: Option<RequestId>,
    /// Who leads now.
    pub leader: Person,
    /// The price now.
    pub price: Money,
    /// What a challenger must now offer.
    pub minimum: Money,
    /// The end before any extension by this bid.
    pub ends_at: Millis,
    /// Whether the reserve is met now.
    pub reserve: Reserve,
    /// Why the price is what it is; `None` where it was recorded before this was told.
    pub why: Option<Why>,
}

/// A bid that was taken out, and what is left.
#[derive(Clone, PartialEq, Debug)]
pub struct Voided {
    /// The auctioneer.
    pub by: Author,
    /// The seq of the bid.
    pub bid: u64,
    /// 1–500 characters.
    pub reason: Box<str>,
    /// How the other bids stand without it.
    pub after: Amended,
    /// That, for everyone.
    pub figures: Figures,
    /// How many bids count now.
    pub bids: u64,
}

impl BidPlaced {
    /// Whether the bidder leads by it.
    pub fn leads(&self) -> bool {
        self.leader == self.bidder
    }

    /// The bidder's bid as it now stands for all to see: the price for the leader, else all they would give (it was not enough).
    pub fn amount(&self) -> Money {
        if self.leads() { self.price } else { self.offer.max() }
    }
}

/// Why an end moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExtendReason {
    /// A late bid.
    SoftClose,
    /// The auctioneer gives more time.
    Auctioneer {
        /// The auctioneer.
        by: Author,
        /// How much was asked for.
        by_ms: Millis,
    },
    /// The server was away shortly before the end, or across it.
    Outage,
}

/// How an auction ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// To the leader, at the price.
    Sold,
    /// Nobody bid.
    Unsold,
    /// Bids, but below the reserve.
    ReserveNotMet,
}

/// What may be told of a reserve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reserve {
    /// There is none.
    None,
    /// No sale at this price.
    Unmet,
    /// Sold, if nothing more happens.
    Met,
}
