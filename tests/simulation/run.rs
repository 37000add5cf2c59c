//! One run: servers that come and go over one log, and people who want something of them. All of it is drawn from a seed.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::noop_waker;
use serde_json::{Value, json};
use subasta::auction::{Act, AuctionId, Command, Millis, Money, Offer, RequestId};
use subasta::clock::Clock;
use subasta::log::EventLog;
use subasta::room::{Drained, Ending, Member, Membership, Reply, RoomSettings, Rooms, Seat, Verdict};
use subasta::wire::{self, Format, TermsIn};

use crate::disk::Disk;
use crate::journal::{Entry, Journal};
use crate::lot::Lot;
use crate::naive::{English, SOL, Soft, Steps, person};
use crate::pipe::SeatPipe;
use crate::witness::{Asked, History, Seat as Seen, TRANSIENT, Witness};

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const PEOPLE: usize = 5;
const STEPS: usize = 60;
/// A server that nothing stood in the way of for so long has done what was due.
const PUNCTUAL: Millis = 6 * SECOND;

/// Somebody with a browser.
struct Client {
    who: usize,
    lot: usize,
    seen: Option<u64>,
    place: Place,
}

enum Place {
    Away,
    Coming(usize),
    There { number: usize, seat: Seat<Membership>, member: Arc<Member<SeatPipe>> },
}

/// A seat that was taken.
struct Arrived {
    number: usize,
    place: Option<(Seat<Membership>, Arc<Member<SeatPipe>>)>,
}

/// What a server's life is for.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    First,
    Steps,
    /// Nothing stands in the way any more: everything comes to its end.
    Finish,
    /// And was it all kept?
    Again,
}

struct Run<'a> {
    rng: fastrand::Rng,
    journal: Arc<Journal>,
    disk: Arc<Disk>,
    witness: &'a mut Witness,
    clients: Vec<Client>,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    now: Millis,
    began_at: Millis,
    ended_at: Option<Millis>,
    faults: usize,
    crashes: bool,
    /// Nobody wants much: what must happen by itself is not helped along by whoever asks.
    quiet: bool,
    steps: usize,
    ids: usize,
}

/// Runs a seed; what it was seen to do is left with the witness, also where that panics.
pub fn run(seed: u64, witness: &mut Witness) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let journal = Arc::new(Journal::default());
    let disk = Arc::new(Disk::new(rng.u64(..), journal.clone()));
    let faults = if rng.u8(..3) == 0 { 0 } else { rng.usize(1..25) };
    let crashes = rng.u8(..4) > 0;
    let (quiet, lots) = (rng.u8(..3) == 0, rng.usize(1..=3));
    let clients = (0..rng.usize(2..8)).map(|_| Client { who: rng.usize(..PEOPLE), lot: rng.usize(..lots), seen: None, place: Place::Away });
    let clients = clients.collect();
    let now = 1_000 * MINUTE;
    witness.lots = (0..lots).map(|number| offer(&mut rng, number, now)).collect();
    let arrived = Arc::default();
    let (steps, ids, ended_at) = (STEPS, 0, None);
    let mut run = Run { rng, journal, disk, witness, clients, arrived, now, began_at: now, ended_at, faults, crashes, quiet, steps, ids };
    run.live(Part::First);
    while run.steps > 0 {
        run.pass_while_nobody_is_there();
        run.live(Part::Steps);
    }
    run.pass_while_nobody_is_there();
    run.live(Part::Finish);
    run.live(Part::Again);
}

fn offer(rng: &mut fastrand::Rng, number: usize, now: Millis) -> History {
    let start = rng.i64(1..4_000);
    let reserve = (rng.u8(..3) == 0).then(|| start + rng.i64(0..3_000));
    let buy_now = (rng.u8(..6) == 0).then(|| ((start * 13 + 9) / 10 + rng.i64(0..3_000)).max(reserve.unwrap_or(0)));
    let steps = match rng.u8(..4) {
        0 => Steps::Ebay,
        1 => Steps::Table(vec![(0, 1)]),
        2 => Steps::Table(vec![(0, rng.i64(1..50)), (1_000, rng.i64(1..200)), (3_000, rng.i64(1..400))]),
        _ => Steps::Percent(rng.i64(1..30), rng.i64(1..100)),
    };
    let starts_at = now + if rng.u8(..4) == 0 { rng.i64(1..MINUTE) } else { 0 };
    let end = starts_at + rng.i64(20 * SECOND..6 * MINUTE);
    let soft = (rng.u8(..3) > 0).then(|| Soft {
        window: rng.i64(1..MINUTE),
        extend: rng.i64(1..MINUTE),
        add: rng.bool(),
        latest: rng.bool().then(|| end + rng.i64(0..3 * MINUTE)),
    });
    let automatic = rng.u8(..5) > 0;
    let terms = Arc::new(English { start, reserve, buy_now, steps, automatic, soft });
    History { id: format!("lot-{number}"), states: vec![Lot::offered(terms, starts_at, end)], events: Vec::new(), known: 0 }
}

fn json_of(request: Option<&RequestId>, verdict: &Verdict) -> Value {
    let json = match verdict {
        Ok(granted) => wire::to_json(&wire::accepted(request, granted)),
        Err(refusal) => wire::to_json(&wire::refused(request, refusal)),
    };
    serde_json::from_slice(&json).expect("what was just written")
}

fn id(text: &str) -> AuctionId {
    AuctionId::parse(text).expect("a slug")
}

impl Run<'_> {
    /// One server's life, from its start to its end, which may come between any two turns of its tasks.
    fn live(&mut self, part: Part) {
        let calm = matches!(part, Part::Finish | Part::Again);
        self.witness.troubled = self.faults > 0 && !calm;
        self.disk.set_faults(if calm || part == Part::First { 0 } else { self.faults });
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).event_interval(1).build().expect("a runtime");
        let how = runtime.block_on(async {
            let clock = Clock::manual(self.now);
            let rooms = self.begin(&clock).await;
            match part {
                Part::First => {
                    self.offer_all(&rooms).await;
                    self.disk.set_faults(self.faults);
                    self.steps(&rooms, &clock).await
                }
                Part::Steps => self.steps(&rooms, &clock).await,
                Part::Finish => self.finish(&rooms, &clock).await,
                Part::Again => self.ask_all_again(&rooms).await,
            }
        });
        self.observe();
        for client in 0..self.clients.len() {
            self.leave(client);
        }
        drop(runtime);
        self.arrived.lock().unwrap().clear();
        self.journal.note(Entry::Ended { at: self.now, how });
        self.observe();
        self.ended_at = Some(self.now);
    }

    async fn begin(&mut self, clock: &Clock) -> Rooms {
        self.began_at = self.now;
        self.witness.now = self.now;
        self.disk.set_now(self.now);
        self.journal.note(Entry::Began { at: self.now });
        let away = |from: Option<Millis>| from.filter(|from| *from < self.now).map(|from| (from, self.now));
        let known = away(self.disk.last_alive().await.expect("readable"));
        let really = away(self.ended_at);
        for history in &mut self.witness.lots {
            history.states.last_mut().expect("one from the beginning").came_back(known, really);
        }
        let settings = RoomSettings { idle_after: Duration::from_millis(self.rng.u64(1..50)), ..RoomSettings::default() };
        Rooms::open(self.disk.clone(), clock.clone(), settings).await.expect("the log can be read")
    }

    async fn offer_all(&mut self, rooms: &Rooms) {
        for history in &self.witness.lots {
            let Lot { terms, starts_at, end, .. } = history.now();
            let mut all = json!({"id": history.id, "title": "A lot", "starts_at": starts_at, "ends_at": end});
            all.as_object_mut().unwrap().extend(terms.json().as_object().unwrap().clone());
            let terms = TermsIn::from_json(all.to_string().as_bytes()).expect("terms");
            rooms.create(terms, person(SOL)).await.unwrap_or_else(|refusal| panic!("{all}: {refusal:?}"));
        }
        self.observe();
    }

    /// Until the steps are done, or the server is lost; answers how it ends.
    async fn steps(&mut self, rooms: &Rooms, clock: &Clock) -> &'static str {
        while self.steps > 0 {
            self.steps -= 1;
            self.step(rooms, clock).await;
            if self.rng.u8(..3) == 0 {
                self.settle().await;
            } else {
                for _ in 0..self.rng.u32(..40) {
                    tokio::task::yield_now().await;
                }
            }
            self.take_turns();
            match self.rng.u8(..100) {
                0..4 if self.crashes => return "is killed",
                4 if self.crashes => {
                    self.stop(rooms).await;
                    return "stops";
                }
                _ => {}
            }
        }
        "is killed"
    }

    async fn step(&mut self, rooms: &Rooms, clock: &Clock) {
        if self.quiet && self.rng.u8(..3) > 0 {
            return self.pass(clock).await;
        }
        match self.rng.u8(..100) {
            0..50 => {
                let (lot, command) = self.any_bid();
                self.ask_somehow(rooms, lot, &command);
                if self.rng.u8(..10) == 0 {
                    self.ask_somehow(rooms, lot, &command);
                }
            }
            50..60 if !self.witness.asked.is_empty() => {
                // Asked again, perhaps with another body.
                let before = &self.witness.asked[self.rng.usize(..self.witness.asked.len())];
                let (lot, mut command) = (before.lot, before.command.clone());
                if self.rng.u8(..6) == 0 && command.by != person(SOL) {
                    command.act = self.any_act(lot);
                }
                self.ask_somehow(rooms, lot, &command);
            }
            60..64 => self.conduct(rooms),
            64..78 => self.pass(clock).await,
            78..88 => {
                let client = self.rng.usize(..self.clients.len());
                self.come(rooms, client);
            }
            88..91 => {
                let client = self.rng.usize(..self.clients.len());
                self.leave(client);
            }
            91..94 => {
                let client = self.rng.usize(..self.clients.len());
                if let Place::There { member, .. } = &self.clients[client].place {
                    member.pipe().allow(self.rng.usize(..600));
                }
            }
            94..97 => self.look(rooms),
            _ => {}
        }
    }

    // --- what is asked

    fn any_bid(&mut self) -> (usize, Command) {
        let lot = self.rng.usize(..self.witness.lots.len());
        let who = if self.rng.u8(..40) == 0 { SOL } else { self.rng.usize(..PEOPLE) };
        let act = self.any_act(lot);
        (lot, self.command(who, act))
    }

    fn command(&mut self, who: usize, act: Act) -> Command {
        self.ids += 1;
        Command { by: person(who), request: RequestId::parse(&format!("r{}", self.ids)), act }
    }

    fn any_act(&mut self, lot: usize) -> Act {
        let state = self.witness.lots[lot].now();
        let minor = match self.rng.u8(..10) {
            0..5 => state.minimum() + self.rng.i64(-2..60),
            5..8 => state.standing.map_or(state.terms.start, |standing| standing.max) + self.rng.i64(-20..40),
            8 => state.terms.reserve.or(state.terms.buy_now).unwrap_or(1_000) + self.rng.i64(-1..=1),
            _ => self.rng.i64(1..12_000),
        };
        let money = Money::new(minor.max(1)).expect("in bounds");
        match self.rng.u8(..24) {
            0 => Act::Bid(Offer::AsAsked),
            1 => Act::Say("Hm.".into()),
            2..12 => Act::Bid(Offer::UpTo(money)),
            _ => Act::Bid(Offer::Exact(money)),
        }
    }

    /// The auctioneer does something.
    fn conduct(&mut self, rooms: &Rooms) {
        let lot = self.rng.usize(..self.witness.lots.len());
        let state = self.witness.lots[lot].now();
        let seen: Vec<_> = state.seen().collect();
        let act = match self.rng.u8(..12) {
            0..4 if state.paused.is_some() => Act::Resume,
            0..3 => Act::Pause,
            3 => Act::Resume,
            4..7 => Act::Extend(self.rng.i64(1..2 * MINUTE)),
            7..11 => {
                let bid = self.rng.choice(&seen).copied().unwrap_or(3);
                Act::Void { bid, reason: "A slip.".into(), preview: false }
            }
            _ => Act::Hammer,
        };
        let command = self.command(SOL, act);
        self.ask_somehow(rooms, lot, &command);
    }

    fn ask_somehow(&mut self, rooms: &Rooms, lot: usize, command: &Command) {
        let seated = |client: &Client| client.lot == lot && person(client.who) == command.by && matches!(client.place, Place::There { .. });
        let seats: Vec<_> = (0..self.clients.len()).filter(|client| seated(&self.clients[*client])).collect();
        match self.rng.choice(&seats).copied() {
            Some(client) if self.rng.u8(..4) > 0 => self.ask_from(client, command),
            _ => self.ask(rooms, lot, command),
        }
    }

    fn register(&mut self, lot: usize, seat: Option<usize>, command: &Command) -> usize {
        self.observe();
        let from = self.witness.lots[lot].known;
        self.witness.lines.push(format!("#{} asks for {command:?} in lot-{lot} from {seat:?}", self.witness.asked.len()));
        self.witness.asked.push(Asked { lot, command: command.clone(), seat, at: self.now, from, open: true, code: None });
        self.witness.asked.len() - 1
    }

    /// Over HTTP.
    fn ask(&mut self, rooms: &Rooms, lot: usize, command: &Command) {
        let asked = self.register(lot, None, command);
        let (rooms, journal, command, lot) = (rooms.clone(), self.journal.clone(), command.clone(), id(&self.witness.lots[lot].id));
        tokio::spawn(async move {
            let verdict = rooms.command(&lot, command.clone()).await;
            journal.note(Entry::Answered { asked, verdict: json_of(command.request.as_ref(), &verdict) });
        });
    }

    /// Over a client's socket.
    fn ask_from(&mut self, client: usize, command: &Command) {
        let Place::There { number, .. } = self.clients[client].place else { return };
        let asked = self.register(self.clients[client].lot, Some(number), command);
        let Place::There { seat, member, .. } = &self.clients[client].place else { return };
        let reply = Reply::member(member.clone(), command.request.clone());
        if let Err(refusal) = seat.arrive().submit(command.clone(), reply) {
            self.journal.note(Entry::Answered { asked, verdict: json_of(command.request.as_ref(), &Err(refusal)) });
        }
    }

    fn look(&mut self, rooms: &Rooms) {
        self.observe();
        let lot = self.rng.usize(..self.witness.lots.len());
        let (from, name) = (self.witness.lots[lot].known, id(&self.witness.lots[lot].id));
        let (rooms, journal) = (rooms.clone(), self.journal.clone());
        tokio::spawn(async move {
            if let Ok(look) = rooms.look(&name).await {
                let auction = serde_json::from_str(look.auction.get()).expect("an object");
                journal.note(Entry::Looked { lot, from, auction });
            }
        });
    }

    // --- coming and going

    fn come(&mut self, rooms: &Rooms, client: usize) {
        let Client { who, lot, seen, place } = &mut self.clients[client];
        if !matches!(place, Place::Away) {
            return;
        }
        let number = self.witness.seats.len();
        *place = Place::Coming(number);
        let since = seen.filter(|_| self.rng.u8(..5) > 0);
        self.witness.seats.push(Seen { lot: *lot, since, seen: None });
        let format = if self.rng.bool() { Format::Json } else { Format::MessagePack };
        let member = Arc::new(Member::new(SeatPipe::new(number, self.journal.clone()), format));
        let (rooms, journal, arrived) = (rooms.clone(), self.journal.clone(), self.arrived.clone());
        let (auction, who) = (id(&self.witness.lots[*lot].id), person(*who));
        tokio::spawn(async move {
            let place = rooms.attach(&auction, since, Some(who), member.clone(), false).await.ok().map(|(seat, look, resumed)| {
                journal.note(Entry::Seated { seat: number, resumed, seq: look.seq });
                (seat, member)
            });
            arrived.lock().unwrap().push(Arrived { number, place });
        });
    }

    fn leave(&mut self, client: usize) {
        self.observe();
        let client = &mut self.clients[client];
        if let Place::There { number, .. } = client.place {
            client.seen = self.witness.seats[number].seen;
            // What was asked over it is not answered any more, and may yet count.
        }
        client.place = Place::Away;
    }

    /// Those who have come sit down; each one's own task has its turn, or has not yet.
    fn take_turns(&mut self) {
        let arrived = std::mem::take(&mut *self.arrived.lock().unwrap());
        for Arrived { number, place } in arrived {
            let waits = |client: &Client| matches!(client.place, Place::Coming(coming) if coming == number);
            let Some(client) = self.clients.iter_mut().find(|client| waits(client)) else { continue };
            client.place = place.map_or(Place::Away, |(seat, member)| Place::There { number, seat, member });
        }
        for client in 0..self.clients.len() {
            if self.rng.u8(..4) > 0 {
                self.take_turn(client);
            }
        }
        self.observe();
    }

    fn take_turn(&mut self, client: usize) {
        let Place::There { seat, member, .. } = &self.clients[client].place else { return };
        match seat.membership().poll_drain(&mut Context::from_waker(&noop_waker())) {
            Poll::Ready(Ok(Drained::UpToDate)) => {}
            Poll::Ready(Ok(Drained::End(Ending::Ended | Ending::Stopping | Ending::Failed)) | Err(_)) => self.leave(client),
            Poll::Ready(Ok(Drained::Lagged)) => panic!("nobody falls behind a ring of 10,000 events"),
            Poll::Pending => {
                if self.rng.bool() {
                    member.pipe().allow(self.rng.usize(..3_000));
                }
            }
        }
    }

    // --- time

    async fn pass(&mut self, clock: &Clock) {
        let lot = self.witness.lots[self.rng.usize(..self.witness.lots.len())].now();
        let near = match &lot.terms.soft {
            Some(soft) if self.rng.bool() => lot.end - soft.window,
            _ if !lot.opened && self.rng.bool() => lot.starts_at,
            _ => lot.end,
        };
        let to_it = near - self.now + self.rng.i64(-1..=1);
        let by = match self.rng.u8(..8) {
            0..3 => self.rng.i64(0..500),
            3..6 => self.rng.i64(0..20 * SECOND),
            6 if to_it > 0 => to_it,
            _ => self.rng.i64(0..MINUTE),
        };
        self.pass_by(clock, by).await;
    }

    async fn pass_by(&mut self, clock: &Clock, by: Millis) {
        self.observe();
        self.now += by;
        self.witness.now = self.now;
        self.disk.set_now(self.now);
        self.witness.lines.push(format!("it is {}", self.now));
        clock.set(self.now);
        if self.rng.bool() {
            tokio::time::sleep(Duration::from_millis(by.unsigned_abs().min(3_000))).await;
        }
    }

    fn pass_while_nobody_is_there(&mut self) {
        match self.rng.u8(..12) {
            0..4 => {}
            4..8 => self.now += self.rng.i64(1..5 * SECOND),
            8..10 => self.now += self.rng.i64(1..MINUTE),
            10 => self.now += self.rng.i64(1..10 * MINUTE),
            // Somebody has set the clock back.
            _ => {
                self.now -= self.rng.i64(1..3 * SECOND);
                self.witness.set_back = true;
            }
        }
    }

    /// Everyone does what they can.
    async fn settle(&mut self) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.observe();
        self.check_punctual();
    }

    /// What was due is done, where nothing stood in the way.
    fn check_punctual(&self) {
        let calm_since = self.disk.troubled_at().max(self.began_at);
        if !self.disk.is_idle() || self.now - calm_since < PUNCTUAL {
            return;
        }
        for History { id, states, .. } in &self.witness.lots {
            let state = states.last().expect("one from the beginning");
            assert!(state.opened || self.now < state.starts_at, "{id} should be open: {state:?} at {}", self.now);
            assert!(
                state.over.is_some() || state.paused.is_some() || self.now < state.end,
                "{id} should be closed: {state:?} at {}",
                self.now
            );
            assert!(!state.owed, "{id} was to be granted time: {state:?} at {}", self.now);
        }
    }

    fn observe(&mut self) {
        self.witness.observe(self.journal.take());
        assert_eq!(crate::panics(), 0, "a task has panicked");
    }

    async fn stop(&mut self, rooms: &Rooms) {
        self.observe();
        let line = self.witness.lines.len();
        self.witness.troubled = true;
        rooms.stop();
        let stopped = tokio::time::timeout(Duration::from_secs(60), rooms.stopped()).await;
        assert!(stopped.is_ok(), "it does not stop");
        self.observe();
        self.witness.sort_since(line);
    }

    // --- the end of it all

    /// Everyone asks until they know, and everything comes to its end.
    async fn finish(&mut self, rooms: &Rooms, clock: &Clock) -> &'static str {
        for _ in 0..60 {
            for lot in 0..self.witness.lots.len() {
                if self.witness.lots[lot].now().paused.is_some() {
                    let command = self.command(SOL, Act::Resume);
                    self.ask(rooms, lot, &command);
                }
            }
            let unknown = self.unknown();
            for (lot, command) in &unknown {
                self.ask(rooms, *lot, command);
            }
            self.settle().await;
            if unknown.is_empty() && self.witness.lots.iter().all(|history| history.now().over.is_some()) {
                break;
            }
            self.pass_by(clock, 20 * SECOND).await;
        }
        assert_eq!(self.unknown().len(), 0, "everyone gets a verdict");
        assert!(self.witness.lots.iter().all(|history| history.now().over.is_some()), "everything ends");
        self.all_see_the_same(rooms).await;
        "is killed"
    }

    /// What was asked and has no verdict that says something.
    fn unknown(&self) -> Vec<(usize, Command)> {
        let known = |asked: &Asked| asked.code.as_deref().is_some_and(|code| !TRANSIENT.contains(&code));
        let same = |one: &Asked, other: &Asked| {
            (one.lot, &one.command.by, &one.command.request) == (other.lot, &other.command.by, &other.command.request)
                && one.command.act == other.command.act
        };
        let all = &self.witness.asked;
        let open =
            (0..all.len()).filter(|number| !known(&all[*number]) && !all[number + 1..].iter().any(|later| same(later, &all[*number])));
        open.map(|number| (all[number].lot, all[number].command.clone())).collect()
    }

    async fn all_see_the_same(&mut self, rooms: &Rooms) {
        for client in 0..self.clients.len() {
            self.leave(client);
            self.come(rooms, client);
        }
        self.settle().await;
        let arrived = std::mem::take(&mut *self.arrived.lock().unwrap());
        for Arrived { number, place } in arrived {
            let (seat, _member) = place.expect("a seat for everyone");
            let drained = seat.membership().poll_drain(&mut Context::from_waker(&noop_waker()));
            assert!(matches!(drained, Poll::Ready(Ok(Drained::End(Ending::Ended)))), "{drained:?}");
            self.observe();
            let Seen { lot, seen, .. } = &self.witness.seats[number];
            assert_eq!(*seen, Some(self.witness.lots[*lot].now().seq), "everyone has seen everything");
        }
    }

    /// Everything that was accepted is asked again, of a server that has read it all from the log.
    async fn ask_all_again(&mut self, rooms: &Rooms) -> &'static str {
        let again: Vec<_> = self.witness.accepted.iter().map(|((lot, ..), accepted)| (*lot, accepted.command().clone())).collect();
        let first = self.witness.asked.len();
        for (lot, command) in &again {
            self.ask(rooms, *lot, command);
        }
        self.settle().await;
        for asked in &self.witness.asked[first..] {
            assert_eq!(asked.code.as_deref(), Some("accepted"), "{:?} was lost", asked.command);
        }
        "is killed"
    }
}
