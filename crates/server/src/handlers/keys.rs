//! The public keys of this installation.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::App;

/// The public halves of the keys that Stanch signs with. Who must not trust this server compares them with what the
/// operator hands over on another way (`stanch audit verify`, `stanch institution order-key`).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeysView {
    /// Verifies checkpoints of the audit tree: a C2SP signed-note verifier key, `name+keyid+base64` (Ed25519).
    #[schema(
        example = "stanch.local/audit/org_0198f0c0a00070008000000000000001+9e1d0c2b+AfeHIPtiIXLzE1lMMoU35JCzsBKnkn9rd3YkTvAYx5Xg"
    )]
    pub audit: String,
    /// Verifies orders: Standard Webhooks, `whpk_` and base64 (Ed25519). Institutions are given this one.
    #[schema(example = "whpk_9x8g+2Ihcv/TWUwyhTfkkLOwEqeSf2t3diRO8BjHleA=")]
    pub orders: String,
}

/// The public keys of this installation.
#[utoipa::path(get, path = "/v1/keys", tag = "system", responses(
    (status = 200, body = KeysView, description = "The keys"),
))]
pub async fn get_keys(State(app): State<App>) -> Json<KeysView> {
    Json(KeysView {
        audit: app.store().audit_verifier_key(),
        orders: app.signer().public_key().to_string(),
    })
}
