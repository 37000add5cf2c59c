//! The rules of an English auction, naive: written from `rules.md` §3–§6 alone. It keeps nothing but the list of accepted bids, and works everything
//! out from its beginning again.

#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::missing_panics_doc)]

use serde_json::{Value, json};
use subasta::auction::{Act, Millis, Money, Offer, Person, Reserve};

pub fn person(who: usize) -> Person {
    let name = if who == SOL { "Sol".to_owned() } else { format!("B{who}") };
    Person::new(&name, &name)
}

/// Whose auctions these are.
pub const SOL: usize = 99;

/// An accepted bid.
#[derive(Clone, Debug, PartialEq)]
pub struct Bid {
    pub who: usize,
    pub max: i64,
    pub floor: i64,
    pub at: Millis,
    /// `None`: nobody but its bidder learned of it.
    pub seq: Option<u64>,
    /// With which bid it goes: itself, or where nobody learned of it the one it raised.
    pub with: u64,
}

#[derive(Clone, Debug)]
pub enum Steps {
    Ebay,
    Table(Vec<(i64, i64)>),
    Percent(i64, i64),
}

impl Steps {
    /// By how much one must better a price.
    pub fn at(&self, price: i64) -> i64 {
        let band = |bands: &[(i64, i64)]| bands.iter().filter(|(from, _)| *from <= price).map(|(_, step)| *step).next_back();
        match self {
            Steps::Ebay => match price {
                ..=99 => 5,
                100..=499 => 25,
                500..=2_499 => 50,
                2_500..=9_999 => 100,
                10_000..=24_999 => 250,
                25_000..=49_999 => 500,
                50_000..=99_999 => 1_000,
                100_000..=249_999 => 2_500,
                250_000..=499_999 => 5_000,
                500_000.. => 10_000,
            },
            Steps::Table(bands) => band(bands).unwrap(),
            Steps::Percent(percent, at_least) => (price * percent / 100).max(*at_least),
        }
    }

    pub fn json(&self) -> Value {
        match self {
            Steps::Ebay => json!("ebay"),
            Steps::Table(bands) => bands.iter().map(|(from, step)| json!({"from": from, "step": step})).collect(),
            Steps::Percent(percent, at_least) => json!({"percent": percent, "at_least": at_least}),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Soft {
    pub window: i64,
    pub extend: i64,
    pub add: bool,
    pub latest: Option<Millis>,
}

/// The terms of an English auction.
#[derive(Clone, Debug)]
pub struct English {
    pub start: i64,
    pub reserve: Option<i64>,
    pub buy_now: Option<i64>,
    pub steps: Steps,
    pub automatic: bool,
    pub soft: Option<Soft>,
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    pub leader: usize,
    pub max: i64,
    pub price: i64,
}

impl English {
    pub fn json(&self) -> Value {
        let soft = self.soft.as_ref().map_or(json!(false), |soft| {
            let mode = if soft.add { "add" } else { "reset" };
            json!({"window_ms": soft.window, "extend_ms": soft.extend, "mode": mode, "latest": soft.latest})
        });
        json!({
            "start": self.start, "reserve": self.reserve, "buy_now": self.buy_now, "increments": self.steps.json(),
            "automatic_bids": self.automatic, "soft_close": soft,
        })
    }

    /// §3, from the first bid on.
    pub fn standing(&self, bids: &[Bid]) -> Option<Standing> {
        let mut standing = None;
        for count in 1..=bids.len() {
            standing = Some(self.next(standing, &bids[..count]));
        }
        standing
    }

    pub fn next(&self, before: Option<Standing>, bids: &[Bid]) -> Standing {
        let max = bids.iter().map(|bid| bid.max).max().unwrap();
        let leader = bids.iter().find(|bid| bid.max == max).unwrap().who;
        let second = bids.iter().filter(|bid| bid.who != leader).map(|bid| bid.max).max();
        let floor = bids.iter().filter(|bid| bid.who == leader).map(|bid| bid.floor).max().unwrap();
        let plain = second.map_or(self.start, |second| max.min(second + self.steps.at(second)));
        let mut price = plain.max(self.start).max(floor).max(before.map_or(0, |before| before.price));
        if let Some(reserve) = self.reserve.filter(|reserve| max >= *reserve) {
            price = price.max(reserve);
        }
        Standing { leader, max, price }
    }

    pub fn minimum(&self, standing: Option<Standing>) -> i64 {
        standing.map_or(self.start, |standing| standing.price + self.steps.at(standing.price))
    }

    pub fn reserve_state(&self, standing: Option<Standing>) -> Reserve {
        match (self.reserve, standing) {
            (None, _) => Reserve::None,
            (Some(reserve), Some(standing)) if standing.max >= reserve => Reserve::Met,
            _ => Reserve::Unmet,
        }
    }

    /// Whether it can be had at once, and for what.
    pub fn at_once(&self, standing: Option<Standing>) -> Option<i64> {
        let there = standing.is_none() || self.reserve_state(standing) == Reserve::Unmet;
        self.buy_now.filter(|_| there)
    }

    pub fn judge(&self, bids: &[Bid], who: usize, ask: Ask) -> Result<(i64, i64), &'static str> {
        let (max, floor) = match ask {
            Ask::Exact(amount) => (amount, amount),
            Ask::UpTo(max) if self.automatic => (max, 0),
            Ask::UpTo(_) => return Err("not_for_format"),
            // To buy at once or not at all.
            Ask::AsAsked => return Err(if self.buy_now.is_some() { "not_now" } else { "malformed" }),
        };
        let standing = self.standing(bids);
        match standing {
            Some(standing) if standing.leader == who && max <= standing.max => Err("already_leading"),
            Some(standing) if standing.leader == who => Ok((max, floor)),
            _ if max < self.minimum(standing) => Err("bid_too_low"),
            _ => Ok((max, floor)),
        }
    }

    /// All bids in their order as if these had never been made; what is then refused counts no more.
    pub fn without(&self, all: &[Bid], out: &[u64]) -> Vec<Bid> {
        let mut kept: Vec<Bid> = Vec::new();
        for bid in all {
            let ask = if bid.floor == bid.max { Ask::Exact(bid.max) } else { Ask::UpTo(bid.max) };
            if !out.contains(&bid.with) && self.judge(&kept, bid.who, ask).is_ok() {
                kept.push(bid.clone());
            }
        }
        kept
    }

    /// §4: the end after a challenger's bid.
    pub fn extended(&self, end: Millis, at: Millis) -> Millis {
        let Some(soft) = self.soft.as_ref().filter(|soft| end - at <= soft.window) else { return end };
        let wanted = if soft.add { end + soft.extend } else { end.max(at + soft.extend) };
        soft.latest.map_or(wanted, |latest| wanted.min(latest)).max(end)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ask {
    Exact(i64),
    UpTo(i64),
    AsAsked,
}

impl Ask {
    pub fn act(self) -> Act {
        let money = |minor| Money::new(minor).unwrap();
        Act::Bid(match self {
            Ask::Exact(amount) => Offer::Exact(money(amount)),
            Ask::UpTo(max) => Offer::UpTo(money(max)),
            Ask::AsAsked => Offer::AsAsked,
        })
    }
}
