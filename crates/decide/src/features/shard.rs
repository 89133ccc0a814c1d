//! A shard: window groups that one thread writes. What it answers depends on no other shard's groups.

use std::sync::Arc;

use stanch_rules::script::NOTHING_SEEN;
use stanch_rules::window::{FeaturePlan, ReadSet, Stage, WindowError, WindowGroup, WindowValue};
use stanch_rules::{Event, FeatureValues, Policy};

/// Most shards of one policy: more threads than that wait for the busiest group.
const SHARDS_MAX: usize = 8;

/// Some of a policy's window groups.
pub(super) struct Shard {
    policy: Policy,
    /// By number in the plan; none where the group is another shard's.
    groups: Vec<Option<WindowGroup>>,
    /// By event kind, then by lookup.
    sets: Arc<[Vec<ReadSet>]>,
    /// Which groups these are.
    owns: Box<[bool]>,
    /// See [`super::FeatureRun`].
    held: Arc<[u64]>,
    answers: Vec<WindowValue>,
}

/// Which shard has each group, for `threads` threads that share the work. Groups stay together when an event kind reads
/// one by a key that the other's answer is part of.
pub(super) fn shard_of_groups(plan: &FeaturePlan, threads: usize) -> Vec<usize> {
    let mut root: Vec<usize> = (0..plan.groups.len()).collect();
    for kind in &plan.events {
        if !kind.lookups.iter().any(|lookup| lookup.is_nested()) {
            continue;
        }
        let mut read = kind.lookups.iter().map(|lookup| lookup.group);
        let Some(to) = read.next().and_then(|group| root.get(group).copied()) else {
            continue;
        };
        for group in read {
            let from = root.get(group).copied();
            root.iter_mut()
                .filter(|root| Some(**root) == from)
                .for_each(|root| *root = to);
        }
    }
    // How often a group is worked on, by the number of places that do: what kinds arrive is not known.
    let mut weights = vec![0_usize; plan.groups.len()];
    for kind in &plan.events {
        let pushes = kind.pushes.iter().map(|push| push.group);
        for group in pushes.chain(kind.lookups.iter().map(|lookup| lookup.group)) {
            let weight = root.get(group).and_then(|root| weights.get_mut(*root));
            weight.into_iter().for_each(|weight| *weight += 1);
        }
    }
    let mut heaviest: Vec<usize> = (0..weights.len()).collect();
    heaviest.sort_by_key(|root| std::cmp::Reverse(weights.get(*root)));
    let mut loads = vec![0_usize; threads.clamp(1, SHARDS_MAX)];
    let mut shards = vec![0; plan.groups.len()];
    for root in heaviest {
        let lightest = (0..loads.len()).min_by_key(|shard| loads.get(*shard));
        if let (Some(lightest), Some(weight)) = (lightest, weights.get(root)) {
            let load = loads.get_mut(lightest);
            load.into_iter().for_each(|load| *load += weight);
            let shard = shards.get_mut(root);
            shard.into_iter().for_each(|shard| *shard = lightest);
        }
    }
    (root.iter())
        .map(|root| shards.get(*root).copied().unwrap_or(0))
        .collect()
}

impl Shard {
    /// A shard with these groups of the policy's plan.
    pub fn new(
        policy: Policy,
        groups: Vec<Option<WindowGroup>>,
        sets: Arc<[Vec<ReadSet>]>,
    ) -> Self {
        Self {
            policy,
            owns: groups.iter().map(Option::is_some).collect(),
            groups,
            sets,
            held: Arc::new([]),
            answers: Vec::new(),
        }
    }

    /// Counts an event of block `block` and puts the answers of this shard's groups into `values`.
    pub fn take(
        &mut self,
        event: &Event,
        block: u64,
        values: &mut FeatureValues,
    ) -> Result<(), WindowError> {
        self.read(event, Stage::Before, values)?;
        self.push(event, block)?;
        self.read(event, Stage::After, values)
    }

    /// Counts an event of block `block` without answering.
    pub fn push(&mut self, event: &Event, block: u64) -> Result<(), WindowError> {
        let (engine, groups) = (self.policy.engine(), &mut self.groups);
        let (owns, held, at_us) = (&self.owns, &self.held, event.occurred_at_us());
        let is_missing = |group: usize| {
            let has = held.get(group).is_some_and(|held| *held > block);
            !has && owns.get(group).copied().unwrap_or(false)
        };
        engine.each_push(event, is_missing, |group, key, samples| {
            match groups.get_mut(group) {
                Some(Some(group)) => group.push(key, at_us, samples),
                Some(None) | None => Ok(()),
            }
        })
    }

    /// What is before `frontier_us` is not asked for any more.
    pub fn advance(&mut self, frontier_us: i64, block: u64) {
        for (nth, group) in self.groups.iter_mut().enumerate() {
            if let (Some(group), false) =
                (group, self.held.get(nth).is_some_and(|held| *held > block))
            {
                group.advance(frontier_us);
            }
        }
    }

    /// A group of this shard, by its number in the plan.
    pub fn group(&self, group: usize) -> Option<&WindowGroup> {
        self.groups.get(group)?.as_ref()
    }

    /// As [`Shard::group`].
    pub fn group_mut(&mut self, group: usize) -> Option<&mut WindowGroup> {
        self.groups.get_mut(group)?.as_mut()
    }

    /// From which block on each group of the policy is behind; see [`super::FeatureRun`].
    pub fn hold(&mut self, held: Arc<[u64]>) {
        self.held = held;
    }

    fn read(
        &mut self,
        event: &Event,
        stage: Stage,
        values: &mut FeatureValues,
    ) -> Result<(), WindowError> {
        let (kind, engine) = (event.kind(), self.policy.engine());
        let Some(plan) = engine.feature_plan().events.get(kind.ix()) else {
            return Ok(());
        };
        let sets = self.sets.get(kind.ix()).map_or(&[][..], Vec::as_slice);
        for (place, (lookup, set)) in plan.lookups.iter().zip(sets).enumerate() {
            if lookup.stage != stage {
                continue;
            }
            let Some(Some(group)) = self.groups.get_mut(lookup.group) else {
                continue;
            };
            let Some(key) = engine.lookup_key(event, values, place) else {
                continue;
            };
            // Most exchanges show no cue of any script.
            if lookup.script.is_some() && group.knows_nothing(key, event.occurred_at_us(), set) {
                engine.put_answers(event, values, place, NOTHING_SEEN);
                continue;
            }
            self.answers.clear();
            self.answers
                .resize(lookup.specs.len(), WindowValue::Missing);
            group.read(key, event.occurred_at_us(), set, &mut self.answers)?;
            engine.put_answers(event, values, place, &self.answers);
        }
        Ok(())
    }
}
