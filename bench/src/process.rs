//! What `/proc` says about the server, and what the system allows us.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Result;
use crate::latency::{Latency, Summary};

/// Raises the number of files this process may open to the most it is allowed. Answers how many that is.
pub fn raise_open_files() -> u64 {
    let allowed = getrlimit(Resource::Nofile);
    // Where it fails, the old limit stands and is answered.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: allowed.maximum, maximum: allowed.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// CPU seconds the process has used, over all threads it has now: `schedstat` counts nanoseconds, `stat` only ticks.
pub fn cpu_seconds(pid: u32) -> Result<f64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).map_err(|error| format!("--pid {pid}: {error}"))?;
    let used = tasks.flatten().filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of CPU fit a float exactly for 104 days")]
    let nanos = used.sum::<u64>() as f64;
    Ok(nanos / 1e9)
}

/// Memory of the process that is resident, in KiB.
pub fn resident_kib(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| format!("--pid {pid}: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok());
    kib.ok_or_else(|| format!("--pid {pid}: /proc does not say how much memory it has"))
}

/// How many connections found a listener's queue full on this machine since it was started; `None` where the system does not say.
pub fn listen_overflows() -> Option<u64> {
    let text = fs::read_to_string("/proc/net/netstat").ok()?;
    let mut lines = text.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, values) = (lines.next()?, lines.next()?);
    names.split(' ').zip(values.split(' ')).find(|(name, _)| *name == "ListenOverflows")?.1.parse().ok()
}

/// How many 512-byte writes are timed.
const SYNCS: u32 = 200;

/// How long a write of 512 bytes with `fdatasync` takes in `dir`.
pub fn sync_cost(dir: &Path) -> Result<Summary> {
    let path = dir.join(format!("subasta-bench-{}.sync", std::process::id()));
    let timed = time_syncs(&path).map_err(|error| format!("--sync-dir {}: {error}", dir.display()));
    // It may never have come into being.
    let _ = fs::remove_file(&path);
    timed?.summary().ok_or_else(|| "no write was timed".to_owned())
}

fn time_syncs(path: &Path) -> std::io::Result<Latency> {
    let mut file = fs::File::create(path)?;
    let mut latency = Latency::default();
    for _ in 0..SYNCS {
        let start = Instant::now();
        file.write_all(&[b's'; 512])?;
        file.sync_data()?;
        latency.record(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Ok(latency)
}
