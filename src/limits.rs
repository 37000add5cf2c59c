//! What the system lets one process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{debug, warn};

/// Files that are not connections: the log, its readers, what the runtime needs.
const SPARE_FILES: u64 = 64;

/// Raises the number of files this process may open to the most it is allowed: every socket is one. Answers how many connections
/// that leaves room for: without files to spare, nothing could be read from the log.
pub fn raise_open_files() -> usize {
    let allowed = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: allowed.maximum, maximum: allowed.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => debug!(open_files = ?allowed.maximum, "raised"),
        Err(error) => warn!(%error, open_files = ?allowed.current, "cannot raise the number of open files"),
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files.saturating_sub(SPARE_FILES).max(1)).unwrap_or(usize::MAX)
}
