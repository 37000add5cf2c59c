//! Whether every socket got every event, once and in order.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

/// Missing events are remembered for so many a socket, so that a late one can be told from a repeated one.
const REMEMBERED: usize = 10_000;

/// What went wrong on the way, over all sockets.
#[derive(Serialize, Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Faults {
    /// Events that never came.
    pub gaps: u64,
    /// Events that came again.
    pub repeats: u64,
    /// Events that came after a later one.
    pub disorder: u64,
}

/// Checks seqs.
#[derive(Default)]
pub struct Order {
    pub faults: Faults,
    /// What sockets are waiting for. Empty as long as all is well.
    missing: HashMap<u32, BTreeSet<u64>>,
}

impl Order {
    /// Notes that `socket`, whose last event was `last`, got the event `seq`. Tells whether it is new to it. A socket that has had none
    /// (`last` is 0 and `fresh`) begins wherever it likes.
    #[inline]
    pub fn note(&mut self, socket: u32, last: &mut u64, seq: u64) -> bool {
        if seq == *last + 1 {
            *last = seq;
            return true;
        }
        self.odd(socket, last, seq)
    }

    #[cold]
    fn odd(&mut self, socket: u32, last: &mut u64, seq: u64) -> bool {
        if *last == UNKNOWN {
            *last = seq;
            return true;
        }
        if seq > *last {
            self.faults.gaps += seq - *last - 1;
            let missing = self.missing.entry(socket).or_default();
            missing.extend((*last + 1..seq).take(REMEMBERED.saturating_sub(missing.len())));
            *last = seq;
            return true;
        }
        let late = self.missing.get_mut(&socket).is_some_and(|missing| missing.remove(&seq));
        if late {
            self.faults.gaps -= 1;
            self.faults.disorder += 1;
        } else {
            self.faults.repeats += 1;
        }
        late
    }

    /// `socket` starts over: what it missed will not come any more.
    pub fn restart(&mut self, socket: u32) {
        self.missing.remove(&socket);
    }
}

/// The last seq of a socket that has yet to see its first event.
pub const UNKNOWN: u64 = u64::MAX - 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(seqs: &[u64]) -> Faults {
        let (mut order, mut last) = (Order::default(), UNKNOWN);
        for seq in seqs {
            order.note(1, &mut last, *seq);
        }
        order.faults
    }

    #[test]
    fn each_fault_is_counted_as_what_it_is() {
        assert_eq!(faults(&[4, 5, 6]), Faults::default());
        assert_eq!(faults(&[1, 2, 5]), Faults { gaps: 2, ..Faults::default() });
        assert_eq!(faults(&[1, 2, 2, 3, 1]), Faults { repeats: 2, ..Faults::default() });
        assert_eq!(faults(&[1, 3, 2, 4]), Faults { disorder: 1, ..Faults::default() });
        assert_eq!(faults(&[1, 3, 2, 2, 4]), Faults { disorder: 1, repeats: 1, ..Faults::default() });
        assert_eq!(faults(&[0, 1, 2]), Faults::default());
    }
}
