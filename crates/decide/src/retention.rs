//! Retention of events: segments of log and history go when the longest retention among the kinds of the policies at work
//! is over for every event in them. Decisions stay.

use std::sync::Arc;

use stanch_stream::{EventLog, Position};
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
    /// The segment start before which every event is over, if there is something before it.
    fn over(&self, policies: &[String], now: Timestamp) -> Result<Option<Position>, DecideError> {
        let starts = self.log.segment_starts();
        if let Some(last) = starts.last()
            && let Some(first_came) = self.came(*last)?
            && first_came <= now.minus(SEGMENT_LASTS)
        {
            self.log.end_segment()?;
        }
        if starts.len() < 2 {
            return Ok(None);
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
        let mut cut = None;
        for next in starts.iter().skip(1) {
            // What came before a block that is over is over, but for a day by which a clock may have gone astray.
            match self.came(*next)? {
                Some(came) if came <= now.minus(longest).minus(SEGMENT_LASTS) => cut = Some(*next),
                Some(_) | None => break,
            }
        }
        Ok(cut)
    }

    /// When the first event at or after `from` came.
    fn came(&self, from: Position) -> Result<Option<Timestamp>, DecideError> {
        for block in self.log.read_from(from)? {
            let block = block?;
            if let Entry::Events(events) = block::decode(&block.payload)
                .map_err(|why| DecideError::bad_block(block.position, why))?
            {
                return Ok(Some(events.sealed_at));
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

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DecideError> + Send + 'static,
) -> Result<T, DecideError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| DecideError::Stopped(error.to_string()))?
}
