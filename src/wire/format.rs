//! How messages are written down for the carriers: the same message each time, in other clothes.

use bytes::{BufMut, Bytes, BytesMut};

use super::Frame;
use super::frame::binary;
use super::msgpack;

/// What a carrier's bytes look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// WebSocket text frames.
    Json,
    /// WebSocket binary frames of MessagePack.
    MessagePack,
    /// Blocks of an event stream (HTML §9.2.6): `id:` where the message is an event, `data:`, an empty line.
    EventStream,
    /// A line each.
    Ndjson,
}

impl Format {
    /// How many there are: [`index`](Format::index) is less.
    pub const COUNT: usize = 4;

    /// A number of its own.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// A message in this format; `seq` where it is an event.
    pub fn bytes(self, seq: Option<u64>, frame: &Frame) -> Bytes {
        match self {
            Format::Json => frame.websocket().clone(),
            Format::MessagePack => binary(&msgpack::from_json(frame.json())),
            Format::EventStream => {
                let mut out = BytesMut::with_capacity(frame.json().len() + 36);
                if let Some(seq) = seq {
                    out.put_slice(format!("id: {seq}\n").as_bytes());
                }
                out.put_slice(b"data: ");
                out.put_slice(frame.json());
                out.put_slice(b"\n\n");
                out.freeze()
            }
            Format::Ndjson => {
                let mut out = BytesMut::with_capacity(frame.json().len() + 1);
                out.put_slice(frame.json());
                out.put_u8(b'\n');
                out.freeze()
            }
        }
    }
}
