//! How far it has come, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Records between two looks at the bar.
const EVERY: u64 = 256;

/// A bar on standard error where that is a terminal, nothing elsewhere.
pub struct Progress {
    bar: ProgressBar,
    since: u64,
}

impl Progress {
    /// Of so many records.
    pub fn new(records: u64) -> Progress {
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} records").expect("the template is sound");
        Progress { bar: ProgressBar::new(records).with_style(style), since: 0 }
    }

    /// So many more are done.
    pub fn on(&mut self, records: u64) {
        self.since += records;
        if self.since >= EVERY {
            self.bar.inc(std::mem::take(&mut self.since));
        }
    }

    /// Does something on the terminal that the bar shall not be in the way of.
    pub fn aside(&self, what: impl FnOnce()) {
        self.bar.suspend(what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
