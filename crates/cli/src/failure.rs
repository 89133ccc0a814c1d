//! A refusal with a stable code, as opposed to something that broke.

use stanch_casework::CaseworkError;
use stanch_orders::OrdersError;
use stanch_server::error::ApiError;
use stanch_types::ErrorCode;

/// A refusal: the command understood what was wanted and says why not.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// The stable code.
    pub code: ErrorCode,
    /// What was attempted, on what, and why it was refused.
    pub detail: String,
}

/// A refusal as an error to return.
pub fn refusal(code: ErrorCode, detail: impl Into<String>) -> anyhow::Error {
    Failure {
        code,
        detail: detail.into(),
    }
    .into()
}

/// What an order workflow refused, with the code and words the HTTP API has for it.
pub fn orders(error: OrdersError) -> anyhow::Error {
    api(&ApiError::from(error))
}

/// What a casework workflow refused, with the code and words the HTTP API has for it.
pub fn casework(error: CaseworkError) -> anyhow::Error {
    api(&ApiError::from(error))
}

fn api(error: &ApiError) -> anyhow::Error {
    refusal(error.code(), error.to_string())
}
