//! An institution's desk: books and journal together, and what it decides about each order.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stanch_types::order::AnswerOutcome;
use stanch_types::{ApplicationId, Ctx, Duration, Payment, Timestamp};
use tokio::sync::Notify;

use super::books::{Books, Event, Verdict};
use super::config::{MsRange, SandboxConfig};
use super::document::{AnswerMessage, OrderDocument};
use super::journal::Journal;
use super::judge::{Temper, judge};
use super::load;
use crate::SimError;
use crate::dice::Dice;
use crate::webhook::{SharedKey, StanchKey};

/// How one order fares here: a function of the seed and the application id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    pub temper: Temper,
    pub answer_twice: bool,
    pub lose_receipt: bool,
    pub ack: Duration,
    pub execute: Duration,
    /// From carrying out to the first answer.
    pub answer_delay: Duration,
}

/// What came of an order that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Taken; the answer follows.
    Taken { receipt: String },
    /// Carried out at once.
    Done(AnswerMessage),
    /// Known and carried out: the first answer again.
    Duplicate(AnswerMessage),
}

/// A running institution's shared state.
pub(super) struct Desk {
    pub config: SandboxConfig,
    pub ctx: Ctx,
    pub shared_key: SharedKey,
    pub stanch_key: StanchKey,
    state: Mutex<State>,
    /// Rung when there is an order to carry out.
    pub orders_bell: Notify,
    /// Rung when there is an answer to send.
    pub answers_bell: Notify,
}

struct State {
    books: Books,
    journal: Journal,
    /// The journal failed under payments already booked in memory; nothing is taken any more.
    broken: bool,
}

impl State {
    fn usable(&self) -> Result<(), SimError> {
        if self.broken {
            Err(SimError::Task(
                "the journal failed; restart the institution".into(),
            ))
        } else {
            Ok(())
        }
    }

    /// Journals `events` as one frame, then books them.
    fn record(&mut self, events: Vec<Event>) -> Result<(), SimError> {
        self.usable()?;
        let payload =
            serde_json::to_vec(&events).map_err(|error| SimError::Config(error.to_string()))?;
        self.journal.append(&payload)?;
        for event in events {
            self.books.apply(event);
        }
        Ok(())
    }
}

impl Desk {
    /// Reads the files and the journal. Blocking.
    pub fn open(config: SandboxConfig, ctx: Ctx) -> Result<Self, SimError> {
        std::fs::create_dir_all(&config.state_dir)
            .map_err(SimError::io("create", &config.state_dir))?;
        let (shared_key, stanch_key) = (
            SharedKey::parse(&config.webhook_secret)?,
            StanchKey::parse(&config.stanch_public_key)?,
        );
        let path = config.state_dir.join("journal");
        let (journal, frames) = Journal::open(&path)?;
        let mut books = load::opening(&config)?;
        for frame in frames {
            for event in events_of(&path, &frame)? {
                books.apply(event);
            }
        }
        Ok(Self {
            config,
            ctx,
            shared_key,
            stanch_key,
            state: Mutex::new(State {
                books,
                journal,
                broken: false,
            }),
            orders_bell: Notify::new(),
            answers_bell: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the books; `read` must be quick.
    pub fn read<T>(&self, read: impl FnOnce(&Books) -> T) -> T {
        read(&self.state().books)
    }

    /// How `id` fares here.
    pub fn fate(&self, id: ApplicationId) -> Fate {
        let (faults, latency) = (&self.config.faults, self.config.latency);
        let mut dice = Dice::new(self.config.seed, &id.to_string());
        let mut chance = |per_mille: u16| dice.chance(f64::from(per_mille) / 1_000.0);
        let temper = Temper {
            refuse: chance(faults.refuse_per_mille),
            partial: chance(faults.partial_per_mille),
            strict: self.config.unknown_transfer_refused,
        };
        let answer_twice = chance(faults.answer_twice_per_mille);
        let lose_receipt = chance(faults.lose_answer_per_mille);
        let late = chance(faults.answer_late_per_mille);
        let mut within = |range: MsRange| {
            let (low, high) = (i64::from(range.min), i64::from(range.max));
            Duration::from_millis(dice.between(low, high.saturating_add(1)))
        };
        let (ack, execute) = (within(latency.ack_ms), within(latency.execute_ms));
        let answer_delay = if late {
            within(faults.late_ms)
        } else {
            Duration::ZERO
        };
        Fate {
            temper,
            answer_twice,
            lose_receipt,
            ack,
            execute,
            answer_delay,
        }
    }

    /// Takes an order, once. Blocking: it is on disk when this returns.
    pub fn take(&self, document: OrderDocument) -> Result<Arrival, SimError> {
        let now = self.ctx.now();
        let id = document.application_id;
        let mut state = self.state();
        if let Some(known) = state.books.order(&id) {
            return Ok(match &known.outcome {
                Some((at, outcome)) => Arrival::Duplicate(message(id, *at, outcome)),
                None => Arrival::Taken {
                    receipt: known.receipt.clone(),
                },
            });
        }
        let fate = self.fate(id);
        let number = state.books.orders_taken() + 1;
        let receipt = format!("{}-{number:06}", self.config.code);
        let inline = self.config.answer_inline;
        let outcome = inline.then(|| judge(&state.books, &document, fate.temper, now));
        let due_at = self.due(now.plus(fate.ack).plus(fate.execute));
        let document = Box::new(document);
        let mut events = vec![Event::Taken {
            document,
            receipt: receipt.clone(),
            due_at,
        }];
        if let Some(outcome) = outcome.clone() {
            events.push(Event::CarriedOut {
                application_id: id,
                at: now,
                outcome,
            });
            events.push(Event::Answered { application_id: id });
        }
        state.record(events)?;
        drop(state);
        self.orders_bell.notify_one();
        Ok(match outcome {
            Some(outcome) => Arrival::Done(message(id, now, &outcome)),
            None => Arrival::Taken { receipt },
        })
    }

    /// When an order ready at `ready` is carried out: at once, or with the next batch.
    fn due(&self, ready: Timestamp) -> Timestamp {
        let batch = i64::from(self.config.latency.batch_ms);
        if batch == 0 {
            return ready;
        }
        let next = (ready.as_millis().div_euclid(batch) + 1).saturating_mul(batch);
        Timestamp::from_millis(next)
    }

    /// Carries out the orders that are due; answers when the next one will be. Blocking.
    pub fn carry_out_due(&self) -> Result<Option<Timestamp>, SimError> {
        let now = self.ctx.now();
        let mut state = self.state();
        let mut open: Vec<(Timestamp, ApplicationId)> = state
            .books
            .open
            .iter()
            .filter_map(|id| Some((state.books.order(id)?.due_at, *id)))
            .collect();
        open.sort_unstable();
        for (due_at, id) in open {
            if due_at > now {
                return Ok(Some(due_at));
            }
            let temper = self.fate(id).temper;
            let outcome = state
                .books
                .order(&id)
                .map(|o| judge(&state.books, &o.document, temper, now));
            if let Some(outcome) = outcome {
                state.record(vec![Event::CarriedOut {
                    application_id: id,
                    at: now,
                    outcome,
                }])?;
                self.answers_bell.notify_one();
            }
        }
        Ok(None)
    }

    /// Answers not yet with Stanch and when each may be sent, oldest first.
    pub fn answers_waiting(&self) -> Vec<(Timestamp, AnswerMessage)> {
        let mut waiting: Vec<_> = self.read(|books| {
            let orders = books
                .unanswered
                .iter()
                .filter_map(|id| Some((*id, books.order(id)?)));
            orders
                .filter_map(|(id, order)| {
                    let (at, outcome) = order.outcome.as_ref()?;
                    Some((*at, message(id, *at, outcome)))
                })
                .collect()
        });
        for (ready_at, answer) in &mut waiting {
            *ready_at = ready_at.plus(self.fate(answer.application_id).answer_delay);
        }
        waiting.sort_by_key(|(ready_at, answer)| (*ready_at, answer.application_id));
        waiting
    }

    /// Stanch has the answer. Blocking.
    pub fn answered(&self, id: ApplicationId) -> Result<(), SimError> {
        self.state()
            .record(vec![Event::Answered { application_id: id }])
    }

    /// Debits to push: the NDJSON, the count pushed before, and the count after. None when there are none.
    pub fn push_batch(&self, limit: usize) -> Option<(Vec<u8>, usize, usize)> {
        self.read(|books| {
            let (payments, until) = books.to_push(limit);
            let mut body = Vec::new();
            for payment in payments {
                serde_json::to_writer(&mut body, payment).ok()?;
                body.push(b'\n');
            }
            (!body.is_empty()).then_some((body, books.pushed, until))
        })
    }

    /// Stanch has the debits up to `debits`. Blocking.
    pub fn pushed(&self, debits: usize) -> Result<(), SimError> {
        self.state().record(vec![Event::Pushed { debits }])
    }

    /// Books or refuses payments in order; one already known keeps its verdict. Blocking: on disk when it returns.
    pub fn pay(&self, payments: Vec<Payment>) -> Result<Vec<(String, Verdict, bool)>, SimError> {
        let now = self.ctx.now();
        let mut state = self.state();
        state.usable()?;
        let mut verdicts = Vec::with_capacity(payments.len());
        let mut fresh = Vec::new();
        for payment in payments {
            let tx_id = payment.tx_id.clone();
            if let Some(verdict) = state.books.verdict(&tx_id) {
                verdicts.push((tx_id, verdict, true));
                continue;
            }
            let verdict = state.books.judge_payment(&payment, now);
            let event = Event::Payment { payment, verdict };
            // Later payments of the batch must see this one; it is in the journal before anything is answered.
            state.books.apply(event.clone());
            fresh.push(event);
            verdicts.push((tx_id, verdict, false));
        }
        if fresh.is_empty() {
            return Ok(verdicts);
        }
        let appended = serde_json::to_vec(&fresh)
            .map_err(|error| SimError::Config(error.to_string()))
            .and_then(|payload| state.journal.append(&payload));
        if let Err(error) = appended {
            // The books are ahead of the journal: only a restart brings them together again.
            state.broken = true;
            return Err(error);
        }
        Ok(verdicts)
    }
}

/// The answer message of an order known here: its outcome, or that it was received.
pub(super) fn status(books: &Books, id: &ApplicationId) -> Option<AnswerMessage> {
    let order = books.order(id)?;
    Some(match &order.outcome {
        Some((at, outcome)) => message(*id, *at, outcome),
        None => {
            let outcome = AnswerOutcome::Acked {
                receipt: order.receipt.clone(),
            };
            message(*id, order.document.starts_at, &outcome)
        }
    })
}

fn message(id: ApplicationId, at: Timestamp, outcome: &AnswerOutcome) -> AnswerMessage {
    AnswerMessage {
        application_id: id,
        occurred_at: at,
        outcome: outcome.clone(),
    }
}

fn events_of(path: &Path, frame: &[u8]) -> Result<Vec<Event>, SimError> {
    serde_json::from_slice(frame).map_err(|error| SimError::Damaged {
        path: path.to_owned(),
        detail: error.to_string(),
    })
}

/// Runs blocking work of the desk off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    desk: &Arc<Desk>,
    work: impl FnOnce(&Desk) -> Result<T, SimError> + Send + 'static,
) -> Result<T, SimError> {
    let desk = Arc::clone(desk);
    tokio::task::spawn_blocking(move || work(&desk))
        .await
        .map_err(|error| SimError::Task(error.to_string()))?
}
