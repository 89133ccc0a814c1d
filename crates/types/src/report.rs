//! Reports: what a victim, relative or bystander tells. Nothing reported is dropped.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, LeadId, ReportId};
use crate::institution::{AccountRef, InstitutionCode};
use crate::money::Amount;
use crate::payment::Channel;
use crate::personal::{PersonName, PhoneNumber};
use crate::step::InvalidStep;
use crate::time::{Duration, Timestamp};
use crate::user::Actor;

/// Most things told after the report.
pub const ADDITIONS_MAX: usize = 50;
/// Most attachments of a report.
pub const ATTACHMENTS_MAX: usize = 10;

/// A report as received. The victim's own words and contact data are personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Identifier.
    pub id: ReportId,
    /// When Stanch received it (t1).
    pub received_at: Timestamp,
    /// What the reporter told.
    pub content: ReportContent,
    /// How urgent triage found it.
    pub priority: Priority,
    /// Where it stands.
    pub state: ReportState,
    /// The case it belongs to, whatever its state is now.
    #[serde(default)]
    pub case_id: Option<CaseId>,
    /// The sender's own number of it, if it came with others in a file.
    #[serde(default)]
    pub external_id: Option<String>,
    /// What was told later, oldest first, at most [`ADDITIONS_MAX`].
    #[serde(default)]
    pub additions: Vec<Addition>,
    /// Pictures and documents, at most [`ATTACHMENTS_MAX`].
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// Money that was not sent because somebody was warned in time.
    #[serde(default)]
    pub prevented: Option<Prevented>,
}

/// Money that never left its owner: a warning or a call came in time (domain reference 2.14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Prevented {
    /// When it was written down.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// How much was about to be sent.
    pub amount: Amount,
    /// Where it stayed, if it is known.
    #[serde(default)]
    pub institution: Option<InstitutionCode>,
}

/// What was told after the report. Personal data, as the narrative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Addition {
    /// When.
    pub at: Timestamp,
    /// By whom: the reporter, or the person who was told.
    pub by: Actor,
    /// The words.
    pub text: String,
}

/// A picture or document that came with a report. Its bytes are a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attachment {
    /// The file's name as the sender told it, without folders.
    pub file_name: String,
    /// What its first bytes say it is.
    pub media_type: AttachmentType,
    /// Number of bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes at arrival, lower-case hexadecimal.
    pub sha256: String,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// What an attachment is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum AttachmentType {
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// WebP.
    #[serde(rename = "image/webp")]
    WebP,
    /// GIF.
    #[serde(rename = "image/gif")]
    Gif,
    /// PDF.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// Text in UTF-8.
    #[serde(rename = "text/plain")]
    Text,
}

crate::words! { AttachmentType {
    Png = "image/png", Jpeg = "image/jpeg", WebP = "image/webp", Gif = "image/gif", Pdf = "application/pdf",
    Text = "text/plain",
} }

impl AttachmentType {
    /// What `bytes` are by their first ones (the formats' own signatures), whatever the sender calls them; none if
    /// nothing that is taken. Text has no signature: UTF-8 without control characters.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        let starts = |signature: &[u8]| bytes.starts_with(signature);
        if starts(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if starts(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice()) {
            Some(Self::WebP)
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            Some(Self::Gif)
        } else if starts(b"%PDF-") {
            Some(Self::Pdf)
        } else {
            let text = std::str::from_utf8(bytes).ok()?;
            let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
            (!text.is_empty() && text.chars().all(plain)).then_some(Self::Text)
        }
    }
}

impl Report {
    /// The report in the state `next`.
    ///
    /// # Errors
    /// [`InvalidStep`] if [`ReportState::may_become`] says no.
    pub fn moved(&self, next: ReportState) -> Result<Self, InvalidStep> {
        if !self.state.may_become(&next) {
            return Err(InvalidStep {
                what: "report",
                from: self.state.as_str(),
                to: next.as_str(),
            });
        }
        Ok(Self {
            state: next,
            ..self.clone()
        })
    }
}

/// What a reporter tells: the minimum of the domain reference 2.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportContent {
    /// Who reports.
    pub reporter: Reporter,
    /// When the fraudster first made contact, if known.
    #[serde(default)]
    pub contacted_at: Option<Timestamp>,
    /// Where contact was made (platform, phone, SMS …), at most 64 characters.
    #[serde(default)]
    pub contact_channel: Option<String>,
    /// The counterpart's handle, phone or address, at most 256 characters.
    #[serde(default)]
    pub counterpart: Option<String>,
    /// What was promised and what happened, at most 5,000 characters.
    pub narrative: String,
    /// The payments made, 1 to 64. Matched to the institutions' own records by `tx_id` or by account, amount and time.
    pub payments: Vec<ReportedPayment>,
    /// Whether the fraudster is still in contact.
    #[serde(default)]
    pub still_in_contact: bool,
    /// Whether the victim may still pay.
    #[serde(default)]
    pub still_paying: bool,
    /// Whether the victim's device is or was controlled from afar.
    #[serde(default)]
    pub remote_controlled: bool,
    /// What the reporter lets the data be used for.
    pub consent: Consent,
}

/// Who reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reporter {
    /// Name, if given.
    #[serde(default)]
    pub name: Option<PersonName>,
    /// Phone to call back, if given.
    #[serde(default)]
    pub phone: Option<PhoneNumber>,
    /// In what relation to the loss.
    pub relation: Relation,
}

/// The reporter's relation to the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The victim.
    Victim,
    /// A relative.
    Family,
    /// Someone who saw it.
    Bystander,
    /// An institution on the victim's behalf.
    Institution,
}

/// What the reporter lets the data be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Only to stop and return this money.
    ThisCase,
    /// Also to match with other cases.
    Matching,
}

/// One payment as the victim tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportedPayment {
    /// The institution's reference, if the victim has it.
    #[serde(default)]
    pub tx_id: Option<String>,
    /// When it was paid.
    pub occurred_at: Timestamp,
    /// How much.
    pub amount: Amount,
    /// From which account.
    pub from: AccountRef,
    /// To which account.
    pub to: AccountRef,
    /// The name of the receiving account's holder as the victim saw it.
    #[serde(default)]
    pub to_name: Option<PersonName>,
    /// How it was paid.
    #[serde(default)]
    pub channel: Option<Channel>,
}

/// How fast something must be dealt with. P0 first.
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
pub enum Priority {
    /// Money moved less than 2 h ago: stop order first, paperwork after.
    P0,
    /// Less than 24 h ago.
    P1,
    /// Less than 72 h ago.
    P2,
    /// Longer ago, or no payment.
    P3,
}

crate::words! { Relation { Victim = "victim", Family = "family", Bystander = "bystander", Institution = "institution" } }
crate::words! { Consent { ThisCase = "this_case", Matching = "matching" } }
crate::words! { Priority { P0 = "p0", P1 = "p1", P2 = "p2", P3 = "p3" } }

impl Priority {
    /// The triage rule of the domain reference 2.1: by time since the last payment. A payment in the future
    /// (clocks differ) counts as just made.
    #[must_use]
    pub fn triage(last_payment: Option<Timestamp>, received_at: Timestamp) -> Self {
        let Some(age) = last_payment.map(|at| received_at.since(at)) else {
            return Self::P3;
        };
        if age < Duration::from_hours(2) {
            Self::P0
        } else if age < Duration::from_hours(24) {
            Self::P1
        } else if age < Duration::from_hours(72) {
            Self::P2
        } else {
            Self::P3
        }
    }
}

/// Where a report stands (domain reference 2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ReportState {
    /// Received, not yet looked at.
    Received,
    /// Priority given.
    Triaged,
    /// Something is missing; the reporter was asked.
    NeedsInfo {
        /// What is missing.
        question: String,
    },
    /// Joined to an earlier report's case.
    Merged {
        /// That case.
        case_id: CaseId,
    },
    /// A lead was opened from it.
    LeadOpened {
        /// That lead.
        lead_id: LeadId,
    },
    /// Looked at and found not to be fraud.
    NotFraud {
        /// Why.
        reason: String,
    },
    /// Answered and closed.
    Closed {
        /// Why it is closed.
        reason: String,
        /// The answer given to the reporter.
        answer: String,
    },
}

impl ReportState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Triaged => "triaged",
            Self::NeedsInfo { .. } => "needs_info",
            Self::Merged { .. } => "merged",
            Self::LeadOpened { .. } => "lead_opened",
            Self::NotFraud { .. } => "not_fraud",
            Self::Closed { .. } => "closed",
        }
    }

    /// Whether a report in this state may move to `next`:
    /// `received -> triaged -> (merged | lead_opened | not_fraud | needs_info) -> closed`, back from `needs_info` to
    /// `triaged` when the reporter answered, and from the work on it to `needs_info` and `not_fraud`: triage does not
    /// wait for either.
    #[must_use]
    pub const fn may_become(&self, next: &Self) -> bool {
        matches!(
            (self, next),
            (Self::Received, Self::Triaged)
                | (
                    Self::Triaged,
                    Self::Merged { .. }
                        | Self::LeadOpened { .. }
                        | Self::NotFraud { .. }
                        | Self::NeedsInfo { .. }
                )
                | (Self::NeedsInfo { .. }, Self::Triaged | Self::Closed { .. })
                | (
                    Self::Merged { .. } | Self::LeadOpened { .. },
                    Self::NeedsInfo { .. } | Self::NotFraud { .. }
                )
                | (
                    Self::Merged { .. } | Self::LeadOpened { .. } | Self::NotFraud { .. },
                    Self::Closed { .. }
                )
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triage_by_age_of_the_last_payment() {
        let received = Timestamp::from_secs(1_000_000);
        let after = |age: Duration| Priority::triage(Some(received.minus(age)), received);
        assert_eq!(after(Duration::from_mins(-5)), Priority::P0);
        assert_eq!(after(Duration::from_mins(119)), Priority::P0);
        assert_eq!(after(Duration::from_mins(120)), Priority::P1);
        assert_eq!(after(Duration::from_hours(24)), Priority::P2);
        assert_eq!(after(Duration::from_hours(72)), Priority::P3);
        assert_eq!(Priority::triage(None, received), Priority::P3);
    }
}
