//! Going through a tree: neighbours, ranges, and the events at their ends.

use crate::window::chunk::Chunk;
use crate::window::error::WindowError;
use crate::window::layout::ColumnLayout;
use crate::window::total::Total;

use super::{Entry, Env, Node, Place, Tree};

impl Tree {
    pub(super) fn entry(&self, place: Place) -> Option<&Entry> {
        self.nodes.get(place.node)?.entries.get(place.entry)
    }

    pub(super) fn entry_mut(&mut self, place: Place) -> Option<&mut Entry> {
        self.nodes.get_mut(place.node)?.entries.get_mut(place.entry)
    }

    /// The last chunk that begins at or before a time.
    pub(super) fn last_from(&self, at_us: i64) -> Option<Place> {
        let begins = |node: &Node| node.first_us() <= at_us;
        // Almost always the last node.
        let node = match self.nodes.back() {
            Some(last) if begins(last) => self.nodes.len() - 1,
            Some(_) | None => self.nodes.partition_point(begins).checked_sub(1)?,
        };
        let entries = &self.nodes.get(node)?.entries;
        let entry = match entries.last() {
            Some(last) if last.first_us <= at_us => entries.len() - 1,
            Some(_) | None => entries
                .partition_point(|entry| entry.first_us <= at_us)
                .checked_sub(1)?,
        };
        Some(Place { node, entry })
    }

    /// The chunk after one.
    pub(super) fn after(&self, place: Place) -> Option<Place> {
        let same = Place {
            entry: place.entry + 1,
            ..place
        };
        let next = Place {
            node: place.node + 1,
            entry: 0,
        };
        [same, next]
            .into_iter()
            .find(|place| self.entry(*place).is_some())
    }

    /// The chunk before one.
    pub(super) fn before(&self, place: Place) -> Option<Place> {
        if let Some(entry) = place.entry.checked_sub(1) {
            return Some(Place { entry, ..place });
        }
        let node = place.node.checked_sub(1)?;
        let entry = self.nodes.get(node)?.entries.len().checked_sub(1)?;
        Some(Place { node, entry })
    }

    /// Makes sure that a chunk is in memory, with its live bits as they are now.
    pub(super) fn warm(&mut self, env: &mut Env<'_>, place: Place) -> Result<(), WindowError> {
        let (node, seen) = (self.nodes.get_mut(place.node), &self.seen);
        let Some(entry) = node.and_then(|node| node.entries.get_mut(place.entry)) else {
            return Ok(());
        };
        let chunk = &mut entry.chunk;
        if !env
            .residence
            .warm(env.layout, chunk, env.slot, entry.first_us)?
        {
            return Ok(());
        }
        // While a chunk is out, events in it can stop being the latest with their value, but none can begin to be.
        for (ix, column, distinct) in env.layout.distincts() {
            let stored = chunk.map(distinct.live);
            let live = entry.total.columns.get(ix).map_or(0, |total| total.live);
            let Some(seen) = seen.get(distinct.ix) else {
                continue;
            };
            if u64::from(stored.count_ones()) == live {
                continue;
            }
            let mut bits = stored;
            for (row, at) in chunk.times(env.layout).iter().enumerate() {
                let word = chunk.word(env.layout, column, row);
                let last = word.and_then(|word| seen.last(word));
                if stored >> row & 1 == 1 && last != Some(*at) {
                    bits &= !(1 << row);
                }
            }
            chunk.set_map(distinct.live, bits);
        }
        Ok(())
    }

    /// Adds what the events in `(from_us, to_us]` come to in the columns asked for.
    pub(in crate::window) fn fold(
        &mut self,
        env: &mut Env<'_>,
        (from_us, to_us): (i64, i64),
        wanted: &[usize],
        totals: &mut Total,
    ) -> Result<(), WindowError> {
        let first = self.nodes.partition_point(|node| node.last_us() <= from_us);
        for at in first..self.nodes.len() {
            let Some(node) = self.nodes.get(at) else {
                break;
            };
            if node.first_us() > to_us {
                break;
            }
            if from_us < node.first_us() && node.last_us() <= to_us {
                merge(&node.total, wanted, totals);
                continue;
            }
            let first = node
                .entries
                .partition_point(|entry| entry.last_us <= from_us);
            for entry in first..node.entries.len() {
                let place = Place { node: at, entry };
                if !self.fold_entry(env, place, (from_us, to_us), wanted, totals)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// One chunk of [`Tree::fold`]; answers whether later ones may be inside the range too.
    fn fold_entry(
        &mut self,
        env: &mut Env<'_>,
        place: Place,
        (from_us, to_us): (i64, i64),
        wanted: &[usize],
        totals: &mut Total,
    ) -> Result<bool, WindowError> {
        let Some(entry) = self.entry(place).filter(|entry| entry.first_us <= to_us) else {
            return Ok(false);
        };
        if from_us < entry.first_us && entry.last_us <= to_us {
            merge(&entry.total, wanted, totals);
            return Ok(true);
        }
        self.warm(env, place)?;
        if let Some(entry) = self.entry(place) {
            let range = range(&entry.chunk, env, (from_us, to_us));
            entry.chunk.fold(env.layout, range, wanted, totals);
        }
        Ok(true)
    }

    /// Shows the rows after a time to `visit`, chunk by chunk, in order of time.
    pub(in crate::window) fn scan_after(
        &mut self,
        env: &mut Env<'_>,
        from_us: i64,
        mut visit: impl FnMut(&Chunk, usize),
    ) -> Result<(), WindowError> {
        let mut next = self.last_from(from_us).or_else(|| self.first_place());
        while let Some(place) = next {
            self.warm(env, place)?;
            if let Some(entry) = self.entry(place) {
                visit(&entry.chunk, entry.chunk.upper(env.layout, from_us));
            }
            next = self.after(place);
        }
        Ok(())
    }

    fn first_place(&self) -> Option<Place> {
        self.nodes.front().map(|_| Place { node: 0, entry: 0 })
    }

    /// Time of the latest event at or before a time.
    pub(in crate::window) fn latest(
        &mut self,
        env: &mut Env<'_>,
        to_us: i64,
    ) -> Result<Option<i64>, WindowError> {
        let Some(place) = self.last_from(to_us) else {
            return Ok(None);
        };
        if let Some(entry) = self.entry(place).filter(|entry| entry.last_us <= to_us) {
            return Ok(Some(entry.last_us));
        }
        self.warm(env, place)?;
        Ok(self.entry(place).and_then(|entry| {
            let at = entry.chunk.upper(env.layout, to_us).checked_sub(1)?;
            Some(entry.chunk.time(env.layout, at))
        }))
    }

    /// Shows `visit` the earliest chunk, and the row in it, with a known value in `(from_us, to_us]`.
    pub(in crate::window) fn first_known<T>(
        &mut self,
        env: &mut Env<'_>,
        (from_us, to_us): (i64, i64),
        (ix, column): (usize, &ColumnLayout),
        visit: impl FnOnce(&Chunk, usize) -> T,
    ) -> Result<Option<T>, WindowError> {
        let mut next = self.last_from(from_us).or_else(|| self.first_place());
        while let Some(place) = next {
            match self.entry(place) {
                Some(entry) if entry.first_us > to_us => break,
                Some(entry) if knows(&entry.total, ix) => {
                    self.warm(env, place)?;
                    if let Some(chunk) = self.entry(place).map(|entry| &entry.chunk) {
                        let range = range(chunk, env, (from_us, to_us));
                        if let Some(row) = chunk.first_known(column, range) {
                            return Ok(Some(visit(chunk, row)));
                        }
                    }
                }
                Some(_) | None => {}
            }
            next = self.after_knowing(place, ix);
        }
        Ok(None)
    }

    /// Shows `visit` the latest chunk, and the row in it, with a known value in `(from_us, to_us]`.
    pub(in crate::window) fn last_known<T>(
        &mut self,
        env: &mut Env<'_>,
        (from_us, to_us): (i64, i64),
        (ix, column): (usize, &ColumnLayout),
        visit: impl FnOnce(&Chunk, usize) -> T,
    ) -> Result<Option<T>, WindowError> {
        let mut next = self.last_from(to_us);
        while let Some(place) = next {
            match self.entry(place) {
                Some(entry) if entry.last_us <= from_us => break,
                Some(entry) if knows(&entry.total, ix) => {
                    self.warm(env, place)?;
                    if let Some(chunk) = self.entry(place).map(|entry| &entry.chunk) {
                        let range = range(chunk, env, (from_us, to_us));
                        if let Some(row) = chunk.last_known(column, range) {
                            return Ok(Some(visit(chunk, row)));
                        }
                    }
                }
                Some(_) | None => {}
            }
            next = self.before_knowing(place, ix);
        }
        Ok(None)
    }

    /// The chunk after one, leaving out nodes that know no value of a column.
    fn after_knowing(&self, place: Place, ix: usize) -> Option<Place> {
        let next = self.after(place)?;
        if next.entry > 0 {
            return Some(next);
        }
        let mut nodes = self.nodes.iter().enumerate().skip(next.node);
        let (node, _) = nodes.find(|(_, node)| knows(&node.total, ix))?;
        Some(Place { node, entry: 0 })
    }

    /// The chunk before one, leaving out nodes that know no value of a column.
    fn before_knowing(&self, place: Place, ix: usize) -> Option<Place> {
        let next = self.before(place)?;
        if next.node == place.node {
            return Some(next);
        }
        let mut nodes = self.nodes.iter().enumerate().take(place.node).rev();
        let (node, found) = nodes.find(|(_, node)| knows(&node.total, ix))?;
        let entry = found.entries.len().checked_sub(1)?;
        Some(Place { node, entry })
    }

    /// Shows every chunk, oldest first. Cold ones stay cold, and may show old live bits.
    pub(in crate::window) fn each_chunk(
        &self,
        env: &mut Env<'_>,
        mut visit: impl FnMut(&Chunk) -> Result<(), WindowError>,
    ) -> Result<(), WindowError> {
        for entry in self.nodes.iter().flat_map(|node| &node.entries) {
            env.residence.show(env.layout, &entry.chunk, &mut visit)?;
        }
        Ok(())
    }

    /// Lets go of all chunks.
    pub(in crate::window) fn forget(&self, env: &mut Env<'_>) -> Result<(), WindowError> {
        let mut entries = self.nodes.iter().flat_map(|node| &node.entries);
        entries.try_for_each(|entry| env.residence.forget(&entry.chunk))
    }

    /// Bytes on the heap, words of chunks apart. Walks the chunks.
    pub(in crate::window) fn bytes(&self) -> usize {
        let entries = self.nodes.iter().flat_map(|node| &node.entries);
        let chunks: usize = entries.map(|entry| entry.total.bytes()).sum();
        let rooms = self.nodes.iter().map(|node| node.entries.capacity());
        let nodes = self.nodes.iter().map(|node| node.total.bytes());
        let seen = self.seen.iter().map(|seen| seen.values.capacity());
        size_of::<Self>()
            + chunks
            + rooms.sum::<usize>() * size_of::<Entry>()
            + nodes.sum::<usize>()
            + self.nodes.capacity() * size_of::<Node>()
            + seen.sum::<usize>() * (size_of::<(i64, i64)>() + 1) * 8 / 7
    }
}

fn range(chunk: &Chunk, env: &Env<'_>, (from_us, to_us): (i64, i64)) -> (usize, usize) {
    (
        chunk.upper(env.layout, from_us),
        chunk.upper(env.layout, to_us),
    )
}

fn knows(total: &Total, ix: usize) -> bool {
    total.columns.get(ix).is_some_and(|column| column.known > 0)
}

fn merge(part: &Total, wanted: &[usize], totals: &mut Total) {
    totals.rows += part.rows;
    for ix in wanted {
        if let (Some(mine), Some(theirs)) = (totals.columns.get_mut(*ix), part.columns.get(*ix)) {
            mine.merge(theirs);
        }
    }
}
