//! A case's money flow.

use crate::auth::caller::Caller;
use crate::extract::{InPath, Params};
use crate::personal::reveal;
use crate::state::App;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use stanch_casework::{CaseTrace, held_amounts, trace_case as follow};
use stanch_types::plan::TraceMethod;
use stanch_types::{CaseId, Timestamp};
use utoipa::IntoParams;

use crate::error::{ApiError, ApiResult, Problem};

/// How to follow the money.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TraceParams {
    /// First in first out, or in proportion; default `fifo`.
    #[param(inline)]
    pub method: Option<TraceMethod>,
    /// Only payments up to this instant; default now.
    #[param(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
}

/// A case's money flow, exact to the minor unit.
#[utoipa::path(get, path = "/v1/cases/{id}/trace", tag = "cases",
    params(("id" = CaseId, Path, description = "The case"), TraceParams), responses(
    (status = 200, body = CaseTrace, description = "Accounts and payments"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "None of the case's payments is stored (`case.no_payments`)"),
))]
pub async fn trace_case(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
    Params(params): Params<TraceParams>,
) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    let case = tx.get_case(id).await?;
    let held = held_amounts(&mut tx, id).await?;
    drop(tx);
    let method = params.method.unwrap_or(TraceMethod::Fifo);
    let as_of = params.as_of.unwrap_or_else(|| app.ctx().now());
    let ledger = std::sync::Arc::clone(app.ledger());
    let view = tokio::task::spawn_blocking(move || follow(&case, &ledger, method, as_of, &held))
        .await
        .map_err(ApiError::internal)??;
    reveal(&app, &caller, &id.to_string(), &view).await
}
