//! Judging: decide and evolve → append → publish → answer, in this order and no other.

use tracing::{error, warn};

use super::door::{Verdict, Waiting};
use super::load::{self, LoadError};
use super::task::Room;
use super::{record, snapshot, summary};
use crate::auction::{self, Act, Auction, Decision, Event, Fact, Millis, Person, Refusal, Savepoint};
use crate::log::{AppendError, Batch};
use crate::wire;

/// What a batch of commands comes to.
struct Judged {
    events: Vec<Event>,
    /// In the order of the commands.
    verdicts: Vec<Verdict>,
    /// The newest live text.
    announced: Option<(Box<str>, Person)>,
}

/// How often a batch is judged anew after somebody else has written.
const ATTEMPTS: usize = 3;

impl Room {
    /// Judges commands in their order and answers each, once what they led to is durable and shown. If the log cannot write,
    /// nothing happened: all of them are refused `unavailable`.
    pub(super) async fn judge(&mut self, waiting: Vec<Waiting>) {
        for _ in 0..ATTEMPTS {
            let (before, led) = (self.auction.savepoint(), self.auction.leader().cloned());
            let Judged { events, verdicts, announced } = self.decide_all(&waiting);
            match self.store(before, &events).await {
                Ok(()) => {
                    self.answer(waiting, verdicts);
                    self.tell_outbid(led.as_ref(), &events);
                    return announced.into_iter().for_each(|(text, by)| self.announce(text, by));
                }
                Err(AppendError::Conflict) => {
                    if let Err(error) = self.catch_up().await {
                        error!(auction = %self.door.id, %error, "cannot read what somebody else has written");
                        break;
                    }
                }
                Err(AppendError::Unavailable(_)) => break,
            }
        }
        let refused = waiting.iter().map(|_| Err(Refusal::Unavailable)).collect();
        self.answer(waiting, refused);
    }

    /// Opens or closes by the clock; false if the log could not take it.
    pub(super) async fn act_by_clock(&mut self, now: Millis) -> bool {
        self.act(|auction| auction::due(auction, now).into_iter().collect()).await
    }

    /// Grants what is due where the server was away before this room woke; false if the log could not take it.
    pub(super) async fn make_up(&mut self) -> bool {
        let (down, grace) = (self.shared.down, self.shared.settings.outage);
        self.act(|auction| down.map_or(Vec::new(), |down| auction::outage(auction, down, grace))).await
    }

    /// Has happen what `next` says must, until that is nothing; false if the log could not take it.
    async fn act(&mut self, next: impl Fn(&Auction) -> Vec<Event>) -> bool {
        for _ in 0..ATTEMPTS {
            let (before, mut events) = (self.auction.savepoint(), Vec::new());
            loop {
                let more = next(&self.auction);
                if more.is_empty() {
                    break;
                }
                more.iter().for_each(|event| self.auction.evolve(event));
                events.extend(more);
            }
            match self.store(before, &events).await {
                Ok(()) => return true,
                Err(AppendError::Conflict) => {
                    if self.catch_up().await.is_err() {
                        return false;
                    }
                }
                Err(AppendError::Unavailable(_)) => return false,
            }
        }
        false
    }

    /// Decides each command against the state that those before it lead to.
    fn decide_all(&mut self, waiting: &[Waiting]) -> Judged {
        let (mut events, mut announced) = (Vec::new(), None);
        let verdicts = waiting.iter().map(|Waiting { command, at, .. }| {
            if let Some(opened) = auction::opening(&self.auction, *at) {
                self.auction.evolve(&opened);
                events.push(opened);
            }
            let happened = match auction::decide(&self.auction, command, *at)? {
                Decision::Before(verdict) => return Ok(verdict),
                Decision::Live(verdict) => {
                    if let Act::Announce(text) = &command.act {
                        announced = Some((text.clone(), command.by.clone()));
                    }
                    return Ok(verdict);
                }
                Decision::Happens(happened) => happened,
            };
            let verdict = happened.first().and_then(|event| self.auction.verdict(event));
            happened.iter().for_each(|event| self.auction.evolve(event));
            events.extend(happened);
            Ok(verdict.expect("the first event of a decision is the command's own, and has a verdict"))
        });
        let verdicts = verdicts.collect();
        Judged { events, verdicts, announced }
    }

    /// Makes `events` durable, which are folded in since `before`, then shows them. On an error the state is the one before again.
    ///
    /// While the append is under way the state runs ahead of what is durable. Nobody can see it: whoever wants to look, join or bid asks by
    /// mail, and the room's one task waits here and opens none.
    async fn store(&mut self, before: Savepoint, events: &[Event]) -> Result<(), AppendError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut batch = batch(&self.auction, self.mark.position, events);
        batch.snapshot = snapshot::part(&self.auction, self.history.snapshot, self.mark.position + events.len() as u64);
        let kept = batch.snapshot.is_some();
        match self.shared.log.append(batch).await {
            Ok(mark) => {
                self.mark = mark;
                if kept {
                    self.auction.settle();
                    self.history.snapshot = mark.position;
                }
                self.show(events);
                Ok(())
            }
            Err(error) => {
                warn!(auction = %self.door.id, ?error, "nothing of this batch was stored");
                self.auction.restore(before);
                Err(error)
            }
        }
    }

    fn show(&mut self, events: &[Event]) {
        let frames: Vec<_> = events.iter().filter_map(wire::event).collect();
        // What only its author learns changes nothing that anyone sees: even that something happened would tell.
        if !frames.is_empty() {
            self.publish(frames);
        }
    }

    /// Gives the verdicts, each behind the events of its batch, and in the same write where a member waits for it.
    fn answer(&self, waiting: Vec<Waiting>, verdicts: Vec<Verdict>) {
        let given = waiting.into_iter().zip(verdicts).filter_map(|(waiting, verdict)| waiting.reply.give(verdict, self.feed.last()));
        let members: Vec<_> = given.collect();
        members.iter().for_each(|member| member.push(&self.feed));
    }

    /// Tells whoever led before or in between, and does so no more, behind the events that did it, on all sockets of theirs.
    fn tell_outbid(&self, led: Option<&Person>, events: &[Event]) {
        let bids = events.iter().filter_map(|event| if let Fact::Bid(bid) = &event.fact { Some(&bid.leader) } else { None });
        let leads = self.auction.leader();
        let mut lost: Vec<_> = led.into_iter().chain(bids).filter(|who| Some(*who) != leads).map(|who| &who.id).collect();
        if lost.is_empty() {
            return;
        }
        lost.sort_unstable();
        lost.dedup();
        let frame = wire::outbid(self.auction.price(), self.auction.minimum());
        for member in lost.into_iter().flat_map(|who| self.door.callers.of(who)) {
            member.tell_message(&frame, self.feed.last());
            member.push(&self.feed);
        }
    }

    /// Folds in what another server has appended.
    async fn catch_up(&mut self) -> Result<(), LoadError> {
        let (events, mark) = load::events_after(&*self.shared.log, &self.door.id, self.mark).await?;
        self.mark = mark;
        // The other may have kept a part of a snapshot of its own: ours begins anew.
        self.history.snapshot = 0;
        events.iter().for_each(|event| self.auction.evolve(event));
        self.show(&events);
        Ok(())
    }
}

/// The batch that takes an auction's log from `expected` records to where `after` is its state.
pub(super) fn batch(after: &Auction, expected: u64, events: &[Event]) -> Batch {
    Batch {
        auction: after.terms().id.as_str().into(),
        expected,
        records: events.iter().map(record::encode).collect(),
        label: after.status().word(),
        summary: summary::encode(after),
        deadline: after.deadline(),
        key: None,
        snapshot: None,
    }
}
