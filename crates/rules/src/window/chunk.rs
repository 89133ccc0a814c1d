//! A short run of events of one key in order of time, column by column in one block of memory.

use std::sync::Arc;

mod codec;

use super::layout::{ColumnLayout, DistinctLayout, Layout, NEVER, Row, TIME_LANE, double_of};
use super::spec::ValueClass;
use super::total::{ColumnTotal, Total};

/// Most events of a chunk: as many as a map has bits.
pub(super) const ROWS_MAX: usize = 128;
/// Rooms a chunk grows through; tight, because most keys have few events.
const ROOMS: [u16; 10] = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128];

/// The texts of each column that keeps them, one for each event.
type Texts = Box<[Vec<Option<Arc<str>>>]>;

/// Up to [`ROWS_MAX`] events. Cold when the events are elsewhere: then it has a length but no words.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// Two words for each map, then `room` words for each lane.
    words: Box<[i64]>,
    texts: Option<Texts>,
    rows: u16,
    room: u16,
    /// Whether the cold copy is the same as the words.
    pub(super) stored: bool,
    /// Whether there is a cold copy at all, maybe an old one.
    pub(super) copied: bool,
    /// Used since the last time somebody looked for chunks to move out.
    pub(super) touched: bool,
    /// Number of the cold copy and of the ticket in the queue of hot chunks.
    pub(super) id: u64,
}

impl Chunk {
    pub(super) fn rows(&self) -> usize {
        usize::from(self.rows)
    }

    pub(super) fn is_hot(&self) -> bool {
        self.room > 0 || self.rows == 0
    }

    /// Whether the next event makes it grow.
    pub(super) fn is_full(&self) -> bool {
        self.rows == self.room
    }

    /// Bytes on the heap; texts count as pointers.
    pub(super) fn bytes(&self) -> usize {
        let texts = self.texts.as_deref().unwrap_or_default();
        let texts = texts
            .iter()
            .map(|lane| lane.capacity() * size_of::<Option<Arc<str>>>());
        size_of_val(&*self.words) + texts.sum::<usize>()
    }

    /// Gives the events away and stays behind as a cold chunk.
    pub(super) fn cool(&mut self) {
        self.words = Box::default();
        self.texts = None;
        self.room = 0;
    }

    /// Takes the events of `other` into a cold chunk.
    pub(super) fn warm(&mut self, other: Self) {
        self.words = other.words;
        self.texts = other.texts;
        self.rows = other.rows;
        self.room = other.room;
    }

    pub(super) fn map(&self, map: usize) -> u128 {
        let word = |at: usize| self.words.get(at).map_or(0, |word| word.cast_unsigned());
        u128::from(word(2 * map)) | u128::from(word(2 * map + 1)) << 64
    }

    pub(super) fn set_map(&mut self, map: usize, bits: u128) {
        for (half, at) in [bits as u64, (bits >> 64) as u64]
            .into_iter()
            .zip(2 * map..)
        {
            if let Some(word) = self.words.get_mut(at) {
                *word = half.cast_signed();
            }
        }
    }

    pub(super) fn lane(&self, layout: &Layout, lane: usize) -> &[i64] {
        let from = 2 * layout.maps + lane * usize::from(self.room);
        self.words.get(from..from + self.rows()).unwrap_or_default()
    }

    pub(super) fn lane_mut(&mut self, layout: &Layout, lane: usize) -> &mut [i64] {
        let from = 2 * layout.maps + lane * usize::from(self.room);
        let rows = self.rows();
        self.words.get_mut(from..from + rows).unwrap_or_default()
    }

    pub(super) fn times(&self, layout: &Layout) -> &[i64] {
        self.lane(layout, TIME_LANE)
    }

    pub(super) fn time(&self, layout: &Layout, at: usize) -> i64 {
        self.times(layout).get(at).copied().unwrap_or(NEVER)
    }

    /// Reads a word of every lane where the next event will lie, so that it is in the processor's cache soon.
    pub(super) fn touch(&self, layout: &Layout) -> i64 {
        let room = usize::from(self.room);
        let first = 2 * layout.maps;
        let last = first + self.rows().saturating_sub(1);
        let mut words = self.words.first().copied().unwrap_or(0);
        for lane in 0..layout.lanes {
            for at in [first + lane * room, last + lane * room] {
                words ^= self.words.get(at).copied().unwrap_or(0);
            }
        }
        words
    }

    /// How many events are at or before a time.
    pub(super) fn upper(&self, layout: &Layout, at_us: i64) -> usize {
        let times = self.times(layout);
        match times.last() {
            Some(last) if *last > at_us => times.partition_point(|time| *time <= at_us),
            Some(_) | None => times.len(),
        }
    }

    pub(super) fn text(&self, text: usize, at: usize) -> Option<Arc<str>> {
        self.texts.as_ref()?.get(text)?.get(at)?.clone()
    }

    /// Copies an event out.
    pub(super) fn copy_row(&self, layout: &Layout, at: usize, row: &mut Row) {
        row.blank(layout);
        for lane in 0..layout.lanes {
            row.set_word(lane, self.lane(layout, lane).get(at).copied().unwrap_or(0));
        }
        for map in 0..layout.maps {
            row.set_map(map, self.map(map) >> at & 1 == 1);
        }
        for (text, place) in row.texts.iter_mut().enumerate() {
            *place = self.text(text, at);
        }
    }

    /// Makes room for `rows` events in all.
    pub(super) fn reserve(&mut self, layout: &Layout, rows: usize) {
        if rows <= usize::from(self.room) {
            return;
        }
        let room = ROOMS.into_iter().find(|room| usize::from(*room) >= rows);
        let room = room.unwrap_or(ROWS_MAX as u16);
        let maps = 2 * layout.maps;
        let mut words = vec![0_i64; maps + layout.lanes * usize::from(room)];
        let (head, lanes) = words.split_at_mut(maps);
        for (new, old) in head.iter_mut().zip(&self.words) {
            *new = *old;
        }
        for (lane, new) in lanes.chunks_exact_mut(usize::from(room)).enumerate() {
            let old = self.lane(layout, lane);
            if let Some(new) = new.get_mut(..old.len()) {
                new.copy_from_slice(old);
            }
        }
        self.words = words.into();
        self.room = room;
        if layout.texts > 0 && self.texts.is_none() {
            self.texts = Some(vec![Vec::new(); layout.texts].into());
        }
    }

    /// Puts an event before the one at `at`. The chunk is hot and not full.
    pub(super) fn insert(&mut self, layout: &Layout, at: usize, row: &Row) {
        self.reserve(layout, self.rows() + 1);
        let below = low_bits(at);
        for map in 0..layout.maps {
            let bits = self.map(map);
            let moved = bits & below | (bits & !below) << 1 | u128::from(row.has(map)) << at;
            self.set_map(map, moved);
        }
        let rows = self.rows();
        self.rows += 1;
        for (lane, word) in row.words.iter().enumerate() {
            let words = self.lane_mut(layout, lane);
            words.copy_within(at..rows, at + 1);
            if let Some(place) = words.get_mut(at) {
                *place = *word;
            }
        }
        for (lane, text) in self.texts.iter_mut().flatten().zip(&row.texts) {
            lane.insert(at, text.clone());
        }
        self.stored = false;
    }

    /// Removes the first `count` events.
    pub(super) fn trim(&mut self, layout: &Layout, count: usize) {
        let rows = self.rows();
        let count = count.min(rows);
        for map in 0..layout.maps {
            let bits = self.map(map).checked_shr(count as u32).unwrap_or(0);
            self.set_map(map, bits);
        }
        for lane in 0..layout.lanes {
            self.lane_mut(layout, lane).copy_within(count.., 0);
        }
        for lane in self.texts.iter_mut().flatten() {
            lane.drain(..count);
        }
        self.rows -= count as u16;
        self.stored = false;
    }

    /// Cuts the events from `at` on off into a chunk of their own.
    pub(super) fn split_off(&mut self, layout: &Layout, at: usize) -> Self {
        let mut tail = Self::default();
        tail.reserve(layout, ROWS_MAX);
        tail.rows = self.rows - at as u16;
        for map in 0..layout.maps {
            let bits = self.map(map);
            tail.set_map(map, bits.checked_shr(at as u32).unwrap_or(0));
            self.set_map(map, bits & low_bits(at));
        }
        for lane in 0..layout.lanes {
            let from = self.lane(layout, lane).get(at..).unwrap_or_default();
            tail.lane_mut(layout, lane).copy_from_slice(from);
        }
        let texts = self.texts.iter_mut().flatten();
        for (mine, new) in texts.zip(tail.texts.iter_mut().flatten()) {
            *new = mine.split_off(at);
        }
        self.rows = at as u16;
        self.stored = false;
        tail
    }

    /// The last event before `end` with this value, if any.
    pub(super) fn previous(
        &self,
        layout: &Layout,
        (column, distinct): (&ColumnLayout, DistinctLayout),
        end: usize,
        word: i64,
    ) -> Option<usize> {
        let known = self.map(column.known);
        let mut values = self.lane(layout, distinct.lane).get(..end)?;
        loop {
            let at = values.iter().rposition(|value| *value == word)?;
            if known >> at & 1 == 1 {
                return Some(at);
            }
            values = values.get(..at)?;
        }
    }

    /// The first event from `from` on with this value, if any.
    pub(super) fn following(
        &self,
        layout: &Layout,
        (column, distinct): (&ColumnLayout, DistinctLayout),
        from: usize,
        word: i64,
    ) -> Option<usize> {
        let known = self.map(column.known);
        let values = self.lane(layout, distinct.lane);
        let mut from = from;
        loop {
            let at = from
                + values
                    .get(from..)?
                    .iter()
                    .position(|value| *value == word)?;
            if known >> at & 1 == 1 {
                return Some(at);
            }
            from = at + 1;
        }
    }

    /// The first event of a range whose value is known.
    pub(super) fn first_known(
        &self,
        column: &ColumnLayout,
        (from, to): (usize, usize),
    ) -> Option<usize> {
        let known = self.map(column.known) & low_bits(to) & !low_bits(from);
        (known != 0).then(|| known.trailing_zeros() as usize)
    }

    /// The last event of a range whose value is known.
    pub(super) fn last_known(
        &self,
        column: &ColumnLayout,
        (from, to): (usize, usize),
    ) -> Option<usize> {
        let known = self.map(column.known) & low_bits(to) & !low_bits(from);
        (known != 0).then(|| ROWS_MAX - 1 - known.leading_zeros() as usize)
    }

    /// Adds what the events of a range come to in the columns asked for, to totals of all columns.
    pub(super) fn fold(
        &self,
        layout: &Layout,
        (from, to): (usize, usize),
        wanted: &[usize],
        totals: &mut Total,
    ) {
        if from >= to {
            return;
        }
        totals.rows += (to - from) as u64;
        let range = low_bits(to) & !low_bits(from);
        for ix in wanted {
            if let (Some(column), Some(total)) =
                (layout.columns.get(*ix), totals.columns.get_mut(*ix))
            {
                self.fold_column(layout, (from, to, range), column, total);
            }
        }
    }

    fn fold_column(
        &self,
        layout: &Layout,
        (from, to, range): (usize, usize, u128),
        column: &ColumnLayout,
        total: &mut ColumnTotal,
    ) {
        let known = self.map(column.known) & range;
        total.known += u64::from(known.count_ones());
        if let Some(truth) = column.truth {
            total.truth += u64::from((self.map(truth) & known).count_ones());
        }
        if let Some(distinct) = column.distinct {
            total.live += u64::from((self.map(distinct.live) & range).count_ones());
        }
        let Some(lane) = column.lane else {
            return;
        };
        let values = self.lane(layout, lane).get(from..to).unwrap_or_default();
        if column.sums {
            match column.class {
                // What is missing is stored as zero.
                ValueClass::Int | ValueClass::Money => total.int += sum(values),
                ValueClass::Double => values
                    .iter()
                    .filter(|word| **word != 0)
                    .for_each(|word| total.double.add(double_of(*word))),
                ValueClass::Bool | ValueClass::Text => {}
            }
        }
        if column.extremes {
            for (at, word) in (from..).zip(values) {
                if known >> at & 1 == 1 {
                    total.min = total.min.min(*word);
                    total.max = total.max.max(*word);
                }
            }
        }
    }
}

/// The sum of up to 128 integers: high and low halves apart, so that neither can overflow.
fn sum(values: &[i64]) -> i128 {
    let (mut high, mut low) = (0_i64, 0_i64);
    for value in values {
        high += value >> 32;
        low += value & 0xFFFF_FFFF;
    }
    (i128::from(high) << 32) + i128::from(low)
}

/// A map of the first `count` bits.
pub(super) fn low_bits(count: usize) -> u128 {
    match count {
        ROWS_MAX.. => u128::MAX,
        _ => (1 << count) - 1,
    }
}
