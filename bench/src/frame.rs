//! WebSocket frames as a client sees them: masked out, unmasked in (RFC 6455 §5.2).

pub const TEXT: u8 = 1;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// What stands at the beginning of some bytes.
pub enum Read<'a> {
    /// A whole frame, `used` bytes long with its header.
    Frame { opcode: u8, payload: &'a [u8], used: usize },
    /// The beginning of one.
    Cut,
    /// Nothing a server may send.
    Broken(&'static str),
}

/// Reads the first frame of `bytes`. `most` is the longest frame there is room for.
#[inline]
pub fn read(bytes: &[u8], most: usize) -> Read<'_> {
    let &[first, second, ref rest @ ..] = bytes else { return Read::Cut };
    if first & 0xf0 != FINAL {
        return Read::Broken("a frame that is fragmented or compressed");
    }
    let (header, length) = match second {
        0..126 => (2, usize::from(second)),
        126 => match *rest {
            [a, b, ..] => (4, usize::from(u16::from_be_bytes([a, b]))),
            _ => return Read::Cut,
        },
        127 => match rest.first_chunk() {
            Some(long) => (10, usize::try_from(u64::from_be_bytes(*long)).unwrap_or(usize::MAX)),
            None => return Read::Cut,
        },
        _ => return Read::Broken("a masked frame"),
    };
    if length > most - header {
        return Read::Broken("a frame longer than the reading buffer");
    }
    match bytes.get(header..header + length) {
        Some(payload) => Read::Frame { opcode: first & 0x0f, payload, used: header + length },
        None => Read::Cut,
    }
}

/// Appends a masked frame.
pub fn put(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(FINAL + opcode);
    match u16::try_from(payload.len()) {
        Ok(short @ 0..126) => out.push(MASKED + short.to_be_bytes()[1]),
        Ok(length) => {
            out.push(MASKED + 126);
            out.extend(length.to_be_bytes());
        }
        Err(_) => {
            out.push(MASKED + 127);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    let mask = fastrand::u32(..).to_be_bytes();
    out.extend(mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_can_be_read_once_unmasked() {
        for length in [0, 1, 125, 126, 300, 65_535, 65_536] {
            let payload = vec![7; length];
            let mut out = Vec::new();
            put(&mut out, TEXT, &payload);
            let header = out.len() - length - 4;
            out[1] &= 0x7f;
            let mask: Vec<u8> = out.drain(header..header + 4).collect();
            out[header..].iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
            match read(&out, 100_000) {
                Read::Frame { opcode: TEXT, payload: found, used } => assert!(found == payload && used == out.len()),
                _ => panic!("{length}"),
            }
            assert!(matches!(read(&out[..out.len() - 1], 100_000), Read::Cut));
        }
    }

    #[test]
    fn what_no_server_may_send_is_broken() {
        assert!(matches!(read(&[0x01, 0], 100), Read::Broken(_)));
        assert!(matches!(read(&[0xc1, 0], 100), Read::Broken(_)));
        assert!(matches!(read(&[0x81, 0x80, 0, 0, 0, 0], 100), Read::Broken(_)));
        assert!(matches!(read(&[0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 100), Read::Broken(_)));
    }
}
