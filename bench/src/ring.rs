//! The bids of one room that are under way, found by their amount.

/// One bid.
#[derive(Clone, Copy, Default, Debug)]
pub struct Bid {
    pub amount: u64,
    /// When it was sent, or should have been, in nanoseconds.
    pub sent: u64,
    /// The seq of its event; 0 until someone has seen it.
    pub seq: u64,
    /// How many sockets have received its event.
    pub received: u32,
    /// Which of the room's bidders it is from.
    pub bidder: u32,
    /// Neither done nor given up.
    pub pending: bool,
    /// It has its verdict.
    pub judged: bool,
}

/// The last bids of a room. A new one takes the place of the oldest.
pub struct Ring {
    bids: Box<[Bid]>,
}

impl Ring {
    /// Room for at least so many.
    pub fn new(size: usize) -> Ring {
        Ring { bids: vec![Bid::default(); size.max(2).next_power_of_two()].into() }
    }

    #[inline]
    fn slot(&self, amount: u64) -> usize {
        usize::try_from(amount).unwrap_or(0) & (self.bids.len() - 1)
    }

    /// The bid with this amount, if it is remembered.
    #[inline]
    pub fn find(&mut self, amount: u64) -> Option<&mut Bid> {
        let slot = self.slot(amount);
        self.bids.get_mut(slot).filter(|bid| bid.amount == amount)
    }

    /// Puts a bid in. Answers the one it replaces.
    pub fn put(&mut self, bid: Bid) -> Bid {
        std::mem::replace(&mut self.bids[self.slot(bid.amount)], bid)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Bid> {
        self.bids.iter_mut()
    }
}
