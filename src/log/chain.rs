//! The chain of hashes over an auction's records: SHA-256 of (the hash before, the record's bytes).

use std::fmt;

use sha2::{Digest, Sha256};

use super::{ReadError, Record};

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl Hash {
    /// The hash of `body` after the record with this hash.
    #[must_use]
    pub fn then(self, body: &[u8]) -> Hash {
        Hash(Sha256::new().chain_update(self.0).chain_update(body).finalize().into())
    }
}

/// A place in an auction's log: after so many records, the last with this hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// How many records come before.
    pub position: u64,
    /// Of the last of them.
    pub hash: Hash,
}

impl Mark {
    /// Before the first record. An auction's id begins its chain, so that no log can be passed off as another's.
    pub fn start(auction: &str) -> Mark {
        Mark { position: 0, hash: Hash(Sha256::digest(auction).into()) }
    }

    /// After one more record.
    #[must_use]
    pub fn then(self, body: &[u8]) -> Mark {
        Mark { position: self.position + 1, hash: self.hash.then(body) }
    }
}

/// Checks that `records` continue the chain from `after`, and where it then stands.
pub fn check(after: Mark, records: &[Record]) -> Result<Mark, ReadError> {
    records.iter().try_fold(after, |mark, record| {
        let next = mark.then(&record.body);
        let damaged = |what: &str| Err(ReadError::Damaged { position: next.position, what: what.to_owned() });
        if record.position != next.position {
            damaged("this record is missing")
        } else if record.hash != next.hash {
            damaged("its hash does not follow from the records before it")
        } else {
            Ok(next)
        }
    })
}

/// Checks that the chain ends where the log says that it ends.
pub fn check_end(mark: Mark, head: Mark) -> Result<(), ReadError> {
    if mark == head {
        return Ok(());
    }
    let what = format!("the records end at {}, but {} were acknowledged", mark.position, head.position);
    Err(ReadError::Damaged { position: mark.position.min(head.position) + 1, what })
}
