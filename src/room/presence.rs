//! Who is watching a room. Coming and going costs the same in a room of ten and of ten thousand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::auction::Person;
use crate::wire::Live;

/// Names are told in rooms of fewer sockets than this.
const NAMED: usize = 100;

/// Who is there.
#[derive(Debug, Default)]
pub struct Presence {
    watchers: Mutex<Watchers>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Watchers {
    sockets: usize,
    /// By id: the name, and how many sockets.
    people: BTreeMap<Arc<str>, (Arc<str>, usize)>,
}

/// One socket's being there. Dropping it leaves.
#[derive(Debug)]
pub struct Watching {
    presence: Arc<Presence>,
    who: Option<Arc<str>>,
}

impl Presence {
    /// Somebody comes.
    pub fn enter(self: &Arc<Presence>, who: Option<&Person>) -> Watching {
        {
            let mut watchers = self.watchers();
            watchers.sockets += 1;
            if let Some(person) = who {
                watchers.people.entry(person.id.clone()).or_insert_with(|| (person.name.clone(), 0)).1 += 1;
            }
        }
        self.changed.notify_one();
        Watching { presence: self.clone(), who: who.map(|person| person.id.clone()) }
    }

    /// How many sockets watch.
    pub fn count(&self) -> usize {
        self.watchers().sockets
    }

    /// As it is told.
    pub fn live(&self) -> Live {
        let watchers = self.watchers();
        let named = watchers.sockets < NAMED;
        let names = named.then(|| {
            let mut names: Vec<_> = watchers.people.values().map(|(name, _)| name.to_string()).collect();
            names.sort_by_key(|name| name.to_lowercase());
            names
        });
        Live { watching: watchers.sockets, names, text: None }
    }

    /// Returns once somebody has come or gone since it last returned.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn watchers(&self) -> MutexGuard<'_, Watchers> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        {
            let mut watchers = self.presence.watchers();
            watchers.sockets = watchers.sockets.saturating_sub(1);
            if let Some(id) = &self.who
                && let Some((_, sockets)) = watchers.people.get_mut(id)
            {
                *sockets -= 1;
                if *sockets == 0 {
                    watchers.people.remove(id);
                }
            }
        }
        self.presence.changed.notify_one();
    }
}
