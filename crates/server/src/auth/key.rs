//! What a key of a program opens, and from where.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use ipnet::IpNet;
use stanch_types::credential::{ApiKey, Scope};
use stanch_types::{ApiKeyId, Duration, Timestamp};

/// A use within this time of the last one noted is not noted again.
const NOTED_EVERY: Duration = Duration::from_mins(1);
/// Most keys whose last use is remembered; all are forgotten when full, so that at worst too many uses are noted.
const KEYS_MAX: usize = 20_000;

/// What a key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyGrant {
    /// Which key.
    pub id: ApiKeyId,
    scopes: Vec<Scope>,
    networks: Vec<IpNet>,
}

impl KeyGrant {
    /// What `key` opens; none if a network of it cannot be read, as none was stored so.
    #[must_use]
    pub fn of(key: &ApiKey) -> Option<Self> {
        let networks: Result<Vec<IpNet>, _> = key.networks.iter().map(|it| it.parse()).collect();
        Some(Self {
            id: key.id,
            scopes: key.scopes.clone(),
            networks: networks.ok()?,
        })
    }

    /// Whether the key opens what needs `scope`.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether the key may be used from `address`.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.is_empty() || self.networks.iter().any(|net| net.contains(&address))
    }
}

/// When each key's use was last noted in the record.
#[derive(Debug, Default)]
pub struct KeyUses(Mutex<HashMap<ApiKeyId, Timestamp>>);

impl KeyUses {
    /// Whether a use at `now` is to be noted; if so it counts as noted.
    #[must_use]
    pub fn is_due(&self, id: ApiKeyId, now: Timestamp) -> bool {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = table
            .get(&id)
            .is_none_or(|last| now < *last || now.since(*last) >= NOTED_EVERY);
        if due {
            if table.len() >= KEYS_MAX {
                table.clear();
            }
            table.insert(id, now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stanch_types::Ctx;

    #[test]
    fn networks_bound_where_a_key_is_used() {
        let ctx = Ctx::system();
        let grant = |networks: &[&str]| KeyGrant {
            id: ctx.new_id(),
            scopes: vec![Scope::CasesRead],
            networks: networks.iter().map(|net| net.parse().unwrap()).collect(),
        };
        let here: IpAddr = "::ffff:192.0.2.7".parse().unwrap();
        assert!(grant(&[]).admits(here));
        assert!(grant(&["2001:db8::/32", "192.0.2.0/29"]).admits(here));
        assert!(!grant(&["192.0.2.8/29"]).admits(here));
        assert!(grant(&[]).has(Scope::CasesRead) && !grant(&[]).has(Scope::CasesWrite));
    }

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let (uses, id) = (KeyUses::default(), Ctx::system().new_id());
        let at = Timestamp::from_secs;
        assert!(uses.is_due(id, at(100)));
        assert!(!uses.is_due(id, at(159)));
        assert!(uses.is_due(id, at(160)));
        assert!(uses.is_due(id, at(10)), "the clock went back");
    }
}
