//! Judging: decide and evolve → append → publish → answer, in this order and no other.

use tracing::{debug, error};

use super::door::{Verdict, Waiting};
use super::load::{self, LoadError};
use super::task::Room;
use super::{record, snapshot, summary};
use crate::auction::{self, Accepted, Act, Auction, Decision, Event, Fact, Granted, Millis, Person, Refusal, Replay, Savepoint};
use crate::log::{AppendError, Batch};
use crate::wire;

/// What a batch of commands comes to.
struct Judged {
    events: Vec<Event>,
    /// In the order of the commands.
    verdicts: Vec<Verdict>,
    /// The newest live text.
    announced: Option<(Box<str>, Person)>,
    /// The last verdict is that one cannot say before all that has happened is judged again.
    replay: Option<Box<Replay>>,
}

/// What some people are told by themselves when it changes.
struct Known {
    leader: Option<Person>,
    /// How many have a number.
    aliases: usize,
}

impl Known {
    fn of(auction: &Auction) -> Known {
        Known { leader: auction.leader(), aliases: auction.aliases_given() }
    }
}

/// How often a batch is judged anew after somebody else has written.
const ATTEMPTS: usize = 3;

impl Room {
    /// Judges commands in their order and answers each, once what they led to is durable and shown. If the log cannot write,
    /// nothing happened: all of them are refused `unavailable`.
    pub(super) async fn judge(&mut self, mut waiting: Vec<Waiting>) {
        // What needs the whole history is judged by itself, in its place.
        let mut tried = false;
        while let Some(at) = waiting.iter().position(|waiting| matches!(waiting.command.act, Act::Void { .. })) {
            let later = waiting.split_off(at + 1);
            let void = waiting.split_off(at);
            self.judge_batch(waiting).await;
            // One at a time is only tried: others wait for what that costs, and shall not wait for it again and again.
            if void.iter().any(|void| self.is_trial(void)) && std::mem::replace(&mut tried, true) {
                self.answer(void, vec![Err(Refusal::Busy)]);
            } else {
                self.judge_batch(void).await;
            }
            waiting = later;
        }
        self.judge_batch(waiting).await;
    }

    /// Whether it asks what a void would change, and may.
    fn is_trial(&self, Waiting { command, .. }: &Waiting) -> bool {
        matches!(command.act, Act::Void { preview: true, .. }) && command.by == *self.auction.seller()
    }

    async fn judge_batch(&mut self, waiting: Vec<Waiting>) {
        if waiting.is_empty() {
            return;
        }
        for _ in 0..ATTEMPTS {
            let (before, known) = (self.auction.savepoint(), Known::of(&self.auction));
            let Judged { mut events, mut verdicts, announced, replay } = self.decide_all(&waiting);
            if let Some(replay) = replay {
                match self.replayed(*replay).await {
                    // Behind what has happened already: an opening whose time had come.
                    Ok(judged) => {
                        events.extend(judged.events);
                        verdicts = judged.verdicts;
                    }
                    Err(error) => {
                        error!(auction = %self.door.id, %error, "its bids cannot be read to be judged again");
                        self.auction.restore(before);
                        break;
                    }
                }
            }
            match self.store(before, &events).await {
                Ok(()) => {
                    self.answer(waiting, verdicts);
                    self.tell_changed(&known, &events);
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
        let (mut events, mut announced, mut replay) = (Vec::new(), None, None);
        let verdicts = waiting.iter().map(|Waiting { command, at, .. }| {
            if let Some(opened) = auction::opening(&self.auction, *at) {
                self.auction.evolve(&opened);
                events.push(opened);
            }
            let happened = match auction::decide(&self.auction, command, *at)? {
                Decision::Before(verdict) => return Ok(self.granted(verdict, &command.by)),
                Decision::Live(verdict) => {
                    if let Act::Announce(text) = &command.act {
                        announced = Some((text.clone(), command.by.clone()));
                    }
                    return Ok(verdict.into());
                }
                Decision::Replay(needed) => {
                    replay = Some(needed);
                    return Err(Refusal::Unavailable);
                }
                Decision::Preview(accepted, preview) => return Ok(Granted { preview: Some(preview), ..accepted.into() }),
                Decision::Happens(happened) => happened,
            };
            let verdict = self.fold(&happened);
            events.extend(happened);
            Ok(self.granted(verdict, &command.by))
        });
        let verdicts = verdicts.collect();
        Judged { events, verdicts, announced, replay }
    }

    /// Folds in what one command has led to, and says what its author is told.
    fn fold(&mut self, happened: &[Event]) -> Accepted {
        let verdict = happened.first().map(|event| self.auction.verdict(event));
        happened.iter().for_each(|event| self.auction.evolve(event));
        verdict.expect("a decision that something happens is never empty")
    }

    fn granted(&self, accepted: Accepted, by: &Person) -> Granted {
        Granted { alias: self.auction.alias(by), ..accepted.into() }
    }

    /// Hands `replay` all that has happened, page by page, and folds in what it then says.
    async fn replayed(&mut self, mut replay: Replay) -> Result<Judged, LoadError> {
        load::each(&*self.shared.log, &self.door.id, self.mark, |event| replay.fold(event)).await?;
        let (mut events, announced) = (Vec::new(), None);
        let verdict = match replay.conclude(&self.auction) {
            Ok(Decision::Happens(happened)) => {
                let verdict = self.fold(&happened);
                events = happened;
                Ok(verdict.into())
            }
            Ok(Decision::Preview(accepted, preview)) => Ok(Granted { preview: Some(preview), ..accepted.into() }),
            Ok(Decision::Before(accepted) | Decision::Live(accepted)) => Ok(accepted.into()),
            Ok(Decision::Replay(_)) => Err(Refusal::Unavailable),
            Err(refusal) => Err(refusal),
        };
        Ok(Judged { events, verdicts: vec![verdict], announced, replay: None })
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
                // Why the log cannot write it says itself, once; this may be for every bid.
                debug!(auction = %self.door.id, ?error, "nothing of this batch was stored");
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

    /// Tells each of those whom it concerns, behind the events that did it, on all sockets of theirs.
    fn tell_changed(&self, known: &Known, events: &[Event]) {
        self.tell_outbid(known.leader.as_ref(), events);
        if self.auction.aliases_given() > known.aliases {
            self.tell_aliases(known.aliases, events);
        }
    }

    /// Tells of those who got a number above `known` by these events, each once and in order. Only those: in an auction of thousands, looking
    /// through all of them for each newcomer would be what the room does most.
    fn tell_aliases(&self, mut known: usize, events: &[Event]) {
        for person in events.iter().filter_map(|event| event.fact.command()).map(|command| command.by) {
            if person.alias.is_none_or(|alias| usize::try_from(alias.get()).unwrap_or(usize::MAX) <= known) {
                continue;
            }
            known += 1;
            let Some(frame) = wire::alias(&person) else { continue };
            self.tell(&person.id, &frame);
            self.tell(&self.auction.seller().id, &frame);
        }
    }

    fn tell(&self, who: &str, frame: &wire::Frame) {
        for member in self.door.callers.of(who) {
            member.tell_message(frame, self.feed.last());
            member.push(&self.feed);
        }
    }

    /// Tells whoever led before or in between, and does so no more.
    fn tell_outbid(&self, led: Option<&Person>, events: &[Event]) {
        let bids = events.iter().filter_map(|event| if let Fact::Bid(bid) = &event.fact { Some(&bid.leader) } else { None });
        let leads = self.auction.leader();
        let mut lost: Vec<_> = led.into_iter().chain(bids).filter(|who| Some(*who) != leads.as_ref()).map(|who| &who.id).collect();
        if lost.is_empty() {
            return;
        }
        lost.sort_unstable();
        lost.dedup();
        let frame = wire::outbid(self.auction.price(), self.auction.minimum());
        lost.into_iter().for_each(|who| self.tell(who, &frame));
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
