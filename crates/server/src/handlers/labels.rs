//! What events turned out to be: given by people, asked for where it tells most, and given out for training and backtests.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, stream};
use serde::{Deserialize, Serialize};
use stanch_decide::{LabelWish, Pick, decision_word, erase_text, label, picks};
use stanch_store::{Page, PageRequest};
use stanch_types::label::{EventLabel, LABEL_SCENES_MAX, LabelSource, LabelText, Truth};
use stanch_types::user::Actor;
use stanch_types::{ErrorCode, LabelId, Score, Timestamp};
use utoipa::{IntoParams, ToSchema};

use crate::auth::caller::Caller;
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{InPath, JsonBody, Params, check_text};
use crate::handlers::payments::NDJSON;
use crate::page::{PageView, page};
use crate::personal::note_reading;
use crate::state::App;

/// Most characters of a note.
const NOTE_CHARS_MAX: usize = 1_000;
/// Most characters of an event's id, a scene, a reference.
const NAME_CHARS_MAX: usize = 128;
/// Labels of one event that are listed.
const OF_EVENT_MAX: u16 = 200;
/// Events asked about unless asked otherwise, and the most.
const PICKS_DEFAULT: u16 = 20;
const PICKS_MAX: u16 = 100;

/// What an event turned out to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLabel {
    /// The event.
    #[schema(min_length = 1, max_length = 128, example = "e-1")]
    pub event_id: String,
    /// What it turned out to be.
    pub truth: Truth,
    /// Labels of texts that fit.
    #[serde(default)]
    #[schema(max_items = 8, example = json!(["task_rebate"]))]
    pub scenes: Vec<String>,
    /// How that became known; somebody looked at it, unless said otherwise.
    #[serde(default = "looked_at")]
    pub source: LabelSource,
    /// Why.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: String,
}

const fn looked_at() -> LabelSource {
    LabelSource::Decision
}

/// Which labels.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LabelParams {
    /// Only of this event, the one that counts first; one page.
    #[param(min_length = 1, max_length = 128)]
    pub event_id: Option<String>,
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// Which events to ask about.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PickParams {
    /// Only events of this kind.
    #[param(min_length = 1, max_length = 128)]
    pub kind: Option<String>,
    /// Most items to return.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u16>,
}

/// In which form labels are given out.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// `texts` for `stanch train`, only labels with a text; `events` for `stanch backtest --labels`.
    #[serde(default)]
    #[param(inline)]
    pub form: ExportForm,
}

/// A form of labels given out.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportForm {
    /// Texts with their labels and where these come from.
    #[default]
    Texts,
    /// Ids of events with their labels.
    Events,
}

/// An event that it is worth asking about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PickView {
    /// The event.
    pub event_id: String,
    /// Its kind.
    pub kind: String,
    /// When it was decided about.
    pub decided_at: Timestamp,
    /// What was decided.
    #[schema(example = "allow")]
    pub decision: &'static str,
    /// Its texts, a line each: personal data.
    pub text: LabelText,
    /// How likely the model holds it to be fraud, in ten-thousandths.
    pub score: Score,
    /// The labels with the highest scores, highest first.
    pub labels: Vec<PickedLabel>,
    /// `contradiction` when it was let pass and the model is sure that it is fraud, `uncertain` when the model cannot tell.
    #[schema(example = "uncertain")]
    pub why: &'static str,
}

/// A label that the model gives a text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PickedLabel {
    /// Its word.
    #[schema(example = "task_rebate")]
    pub label: String,
    /// How likely, in ten-thousandths.
    pub score: Score,
}

/// Put on record what an event turned out to be. The last label of an event counts; its texts are kept with the label, also when the
/// event itself is no longer kept.
#[utoipa::path(post, path = "/v1/labels", tag = "labels", request_body = NewLabel, responses(
    (status = 201, body = EventLabel, description = "On record"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such event or case (`event.not_found`, `case.not_found`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "No policy is live that knows the event's fields (`policy.none_live`)"),
))]
pub async fn add_label(
    State(app): State<App>,
    caller: Caller,
    JsonBody { value, .. }: JsonBody<NewLabel>,
) -> ApiResult<(StatusCode, Json<EventLabel>)> {
    let wish = checked(value)?;
    if let LabelSource::Case { case_id } = &wish.source {
        app.store().read().await?.get_case(*case_id).await?;
    }
    let given = label(app.engine(), app.store(), app.ctx(), wish, caller.actor()).await?;
    Ok((StatusCode::CREATED, Json(given)))
}

fn checked(asked: NewLabel) -> ApiResult<LabelWish> {
    check_text("/event_id", &asked.event_id, NAME_CHARS_MAX)?;
    if asked.scenes.len() > LABEL_SCENES_MAX {
        let why = format!("a label has at most {LABEL_SCENES_MAX} scenes");
        return Err(ApiError::new(ErrorCode::RequestInvalid, why).at("/scenes", "too many"));
    }
    for scene in &asked.scenes {
        check_text("/scenes", scene, NAME_CHARS_MAX)?;
    }
    if let LabelSource::Appeal { reference } = &asked.source {
        check_text("/source/reference", reference, NAME_CHARS_MAX)?;
    }
    if !asked.note.is_empty() {
        check_text("/note", &asked.note, NOTE_CHARS_MAX)?;
    }
    Ok(LabelWish {
        event_id: asked.event_id,
        truth: asked.truth,
        scenes: asked.scenes,
        source: asked.source,
        note: asked.note,
    })
}

/// Labels, newest first.
#[utoipa::path(get, path = "/v1/labels", tag = "labels", params(LabelParams), responses(
    (status = 200, body = PageView<EventLabel>, description = "One page"),
))]
pub async fn list_labels(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<LabelParams>,
) -> ApiResult<Json<PageView<EventLabel>>> {
    let asked = page(params.limit, params.cursor)?;
    if let Some(event_id) = &params.event_id {
        check_text("event_id", event_id, NAME_CHARS_MAX)?;
    }
    caller.must_say_purpose()?;
    note_reading(&app, &caller, "labels").await?;
    let mut tx = app.store().read().await?;
    let Some(event_id) = params.event_id else {
        let found = tx.list_labels(&asked).await?;
        return Ok(Json(PageView::new(found.items, found.next)));
    };
    let labels = tx.labels_of_event(&event_id, OF_EVENT_MAX).await?;
    Ok(Json(PageView::whole(labels)))
}

/// Events that it is worth asking about, the most telling first: of the latest decisions those with a text and no label that were let
/// pass although the model is sure that they are fraud, then those where it cannot tell.
#[utoipa::path(get, path = "/v1/labels/picks", tag = "labels", params(PickParams), responses(
    (status = 200, body = PageView<PickView>, description = "One page"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "No policy is live (`policy.none_live`)"),
))]
pub async fn list_picks(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<PickParams>,
) -> ApiResult<Json<PageView<PickView>>> {
    let limit = params.limit.unwrap_or(PICKS_DEFAULT);
    if !(1..=PICKS_MAX).contains(&limit) {
        let must = format!("must be 1 to {PICKS_MAX}");
        let error = ApiError::new(ErrorCode::RequestInvalid, format!("`limit` {must}"));
        return Err(error.at("limit", must));
    }
    if let Some(kind) = &params.kind {
        check_text("kind", kind, NAME_CHARS_MAX)?;
    }
    caller.must_say_purpose()?;
    note_reading(&app, &caller, "labels").await?;
    let found = picks(app.engine(), app.store(), params.kind, usize::from(limit)).await?;
    Ok(Json(PageView::whole(found.into_iter().map(view).collect())))
}

fn view(pick: Pick) -> PickView {
    let labels = pick.labels.into_iter();
    PickView {
        event_id: pick.event_id,
        kind: pick.kind,
        decided_at: pick.decided_at,
        decision: decision_word(pick.decision),
        text: pick.text,
        score: pick.score,
        labels: labels
            .map(|(label, score)| PickedLabel { label, score })
            .collect(),
        why: pick.why.as_str(),
    }
}

/// Every label that counts, one a line (`application/x-ndjson`), newest first. With `form=texts` a line is
/// `{"id","text","label","scenes","source","decision","policy","labelled_at","labelled_by"}`, which `stanch train --set FILE:text:label:fraud`
/// reads; with `form=events` it is `{"event_id","label"}`, which `stanch backtest --labels` reads.
#[utoipa::path(get, path = "/v1/labels/export", tag = "labels", params(ExportParams), responses(
    (status = 200, content((String = "application/x-ndjson")), description = "One label a line"),
))]
pub async fn export_labels(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<ExportParams>,
) -> ApiResult<Response> {
    caller.must_say_purpose()?;
    note_reading(&app, &caller, "labels").await?;
    let lines = Body::from_stream(lines(app, params.form));
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, NDJSON)], lines).into_response())
}

fn lines(app: App, form: ExportForm) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let failed = |error: stanch_store::StoreError| std::io::Error::other(error.to_string());
    // What is labelled meanwhile is of the next export.
    let until = app.ctx().now();
    stream::try_unfold(Some(PageRequest::first()), move |asked| {
        let app = app.clone();
        async move {
            let Some(asked) = asked else {
                return Ok(None);
            };
            let mut tx = app.store().read().await.map_err(failed)?;
            let found: Page<EventLabel> = tx
                .list_current_labels(&asked, until)
                .await
                .map_err(failed)?;
            let mut out = Vec::new();
            for label in &found.items {
                write_line(&mut out, label, form)?;
            }
            let next = found.next.map(|cursor| asked.following(cursor));
            Ok(Some((Bytes::from(out), next)))
        }
    })
}

#[derive(Serialize)]
struct TextLine<'a> {
    id: LabelId,
    text: &'a str,
    label: Truth,
    scenes: &'a [String],
    source: &'a LabelSource,
    decision: &'a str,
    policy: &'a str,
    labelled_at: Timestamp,
    labelled_by: &'a Actor,
}

#[derive(Serialize)]
struct EventLine<'a> {
    event_id: &'a str,
    label: Truth,
}

fn write_line(out: &mut Vec<u8>, label: &EventLabel, form: ExportForm) -> std::io::Result<()> {
    match (form, &label.text) {
        (ExportForm::Texts, None) => return Ok(()),
        (ExportForm::Texts, Some(text)) => serde_json::to_writer(
            &mut *out,
            &TextLine {
                id: label.id,
                text: text.expose(),
                label: label.truth,
                scenes: &label.scenes,
                source: &label.source,
                decision: &label.decision,
                policy: &label.policy,
                labelled_at: label.labelled_at,
                labelled_by: &label.labelled_by,
            },
        )?,
        (ExportForm::Events, _) => serde_json::to_writer(
            &mut *out,
            &EventLine {
                event_id: &label.event_id,
                label: label.truth,
            },
        )?,
    }
    out.push(b'\n');
    Ok(())
}

/// Erase the text of a label and of every other label of its event; what the event turned out to be stays.
#[utoipa::path(delete, path = "/v1/labels/{id}/text", tag = "labels", params(("id" = LabelId, Path, description = "The label")), responses(
    (status = 200, body = EventLabel, description = "Erased"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such label (`resource.not_found`)"),
))]
pub async fn erase_label_text(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<LabelId>,
) -> ApiResult<Json<EventLabel>> {
    let label = erase_text(app.store(), app.ctx(), id, caller.actor()).await?;
    Ok(Json(label))
}
