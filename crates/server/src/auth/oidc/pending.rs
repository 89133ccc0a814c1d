//! Sign-ins that were begun and wait for the browser to come back: single use, ten minutes, a bounded number.

use stanch_types::{Duration, Timestamp};
use subtle::ConstantTimeEq as _;

use crate::auth::once::Once;

/// How long a person may take at the identity provider.
pub const WAITS: Duration = Duration::from_mins(10);

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
pub struct Pending(Once<Begun>);

impl Default for Pending {
    fn default() -> Self {
        Self(Once::new(WAITS))
    }
}

impl Pending {
    /// Remembers a sign-in.
    pub fn add(&self, state: String, begun: Begun, now: Timestamp) {
        self.0.add(state, begun, now);
    }

    /// The sign-in of `state`, once, for the browser that began it.
    #[must_use]
    pub fn take(&self, state: &str, browser: &[u8; 32], now: Timestamp) -> Option<Begun> {
        let begun = self.0.take(state, now)?;
        let same: bool = begun.browser.ct_eq(browser).into();
        same.then_some(begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_good_for_the_browser_that_began() {
        let (pending, now) = (Pending::default(), Timestamp::from_secs(1_000));
        let begun = Begun {
            nonce: "n".to_owned(),
            verifier: "v".to_owned(),
            browser: [1; 32],
            next: "/".to_owned(),
        };
        pending.add("a".to_owned(), begun.clone(), now);
        assert!(pending.take("a", &[2; 32], now).is_none());
        assert!(pending.take("a", &[1; 32], now).is_none(), "it was used up");
        let again = begun.clone();
        pending.add("a".to_owned(), begun, now);
        assert!(pending.take("a", &[1; 32], now).is_some());
        pending.add("a".to_owned(), again, now);
        assert!(pending.take("a", &[1; 32], now.plus(WAITS)).is_none());
    }
}
