//! A refusal with a stable code, as opposed to something that broke.

use stanch_casework::CaseworkError;
use stanch_decide::DecideError;
use stanch_ledger::LedgerError;
use stanch_orders::OrdersError;
use stanch_server::error::{ApiError, ledger_code, store_code};
use stanch_store::StoreError;
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

/// What the decision engine refused, with the code and words the HTTP API has for it.
pub fn decide(error: DecideError) -> anyhow::Error {
    api(&ApiError::from(error))
}

fn api(error: &ApiError) -> anyhow::Error {
    refusal(error.code(), error.to_string())
}

/// The stable code of whatever made a command fail.
pub fn code_of(error: &anyhow::Error) -> ErrorCode {
    error
        .chain()
        .find_map(|cause| {
            let refused = cause.downcast_ref::<Failure>().map(|failure| failure.code);
            refused
                .or_else(|| cause.downcast_ref::<StoreError>().map(writing_code))
                .or_else(|| cause.downcast_ref::<LedgerError>().map(ledger_code))
        })
        .unwrap_or(ErrorCode::Internal)
}

/// To a command, a record that was taken over is one in use; to a client of the server, a server that stops.
fn writing_code(error: &StoreError) -> ErrorCode {
    if matches!(error, StoreError::WriterLost) {
        return ErrorCode::DataInUse;
    }
    store_code(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_behind_other_words() {
        let in_use = StoreError::InUse {
            by: "pid 1".to_owned(),
            secs: 3,
        };
        let wrapped = anyhow::Error::from(in_use).context("cannot open");
        assert_eq!(code_of(&wrapped), ErrorCode::DataInUse);
        let refused = refusal(ErrorCode::CaseState, "no").context("cannot go on");
        assert_eq!(code_of(&refused), ErrorCode::CaseState);
        assert_eq!(code_of(&anyhow::anyhow!("x")), ErrorCode::Internal);
    }
}
