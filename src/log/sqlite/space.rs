//! Whether the disk still has room. A little is always left: what is written on the very last of it can fail half-way, where SQLite knows no
//! way back. (It makes the index of the write-ahead log larger after the commit is in that log.)

use std::path::{Path, PathBuf};

/// So many bytes are left alone: many times what the index grows by, and room for whoever must tidy up.
const RESERVE: u64 = 4 << 20;

/// The room on the disk of one directory.
pub struct Space(PathBuf);

impl Space {
    /// Of the disk that `directory` is on.
    pub fn at(directory: &Path) -> Space {
        Space(directory.to_owned())
    }

    /// Whether something may be written now. The error says how little room there is.
    pub fn check(&self) -> Result<(), String> {
        // A disk that does not tell is asked by writing to it.
        let Ok(disk) = rustix::fs::statvfs(&self.0) else { return Ok(()) };
        let left = disk.f_bavail.saturating_mul(disk.f_frsize);
        if disk.f_blocks == 0 || left >= RESERVE {
            return Ok(());
        }
        Err(format!("the disk is full: {} KiB are left, and {} are left alone", left >> 10, RESERVE >> 10))
    }
}
