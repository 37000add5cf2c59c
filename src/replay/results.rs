//! The table of what became of each auction, in the order of their first rows: the same file gives the same bytes.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;

use super::output::Output;
use super::trouble::Trouble;
use crate::auction::Money;

/// How an auction stood after its last row.
#[derive(Debug)]
pub struct Ended {
    /// The how-manieth auction of the file it is, from 0.
    pub turn: u64,
    /// Its name.
    pub auction: Arc<[u8]>,
    /// Its price, once somebody had bid.
    pub price: Option<Money>,
    /// Who led, once somebody had bid.
    pub leader: Option<Arc<str>>,
    /// Bids that counted.
    pub accepted: u64,
    /// Bids that did not.
    pub refused: u64,
}

/// The table under way.
pub struct Results {
    out: csv::Writer<Output>,
    /// The turn that is written next.
    next: u64,
    /// Those from the next turn on that have ended, while one before them is still open.
    waiting: VecDeque<Option<Ended>>,
}

impl Results {
    /// Into `out`.
    pub fn new(out: Output) -> Results {
        Results { out: csv::Writer::from_writer(out), next: 0, waiting: VecDeque::new() }
    }

    /// Names the columns.
    pub fn head(&mut self) -> Result<(), Trouble> {
        self.out.write_record(["auction", "price", "leader", "accepted", "refused"]).map_err(|error| unwritten(&error))
    }

    /// One more has ended: it is written, or waits for its turn.
    pub fn take(&mut self, ended: Ended) -> Result<(), Trouble> {
        if ended.turn != self.next {
            let place = usize::try_from(ended.turn.saturating_sub(self.next)).expect("as many wait as fit into memory");
            if self.waiting.len() <= place {
                self.waiting.resize_with(place + 1, || None);
            }
            self.waiting[place] = Some(ended);
            return Ok(());
        }
        self.write(&ended)?;
        self.waiting.pop_front();
        while let Some(Some(_)) = self.waiting.front() {
            if let Some(Some(next)) = self.waiting.pop_front() {
                self.write(&next)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, ended: &Ended) -> Result<(), Trouble> {
        self.next += 1;
        let price = ended.price.map(|price| price.minor().to_string()).unwrap_or_default();
        let leader = ended.leader.as_deref().unwrap_or_default();
        let (accepted, refused) = (ended.accepted.to_string(), ended.refused.to_string());
        let line = [&*ended.auction, price.as_bytes(), leader.as_bytes(), accepted.as_bytes(), refused.as_bytes()];
        self.out.write_record(line).map_err(|error| unwritten(&error))
    }

    /// All is there, or nothing more will come.
    pub fn finish(mut self) -> Result<(), Trouble> {
        self.out.flush().map_err(|error| Trouble::writing("the table", &error))?;
        let mut out = self.out.into_inner().map_err(|error| Trouble::writing("the table", error.error()))?;
        out.flush().map_err(|error| Trouble::writing("the table", &error))
    }
}

fn unwritten(error: &csv::Error) -> Trouble {
    match error.kind() {
        csv::ErrorKind::Io(error) => Trouble::writing("the table", error),
        _ => Trouble::Failed(format!("cannot write the table: {error}")),
    }
}
