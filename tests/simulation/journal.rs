//! All that can be observed of a run, in the order in which it happened.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use subasta::auction::{Event, Millis};
use subasta::room::record::{self, People};

/// One thing that was observed.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A server is there.
    Began { at: Millis },
    /// It is no more.
    Ended { at: Millis, how: &'static str },
    /// A batch is durable.
    Stored { lot: Arc<str>, records: Vec<Vec<u8>>, intruded: bool },
    /// The log did not do as it was told.
    Trouble { what: &'static str },
    /// What was asked under this number is answered, to one who has no seat.
    Answered { asked: usize, verdict: Value },
    /// A seat was taken.
    Seated { seat: usize, resumed: bool, seq: u64 },
    /// A seat was told something.
    Told { seat: usize, message: Value },
    /// Somebody has looked; the server surely knew of so many records when they asked.
    Looked { lot: usize, from: usize, auction: Value },
}

/// Written by whoever observes; nothing in it waits.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<Entry>>);

impl Journal {
    pub fn note(&self, entry: Entry) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// What was noted since the last time.
    pub fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The event of a stored record.
pub fn event(record: &[u8]) -> Event {
    record::decode(record, &mut People::default()).unwrap_or_else(|why| panic!("a record that nobody understands: {why}"))
}

impl Entry {
    /// As a line of the history. Salts are not in it: they are the only thing about a run that no seed determines.
    pub fn line(&self) -> String {
        match self {
            Entry::Stored { lot, records, intruded } => {
                let bare: Vec<_> = records.iter().map(|body| String::from_utf8_lossy(&record::bare(&event(body))).into_owned()).collect();
                format!("{lot} stores{} {}", if *intruded { ", from elsewhere," } else { "" }, bare.join(" "))
            }
            Entry::Answered { asked, verdict } => format!("#{asked} is answered {verdict}"),
            Entry::Told { seat, message } => format!("seat {seat} is told {message}"),
            Entry::Looked { lot, from, auction } => format!("lot-{lot} from {from} looks like {auction}"),
            Entry::Began { at } => format!("it is {at}, and a server begins"),
            Entry::Ended { at, how } => format!("it is {at}, and the server {how}"),
            Entry::Trouble { what } => format!("the log {what}"),
            Entry::Seated { seat, resumed, seq } => format!("seat {seat} is taken at {seq}, resumed: {resumed}"),
        }
    }
}
