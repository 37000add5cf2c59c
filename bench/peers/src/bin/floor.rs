//! The floor: what a delivery costs when nothing is done but to deliver. One thread, a loop over epoll; an event is one frame, made once,
//! and one `send` to every socket of its room. Of HTTP, WebSocket and JSON it knows just what the toy auction needs.
//!
//! With `BATCH=1` it is the floor of those that batch: the events of all bids that one wake brings go out together, in one `send` a socket.
//!
//! `PORT` is the port on 127.0.0.1, 0 for any free one; `listening on PORT` is printed when it is open.

use std::io::{self, Write as _};
use std::mem::take;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType, sockopt};
use sha1::{Digest as _, Sha1};
use slab::Slab;

/// A handshake or a frame may be so long.
const LONGEST: usize = 16 * 1024;
/// What a socket did not take is kept for it, up to here; past this it is dropped.
const KEPT: usize = 16 * 1024 * 1024;
const BACKLOG: i32 = 4096;
const EVENTS: usize = 1024;
/// The listener's token; a client's is its key in the slab.
const LISTENER: u64 = u64::MAX;
/// The room of those who have not said yet where they want to go.
const HALL: usize = 0;
const HOUR_MS: u128 = 3_600_000;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// Just what a delivery touches.
struct Member {
    socket: OwnedFd,
    client: usize,
    /// Something is kept for it, and everything goes there until it is gone.
    behind: bool,
}

#[derive(Default)]
struct Room {
    name: String,
    members: Vec<Member>,
    highest: u64,
    seq: u64,
    /// Frames of this wake, where it batches.
    unsent: Vec<u8>,
}

#[derive(Default)]
struct Client {
    room: usize,
    /// Where in the room's members.
    place: usize,
    received: Vec<u8>,
    kept: Vec<u8>,
}

/// Why a client goes: it left, or it does not speak the protocol.
struct Gone;

struct Floor {
    epoll: OwnedFd,
    listener: OwnedFd,
    rooms: Vec<Room>,
    clients: Slab<Client>,
    /// The frame being sent, made anew for each event.
    frame: Vec<u8>,
    batch: bool,
    /// Rooms with something unsent.
    due: Vec<usize>,
}

impl Floor {
    fn new(listener: OwnedFd, batch: bool) -> io::Result<Floor> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
        let rooms = vec![Room::default()];
        Ok(Floor { epoll, listener, rooms, clients: Slab::new(), frame: Vec::new(), batch, due: Vec::new() })
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
        loop {
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in events.drain(..) {
                let (token, flags) = (event.data.u64(), event.flags);
                if token == LISTENER {
                    self.accept()?;
                    continue;
                }
                let client = usize::try_from(token).expect("a token is a key of the slab");
                // Those dropped a moment ago may still stand among the events.
                if flags.contains(EventFlags::OUT) && self.clients.contains(client) {
                    self.catch_up(client);
                }
                if !flags.difference(EventFlags::OUT).is_empty() && self.clients.contains(client) && self.receive(client).is_err() {
                    self.drop(client);
                }
            }
            for room in take(&mut self.due) {
                // The two buffers change places, so that none is made anew.
                std::mem::swap(&mut self.frame, &mut self.rooms[room].unsent);
                self.deliver(room);
                self.rooms[room].unsent.clear();
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let socket = match rustix::net::accept_with(&self.listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                Ok(socket) => socket,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::CONNABORTED | Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            sockopt::set_tcp_nodelay(&socket, true)?;
            let client = self.clients.insert(Client { place: self.rooms[HALL].members.len(), ..Client::default() });
            epoll::add(&self.epoll, &socket, EventData::new_u64(client as u64), EventFlags::IN)?;
            self.rooms[HALL].members.push(Member { socket, client, behind: false });
        }
    }

    /// Reads once, and does all that was asked.
    fn receive(&mut self, key: usize) -> Result<(), Gone> {
        let client = &mut self.clients[key];
        let mut received = take(&mut client.received);
        received.reserve(LONGEST);
        let socket = &self.rooms[client.room].members[client.place].socket;
        match rustix::net::recv(socket, spare_capacity(&mut received), RecvFlags::empty()) {
            Ok((0, _)) => return Err(Gone),
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => return Err(Gone),
        }
        let mut done = 0;
        if self.clients[key].room == HALL {
            match received.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(end) => {
                    self.join(key, &received[..end])?;
                    done = end + 4;
                }
                None if received.len() > LONGEST => return Err(Gone),
                None => {
                    self.clients[key].received = received;
                    return Ok(());
                }
            }
        }
        while let Some((kind, start, end)) = unmask(&mut received[done..])? {
            self.on_frame(key, kind, &received[done + start..done + end])?;
            done += end;
        }
        received.drain(..done);
        // Most never say a word: they need no buffer.
        self.clients[key].received = if received.is_empty() { Vec::new() } else { received };
        Ok(())
    }

    /// The handshake, and from the hall into the room.
    fn join(&mut self, key: usize, request: &[u8]) -> Result<(), Gone> {
        let request = str::from_utf8(request).map_err(|_| Gone)?;
        let mut lines = request.split("\r\n");
        let address = lines.next().and_then(|line| line.strip_prefix("GET /ws/")?.split([' ', '?']).next()).ok_or(Gone)?;
        let nonce = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
        let nonce = nonce.ok_or(Gone)?.1.trim();
        let accept = STANDARD.encode(Sha1::digest(format!("{nonce}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        let room = self.rooms.iter().skip(1).position(|room| room.name == address).map_or_else(
            || {
                self.rooms.push(Room { name: address.to_owned(), ..Room::default() });
                self.rooms.len() - 1
            },
            |found| found + 1,
        );
        let member = self.leave(key);
        self.clients[key].room = room;
        self.clients[key].place = self.rooms[room].members.len();
        self.rooms[room].members.push(member);
        self.frame = response.into_bytes();
        self.answer(key);
        Ok(())
    }

    /// Takes a client out of its room.
    fn leave(&mut self, key: usize) -> Member {
        let Client { room, place, .. } = self.clients[key];
        let member = self.rooms[room].members.swap_remove(place);
        if let Some(moved) = self.rooms[room].members.get(place) {
            self.clients[moved.client].place = place;
        }
        member
    }

    fn drop(&mut self, key: usize) {
        self.leave(key);
        self.clients.remove(key);
    }

    fn on_frame(&mut self, key: usize, kind: u8, payload: &[u8]) -> Result<(), Gone> {
        match kind {
            TEXT => self.bid(key, payload),
            PING => {
                self.make(PONG, |frame| frame.write_all(payload));
                self.answer(key);
                Ok(())
            }
            PONG => Ok(()),
            CLOSE => {
                self.make(CLOSE, |frame| frame.write_all(payload));
                self.answer(key);
                Err(Gone)
            }
            _ => Err(Gone),
        }
    }

    fn bid(&mut self, key: usize, bid: &[u8]) -> Result<(), Gone> {
        let digits = after(bid, b"\"amount\":").ok_or(Gone)?;
        let digits = digits.split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default();
        let amount: u64 = str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or(Gone)?;
        let index = self.clients[key].room;
        let room = &mut self.rooms[index];
        if amount <= room.highest {
            let (minimum, id) =
                (room.highest.saturating_add(1), after(bid, b"\"id\":\"").and_then(|rest| rest.split(|&byte| byte == b'"').next()));
            let id = String::from_utf8_lossy(id.unwrap_or_default());
            self.make(TEXT, |f| write!(f, r#"{{"type":"refused","id":"{id}","code":"bid_too_low","minimum":{minimum}}}"#));
            self.answer(key);
            return Ok(());
        }
        room.highest = amount;
        room.seq += 1;
        let (seq, minimum) = (room.seq, amount.saturating_add(1));
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let ends_at = at + HOUR_MS;
        self.make(TEXT, |f| {
            write!(f, r#"{{"type":"bid","seq":{seq},"at":{at},"bidder":{{"id":"bidder-1","name":"bidder-1"}},"amount":{amount},"#)?;
            write!(f, r#""automatic":false,"price":{amount},"leader":{{"id":"bidder-1","name":"bidder-1"}},"#)?;
            write!(f, r#""minimum":{minimum},"ends_at":{ends_at},"reserve":"none"}}"#)
        });
        if !self.batch {
            self.deliver(index);
            return Ok(());
        }
        let unsent = &mut self.rooms[index].unsent;
        if unsent.is_empty() {
            self.due.push(index);
        }
        unsent.extend_from_slice(&self.frame);
        Ok(())
    }

    /// A frame in the reused buffer. The header goes where its four bytes are kept free, or into the last two of them.
    fn make(&mut self, kind: u8, payload: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) {
        self.frame.clear();
        self.frame.extend([0; 4]);
        payload(&mut self.frame).expect("a vector takes everything");
        let length = self.frame.len() - 4;
        if let Ok(short @ 0..126) = u8::try_from(length) {
            self.frame.drain(..2);
            self.frame[..2].copy_from_slice(&[0x80 | kind, short]);
        } else {
            let length = u16::try_from(length).expect("no event is that long");
            self.frame[..2].copy_from_slice(&[0x80 | kind, 126]);
            self.frame[2..4].copy_from_slice(&length.to_be_bytes());
        }
    }

    /// The frame to every member: this is what is measured.
    fn deliver(&mut self, room: usize) {
        for member in &mut self.rooms[room].members {
            send(&self.epoll, member, &mut self.clients, &self.frame);
        }
    }

    /// The frame to one.
    fn answer(&mut self, key: usize) {
        let Client { room, place, .. } = self.clients[key];
        send(&self.epoll, &mut self.rooms[room].members[place], &mut self.clients, &self.frame);
    }

    /// The socket takes something again.
    fn catch_up(&mut self, key: usize) {
        let client = &mut self.clients[key];
        let member = &mut self.rooms[client.room].members[client.place];
        let sent = rustix::net::send(&member.socket, &client.kept, SendFlags::NOSIGNAL).unwrap_or(0);
        client.kept.drain(..sent);
        if client.kept.is_empty() {
            client.kept = Vec::new();
            member.behind = false;
            let _ = epoll::modify(&self.epoll, &member.socket, EventData::new_u64(key as u64), EventFlags::IN);
        }
    }
}

fn send(epoll: &OwnedFd, member: &mut Member, clients: &mut Slab<Client>, frame: &[u8]) {
    let sent = if member.behind {
        0
    } else {
        match rustix::net::send(&member.socket, frame, SendFlags::NOSIGNAL) {
            Ok(sent) if sent == frame.len() => return,
            Ok(sent) => sent,
            Err(Errno::AGAIN | Errno::INTR) => 0,
            // Reading from it will say the same, and drop it.
            Err(_) => return,
        }
    };
    let kept = &mut clients[member.client].kept;
    kept.extend_from_slice(&frame[sent..]);
    if kept.len() > KEPT {
        *kept = Vec::new();
        let _ = rustix::net::shutdown(&member.socket, Shutdown::Both);
    } else if !member.behind {
        member.behind = true;
        let data = EventData::new_u64(member.client as u64);
        let _ = epoll::modify(epoll, &member.socket, data, EventFlags::IN | EventFlags::OUT);
    }
}

/// The first frame: its kind, and where its payload begins and ends, unmasked in place. None as long as it is not whole.
fn unmask(bytes: &mut [u8]) -> Result<Option<(u8, usize, usize)>, Gone> {
    let [first, second, ..] = *bytes else { return Ok(None) };
    // Whole and masked, or it is not for us.
    if first & 0xF0 != 0x80 || second & 0x80 == 0 {
        return Err(Gone);
    }
    let (length, mask_at) = match (second & 0x7F, bytes.get(2..4)) {
        (127, _) => return Err(Gone),
        (126, None) => return Ok(None),
        (126, Some(long)) => (usize::from(u16::from_be_bytes([long[0], long[1]])), 4),
        (short, _) => (usize::from(short), 2),
    };
    if length > LONGEST {
        return Err(Gone);
    }
    let (start, end) = (mask_at + 4, mask_at + 4 + length);
    if bytes.len() < end {
        return Ok(None);
    }
    let (head, payload) = bytes.split_at_mut(start);
    for (byte, mask) in payload[..length].iter_mut().zip(head[mask_at..].iter().cycle()) {
        *byte ^= mask;
    }
    Ok(Some((first & 0x0F, start, end)))
}

/// What comes after the first `key`.
fn after<'a>(bytes: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    bytes.windows(key.len()).position(|window| window == key).map(|at| &bytes[at + key.len()..])
}

fn listen(port: u16) -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

fn main() -> io::Result<()> {
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(0);
    let listener = TcpListener::from(listen(port)?);
    println!("listening on {}", listener.local_addr()?.port());
    Floor::new(listener.into(), std::env::var_os("BATCH").is_some())?.run()
}
