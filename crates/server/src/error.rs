//! From what went wrong to what the caller is told (RFC 9457). The only place that maps errors to HTTP.
//!
//! A handler answers [`ApiError`]; the body is written by [`crate::envelope`], which knows the request id. What the
//! caller may not know goes to the log, once, with that id.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stanch_casework::CaseworkError;
use stanch_decide::DecideError;
use stanch_evidence::EvidenceError;
use stanch_ledger::LedgerError;
use stanch_orders::{Finding, OrdersError};
use stanch_search::SearchError;
use stanch_store::StoreError;
use stanch_stream::LogError;
use stanch_types::appeal::AppealError;
use stanch_types::batch::BatchError;
use stanch_types::evidence::EvidenceRefused;
use stanch_types::measure::MeasureError;
use stanch_types::order::InvalidTransition;
use stanch_types::{ErrorCode, InvalidStep};
use thiserror::Error;
use utoipa::ToSchema;

/// Why the server could not start or go on.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The configuration is unreadable or wrong.
    #[error("the configuration is wrong: {0}")]
    Config(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A key file cannot be read or made.
    #[error("cannot use the key {name}: {why}")]
    Key {
        /// Which key.
        name: &'static str,
        /// Why.
        why: String,
    },
    /// A route is missing in the access table or the table names one that does not exist.
    #[error("the access table and the routes differ: {0}")]
    Access(String),
    /// A new user breaks a rule.
    #[error("{0}")]
    User(String),
    /// The record failed.
    #[error("the record failed")]
    Store(#[from] StoreError),
    /// The index of the search failed.
    #[error("the search failed")]
    Search(#[from] SearchError),
}

/// An error as the HTTP caller sees it, and what only the log sees.
#[derive(Debug, Clone)]
pub struct ApiError {
    code: ErrorCode,
    detail: String,
    hidden: Option<String>,
    fields: Vec<FieldError>,
    retry_after_secs: Option<u64>,
}

/// What a handler answers.
pub type ApiResult<T> = Result<T, ApiError>;

/// The body of every error answer (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `/errors/` and the code: where the error is explained.
    #[serde(rename = "type")]
    #[schema(example = "/errors/request.invalid")]
    pub kind: String,
    /// What the code means, in one sentence.
    #[schema(example = "The request body or a parameter is malformed or out of range.")]
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 400)]
    pub status: u16,
    /// Stable code, `area.what`.
    #[schema(example = "request.invalid")]
    pub code: String,
    /// What was wrong with this request.
    #[schema(example = "`limit` must be 1 to 200")]
    pub detail: String,
    /// This occurrence: `/requests/` and the request id, as in the log.
    #[schema(example = "/requests/0f0e0d0c0b0a0908")]
    pub instance: String,
    /// The fields at fault, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body, or the name of a parameter.
    #[schema(example = "/payments/0/amount")]
    pub pointer: String,
    /// What is wrong with it.
    #[schema(example = "the amount would be negative: -1")]
    pub detail: String,
}

/// Most characters of a detail that are given back.
const DETAIL_CHARS_MAX: usize = 500;
/// Most fields at fault that are named.
const FIELDS_MAX: usize = 50;

impl ApiError {
    /// The error `code`, with a text that the caller may read.
    #[must_use]
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            hidden: None,
            fields: Vec::new(),
            retry_after_secs: None,
        }
    }

    /// The error `code` with its title as detail.
    #[must_use]
    pub fn of(code: ErrorCode) -> Self {
        Self::new(code, code.title())
    }

    /// A failure inside; `hidden` goes to the log only.
    #[must_use]
    pub fn internal(hidden: impl std::fmt::Display) -> Self {
        Self::of(ErrorCode::Internal).hiding(hidden)
    }

    /// Names the field at fault.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.fields.push(FieldError {
            pointer: pointer.into(),
            detail: detail.into(),
        });
        self
    }

    /// Adds what only the log may say.
    #[must_use]
    pub fn hiding(mut self, hidden: impl std::fmt::Display) -> Self {
        self.hidden = Some(hidden.to_string());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub const fn retry_after(mut self, secs: u64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// What only the log may say.
    #[must_use]
    pub fn hidden(&self) -> Option<&str> {
        self.hidden.as_deref()
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The error of a bare status, as given by a layer below.
    #[must_use]
    pub fn from_status(status: StatusCode) -> Self {
        Self::of(match status {
            StatusCode::NOT_FOUND => ErrorCode::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => ErrorCode::RequestMethod,
            StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::RequestTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::RequestMediaType,
            StatusCode::REQUEST_TIMEOUT => ErrorCode::RequestTimeout,
            StatusCode::SERVICE_UNAVAILABLE => ErrorCode::Unavailable,
            other if other.is_server_error() => ErrorCode::Internal,
            _ => ErrorCode::RequestInvalid,
        })
    }

    /// The body, for the request `request_id`.
    #[must_use]
    pub fn problem(&self, request_id: &str) -> Problem {
        Problem {
            kind: format!("/errors/{}", self.code),
            title: self.code.title().to_owned(),
            status: self.code.status(),
            code: self.code.as_str().to_owned(),
            detail: self.detail.chars().take(DETAIL_CHARS_MAX).collect(),
            instance: format!("/requests/{request_id}"),
            errors: self.fields.clone(),
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)?;
        match &self.hidden {
            Some(hidden) => write!(f, " ({hidden})"),
            None => Ok(()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(secs) = self.retry_after_secs {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"stanch\""),
            );
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The code of what the record refused.
#[must_use]
pub fn store_code(error: &StoreError) -> ErrorCode {
    match error {
        StoreError::NotFound { what, .. } => match *what {
            "report" => ErrorCode::ReportNotFound,
            "lead" => ErrorCode::LeadNotFound,
            "case" => ErrorCode::CaseNotFound,
            "plan" => ErrorCode::PlanNotFound,
            "order" => ErrorCode::OrderNotFound,
            "measure" => ErrorCode::MeasureNotFound,
            "appeal" => ErrorCode::AppealNotFound,
            "measure batch" | "batch line" => ErrorCode::BatchNotFound,
            "institution" => ErrorCode::InstitutionUnknown,
            "evidence item" => ErrorCode::EvidenceNotFound,
            _ => ErrorCode::NotFound,
        },
        StoreError::Conflict { .. } | StoreError::Exists { .. } => ErrorCode::Conflict,
        StoreError::Contended { .. } | StoreError::Unreachable { .. } | StoreError::WriterLost => {
            ErrorCode::Unavailable
        }
        StoreError::InUse { .. } => ErrorCode::DataInUse,
        StoreError::BadCursor(_) | StoreError::PageLimit(_) => ErrorCode::RequestInvalid,
        StoreError::AuditRange { .. } => ErrorCode::AuditNotFound,
        StoreError::Damaged { .. } => ErrorCode::DataDamaged,
        StoreError::Reference { .. }
        | StoreError::LeaseLost(_)
        | StoreError::AuditEntry { .. }
        | StoreError::SchemaNewer { .. }
        | StoreError::SchemaOlder { .. }
        | StoreError::ReadOnly
        | StoreError::Key { .. }
        | StoreError::OtherAuditKey { .. }
        | StoreError::ServerOld(_)
        | StoreError::Io { .. }
        | StoreError::Database { .. } => ErrorCode::Internal,
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::of(store_code(&error)).hiding(Chain(&error))
    }
}

impl From<OrdersError> for ApiError {
    fn from(error: OrdersError) -> Self {
        let text = error.to_string();
        match error {
            OrdersError::Content(findings) => {
                Self::new(ErrorCode::OrderInvalid, text).found(findings)
            }
            OrdersError::Answer(findings) => {
                Self::new(ErrorCode::RequestInvalid, text).found(findings)
            }
            OrdersError::Transition(refused) => refused.into(),
            OrdersError::StopLimit => Self::new(ErrorCode::OrderStopLimit, text),
            OrdersError::InstitutionUnknown(_) => Self::new(ErrorCode::InstitutionUnknown, text),
            OrdersError::OrderNotFound | OrdersError::NotSigned => {
                Self::new(ErrorCode::OrderNotFound, text)
            }
            OrdersError::CaseState(_) => Self::new(ErrorCode::CaseState, text),
            OrdersError::ParentBusy => Self::new(ErrorCode::OrderState, text),
            OrdersError::Document(_) => Self::new(ErrorCode::OrderInvalid, text),
            OrdersError::DocumentJson(_) | OrdersError::JobPayload(_) => Self::internal(text),
            OrdersError::Store(inner) => inner.into(),
        }
    }
}

/// The code of a step that a state does not allow.
fn step_code(refused: InvalidStep) -> ErrorCode {
    match refused.what {
        "report" => ErrorCode::ReportState,
        "lead" => ErrorCode::LeadState,
        "case" => ErrorCode::CaseState,
        _ => ErrorCode::Conflict,
    }
}

impl From<CaseworkError> for ApiError {
    fn from(error: CaseworkError) -> Self {
        let text = error.to_string();
        match error {
            CaseworkError::ReportInvalid(findings) => {
                Self::new(ErrorCode::ReportInvalid, text).found(findings)
            }
            CaseworkError::SubmissionInvalid(findings) => {
                Self::new(ErrorCode::OrderInvalid, text).found(findings)
            }
            CaseworkError::StepInvalid(findings) => {
                Self::new(ErrorCode::RequestInvalid, text).found(findings)
            }
            CaseworkError::Step(refused) => Self::new(step_code(refused), text),
            CaseworkError::LeadOpen => Self::new(ErrorCode::CaseLeadOpen, text),
            CaseworkError::NoSuchClaim => Self::new(ErrorCode::ReportNotFound, text),
            CaseworkError::ReportClosed => Self::new(ErrorCode::ReportState, text),
            CaseworkError::CaseState(_) => Self::new(ErrorCode::CaseState, text),
            CaseworkError::NoPayments => Self::new(ErrorCode::CaseNoPayments, text),
            CaseworkError::PlanState(_) => Self::new(ErrorCode::PlanState, text),
            CaseworkError::MeasureInvalid(findings) => {
                Self::new(ErrorCode::MeasureInvalid, text).found(findings)
            }
            CaseworkError::Measure(refused) => {
                let code = match refused {
                    MeasureError::Wish { .. } => ErrorCode::MeasureInvalid,
                    MeasureError::State { .. } | MeasureError::NotYet(_) => ErrorCode::MeasureState,
                };
                Self::new(code, text)
            }
            CaseworkError::Appeal(refused) => Self::new(appeal_code(&refused), text),
            CaseworkError::AppealOpen => Self::new(ErrorCode::AppealState, text),
            CaseworkError::Batch(refused) => {
                let code = match refused {
                    BatchError::State { .. } => ErrorCode::BatchState,
                    BatchError::SamePerson => ErrorCode::BatchSamePerson,
                };
                Self::new(code, text)
            }
            CaseworkError::PartnerUnknown(_) => Self::new(ErrorCode::InstitutionUnknown, text),
            CaseworkError::Money(_) => Self::new(ErrorCode::ReportInvalid, text),
            CaseworkError::Trace(inner) => Self::internal(Chain(&inner)),
            CaseworkError::JobPayload(_) => Self::internal(text),
            CaseworkError::Orders(inner) => inner.into(),
            CaseworkError::Store(inner) => inner.into(),
        }
    }
}

impl From<EvidenceError> for ApiError {
    fn from(error: EvidenceError) -> Self {
        let text = error.to_string();
        match error {
            EvidenceError::Refused(refused) => {
                let code = match &refused {
                    EvidenceRefused::OneCollector => ErrorCode::EvidenceSamePerson,
                    EvidenceRefused::Text { .. } => ErrorCode::EvidenceInvalid,
                    EvidenceRefused::NotHolder
                    | EvidenceRefused::SameHolder
                    | EvidenceRefused::Released
                    | EvidenceRefused::NoNoticeDue => ErrorCode::EvidenceState,
                };
                Self::new(code, text)
            }
            EvidenceError::File(_) | EvidenceError::TooMuch(_) => {
                Self::new(ErrorCode::EvidenceInvalid, text)
            }
            EvidenceError::NotFound => Self::new(ErrorCode::EvidenceNotFound, text),
            EvidenceError::Package(_) => Self::internal(text),
            EvidenceError::Casework(inner) => inner.into(),
            EvidenceError::Orders(inner) => inner.into(),
            EvidenceError::Store(inner) => inner.into(),
        }
    }
}

const fn appeal_code(refused: &AppealError) -> ErrorCode {
    match refused {
        AppealError::Content { .. } => ErrorCode::AppealInvalid,
        AppealError::TooLate(_) => ErrorCode::AppealTooLate,
        AppealError::State { .. } | AppealError::OtherReviewer | AppealError::NotYet(_) => {
            ErrorCode::AppealState
        }
        AppealError::Decider => ErrorCode::AppealSamePerson,
        AppealError::NotReviewer => ErrorCode::Forbidden,
    }
}

impl From<InvalidTransition> for ApiError {
    fn from(refused: InvalidTransition) -> Self {
        let code = match &refused {
            InvalidTransition::State { .. } | InvalidTransition::NotYetExpired(_) => {
                ErrorCode::OrderState
            }
            InvalidTransition::SamePerson => ErrorCode::OrderSamePerson,
            InvalidTransition::NoAuthority => ErrorCode::OrderNoAuthority,
            InvalidTransition::StopLimit => ErrorCode::OrderStopLimit,
            InvalidTransition::Content(_) => ErrorCode::OrderInvalid,
        };
        Self::new(code, refused.to_string())
    }
}

impl From<DecideError> for ApiError {
    fn from(error: DecideError) -> Self {
        let text = error.to_string();
        match error {
            DecideError::Busy { .. } => Self::new(ErrorCode::RequestTooMany, text).retry_after(1),
            DecideError::NoPolicy => Self::new(ErrorCode::PolicyNoneLive, text),
            DecideError::NotFound(_) => Self::new(ErrorCode::EventNotFound, text),
            DecideError::PolicyUnknown(_) => Self::new(ErrorCode::PolicyNotFound, text),
            DecideError::PolicyInvalid(_) => Self::new(ErrorCode::PolicyInvalid, text),
            DecideError::PolicyState(_) => Self::new(ErrorCode::PolicyState, text),
            DecideError::SamePerson => Self::new(ErrorCode::PolicySamePerson, text),
            DecideError::HistoryInUse => Self::new(ErrorCode::DataInUse, text),
            DecideError::BacktestState(_) => Self::new(ErrorCode::Conflict, text),
            DecideError::BacktestRange => {
                Self::new(ErrorCode::RequestInvalid, text.clone()).at("/to", text)
            }
            DecideError::BadCursor(_) | DecideError::BadLabel { .. } => {
                Self::new(ErrorCode::RequestInvalid, text)
            }
            DecideError::Stopped(_) => Self::of(ErrorCode::Unavailable).hiding(text).retry_after(5),
            DecideError::BadBlock { .. } | DecideError::Damaged { .. } => {
                Self::of(ErrorCode::DataDamaged).hiding(Chain(&error))
            }
            DecideError::Log(_)
            | DecideError::Index(_)
            | DecideError::Parquet { .. }
            | DecideError::Io { .. } => Self::internal(Chain(&error)),
            DecideError::Store(inner) => inner.into(),
        }
    }
}

/// The code of what the ledger refused.
#[must_use]
pub fn ledger_code(error: &LedgerError) -> ErrorCode {
    match error {
        LedgerError::Log(LogError::Locked { .. }) => ErrorCode::DataInUse,
        LedgerError::Log(LogError::Damaged { .. })
        | LedgerError::BadBlock { .. }
        | LedgerError::Graph { .. } => ErrorCode::DataDamaged,
        LedgerError::Log(
            LogError::Io { .. }
            | LogError::NotExpected { .. }
            | LogError::BlockTooLarge { .. }
            | LogError::Gone { .. }
            | LogError::Poisoned { .. }
            | LogError::ReadOnly,
        )
        | LedgerError::ReadOnly
        | LedgerError::Io { .. }
        | LedgerError::NotImportable { .. }
        | LedgerError::SourceBroken { .. }
        | LedgerError::Replay(_) => ErrorCode::Internal,
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Query(why) => Self::new(ErrorCode::RequestInvalid, why),
            SearchError::Stopped => Self::of(ErrorCode::Unavailable).retry_after(5),
            SearchError::Damaged(_) => Self::of(ErrorCode::DataDamaged).hiding(Chain(&error)),
            SearchError::Index(_) | SearchError::Io { .. } => Self::internal(Chain(&error)),
            SearchError::Store(inner) => inner.into(),
        }
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        Self::of(ledger_code(&error)).hiding(Chain(&error))
    }
}

impl ApiError {
    fn found(self, findings: Vec<Finding>) -> Self {
        findings
            .into_iter()
            .take(FIELDS_MAX)
            .fold(self, |error, finding| {
                error.at(finding.pointer, finding.detail)
            })
    }
}

/// An error with its causes, for the log.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(inner) = cause {
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problem_has_every_member() {
        let error = ApiError::new(ErrorCode::RequestInvalid, "no").at("/a/0", "is wrong");
        let value = serde_json::to_value(error.problem("ff")).unwrap();
        assert_eq!(value["type"], "/errors/request.invalid");
        assert_eq!(value["status"], 400);
        assert_eq!(value["instance"], "/requests/ff");
        assert_eq!(value["errors"][0]["pointer"], "/a/0");
    }

    #[test]
    fn a_ledger_that_another_process_writes_to_is_in_use() {
        let locked = LogError::Locked { dir: "d".into() };
        let error = ApiError::from(LedgerError::Log(locked));
        assert_eq!(error.code(), ErrorCode::DataInUse);
    }

    #[test]
    fn hidden_detail_stays_hidden() {
        let error = ApiError::internal("password of the database");
        let text = serde_json::to_string(&error.problem("ff")).unwrap();
        assert!(!text.contains("database"));
        assert_eq!(error.hidden(), Some("password of the database"));
    }

    #[test]
    fn details_are_cut() {
        let error = ApiError::new(ErrorCode::RequestInvalid, "ü".repeat(10_000));
        assert_eq!(error.problem("ff").detail.chars().count(), DETAIL_CHARS_MAX);
    }
}
