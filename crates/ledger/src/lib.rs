//! Payments on disk and in memory: the event log is the truth, the graph is a pure function of it.
//!
//! [`Ledger`] appends payments and account facts durably and shows them as a [`stanch_graph::Graph`];
//! [`import`] reads them from CSV and NDJSON files, refusing bad lines one by one; [`trace_batch`] answers traces
//! line by line; [`export_patterns`] writes laundering patterns as a table. Formats: `docs/formats/payment-block.md`, `docs/formats/import.md`.
//!
//! Invariants: what is visible is durable; a block of payments is stored whole or not at all; a `tx_id` never
//! changes its content; replaying the log gives the same graph, index for index.

mod batch;
mod block;
mod error;
mod held;
mod import;
mod ledger;
mod patterns;
mod payment;
mod reject;
mod state;
mod trace;

pub use error::LedgerError;
pub use import::{
    AccountsSummary, Format, ImportOptions, ImportProgress, ImportSource, ImportStage,
    ImportSummary, ReplayProgress, ReplaySummary, import, parse_ndjson_payments, replay_plans,
};
pub use ledger::{AccountsReport, AppendReport, GraphGuard, Ledger, LedgerMode, Refused};
pub use patterns::{PatternExport, PatternSummary, TableFormat, export_patterns};
pub use payment::{AMOUNT_MINOR_MAX, AT_MS_MAX, AT_MS_MIN, AccountRecord};
pub use reject::{Reject, RejectCode};
pub use trace::{
    TraceAnswer, TraceBatchReport, TraceCall, TraceLineError, TracedAccount, TracedPayment,
    answer_trace, trace_batch,
};
