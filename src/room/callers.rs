//! Whose sockets are whose in one room, for what is said to one person alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::member::Member;

/// The members of a room who are someone. As many at most as there are sockets.
#[derive(Debug, Default)]
pub struct Callers(Mutex<HashMap<Arc<str>, Vec<Arc<Member>>>>);

/// One member's being known. Dropping it forgets them.
#[derive(Debug)]
pub struct Known {
    callers: Arc<Callers>,
    who: Arc<str>,
    member: Arc<Member>,
}

impl Callers {
    /// `member` is a socket of the person with the id `who`.
    pub fn meet(self: &Arc<Callers>, who: Arc<str>, member: Arc<Member>) -> Known {
        self.callers().entry(who.clone()).or_default().push(member.clone());
        Known { callers: self.clone(), who, member }
    }

    /// All sockets of this person.
    pub fn of(&self, who: &str) -> Vec<Arc<Member>> {
        self.callers().get(who).cloned().unwrap_or_default()
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<Arc<str>, Vec<Arc<Member>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        let mut callers = self.callers.callers();
        if let Some(members) = callers.get_mut(&self.who) {
            if let Some(place) = members.iter().position(|member| Arc::ptr_eq(member, &self.member)) {
                members.swap_remove(place);
            }
            if members.is_empty() {
                callers.remove(&self.who);
            }
        }
    }
}
