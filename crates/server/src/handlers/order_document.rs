//! The signed document of an order.

use crate::auth::caller::Caller;
use crate::extract::InPath;
use crate::state::App;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use stanch_orders::signed_document;
use stanch_store::AuditEntry;
use stanch_types::OrderId;

use crate::error::ApiResult;

/// The order document as signed and sent, byte for byte; its schema is `docs/schemas/order.schema.json`.
#[utoipa::path(get, path = "/v1/orders/{id}/document", tag = "orders", params(("id" = OrderId, Path, description = "The order")), responses(
    (status = 200, body = Object, content_type = "application/json", description = "The document"),
    (status = 404, body = crate::error::Problem, content_type = "application/problem+json", description = "No such order, or it is not signed yet (`order.not_found`)"),
))]
pub async fn get_document(
    State(app): State<App>,
    caller: Caller,
    InPath(id): InPath<OrderId>,
) -> ApiResult<Response> {
    let purpose = caller.must_say_purpose()?;
    let mut tx = app.store().begin().await?;
    tx.get_order(id).await?;
    let document = signed_document(&mut tx, id).await?;
    tx.append_audit(&AuditEntry {
        at: app.ctx().now(),
        actor: caller.actor(),
        action: "order.document_read",
        subject: id.to_string(),
        detail: serde_json::json!({ "purpose": purpose.as_str() }),
        personal: Vec::new(),
    })
    .await?;
    tx.commit().await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document).into_response())
}
