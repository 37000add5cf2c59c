//! Mode `storm`: everyone comes at once, everyone drops, everyone comes back and wants what they missed.

use std::time::Instant;

use crate::Result;
use crate::cli::{Dialect, Options};
use crate::dialect::Word;
use crate::fleet::{Crowd, Fleet, Lost};
use crate::herd;
use crate::net::Net;
use crate::process;
use crate::report::Report;
use crate::target::{LONG, Target};

/// Bids made in each room while everyone is away.
const MISSED: u32 = 3;
/// What comes after the welcome is given so long to arrive, in seconds.
const SETTLE: f64 = 1.0;

/// Who comes back, and how.
#[derive(Default)]
struct Returning {
    resumed: u64,
    anew: u64,
    lost: u64,
}

impl Crowd for Returning {
    fn heard(&mut self, _net: &mut Net, _id: u32, word: Word<'_>, _now: u64) {
        if let Word::Welcome { resumed, .. } = word {
            self.resumed += u64::from(resumed);
            self.anew += u64::from(!resumed);
        }
    }

    fn lost(&mut self, _net: &mut Net, _id: u32, _why: &Lost) {
        self.lost += 1;
    }
}

pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    let target = Target::new(options, options.rooms)?;
    target.create_rooms(|_| LONG.to_owned())?;
    let mut net = Net::new(target)?;
    (0..options.sockets).for_each(|number| net.add(number % options.rooms, None, false));
    let (mut fleet, mut returning) = (Fleet::new(net, options.spin), Returning::default());
    let (began, waited) = (fleet.net.now(), fleet.waited());
    let cpu = || options.pid.map(process::cpu_seconds).transpose();
    herd::gate(options)?;
    let before = cpu()?;
    let opening = fleet.open(&mut returning, 0..options.sockets, options.at_once)?;
    report.results.opened(options.sockets, opening, before.zip(cpu()?));
    fleet.run(&mut returning, SETTLE, "settling")?;
    let lost = std::mem::take(&mut returning).lost;

    herd::gate(options)?;
    for id in 0..options.sockets {
        fleet.net.drop_socket(id);
        fleet.net.sockets[id as usize].resume = options.dialect == Dialect::Subasta;
    }
    let dropped = Instant::now();
    let latest = miss(&fleet.net)?;
    let before = cpu()?;
    fleet.open(&mut returning, 0..options.sockets, options.at_once)?;
    report.results.back_s = Some(dropped.elapsed().as_secs_f64());
    report.results.back_cpu_us = before.zip(cpu()?).map(|(before, after)| (after - before) * 1e6 / f64::from(options.sockets.max(1)));
    fleet.run(&mut returning, SETTLE, "settling")?;

    report.results.measured(began, fleet.net.now(), fleet.waited() - waited);
    report.results.resumed = (options.dialect == Dialect::Subasta).then_some(returning.resumed);
    report.results.rooms = options.rooms;
    let mut faults = fleet.net.order.faults;
    if let Some(latest) = latest {
        let behind = |seq: u64| latest.saturating_sub(seq);
        faults.gaps += fleet.net.sockets.iter().filter(|socket| socket.stream.is_some()).map(|socket| behind(socket.seq)).sum::<u64>();
    }
    report.results.faults(faults, lost + returning.lost, fleet.net.traffic.resyncs);
    Ok(())
}

/// Bids while nobody looks. Answers the last seq that everyone must then see, where the server can say what was missed.
fn miss(net: &Net) -> Result<Option<u64>> {
    if net.target.dialect != Dialect::Subasta {
        return Ok(None);
    }
    net.target.bid_by_hand(MISSED)?;
    // `created` and `opened` come first.
    Ok(Some(2 + u64::from(MISSED)))
}
