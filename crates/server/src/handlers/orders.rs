//! Orders and their answers.

use crate::auth::caller::Caller;
use crate::extract::{InPath, JsonBody, Params};
use crate::idempotency::{Begun, IdempotencyKey};
use crate::page;
use crate::personal::reveal;
use crate::state::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use stanch_orders::draft;
use stanch_store::{OrderFilter, Tx};
use stanch_types::ErrorCode;
use stanch_types::order::OrderContent;
use stanch_types::order::{
    AnswerOutcome, Authority, DisputedTransfer, HoldScope, Order, OrderAnswer, OrderKind,
    OrderState, OrderTransition,
};
use stanch_types::personal::PersonName;
use stanch_types::{
    AccountRef, AnswerId, ApplicationId, CaseId, InstitutionCode, OrderId, PlanId, Timestamp,
};
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, ApiResult, Problem};
use crate::handlers::people::{ActorView, Names, PersonView};
use crate::page::PageView;

/// An order in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderSummary {
    /// Identifier.
    pub id: OrderId,
    /// Its id towards the institution.
    pub application_id: ApplicationId,
    /// What is asked.
    pub kind: OrderKind,
    /// The case it is for.
    pub case_id: CaseId,
    /// That case's short number.
    pub case_number: String,
    /// The plan it came from.
    #[schema(required = true)]
    pub plan_id: Option<PlanId>,
    /// The order it prolongs, releases or converts.
    #[schema(required = true)]
    pub parent: Option<OrderId>,
    /// The account.
    pub target: AccountRef,
    /// The holder's name, if known.
    #[schema(required = true)]
    pub holder_name: Option<PersonName>,
    /// How much.
    pub scope: HoldScope,
    /// Why.
    pub reason: String,
    /// The legal authority.
    #[schema(required = true)]
    pub authority: Option<Authority>,
    /// Whether it is an emergency stop.
    pub emergency: bool,
    /// Who drafted it.
    pub created_by: PersonView,
    /// When.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: OrderState,
}

/// One step an order took.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransitionView {
    /// From 1, without gaps.
    pub seq: i32,
    /// The state before, as a word.
    #[schema(required = true)]
    pub from: Option<String>,
    /// The state after.
    pub to: OrderState,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: ActorView,
    /// Why.
    pub reason: String,
    /// SHA-256 of the document or message that caused it.
    #[schema(required = true)]
    pub document_sha256: Option<String>,
}

/// One answer of the institution.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnswerView {
    /// Identifier.
    pub id: AnswerId,
    /// When the institution says it happened.
    pub occurred_at: Timestamp,
    /// When Stanch received it.
    pub received_at: Timestamp,
    /// What it says.
    pub outcome: AnswerOutcome,
    /// Whether it moved the order; no for late and repeated answers.
    pub applied: bool,
}

/// An order with its whole life.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderView {
    /// The order as in a list.
    #[serde(flatten)]
    pub summary: OrderSummary,
    /// The steps it took, first to last.
    pub transitions: Vec<TransitionView>,
    /// The institution's answers, first to last.
    pub answers: Vec<AnswerView>,
    /// SHA-256 of the signed document, once signed.
    #[schema(required = true)]
    pub document_sha256: Option<String>,
}

/// Which orders, by state word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStateFilter {
    /// Drafted by one person.
    Draft,
    /// Taken back or declined.
    Withdrawn,
    /// Approved by another person.
    Approved,
    /// The document is signed.
    Signed,
    /// Handed to the connector.
    Sent,
    /// The institution has it.
    Acked,
    /// Being carried out.
    Executing,
    /// Carried out in full.
    Executed,
    /// Carried out in part.
    PartiallyExecuted,
    /// Refused.
    Refused,
    /// Could not be delivered or carried out.
    Failed,
    /// The hold is in force.
    Active,
    /// The hold ended by itself.
    Expired,
    /// The hold was ended.
    Released,
    /// The stop became a freeze.
    Converted,
    /// The money was returned.
    Returned,
}

stanch_types::words! { OrderStateFilter {
    Draft = "draft", Withdrawn = "withdrawn", Approved = "approved", Signed = "signed", Sent = "sent",
    Acked = "acked", Executing = "executing", Executed = "executed", PartiallyExecuted = "partially_executed",
    Refused = "refused", Failed = "failed", Active = "active", Expired = "expired", Released = "released",
    Converted = "converted", Returned = "returned",
} }

/// Which orders.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrderParams {
    /// Only orders of this case.
    pub case_id: Option<CaseId>,
    /// Only orders of this plan.
    pub plan_id: Option<PlanId>,
    /// Only orders in this state.
    #[param(inline)]
    pub state: Option<OrderStateFilter>,
    /// Only orders to this institution.
    pub institution: Option<InstitutionCode>,
    /// Most items to return.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// A new order: on an account (`case_id`, `target`, `scope`), or one that prolongs, releases or converts `parent`,
/// whose case, account and amount it takes over.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// What is asked.
    pub kind: OrderKind,
    /// The order to prolong, release or convert.
    #[serde(default)]
    pub parent: Option<OrderId>,
    /// The case; taken from the parent if there is one.
    #[serde(default)]
    pub case_id: Option<CaseId>,
    /// The account; taken from the parent if there is one.
    #[serde(default)]
    pub target: Option<AccountRef>,
    /// The holder's name if known.
    #[serde(default)]
    pub holder_name: Option<PersonName>,
    /// How much; taken from the parent if there is one and this is left out.
    #[serde(default)]
    pub scope: Option<HoldScope>,
    /// The transfer that brought the money there.
    #[serde(default)]
    pub disputed: Option<DisputedTransfer>,
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 500,
        example = "the account holder proved the money is wages"
    )]
    pub reason: String,
    /// The legal authority; needed for all but an emergency stop.
    #[serde(default)]
    pub authority: Option<Authority>,
    /// An emergency stop of at most 48 h.
    #[serde(default)]
    pub emergency: bool,
}

impl OrderSummary {
    /// The view of `order` of the case numbered `case_number`.
    #[must_use]
    pub fn new(order: Order, case_number: &str, names: &Names) -> Self {
        let content = order.content;
        Self {
            id: order.id,
            application_id: order.application_id,
            kind: content.kind,
            case_id: content.case_id,
            case_number: case_number.to_owned(),
            plan_id: content.plan_id,
            parent: content.parent,
            target: content.target,
            holder_name: content.holder_name,
            scope: content.scope,
            reason: content.reason,
            authority: content.authority,
            emergency: content.emergency,
            created_by: names.person(order.created_by),
            created_at: order.created_at,
            state: order.state,
        }
    }
}

impl From<OrderAnswer> for AnswerView {
    fn from(answer: OrderAnswer) -> Self {
        Self {
            id: answer.id,
            occurred_at: answer.occurred_at,
            received_at: answer.received_at,
            outcome: answer.outcome,
            applied: answer.applied,
        }
    }
}

impl TransitionView {
    /// The view of `transition`.
    #[must_use]
    pub fn new(transition: OrderTransition, names: &Names) -> Self {
        Self {
            seq: transition.seq,
            from: transition.from,
            to: transition.to,
            at: transition.at,
            actor: names.actor(&transition.actor),
            reason: transition.reason,
            document_sha256: transition.document_sha256,
        }
    }
}

/// Orders, newest first.
#[utoipa::path(get, path = "/v1/orders", tag = "orders", params(OrderParams), responses(
    (status = 200, body = PageView<OrderSummary>, description = "One page"),
))]
pub async fn list_orders(
    State(app): State<App>,
    caller: Caller,
    Params(params): Params<OrderParams>,
) -> ApiResult<Response> {
    let page = page::page(params.limit, params.cursor)?;
    let subject = params
        .case_id
        .map_or_else(|| "orders".to_owned(), |id| id.to_string());
    let filter = OrderFilter {
        case_id: params.case_id,
        plan_id: params.plan_id,
        state: params.state.map(|state| state.as_str().to_owned()),
        institution: params.institution,
    };
    let mut tx = app.store().read().await?;
    let found = tx.list_orders_newest(&filter, &page).await?;
    let items = summaries(&mut tx, found.items).await?;
    drop(tx);
    reveal(&app, &caller, &subject, &PageView::new(items, found.next)).await
}

/// One order with its steps and answers.
#[utoipa::path(get, path = "/v1/orders/{id}", tag = "orders", params(("id" = OrderId, Path, description = "The order")), responses(
    (status = 200, body = OrderView, description = "The order"),
))]
pub async fn get_order(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<OrderId>,
) -> ApiResult<Response> {
    let mut tx = app.store().read().await?;
    let view = order_view(&mut tx, id).await?;
    drop(tx);
    reveal(&app, &caller, &id.to_string(), &view).await
}

/// Draft an order: on an account, or one that prolongs, releases or converts another.
#[utoipa::path(post, path = "/v1/orders", tag = "orders",
    params(("Idempotency-Key" = Option<String>, Header, max_length = 128, pattern = "^[!-~]{1,128}$", description = "The same key with the same body gives the first answer again, for 90 days")),
    request_body = NewOrder, responses(
    (status = 201, body = OrderView, description = "Drafted; a second person approves it"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "Case, parent or institution is not known (`case.not_found`, `order.not_found`, `institution.unknown`)"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "The parent's state does not allow it (`order.state`); the account was stopped twice (`order.stop_limit`)"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The order breaks a rule (`order.invalid`, `order.no_authority`)"),
))]
pub async fn create_order(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody { value, sha256 }: JsonBody<NewOrder>,
) -> ApiResult<Response> {
    let (mut tx, slot) = match key.begin(&app, &caller, &sha256).await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Fresh(tx, slot) => (tx, slot),
    };
    let content = value.content(&mut tx).await?;
    let order = draft(&mut tx, app.ctx(), content, caller.id()).await?;
    let view = order_view(&mut tx, order.id).await?;
    slot.reply(tx, StatusCode::CREATED, &view).await
}

impl NewOrder {
    /// What the order is to say; what is left out comes from its parent.
    async fn content(self, tx: &mut Tx) -> ApiResult<OrderContent> {
        let parent = match self.parent {
            Some(id) => Some(tx.get_order(id).await?),
            None => None,
        };
        let (case_id, target, scope, holder_name, disputed, plan_id) = match parent {
            Some(parent) => {
                let from = parent.content;
                if self.case_id.is_some_and(|id| id != from.case_id)
                    || self.target.is_some_and(|target| target != from.target)
                {
                    return Err(ApiError::new(
                        ErrorCode::OrderInvalid,
                        "case and account are those of the parent",
                    )
                    .at("/parent", "is an order on another account or case"));
                }
                (
                    from.case_id,
                    from.target,
                    self.scope.unwrap_or(from.scope),
                    self.holder_name.or(from.holder_name),
                    self.disputed.or(from.disputed),
                    from.plan_id,
                )
            }
            None => {
                let missing = |pointer: &str| {
                    ApiError::new(
                        ErrorCode::OrderInvalid,
                        "an order without a parent names its case, account and amount",
                    )
                    .at(pointer, "is missing")
                };
                (
                    self.case_id.ok_or_else(|| missing("/case_id"))?,
                    self.target.ok_or_else(|| missing("/target"))?,
                    self.scope.ok_or_else(|| missing("/scope"))?,
                    self.holder_name,
                    self.disputed,
                    None,
                )
            }
        };
        Ok(OrderContent {
            kind: self.kind,
            case_id,
            plan_id,
            parent: self.parent,
            target,
            holder_name,
            scope,
            disputed,
            reason: self.reason,
            authority: self.authority,
            emergency: self.emergency,
        })
    }
}

/// The views of `orders`.
///
/// # Errors
/// Those of the record.
pub async fn summaries(tx: &mut Tx, orders: Vec<Order>) -> ApiResult<Vec<OrderSummary>> {
    let names = Names::of(&tx.list_users().await?);
    let mut numbers: std::collections::HashMap<CaseId, String> = std::collections::HashMap::new();
    let mut views = Vec::with_capacity(orders.len());
    for order in orders {
        let case_id = order.content.case_id;
        let number = match numbers.get(&case_id) {
            Some(number) => number.clone(),
            None => {
                let number = tx.get_case(case_id).await?.number;
                numbers.insert(case_id, number.clone());
                number
            }
        };
        views.push(OrderSummary::new(order, &number, &names));
    }
    Ok(views)
}

/// The view of one order with its whole life.
///
/// # Errors
/// [`ErrorCode::OrderNotFound`].
pub async fn order_view(tx: &mut Tx, id: OrderId) -> ApiResult<OrderView> {
    let order = tx.get_order(id).await?;
    let names = Names::of(&tx.list_users().await?);
    let number = tx.get_case(order.content.case_id).await?.number;
    let transitions: Vec<TransitionView> = tx
        .order_transitions(id)
        .await?
        .into_iter()
        .map(|step| TransitionView::new(step, &names))
        .collect();
    let document_sha256 = transitions.iter().find_map(|step| {
        if let OrderState::Signed {
            document_sha256, ..
        } = &step.to
        {
            Some(document_sha256.clone())
        } else {
            None
        }
    });
    let answers = tx.list_answers(id).await?;
    Ok(OrderView {
        summary: OrderSummary::new(order, &number, &names),
        transitions,
        answers: answers.into_iter().map(AnswerView::from).collect(),
        document_sha256,
    })
}
