//! The job queue against a model: seeded random calls, the same answers.

use std::collections::BTreeMap;

use proptest::prelude::*;
use stanch_store::{NewJob, Store, StoreConfig, StoreError, Tx};
use stanch_types::{Ctx, Duration, JobId, ManualClock, Timestamp};

#[derive(Debug, Clone)]
enum Call {
    Enqueue {
        key: Option<u8>,
        delay_secs: i64,
    },
    Claim {
        limit: i64,
        lease_secs: i64,
    },
    /// `token`: which of the tokens the job was ever given, so that stale ones are tried too.
    Complete {
        job: usize,
        token: usize,
    },
    Retry {
        job: usize,
        token: usize,
        delay_secs: i64,
    },
    Bury {
        job: usize,
        token: usize,
    },
    Wait {
        secs: i64,
    },
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = prop_oneof![
        4 => (proptest::option::of(0u8..3), -5i64..20)
            .prop_map(|(key, delay_secs)| Call::Enqueue { key, delay_secs }),
        4 => (1i64..4, 1i64..20).prop_map(|(limit, lease_secs)| Call::Claim { limit, lease_secs }),
        2 => (0usize..20, 0usize..4).prop_map(|(job, token)| Call::Complete { job, token }),
        2 => (0usize..20, 0usize..4, 0i64..10)
            .prop_map(|(job, token, delay_secs)| Call::Retry { job, token, delay_secs }),
        1 => (0usize..20, 0usize..4).prop_map(|(job, token)| Call::Bury { job, token }),
        2 => (0i64..15).prop_map(|secs| Call::Wait { secs }),
    ];
    prop::collection::vec(call, 1..60)
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Pending,
    Running { token: String, until: Timestamp },
    Done,
    Buried,
}

#[derive(Debug)]
struct ModelJob {
    key: Option<String>,
    run_at: Timestamp,
    attempts: i64,
    state: State,
    tokens: Vec<String>,
}

#[derive(Default)]
struct Model {
    jobs: BTreeMap<JobId, ModelJob>,
}

impl Model {
    fn waiting(&self, key: &Option<String>) -> Option<JobId> {
        key.as_ref()?;
        let waits = |job: &ModelJob| job.key == *key && job.state == State::Pending;
        self.jobs
            .iter()
            .find(|(_, job)| waits(job))
            .map(|(id, _)| *id)
    }

    fn due(&self, now: Timestamp, limit: usize) -> Vec<JobId> {
        let runs = |key: &Option<String>| {
            let same =
                |job: &ModelJob| job.key == *key && matches!(job.state, State::Running { .. });
            key.is_some() && self.jobs.values().any(same)
        };
        let mut due: Vec<_> = self
            .jobs
            .iter()
            .filter(|(_, job)| match &job.state {
                State::Pending => job.run_at <= now && !runs(&job.key),
                State::Running { until, .. } => *until <= now,
                State::Done | State::Buried => false,
            })
            .map(|(id, job)| (job.run_at, *id))
            .collect();
        due.sort();
        due.into_iter().take(limit).map(|(_, id)| id).collect()
    }

    /// The job and token a call means, and whether the token holds the job.
    fn pick(&self, job: usize, token: usize) -> Option<(JobId, String, bool)> {
        let (id, found) = self.jobs.iter().nth(job % self.jobs.len().max(1))?;
        let count = found.tokens.len().max(1);
        let token = found
            .tokens
            .iter()
            .rev()
            .nth(token % count)
            .cloned()
            .unwrap_or_default();
        let holds = matches!(&found.state, State::Running { token: held, .. } if *held == token);
        Some((*id, token, holds))
    }
}

async fn compare(tx: &mut Tx, ctx: &Ctx, clock: &ManualClock, calls: Vec<Call>) {
    let mut model = Model::default();
    for call in calls {
        let now = ctx.now();
        match call {
            Call::Wait { secs } => clock.advance(Duration::from_secs(secs)),
            Call::Enqueue { key, delay_secs } => {
                enqueue(tx, ctx, &mut model, key, delay_secs).await
            }
            Call::Claim { limit, lease_secs } => {
                let lease = Duration::from_secs(lease_secs);
                let claimed = tx.claim_jobs("w", now, lease, limit).await.unwrap();
                let expected = model.due(now, usize::try_from(limit).unwrap());
                let ids: Vec<_> = claimed.iter().map(|job| job.id).collect();
                assert_eq!(ids, expected);
                for job in claimed {
                    let known = model.jobs.get_mut(&job.id).unwrap();
                    known.attempts += 1;
                    assert_eq!((job.attempts, job.run_at), (known.attempts, known.run_at));
                    known.tokens.push(job.lease_token.clone());
                    known.state = State::Running {
                        token: job.lease_token,
                        until: now.plus(lease),
                    };
                }
            }
            Call::Complete { job, token } => {
                let Some((id, token, holds)) = model.pick(job, token) else {
                    continue;
                };
                expect(tx.complete_job(id, &token).await, holds);
                settle(&mut model, id, holds, State::Done);
            }
            Call::Bury { job, token } => {
                let Some((id, token, holds)) = model.pick(job, token) else {
                    continue;
                };
                expect(tx.bury_job(id, &token, "x").await, holds);
                settle(&mut model, id, holds, State::Buried);
            }
            Call::Retry {
                job,
                token,
                delay_secs,
            } => {
                let Some((id, token, holds)) = model.pick(job, token) else {
                    continue;
                };
                let run_at = now.plus(Duration::from_secs(delay_secs));
                expect(tx.retry_job(id, &token, run_at, "x").await, holds);
                let gives_way = model.waiting(&model.jobs[&id].key.clone()).is_some();
                let state = if gives_way {
                    State::Done
                } else {
                    State::Pending
                };
                if holds && !gives_way {
                    model.jobs.get_mut(&id).unwrap().run_at = run_at;
                }
                settle(&mut model, id, holds, state);
            }
        }
        check_counts(tx, &model).await;
    }
}

async fn enqueue(tx: &mut Tx, ctx: &Ctx, model: &mut Model, key: Option<u8>, delay_secs: i64) {
    let run_at = ctx.now().plus(Duration::from_secs(delay_secs));
    let key = key.map(|key| format!("key{key}"));
    let id = ctx.new_id();
    let new = NewJob {
        id,
        kind: "k".into(),
        payload: serde_json::json!(null),
        run_at,
        unique_key: key.clone(),
    };
    let waiting = model.waiting(&key);
    assert_eq!(tx.enqueue_job(&new).await.unwrap(), waiting.is_none());
    if let Some(waiting) = waiting {
        let known = model.jobs.get_mut(&waiting).unwrap();
        known.run_at = known.run_at.min(run_at);
    } else {
        let job = ModelJob {
            key,
            run_at,
            attempts: 0,
            state: State::Pending,
            tokens: Vec::new(),
        };
        model.jobs.insert(id, job);
    }
}

fn expect(outcome: Result<(), StoreError>, holds: bool) {
    match outcome {
        Ok(()) => assert!(holds, "a stale token was accepted"),
        Err(StoreError::LeaseLost(_)) => assert!(!holds, "the holder was refused"),
        Err(other) => panic!("{other:?}"),
    }
}

fn settle(model: &mut Model, id: JobId, holds: bool, state: State) {
    if holds {
        model.jobs.get_mut(&id).unwrap().state = state;
    }
}

async fn check_counts(tx: &mut Tx, model: &Model) {
    let counts = tx.count_jobs().await.unwrap();
    let count = |wanted: fn(&State) -> bool| {
        model.jobs.values().filter(|job| wanted(&job.state)).count() as u64
    };
    assert_eq!(counts.pending, count(|state| *state == State::Pending));
    assert_eq!(
        counts.running,
        count(|state| matches!(state, State::Running { .. }))
    );
    assert_eq!(counts.done, count(|state| *state == State::Done));
    assert_eq!(counts.buried, count(|state| *state == State::Buried));
}

#[test]
fn the_queue_does_what_the_model_does() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(ManualClock::new(Timestamp::from_secs(1_790_000_000)));
    let ctx = Ctx::seeded(clock.clone(), 3);
    let config = StoreConfig::sqlite(folder.path());
    let store = runtime.block_on(Store::open(&config, &ctx)).unwrap();
    let config = ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(calls in calls())| {
        runtime.block_on(async {
            // Undone at the end, so that each case starts with an empty queue.
            let mut tx = store.begin().await.unwrap();
            compare(&mut tx, &ctx, &clock, calls).await;
            tx.rollback().await.unwrap();
        });
    });
}
