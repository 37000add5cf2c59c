//! What everyone saw of an auction before its end, kept by somebody: the whole log must say the same.

use std::path::Path;

use serde_json::Value;

use super::fault::{Difference, Fault};
use super::lines::Lines;
use crate::auction::Event;
use crate::log::Hash;
use crate::wire::{self, LogEvent, LogHeader};

/// A public log, held against the whole one while that is read.
pub struct Witness {
    name: String,
    header: LogHeader,
    lines: Lines,
    /// Lines of it that were heard, the header among them.
    heard: u64,
    over: bool,
}

/// Where a public log and the whole one do not agree.
pub enum Contradiction {
    /// They say different things.
    Differs { what: String, sides: Option<(String, String)> },
    /// The public one cannot be read.
    Unreadable(String),
}

impl Contradiction {
    /// As a fault of this record.
    pub fn at(self, auction: &str, position: u64) -> Fault {
        match self {
            Contradiction::Differs { what, sides } => Fault::Differs(Difference { auction: auction.to_owned(), position, what, sides }),
            Contradiction::Unreadable(why) => Fault::Unreadable(why),
        }
    }
}

impl Witness {
    /// The public log in this file.
    pub fn open(path: &Path) -> Result<Witness, Fault> {
        let (mut lines, name) = (Lines::open(path)?, path.display().to_string());
        let header = lines.header()?;
        if header.whole {
            return Err(Fault::Unreadable(format!("{name}: this is a whole log; --public is for one that was fetched before the end")));
        }
        Ok(Witness { name, header, lines, heard: 1, over: false })
    }

    /// Whose.
    pub fn auction(&self) -> &str {
        &self.header.auction
    }

    /// Hears of the next record: if everyone saw it, the next line must say so, unless there is none.
    pub fn hear(&mut self, event: &Event, hash: Hash) -> Result<(), Contradiction> {
        let Some(frame) = wire::event(event) else { return Ok(()) };
        if self.over {
            return Ok(());
        }
        let Some(line) = self.lines.next().map_err(|fault| Contradiction::Unreadable(fault.to_string()))? else {
            self.over = true;
            return Ok(());
        };
        self.heard += 1;
        let place = format!("line {} of {}", self.heard, self.name);
        let seen: LogEvent =
            serde_json::from_slice(&line).map_err(|error| Contradiction::Unreadable(format!("{place} is no event: {error}")))?;
        let (told, must_be): (Option<Value>, Option<Value>) =
            (serde_json::from_str(seen.event.get()).ok(), serde_json::from_slice(frame.json()).ok());
        if told != must_be {
            let sides = (frame.raw().get().to_owned(), seen.event.get().to_owned());
            return Err(Contradiction::Differs { what: format!("everyone saw something else ({place})"), sides: Some(sides) });
        }
        if let Some(digits) = seen.hash
            && Hash::parse(digits) != Some(hash)
        {
            let what = format!("it had another hash when everyone saw it ({place})");
            return Err(Contradiction::Differs { what, sides: Some((hash.to_string(), digits.to_owned())) });
        }
        Ok(())
    }

    /// Nothing more comes: there must be no line left that says otherwise.
    pub fn end(&mut self) -> Result<(), Contradiction> {
        let left = if self.over { None } else { self.lines.next().map_err(|fault| Contradiction::Unreadable(fault.to_string()))? };
        let Some(line) = left else { return Ok(()) };
        let sides = ("nothing".to_owned(), String::from_utf8_lossy(&line).trim_end().to_owned());
        Err(Contradiction::Differs {
            what: format!("everyone saw more than it has (line {} of {})", self.heard + 1, self.name),
            sides: Some(sides),
        })
    }
}
