//! Versions of the policy and who let them decide.

use serde::{Deserialize, Serialize};

use crate::id::{PolicyChangeId, UserId};
use crate::time::Timestamp;
use crate::user::Actor;

/// A version of the policy as it was pushed. Never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PolicyVersion {
    /// `sha256:` and 64 hexadecimal digits over paths and contents of its files.
    pub hash: String,
    /// SHA-256 of the blob that holds its files.
    pub bundle_sha256: String,
    /// When it was pushed.
    pub pushed_at: Timestamp,
    /// By whom.
    pub pushed_by: Actor,
    /// What is new in it, in the words of who pushed it.
    pub note: String,
    /// Number of its rules.
    pub rules: u32,
    /// Number of its features.
    pub features: u32,
}

/// What a version is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyStage {
    /// Decide about everything.
    Live,
    /// Decide about a share.
    Canary,
    /// Decide for comparison only.
    Shadow,
}

crate::words! { PolicyStage { Live = "live", Canary = "canary", Shadow = "shadow" } }

/// A wish to let a version do something; carried out once a second person agrees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PolicyChange {
    /// Identifier.
    pub id: PolicyChangeId,
    /// The version.
    pub policy: String,
    /// What it is to do.
    pub stage: PolicyStage,
    /// Share in basis points, 1 to 10,000; for a canary.
    pub share_bp: Option<u16>,
    /// Field that sorts events into the share; for a canary.
    pub key: Option<String>,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// By whom.
    pub requested_by: UserId,
    /// What became of it.
    pub state: PolicyChangeState,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PolicyChangeState {
    /// Waits for a second person.
    Requested,
    /// A second person agreed; the features of the version are being computed from history.
    Approved {
        /// Who.
        by: UserId,
        /// When.
        at: Timestamp,
    },
    /// At work since a position of the decision log.
    Done {
        /// Who agreed.
        by: UserId,
        /// When it took effect.
        at: Timestamp,
        /// The block of the log from which on it decides.
        position: u64,
    },
    /// A second person declined.
    Declined {
        /// Who.
        by: UserId,
        /// When.
        at: Timestamp,
    },
}

/// Why a change cannot move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyChangeRefused {
    /// The person who asked cannot also agree.
    #[error("the person who asked for the change cannot approve it")]
    SamePerson,
    /// It was decided before.
    #[error("the change is {0}")]
    State(&'static str),
}

impl PolicyChange {
    /// A second person agrees.
    ///
    /// # Errors
    /// [`PolicyChangeRefused`].
    pub fn approve(mut self, by: UserId, at: Timestamp) -> Result<Self, PolicyChangeRefused> {
        self.must_wait()?;
        if by == self.requested_by {
            return Err(PolicyChangeRefused::SamePerson);
        }
        self.state = PolicyChangeState::Approved { by, at };
        Ok(self)
    }

    /// A second person, or the one who asked, declines.
    ///
    /// # Errors
    /// [`PolicyChangeRefused::State`].
    pub fn decline(mut self, by: UserId, at: Timestamp) -> Result<Self, PolicyChangeRefused> {
        self.must_wait()?;
        self.state = PolicyChangeState::Declined { by, at };
        Ok(self)
    }

    /// It took effect.
    ///
    /// # Errors
    /// [`PolicyChangeRefused::State`] unless approved.
    pub fn done(mut self, at: Timestamp, position: u64) -> Result<Self, PolicyChangeRefused> {
        match self.state {
            PolicyChangeState::Approved { by, .. } => {
                self.state = PolicyChangeState::Done { by, at, position };
                Ok(self)
            }
            PolicyChangeState::Requested
            | PolicyChangeState::Done { .. }
            | PolicyChangeState::Declined { .. } => {
                Err(PolicyChangeRefused::State(self.state.word()))
            }
        }
    }

    fn must_wait(&self) -> Result<(), PolicyChangeRefused> {
        match self.state {
            PolicyChangeState::Requested => Ok(()),
            PolicyChangeState::Approved { .. }
            | PolicyChangeState::Done { .. }
            | PolicyChangeState::Declined { .. } => {
                Err(PolicyChangeRefused::State(self.state.word()))
            }
        }
    }
}

impl PolicyChangeState {
    /// The state's word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved { .. } => "approved",
            Self::Done { .. } => "done",
            Self::Declined { .. } => "declined",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ctx;

    fn change(ctx: &Ctx) -> PolicyChange {
        PolicyChange {
            id: ctx.new_id(),
            policy: "sha256:00".to_owned(),
            stage: PolicyStage::Live,
            share_bp: None,
            key: None,
            reason: "new rules".to_owned(),
            requested_at: ctx.now(),
            requested_by: ctx.new_id(),
            state: PolicyChangeState::Requested,
        }
    }

    #[test]
    fn it_takes_two_persons_and_each_step_once() {
        let ctx = Ctx::system();
        let (now, other) = (ctx.now(), ctx.new_id());
        let asked = change(&ctx);
        let by = asked.requested_by;
        assert_eq!(
            asked.clone().approve(by, now),
            Err(PolicyChangeRefused::SamePerson)
        );
        assert!(asked.clone().done(now, 1).is_err());
        let approved = asked.clone().approve(other, now).unwrap();
        assert!(approved.clone().decline(other, now).is_err());
        let done = approved.done(now, 7).unwrap();
        assert!(done.approve(other, now).is_err());
        assert_eq!(asked.decline(by, now).unwrap().state.word(), "declined");
    }
}
