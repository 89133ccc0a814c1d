//! Which policies decide. A change is a block of the log, so that what decided about an event follows from the log.

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use stanch_types::Timestamp;

/// Basis points of the whole.
pub const WHOLE_BP: u16 = 10_000;

/// The policies at work, by hash (`sha256:…`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Decides; none: nothing is decided.
    pub live: Option<String>,
    /// Was live before; its features are kept up to date so that a roll-back takes effect at once.
    #[serde(default)]
    pub standby: Option<String>,
    /// Decides for comparison only; its decisions have no effect.
    #[serde(default)]
    pub shadow: Option<String>,
    /// Decides about a share of events.
    #[serde(default)]
    pub canary: Option<Canary>,
}

/// A policy that decides about a share of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// The policy.
    pub policy: String,
    /// The share in basis points, 1 to 10,000.
    pub share_bp: u16,
    /// The field whose value says whether an event is in the share, so that one person always meets one policy;
    /// an event without it is sorted by its own id.
    pub key: String,
}

/// A change of the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// When.
    pub at: Timestamp,
    /// What was done: `live`, `shadow`, `canary`, `rollback`, `demote`, `stop`.
    pub step: String,
    /// The approved change it carries out, if a person asked for it.
    #[serde(default)]
    pub change_id: Option<String>,
    /// What decides from here on.
    pub deployment: Deployment,
}

impl Deployment {
    /// The policies that must be loaded, each once: those that decide first.
    #[must_use]
    pub fn policies(&self) -> Vec<&str> {
        let canary = self.canary.as_ref().map(|canary| &canary.policy);
        let mut policies: Vec<&str> = Vec::with_capacity(4);
        for policy in [
            self.live.as_ref(),
            canary,
            self.shadow.as_ref(),
            self.standby.as_ref(),
        ]
        .into_iter()
        .flatten()
        {
            if !policies.contains(&policy.as_str()) {
                policies.push(policy);
            }
        }
        policies
    }

    /// With `policy` live and what was live on standby.
    #[must_use]
    pub fn with_live(&self, policy: &str) -> Self {
        let standby = self.live.clone().filter(|live| live != policy);
        Self {
            live: Some(policy.to_owned()),
            standby: standby.or_else(|| self.standby.clone()),
            shadow: self.shadow.clone().filter(|shadow| shadow != policy),
            canary: self.canary.clone().filter(|canary| canary.policy != policy),
        }
    }

    /// With the policy on standby live again; `None` when there is none.
    #[must_use]
    pub fn rolled_back(&self) -> Option<Self> {
        let standby = self.standby.clone()?;
        Some(Self {
            live: Some(standby),
            standby: self.live.clone(),
            shadow: self.shadow.clone(),
            canary: None,
        })
    }
}

impl Deployment {
    /// Without the canary, if it is `policy`; none if it is not.
    #[must_use]
    pub fn without_canary(&self, policy: &str) -> Option<Self> {
        let is_it = self
            .canary
            .as_ref()
            .is_some_and(|canary| canary.policy == policy);
        is_it.then(|| Self {
            canary: None,
            ..self.clone()
        })
    }
}

impl Canary {
    /// Whether the canary decides about the event with this key value. A function of policy and value only: raising
    /// the share keeps those already in it.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        let mut bytes = Vec::with_capacity(self.policy.len() + value.len() + 1);
        bytes.extend_from_slice(self.policy.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(value.as_bytes());
        let hash = digest(&SHA256, &bytes);
        let number = hash
            .as_ref()
            .first_chunk::<8>()
            .map_or(0, |head| u64::from_be_bytes(*head));
        number % u64::from(WHOLE_BP) < u64::from(self.share_bp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canary(share_bp: u16) -> Canary {
        Canary {
            policy: "sha256:aa".to_owned(),
            share_bp,
            key: "payer".to_owned(),
        }
    }

    #[test]
    fn the_share_is_kept_and_grows_without_exchanging_members() {
        let values: Vec<String> = (0..20_000).map(|n| format!("account-{n}")).collect();
        let taken =
            |share| -> Vec<&String> { values.iter().filter(|v| canary(share).takes(v)).collect() };
        let (five, ten) = (taken(500), taken(1_000));
        assert!((800..1_200).contains(&five.len()), "{}", five.len());
        assert!(five.iter().all(|value| ten.contains(value)));
        assert!(taken(0).is_empty());
        assert_eq!(taken(WHOLE_BP).len(), values.len());
    }

    #[test]
    fn roll_back_exchanges_live_and_standby() {
        let one = Deployment::default().with_live("a");
        assert_eq!(one.rolled_back(), None);
        let two = one.with_live("b");
        assert_eq!(two.policies(), ["b", "a"]);
        let back = two.rolled_back().unwrap();
        assert_eq!(
            (back.live.as_deref(), back.standby.as_deref()),
            (Some("a"), Some("b"))
        );
        assert_eq!(back.with_live("a").standby.as_deref(), Some("b"));
    }
}
