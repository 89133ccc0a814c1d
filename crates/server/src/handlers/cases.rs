//! The desk: cases, their clocks and what is held.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use stanch_types::case::{CaseClock, CaseState};
use stanch_types::lead::LeadState;
use stanch_types::plan::Plan;
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
pub async fn list_cases() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// One case.
#[utoipa::path(get, path = "/v1/cases/{id}", tag = "cases", params(("id" = CaseId, Path, description = "The case")), responses(
    (status = 200, body = CaseView, description = "The case"),
))]
pub async fn get_case() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}

/// Take a case.
#[utoipa::path(post, path = "/v1/cases/{id}/assign", tag = "cases", params(("id" = CaseId, Path, description = "The case")),
    request_body = Nothing, responses(
    (status = 200, body = CaseView, description = "The case, now the caller's"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The case's state does not allow it (`case.state`)"),
))]
pub async fn assign_case() -> ApiResult<Response> {
    Err(ApiError::of(stanch_types::ErrorCode::Unavailable))
}
