//! Who was behind a token a moment ago, so that a sender of thousands of events a second is not looked up for each.
//!
//! Only this process writes the record, so what ends a session here is forgotten here at once; [`KEPT`] bounds what
//! nobody told us of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use stanch_types::user::User;
use stanch_types::{Duration, Timestamp};

use crate::auth::key::KeyGrant;

/// How long a caller is remembered: long enough to save nearly every look-up of a busy sender, short enough that a
/// change made behind our back takes effect before anybody notices.
const KEPT: Duration = Duration::from_secs(1);
/// Most callers remembered; when there are more, all are forgotten.
const CALLERS_MAX: usize = 4_096;

/// A session and whose it is.
#[derive(Debug, Clone)]
pub struct Known {
    /// Who.
    pub user: User,
    /// When the session or key ends whatever happens.
    pub expires_at: Timestamp,
    /// What the key opens, if it is one.
    pub key: Option<Arc<KeyGrant>>,
}

/// What a look-up began with; see [`Recent::keep`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(u64);

/// Callers by token digest.
#[derive(Debug, Default)]
pub struct Recent(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    epoch: u64,
    callers: HashMap<String, (Known, Timestamp)>,
}

impl Recent {
    /// Who was behind the token within the last second, or the epoch to look up in.
    ///
    /// # Errors
    /// The epoch, when nobody is known.
    pub fn lookup(&self, digest: &str, now: Timestamp) -> Result<Known, Epoch> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match table.callers.get(digest) {
            Some((known, at)) if *at <= now && now.since(*at) < KEPT => Ok(known.clone()),
            Some(_) | None => Err(Epoch(table.epoch)),
        }
    }

    /// Remembers what a look-up begun in `epoch` found, unless somebody was forgotten meanwhile: it may be that one.
    pub fn keep(&self, epoch: Epoch, digest: &str, known: Known, now: Timestamp) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.epoch != epoch.0 {
            return;
        }
        if table.callers.len() >= CALLERS_MAX {
            table.callers.clear();
        }
        table.callers.insert(digest.to_owned(), (known, now));
    }

    /// Forgets a session that ended.
    pub fn forget(&self, digest: &str) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.epoch += 1;
        table.callers.remove(digest);
    }

    /// Forgets everybody: many sessions ended.
    pub fn forget_all(&self) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.epoch += 1;
        table.callers.clear();
    }
}

#[cfg(test)]
mod tests {
    use stanch_types::Ctx;
    use stanch_types::personal::Secret;

    use super::*;

    fn somebody() -> Known {
        let ctx = Ctx::system();
        let user = User {
            id: ctx.new_id(),
            login: "a".to_owned(),
            name: "A".to_owned(),
            roles: Vec::new(),
            password_hash: Secret::new(String::new()),
            created_at: Timestamp::EPOCH,
            disabled_at: None,
        };
        Known {
            user,
            expires_at: Timestamp::from_secs(100),
            key: None,
        }
    }

    #[test]
    fn is_known_for_a_second() {
        let (recent, start) = (Recent::default(), Timestamp::from_secs(10));
        let epoch = recent.lookup("d", start).unwrap_err();
        recent.keep(epoch, "d", somebody(), start);
        let at = |millis| start.plus(Duration::from_millis(millis));
        assert!(recent.lookup("d", at(999)).is_ok());
        assert!(recent.lookup("d", at(1_000)).is_err());
        assert!(recent.lookup("other", start).is_err());
    }

    #[test]
    fn who_signed_out_during_a_look_up_is_not_kept() {
        let (recent, now) = (Recent::default(), Timestamp::from_secs(10));
        let epoch = recent.lookup("d", now).unwrap_err();
        recent.forget("d");
        recent.keep(epoch, "d", somebody(), now);
        assert!(recent.lookup("d", now).is_err());
        let epoch = recent.lookup("d", now).unwrap_err();
        recent.keep(epoch, "d", somebody(), now);
        assert!(recent.lookup("d", now).is_ok());
        recent.forget("d");
        assert!(recent.lookup("d", now).is_err());
    }
}
