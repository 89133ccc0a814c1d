//! Retention of events: segments of log and history go when the longest retention among the kinds of the policies at work
//! is over for every event in them. Decisions stay.

use std::sync::Arc;

use stanch_stream::{Block, EventLog, Position};
use stanch_types::{Duration, Timestamp};

use crate::block::{self, Entry};
use crate::deployment::Control;
use crate::engine::{Engine, Inner};
use crate::error::DecideError;
use crate::history::History;

/// A segment of the log is ended when its first event came this long ago, so that what is over goes a day late at most.
const SEGMENT_LASTS: Duration = Duration::from_days(1);
/// The step of a control block that changes nothing: it says again what is at work, for a log without its beginning.
pub(crate) const RESTATE: &str = "restate";

impl Engine {
    /// Gives up events that came longer ago than any policy at work keeps its events, by whole segments; returns the first
    /// block that the log still has when something went. What the older snapshot needs stays, so a first call may only take
    /// a new one. Nothing goes while nothing is at work.
    ///
    /// # Errors
    /// Those of [`Engine::deploy`]; [`DecideError::BadBlock`], [`DecideError::HistoryInUse`], [`DecideError::Io`].
    pub async fn retain(&self, now: Timestamp) -> Result<Option<Position>, DecideError> {
        let deployment = self.deployment();
        let inner = Arc::clone(&self.inner);
        let policies: Vec<String> = deployment
            .policies()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let look = move || inner.over(&policies, now);
        let Some(cut) = blocking(look).await? else {
            return Ok(None);
        };
        let control = Control {
            at: now,
            step: RESTATE.to_owned(),
            change_id: None,
            deployment,
        };
        if self.deploy_unless(control, None).await?.is_none() {
            return Ok(None);
        }
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.give_up(cut)).await
    }
}

impl Inner {
    /// The block before which every event is over, if there is something before it: where a segment begins, or the end.
    fn over(&self, policies: &[String], now: Timestamp) -> Result<Option<Position>, DecideError> {
        let starts = self.log.segment_starts();
        if let Some(last) = starts.last()
            && let Some(first_came) = self.came(*last)?
            && first_came <= now.minus(SEGMENT_LASTS)
        {
            self.log.end_segment()?;
        }
        let mut longest = None;
        for hash in policies {
            let policy = self.shelf.load(hash)?;
            let kept = policy.program().events.iter().map(|kind| kind.retention);
            longest = longest.max(kept.max());
        }
        let Some(longest) = longest else {
            return Ok(None);
        };
        // Clocks may have gone astray by a day.
        let latest = now.minus(longest).minus(SEGMENT_LASTS);
        let is_over = |came: Option<Timestamp>| came.is_some_and(|came| came <= latest);
        let ends = starts.iter().skip(1).copied().chain([self.log.end()]);
        let mut cut = None;
        for (start, end) in starts.iter().copied().zip(ends) {
            let has_events = self.came(start)?.is_some();
            if !has_events || !(is_over(self.came(end)?) || self.all(start, end, is_over)?) {
                break;
            }
            cut = Some(end);
        }
        Ok(cut)
    }

    /// Whether the times at which the events from `start` to before `end` came all are as asked.
    fn all(
        &self,
        start: Position,
        end: Position,
        is: impl Fn(Option<Timestamp>) -> bool,
    ) -> Result<bool, DecideError> {
        for block in self.log.read_from(start)? {
            let block = block?;
            if block.position >= end {
                break;
            }
            let came = sealed_at(&block)?;
            if came.is_some() && !is(came) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// When the first event at or after `from` came.
    fn came(&self, from: Position) -> Result<Option<Timestamp>, DecideError> {
        for block in self.log.read_from(from)? {
            let came = sealed_at(&block?)?;
            if came.is_some() {
                return Ok(came);
            }
        }
        Ok(None)
    }

    /// Removes what is before `cut` and before every snapshot, of history first: what is left of it stays in one piece.
    fn give_up(&self, cut: Position) -> Result<Option<Position>, DecideError> {
        let Some(needed) = self.snapshots.needed()? else {
            return Ok(None);
        };
        let starts = self.log.segment_starts();
        let cut = starts
            .into_iter()
            .skip(1)
            .take_while(|start| *start <= cut.min(needed))
            .last();
        let Some(cut) = cut else {
            return Ok(None);
        };
        History::at(&self.config.history_dir()).give_up(cut)?;
        Ok(Some(self.log.retain_from(cut)?))
    }
}

/// When the events of a block came; none if it has none.
fn sealed_at(block: &Block) -> Result<Option<Timestamp>, DecideError> {
    match block::decode(&block.payload)
        .map_err(|why| DecideError::bad_block(block.position, why))?
    {
        Entry::Events(events) => Ok(Some(events.sealed_at)),
        Entry::Control(_) | Entry::Late(_) => Ok(None),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DecideError> + Send + 'static,
) -> Result<T, DecideError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| DecideError::Stopped(error.to_string()))?
}
