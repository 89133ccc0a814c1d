//! What opens the API: sessions and passkeys of people and keys of programs.

use serde::{Deserialize, Serialize};

use crate::id::{ApiKeyId, PasskeyId, UserId};
use crate::time::Timestamp;

/// How a session was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionWay {
    /// With a password, in a browser.
    Password,
    /// With a password, as a token for scripts.
    Token,
    /// At the organisation's identity provider.
    Oidc,
    /// With a passkey.
    Passkey,
}

crate::words! { SessionWay { Password = "password", Token = "token", Oidc = "oidc", Passkey = "passkey" } }

/// How a passkey signs (IANA COSE algorithms).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyAlgorithm {
    /// ECDSA on P-256 with SHA-256: -7.
    Es256,
    /// Ed25519: -8.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256: -257.
    Rs256,
}

impl PasskeyAlgorithm {
    /// All, the one we would rather have first.
    pub const ALL: &'static [Self] = &[Self::Es256, Self::EdDsa, Self::Rs256];

    /// Its number in the COSE registry.
    #[must_use]
    pub const fn cose(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
        }
    }
}

/// A passkey: a key pair of a person's device, with which they sign in without a password (Web Authentication Level 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passkey {
    /// Identifier.
    pub id: PasskeyId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the person calls it, 1 to 128 characters.
    pub name: String,
    /// The device's identifier of it, 1 to 1,023 bytes, lower-case hexadecimal.
    pub credential_id: String,
    /// How it signs.
    pub algorithm: PasskeyAlgorithm,
    /// The public key (SubjectPublicKeyInfo in DER), lower-case hexadecimal.
    pub public_key: String,
    /// The device's count of signatures; 0 if it keeps none.
    pub signatures: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last let its owner in.
    pub last_used_at: Option<Timestamp>,
}

/// A part of the API that a key may be let into. A key needs the scope, and its owner the role.
///
/// What only a person does has no scope: signing in, keeping people and keys, and the second signature of whatever
/// needs two people.
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
pub enum Scope {
    /// Reports and leads.
    #[serde(rename = "reports:read")]
    ReportsRead,
    /// Sending reports and taking their steps and those of leads.
    #[serde(rename = "reports:write")]
    ReportsWrite,
    /// Cases with their notes, tasks, evidence and traces, the queue, teams, operations, the feed.
    #[serde(rename = "cases:read")]
    CasesRead,
    /// Working on cases.
    #[serde(rename = "cases:write")]
    CasesWrite,
    /// Plans and orders.
    #[serde(rename = "orders:read")]
    OrdersRead,
    /// Drafting and withdrawing orders, submitting plans.
    #[serde(rename = "orders:write")]
    OrdersWrite,
    /// Institutions and the public keys of this installation.
    #[serde(rename = "institutions:read")]
    InstitutionsRead,
    /// Setting institutions.
    #[serde(rename = "institutions:write")]
    InstitutionsWrite,
    /// Sending payments.
    #[serde(rename = "payments:write")]
    PaymentsWrite,
    /// Sending events and texts to be decided.
    #[serde(rename = "events:write")]
    EventsWrite,
    /// Decisions and timelines.
    #[serde(rename = "decisions:read")]
    DecisionsRead,
    /// Policies, changes of them, backtests, models.
    #[serde(rename = "policies:read")]
    PoliciesRead,
    /// Pushing and testing policies, asking for changes, backtests.
    #[serde(rename = "policies:write")]
    PoliciesWrite,
    /// Measures, batches, appeals.
    #[serde(rename = "measures:read")]
    MeasuresRead,
    /// Taking and lifting measures, writing down appeals.
    #[serde(rename = "measures:write")]
    MeasuresWrite,
    /// What events turned out to be.
    #[serde(rename = "labels:read")]
    LabelsRead,
    /// Saying what events turned out to be.
    #[serde(rename = "labels:write")]
    LabelsWrite,
    /// What was achieved.
    #[serde(rename = "numbers:read")]
    NumbersRead,
    /// The audit tree.
    #[serde(rename = "audit:read")]
    AuditRead,
}

crate::words! { Scope { ReportsRead = "reports:read", ReportsWrite = "reports:write", CasesRead = "cases:read",
CasesWrite = "cases:write", OrdersRead = "orders:read", OrdersWrite = "orders:write",
InstitutionsRead = "institutions:read", InstitutionsWrite = "institutions:write", PaymentsWrite = "payments:write",
EventsWrite = "events:write", DecisionsRead = "decisions:read", PoliciesRead = "policies:read",
PoliciesWrite = "policies:write", MeasuresRead = "measures:read", MeasuresWrite = "measures:write",
LabelsRead = "labels:read", LabelsWrite = "labels:write", NumbersRead = "numbers:read", AuditRead = "audit:read" } }

/// A key with which a program calls the API in the name of one account. Only the SHA-256 of its text is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// Identifier.
    pub id: ApiKeyId,
    /// Whose it is: what it may do is at most what this account may.
    pub user_id: UserId,
    /// What it is for, 1 to 128 characters.
    pub name: String,
    /// What it opens, sorted, without repeats, at least one.
    pub scopes: Vec<Scope>,
    /// Networks it may be used from (`192.0.2.0/24`); none: from anywhere.
    pub networks: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: UserId,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When and by whom it was revoked.
    pub revoked: Option<Revoked>,
}

/// The early end of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: UserId,
}

impl ApiKey {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.expires_at
    }

    /// The key without effect from `at` on; one that was revoked before stays as it was.
    #[must_use]
    pub fn revoke(mut self, at: Timestamp, by: UserId) -> Self {
        self.revoked.get_or_insert(Revoked { at, by });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_alike_everywhere() {
        for scope in Scope::ALL {
            let json = serde_json::to_value(scope).unwrap();
            assert_eq!(json, scope.as_str());
            assert_eq!(scope.as_str().parse::<Scope>().unwrap(), *scope);
        }
    }

    #[test]
    fn a_key_ends_by_itself_or_once() {
        let ctx = crate::Ctx::system();
        let at = Timestamp::from_secs;
        let (maker, other) = (ctx.new_id(), ctx.new_id());
        let key = ApiKey {
            id: ctx.new_id(),
            user_id: maker,
            name: "import".to_owned(),
            scopes: vec![Scope::PaymentsWrite],
            networks: Vec::new(),
            created_at: at(0),
            created_by: maker,
            expires_at: at(100),
            revoked: None,
        };
        assert!(key.is_live(at(99)) && !key.is_live(at(100)));
        let revoked = key.revoke(at(5), maker);
        assert!(!revoked.is_live(at(6)));
        let first = revoked.revoked;
        assert_eq!(revoked.revoke(at(7), other).revoked, first);
    }
}
