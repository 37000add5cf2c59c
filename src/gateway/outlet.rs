//! The one ordered way out of a socket.
//!
//! tungstenite reads through it and writes its control frames into it; the room's shared frames and the private ones are queued beside
//! them, whole. So no frame is ever cut in two by another, and a shared frame is never copied.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Frames given to the kernel in one call.
const SLICES: usize = 64;

/// A byte stream and what waits to be written to it.
#[derive(Debug)]
pub struct Outlet<S> {
    stream: S,
    queue: VecDeque<Bytes>,
    queued: usize,
    /// Counts what the other side has taken, so that one who takes nothing is noticed.
    taken: u64,
    /// Whether the first frame of the queue has been begun.
    begun: bool,
}

impl<S> Outlet<S> {
    /// An outlet over `stream`.
    pub fn new(stream: S) -> Outlet<S> {
        Outlet { stream, queue: VecDeque::new(), queued: 0, taken: 0, begun: false }
    }

    /// Queues a whole frame.
    pub fn push(&mut self, frame: Bytes) {
        self.queued += frame.len();
        self.queue.push_back(frame);
    }

    /// Bytes that wait.
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// Bytes taken so far.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Forgets all that waits, except the rest of a frame that has been begun.
    pub fn forget(&mut self) {
        self.queue.truncate(usize::from(self.begun));
        self.queued = self.queue.iter().map(Bytes::len).sum();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Outlet<S> {
    /// Writes what waits; ready once nothing does.
    pub fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.queue.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut count = 0;
            for (slice, frame) in slices.iter_mut().zip(&self.queue) {
                *slice = IoSlice::new(frame);
                count += 1;
            }
            let slices = slices.get(..count).unwrap_or_default();
            let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        // Nothing waits: the memory goes back until something does.
        self.queue = VecDeque::new();
        Poll::Ready(Ok(()))
    }

    /// Ends our side of the stream.
    pub fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn advance(&mut self, mut written: usize) {
        self.taken += written as u64;
        self.queued = self.queued.saturating_sub(written);
        while let Some(front) = self.queue.front_mut() {
            if written < front.len() {
                front.advance(written);
                self.begun |= written > 0;
                return;
            }
            written -= front.len();
            self.queue.pop_front();
            self.begun = false;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Outlet<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

/// For tungstenite, whose writes are queued whole and at once; the socket's task drains.
impl<S: Unpin> AsyncWrite for Outlet<S> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.push(Bytes::copy_from_slice(bytes));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
