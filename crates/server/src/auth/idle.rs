//! When each session was last used. In memory: a restart gives every session one more idle period, never more than
//! its absolute end, which is stored.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use stanch_types::{Duration, Timestamp};

/// Most sessions remembered; the longest unused give way.
const SESSIONS_MAX: usize = 20_000;

/// Last use by token digest.
#[derive(Debug, Default)]
pub struct IdleTimes(Mutex<HashMap<String, Timestamp>>);

impl IdleTimes {
    /// Notes a use now; `false` if the session was unused for `idle_max` and has thereby ended.
    #[must_use]
    pub fn touch(&self, digest: &str, idle_max: Duration, now: Timestamp) -> bool {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = table.get_mut(digest) {
            if now.since(*last) >= idle_max {
                return false;
            }
            *last = now.max(*last);
            return true;
        }
        if table.len() >= SESSIONS_MAX {
            let mut uses: Vec<Timestamp> = table.values().copied().collect();
            uses.sort_unstable();
            if let Some(middle) = uses.get(uses.len() / 2).copied() {
                table.retain(|_, last| *last > middle);
            }
        }
        table.insert(digest.to_owned(), now);
        true
    }

    /// When a session was last used, if it was since the start.
    #[must_use]
    pub fn last(&self, digest: &str) -> Option<Timestamp> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.get(digest).copied()
    }

    /// Forgets a session that ended.
    pub fn forget(&self, digest: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_when_unused() {
        let idle = IdleTimes::default();
        let hour = Duration::from_hours(1);
        let start = Timestamp::from_secs(0);
        assert!(idle.touch("a", hour, start));
        assert!(idle.touch("a", hour, start.plus(Duration::from_mins(59))));
        assert!(idle.touch("a", hour, start.plus(Duration::from_mins(118))));
        let late = start.plus(Duration::from_mins(178));
        assert!(!idle.touch("a", hour, late));
        assert!(!idle.touch("a", hour, late));
    }
}
