//! One measurement of bids, from empty rooms to a filled report: what `fanout` and `bids` share.

use crate::Result;
use crate::bidding::{Bidding, Counts, Done};
use crate::cli::Options;
use crate::fleet::{Fleet, nanos};
use crate::herd;
use crate::net::{Net, Traffic};
use crate::process;
use crate::report::{Curves, Report, ratio};
use crate::target::{LONG, Target};

/// How many sockets are where.
pub struct Plan {
    pub rooms: u32,
    pub viewers: u32,
    pub bidders: u32,
    /// Bidders see verdicts only.
    pub quiet: bool,
    pub done: Done,
}

/// Sockets that have just come in are given so long, in seconds: a server may tell the others.
const SETTLE: f64 = 0.5;

/// What is read at the beginning and at the end.
struct Mark {
    at: u64,
    waited: u64,
    cpu: Option<f64>,
    counts: Counts,
    traffic: Traffic,
}

fn mark(fleet: &Fleet, bidding: &Bidding, options: &Options) -> Result<Mark> {
    let cpu = options.pid.map(process::cpu_seconds).transpose()?;
    Ok(Mark { at: fleet.net.now(), waited: fleet.waited(), cpu, counts: bidding.counts, traffic: fleet.net.traffic })
}

/// Opens the sockets, bids, and puts what was seen into the report.
pub fn run(options: &Options, plan: &Plan, report: &mut Report) -> Result<()> {
    if plan.bidders > plan.viewers || plan.bidders == 0 {
        return Err(format!(
            "{} bidders among {} sockets a room: bidders are among the viewers, and there is at least one",
            plan.bidders, plan.viewers
        ));
    }
    let target = Target::new(options, plan.rooms)?;
    target.create_rooms(|_| LONG.to_owned())?;
    let mut net = Net::new(target)?;
    for room in 0..plan.rooms {
        for number in 0..plan.viewers {
            let bidder = (number < plan.bidders).then_some(number);
            net.add(room, bidder, plan.quiet && bidder.is_some());
        }
    }
    let all = u32::try_from(net.sockets.len()).map_err(|_| "too many sockets")?;
    let mut fleet = Fleet::new(net, options.spin);
    let before = options.pid.map(process::cpu_seconds).transpose()?;
    let opening = fleet.open(&mut (), 0..all, options.at_once)?;
    let after = options.pid.map(process::cpu_seconds).transpose()?;
    report.results.opened(all, opening, before.zip(after));
    herd::gate(options)?;
    let mut bidding = Bidding::new(&fleet.net, options, plan.done);
    fleet.settle(&mut bidding, SETTLE)?;
    bidding.start(&mut fleet.net);
    fleet.run(&mut bidding, options.warmup, "warm-up")?;
    let first = mark(&fleet, &bidding, options)?;
    bidding.measure(first.at);
    fleet.run(&mut bidding, options.seconds, "measuring")?;
    let last = mark(&fleet, &bidding, options)?;
    bidding.stop(last.at);
    drain(&mut fleet, &mut bidding, options)?;
    report.results.rooms = plan.rooms;
    fill(report, &fleet, bidding, &first, &last);
    Ok(())
}

/// Waits for what is under way, but not for ever.
fn drain(fleet: &mut Fleet, bidding: &mut Bidding, options: &Options) -> Result<()> {
    let until = fleet.net.now() + nanos(options.give_up);
    while bidding.pending() > 0 && fleet.net.now() < until {
        let step = (fleet.net.now() + 100_000_000).min(until);
        fleet.turn(bidding, step)?;
    }
    Ok(())
}

fn fill(report: &mut Report, fleet: &Fleet, bidding: Bidding, first: &Mark, last: &Mark) {
    report.results.measured(first.at, last.at, last.waited - first.waited);
    report.results.deliveries = Some(last.counts.deliveries - first.counts.deliveries);
    report.results.bids_sent = Some(last.counts.sent - first.counts.sent);
    report.results.bids_accepted = Some(last.counts.accepted - first.counts.accepted);
    report.results.bids_refused = Some(last.counts.refused - first.counts.refused);
    report.results.bids_unfinished = Some(bidding.counts.given_up + bidding.pending());
    report.results.bids_unsendable = Some(bidding.counts.unsendable);
    report.results.faults(fleet.net.order.faults, bidding.lost_sockets, fleet.net.traffic.resyncs);
    report.results.frames_per_read = Some(ratio(last.traffic.frames - first.traffic.frames, last.traffic.reads - first.traffic.reads));
    report.results.server_cpu_s = first.cpu.zip(last.cpu).map(|(first, last)| last - first);
    report.curves = Curves { each: bidding.each, last: bidding.last, accepted: bidding.accepted };
}
