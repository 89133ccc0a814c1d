//! Evidence: what was collected for a case, by which two people, and who has had it since (domain reference 2.12).
//!
//! An item exists only with two different collectors and the whole record of its collection. What happens to it is a
//! chain of [`CustodyEvent`]s: each holds the digest of the one before, none is ever changed or removed.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::{CaseId, EvidenceId, UserId};
use crate::time::{Duration, Timestamp};

/// Longest file name, in characters.
pub const EVIDENCE_NAME_CHARS_MAX: usize = 200;
/// Longest text of a record of collection or of a custody event, in characters.
pub const EVIDENCE_TEXT_CHARS_MAX: usize = 500;
/// Whoever evidence was taken from is told of its release within this time (domain reference 2.12: 3 days).
pub const RELEASE_NOTICE_WITHIN: Duration = Duration::from_days(3);

/// Why an item cannot be made, or a step not be taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EvidenceRefused {
    /// One person collected alone.
    #[error("evidence is collected by two different people")]
    OneCollector,
    /// A text is empty, too long or holds control characters.
    #[error("`{field}` {why}")]
    Text {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Somebody else has the item.
    #[error("the item is not in that person's hands")]
    NotHolder,
    /// It would be handed to whoever has it.
    #[error("the item is in that person's hands already")]
    SameHolder,
    /// The item was released.
    #[error("the item was released")]
    Released,
    /// The item was not released, or the notice was given already.
    #[error("no notice of release is due")]
    NoNoticeDue,
}

/// Two different people who collected together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CollectorsForm")]
pub struct Collectors {
    first: UserId,
    second: UserId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectorsForm {
    first: UserId,
    second: UserId,
}

impl TryFrom<CollectorsForm> for Collectors {
    type Error = EvidenceRefused;

    fn try_from(form: CollectorsForm) -> Result<Self, Self::Error> {
        Self::new(form.first, form.second)
    }
}

impl Collectors {
    /// The two.
    ///
    /// # Errors
    /// [`EvidenceRefused::OneCollector`] if they are one person.
    pub fn new(first: UserId, second: UserId) -> Result<Self, EvidenceRefused> {
        if first == second {
            return Err(EvidenceRefused::OneCollector);
        }
        Ok(Self { first, second })
    }

    /// Who collected, and has the item first.
    #[must_use]
    pub const fn first(&self) -> UserId {
        self.first
    }

    /// Who collected with them.
    #[must_use]
    pub const fn second(&self) -> UserId {
        self.second
    }
}

/// What kind of thing an item is; follows from its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceCategory {
    /// A picture, such as a screenshot.
    Picture,
    /// A recording of sound.
    Audio,
    /// A recording of pictures.
    Video,
    /// A document for reading.
    Document,
    /// Data of a system: tables, messages, logs.
    Records,
    /// A packed collection or an image of a medium.
    Container,
}

crate::words! { EvidenceCategory { Picture = "picture", Audio = "audio", Video = "video", Document = "document",
Records = "records", Container = "container" } }

/// The record made when an item is collected: matter, object, content, place, method, process (2016 joint provisions).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionRecord {
    /// The matter it is collected for.
    pub matter: String,
    /// The object it is taken from: a phone, an account, a server.
    pub object: String,
    /// What it shows.
    pub content: String,
    /// Where it was collected.
    pub place: String,
    /// How: extracted, photographed, received, downloaded.
    pub method: String,
    /// The steps taken, in order.
    pub process: String,
    /// Who gave it or where it came from.
    pub source: String,
    /// The tool and its version.
    pub tool: String,
    /// The holder or witness who was present, if anybody.
    pub witness: Option<String>,
}

/// The bytes of an item, by their digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceDigest {
    /// Number of bytes.
    pub size: u64,
    /// SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// SM3 (GB/T 32905), 64 hexadecimal digits.
    pub sm3: String,
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum EvidenceState {
    /// Somebody has it.
    InCustody {
        /// Who.
        holder: UserId,
    },
    /// It is needed no more; whoever it was taken from is to be told.
    Released {
        /// When.
        at: Timestamp,
        /// Until when they must be told.
        notice_due_at: Timestamp,
        /// When they were told.
        notice_at: Option<Timestamp>,
    },
}

impl EvidenceState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::InCustody { .. } => "in_custody",
            Self::Released { .. } => "released",
        }
    }
}

/// An item of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceItem {
    /// Identifier.
    pub id: EvidenceId,
    /// The case.
    pub case_id: CaseId,
    /// The file's name when it was collected.
    pub name: String,
    /// What kind of thing.
    pub category: EvidenceCategory,
    /// The file's format, as a media type.
    pub format: String,
    /// Its bytes.
    pub digest: EvidenceDigest,
    /// When it was collected.
    pub acquired_at: Timestamp,
    /// By whom.
    pub collectors: Collectors,
    /// The record of the collection.
    pub record: CollectionRecord,
    /// Where it stands.
    pub state: EvidenceState,
}

/// Something that happened to an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CustodyAction {
    /// Two people collected it.
    Collected {
        /// Who.
        collectors: Collectors,
        /// The bytes as they were taken in.
        digest: EvidenceDigest,
    },
    /// One person handed it to another.
    HandedOver {
        /// Who had it.
        from: UserId,
        /// Who has it now.
        to: UserId,
        /// Why.
        reason: String,
    },
    /// Somebody looked at the bytes.
    Viewed {
        /// What for.
        purpose: String,
    },
    /// A copy left in a package.
    Exported {
        /// The package, by the id of its export.
        package: String,
    },
    /// It was let go.
    Released {
        /// Why.
        reason: String,
        /// Until when whoever it was taken from must be told.
        notice_due_at: Timestamp,
    },
    /// Whoever it was taken from was told of the release.
    NoticeGiven {
        /// Whom, and how.
        to: String,
        /// Whether it was in time.
        in_time: bool,
    },
}

impl CustodyAction {
    /// The action's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Collected { .. } => "collected",
            Self::HandedOver { .. } => "handed_over",
            Self::Viewed { .. } => "viewed",
            Self::Exported { .. } => "exported",
            Self::Released { .. } => "released",
            Self::NoticeGiven { .. } => "notice_given",
        }
    }
}

/// One link of an item's chain of custody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyEvent {
    /// The item.
    pub item_id: EvidenceId,
    /// 1 for the collection, then rising without gaps.
    pub seq: i32,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: UserId,
    /// What happened.
    pub action: CustodyAction,
    /// SHA-256 of the event before, hexadecimal; none for the collection.
    pub previous: Option<String>,
}

/// What an item is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvidence {
    /// Identifier.
    pub id: EvidenceId,
    /// The case.
    pub case_id: CaseId,
    /// The file's name.
    pub name: String,
    /// What kind of thing.
    pub category: EvidenceCategory,
    /// Media type.
    pub format: String,
    /// Its bytes.
    pub digest: EvidenceDigest,
    /// When it is collected.
    pub acquired_at: Timestamp,
    /// By whom.
    pub collectors: Collectors,
    /// The record of the collection.
    pub record: CollectionRecord,
}

/// Checks a text that people write about evidence.
///
/// # Errors
/// [`EvidenceRefused::Text`].
pub fn check_evidence_text(
    field: &'static str,
    text: &str,
    chars_max: usize,
) -> Result<(), EvidenceRefused> {
    let refuse = |why| Err(EvidenceRefused::Text { field, why });
    if text.trim().is_empty() {
        refuse("is empty")
    } else if text.chars().count() > chars_max {
        refuse("is too long")
    } else if text.chars().any(|c| c.is_control() && c != '\n') {
        refuse("has control characters")
    } else {
        Ok(())
    }
}

impl EvidenceItem {
    /// The item in the hands of its first collector, and the first link of its chain.
    ///
    /// # Errors
    /// [`EvidenceRefused::Text`] if the name or a part of the record is empty or too long.
    pub fn collect(new: NewEvidence) -> Result<(Self, CustodyEvent), EvidenceRefused> {
        check_evidence_text("name", &new.name, EVIDENCE_NAME_CHARS_MAX)?;
        new.record.check()?;
        let first = CustodyEvent {
            item_id: new.id,
            seq: 1,
            at: new.acquired_at,
            by: new.collectors.first(),
            action: CustodyAction::Collected {
                collectors: new.collectors,
                digest: new.digest.clone(),
            },
            previous: None,
        };
        let item = Self {
            id: new.id,
            case_id: new.case_id,
            name: new.name,
            category: new.category,
            format: new.format,
            digest: new.digest,
            acquired_at: new.acquired_at,
            state: EvidenceState::InCustody {
                holder: new.collectors.first(),
            },
            collectors: new.collectors,
            record: new.record,
        };
        Ok((item, first))
    }

    /// Takes the step `action` at `at`: the item as it is then. A view or an export leaves it as it was.
    ///
    /// # Errors
    /// [`EvidenceRefused`] if the item's state does not allow it or a text breaks the rules.
    pub fn after(mut self, action: &CustodyAction, at: Timestamp) -> Result<Self, EvidenceRefused> {
        let text = |field, text: &str| check_evidence_text(field, text, EVIDENCE_TEXT_CHARS_MAX);
        self.state = match (action, self.state) {
            (CustodyAction::Collected { .. }, _) => return Err(EvidenceRefused::SameHolder),
            (
                CustodyAction::HandedOver { from, to, reason },
                EvidenceState::InCustody { holder },
            ) => {
                text("reason", reason)?;
                if *from != holder {
                    return Err(EvidenceRefused::NotHolder);
                }
                if from == to {
                    return Err(EvidenceRefused::SameHolder);
                }
                EvidenceState::InCustody { holder: *to }
            }
            (CustodyAction::HandedOver { .. }, EvidenceState::Released { .. }) => {
                return Err(EvidenceRefused::Released);
            }
            (CustodyAction::Viewed { purpose }, state) => {
                text("purpose", purpose)?;
                state
            }
            (CustodyAction::Exported { .. }, state) => state,
            (
                CustodyAction::Released {
                    reason,
                    notice_due_at,
                },
                EvidenceState::InCustody { .. },
            ) => {
                text("reason", reason)?;
                EvidenceState::Released {
                    at,
                    notice_due_at: *notice_due_at,
                    notice_at: None,
                }
            }
            (CustodyAction::Released { .. }, EvidenceState::Released { .. }) => {
                return Err(EvidenceRefused::Released);
            }
            (
                CustodyAction::NoticeGiven { to, .. },
                EvidenceState::Released {
                    at: released_at,
                    notice_due_at,
                    notice_at: None,
                },
            ) => {
                text("to", to)?;
                EvidenceState::Released {
                    at: released_at,
                    notice_due_at,
                    notice_at: Some(at),
                }
            }
            (
                CustodyAction::NoticeGiven { .. },
                EvidenceState::InCustody { .. } | EvidenceState::Released { .. },
            ) => {
                return Err(EvidenceRefused::NoNoticeDue);
            }
        };
        Ok(self)
    }
}

impl CollectionRecord {
    fn check(&self) -> Result<(), EvidenceRefused> {
        let texts = [
            ("matter", &self.matter),
            ("object", &self.object),
            ("content", &self.content),
            ("place", &self.place),
            ("method", &self.method),
            ("process", &self.process),
            ("source", &self.source),
            ("tool", &self.tool),
        ];
        let witness = self.witness.iter().map(|text| ("witness", text));
        for (field, text) in texts.into_iter().chain(witness) {
            check_evidence_text(field, text, EVIDENCE_TEXT_CHARS_MAX)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
