//! The world of a drill: a record in a folder, a clock that is moved by hand, people and partners.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stanch_casework::CaseWatch;
use stanch_ledger::{Ledger, LedgerMode};
use stanch_sim::dice::Dice;
use stanch_store::{Store, StoreConfig};
use stanch_types::appeal::Appeal;
use stanch_types::institution::Institution;
use stanch_types::measure::Measure;
use stanch_types::personal::Secret;
use stanch_types::report::ReportContent;
use stanch_types::terms::FairnessTerms;
use stanch_types::user::{Role, User};
use stanch_types::{
    AppealId, CaseId, Ctx, Duration, InstitutionKind, LeadId, ManualClock, MeasureBatchId,
    MeasureId, TeamId, Timestamp, UserId,
};

use crate::partners::Town;
use crate::run::DrillError;

/// When every drill begins: a Monday morning in Shanghai.
const START_SECS: i64 = 1_767_574_800;
/// Partners, the first three of which are platforms.
pub(crate) const PARTNERS: &[&str] = &["PF01", "PF02", "PF03", "BK01", "BK02"];

/// What the drill itself remembers, to hold the record against it.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    /// Who had a part in which measure.
    pub deciders: BTreeMap<MeasureId, Vec<UserId>>,
    /// Measures that were taken, in order.
    pub measures: Vec<MeasureId>,
    /// Appeals that were filed, in order.
    pub appeals: Vec<AppealId>,
    /// Leads that were opened, in order.
    pub leads: Vec<LeadId>,
    /// What was told of late and the case that it made, to be told again by somebody else.
    pub told: Vec<(ReportContent, CaseId)>,
    /// Cases that somebody took.
    pub cases: Vec<CaseId>,
    /// The desk's team.
    pub team: Option<TeamId>,
    /// Batches that were asked for, with who asked and how many subjects had a signal.
    pub batches: Vec<(MeasureBatchId, UserId, u64)>,
    /// Times in which deliveries may be late: outages, jumps, crashes.
    pub disturbed: Vec<(Timestamp, Timestamp)>,
}

/// Counts of what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Counts {
    pub reports: u64,
    pub told_again: u64,
    pub crashes: u64,
    pub clock_jumps: u64,
    pub outages: u64,
    pub refused: u64,
    pub jobs: u64,
    pub shifts: u64,
}

pub(crate) struct World {
    pub clock: Arc<ManualClock>,
    pub ctx: Ctx,
    pub store: Store,
    pub ledger: Ledger,
    pub watch: CaseWatch,
    pub town: Town,
    pub people: Vec<User>,
    pub dice: Dice,
    pub terms: FairnessTerms,
    pub remembered: Remembered,
    pub counts: Counts,
    config: StoreConfig,
    dir: PathBuf,
}

impl World {
    /// A fresh world in `dir`, which is empty.
    pub async fn new(dir: &Path, seed: u64) -> Result<Self, DrillError> {
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(START_SECS)));
        let ctx = Ctx::seeded(clock.clone(), seed);
        let config = StoreConfig::sqlite(dir);
        let store = Store::open(&config, &ctx).await?;
        let ledger = Ledger::open(&dir.join("log/payments"), LedgerMode::ReadWrite)
            .map_err(|error| DrillError::Setup(error.to_string()))?;
        let mut world = Self {
            clock,
            store,
            ledger,
            watch: CaseWatch::default(),
            town: Town::default(),
            people: people(&ctx),
            dice: Dice::new(seed, "drill"),
            terms: FairnessTerms::default(),
            remembered: Remembered::default(),
            counts: Counts::default(),
            config,
            dir: dir.to_owned(),
            ctx,
        };
        world.settle_in().await?;
        Ok(world)
    }

    async fn settle_in(&mut self) -> Result<(), DrillError> {
        let mut tx = self.store.begin().await?;
        for user in &self.people {
            tx.insert_user(user).await?;
        }
        for code in PARTNERS {
            let kind = if code.starts_with("PF") {
                InstitutionKind::Platform
            } else {
                InstitutionKind::Bank
            };
            let code = code
                .parse()
                .map_err(|_| DrillError::Setup((*code).to_owned()))?;
            let partner = Institution {
                code,
                name: "partner".to_owned(),
                kind,
                endpoint: None,
                webhook_secret: None,
                order_latency_ms: 1_000,
            };
            tx.upsert_institution(&partner).await?;
        }
        tx.commit().await?;
        self.open_desk().await
    }

    /// The program dies and is started again on the same folder.
    pub async fn crash(&mut self) -> Result<(), DrillError> {
        self.counts.crashes += 1;
        let now = self.now();
        self.remembered
            .disturbed
            .push((now, now.plus(Duration::from_mins(1))));
        self.store = Store::open(&self.config, &self.ctx).await?;
        let mut tx = self.store.begin().await?;
        tx.release_leases(crate::work::WORKER, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The folder of the record.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn now(&self) -> Timestamp {
        self.ctx.now()
    }

    /// One of the people.
    pub fn anybody(&mut self) -> User {
        self.one_with(None)
    }

    /// One of the people with `role`, if anybody has it; else anybody.
    pub fn one_with(&mut self, role: Option<Role>) -> User {
        let fit: Vec<&User> = self
            .people
            .iter()
            .filter(|user| role.is_none_or(|role| user.has(role)))
            .collect();
        let nth = self.dice.below(fit.len());
        fit.get(nth)
            .map_or_else(|| nobody(&self.ctx), |user| (*user).clone())
    }

    /// A measure that was taken, favouring recent ones.
    pub async fn some_measure(&mut self) -> Result<Option<Measure>, DrillError> {
        let ids = &self.remembered.measures;
        let recent = ids.len().saturating_sub(12);
        let nth = recent + self.dice.below(ids.len() - recent);
        let Some(id) = ids.get(nth).copied() else {
            return Ok(None);
        };
        let mut tx = self.store.read().await?;
        Ok(Some(tx.get_measure(id).await?))
    }

    /// An appeal that was filed, favouring recent ones.
    pub async fn some_appeal(&mut self) -> Result<Option<Appeal>, DrillError> {
        let ids = &self.remembered.appeals;
        let recent = ids.len().saturating_sub(6);
        let nth = recent + self.dice.below(ids.len() - recent);
        let Some(id) = ids.get(nth).copied() else {
            return Ok(None);
        };
        let mut tx = self.store.read().await?;
        Ok(Some(tx.get_appeal(id).await?))
    }
}

/// Analysts, approvers, reviewers; some are more than one, so that deciders are asked to review their own.
fn people(ctx: &Ctx) -> Vec<User> {
    let roles: [&[Role]; 9] = [
        &[Role::Analyst],
        &[Role::Analyst],
        &[Role::Analyst, Role::Reviewer],
        &[Role::Approver],
        &[Role::Approver, Role::Reviewer],
        &[Role::Reviewer],
        &[Role::Reviewer],
        &[Role::Liaison],
        &[Role::Auditor],
    ];
    let person = |(nth, roles): (usize, &&[Role])| User {
        id: ctx.new_id(),
        login: format!("p{nth}"),
        name: format!("Person {nth}"),
        roles: roles.to_vec(),
        password_hash: Secret::new("none".to_owned()),
        created_at: ctx.now(),
        disabled_at: None,
    };
    roles.iter().enumerate().map(person).collect()
}

fn nobody(ctx: &Ctx) -> User {
    User {
        id: ctx.new_id(),
        login: "nobody".to_owned(),
        name: "Nobody".to_owned(),
        roles: Vec::new(),
        password_hash: Secret::new("none".to_owned()),
        created_at: ctx.now(),
        disabled_at: None,
    }
}
