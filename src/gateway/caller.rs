//! Where a request comes from, also where a proxy stands in between.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Whose word on where a request comes from is believed.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

/// Who sends a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The client's address, as far as it is known.
    pub address: IpAddr,
    /// Whether all the way here was encrypted, as far as it is known.
    pub secure: bool,
}

impl Proxies {
    pub fn new(trusted: Vec<IpNet>) -> Proxies {
        Proxies(trusted)
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

impl Caller {
    /// The caller of a request that came from `peer`. Each proxy adds whom it heard to the end of `X-Forwarded-For`: read from there, the first
    /// who is no proxy of ours is the client, and whatever stands before is hearsay.
    pub fn of(proxies: &Proxies, peer: IpAddr, secure: bool, headers: &HeaderMap) -> Caller {
        let peer = peer.to_canonical();
        if !proxies.trust(peer) {
            return Caller { address: peer, secure };
        }
        let values: Vec<_> = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
        let hops = values.iter().rev().flat_map(|value| value.rsplit(',')).map_while(|hop| hop.trim().parse::<IpAddr>().ok());
        let mut address = peer;
        for hop in hops {
            address = hop.to_canonical();
            if !proxies.trust(address) {
                break;
            }
        }
        let proto = headers.get(FORWARDED_PROTO).and_then(|value| value.to_str().ok());
        Caller { address, secure: secure || proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(forwarded: &[&'static str], peer: &str) -> String {
        let proxies = Proxies::new(vec!["127.0.0.1/32".parse().expect("a net"), "10.0.0.0/8".parse().expect("a net")]);
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().expect("a value"));
        }
        Caller::of(&proxies, peer.parse().expect("an address"), false, &headers).address.to_string()
    }

    #[test]
    fn who_is_no_proxy_is_taken_at_its_own_address() {
        assert_eq!(address(&["1.2.3.4"], "203.0.113.9"), "203.0.113.9");
        assert_eq!(address(&[], "::ffff:127.0.0.1"), "127.0.0.1");
    }

    #[test]
    fn behind_proxies_the_last_who_is_none_is_the_client() {
        assert_eq!(address(&["198.51.100.7"], "127.0.0.1"), "198.51.100.7");
        assert_eq!(
            address(&["6.6.6.6, 198.51.100.7, 10.1.2.3"], "127.0.0.1"),
            "198.51.100.7",
            "what the client wrote itself is not believed"
        );
        assert_eq!(address(&["6.6.6.6", "198.51.100.7"], "127.0.0.1"), "198.51.100.7");
        assert_eq!(address(&["10.9.9.9"], "127.0.0.1"), "10.9.9.9", "proxies all the way: the furthest");
        assert_eq!(address(&["198.51.100.7, nonsense"], "127.0.0.1"), "127.0.0.1");
        assert_eq!(address(&["2001:db8::1"], "::ffff:10.0.0.1"), "2001:db8::1");
    }
}
