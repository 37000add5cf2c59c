//! What the system lets one process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{debug, warn};

/// Raises the number of files this process may open to the most it is allowed: every socket is one.
pub fn raise_open_files() {
    let allowed = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: allowed.maximum, maximum: allowed.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => debug!(open_files = ?allowed.maximum, "raised"),
        Err(error) => warn!(%error, open_files = ?allowed.current, "cannot raise the number of open files"),
    }
}
