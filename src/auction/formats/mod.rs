//! The formats of an auction: siblings, none an `if` in another.

pub mod english;

/// By which rules bids compete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Open, rising, the highest maximum leads.
    English,
}
