//! How far it has come, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use super::sheet::Sheet;

/// A bar on standard error where that is a terminal, nothing elsewhere. A clone is the same bar.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Of the passes before this one.
    bytes_before: u64,
}

/// Lines between two looks at the bar.
const EVERY: u64 = 1 << 14;

impl Default for Progress {
    fn default() -> Progress {
        let style = ProgressStyle::with_template("{spinner} {msg}").expect("the template is sound");
        Progress { bar: ProgressBar::no_length().with_style(style), bytes_before: 0 }
    }
}

impl Progress {
    /// The length is known: so many bytes, over all passes.
    pub fn begin(&self, bytes: u64) {
        let style = ProgressStyle::with_template("{percent:>3} % {wide_bar} {eta:>4} left, {msg}").expect("the template is sound");
        self.bar.set_style(style);
        self.bar.set_length(bytes);
    }

    /// The next pass, after one of so many bytes.
    #[must_use]
    pub fn after(&self, bytes: u64) -> Progress {
        Progress { bar: self.bar.clone(), bytes_before: self.bytes_before + bytes }
    }

    /// One more row is done with.
    pub fn row(&self, sheet: &Sheet) {
        let line = sheet.line();
        if line.is_multiple_of(EVERY) {
            self.bar.set_position(self.bytes_before + sheet.bytes());
            self.bar.set_message(format!("line {line}"));
        }
    }

    /// Runs `write` while the bar is not on the screen.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
