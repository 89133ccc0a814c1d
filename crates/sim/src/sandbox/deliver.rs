//! What an institution does by itself: carrying orders out when due, answering, pushing executed debits.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use hashbrown::HashMap;
use stanch_types::{ApplicationId, Duration, Timestamp};

use tokio::sync::Notify;

use super::desk::{Desk, blocking};
use super::document::AnswerMessage;
use crate::SimError;
use crate::webhook::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};

/// How long a call to Stanch may take.
const CALL_TIMEOUT: StdDuration = StdDuration::from_secs(10);
/// Waits between attempts to answer; the last one repeats until Stanch takes the answer.
const ANSWER_BACKOFF_MS: [i64; 7] = [200, 500, 1_000, 2_000, 5_000, 15_000, 60_000];
/// Longest wait between two attempts to push.
const PUSH_WAIT_MAX: StdDuration = StdDuration::from_secs(10);
/// Most debits of one push.
const PUSH_MAX: usize = 500;
/// How long the workers rest at most without looking.
const REST: StdDuration = StdDuration::from_secs(30);

/// The client for calls from an institution or the city.
pub(crate) fn client() -> Result<reqwest::Client, SimError> {
    reqwest::Client::builder()
        .no_proxy()
        .timeout(CALL_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(SimError::http("a new client"))
}

/// Carries out orders when they are due, for ever.
pub(super) async fn carry_out(desk: Arc<Desk>) -> SimError {
    loop {
        let next = match blocking(&desk, Desk::carry_out_due).await {
            Ok(next) => next,
            Err(error) => return error,
        };
        rest_until(&desk.orders_bell, desk.ctx.now(), next).await;
    }
}

async fn rest_until(bell: &Notify, now: Timestamp, next: Option<Timestamp>) {
    let wait = next.map_or(REST, |at| at.since(now).to_std().min(REST));
    tokio::select! {
        () = bell.notified() => {}
        () = tokio::time::sleep(wait) => {}
    }
}

/// Sends answers until Stanch has each, for ever.
pub(super) async fn answer(desk: Arc<Desk>, client: reqwest::Client) -> SimError {
    let mut attempts: HashMap<ApplicationId, (usize, Timestamp)> = HashMap::new();
    loop {
        let mut next: Option<Timestamp> = None;
        for (ready_at, message) in desk.answers_waiting() {
            let id = message.application_id;
            let (tried, not_before) = attempts.get(&id).copied().unwrap_or((0, ready_at));
            let now = desk.ctx.now();
            if not_before > now {
                next = Some(next.map_or(not_before, |at| at.min(not_before)));
                continue;
            }
            if send_answer(&desk, &client, &message).await {
                attempts.remove(&id);
                if let Err(error) = blocking(&desk, move |desk| desk.answered(id)).await {
                    return error;
                }
                if desk.fate(id).answer_twice {
                    send_answer(&desk, &client, &message).await;
                }
            } else {
                let step = tried.min(ANSWER_BACKOFF_MS.len() - 1);
                let wait = ANSWER_BACKOFF_MS.get(step).copied().unwrap_or(60_000);
                let again = desk.ctx.now().plus(Duration::from_millis(wait));
                attempts.insert(id, (tried + 1, again));
                next = Some(next.map_or(again, |at| at.min(again)));
            }
        }
        rest_until(&desk.answers_bell, desk.ctx.now(), next).await;
    }
}

/// Whether Stanch took the answer.
async fn send_answer(desk: &Desk, client: &reqwest::Client, message: &AnswerMessage) -> bool {
    let Ok(body) = serde_json::to_vec(message) else {
        return false;
    };
    // The same answer keeps its id over restarts, so that Stanch can tell a repetition.
    let id = format!("answer-{}-{}", desk.config.code, message.application_id);
    post(desk, client, "answers", "application/json", &id, body).await
}

/// Pushes executed debits in booking order, for ever.
pub(super) async fn push(desk: Arc<Desk>, client: reqwest::Client) -> SimError {
    let interval = StdDuration::from_millis(desk.config.push_interval_ms.max(10));
    let mut wait = interval;
    loop {
        tokio::time::sleep(wait).await;
        let Some((body, from, until)) = desk.push_batch(PUSH_MAX) else {
            continue;
        };
        let id = format!("push-{}-{from}-{until}", desk.config.code);
        if post(
            &desk,
            &client,
            "payments",
            "application/x-ndjson",
            &id,
            body,
        )
        .await
        {
            wait = interval;
            if let Err(error) = blocking(&desk, move |desk| desk.pushed(until)).await {
                return error;
            }
        } else {
            wait = (wait * 2).min(PUSH_WAIT_MAX).max(interval);
        }
    }
}

/// Posts a signed body to Stanch; whether it was taken. Failures are logged here and retried by the caller.
async fn post(
    desk: &Desk,
    client: &reqwest::Client,
    what: &'static str,
    media: &'static str,
    id: &str,
    body: Vec<u8>,
) -> bool {
    let config = &desk.config;
    let base = config.stanch_url.trim_end_matches('/');
    let url = format!("{base}/v1/institutions/{}/{what}", config.code);
    let signed = desk.shared_key.sign(id, desk.ctx.now(), &body);
    let sent = client
        .post(&url)
        .header("content-type", media)
        .header(ID_HEADER, signed.id)
        .header(TIMESTAMP_HEADER, signed.timestamp.to_string())
        .header(SIGNATURE_HEADER, signed.signature)
        .body(body)
        .send()
        .await;
    match sent {
        Ok(response) if response.status().is_success() => true,
        Ok(response) => {
            let status = response.status().as_u16();
            tracing::warn!(http.status = status, what, "Stanch did not take a message");
            false
        }
        Err(error) => {
            tracing::warn!(error = %error, what, "Stanch cannot be reached");
            false
        }
    }
}
