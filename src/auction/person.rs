//! Who does something. Whether they are who they say is settled before the rules are asked.

use std::sync::Arc;

/// Someone with a name. Two of the same `id` are one person, whatever the names say. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Person {
    /// Stable, and never shown alone.
    pub id: Arc<str>,
    /// For people.
    pub name: Arc<str>,
}

impl Person {
    /// A person of this id and name.
    pub fn new(id: &str, name: &str) -> Person {
        Person { id: id.into(), name: name.into() }
    }
}

impl PartialEq for Person {
    fn eq(&self, other: &Person) -> bool {
        self.id == other.id
    }
}

impl Eq for Person {}
