//! Appeals against measures: filed without signing in, decided by somebody who had no part in the decision.
//!
//! Only a [`Reviewer`] can take and decide an appeal, and one can only be made of a person who is not among the
//! measure's deciders ([`Reviewer::of`]). Every waiting state has a deadline; an appeal that is not decided in time
//! lifts the measure.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::{AppealId, MeasureId, UserId};
use crate::measure::{Measure, told};
use crate::terms::FairnessTerms;
use crate::time::{Duration, Timestamp};
use crate::user::{Role, User};

/// Most characters of what the filer says.
pub const APPEAL_CHARS_MAX: usize = 5_000;
/// Most characters of a reviewer's reason or question.
pub const REASON_CHARS_MAX: usize = 2_000;
/// Most materials of an appeal.
pub const MATERIALS_MAX: usize = 10;

/// An appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// Identifier.
    pub id: AppealId,
    /// Against which measure.
    pub measure_id: MeasureId,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// How.
    pub channel: AppealChannel,
    /// What the filer says: personal.
    pub says: String,
    /// What the filer sent.
    pub materials: Vec<Material>,
    /// What hangs on it, if the filer says so.
    pub livelihood: Option<Livelihood>,
    /// By when what must have happened.
    pub deadlines: AppealDeadlines,
    /// When partial access was given.
    pub eased_at: Option<Timestamp>,
    /// Where it stands.
    pub state: AppealState,
}

/// How an appeal came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "channel", rename_all = "snake_case")]
pub enum AppealChannel {
    /// By the public page or the API, with the claim code.
    Web,
    /// By phone; an agent wrote it down.
    Phone {
        /// Who.
        agent: UserId,
    },
    /// On paper; an agent entered it.
    Paper {
        /// Who.
        agent: UserId,
    },
}

impl AppealChannel {
    /// Who wrote the appeal down, if somebody did.
    #[must_use]
    pub const fn agent(&self) -> Option<UserId> {
        match self {
            Self::Web => None,
            Self::Phone { agent } | Self::Paper { agent } => Some(*agent),
        }
    }
}

/// What hangs on the account (domain reference 2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Livelihood {
    /// Wages.
    Salary,
    /// Medical care.
    Medical,
    /// It is the only account.
    OnlyAccount,
}

crate::words! { Livelihood { Salary = "salary", Medical = "medical", OnlyAccount = "only_account" } }

/// A document that was sent with an appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Material {
    /// Its name as sent, without folders.
    pub name: String,
    /// What it is, found by looking at it.
    pub media_type: String,
    /// How large, in bytes.
    pub size: u64,
    /// Its content, by SHA-256.
    pub sha256: String,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// By when what must have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppealDeadlines {
    /// It is acknowledged.
    pub acknowledge_by: Timestamp,
    /// Partial access is given, where livelihood hangs on it.
    pub ease_by: Option<Timestamp>,
    /// It is decided. Waiting for materials that were asked for does not count.
    pub decide_by: Timestamp,
}

/// Where an appeal stands (domain reference 2.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AppealState {
    /// It came in.
    Submitted,
    /// The filer was told that it came in.
    Acknowledged {
        /// When.
        at: Timestamp,
    },
    /// The reviewer asked for something.
    NeedsMaterials {
        /// Who.
        reviewer: UserId,
        /// What for.
        asked: String,
        /// When.
        at: Timestamp,
        /// Until when it can be sent.
        until: Timestamp,
    },
    /// A reviewer has it.
    UnderReview {
        /// Who.
        reviewer: UserId,
        /// Since when.
        since: Timestamp,
    },
    /// It is decided; what follows from it is under way.
    Decided {
        /// How.
        decision: Decision,
    },
    /// What follows from the decision has reached all partners.
    Executed {
        /// The decision.
        decision: Decision,
        /// When the last partner had it.
        at: Timestamp,
    },
    /// The filer went to another body.
    ExternalReview {
        /// The decision here.
        decision: Decision,
        /// When.
        at: Timestamp,
        /// Which body: administrative review or a court.
        body: String,
    },
}

/// How an appeal was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Decision {
    /// The outcome.
    pub outcome: AppealOutcome,
    /// By whom; nobody if the deadline decided.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Why, told to the filer.
    pub reason: String,
}

/// The outcome of an appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppealOutcome {
    /// The measure was wrong.
    Upheld,
    /// It went too far: lifted, and a milder one may take its place.
    Partly,
    /// The measure stays.
    Rejected,
    /// Nobody decided in time; the measure is lifted.
    NotDecided,
}

crate::words! { AppealOutcome { Upheld = "upheld", Partly = "partly", Rejected = "rejected", NotDecided = "not_decided" } }

impl AppealOutcome {
    /// Whether the measure is lifted.
    #[must_use]
    pub const fn lifts(self) -> bool {
        match self {
            Self::Upheld | Self::Partly | Self::NotDecided => true,
            Self::Rejected => false,
        }
    }
}

impl AppealState {
    /// The state's word; a decided appeal has its outcome's.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Acknowledged { .. } => "acknowledged",
            Self::NeedsMaterials { .. } => "needs_materials",
            Self::UnderReview { .. } => "under_review",
            Self::Decided { decision } => decision.outcome.as_str(),
            Self::Executed { .. } => "executed",
            Self::ExternalReview { .. } => "external_review",
        }
    }

    /// The decision, once there is one.
    #[must_use]
    pub const fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Decided { decision }
            | Self::Executed { decision, .. }
            | Self::ExternalReview { decision, .. } => Some(decision),
            Self::Submitted
            | Self::Acknowledged { .. }
            | Self::NeedsMaterials { .. }
            | Self::UnderReview { .. } => None,
        }
    }

    /// Who has it, if somebody does.
    #[must_use]
    pub const fn reviewer(&self) -> Option<UserId> {
        match self {
            Self::NeedsMaterials { reviewer, .. } | Self::UnderReview { reviewer, .. } => {
                Some(*reviewer)
            }
            Self::Submitted
            | Self::Acknowledged { .. }
            | Self::Decided { .. }
            | Self::Executed { .. }
            | Self::ExternalReview { .. } => None,
        }
    }
}

/// Why an appeal cannot be filed or cannot make a step.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppealError {
    /// A part of it breaks a rule.
    #[error("{field}: {why}")]
    Content {
        /// JSON pointer to the part.
        field: &'static str,
        /// Which rule.
        why: &'static str,
    },
    /// The time to appeal is over.
    #[error("an appeal could be filed until {0}")]
    TooLate(Timestamp),
    /// The state does not allow the step.
    #[error("an appeal that is {from} cannot become {to}")]
    State {
        /// The state's word.
        from: &'static str,
        /// The wanted state's word.
        to: &'static str,
    },
    /// Whoever decided on the measure does not review it.
    #[error("whoever had a part in a measure does not review it")]
    Decider,
    /// The person is no reviewer.
    #[error("only a reviewer decides appeals")]
    NotReviewer,
    /// Somebody else has the appeal.
    #[error("another reviewer has the appeal")]
    OtherReviewer,
    /// Its time is not up yet.
    #[error("nothing is due before {0}")]
    NotYet(Timestamp),
}

/// A person who may decide one appeal: a reviewer who had no part in the measure. There is no other way to make one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reviewer {
    user: UserId,
    appeal: AppealId,
}

impl Reviewer {
    /// `user` as the reviewer of `appeal`, which is against `measure`.
    ///
    /// # Errors
    /// [`AppealError::NotReviewer`]; [`AppealError::Decider`] if they had a part in the measure or entered the appeal.
    pub fn of(user: &User, appeal: &Appeal, measure: &Measure) -> Result<Self, AppealError> {
        if !user.has(Role::Reviewer) || user.disabled_at.is_some() {
            return Err(AppealError::NotReviewer);
        }
        if measure.id != appeal.measure_id
            || measure.deciders().contains(&user.id)
            || appeal.channel.agent() == Some(user.id)
        {
            return Err(AppealError::Decider);
        }
        Ok(Self {
            user: user.id,
            appeal: appeal.id,
        })
    }

    /// Who.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }
}

/// What is filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    /// Identifier.
    pub id: AppealId,
    /// When.
    pub at: Timestamp,
    /// How.
    pub channel: AppealChannel,
    /// What the filer says, 1 to 5,000 characters.
    pub says: String,
    /// What hangs on it.
    pub livelihood: Option<Livelihood>,
}

impl Appeal {
    /// Files an appeal against `measure`, also when it is over: being wronged does not end with it.
    ///
    /// # Errors
    /// [`AppealError::Content`], [`AppealError::TooLate`].
    pub fn file(
        measure: &Measure,
        filing: Filing,
        terms: &FairnessTerms,
    ) -> Result<Self, AppealError> {
        if !told(&filing.says, APPEAL_CHARS_MAX) {
            return Err(AppealError::Content {
                field: "/says",
                why: "it has 1 to 5,000 characters",
            });
        }
        if filing.at > measure.notice.appeal_until {
            return Err(AppealError::TooLate(measure.notice.appeal_until));
        }
        Ok(Self {
            id: filing.id,
            measure_id: measure.id,
            filed_at: filing.at,
            channel: filing.channel,
            says: filing.says,
            materials: Vec::new(),
            livelihood: filing.livelihood,
            deadlines: AppealDeadlines {
                acknowledge_by: terms.acknowledge_by(filing.at),
                ease_by: filing.livelihood.map(|_| terms.ease_by(filing.at)),
                decide_by: terms.decide_by(measure.wish.subject.kind, filing.at),
            },
            eased_at: None,
            state: AppealState::Submitted,
        })
    }

    /// Whether it waits for a decision.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.state.decision().is_none()
    }

    /// What happens next by itself, and when; none once it is decided.
    #[must_use]
    pub fn next_due(&self) -> Option<(Timestamp, AppealDue)> {
        if !self.is_open() {
            return None;
        }
        let decide = match self.state {
            AppealState::NeedsMaterials { until, .. } => (until, AppealDue::Materials),
            AppealState::Submitted
            | AppealState::Acknowledged { .. }
            | AppealState::UnderReview { .. }
            | AppealState::Decided { .. }
            | AppealState::Executed { .. }
            | AppealState::ExternalReview { .. } => (self.deadlines.decide_by, AppealDue::Decide),
        };
        let acknowledge = matches!(self.state, AppealState::Submitted)
            .then_some((self.deadlines.acknowledge_by, AppealDue::Acknowledge));
        let ease = self
            .deadlines
            .ease_by
            .filter(|_| self.eased_at.is_none())
            .map(|by| (by, AppealDue::Ease));
        [Some(decide), acknowledge, ease]
            .into_iter()
            .flatten()
            .min()
    }

    /// `submitted -> acknowledged`.
    ///
    /// # Errors
    /// [`AppealError::State`].
    pub fn acknowledge(self, at: Timestamp) -> Result<Self, AppealError> {
        let AppealState::Submitted = self.state else {
            return Err(refusal(&self.state, "acknowledged"));
        };
        let state = AppealState::Acknowledged { at };
        Ok(Self { state, ..self })
    }

    /// Notes that partial access was given.
    #[must_use]
    pub fn eased(self, at: Timestamp) -> Self {
        Self {
            eased_at: self.eased_at.or(Some(at)),
            ..self
        }
    }

    /// `submitted | acknowledged -> under_review`, or from another reviewer's hands.
    ///
    /// # Errors
    /// [`AppealError::State`], [`AppealError::Decider`] if the reviewer is one of another appeal.
    pub fn take(self, reviewer: Reviewer, at: Timestamp) -> Result<Self, AppealError> {
        self.must_be_for(reviewer)?;
        match self.state {
            AppealState::Submitted
            | AppealState::Acknowledged { .. }
            | AppealState::UnderReview { .. } => {
                let state = AppealState::UnderReview {
                    reviewer: reviewer.user,
                    since: at,
                };
                Ok(Self { state, ..self })
            }
            ref other @ (AppealState::NeedsMaterials { .. }
            | AppealState::Decided { .. }
            | AppealState::Executed { .. }
            | AppealState::ExternalReview { .. }) => Err(refusal(other, "under_review")),
        }
    }

    /// `under_review -> needs_materials`.
    ///
    /// # Errors
    /// [`AppealError::Content`], [`AppealError::OtherReviewer`], [`AppealError::State`].
    pub fn ask(
        self,
        reviewer: Reviewer,
        asked: String,
        at: Timestamp,
        terms: &FairnessTerms,
    ) -> Result<Self, AppealError> {
        if !told(&asked, REASON_CHARS_MAX) {
            return Err(AppealError::Content {
                field: "/asked",
                why: "it has 1 to 2,000 characters",
            });
        }
        self.must_have(reviewer, "needs_materials")?;
        let until = at.plus(Duration::from_days(terms.materials_days));
        let state = AppealState::NeedsMaterials {
            reviewer: reviewer.user,
            asked,
            at,
            until,
        };
        Ok(Self { state, ..self })
    }

    /// Adds a document while it is open; `needs_materials -> under_review`, and the time waited is given back.
    ///
    /// # Errors
    /// [`AppealError::Content`] if there are ten, [`AppealError::State`] once it is decided.
    pub fn add_material(mut self, material: Material) -> Result<Self, AppealError> {
        if !self.is_open() {
            return Err(refusal(&self.state, "under_review"));
        }
        if self.materials.len() >= MATERIALS_MAX {
            return Err(AppealError::Content {
                field: "/materials",
                why: "an appeal has at most 10 documents",
            });
        }
        let at = material.received_at;
        self.materials.push(material);
        Ok(self.resume(at))
    }

    /// `needs_materials -> under_review`: what was asked for arrived, or its time is up. The time waited does not
    /// count against the filer nor against the reviewer.
    #[must_use]
    pub fn resume(mut self, at: Timestamp) -> Self {
        if let AppealState::NeedsMaterials {
            reviewer,
            at: asked_at,
            until,
            ..
        } = self.state
        {
            let at = at.min(until);
            let waited = at.since(asked_at).max(Duration::ZERO);
            self.deadlines.decide_by = self.deadlines.decide_by.plus(waited);
            self.state = AppealState::UnderReview {
                reviewer,
                since: at,
            };
        }
        self
    }

    /// `under_review -> upheld | partly | rejected`.
    ///
    /// # Errors
    /// [`AppealError::Content`] without a reason, [`AppealError::OtherReviewer`], [`AppealError::State`].
    pub fn decide(
        self,
        reviewer: Reviewer,
        outcome: AppealOutcome,
        reason: String,
        at: Timestamp,
    ) -> Result<Self, AppealError> {
        if !told(&reason, REASON_CHARS_MAX) || outcome == AppealOutcome::NotDecided {
            return Err(AppealError::Content {
                field: "/reason",
                why: "an outcome and a reason of 1 to 2,000 characters",
            });
        }
        self.must_have(reviewer, outcome.as_str())?;
        let decision = Decision {
            outcome,
            by: Some(reviewer.user),
            at,
            reason,
        };
        Ok(Self {
            state: AppealState::Decided { decision },
            ..self
        })
    }

    /// Any open state `-> not_decided` once its deadline has passed.
    ///
    /// # Errors
    /// [`AppealError::NotYet`], [`AppealError::State`].
    pub fn run_out(self, now: Timestamp) -> Result<Self, AppealError> {
        let at = self.deadlines.decide_by;
        match self.state {
            AppealState::Submitted
            | AppealState::Acknowledged { .. }
            | AppealState::UnderReview { .. } => {
                if now < at {
                    return Err(AppealError::NotYet(at));
                }
                let reason = "not decided in time".to_owned();
                let decision = Decision {
                    outcome: AppealOutcome::NotDecided,
                    by: None,
                    at,
                    reason,
                };
                Ok(Self {
                    state: AppealState::Decided { decision },
                    ..self
                })
            }
            ref other @ (AppealState::NeedsMaterials { .. }
            | AppealState::Decided { .. }
            | AppealState::Executed { .. }
            | AppealState::ExternalReview { .. }) => Err(refusal(other, "not_decided")),
        }
    }

    /// `upheld | partly | rejected | not_decided -> executed`.
    ///
    /// # Errors
    /// [`AppealError::State`].
    pub fn execute(self, at: Timestamp) -> Result<Self, AppealError> {
        let AppealState::Decided { decision } = self.state else {
            return Err(refusal(&self.state, "executed"));
        };
        let state = AppealState::Executed { decision, at };
        Ok(Self { state, ..self })
    }

    /// Any decided state `-> external_review`.
    ///
    /// # Errors
    /// [`AppealError::State`], [`AppealError::Content`].
    pub fn go_outside(self, body: String, at: Timestamp) -> Result<Self, AppealError> {
        if !told(&body, REASON_CHARS_MAX) {
            return Err(AppealError::Content {
                field: "/body",
                why: "it names the body in 1 to 2,000 characters",
            });
        }
        let (AppealState::Decided { decision } | AppealState::Executed { decision, .. }) =
            self.state
        else {
            return Err(refusal(&self.state, "external_review"));
        };
        let state = AppealState::ExternalReview { decision, at, body };
        Ok(Self { state, ..self })
    }

    fn must_be_for(&self, reviewer: Reviewer) -> Result<(), AppealError> {
        if reviewer.appeal == self.id {
            Ok(())
        } else {
            Err(AppealError::Decider)
        }
    }

    fn must_have(&self, reviewer: Reviewer, to: &'static str) -> Result<(), AppealError> {
        self.must_be_for(reviewer)?;
        let AppealState::UnderReview { reviewer: has, .. } = self.state else {
            return Err(refusal(&self.state, to));
        };
        if has == reviewer.user {
            Ok(())
        } else {
            Err(AppealError::OtherReviewer)
        }
    }
}

const fn refusal(from: &AppealState, to: &'static str) -> AppealError {
    AppealError::State {
        from: from.as_str(),
        to,
    }
}

/// What an appeal waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppealDue {
    /// The filer is told that it came in.
    Acknowledge,
    /// Partial access is given.
    Ease,
    /// What was asked for has not come: the review goes on without it.
    Materials,
    /// The measure is lifted because nobody decided.
    Decide,
}
