//! Mode `idle`: sockets that do nothing, and the memory each takes.

use crate::Result;
use crate::cli::Options;
use crate::fleet::Fleet;
use crate::herd;
use crate::net::Net;
use crate::process;
use crate::report::Report;
use crate::target::{LONG, Target};

/// Sockets are left alone for so long before the memory is read, in seconds.
const CALM: f64 = 3.0;

pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    let target = Target::new(options, 1)?;
    target.create_rooms(|_| LONG.to_owned())?;
    let mut net = Net::new(target)?;
    (0..options.sockets).for_each(|_| net.add(0, None, false));
    let mut fleet = Fleet::new(net, options.spin);
    herd::gate(options)?;
    report.results.rss_before_kib = options.pid.map(process::resident_kib).transpose()?;
    herd::gate(options)?;
    let before = options.pid.map(process::cpu_seconds).transpose()?;
    let opening = fleet.open(&mut (), 0..options.sockets, options.at_once)?;
    let after = options.pid.map(process::cpu_seconds).transpose()?;
    report.results.opened(options.sockets, opening, before.zip(after));
    herd::gate(options)?;
    let (began, waited) = (fleet.net.now(), fleet.waited());
    fleet.run(&mut (), CALM, "waiting")?;
    report.results.measured(began, fleet.net.now(), fleet.waited() - waited);
    report.results.rss_after_kib = options.pid.map(process::resident_kib).transpose()?;
    herd::gate(options)?;
    report.results.rooms = 1;
    report.results.faults(fleet.net.order.faults, u64::from(options.sockets - fleet.net.ready), fleet.net.traffic.resyncs);
    Ok(())
}
