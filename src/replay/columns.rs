//! What the columns of recorded bids mean.

use super::sheet::{Sheet, quote};
use super::trouble::Trouble;
use crate::auction::{Millis, Money, Offer};

/// The end of the year 9999.
const LAST_MS: Millis = 253_402_300_799_999;
/// The most bytes of an auction's or a bidder's name.
const NAME_BYTES: usize = 200;
/// Every column there may be.
const KNOWN: [&str; 7] = ["auction", "start", "at_ms", "bidder", "max", "amount", "reserve"];

/// Where each column is.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// The auction's name, whatever it is.
    pub auction: usize,
    start: usize,
    at_ms: usize,
    bidder: usize,
    max: usize,
    amount: Option<usize>,
    reserve: Option<usize>,
}

/// A recorded bid.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// In which auction.
    pub auction: &'a [u8],
    /// The auction's lowest first bid.
    pub start: Money,
    /// When it was made.
    pub at: Millis,
    /// Who made it.
    pub bidder: &'a [u8],
    /// What was offered.
    pub offer: Offer,
    /// The auction's reserve, if it has one.
    pub reserve: Option<Money>,
}

impl Columns {
    /// Finds the columns by their names. One that is not known is refused: it may be a known one misspelt.
    pub fn of(sheet: &Sheet) -> Result<Columns, Trouble> {
        let columns = Columns {
            auction: sheet.column("auction")?,
            start: sheet.column("start")?,
            at_ms: sheet.column("at_ms")?,
            bidder: sheet.column("bidder")?,
            max: sheet.column("max")?,
            amount: sheet.find("amount"),
            reserve: sheet.find("reserve"),
        };
        match sheet.header().iter().find(|column| !KNOWN.contains(&column.as_str())) {
            None => Ok(columns),
            Some(other) => {
                let known = KNOWN.join(", ");
                Err(Trouble::Wrong(format!(
                    "{}:1: what is {}? The columns are {known}; leave others out",
                    sheet.name(),
                    quote(other.as_bytes())
                )))
            }
        }
    }

    /// The row at which `sheet` is.
    pub fn row<'a>(&self, sheet: &'a Sheet) -> Result<Row<'a>, Trouble> {
        let max = money(sheet, self.max, "max")?;
        let amount = self.amount.map(|column| money(sheet, column, "amount")).transpose()?.flatten();
        let offer = match (max, amount) {
            (Some(max), None) => Offer::UpTo(max),
            (None, Some(amount)) => Offer::Exact(amount),
            (None, None) => return Err(sheet.wrong("no bid: give max, or amount for an exact one")),
            (Some(_), Some(_)) => return Err(sheet.wrong("give max or amount, not both")),
        };
        let at = whole(sheet.field(self.at_ms)).filter(|at| *at <= LAST_MS);
        Ok(Row {
            auction: name(sheet, self.auction, "auction")?,
            start: money(sheet, self.start, "start")?.ok_or_else(|| sheet.wrong("start is empty; give the auction's lowest first bid"))?,
            at: at.ok_or_else(|| {
                let given = quote(sheet.field(self.at_ms));
                sheet.wrong(&format!("at_ms {given} is not a time; give whole milliseconds, 0 to {LAST_MS}"))
            })?,
            bidder: name(sheet, self.bidder, "bidder")?,
            offer,
            reserve: self.reserve.map(|column| money(sheet, column, "reserve")).transpose()?.flatten(),
        })
    }
}

/// A name in this column.
pub fn name<'a>(sheet: &'a Sheet, column: usize, what: &str) -> Result<&'a [u8], Trouble> {
    match sheet.field(column) {
        [] => Err(sheet.wrong(&format!("{what} is empty; name one"))),
        name if name.len() > NAME_BYTES => Err(sheet.wrong(&format!("{what} {} is longer than {NAME_BYTES} bytes", quote(name)))),
        name => Ok(name),
    }
}

/// An amount in this column; `None` where it is empty.
pub fn money(sheet: &Sheet, column: usize, what: &str) -> Result<Option<Money>, Trouble> {
    let field = sheet.field(column);
    if field.is_empty() {
        return Ok(None);
    }
    let money = whole(field).and_then(Money::new);
    money.map(Some).ok_or_else(|| {
        let most = Money::MAX.minor();
        sheet.wrong(&format!("{what} {} is not an amount; give whole minor units (cents), 1 to {most}", quote(field)))
    })
}

/// Digits alone, and few enough.
fn whole(field: &[u8]) -> Option<i64> {
    let digits = (1..=18).contains(&field.len()) && field.iter().all(u8::is_ascii_digit);
    digits.then(|| field.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}
