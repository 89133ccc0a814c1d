//! kill -9 at any point: a job's work is dropped after some number of polls, its lease runs out, it runs again.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use stanch_orders::run_job;
use stanch_types::Duration;

use crate::desk::Desk;
use crate::peer::Act;

/// Polls `work` at most `polls` times and then drops it; whether it finished.
async fn cut_after<F: Future>(work: F, polls: usize) -> bool {
    let mut work = pin!(work);
    let mut polled = 0;
    std::future::poll_fn(move |cx| {
        if polled >= polls {
            return Poll::Ready(false);
        }
        polled += 1;
        work.as_mut().poll(cx).map(|_| true)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_point_neither_loses_nor_doubles_an_order() {
    let mut whole_runs = 0;
    for polls in 0..60 {
        let desk = Desk::open().await;
        desk.peer.script(&[if polls % 2 == 0 {
            Act::Execute
        } else {
            Act::LoseAnswer
        }]);
        let id = desk.issue(desk.stop()).await;
        let jobs = desk.claim().await;
        assert_eq!(jobs.len(), 1);
        let run = run_job(&desk.store, &desk.ctx, &desk.http, &jobs[0]);
        whole_runs += usize::from(cut_after(run, polls).await);
        // The lease runs out, as after a restart.
        desk.clock.advance(Duration::from_secs(61));
        desk.run_for(Duration::from_secs(30)).await;
        let words = desk.words(id).await;
        let expected = ["draft", "approved", "signed", "sent", "executed", "active"];
        assert_eq!(words, expected, "cut after {polls} polls");
        // The institution is idempotent by application id; more than one post after a crash is never needed because
        // a question goes first.
        assert_eq!(desk.peer.posts(), 1, "cut after {polls} polls");
        let mut tx = desk.store.read().await.unwrap();
        assert_eq!(tx.list_answers(id).await.unwrap().len(), 1);
        let jobs = tx.count_jobs().await.unwrap();
        assert_eq!((jobs.running, jobs.buried), (0, 0));
    }
    assert!(
        (1..59).contains(&whole_runs),
        "{whole_runs} of 60 ran whole"
    );
}

#[tokio::test]
async fn every_job_run_twice_does_no_harm() {
    let desk = Desk::open().await;
    let id = desk.issue(desk.stop()).await;
    let job = desk.claim().await.remove(0);
    run_job(&desk.store, &desk.ctx, &desk.http, &job)
        .await
        .unwrap();
    let again = run_job(&desk.store, &desk.ctx, &desk.http, &job).await;
    assert!(again.is_err(), "the lease is gone: nothing of it is kept");
    assert_eq!(
        desk.words(id).await,
        ["draft", "approved", "signed", "sent", "acked"]
    );
    assert_eq!(desk.peer.posts(), 1);
}
