//! Money in whole minor units. No floating point comes near it.

use std::fmt;

/// An amount in minor units of the auction's currency: 0 to [`Money::MAX`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Money(i64);

impl Money {
    /// The most anything may cost: 10¹² minor units (`rules.md` §7, `bad_amount`).
    pub const MAX: Money = Money(1_000_000_000_000);
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// A price somebody may state: 1 to [`Money::MAX`]; anything else is no amount.
    pub const fn new(minor: i64) -> Option<Money> {
        if minor >= 1 && minor <= Money::MAX.0 { Some(Money(minor)) } else { None }
    }

    /// A price that nobody may ever be able to offer: 1 and up. What [`Money::plus`] can lead to.
    pub const fn beyond(minor: i64) -> Option<Money> {
        if minor >= 1 { Some(Money(minor)) } else { None }
    }

    /// The number of minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// This much and a step more. May pass [`Money::MAX`], which then nobody can offer.
    #[must_use]
    pub const fn plus(self, step: Money) -> Money {
        Money(self.0.saturating_add(step.0))
    }

    /// So many steps less, but never less than nothing.
    #[must_use]
    pub const fn less(self, step: Money, times: i64) -> Money {
        let left = self.0.saturating_sub(step.0.saturating_mul(times));
        if left < 0 { Money::ZERO } else { Money(left) }
    }

    /// `percent` hundredths of this, rounded down.
    #[must_use]
    pub const fn percent(self, percent: u32) -> Money {
        Money(self.0.saturating_mul(percent as i64) / 100)
    }
}

/// An ISO 4217 code and how many decimals its amounts are shown with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Currency {
    code: [u8; 3],
    decimals: u8,
}

impl Currency {
    /// `code` is three capital letters, `decimals` at most 4 (ISO 4217 knows no more). Whether such a currency exists is not asked here.
    pub fn new(code: &str, decimals: u8) -> Option<Currency> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        let good = code.iter().all(u8::is_ascii_uppercase) && decimals <= 4;
        good.then_some(Currency { code, decimals })
    }

    /// Three capital letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).expect("a currency's code is checked to be ASCII when it is made")
    }

    /// Decimals of the major unit: 2 for EUR, 0 for JPY.
    pub const fn decimals(self) -> u8 {
        self.decimals
    }

    /// For people: `120.50 EUR`.
    pub fn show(self, money: Money) -> impl fmt::Display {
        Shown { money, currency: self }
    }
}

struct Shown {
    money: Money,
    currency: Currency,
}

impl fmt::Display for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_i64.pow(u32::from(self.currency.decimals));
        let (major, minor) = (self.money.0 / unit, self.money.0 % unit);
        match usize::from(self.currency.decimals) {
            0 => write!(out, "{major} {}", self.currency.code()),
            width => write!(out, "{major}.{minor:0width$} {}", self.currency.code()),
        }
    }
}
