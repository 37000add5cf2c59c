//! Where an auction is, read from whatever address of it a person has at hand.

use std::fmt;

use axum::http::Uri;

use crate::auction::AuctionId;

/// One auction on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whether the way there is TLS.
    pub secure: bool,
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// TCP.
    pub port: u16,
    /// What a proxy has put in front of the server's own paths; empty, or begins with `/`.
    prefix: String,
    id: AuctionId,
    /// `name=…`, `token=…` as they stood in the address.
    query: Vec<String>,
}

/// Where a bare id is looked for.
const LOCAL: (&str, u16) = ("127.0.0.1", 8080);

const LIKE: &str = "give it like http://127.0.0.1:8080/a/demo, wss://example.org/ws/demo, or demo alone for this machine";

impl Address {
    /// Reads the address of a page (`/a/ID`), of the API (`/api/auctions/ID`), of a socket (`/ws/ID`), or a bare id. The error is a
    /// sentence that says what is wrong and how it should look.
    pub fn parse(text: &str) -> Result<Address, String> {
        if let Some(id) = AuctionId::parse(text) {
            let (host, port) = LOCAL;
            return Ok(Address { secure: false, host: host.to_owned(), port, prefix: String::new(), id, query: Vec::new() });
        }
        let wrong = |why: &str| format!("{why}; {LIKE}");
        // What stands behind # is the browser's own.
        let text = text.split('#').next().unwrap_or_default();
        let uri: Uri = text.parse().map_err(|_| wrong("this is not the address of an auction"))?;
        let secure = match uri.scheme_str() {
            Some("http" | "ws") => false,
            Some("https" | "wss") => true,
            _ => return Err(wrong("this is not an address of http, https, ws or wss")),
        };
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if host.is_empty() || uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(wrong("this address names no host, or a user, which means nothing here"));
        }
        let (prefix, id) = place(uri.path()).ok_or_else(|| wrong("this address leads to no auction"))?;
        let kept = |pair: &&str| pair.starts_with("name=") || pair.starts_with("token=");
        let query = uri.query().unwrap_or_default().split('&').filter(kept).map(str::to_owned).collect();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Address { secure, host, port, prefix, id, query })
    }

    /// Says who asks, in place of whatever the address said.
    pub fn sign(&mut self, name: Option<&str>, token: bool) {
        if name.is_some() || token {
            self.query.clear();
        }
        self.query.extend(name.map(|name| format!("name={}", percent(name))));
    }

    /// Whether it says who asks.
    pub fn is_signed(&self) -> bool {
        !self.query.is_empty()
    }

    /// `host:port`, as a `Host` header has it.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }

    /// The socket's address, resuming after `since`.
    pub fn socket(&self, since: Option<u64>) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        let since = since.map(|since| format!("since={since}"));
        let query = join(self.query.iter().cloned().chain(since));
        format!("{scheme}://{}{}/ws/{}{query}", self.authority(), self.prefix, self.id.as_str())
    }

    /// Path and query of the API's address; `rest` is empty, or begins with `/`.
    pub fn api(&self, rest: &str) -> String {
        let query = join(self.query.iter().cloned());
        format!("{}/api/auctions/{}{rest}{query}", self.prefix, self.id.as_str())
    }
}

/// For people: where, and never who.
impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(out, "{scheme}://{}{}/a/{}", self.authority(), self.prefix, self.id.as_str())
    }
}

/// What is in front of the server's path, and the id in it.
fn place(path: &str) -> Option<(String, AuctionId)> {
    let (before, id) = path.trim_end_matches('/').rsplit_once('/')?;
    let prefix = ["/api/auctions", "/ws", "/a"].into_iter().find_map(|kind| before.strip_suffix(kind))?;
    Some((prefix.to_owned(), AuctionId::parse(id)?))
}

fn join(pairs: impl Iterator<Item = String>) -> String {
    let pairs: Vec<_> = pairs.collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

fn percent(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn socket(text: &str) -> String {
        Address::parse(text).expect("an address").socket(None)
    }

    #[test]
    fn every_address_of_an_auction_leads_to_its_socket() {
        assert_eq!(socket("demo"), "ws://127.0.0.1:8080/ws/demo");
        assert_eq!(socket("http://127.0.0.1:8080/a/demo"), "ws://127.0.0.1:8080/ws/demo");
        assert_eq!(socket("https://example.org/a/demo/#chat"), "wss://example.org/ws/demo");
        assert_eq!(socket("https://example.org:8443/api/auctions/demo"), "wss://example.org:8443/ws/demo");
        assert_eq!(socket("ws://[::1]:9000/ws/demo-2"), "ws://[::1]:9000/ws/demo-2");
        assert_eq!(socket("wss://example.org/sales/ws/demo"), "wss://example.org/sales/ws/demo");
    }

    #[test]
    fn who_asks_is_taken_from_the_address_unless_it_is_said() {
        let mut address = Address::parse("ws://h/ws/demo?name=Ana&since=4&events=none").expect("an address");
        assert_eq!(address.socket(Some(7)), "ws://h/ws/demo?name=Ana&since=7");
        assert_eq!(address.api("/commands"), "/api/auctions/demo/commands?name=Ana");
        address.sign(Some("Zoë & Co"), false);
        assert_eq!(address.socket(None), "ws://h/ws/demo?name=Zo%C3%AB%20%26%20Co");
        address.sign(None, true);
        assert_eq!(address.socket(None), "ws://h/ws/demo");
        assert_eq!(address.to_string(), "http://h/a/demo");
    }

    #[test]
    fn what_is_no_address_of_an_auction_is_refused_with_an_example() {
        for wrong in
            ["", "Demo", "localhost:8080/a/demo", "ftp://h/a/demo", "http://h/", "http://h/demo", "http://h/a/De mo", "http://u@h/a/demo"]
        {
            let error = Address::parse(wrong).expect_err(wrong);
            assert!(error.contains("http://127.0.0.1:8080/a/demo"), "{wrong}: {error}");
        }
    }
}
