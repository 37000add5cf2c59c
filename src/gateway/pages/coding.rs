//! Content codings: which one an answer goes out in, and compressing what is made for one answer.

use std::io::{self, Write};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use brotli::CompressorWriter;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Levels that cost well under a millisecond for a page; a better one saves some hundred bytes, and takes a multiple of the time.
const GZIP: Compression = Compression::new(1);
const BROTLI: u32 = 5;
const BROTLI_WINDOW: u32 = 18;
const BUFFER: usize = 16 * 1024;
/// What is smaller goes out in one packet anyway.
pub const WORTH_IT: usize = 1_000;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Coding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Coding {
    /// The name in `Content-Encoding`, where one is said.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Coding::Identity => None,
            Coding::Gzip => Some("gzip"),
            Coding::Brotli => Some("br"),
        }
    }

    /// The one of these that a request likes best (RFC 9110 §12.5.3), the later of two that it likes alike. As it is where it likes none of
    /// them, or has not said.
    pub fn preferred(headers: &HeaderMap, among: &[Coding]) -> Coding {
        let said: Vec<&str> = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
        if said.is_empty() {
            return Coding::Identity;
        }
        let said = said.join(",");
        let liked = among.iter().map(|&coding| (weight(&said, coding), coding)).filter(|(weight, _)| *weight > 0);
        liked.max_by_key(|(weight, _)| *weight).map_or(Coding::Identity, |(_, coding)| coding)
    }

    /// Compresses at a level that costs less than it saves.
    pub fn encode(self, body: Vec<u8>) -> Bytes {
        let encoded = match self {
            Coding::Identity => return body.into(),
            Coding::Gzip => gzip(&body),
            Coding::Brotli => brotli(&body),
        };
        encoded.expect("memory takes what is written to it").into()
    }
}

/// In thousandths. Without a word of its own `identity` is a little worse than what is named, and fine.
fn weight(said: &str, coding: Coding) -> u32 {
    let name = coding.name().unwrap_or("identity");
    let mut others = None;
    for item in said.split(',') {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let q = thousandths(q.unwrap_or("1"));
        if range.eq_ignore_ascii_case(name) || coding == Coding::Gzip && range.eq_ignore_ascii_case("x-gzip") {
            return q;
        }
        if range == "*" {
            others = Some(q);
        }
    }
    others.unwrap_or(u32::from(coding == Coding::Identity))
}

/// 0 where it is no weight.
fn thousandths(q: &str) -> u32 {
    let Some((whole, part)) = q.split_once('.').or(Some((q, ""))).filter(|(_, part)| part.len() <= 3) else { return 0 };
    let parsed = format!("{whole}{part:0<3}").parse().unwrap_or(0);
    if parsed <= 1_000 { parsed } else { 0 }
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), GZIP);
    encoder.write_all(body)?;
    encoder.finish()
}

fn brotli(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = CompressorWriter::new(Vec::with_capacity(body.len() / 3), BUFFER, BROTLI, BROTLI_WINDOW);
    encoder.write_all(body)?;
    encoder.flush()?;
    Ok(encoder.into_inner())
}

#[cfg(test)]
mod tests {
    use super::Coding::{self, Brotli, Gzip, Identity};
    use axum::http::HeaderMap;
    use axum::http::header::ACCEPT_ENCODING;

    fn preferred(said: &'static str) -> Coding {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, said.parse().expect("a header"))]);
        Coding::preferred(&headers, &[Identity, Gzip, Brotli])
    }

    #[test]
    fn what_is_liked_best_is_sent() {
        assert_eq!(Coding::preferred(&HeaderMap::new(), &[Identity, Gzip, Brotli]), Identity);
        for (said, wanted) in [
            ("gzip, deflate, br, zstd", Brotli),
            ("gzip", Gzip),
            ("x-gzip", Gzip),
            ("br;q=0.5, GZIP", Gzip),
            ("br;q=0.50,gzip;q=0.5", Brotli),
            ("br;q=0, *", Gzip),
            ("*;q=0", Identity),
            ("", Identity),
            ("zstd", Identity),
            ("identity", Identity),
            ("identity, gzip;q=0.5", Identity),
            ("gzip;q=0.001", Gzip),
            ("br; q=7", Identity),
            ("br;q=0.0001, gzip;q=x", Identity),
        ] {
            assert_eq!(preferred(said), wanted, "{said}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_chosen() {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, "br".parse().expect("a header"))]);
        assert_eq!(Coding::preferred(&headers, &[Identity]), Identity);
    }
}
