//! The lines of a log in a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use super::fault::Fault;
use crate::wire::LogHeader;

/// A longer line is none of ours, in bytes.
const LONGEST: u64 = 64 * 1024 * 1024;

/// What comes by standard input is kept, since parts of it may be read twice: at most so many bytes.
const KEPT: u64 = 256 * 1024 * 1024;

/// A log that can be read from its beginning, more than once.
pub enum Source<'a> {
    File(&'a Path),
    Kept(Arc<[u8]>),
}

impl Source<'_> {
    /// The log in this file; `-` is standard input.
    pub fn new(path: &Path) -> Result<Source<'_>, Fault> {
        if path.as_os_str() != "-" {
            return Ok(Source::File(path));
        }
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(KEPT + 1).read_to_end(&mut bytes);
        read.map_err(|error| Fault::Unreadable(format!("standard input: {error}")))?;
        if bytes.len() as u64 > KEPT {
            return Err(Fault::Unreadable("standard input: over 256 MiB; give it as a file".to_owned()));
        }
        Ok(Source::Kept(bytes.into()))
    }

    /// Its lines, from the first.
    pub fn lines(&self) -> Result<Lines, Fault> {
        match self {
            Source::File(path) => Lines::open(path),
            Source::Kept(bytes) => Ok(Lines { name: "standard input".to_owned(), input: Box::new(Cursor::new(bytes.clone())) }),
        }
    }
}

/// A file, line by line: only one is in memory.
pub struct Lines {
    name: String,
    input: Box<dyn BufRead>,
}

impl Lines {
    /// The lines of this file.
    pub fn open(path: &Path) -> Result<Lines, Fault> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| Fault::Unreadable(format!("{name}: {error}")))?;
        Ok(Lines { name, input: Box::new(BufReader::new(file)) })
    }

    /// The next line that is not empty; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.input).take(LONGEST).read_until(b'\n', &mut line);
            let read = read.map_err(|error| Fault::Unreadable(format!("{}: {error}", self.name)))?;
            if read as u64 == LONGEST {
                return Err(Fault::Unreadable(format!("{}: a line of over 64 MiB is none of a log", self.name)));
            }
            if read == 0 {
                return Ok(None);
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    /// The first line.
    pub fn header(&mut self) -> Result<LogHeader, Fault> {
        let line = self.next()?.unwrap_or_default();
        LogHeader::parse(&line).map_err(|why| Fault::Unreadable(format!("{}: {why}", self.name)))
    }
}
