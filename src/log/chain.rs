//! The chain of hashes over an auction's records: SHA-256 of (the hash before, the record's bytes).

use std::fmt;

use sha2::{Digest, Sha256};

use super::{ReadError, Record, Snapshot};

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Hash {
    /// The hash that these 64 hexadecimal digits are.
    pub fn parse(digits: &str) -> Option<Hash> {
        let mut hash = [0; 32];
        if digits.len() != 2 * hash.len() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Hash(hash))
    }

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

/// The hash that binds a part of a snapshot to the record it was taken after and to the part before it.
pub fn seal(record: Hash, before: Hash, body: &[u8]) -> Hash {
    record.then(&before.0).then(body)
}

/// A part of a snapshot as it is stored.
pub struct Sealed {
    pub position: u64,
    pub seal: Hash,
    pub body: Vec<u8>,
    /// Of the record at this position, where there is one.
    pub record: Option<Hash>,
}

/// The snapshot that these parts are, if they are what was appended.
pub fn unseal(auction: &str, parts: impl IntoIterator<Item = Sealed>) -> Option<Snapshot> {
    let mut before = Mark::start(auction).hash;
    let mut snapshot = None;
    for Sealed { position, seal: expected, body, record } in parts {
        let hash = record?;
        before = seal(hash, before, &body);
        if before != expected {
            return None;
        }
        let mark = Mark { position, hash };
        let snapshot = snapshot.get_or_insert(Snapshot { mark, parts: Vec::new() });
        snapshot.mark = mark;
        snapshot.parts.push((position, body));
    }
    snapshot
}

/// Checks that the chain ends where the log says that it ends.
pub fn check_end(mark: Mark, head: Mark) -> Result<(), ReadError> {
    if mark == head {
        return Ok(());
    }
    let what = format!("the records end at {}, but {} were acknowledged", mark.position, head.position);
    Err(ReadError::Damaged { position: mark.position.min(head.position) + 1, what })
}
