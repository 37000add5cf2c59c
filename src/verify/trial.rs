//! One auction's records, judged again: each must follow from those before it, by the chain and by the rules.

use std::collections::VecDeque;

use super::fault::{Difference, Fault};
use super::witness::Witness;
use crate::auction::{self, Auction, Decision, Event, ExtendReason, Fact, Status};
use crate::log::{Hash, Mark};
use crate::room::record::{self, People};

/// An auction's log while it is read.
pub struct Trial {
    id: String,
    mark: Mark,
    people: People,
    /// The fold of the records so far.
    auction: Option<Auction>,
    /// What the rules say that comes next: what the last command leads to besides its own event.
    next: VecDeque<Event>,
    /// All so far but chat: taking a bid out judges it again.
    before: Vec<Event>,
    /// What everyone saw, to be held against it.
    witness: Option<Witness>,
}

/// What the rules make of something.
type Ruling = Result<Vec<Event>, String>;

impl Trial {
    /// Before the first record of this auction.
    pub fn new(id: &str, witness: Option<Witness>) -> Trial {
        let (mark, people, next) = (Mark::start(id), People::default(), VecDeque::new());
        Trial { id: id.to_owned(), mark, people, auction: None, next, before: Vec::new(), witness }
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
        if !matches!(event.fact, Fact::Said { .. }) {
            self.before.push(event);
        }
        self.mark = next;
        Ok(())
    }

    /// The same event, in everything, must come of what it says was asked for.
    fn judge(&mut self, event: &Event) -> Result<(), Fault> {
        if self.next.is_empty() {
            let ruling = match &self.auction {
                Some(auction) => rule(auction, &self.before, event),
                None => self.create(event),
            };
            self.next = ruling.map_err(|why| self.differs(why, Some((shown(event), "nothing".to_owned()))))?.into();
        }
        let must_be = self.next.pop_front().map_or_else(|| "nothing".to_owned(), |event| shown(&event));
        let is = shown(event);
        if is == must_be {
            return Ok(());
        }
        Err(self.differs("the rules say otherwise".to_owned(), Some((is, must_be))))
    }

    fn create(&self, event: &Event) -> Ruling {
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
fn rule(auction: &Auction, before: &[Event], event: &Event) -> Ruling {
    if let Fact::Extended { ends_at, reason: ExtendReason::Outage } = event.fact {
        // Whether the server was away is in no record: only that it may be granted is told from here.
        let granted = auction.status() == Status::Open && ends_at > auction.ends_at() && event.at >= auction.at();
        return granted.then(|| vec![event.clone()]).ok_or_else(|| "by the rules an outage moves no end here".to_owned());
    }
    let Some(command) = event.fact.command() else {
        let by_itself = auction::due(auction, event.at);
        return by_itself.map(|event| vec![event]).ok_or_else(|| "by the rules nothing happens here by itself".to_owned());
    };
    let decision = auction::decide(auction, &command, event.at).and_then(|decision| match decision {
        Decision::Replay(mut replay) => {
            before.iter().for_each(|event| replay.fold(event));
            replay.conclude(auction)
        }
        decision => Ok(decision),
    });
    match decision {
        Ok(Decision::Happens(events)) => Ok(events),
        Ok(Decision::Before(_)) => Err("this request had its verdict before".to_owned()),
        Ok(Decision::Live(_) | Decision::Preview(..)) => Err("this is not stored".to_owned()),
        Ok(Decision::Replay(_)) => Err("it cannot be judged".to_owned()),
        Err(refusal) => Err(refused(&refusal.message())),
    }
}

fn refused(message: &str) -> String {
    format!("by the rules it is refused: {message}")
}

/// An event in a form in which only equal ones are equal, and that can be read.
fn shown(event: &Event) -> String {
    String::from_utf8_lossy(&record::bare(event)).into_owned()
}
