//! A toy server that lies, on purpose and in known ways: the bench must count exactly those lies.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::collections::HashMap;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use support::{bench, complaint};
use tungstenite::Message;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};

/// What is done to one event on its way to one socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lie {
    /// It never comes.
    Skip,
    /// It comes twice.
    Repeat,
    /// It comes after the next one.
    Swap,
    /// The line is cut instead.
    Cut,
}

/// Which socket of a room, which seq, and what.
type Lies = &'static [(usize, u64, Lie)];

#[derive(Default)]
struct Room {
    seq: u64,
    highest: u64,
    members: Vec<Member>,
}

struct Member {
    stream: TcpStream,
    held: Option<Vec<u8>>,
}

type Rooms = Arc<Mutex<HashMap<String, Room>>>;

/// Serves for as long as the test runs.
fn server(lies: Lies) -> SocketAddr {
    let (listener, rooms) = (TcpListener::bind("127.0.0.1:0").unwrap(), Rooms::default());
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, rooms) = (stream.unwrap(), rooms.clone());
            std::thread::spawn(move || converse(stream, &rooms, lies));
        }
    });
    address
}

#[expect(clippy::result_large_err, reason = "tungstenite's own signature")]
fn converse(stream: TcpStream, rooms: &Rooms, lies: Lies) {
    let mut path = String::new();
    // Without this the kernel holds small writes back for 40 ms, and too few bids are made for the lies to be told.
    stream.set_nodelay(true).unwrap();
    let copy = stream.try_clone().unwrap();
    let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        request.uri().path().clone_into(&mut path);
        Ok(response)
    };
    let Ok(mut ws) = tungstenite::accept_hdr(stream, note) else { return };
    rooms.lock().unwrap().entry(path.clone()).or_default().members.push(Member { stream: copy, held: None });
    while let Ok(Message::Text(text)) = ws.read() {
        let bid: Value = serde_json::from_str(&text).unwrap();
        let amount = bid["amount"].as_u64().unwrap();
        let mut rooms = rooms.lock().unwrap();
        let room = rooms.get_mut(&path).unwrap();
        if amount > room.highest {
            (room.seq, room.highest) = (room.seq + 1, amount);
            broadcast(room, amount, lies);
        } else {
            let refusal = format!(r#"{{"type":"refused","id":"{amount}","code":"bid_too_low","minimum":{}}}"#, room.highest + 1);
            let _ = ws.get_mut().write_all(&frame(&refusal));
        }
    }
}

fn broadcast(room: &mut Room, amount: u64, lies: Lies) {
    let seq = room.seq;
    let event =
        frame(&format!(r#"{{"type":"bid","seq":{seq},"at":1,"bidder":{{"id":"b","name":"b"}},"amount":{amount},"automatic":false}}"#));
    for (number, member) in room.members.iter_mut().enumerate() {
        let lie = lies.iter().find(|lie| (lie.0, lie.1) == (number, seq)).map(|lie| lie.2);
        let mut out = match lie {
            None => event.clone(),
            Some(Lie::Skip) => continue,
            Some(Lie::Cut) => {
                member.stream.shutdown(std::net::Shutdown::Both).unwrap();
                continue;
            }
            Some(Lie::Repeat) => event.repeat(2),
            Some(Lie::Swap) => {
                member.held = Some(event.clone());
                continue;
            }
        };
        out.extend(member.held.take().unwrap_or_default());
        // Whoever has left is no longer lied to.
        let _ = member.stream.write_all(&out);
    }
}

fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let mut out = if length < 126 { vec![0x81, low] } else { vec![0x81, 126, high, low] };
    out.extend(text.bytes());
    out
}

const RUN: &str = "fanout --dialect toy --viewers 5 --window 4 --seconds 0.4 --warmup 0.1 --give-up 0.3";

fn counted(lies: Lies) -> [u64; 4] {
    let seen = bench(server(lies), RUN);
    assert!(seen["deliveries"].as_u64().unwrap() > 100, "{seen}");
    ["gaps", "repeats", "disorder", "bids_unfinished"].map(|what| seen[what].as_u64().unwrap())
}

#[test]
fn an_honest_server_has_no_faults() {
    assert_eq!(counted(&[]), [0, 0, 0, 0]);
}

#[test]
fn what_is_skipped_is_a_gap_and_a_bid_that_is_never_done() {
    assert_eq!(counted(&[(0, 5, Lie::Skip), (3, 5, Lie::Skip), (1, 20, Lie::Skip)]), [3, 0, 0, 2]);
}

#[test]
fn what_comes_again_is_a_repeat() {
    assert_eq!(counted(&[(1, 10, Lie::Repeat), (2, 11, Lie::Repeat)]), [0, 2, 0, 0]);
}

#[test]
fn what_comes_after_a_later_one_is_disorder() {
    assert_eq!(counted(&[(2, 15, Lie::Swap)]), [0, 0, 1, 0]);
}

#[test]
fn all_at_once_are_told_apart() {
    assert_eq!(counted(&[(0, 7, Lie::Skip), (1, 10, Lie::Repeat), (2, 15, Lie::Swap), (4, 15, Lie::Repeat)]), [1, 2, 1, 1]);
}

#[test]
fn a_viewer_who_is_cut_off_is_not_waited_for_and_a_bidder_is_replaced() {
    // Longer than the bids are waited for that went down with their bidder; and whoever goes, there are bidders left.
    let long = RUN.replace("--seconds 0.4", "--seconds 2 --bidders 5");
    let seen = bench(server(&[(0, 8, Lie::Cut), (4, 12, Lie::Cut)]), &long);
    assert_eq!((seen["lost_sockets"].as_u64(), seen["gaps"].as_u64()), (Some(2), Some(0)));
    let count = |what: &str| seen[what]["n"].as_u64().unwrap_or_else(|| panic!("{seen}"));
    let (each, last) = (count("latency_us"), count("last_latency_us"));
    assert!(last > 10 && each == 3 * last, "{seen}");
}

#[test]
fn the_first_event_may_not_be_missing_either() {
    assert_eq!(counted(&[(4, 1, Lie::Skip)]), [1, 0, 0, 1]);
}

#[test]
fn one_s_own_bid_coming_back_is_the_verdict() {
    let seen = bench(server(&[]), "bids --dialect toy --bidders 4 --window 2 --seconds 0.4 --warmup 0.1");
    assert!(seen["bids_accepted"].as_u64().unwrap() > 50, "{seen}");
    let (verdicts, last) = (seen["accepted_us"]["n"].as_u64().unwrap(), seen["last_latency_us"]["n"].as_u64().unwrap());
    // The run is over with the last verdict: of what was under way then not everyone has seen everything.
    assert!(last <= verdicts && verdicts <= last + 4 * 2, "{seen}");
    assert_eq!(seen["bids_unfinished"], 0);
}

#[test]
fn an_open_loop_sends_on_schedule() {
    let seen = bench(server(&[]), "fanout --dialect toy --rooms 2 --viewers 3 --rate 500 --seconds 1 --warmup 0.1");
    let sent = seen["bids_sent"].as_u64().unwrap();
    assert!((480..=530).contains(&sent), "{sent}");
    assert!(seen["latency_us"]["p50"].as_f64().unwrap() > 0.0);
}

#[test]
fn another_dialect_is_named_as_what_may_be_wrong() {
    let said = complaint(server(&[]), "fanout --viewers 2 --seconds 0.1 --warmup 0.1");
    assert!(said.contains("--dialect"), "{said}");
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_not_there() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for dialect in ["toy", "subasta", "socketio"] {
        let said = complaint(nobody, &format!("fanout --dialect {dialect}"));
        assert!(said.contains("no server listens at"), "{said}");
    }
}
