//! Goods seized for cases.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use stanch_casework::{SeizureStep, add_seizure, end_seizure};
use stanch_types::seizure::{Seizure, SeizureContent};
use stanch_types::{CaseId, SeizureId};

use crate::auth::caller::Caller;
use crate::error::{ApiResult, Problem};
use crate::extract::{InPath, JsonBody};
use crate::page::PageView;
use crate::personal::reveal;
use crate::state::App;

/// The goods seized for a case, oldest first.
#[utoipa::path(get, path = "/v1/cases/{id}/seizures", tag = "desk", params(("id" = CaseId, Path, description = "The case")), responses(
    (status = 200, body = PageView<Seizure>, description = "At most 500"),
))]
pub async fn list_seizures(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    tx.get_case(id).await?;
    let seizures = tx.seizures_of_case(id).await?;
    drop(tx);
    reveal(&app, &caller, &id.to_string(), &PageView::whole(seizures)).await
}

/// Write down goods that an authority seized for a case.
#[utoipa::path(post, path = "/v1/cases/{id}/seizures", tag = "desk", params(("id" = CaseId, Path, description = "The case")), request_body = SeizureContent, responses(
    (status = 201, body = Seizure, description = "Written down"),
))]
pub async fn record_seizure(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<CaseId>,
    JsonBody { value, .. }: JsonBody<SeizureContent>,
) -> ApiResult<(StatusCode, Json<Seizure>)> {
    let mut tx = app.store().begin().await?;
    let seizure = add_seizure(&mut tx, app.ctx(), id, value, caller.id()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(seizure)))
}

/// Write down what became of seized goods.
#[utoipa::path(post, path = "/v1/seizures/{id}/steps", tag = "desk", params(("id" = SeizureId, Path, description = "The seizure")), request_body = SeizureStep, responses(
    (status = 200, body = Seizure, description = "Written down"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "It is written down already (`resource.conflict`)"),
))]
pub async fn take_seizure_step(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<SeizureId>,
    JsonBody { value, .. }: JsonBody<SeizureStep>,
) -> ApiResult<Json<Seizure>> {
    let mut tx = app.store().begin().await?;
    let seizure = end_seizure(&mut tx, app.ctx(), id, value, caller.id()).await?;
    tx.commit().await?;
    Ok(Json(seizure))
}
