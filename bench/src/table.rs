//! The results for people: a table on the terminal.

use crate::latency::Summary;
use crate::report::{Report, Results, float};

/// Prints the table, then what needs saying.
pub fn print(report: &Report) {
    let label = report.label.as_deref().map_or(String::new(), |label| format!(" · {label}"));
    println!("{:?} · {}{label}", report.mode, report.target.as_deref().unwrap_or_default());
    for (name, value) in rows(&report.results) {
        println!("  {name:<28} {value:>20}");
    }
    latencies(&report.results);
    warnings(&report.results);
}

/// The figures that were measured, with their names.
pub fn rows(results: &Results) -> Vec<(&'static str, String)> {
    let whole = |value: Option<u64>| value.map(|value| grouped(float(value), 0));
    let decimal = |value: Option<f64>, digits: usize| value.map(|value| grouped(value, digits));
    let rows = [
        ("measured, s", decimal(Some(results.seconds), 1)),
        ("sockets", whole(Some(results.sockets.into()))),
        ("rooms", whole(Some(results.rooms.into()))),
        ("connects/s", decimal(results.connects_per_s, 0)),
        ("server CPU a connect, µs", decimal(results.connect_cpu_us, 1)),
        ("all back after, s", decimal(results.back_s, 3)),
        ("server CPU a return, µs", decimal(results.back_cpu_us, 1)),
        ("resumed", whole(results.resumed)),
        ("deliveries", whole(results.deliveries)),
        ("deliveries/s", decimal(results.deliveries_per_s, 0)),
        ("bids sent/s", decimal(results.bids_sent_per_s, 1)),
        ("bids accepted/s", decimal(results.bids_accepted_per_s, 1)),
        ("bids refused", whole(results.bids_refused)),
        ("bids unfinished", whole(results.bids_unfinished)),
        ("bids that could not be sent", whole(results.bids_unsendable.filter(|count| *count > 0))),
        ("ends put off", whole(results.extensions)),
        ("auctions closed", whole(results.closes)),
        ("sockets that saw it all", whole(results.complete_sockets)),
        ("gaps", whole(Some(results.gaps))),
        ("repeats", whole(Some(results.repeats))),
        ("disorder", whole(Some(results.disorder))),
        ("resyncs", whole(Some(results.resyncs).filter(|count| *count > 0))),
        ("sockets lost", whole(Some(results.lost_sockets))),
        ("frames a read", decimal(results.frames_per_read, 2)),
        ("server CPU, s", decimal(results.server_cpu_s, 2)),
        ("server CPU a delivery, µs", decimal(results.cpu_us_per_delivery, 3)),
        ("deliveries a CPU second", decimal(results.deliveries_per_cpu_s, 0)),
        ("server CPU a bid, µs", decimal(results.cpu_us_per_bid, 1)),
        ("memory before, KiB", whole(results.rss_before_kib)),
        ("memory after, KiB", whole(results.rss_after_kib)),
        ("memory a socket, bytes", decimal(results.bytes_per_socket, 0)),
        ("client busy, %", decimal(Some(results.client_busy * 100.0), 0)),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn latencies(results: &Results) {
    let kinds = [
        ("to each viewer", results.latency_us),
        ("to the last viewer", results.last_latency_us),
        ("to the verdict", results.accepted_us),
        ("one fdatasync", results.sync_us),
    ];
    let measured: Vec<_> = kinds.into_iter().filter_map(|(name, summary)| Some((name, summary?))).collect();
    if !measured.is_empty() {
        println!("  {:<18} {:>11} {:>11} {:>11} {:>11} {:>11} {:>12}", "milliseconds", "p50", "p90", "p99", "p99.9", "max", "n");
    }
    for (name, Summary { p50, p90, p99, p999, max, n, .. }) in measured {
        let [p50, p90, p99, p999, max] = [p50, p90, p99, p999, max].map(|micros| grouped(micros / 1_000.0, 3));
        println!("  {name:<18} {p50:>11} {p90:>11} {p99:>11} {p999:>11} {max:>11} {:>12}", grouped(float(n), 0));
    }
}

fn warnings(results: &Results) {
    if results.client_limited {
        println!("  ! The client was busy {:.0} % of the time: it may be the limit, not the server.", results.client_busy * 100.0);
    }
    if let Some(overflows) = results.listen_overflows.filter(|count| *count > 0) {
        println!("  ! {overflows} connections found the server's queue full and waited a second: raise its backlog, or lower --at-once.");
    }
    if results.gaps + results.repeats + results.disorder > 0 {
        println!("  ! Not every socket got every event once and in order.");
    }
}

/// A number with its thousands apart.
pub fn grouped(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at) % 3 == 0 && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let cases = [(0.0, 0, "0"), (999.0, 0, "999"), (1_000.0, 0, "1,000"), (1_234_567.89, 1, "1,234,567.9"), (-100.0, 0, "-100")];
        for (value, digits, text) in cases {
            assert_eq!(grouped(value, digits), text);
        }
    }
}
