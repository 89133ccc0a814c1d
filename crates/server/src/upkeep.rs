//! What runs beside requests and jobs: consoles are told of new payments, events go to history, the search keeps up, and old rows are removed.

use std::time::Duration as StdDuration;

use serde_json::json;
use stanch_casework::{CaseworkError, Over, erase_over};
use stanch_store::{FeedEvent, StoreError};
use stanch_types::Duration;

use crate::error::ApiError;
use crate::state::App;

/// Payments that arrive within this time of each other are told together.
const GATHER: StdDuration = StdDuration::from_millis(500);
/// Between removals of old rows.
const SWEEP_EVERY: StdDuration = StdDuration::from_secs(600);
/// Between looks whether enough events arrived for a segment of history.
const HISTORY_EVERY: StdDuration = StdDuration::from_secs(30);
/// Between looks at what of the record changed.
const SEARCH_EVERY: StdDuration = StdDuration::from_secs(1);
/// How long finished jobs are kept.
const JOBS_KEPT: Duration = Duration::from_days(7);
/// How long feed events are kept: a console away for longer reads everything anew.
const FEED_KEPT: Duration = Duration::from_days(30);

/// Watches the ledger until the server stops.
pub async fn watch_ledger(app: App) {
    let mut versions = app.ledger().changed();
    let stopping = app.stopping().clone();
    versions.borrow_and_update();
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            changed = versions.changed() => if changed.is_err() { return },
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(GATHER) => {}
        }
        versions.borrow_and_update();
        if let Err(error) = tell(&app).await {
            tracing::error!(error = %ApiError::from(error), "consoles were not told of new payments");
        }
    }
}

/// Tells consoles of new payments.
async fn tell(app: &App) -> Result<(), StoreError> {
    let payments = app.ledger().graph().payment_count();
    let mut tx = app.store().begin().await?;
    tx.append_feed(&FeedEvent {
        kind: "payments.arrived".to_owned(),
        subject: "payments".to_owned(),
        at: app.ctx().now(),
        data: json!({ "payments": payments }),
    })
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps the history of events up until the server stops.
pub async fn keep_history(app: App) {
    let stopping = app.stopping().clone();
    let mut keeper = app.engine().history_keeper();
    loop {
        let stop = stopping.clone();
        let work = tokio::task::spawn_blocking(move || {
            let outcome = keeper.step(&|| !stop.is_cancelled());
            (keeper, outcome)
        });
        let Ok((kept, outcome)) = work.await else {
            return;
        };
        keeper = kept;
        match outcome {
            Ok(Some(done)) => tracing::info!(
                history.events = done.events,
                history.next = done.next,
                "history written"
            ),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "history could not be kept up"),
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(HISTORY_EVERY) => {}
        }
    }
}

/// Keeps the search up with the record until the server stops.
pub async fn keep_search(app: App) {
    let stopping = app.stopping().clone();
    loop {
        let mut more = false;
        match app.search().follow(app.store()).await {
            Ok(step) => {
                more = step.more;
                if more {
                    tracing::info!(search.next_seq = step.next_seq, "the search catches up");
                }
            }
            Err(error) => {
                tracing::error!(error = %ApiError::from(error), "the search does not keep up");
            }
        }
        if !more {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = tokio::time::sleep(SEARCH_EVERY) => {}
            }
        }
        if stopping.is_cancelled() {
            return;
        }
    }
}

/// Removes what is over, now and then, until the server stops.
pub async fn sweep(app: App) {
    let stopping = app.stopping().clone();
    loop {
        if let Err(error) = sweep_once(&app).await {
            tracing::error!(error = %ApiError::from(error), "old rows could not be removed");
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
    }
}

async fn sweep_once(app: &App) -> Result<(), CaseworkError> {
    let now = app.ctx().now();
    let mut tx = app.store().begin().await?;
    let sessions = tx.delete_expired_sessions(now).await?;
    let keys = tx.delete_expired_idempotency(now).await?;
    let jobs = tx.delete_done_jobs(now.minus(JOBS_KEPT)).await?;
    let events = tx.delete_feed_before(now.minus(FEED_KEPT)).await?;
    tx.commit().await?;
    match app.engine().retain(now).await {
        Ok(Some(cut)) => {
            tracing::info!(log.first = cut.0, "events whose time is over were removed")
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "events whose time is over could not be removed"),
    }
    let kept = &app.config().retention;
    let before = |days: Option<u32>| days.map(|days| now.minus(Duration::from_days(days.into())));
    let over = Over {
        reports: before(kept.reports_days),
        labels: before(kept.label_texts_days),
        appeals: before(kept.appeals_days),
        notes: before(kept.notes_days),
    };
    let erased = erase_over(app.store(), app.ctx(), over).await?;
    tracing::debug!(sessions, keys, jobs, events, erased, "old rows removed");
    Ok(())
}
