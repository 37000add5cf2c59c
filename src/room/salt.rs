//! What a record's hash needs so that it betrays nothing: 128 random bits that nobody knows who does not have the record.
//!
//! Hashes are shown while an auction runs, records are not. What a record hides is often one of few things (a maximum is a round number of
//! euros): without a salt one could try them all.

use std::cell::RefCell;
use std::fmt;

const BYTES: usize = 16;
/// Salts that the system is asked for at once. One for each would be a call into the kernel for every record.
const AT_ONCE: usize = 128;
/// A salt as text.
const DIGITS: usize = 2 * BYTES;

/// The salt of one record, as hexadecimal digits. No two are the same.
#[derive(Clone, Copy)]
pub struct Salt([u8; DIGITS]);

/// Random bytes that no record has had yet.
struct Store {
    bytes: [u8; BYTES * AT_ONCE],
    left: usize,
}

thread_local! {
    static STORE: RefCell<Store> = const { RefCell::new(Store { bytes: [0; BYTES * AT_ONCE], left: 0 }) };
}

impl Store {
    fn take(&mut self) -> [u8; BYTES] {
        if self.left == 0 {
            getrandom::fill(&mut self.bytes).expect("the system has random bytes: the key that signs sessions is made of them");
            self.left = AT_ONCE;
        }
        self.left -= 1;
        let (taken, _) = self.bytes[self.left * BYTES..].split_first_chunk_mut().expect("so many salts are left");
        // It is not kept where it was.
        std::mem::take(taken)
    }
}

impl Salt {
    /// One that nobody has had.
    pub fn fresh() -> Salt {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; DIGITS];
        let bytes = STORE.with_borrow_mut(Store::take);
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        Salt(digits)
    }

    /// As it stands in a record.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits are text")
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Salt")
    }
}

/// Whether a record has one. Between the quotes of a JSON text no quote stands bare: this end of a record can be nothing else.
pub fn is_on(record: &[u8]) -> bool {
    const BEFORE: &[u8] = b",\"salt\":\"";
    const AFTER: &[u8] = b"\"}";
    let digits = record.strip_suffix(AFTER).and_then(|record| record.split_last_chunk::<DIGITS>());
    digits.is_some_and(|(before, digits)| before.ends_with(BEFORE) && digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_salts_are_the_same() {
        let threads: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(|| (0..10 * AT_ONCE).map(|_| Salt::fresh().as_str().to_owned()).collect::<Vec<_>>()))
            .collect();
        let salts: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().expect("it ends")).collect();
        assert!(salts.iter().all(|salt| salt.len() == DIGITS && salt.bytes().all(|digit| digit.is_ascii_hexdigit())));
        assert_eq!(salts.iter().collect::<HashSet<_>>().len(), 4 * 10 * AT_ONCE);
        // Each bit is as often set as not: 164,000 of 128 places, far within five deviations.
        let set: u32 = salts.iter().flat_map(|salt| salt.chars()).map(|digit| digit.to_digit(16).map_or(0, u32::count_ones)).sum();
        assert!((318_000..338_000).contains(&set), "{set}");
    }

    #[test]
    fn a_record_has_a_salt_or_none() {
        let digits = Salt::fresh();
        let with = |end: &str| format!("{{\"v\":1,\"at\":0{end}}}");
        assert!(is_on(with(&format!(",\"salt\":\"{}\"", digits.as_str())).as_bytes()));
        for not in ["", ",\"salt\":\"\"", ",\"text\":\",\\\"salt\\\":\\\"0123456789abcdef0123456789abcdef\""] {
            assert!(!is_on(with(not).as_bytes()), "{not}");
        }
        assert!(!is_on(b"\"}"));
    }
}
