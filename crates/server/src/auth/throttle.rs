//! The brake on guessing passwords: failures are counted per login and address, in a bounded table.
//!
//! The count is per process and forgotten on restart: a restart gives a guesser one more round, no more.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use stanch_types::{Duration, Timestamp};

/// How long a failure counts.
pub const WINDOW: Duration = Duration::from_mins(15);
/// Most pairs of login and address that are remembered; the oldest give way.
pub const PAIRS_MAX: usize = 10_000;
/// Failures from one address over all logins are allowed this many times those of one login.
const ADDRESS_FACTOR: u32 = 10;

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Timestamp,
    count: u32,
}

/// Failed sign-ins by login and address, and by address alone.
#[derive(Debug)]
pub struct Throttle {
    failures_max: u32,
    table: Mutex<HashMap<(Option<String>, IpAddr), Failures>>,
}

impl Throttle {
    /// Refuses after `failures_max` failures within [`WINDOW`].
    #[must_use]
    pub fn new(failures_max: u32) -> Self {
        Self {
            failures_max,
            table: Mutex::new(HashMap::new()),
        }
    }

    /// Whether another try is allowed; if not, after how many seconds.
    ///
    /// # Errors
    /// The seconds to wait.
    pub fn admit(&self, login: &str, address: IpAddr, now: Timestamp) -> Result<(), u64> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs = [
            ((Some(login.to_owned()), address), self.failures_max),
            (
                (None, address),
                self.failures_max.saturating_mul(ADDRESS_FACTOR),
            ),
        ];
        for (key, most) in pairs {
            if let Some(failures) = table.get(&key)
                && failures.count >= most
            {
                let left = WINDOW.as_secs() - now.since(failures.since).as_secs();
                if left > 0 {
                    return Err(u64::try_from(left).unwrap_or(1));
                }
            }
        }
        Ok(())
    }

    /// Counts a failure.
    pub fn failed(&self, login: &str, address: IpAddr, now: Timestamp) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for key in [(Some(login.to_owned()), address), (None, address)] {
            if table.len() >= PAIRS_MAX && !table.contains_key(&key) {
                make_room(&mut table, now);
            }
            let failures = table.entry(key).or_insert(Failures {
                since: now,
                count: 0,
            });
            if now.since(failures.since) >= WINDOW {
                *failures = Failures {
                    since: now,
                    count: 0,
                };
            }
            failures.count = failures.count.saturating_add(1);
        }
    }

    /// Forgets the failures of one login from one address: the password was right.
    pub fn succeeded(&self, login: &str, address: IpAddr) {
        self.table
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&(Some(login.to_owned()), address));
    }
}

/// Drops what no longer counts and, if that is not enough, the older half.
fn make_room(table: &mut HashMap<(Option<String>, IpAddr), Failures>, now: Timestamp) {
    table.retain(|_, failures| now.since(failures.since) < WINDOW);
    if table.len() >= PAIRS_MAX {
        let mut starts: Vec<Timestamp> = table.values().map(|failures| failures.since).collect();
        starts.sort_unstable();
        if let Some(middle) = starts.get(starts.len() / 2).copied() {
            table.retain(|_, failures| failures.since > middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));

    #[test]
    fn refuses_after_failures_until_the_window_ends() {
        let throttle = Throttle::new(2);
        let start = Timestamp::from_secs(1_000);
        for _ in 0..2 {
            assert_eq!(throttle.admit("a", HERE, start), Ok(()));
            throttle.failed("a", HERE, start);
        }
        assert_eq!(throttle.admit("a", HERE, start), Err(900));
        assert_eq!(throttle.admit("b", HERE, start), Ok(()));
        assert_eq!(throttle.admit("a", THERE, start), Ok(()));
        assert_eq!(throttle.admit("a", HERE, start.plus(WINDOW)), Ok(()));
    }

    #[test]
    fn success_forgets_and_many_logins_from_one_address_are_refused() {
        let throttle = Throttle::new(1);
        let now = Timestamp::EPOCH;
        throttle.failed("a", HERE, now);
        throttle.succeeded("a", HERE);
        assert_eq!(throttle.admit("a", HERE, now), Ok(()));
        for n in 0..10 {
            throttle.failed(&format!("u{n}"), HERE, now);
        }
        assert!(throttle.admit("new", HERE, now).is_err());
    }

    #[test]
    fn table_is_bounded() {
        let throttle = Throttle::new(1);
        for n in 0..2 * PAIRS_MAX {
            let now = Timestamp::from_millis(i64::try_from(n).unwrap());
            throttle.failed(&format!("u{n}"), HERE, now);
        }
        assert!(throttle.table.lock().unwrap().len() <= PAIRS_MAX);
    }
}
