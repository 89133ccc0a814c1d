//! The events of one key: a single chunk for most keys, a tree for busy ones.

use super::chunk::{Chunk, ROWS_MAX};
use super::error::WindowError;
use super::key::KeyHash;
use super::layout::{ColumnLayout, DistinctLayout, Layout, NEVER, Row};
use super::residence::Ticket;
use super::total::Total;
use super::tree::{Env, Tree};

/// A key and its events.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) key: KeyHash,
    /// Time of the newest event, gone or not; the key is idle when even that has left.
    pub(super) newest_us: i64,
    pub(super) events: Events,
}

/// The events of a key.
#[derive(Debug)]
pub(super) enum Events {
    /// No key is here.
    Free,
    /// At most [`ROWS_MAX`] events.
    Few(Chunk),
    /// More.
    Many(Box<Tree>),
}

/// How far a read has come on its way back in time.
pub(super) struct Back {
    /// Events after this time have been seen.
    pub(super) to_us: i64,
    /// How many events of the only chunk have not, once that is known.
    rows: Option<usize>,
}

impl Back {
    /// A read that begins at a time.
    pub(super) const fn from(to_us: i64) -> Self {
        Self { to_us, rows: None }
    }
}

impl Events {
    /// Room for the first event of a key.
    pub(super) fn first(env: &mut Env<'_>) -> Self {
        let mut chunk = Chunk::default();
        env.residence.admit(&mut chunk, env.slot, 0);
        Self::Few(chunk)
    }

    /// Adds an event.
    pub(super) fn push(&mut self, env: &mut Env<'_>, row: &mut Row) -> Result<(), WindowError> {
        match self {
            Self::Free => Ok(()),
            Self::Few(chunk) => {
                env.residence.warm(env.layout, chunk, env.slot, 0)?;
                make_room(env, chunk);
                if chunk.rows() == ROWS_MAX {
                    let first_us = chunk.time(env.layout, 0);
                    env.residence.enqueue(chunk, env.slot, first_us);
                    let mut tree = Tree::new(env, std::mem::take(chunk));
                    tree.push(env, row)?;
                    *self = Self::Many(Box::new(tree));
                    return Ok(());
                }
                let at = chunk.upper(env.layout, row.at());
                for (_, column, distinct) in env.layout.distincts() {
                    if row.has(column.known) {
                        link(env, chunk, row, at, (column, distinct));
                    }
                }
                env.residence.insert(env.layout, chunk, at, row);
                Ok(())
            }
            Self::Many(tree) => {
                tree.push(env, row)?;
                if let Some(chunk) = tree.take_only_chunk() {
                    *self = Self::Few(chunk);
                }
                Ok(())
            }
        }
    }

    /// Reads what the next event of the key will need.
    pub(super) fn touch(&self, layout: &Layout) -> i64 {
        match self {
            Self::Free | Self::Many(_) => 0,
            Self::Few(chunk) => chunk.touch(layout),
        }
    }

    /// Goes back to `from_us`, adding what the events on the way come to in the columns asked for.
    pub(super) fn fold(
        &mut self,
        env: &mut Env<'_>,
        from_us: i64,
        back: &mut Back,
        wanted: &[usize],
        totals: &mut Total,
    ) -> Result<(), WindowError> {
        match self {
            Self::Free => {}
            Self::Few(chunk) => {
                let to = match back.rows {
                    Some(rows) => rows,
                    None => {
                        env.residence.warm(env.layout, chunk, env.slot, 0)?;
                        chunk.upper(env.layout, back.to_us)
                    }
                };
                let from = match to {
                    0 => 0,
                    _ => chunk.upper_within(env.layout, to, from_us),
                };
                chunk.fold(env.layout, (from, to), wanted, totals);
                back.rows = Some(from);
            }
            Self::Many(tree) => tree.fold(env, (from_us, back.to_us), wanted, totals)?,
        }
        back.to_us = from_us;
        Ok(())
    }

    /// Shows the rows after a time to `visit`: chunk and first row.
    pub(super) fn scan_after(
        &mut self,
        env: &mut Env<'_>,
        from_us: i64,
        mut visit: impl FnMut(&Chunk, usize),
    ) -> Result<(), WindowError> {
        match self {
            Self::Free => Ok(()),
            Self::Few(chunk) => {
                env.residence.warm(env.layout, chunk, env.slot, 0)?;
                visit(chunk, chunk.upper(env.layout, from_us));
                Ok(())
            }
            Self::Many(tree) => tree.scan_after(env, from_us, visit),
        }
    }

    /// Time of the latest event at or before a time.
    pub(super) fn latest(
        &mut self,
        env: &mut Env<'_>,
        to_us: i64,
    ) -> Result<Option<i64>, WindowError> {
        match self {
            Self::Free => Ok(None),
            Self::Few(chunk) => {
                env.residence.warm(env.layout, chunk, env.slot, 0)?;
                let at = chunk.upper(env.layout, to_us).checked_sub(1);
                Ok(at.map(|at| chunk.time(env.layout, at)))
            }
            Self::Many(tree) => tree.latest(env, to_us),
        }
    }

    /// Shows `visit` the earliest event with a known value in `(from_us, to_us]`.
    pub(super) fn first_known<T>(
        &mut self,
        env: &mut Env<'_>,
        (from_us, to_us): (i64, i64),
        (ix, column): (usize, &ColumnLayout),
        visit: impl FnOnce(&Chunk, usize) -> T,
    ) -> Result<Option<T>, WindowError> {
        match self {
            Self::Free => Ok(None),
            Self::Few(chunk) => {
                env.residence.warm(env.layout, chunk, env.slot, 0)?;
                let range = range(env, chunk, (from_us, to_us));
                Ok(chunk
                    .first_known(column, range)
                    .map(|row| visit(chunk, row)))
            }
            Self::Many(tree) => tree.first_known(env, (from_us, to_us), (ix, column), visit),
        }
    }

    /// Shows `visit` the latest event with a known value in `(from_us, to_us]`.
    pub(super) fn last_known<T>(
        &mut self,
        env: &mut Env<'_>,
        (from_us, to_us): (i64, i64),
        (ix, column): (usize, &ColumnLayout),
        visit: impl FnOnce(&Chunk, usize) -> T,
    ) -> Result<Option<T>, WindowError> {
        match self {
            Self::Free => Ok(None),
            Self::Few(chunk) => {
                env.residence.warm(env.layout, chunk, env.slot, 0)?;
                let range = range(env, chunk, (from_us, to_us));
                Ok(chunk.last_known(column, range).map(|row| visit(chunk, row)))
            }
            Self::Many(tree) => tree.last_known(env, (from_us, to_us), (ix, column), visit),
        }
    }

    /// Shows every chunk, oldest first. Cold ones stay cold.
    pub(super) fn each_chunk(
        &self,
        env: &mut Env<'_>,
        mut visit: impl FnMut(&Chunk) -> Result<(), WindowError>,
    ) -> Result<(), WindowError> {
        match self {
            Self::Free => Ok(()),
            Self::Few(chunk) => env.residence.show(env.layout, chunk, &mut visit),
            Self::Many(tree) => tree.each_chunk(env, visit),
        }
    }

    /// Lets events go that have left, as far as that is cheap.
    pub(super) fn drop_expired(&mut self, env: &mut Env<'_>) -> Result<(), WindowError> {
        match self {
            Self::Free | Self::Few(_) => Ok(()),
            Self::Many(tree) => tree.drop_expired(env),
        }
    }

    /// Lets all events go.
    pub(super) fn forget(&mut self, env: &mut Env<'_>) -> Result<(), WindowError> {
        match std::mem::replace(self, Self::Free) {
            Self::Free => Ok(()),
            Self::Few(chunk) => env.residence.forget(&chunk),
            Self::Many(tree) => tree.forget(env),
        }
    }

    /// Moves the chunk of a ticket out of memory; answers whether the ticket is to be kept.
    pub(super) fn cool(&mut self, env: &mut Env<'_>, ticket: Ticket) -> Result<bool, WindowError> {
        match self {
            Self::Free => Ok(false),
            Self::Few(chunk) => {
                if chunk.id != ticket.id || !chunk.is_hot() {
                    return Ok(false);
                }
                if std::mem::take(&mut chunk.touched) {
                    return Ok(true);
                }
                env.residence.cool(env.layout, chunk)?;
                Ok(false)
            }
            Self::Many(tree) => tree.cool(env, ticket),
        }
    }

    /// Bytes on the heap, words of chunks apart.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Free | Self::Few(_) => 0,
            Self::Many(tree) => tree.bytes(),
        }
    }
}

fn range(env: &Env<'_>, chunk: &Chunk, (from_us, to_us): (i64, i64)) -> (usize, usize) {
    (
        chunk.upper(env.layout, from_us),
        chunk.upper(env.layout, to_us),
    )
}

/// Lets events of a full chunk go that have left, before it grows.
fn make_room(env: &mut Env<'_>, chunk: &mut Chunk) {
    if !chunk.is_full() || chunk.rows() == 0 {
        return;
    }
    let gone = chunk.upper(env.layout, env.floor_us);
    if gone > 0 {
        let before = chunk.bytes();
        chunk.trim(env.layout, gone);
        env.residence.hot_bytes = env.residence.hot_bytes + chunk.bytes() - before;
    }
}

/// Finds when an event's value occurred before and whether it is its latest, in the only chunk of a key.
fn link(
    env: &Env<'_>,
    chunk: &mut Chunk,
    row: &mut Row,
    at: usize,
    (column, distinct): (&ColumnLayout, DistinctLayout),
) {
    let word = row.word(distinct.lane);
    let before = chunk.previous(env.layout, (column, distinct), at, word);
    let before_us = before.map_or(NEVER, |before| chunk.time(env.layout, before));
    row.set_word(distinct.previous, before_us);
    if let Some(next) = chunk.following(env.layout, (column, distinct), at, word) {
        let lane = chunk.lane_mut(env.layout, distinct.previous);
        if let Some(previous) = lane.get_mut(next) {
            *previous = row.at();
        }
        return;
    }
    row.set_map(distinct.live, true);
    if let Some(before) = before {
        let live = chunk.map(distinct.live);
        chunk.set_map(distinct.live, live & !(1 << before));
    }
}
