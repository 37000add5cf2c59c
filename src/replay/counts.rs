//! How many rows each auction has: by that one knows its last when it comes.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Rows by auction. Names are not kept, only their hashes: of two auctions that share one (among a million, once in 40 million files), both stay open
/// until the file ends, and nothing else is different.
#[derive(Debug, Default)]
pub struct Counts {
    hash: RandomState,
    rows: HashMap<u64, u64, BuildHasherDefault<Hashed>>,
    /// Of the auction of the row before: rows come in runs.
    run: (Vec<u8>, u64),
    total: u64,
}

impl Counts {
    /// One more row of this auction.
    pub fn row(&mut self, auction: &[u8]) {
        self.total += 1;
        if self.run.0 != auction {
            self.end_run();
            self.run.0.clear();
            self.run.0.extend_from_slice(auction);
        }
        self.run.1 += 1;
    }

    fn end_run(&mut self) {
        let (auction, rows) = &mut self.run;
        if *rows > 0 {
            *self.rows.entry(self.hash.hash_one(auction.as_slice())).or_default() += std::mem::take(rows);
        }
    }

    /// How many rows there are of an auction whose first has come; asked once. `None` where nobody knows.
    pub fn take(&mut self, auction: &[u8]) -> Option<u64> {
        self.end_run();
        self.rows.remove(&self.hash.hash_one(auction))
    }

    /// How many rows there are.
    pub fn total(&self) -> u64 {
        self.total
    }
}

/// A key that is a hash already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }
}
