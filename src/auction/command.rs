//! What people ask for. All of it is checked for shape before it comes here.

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
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// A bid.
    Bid(Offer),
    /// Chat: 1–[`Act::MAX_SAY`] characters.
    Say(Box<str>),
}

impl Act {
    /// The most characters of a chat line.
    pub const MAX_SAY: usize = 500;

    /// Tells one act from another of the same person; the same in every build, for it is stored. Who makes two acts collide under one id of
    /// their own only learns the first one's verdict.
    pub(super) fn digest(&self) -> u64 {
        match self {
            Act::Bid(offer) => offer.digest(),
            Act::Say(text) => say_digest(text),
        }
    }
}

/// How a bid is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offer {
    /// This price, stated.
    Exact(Money),
    /// Whatever it takes up to this, and no more than that.
    UpTo(Money),
}

/// The digest of saying `text`.
pub(super) fn say_digest(text: &str) -> u64 {
    fnv1a(b's', text.as_bytes())
}

/// FNV-1a, 64 bits: what is asked, then with what.
fn fnv1a(kind: u8, bytes: &[u8]) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    std::iter::once(&kind).chain(bytes).fold(0xcbf2_9ce4_8422_2325, fold)
}

impl Offer {
    /// The digest of bidding this.
    pub(super) fn digest(self) -> u64 {
        let (kind, money) = match self {
            Offer::Exact(amount) => (b'e', amount),
            Offer::UpTo(max) => (b'u', max),
        };
        fnv1a(kind, &money.minor().to_le_bytes())
    }

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
