//! The desk: cases, their clocks and what is held.

use crate::auth::caller::Caller;
use crate::extract::{InPath, OptionalBody, Params};
use crate::handlers::people::Names;
use crate::handlers::reports::ReportSummary;
use crate::page;
use crate::personal::{reveal, shown_to};
use crate::state::App;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use stanch_casework::assign_case as assign;
use stanch_store::{CaseFilter, OrderFilter, Tx, WholeList};
use stanch_types::case::Case;
use stanch_types::case::{CaseClock, CaseState};
use stanch_types::lead::Lead;
use stanch_types::lead::LeadState;
use stanch_types::order::{Order, OrderState};
use stanch_types::plan::Plan;
use stanch_types::plan::PlanState;
use stanch_types::report::Priority;
use stanch_types::{AccountRef, Amount, CaseId, LeadId, Timestamp, UserId};
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, ApiResult, Problem};
use crate::handlers::people::PersonView;
use crate::handlers::reports::ReportView;
use crate::page::PageView;

/// How many orders a case has, by where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct OrderCounts {
    /// All, withdrawn ones aside.
    pub total: u32,
    /// Waiting for a second person or for the institution.
    pub awaiting: u32,
    /// Holding money now.
    pub active: u32,
    /// Refused or failed.
    pub refused: u32,
}

/// The victim as far as a case shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VictimView {
    /// The account the money was paid from.
    pub account: AccountRef,
}

/// A case in the queue.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseSummary {
    /// Identifier.
    pub id: CaseId,
    /// Short number shown to people.
    #[schema(example = "2026-000123")]
    pub number: String,
    /// How urgent.
    pub priority: Priority,
    /// Where it stands.
    pub state: CaseState,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who has it.
    #[schema(required = true)]
    pub assigned_to: Option<PersonView>,
    /// What the victims lost.
    pub loss: Amount,
    /// What orders hold now.
    pub held: Amount,
    /// The golden hour's marks.
    pub clock: CaseClock,
    /// The victim.
    #[schema(required = true)]
    pub victim: Option<VictimView>,
    /// The orders.
    pub orders: OrderCounts,
    /// Where the newest plan stands.
    #[schema(required = true)]
    pub plan_state: Option<PlanStateWord>,
}

/// Where a plan stands, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanStateWord {
    /// Waiting for two people.
    Proposed,
    /// Waiting for the second person.
    Submitted,
    /// Orders go out.
    Approved,
    /// A newer version took its place.
    Superseded,
}

/// The lead a case was opened from.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeadView {
    /// Identifier.
    pub id: LeadId,
    /// Where it stands.
    pub state: LeadState,
}

/// The money of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseTotals {
    /// What the victims lost.
    pub loss: Amount,
    /// Stolen money still in accounts, by the newest plan.
    pub traced: Amount,
    /// What orders hold now.
    pub held: Amount,
    /// Stolen money that left as cash or beyond reach, by the newest plan.
    pub out_of_reach: Amount,
}

/// A case. Reading it is put on the audit record; auditors see accounts and names masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseView {
    /// The case as in the queue.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// The report it was opened from.
    #[schema(required = true)]
    pub report: Option<ReportView>,
    /// The lead it was opened from.
    #[schema(required = true)]
    pub lead: Option<LeadView>,
    /// `tx_id` of the victims' payments found in the institutions' records.
    pub victim_payments: Vec<String>,
    /// The newest plan.
    #[schema(required = true)]
    pub plan: Option<Plan>,
    /// The money.
    pub totals: CaseTotals,
}

/// Which cases, by state word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseStateFilter {
    /// Open.
    Open,
    /// Filed as a criminal case.
    Filed,
    /// Solved.
    Solved,
    /// Suspended.
    Suspended,
    /// Withdrawn.
    Withdrawn,
    /// Closed.
    Closed,
}

/// Which cases.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CaseParams {
    /// Only cases in this state.
    #[param(inline)]
    pub state: Option<CaseStateFilter>,
    /// Only cases of this priority.
    #[param(inline)]
    pub priority: Option<Priority>,
    /// Only cases of this person.
    pub assigned_to: Option<UserId>,
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// An empty object.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Cases: P0 first, then by age.
#[utoipa::path(get, path = "/v1/cases", tag = "cases", params(CaseParams), responses(
    (status = 200, body = PageView<CaseSummary>, description = "One page"),
))]
pub async fn list_cases(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<CaseParams>,
) -> ApiResult<Response> {
    let page = page::page(params.limit, params.cursor)?;
    let filter = CaseFilter {
        state: params.state.map(|state| state.as_str().to_owned()),
        priority: params.priority,
        assigned_to: params.assigned_to,
    };
    let mut tx = app.store().read().await?;
    let names = Names::of(&tx.list_users().await?);
    let found = tx.list_cases(&filter, &page).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for case in found.items {
        let file = CaseFile::read(&mut tx, case).await?;
        items.push(file.summary(&names)?);
    }
    drop(tx);
    reveal(&app, &caller, "cases", &PageView::new(items, found.next)).await
}

/// One case.
#[utoipa::path(get, path = "/v1/cases/{id}", tag = "cases", params(("id" = CaseId, Path, description = "The case")), responses(
    (status = 200, body = CaseView, description = "The case"),
))]
pub async fn get_case(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    let view = case_view(&mut tx, id).await?;
    drop(tx);
    reveal(&app, &caller, &id.to_string(), &view).await
}

/// Take a case.
#[utoipa::path(post, path = "/v1/cases/{id}/assign", tag = "cases", params(("id" = CaseId, Path, description = "The case")),
    request_body = Option<Nothing>, responses(
    (status = 200, body = CaseView, description = "The case, now the caller's"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The case's state does not allow it (`case.state`)"),
))]
pub async fn assign_case(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
    OptionalBody(Nothing {}): OptionalBody<Nothing>,
) -> ApiResult<Response> {
    let mut tx = app.store().begin().await?;
    assign(&mut tx, app.ctx(), id, caller.id()).await?;
    let view = case_view(&mut tx, id).await?;
    tx.commit().await?;
    shown_to(&caller, &view)
}

stanch_types::words! { CaseStateFilter {
    Open = "open", Filed = "filed", Solved = "solved", Suspended = "suspended", Withdrawn = "withdrawn",
    Closed = "closed",
} }

impl From<&PlanState> for PlanStateWord {
    fn from(state: &PlanState) -> Self {
        match state {
            PlanState::Proposed => Self::Proposed,
            PlanState::Submitted { .. } => Self::Submitted,
            PlanState::Approved { .. } => Self::Approved,
            PlanState::Superseded { .. } => Self::Superseded,
        }
    }
}

impl From<Lead> for LeadView {
    fn from(lead: Lead) -> Self {
        Self {
            id: lead.id,
            state: lead.state,
        }
    }
}

/// Everything a case's views are made from.
struct CaseFile {
    case: Case,
    report: stanch_types::report::Report,
    plan: Option<Plan>,
    orders: Vec<Order>,
}

impl CaseFile {
    async fn read(tx: &mut Tx, case: Case) -> ApiResult<Self> {
        let orders = orders_of(tx, case.id).await?;
        Ok(Self {
            report: tx.report_of_case(case.id).await?,
            plan: tx.latest_plan(case.id).await?,
            orders,
            case,
        })
    }

    fn held(&self) -> ApiResult<Amount> {
        let mut held = Amount::zero(self.case.loss.currency());
        for order in &self.orders {
            if let OrderState::Active { held: part, .. } = &order.state
                && part.currency() == held.currency()
            {
                held = held.checked_add(*part).map_err(ApiError::internal)?;
            }
        }
        Ok(held)
    }

    fn summary(&self, names: &Names) -> ApiResult<CaseSummary> {
        let case = &self.case;
        let payer = self.report.content.payments.first();
        Ok(CaseSummary {
            id: case.id,
            number: case.number.clone(),
            priority: case.priority,
            state: case.state.clone(),
            opened_at: case.opened_at,
            assigned_to: case.assigned_to.map(|id| names.person(id)),
            loss: case.loss,
            held: self.held()?,
            clock: case.clock,
            victim: payer.map(|payment| VictimView {
                account: payment.from.clone(),
            }),
            orders: OrderCounts::of(&self.orders),
            plan_state: self.plan.as_ref().map(|plan| (&plan.state).into()),
        })
    }

    fn totals(&self) -> ApiResult<CaseTotals> {
        let nothing = Amount::zero(self.case.loss.currency());
        let mut traced = nothing;
        for line in self.plan.iter().flat_map(|plan| &plan.lines) {
            traced = traced
                .checked_add(line.stolen)
                .map_err(ApiError::internal)?;
        }
        Ok(CaseTotals {
            loss: self.case.loss,
            traced,
            held: self.held()?,
            out_of_reach: self.plan.as_ref().map_or(nothing, |plan| plan.out_of_reach),
        })
    }
}

impl OrderCounts {
    fn of(orders: &[Order]) -> Self {
        let mut counts = Self::default();
        for order in orders {
            match &order.state {
                OrderState::Withdrawn { .. } => continue,
                OrderState::Draft
                | OrderState::Approved { .. }
                | OrderState::Signed { .. }
                | OrderState::Sent { .. }
                | OrderState::Acked { .. }
                | OrderState::Executing { .. } => counts.awaiting += 1,
                OrderState::Active { .. } => counts.active += 1,
                OrderState::Refused { .. } | OrderState::Failed { .. } => counts.refused += 1,
                OrderState::Executed { .. }
                | OrderState::PartiallyExecuted { .. }
                | OrderState::Expired { .. }
                | OrderState::Released { .. }
                | OrderState::Converted { .. }
                | OrderState::Returned { .. } => {}
            }
            counts.total += 1;
        }
        counts
    }
}

/// All orders of a case, at most 5 pages of 200.
async fn orders_of(tx: &mut Tx, case_id: CaseId) -> ApiResult<Vec<Order>> {
    const ORDERS_MAX: usize = 1_000;
    let filter = OrderFilter {
        case_id: Some(case_id),
        ..OrderFilter::default()
    };
    let mut all = WholeList::up_to(ORDERS_MAX);
    while let Some(page) = all.wanted() {
        all.take(tx.list_orders(&filter, &page).await?);
    }
    Ok(all.items)
}

/// The view of one case.
///
/// # Errors
/// [`stanch_types::ErrorCode::CaseNotFound`].
pub async fn case_view(tx: &mut Tx, id: CaseId) -> ApiResult<CaseView> {
    let names = Names::of(&tx.list_users().await?);
    let case = tx.get_case(id).await?;
    let file = CaseFile::read(tx, case).await?;
    let case_key = (id, file.case.number.clone());
    Ok(CaseView {
        summary: file.summary(&names)?,
        totals: file.totals()?,
        lead: Some(tx.lead_of_case(id).await?.into()),
        victim_payments: file.case.victim_payments.clone(),
        report: Some(ReportView {
            summary: ReportSummary::new(&file.report, Some(case_key)),
            content: file.report.content,
        }),
        plan: file.plan,
    })
}
