//! The events of a busy key: chunks in order of time, in nodes of up to 64, with totals on chunks and nodes.
//!
//! A range is answered from the totals of whole nodes and chunks inside it and the rows of the two chunks at its ends, so its cost
//! hardly depends on how many events it holds, nor on whether its end is the newest event or long past.
//!
//! Different values: each event knows when its value occurred before, and whether it is the latest with it ("live"). In a
//! range that nothing follows, as many values differ as events are live. Of a range that ends earlier, the events after it that
//! say "I occurred before, inside your range" are the values whose latest event would have been in it.

use std::collections::VecDeque;

use hashbrown::hash_table::{self, HashTable};

use super::chunk::{Chunk, ROWS_MAX};
use super::error::WindowError;
use super::key::spread;
use super::layout::{ColumnLayout, DistinctLayout, Layout, NEVER, Row};
use super::residence::{Residence, Ticket};
use super::total::Total;

mod walk;

/// Most chunks of a node.
const ENTRIES_MAX: usize = if cfg!(test) { 4 } else { 64 };

/// What chunks need of the group they are in.
pub(super) struct Env<'a> {
    pub(super) layout: &'a Layout,
    pub(super) residence: &'a mut Residence,
    /// Index of the key's slot.
    pub(super) slot: u32,
    /// Events at or before this time have left.
    pub(super) floor_us: i64,
}

/// All events of a key, at least one chunk of them.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: VecDeque<Node>,
    /// For each distinct column.
    seen: Box<[Seen]>,
}

#[derive(Debug)]
struct Node {
    entries: Vec<Entry>,
    total: Total,
}

#[derive(Debug)]
struct Entry {
    first_us: i64,
    last_us: i64,
    total: Total,
    chunk: Chunk,
}

/// When each value occurred last. Values whose events have all left stay until there are too many of them.
#[derive(Debug, Default)]
struct Seen {
    values: HashTable<(i64, i64)>,
}

/// A place in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    node: usize,
    entry: usize,
}

fn spot(word: i64) -> u64 {
    spread(word.cast_unsigned())
}

impl Seen {
    fn last(&self, word: i64) -> Option<i64> {
        let found = self.values.find(spot(word), |(value, _)| *value == word);
        found.map(|(_, last)| *last)
    }

    fn set(&mut self, word: i64, at_us: i64) {
        let same = |(value, _): &(i64, i64)| *value == word;
        let rehash = |(value, _): &(i64, i64)| spot(*value);
        match self.values.entry(spot(word), same, rehash) {
            hash_table::Entry::Occupied(mut found) => found.get_mut().1 = at_us,
            hash_table::Entry::Vacant(room) => _ = room.insert((word, at_us)),
        }
    }
}

impl Node {
    fn new(layout: &Layout, entries: Vec<Entry>) -> Self {
        let mut node = Self {
            entries,
            total: Total::empty(layout),
        };
        node.sum_up(layout);
        node
    }

    fn sum_up(&mut self, layout: &Layout) {
        self.total = Total::empty(layout);
        for entry in &self.entries {
            self.total.merge(&entry.total);
        }
    }

    fn first_us(&self) -> i64 {
        self.entries
            .first()
            .map_or(i64::MAX, |entry| entry.first_us)
    }

    fn last_us(&self) -> i64 {
        self.entries.last().map_or(i64::MIN, |entry| entry.last_us)
    }
}

impl Entry {
    fn new(layout: &Layout, chunk: Chunk) -> Self {
        let mut total = Total::empty(layout);
        let all: Vec<usize> = (0..layout.columns.len()).collect();
        chunk.fold(layout, (0, chunk.rows()), &all, &mut total);
        let last = chunk.rows().saturating_sub(1);
        Self {
            first_us: chunk.time(layout, 0),
            last_us: chunk.time(layout, last),
            total,
            chunk,
        }
    }
}

impl Tree {
    /// A tree of one hot chunk, which is already registered.
    pub(super) fn new(env: &Env<'_>, chunk: Chunk) -> Self {
        let mut seen: Box<[Seen]> = (0..env.layout.distincts).map(|_| Seen::default()).collect();
        for (_, column, distinct) in env.layout.distincts() {
            let Some(seen) = seen.get_mut(distinct.ix) else {
                continue;
            };
            let live = chunk.map(distinct.live);
            for (row, at) in chunk.times(env.layout).iter().enumerate() {
                let word = chunk.word(env.layout, column, row);
                if let Some(word) = word.filter(|_| live >> row & 1 == 1) {
                    seen.set(word, *at);
                }
            }
        }
        let entry = Entry::new(env.layout, chunk);
        Self {
            nodes: VecDeque::from([Node::new(env.layout, vec![entry])]),
            seen,
        }
    }

    /// Adds an event.
    pub(super) fn push(&mut self, env: &mut Env<'_>, row: &mut Row) -> Result<(), WindowError> {
        self.drop_expired(env)?;
        let at_us = row.at();
        let place = self.room_for(env, at_us)?;
        self.warm(env, place)?;
        let Some(entry) = self.entry(place) else {
            return Ok(());
        };
        let at = entry.chunk.upper(env.layout, at_us);
        let layout = env.layout;
        for (ix, column, distinct) in layout.distincts() {
            if row.has(column.known) {
                self.link(env, row, (place, at), (ix, column, distinct))?;
            }
        }
        let Some(node) = self.nodes.get_mut(place.node) else {
            return Ok(());
        };
        node.total.add(layout, row);
        if let Some(entry) = node.entries.get_mut(place.entry) {
            env.residence.insert(layout, &mut entry.chunk, at, row);
            entry.first_us = entry.first_us.min(at_us);
            entry.last_us = entry.last_us.max(at_us);
            entry.total.add(layout, row);
            for (ix, _, distinct) in layout.distincts() {
                let live = u64::from(row.has(distinct.live));
                for total in [&mut entry.total, &mut node.total] {
                    total
                        .live_mut(ix)
                        .into_iter()
                        .for_each(|count| *count += live);
                }
            }
        }
        Ok(())
    }

    /// Finds when an event's value occurred before and whether it is its latest; corrects the event that says so now.
    fn link(
        &mut self,
        env: &mut Env<'_>,
        row: &mut Row,
        (place, at): (Place, usize),
        (ix, column, distinct): (usize, &ColumnLayout, DistinctLayout),
    ) -> Result<(), WindowError> {
        let (word, at_us) = (row.word(distinct.lane), row.at());
        let last = self.seen.get(distinct.ix).and_then(|seen| seen.last(word));
        let before = match last {
            None => NEVER,
            Some(last) if last <= at_us => {
                // First, because chunks that come back are put right by what was seen until now.
                let times = (word, last, at_us);
                self.no_longer_live(env, times, (ix, column, distinct))?;
                last
            }
            Some(_) => {
                if let Some(before) = self.precede(env, row, (place, at), (column, distinct))? {
                    row.set_word(distinct.previous, before);
                    return Ok(());
                }
                NEVER
            }
        };
        if let Some(seen) = self.seen.get_mut(distinct.ix) {
            seen.set(word, at_us);
        }
        row.set_word(distinct.previous, before);
        row.set_map(distinct.live, true);
        Ok(())
    }

    /// Tells the next event with the value of `row` that `row` precedes it; answers what preceded it until now.
    fn precede(
        &mut self,
        env: &mut Env<'_>,
        row: &Row,
        (start, at): (Place, usize),
        (column, distinct): (&ColumnLayout, DistinctLayout),
    ) -> Result<Option<i64>, WindowError> {
        let word = row.word(distinct.lane);
        let mut from = at;
        let mut next = Some(start);
        while let Some(place) = next {
            self.warm(env, place)?;
            let entry = self.entry_mut(place);
            if let Some(chunk) = entry.map(|entry| &mut entry.chunk) {
                let found = chunk.following(env.layout, (column, distinct), from, word);
                let lane = chunk.lane_mut(env.layout, distinct.previous);
                if let Some(previous) = found.and_then(|at| lane.get_mut(at)) {
                    let before = std::mem::replace(previous, row.at());
                    chunk.stored = false;
                    return Ok(Some(before));
                }
            }
            from = 0;
            next = self.after(place);
        }
        Ok(None)
    }

    /// The event at `before_us` that was the latest with its value no longer is, because of one at `at_us`.
    fn no_longer_live(
        &mut self,
        env: &mut Env<'_>,
        (word, before_us, at_us): (i64, i64, i64),
        (ix, column, distinct): (usize, &ColumnLayout, DistinctLayout),
    ) -> Result<(), WindowError> {
        if before_us <= env.floor_us {
            // Whether an event that has left is live is asked by nobody.
            return Ok(());
        }
        let mut next = self.last_from(before_us);
        let mut is_only = true;
        while let Some(place) = next {
            next = self.before(place);
            let shares = |entry: &Entry| entry.last_us >= before_us;
            is_only &= !next.and_then(|place| self.entry(place)).is_some_and(shares);
            if !is_only {
                self.warm(env, place)?;
            }
            let Some(node) = self.nodes.get_mut(place.node) else {
                break;
            };
            let Some(entry) = node
                .entries
                .get_mut(place.entry)
                .filter(|entry| shares(entry))
            else {
                break;
            };
            let found = match entry.chunk.is_hot() {
                true => clear_live(
                    env.layout,
                    &mut entry.chunk,
                    (word, before_us),
                    (column, distinct),
                ),
                // It must be here, and is told apart by its time when the chunk comes back.
                false => true,
            };
            if found {
                // Its time does not tell it apart.
                entry.chunk.stored &= before_us != at_us;
                for total in [&mut entry.total, &mut node.total] {
                    if let Some(live) = total.live_mut(ix) {
                        *live = live.saturating_sub(1);
                    }
                }
                break;
            }
        }
        Ok(())
    }

    /// A chunk with room, in which an event of this time belongs.
    fn room_for(&mut self, env: &mut Env<'_>, at_us: i64) -> Result<Place, WindowError> {
        let place = self.last_from(at_us).unwrap_or(Place { node: 0, entry: 0 });
        let Some(entry) = self.entry(place) else {
            return Ok(place);
        };
        if entry.chunk.rows() < ROWS_MAX {
            return Ok(place);
        }
        let is_last = self.after(place).is_none() && at_us >= entry.last_us;
        if is_last {
            let mut chunk = Chunk::default();
            chunk.reserve(env.layout, ROWS_MAX / 4);
            env.residence.admit(&mut chunk, env.slot, at_us);
            let entry = Entry {
                first_us: at_us,
                last_us: at_us,
                ..Entry::new(env.layout, chunk)
            };
            return Ok(self.add_entry(env.layout, place, entry));
        }
        self.warm(env, place)?;
        let Some(entry) = self.entry_mut(place) else {
            return Ok(place);
        };
        let before = entry.chunk.bytes();
        let mut tail = entry.chunk.split_off(env.layout, ROWS_MAX / 2);
        let shrunk = before - entry.chunk.bytes();
        *entry = Entry::new(env.layout, std::mem::take(&mut entry.chunk));
        env.residence
            .enqueue(&entry.chunk, env.slot, entry.first_us);
        let tail_us = tail.time(env.layout, 0);
        env.residence.hot_bytes -= shrunk;
        env.residence.admit(&mut tail, env.slot, tail_us);
        let tail_place = self.add_entry(env.layout, place, Entry::new(env.layout, tail));
        match at_us >= tail_us {
            true => Ok(tail_place),
            // Adding may have moved the head too: it is right before its tail.
            false => Ok(self.before(tail_place).unwrap_or(place)),
        }
    }

    /// Puts an entry behind another, whose totals may have changed; answers where it came to lie.
    fn add_entry(&mut self, layout: &Layout, behind: Place, entry: Entry) -> Place {
        let appends = self.after(behind).is_none();
        let Some(node) = self.nodes.get_mut(behind.node) else {
            return behind;
        };
        if node.entries.len() < ENTRIES_MAX {
            node.entries.insert(behind.entry + 1, entry);
            return Place {
                node: behind.node,
                entry: behind.entry + 1,
            };
        }
        if appends {
            // The entry may have been cut off the one before it.
            node.sum_up(layout);
            self.nodes.push_back(Node::new(layout, vec![entry]));
            return Place {
                node: behind.node + 1,
                entry: 0,
            };
        }
        node.entries.insert(behind.entry + 1, entry);
        let half = node.entries.len() / 2;
        let tail = node.entries.split_off(half);
        node.sum_up(layout);
        self.nodes.insert(behind.node + 1, Node::new(layout, tail));
        match behind.entry + 1 {
            at if at >= half => Place {
                node: behind.node + 1,
                entry: at - half,
            },
            at => Place {
                node: behind.node,
                entry: at,
            },
        }
    }

    /// Lets chunks go whose events have all left.
    pub(super) fn drop_expired(&mut self, env: &mut Env<'_>) -> Result<(), WindowError> {
        let mut dropped = false;
        while let Some(node) = self.nodes.front_mut() {
            let gone = node
                .entries
                .iter()
                .take_while(|e| e.last_us <= env.floor_us)
                .count();
            for entry in node.entries.drain(..gone) {
                env.residence.forget(&entry.chunk)?;
            }
            dropped |= gone > 0;
            if node.entries.is_empty() {
                self.nodes.pop_front();
                continue;
            }
            if gone > 0 {
                node.sum_up(env.layout);
            }
            break;
        }
        if dropped {
            self.purge(env);
        }
        Ok(())
    }

    /// Forgets values whose events have left, once they are more than half.
    fn purge(&mut self, env: &Env<'_>) {
        for (ix, _, distinct) in env.layout.distincts() {
            let totals = self
                .nodes
                .iter()
                .filter_map(|node| node.total.columns.get(ix));
            let live: u64 = totals.map(|total| total.live).sum();
            if let Some(seen) = self.seen.get_mut(distinct.ix)
                && seen.values.len() as u64 > 2 * live + 64
            {
                seen.values.retain(|(_, last)| *last > env.floor_us);
                let rehash = |(value, _): &(i64, i64)| spot(*value);
                seen.values.shrink_to(0, rehash);
            }
        }
    }

    /// Moves the chunk of a ticket out of memory; answers whether the ticket is to be kept.
    pub(super) fn cool(&mut self, env: &mut Env<'_>, ticket: Ticket) -> Result<bool, WindowError> {
        let Some(place) = self.place_of(ticket) else {
            return Ok(false);
        };
        let Some(entry) = self.entry_mut(place) else {
            return Ok(false);
        };
        if std::mem::take(&mut entry.chunk.touched) {
            return Ok(true);
        }
        env.residence.cool(env.layout, &mut entry.chunk)?;
        Ok(false)
    }

    fn place_of(&self, ticket: Ticket) -> Option<Place> {
        let mut next = self.last_from(ticket.at_us);
        while let Some(place) = next {
            let entry = self.entry(place)?;
            if entry.chunk.id == ticket.id && entry.chunk.is_hot() {
                return Some(place);
            }
            if entry.last_us < ticket.at_us {
                return None;
            }
            next = self.before(place);
        }
        None
    }

    /// The only chunk, when there is no other, it is hot and not too full: the key is no longer busy.
    pub(super) fn take_only_chunk(&mut self) -> Option<Chunk> {
        let mut nodes = self.nodes.iter_mut();
        let (Some(node), None) = (nodes.next(), nodes.next()) else {
            return None;
        };
        match node.entries.as_mut_slice() {
            [entry] if entry.chunk.is_hot() && entry.chunk.rows() <= ROWS_MAX / 2 => {
                let mut chunk = std::mem::take(&mut entry.chunk);
                // Outside a tree nobody corrects the live bits of an old copy.
                chunk.stored = false;
                Some(chunk)
            }
            [..] => None,
        }
    }
}

/// Clears the live bit of the event with this value and time, if it is here and has it.
fn clear_live(
    layout: &Layout,
    chunk: &mut Chunk,
    (word, at_us): (i64, i64),
    (column, distinct): (&ColumnLayout, DistinctLayout),
) -> bool {
    let end = chunk.upper(layout, at_us);
    let Some(at) = chunk.previous(layout, (column, distinct), end, word) else {
        return false;
    };
    let live = chunk.map(distinct.live);
    if chunk.time(layout, at) != at_us || live >> at & 1 == 0 {
        return false;
    }
    chunk.set_map(distinct.live, live & !(1 << at));
    true
}
