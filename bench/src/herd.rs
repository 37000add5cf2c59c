//! Several processes for one run: each is this program again with a part of the rooms and sockets. They open at once, start at once, and
//! hand what they saw to the first.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::cli::{Mode, Options};
use crate::latency::Latency;
use crate::report::{Curves, Report, Results};

const READY: &str = "ready";

/// What a member of a herd says in the end, in one line.
#[derive(Serialize, Deserialize)]
struct Seen {
    results: Results,
    curves: Curves,
}

/// Where members wait for each other. Alone one passes.
pub fn gate(options: &Options) -> Result<()> {
    if !options.member {
        return Ok(());
    }
    println!("{READY}");
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(read) if read > 0 => Ok(()),
        _ => Err("the process that started this one is gone".to_owned()),
    }
}

/// A member tells what it saw.
pub fn tell(report: Report) -> Result<()> {
    let seen = Seen { results: report.results, curves: report.curves };
    println!("{}", serde_json::to_string(&seen).map_err(|error| error.to_string())?);
    Ok(())
}

struct Member {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

/// However this ends, nobody is left behind.
impl Drop for Member {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the mode in `options.processes` processes and puts together what they saw.
pub fn run(mode: Mode, options: &Options, report: &mut Report) -> Result<()> {
    let count = options.processes;
    let whole_rooms = mode != Mode::Idle && mode != Mode::Storm;
    if whole_rooms && options.rooms < count {
        return Err(format!("--processes {count}: each takes whole rooms, and there are only {}; give more --rooms", options.rooms));
    }
    let mut members = (0..count).map(|number| start(options, number)).collect::<Result<Vec<_>>>()?;
    loop {
        let lines = members.iter_mut().map(listen).collect::<Result<Vec<_>>>()?;
        if lines.iter().any(|line| line != READY) {
            return gather(report, &lines);
        }
        for member in &mut members {
            member.to.write_all(b"go\n").map_err(|error| format!("a process of the bench is gone: {error}"))?;
        }
    }
}

/// The share of `number` when `all` is divided among `count`.
fn share(all: u32, number: u32, count: u32) -> u32 {
    all / count + u32::from(number < all % count)
}

fn start(options: &Options, number: u32) -> Result<Member> {
    let (rooms, sockets) = (share(options.rooms, number, options.processes), share(options.sockets, number, options.processes));
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).args(["--processes", "1", "--member"]);
    command.args(["--rooms", &rooms.max(1).to_string(), "--sockets", &sockets.to_string()]);
    command.args(["--at-once", &share(options.at_once, number, options.processes).max(1).to_string()]);
    if let Some(rate) = options.rate {
        command.args(["--rate", &(rate * f64::from(rooms) / f64::from(options.rooms)).to_string()]);
    }
    let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = started.map_err(|error| format!("cannot start process {number}: {error}"))?;
    let (to, from) = (child.stdin.take(), child.stdout.take());
    let (to, from) = to.zip(from).ok_or("a process without pipes")?;
    Ok(Member { child, to, from: BufReader::new(from) })
}

/// The next line of a member; if there is none, what it complained of.
fn listen(member: &mut Member) -> Result<String> {
    let mut line = String::new();
    let read = member.from.read_line(&mut line).map_err(|error| error.to_string())?;
    if read > 0 {
        return Ok(line.trim_end().to_owned());
    }
    let mut complaint = String::new();
    if let Some(errors) = &mut member.child.stderr {
        // Whatever can be read is better than nothing.
        let _ = errors.read_to_string(&mut complaint);
    }
    Err(complaint.trim().trim_start_matches("subasta-bench: ").to_owned())
}

fn gather(report: &mut Report, lines: &[String]) -> Result<()> {
    let parsed = lines.iter().map(|line| serde_json::from_str::<Seen>(line)).collect::<serde_json::Result<Vec<_>>>();
    let mut seen = parsed.map_err(|error| format!("a process of the bench told nonsense: {error}"))?.into_iter();
    let first = seen.next().ok_or("no process told anything")?;
    (report.results, report.curves) = (first.results, first.curves);
    let count = f64::from(u32::try_from(lines.len()).unwrap_or(u32::MAX));
    for Seen { results, curves } in seen {
        add_curve(&mut report.curves.each, &curves.each);
        add_curve(&mut report.curves.last, &curves.last);
        add_curve(&mut report.curves.accepted, &curves.accepted);
        add(&mut report.results, &results);
    }
    // Each has read the CPU of the one server over the same time.
    let results = &mut report.results;
    for mean in [&mut results.server_cpu_s, &mut results.frames_per_read] {
        *mean = mean.map(|sum| sum / count);
    }
    // And each has divided it by its own sockets, not by all.
    for each in [&mut results.connect_cpu_us, &mut results.back_cpu_us] {
        *each = each.map(|sum| sum / (count * count));
    }
    Ok(())
}

fn add_curve(to: &mut Latency, more: &Latency) {
    // Both have the same bounds.
    let _ = to.0.add(&more.0);
}

/// Counts add up; of times and of memory the furthest counts.
fn add(to: &mut Results, more: &Results) {
    let sum = |to: &mut Option<u64>, more: Option<u64>| *to = to.zip(more).map(|(to, more)| to + more).or(*to);
    let total = |to: &mut Option<f64>, more: Option<f64>| *to = to.zip(more).map(|(to, more)| to + more).or(*to);
    let longest = |to: &mut Option<f64>, more: Option<f64>| *to = to.zip(more).map(|(to, more)| to.max(more)).or(*to);
    sum(&mut to.resumed, more.resumed);
    sum(&mut to.deliveries, more.deliveries);
    sum(&mut to.bids_sent, more.bids_sent);
    sum(&mut to.bids_accepted, more.bids_accepted);
    sum(&mut to.bids_refused, more.bids_refused);
    sum(&mut to.bids_unfinished, more.bids_unfinished);
    sum(&mut to.bids_unsendable, more.bids_unsendable);
    sum(&mut to.extensions, more.extensions);
    sum(&mut to.closes, more.closes);
    sum(&mut to.complete_sockets, more.complete_sockets);
    total(&mut to.server_cpu_s, more.server_cpu_s);
    total(&mut to.connect_cpu_us, more.connect_cpu_us);
    total(&mut to.back_cpu_us, more.back_cpu_us);
    total(&mut to.frames_per_read, more.frames_per_read);
    longest(&mut to.opening_s, more.opening_s);
    longest(&mut to.back_s, more.back_s);
    to.sockets += more.sockets;
    to.rooms += more.rooms;
    to.gaps += more.gaps;
    to.repeats += more.repeats;
    to.disorder += more.disorder;
    to.resyncs += more.resyncs;
    to.lost_sockets += more.lost_sockets;
    to.seconds = to.seconds.max(more.seconds);
    to.client_busy = to.client_busy.max(more.client_busy);
    to.rss_before_kib = to.rss_before_kib.min(more.rss_before_kib);
    to.rss_after_kib = to.rss_after_kib.max(more.rss_after_kib);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_even_and_add_up() {
        for (all, count) in [(10, 3), (2, 2), (7, 8), (0, 3)] {
            let shares: Vec<u32> = (0..count).map(|number| share(all, number, count)).collect();
            assert_eq!(shares.iter().sum::<u32>(), all);
            assert!(shares.iter().max() <= shares.iter().min().map(|least| least + 1).as_ref());
        }
    }
}
