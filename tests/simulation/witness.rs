//! Holds all that is observed against what `docs/protocol.md` promises.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use subasta::auction::{Command, Event, Fact, Millis};
use subasta::wire;

use crate::journal::{Entry, event};
use crate::lot::Lot;

/// Codes that say nothing about the auction: whoever gets one asks again.
pub const TRANSIENT: [&str; 3] = ["unavailable", "busy", "no_verdict"];

/// One auction: how it stood after each of its records, and what everyone is told of it.
pub struct History {
    pub id: String,
    /// The first one is before the first record.
    pub states: Vec<Lot>,
    pub events: Vec<Value>,
    /// How many records our server surely knows of: what another has written since it learns when it writes itself.
    pub known: usize,
}

impl History {
    pub fn now(&self) -> &Lot {
        self.states.last().expect("one from the beginning")
    }

    /// How many records there are.
    pub fn position(&self) -> usize {
        self.states.len() - 1
    }
}

/// Something that was asked, once. The same may be asked again: that is another one of these.
pub struct Asked {
    pub lot: usize,
    pub command: Command,
    /// The seat it was asked from.
    pub seat: Option<usize>,
    /// When, by the server's clock; without a seat it may be stamped later.
    pub at: Millis,
    /// How many records the server surely knew of.
    pub from: usize,
    pub open: bool,
    pub code: Option<String>,
}

/// The one verdict on a request that was accepted.
pub struct Accepted {
    command: Command,
    /// As told, without the id.
    verdict: Value,
    /// After so many records.
    position: usize,
}

impl Accepted {
    /// What was asked.
    pub fn command(&self) -> &Command {
        &self.command
    }
}

/// One socket, for as long as it was there.
pub struct Seat {
    pub lot: usize,
    pub since: Option<u64>,
    /// The seq of the last event it has been told, once it is there.
    pub seen: Option<u64>,
}

/// An auction, a person's id, a request's.
type Key = (usize, String, String);

#[derive(Default)]
pub struct Witness {
    pub lots: Vec<History>,
    pub asked: Vec<Asked>,
    pub accepted: BTreeMap<Key, Accepted>,
    pub seats: Vec<Seat>,
    pub lines: Vec<String>,
    pub now: Millis,
    /// Something stands in the way of verdicts: faults, or a server that stops.
    pub troubled: bool,
    /// At some time a server began before the one before it had ended.
    pub set_back: bool,
}

fn key(lot: usize, command: &Command) -> Option<Key> {
    Some((lot, command.by.id.to_string(), command.request.as_ref()?.as_str().to_owned()))
}

impl Witness {
    pub fn observe(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            self.lines.push(entry.line());
            match entry {
                // It reads all there is.
                Entry::Began { .. } => self.lots.iter_mut().for_each(|history| history.known = history.position()),
                Entry::Trouble { .. } => {}
                // Nobody will answer what was asked of it.
                Entry::Ended { .. } => self.asked.iter_mut().for_each(|asked| asked.open = false),
                Entry::Stored { lot, records, intruded } => self.stored(&lot, &records, intruded),
                Entry::Answered { asked, verdict } => self.verdict(asked, &verdict),
                Entry::Seated { seat, resumed, seq } => self.seated(seat, resumed, seq),
                Entry::Told { seat, message } => self.told(seat, &message),
                Entry::Looked { lot, from, auction } => self.looked(lot, from, &auction),
            }
        }
    }

    /// Every record is what the naive rules say, and was asked for once by somebody who has no answer yet.
    fn stored(&mut self, id: &str, records: &[Vec<u8>], intruded: bool) {
        let lot = self.lots.iter().position(|history| history.id == id).expect("one of ours");
        for record in records {
            let event = event(record);
            let before = self.lots[lot].now().at;
            let mut state = self.lots[lot].now().clone();
            state.apply(&event, intruded);
            self.lots[lot].states.push(state);
            self.lots[lot].events.extend(wire::event(&event).map(|frame| serde_json::from_slice::<Value>(frame.json()).unwrap()));
            if let Some(command) = event.fact.command().filter(|_| !intruded) {
                self.judged(lot, command, &event, before);
            }
        }
        let history = &mut self.lots[lot];
        assert!(history.now().is_whole(), "a batch that breaks off");
        history.known = if intruded { history.known } else { history.position() };
    }

    fn judged(&mut self, lot: usize, command: Command, event: &Event, before: Millis) {
        let key = key(lot, &command).expect("all that we ask has an id");
        assert!(!self.accepted.contains_key(&key), "judged twice: {command:?}");
        let may_be = |asked: &Asked| {
            let (at, latest) = (asked.at.max(before), self.now.max(before));
            let stamped = event.at == at || asked.seat.is_none() && (at..=latest).contains(&event.at);
            asked.open
                && asked.lot == lot
                && asked.command.by == command.by
                && asked.command.request == command.request
                && stamped
                && asked.command.act == command.act
        };
        assert!(self.asked.iter().any(may_be), "nobody has asked for this, or they were told no: {event:?}");
        let mut verdict = json!({"type": "accepted", "seq": event.seq, "at": event.at});
        if let Fact::Bid(bid) | Fact::Raised(bid) = &event.fact {
            let state = self.lots[lot].now();
            let (price, leader) = state.stands().expect("there is a bid");
            let leads = bid.bidder.id.as_ref() == format!("B{leader}");
            verdict["standing"] = json!(if leads { "leading" } else { "outbid" });
            verdict["price"] = json!(price);
            verdict["minimum"] = json!(state.minimum());
        }
        self.accepted.insert(key, Accepted { command, verdict, position: self.lots[lot].position() });
    }

    fn verdict(&mut self, number: usize, verdict: &Value) {
        let asked = &self.asked[number];
        let key = key(asked.lot, &asked.command).expect("all that we ask has an id");
        assert!(asked.open, "answered twice: {verdict}");
        assert_eq!(verdict["id"], json!(key.2), "the answer to something else");
        let known = self.accepted.get(&key);
        if verdict["type"] == "accepted" {
            let known = known.unwrap_or_else(|| panic!("acknowledged before it was durable: {verdict}"));
            assert_eq!(known.command.act, asked.command.act, "accepted in another's place");
            for (member, value) in known.verdict.as_object().unwrap() {
                assert_eq!(verdict[member], *value, "{member} of {verdict}, not {}", known.verdict);
            }
        } else {
            let code = verdict["code"].as_str().expect("a refusal has a code");
            match (code, known) {
                (code, _) if TRANSIENT.contains(&code) => assert!(self.troubled, "{verdict}, and nothing was in the way"),
                ("id_reused", Some(known)) => assert_ne!(known.command.act, asked.command.act),
                ("id_reused", None) => panic!("an id that nobody has used: {verdict}"),
                (_, Some(known)) if known.position <= asked.from => panic!("another verdict than {}: {verdict}", known.verdict),
                (code, _) => self.check_refusal(asked, code, verdict),
            }
        }
        let code = verdict["code"].as_str().unwrap_or("accepted").to_owned();
        (self.asked[number].open, self.asked[number].code) = (false, Some(code));
    }

    /// At some moment between question and answer the naive rules say the same, with the same figures.
    fn check_refusal(&self, asked: &Asked, code: &str, verdict: &Value) {
        let states = &self.lots[asked.lot].states[asked.from..];
        let latest = if asked.seat.is_some() { asked.at } else { self.now };
        let says_so = |state: &Lot| {
            let same_code = [asked.at, latest].iter().any(|at| state.expect(&asked.command, *at) == Err(code));
            let price = state.stands().map(|(price, _)| price);
            let same_figures = verdict.get("minimum").is_none_or(|minimum| *minimum == state.minimum() && verdict["price"] == json!(price));
            // What came before the end counts, however long it had to wait.
            let late = code != "closed" || self.set_back || latest >= state.over.unwrap_or(state.end);
            same_code && same_figures && late
        };
        assert!(states.iter().any(says_so), "{verdict} to {:?} at {} in {:?}", asked.command, asked.at, states.last());
    }

    fn seated(&mut self, seat: usize, resumed: bool, seq: u64) {
        let Seat { lot, since, seen } = &mut self.seats[seat];
        let last = self.lots[*lot].now().seq;
        assert!(seq <= last, "shown before it was durable: {seq} of {last}");
        assert_eq!(resumed, since.is_some(), "from {since:?} of {seq}");
        *seen = Some(since.unwrap_or(seq));
    }

    fn told(&mut self, number: usize, message: &Value) {
        let Seat { lot, seen, .. } = &mut self.seats[number];
        let seen = seen.as_mut().expect("told before it was seated");
        match message["type"].as_str().expect("a message") {
            "presence" | "announcing" | "tick" | "outbid" => {}
            "accepted" | "refused" => {
                assert!(message["seq"].as_u64().is_none_or(|seq| seq <= *seen), "a verdict has overtaken its event: {message}");
                let asked = |asked: &Asked| {
                    asked.open
                        && asked.seat == Some(number)
                        && asked.command.request.as_ref().map(|id| json!(id.as_str())) == message.get("id").cloned()
                };
                let asked = self.asked.iter().position(asked).unwrap_or_else(|| panic!("nobody has asked: {message}"));
                self.verdict(asked, message);
            }
            _ => {
                assert_eq!(message["seq"], json!(*seen + 1), "no gap, no repeat: {message}");
                *seen += 1;
                let index = usize::try_from(*seen - 1).unwrap();
                assert_eq!(Some(message), self.lots[*lot].events.get(index), "everyone sees what is durable");
            }
        }
    }

    fn looked(&self, lot: usize, from: usize, auction: &Value) {
        let same = |state: &Lot| {
            let (price, leader) = state.stands().unzip();
            auction["seq"] == state.seq
                && auction["price"] == json!(price)
                && auction["leader"]["id"] == json!(leader.map(|leader| format!("B{leader}")))
                && auction["minimum"] == state.minimum()
                && auction["bids"] == state.count()
                && auction["status"] == state.status().word()
                && auction["ends_at"] == state.end
        };
        let History { states, events, .. } = &self.lots[lot];
        assert!(states[from..].iter().any(same), "it never stood like this: {auction}, but {:?}", states.last());
        let last = usize::try_from(auction["seq"].as_u64().unwrap()).unwrap();
        let recent = auction["recent"].as_array().unwrap();
        assert_eq!(recent[..], events[last.saturating_sub(50)..last], "the last 50 events");
    }

    /// In which order rooms stop that are told to at once is the only thing that no seed determines: of these lines any order is as good.
    pub fn sort_since(&mut self, line: usize) {
        self.lines[line..].sort_unstable();
    }

    /// A number for all that was observed.
    pub fn hash(&self) -> u64 {
        let bytes = self.lines.iter().flat_map(|line| line.bytes().chain([b'\n']));
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
}
