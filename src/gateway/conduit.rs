//! A socket as a member of a room: where it is plain TCP rooms write to it straight; its own task reads from it, and writes the rest.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::woven::Woven;
use crate::auction::Millis;
use crate::room::{Member, Pipe};

/// What carries a socket.
#[derive(Debug)]
pub enum Stream {
    /// Written to by whoever has something to say.
    Plain(TcpStream),
    /// Written to by its own task.
    Woven(Woven),
}

/// A socket, and what is known of its heart.
#[derive(Debug)]
pub struct Conduit {
    stream: Stream,
    heard_at: AtomicI64,
    ping_at: AtomicI64,
    /// How much had been taken by the last ping.
    taken_by_ping: AtomicU64,
    /// Neither asked for life any more, nor expected to show any.
    resting: AtomicBool,
    missed: AtomicBool,
    /// It is time to go.
    let_go: AtomicBool,
    /// From this moment on its token is not even good to watch.
    until: AtomicI64,
    expired: AtomicBool,
}

/// What the wheel finds when it looks after a socket.
pub enum Beat {
    /// Look again then.
    Later(Millis),
    /// A ping is due, and `quiet` says that nothing else was written since the last one. Look again then.
    Ping { quiet: bool, again: Millis },
    /// Nothing to look after any more.
    Done,
}

impl Conduit {
    /// A socket, heard of at `now`, to be pinged first at `ping_at`.
    pub fn new(stream: Stream, now: Millis, ping_at: Millis) -> Conduit {
        Conduit {
            stream,
            heard_at: AtomicI64::new(now),
            ping_at: AtomicI64::new(ping_at),
            taken_by_ping: AtomicU64::new(0),
            resting: AtomicBool::new(false),
            missed: AtomicBool::new(false),
            let_go: AtomicBool::new(false),
            until: AtomicI64::new(Millis::MAX),
            expired: AtomicBool::new(false),
        }
    }

    /// It is closed then.
    pub fn hold(&self, until: Millis) {
        self.until.store(until, Ordering::Relaxed);
    }

    /// When its token has to be looked at; true where it is over at `now`.
    pub fn expires(&self, now: Millis) -> (Millis, bool) {
        let until = self.until.load(Ordering::Relaxed);
        let over = until <= now;
        if over {
            self.expired.store(true, Ordering::Relaxed);
        }
        (until, over)
    }

    /// Whether its token is over.
    pub fn is_expired(&self) -> bool {
        self.expired.load(Ordering::Relaxed)
    }

    /// It lives.
    pub fn heard(&self, now: Millis) {
        self.heard_at.store(now, Ordering::Relaxed);
    }

    /// Whether nothing was heard for too long.
    pub fn is_missed(&self) -> bool {
        self.missed.load(Ordering::Relaxed)
    }

    /// It is time to go; true where that is news.
    pub fn let_go(&self) -> bool {
        !self.let_go.swap(true, Ordering::AcqRel)
    }

    /// Whether it is time to go.
    pub fn is_let_go(&self) -> bool {
        self.let_go.load(Ordering::Acquire)
    }

    /// Its conversation ends: no more pings.
    pub fn rest(&self) {
        self.resting.store(true, Ordering::Relaxed);
    }

    /// What is due at `now`, given how much was taken so far.
    pub fn beat(&self, now: Millis, taken: u64, interval: Millis, timeout: Millis) -> Beat {
        if self.resting.load(Ordering::Relaxed) {
            return Beat::Done;
        }
        let silent_at = self.heard_at.load(Ordering::Relaxed) + interval + timeout;
        if now >= silent_at {
            self.missed.store(true, Ordering::Relaxed);
            return Beat::Done;
        }
        let ping_at = self.ping_at.load(Ordering::Relaxed);
        if now < ping_at {
            return Beat::Later(ping_at.min(silent_at));
        }
        self.ping_at.store(now + interval, Ordering::Relaxed);
        Beat::Ping { quiet: taken == self.taken_by_ping.load(Ordering::Relaxed), again: silent_at.min(now + interval) }
    }

    /// A ping was written, and with it so much was taken.
    pub fn pinged(&self, taken: u64) {
        self.taken_by_ping.store(taken, Ordering::Relaxed);
    }

    /// Ends our side.
    pub fn poll_end(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.stream {
            Stream::Plain(stream) => Poll::Ready(rustix::net::shutdown(stream, rustix::net::Shutdown::Write).map_err(Into::into)),
            Stream::Woven(woven) => woven.poll_end(context),
        }
    }

    /// Reads.
    pub fn poll_read(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match &self.stream {
            Stream::Plain(stream) => poll_read(stream, context, buffer),
            Stream::Woven(woven) => woven.poll_read(context, buffer),
        }
    }
}

/// Reads; what is read is all there was, where it did not fill `buffer`.
fn poll_read(stream: &TcpStream, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_read_ready(context))?;
        let mut read = None;
        // A short read has emptied the socket: "would block" then spares the next read from asking in vain.
        let tried = stream.try_io(Interest::READABLE, || {
            let count = recv(stream, &mut *buffer, RecvFlags::DONTWAIT)?.0;
            read = Some(count);
            if count > 0 && count < buffer.len() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match (read, tried) {
            (Some(count), _) => return Poll::Ready(Ok(count)),
            (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
            (None, tried) => return Poll::Ready(tried.map(|()| 0)),
        }
    }
}

/// Past the runtime, which need not know: what is not taken, the socket's task finds out by itself.
fn write(stream: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    let written = match slices {
        [] => 0,
        [only] => send(stream, only, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?,
        many => rustix::io::writev(stream, many)?,
    };
    Ok(written)
}

impl Pipe for Conduit {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.stream {
            Stream::Plain(stream) => write(stream, slices),
            // Its own task will.
            Stream::Woven(_) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn poll_write(&self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let stream = match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Woven(woven) => return woven.poll_write(context, slices),
        };
        loop {
            ready!(stream.poll_write_ready(context))?;
            match stream.try_io(Interest::WRITABLE, || write(stream, slices)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                tried => return Poll::Ready(tried),
            }
        }
    }

    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.stream {
            Stream::Plain(_) => Poll::Ready(Ok(())),
            Stream::Woven(woven) => woven.poll_flush(context),
        }
    }
}

/// A socket as tungstenite sees it: it reads, and what it writes (answers to pings and closes) goes the way of all frames.
pub struct Ear(pub Arc<Member<Conduit>>);

impl AsyncRead for Ear {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let count = ready!(self.0.pipe().poll_read(context, buffer.initialize_unfilled()))?;
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

/// tungstenite writes whole frames, and at once; the socket's task drains once it has read all there is.
impl AsyncWrite for Ear {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.say(Bytes::copy_from_slice(bytes));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
