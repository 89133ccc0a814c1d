//! Leads: the ledger of what was opened from reports, and what came of it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use stanch_casework::{LeadStep, step_lead};
use stanch_store::{FunnelCount, FunnelCounts, LeadFilter, Tx};
use stanch_types::lead::{Lead, LeadState};
use stanch_types::report::Priority;
use stanch_types::{CaseId, LeadId, ReportId, Timestamp, UserId};
use utoipa::{IntoParams, ToSchema};

use crate::auth::caller::Caller;
use crate::error::{ApiResult, Problem};
use crate::extract::{InPath, JsonBody, Params, check_text};
use crate::handlers::numbers::asked_time;
use crate::handlers::people::{Names, PersonView};
use crate::page::{self, PageView};
use crate::state::App;

/// Longest name of a unit, in characters.
const UNIT_CHARS_MAX: usize = 128;

/// A lead in the ledger.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeadLine {
    /// Identifier.
    pub id: LeadId,
    /// The report it was opened from.
    pub report_id: ReportId,
    /// Its case.
    pub case_id: CaseId,
    /// That case's short number.
    pub case_number: String,
    /// How urgent.
    pub priority: Priority,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who has it, or had it last.
    #[schema(required = true)]
    pub owner: Option<PersonView>,
    /// Whether it was referred and the answer is overdue.
    pub overdue: bool,
    /// Where it stands.
    pub state: LeadState,
}

/// Which leads, by state word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadStateFilter {
    /// Nobody has taken it.
    New,
    /// Somebody has it.
    Assigned,
    /// Being worked on.
    Investigating,
    /// Handed to another unit.
    Referred,
    /// Nothing to be done.
    NoAction,
    /// Joined to another lead.
    Merged,
    /// The outcome is on record.
    OutcomeRecorded,
}

stanch_types::words! { LeadStateFilter {
    New = "new", Assigned = "assigned", Investigating = "investigating", Referred = "referred", NoAction = "no_action",
    Merged = "merged", OutcomeRecorded = "outcome_recorded",
} }

/// Which leads.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LeadParams {
    /// Only leads in this state.
    #[param(inline)]
    pub state: Option<LeadStateFilter>,
    /// Only leads of this priority.
    #[param(inline)]
    pub priority: Option<Priority>,
    /// Only leads of this person.
    pub owner: Option<UserId>,
    /// Only leads that were referred to this unit.
    #[param(max_length = 128)]
    pub unit: Option<String>,
    /// Only referrals whose answer is overdue.
    #[serde(default)]
    pub overdue: bool,
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// How the funnel's time is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FunnelPeriod {
    /// By day.
    Day,
    /// By calendar month.
    #[default]
    Month,
}

/// What the funnel is about.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FunnelParams {
    /// From when on; 90 days before `to` if left out.
    pub from: Option<Timestamp>,
    /// Until before when; now if left out. At most 1,098 days after `from`.
    pub to: Option<Timestamp>,
    /// By day or by month (UTC).
    #[serde(default)]
    #[param(inline)]
    pub by: FunnelPeriod,
    /// Only what was referred to this unit; empty: only what was not referred.
    #[param(max_length = 128)]
    pub unit: Option<String>,
}

/// One period and unit of the funnel. Everything is counted in the period in which it came in, wherever it stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FunnelRow {
    /// `2026-03` or `2026-03-02`, UTC.
    #[schema(example = "2026-03")]
    pub period: String,
    /// The unit that leads were referred to; null for what was not referred. Reports have none.
    #[schema(required = true)]
    pub unit: Option<String>,
    /// Reports received.
    pub reports: u64,
    /// Leads opened.
    pub leads: u64,
    /// Cases opened.
    pub cases: u64,
    /// Leads with an outcome.
    pub outcomes: u64,
    /// Reports by the word of their state.
    pub reports_by_state: BTreeMap<String, u64>,
    /// Leads by the word of their outcome, or of their state while they have none.
    pub leads_by_outcome: BTreeMap<String, u64>,
    /// Cases by the word of their state.
    pub cases_by_state: BTreeMap<String, u64>,
}

/// The funnel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FunnelView {
    /// From when on.
    pub from: Timestamp,
    /// Until before when.
    pub to: Timestamp,
    /// A row a period and unit, in order of time.
    pub rows: Vec<FunnelRow>,
    /// Referrals whose answer is overdue now.
    pub overdue_referrals: u64,
}

/// Leads: P0 first, then by age.
#[utoipa::path(get, path = "/v1/leads", tag = "leads", params(LeadParams), responses(
    (status = 200, body = PageView<LeadLine>, description = "One page"),
))]
pub async fn list_leads(
    State(app): State<App>,
    Params(params): Params<LeadParams>,
) -> ApiResult<Json<PageView<LeadLine>>> {
    let page = page::page(params.limit, params.cursor)?;
    if let Some(unit) = &params.unit {
        check_text("unit", unit, UNIT_CHARS_MAX)?;
    }
    let now = app.ctx().now();
    let filter = LeadFilter {
        state: params.state.map(|state| state.as_str().to_owned()),
        priority: params.priority,
        owner: params.owner,
        unit: params.unit,
        overdue_at: params.overdue.then_some(now),
    };
    let mut tx = app.store().read().await?;
    let names = Names::of(&tx.list_users().await?);
    let found = tx.list_leads(&filter, &page).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for lead in found.items {
        items.push(line(&mut tx, &names, lead, now).await?);
    }
    Ok(Json(PageView::new(items, found.next)))
}

/// One lead.
#[utoipa::path(get, path = "/v1/leads/{id}", tag = "leads", params(("id" = LeadId, Path, description = "The lead")), responses(
    (status = 200, body = LeadLine, description = "The lead"),
))]
pub async fn get_lead(
    State(app): State<App>,
    InPath(id): InPath<LeadId>,
) -> ApiResult<Json<LeadLine>> {
    let mut tx = app.store().read().await?;
    let names = Names::of(&tx.list_users().await?);
    let lead = tx.get_lead(id).await?;
    Ok(Json(line(&mut tx, &names, lead, app.ctx().now()).await?))
}

/// Take a step with a lead. No lead ends without an outcome: `no_action`, `merge` and `refer` wait for one.
#[utoipa::path(post, path = "/v1/leads/{id}/steps", tag = "leads", params(("id" = LeadId, Path, description = "The lead")),
    request_body = LeadStep, responses(
    (status = 200, body = LeadLine, description = "The lead after the step"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The lead's state does not allow it (`lead.state`)"),
))]
pub async fn take_lead_step(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<LeadId>,
    JsonBody { value, .. }: JsonBody<LeadStep>,
) -> ApiResult<Json<LeadLine>> {
    let mut tx = app.store().begin().await?;
    let lead = step_lead(&mut tx, app.ctx(), id, value, caller.id()).await?;
    let names = Names::of(&tx.list_users().await?);
    let view = line(&mut tx, &names, lead, app.ctx().now()).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// How many reports became leads, cases and outcomes.
#[utoipa::path(get, path = "/v1/leads/funnel", tag = "leads", params(FunnelParams), responses(
    (status = 200, body = FunnelView, description = "The funnel"),
))]
pub async fn get_funnel(
    State(app): State<App>,
    Params(params): Params<FunnelParams>,
) -> ApiResult<Json<FunnelView>> {
    let now = app.ctx().now();
    let (from, to) = asked_time(params.from, params.to, now)?;
    if let Some(unit) = params.unit.as_deref().filter(|unit| !unit.is_empty()) {
        check_text("unit", unit, UNIT_CHARS_MAX)?;
    }
    let mut tx = app.store().read().await?;
    let counts = tx.funnel(from, to, params.unit.as_deref()).await?;
    Ok(Json(FunnelView {
        from,
        to,
        rows: rows(counts, params.by),
        overdue_referrals: tx.count_overdue_referrals(now).await?,
    }))
}

async fn line(tx: &mut Tx, names: &Names, lead: Lead, now: Timestamp) -> ApiResult<LeadLine> {
    let overdue = matches!(&lead.state, LeadState::Referred { due_at, .. } if *due_at <= now);
    Ok(LeadLine {
        id: lead.id,
        report_id: lead.report_id,
        case_id: lead.case_id,
        case_number: tx.get_case(lead.case_id).await?.number,
        priority: lead.priority,
        opened_at: lead.opened_at,
        owner: lead.state.owner().map(|id| names.person(id)),
        overdue,
        state: lead.state,
    })
}

type Rows = BTreeMap<(String, Option<String>), FunnelRow>;

fn rows(counts: FunnelCounts, by: FunnelPeriod) -> Vec<FunnelRow> {
    let mut rows = Rows::new();
    for count in counts.reports {
        let row = row(&mut rows, &count, by);
        row.reports += count.count;
        *row.reports_by_state.entry(count.word).or_default() += count.count;
    }
    for count in counts.leads {
        let ended = count
            .word
            .parse::<stanch_types::lead::OutcomeKind>()
            .is_ok();
        let row = row(&mut rows, &count, by);
        row.leads += count.count;
        row.outcomes += if ended { count.count } else { 0 };
        *row.leads_by_outcome.entry(count.word).or_default() += count.count;
    }
    for count in counts.cases {
        let row = row(&mut rows, &count, by);
        row.cases += count.count;
        *row.cases_by_state.entry(count.word).or_default() += count.count;
    }
    rows.into_values().collect()
}

fn row<'a>(rows: &'a mut Rows, count: &FunnelCount, by: FunnelPeriod) -> &'a mut FunnelRow {
    let chars = match by {
        FunnelPeriod::Day => "2026-03-02".len(),
        FunnelPeriod::Month => "2026-03".len(),
    };
    let period: String = count.day.to_string().chars().take(chars).collect();
    let unit = Some(count.unit.clone()).filter(|unit| !unit.is_empty());
    rows.entry((period.clone(), unit.clone()))
        .or_insert_with(|| FunnelRow {
            period,
            unit,
            reports: 0,
            leads: 0,
            cases: 0,
            outcomes: 0,
            reports_by_state: BTreeMap::new(),
            leads_by_outcome: BTreeMap::new(),
            cases_by_state: BTreeMap::new(),
        })
}
