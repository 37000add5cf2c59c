//! What all auctions of a replay have in common, read from what the command line names.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Value, json};

use super::columns;
use super::sheet::Sheet;
use super::trouble::Trouble;
use crate::auction::{Millis, Money, Refusal, Terms};
use crate::wire::TermsIn;

/// Nobody recorded the end. An auction is held open for so long from its first row, the longest there is: rows after it are refused as `closed`.
pub const OPEN_MS: Millis = 5 * 365 * 24 * 3_600_000;

/// A file of increments is no longer than this.
const INCREMENTS_BYTES: u64 = 64 * 1024;

/// The reserves that are given from outside, by auction.
pub type Reserves = HashMap<Box<[u8]>, Money>;

/// Terms with these increments, to be completed for each auction.
pub fn terms(increments: &Path) -> Result<Terms, Trouble> {
    let named = increments == Path::new("ebay");
    let rule = if named { Value::from("ebay") } else { read(increments)? };
    // Late bids move no end: how it moved is in the record already, in that they were taken.
    let terms = json!({"id": "replay", "title": "Replay", "start": 1, "duration_ms": OPEN_MS, "soft_close": false, "increments": rule});
    let terms = TermsIn::from_json(terms.to_string().as_bytes()).and_then(|terms| terms.resolve(0).map_err(Refusal::BadTerms));
    let checked = terms.and_then(|terms| terms.check(0).map(|()| terms).map_err(Refusal::BadTerms));
    checked.map_err(|refusal| {
        let why = match &refusal {
            Refusal::BadTerms(fault) => fault.to_string(),
            other => other.message(),
        };
        Trouble::Wrong(format!("{}: {why}", increments.display()))
    })
}

fn read(path: &Path) -> Result<Value, Trouble> {
    let wrong = |why: String| Trouble::Wrong(format!("--increments {}: {why}", path.display()));
    let mut text = Vec::new();
    let read = |file: File| file.take(INCREMENTS_BYTES + 1).read_to_end(&mut text);
    File::open(path).and_then(read).map_err(|error: io::Error| wrong(format!("{error}; give \"ebay\", or a file")))?;
    if text.len() as u64 > INCREMENTS_BYTES {
        return Err(wrong("more than 64 KiB".to_owned()));
    }
    serde_json::from_slice(&text)
        .map_err(|error| wrong(format!("not JSON: {error}; write [{{\"from\":0,\"step\":100}}] or {{\"percent\":5,\"at_least\":100}}")))
}

/// The reserves that `path` lists. Rows without one are left out, and columns that are not known here are not looked at.
pub fn reserves(path: &Path) -> Result<Reserves, Trouble> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| Trouble::Wrong(format!("cannot read {name}: {error}")))?;
    let mut sheet = Sheet::new(&name, file)?;
    let (auction, reserve) = (sheet.column("auction")?, sheet.column("reserve")?);
    let mut reserves = Reserves::new();
    while sheet.advance()? {
        let key = columns::name(&sheet, auction, "auction")?;
        if let Some(money) = columns::money(&sheet, reserve, "reserve")?
            && reserves.insert(key.into(), money).is_some_and(|before| before != money)
        {
            return Err(sheet.wrong("this auction has another reserve further up; leave one of them out"));
        }
    }
    Ok(reserves)
}
