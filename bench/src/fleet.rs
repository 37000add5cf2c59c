//! The loop: waits for sockets that are ready, reads each with one call, and hands every message to a mode.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use rustix::event::Timespec;
use rustix::event::epoll::{self, EventFlags};

use crate::Result;
use crate::dialect::Word;
use crate::frame::{self, Read as Frame};
use crate::net::{ACCEPT, Net, Stage};

/// What a mode does with what its sockets hear.
pub trait Crowd {
    /// A socket is in its room.
    fn entered(&mut self, _net: &mut Net, _id: u32) {}
    /// A socket got a message. Events come only once each.
    fn heard(&mut self, _net: &mut Net, _id: u32, _word: Word<'_>, _now: u64) {}
    /// A socket that was in its room is gone; its last seq still stands.
    fn lost(&mut self, _net: &mut Net, _id: u32, _why: &Lost) {}
    /// Time passes: called after every read and every wait, with the time before that.
    fn tick(&mut self, _net: &mut Net, _now: u64) {}
    /// When `tick` must be called at the latest, in nanoseconds.
    fn next_due(&self) -> u64 {
        u64::MAX
    }
}

/// Nobody listens.
impl Crowd for () {}

/// Why a socket is gone.
#[derive(Debug)]
pub enum Lost {
    /// The server closed it with this code.
    Closed(u16),
    /// Anything else, in words.
    Otherwise(String),
}

impl std::fmt::Display for Lost {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Lost::Closed(code) => write!(out, "the server closed the socket with code {code}"),
            Lost::Otherwise(why) => out.write_str(why),
        }
    }
}

/// One buffer serves all sockets: a read is asked for this much.
const BUFFER: usize = 256 * 1024;
/// Sockets looked at between two looks at the clock for what is due.
const READY_AT_ONCE: usize = 256;
/// If nobody gets in for so long while opening, something is wrong.
const OPEN_PATIENCE: Duration = Duration::from_secs(10);

pub struct Fleet {
    pub net: Net,
    buffer: Box<[u8]>,
    ready: Vec<epoll::Event>,
    spin: bool,
    /// When the last wait ended, and what has been spent waiting, in nanoseconds.
    woke: u64,
    waited: u64,
    /// Sockets are being opened: one that is closed again at once did not get in either.
    letting_in: bool,
    /// The first socket that was turned away, with the reason.
    turned_away: Option<String>,
}

impl Fleet {
    pub fn new(net: Net, spin: bool) -> Fleet {
        let (buffer, ready) = (vec![0; BUFFER].into(), Vec::with_capacity(READY_AT_ONCE));
        Fleet { net, buffer, ready, spin, woke: 0, waited: 0, letting_in: false, turned_away: None }
    }

    /// Nanoseconds spent waiting for sockets so far.
    pub fn waited(&self) -> u64 {
        self.waited
    }

    /// The first socket that did not get in since this was last asked, with the reason.
    pub fn turned_away(&mut self) -> Option<String> {
        self.turned_away.take()
    }

    /// Waits until a socket is ready or `until` has come, and serves what is ready.
    pub fn turn(&mut self, crowd: &mut impl Crowd, until: u64) -> Result<()> {
        let asked = self.net.now();
        let wait = if self.spin { 0 } else { until.min(crowd.next_due()).saturating_sub(asked) };
        let timeout = Timespec { tv_sec: (wait / 1_000_000_000).cast_signed(), tv_nsec: (wait % 1_000_000_000).cast_signed() };
        self.ready.clear();
        match epoll::wait(&self.net.epoll, rustix::buffer::spare_capacity(&mut self.ready), Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(format!("epoll: {error}")),
        }
        let woke = self.net.now();
        // Asking in vain, over and over, is not work.
        self.waited += match (self.spin, self.ready.is_empty()) {
            (false, _) => woke - asked,
            (true, true) => woke - self.woke,
            (true, false) => 0,
        };
        self.woke = woke;
        crowd.tick(&mut self.net, woke);
        for at in 0..self.ready.len() {
            let event = self.ready[at];
            let id = u32::try_from(event.data.u64()).expect("sockets are numbered in 32 bits");
            self.serve(id, event.flags, crowd);
        }
        Ok(())
    }

    fn serve(&mut self, id: u32, flags: EventFlags, crowd: &mut impl Crowd) {
        if flags.contains(EventFlags::OUT) {
            self.net.flush(id);
        }
        let ending = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        if (flags.contains(EventFlags::IN) || ending)
            && let Err(why) = self.read(id, ending, crowd)
        {
            self.lose(id, &why, crowd);
        }
    }

    /// Reads until the kernel gives less than it was asked for: then there is no more, and asking again would be a call in vain.
    fn read(&mut self, id: u32, ending: bool, crowd: &mut impl Crowd) -> std::result::Result<(), Lost> {
        loop {
            let socket = &mut self.net.sockets[id as usize];
            let Some(stream) = &mut socket.stream else { return Ok(()) };
            let kept = socket.spill.len();
            let got = match stream.read(&mut self.buffer[kept..]) {
                Ok(0) => return Err(Lost::Otherwise("the server ended the connection without a word".to_owned())),
                Ok(got) => got,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Lost::Otherwise(format!("the connection broke: {error}"))),
            };
            let now = self.net.now();
            if kept > 0 {
                let socket = &mut self.net.sockets[id as usize];
                self.buffer[..kept].copy_from_slice(&std::mem::take(&mut socket.spill));
            }
            self.net.traffic.reads += 1;
            self.net.traffic.bytes += got as u64;
            let whole = kept + got;
            let used = consume(&mut self.net, id, &self.buffer[..whole], now, crowd)?;
            let socket = &mut self.net.sockets[id as usize];
            if used < whole && socket.stream.is_some() {
                socket.spill = self.buffer[used..whole].to_vec();
            }
            crowd.tick(&mut self.net, now);
            if whole < BUFFER && !ending {
                return Ok(());
            }
        }
    }

    fn lose(&mut self, id: u32, why: &Lost, crowd: &mut impl Crowd) {
        let stage = self.net.sockets[id as usize].stage;
        self.net.drop_socket(id);
        if stage == Stage::Ready {
            crowd.lost(&mut self.net, id, why);
        }
        if self.turned_away.is_none() && (stage != Stage::Ready || self.letting_in) {
            self.turned_away = Some(why.to_string());
        }
    }

    /// Connects sockets `which`, `at_once` at a time, and returns when all are in their rooms.
    pub fn open(&mut self, crowd: &mut impl Crowd, which: std::ops::Range<u32>, at_once: u32) -> Result<Duration> {
        let (began, bar) = (Instant::now(), bar("opening", u64::from(which.end - which.start)));
        let (goal, mut next) = (self.net.ready + which.end - which.start, which.start);
        let (mut before, mut since) = (0, Instant::now());
        self.letting_in = true;
        while self.net.ready < goal {
            while next < which.end && self.net.opening < at_once {
                self.net.connect(next)?;
                next += 1;
            }
            let until = self.net.now() + 100_000_000;
            self.turn(crowd, until)?;
            if let Some(why) = self.turned_away.take() {
                return Err(format!("a socket did not get in: {why}"));
            }
            if self.net.ready != before {
                (before, since) = (self.net.ready, Instant::now());
                bar.set_position(u64::from(self.net.ready + which.end - which.start - goal));
            } else if since.elapsed() > OPEN_PATIENCE {
                let missing = goal - self.net.ready;
                return Err(format!(
                    "{missing} sockets wait to get in and nothing happens; is this the right --dialect, and the --url of a server that still lives?"
                ));
            }
        }
        self.letting_in = false;
        bar.finish_and_clear();
        Ok(began.elapsed())
    }

    /// Serves for a while in which nobody may be sent away again.
    pub fn settle(&mut self, crowd: &mut impl Crowd, seconds: f64) -> Result<()> {
        self.letting_in = true;
        self.run(crowd, seconds, "settling")?;
        self.letting_in = false;
        self.turned_away.take().map_or(Ok(()), |why| Err(format!("a socket did not stay: {why}")))
    }

    /// Serves for a while.
    pub fn run(&mut self, crowd: &mut impl Crowd, seconds: f64, what: &'static str) -> Result<()> {
        let begin = self.net.now();
        let length = nanos(seconds);
        let bar = bar(what, length / STEP);
        let mut shown = 0;
        loop {
            let past = self.net.now() - begin;
            if past >= length {
                break;
            }
            if past / STEP != shown {
                shown = past / STEP;
                bar.set_position(shown);
            }
            self.turn(crowd, begin + length.min((shown + 1) * STEP))?;
        }
        bar.finish_and_clear();
        Ok(())
    }
}

/// Progress is shown so often, in nanoseconds; also the longest wait.
const STEP: u64 = 100_000_000;

/// Seconds as nanoseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is negative or too long ends at the bounds")]
pub fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

/// A bar on a terminal, nothing elsewhere.
pub fn bar(what: &'static str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:>10} {wide_bar} {pos}/{len}").expect("the template is sound");
    ProgressBar::new(length).with_style(style).with_prefix(what)
}

/// Takes every whole message from `bytes`. Answers how many bytes that was.
fn consume(net: &mut Net, id: u32, bytes: &[u8], now: u64, crowd: &mut impl Crowd) -> std::result::Result<usize, Lost> {
    let mut used = 0;
    if net.sockets[id as usize].stage == Stage::Handshaking {
        used = match handshake(bytes)? {
            Some(head) => head,
            None => return Ok(0),
        };
        net.sockets[id as usize].stage = Stage::Entering;
        if net.target.dialect == crate::cli::Dialect::Toy {
            net.enter(id, None);
            crowd.entered(net, id);
        }
    }
    loop {
        match frame::read(&bytes[used..], BUFFER) {
            Frame::Frame { opcode, payload, used: length } => {
                used += length;
                net.traffic.frames += 1;
                if opcode == frame::TEXT { message(net, id, payload, now, crowd) } else { control(net, id, opcode, payload)? }
            }
            Frame::Cut => return Ok(used),
            Frame::Broken(what) => return Err(Lost::Otherwise(format!("the server sent {what}"))),
        }
    }
}

/// Length of the answer's head, once it is whole. The error has what the server said instead of yes.
fn handshake(bytes: &[u8]) -> std::result::Result<Option<usize>, Lost> {
    let Some(head) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let fault = |what: &str| Lost::Otherwise(format!("{what} ({})", String::from_utf8_lossy(line)));
    let mut words = line.split(|byte| *byte == b' ');
    if !words.next().is_some_and(|version| version.starts_with(b"HTTP/1.")) {
        return Err(fault("the server does not speak HTTP; is this the right --url?"));
    }
    let status = words.next().unwrap_or_default();
    if status != b"101" {
        let body: String = String::from_utf8_lossy(&bytes[head + 4..]).chars().take(300).collect();
        let hint = match status {
            b"503" => "it is full: see how many connections and open files it is allowed",
            _ => "is this the right --dialect?",
        };
        return Err(fault(&format!("the server refused the WebSocket; {hint} {body}")));
    }
    if memchr::memmem::find(&bytes[..head], ACCEPT).is_none() {
        return Err(fault("the server's Sec-WebSocket-Accept is wrong"));
    }
    Ok(Some(head + 4))
}

#[inline]
fn message(net: &mut Net, id: u32, payload: &[u8], now: u64, crowd: &mut impl Crowd) {
    let word = net.scanner.word(payload);
    let socket = &mut net.sockets[id as usize];
    match word {
        Word::Bid { seq, .. } | Word::Event { seq, .. } => {
            net.traffic.events += 1;
            if !net.order.note(id, &mut socket.seq, seq) {
                return;
            }
        }
        Word::Welcome { seq, resumed } if socket.stage == Stage::Entering => {
            if !resumed {
                net.order.restart(id);
            }
            net.enter(id, Some(seq));
            crowd.entered(net, id);
        }
        Word::EngineOpen => {
            net.send(id, frame::TEXT, b"40");
        }
        Word::EngineReady if socket.stage == Stage::Entering => {
            net.enter(id, None);
            crowd.entered(net, id);
        }
        Word::EnginePing => {
            net.send(id, frame::TEXT, b"3");
        }
        Word::Resync { seq } => {
            net.traffic.resyncs += 1;
            net.order.restart(id);
            socket.seq = seq;
        }
        _ => {}
    }
    crowd.heard(net, id, word, now);
}

fn control(net: &mut Net, id: u32, opcode: u8, payload: &[u8]) -> std::result::Result<(), Lost> {
    match opcode {
        frame::PING => {
            net.send(id, frame::PONG, payload);
            Ok(())
        }
        frame::CLOSE => {
            net.send(id, frame::CLOSE, payload);
            // 1005: a close without a code.
            Err(Lost::Closed(payload.first_chunk().map_or(1_005, |code| u16::from_be_bytes(*code))))
        }
        frame::PONG => Ok(()),
        _ => Err(Lost::Otherwise("the server sent a binary frame".to_owned())),
    }
}
