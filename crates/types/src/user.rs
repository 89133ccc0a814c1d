//! People who sign in.

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::time::Timestamp;

/// What a person may do. A person may have several roles; two-person rules compare persons, not roles.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes reports, works cases, drafts plans and orders.
    Analyst,
    /// Approves or declines plans and orders of others.
    Approver,
    /// Keeps institutions and their answers.
    Liaison,
    /// Reads everything including the audit tree; changes nothing.
    Auditor,
    /// Writes policies, asks for them to be put to work and agrees to what others ask for.
    RiskEngineer,
    /// A system that sends events and is told decisions.
    Source,
    /// Decides appeals against what others decided.
    Reviewer,
    /// Keeps people, teams and API keys; reads no case.
    Admin,
}

crate::words! { Role { Analyst = "analyst", Approver = "approver", Liaison = "liaison", Auditor = "auditor",
RiskEngineer = "risk_engineer", Source = "source", Reviewer = "reviewer", Admin = "admin" } }

/// A person who signs in with a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Identifier.
    pub id: UserId,
    /// Sign-in name, 1 to 64 of `a-z 0-9 . _ -`.
    pub login: String,
    /// Name shown to colleagues.
    pub name: String,
    /// Roles, sorted, without repeats.
    pub roles: Vec<Role>,
    /// Argon2id hash in PHC string form.
    pub password_hash: crate::personal::Secret,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Since when the account cannot sign in any more.
    pub disabled_at: Option<Timestamp>,
}

impl User {
    /// Whether the person has `role`.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Who did something: a person, an institution's system or Stanch itself (timers, jobs).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A signed-in person.
    User {
        /// Who.
        id: UserId,
    },
    /// An institution's own system, by its signature.
    Institution {
        /// Which.
        code: crate::InstitutionCode,
    },
    /// Stanch itself: a timer, a job, an import.
    System,
    /// A member of the public, by an unauthenticated or platform-relayed report.
    Reporter,
}
