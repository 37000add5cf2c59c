//! Who is watching a room. Coming and going costs the same in a room of ten and of ten thousand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::auction::Person;
use crate::wire::{Live, Moves};

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
    /// Whether no names are told, however few are there.
    nameless: bool,
    /// By id: the name, and how many sockets.
    people: BTreeMap<Arc<str>, (Arc<str>, usize)>,
    told: Told,
}

/// Who was there when it was last told, by id.
#[derive(Debug)]
enum Told {
    People(BTreeMap<Arc<str>, Arc<str>>),
    /// Too many to be named.
    Crowd,
}

impl Default for Told {
    fn default() -> Told {
        Told::People(BTreeMap::new())
    }
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

    /// From here on no names are told: people in here are known to each other by numbers alone.
    pub fn hide_names(&self) {
        self.watchers().nameless = true;
    }

    /// How many sockets watch.
    pub fn count(&self) -> usize {
        self.watchers().sockets
    }

    /// As it is told.
    pub fn live(&self) -> Live {
        self.watchers().live()
    }

    /// As it is told to all, with who has come and gone since it last was. Who came and went meanwhile has done neither.
    pub fn tell(&self) -> (Live, Option<Moves>) {
        let mut watchers = self.watchers();
        let live = watchers.live();
        if live.names.is_none() {
            watchers.told = Told::Crowd;
            return (live, None);
        }
        let there: BTreeMap<_, _> = watchers.people.iter().map(|(id, (name, _))| (id.clone(), name.clone())).collect();
        let moves = match &watchers.told {
            Told::People(before) => Moves { joined: missing(&there, before), left: missing(before, &there) },
            // The names tell who is there now; who was is not known.
            Told::Crowd => Moves::default(),
        };
        watchers.told = Told::People(there);
        (live, Some(moves))
    }

    /// Returns once somebody has come or gone since it last returned.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn watchers(&self) -> MutexGuard<'_, Watchers> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watchers {
    fn live(&self) -> Live {
        let named = self.sockets < NAMED && !self.nameless;
        let names = named.then(|| sorted(self.people.values().map(|(name, _)| name)));
        Live { watching: self.sockets, names, text: None }
    }
}

/// The names of those who are in the one and not in the other.
fn missing(of: &BTreeMap<Arc<str>, Arc<str>>, from: &BTreeMap<Arc<str>, Arc<str>>) -> Vec<String> {
    sorted(of.iter().filter(|(id, _)| !from.contains_key(*id)).map(|(_, name)| name))
}

/// In order of the alphabet.
fn sorted<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> Vec<String> {
    let mut names: Vec<_> = names.map(ToString::to_string).collect();
    names.sort_by_key(|name| name.to_lowercase());
    names
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

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> Person {
        Person::new(&name.to_lowercase(), name)
    }

    /// Joined and left, as they are told now.
    fn moves(presence: &Presence) -> Option<(Vec<String>, Vec<String>)> {
        presence.tell().1.map(|moves| (moves.joined, moves.left))
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_comes_and_goes_once_however_many_sockets_they_have() {
        let presence = Arc::new(Presence::default());
        let (first, ben) = (presence.enter(Some(&person("ana"))), presence.enter(Some(&person("Ben"))));
        let _nobody = presence.enter(None);
        assert_eq!(moves(&presence), Some((names(&["ana", "Ben"]), vec![])));
        let second = presence.enter(Some(&person("ana")));
        drop(first);
        assert_eq!(moves(&presence), Some((vec![], vec![])), "one tab for another");
        drop((second, ben));
        assert_eq!(moves(&presence), Some((vec![], names(&["ana", "Ben"]))));
        drop(presence.enter(Some(&person("Cem"))));
        assert_eq!(moves(&presence), Some((vec![], vec![])), "nobody has seen them come");
    }

    #[test]
    fn a_crowd_is_counted_and_names_come_back_when_it_is_none_any_more() {
        let presence = Arc::new(Presence::default());
        let ana = presence.enter(Some(&person("Ana")));
        let mut crowd: Vec<_> = (1..NAMED).map(|number| presence.enter(Some(&person(&format!("p{number}"))))).collect();
        let (live, moves_told) = presence.tell();
        assert_eq!((live.watching, live.names.is_some(), moves_told.is_some()), (NAMED, false, false));
        crowd.truncate(1);
        let (live, _) = presence.tell();
        assert_eq!(live.names, Some(names(&["Ana", "p1"])));
        drop(ana);
        assert_eq!(moves(&presence), Some((vec![], names(&["Ana"]))));
    }
}
