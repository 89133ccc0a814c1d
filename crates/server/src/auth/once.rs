//! What somebody began and comes back with: good once, for a time, a bounded number of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use stanch_types::{Duration, Timestamp};

/// Most that wait; when there are more, those begun longest ago give way.
const WAITING_MAX: usize = 10_000;

/// Begun things by the secret that names them.
pub struct Once<T> {
    waits: Duration,
    table: Mutex<HashMap<String, (T, Timestamp)>>,
}

impl<T> Once<T> {
    /// A table whose things are good for `waits`.
    #[must_use]
    pub fn new(waits: Duration) -> Self {
        Self {
            waits,
            table: Mutex::default(),
        }
    }

    /// Remembers what was begun.
    pub fn add(&self, secret: String, begun: T, now: Timestamp) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= WAITING_MAX {
            table.retain(|_, (_, at)| now.since(*at) < self.waits);
        }
        if table.len() >= WAITING_MAX {
            let mut starts: Vec<Timestamp> = table.values().map(|(_, at)| *at).collect();
            starts.sort_unstable();
            if let Some(middle) = starts.get(starts.len() / 2).copied() {
                table.retain(|_, (_, at)| *at > middle);
            }
        }
        table.insert(secret, (begun, now));
    }

    /// What `secret` names, once.
    #[must_use]
    pub fn take(&self, secret: &str, now: Timestamp) -> Option<T> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let (begun, at) = table.remove(secret)?;
        (now.since(at) < self.waits).then_some(begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_good_once_and_for_its_time() {
        let waits = Duration::from_mins(5);
        let (once, start) = (Once::new(waits), Timestamp::from_secs(1_000));
        once.add("a".to_owned(), 1, start);
        assert_eq!(once.take("b", start), None);
        assert_eq!(once.take("a", start), Some(1));
        assert_eq!(once.take("a", start), None);
        once.add("a".to_owned(), 2, start);
        assert_eq!(once.take("a", start.plus(waits)), None);
    }

    #[test]
    fn is_bounded() {
        let once = Once::new(Duration::from_mins(5));
        for n in 0..2 * WAITING_MAX {
            let now = Timestamp::from_millis(i64::try_from(n).unwrap());
            once.add(n.to_string(), (), now);
        }
        assert!(once.table.lock().unwrap().len() <= WAITING_MAX);
    }
}
