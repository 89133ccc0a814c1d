//! The words of Stanch: identifiers, money, time, parties, personal data and the states of every workflow.
//!
//! Everything here is pure: no IO, no async, no global state. A value that exists is valid; constructors refuse
//! the rest. States are enums that carry their data and move only by methods, so an impossible transition does
//! not compile or answers [`order::InvalidTransition`].

pub mod appeal;
pub mod backtest;
pub mod batch;
pub mod case;
pub mod claim;
pub mod credential;
pub mod ctx;
pub mod desk;
pub mod effect;
pub mod error_code;
pub mod evidence;
pub mod id;
pub mod institution;
pub mod label;
pub mod lead;
pub mod measure;
pub mod money;
pub mod notice;
pub mod order;
pub mod payment;
pub mod personal;
pub mod plan;
pub mod policy;
pub mod purpose;
pub mod report;
pub mod score;
pub mod search;
pub mod seizure;
pub mod step;
pub mod terms;
mod text;
pub mod time;
pub mod user;
pub mod view;
pub mod words;

pub use claim::{ClaimCode, ClaimDigest};
pub use ctx::Ctx;
pub use error_code::ErrorCode;
pub use id::{
    AnswerId, ApiKeyId, AppealId, ApplicationId, BacktestId, CaseId, EffectId, EvidenceId, Id,
    ImportId, JobId, LabelId, LeadId, MeasureBatchId, MeasureId, NoteId, OperationId, OrderId,
    OrgId, OutboxId, PasskeyId, PlanId, PolicyChangeId, ReportId, SeizureId, SessionId, ShiftId,
    TaskId, TeamId, UserId, ViewId,
};
pub use institution::{AccountKind, AccountRef, InstitutionCode, InstitutionKind};
pub use money::{Amount, Currency, Money, MoneyError};
pub use payment::{Channel, Payment};
pub use score::Score;
pub use step::InvalidStep;
pub use time::{Clock, Duration, ManualClock, SystemClock, Timestamp};
