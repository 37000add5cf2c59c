//! Names of things: an auction's slug, a client's request id.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// An auction's slug: `[a-z0-9][a-z0-9-]{0,62}`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AuctionId(Arc<str>);

impl AuctionId {
    /// The most characters an id has.
    pub const MAX_LEN: usize = 63;

    /// The id, where `text` is one.
    pub fn parse(text: &str) -> Option<AuctionId> {
        let slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let good = (1..=Self::MAX_LEN).contains(&text.len()) && text.bytes().all(slug) && !text.starts_with('-');
        good.then(|| AuctionId(text.into()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AuctionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Borrow<str> for AuctionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What a client calls one of its commands: 1–64 characters. With the person it names the command for the life of the auction.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The most characters a request id has.
    pub const MAX_CHARS: usize = 64;

    /// The request id, where `text` is one.
    pub fn parse(text: &str) -> Option<RequestId> {
        let good = !text.is_empty() && text.chars().count() <= Self::MAX_CHARS;
        good.then(|| RequestId(text.into()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
