//! A short run of events of one key in order of time, column by column in one block of memory.

use std::sync::Arc;

mod codec;
mod tags;

use super::layout::{ColumnLayout, DistinctLayout, Layout, NEVER, Row, TIME_LANE, double_of};
use super::spec::ValueClass;
use super::total::{ColumnTotal, Total};

/// Most events of a chunk: as many as a map has bits.
pub(super) const ROWS_MAX: usize = 128;
/// Rooms a chunk grows through; tight, because most keys have few events.
const ROOMS: [u16; 10] = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128];

/// Values up to here, either way, add up to less than 64 bits in a chunk.
const NARROW_MAX: u64 = 1 << 55;

/// The texts of each column that keeps them, one for each event.
type Texts = Box<[Vec<Option<Arc<str>>>]>;

/// Up to [`ROWS_MAX`] events. Cold when the events are elsewhere: then it has a length but no words.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// Two words for each map, then `room` words for each lane, then the tags of each distinct column.
    words: Box<[i64]>,
    texts: Option<Texts>,
    rows: u16,
    room: u16,
    /// Whether a value beyond [`NARROW_MAX`] was ever put into a lane of running sums.
    wide: bool,
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
        self.wide = other.wide;
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

    /// The tags of a distinct column.
    fn tags(&self, layout: &Layout, distinct: usize) -> &[i64] {
        let (from, to) = tags_at(layout, self.room, distinct);
        self.words.get(from..to).unwrap_or_default()
    }

    fn tags_mut(&mut self, layout: &Layout, distinct: usize) -> &mut [i64] {
        let (from, to) = tags_at(layout, self.room, distinct);
        self.words.get_mut(from..to).unwrap_or_default()
    }

    /// The word of an event's value in a column that has a lane.
    pub(super) fn word(&self, layout: &Layout, column: &ColumnLayout, at: usize) -> Option<i64> {
        let lane = self.lane(layout, column.lane?);
        let word = *lane.get(at)?;
        match column.running {
            true => Some(word.wrapping_sub(sum_before(lane, at))),
            false => Some(word),
        }
    }

    pub(super) fn times(&self, layout: &Layout) -> &[i64] {
        self.lane(layout, TIME_LANE)
    }

    pub(super) fn time(&self, layout: &Layout, at: usize) -> i64 {
        self.times(layout).get(at).copied().unwrap_or(NEVER)
    }

    /// Reads the words that the next event will need, so that they are in the processor's cache soon.
    pub(super) fn touch(&self, layout: &Layout) -> i64 {
        let room = usize::from(self.room);
        let first = 2 * layout.maps;
        let last = self.rows().saturating_sub(1);
        let read = |at: usize| self.words.get(at).copied().unwrap_or(0);
        let mut words = read(0) ^ read(first + layout.lanes * room);
        // A search by time begins at both ends and in the middle.
        for at in [0, last / 2, last] {
            words ^= read(first + at);
        }
        for lane in 1..layout.lanes {
            words ^= read(first + last + lane * room);
        }
        words
    }

    /// How many events are at or before a time.
    pub(super) fn upper(&self, layout: &Layout, at_us: i64) -> usize {
        self.upper_within(layout, self.rows(), at_us)
    }

    /// How many of the first `rows` events are at or before a time.
    pub(super) fn upper_within(&self, layout: &Layout, rows: usize, at_us: i64) -> usize {
        let times = self.times(layout).get(..rows).unwrap_or_default();
        match times {
            [.., last] if *last <= at_us => rows,
            [first, ..] if *first > at_us => 0,
            [..] => times.partition_point(|time| *time <= at_us),
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
        for column in layout.columns.iter().filter(|column| column.running) {
            if let (Some(lane), Some(word)) = (column.lane, self.word(layout, column, at)) {
                row.set_word(lane, word);
            }
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
        let (end, _) = tags_at(layout, room, layout.distincts);
        let mut words = vec![0_i64; end];
        let (head, lanes) = words.split_at_mut(maps);
        for (new, old) in head.iter_mut().zip(&self.words) {
            *new = *old;
        }
        let (lanes, tags) = lanes.split_at_mut(layout.lanes * usize::from(room));
        for (lane, new) in lanes.chunks_exact_mut(usize::from(room)).enumerate() {
            let old = self.lane(layout, lane);
            if let Some(new) = new.get_mut(..old.len()) {
                new.copy_from_slice(old);
            }
        }
        let tags = tags.chunks_exact_mut(tags::words(usize::from(room)));
        for (distinct, new) in tags.enumerate() {
            for (new, old) in new.iter_mut().zip(self.tags(layout, distinct)) {
                *new = *old;
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
        let rows = self.rows();
        self.reserve(layout, rows + 1);
        if at < rows {
            self.open(layout, at);
        }
        self.rows = rows as u16 + 1;
        for map in 0..layout.maps {
            if let Some(half) = self.words.get_mut(2 * map + at / 64) {
                *half |= i64::from(row.has(map)) << (at % 64);
            }
        }
        let (first, room) = (2 * layout.maps, usize::from(self.room));
        for (lane, word) in row.words.iter().enumerate() {
            if let Some(place) = self.words.get_mut(first + lane * room + at) {
                *place = *word;
            }
        }
        self.sum_up(layout, at);
        for (_, _, distinct) in layout.distincts() {
            let tag = tags::of(row.word(distinct.lane));
            tags::insert(self.tags_mut(layout, distinct.ix), at, tag);
        }
        for (lane, text) in self.texts.iter_mut().flatten().zip(&row.texts) {
            lane.insert(at, text.clone());
        }
        self.stored = false;
    }

    /// Moves the events from `at` on up by one in maps and lanes. There is room.
    fn open(&mut self, layout: &Layout, at: usize) {
        let below = low_bits(at);
        for map in 0..layout.maps {
            let bits = self.map(map);
            self.set_map(map, bits & below | (bits & !below) << 1);
        }
        let rows = self.rows();
        let (first, room) = (2 * layout.maps, usize::from(self.room));
        for lane in 0..layout.lanes {
            let from = first + lane * room;
            self.words
                .copy_within(from + at..from + rows, from + at + 1);
        }
    }

    /// Makes the value just put at `at` of every running lane a sum.
    fn sum_up(&mut self, layout: &Layout, at: usize) {
        for lane in layout.running() {
            let lane = self.lane_mut(layout, lane);
            let (value, before) = (lane.get(at).copied().unwrap_or(0), sum_before(lane, at));
            let from_here = lane.get_mut(at..).unwrap_or_default();
            if let [here, later @ ..] = from_here {
                *here = before.wrapping_add(value);
                later
                    .iter_mut()
                    .for_each(|sum| *sum = sum.wrapping_add(value));
            }
            self.wide |= value.unsigned_abs() > NARROW_MAX;
        }
    }

    /// Removes the first `count` events.
    pub(super) fn trim(&mut self, layout: &Layout, count: usize) {
        let rows = self.rows();
        let count = count.min(rows);
        for map in 0..layout.maps {
            let bits = self.map(map).checked_shr(count as u32).unwrap_or(0);
            self.set_map(map, bits);
        }
        for lane in layout.running() {
            let lane = self.lane_mut(layout, lane);
            lift(lane, sum_before(lane, count));
        }
        for lane in 0..layout.lanes {
            self.lane_mut(layout, lane).copy_within(count.., 0);
        }
        for distinct in 0..layout.distincts {
            tags::trim(self.tags_mut(layout, distinct), count);
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
        for lane in layout.running() {
            let before = sum_before(self.lane(layout, lane), at);
            lift(tail.lane_mut(layout, lane), before);
        }
        tail.wide = self.wide;
        for distinct in 0..layout.distincts {
            let tags = self.tags(layout, distinct);
            let place = tail.tags_mut(layout, distinct);
            for (new, old) in place.iter_mut().zip(tags) {
                *new = *old;
            }
            tags::trim(place, at);
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
        let (known, tag) = (self.map(column.known), tags::of(word));
        let tags = self.tags(layout, distinct.ix);
        let mut end = end.min(self.rows());
        loop {
            let at = tags::last(tags, end, tag)?;
            if known >> at & 1 == 1 && self.word(layout, column, at) == Some(word) {
                return Some(at);
            }
            end = at;
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
        if from >= self.rows() {
            return None;
        }
        let (known, tag) = (self.map(column.known), tags::of(word));
        let tags = self.tags(layout, distinct.ix);
        let mut from = from;
        loop {
            let at = tags::first(tags, (from, self.rows()), tag)?;
            if known >> at & 1 == 1 && self.word(layout, column, at) == Some(word) {
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
        total.known += match known == range {
            true => (to - from) as u64,
            false => u64::from(known.count_ones()),
        };
        if let Some(truth) = column.truth {
            total.truth += u64::from((self.map(truth) & known).count_ones());
        }
        if let Some(distinct) = column.distinct {
            total.live += u64::from((self.map(distinct.live) & range).count_ones());
        }
        let Some(lane) = column.lane else {
            return;
        };
        if column.sums {
            match column.class {
                ValueClass::Int | ValueClass::Money => {
                    total.int += self.sum(layout, lane, (from, to));
                }
                ValueClass::Double => {
                    let values = self.lane(layout, lane).get(from..to).unwrap_or_default();
                    // What is missing is stored as zero.
                    values
                        .iter()
                        .filter(|word| **word != 0)
                        .for_each(|word| total.double.add(double_of(*word)));
                }
                ValueClass::Bool | ValueClass::Text => {}
            }
        }
        if column.extremes {
            for at in (from..to).filter(|at| known >> at & 1 == 1) {
                if let Some(word) = self.word(layout, column, at) {
                    total.min = total.min.min(word);
                    total.max = total.max.max(word);
                }
            }
        }
    }

    /// The sum of the values of a range of a running lane.
    fn sum(&self, layout: &Layout, lane: usize, (from, to): (usize, usize)) -> i128 {
        let sums = self.lane(layout, lane);
        let before = sum_before(sums, from);
        if !self.wide {
            return i128::from(sum_before(sums, to).wrapping_sub(before));
        }
        let values = sums.get(from..to).unwrap_or_default().iter();
        let (sum, _) = values.fold((0, before), |(sum, before), after| {
            (sum + i128::from(after.wrapping_sub(before)), *after)
        });
        sum
    }
}

/// Where the tags of a distinct column lie in a chunk with this room.
fn tags_at(layout: &Layout, room: u16, distinct: usize) -> (usize, usize) {
    let room = usize::from(room);
    let from = 2 * layout.maps + layout.lanes * room + distinct * tags::words(room);
    (from, from + tags::words(room))
}

/// What a running lane comes to before an event.
fn sum_before(lane: &[i64], at: usize) -> i64 {
    let before = at.checked_sub(1).and_then(|at| lane.get(at));
    before.copied().unwrap_or(0)
}

/// Takes what came before off running sums.
fn lift(lane: &mut [i64], before: i64) {
    lane.iter_mut()
        .for_each(|sum| *sum = sum.wrapping_sub(before));
}

/// A map of the first `count` bits.
pub(super) fn low_bits(count: usize) -> u128 {
    match count {
        ROWS_MAX.. => u128::MAX,
        _ => (1 << count) - 1,
    }
}
