//! The sockets: connecting, the handshake, sending. Reading is in `fleet`.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::event::epoll::{self, EventFlags};
use socket2::{Domain, Protocol, Type};

use crate::dialect::{Scanner, write_bid};
use crate::frame;
use crate::http::nobody_there;
use crate::order::{Order, UNKNOWN};
use crate::target::Target;

/// How far a socket has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Not connected, or no longer.
    Away,
    /// The request is sent, or will be once connected.
    Handshaking,
    /// Upgraded; the server has yet to say that one is in the room.
    Entering,
    /// In the room.
    Ready,
}

/// One socket. Small: there may be a hundred thousand.
pub struct Socket {
    pub stream: Option<TcpStream>,
    pub stage: Stage,
    /// Index of its room.
    pub room: u32,
    /// Under which number it bids; `None` only watches.
    pub bidder: Option<u32>,
    /// Wants verdicts, no events.
    pub quiet: bool,
    /// The last event it has seen.
    pub seq: u64,
    /// Resume after `seq` rather than start over.
    pub resume: bool,
    /// The first part of a frame, cut off by the end of a read.
    pub spill: Vec<u8>,
    /// What the kernel has not taken yet.
    pub unsent: Vec<u8>,
}

/// A socket whose bids the server does not take is given up sending to at this many bytes.
const MOST_UNSENT: usize = 1 << 20;
/// The key of RFC 6455's own example: what must come back is known.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// The answer to it.
pub const ACCEPT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// What has come in.
#[derive(Clone, Copy, Default, Debug)]
pub struct Traffic {
    pub reads: u64,
    pub frames: u64,
    /// Events with a seq, each counted at each socket.
    pub events: u64,
    pub bytes: u64,
    pub resyncs: u64,
}

/// All sockets and what they share.
pub struct Net {
    pub target: Target,
    pub sockets: Vec<Socket>,
    pub order: Order,
    pub traffic: Traffic,
    pub scanner: Scanner,
    /// Nobody has ever bid in these rooms: the first event is known.
    pub untouched: bool,
    /// Sockets on their way.
    pub opening: u32,
    /// Sockets in their rooms.
    pub ready: u32,
    pub(crate) epoll: OwnedFd,
    start: Instant,
    text: Vec<u8>,
    framed: Vec<u8>,
}

impl Net {
    pub fn new(target: Target) -> crate::Result<Net> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|error| format!("epoll: {error}"))?;
        Ok(Net {
            scanner: Scanner::new(target.dialect),
            target,
            sockets: Vec::new(),
            order: Order::default(),
            traffic: Traffic::default(),
            untouched: true,
            opening: 0,
            ready: 0,
            epoll,
            start: Instant::now(),
            text: Vec::new(),
            framed: Vec::new(),
        })
    }

    /// Nanoseconds since this run began.
    #[inline]
    pub fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Adds a socket that is not connected yet.
    pub fn add(&mut self, room: u32, bidder: Option<u32>, quiet: bool) {
        let (stage, spill, unsent) = (Stage::Away, Vec::new(), Vec::new());
        self.sockets.push(Socket { stream: None, stage, room, bidder, quiet, seq: UNKNOWN, resume: false, spill, unsent });
    }

    /// Begins to connect a socket. The error is for the person who runs the bench.
    pub fn connect(&mut self, id: u32) -> crate::Result<()> {
        let stream = self.dial(id).map_err(|error| self.why_not(id, &error))?;
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(&self.epoll, &stream, epoll::EventData::new_u64(u64::from(id)), flags).map_err(|error| format!("epoll: {error}"))?;
        let socket = &mut self.sockets[id as usize];
        let since = (socket.resume && socket.seq != UNKNOWN).then_some(socket.seq);
        let path = self.target.path(socket.room, socket.bidder, socket.quiet, since);
        let socket = &mut self.sockets[id as usize];
        socket.unsent = request(&path, &self.target.host);
        socket.stream = Some(stream);
        socket.stage = Stage::Handshaking;
        self.opening += 1;
        self.flush(id);
        Ok(())
    }

    fn dial(&self, id: u32) -> io::Result<TcpStream> {
        let socket = socket2::Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        if self.target.address.ip().is_loopback() {
            let [.., high, low] = id.to_be_bytes();
            let source = Ipv4Addr::new(127, 100, high, low);
            socket.bind(&SocketAddr::new(IpAddr::V4(source), 0).into())?;
        }
        match socket.connect(&self.target.address.into()) {
            Err(error) if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => Err(error),
            _ => Ok(socket.into()),
        }
    }

    fn why_not(&self, id: u32, error: &io::Error) -> String {
        match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::MFILE) => format!(
                "no more open files after {id} sockets: raise the limit (`ulimit -Hn`, LimitNOFILE), ask for fewer sockets, or spread them with --processes"
            ),
            _ => nobody_there(self.target.address, error),
        }
    }

    /// Sends a bid. False if the socket is away or takes no more.
    pub fn bid(&mut self, id: u32, amount: u64) -> bool {
        let mut text = std::mem::take(&mut self.text);
        write_bid(self.target.dialect, amount, &mut text);
        let sent = self.send(id, frame::TEXT, &text);
        self.text = text;
        sent
    }

    /// Sends a frame. False if the socket is away or takes no more.
    pub fn send(&mut self, id: u32, opcode: u8, payload: &[u8]) -> bool {
        let socket = &mut self.sockets[id as usize];
        let Some(stream) = &mut socket.stream else { return false };
        if socket.unsent.len() > MOST_UNSENT {
            return false;
        }
        self.framed.clear();
        frame::put(&mut self.framed, opcode, payload);
        if !socket.unsent.is_empty() {
            socket.unsent.extend_from_slice(&self.framed);
            return true;
        }
        // An error shows itself at the next read.
        let taken = stream.write(&self.framed).unwrap_or(0);
        if taken < self.framed.len() {
            socket.unsent.extend_from_slice(&self.framed[taken..]);
        }
        true
    }

    /// Sends on what waits.
    pub fn flush(&mut self, id: u32) {
        let Socket { stream: Some(stream), unsent, .. } = &mut self.sockets[id as usize] else { return };
        while !unsent.is_empty() {
            match stream.write(unsent) {
                Ok(taken) if taken == unsent.len() => *unsent = Vec::new(),
                Ok(taken) => drop(unsent.drain(..taken)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Not yet, or an error, which shows itself at the next read.
                Err(_) => return,
            }
        }
    }

    /// Marks a socket as in its room. `seq` is what the server says was the last event, if it does.
    pub fn enter(&mut self, id: u32, seq: Option<u64>) {
        let begin = if self.untouched { 0 } else { UNKNOWN };
        let socket = &mut self.sockets[id as usize];
        socket.stage = Stage::Ready;
        if seq.is_some() || !socket.resume {
            socket.seq = seq.unwrap_or(begin);
        }
        self.opening -= 1;
        self.ready += 1;
    }

    /// Lets go of a socket, which closes it.
    pub fn drop_socket(&mut self, id: u32) {
        let socket = &mut self.sockets[id as usize];
        match socket.stage {
            Stage::Away => {}
            Stage::Ready => self.ready -= 1,
            Stage::Handshaking | Stage::Entering => self.opening -= 1,
        }
        socket.stage = Stage::Away;
        socket.stream = None;
        socket.spill = Vec::new();
        socket.unsent = Vec::new();
    }
}

fn request(path: &str, host: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_small() {
        assert!(size_of::<Socket>() <= 96, "{}", size_of::<Socket>());
    }
}
