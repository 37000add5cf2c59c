//! By how much a challenger must better the price (`rules.md` §3).

use super::Money;

/// A rule for the step at a price.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Increments {
    /// eBay's table. Its edges are hundredths of the major unit, whatever the currency's decimals.
    Ebay,
    /// Bands by price, rising, the first from 0. The lower edge belongs to its band.
    Table(Vec<Band>),
    /// A share of the price, but never less than `at_least`.
    Percent {
        /// Whole percent of the price, 1–100.
        percent: u32,
        /// The least step, one minor unit or more.
        at_least: Money,
    },
}

/// From this price on, this step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Band {
    /// The lower edge, which belongs to the band.
    pub from: Money,
    /// One minor unit or more.
    pub step: Money,
}

/// (from, step) in cents.
const EBAY: [(i64, i64); 10] = [
    (1, 5),
    (1_00, 25),
    (5_00, 50),
    (25_00, 1_00),
    (100_00, 2_50),
    (250_00, 5_00),
    (500_00, 10_00),
    (1_000_00, 25_00),
    (2_500_00, 50_00),
    (5_000_00, 100_00),
];

impl Increments {
    /// The most bands a table has.
    pub const MAX_BANDS: usize = 100;

    /// The step at `price`: always one minor unit or more.
    pub fn step(&self, price: Money) -> Money {
        let one = Money::new(1).expect("one minor unit is an amount");
        let step = match self {
            Increments::Ebay => {
                let band = EBAY.iter().rev().find(|(from, _)| *from <= price.minor()).unwrap_or(&EBAY[0]);
                Money::new(band.1).unwrap_or(one)
            }
            Increments::Table(bands) => {
                let above = bands.partition_point(|band| band.from <= price);
                above.checked_sub(1).and_then(|index| bands.get(index)).map_or(one, |band| band.step)
            }
            Increments::Percent { percent, at_least } => price.percent(*percent).max(*at_least),
        };
        step.max(one)
    }

    /// What is wrong with the rule, if anything is.
    pub fn fault(&self) -> Option<&'static str> {
        match self {
            Increments::Ebay => None,
            Increments::Table(bands) => table_fault(bands),
            Increments::Percent { percent, at_least } => {
                if !(1..=100).contains(percent) {
                    Some("percent must be from 1 to 100")
                } else if *at_least <= Money::ZERO {
                    Some("at_least must be 1 or more")
                } else {
                    None
                }
            }
        }
    }
}

fn table_fault(bands: &[Band]) -> Option<&'static str> {
    if bands.first().is_none_or(|band| band.from != Money::ZERO) {
        Some("the first band must be from 0")
    } else if bands.len() > Increments::MAX_BANDS {
        Some("a table has at most 100 bands")
    } else if !bands.is_sorted_by(|low, high| low.from < high.from) {
        Some("bands must rise")
    } else if bands.iter().any(|band| band.step <= Money::ZERO) {
        Some("a step must be 1 or more")
    } else {
        None
    }
}
