//! Who does something. Whether they are who they say is settled before the rules are asked.

use std::num::NonZeroU32;
use std::sync::Arc;

/// Someone with a name. Two of the same `id` are one person, whatever the names say. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Person {
    /// Stable, and never shown alone.
    pub id: Arc<str>,
    /// For people.
    pub name: Arc<str>,
    /// In an auction with aliases: the number by which the others know them, in place of id and name (`rules.md` §1, `aliases`).
    pub alias: Option<NonZeroU32>,
}

impl Person {
    /// A person of this id and name.
    pub fn new(id: &str, name: &str) -> Person {
        Person { id: id.into(), name: name.into(), alias: None }
    }

    /// The same person, known to others by this number alone.
    #[must_use]
    pub fn known_as(self, alias: Option<NonZeroU32>) -> Person {
        Person { alias, ..self }
    }
}

/// What somebody may do, where it is theirs to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Roles {
    /// Bid.
    pub bidder: bool,
    /// Create auctions, and run their own.
    pub auctioneer: bool,
}

impl Roles {
    /// All there are.
    pub const ALL: Roles = Roles { bidder: true, auctioneer: true };
}

impl PartialEq for Person {
    fn eq(&self, other: &Person) -> bool {
        self.id == other.id
    }
}

impl Eq for Person {}
