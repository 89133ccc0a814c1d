//! Sign-ins that were begun and wait for the browser to come back: single use, ten minutes, a bounded number.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use stanch_types::{Duration, Timestamp};
use subtle::ConstantTimeEq as _;

/// How long a person may take at the identity provider.
pub const WAITS: Duration = Duration::from_mins(10);
/// Most sign-ins that wait; when there are more, those begun longest ago give way.
const WAITING_MAX: usize = 10_000;

/// A sign-in that was begun.
#[derive(Clone)]
pub struct Begun {
    /// What the ID token must repeat.
    pub nonce: String,
    /// Proves to the provider that who began also ends (PKCE, RFC 7636).
    pub verifier: String,
    /// SHA-256 of the cookie of the browser that began.
    pub browser: [u8; 32],
    /// Where to go afterwards.
    pub next: String,
}

/// Begun sign-ins by their `state`.
#[derive(Default)]
pub struct Pending(Mutex<HashMap<String, (Begun, Timestamp)>>);

impl Pending {
    /// Remembers a sign-in.
    pub fn add(&self, state: String, begun: Begun, now: Timestamp) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= WAITING_MAX {
            table.retain(|_, (_, at)| now.since(*at) < WAITS);
        }
        if table.len() >= WAITING_MAX {
            let mut starts: Vec<Timestamp> = table.values().map(|(_, at)| *at).collect();
            starts.sort_unstable();
            if let Some(middle) = starts.get(starts.len() / 2).copied() {
                table.retain(|_, (_, at)| *at > middle);
            }
        }
        table.insert(state, (begun, now));
    }

    /// The sign-in of `state`, once, for the browser that began it.
    #[must_use]
    pub fn take(&self, state: &str, browser: &[u8; 32], now: Timestamp) -> Option<Begun> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (begun, at) = table.remove(state)?;
        let same: bool = begun.browser.ct_eq(browser).into();
        (same && now.since(at) < WAITS).then_some(begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Begun {
        Begun {
            nonce: "n".to_owned(),
            verifier: "v".to_owned(),
            browser: [1; 32],
            next: "/".to_owned(),
        }
    }

    #[test]
    fn is_good_once_for_one_browser_and_ten_minutes() {
        let (pending, start) = (Pending::default(), Timestamp::from_secs(1_000));
        let add = |state: &str| pending.add(state.to_owned(), begun(), start);
        add("a");
        assert!(pending.take("b", &[1; 32], start).is_none());
        assert!(pending.take("a", &[1; 32], start).is_some());
        assert!(pending.take("a", &[1; 32], start).is_none());
        add("a");
        assert!(pending.take("a", &[2; 32], start).is_none());
        assert!(pending.take("a", &[1; 32], start).is_none());
        add("a");
        assert!(pending.take("a", &[1; 32], start.plus(WAITS)).is_none());
    }

    #[test]
    fn is_bounded() {
        let pending = Pending::default();
        for n in 0..2 * WAITING_MAX {
            let now = Timestamp::from_millis(i64::try_from(n).unwrap());
            pending.add(n.to_string(), begun(), now);
        }
        assert!(pending.0.lock().unwrap().len() <= WAITING_MAX);
    }
}
