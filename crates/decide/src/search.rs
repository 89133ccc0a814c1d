//! Looking decisions up: by event, by filter, along the life of an entity.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde::Deserialize;
use stanch_rules::ir::Decision;
use stanch_stream::{EventLog, LogError, Position};
use stanch_types::Timestamp;

use crate::block::{self, Entry};
use crate::engine::Engine;
use crate::error::DecideError;
use crate::index::{Index, Mark, key_digest};
use crate::place::Place;

/// Most records looked at for one page; a page may end early and still have a successor.
const LOOKED_AT_MAX: usize = 20_000;
/// Places of one mark or key read at once.
const STRIDE: usize = 512;

/// Which decisions; all of these must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// This decision.
    pub decision: Option<Decision>,
    /// On events of this kind.
    pub kind: Option<String>,
    /// On which this rule fired.
    pub rule: Option<String>,
    /// On events whose key field has this value.
    pub key: Option<(String, String)>,
    /// Decided at or after.
    pub from: Option<Timestamp>,
    /// Decided before.
    pub to: Option<Timestamp>,
}

/// A decision that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where its event is in the log.
    pub place: Place,
    /// The decision as JSON.
    pub json: Bytes,
    /// What the caller was told instead, if it came too late.
    pub answered_late: Option<Decision>,
}

/// One page of decisions, latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPage {
    /// The decisions.
    pub items: Vec<Found>,
    /// Where the next page starts; none after the last.
    pub next: Option<String>,
}

/// What filters look at.
#[derive(Deserialize)]
struct Seen<'a> {
    event_id: &'a str,
    kind: &'a str,
    decision: Decision,
    rules: Vec<&'a str>,
    decided_at: Timestamp,
}

/// What was read of the log; none where retention has removed it.
pub(crate) fn kept<T>(read: Result<T, DecideError>) -> Result<Option<T>, DecideError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(DecideError::Log(LogError::Gone { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

const fn no_events() -> DecideError {
    DecideError::Damaged {
        what: "the decision log",
    }
}

impl Engine {
    /// The decision about an event.
    ///
    /// # Errors
    /// [`DecideError::NotFound`], [`DecideError::Index`].
    pub fn find(&self, event_id: &str) -> Result<Found, DecideError> {
        let index = &self.inner.index;
        let known = index
            .lookup(event_id)?
            .ok_or_else(|| DecideError::NotFound(event_id.chars().take(128).collect()))?;
        Ok(Found {
            place: known.place,
            json: index.record(known.place)?,
            answered_late: index.late_answer(event_id)?,
        })
    }

    /// An event as it came.
    ///
    /// # Errors
    /// [`DecideError::Log`] when retention has removed it.
    pub fn event_at(&self, place: Place) -> Result<Bytes, DecideError> {
        let lines = self.lines_of(place.block)?;
        let row = usize::try_from(place.row).ok();
        let line = row.and_then(|row| lines.into_iter().nth(row));
        line.ok_or_else(no_events)
    }

    /// Events as they came, in the order of `places`; none where retention has removed the event. A block is read once for all
    /// places in it that follow one another.
    ///
    /// # Errors
    /// [`DecideError::BadBlock`], [`DecideError::Log`].
    pub fn events_at(&self, places: &[Place]) -> Result<Vec<Option<Bytes>>, DecideError> {
        let mut events = Vec::with_capacity(places.len());
        for run in places.chunk_by(|a, b| a.block == b.block) {
            let Some(block) = run.first().map(|place| place.block) else {
                continue;
            };
            let lines = kept(self.lines_of(block))?.unwrap_or_default();
            let line = |place: &Place| lines.get(usize::try_from(place.row).ok()?).cloned();
            events.extend(run.iter().map(line));
        }
        Ok(events)
    }

    /// The events of a block as they came.
    fn lines_of(&self, position: Position) -> Result<Vec<Bytes>, DecideError> {
        let block = self.inner.log.read_from(position)?.next();
        let block = block.ok_or_else(no_events)??;
        let entry = block::decode(&block.payload)
            .map_err(|why| DecideError::bad_block(block.position, why))?;
        match entry {
            Entry::Events(events) => Ok(events.lines),
            Entry::Control(_) | Entry::Late(_) => Err(no_events()),
        }
    }

    /// One page of the decisions that pass `filter`, latest first.
    ///
    /// # Errors
    /// [`DecideError::BadCursor`], [`DecideError::Index`].
    pub fn list(
        &self,
        filter: &DecisionFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<FoundPage, DecideError> {
        if let Some((field, value)) = &filter.key {
            return self.timeline(field, value, filter, limit, cursor);
        }
        let index = &self.inner.index;
        let mut before = match cursor {
            Some(text) => place_of(text)?,
            None => match filter.to {
                Some(to) => index.end_before(to)?,
                None => Place {
                    block: Position(u64::MAX),
                    row: 0,
                },
            },
        };
        let mut page = Collector::new(index, filter, limit);
        while page.wants_more() {
            let rows = match filter.mark() {
                Some(mark) => {
                    let places = index.marked_before(&mark, before, STRIDE)?;
                    places
                        .into_iter()
                        .map(|place| Ok((place, index.record(place)?)))
                        .collect::<Result<Vec<_>, DecideError>>()?
                }
                None => index.records_before(before)?,
            };
            if rows.is_empty() {
                return Ok(page.last());
            }
            for (place, json) in rows {
                before = place;
                if page.take(place, json)? == Walk::Ends {
                    return Ok(page.last());
                }
                if !page.wants_more() {
                    break;
                }
            }
        }
        Ok(page.with_next(URL_SAFE_NO_PAD.encode(before.to_bytes())))
    }

    /// One page of the decisions about events whose key field `field` has the value `value` (as it prints), by time
    /// of the event, latest first.
    ///
    /// # Errors
    /// [`DecideError::BadCursor`], [`DecideError::Index`].
    pub fn timeline(
        &self,
        field: &str,
        value: &str,
        filter: &DecisionFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<FoundPage, DecideError> {
        let index = &self.inner.index;
        let key = key_digest(field, value);
        let mut before = match cursor {
            Some(text) => moment_of(text)?,
            None => (
                Timestamp::from_micros(i64::MAX),
                Place {
                    block: Position(u64::MAX),
                    row: u32::MAX,
                },
            ),
        };
        let mut page = Collector::new(index, filter, limit);
        while page.wants_more() {
            let found = index.key_before(&key, before, STRIDE.min(limit.saturating_add(1)))?;
            if found.is_empty() {
                return Ok(page.last());
            }
            for (at, place) in found {
                before = (at, place);
                let json = index.record(place)?;
                // The walk is by time of the event, so an early decision does not end it.
                page.take(place, json)?;
                if !page.wants_more() {
                    break;
                }
            }
        }
        let mut bytes = before.0.as_micros().to_be_bytes().to_vec();
        bytes.extend_from_slice(&before.1.to_bytes());
        Ok(page.with_next(URL_SAFE_NO_PAD.encode(bytes)))
    }
}

impl DecisionFilter {
    /// The narrowest mark to walk.
    fn mark(&self) -> Option<Mark> {
        let by_rule = self.rule.clone().map(Mark::Rule);
        by_rule.or_else(|| {
            self.decision
                .filter(|decision| *decision != Decision::Allow)
                .map(Mark::Decision)
        })
    }

    fn passes(&self, seen: &Seen<'_>) -> bool {
        self.decision.is_none_or(|wanted| wanted == seen.decision)
            && self
                .kind
                .as_deref()
                .is_none_or(|wanted| wanted == seen.kind)
            && self
                .rule
                .as_deref()
                .is_none_or(|wanted| seen.rules.contains(&wanted))
            && self.from.is_none_or(|from| seen.decided_at >= from)
            && self.to.is_none_or(|to| seen.decided_at < to)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    GoesOn,
    /// Everything further back was decided before the time asked for.
    Ends,
}

/// Gathers a page.
struct Collector<'a> {
    index: &'a Index,
    filter: &'a DecisionFilter,
    limit: usize,
    looked_at: usize,
    items: Vec<Found>,
}

impl<'a> Collector<'a> {
    fn new(index: &'a Index, filter: &'a DecisionFilter, limit: usize) -> Self {
        Self {
            index,
            filter,
            limit,
            looked_at: 0,
            items: Vec::new(),
        }
    }

    fn wants_more(&self) -> bool {
        self.items.len() < self.limit && self.looked_at < LOOKED_AT_MAX
    }

    fn take(&mut self, place: Place, json: Bytes) -> Result<Walk, DecideError> {
        self.looked_at += 1;
        let seen: Seen<'_> = serde_json::from_slice(&json).map_err(|_| DecideError::Damaged {
            what: "the index of decisions",
        })?;
        if self.filter.from.is_some_and(|from| seen.decided_at < from) {
            return Ok(Walk::Ends);
        }
        if self.filter.passes(&seen) {
            let answered_late = self.index.late_answer(seen.event_id)?;
            self.items.push(Found {
                place,
                json,
                answered_late,
            });
        }
        Ok(Walk::GoesOn)
    }

    fn last(self) -> FoundPage {
        FoundPage {
            items: self.items,
            next: None,
        }
    }

    fn with_next(self, next: String) -> FoundPage {
        FoundPage {
            items: self.items,
            next: Some(next),
        }
    }
}

fn bytes_of(text: &str) -> Result<Vec<u8>, DecideError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| bad_cursor(text))
}

fn bad_cursor(text: &str) -> DecideError {
    DecideError::BadCursor(text.chars().take(64).collect())
}

fn place_of(text: &str) -> Result<Place, DecideError> {
    Place::from_bytes(&bytes_of(text)?).ok_or_else(|| bad_cursor(text))
}

fn moment_of(text: &str) -> Result<(Timestamp, Place), DecideError> {
    let bytes = bytes_of(text)?;
    let (at, place) = bytes
        .split_first_chunk::<8>()
        .ok_or_else(|| bad_cursor(text))?;
    let place = Place::from_bytes(place).ok_or_else(|| bad_cursor(text))?;
    Ok((Timestamp::from_micros(i64::from_be_bytes(*at)), place))
}
