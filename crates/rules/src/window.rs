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

mod cold;
mod error;
mod fingerprint;
mod key;
mod naive;
mod plan;
mod spec;

pub use cold::ColdChunks;
pub use error::WindowError;
pub use fingerprint::DefinitionHash;
pub use key::{KeyHash, KeyHasher};
pub use plan::{
    EventPlan, FeaturePlace, FeaturePlan, GroupPlan, Lookup, Push, Read, Stage, value_class,
};
pub use spec::{
    COLUMNS_MAX, GroupSpec, SPECS_MAX, Sample, ValueClass, WINDOW_MAX, WINDOW_MIN, WindowLimits,
    WindowSpec, WindowValue,
};

use naive::NaiveGroup;

/// All windows over the same events by the same key: one ring of events for each key, shared by every aggregate and length.
///
/// One writer; wrap it in a shard for more. Not a queue: it answers at once.
pub struct WindowGroup {
    naive: NaiveGroup,
    limits: WindowLimits,
    frontier_us: i64,
    counters: WindowCounters,
    #[expect(
        dead_code,
        reason = "the chunked engine lands next and moves chunks there"
    )]
    cold: Option<Box<dyn ColdChunks>>,
}

/// A choice of a group's answers, prepared for reading many times.
#[derive(Debug, Clone)]
pub struct ReadSet {
    specs: Vec<WindowSpec>,
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
        Ok(Self {
            naive: NaiveGroup::new(spec),
            limits,
            frontier_us: i64::MIN,
            counters: WindowCounters::default(),
            cold,
        })
    }

    /// What the group keeps and answers.
    #[must_use]
    pub fn spec(&self) -> &GroupSpec {
        &self.naive.spec
    }

    /// Says that the caller's clock (time of receipt, in the order of the log) has come to `now_us`; earlier times change
    /// nothing. Events that no answerable window can hold leave, a few with each call.
    pub fn advance(&mut self, now_us: i64) {
        self.frontier_us = self.frontier_us.max(now_us);
    }

    /// Adds an event: one value for each column, in order.
    ///
    /// # Errors
    /// [`WindowError::Arity`] for another number of values; [`WindowError::Cold`] and [`WindowError::Damaged`] when cold chunks fail.
    pub fn push(
        &mut self,
        key: KeyHash,
        at_us: i64,
        values: &[Sample<'_>],
    ) -> Result<(), WindowError> {
        arity(
            "values of an event",
            self.naive.spec.columns.len(),
            values.len(),
        )?;
        self.counters.pushes += 1;
        self.naive.push(key, at_us, values);
        Ok(())
    }

    /// Prepares reading these of [`GroupSpec::specs`], by index, in this order.
    ///
    /// # Errors
    /// [`WindowError::Arity`] for an index out of range.
    pub fn read_set(&self, specs: &[usize]) -> Result<ReadSet, WindowError> {
        let all = &self.naive.spec.specs;
        let spec = |ix: &usize| {
            let out_of_range = WindowError::Arity {
                what: "specs of the group",
                expected: all.len(),
                got: *ix,
            };
            all.get(*ix).copied().ok_or(out_of_range)
        };
        Ok(ReadSet {
            specs: specs.iter().map(spec).collect::<Result<_, _>>()?,
        })
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
        arity("answers of a read", set.specs.len(), answers.len())?;
        self.counters.reads += 1;
        let floor_us = self.floor_us();
        for (spec, answer) in set.specs.iter().zip(answers) {
            *answer = match at_us.saturating_sub(spec.window.as_micros()) < floor_us {
                true => WindowValue::Missing,
                false => self.naive.read(key, at_us, spec),
            };
        }
        Ok(())
    }

    /// Events at or before this time have left.
    fn floor_us(&self) -> i64 {
        let longest = self.naive.spec.specs.iter().map(|spec| spec.window).max();
        let longest = longest.map_or(0, |window| window.as_micros());
        let kept = longest.saturating_add(self.limits.lateness.as_micros());
        self.frontier_us.saturating_sub(kept)
    }

    /// What the group has seen.
    #[must_use]
    pub fn counters(&self) -> WindowCounters {
        self.counters
    }
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
