//! The heartbeat of all sockets: one wheel, no timer a socket.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::conduit::{Beat, Conduit};
use crate::auction::Millis;
use crate::clock::Clock;
use crate::room::Member;
use crate::wire::{self, Frame};

/// Turns of the wheel in the shorter of interval and timeout: so late a heartbeat may be noticed.
const FINENESS: u32 = 8;
/// A turn is no shorter …
const SHORTEST: Duration = Duration::from_millis(10);
/// … and no longer than this.
const LONGEST: Duration = Duration::from_secs(1);
/// Sockets looked after before others have a turn.
const TURN: usize = 256;

type Socket = Weak<Member<Conduit>>;

/// Looks after every socket when it is due.
#[derive(Debug)]
pub struct Heart {
    interval: Millis,
    timeout: Millis,
    turn: Duration,
    wheel: Mutex<Wheel>,
}

#[derive(Debug)]
struct Wheel {
    slots: Vec<Vec<Socket>>,
    now: usize,
}

impl Heart {
    /// A heart that pings every `interval` and misses who is silent for that and `timeout`.
    pub fn new(interval: Duration, timeout: Duration) -> Heart {
        let turn = (interval.min(timeout) / FINENESS).clamp(SHORTEST, LONGEST);
        let slots = interval.as_millis() / turn.as_millis() + 2;
        let slots = vec![Vec::new(); usize::try_from(slots).unwrap_or(usize::MAX)];
        Heart { interval: millis(interval), timeout: millis(timeout), turn, wheel: Mutex::new(Wheel { slots, now: 0 }) }
    }

    /// When a socket that comes now is first pinged: at random, so that those who came together are not pinged together for ever.
    pub fn first(&self, now: Millis) -> Millis {
        now + fastrand::i64(0..=self.interval)
    }

    /// Looks after `socket` from `due` on.
    pub fn keep(&self, socket: &Arc<Member<Conduit>>, now: Millis, due: Millis) {
        self.place(Arc::downgrade(socket), now, due);
    }

    /// All sockets; those that are just being looked after may be missing, and are there the next time.
    pub fn everyone(&self) -> Vec<Arc<Member<Conduit>>> {
        self.wheel().slots.iter().flatten().filter_map(Weak::upgrade).collect()
    }

    fn place(&self, socket: Socket, now: Millis, due: Millis) {
        let turns = usize::try_from((due - now).max(0) / millis(self.turn)).unwrap_or(0);
        let mut wheel = self.wheel();
        // Further ahead than the wheel is round: it is looked at too early, and put away again.
        let ahead = (turns + 1).min(wheel.slots.len() - 1);
        let slot = (wheel.now + ahead) % wheel.slots.len();
        if let Some(slot) = wheel.slots.get_mut(slot) {
            slot.push(socket);
        }
    }

    fn next_slot(&self) -> Vec<Socket> {
        let mut wheel = self.wheel();
        wheel.now = (wheel.now + 1) % wheel.slots.len();
        let now = wheel.now;
        wheel.slots.get_mut(now).map(std::mem::take).unwrap_or_default()
    }

    fn wheel(&self) -> MutexGuard<'_, Wheel> {
        self.wheel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns the wheel until `stop`.
    pub async fn beat(self: Arc<Heart>, clock: Clock, mut stop: watch::Receiver<bool>) {
        let mut turns = tokio::time::interval(self.turn);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                _ = turns.tick() => {}
            }
            let now = clock.now();
            let tick = wire::tick(now, None);
            for (count, socket) in self.next_slot().into_iter().enumerate() {
                if let Some(alive) = socket.upgrade() {
                    self.look_after(&alive, socket, now, &tick);
                }
                if count % TURN == TURN - 1 {
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    fn look_after(&self, member: &Member<Conduit>, socket: Socket, now: Millis, tick: &Frame) {
        let (until, over) = member.pipe().expires(now);
        if over {
            return member.beckon();
        }
        match member.pipe().beat(now, member.taken(), self.interval, self.timeout) {
            Beat::Later(due) => self.place(socket, now, due.min(until)),
            Beat::Ping { quiet, again } => {
                if quiet {
                    member.say_message(tick);
                }
                member.say(wire::ping_frame());
                member.flush();
                member.pipe().pinged(member.taken());
                self.place(socket, now, again.min(until));
            }
            Beat::Done => member.beckon(),
        }
    }
}

/// Whole milliseconds.
pub fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX >> 2)
}
