//! Why something was not done: a code for programs, a sentence for people, and the figures to act on (`rules.md` §7).

use super::{Currency, Millis, Money, RequestId, TermsError};

/// A refusal. Nothing happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Below the minimum.
    BidTooLow {
        /// The least that counts.
        minimum: Money,
        /// The price now, if anyone has bid.
        price: Option<Money>,
        /// The end as it stands.
        ends_at: Millis,
        /// For the sentence.
        currency: Currency,
    },
    /// The leader does not raise their own maximum by it.
    AlreadyLeading {
        /// The price now.
        price: Money,
        /// What a challenger must offer.
        minimum: Money,
        /// The end as it stands.
        ends_at: Millis,
    },
    /// Before the start.
    NotOpen,
    /// The auctioneer has paused.
    Paused,
    /// At or after the end.
    Closed {
        /// When it was.
        ends_at: Millis,
    },
    /// The seller's own bid.
    OwnAuction,
    /// Not a whole number of minor units from 1 to 10¹².
    BadAmount,
    /// The format takes no such bid; says why.
    NotForFormat(&'static str),
    /// The seq is that of no bid that stands.
    NoSuchBid(u64),
    /// Terms that cannot stand.
    BadTerms(TermsError),
    /// No such auction.
    UnknownAuction,
    /// The id is taken.
    Exists,
    /// Not theirs to do.
    Forbidden,
    /// The auctioneer's alone to do.
    NotAuctioneer,
    /// It does not fit how the auction stands; says how that is.
    NotNow(&'static str),
    /// One must be someone to do this.
    SignIn,
    /// The same request id, another body.
    IdReused(RequestId),
    /// A queue is full.
    Busy,
    /// Not a command; says what is wrong.
    Malformed(String),
    /// More bytes than are read.
    TooLarge,
    /// The log cannot write: nothing was accepted.
    Unavailable,
    /// The verdict did not come, or was lost: it may count or not.
    NoVerdict,
}

impl Refusal {
    /// Every code there is.
    pub const CODES: [&'static str; 21] = [
        "bid_too_low",
        "already_leading",
        "not_open",
        "paused",
        "closed",
        "own_auction",
        "bad_amount",
        "not_for_format",
        "no_such_bid",
        "bad_terms",
        "unknown_auction",
        "exists",
        "forbidden",
        "not_now",
        "sign_in",
        "id_reused",
        "busy",
        "malformed",
        "too_large",
        "unavailable",
        "no_verdict",
    ];

    /// The code that clients rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::BidTooLow { .. } => "bid_too_low",
            Refusal::AlreadyLeading { .. } => "already_leading",
            Refusal::NotOpen => "not_open",
            Refusal::Paused => "paused",
            Refusal::Closed { .. } => "closed",
            Refusal::OwnAuction => "own_auction",
            Refusal::BadAmount => "bad_amount",
            Refusal::NotForFormat(_) => "not_for_format",
            Refusal::NoSuchBid(_) => "no_such_bid",
            Refusal::BadTerms(_) => "bad_terms",
            Refusal::UnknownAuction => "unknown_auction",
            Refusal::Exists => "exists",
            Refusal::Forbidden | Refusal::NotAuctioneer => "forbidden",
            Refusal::NotNow(_) => "not_now",
            Refusal::SignIn => "sign_in",
            Refusal::IdReused(_) => "id_reused",
            Refusal::Busy => "busy",
            Refusal::Malformed(_) => "malformed",
            Refusal::TooLarge => "too_large",
            Refusal::Unavailable => "unavailable",
            Refusal::NoVerdict => "no_verdict",
        }
    }

    /// A sentence for a person: what is wrong, and what to do.
    pub fn message(&self) -> String {
        let text = match self {
            Refusal::BidTooLow { minimum, currency, .. } => {
                return format!("The lowest bid that counts now is {}.", currency.show(*minimum));
            }
            Refusal::NoSuchBid(seq) => {
                return format!("Event {seq} is no bid, or none that still stands: give the seq of a bid's own event.");
            }
            Refusal::BadTerms(fault) => return format!("These terms cannot stand: {fault}."),
            Refusal::IdReused(id) => {
                return format!("The id \"{}\" was already used for another command; choose a new one.", id.as_str());
            }
            Refusal::Malformed(what) => return what.clone(),
            Refusal::NotForFormat(why) | Refusal::NotNow(why) => why,
            Refusal::AlreadyLeading { .. } => "You already lead; only a higher maximum would change anything.",
            Refusal::NotOpen => "The auction has not opened yet.",
            Refusal::Paused => "The auction is paused; nothing counts until the auctioneer resumes it.",
            Refusal::Closed { .. } => "The auction has ended.",
            Refusal::OwnAuction => "You cannot bid on your own auction.",
            Refusal::BadAmount => "An amount is a whole number of minor units (cents), from 1 to 1000000000000.",
            Refusal::UnknownAuction => "There is no such auction.",
            Refusal::Exists => "There is already an auction with this id; choose another.",
            Refusal::Forbidden => "You may not do this.",
            Refusal::NotAuctioneer => "Only the auctioneer of this auction may do this.",
            Refusal::SignIn => {
                "Sign in: POST /api/session with your name or your token (again, if it no longer holds), or connect with ?name= or ?token=."
            }
            Refusal::Busy => "There is no room for this right now; nothing was accepted. Try again later.",
            Refusal::TooLarge => "That is more than is read at once; send less.",
            Refusal::NoVerdict => "There is no verdict yet, and it may still count. Ask again with the same id to learn it.",
            Refusal::Unavailable => "Bids cannot be stored right now; nothing was accepted. Try again in a moment.",
        };
        text.to_owned()
    }
}
