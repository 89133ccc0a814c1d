//! Health, metrics and the API's own description.

use crate::metrics::Metric;
use crate::state::App;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Serialize;
use stanch_store::HeldNumbers;
use stanch_types::order::ORDER_STATES;
use stanch_types::{Duration, ErrorCode};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};

/// The time that the numbers shown to Prometheus cover.
const ACHIEVED_OVER: Duration = Duration::from_days(90);

/// The server is alive.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// The program's version.
    #[schema(example = "0.1.0")]
    pub version: &'static str,
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "system", responses(
    (status = 200, body = Health, description = "Alive"),
))]
pub async fn healthz() -> Json<Health> {
    Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// Whether work can be taken: the record answers and the server is not stopping.
#[utoipa::path(get, path = "/readyz", tag = "system", responses(
    (status = 200, body = Health, description = "Ready"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "Not ready (`internal.unavailable`)"),
))]
pub async fn readyz(State(app): State<App>) -> ApiResult<Json<Health>> {
    if app.stopping().is_cancelled() {
        return Err(ApiError::of(ErrorCode::Unavailable));
    }
    app.engine().check_alive()?;
    app.store()
        .read()
        .await?
        .feed_head()
        .await
        .map_err(|error| ApiError::of(ErrorCode::Unavailable).hiding(error))?;
    Ok(healthz().await)
}

/// Metrics for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "system", responses(
    (status = 200, body = String, content_type = "text/plain", description = "Prometheus text format 0.0.4"),
))]
pub async fn metrics(State(app): State<App>) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    let (counts, orders) = (tx.count_jobs().await?, tx.count_orders().await?);
    let now = app.ctx().now();
    let achieved = tx.achieved(now.minus(ACHIEVED_OVER), now).await?;
    drop(tx);
    show_achieved(&achieved.all);
    for state in ORDER_STATES {
        let count = orders.get(*state).copied().unwrap_or(0);
        Metric::Orders.set(count, &[("state", (*state).to_owned())]);
    }
    for (state, count) in [
        ("pending", counts.pending),
        ("running", counts.running),
        ("buried", counts.buried),
    ] {
        Metric::Jobs.set(count, &[("state", state.to_owned())]);
    }
    let (payments, bytes) = {
        let graph = app.ledger().graph();
        (graph.payment_count(), graph.bytes_used())
    };
    Metric::LedgerPayments.set(u64::try_from(payments).unwrap_or(u64::MAX), &[]);
    Metric::LedgerBytes.set(u64::try_from(bytes).unwrap_or(u64::MAX), &[]);
    let counts = app.engine().counts();
    for (decision, count) in stanch_decide::DECISIONS.into_iter().zip(counts.decided) {
        let word = stanch_decide::decision_word(decision).to_owned();
        Metric::DecisionsMade.set(count, &[("decision", word)]);
    }
    Metric::DecideWaiting.set(counts.waiting, &[]);
    Metric::DecideLate.set(counts.late, &[]);
    Metric::DecideAlarms.set(counts.alarms, &[]);
    app.recorder().run_upkeep();
    let text = app.recorder().render();
    let media_type = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}

fn show_achieved(held: &HeldNumbers) {
    for (currency, money) in &held.money {
        for (what, minor) in [
            ("prevented", money.prevented),
            ("intercepted", money.intercepted),
            ("stopped", money.stopped),
            ("frozen", money.frozen),
            ("returned", money.returned),
        ] {
            let labels = [
                ("what", what.to_owned()),
                ("currency", currency.to_string()),
            ];
            Metric::Money.set(u64::try_from(minor).unwrap_or(0), &labels);
        }
    }
    for (quantile, took) in [
        ("0.5", held.held_within_p50_us),
        ("0.95", held.held_within_p95_us),
    ] {
        if let Some(secs) = took.and_then(|micros| u64::try_from(micros / 1_000_000).ok()) {
            Metric::HeldWithin.set(secs, &[("quantile", quantile.to_owned())]);
        }
    }
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "system", responses(
    (status = 200, body = Object, content_type = "application/json", description = "OpenAPI 3.1"),
))]
pub async fn openapi_json(State(app): State<App>) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        app.description(),
    )
        .into_response()
}
