//! Bids under way: sent at a pace, followed to every socket that sees them, timed.

use crate::cli::Options;
use crate::dialect::Word;
use crate::fleet::{Crowd, Lost, nanos};
use crate::latency::Latency;
use crate::net::Net;
use crate::ring::{Bid, Ring};

/// When a bid's place in a window is free again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// Every socket of its room that sees events has received it.
    Everyone,
    /// Its bidder has the verdict.
    Judged,
}

/// When bids are sent.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Pace {
    /// So many are under way, for each room or each bidder.
    Closed { window: u32 },
    /// One every so many nanoseconds, whatever happens.
    Open { every: f64 },
}

/// A room and its bids.
struct Room {
    /// The sockets of its bidders.
    bidders: Vec<u32>,
    /// How many sockets see its events.
    viewers: u32,
    next_amount: u64,
    next_bidder: u32,
    ring: Ring,
}

impl Room {
    /// The next bidder who is still there; if nobody is, just the next.
    fn whose_turn(&mut self, net: &Net) -> u32 {
        let count = u32::try_from(self.bidders.len()).unwrap_or(u32::MAX).max(1);
        for _ in 0..count {
            self.next_bidder = (self.next_bidder + 1) % count;
            let socket = self.bidders.get(self.next_bidder as usize);
            if socket.is_some_and(|socket| net.sockets[*socket as usize].stream.is_some()) {
                break;
            }
        }
        self.next_bidder
    }
}

/// What has been counted so far.
#[derive(Clone, Copy, Default, Debug)]
pub struct Counts {
    pub sent: u64,
    pub accepted: u64,
    pub refused: u64,
    /// Bid events, each counted at each socket.
    pub deliveries: u64,
    /// Bids that were not done in time.
    pub given_up: u64,
    /// Bids that could not even be sent: the bidder is gone, or takes no more.
    pub unsendable: u64,
}

pub struct Bidding {
    rooms: Vec<Room>,
    pace: Pace,
    done: Done,
    /// Otherwise one's own bid coming back is the verdict.
    says_accepted: bool,
    give_up: u64,
    sending: bool,
    pending: u64,
    /// Open loop: when bidding began, how many have been sent since, and when the next is due.
    began: u64,
    paced: u64,
    next_due: u64,
    next_sweep: u64,
    /// Bids sent from here until there are timed.
    timed: std::ops::Range<u64>,
    pub counts: Counts,
    pub each: Latency,
    pub last: Latency,
    pub accepted: Latency,
    pub lost_sockets: u64,
}

/// Bids remembered, over all rooms.
const REMEMBERED: usize = 1 << 21;
/// Bids remembered, over all rooms, where each bidder bids again as soon as there is a verdict.
const JUDGED: usize = 1 << 18;
/// How often bids that have taken too long are looked for, in nanoseconds.
const SWEEP: u64 = 100_000_000;

impl Bidding {
    /// For the sockets of `net`, which know their rooms.
    pub fn new(net: &Net, options: &Options, done: Done) -> Bidding {
        let rooms = net.target.rooms.len();
        let mut bidding = Bidding {
            rooms: Vec::with_capacity(rooms),
            pace: options.rate.map_or(Pace::Closed { window: options.window }, |rate| Pace::Open { every: 1e9 / rate }),
            done,
            says_accepted: net.target.says_accepted(),
            give_up: nanos(options.give_up),
            sending: false,
            pending: 0,
            began: 0,
            paced: 0,
            next_due: u64::MAX,
            next_sweep: 0,
            timed: u64::MAX..u64::MAX,
            counts: Counts::default(),
            each: Latency::default(),
            last: Latency::default(),
            accepted: Latency::default(),
            lost_sockets: 0,
        };
        let new_room = |_| Room { bidders: Vec::new(), viewers: 0, next_amount: 1, next_bidder: 0, ring: Ring::new(2) };
        bidding.rooms.extend((0..rooms).map(new_room));
        for (id, socket) in (0..).zip(&net.sockets) {
            let room = &mut bidding.rooms[socket.room as usize];
            room.viewers += u32::from(!socket.quiet);
            room.bidders.extend(socket.bidder.map(|_| id));
        }
        for room in &mut bidding.rooms {
            room.ring = Ring::new(match bidding.pace {
                // While the slowest bidder waits for one verdict the others may have many.
                Pace::Closed { window } if done == Done::Judged => {
                    (JUDGED / rooms).clamp(64, 1 << 13).max(64 * window as usize * room.bidders.len())
                }
                Pace::Closed { window } => 64.max(8 * window as usize),
                Pace::Open { .. } => (REMEMBERED / rooms).clamp(64, 1 << 17),
            });
        }
        bidding
    }

    /// Begins to bid.
    pub fn start(&mut self, net: &mut Net) {
        self.sending = true;
        self.began = net.now();
        net.untouched = false;
        match self.pace {
            Pace::Open { .. } => self.next_due = self.began,
            Pace::Closed { window } => {
                for room in 0..self.rooms.len() {
                    let each = if self.done == Done::Judged { self.rooms[room].bidders.len() } else { 1 };
                    (0..window as usize * each).for_each(|_| self.launch(net, room, None, None));
                }
            }
        }
    }

    /// From now on bids are timed.
    pub fn measure(&mut self, now: u64) {
        self.timed.start = now;
    }

    /// No more bids; those under way are still followed.
    pub fn stop(&mut self, now: u64) {
        self.timed.end = now;
        self.sending = false;
        self.next_due = u64::MAX;
    }

    /// Bids that are not done.
    pub fn pending(&self) -> u64 {
        self.pending
    }

    /// Sends a bid, from this bidder or the one whose turn it is, timed from when it was due or from now.
    fn launch(&mut self, net: &mut Net, room: usize, bidder: Option<u32>, due: Option<u64>) {
        let place = &mut self.rooms[room];
        let bidder = bidder.unwrap_or_else(|| place.whose_turn(net));
        let Some(socket) = place.bidders.get(bidder as usize).copied() else { return };
        let amount = place.next_amount;
        place.next_amount += 1;
        let sent = due.unwrap_or_else(|| net.now());
        let gone = net.bid(socket, amount);
        // Its place in the window is not lost with it: in a closed loop it is given up like one that has no answer, and another goes.
        let pending = gone || matches!(self.pace, Pace::Closed { .. });
        let old = place.ring.put(Bid { amount, sent, bidder, pending, ..Bid::default() });
        self.pending += u64::from(pending);
        self.counts.sent += u64::from(gone);
        self.counts.unsendable += u64::from(!gone);
        if old.pending {
            self.give_up(net, room, old.bidder);
        }
    }

    /// A bid that was pending is not waited for any longer.
    fn give_up(&mut self, net: &mut Net, room: usize, bidder: u32) {
        self.counts.given_up += 1;
        self.finished(net, room, bidder);
    }

    /// A bid that was pending is done: in a closed loop the next one may go.
    fn finished(&mut self, net: &mut Net, room: usize, bidder: u32) {
        self.pending -= 1;
        if self.sending && matches!(self.pace, Pace::Closed { .. }) {
            self.launch(net, room, (self.done == Done::Judged).then_some(bidder), None);
        }
    }

    #[inline]
    fn delivered(&mut self, net: &mut Net, id: u32, (seq, amount): (u64, u64), now: u64) {
        self.counts.deliveries += 1;
        let room = net.sockets[id as usize].room as usize;
        let place = &mut self.rooms[room];
        let Some(bid) = place.ring.find(amount) else { return };
        bid.seq = seq;
        bid.received += 1;
        let timed = self.timed.contains(&bid.sent);
        if timed {
            self.each.record(now - bid.sent);
        }
        let complete = bid.received == place.viewers;
        if complete && timed {
            self.last.record(now - bid.sent);
        }
        let (bidder, mine) = (bid.bidder, !self.says_accepted && place.bidders[bid.bidder as usize] == id);
        if complete && self.done == Done::Everyone && std::mem::take(&mut bid.pending) {
            self.finished(net, room, bidder);
        }
        if mine {
            self.judged(net, room, amount, true, now);
        }
    }

    /// The bidder has a verdict. A bid that nobody else will see is done with it.
    fn judged(&mut self, net: &mut Net, room: usize, amount: u64, public: bool, now: u64) {
        self.counts.accepted += 1;
        let Some(bid) = self.rooms[room].ring.find(amount) else { return };
        if std::mem::replace(&mut bid.judged, true) {
            return;
        }
        if self.timed.contains(&bid.sent) {
            self.accepted.record(now - bid.sent);
        }
        let bidder = bid.bidder;
        if (self.done == Done::Judged || !public) && std::mem::take(&mut bid.pending) {
            self.finished(net, room, bidder);
        }
    }

    fn refused(&mut self, net: &mut Net, room: usize, amount: u64) {
        self.counts.refused += 1;
        let Some(bid) = self.rooms[room].ring.find(amount) else { return };
        let bidder = bid.bidder;
        if std::mem::take(&mut bid.pending) {
            self.finished(net, room, bidder);
        }
    }

    fn sweep(&mut self, net: &mut Net, now: u64) {
        self.next_sweep = now + SWEEP;
        for room in 0..self.rooms.len() {
            let too_long = |bid: &&mut Bid| bid.pending && now.saturating_sub(bid.sent) > self.give_up;
            let late: Vec<u32> = self.rooms[room]
                .ring
                .iter_mut()
                .filter(too_long)
                .map(|bid| {
                    bid.pending = false;
                    bid.bidder
                })
                .collect();
            late.into_iter().for_each(|bidder| self.give_up(net, room, bidder));
        }
    }

    fn send_what_is_due(&mut self, net: &mut Net, every: f64, now: u64) {
        while self.next_due <= now {
            let room = usize::try_from(self.paced).unwrap_or(0) % self.rooms.len();
            self.launch(net, room, None, Some(self.next_due));
            self.paced += 1;
            self.next_due = self.began + after(self.paced, every);
        }
    }
}

/// The time that so many steps take.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "exact for 104 days")]
fn after(steps: u64, every: f64) -> u64 {
    (steps as f64 * every) as u64
}

impl Crowd for Bidding {
    #[inline]
    fn heard(&mut self, net: &mut Net, id: u32, word: Word<'_>, now: u64) {
        let room = net.sockets[id as usize].room as usize;
        match word {
            Word::Bid { seq, amount } => self.delivered(net, id, (seq, amount), now),
            Word::Accepted { id: amount, seq } => self.judged(net, room, amount, seq.is_some(), now),
            Word::Refused { id: amount, .. } => self.refused(net, room, amount),
            _ => {}
        }
    }

    /// Nobody waits for one who is gone: what they had does not count, what they had not is not missed.
    fn lost(&mut self, net: &mut Net, id: u32, _why: &Lost) {
        self.lost_sockets += 1;
        let socket = &net.sockets[id as usize];
        if socket.quiet {
            return;
        }
        let (number, seen) = (socket.room as usize, socket.seq);
        let room = &mut self.rooms[number];
        room.viewers -= 1;
        let mut done = Vec::new();
        for bid in room.ring.iter_mut().filter(|bid| bid.pending) {
            bid.received -= u32::from(bid.seq != 0 && bid.seq <= seen);
            if self.done == Done::Everyone && bid.received >= room.viewers {
                bid.pending = false;
                done.push(bid.bidder);
            }
        }
        done.into_iter().for_each(|bidder| self.finished(net, number, bidder));
    }

    #[inline]
    fn tick(&mut self, net: &mut Net, now: u64) {
        match self.pace {
            Pace::Open { every } if self.next_due <= now => self.send_what_is_due(net, every, now),
            Pace::Closed { .. } if self.next_sweep <= now => self.sweep(net, now),
            _ => {}
        }
    }

    fn next_due(&self) -> u64 {
        self.next_due
    }
}
