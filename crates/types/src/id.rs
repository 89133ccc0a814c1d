//! Typed identifiers: UUIDv7 (RFC 9562 section 5.7) with the kind as a printed prefix, `case_018f…`.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use uuid::Uuid;

use crate::time::Timestamp;

/// What an identifier names. Implemented only in this file.
pub trait Kind: Send + Sync + 'static {
    /// The printed prefix, without the underscore.
    const PREFIX: &'static str;
}

/// An identifier of a `K`. Ordered by creation time (UUIDv7); printed as `prefix_` and 32 hexadecimal digits.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not an id of the form `{prefix}_` and 32 hexadecimal digits")]
pub struct ParseIdError {
    /// The prefix the caller wanted.
    pub prefix: &'static str,
    /// The refused text, cut to 64 characters.
    pub text: String,
}

impl<K: Kind> Id<K> {
    /// Builds an identifier from its creation time (millisecond precision is kept) and ten random bytes.
    /// Workflows call [`crate::Ctx::new_id`] instead.
    #[must_use]
    pub fn from_parts(at: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(at.as_millis()).unwrap_or(0);
        Self {
            uuid: uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid(),
            kind: PhantomData,
        }
    }

    /// Builds an identifier that is a function of `name` only (UUIDv8 of 16 given bytes), for records whose id
    /// must be the same whoever makes it.
    #[must_use]
    pub fn from_digest(digest: [u8; 16]) -> Self {
        Self {
            uuid: uuid::Builder::from_custom_bytes(digest).into_uuid(),
            kind: PhantomData,
        }
    }

    /// Reads back the 16 bytes that [`Id::as_bytes`] gave.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self {
            uuid: Uuid::from_bytes(bytes),
            kind: PhantomData,
        }
    }

    /// The bare 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.uuid.as_bytes()
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.uuid.simple())
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParseIdError {
            prefix: K::PREFIX,
            text: text.chars().take(64).collect(),
        };
        let hex = text
            .strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or_else(refuse)?;
        let canonical = hex.len() == 32
            && hex
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !canonical {
            return Err(refuse());
        }
        Uuid::try_parse(hex)
            .map(|uuid| Self {
                uuid,
                kind: PhantomData,
            })
            .map_err(|_| refuse())
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize_parsed(deserializer)
    }
}

impl<K: Kind> utoipa::PartialSchema for Id<K> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some(format!("^{}_[0-9a-f]{{32}}$", K::PREFIX)))
            .into()
    }
}
impl<K: Kind> utoipa::ToSchema for Id<K> {
    fn name() -> std::borrow::Cow<'static, str> {
        let mut name = String::new();
        for word in K::PREFIX.split('_') {
            let mut letters = word.chars();
            name.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            name.push_str(letters.as_str());
        }
        format!("{name}Id").into()
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $prefix:literal => $alias:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub enum $kind {}
            impl Kind for $kind {
                const PREFIX: &'static str = $prefix;
            }
            #[doc = concat!("Identifier printed as `", $prefix, "_…`.")]
            pub type $alias = Id<$kind>;
        )*
    };
}

kinds! {
    /// An organisation that uses this installation (tenant).
    Org "org" => OrgId;
    /// A person who signs in.
    User "user" => UserId;
    /// A signed-in session of a user.
    Session "session" => SessionId;
    /// A victim's or bystander's report.
    Report "report" => ReportId;
    /// A lead opened from a report.
    Lead "lead" => LeadId;
    /// A case.
    Case "case" => CaseId;
    /// One version of a case's recovery plan.
    Plan "plan" => PlanId;
    /// A fund order (stop payment, freeze, redemption hold, their extensions and releases).
    Order "order" => OrderId;
    /// The institution-facing idempotency key of an order (domain: application id).
    Application "application" => ApplicationId;
    /// One answer of an institution to an order.
    Answer "answer" => AnswerId;
    /// A job in the queue.
    Job "job" => JobId;
    /// An outgoing effect recorded with its cause.
    Outbox "outbox" => OutboxId;
    /// One import of payments.
    Import "import" => ImportId;
    /// A wish to let a version of the policy decide.
    PolicyChange "policychange" => PolicyChangeId;
    /// A backtest of a policy.
    Backtest "backtest" => BacktestId;
    /// What an event turned out to be.
    Label "label" => LabelId;
    /// A measure on an account or on content.
    Measure "measure" => MeasureId;
    /// Many measures asked for at once.
    MeasureBatch "measurebatch" => MeasureBatchId;
    /// The delivery of a measure, or of its end, to one partner.
    Effect "effect" => EffectId;
    /// An appeal against a measure.
    Appeal "appeal" => AppealId;
    /// One item of evidence.
    Evidence "evidence" => EvidenceId;
    /// A team of the desk.
    Team "team" => TeamId;
    /// A shift of a team.
    Shift "shift" => ShiftId;
    /// Something to be done for a case.
    Task "task" => TaskId;
    /// A note on a case.
    Note "note" => NoteId;
    /// A named campaign that groups cases and measures.
    Operation "operation" => OperationId;
    /// A list as somebody saved it.
    View "view" => ViewId;
    /// A key with which a program calls the API.
    ApiKey "apikey" => ApiKeyId;
    /// Goods seized for a case.
    Seizure "seizure" => SeizureId;
    /// A passkey of a person.
    Passkey "passkey" => PasskeyId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_with_prefix_and_parses_back() {
        let id: CaseId = Id::from_parts(Timestamp::from_millis(1_772_380_801_668), [7; 10]);
        let text = id.to_string();
        assert!(text.starts_with("case_"), "{text}");
        assert_eq!(text.parse::<CaseId>(), Ok(id));
        assert_eq!(CaseId::from_bytes(*id.as_bytes()), id);
    }

    #[test]
    fn refuses_another_kind_and_other_spellings() {
        let id: CaseId = Id::from_parts(Timestamp::from_millis(0), [1; 10]);
        let text = id.to_string();
        assert!(text.parse::<OrderId>().is_err());
        assert!(text.to_uppercase().parse::<CaseId>().is_err());
        assert!(text[..text.len() - 1].parse::<CaseId>().is_err());
        assert!("case_018f-not-hex".parse::<CaseId>().is_err());
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let earlier: CaseId = Id::from_parts(Timestamp::from_millis(1_000), [0xff; 10]);
        let later: CaseId = Id::from_parts(Timestamp::from_millis(1_001), [0; 10]);
        assert!(earlier < later && earlier.to_string() < later.to_string());
    }
}
