//! Fund orders: their life, the documents institutions get, the connector and the timers (domain reference 2.2).
//!
//! Every workflow takes the open transaction and writes the order, its transition, the audit entry, the feed event
//! and the jobs that follow in that one transaction; so a crash at any point leaves either all of it or none. What
//! goes over the network is done by jobs, between two transactions, and an outcome that is not known is asked about
//! before anything is sent again. Institutions know an order by its application id and carry it out once.
//!
//! Not here: who may call a workflow (the server checks roles), and the choice of what to hold (`casework`).

mod answer;
mod approve;
mod deliver;
pub mod document;
mod draft;
mod error;
mod expire;
pub mod message;
mod record;
pub mod rules;
pub mod schedule;
pub mod signed_http;
mod signer;
pub mod ssrf;
pub mod webhook;

pub use answer::{AnswerReceipt, receive_answer};
pub use approve::{approve, withdraw};
pub use deliver::{JOB_EXPIRE, JOB_KINDS, JOB_QUERY, JOB_SEND, OrderJob, run_job, signed_document};
pub use draft::{draft, may_stop};
pub use error::{Finding, OrdersError};
pub use expire::{EXPIRE_BATCH_MAX, expire_due};
pub use message::OrderAnswerMessage;
pub use record::FEED_ORDER_CHANGED;
pub use signed_http::SignedHttp;
pub use signer::{OrderSigner, SignerError};
