//! Makes sure that a bid stamped before the end is judged before the close.
//!
//! Between taking its stamp and standing in the mailbox, a bid is *arriving*. A room that wants to close, at or after its end, first waits
//! until everything that was arriving has arrived: whatever arrives later took its stamp later, and so at or after the end.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what is arriving, by turns in two counters, so that a steady stream of new ones cannot hold up a close.
#[derive(Debug, Default)]
pub struct Arrivals {
    turn: AtomicUsize,
    counts: [AtomicUsize; 2],
}

/// Something is arriving for as long as this lives. Hold it across no `.await`.
#[derive(Debug)]
pub struct Arriving<'a> {
    count: &'a AtomicUsize,
}

impl Arrivals {
    /// To be called before the stamp is taken.
    pub fn enter(&self) -> Arriving<'_> {
        loop {
            let turn = self.turn.load(Ordering::SeqCst);
            let count = &self.counts[turn & 1];
            count.fetch_add(1, Ordering::SeqCst);
            if self.turn.load(Ordering::SeqCst) == turn {
                return Arriving { count };
            }
            count.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Returns once all that were arriving when it was called have arrived. One caller at a time: the room.
    pub async fn settle(&self) {
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        // What holds this up is a few instructions of another thread, or that thread's turn on the processor.
        while self.counts[turn & 1].load(Ordering::SeqCst) != 0 {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}
