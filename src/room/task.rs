//! The task of one room: everything that can wake it, and what it then does.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::Sleep;
use tracing::{debug, error};

use super::alarm;
use super::door::{Door, Look, Mail, Place};
use super::feed::{Ending, Feed, RING_EVENTS};
use super::live_text::LiveText;
use super::load::{self, History, Loaded, RECENT, load};
use super::registry::Shared;
use crate::auction::{Auction, Millis, Person, Refusal, Status};
use crate::log::Mark;
use crate::wire::{self, AuctionOut, Frame, Live};

/// Mail taken at once: one append for all of it.
const BATCH: usize = 1_024;
/// Turns that mail may take one after the other before everything else is looked at.
const TURNS: u32 = 16;
/// Presence is told at most so often.
const PRESENCE_EVERY: Duration = Duration::from_secs(1);
/// And so is the lobby, unless the auction opens or ends.
const LOBBY_EVERY: Duration = Duration::from_secs(1);
/// And a falling price.
const PRICE_EVERY_MS: Millis = 250;
/// How long the clock's own act waits after the log refused it.
const RETRY_MS: i64 = 1_000;
/// A room does not fall asleep so shortly before its deadline.
const AWAKE_BEFORE_MS: i64 = 60_000;

/// A room that is awake.
pub(super) struct Room {
    pub(super) shared: Arc<Shared>,
    pub(super) door: Arc<Door>,
    pub(super) inbox: mpsc::Receiver<Mail>,
    /// The fold of what is durable; while an append is under way, of what is being appended too (`judge`, `store`).
    pub(super) auction: Auction,
    pub(super) mark: Mark,
    pub(super) feed: Arc<Feed>,
    pub(super) history: History,
    look: Option<Look>,
    /// Until when it holds: a falling price changes by itself.
    look_until: Millis,
    presence_hold: Option<Pin<Box<Sleep>>>,
    /// The wait for the next deadline, and which that is: it outlives the turns of the loop.
    alarm: Option<(Millis, BoxFuture<'static, ()>)>,
    /// Turns in which nothing but mail was looked at.
    turns: u32,
    retry_at: Millis,
    lobby: Told,
    lobby_hold: Option<Pin<Box<Sleep>>>,
    live_text: LiveText,
    /// When a falling price was last told.
    priced_at: Millis,
}

/// What the lobby knows of this room.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// That it was so, and nothing has changed since.
    Status(Status),
    /// That it was so; the rest is told when the hold is over.
    Stale(Status),
}

/// Everything that can wake a room.
enum Wake {
    Mail(Vec<Mail>),
    Deadline,
    Presence,
    Lobby,
    LiveText,
    /// The price has fallen.
    Price,
    Idle,
    Stop,
}

/// Loads the auction behind `door` and runs its room until it sleeps.
pub(super) async fn run(shared: Arc<Shared>, door: Arc<Door>, mut inbox: mpsc::Receiver<Mail>) {
    // Also on a panic: whoever knocks next finds a new room, and the alarm makes sure that somebody knocks.
    let again = shared.clock.now().saturating_add(alarm::RETRY_MS);
    let mut leaving = Leaving { shared: shared.clone(), door: door.clone(), call_at: Some(again) };
    match load(&*shared.log, &door.id).await {
        Ok(Loaded { auction, mark, feed, history }) => {
            debug!(auction = %door.id, seq = auction.seq(), "the room wakes");
            if auction.terms().aliases {
                door.presence.hide_names();
            }
            let (lobby, priced_at) = (Told::Status(auction.status()), shared.clock.now());
            let mut room = Room {
                shared,
                door,
                inbox,
                auction,
                mark,
                feed,
                history,
                look: None,
                look_until: Millis::MAX,
                presence_hold: None,
                alarm: None,
                turns: 0,
                retry_at: Millis::MIN,
                lobby,
                lobby_hold: None,
                live_text: LiveText::default(),
                priced_at,
            };
            // Before anything else: neither the clock nor a command may see an end that is none.
            if room.make_up().await {
                leaving.call_at = room.live().await;
            } else {
                refuse_all(&mut room.inbox, &Refusal::Unavailable);
            }
        }
        Err(error) => {
            error!(auction = %door.id, %error, "this auction cannot be loaded and is refused");
            if !error.may_pass() {
                leaving.call_at = None;
            }
            refuse_all(&mut inbox, &Refusal::Unavailable);
        }
    }
}

/// Takes a room out of the registry, however it ended.
struct Leaving {
    shared: Arc<Shared>,
    door: Arc<Door>,
    /// When the alarm shall call the room back.
    call_at: Option<Millis>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.shared.rooms.remove_if(&self.door.id, |_, door| Arc::ptr_eq(door, &self.door));
        // Only now: an alarm that found this room's door would believe it awake.
        if let Some(at) = self.call_at {
            self.shared.alarm.set(at, self.door.id.clone());
        }
    }
}

fn refuse_all(inbox: &mut mpsc::Receiver<Mail>, refusal: &Refusal) {
    inbox.close();
    while let Ok(mail) = inbox.try_recv() {
        // Whoever no longer waits for the answer does not need it.
        match mail {
            Mail::Command(waiting) => drop(waiting.reply.give(Err(refusal.clone()), 0).map(|member| member.beckon())),
            Mail::Join { reply, .. } => drop(reply.send(Err(refusal.clone()))),
            Mail::Look { reply } => drop(reply.send(Err(refusal.clone()))),
        }
    }
}

impl Room {
    /// Lives until it falls asleep; answers when it must be woken.
    async fn live(mut self) -> Option<Millis> {
        self.door.last_minute.note(&self.auction);
        self.tell_lobby_now();
        self.feed_ending();
        loop {
            self.feed.flush();
            match self.next().await {
                Wake::Mail(mail) => self.handle(mail).await,
                Wake::Deadline => self.strike().await,
                Wake::Presence => self.tell_presence(),
                Wake::Lobby => self.tell_lobby_again(),
                Wake::LiveText => {
                    let text = self.live_text.go_on();
                    self.tell_text(text);
                }
                Wake::Price => self.tell_price(),
                Wake::Idle => return self.sleep(Ending::Failed).await,
                Wake::Stop => return self.sleep(Ending::Stopping).await,
            }
        }
    }

    async fn next(&mut self) -> Wake {
        let now = self.shared.clock.now();
        let deadline = self.auction.deadline().map(|at| at.max(self.retry_at));
        // What mostly happens, without setting up a wait for all the rest: there is more mail.
        if self.turns < TURNS && deadline.is_none_or(|at| at > now) && !*self.shared.stop.borrow() {
            self.turns += 1;
            let mail: Vec<_> = std::iter::from_fn(|| self.inbox.try_recv().ok()).take(BATCH).collect();
            if !mail.is_empty() {
                return Wake::Mail(mail);
            }
        }
        self.turns = 0;
        self.wait(deadline).await
    }

    async fn wait(&mut self, deadline: Option<Millis>) -> Wake {
        let mut mail = Vec::new();
        let (clock, ticker, price) = (self.shared.clock.clone(), self.shared.clock.clone(), self.next_price());
        let mut stop = self.shared.stop.subscribe();
        let (holding, idle) = (self.presence_hold.is_some(), self.may_sleep());
        if self.alarm.as_ref().is_none_or(|(at, _)| Some(*at) != deadline) {
            self.alarm = deadline.map(|at| (at, Box::pin(async move { clock.sleep_until(at).await }) as BoxFuture<'static, ()>));
        }
        let (alarm, hold) = (over(self.alarm.as_mut().map(|(_, alarm)| alarm)), over(self.presence_hold.as_mut()));
        let (lobby, text) = (over(self.lobby_hold.as_mut()), over(self.live_text.hold()));
        let woken = tokio::select! {
            biased;
            // The registry keeps the sender for as long as there are rooms.
            _ = stop.wait_for(|stop| *stop) => Wake::Stop,
            () = alarm => Wake::Deadline,
            () = hold => Wake::Presence,
            () = lobby => Wake::Lobby,
            () = text => Wake::LiveText,
            () = ticker.sleep_until(price.unwrap_or(Millis::MAX)), if price.is_some() => Wake::Price,
            () = self.door.presence.changed(), if !holding => Wake::Presence,
            _ = self.inbox.recv_many(&mut mail, BATCH) => Wake::Mail(mail),
            () = tokio::time::sleep(self.shared.settings.idle_after), if idle => Wake::Idle,
        };
        if matches!(woken, Wake::Deadline) {
            self.alarm = None;
        }
        woken
    }

    fn may_sleep(&self) -> bool {
        let near = self.shared.clock.now().saturating_add(AWAKE_BEFORE_MS);
        // Live text is stored nowhere else.
        let silent = self.live_text.text().is_none() || self.auction.status().has_ended();
        silent && self.door.presence.count() == 0 && self.auction.deadline().is_none_or(|deadline| deadline > near)
    }

    async fn handle(&mut self, mut mail: Vec<Mail>) {
        let mut waiting = Vec::new();
        let stops_bids = mail.iter().any(Mail::stops_bids);
        if stops_bids {
            mail.extend(self.settled().await);
        }
        for mail in mail {
            match mail {
                Mail::Command(command) => waiting.push(command),
                Mail::Join { since, who, reply } => {
                    self.reach_back(since).await;
                    let place = self.place(since, who.as_ref());
                    let _ = reply.send(Ok(place));
                }
                Mail::Look { reply } => {
                    let _ = reply.send(Ok(self.look()));
                }
            }
        }
        if stops_bids {
            // Every bid stamped before the hammer, a pause or the calling off counts, whichever of the two came here first.
            waiting.sort_by_key(|waiting| waiting.at);
        }
        if !waiting.is_empty() {
            self.judge(waiting).await;
        }
    }

    /// The mail that waits once all that was arriving has arrived.
    async fn settled(&mut self) -> Vec<Mail> {
        self.door.arrivals.settle().await;
        std::iter::from_fn(|| self.inbox.try_recv().ok()).take(self.shared.settings.mailbox).collect()
    }

    /// The clock's own act. Every command stamped before it is judged before it, however long the queue (`rules.md` §2).
    async fn strike(&mut self) {
        let mail = self.settled().await;
        self.handle(mail).await;
        let now = self.shared.clock.now();
        if !self.act_by_clock(now).await {
            self.retry_at = now.saturating_add(RETRY_MS);
        }
    }

    /// A room that woke from a snapshot has only the last events in its ring. The others are read when the first comes who has not seen them.
    async fn reach_back(&mut self, since: Option<u64>) {
        let Some(since) = since.filter(|since| since.saturating_add(RING_EVENTS as u64) >= self.auction.seq()) else { return };
        while let Some(older) = self.history.older
            && since < older.seq
        {
            match older.fetch(&*self.shared.log, &self.door.id, &self.feed, load::PAGE).await {
                Ok(older) => self.history.older = older,
                Err(error) => {
                    error!(auction = %self.door.id, %error, "older events cannot be read: nobody can resume from there");
                    self.history.older = self.history.older.filter(|_| error.may_pass());
                    return;
                }
            }
        }
    }

    /// Snapshot and cursor in one step: no event falls between them, none is in both.
    fn place(&mut self, since: Option<u64>, who: Option<&Person>) -> Place {
        let own = who.and_then(|who| self.auction.book().own(who));
        let look = Look { aliases: self.aliases_for(who), own, ..self.look() };
        let resume = since.and_then(|since| self.feed.cursor(Some(since)));
        let resumed = resume.is_some();
        let cursor = resume.or_else(|| self.feed.cursor(None)).expect("a cursor at the head is always to be had");
        Place { look, cursor, resumed, watching: self.door.presence.enter(who) }
    }

    /// Who is who, as far as `who` may know: the auctioneer everyone, others themselves. `None` where bidders have no numbers.
    fn aliases_for(&self, who: Option<&Person>) -> Option<Arc<[Person]>> {
        if !self.auction.terms().aliases {
            return None;
        }
        let Some(who) = who else { return Some(Arc::default()) };
        if who == self.auction.seller() {
            return Some(self.auction.aliases().into());
        }
        let own = self.auction.alias(who).map(|alias| who.clone().known_as(Some(alias)));
        Some(own.into_iter().collect())
    }

    /// As it stands; encoded once for all who ask until something changes.
    fn look(&mut self) -> Look {
        let now = self.shared.clock.now();
        if let Some(look) = self.look.as_ref().filter(|_| now < self.look_until) {
            return look.clone();
        }
        self.look_until = self.auction.next_step(now).unwrap_or(Millis::MAX);
        let live = Live { text: self.live_text.text().map(Into::into), ..self.door.presence.live() };
        let auction = self.feed.recent(RECENT, |frames| {
            let recent: Vec<_> = frames.map(Frame::raw).collect();
            AuctionOut::encode(&self.auction, &live, &recent, now)
        });
        let look = Look {
            auction: auction.into(),
            seq: self.auction.seq(),
            aliases: None,
            own: None,
            currency: self.auction.terms().currency,
            ended: self.auction.status().has_ended(),
        };
        self.look.insert(look).clone()
    }

    /// Shows what has become durable.
    pub(super) fn publish(&mut self, frames: Vec<Frame>) {
        self.look = None;
        self.door.last_minute.note(&self.auction);
        self.feed.publish(frames);
        self.tell_lobby();
        self.feed_ending();
    }

    /// Something has changed that the lobby shows. It is one for all rooms: a bid shall not wait for it, nor cost what telling costs.
    fn tell_lobby(&mut self) {
        let (Told::Status(known) | Told::Stale(known)) = self.lobby;
        if self.lobby_hold.is_some() && known == self.auction.status() {
            self.lobby = Told::Stale(known);
        } else {
            self.tell_lobby_now();
            self.lobby_hold.get_or_insert_with(|| Box::pin(tokio::time::sleep(LOBBY_EVERY)));
        }
    }

    /// The hold is over.
    fn tell_lobby_again(&mut self) {
        self.lobby_hold = None;
        if matches!(self.lobby, Told::Stale(_)) {
            self.tell_lobby();
        }
    }

    fn tell_lobby_now(&mut self) {
        self.lobby = Told::Status(self.auction.status());
        self.shared.lobby.changed(wire::Summary::new(&self.auction, self.door.presence.count()));
    }

    fn feed_ending(&self) {
        if self.auction.status().has_ended() {
            self.feed.end(Ending::Ended);
        }
    }

    /// Shows the auctioneer's live text.
    pub(super) fn announce(&mut self, text: Box<str>, by: Person) {
        self.look = None;
        let text = self.live_text.say(text, by);
        self.tell_text(text);
    }

    fn tell_text(&self, text: Option<Frame>) {
        text.into_iter().for_each(|text| self.feed.announce(text));
    }

    /// When a falling price is next told, to those who are there.
    fn next_price(&self) -> Option<Millis> {
        let watched = self.door.presence.count() > 0;
        let step = if watched { self.auction.next_step(self.priced_at) } else { None };
        step.map(|step| step.max(self.priced_at.saturating_add(PRICE_EVERY_MS)))
    }

    fn tell_price(&mut self) {
        self.look = None;
        self.priced_at = self.shared.clock.now();
        self.feed.price(wire::tick(self.priced_at, self.auction.figures(self.priced_at).price));
    }

    fn tell_presence(&mut self) {
        if self.presence_hold.take().is_some() {
            // The hold is over; what has changed meanwhile wakes us again at once.
            return;
        }
        self.look = None;
        let (live, moves) = self.door.presence.tell();
        self.feed.say(wire::presence(&live, moves.as_ref()));
        self.tell_lobby();
        self.presence_hold = Some(Box::pin(tokio::time::sleep(PRESENCE_EVERY)));
    }

    /// Takes no more mail, judges what is there, and leaves. Whoever wanted to join or to look hears nothing, and knocks again.
    async fn sleep(mut self, ending: Ending) -> Option<Millis> {
        self.inbox.close();
        let mut waiting = Vec::new();
        while let Some(mail) = self.inbox.recv().await {
            if let Mail::Command(command) = mail {
                waiting.push(command);
            }
        }
        self.judge(waiting).await;
        self.feed.flush();
        if matches!(self.lobby, Told::Stale(_)) {
            self.tell_lobby_now();
        }
        self.feed.end(ending);
        debug!(auction = %self.door.id, "the room sleeps");
        self.auction.deadline()
    }
}

/// The end of a wait; where none is under way, never.
async fn over(wait: Option<&mut (impl Future<Output = ()> + Unpin)>) {
    match wait {
        Some(wait) => wait.await,
        None => std::future::pending().await,
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Whatever ended this room, nobody shall wait for it in vain. The first ending holds.
        self.feed.end(Ending::Failed);
    }
}
