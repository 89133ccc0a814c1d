use std::collections::HashSet;
use std::sync::Arc;

use stanch_store::{JOB_ATTEMPTS_MAX, JobCounts, StoreError};
use stanch_types::Duration;

use crate::fixture::Fixture;
use crate::sample;

const LEASE: Duration = Duration::from_secs(30);

pub async fn a_job_runs_once(f: Arc<Fixture>) {
    let mut watch = f.store.jobs_watch();
    watch.mark_unchanged();
    let mut later = sample::job(&f.ctx, "order.query", None);
    later.run_at = f.now().plus(Duration::from_secs(5));
    let job = sample::job(&f.ctx, "order.send", None);
    let mut tx = f.store.begin().await.unwrap();
    assert!(tx.enqueue_job(&later).await.unwrap());
    assert!(tx.enqueue_job(&job).await.unwrap());
    assert_eq!(tx.next_job_at().await.unwrap(), Some(f.now()));
    assert!(!watch.has_changed().unwrap(), "told before the commit");
    tx.commit().await.unwrap();
    assert!(watch.has_changed().unwrap());

    let mut tx = f.store.begin().await.unwrap();
    let claimed = tx.claim_jobs("w1", f.now(), LEASE, 10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let mine = &claimed[0];
    assert_eq!(
        (mine.id, &mine.kind, &mine.payload),
        (job.id, &job.kind, &job.payload)
    );
    assert_eq!((mine.attempts, mine.lease_until), (1, f.now().plus(LEASE)));
    assert!(
        tx.claim_jobs("w2", f.now(), LEASE, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let stale = tx.complete_job(job.id, "0000").await;
    assert!(matches!(stale, Err(StoreError::LeaseLost(_))));
    tx.complete_job(job.id, &mine.lease_token).await.unwrap();
    for _ in 0..2 {
        let twice = tx.complete_job(job.id, &mine.lease_token).await;
        assert!(matches!(twice, Err(StoreError::LeaseLost(_))));
    }
    let counts = tx.count_jobs().await.unwrap();
    let expected = JobCounts {
        pending: 1,
        done: 1,
        ..JobCounts::default()
    };
    assert_eq!(counts, expected);
    let claimed = tx.claim_jobs("w1", later.run_at, LEASE, 10).await.unwrap();
    assert_eq!(claimed[0].id, later.id);
    assert_eq!(tx.delete_done_jobs(f.now()).await.unwrap(), 0);
    let after = f.now().plus(Duration::from_micros(1));
    assert_eq!(tx.delete_done_jobs(after).await.unwrap(), 1);
}

pub async fn a_restarted_worker_takes_up_its_own_jobs_only(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let mut ids = Vec::new();
    for worker in ["one", "other"] {
        let job = sample::job(&f.ctx, "order.send", None);
        tx.enqueue_job(&job).await.unwrap();
        let claimed = tx.claim_jobs(worker, f.now(), LEASE, 1).await.unwrap();
        assert_eq!(claimed[0].id, job.id);
        ids.push(job.id);
    }
    assert_eq!(tx.release_leases("one", f.now()).await.unwrap(), 1);
    let claimed = tx.claim_jobs("one", f.now(), LEASE, 10).await.unwrap();
    let claimed: Vec<_> = claimed.iter().map(|job| job.id).collect();
    assert_eq!(claimed, ids[..1]);
    tx.rollback().await.unwrap();
}

pub async fn an_expired_lease_can_be_claimed_again(f: Arc<Fixture>) {
    let job = sample::job(&f.ctx, "k", None);
    let mut tx = f.store.begin().await.unwrap();
    tx.enqueue_job(&job).await.unwrap();
    let first = tx
        .claim_jobs("w1", f.now(), LEASE, 1)
        .await
        .unwrap()
        .remove(0);
    let end = f.now().plus(LEASE);
    assert_eq!(tx.next_job_at().await.unwrap(), Some(end));
    let longer = end.plus(LEASE);
    tx.extend_lease(job.id, &first.lease_token, longer)
        .await
        .unwrap();
    assert!(tx.claim_jobs("w2", end, LEASE, 1).await.unwrap().is_empty());
    let second = tx
        .claim_jobs("w2", longer, LEASE, 1)
        .await
        .unwrap()
        .remove(0);
    assert_eq!((second.id, second.attempts), (job.id, 2));
    assert_ne!(second.lease_token, first.lease_token);
    for outcome in [
        tx.complete_job(job.id, &first.lease_token).await,
        tx.retry_job(job.id, &first.lease_token, f.now(), "late")
            .await,
        tx.bury_job(job.id, &first.lease_token, "late").await,
        tx.extend_lease(job.id, &first.lease_token, longer).await,
    ] {
        assert!(matches!(outcome, Err(StoreError::LeaseLost(_))));
    }
    tx.complete_job(job.id, &second.lease_token).await.unwrap();
}

pub async fn one_job_of_a_key_waits_and_one_runs(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let mut first = sample::job(&f.ctx, "case.plan", Some("case_1"));
    first.run_at = f.now().plus(Duration::from_secs(60));
    assert!(tx.enqueue_job(&first).await.unwrap());
    assert!(
        !tx.enqueue_job(&sample::job(&f.ctx, "case.plan", Some("case_1")))
            .await
            .unwrap()
    );
    assert!(
        tx.enqueue_job(&sample::job(&f.ctx, "case.plan", Some("case_2")))
            .await
            .unwrap()
    );
    // The waiting one was brought forward.
    let claimed = tx.claim_jobs("w1", f.now(), LEASE, 10).await.unwrap();
    assert_eq!(claimed.len(), 2);
    let running = claimed.iter().find(|job| job.id == first.id).unwrap();
    // While it runs another may wait, but not run, also when the runner died.
    let second = sample::job(&f.ctx, "case.plan", Some("case_1"));
    assert!(tx.enqueue_job(&second).await.unwrap());
    assert!(
        tx.claim_jobs("w2", f.now(), LEASE, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        tx.next_job_at().await.unwrap(),
        Some(f.now().plus(LEASE)),
        "a job that waits for another is not due"
    );
    let dead = f.now().plus(LEASE);
    tx.extend_lease(claimed[0].id, &claimed[0].lease_token, dead.plus(LEASE))
        .await
        .unwrap();
    tx.extend_lease(claimed[1].id, &claimed[1].lease_token, dead.plus(LEASE))
        .await
        .unwrap();
    // A retry gives way to the waiting one.
    tx.retry_job(first.id, &running.lease_token, f.now(), "again")
        .await
        .unwrap();
    let claimed = tx.claim_jobs("w2", f.now(), LEASE, 10).await.unwrap();
    assert_eq!(
        claimed.iter().map(|job| job.id).collect::<Vec<_>>(),
        [second.id]
    );
    let counts = tx.count_jobs().await.unwrap();
    assert_eq!((counts.pending, counts.running, counts.done), (0, 2, 1));
}

pub async fn retries_end_in_burial(f: Arc<Fixture>) {
    let job = sample::job(&f.ctx, "k", Some("one"));
    let mut tx = f.store.begin().await.unwrap();
    tx.enqueue_job(&job).await.unwrap();
    for attempt in 1..=JOB_ATTEMPTS_MAX {
        let claimed = tx
            .claim_jobs("w", f.now(), LEASE, 1)
            .await
            .unwrap()
            .remove(0);
        assert_eq!(claimed.attempts, attempt);
        let error = "no\0 ".repeat(5_000);
        tx.retry_job(job.id, &claimed.lease_token, f.now(), &error)
            .await
            .unwrap();
    }
    assert!(
        tx.claim_jobs("w", f.now(), LEASE, 1)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(tx.count_jobs().await.unwrap().buried, 1);
    assert_eq!(tx.next_job_at().await.unwrap(), None);
}

pub async fn a_dying_worker_does_not_keep_a_job_for_ever(f: Arc<Fixture>) {
    let job = sample::job(&f.ctx, "k", None);
    let mut tx = f.store.begin().await.unwrap();
    tx.enqueue_job(&job).await.unwrap();
    for _ in 0..JOB_ATTEMPTS_MAX {
        assert_eq!(
            tx.claim_jobs("w", f.now(), LEASE, 1).await.unwrap().len(),
            1
        );
        f.clock.advance(LEASE);
    }
    assert!(
        tx.claim_jobs("w", f.now(), LEASE, 1)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(tx.count_jobs().await.unwrap().buried, 1);
}

pub async fn workers_share_the_queue(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    for _ in 0..100 {
        tx.enqueue_job(&sample::job(&f.ctx, "k", None))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let mut workers = tokio::task::JoinSet::new();
    for n in 0..8 {
        let f = f.clone();
        workers.spawn(async move {
            let mut done = Vec::new();
            loop {
                let mut tx = f.store.begin().await.unwrap();
                let claimed = tx
                    .claim_jobs(&format!("w{n}"), f.now(), LEASE, 7)
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
                if claimed.is_empty() {
                    return done;
                }
                let mut tx = f.store.begin().await.unwrap();
                for job in claimed {
                    tx.complete_job(job.id, &job.lease_token).await.unwrap();
                    done.push(job.id);
                }
                tx.commit().await.unwrap();
            }
        });
    }
    let done: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    assert_eq!(done.len(), 100, "a job ran twice or never");
    assert_eq!(done.iter().collect::<HashSet<_>>().len(), 100);
}
