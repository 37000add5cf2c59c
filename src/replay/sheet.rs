//! A CSV file with a header, row by row: where one is, and what is wrong there.

use std::fs::File;
use std::io::{self, Read};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};

use super::trouble::Trouble;

/// A row is no longer than this: one that is has most likely a quote too many.
const ROW_BYTES: usize = 64 * 1024;
/// Read at once.
const READ_BYTES: usize = 256 * 1024;

/// A file that gives no more than a row may have and a read brings, unless it is told that the next row begins.
#[derive(Debug)]
struct Rationed {
    file: File,
    left: usize,
}

impl Read for Rationed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TooLong));
        }
        let most = into.len().min(READ_BYTES);
        let count = self.file.read(&mut into[..most])?;
        self.left = self.left.saturating_sub(count);
        Ok(count)
    }
}

/// The row does not end.
#[derive(Debug, Clone, Copy)]
struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a row of more than 64 KiB; is there a quote that does not end?")
    }
}

impl std::error::Error for TooLong {}

/// A CSV file at one of its rows.
#[derive(Debug)]
pub struct Sheet {
    name: String,
    reader: Reader<Rationed>,
    header: Vec<String>,
    record: ByteRecord,
}

impl Sheet {
    /// Reads the header. `name` is what the file is called in complaints.
    pub fn new(name: &str, file: File) -> Result<Sheet, Trouble> {
        let rationed = Rationed { file, left: ROW_BYTES + READ_BYTES };
        let reader = ReaderBuilder::new().has_headers(false).buffer_capacity(READ_BYTES).from_reader(rationed);
        let mut sheet = Sheet { name: name.to_owned(), reader, header: Vec::new(), record: ByteRecord::new() };
        if !sheet.advance()? {
            return Err(Trouble::Wrong(format!("{name} is empty; its first line names the columns")));
        }
        sheet.header = sheet.record.iter().map(|field| String::from_utf8_lossy(field.trim_ascii()).into_owned()).collect();
        for (index, column) in sheet.header.iter().enumerate() {
            if sheet.header[..index].contains(column) {
                return Err(sheet.wrong(&format!("two columns are called {column:?}; leave one of them out")));
            }
        }
        Ok(sheet)
    }

    /// Goes to the next row; false where there is none.
    pub fn advance(&mut self) -> Result<bool, Trouble> {
        self.reader.get_mut().left = ROW_BYTES + READ_BYTES;
        let read = self.reader.read_byte_record(&mut self.record);
        read.map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &csv::Error) -> Trouble {
        match error.kind() {
            ErrorKind::Io(error) if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooLong>) => {
                self.wrong(&error.to_string())
            }
            ErrorKind::Io(error) => Trouble::Failed(format!("cannot read {}: {error}", self.name)),
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                self.wrong(&format!("{len} fields where the header has {expected_len}; give each column a field, empty if need be"))
            }
            _ => self.wrong(&error.to_string()),
        }
    }

    /// What is wrong with this row.
    pub fn wrong(&self, why: &str) -> Trouble {
        Trouble::Wrong(format!("{}:{}: {why}", self.name, self.line()))
    }

    /// What the file is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Which column has this name, if one has.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// Which column has this name.
    pub fn column(&self, name: &str) -> Result<usize, Trouble> {
        self.find(name).ok_or_else(|| {
            let there = self.header.join(",");
            Trouble::Wrong(format!("{}:1: there is no column {name:?}; the first line is {}", self.name, quote(there.as_bytes())))
        })
    }

    /// A field of this row; nothing where there is no such column.
    pub fn field(&self, column: usize) -> &[u8] {
        self.record.get(column).unwrap_or_default()
    }

    /// Where this row begins, from 1.
    pub fn line(&self) -> u64 {
        self.record.position().map_or(1, csv::Position::line)
    }

    /// How far it is read, in bytes.
    pub fn bytes(&self) -> u64 {
        self.reader.position().byte()
    }
}

/// The beginning of what a file says, fit to be shown.
pub fn quote(field: &[u8]) -> String {
    const SHOWN: usize = 60;
    let text = String::from_utf8_lossy(field);
    let short: String = text.chars().take(SHOWN).collect();
    format!("{short:?}{}", if short.len() < text.len() { "…" } else { "" })
}
