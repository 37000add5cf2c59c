//! WebSocket frames as the server sends them: final, unmasked, header and payload in one run of shared bytes (RFC 6455 §5.2).

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::value::RawValue;

/// A JSON message, encoded once: the bytes are shared by all who get it.
#[derive(Clone, Debug)]
pub struct Frame {
    bytes: Bytes,
    header: usize,
}

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;

impl Frame {
    /// Frames a JSON text.
    pub fn text(json: &[u8]) -> Frame {
        let mut bytes = BytesMut::with_capacity(json.len() + 10);
        put_header(&mut bytes, TEXT, json.len());
        let header = bytes.len();
        bytes.put_slice(json);
        Frame { bytes: bytes.freeze(), header }
    }

    /// As it goes over a WebSocket: header and payload.
    pub fn websocket(&self) -> &Bytes {
        &self.bytes
    }

    /// The JSON alone, as it goes over anything else.
    pub fn json(&self) -> &[u8] {
        self.bytes.get(self.header..).unwrap_or_default()
    }

    /// The JSON, to be set into a message that carries it.
    pub fn raw(&self) -> &RawValue {
        serde_json::from_slice(self.json()).expect("what is in a frame was encoded as JSON")
    }
}

/// A binary message, framed.
pub(super) fn binary(payload: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(payload.len() + 10);
    put_header(&mut bytes, BINARY, payload.len());
    bytes.put_slice(payload);
    bytes.freeze()
}

/// Header of a final, unmasked frame with the shortest length that fits (RFC 6455 §5.2).
fn put_header(out: &mut BytesMut, first: u8, length: usize) {
    out.put_u8(first);
    match length {
        0..126 => out.put_u8(u8::try_from(length).unwrap_or(125)),
        126..65_536 => {
            out.put_u8(126);
            out.put_u16(u16::try_from(length).unwrap_or(u16::MAX));
        }
        _ => {
            out.put_u8(127);
            out.put_u64(length as u64);
        }
    }
}

/// Why a socket is closed (`docs/protocol.md`, "Heartbeat and closing").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum CloseCode {
    /// The auction has ended.
    Ended = 1000,
    /// The server stops.
    GoingAway = 1001,
    /// Not a WebSocket conversation.
    Protocol = 1002,
    /// Text that is not UTF-8.
    BadText = 1007,
    /// A message over the limit.
    TooLarge = 1009,
    /// Our fault.
    Internal = 1011,
    /// The server makes room for the next one.
    Restart = 1012,
    /// Too much at once.
    Overloaded = 1013,
    /// The token does not hold.
    SignIn = 4401,
    /// A page of another origin.
    Forbidden = 4403,
    /// No such auction.
    UnknownAuction = 4404,
    /// Nothing was heard for too long.
    HeartbeatMissed = 4408,
    /// Did not read what was sent.
    TooSlow = 4409,
}

impl CloseCode {
    const fn reason(self) -> &'static str {
        match self {
            CloseCode::Ended => "the auction has ended",
            CloseCode::GoingAway => "the server stops",
            CloseCode::Protocol => "protocol error",
            CloseCode::BadText => "text must be UTF-8",
            CloseCode::TooLarge => "a message has at most 16 KiB",
            CloseCode::Restart => "the server restarts",
            CloseCode::Internal => "internal error, try again",
            CloseCode::Overloaded => "overloaded, try again",
            CloseCode::SignIn => "this token or name does not hold: sign in again",
            CloseCode::Forbidden => "not from this page",
            CloseCode::UnknownAuction => "no such auction",
            CloseCode::HeartbeatMissed => "heartbeat missed",
            CloseCode::TooSlow => "too slow to read",
        }
    }
}

/// A close frame with its code and reason.
pub fn close_frame(code: CloseCode) -> Bytes {
    let reason = code.reason().as_bytes();
    let mut bytes = BytesMut::with_capacity(reason.len() + 4);
    put_header(&mut bytes, CLOSE, reason.len() + 2);
    bytes.put_u16(code as u16);
    bytes.put_slice(reason);
    bytes.freeze()
}

/// An empty ping: any frame that comes back counts as life.
pub fn ping_frame() -> Bytes {
    Bytes::from_static(&[PING, 0])
}
