//! The jobs of orders: sending, asking what became of an order, ending holds.
//!
//! Each job is: read in one transaction, talk to the institution, write the outcome and complete the job in a second
//! transaction. A crash in between leaves the job's lease to expire and the job to run again; it then finds the order
//! already `sent` and asks the institution before it sends anything. Each further attempt is a new job, enqueued in
//! the transaction that completes the old one.

use serde::Deserialize;
use stanch_store::{Job, LockedOrder, Store, Tx};
use stanch_types::institution::Institution;
use stanch_types::order::{AnswerOutcome, Order, OrderState};
use stanch_types::user::Actor;
use stanch_types::{Ctx, OrderId};

use crate::answer::{self, receive_answer};
use crate::error::OrdersError;
use crate::expire::expire_one;
use crate::message::OrderAnswerMessage;
use crate::record::{self, Cause};
use crate::schedule;
use crate::signed_http::{Delivery, Inquiry, ReceivedAnswer, SignedHttp};

/// Sends an order to its institution.
pub const JOB_SEND: &str = "order.send";
/// Asks an institution what became of an order that it acknowledged.
pub const JOB_QUERY: &str = "order.query";
/// Ends a hold at its deadline.
pub const JOB_EXPIRE: &str = "order.expire";
/// The kinds of job that [`run_job`] does.
pub const JOB_KINDS: &[&str] = &[JOB_SEND, JOB_QUERY, JOB_EXPIRE];

/// What a job of orders is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct OrderJob {
    /// The order.
    pub order_id: OrderId,
    /// How many attempts went before this one.
    pub attempt: u32,
}

/// Does a claimed job of one of [`JOB_KINDS`] and completes it, in the transaction of its effects. When this answers
/// an error the job is still held: the caller gives it back with `retry_job` (or lets the lease expire).
///
/// # Errors
/// [`OrdersError::JobPayload`] for a job of another kind or form: bury it. [`OrdersError::Store`]: run it again.
pub async fn run_job(
    store: &Store,
    ctx: &Ctx,
    connector: &SignedHttp,
    job: &Job,
) -> Result<(), OrdersError> {
    let todo = serde_json::from_value(job.payload.clone())
        .map_err(|_| OrdersError::JobPayload(job.kind.clone()))?;
    let run = Run {
        store,
        ctx,
        connector,
        job,
        todo,
    };
    match job.kind.as_str() {
        JOB_SEND => Box::pin(run.send()).await,
        JOB_QUERY => Box::pin(run.query()).await,
        JOB_EXPIRE => Box::pin(run.expire()).await,
        other => Err(OrdersError::JobPayload(other.to_owned())),
    }
}

struct Run<'a> {
    store: &'a Store,
    ctx: &'a Ctx,
    connector: &'a SignedHttp,
    job: &'a Job,
    todo: OrderJob,
}

/// What a call to the institution came to.
enum Outcome {
    /// It says something about the order.
    Answer(ReceivedAnswer),
    /// It will never take the order.
    Rejected(String),
    /// Try (or ask) again later.
    Later(String),
}

/// An order that is to be talked about with its institution.
struct Parcel {
    order: Order,
    institution: Institution,
    document: Vec<u8>,
}

impl Run<'_> {
    async fn send(&self) -> Result<(), OrdersError> {
        let mut tx = self.store.begin().await?;
        let mut held = record::lock(&mut tx, self.todo.order_id).await?;
        // Before the first byte leaves, the record says that it may have: a crash from here on leads to a question.
        let may_have_arrived = match &held.order.state {
            OrderState::Signed { .. } => {
                held = self.mark_sent(&mut tx, held).await?;
                false
            }
            OrderState::Sent { .. } => true,
            OrderState::Draft
            | OrderState::Withdrawn { .. }
            | OrderState::Approved { .. }
            | OrderState::Acked { .. }
            | OrderState::Executing { .. }
            | OrderState::Executed { .. }
            | OrderState::PartiallyExecuted { .. }
            | OrderState::Refused { .. }
            | OrderState::Failed { .. }
            | OrderState::Active { .. }
            | OrderState::Expired { .. }
            | OrderState::Released { .. }
            | OrderState::Converted { .. }
            | OrderState::Returned { .. } => return self.complete(tx).await,
        };
        let parcel = pack(&mut tx, held.order).await?;
        tx.commit().await?;
        let outcome = if may_have_arrived {
            self.ask_then_deliver(&parcel).await
        } else {
            self.deliver(&parcel).await
        };
        self.settle_send(&parcel, outcome).await
    }

    async fn mark_sent(&self, tx: &mut Tx, held: LockedOrder) -> Result<LockedOrder, OrdersError> {
        let now = self.ctx.now();
        let sent = held.order.clone().send(now)?;
        let case_id = sent.content.case_id;
        let cause = Cause::new(Actor::System, "order.sent", "handed to the connector");
        let held = record::step(tx, self.ctx, &held, sent, cause).await?;
        record::mark_clock(tx, self.ctx, case_id, |clock| {
            let first = clock.order_sent_at.is_none();
            clock.order_sent_at = clock.order_sent_at.or(Some(now));
            first
        })
        .await?;
        Ok(held)
    }

    /// Writes what sending came to and completes the job.
    async fn settle_send(&self, parcel: &Parcel, outcome: Outcome) -> Result<(), OrdersError> {
        let mut tx = self.store.begin().await?;
        let later = match outcome {
            Outcome::Answer(received) => match self.take(&mut tx, parcel, received).await {
                Ok(()) => return self.complete(tx).await,
                // What was taken back with the answer is nothing: the checks come before the first write.
                Err(OrdersError::Answer(findings)) => findings
                    .first()
                    .map_or_else(String::new, ToString::to_string),
                Err(error) => return Err(error),
            },
            Outcome::Rejected(detail) => {
                self.fail(&mut tx, detail).await?;
                return self.complete(tx).await;
            }
            Outcome::Later(detail) => detail,
        };
        let attempt = self.todo.attempt.saturating_add(1);
        tracing::warn!(
            order.id = %self.todo.order_id, attempt, detail = later, "an order was not delivered yet"
        );
        match schedule::delivery_wait(parcel.order.content.kind, attempt, self.ctx) {
            Some(wait) => {
                let next = OrderJob {
                    attempt,
                    ..self.todo
                };
                let run_at = self.ctx.now().plus(wait);
                record::enqueue(&mut tx, self.ctx, JOB_SEND, next, run_at).await?;
            }
            None => {
                let detail = format!("given up after {attempt} attempts: {later}");
                self.fail(&mut tx, detail).await?;
            }
        }
        self.complete(tx).await
    }

    async fn query(&self) -> Result<(), OrdersError> {
        let mut tx = self.store.begin().await?;
        let held = record::lock(&mut tx, self.todo.order_id).await?;
        if !held.order.state.awaits_answer() {
            return self.complete(tx).await;
        }
        let parcel = pack(&mut tx, held.order).await?;
        tx.commit().await?;
        // An institution that lost an order it had acknowledged gets it again.
        let outcome = self.ask_then_deliver(&parcel).await;
        let mut tx = self.store.begin().await?;
        match outcome {
            Outcome::Answer(received) => match self.take(&mut tx, &parcel, received).await {
                Ok(()) | Err(OrdersError::Answer(_)) => {}
                Err(error) => return Err(error),
            },
            Outcome::Rejected(detail) | Outcome::Later(detail) => {
                tracing::warn!(order.id = %self.todo.order_id, detail, "an order's fate is not known yet");
            }
        }
        let held = record::lock(&mut tx, self.todo.order_id).await?;
        if held.order.state.awaits_answer() {
            let attempt = self.todo.attempt.saturating_add(1);
            if attempt >= schedule::QUERY_ATTEMPTS_MAX {
                record::note_unanswered(&mut tx, self.ctx, &held.order).await?;
                tx.bury_job(
                    self.job.id,
                    &self.job.lease_token,
                    "the institution never answered",
                )
                .await?;
                tx.commit().await?;
                return Ok(());
            }
            answer::ask_later(&mut tx, self.ctx, held.order.id, attempt).await?;
        }
        self.complete(tx).await
    }

    async fn expire(&self) -> Result<(), OrdersError> {
        let mut tx = self.store.begin().await?;
        if !expire_one(&mut tx, self.ctx, self.todo.order_id).await? {
            let held = record::lock(&mut tx, self.todo.order_id).await?;
            // Prolonged meanwhile: the timer is set anew.
            answer::enqueue_expiry(&mut tx, self.ctx, &held.order).await?;
        }
        self.complete(tx).await
    }

    async fn ask_then_deliver(&self, parcel: &Parcel) -> Outcome {
        let Parcel {
            order, institution, ..
        } = parcel;
        let inquiry = self
            .connector
            .inquire(institution, order.application_id, self.ctx.now());
        match inquiry.await {
            Inquiry::Known(received) => Outcome::Answer(received),
            Inquiry::NotKnown => self.deliver(parcel).await,
            Inquiry::Unavailable { detail } => Outcome::Later(detail),
        }
    }

    async fn deliver(&self, parcel: &Parcel) -> Outcome {
        let Parcel {
            order,
            institution,
            document,
        } = parcel;
        let now = self.ctx.now();
        let delivery = self
            .connector
            .deliver(institution, order.application_id, document, now);
        match delivery.await {
            Delivery::Acked { receipt } => Outcome::Answer(ReceivedAnswer {
                message_id: format!("receipt_{}", order.application_id),
                message: OrderAnswerMessage {
                    application_id: order.application_id,
                    occurred_at: self.ctx.now(),
                    outcome: AnswerOutcome::Acked { receipt },
                },
            }),
            Delivery::Answered(received) => Outcome::Answer(received),
            Delivery::Rejected { detail } => Outcome::Rejected(detail),
            Delivery::NotDelivered { detail } | Delivery::Unknown { detail } => {
                Outcome::Later(detail)
            }
        }
    }

    /// Takes what the institution said in reply. The same words said again are not stored again.
    async fn take(
        &self,
        tx: &mut Tx,
        parcel: &Parcel,
        received: ReceivedAnswer,
    ) -> Result<(), OrdersError> {
        let ReceivedAnswer {
            message_id,
            message,
        } = received;
        let said_before = tx
            .list_answers(parcel.order.id)
            .await?
            .iter()
            .any(|answer| answer.outcome == message.outcome);
        if !said_before {
            receive_answer(tx, self.ctx, &parcel.institution, &message_id, message).await?;
        }
        Ok(())
    }

    /// `signed | sent -> failed`, unless an answer came in meanwhile.
    async fn fail(&self, tx: &mut Tx, detail: String) -> Result<(), OrdersError> {
        let held = record::lock(tx, self.todo.order_id).await?;
        if let Ok(failed) = held.order.clone().fail(self.ctx.now(), detail.clone()) {
            let cause = Cause::new(Actor::System, "order.failed", detail);
            record::step(tx, self.ctx, &held, failed, cause).await?;
        }
        Ok(())
    }

    async fn complete(&self, mut tx: Tx) -> Result<(), OrdersError> {
        tx.complete_job(self.job.id, &self.job.lease_token).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn pack(tx: &mut Tx, order: Order) -> Result<Parcel, OrdersError> {
    let institution = tx
        .get_institution(&order.content.target.institution)
        .await?;
    let document = signed_document(tx, order.id).await?;
    Ok(Parcel {
        order,
        institution,
        document,
    })
}

/// The bytes of an order's signed document.
///
/// # Errors
/// [`OrdersError::NotSigned`]; [`OrdersError::Store`].
pub async fn signed_document(tx: &mut Tx, order_id: OrderId) -> Result<Vec<u8>, OrdersError> {
    let steps = tx.order_transitions(order_id).await?;
    let sha256 = steps
        .into_iter()
        .find_map(|step| match step.to {
            OrderState::Signed {
                document_sha256, ..
            } => Some(document_sha256),
            OrderState::Draft
            | OrderState::Withdrawn { .. }
            | OrderState::Approved { .. }
            | OrderState::Sent { .. }
            | OrderState::Acked { .. }
            | OrderState::Executing { .. }
            | OrderState::Executed { .. }
            | OrderState::PartiallyExecuted { .. }
            | OrderState::Refused { .. }
            | OrderState::Failed { .. }
            | OrderState::Active { .. }
            | OrderState::Expired { .. }
            | OrderState::Released { .. }
            | OrderState::Converted { .. }
            | OrderState::Returned { .. } => None,
        })
        .ok_or(OrdersError::NotSigned)?;
    Ok(tx.get_blob(&sha256).await?)
}
