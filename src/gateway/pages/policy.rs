//! What may run in a page: only what we serve, and of what stands in the page itself only what was put there by us, known by its hash.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Nobody may frame a page. Pictures of lots may come from anywhere.
const REST: &str = "img-src 'self' https: http: data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
                    form-action 'self'; frame-ancestors 'none'";

/// Of a file that somebody opens by itself: nothing may run in a picture.
pub const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

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
        let also = |hashes: &[String]| hashes.iter().flat_map(|hash| [" 'sha256-", hash, "'"]).collect::<String>();
        format!("default-src 'none'; script-src 'self'{}; style-src 'self'{}; {REST}", also(&self.scripts), also(&self.styles))
    }
}

/// SHA-256 as a policy writes it.
pub fn hash_of(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}
