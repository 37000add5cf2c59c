//! Taking a bid out: all the others are judged again in their order, as if it had never been made (`rules.md` §6, void).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::formats::{Amended, Book, Figures};
use super::verdict::Preview;
use super::{Accepted, Auction, Author, Command, Decision, Event, Fact, Millis, Person, Refusal, Terms, Voided, decide};

/// An auction run again without a bid. It keeps no bid itself: every event of the auction is handed to [`fold`](Replay::fold), in its order,
/// and then it [`concludes`](Replay::conclude).
#[derive(Clone, Debug)]
pub struct Replay {
    request: Command,
    bid: u64,
    reason: Box<str>,
    preview: bool,
    at: Millis,
    /// Bids that were taken out before.
    out: HashSet<u64>,
    twin: Option<Auction>,
    /// By bidder: bids of theirs that are out, each of which was their last when a raise came, until it was taken out. What raises one of
    /// them is no bid of its own.
    without: HashMap<Arc<str>, Vec<u64>>,
    /// Whose the bids are that are out.
    whose: HashMap<u64, Arc<str>>,
    bidder: Option<Person>,
    /// How many of those that everyone has seen are accepted again.
    kept: u64,
}

impl Replay {
    /// For `command`, which asks to void `bid` at `at`.
    pub(super) fn new(auction: &Auction, command: &Command, bid: u64, reason: &str, preview: bool, at: Millis) -> Replay {
        let out = auction.voided().iter().copied().collect();
        let (request, reason) = (command.clone(), reason.into());
        let (twin, without, whose, bidder) = (None, HashMap::new(), HashMap::new(), None);
        Replay { request, bid, reason, preview, at, out, twin, without, whose, bidder, kept: 0 }
    }

    /// Takes in the auction's next event.
    pub fn fold(&mut self, event: &Event) {
        let Some(twin) = &mut self.twin else {
            self.twin = Auction::found(&as_it_is(event));
            return;
        };
        match &event.fact {
            Fact::Bid(_) | Fact::Raised(_) | Fact::Sealed { .. } => {
                if let Some(command) = event.fact.command() {
                    self.bid(event, &command);
                }
            }
            // It is left out from the start; a raise after this raised the bid before it.
            Fact::Voided(voided) => {
                if let Some(bids) = self.whose.get(&voided.bid).and_then(|who| self.without.get_mut(who)) {
                    bids.retain(|bid| *bid != voided.bid);
                }
            }
            // A bid that ended the auction is never judged again.
            Fact::Closed { .. } => {}
            // Ends already extended stay extended, whoever's bid it was.
            _ => twin.evolve(event),
        }
    }

    fn bid(&mut self, event: &Event, command: &Command) {
        let Some(twin) = &mut self.twin else { return };
        let who = &command.by.id;
        let out = match event.seq {
            Some(seq) => seq == self.bid || self.out.contains(&seq),
            // It has no seq that anyone could name: it goes with the bid it raised.
            None => self.without.get(who).is_some_and(|bids| !bids.is_empty()),
        };
        match event.seq {
            Some(seq) if out => {
                self.without.entry(who.clone()).or_default().push(seq);
                self.whose.insert(seq, who.clone());
            }
            Some(_) => drop(self.without.remove(who)),
            None => {}
        }
        let again = Command { request: None, ..command.clone() };
        if out {
            // One that was refused without a bid taken out before does not stand.
            if event.seq == Some(self.bid) && !self.out.contains(&self.bid) && decide(twin, &again, event.at).is_ok() {
                self.bidder = Some(command.by.clone());
            }
            return;
        }
        // What is refused without the bid that came before it counts no more. Of what is accepted only the bid itself counts: it moves no end.
        if let Ok(Decision::Happens(events)) = decide(twin, &again, event.at)
            && let Some(first) = events.into_iter().next()
        {
            twin.evolve(&Event { seq: event.seq, at: event.at, fact: first.fact });
            self.kept += u64::from(event.seq.is_some());
        }
    }

    /// What it comes to for `auction`, all of whose events were folded in.
    pub fn conclude(self, auction: &Auction) -> Result<Decision, Refusal> {
        let no_such_bid = Refusal::NoSuchBid(self.bid);
        let (Some(twin), Some(bidder)) = (self.twin, self.bidder) else { return Err(no_such_bid) };
        let after = twin.book().amended(&bidder).ok_or(no_such_bid)?;
        let figures = auction.figures_with(&after, self.at);
        let bids = match twin.book() {
            Book::Sealed(book) => book.count() as u64,
            Book::English(_) | Book::Dutch(_) => self.kept,
        };
        if self.preview {
            let preview = Preview { before: (auction.figures(self.at), auction.bids()), after: (figures, bids) };
            let verdict = Accepted { seq: None, at: self.at, standing: None };
            return Ok(Decision::Preview(verdict, Box::new(preview)));
        }
        let by = Author { who: self.request.by, request: self.request.request };
        let voided = Voided { by, bid: self.bid, reason: self.reason, after, figures, bids };
        let event = Event { seq: Some(auction.seq() + 1), at: self.at.max(auction.at()), fact: Fact::Voided(Box::new(voided)) };
        Ok(Decision::Happens(vec![event]))
    }
}

/// The founding of the twin: nobody buys at once in it, since a bid that was no purchase must not become one, and the numbers by which
/// bidders are known are those of the auction itself.
fn as_it_is(founding: &Event) -> Event {
    let mut event = founding.clone();
    if let Fact::Created { terms, .. } = &mut event.fact {
        *terms = Arc::new(Terms { buy_now: None, aliases: false, ..(**terms).clone() });
    }
    event
}

impl Auction {
    /// How it would stand with this book.
    fn figures_with(&self, after: &Amended, at: Millis) -> Figures {
        let mut book = self.book().clone();
        book.amend(after);
        book.rules().figures(self.terms(), at)
    }
}
