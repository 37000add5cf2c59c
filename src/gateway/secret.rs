//! What the server makes once and keeps for itself: a file that nobody else may read.

use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The bytes in `path`; where there is no such file, it is made.
pub fn read_or_make(path: &Path, make: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let bytes = make()?;
    // Whole or not at all, whenever the power goes.
    let half = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    std::fs::rename(&half, path)?;
    Ok(bytes)
}
