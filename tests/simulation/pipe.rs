//! A socket's far end: takes as many bytes as it is allowed to, and writes down what it is told as soon as a frame is whole.

use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use serde_json::Value;
use subasta::room::Pipe;

use crate::journal::{Entry, Journal};

pub struct SeatPipe {
    seat: usize,
    journal: Arc<Journal>,
    state: Mutex<State>,
}

struct State {
    /// Of a frame that has not come whole.
    begun: Vec<u8>,
    allowed: usize,
}

impl SeatPipe {
    pub fn new(seat: usize, journal: Arc<Journal>) -> SeatPipe {
        SeatPipe { seat, journal, state: Mutex::new(State { begun: Vec::new(), allowed: usize::MAX }) }
    }

    /// So many bytes more are taken.
    pub fn allow(&self, bytes: usize) {
        self.state.lock().unwrap().allowed = bytes;
    }
}

/// The first frame of these bytes, and how long it is; `None` where it has not come whole. What is no frame is told as null.
fn first_frame(bytes: &[u8]) -> Option<(Value, usize)> {
    let (kind, short) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    let (header, length) = match short {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, short),
    };
    let payload = bytes.get(header..header + length)?;
    let message = match kind {
        0x81 => serde_json::from_slice(payload).unwrap_or_default(),
        0x82 => rmp_serde::from_slice(payload).unwrap_or_default(),
        _ => Value::Null,
    };
    Some((message, header + length))
}

impl Pipe for SeatPipe {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap();
        let mut written = 0;
        for slice in slices {
            let part = slice.len().min(state.allowed);
            state.begun.extend_from_slice(&slice[..part]);
            state.allowed -= part;
            written += part;
        }
        while let Some((message, length)) = first_frame(&state.begun) {
            state.begun.drain(..length);
            self.journal.note(Entry::Told { seat: self.seat, message });
        }
        if written == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(written) }
    }

    fn poll_write(&self, _: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self.write(slices) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            written => Poll::Ready(written),
        }
    }
}
