//! The sessions that there are, by their ids.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::session::Session;

/// All sessions of an endpoint.
#[derive(Default)]
pub(in crate::native) struct Sessions(Mutex<HashMap<String, Arc<Session>>>);

impl Sessions {
    /// The session of this id.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.lock().get(id).cloned()
    }

    /// Adds one. When there are as many as may be, the one that nobody has used for longest ends;
    /// false if all of them are being read from.
    pub(super) fn add(&self, session: &Arc<Session>, limit: usize) -> bool {
        let mut all = self.lock();
        if all.len() >= limit {
            let idle = all.values().filter_map(|session| Some((session.idle_since()?, session)));
            let Some((_, oldest)) = idle.min_by_key(|(since, _)| *since) else {
                return false;
            };
            let oldest = Arc::clone(oldest);
            all.remove(&oldest.id);
            oldest.end();
        }
        all.insert(session.id.clone(), Arc::clone(session));
        true
    }

    /// Takes one out.
    pub(super) fn remove(&self, id: &str) -> Option<Arc<Session>> {
        self.lock().remove(id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An id that nobody can guess, in visible ASCII: 128 bits in hexadecimal.
pub(super) fn new_id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_be_bytes(bytes)))
}
