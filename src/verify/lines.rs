//! The lines of a log in a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::fault::Fault;
use crate::wire::LogHeader;

/// A longer line is none of ours, in bytes.
const LONGEST: u64 = 64 * 1024 * 1024;

/// A file, line by line: only one is in memory.
pub struct Lines {
    name: String,
    input: Box<dyn BufRead>,
}

impl Lines {
    /// The lines of this file; `-` is standard input.
    pub fn open(path: &Path) -> Result<Lines, Fault> {
        if path.as_os_str() == "-" {
            return Ok(Lines { name: "standard input".to_owned(), input: Box::new(io::stdin().lock()) });
        }
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
