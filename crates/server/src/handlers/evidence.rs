//! Evidence of a case: collected by two, handed over, looked at, exported.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use stanch_evidence::{
    Collecting, ITEM_BYTES_MAX, ItemWithChain, collect, export, format_of_type, hand_over,
    items_of_case, view,
};
use stanch_store::Tx;
use stanch_types::evidence::{
    CollectionRecord, Collectors, CustodyAction, EVIDENCE_NAME_CHARS_MAX, EVIDENCE_TEXT_CHARS_MAX,
    EvidenceCategory, EvidenceItem, EvidenceState,
};
use stanch_types::user::{Role, User};
use stanch_types::{CaseId, ErrorCode, EvidenceId, Timestamp};
use utoipa::{IntoParams, ToSchema};

use crate::auth::caller::Caller;
use crate::error::{ApiError, ApiResult, Problem};
use crate::extract::{InPath, JsonBody, Params, check_text, media_type, whole_body};
use crate::handlers::people::{Names, PersonView};
use crate::personal::{note_reading, shown_to};
use crate::state::App;

/// What stands for a text that the reader may not see.
const HIDDEN: &str = "***";
/// The tool that items are taken in with.
const TOOL: &str = concat!("stanch ", env!("CARGO_PKG_VERSION"));

/// The record of a collection, as query parameters beside the file's bytes.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CollectParams {
    /// The file's name.
    #[param(min_length = 1, max_length = 200, example = "chat.png")]
    pub name: String,
    /// Sign-in name of who collects with the caller; another person.
    #[param(min_length = 1, max_length = 64)]
    pub second: String,
    /// Who gave it or where it came from.
    #[param(min_length = 1, max_length = 500)]
    pub source: String,
    /// How it was collected: extracted, photographed, received.
    #[param(min_length = 1, max_length = 500)]
    pub method: String,
    /// Where.
    #[param(min_length = 1, max_length = 500)]
    pub place: String,
    /// The matter; the case's number if not told.
    #[param(min_length = 1, max_length = 500)]
    pub matter: Option<String>,
    /// What it was taken from; the source if not told.
    #[param(min_length = 1, max_length = 500)]
    pub object: Option<String>,
    /// What it shows; the file's name if not told.
    #[param(min_length = 1, max_length = 500)]
    pub content: Option<String>,
    /// The steps taken; the method if not told.
    #[param(min_length = 1, max_length = 500)]
    pub process: Option<String>,
    /// The tool it was made with; this program if not told.
    #[param(min_length = 1, max_length = 500)]
    pub tool: Option<String>,
    /// The holder or witness who was present.
    #[param(min_length = 1, max_length = 500)]
    pub witness: Option<String>,
}

/// What the bytes are wanted for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ViewParams {
    /// What for; stands in the chain of custody.
    #[param(min_length = 1, max_length = 500)]
    pub purpose: String,
}

/// To whom an item goes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemHandOver {
    /// Sign-in name of who gets it.
    #[schema(min_length = 1, max_length = 64)]
    pub to: String,
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// The record of a collection.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CollectionView {
    /// The matter.
    pub matter: String,
    /// What it was taken from.
    pub object: String,
    /// What it shows.
    pub content: String,
    /// Where.
    pub place: String,
    /// How.
    pub method: String,
    /// The steps taken.
    pub process: String,
    /// Who gave it.
    pub source: String,
    /// The tool.
    pub tool: String,
    /// Who was present.
    pub witness: Option<String>,
}

/// A link of a chain of custody.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustodyView {
    /// 1 for the collection, then rising.
    pub seq: i32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PersonView,
    /// `collected`, `handed_over`, `viewed`, `exported`, `released` or `notice_given`.
    #[schema(example = "handed_over")]
    pub action: String,
    /// Who got the item, if it was handed over.
    pub to: Option<PersonView>,
    /// Reason, purpose, or who was told.
    pub words: Option<String>,
    /// SHA-256 of the link, which the next one holds.
    pub sha256: String,
}

/// An item of evidence.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EvidenceView {
    /// Identifier.
    pub id: EvidenceId,
    /// The case.
    pub case_id: CaseId,
    /// The file's name.
    pub file_name: String,
    /// What kind of thing.
    pub category: EvidenceCategory,
    /// Media type.
    #[schema(example = "image/png")]
    pub format: String,
    /// Number of bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// SM3, hexadecimal.
    pub sm3: String,
    /// When it was collected.
    pub acquired_at: Timestamp,
    /// By which two people.
    pub collectors: Vec<PersonView>,
    /// `in_custody` or `released`.
    #[schema(example = "in_custody")]
    pub state: String,
    /// Who has it; nobody once it is released.
    pub holder: Option<PersonView>,
    /// Until when whoever it was taken from must be told of its release, while that is to be done.
    pub notice_due_at: Option<Timestamp>,
    /// The record of the collection.
    pub record: CollectionView,
    /// What happened to it.
    pub chain: Vec<CustodyView>,
}

/// Takes a file into custody. The caller and the second person are its collectors; both digests are taken as it arrives.
#[utoipa::path(post, path = "/v1/cases/{id}/evidence", tag = "evidence",
    params(("id" = CaseId, Path, description = "The case"), CollectParams),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file's bytes under its own media type, at most 64 MiB; see `docs/formats/evidence.md` for the types taken"), responses(
    (status = 201, body = EvidenceView, description = "The item"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "The second collector is the caller (`evidence.same_person`), or the roles do not allow it (`auth.forbidden`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The file or its record breaks a rule (`evidence.invalid`)"),
))]
pub async fn collect_evidence(
    State(app): State<App>,
    caller: Caller,
    InPath(case_id): InPath<CaseId>,
    Params(params): Params<CollectParams>,
    request: Request,
) -> ApiResult<Response> {
    params.check()?;
    let told = media_type(&request).to_owned();
    let format = format_of_type(&told).ok_or_else(|| {
        let why = "evidence of this media type is not taken";
        ApiError::new(ErrorCode::RequestMediaType, why)
    })?;
    let bytes = whole_body(request.into_body(), ITEM_BYTES_MAX).await?;
    let mut tx = app.store().begin().await?;
    let case = tx.get_case(case_id).await?;
    let second = colleague(&mut tx, &params.second).await?;
    let collectors =
        Collectors::new(caller.id(), second.id).map_err(stanch_evidence::EvidenceError::from)?;
    let new = Collecting {
        case_id,
        record: params.record(&case.number),
        name: params.name,
        format,
        bytes: &bytes,
        collectors,
    };
    let taken = collect(&mut tx, app.ctx(), new).await?;
    let names = Names::of(&tx.list_users().await?);
    tx.commit().await?;
    let view = EvidenceView::new(taken, &names);
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// A case's items, in the order they were collected, with their chains of custody.
#[utoipa::path(get, path = "/v1/cases/{id}/evidence", tag = "evidence", params(("id" = CaseId, Path, description = "The case")), responses(
    (status = 200, body = Vec<EvidenceView>, description = "At most 1,000 items"),
))]
pub async fn list_evidence(
    State(app): State<App>,
    caller: Caller,
    InPath(case_id): InPath<CaseId>,
) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    tx.get_case(case_id).await?;
    let names = Names::of(&tx.list_users().await?);
    let items = items_of_case(&mut tx, case_id).await?;
    drop(tx);
    note_reading(&app, &caller, &case_id.to_string()).await?;
    let mut views: Vec<_> = items
        .into_iter()
        .map(|item| EvidenceView::new(item, &names))
        .collect();
    if !caller.sees_personal_data() {
        views.iter_mut().for_each(EvidenceView::mask);
    }
    shown_to(&caller, &views)
}

/// An item's bytes. The chain of custody says who looked at them what for.
#[utoipa::path(get, path = "/v1/evidence/{id}/content", tag = "evidence", params(("id" = EvidenceId, Path, description = "The item"), ViewParams), responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream", description = "The file, byte for byte, as a download"),
))]
pub async fn view_evidence(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<EvidenceId>,
    Params(params): Params<ViewParams>,
) -> ApiResult<Response> {
    caller.must_say_purpose()?;
    check_text("purpose", &params.purpose, EVIDENCE_TEXT_CHARS_MAX)?;
    let mut tx = app.store().begin().await?;
    let (item, bytes) = view(&mut tx, app.ctx(), id, caller.id(), params.purpose).await?;
    tx.commit().await?;
    let ending = format_of_type(&item.format).map_or("bin", |format| format.ending);
    Ok(download(
        "application/octet-stream",
        &format!("{id}.{ending}"),
        bytes,
    ))
}

/// Hands an item to somebody else. The caller must have it.
#[utoipa::path(post, path = "/v1/evidence/{id}/hand-over", tag = "evidence", params(("id" = EvidenceId, Path, description = "The item")),
    request_body = ItemHandOver, responses(
    (status = 200, body = EvidenceView, description = "The item in its new hands"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The caller does not have it, or it was released (`evidence.state`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "A text breaks a rule (`evidence.invalid`)"),
))]
pub async fn hand_over_evidence(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<EvidenceId>,
    body: JsonBody<ItemHandOver>,
) -> ApiResult<Json<EvidenceView>> {
    let ItemHandOver { to, reason } = body.value;
    check_text("/reason", &reason, EVIDENCE_TEXT_CHARS_MAX)?;
    let mut tx = app.store().begin().await?;
    let to = colleague(&mut tx, &to).await?;
    let item = hand_over(&mut tx, app.ctx(), id, (caller.id(), to.id), reason).await?;
    let chain = tx.list_custody(id).await?;
    let names = Names::of(&tx.list_users().await?);
    tx.commit().await?;
    Ok(Json(EvidenceView::new(
        ItemWithChain { item, chain },
        &names,
    )))
}

/// A case's evidence package: items, chains, record, audit proofs and a summary, signed. Each item's chain gets a link.
#[utoipa::path(get, path = "/v1/cases/{id}/evidence/package", tag = "evidence", params(("id" = CaseId, Path, description = "The case")), responses(
    (status = 200, body = Vec<u8>, content_type = "application/zip", description = "The package; `stanch evidence verify` checks it"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The items are too large for a package (`evidence.invalid`)"),
))]
pub async fn export_evidence(
    State(app): State<App>,
    caller: Caller,
    InPath(case_id): InPath<CaseId>,
) -> ApiResult<Response> {
    caller.must_say_purpose()?;
    app.store().read().await?.get_case(case_id).await?;
    let made = export(app.store(), app.ctx(), app.ledger(), case_id, &caller.user).await?;
    let name = format!("evidence-{}.zip", made.case_number);
    Ok(download("application/zip", &name, made.bytes))
}

/// A file that browsers store and never show.
fn download(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let mut response = ([(header::CONTENT_TYPE, kind)], bytes).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// Somebody who may collect and hold evidence.
async fn colleague(tx: &mut Tx, login: &str) -> ApiResult<User> {
    let found = tx.lookup_user_by_login(login).await?;
    found
        .filter(|user| {
            let may = user.has(Role::Analyst) || user.has(Role::Approver);
            may && user.disabled_at.is_none()
        })
        .ok_or_else(|| {
            let why = "nobody who may hold evidence has this sign-in name";
            ApiError::new(ErrorCode::EvidenceInvalid, why)
        })
}

impl CollectParams {
    fn check(&self) -> ApiResult<()> {
        check_text("name", &self.name, EVIDENCE_NAME_CHARS_MAX)?;
        let told = [
            ("source", Some(&self.source)),
            ("method", Some(&self.method)),
            ("place", Some(&self.place)),
            ("matter", self.matter.as_ref()),
            ("object", self.object.as_ref()),
            ("content", self.content.as_ref()),
            ("process", self.process.as_ref()),
            ("tool", self.tool.as_ref()),
            ("witness", self.witness.as_ref()),
        ];
        for (field, text) in told {
            if let Some(text) = text {
                check_text(field, text, EVIDENCE_TEXT_CHARS_MAX)?;
            }
        }
        Ok(())
    }

    fn record(&self, case_number: &str) -> CollectionRecord {
        let or =
            |told: &Option<String>, other: &str| told.clone().unwrap_or_else(|| other.to_owned());
        CollectionRecord {
            matter: or(&self.matter, case_number),
            object: or(&self.object, &self.source),
            content: or(&self.content, &self.name),
            place: self.place.clone(),
            method: self.method.clone(),
            process: or(&self.process, &self.method),
            source: self.source.clone(),
            tool: or(&self.tool, TOOL),
            witness: self.witness.clone(),
        }
    }
}

impl EvidenceView {
    fn new(held: ItemWithChain, names: &Names) -> Self {
        let ItemWithChain { item, chain } = held;
        let (holder, notice_due_at) = match &item.state {
            EvidenceState::InCustody { holder } => (Some(names.person(*holder)), None),
            EvidenceState::Released {
                notice_due_at,
                notice_at,
                ..
            } => (None, notice_at.is_none().then_some(*notice_due_at)),
        };
        let EvidenceItem { record, digest, .. } = item;
        Self {
            id: item.id,
            case_id: item.case_id,
            file_name: item.name,
            category: item.category,
            format: item.format,
            size: digest.size,
            sha256: digest.sha256,
            sm3: digest.sm3,
            acquired_at: item.acquired_at,
            collectors: [item.collectors.first(), item.collectors.second()]
                .map(|id| names.person(id))
                .to_vec(),
            state: item.state.as_str().to_owned(),
            holder,
            notice_due_at,
            record: CollectionView {
                matter: record.matter,
                object: record.object,
                content: record.content,
                place: record.place,
                method: record.method,
                process: record.process,
                source: record.source,
                tool: record.tool,
                witness: record.witness,
            },
            chain: chain
                .into_iter()
                .map(|link| CustodyView::new(link, names))
                .collect(),
        }
    }
}

impl EvidenceView {
    /// Hides what people wrote: it may name victims.
    fn mask(&mut self) {
        let CollectionView {
            matter,
            object,
            content,
            place,
            method: _,
            process,
            source,
            tool: _,
            witness,
        } = &mut self.record;
        let texts = [matter, object, content, place, process, source];
        for text in texts.into_iter().chain(witness.as_mut()) {
            HIDDEN.clone_into(text);
        }
        HIDDEN.clone_into(&mut self.file_name);
        for link in &mut self.chain {
            if let Some(words) = &mut link.words {
                HIDDEN.clone_into(words);
            }
        }
    }
}

impl CustodyView {
    fn new(link: stanch_store::CustodyLink, names: &Names) -> Self {
        let event = link.event;
        let action = event.action.as_str().to_owned();
        let (to, words) = match event.action {
            CustodyAction::Collected { .. } => (None, None),
            CustodyAction::HandedOver { to, reason, .. } => (Some(names.person(to)), Some(reason)),
            CustodyAction::Viewed { purpose } => (None, Some(purpose)),
            CustodyAction::Exported { package } => (None, Some(package)),
            CustodyAction::Released { reason, .. } => (None, Some(reason)),
            CustodyAction::NoticeGiven { to, .. } => (None, Some(to)),
        };
        Self {
            seq: event.seq,
            at: event.at,
            by: names.person(event.by),
            action,
            to,
            words,
            sha256: link.sha256,
        }
    }
}
