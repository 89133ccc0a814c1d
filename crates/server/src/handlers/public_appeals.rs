//! What anybody may ask without signing in: appeals by claim code, statements of reasons, statistics.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use stanch_casework::{Filed, add_material, file_appeal};
use stanch_store::{AppealNumbers, MeasureFilter, Tx};
use stanch_types::appeal::{
    Appeal, AppealChannel, AppealDeadlines, AppealState, Livelihood, Material,
};
use stanch_types::measure::{Measure, MeasureKind};
use stanch_types::notice::{NoticeText, Statement};
use stanch_types::user::Actor;
use stanch_types::{AppealId, ClaimCode, Currency, Duration, ErrorCode, Timestamp};
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{JsonBody, Params, whole_body};
use crate::handlers::documents::{claim_beside, media_type_of, name_beside, plain_name};
use crate::page::{PageParams, PageView};
use crate::state::App;

/// Most bytes of a document.
const DOCUMENT_BYTES_MAX: usize = 10 << 20;
/// The time that public statistics cover.
const STATISTICS_OVER: Duration = Duration::from_days(90);

/// An appeal by claim code.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicAppeal {
    /// The code that the notice carries.
    pub claim_code: ClaimCode,
    /// What you say.
    #[schema(min_length = 1, max_length = 5000)]
    pub says: String,
    /// What hangs on it.
    #[serde(default)]
    pub livelihood: Option<Livelihood>,
}

/// A claim code.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The code that the notice carries.
    pub claim_code: ClaimCode,
}

/// A measure and its appeals as the one it hits sees them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClaimedMeasure {
    /// What was done.
    pub kind: MeasureKind,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// `provisional`, `active`, `eased`, `expired` or `lifted`.
    pub state: String,
    /// The notice in Chinese.
    pub zh: NoticeText,
    /// The notice in English.
    pub en: NoticeText,
    /// The statement of reasons.
    pub statement: Statement,
    /// Until when an appeal can be filed.
    pub appeal_until: Timestamp,
    /// The appeals against it.
    pub appeals: Vec<ClaimedAppeal>,
}

/// An appeal as its filer sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClaimedAppeal {
    /// When it was filed.
    pub filed_at: Timestamp,
    /// `acknowledged`, `needs_materials`, `under_review`, an outcome, `executed` or `external_review`.
    pub state: String,
    /// By when what must have happened.
    pub deadlines: AppealDeadlines,
    /// What is asked for, if something is.
    #[schema(required = true)]
    pub asked: Option<String>,
    /// Why it was decided so, once it is.
    #[schema(required = true)]
    pub reason: Option<String>,
    /// How it was decided.
    #[schema(required = true)]
    pub outcome: Option<stanch_types::appeal::AppealOutcome>,
    /// Documents that arrived.
    pub documents: usize,
}

/// A statement of reasons without personal data, as a platform publishes it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublicStatement {
    /// The statement.
    #[serde(flatten)]
    pub statement: Statement,
    /// What became of it.
    pub state: String,
}

/// What measures and appeals came to in the last 90 days.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Statistics {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Measures taken.
    pub measures: u64,
    /// Appeals filed.
    pub appeals_filed: u64,
    /// Appeals decided.
    pub appeals_decided: u64,
    /// Of them upheld, partly upheld or not decided in time.
    pub overturned: u64,
    /// Overturned in ten-thousandths of the decided; null if none was decided.
    #[schema(required = true)]
    pub overturn_rate: Option<u64>,
    /// Half of the appeals were decided within this many seconds.
    #[schema(required = true)]
    pub decided_within_p50_secs: Option<i64>,
    /// 95 of 100 were.
    #[schema(required = true)]
    pub decided_within_p95_secs: Option<i64>,
    /// Money that overturned measures kept from its owners, by currency; empty: none.
    pub wrongly_held: Vec<WronglyHeld>,
    /// Appeals past their deadline now.
    pub overdue: u64,
}

/// Money that overturned measures kept from its owners, times the hours.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct WronglyHeld {
    /// The currency.
    pub currency: Currency,
    /// Minor units times hours.
    pub minor_hours: i64,
}

/// Appeal against a measure with the claim code of its notice: free of charge, without signing in.
#[utoipa::path(post, path = "/v1/public/appeals", tag = "public", request_body = PublicAppeal, responses(
    (status = 201, body = ClaimedMeasure, description = "Filed and acknowledged"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No measure has this code (`measure.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "Another appeal is open (`appeal.state`), or it is too late (`appeal.too_late`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "It says nothing (`appeal.invalid`)"),
))]
pub async fn file(
    State(app): State<App>,
    JsonBody { value, .. }: JsonBody<PublicAppeal>,
) -> ApiResult<(StatusCode, Json<ClaimedMeasure>)> {
    let filed = Filed {
        channel: AppealChannel::Web,
        says: value.says,
        livelihood: value.livelihood,
    };
    let view = file_by_claim(&app, &value.claim_code, filed).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Files an appeal against the measure that a claim code opens.
///
/// # Errors
/// Those of [`file_appeal`]; [`ErrorCode::MeasureNotFound`].
pub async fn file_by_claim(app: &App, code: &ClaimCode, filed: Filed) -> ApiResult<ClaimedMeasure> {
    let mut tx = app.store().begin().await?;
    let measure = claimed(&mut tx, code).await?;
    file_appeal(
        &mut tx,
        app.ctx(),
        &app.config().fairness,
        measure.id,
        filed,
    )
    .await?;
    let view = view(&mut tx, measure).await?;
    tx.commit().await?;
    Ok(view)
}

/// What was done to you, why, and where your appeal stands.
#[utoipa::path(post, path = "/v1/public/appeals/status", tag = "public", request_body = Claim, responses(
    (status = 200, body = ClaimedMeasure, description = "The measure and its appeals"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No measure has this code (`measure.not_found`)"),
))]
pub async fn status(
    State(app): State<App>,
    JsonBody { value, .. }: JsonBody<Claim>,
) -> ApiResult<Json<ClaimedMeasure>> {
    look_up(&app, &value.claim_code).await.map(Json)
}

/// The measure that a claim code opens, with its appeals.
///
/// # Errors
/// [`ErrorCode::MeasureNotFound`].
pub async fn look_up(app: &App, code: &ClaimCode) -> ApiResult<ClaimedMeasure> {
    let mut tx = app.store().read().await?;
    let measure = claimed(&mut tx, code).await?;
    view(&mut tx, measure).await
}

/// Send a document for an open appeal: an image, a PDF or a plain text of at most 10 MiB. Any one sufficient document
/// will do.
#[utoipa::path(post, path = "/v1/public/appeals/documents", tag = "public",
    params(("stanch-claim-code" = String, Header, max_length = 64, description = "The code that the notice carries"),
        ("stanch-document-name" = Option<String>, Header, max_length = 1100, description = "The document's name, percent-encoded UTF-8")),
    request_body(content = String, content_type = "application/octet-stream"), responses(
    (status = 201, body = ClaimedMeasure, description = "It arrived"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No measure has this code (`measure.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "No appeal is open (`appeal.state`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "It is neither an image nor a PDF nor a text, or there are ten (`appeal.invalid`)"),
))]
pub async fn add_document(
    State(app): State<App>,
    headers: HeaderMap,
    request: Request,
) -> ApiResult<(StatusCode, Json<ClaimedMeasure>)> {
    crate::extract::expect_media_type(&request, "application/octet-stream")?;
    let code = claim_beside(&headers, ErrorCode::MeasureNotFound)?;
    // Who has no open appeal may not make the server read ten megabytes.
    open_appeal(&mut app.store().read().await?, &code).await?;
    let name = plain_name(name_beside(&headers).as_deref().unwrap_or("document"));
    let bytes = whole_body(request.into_body(), DOCUMENT_BYTES_MAX).await?;
    let view = add_by_claim(&app, &code, name, &bytes).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Adds a document to the open appeal of the measure that a claim code opens.
///
/// # Errors
/// [`ErrorCode::MeasureNotFound`], [`ErrorCode::AppealState`], [`ErrorCode::AppealInvalid`].
pub async fn add_by_claim(
    app: &App,
    code: &ClaimCode,
    name: String,
    bytes: &[u8],
) -> ApiResult<ClaimedMeasure> {
    let media_type = media_type_of(bytes).ok_or_else(|| {
        ApiError::new(
            ErrorCode::AppealInvalid,
            "neither an image nor a PDF nor a text",
        )
    })?;
    let mut tx = app.store().begin().await?;
    let (measure, open) = open_appeal(&mut tx, code).await?;
    let material = Material {
        name,
        media_type: media_type.to_owned(),
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: tx.put_file(&open.to_string(), bytes).await?,
        received_at: app.ctx().now(),
    };
    add_material(&mut tx, app.ctx(), open, material, Actor::Reporter).await?;
    let view = view(&mut tx, measure).await?;
    tx.commit().await?;
    Ok(view)
}

/// The measure that a claim code opens, and the open appeal against it.
async fn open_appeal(tx: &mut Tx, code: &ClaimCode) -> ApiResult<(Measure, AppealId)> {
    let measure = claimed(tx, code).await?;
    let appeals = tx.appeals_of_measure(measure.id).await?;
    let open = appeals.iter().find(|appeal| appeal.is_open());
    let open = open.ok_or_else(|| ApiError::new(ErrorCode::AppealState, "no appeal is open"))?;
    Ok((measure, open.id))
}

/// Statements of reasons, newest first, without personal data.
#[utoipa::path(get, path = "/v1/public/statements", tag = "public", params(PageParams), responses(
    (status = 200, body = PageView<PublicStatement>, description = "One page"),
))]
pub async fn list_statements(
    State(app): State<App>,
    Params(params): Params<PageParams>,
) -> ApiResult<Json<PageView<PublicStatement>>> {
    let page = params.page()?;
    let mut tx = app.store().read().await?;
    let found = tx.list_measures(&MeasureFilter::All, &page).await?;
    let public = |measure: Measure| {
        let kinds: Vec<_> = measure
            .wish
            .signals
            .iter()
            .map(|signal| signal.kind)
            .collect();
        PublicStatement {
            statement: measure.notice.statement.public_copy(&kinds),
            state: measure.state.as_str().to_owned(),
        }
    };
    let items = found.items.into_iter().map(public).collect();
    Ok(Json(PageView::new(items, found.next)))
}

/// How often measures were wrong, how long people waited, what was kept from them: the last 90 days.
#[utoipa::path(get, path = "/v1/public/statistics", tag = "public", responses(
    (status = 200, body = Statistics, description = "The last 90 days"),
))]
pub async fn get_statistics(State(app): State<App>) -> ApiResult<Json<Statistics>> {
    statistics(&app).await.map(Json)
}

/// The statistics of the last 90 days.
///
/// # Errors
/// Those of the record.
pub async fn statistics(app: &App) -> ApiResult<Statistics> {
    let to = app.ctx().now();
    let mut tx = app.store().read().await?;
    statistics_of(&mut tx, to.minus(STATISTICS_OVER), to, to).await
}

/// The statistics from `from` until before `to`, and what is overdue at `now`.
///
/// # Errors
/// Those of the record.
pub async fn statistics_of(
    tx: &mut Tx,
    from: Timestamp,
    to: Timestamp,
    now: Timestamp,
) -> ApiResult<Statistics> {
    let measures = tx.measure_numbers(from, to).await?;
    let appeals = tx.appeal_numbers(from, to, now).await?;
    let (decided, overturned) = decided(&appeals);
    let secs = |micros: i64| micros / 1_000_000;
    let wrongly_held = appeals.wrongly_held.iter().copied();
    let wrongly_held = wrongly_held.map(|(currency, minor_hours)| WronglyHeld {
        currency,
        minor_hours,
    });
    Ok(Statistics {
        from,
        to,
        measures: measures.iter().map(|row| row.count).sum(),
        appeals_filed: appeals.filed,
        appeals_decided: decided,
        overturned,
        overturn_rate: overturned.saturating_mul(10_000).checked_div(decided),
        decided_within_p50_secs: appeals.decided_within_p50_us.map(secs),
        decided_within_p95_secs: appeals.decided_within_p95_us.map(secs),
        wrongly_held: wrongly_held.collect(),
        overdue: appeals.overdue,
    })
}

/// How many appeals were decided, and how many of them against the measure.
fn decided(appeals: &AppealNumbers) -> (u64, u64) {
    let all = appeals.decided.iter().map(|(_, count)| count).sum();
    let lifted = appeals
        .decided
        .iter()
        .filter(|(outcome, _)| outcome.lifts());
    (all, lifted.map(|(_, count)| count).sum())
}

async fn claimed(tx: &mut Tx, code: &ClaimCode) -> ApiResult<Measure> {
    let found = tx.lookup_measure_by_claim(&code.digest()).await?;
    found.ok_or_else(|| ApiError::of(ErrorCode::MeasureNotFound))
}

async fn view(tx: &mut Tx, measure: Measure) -> ApiResult<ClaimedMeasure> {
    let measure = tx.get_measure(measure.id).await?;
    let appeals = tx.appeals_of_measure(measure.id).await?;
    Ok(ClaimedMeasure {
        kind: measure.wish.kind,
        decided_at: measure.decided_at,
        expires_at: measure.expires_at,
        state: measure.state.as_str().to_owned(),
        zh: measure.notice.zh,
        en: measure.notice.en,
        statement: measure.notice.statement,
        appeal_until: measure.notice.appeal_until,
        appeals: appeals.into_iter().map(claimed_appeal).collect(),
    })
}

fn claimed_appeal(appeal: Appeal) -> ClaimedAppeal {
    let decision = appeal.state.decision().cloned();
    ClaimedAppeal {
        filed_at: appeal.filed_at,
        state: appeal.state.as_str().to_owned(),
        deadlines: appeal.deadlines,
        asked: match &appeal.state {
            AppealState::NeedsMaterials { asked, .. } => Some(asked.clone()),
            AppealState::Submitted
            | AppealState::Acknowledged { .. }
            | AppealState::UnderReview { .. }
            | AppealState::Decided { .. }
            | AppealState::Executed { .. }
            | AppealState::ExternalReview { .. } => None,
        },
        outcome: decision.as_ref().map(|decision| decision.outcome),
        reason: decision.map(|decision| decision.reason),
        documents: appeal.materials.len(),
    }
}
