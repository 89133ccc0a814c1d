//! Decisions that were made: by event, by filter, along the life of an entity.

use crate::auth::caller::Caller;
use crate::extract::{InPath, JsonBody, Params, check_text};
use crate::page::{LIMIT_DEFAULT, PageView};
use crate::personal::note_reading;
use crate::state::App;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stanch_decide::{DecisionFilter, Found, FoundPage, decision_of_word, decision_word};
use stanch_types::{ErrorCode, Timestamp};
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, ApiResult, Problem};

/// Most items on a page.
const LIMIT_MAX: u16 = 200;

/// Which decisions.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DecisionParams {
    /// Only this decision: `allow`, `warn`, `review`, `delay`, `hold` or `block`.
    #[param(min_length = 4, max_length = 6)]
    pub decision: Option<String>,
    /// Only events of this kind.
    #[param(min_length = 1, max_length = 128)]
    pub kind: Option<String>,
    /// Only where this rule fired.
    #[param(min_length = 1, max_length = 128)]
    pub rule: Option<String>,
    /// Decided at or after.
    pub from: Option<Timestamp>,
    /// Decided before.
    pub to: Option<Timestamp>,
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// Whose timeline.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineRequest {
    /// A key field, as `payer`.
    #[schema(min_length = 1, max_length = 128, example = "payer")]
    pub field: String,
    /// Its value, as it is shown in events.
    #[schema(min_length = 1, max_length = 4096)]
    pub value: String,
    /// Only this decision.
    #[serde(default)]
    #[schema(example = "hold")]
    pub decision: Option<String>,
    /// Only events of this kind.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 128)]
    pub kind: Option<String>,
    /// Only where this rule fired.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 128)]
    pub rule: Option<String>,
    /// Decided at or after.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// Decided before.
    #[serde(default)]
    pub to: Option<Timestamp>,
    /// Most items to return; default 50.
    #[schema(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[schema(max_length = 512)]
    pub cursor: Option<String>,
}

/// A decision as stored, with what its caller was told if that was something else.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StoredDecision {
    /// As answered to the sender.
    #[serde(flatten)]
    #[schema(value_type = crate::handlers::events::DecisionBody)]
    pub decision: Value,
    /// The fallback that the sender was told because the decision came too late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<&'static str>,
    /// The event as it came; only when one decision is asked for and the event is still kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub event: Option<Value>,
}

/// Decisions, latest first. Features and explanations are left out for auditors.
#[utoipa::path(get, path = "/v1/decisions", tag = "decisions", params(DecisionParams), responses(
    (status = 200, body = PageView<StoredDecision>, description = "One page; it may have fewer items than asked for and still a successor"),
))]
pub async fn list_decisions(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<DecisionParams>,
) -> ApiResult<Json<PageView<StoredDecision>>> {
    let cursor = params.cursor.clone();
    let limit = limit(params.limit)?;
    let filter = filter(params)?;
    let engine = app.engine().clone();
    let found = blocking(move || engine.list(&filter, limit, cursor.as_deref())).await?;
    Ok(Json(page(&caller, found)?))
}

/// The filter asked for.
fn filter(asked: DecisionParams) -> ApiResult<DecisionFilter> {
    let decision = asked
        .decision
        .as_deref()
        .map(|word| {
            decision_of_word(word).ok_or_else(|| {
                ApiError::new(ErrorCode::RequestInvalid, "`decision` is not a decision").at(
                    "decision",
                    "must be allow, warn, review, delay, hold or block",
                )
            })
        })
        .transpose()?;
    Ok(DecisionFilter {
        decision,
        kind: name_within("kind", asked.kind)?,
        rule: name_within("rule", asked.rule)?,
        key: None,
        from: asked.from,
        to: asked.to,
    })
}

/// A name of the policy as asked for: 1 to 128 characters.
fn name_within(parameter: &str, name: Option<String>) -> ApiResult<Option<String>> {
    match name {
        Some(name) if !(1..=128).contains(&name.chars().count()) => Err(ApiError::new(
            ErrorCode::RequestInvalid,
            format!("`{parameter}` has 1 to 128 characters"),
        )
        .at(parameter, "must have 1 to 128 characters")),
        other => Ok(other),
    }
}

/// The decision about an event, with its explanation and the event itself.
#[utoipa::path(get, path = "/v1/decisions/{event_id}", tag = "decisions", params(("event_id" = String, Path, description = "The event")), responses(
    (status = 200, body = StoredDecision, description = "The decision"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such event (`event.not_found`)"),
))]
pub async fn get_decision(
    State(app): State<App>,
    caller: Caller,
    InPath(event_id): InPath<String>,
) -> ApiResult<Json<StoredDecision>> {
    let engine = app.engine().clone();
    let sees = sees_all(&caller);
    let (found, event) = blocking(move || {
        let found = engine.find(&event_id)?;
        // Retention may have removed the event; the decision stays.
        let event = if sees {
            engine.event_at(found.place).ok()
        } else {
            None
        };
        Ok((found, event))
    })
    .await?;
    let mut view = stored(&caller, found)?;
    view.event = event
        .map(|line| serde_json::from_slice(&line).map_err(ApiError::internal))
        .transpose()?;
    let subject = view.decision.get("event_id").and_then(Value::as_str);
    let subject = format!("event:{}", subject.unwrap_or_default());
    note_reading(&app, &caller, &subject).await?;
    Ok(Json(view))
}

/// Decisions about the events of an entity, by time of the event, latest first. The value stands in the body so that
/// it does not land in the logs of what lies between.
#[utoipa::path(post, path = "/v1/entities/timeline", tag = "decisions", request_body = TimelineRequest, responses(
    (status = 200, body = PageView<StoredDecision>, description = "One page"),
))]
pub async fn entity_timeline(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<TimelineRequest>,
) -> ApiResult<Json<PageView<StoredDecision>>> {
    check_text("/field", &value.field, 128)?;
    check_text("/value", &value.value, 4_096)?;
    let asked = DecisionParams {
        decision: value.decision,
        kind: value.kind,
        rule: value.rule,
        from: value.from,
        to: value.to,
        limit: value.limit,
        cursor: value.cursor,
    };
    walk(&app, &caller, &value.field, &value.value, asked).await
}

/// Decisions about the events of an entity whose value is not personal; `POST /v1/entities/timeline` for others.
#[utoipa::path(get, path = "/v1/entities/{field}/{value}/timeline", tag = "decisions", params(
    ("field" = String, Path, description = "A key field, as `device`"), ("value" = String, Path, description = "Its value"),
    DecisionParams), responses(
    (status = 200, body = PageView<StoredDecision>, description = "One page"),
))]
pub async fn get_entity_timeline(
    State(app): State<App>,
    caller: Caller,
    axum::extract::Path((field, value)): axum::extract::Path<(String, String)>,
    Params(params): Params<DecisionParams>,
) -> ApiResult<Json<PageView<StoredDecision>>> {
    walk(&app, &caller, &field, &value, params).await
}

async fn walk(
    app: &App,
    caller: &Caller,
    field: &str,
    value: &str,
    asked: DecisionParams,
) -> ApiResult<Json<PageView<StoredDecision>>> {
    let cursor = asked.cursor.clone();
    let limit = limit(asked.limit)?;
    let mut filter = filter(asked)?;
    // The value itself must not stand in the audit tree: its digest names it.
    let digest = crate::extract::sha256(format!("{field}\0{value}").as_bytes());
    let subject = format!("entity:{field}:{}", hex::encode(&digest[..8]));
    filter.key = Some((field.to_owned(), value.to_owned()));
    let engine = app.engine().clone();
    let found = blocking(move || engine.list(&filter, limit, cursor.as_deref())).await?;
    note_reading(app, caller, &subject).await?;
    Ok(Json(page(caller, found)?))
}

fn limit(asked: Option<u16>) -> ApiResult<usize> {
    match asked.unwrap_or(LIMIT_DEFAULT) {
        limit @ 1..=LIMIT_MAX => Ok(usize::from(limit)),
        _ => Err(
            ApiError::new(ErrorCode::RequestInvalid, "`limit` must be 1 to 200")
                .at("limit", "must be 1 to 200"),
        ),
    }
}

fn page(caller: &Caller, found: FoundPage) -> ApiResult<PageView<StoredDecision>> {
    let items = found.items.into_iter();
    Ok(PageView {
        items: items
            .map(|found| stored(caller, found))
            .collect::<ApiResult<_>>()?,
        next_cursor: found.next,
    })
}

/// Whether the caller sees keys, features and explanations, which name persons.
fn sees_all(caller: &Caller) -> bool {
    caller.sees_personal_data()
}

fn stored(caller: &Caller, found: Found) -> ApiResult<StoredDecision> {
    let mut decision: Value = serde_json::from_slice(&found.json).map_err(ApiError::internal)?;
    if let Value::Object(members) = &mut decision {
        if found.answered_late.is_some() {
            members.insert("late".to_owned(), Value::Bool(true));
        }
        if !sees_all(caller) {
            members.remove("features");
            members.remove("explanation");
        }
    }
    Ok(StoredDecision {
        decision,
        answered: found.answered_late.map(decision_word),
        event: None,
    })
}

/// Index and log are read off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, stanch_decide::DecideError> + Send + 'static,
) -> ApiResult<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(ApiError::internal)?
        .map_err(ApiError::from)
}
