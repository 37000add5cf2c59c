//! A stream that is more than a TCP socket: TLS, or one of many in an HTTP/2 connection. Nobody but its own task can write to it, so rooms
//! wake that instead.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Reads and writes.
pub trait Duplex: AsyncRead + AsyncWrite + Send {}

impl<S: AsyncRead + AsyncWrite + Send> Duplex for S {}

/// Such a stream. Its own task uses it alone: the lock is never waited for.
pub struct Woven(Mutex<Pin<Box<dyn Duplex>>>);

impl fmt::Debug for Woven {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Woven")
    }
}

impl Woven {
    pub fn new(stream: impl Duplex + 'static) -> Woven {
        Woven(Mutex::new(Box::pin(stream)))
    }

    fn stream(&self) -> MutexGuard<'_, Pin<Box<dyn Duplex>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn poll_read(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut read = ReadBuf::new(buffer);
        ready!(self.stream().as_mut().poll_read(context, &mut read))?;
        Poll::Ready(Ok(read.filled().len()))
    }

    pub fn poll_write(&self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.stream().as_mut().poll_write_vectored(context, slices)
    }

    pub fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().as_mut().poll_flush(context)
    }

    pub fn poll_end(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().as_mut().poll_shutdown(context)
    }
}
