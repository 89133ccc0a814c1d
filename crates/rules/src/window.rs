//! Exact sliding windows over event time: the state behind features.
//!
//! **Contract.** A window of length W read at time t holds every event that has been pushed and whose time is in
//! (t-W, t]. The reader's t may be older or newer than anything seen: events later than t are not in its window, nothing
//! is dropped for being late, nothing is waited for. Whether an event counts itself is the order of `push` and `read`. The same
//! calls in the same order give the same answers, bit for bit, on every machine.
//!
//! **Leaving.** Only [`WindowGroup::advance`] makes events leave, never an event's own time: a forged date cannot empty a
//! window. At frontier f (the greatest time advanced to), events at or before f - (longest window + [`WindowLimits::lateness`]) are
//! gone; a read that would need them answers missing and is counted in [`WindowCounters::reads_too_old`], never a wrong number.
//!
//! **Missing values.** All aggregates but `count` and `since_last` look only at events whose value is known. `first` and `last` are by
//! event time, ties by arrival. A sum of ints or money beyond 64 bits is missing until events leave and it fits again.

mod chunk;
mod cold;
mod error;
mod fingerprint;
mod key;
mod layout;
#[cfg(test)]
mod naive;
mod plan;
mod read;
mod residence;
mod slot;
mod snapshot;
mod spec;
mod sum;
#[cfg(test)]
mod tests;
mod total;
mod tree;

use hashbrown::HashTable;

pub use cold::{ColdChunks, FileChunks, MemoryChunks};
pub use error::WindowError;
pub use fingerprint::DefinitionHash;
pub use key::{KeyHash, KeyHasher};
pub(crate) use plan::meaning;
pub use plan::{
    EventPlan, FeaturePlace, FeaturePlan, GroupPlan, Lookup, Push, PushCues, Read, ScriptRead,
    Stage, value_class,
};
pub use read::ReadSet;
pub use spec::{
    COLUMNS_MAX, GroupSpec, SPECS_MAX, Sample, ValueClass, WINDOW_MAX, WINDOW_MIN, WindowLimits,
    WindowSpec, WindowValue,
};

use layout::{Layout, Row};
use read::Scratch;
use residence::Residence;
use slot::{Events, Slot};
use tree::Env;

/// All windows over the same events by the same key: one ring of events for each key, shared by every aggregate and length.
///
/// One writer; wrap it in a shard for more. Without cold chunks it does no IO.
pub struct WindowGroup {
    spec: GroupSpec,
    layout: Layout,
    frontier_us: i64,
    /// How far behind the frontier events are kept: the longest window and the lateness allowed.
    kept_us: i64,
    /// Events at or before this time had left the state that was restored.
    gone_us: i64,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Slots by key.
    table: HashTable<u32>,
    /// Where the search for idle keys goes on.
    hand: usize,
    residence: Residence,
    row: Row,
    scratch: Scratch,
    counters: WindowCounters,
}

/// What a group has seen, since it was made or restored from a snapshot (which carries them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WindowCounters {
    /// Events pushed.
    pub pushes: u64,
    /// Of these, events older than one already there for their key.
    pub pushes_late: u64,
    /// Of these, events so old that no answerable window can hold them; not kept.
    pub pushes_too_old: u64,
    /// Reads.
    pub reads: u64,
    /// Reads at a time before the newest event of their key.
    pub reads_late: u64,
    /// Reads of which at least one answer was missing because events it needs may have left.
    pub reads_too_old: u64,
}

impl WindowGroup {
    /// An empty group. Without `cold`, all raw events stay in memory and [`WindowLimits::hot_bytes`] binds nothing.
    ///
    /// # Errors
    /// [`WindowError::Spec`] when the definition breaks a limit or an aggregate does not fit its column.
    pub fn new(
        spec: GroupSpec,
        limits: WindowLimits,
        cold: Option<Box<dyn ColdChunks>>,
    ) -> Result<Self, WindowError> {
        spec.check()?;
        let layout = Layout::new(&spec);
        Ok(Self {
            scratch: Scratch::new(&layout),
            kept_us: kept_us(&spec, limits),
            gone_us: i64::MIN,
            spec,
            layout,
            frontier_us: i64::MIN,
            slots: Vec::new(),
            free: Vec::new(),
            table: HashTable::new(),
            hand: 0,
            residence: Residence::new(cold, limits.hot_bytes),
            row: Row::default(),
            counters: WindowCounters::default(),
        })
    }

    /// What the group keeps and answers.
    #[must_use]
    pub fn spec(&self) -> &GroupSpec {
        &self.spec
    }

    /// Says that the caller's clock (time of receipt, in the order of the log) has come to `now_us`; an earlier time
    /// changes nothing. Events that no answerable window can hold leave with the pushes that follow, a few at a time.
    pub fn advance(&mut self, now_us: i64) {
        self.frontier_us = self.frontier_us.max(now_us);
    }

    /// Adds an event: one value for each column, in order.
    ///
    /// # Errors
    /// [`WindowError::Arity`] for another number of values; [`WindowError::Cold`] and [`WindowError::Damaged`] when cold
    /// chunks fail, after which the group is not to be used.
    pub fn push(
        &mut self,
        key: KeyHash,
        at_us: i64,
        values: &[Sample<'_>],
    ) -> Result<(), WindowError> {
        self.push_to_slot(key, at_us, values).map(|_| ())
    }

    /// Adds an event; answers its key's slot, unless the event is too old.
    fn push_to_slot(
        &mut self,
        key: KeyHash,
        at_us: i64,
        values: &[Sample<'_>],
    ) -> Result<Option<u32>, WindowError> {
        arity(
            "values of an event",
            self.layout.columns.len(),
            values.len(),
        )?;
        self.counters.pushes += 1;
        let floor_us = self.floor_us();
        self.free_idle(floor_us)?;
        if at_us <= floor_us {
            self.counters.pushes_too_old += 1;
            return Ok(None);
        }
        let residence = &mut self.residence;
        let intern = |word: i64, text: &str| residence.intern(word, text);
        self.row.fill(&self.layout, at_us, values, intern);
        let mut row = std::mem::take(&mut self.row);
        let added = self.add(key, &mut row);
        self.row = row;
        added.map(Some)
    }

    /// Adds an event that is not too old; answers its key's slot.
    fn add(&mut self, key: KeyHash, row: &mut Row) -> Result<u32, WindowError> {
        let (at_us, floor_us) = (row.at(), self.floor_us());
        let slot_ix = match self.find(key) {
            Some(slot) => slot,
            None => self.occupy(key)?,
        };
        let mut env = Env {
            layout: &self.layout,
            residence: &mut self.residence,
            slot: slot_ix,
            floor_us,
        };
        let Some(slot) = self.slots.get_mut(slot_ix as usize) else {
            return Ok(slot_ix);
        };
        self.counters.pushes_late += u64::from(at_us < slot.newest_us);
        slot.newest_us = slot.newest_us.max(at_us);
        slot.events.push(&mut env, row)?;
        self.move_out()?;
        Ok(slot_ix)
    }

    /// Brings the events of some keys into the processor's cache, their waits for memory overlapping. Changes nothing; worth
    /// its cost when called with the keys of the next 8 to 32 events and there are many keys.
    pub fn prefetch(&self, keys: &[KeyHash]) {
        const AT_A_TIME: usize = 16;
        let mut words = 0;
        for keys in keys.chunks(AT_A_TIME) {
            let mut slots = [None; AT_A_TIME];
            for (key, slot) in keys.iter().zip(&mut slots) {
                *slot = self.find(*key);
            }
            for slot in slots.into_iter().flatten() {
                let slot = self.slots.get(slot as usize);
                words ^= slot.map_or(0, |slot| slot.events.touch(&self.layout));
            }
        }
        std::hint::black_box(words);
    }

    /// Prepares reading these of [`GroupSpec::specs`], by index, in this order.
    ///
    /// # Errors
    /// [`WindowError::Arity`] for an index out of range.
    pub fn read_set(&self, specs: &[usize]) -> Result<ReadSet, WindowError> {
        ReadSet::new(&self.spec, specs)
    }

    /// Answers a [`ReadSet`] for a key at a time, one value into `answers` for each spec of the set.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn read(
        &mut self,
        key: KeyHash,
        at_us: i64,
        set: &ReadSet,
        answers: &mut [WindowValue],
    ) -> Result<(), WindowError> {
        let slot = self.find(key);
        self.read_slot(slot, at_us, set, answers)
    }

    /// Whether no event of this key is there at all, though every window of the set could still be answered: then counts
    /// are 0 and all else is missing. Sooner than [`read`](Self::read), and counted as one when it is so.
    pub fn knows_nothing(&mut self, key: KeyHash, at_us: i64, set: &ReadSet) -> bool {
        let is_whole = at_us.saturating_sub(set.longest_us()) >= self.floor_us();
        let nothing = is_whole && self.find(key).is_none();
        self.counters.reads += u64::from(nothing);
        nothing
    }

    /// Answers for the key of a slot.
    fn read_slot(
        &mut self,
        slot_ix: Option<u32>,
        at_us: i64,
        set: &ReadSet,
        answers: &mut [WindowValue],
    ) -> Result<(), WindowError> {
        arity("answers of a read", set.len(), answers.len())?;
        self.counters.reads += 1;
        let floor_us = self.floor_us();
        let mut env = Env {
            layout: &self.layout,
            floor_us,
            residence: &mut self.residence,
            slot: slot_ix.unwrap_or(0),
        };
        let slot = slot_ix.and_then(|slot| self.slots.get_mut(slot as usize));
        if slot.as_ref().is_some_and(|slot| slot.newest_us > at_us) {
            self.counters.reads_late += 1;
        }
        let complete = self.scratch.read(&mut env, slot, (set, at_us), answers)?;
        self.counters.reads_too_old += u64::from(!complete);
        self.move_out()
    }

    /// Adds an event, then answers for it: it counts itself.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_and_read(
        &mut self,
        key: KeyHash,
        at_us: i64,
        values: &[Sample<'_>],
        set: &ReadSet,
        answers: &mut [WindowValue],
    ) -> Result<(), WindowError> {
        let slot = self.push_to_slot(key, at_us, values)?;
        let slot = slot.or_else(|| self.find(key));
        self.read_slot(slot, at_us, set, answers)
    }

    /// Number of keys with events, idle ones included until they are found.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.table.len()
    }

    /// Bytes of memory used, allocator's overhead apart. Walks the keys: for metrics, not for every event.
    #[must_use]
    pub fn bytes_used(&self) -> usize {
        let trees: usize = self.slots.iter().map(|slot| slot.events.bytes()).sum();
        self.slots.capacity() * size_of::<Slot>()
            + self.table.capacity() * (size_of::<u32>() + 1) * 8 / 7
            + self.free.capacity() * size_of::<u32>()
            + trees
            + self.residence.hot_bytes
            + self.residence.bytes()
    }

    /// Bytes of raw events in memory, bounded by [`WindowLimits::hot_bytes`] when there is a place for cold chunks.
    #[must_use]
    pub fn hot_bytes(&self) -> usize {
        self.residence.hot_bytes
    }

    /// What the group has seen.
    #[must_use]
    pub fn counters(&self) -> WindowCounters {
        self.counters
    }

    /// Chunks read back from and written to the cold, since the process began.
    #[must_use]
    pub fn cold_traffic(&self) -> (u64, u64) {
        (self.residence.reads, self.residence.writes)
    }

    /// Events at or before this time have left.
    fn floor_us(&self) -> i64 {
        let floor_us = self.frontier_us.saturating_sub(self.kept_us);
        floor_us.max(self.gone_us)
    }

    fn find(&self, key: KeyHash) -> Option<u32> {
        let is_key = |slot: &u32| self.slots.get(*slot as usize).is_some_and(|s| s.key == key);
        self.table.find(spot(key), is_key).copied()
    }

    /// Gives a new key a slot.
    fn occupy(&mut self, key: KeyHash) -> Result<u32, WindowError> {
        let too_many = |_| WindowError::Spec("more than 2^32 keys".to_owned());
        let ix = match self.free.pop() {
            Some(ix) => ix,
            None => u32::try_from(self.slots.len()).map_err(too_many)?,
        };
        let mut env = Env {
            layout: &self.layout,
            residence: &mut self.residence,
            slot: ix,
            floor_us: i64::MIN,
        };
        let slot = Slot {
            key,
            newest_us: i64::MIN,
            events: Events::first(&mut env),
        };
        match self.slots.get_mut(ix as usize) {
            Some(place) => *place = slot,
            None => self.slots.push(slot),
        }
        let slots = &self.slots;
        let rehash = |slot: &u32| slots.get(*slot as usize).map_or(0, |slot| spot(slot.key));
        self.table.insert_unique(spot(key), ix, rehash);
        Ok(ix)
    }

    /// Looks at one slot and frees it when all its events have left. A push looks at one, so idle keys are found within
    /// as many pushes as there are slots.
    fn free_idle(&mut self, floor_us: i64) -> Result<(), WindowError> {
        self.hand = match self.hand + 1 {
            next if next < self.slots.len() => next,
            _ => 0,
        };
        let Some(slot) = self.slots.get_mut(self.hand) else {
            return Ok(());
        };
        let mut env = Env {
            layout: &self.layout,
            residence: &mut self.residence,
            slot: self.hand as u32,
            floor_us,
        };
        match slot.events {
            Events::Free => return Ok(()),
            Events::Few(_) | Events::Many(_) if slot.newest_us > floor_us => {
                return slot.events.drop_expired(&mut env);
            }
            Events::Few(_) | Events::Many(_) => slot.events.forget(&mut env)?,
        }
        let (key, ix) = (slot.key, self.hand as u32);
        if let Ok(found) = self.table.find_entry(spot(key), |slot| *slot == ix) {
            found.remove();
        }
        self.free.push(ix);
        Ok(())
    }

    /// Moves chunks out of memory until the rest fits the budget.
    fn move_out(&mut self) -> Result<(), WindowError> {
        // Every chunk is looked at twice at most: once for having been used, once more to go.
        let mut tries = 2 * self.residence.queue.len();
        while self.residence.is_over_budget() && tries > 0 {
            tries -= 1;
            let Some(ticket) = self.residence.queue.pop_front() else {
                break;
            };
            let Some(slot) = self.slots.get_mut(ticket.slot as usize) else {
                continue;
            };
            let mut env = Env {
                layout: &self.layout,
                residence: &mut self.residence,
                slot: ticket.slot,
                floor_us: i64::MIN,
            };
            if slot.events.cool(&mut env, ticket)? {
                self.residence.queue.push_back(ticket);
            }
        }
        Ok(())
    }
}

fn spot(key: KeyHash) -> u64 {
    key.0 as u64
}

fn kept_us(spec: &GroupSpec, limits: WindowLimits) -> i64 {
    let longest = spec.specs.iter().map(|spec| spec.window.as_micros()).max();
    let lateness_us = limits.lateness.as_micros().max(0);
    longest.unwrap_or(0).saturating_add(lateness_us)
}

fn arity(what: &'static str, expected: usize, got: usize) -> Result<(), WindowError> {
    match expected == got {
        true => Ok(()),
        false => Err(WindowError::Arity {
            what,
            expected,
            got,
        }),
    }
}
