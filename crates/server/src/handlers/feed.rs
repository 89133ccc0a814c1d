//! The live feed: what changed, as it changes.

use crate::auth::caller::Caller;
use crate::state::{App, FeedPermit};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde_json::{Map, Value};
use stanch_store::FeedRecord;
use stanch_types::ErrorCode;
use std::convert::Infallible;
use std::time::Duration as StdDuration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::error::{ApiError, ApiResult, Problem};

/// Server-sent events: `id: n`, `event: case.opened | case.updated | plan.ready | plan.updated | order.changed |
/// payments.arrived`, `data: {"subject":"…","case_id":"…"}`. A comment line every 15 s keeps the line open.
/// `Last-Event-ID` resumes after that event; without it the feed starts now.
#[utoipa::path(get, path = "/v1/feed", tag = "feed",
    params(("Last-Event-ID" = Option<String>, Header, pattern = "^[0-9]{1,18}$", description = "Resume after this event")), responses(
    (status = 200, body = String, content_type = "text/event-stream", description = "Events without end"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "Too many feeds are open, or the server stops (`internal.unavailable`)"),
))]
pub async fn open_feed(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> ApiResult<Response> {
    if app.stopping().is_cancelled() {
        return Err(ApiError::of(ErrorCode::Unavailable).retry_after(5));
    }
    let permit = app.feed_permit()?;
    let asked = last_event_id(&headers)?;
    let head = app.store().read().await?.feed_head().await?;
    let after = asked.map_or(head, |id| id.min(head));
    let left = caller.expires_at.since(app.ctx().now()).to_std();
    let (sender, receiver) = mpsc::channel(EVENTS_AHEAD_MAX);
    let feed = Feed {
        app,
        after,
        sender,
        _permit: permit,
    };
    tokio::spawn(async move {
        // A feed ends with its session, and now and then anyway so that rights are looked at again; consoles come
        // back by themselves and miss nothing.
        drop(tokio::time::timeout(left.min(OPEN_MAX), feed.pump()).await);
    });
    let stream = Sse::new(ReceiverStream::new(receiver))
        .keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here"));
    Ok(stream.into_response())
}

/// Between comment lines that keep the connection open.
const HEARTBEAT: StdDuration = StdDuration::from_secs(15);
/// Longest a feed stays open.
const OPEN_MAX: StdDuration = StdDuration::from_secs(30 * 60);
/// Events written ahead of a slow reader.
const EVENTS_AHEAD_MAX: usize = 64;
/// Events read from the record in one go.
const BATCH: i64 = 200;

struct Feed {
    app: App,
    after: i64,
    sender: mpsc::Sender<Result<Event, Infallible>>,
    _permit: FeedPermit,
}

impl Feed {
    /// Sends events until the reader leaves or the server stops.
    async fn pump(mut self) {
        let mut news = self.app.store().feed_watch();
        let stopping = self.app.stopping().clone();
        loop {
            news.borrow_and_update();
            match self.send_batch().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(Gone) => return,
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return },
                () = stopping.cancelled() => return,
                () = self.sender.closed() => return,
            }
        }
    }

    /// Sends what is new; `true` if there may be more.
    async fn send_batch(&mut self) -> Result<bool, Gone> {
        let records = self.read_batch().await.map_err(|error| {
            tracing::warn!(code = %error.code(), cause = error.hidden(), "feed cannot be read");
            Gone
        })?;
        let full = i64::try_from(records.len()).is_ok_and(|count| count >= BATCH);
        for record in records {
            self.after = record.id;
            let event = Event::default()
                .id(record.id.to_string())
                .event(record.event.kind.clone())
                .data(data(record).to_string());
            self.sender.send(Ok(event)).await.map_err(|_| Gone)?;
        }
        Ok(full)
    }

    async fn read_batch(&self) -> ApiResult<Vec<FeedRecord>> {
        let mut tx = self.app.store().read().await?;
        Ok(tx.list_feed_after(self.after, BATCH).await?)
    }
}

/// The reader or the record is gone.
struct Gone;

/// `subject`, `at` and the event's own facts.
fn data(record: FeedRecord) -> Value {
    let mut data = match record.event.data {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    };
    data.insert("subject".to_owned(), record.event.subject.into());
    data.insert("at".to_owned(), record.event.at.to_string().into());
    Value::Object(data)
}

fn last_event_id(headers: &HeaderMap) -> ApiResult<Option<i64>> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let refuse = || ApiError::new(ErrorCode::RequestInvalid, "`Last-Event-ID` is a number");
    let text = value.to_str().map_err(|_| refuse())?;
    if text.is_empty() || text.len() > 18 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refuse());
    }
    text.parse().map(Some).map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn reads_last_event_id() {
        let with = |text: &'static str| {
            last_event_id(&HeaderMap::from_iter([(
                "last-event-id".parse().unwrap(),
                HeaderValue::from_static(text),
            )]))
        };
        assert_eq!(last_event_id(&HeaderMap::new()).unwrap(), None);
        assert_eq!(with("17").unwrap(), Some(17));
        for bad in ["", "-1", "x", "1234567890123456789", "1 "] {
            assert!(with(bad).is_err(), "{bad}");
        }
    }
}
