//! What the server says, found by looking for a few words: no frame is parsed as JSON.

use std::cell::Cell;
use std::io::Write;

use memchr::memmem::{Finder, FinderRev};

use crate::cli::Dialect;

/// One message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word<'a> {
    /// A bid that everyone sees.
    Bid { seq: u64, amount: u64 },
    /// Any other event with a seq.
    Event { seq: u64, kind: Kind },
    /// The first message in a room: the next event has `seq` + 1.
    Welcome { seq: u64, resumed: bool },
    /// A bid counts. `id` as it was sent; no seq where nobody else is told.
    Accepted { id: u64, seq: Option<u64> },
    /// A bid does not count.
    Refused { id: u64, code: &'a [u8] },
    /// Too far behind: go on from here.
    Resync { seq: u64 },
    /// Socket.IO opens: the client is to connect.
    EngineOpen,
    /// Socket.IO has connected.
    EngineReady,
    /// Socket.IO asks for a sign of life.
    EnginePing,
    /// Nothing that matters here.
    Other,
}

/// Events that are not bids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The end has moved to this millisecond of UTC.
    Extended {
        ends_at: u64,
    },
    Closed,
    Other,
}

/// Finds words in messages.
pub struct Scanner {
    dialect: Dialect,
    seq: Finder<'static>,
    ends_at: Finder<'static>,
    last_seq: FinderRev<'static>,
    amount: Finder<'static>,
    /// Where the amount last stood: it seldom moves.
    amount_at: Cell<usize>,
    id: Finder<'static>,
    code: Finder<'static>,
    resumed: Finder<'static>,
}

const AMOUNT: &[u8] = b"\"amount\":";
const TYPE: &[u8] = b"{\"type\":\"";

impl Scanner {
    pub fn new(dialect: Dialect) -> Scanner {
        Scanner {
            dialect,
            seq: Finder::new(b"\"seq\":"),
            ends_at: Finder::new(b"\"ends_at\":"),
            last_seq: FinderRev::new(b"\"seq\":"),
            amount: Finder::new(AMOUNT),
            amount_at: Cell::new(0),
            id: Finder::new(b"\"id\":\""),
            code: Finder::new(b"\"code\":\""),
            resumed: Finder::new(b"\"resumed\":true"),
        }
    }

    /// What a text says.
    #[inline]
    pub fn word<'a>(&self, text: &'a [u8]) -> Word<'a> {
        if self.dialect == Dialect::Socketio {
            return self.engine(text);
        }
        match text.strip_prefix(b"{\"type\":\"bid\",\"seq\":") {
            Some(rest) => Word::Bid { seq: number(rest), amount: self.amount(rest) },
            None => self.rarer(text),
        }
    }

    fn rarer<'a>(&self, text: &'a [u8]) -> Word<'a> {
        let Some(rest) = text.strip_prefix(TYPE) else { return Word::Other };
        let kind = rest.split(|byte| *byte == b'"').next().unwrap_or_default();
        self.typed(kind, rest)
    }

    /// A message of this type; `rest` is what follows.
    fn typed<'a>(&self, kind: &[u8], rest: &'a [u8]) -> Word<'a> {
        match kind {
            b"bid" => Word::Bid { seq: after(&self.seq, rest), amount: self.amount(rest) },
            b"accepted" => Word::Accepted { id: after(&self.id, rest), seq: Some(after(&self.seq, rest)).filter(|seq| *seq > 0) },
            b"refused" => Word::Refused { id: after(&self.id, rest), code: self.refusal(rest) },
            b"extended" => Word::Event { seq: after(&self.seq, rest), kind: Kind::Extended { ends_at: after(&self.ends_at, rest) } },
            b"closed" => Word::Event { seq: after(&self.seq, rest), kind: Kind::Closed },
            b"created" | b"opened" | b"said" => Word::Event { seq: after(&self.seq, rest), kind: Kind::Other },
            b"welcome" => Word::Welcome { seq: self.last_seq(rest), resumed: self.resumed.find(rest).is_some() },
            b"resync" => Word::Resync { seq: self.last_seq(rest) },
            _ => Word::Other,
        }
    }

    /// Socket.IO: a digit for the engine, one for the protocol, then `["name",{…}]`.
    fn engine<'a>(&self, text: &'a [u8]) -> Word<'a> {
        if let Some(rest) = text.strip_prefix(b"42[\"") {
            let kind = rest.split(|byte| *byte == b'"').next().unwrap_or_default();
            return self.typed(kind, rest);
        }
        match text {
            [b'4', b'0', ..] => Word::EngineReady,
            [b'0', ..] => Word::EngineOpen,
            [b'2', ..] => Word::EnginePing,
            _ => Word::Other,
        }
    }

    #[inline]
    fn amount(&self, text: &[u8]) -> u64 {
        if let Some(rest) = text.get(self.amount_at.get()..).and_then(|rest| rest.strip_prefix(AMOUNT)) {
            return number(rest);
        }
        let Some(at) = self.amount.find(text) else { return 0 };
        self.amount_at.set(at);
        number(&text[at + AMOUNT.len()..])
    }

    fn last_seq(&self, text: &[u8]) -> u64 {
        self.last_seq.rfind(text).map_or(0, |at| number(&text[at + 6..]))
    }

    fn refusal<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        let Some(at) = self.code.find(text) else { return b"" };
        text[at + 8..].split(|byte| *byte == b'"').next().unwrap_or_default()
    }
}

/// The number after what `finder` finds; 0 if it finds nothing.
#[inline]
fn after(finder: &Finder, text: &[u8]) -> u64 {
    finder.find(text).map_or(0, |at| number(&text[at + finder.needle().len()..]))
}

/// The whole number that `text` begins with; 0 if it begins with none.
#[inline]
fn number(text: &[u8]) -> u64 {
    text.iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |sum: u64, digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')))
}

/// Writes a bid over `out`. Its id is its amount: no room is offered the same amount twice.
pub fn write_bid(dialect: Dialect, amount: u64, out: &mut Vec<u8>) {
    out.clear();
    let (before, after) = match dialect {
        Dialect::Subasta | Dialect::Toy => ("", ""),
        Dialect::Socketio => ("42[\"bid\",", "]"),
    };
    // Writing to a vector does not fail.
    let _ = write!(out, "{before}{{\"type\":\"bid\",\"id\":\"{amount}\",\"amount\":{amount}}}{after}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word<'_> {
        Scanner::new(Dialect::Subasta).word(text.as_bytes())
    }

    #[test]
    fn words_are_found() {
        let bid = r#"{"type":"bid","seq":12,"at":1,"bidder":{"id":"b","name":"b"},"amount":1700,"automatic":false,"price":3}"#;
        assert_eq!(word(bid), Word::Bid { seq: 12, amount: 1_700 });
        assert_eq!(word(r#"{"type":"bid","at":1,"amount":5,"seq":2}"#), Word::Bid { seq: 2, amount: 5 });
        assert_eq!(word(r#"{"type":"closed","seq":9,"at":1}"#), Word::Event { seq: 9, kind: Kind::Closed });
        assert_eq!(word(r#"{"type":"welcome","auction":{"seq":3},"seq":7,"resumed":true}"#), Word::Welcome { seq: 7, resumed: true });
        assert_eq!(word(r#"{"type":"accepted","id":"5","seq":null,"at":1}"#), Word::Accepted { id: 5, seq: None });
        assert_eq!(word(r#"{"type":"accepted","id":"5","seq":8}"#), Word::Accepted { id: 5, seq: Some(8) });
        assert_eq!(word(r#"{"type":"refused","id":"5","code":"busy"}"#), Word::Refused { id: 5, code: b"busy" });
        assert_eq!(word(r#"{"type":"presence","watching":3}"#), Word::Other);
        assert_eq!(word("hello"), Word::Other);
    }

    #[test]
    fn socketio_is_the_same_in_another_wrapping() {
        let scanner = Scanner::new(Dialect::Socketio);
        assert_eq!(scanner.word(br#"42["bid",{"type":"bid","seq":1,"amount":2}]"#), Word::Bid { seq: 1, amount: 2 });
        assert_eq!(scanner.word(br#"42["refused",{"id":"9","code":"bid_too_low"}]"#), Word::Refused { id: 9, code: b"bid_too_low" });
        assert_eq!(scanner.word(br#"0{"sid":"x"}"#), Word::EngineOpen);
        assert_eq!(scanner.word(br#"40{"sid":"x"}"#), Word::EngineReady);
        assert_eq!(scanner.word(b"2"), Word::EnginePing);
        let mut out = Vec::new();
        write_bid(Dialect::Socketio, 7, &mut out);
        assert_eq!(out, br#"42["bid",{"type":"bid","id":"7","amount":7}]"#);
    }
}
