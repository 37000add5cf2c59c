//! All rooms: finds them, wakes them, creates auctions.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dashmap::DashMap;
use tokio::sync::{mpsc, oneshot, watch};

use super::alarm::Alarm;
use super::arrivals::Arrivals;
use super::crowd::Membership;
use super::door::{Door, LastMinute, Look, Mail, Place, Verdict};
use super::export::Export;
use super::founding::{self, Created};
use super::lobby::{self, Lobby};
use super::member::Member;
use super::seat::{Seat, arrive};
use super::{RoomSettings, pulse, task};
use super::{judge, load, relist};
use crate::auction::{self, Auction, AuctionId, Command, Downtime, Event, Millis, Person, Refusal, RequestId, TermsError};
use crate::clock::Clock;
use crate::log::{AppendError, Batch, EventLog, Query, ReadError};
use crate::wire::{Frame, Summary, TermsIn};

/// How often a room that is just falling asleep is asked again.
const KNOCKS: usize = 100;

/// All rooms. Cheap to clone; clones are the same rooms.
#[derive(Clone, Debug)]
pub struct Rooms(Arc<Shared>);

/// What every room needs.
pub(super) struct Shared {
    pub log: Arc<dyn EventLog>,
    pub clock: Clock,
    pub settings: RoomSettings,
    /// Only rooms that are awake. No guard of this map lives across an `.await`.
    pub rooms: DashMap<AuctionId, Arc<Door>>,
    pub lobby: Lobby,
    pub alarm: Alarm,
    pub stop: watch::Sender<bool>,
    /// When the server was not there, before it came back as this one.
    pub down: Option<Downtime>,
    /// Whether those that it befell have been granted their time.
    pub made_up: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Rooms").field("awake", &self.rooms.len()).finish_non_exhaustive()
    }
}

impl Rooms {
    /// Opens the rooms over `log`. What was open goes on; what ended while nobody was there, or shortly after, is granted some time.
    pub async fn open(log: Arc<dyn EventLog>, clock: Clock, settings: RoomSettings) -> Result<Rooms, ReadError> {
        let now = clock.now();
        let last_there = log.last_alive().await?;
        if last_there.is_none() {
            // Before anything happens: whatever happens is before an outage that may come. A log that cannot write will say so.
            let _ = log.alive(now).await;
        }
        let down = Downtime::between(last_there, now);
        let shared = Arc::new(Shared {
            lobby: Lobby::load(&*log).await?,
            alarm: Alarm::default(),
            rooms: DashMap::new(),
            stop: watch::Sender::new(false),
            down,
            made_up: AtomicBool::new(false),
            log,
            clock,
            settings,
        });
        let mut befell = Vec::new();
        for (id, deadline) in shared.log.deadlines().await? {
            let Some(id) = AuctionId::parse(&id) else { continue };
            // An opening that fell into the outage is due; and an end that it befell is not what it was: whoever looks at it shall see that.
            let call_at = if down.is_some_and(|down| deadline <= now || down.befell(deadline, shared.settings.outage)) {
                befell.push(id.clone());
                now
            } else {
                deadline
            };
            shared.alarm.set(call_at, id);
        }
        let rooms = Rooms(shared);
        tokio::spawn(super::alarm::run(rooms.clone()));
        tokio::spawn(pulse::run(rooms.clone(), befell));
        tokio::spawn(super::lobby::run(rooms.clone()));
        Ok(rooms)
    }

    /// The clock that stamps and decides.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The list of auctions, live.
    pub fn lobby(&self) -> &Lobby {
        &self.0.lobby
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    /// Creates an auction of `seller`'s; answers its id once that is durable.
    pub async fn create(&self, terms: TermsIn, seller: Person) -> Result<AuctionId, Refusal> {
        Ok(self.found(terms, seller, None).await?.id)
    }

    /// The same under a request id of the seller's: asked again it makes no second auction, and gives the first verdict.
    pub async fn create_once(&self, terms: TermsIn, seller: Person, request: RequestId) -> Result<Created, Refusal> {
        let asked = (request, terms.digest());
        if let Some(first) = founding::before(&*self.0.log, &seller, &asked).await? {
            return Ok(first);
        }
        match self.found(terms, seller.clone(), Some(asked.clone())).await {
            // Perhaps the very same was asked twice at once.
            Err(Refusal::Exists) => founding::before(&*self.0.log, &seller, &asked).await?.ok_or(Refusal::Exists),
            created => created,
        }
    }

    async fn found(&self, terms: TermsIn, seller: Person, asked: Option<(RequestId, u64)>) -> Result<Created, Refusal> {
        let now = self.0.clock.now();
        let terms = terms.resolve(now).map_err(Refusal::BadTerms)?;
        let (id, seller_id) = (terms.id.clone(), seller.id.clone());
        let key = asked.as_ref().map(|(request, _)| founding::key(&seller, request));
        let events = auction::create(terms, seller, asked, now)?;
        if *self.0.stop.borrow() {
            return Err(Refusal::Unavailable);
        }
        if self.0.lobby.live_count() >= self.0.settings.auctions {
            return Err(Refusal::Busy);
        }
        if !relist::is_house(&seller_id) && relist::is_house_name(&self.0.settings.house_names, &id) {
            return Err(Refusal::BadTerms(TermsError::new("id", "this name is kept for the house; choose another")));
        }
        // A task of its own: whoever asked may hang up, but what is durable must also be listed and be called at its end.
        let creating = tokio::spawn(self.clone().append(id, key, events, now));
        creating.await.unwrap_or(Err(Refusal::NoVerdict))
    }

    async fn append(self, id: AuctionId, key: Option<String>, events: Vec<Event>, at: Millis) -> Result<Created, Refusal> {
        let mut created = events.first().and_then(Auction::found).expect("the first event of a creation is the creation");
        events.iter().skip(1).for_each(|event| created.evolve(event));
        match self.0.log.append(Batch { key, ..judge::batch(&created, 0, &events) }).await {
            Ok(_) => {}
            Err(AppendError::Conflict) => return Err(Refusal::Exists),
            Err(AppendError::Unavailable(_)) => return Err(Refusal::Unavailable),
        }
        self.0.lobby.changed(Summary::new(&created, 0));
        if let Some(deadline) = created.deadline() {
            self.0.alarm.set(deadline, id.clone());
        }
        Ok(Created { id, at })
    }

    /// Takes a place in a room: from after `since` if it can be resumed from there.
    pub async fn join(&self, id: &AuctionId, since: Option<u64>, who: Option<Person>) -> Result<(Seat, Look, bool), Refusal> {
        let (door, place) = self.ask(id, |reply| Mail::Join { since, who: who.clone(), reply }).await?;
        let Place { look, cursor, watching, resumed } = place;
        Ok((Seat { door, view: cursor, clock: self.0.clock.clone(), watching, _known: None }, look, resumed))
    }

    /// Takes a place in a room as `member`, to whom the room then writes: all its events, or where it is `quiet`, verdicts alone.
    pub async fn attach(
        &self,
        id: &AuctionId,
        since: Option<u64>,
        who: Option<Person>,
        member: Arc<Member>,
        quiet: bool,
    ) -> Result<(Seat<Membership>, Look, bool), Refusal> {
        let (seat, look, resumed) = self.join(id, since, who.clone()).await?;
        Ok((seat.for_member(who.as_ref(), member, quiet), look, resumed))
    }

    /// How an auction stands.
    pub async fn look(&self, id: &AuctionId) -> Result<Look, Refusal> {
        Ok(self.ask(id, |reply| Mail::Look { reply }).await?.1)
    }

    /// At most `limit` of an auction's events after `since`, oldest first, as they were told.
    pub async fn history(&self, id: &AuctionId, since: u64, limit: usize) -> Result<Vec<Frame>, Refusal> {
        load::history(&*self.0.log, id, since, limit).await.map_err(|error| {
            tracing::error!(auction = %id, %error, "its history cannot be read");
            Refusal::Unavailable
        })
    }

    /// An auction's log, for `who` to check.
    pub async fn export(&self, id: &AuctionId, who: Option<&Person>) -> Result<Export, Refusal> {
        Export::begin(self.0.log.clone(), id, who).await
    }

    /// Has a command judged, for whoever has no seat.
    pub async fn command(&self, id: &AuctionId, command: Command) -> Verdict {
        for _ in 0..KNOCKS {
            let door = self.door(id).await?;
            let sent = arrive(&door, &self.0.clock).ask(command.clone());
            match sent {
                Ok(verdict) => return verdict.await.unwrap_or(Err(Refusal::NoVerdict)),
                Err(Refusal::Unavailable) => self.let_sleep().await?,
                Err(refusal) => return Err(refusal),
            }
        }
        Err(Refusal::Busy)
    }

    /// A page of the list, oldest first, and the id to go on after.
    pub async fn list(&self, label: Option<&str>, after: Option<String>, limit: usize) -> Result<Vec<Summary>, Refusal> {
        let label = label.map(str::to_owned);
        let entries = self.0.log.entries(Query { label, after, limit, latest_first: false }).await;
        let entries = entries.map_err(|error| {
            tracing::error!(%error, "the list cannot be read");
            Refusal::Unavailable
        })?;
        let mut list = Vec::with_capacity(entries.len());
        for entry in &entries {
            match self.0.lobby.listed(&entry.auction) {
                Some(summary) => list.push(summary),
                None => list.extend(lobby::told(&*self.0.log, entry).await),
            }
        }
        Ok(list)
    }

    /// Whether an auction of this id was ever created.
    pub async fn exists(&self, id: &AuctionId) -> Result<bool, ReadError> {
        self.0.log.exists(id.as_str()).await
    }

    /// Ends every room: what waits is judged, and its sockets learn that the server stops.
    pub fn stop(&self) {
        self.0.stop.send_replace(true);
        self.0.lobby.stop();
    }

    /// Returns once every room has ended after a [`stop`](Rooms::stop).
    pub async fn stopped(&self) {
        while !self.0.rooms.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        pulse::once(self).await;
    }

    /// Asks a room for something that it answers at once.
    async fn ask<T>(&self, id: &AuctionId, mail: impl Fn(oneshot::Sender<Result<T, Refusal>>) -> Mail) -> Result<(Arc<Door>, T), Refusal> {
        for _ in 0..KNOCKS {
            let door = self.door(id).await?;
            let (reply, answer) = oneshot::channel();
            if door.mail.send(mail(reply)).await.is_ok()
                && let Ok(answer) = answer.await
            {
                return answer.map(|answer| (door, answer));
            }
            self.let_sleep().await?;
        }
        Err(Refusal::Busy)
    }

    /// Waits a moment for a room that is closing its door.
    async fn let_sleep(&self) -> Result<(), Refusal> {
        if *self.0.stop.borrow() {
            return Err(Refusal::Unavailable);
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        Ok(())
    }

    /// The door to an auction's room, which wakes if it sleeps. For an auction that has not ended this does not wait for anything.
    pub(super) async fn door(&self, id: &AuctionId) -> Result<Arc<Door>, Refusal> {
        let awake = self.0.rooms.get(id).map(|door| door.clone());
        if let Some(door) = awake {
            return Ok(door);
        }
        if !self.0.lobby.is_live(id) {
            match self.exists(id).await {
                Ok(true) => {}
                Ok(false) => return Err(Refusal::UnknownAuction),
                Err(error) => {
                    tracing::error!(auction = %id, %error, "cannot look the auction up");
                    return Err(Refusal::Unavailable);
                }
            }
        }
        if *self.0.stop.borrow() {
            return Err(Refusal::Unavailable);
        }
        Ok(self.0.rooms.entry(id.clone()).or_insert_with(|| self.wake(id)).clone())
    }

    fn wake(&self, id: &AuctionId) -> Arc<Door> {
        let (mail, inbox) = mpsc::channel(self.0.settings.mailbox);
        let door = Arc::new(Door {
            id: id.clone(),
            mail,
            arrivals: Arrivals::default(),
            presence: Arc::default(),
            callers: Arc::default(),
            last_minute: LastMinute::default(),
        });
        tokio::spawn(task::run(self.0.clone(), door.clone(), inbox));
        door
    }
}
