//! One auction's records, judged again: each must follow from those before it, by the chain and by the rules.

use std::collections::VecDeque;

use super::fault::{Difference, Fault};
use super::past::Past;
use super::witness::Witness;
use crate::auction::{self, Auction, Decision, Event, ExtendReason, Fact, Refusal, Replay, Status};
use crate::log::{Hash, Mark};
use crate::room::record::{self, People};

/// An auction's log while it is read.
pub struct Trial<P> {
    id: String,
    past: P,
    mark: Mark,
    people: People,
    /// The fold of the records so far.
    auction: Option<Auction>,
    /// What the rules say that comes next: what the last command leads to besides its own event.
    next: VecDeque<Event>,
    /// What everyone saw, to be held against it.
    witness: Option<Witness>,
}

/// What the rules say that happens; the error is a clause.
type Outcome = Result<Vec<Event>, String>;

/// What the rules make of something.
enum Ruling {
    /// This.
    Now(Outcome),
    /// It takes all that went before.
    ByAll(Box<Replay>),
}

impl<P: Past> Trial<P> {
    /// Before the first record of this auction, all of which are in `past`.
    pub fn new(id: &str, past: P, witness: Option<Witness>) -> Trial<P> {
        let (people, next) = (People::default(), VecDeque::new());
        Trial { id: id.to_owned(), past, mark: Mark::start(id), people, auction: None, next, witness }
    }

    /// So far it was read.
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// Takes the record that is stored next, with the position and the hash that stand with it.
    pub fn take(&mut self, position: u64, body: &[u8], hash: Hash) -> Result<(), Fault> {
        let next = self.mark.then(body);
        if position != next.position {
            return Err(self.differs(format!("record {position} stands in its place"), None));
        }
        if hash != next.hash {
            let what = "its hash does not follow from it and the records before it".to_owned();
            return Err(self.differs(what, Some((hash.to_string(), next.hash.to_string()))));
        }
        let event = record::decode(body, &mut self.people)
            .map_err(|why| Fault::Unreadable(format!("{}: record {position} is not understood: {why}", self.id)))?;
        self.judge(&event)?;
        if let Some(witness) = &mut self.witness {
            witness.hear(&event, hash).map_err(|contradiction| contradiction.at(&self.id, position))?;
        }
        match &mut self.auction {
            Some(auction) => {
                auction.evolve(&event);
                // Nobody will take it back to before.
                auction.settle();
            }
            None => self.auction = Auction::found(&event),
        }
        self.mark = next;
        Ok(())
    }

    /// The same event, in everything, must come of what it says was asked for.
    fn judge(&mut self, event: &Event) -> Result<(), Fault> {
        if self.next.is_empty() {
            let ruling = match &self.auction {
                Some(auction) => match rule(auction, event) {
                    Ruling::Now(outcome) => outcome,
                    Ruling::ByAll(replay) => self.replay(*replay)?,
                },
                None => self.create(event),
            };
            self.next = ruling.map_err(|why| self.differs(why, Some((shown(event), "nothing".to_owned()))))?.into();
        }
        let must_be = self.next.pop_front().map(|must_be| as_long_ago(event, must_be));
        let must_be = must_be.map_or_else(|| "nothing".to_owned(), |event| shown(&event));
        let is = shown(event);
        if is == must_be {
            return Ok(());
        }
        Err(self.differs("the rules say otherwise".to_owned(), Some((is, must_be))))
    }

    /// Judges by all that went before, which must still be what was read.
    fn replay(&mut self, mut replay: Replay) -> Result<Outcome, Fault> {
        let (mut mark, mut people) = (Mark::start(&self.id), People::default());
        let changed = || Fault::Unreadable(format!("{}: its log changes while it is read", self.id));
        self.past.each(self.mark.position, &mut |body| {
            mark = mark.then(body);
            replay.fold(&record::decode(body, &mut people).map_err(|_| changed())?);
            Ok(())
        })?;
        if mark != self.mark {
            return Err(changed());
        }
        let auction = self.auction.as_ref().ok_or_else(changed)?;
        Ok(outcome(replay.conclude(auction)))
    }

    fn create(&self, event: &Event) -> Outcome {
        let Fact::Created { terms, by, request } = &event.fact else { return Err("the first record is its creation".to_owned()) };
        if terms.id.as_str() != self.id {
            return Err(format!("this is the creation of {}", terms.id));
        }
        auction::create((**terms).clone(), by.clone(), request.clone(), event.at).map_err(|refusal| refused(&refusal.message()))
    }

    /// Ends the trial where the log ends; it says itself that its end is at `head`.
    pub fn end(self, head: Mark) -> Result<Auction, Fault> {
        if self.mark != head {
            let what = format!(
                "the records end at {}, but it is said that {} were stored, the last with hash {}",
                self.mark.position, head.position, head.hash
            );
            return Err(self.differs(what, None));
        }
        self.finish()
    }

    /// Ends the trial of an auction that has ended.
    pub fn end_of_ended(self) -> Result<Auction, Fault> {
        if self.auction.as_ref().is_none_or(|auction| !auction.status().has_ended()) {
            return Err(self.differs("the last records are missing: the auction has not ended".to_owned(), None));
        }
        self.finish()
    }

    fn finish(mut self) -> Result<Auction, Fault> {
        if let Some(missing) = self.next.front() {
            let sides = ("nothing".to_owned(), shown(missing));
            return Err(self.differs("the last records are missing".to_owned(), Some(sides)));
        }
        if let Some(mut witness) = self.witness.take() {
            witness.end().map_err(|contradiction| contradiction.at(&self.id, self.mark.position + 1))?;
        }
        let nothing = || Difference { auction: self.id.clone(), position: 1, what: "there are no records".to_owned(), sides: None };
        self.auction.ok_or_else(|| Fault::Differs(nothing()))
    }

    /// The next record differs.
    fn differs(&self, what: String, sides: Option<(String, String)>) -> Fault {
        Fault::Differs(Difference { auction: self.id.clone(), position: self.mark.position + 1, what, sides })
    }
}

/// What the rules say that happens next, where `event` is said to: what its command leads to, or what the clock does by itself.
fn rule(auction: &Auction, event: &Event) -> Ruling {
    if let Fact::Extended { ends_at, reason: ExtendReason::Outage } = event.fact {
        // Whether the server was away is in no record: only that time may be granted for it is told from here.
        let may_be = auction.status() == Status::Open && ends_at > auction.ends_at() && event.at >= auction.at();
        let granted = || vec![Event { seq: Some(auction.seq() + 1), ..event.clone() }];
        return Ruling::Now(may_be.then(granted).ok_or_else(|| "by the rules an outage moves no end here".to_owned()));
    }
    let Some(command) = event.fact.command() else {
        let by_itself = auction::due(auction, event.at).map(|event| vec![event]);
        return Ruling::Now(by_itself.ok_or_else(|| "by the rules nothing happens here by itself".to_owned()));
    };
    match auction::decide(auction, &command, event.at) {
        Ok(Decision::Replay(replay)) => Ruling::ByAll(replay),
        decision => Ruling::Now(outcome(decision)),
    }
}

fn outcome(decision: Result<Decision, Refusal>) -> Outcome {
    match decision {
        Ok(Decision::Happens(events)) => Ok(events),
        Ok(Decision::Before(_)) => Err("this request had its verdict before".to_owned()),
        Ok(Decision::Live(_) | Decision::Preview(..) | Decision::Replay(_)) => Err("by the rules it is not stored".to_owned()),
        Err(refusal) => Err(refused(&refusal.message())),
    }
}

/// What must be, with no more said in it than the records of its time had: the first ones did not say why a price is what it is.
fn as_long_ago(is: &Event, mut must_be: Event) -> Event {
    if let (Fact::Bid(is) | Fact::Raised(is), Fact::Bid(bid) | Fact::Raised(bid)) = (&is.fact, &mut must_be.fact)
        && is.why.is_none()
    {
        bid.why = None;
    }
    must_be
}

fn refused(message: &str) -> String {
    format!("by the rules it is refused: {message}")
}

/// An event in a form in which only equal ones are equal, and that can be read.
fn shown(event: &Event) -> String {
    String::from_utf8_lossy(&record::bare(event)).into_owned()
}
