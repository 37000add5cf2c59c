//! What may run in a page: only what we serve, and of what stands in the page itself only what was put there by us, known by its hash.

use sha2::{Digest, Sha256};

/// Nobody may frame a page. Pictures of lots may come from anywhere.
const REST: &str = "img-src 'self' https: http: data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
                    form-action 'self'; frame-ancestors 'none'";

/// The hashes of what stands in one page.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Of style sheets.
    pub styles: Vec<String>,
    /// Of scripts.
    pub scripts: Vec<String>,
}

impl Policy {
    /// `Content-Security-Policy`.
    pub fn header(&self) -> String {
        let also = |hashes: &[String]| hashes.iter().map(|hash| format!(" 'sha256-{hash}'")).collect::<String>();
        format!("default-src 'none'; script-src 'self'{}; style-src 'self'{}; {REST}", also(&self.scripts), also(&self.styles))
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// SHA-256 as a policy writes it.
pub fn base64_hash(text: &str) -> String {
    let hash = Sha256::digest(text);
    let mut written = String::with_capacity(44);
    for part in hash.chunks(3) {
        let bits = part.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        for at in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * at) & 63) as usize).copied().unwrap_or(b'=');
            written.push(if at <= part.len() { char::from(digit) } else { '=' });
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::base64_hash;

    #[test]
    fn a_hash_is_written_as_browsers_write_it() {
        assert_eq!(base64_hash(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(base64_hash("abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }
}
