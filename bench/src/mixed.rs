//! Mode `mixed`: a sale. People come in over time, bids bunch toward the end, somebody snipes, the end is put off, and in the end
//! everyone must have seen every event in order, `closed` last, and then the socket closed with 1000.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::Result;
use crate::cli::{Dialect, Options};
use crate::dialect::{Kind, Word};
use crate::fleet::{Crowd, Fleet, Lost, bar, nanos};
use crate::herd;
use crate::net::{Net, Stage};
use crate::process;
use crate::report::{Curves, Report, ratio};
use crate::target::Target;

/// A bid so close to the end puts it off by as much, in milliseconds.
const WINDOW_MS: u64 = 1_200;
/// So close to the end someone snipes, in milliseconds, at most this many times in each room.
const SNIPE_MS: u64 = 500;
const SNIPES: u32 = 3;
/// The last ones come in when this part of the time is over.
const JOINED_BY: f64 = 0.7;
/// One in so many bids, but at least two in each room.
const BIDDERS_OF: u32 = 20;
/// Bids made in each room beside the snipes.
const BIDS: u32 = 40;
/// After the last end sockets are given so long to be closed, in seconds.
const GOODBYE: f64 = 5.0;
const CLOSED_NORMALLY: u16 = 1_000;

/// One auction.
struct Lot {
    bidders: Vec<u32>,
    /// When its bids were sent, by amount: the first is 1.
    sent: Vec<u64>,
    /// When it ends, as far as is known, in nanoseconds of this run.
    ends: u64,
    snipes: u32,
    sniped_end: u64,
    scheduled: u32,
    extensions: u64,
    last_seq: u64,
    closed: bool,
}

struct Sale {
    lots: Vec<Lot>,
    began: u64,
    length: u64,
    /// Nanoseconds of this run to milliseconds of UTC.
    utc_ms: u64,
    next_due: u64,
    /// Which sockets have seen `closed`, and which of them were closed with 1000 after it.
    saw_closed: Vec<bool>,
    complete: u64,
    lost: u64,
    after_closed: u64,
    accepted: u64,
    refused: u64,
    deliveries: u64,
    curves: Curves,
}

impl Sale {
    fn new(net: &Net, length: u64) -> Sale {
        let lot = |_| Lot {
            bidders: Vec::new(),
            sent: Vec::new(),
            ends: net.now() + length,
            snipes: 0,
            sniped_end: 0,
            scheduled: 0,
            extensions: 0,
            last_seq: 0,
            closed: false,
        };
        let utc = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Sale {
            lots: (0..net.target.rooms.len()).map(lot).collect(),
            began: net.now(),
            length,
            utc_ms: u64::try_from(utc).unwrap_or(0).saturating_sub(net.now() / 1_000_000),
            next_due: 0,
            saw_closed: vec![false; net.sockets.len()],
            complete: 0,
            lost: 0,
            after_closed: 0,
            accepted: 0,
            refused: 0,
            deliveries: 0,
            curves: Curves::default(),
        }
    }

    /// When bid number `number` of a room is due: they bunch toward the end.
    fn due(&self, number: u32) -> u64 {
        let left = 1.0 - f64::from(number) / f64::from(BIDS);
        self.began + self.length - nanos(left * left * ratio(self.length, 1_000_000_000) * 0.9)
    }

    fn bid(net: &mut Net, lot: &mut Lot, now: u64) {
        let amount = lot.sent.len() as u64 + 1;
        let there = |id: &&u32| net.sockets[**id as usize].stage == Stage::Ready;
        let turn = usize::try_from(amount).unwrap_or(0) % lot.bidders.len().max(1);
        let Some(id) = lot.bidders.iter().cycle().skip(turn).take(lot.bidders.len()).find(there).copied() else { return };
        if net.bid(id, amount) {
            lot.sent.push(now);
        }
    }

    fn event(&mut self, net: &Net, id: u32, word: Word<'_>, now: u64) {
        let lot = &mut self.lots[net.sockets[id as usize].room as usize];
        self.after_closed += u64::from(self.saw_closed[id as usize]);
        match word {
            Word::Bid { amount, .. } => {
                self.deliveries += 1;
                if let Some(sent) = usize::try_from(amount).ok().and_then(|amount| lot.sent.get(amount.wrapping_sub(1))) {
                    self.curves.each.record(now - sent);
                }
            }
            Word::Event { seq, kind: Kind::Extended { ends_at } } if seq > lot.last_seq => {
                lot.extensions += 1;
                lot.ends = ends_at.saturating_sub(self.utc_ms) * 1_000_000;
            }
            Word::Event { kind: Kind::Closed, .. } => {
                self.saw_closed[id as usize] = true;
                lot.closed = true;
            }
            _ => {}
        }
        lot.last_seq = lot.last_seq.max(net.sockets[id as usize].seq);
    }
}

impl Crowd for Sale {
    fn heard(&mut self, net: &mut Net, id: u32, word: Word<'_>, now: u64) {
        match word {
            Word::Accepted { id: amount, .. } => {
                self.accepted += 1;
                let lot = &self.lots[net.sockets[id as usize].room as usize];
                if let Some(sent) = usize::try_from(amount).ok().and_then(|amount| lot.sent.get(amount.wrapping_sub(1))) {
                    self.curves.accepted.record(now - sent);
                }
            }
            Word::Refused { .. } => self.refused += 1,
            Word::Bid { .. } | Word::Event { .. } => self.event(net, id, word, now),
            _ => {}
        }
    }

    fn lost(&mut self, _net: &mut Net, id: u32, why: &Lost) {
        match why {
            Lost::Closed(CLOSED_NORMALLY) if self.saw_closed[id as usize] => self.complete += 1,
            _ => self.lost += 1,
        }
    }

    fn tick(&mut self, net: &mut Net, now: u64) {
        if now < self.next_due {
            return;
        }
        self.next_due = now + 5_000_000;
        let mut lots = std::mem::take(&mut self.lots);
        for lot in lots.iter_mut().filter(|lot| !lot.closed) {
            while lot.scheduled < BIDS && self.due(lot.scheduled) <= now {
                lot.scheduled += 1;
                Sale::bid(net, lot, now);
            }
            if lot.snipes < SNIPES && lot.sniped_end != lot.ends && now + SNIPE_MS * 1_000_000 >= lot.ends {
                lot.snipes += 1;
                lot.sniped_end = lot.ends;
                Sale::bid(net, lot, now);
            }
        }
        self.lots = lots;
    }

    fn next_due(&self) -> u64 {
        self.next_due
    }
}

pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    if options.dialect != Dialect::Subasta {
        return Err("mixed is about ends and soft closes: only --dialect subasta has them".to_owned());
    }
    let (target, length) = (Target::new(options, options.rooms)?, nanos(options.seconds.max(3.0)));
    let terms =
        format!(r#""duration_ms":{},"soft_close":{{"window_ms":{WINDOW_MS},"extend_ms":{WINDOW_MS},"mode":"reset"}}"#, length / 1_000_000);
    let mut net = Net::new(target)?;
    for number in 0..options.sockets {
        let (room, number) = (number % options.rooms, number / options.rooms);
        net.add(room, (number < 2 || number % BIDDERS_OF == 0).then_some(number), false);
    }
    let cpu = || options.pid.map(process::cpu_seconds).transpose();
    herd::gate(options)?;
    let before = cpu()?;
    net.target.create_rooms(|_| terms.clone())?;
    let mut sale = Sale::new(&net, length);
    for (id, socket) in (0..).zip(&net.sockets) {
        sale.lots[socket.room as usize].bidders.extend(socket.bidder.map(|_| id));
    }
    net.untouched = false;
    let mut fleet = Fleet::new(net, options.spin);
    attend(&mut fleet, &mut sale, options)?;
    conclude(&fleet, &sale, options, report);
    report.results.server_cpu_s = before.zip(cpu()?).map(|(before, after)| after - before);
    report.curves = sale.curves;
    Ok(())
}

/// Lets people in over time and serves them until the last auction has closed and said goodbye.
fn attend(fleet: &mut Fleet, sale: &mut Sale, options: &Options) -> Result<()> {
    let bar = bar("closed", sale.lots.len() as u64);
    let (pause, mut next) = (nanos(JOINED_BY * ratio(sale.length, 1_000_000_000) / f64::from(options.sockets.max(1))), 0);
    let mut patience = sale.began + sale.length + nanos(GOODBYE) + u64::from(SNIPES) * WINDOW_MS * 1_000_000;
    loop {
        let now = fleet.net.now();
        while next < options.sockets && sale.began + u64::from(next) * pause <= now && fleet.net.opening < options.at_once {
            fleet.net.connect(next)?;
            next += 1;
        }
        if now >= patience || (next == options.sockets && fleet.net.ready + fleet.net.opening == 0) {
            break;
        }
        fleet.turn(sale, now + 5_000_000)?;
        if let Some(why) = fleet.turned_away() {
            return Err(format!("a socket did not get in: {why}"));
        }
        let closed = sale.lots.iter().filter(|lot| lot.closed).count();
        bar.set_position(closed as u64);
        if closed == sale.lots.len() {
            patience = patience.min(now + nanos(GOODBYE));
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn conclude(fleet: &Fleet, sale: &Sale, options: &Options, report: &mut Report) {
    let results = &mut report.results;
    results.measured(sale.began, fleet.net.now(), fleet.waited());
    results.sockets = options.sockets;
    results.rooms = options.rooms;
    results.deliveries = Some(sale.deliveries);
    results.bids_sent = Some(sale.lots.iter().map(|lot| lot.sent.len() as u64).sum());
    results.bids_accepted = Some(sale.accepted);
    results.bids_refused = Some(sale.refused);
    results.extensions = Some(sale.lots.iter().map(|lot| lot.extensions).sum());
    results.closes = Some(sale.lots.iter().filter(|lot| lot.closed).count() as u64);
    results.complete_sockets = Some(sale.complete);
    let mut faults = fleet.net.order.faults;
    faults.disorder += sale.after_closed;
    // Whoever was closed before the last event has missed the rest.
    let missed = fleet.net.sockets.iter().map(|socket| sale.lots[socket.room as usize].last_seq.saturating_sub(socket.seq));
    faults.gaps += missed.sum::<u64>();
    results.faults(faults, sale.lost + u64::from(fleet.net.ready), fleet.net.traffic.resyncs);
}
