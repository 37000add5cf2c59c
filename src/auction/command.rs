//! What people ask for. All of it is checked for shape before it comes here.

use super::{Millis, Money, Person, RequestId};

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
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// A bid.
    Bid(Offer),
    /// Chat: 1–[`Act::MAX_SAY`] characters.
    Say(Box<str>),
    /// Opens before its time.
    Open,
    /// Takes no bids for a while; the countdown stops.
    Pause,
    /// Goes on; the end moves by the time paused.
    Resume,
    /// Fair warning.
    Warn(Stage),
    /// Closes now.
    Hammer,
    /// Moves the end on by 1–[`Act::MAX_EXTEND_MS`] milliseconds.
    Extend(Millis),
    /// Calls the auction off, with a reason of 1–[`Act::MAX_SAY`] characters.
    Cancel(Box<str>),
    /// Takes a bid out, and judges all the others again without it.
    Void {
        /// The seq of the bid's event.
        bid: u64,
        /// 1–[`Act::MAX_SAY`] characters; may be empty in a preview.
        reason: Box<str>,
        /// Only says what would change.
        preview: bool,
    },
    /// Live text of 0–[`Act::MAX_SAY`] characters: each replaces the last, none is stored.
    Announce(Box<str>),
}

/// How far a fair warning has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// "Going once."
    Once,
    /// "Going twice."
    Twice,
}

impl Stage {
    /// The stage of this number, 1 or 2.
    pub const fn of(number: u8) -> Option<Stage> {
        match number {
            1 => Some(Stage::Once),
            2 => Some(Stage::Twice),
            _ => None,
        }
    }

    /// 1 or 2.
    pub const fn number(self) -> u8 {
        match self {
            Stage::Once => 1,
            Stage::Twice => 2,
        }
    }
}

impl Act {
    /// The most characters of a chat line, of a reason, of live text.
    pub const MAX_SAY: usize = 500;
    /// The furthest that the end is moved at once: a day.
    pub const MAX_EXTEND_MS: Millis = 24 * 3_600_000;

    /// Whether only the auctioneer may ask this.
    pub const fn is_auctioneers(&self) -> bool {
        !matches!(self, Act::Bid(_) | Act::Say(_))
    }

    /// Whether bids stamped after it are refused that would count before it: all that was stamped earlier must be judged first.
    pub const fn stops_bids(&self) -> bool {
        matches!(self, Act::Pause | Act::Hammer | Act::Cancel(_))
    }

    /// Tells one act from another of the same person; the same in every build, for it is stored. Who makes two acts collide under one id of
    /// their own only learns the first one's verdict.
    pub(super) fn digest(&self) -> u64 {
        match self {
            Act::Bid(offer) => offer.digest(),
            Act::Say(text) => digest(Kind::Say, text.as_bytes()),
            Act::Open => digest(Kind::Open, &[]),
            Act::Pause => digest(Kind::Pause, &[]),
            Act::Resume => digest(Kind::Resume, &[]),
            Act::Warn(stage) => digest(Kind::Warn, &[stage.number()]),
            Act::Hammer => digest(Kind::Hammer, &[]),
            Act::Extend(by_ms) => digest(Kind::Extend, &by_ms.to_le_bytes()),
            Act::Cancel(reason) => digest(Kind::Cancel, reason.as_bytes()),
            Act::Void { bid, reason, .. } => digest(Kind::Void, &[&bid.to_le_bytes(), reason.as_bytes()].concat()),
            Act::Announce(text) => digest(Kind::Announce, text.as_bytes()),
        }
    }
}

/// What is asked, as it is told apart in a digest: never to be changed.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Kind {
    Say = b's',
    Exact = b'e',
    UpTo = b'u',
    Open = b'o',
    Pause = b'p',
    Resume = b'r',
    Warn = b'w',
    Hammer = b'h',
    Extend = b'x',
    Cancel = b'c',
    Announce = b'a',
    Void = b'v',
    AsAsked = b't',
    Create = b'n',
}

/// How a bid is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offer {
    /// This price, stated.
    Exact(Money),
    /// Whatever it takes up to this, and no more than that.
    UpTo(Money),
    /// The price of the moment, whatever it is.
    AsAsked,
}

/// The digest of asking for this kind of thing with these bytes.
pub(super) fn digest(kind: Kind, bytes: &[u8]) -> u64 {
    fnv1a(kind as u8, bytes)
}

/// The digest of asking for an auction on these terms, in a form in which equal terms are equal bytes.
pub fn terms_digest(canonical: &[u8]) -> u64 {
    digest(Kind::Create, canonical)
}

/// FNV-1a, 64 bits: what is asked, then with what.
fn fnv1a(kind: u8, bytes: &[u8]) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    std::iter::once(&kind).chain(bytes).fold(0xcbf2_9ce4_8422_2325, fold)
}

impl Offer {
    /// The digest of bidding this.
    pub(super) fn digest(self) -> u64 {
        match self {
            Offer::Exact(amount) => digest(Kind::Exact, &amount.minor().to_le_bytes()),
            Offer::UpTo(max) => digest(Kind::UpTo, &max.minor().to_le_bytes()),
            Offer::AsAsked => digest(Kind::AsAsked, &[]),
        }
    }

    /// How far the bid will go.
    pub const fn max(self) -> Money {
        match self {
            Offer::Exact(amount) | Offer::UpTo(amount) => amount,
            Offer::AsAsked => Money::ZERO,
        }
    }

    /// The price it states by itself.
    pub const fn floor(self) -> Money {
        match self {
            Offer::Exact(amount) => amount,
            Offer::UpTo(_) | Offer::AsAsked => Money::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests are stored: should one of these change, every snapshot out there lies.
    #[test]
    fn digests_never_change() {
        let amount = Money::new(1_700).expect("an amount");
        assert_eq!(Act::Bid(Offer::Exact(amount)).digest(), 0xc577_04c4_3f41_d42e);
        assert_eq!(Act::Bid(Offer::UpTo(amount)).digest(), 0x3d6a_985a_cd1e_ad1e);
        assert_eq!(Act::Say("¿Quién da más?".into()).digest(), 0xab86_efb4_33cc_523e);
        // The hash itself, by its authors' own example.
        assert_eq!(fnv1a(b'f', b"oobar"), 0x8594_4171_f739_67e8);
    }
}
