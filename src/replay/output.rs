//! Where a replay's lines go.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use super::flags::STANDARD;
use super::progress::Progress;
use super::trouble::Trouble;

/// Lines on their way out. Written in large pieces.
pub type Output = BufWriter<Box<dyn Write>>;

/// Written at once.
const PIECE: usize = 64 * 1024;

/// Standard output of which the bar gets out of the way.
struct Beside(io::Stdout, Progress);

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.aside(|| self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.aside(|| self.0.flush())
    }
}

/// Standard output. On a terminal the bar may be on the same one.
pub fn standard(progress: &Progress) -> Output {
    let stdout = io::stdout();
    let out: Box<dyn Write> = if stdout.is_terminal() { Box::new(Beside(stdout, progress.clone())) } else { Box::new(stdout) };
    BufWriter::with_capacity(PIECE, out)
}

/// Where the trace goes: `-` is standard output, all else a file, made anew.
pub fn trace(path: &Path, progress: &Progress) -> Result<Output, Trouble> {
    if path == Path::new(STANDARD) {
        return Ok(standard(progress));
    }
    let file = File::create(path).map_err(|error| Trouble::Wrong(format!("cannot write {}: {error}", path.display())))?;
    Ok(BufWriter::with_capacity(PIECE, Box::new(file)))
}
