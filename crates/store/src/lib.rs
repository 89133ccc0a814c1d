//! The record of Stanch: reports, cases, plans, orders, jobs, blobs and the audit tree, on SQLite or PostgreSQL.
//!
//! This is the only crate that knows SQL. One SQL text serves both databases; claiming a job is the exception.
//! Workflows open a [`Tx`] with [`Store::begin`], change what they must in it and [`Tx::commit`]: record, audit
//! entries, feed events and jobs become durable together or not at all.
//!
//! Invariants:
//! - The organisation id is in every primary and foreign key.
//! - Every write goes through one [`Tx`]; a dropped [`Tx`] leaves nothing behind.
//! - Audit entries and feed events of a transaction are numbered as its last step, under the lock of one row, so
//!   that numbers have no gaps and appear in commit order. Numbers are known after the commit ([`Committed`]).
//! - Every change of a row of the record is named in the audit tree by the row's digests (`rows.rs`).
//! - On PostgreSQL a workflow that reads a record in order to change it reads it with `lock_*`; on SQLite there is
//!   one writer anyway.
//! - On PostgreSQL one installation writes at a time (`writer.rs`); on SQLite the caller holds the folder's lock.
//!
//! Deliberately absent: state rules (they live in `types`), HTTP, retries of outside calls, an in-memory form.

mod db;
mod migrate;

mod answer;
mod api_key;
mod appeal;
pub mod audit;
mod backtest;
mod batch;
mod blob;
mod case;
mod case_key;
mod changed;
mod config;
mod connect;
mod counter;
mod desk;
mod effect;
mod erasure;
mod error;
mod evidence;
mod feed;
mod file;
mod funnel;
mod held;
mod idempotency;
mod identity;
mod institution;
mod job;
mod label;
mod lead;
mod measure;
mod numbers;
mod order;
mod outbox;
mod page;
mod passkey;
mod plan;
mod policy;
mod report;
mod rotate;
mod rows;
mod seal;
mod seizure;
mod session;
mod store;
mod tx;
mod user;
mod view;
mod writer;

pub use api_key::StoredApiKey;
pub use appeal::{AppealFilter, AppealNumbers};
pub use audit::verify::{AuditBreak, AuditVerdict, VerifyOptions, verify_audit};
pub use audit::{
    AuditEntry, AuditFilter, AuditPersonal, AuditRecord, ConsistencyProof, InclusionProof,
};
pub use batch::BatchLine;
pub use case::CaseFilter;
pub use case_key::{CaseKey, CaseKeyKind};
pub use changed::ChangedRows;
pub use config::{Database, StoreConfig};
pub use desk::WaitingCase;
pub use error::StoreError;
pub use evidence::{CustodyLink, EVIDENCE_ITEMS_MAX};
pub use feed::{FeedEvent, FeedRecord};
pub use file::file_digest;
pub use funnel::{FunnelCount, FunnelCounts};
pub use held::HeldRow;
pub use idempotency::{IDEMPOTENCY_KEPT, IDEMPOTENCY_LEASE, IdempotencyBegin, StoredResponse};
pub use identity::Identity;
pub use job::{JOB_ATTEMPTS_MAX, Job, JobCounts, NewJob};
pub use lead::LeadFilter;
pub use measure::{DetectorCount, MeasureFilter, MeasureNumbers};
pub use numbers::{Achieved, HeldNumbers, MoneyHeld};
pub use order::{LockedOrder, OrderFilter};
pub use outbox::{NewOutbox, OutboxRecord};
pub use page::{Cursor, PAGE_LIMIT_MAX, Page, PageRequest, WholeList};
pub use report::ReportFilter;
pub use rotate::KeyRotation;
pub use session::Session;
pub use store::Store;
pub use tx::{Committed, Tx};
pub use writer::Instance;
