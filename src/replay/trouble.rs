//! Why a replay did not come to its end.

use std::io;

/// What ended it, as a sentence.
#[derive(Debug)]
pub enum Trouble {
    /// The command line or a file's contents are to blame; says what to do.
    Wrong(String),
    /// Something could not be read or written.
    Failed(String),
    /// Nobody reads what is said any more.
    Unread,
}

impl Trouble {
    /// `what` could not be written.
    pub fn writing(what: &str, error: &io::Error) -> Trouble {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Trouble::Unread,
            _ => Trouble::Failed(format!("cannot write {what}: {error}")),
        }
    }
}
