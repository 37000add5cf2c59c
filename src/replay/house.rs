//! The auctions that are open: each from its first row to its last.

use std::collections::HashMap;
use std::sync::Arc;

use slab::Slab;

use super::columns::Row;
use super::counts::Counts;
use super::lot::Lot;
use super::options::Reserves;
use super::results::Ended;
use crate::auction::{Person, Terms};

/// Where an auction's rows go.
#[derive(Debug)]
struct Place {
    name: Arc<[u8]>,
    lot: Lot,
    /// The how-manieth auction of the file it is, from 0.
    turn: u64,
    /// Rows to come; `None` where nobody knows.
    left: Option<u64>,
}

/// The open auctions.
#[derive(Debug)]
pub struct House {
    terms: Terms,
    seller: Person,
    reserves: Reserves,
    counts: Option<Counts>,
    open: HashMap<Arc<[u8]>, usize>,
    places: Slab<Place>,
    /// Of the row before: rows come in runs.
    here: usize,
    turns: u64,
    rows: u64,
}

impl House {
    /// Nobody's yet. `counts`: how many rows each auction has, where that is known.
    pub fn new(terms: Terms, reserves: Reserves, counts: Option<Counts>) -> House {
        House {
            terms,
            // No bidder is without a name.
            seller: Person::new("", ""),
            reserves,
            counts,
            open: HashMap::new(),
            places: Slab::new(),
            here: 0,
            turns: 0,
            rows: 0,
        }
    }

    /// The auction of this row, opened by its first. The error is a sentence.
    pub fn enter(&mut self, row: &Row<'_>) -> Result<&mut Lot, String> {
        self.rows += 1;
        let same = self.places.get(self.here).is_some_and(|place| *place.name == *row.auction);
        if !same {
            self.here = match self.open.get(row.auction) {
                Some(place) => *place,
                None => self.open(row)?,
            };
        }
        Ok(&mut self.places[self.here].lot)
    }

    fn open(&mut self, row: &Row<'_>) -> Result<usize, String> {
        if str::from_utf8(row.auction).is_err() {
            return Err("auction is not UTF-8; write the file in it".to_owned());
        }
        let lot = Lot::open(&self.terms, &self.seller, row, self.reserves.get(row.auction).copied())?;
        let left = self.counts.as_mut().and_then(|counts| counts.take(row.auction));
        let name: Arc<[u8]> = row.auction.into();
        let place = self.places.insert(Place { name: name.clone(), lot, turn: self.turns, left });
        self.turns += 1;
        self.open.insert(name, place);
        Ok(place)
    }

    /// The row that entered last is done with. Where it was its auction's last, the auction is, too.
    pub fn leave(&mut self) -> Option<Ended> {
        let left = self.places[self.here].left.as_mut()?;
        *left = left.saturating_sub(1);
        if *left > 0 {
            return None;
        }
        let place = self.places.remove(self.here);
        self.open.remove(&place.name);
        Some(ended(place))
    }

    /// Whether as many rows came as were counted.
    pub fn has_seen_all(&self) -> bool {
        self.counts.as_ref().is_none_or(|counts| counts.total() == self.rows)
    }

    /// The auctions that are still open when no row comes any more, in the order of their first rows.
    pub fn close(&mut self) -> Vec<Ended> {
        self.open.clear();
        let mut places: Vec<_> = self.places.drain().collect();
        places.sort_unstable_by_key(|place| place.turn);
        places.into_iter().map(ended).collect()
    }
}

fn ended(place: Place) -> Ended {
    let auction = place.lot.auction();
    let (accepted, refused) = place.lot.tally();
    let figures = auction.figures(auction.at());
    Ended { turn: place.turn, auction: place.name, price: figures.price, leader: figures.leader.map(|leader| leader.id), accepted, refused }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::auction::{Money, Offer};
    use crate::replay::options;

    fn row(auction: &'static [u8], at: i64) -> Row<'static> {
        let money = Money::new(100).expect("an amount");
        Row { auction, start: money, at, bidder: b"ana", offer: Offer::UpTo(money), reserve: None }
    }

    /// The most auctions that are open at once, and the order in which they ended.
    fn held(rows: &[&'static [u8]], counted: bool) -> (usize, Vec<u64>) {
        let mut counts = Counts::default();
        rows.iter().for_each(|auction| counts.row(auction));
        let terms = options::terms(Path::new("ebay")).expect("the table there always is");
        let mut house = House::new(terms, Reserves::new(), counted.then_some(counts));
        let (mut most, mut turns) = (0, Vec::new());
        for (auction, at) in rows.iter().zip(0..) {
            let row = row(auction, at);
            house.enter(&row).and_then(|lot| lot.judge(&row)).expect("a good row").ok();
            most = most.max(house.open.len());
            turns.extend(house.leave().map(|ended| ended.turn));
            assert_eq!(house.open.len(), house.places.len());
        }
        assert!(house.has_seen_all());
        turns.extend(house.close().iter().map(|ended| ended.turn));
        (most, turns)
    }

    #[test]
    fn an_auction_is_let_go_with_its_last_row() {
        // One after the other, interleaved, one around all others.
        assert_eq!(held(&[b"a", b"a", b"b", b"c", b"c"], true), (1, vec![0, 1, 2]));
        assert_eq!(held(&[b"a", b"b", b"a", b"b", b"c", b"d"], true), (2, vec![0, 1, 2, 3]));
        assert_eq!(held(&[b"a", b"b", b"c", b"d", b"a"], true), (2, vec![1, 2, 3, 0]));
        // Nobody knows which row is the last.
        assert_eq!(held(&[b"a", b"b", b"a", b"c"], false), (3, vec![0, 1, 2]));
    }
}
