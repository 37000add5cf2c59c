//! What is kept of each person, and can be taken back as far as the last mark: without a copy, however many they are.

use std::collections::HashMap;
use std::sync::Arc;

/// A value for each person's id.
#[derive(Clone, Debug)]
pub struct Ledger<V> {
    kept: HashMap<Arc<str>, V>,
    /// What stood there before, of all that has changed since the mark, in its order.
    before: Vec<(Arc<str>, Option<V>)>,
}

impl<V> Default for Ledger<V> {
    fn default() -> Ledger<V> {
        Ledger { kept: HashMap::new(), before: Vec::new() }
    }
}

impl<V> Ledger<V> {
    /// How many people are in it.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// What is kept of this person.
    pub fn get(&self, id: &str) -> Option<&V> {
        self.kept.get(id)
    }

    /// What is kept of everyone, in no order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.kept.values()
    }

    /// Keeps this of a person from now on; with `None`, nothing.
    pub fn set(&mut self, id: Arc<str>, value: Option<V>) {
        let before = match value {
            Some(value) => self.kept.insert(id.clone(), value),
            None => self.kept.remove(&id),
        };
        self.before.push((id, before));
    }

    /// Here it can be taken back to, and no further.
    pub fn mark(&mut self) {
        self.before.clear();
    }

    /// Takes back all that has changed since the mark.
    pub fn rewind(&mut self) {
        while let Some((id, before)) = self.before.pop() {
            match before {
                Some(value) => self.kept.insert(id, value),
                None => self.kept.remove(&id),
            };
        }
    }
}

impl<V: PartialEq> PartialEq for Ledger<V> {
    fn eq(&self, other: &Ledger<V>) -> bool {
        self.kept == other.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_was_never_there() {
        let mut ledger = Ledger::default();
        ledger.set("ana".into(), Some(1));
        ledger.mark();
        let before = ledger.clone();
        ledger.set("ana".into(), Some(2));
        ledger.set("ben".into(), Some(3));
        ledger.set("ana".into(), None);
        ledger.set("ana".into(), Some(4));
        assert_eq!((ledger.get("ana"), ledger.get("ben"), ledger.len()), (Some(&4), Some(&3), 2));
        ledger.rewind();
        assert!(ledger == before && ledger.len() == 1);
        ledger.rewind();
        assert!(ledger == before, "what was before the mark stays");
    }
}
