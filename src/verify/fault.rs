//! What is found wrong.

use std::fmt;

use crate::log::ReadError;

/// Why an auction's log does not stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It is not what was appended, or not what the rules say.
    Differs(Difference),
    /// It cannot be judged: a sentence.
    Unreadable(String),
}

/// The first place where a log differs from what it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Whose log.
    pub auction: String,
    /// Of the record, from 1.
    pub position: u64,
    /// How it differs: a clause.
    pub what: String,
    /// Both sides, where there are two: what is there, and what must be.
    pub sides: Option<(String, String)>,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Differs(difference) => difference.fmt(out),
            Fault::Unreadable(why) => out.write_str(why),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { auction, position, what, sides } = self;
        write!(out, "{auction}: differs at record {position}: {what}")?;
        let Some((is, must_be)) = sides else { return Ok(()) };
        write!(out, "\n  is:      {is}\n  must be: {must_be}")
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Fault {
        Fault::Unreadable(format!("the log is {error}"))
    }
}
