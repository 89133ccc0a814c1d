//! Batches of measures: asked for with a file of subjects, tried dry, approved by somebody else, carried out subject
//! by subject, and taken back wholly or in part.
//!
//! A subject against which nothing individual speaks is never touched, whatever region it is from; an area is no
//! ground (Anti-Fraud Law art. 35: area measures are temporary and need national approval).

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::{MeasureBatchId, MeasureId, OperationId, UserId};
use crate::institution::InstitutionCode;
use crate::measure::{
    Automation, Detector, Ground, IndividualSignal, MeasureError, MeasureKind, MeasureWish, Subject,
};
use crate::personal::RegionCode;
use crate::time::{Duration, Timestamp};

/// Most subjects of a batch.
pub const BATCH_SUBJECTS_MAX: usize = 1_000_000;
/// Who came into the area within this time is a traveller. A default of ours.
pub const TRAVELLER_WITHIN: Duration = Duration::from_days(30);
/// Who has been in the area for this long lives there. A default of ours.
pub const LONG_RESIDENT_AFTER: Duration = Duration::from_days(180);
/// Most regions of an area.
pub const REGIONS_MAX: usize = 64;

/// What is to be done to every subject of a batch against which something individual speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchWish {
    /// What.
    pub kind: MeasureKind,
    /// How far it reaches.
    #[schema(min_length = 1, max_length = 500)]
    pub scope: String,
    /// What it rests on.
    pub ground: Ground,
    /// What happened.
    #[schema(min_length = 1, max_length = 5000)]
    pub facts: String,
    /// What found the subjects.
    #[serde(default)]
    pub detector: Option<Detector>,
    /// How long it lasts, in hours.
    #[schema(minimum = 1)]
    pub lasts_hours: i64,
    /// Other partners that take the measures too.
    #[serde(default)]
    #[schema(max_items = 32)]
    pub partners: Vec<InstitutionCode>,
    /// The operation it belongs to.
    #[serde(default)]
    pub operation_id: Option<OperationId>,
    /// The area it is confined to, if any: it narrows, it is never a ground.
    #[serde(default)]
    pub area: Option<Area>,
    /// Where those it hits can call, 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    pub hotline: String,
}

/// An area that a batch is confined to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Its regions (GB/T 2260), 1 to 64; a province or city stands for what is in it.
    #[schema(min_items = 1, max_items = 64)]
    pub regions: Vec<RegionCode>,
    /// The reference of the approval at national level, 1 to 128 characters.
    #[schema(min_length = 1, max_length = 128)]
    pub national_approval: String,
}

/// One subject of a batch, a line of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchSubject {
    /// Which.
    pub subject: Subject,
    /// What speaks against it alone; may be empty, and then nothing is done.
    #[serde(default)]
    #[schema(max_items = 16)]
    pub signals: Vec<IndividualSignal>,
    /// Where it lives and is, if known. Told in the dry run, used for nothing else.
    #[serde(default)]
    pub residence: Option<Residence>,
}

/// Where a subject lives and is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Residence {
    /// Where it is registered.
    pub registered: RegionCode,
    /// Where it is now.
    pub current: RegionCode,
    /// Since when.
    pub since: Timestamp,
}

/// What a dry run says of one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DryLine {
    /// Whether something individual speaks against it.
    pub has_signal: bool,
    /// Whether it came into the area, or left its home in it, within 30 days.
    pub traveller: bool,
    /// Whether it has been in the area for 180 days or longer.
    pub long_resident: bool,
    /// Whether it is in the area, where the batch has one.
    pub in_area: bool,
}

/// What a dry run says of all subjects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DryRun {
    /// Subjects in the file.
    pub subjects: u64,
    /// Those that would be hit: something individual speaks against them, in the area if there is one.
    pub hit: u64,
    /// Those against which nothing individual speaks: never hit.
    pub without_signal: u64,
    /// Those outside the area.
    pub outside_area: u64,
    /// Travellers among all.
    pub travellers: u64,
    /// Travellers among those that would be hit.
    pub travellers_hit: u64,
    /// Long residents among all.
    pub long_residents: u64,
    /// Long residents among those that would be hit.
    pub long_residents_hit: u64,
}

/// Whether a batch may be carried out, told with the dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchRefusal {
    /// Nothing individual speaks against anybody in the file.
    #[error("nothing individual speaks against anybody in the file; a region is no ground")]
    RegionSoleGround,
    /// Nobody would be hit.
    #[error("nobody in the file is in the area")]
    NobodyHit,
}

impl DryRun {
    /// Adds one subject's line.
    pub fn add(&mut self, line: DryLine) {
        let hit = line.has_signal && line.in_area;
        let counts = [
            (&mut self.subjects, true),
            (&mut self.hit, hit),
            (&mut self.without_signal, !line.has_signal),
            (&mut self.outside_area, !line.in_area),
            (&mut self.travellers, line.traveller),
            (&mut self.travellers_hit, line.traveller && hit),
            (&mut self.long_residents, line.long_resident),
            (&mut self.long_residents_hit, line.long_resident && hit),
        ];
        for (count, counts_here) in counts {
            *count = count.saturating_add(u64::from(counts_here));
        }
    }

    /// Why the batch cannot be carried out, if so.
    #[must_use]
    pub const fn refusal(&self) -> Option<BatchRefusal> {
        if self.without_signal == self.subjects {
            Some(BatchRefusal::RegionSoleGround)
        } else if self.hit == 0 {
            Some(BatchRefusal::NobodyHit)
        } else {
            None
        }
    }
}

impl BatchWish {
    /// Every rule of batches that the wish breaks; empty if none. What it shares with single measures is held to
    /// their rules subject by subject.
    #[must_use]
    pub fn faults(&self) -> Vec<MeasureError> {
        let mut faults = Vec::new();
        let mut rule = |holds: bool, field: &'static str, why: &'static str| {
            if !holds {
                faults.push(MeasureError::Wish { field, why });
            }
        };
        rule(
            crate::measure::told(&self.hotline, 64),
            "/hotline",
            "where those it hits can call, in 1 to 64 characters",
        );
        if let Some(area) = &self.area {
            let regions = (1..=REGIONS_MAX).contains(&area.regions.len());
            rule(regions, "/area/regions", "an area has 1 to 64 regions");
            let approved = crate::measure::told(&area.national_approval, 128);
            rule(
                approved,
                "/area/national_approval",
                "an area needs the reference of an approval at national level",
            );
        }
        faults
    }

    /// What a dry run at `now` says of `subject`.
    #[must_use]
    pub fn dry_line(&self, subject: &BatchSubject, now: Timestamp) -> DryLine {
        let inside = |code: RegionCode| {
            self.area
                .as_ref()
                .is_none_or(|area| area.regions.iter().any(|region| region.contains(code)))
        };
        let at_home = |home: &Residence| home.registered == home.current;
        let (in_area, traveller, long_resident) = match &subject.residence {
            // Where it is unknown whether it is in the area, it is not.
            None => (self.area.is_none(), false, false),
            Some(home) => {
                let stay = now.since(home.since);
                let is_in = inside(home.current);
                (
                    is_in,
                    !at_home(home) && stay < TRAVELLER_WITHIN && (is_in || inside(home.registered)),
                    is_in && stay >= LONG_RESIDENT_AFTER,
                )
            }
        };
        DryLine {
            has_signal: !subject.signals.is_empty(),
            traveller,
            long_resident,
            in_area,
        }
    }

    /// The measure on `subject`, as a wish of its own.
    #[must_use]
    pub fn measure(&self, subject: &BatchSubject) -> MeasureWish {
        MeasureWish {
            subject: subject.subject.clone(),
            kind: self.kind,
            scope: self.scope.clone(),
            ground: self.ground.clone(),
            facts: self.facts.clone(),
            signals: subject.signals.clone(),
            evidence: Vec::new(),
            detector: self.detector.clone(),
            event: None,
            automation: if self.detector.is_some() {
                Automation::Partially
            } else {
                Automation::NotAutomated
            },
            lasts_hours: self.lasts_hours,
            partners: self.partners.clone(),
            money_held: None,
            case_id: None,
            operation_id: self.operation_id,
            report_id: None,
        }
    }
}

/// A batch in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasureBatch {
    /// Identifier.
    pub id: MeasureBatchId,
    /// What is to be done.
    pub wish: BatchWish,
    /// Who asked.
    pub asked_by: UserId,
    /// When.
    pub asked_at: Timestamp,
    /// What the dry run said.
    pub dry_run: DryRun,
    /// Where it stands.
    pub state: BatchState,
}

/// Where a batch stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum BatchState {
    /// The dry run is there to be looked at.
    DryRun,
    /// The dry run says that it cannot be carried out.
    Refused {
        /// Why.
        why: BatchRefusal,
    },
    /// A second person said no.
    Declined {
        /// Who.
        by: UserId,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// A second person approved; subjects are being done.
    Applying {
        /// Who.
        approved_by: UserId,
        /// When.
        approved_at: Timestamp,
    },
    /// Every subject is done.
    Applied {
        /// Who approved.
        approved_by: UserId,
        /// When.
        approved_at: Timestamp,
        /// When the last subject was done.
        at: Timestamp,
    },
    /// All its measures are being taken back, or have been.
    RolledBack {
        /// Who approved it.
        approved_by: UserId,
        /// Who took it back.
        by: UserId,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

impl BatchState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::DryRun => "dry_run",
            Self::Refused { .. } => "refused",
            Self::Declined { .. } => "declined",
            Self::Applying { .. } => "applying",
            Self::Applied { .. } => "applied",
            Self::RolledBack { .. } => "rolled_back",
        }
    }
}

/// What became of one subject of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum SubjectResult {
    /// Nothing individual speaks against it, or it is outside the area: never touched.
    Excluded,
    /// It would be hit.
    Waiting,
    /// It was hit.
    Imposed {
        /// By which measure.
        measure_id: MeasureId,
    },
    /// It could not be.
    Failed {
        /// Why.
        why: String,
    },
    /// Its measure was taken back.
    RolledBack {
        /// Which.
        measure_id: MeasureId,
    },
}

impl SubjectResult {
    /// The result's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::Waiting => "waiting",
            Self::Imposed { .. } => "imposed",
            Self::Failed { .. } => "failed",
            Self::RolledBack { .. } => "rolled_back",
        }
    }
}

/// Why a batch cannot make a step.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BatchError {
    /// The state does not allow it.
    #[error("a batch that is {from} cannot become {to}")]
    State {
        /// The state's word.
        from: &'static str,
        /// The wanted state's word.
        to: &'static str,
    },
    /// Whoever asked for it does not approve it.
    #[error("whoever asked for a batch does not approve it")]
    SamePerson,
}

impl MeasureBatch {
    /// A batch as its dry run leaves it.
    #[must_use]
    pub fn asked(
        id: MeasureBatchId,
        wish: BatchWish,
        asked_by: UserId,
        asked_at: Timestamp,
        dry_run: DryRun,
    ) -> Self {
        let state = dry_run
            .refusal()
            .map_or(BatchState::DryRun, |why| BatchState::Refused { why });
        Self {
            id,
            wish,
            asked_by,
            asked_at,
            dry_run,
            state,
        }
    }

    /// `dry_run -> applying`, by somebody else than asked.
    ///
    /// # Errors
    /// [`BatchError::SamePerson`], [`BatchError::State`].
    pub fn approve(self, by: UserId, at: Timestamp) -> Result<Self, BatchError> {
        if by == self.asked_by {
            return Err(BatchError::SamePerson);
        }
        self.step(
            BatchState::Applying {
                approved_by: by,
                approved_at: at,
            },
            |from| matches!(from, BatchState::DryRun),
        )
    }

    /// `dry_run -> declined`.
    ///
    /// # Errors
    /// [`BatchError::State`].
    pub fn decline(self, by: UserId, at: Timestamp, reason: String) -> Result<Self, BatchError> {
        self.step(BatchState::Declined { by, at, reason }, |from| {
            matches!(from, BatchState::DryRun)
        })
    }

    /// `applying -> applied`.
    ///
    /// # Errors
    /// [`BatchError::State`].
    pub fn finish(self, at: Timestamp) -> Result<Self, BatchError> {
        let BatchState::Applying {
            approved_by,
            approved_at,
        } = self.state
        else {
            return Err(BatchError::State {
                from: self.state.as_str(),
                to: "applied",
            });
        };
        self.step(
            BatchState::Applied {
                approved_by,
                approved_at,
                at,
            },
            |_| true,
        )
    }

    /// `applying | applied -> rolled_back`.
    ///
    /// # Errors
    /// [`BatchError::State`].
    pub fn roll_back(self, by: UserId, at: Timestamp, reason: String) -> Result<Self, BatchError> {
        let (BatchState::Applying { approved_by, .. } | BatchState::Applied { approved_by, .. }) =
            self.state
        else {
            return Err(BatchError::State {
                from: self.state.as_str(),
                to: "rolled_back",
            });
        };
        self.step(
            BatchState::RolledBack {
                approved_by,
                by,
                at,
                reason,
            },
            |_| true,
        )
    }

    fn step(
        self,
        to: BatchState,
        allowed: impl Fn(&BatchState) -> bool,
    ) -> Result<Self, BatchError> {
        if allowed(&self.state) {
            Ok(Self { state: to, ..self })
        } else {
            Err(BatchError::State {
                from: self.state.as_str(),
                to: to.as_str(),
            })
        }
    }
}
