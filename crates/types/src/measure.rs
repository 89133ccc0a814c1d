//! Measures on accounts and content: what they rest on, how long they last and how they end.
//!
//! A measure cannot be built without a ground, an individual signal, an end and a notice ([`Measure::impose`]). Where
//! somebody lives or is from is no signal; there is no word for it here.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::claim::ClaimDigest;
use crate::id::{
    AppealId, CaseId, EvidenceId, MeasureBatchId, MeasureId, OperationId, ReportId, UserId,
};
use crate::institution::InstitutionCode;
use crate::money::Amount;
use crate::notice::Notice;
use crate::personal::SubjectRef;
use crate::score::Score;
use crate::terms::FairnessTerms;
use crate::time::{Duration, Timestamp};
use crate::user::Actor;

/// Most individual signals of a measure.
pub const SIGNALS_MAX: usize = 16;
/// Most characters of a signal's detail, a scope, a rule's name.
pub const DETAIL_CHARS_MAX: usize = 500;
/// Most characters of the facts (DSA statement of reasons, `decision_facts`).
pub const FACTS_CHARS_MAX: usize = 5_000;
/// Most characters of the ground's reference (DSA, `..._ground`).
pub const GROUND_CHARS_MAX: usize = 500;
/// Most characters of the ground's explanation (DSA, `..._explanation`).
pub const EXPLANATION_CHARS_MAX: usize = 2_000;
/// Most partners that one measure goes to.
pub const PARTNERS_MAX: usize = 32;
/// Most items of evidence named by a measure.
pub const EVIDENCE_MAX: usize = 64;

/// What a measure does (domain reference 2.4).
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
pub enum MeasureKind {
    /// Warns the subject or those who deal with it.
    Warn,
    /// Puts a label beside it.
    Label,
    /// Shows it to fewer.
    ReduceReach,
    /// Settles its payments later.
    DelaySettlement,
    /// Asks for more proof of who it is.
    ExtraVerification,
    /// Takes one function away, such as paying out or messaging strangers.
    LimitFunction,
    /// Suspends the account.
    Suspend,
    /// Closes the account.
    Close,
    /// Holds content back until somebody has looked.
    HoldContent,
    /// Removes content.
    RemoveContent,
}

crate::words! { MeasureKind {
    Warn = "warn", Label = "label", ReduceReach = "reduce_reach", DelaySettlement = "delay_settlement",
    ExtraVerification = "extra_verification", LimitFunction = "limit_function", Suspend = "suspend", Close = "close",
    HoldContent = "hold_content", RemoveContent = "remove_content",
} }

impl MeasureKind {
    /// Whether only a person may make it final (PIPL art. 24; domain reference 2.4).
    #[must_use]
    pub const fn needs_person(self) -> bool {
        match self {
            Self::Suspend | Self::Close | Self::RemoveContent => true,
            Self::Warn
            | Self::Label
            | Self::ReduceReach
            | Self::DelaySettlement
            | Self::ExtraVerification
            | Self::LimitFunction
            | Self::HoldContent => false,
        }
    }

    /// Whether it can be taken on such a subject.
    #[must_use]
    pub const fn fits(self, subject: SubjectKind) -> bool {
        match self {
            Self::Warn | Self::Label | Self::ReduceReach => true,
            Self::HoldContent | Self::RemoveContent => matches!(subject, SubjectKind::Content),
            Self::DelaySettlement => matches!(subject, SubjectKind::Account),
            Self::ExtraVerification | Self::LimitFunction | Self::Suspend | Self::Close => {
                matches!(subject, SubjectKind::Account | SubjectKind::SocialAccount)
            }
        }
    }
}

/// What a measure is taken on.
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
pub enum SubjectKind {
    /// An account that holds money.
    Account,
    /// An account that talks to others.
    SocialAccount,
    /// A post, a listing, a message.
    Content,
}

crate::words! { SubjectKind { Account = "account", SocialAccount = "social_account", Content = "content" } }

/// The account or the content that a measure is taken on.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Where it is.
    pub platform: InstitutionCode,
    /// What it is.
    pub kind: SubjectKind,
    /// Its name there.
    pub reference: SubjectRef,
}

/// What kind of thing speaks against this one subject.
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
pub enum SignalKind {
    /// Its own words.
    Text,
    /// Its own pictures or videos.
    Image,
    /// What it did.
    Behaviour,
    /// Its payments.
    Payment,
    /// Somebody's report about it.
    Report,
    /// A device, a number or an address it shares with fraudsters.
    Infrastructure,
    /// An order of an authority that names it.
    Order,
}

crate::words! { SignalKind {
    Text = "text", Image = "image", Behaviour = "behaviour", Payment = "payment", Report = "report",
    Infrastructure = "infrastructure", Order = "order",
} }

/// Something that speaks against this one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IndividualSignal {
    /// What kind.
    pub kind: SignalKind,
    /// What was seen, 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    pub detail: String,
    /// When.
    pub seen_at: Timestamp,
    /// How strong, where a model or a rule says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
}

/// What a measure rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Law or contract.
    pub basis: GroundBasis,
    /// Which article or clause, 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    pub reference: String,
    /// Why it applies, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    pub explanation: String,
}

/// Law or contract (DSA, `decision_ground`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroundBasis {
    /// A law forbids it.
    IllegalContent,
    /// The platform's terms forbid it.
    IncompatibleContent,
}

crate::words! { GroundBasis { IllegalContent = "illegal_content", IncompatibleContent = "incompatible_content" } }

/// How much of the decision was a machine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Automation {
    /// A person decided.
    NotAutomated,
    /// A machine proposed, a person decided.
    Partially,
    /// A machine decided.
    Fully,
}

crate::words! { Automation { NotAutomated = "not_automated", Partially = "partially", Fully = "fully" } }

/// What found the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// Its name: a rule, a model.
    #[schema(min_length = 1, max_length = 500)]
    pub name: String,
    /// Its version: a policy's hash, a model's.
    #[schema(min_length = 1, max_length = 500)]
    pub version: String,
    /// What it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
}

/// The decided event behind a measure, so that what becomes of an appeal teaches the models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecidedEvent {
    /// The event.
    #[schema(min_length = 1, max_length = 128)]
    pub event_id: String,
    /// Its kind.
    #[schema(min_length = 1, max_length = 128)]
    pub kind: String,
    /// What was decided about it.
    #[schema(min_length = 1, max_length = 32)]
    pub decision: String,
    /// Hash of the policy that decided.
    #[schema(min_length = 1, max_length = 128)]
    pub policy: String,
}

/// A measure that somebody or a rule wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureWish {
    /// On what.
    pub subject: Subject,
    /// What.
    pub kind: MeasureKind,
    /// How far it reaches, such as the function taken away: 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    pub scope: String,
    /// What it rests on.
    pub ground: Ground,
    /// What happened, 1 to 5,000 characters. Told to the one it hits, not to the public.
    #[schema(min_length = 1, max_length = 5000)]
    pub facts: String,
    /// What speaks against this one subject, 1 to 16.
    #[schema(min_items = 1, max_items = 16)]
    pub signals: Vec<IndividualSignal>,
    /// Evidence, if collected.
    #[serde(default)]
    #[schema(max_items = 64)]
    pub evidence: Vec<EvidenceId>,
    /// What found it, if a machine did.
    #[serde(default)]
    pub detector: Option<Detector>,
    /// The decided event behind it, if any.
    #[serde(default)]
    pub event: Option<DecidedEvent>,
    /// How much of the decision was a machine's.
    pub automation: Automation,
    /// How long it lasts, in hours; bounded by its kind.
    #[schema(minimum = 1)]
    pub lasts_hours: i64,
    /// Other partners that take it too; where the subject is does so anyway.
    #[serde(default)]
    #[schema(max_items = 32)]
    pub partners: Vec<InstitutionCode>,
    /// The money it keeps from its owner, if any.
    #[serde(default)]
    pub money_held: Option<Amount>,
    /// The case it belongs to, if any.
    #[serde(default)]
    pub case_id: Option<CaseId>,
    /// The operation it belongs to, if any.
    #[serde(default)]
    pub operation_id: Option<OperationId>,
    /// The report that led to it, if any.
    #[serde(default)]
    pub report_id: Option<ReportId>,
}

/// A measure in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Identifier.
    pub id: MeasureId,
    /// What was wanted.
    pub wish: MeasureWish,
    /// Who decided.
    pub decided_by: Actor,
    /// Who else had a part in it, such as who asked for a batch.
    pub decided_with: Vec<UserId>,
    /// When, and since when it works.
    pub decided_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// The batch it came from, if any.
    pub batch_id: Option<MeasureBatchId>,
    /// What the one it hits was told.
    pub notice: Notice,
    /// Digest of the claim code that opens it without signing in.
    pub claim: ClaimDigest,
    /// Whether an upheld appeal against its like says to look at it again, and which.
    pub reexamine: Option<AppealId>,
    /// Where it stands.
    pub state: MeasureState,
}

/// Where a measure stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MeasureState {
    /// A machine decided what only a person may: it works until then and lapses unless a person confirms it.
    Provisional {
        /// Until when.
        until: Timestamp,
    },
    /// It works.
    Active {
        /// Who confirmed it, if it was provisional.
        confirmed_by: Option<UserId>,
    },
    /// It works in part: livelihood is let through while an appeal is looked at.
    Eased {
        /// Since when.
        at: Timestamp,
        /// For which appeal.
        appeal_id: AppealId,
        /// Who confirmed it, if it was provisional.
        confirmed_by: Option<UserId>,
    },
    /// Its time was up.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It was taken back.
    Lifted {
        /// When.
        at: Timestamp,
        /// Why.
        cause: LiftCause,
    },
}

/// Why a measure was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum LiftCause {
    /// An appeal was upheld, wholly or in part.
    Appeal {
        /// Which.
        appeal_id: AppealId,
    },
    /// An appeal was not decided in time.
    NotDecided {
        /// Which.
        appeal_id: AppealId,
    },
    /// Somebody took it back.
    Withdrawn {
        /// Who.
        by: UserId,
        /// Why.
        reason: String,
    },
    /// The batch was rolled back.
    RolledBack {
        /// Which.
        batch_id: MeasureBatchId,
        /// By whom.
        by: UserId,
    },
}

impl MeasureState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Provisional { .. } => "provisional",
            Self::Active { .. } => "active",
            Self::Eased { .. } => "eased",
            Self::Expired { .. } => "expired",
            Self::Lifted { .. } => "lifted",
        }
    }
}

/// Why a measure cannot be taken or cannot make a step.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MeasureError {
    /// A part of the wish breaks a rule.
    #[error("{field}: {why}")]
    Wish {
        /// JSON pointer to the part.
        field: &'static str,
        /// Which rule.
        why: &'static str,
    },
    /// The state does not allow the step.
    #[error("a measure that is {from} cannot become {to}")]
    State {
        /// The state's word.
        from: &'static str,
        /// The wanted state's word.
        to: &'static str,
    },
    /// Its time is not up yet.
    #[error("the measure ends at {0}")]
    NotYet(Timestamp),
}

impl MeasureWish {
    /// Every rule that the wish breaks; empty if none.
    #[must_use]
    pub fn faults(&self) -> Vec<MeasureError> {
        let mut faults = Vec::new();
        let mut rule = |holds: bool, field: &'static str, why: &'static str| {
            if !holds {
                faults.push(MeasureError::Wish { field, why });
            }
        };
        rule(
            self.kind.fits(self.subject.kind),
            "/kind",
            "such a measure cannot be taken on such a subject",
        );
        rule(
            told(&self.scope, DETAIL_CHARS_MAX),
            "/scope",
            "it has 1 to 500 characters, none of them control",
        );
        rule(
            told(&self.ground.reference, GROUND_CHARS_MAX),
            "/ground/reference",
            "it has 1 to 500 characters",
        );
        rule(
            told(&self.ground.explanation, EXPLANATION_CHARS_MAX),
            "/ground/explanation",
            "it has 1 to 2,000 characters",
        );
        rule(
            told(&self.facts, FACTS_CHARS_MAX),
            "/facts",
            "it has 1 to 5,000 characters",
        );
        rule(
            (1..=SIGNALS_MAX).contains(&self.signals.len()),
            "/signals",
            "1 to 16 things speak against this one subject; a region is not one",
        );
        let signals = self
            .signals
            .iter()
            .all(|signal| told(&signal.detail, DETAIL_CHARS_MAX));
        rule(
            signals,
            "/signals",
            "each says what was seen in 1 to 500 characters",
        );
        rule(
            self.evidence.len() <= EVIDENCE_MAX,
            "/evidence",
            "at most 64 items",
        );
        rule(
            self.partners.len() < PARTNERS_MAX,
            "/partners",
            "at most 31 more partners",
        );
        self.rest_faults(&mut faults);
        faults
    }

    /// The rules of its length and of what a machine had to do with it.
    fn rest_faults(&self, faults: &mut Vec<MeasureError>) {
        let mut rule = |holds: bool, field: &'static str, why: &'static str| {
            if !holds {
                faults.push(MeasureError::Wish { field, why });
            }
        };
        let longest = FairnessTerms::longest(self.kind).as_secs() / 3_600;
        rule(
            (1..=longest).contains(&self.lasts_hours),
            "/lasts_hours",
            "it lasts at least an hour and no longer than its kind may",
        );
        let detected = self.automation == Automation::NotAutomated || self.detector.is_some();
        rule(
            detected,
            "/detector",
            "what a machine found names the machine",
        );
        let detector = self.detector.as_ref().is_none_or(|detector| {
            told(&detector.name, DETAIL_CHARS_MAX) && told(&detector.version, DETAIL_CHARS_MAX)
        });
        rule(
            detector,
            "/detector",
            "name and version have 1 to 500 characters",
        );
        let event = self.event.as_ref().is_none_or(|event| {
            let texts = [&event.event_id, &event.kind, &event.policy];
            texts.iter().all(|text| told(text, 128)) && told(&event.decision, 32)
        });
        rule(
            event,
            "/event",
            "event_id, kind and policy have 1 to 128 characters, decision 1 to 32",
        );
    }

    /// Where the measure is to work: the subject's platform first, then the others, each once.
    #[must_use]
    pub fn reaches(&self) -> Vec<InstitutionCode> {
        let mut reaches = vec![self.subject.platform.clone()];
        for partner in &self.partners {
            if !reaches.contains(partner) {
                reaches.push(partner.clone());
            }
        }
        reaches
    }
}

/// Whether `text` says something, in at most `chars_max` characters, of which only line breaks and tabs control.
pub(crate) fn told(text: &str, chars_max: usize) -> bool {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    !text.trim().is_empty() && text.chars().count() <= chars_max && !text.contains(control)
}

/// Who takes a measure, when, under which name.
#[derive(Debug, Clone)]
pub struct Imposing {
    /// Its identifier.
    pub id: MeasureId,
    /// Who decides.
    pub by: Actor,
    /// Who else had a part in it.
    pub with: Vec<UserId>,
    /// When.
    pub at: Timestamp,
    /// Digest of the claim code that the notice carries.
    pub claim: ClaimDigest,
    /// The batch it comes from, if any.
    pub batch_id: Option<MeasureBatchId>,
}

impl Measure {
    /// Takes the measure: from now on, until its end, with its notice.
    ///
    /// What a machine alone decided is provisional where only a person may decide.
    ///
    /// # Errors
    /// The first of [`MeasureWish::faults`]; [`MeasureError::Wish`] if a machine's decision is said to be a person's
    /// or the other way round.
    pub fn impose(
        wish: MeasureWish,
        imposing: Imposing,
        terms: &FairnessTerms,
    ) -> Result<Self, MeasureError> {
        if let Some(fault) = wish.faults().into_iter().next() {
            return Err(fault);
        }
        let by_person = matches!(imposing.by, Actor::User { .. });
        if by_person == (wish.automation == Automation::Fully) {
            let why = "`fully` is for what no person decided, and for nothing else";
            return Err(MeasureError::Wish {
                field: "/automation",
                why,
            });
        }
        let expires_at = imposing.at.plus(Duration::from_hours(wish.lasts_hours));
        let state = if !by_person && wish.kind.needs_person() {
            let until = imposing
                .at
                .plus(Duration::from_hours(terms.provisional_hours));
            MeasureState::Provisional {
                until: until.min(expires_at),
            }
        } else {
            MeasureState::Active { confirmed_by: None }
        };
        let notice = Notice::of(imposing.id, &wish, imposing.at, expires_at, terms);
        Ok(Self {
            id: imposing.id,
            wish,
            decided_by: imposing.by,
            decided_with: imposing.with,
            decided_at: imposing.at,
            expires_at,
            batch_id: imposing.batch_id,
            notice,
            claim: imposing.claim,
            reexamine: None,
            state,
        })
    }

    /// When it ends unless somebody does something; none once it is over.
    #[must_use]
    pub const fn ends_at(&self) -> Option<Timestamp> {
        match self.state {
            MeasureState::Provisional { until } => Some(until),
            MeasureState::Active { .. } | MeasureState::Eased { .. } => Some(self.expires_at),
            MeasureState::Expired { .. } | MeasureState::Lifted { .. } => None,
        }
    }

    /// Whether it works now, wholly or in part.
    #[must_use]
    pub const fn is_in_force(&self) -> bool {
        self.ends_at().is_some()
    }

    /// Everybody who had a part in the decision: none of them reviews it.
    #[must_use]
    pub fn deciders(&self) -> Vec<UserId> {
        let mut deciders = self.decided_with.clone();
        if let Actor::User { id } = self.decided_by {
            deciders.push(id);
        }
        if let MeasureState::Active {
            confirmed_by: Some(id),
        }
        | MeasureState::Eased {
            confirmed_by: Some(id),
            ..
        } = self.state
        {
            deciders.push(id);
        }
        deciders
    }

    /// `provisional -> active`: a person makes it final.
    ///
    /// # Errors
    /// [`MeasureError::State`].
    pub fn confirm(self, by: UserId) -> Result<Self, MeasureError> {
        self.step(
            MeasureState::Active {
                confirmed_by: Some(by),
            },
            |from| matches!(from, MeasureState::Provisional { .. }),
        )
    }

    /// `active -> eased`: what livelihood needs is let through.
    ///
    /// # Errors
    /// [`MeasureError::State`].
    pub fn ease(self, at: Timestamp, appeal_id: AppealId) -> Result<Self, MeasureError> {
        let confirmed_by = match self.state {
            MeasureState::Active { confirmed_by } => confirmed_by,
            MeasureState::Provisional { .. }
            | MeasureState::Eased { .. }
            | MeasureState::Expired { .. }
            | MeasureState::Lifted { .. } => None,
        };
        let eased = MeasureState::Eased {
            at,
            appeal_id,
            confirmed_by,
        };
        self.step(eased, |from| matches!(from, MeasureState::Active { .. }))
    }

    /// `provisional | active | eased -> expired` by the timer.
    ///
    /// # Errors
    /// [`MeasureError::NotYet`], [`MeasureError::State`].
    pub fn expire(self, now: Timestamp) -> Result<Self, MeasureError> {
        let Some(at) = self.ends_at() else {
            return Err(self.refusal("expired"));
        };
        if now < at {
            return Err(MeasureError::NotYet(at));
        }
        self.step(MeasureState::Expired { at }, |_| true)
    }

    /// `provisional | active | eased -> lifted`.
    ///
    /// # Errors
    /// [`MeasureError::State`].
    pub fn lift(self, at: Timestamp, cause: LiftCause) -> Result<Self, MeasureError> {
        let in_force = self.is_in_force();
        self.step(MeasureState::Lifted { at, cause }, |_| in_force)
    }

    fn step(
        self,
        to: MeasureState,
        allowed: impl Fn(&MeasureState) -> bool,
    ) -> Result<Self, MeasureError> {
        if allowed(&self.state) {
            Ok(Self { state: to, ..self })
        } else {
            Err(self.refusal(to.as_str()))
        }
    }

    const fn refusal(&self, to: &'static str) -> MeasureError {
        MeasureError::State {
            from: self.state.as_str(),
            to,
        }
    }
}
