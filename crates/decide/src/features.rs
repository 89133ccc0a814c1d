//! Features over a stream of events: pushes events to the windows of a policy and reads the answers, in the plan's order.
//!
//! A [`FeatureRun`] is a function of the events given to it, one by one in order of arrival: how they are bundled makes
//! no difference. It has no clock: events leave the windows after the time of the events themselves. Of every
//! [`FRONTIER_EVENTS`] events the oldest moves the frontier, so that some forged or early dates cannot empty a window,
//! and a file gives the same answers as the live stream it was recorded from.

use std::io::{Read, Write};
use std::sync::Arc;

use stanch_rules::window::{
    ColdChunks, KeyHash, ReadSet, Stage, WindowError, WindowGroup, WindowLimits, WindowValue,
};
use stanch_rules::{Event, FeatureValues, Policy};

use crate::cold::ColdRoom;

/// Events of which the oldest moves the frontier: more than a forger may slip in between two honest ones, few enough
/// that what is old leaves soon.
pub(crate) const FRONTIER_EVENTS: u32 = 1_024;

/// Events whose keys are brought into the processor's cache together (`bench/windows.md`).
const AHEAD_EVENTS: usize = 16;

/// The keys that some events are going to read and push, by window group, [`AHEAD_EVENTS`] events at a time.
#[derive(Debug, Default)]
pub(crate) struct KeysAhead {
    stretches: Vec<Vec<(usize, Vec<KeyHash>)>>,
}

impl KeysAhead {
    /// Of `events`; needs no windows, so any thread can do it. Keys that depend on other features are not known yet.
    pub fn of(policy: &Policy, events: &[Option<Event>]) -> Self {
        let engine = policy.engine();
        let plan = engine.feature_plan();
        let mut stretches = Vec::with_capacity(events.len() / AHEAD_EVENTS + 1);
        for stretch in events.chunks(AHEAD_EVENTS) {
            let mut keys: Vec<(usize, Vec<KeyHash>)> = Vec::new();
            for event in stretch.iter().flatten() {
                let kind = plan.events.get(event.kind().ix());
                let lookups = kind.map_or(&[][..], |kind| &kind.lookups);
                let none = engine.no_features(event.kind());
                for (place, lookup) in lookups.iter().enumerate() {
                    let Some(key) = engine.lookup_key(event, &none, place) else {
                        continue;
                    };
                    match keys.iter_mut().find(|(group, _)| *group == lookup.group) {
                        Some((_, known)) => known.push(key),
                        None => keys.push((lookup.group, vec![key])),
                    }
                }
            }
            stretches.push(keys);
        }
        Self { stretches }
    }
}

/// The windows of one policy over one stream of events.
pub(crate) struct FeatureRun {
    policy: Policy,
    limits: WindowLimits,
    groups: Vec<WindowGroup>,
    /// By event kind, then by lookup.
    sets: Vec<Vec<ReadSet>>,
    /// Events since the frontier was moved, and the oldest of them.
    since: u32,
    oldest_us: i64,
    answers: Vec<WindowValue>,
    /// The block at hand.
    block: u64,
    /// After a start from a snapshot, by group: the first block whose events it does not have; else empty.
    held: Vec<u64>,
    /// Last: it takes the groups' files away.
    room: Option<ColdRoom>,
}

impl FeatureRun {
    /// Windows before any event.
    pub fn new(policy: Policy, room: Option<ColdRoom>) -> Result<Self, WindowError> {
        let plan = Arc::clone(policy.engine().feature_plan());
        let limits = room
            .as_ref()
            .map_or_else(WindowLimits::default, |room| room.limits(plan.groups.len()));
        let groups = plan
            .groups
            .iter()
            .enumerate()
            .map(|(nth, group)| {
                let cold = cold(room.as_ref(), nth)?;
                WindowGroup::new(group.spec.clone(), limits, cold)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let sets = (plan.events.iter())
            .map(|kind| {
                let sets = kind.lookups.iter().filter_map(|lookup| {
                    let group: &WindowGroup = groups.get(lookup.group)?;
                    Some(group.read_set(&lookup.specs))
                });
                sets.collect::<Result<Vec<_>, _>>()
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            policy,
            limits,
            room,
            groups,
            sets,
            since: 0,
            oldest_us: i64::MAX,
            answers: Vec::new(),
            block: 0,
            held: Vec::new(),
        })
    }

    /// Counts an event and answers what its rules read.
    pub fn take(&mut self, event: &Event) -> Result<FeatureValues, WindowError> {
        let mut values = self.policy.engine().no_features(event.kind());
        self.read(event, Stage::Before, &mut values)?;
        self.push_to(event)?;
        self.read(event, Stage::After, &mut values)?;
        self.move_frontier(event.occurred_at_us());
        Ok(values)
    }

    /// Brings what the `nth` event of those that `keys` are of, and the next few, need into the cache. Changes nothing.
    pub fn prefetch(&self, keys: &KeysAhead, nth: usize) {
        if !nth.is_multiple_of(AHEAD_EVENTS) {
            return;
        }
        for (group, keys) in keys.stretches.get(nth / AHEAD_EVENTS).into_iter().flatten() {
            if let Some(group) = self.groups.get(*group) {
                group.prefetch(keys);
            }
        }
    }

    /// Counts an event without answering.
    pub fn push(&mut self, event: &Event) -> Result<(), WindowError> {
        self.push_to(event)?;
        self.move_frontier(event.occurred_at_us());
        Ok(())
    }

    fn push_to(&mut self, event: &Event) -> Result<(), WindowError> {
        let (engine, groups) = (self.policy.engine(), &mut self.groups);
        let (held, block) = (&self.held, self.block);
        let at_us = event.occurred_at_us();
        engine.each_push(event, |group, key, samples| {
            let has = held.get(group).is_some_and(|held| *held > block);
            match groups.get_mut(group) {
                Some(group) if !has => group.push(key, at_us, samples),
                Some(_) | None => Ok(()),
            }
        })
    }

    fn read(
        &mut self,
        event: &Event,
        stage: Stage,
        values: &mut FeatureValues,
    ) -> Result<(), WindowError> {
        let kind = event.kind();
        let plan = Arc::clone(self.policy.engine().feature_plan());
        let Some(lookups) = plan.events.get(kind.ix()).map(|plan| &plan.lookups) else {
            return Ok(());
        };
        let sets = self.sets.get(kind.ix()).map_or(&[][..], Vec::as_slice);
        for (place, (lookup, set)) in lookups.iter().zip(sets).enumerate() {
            if lookup.stage != stage {
                continue;
            }
            let Some(key) = self.policy.engine().lookup_key(event, values, place) else {
                continue;
            };
            let Some(group) = self.groups.get_mut(lookup.group) else {
                continue;
            };
            self.answers.clear();
            self.answers
                .resize(lookup.specs.len(), WindowValue::Missing);
            group.read(key, event.occurred_at_us(), set, &mut self.answers)?;
            for (answer, slot) in self.answers.iter().zip(&lookup.slots) {
                self.policy.engine().put_answer(kind, values, *slot, answer);
            }
        }
        Ok(())
    }

    fn move_frontier(&mut self, at_us: i64) {
        self.since += 1;
        self.oldest_us = self.oldest_us.min(at_us);
        if self.since >= FRONTIER_EVENTS {
            for (nth, group) in self.groups.iter_mut().enumerate() {
                if self.held.get(nth).is_none_or(|held| *held <= self.block) {
                    group.advance(self.oldest_us);
                }
            }
            self.since = 0;
            self.oldest_us = i64::MAX;
        }
    }

    /// Number of groups of windows.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Bytes of memory that a group takes.
    pub fn group_bytes(&self, group: usize) -> usize {
        self.groups.get(group).map_or(0, WindowGroup::bytes_used)
    }

    /// Writes what is not in the groups.
    pub fn write_header(&self, to: &mut impl Write) -> std::io::Result<()> {
        to.write_all(&self.since.to_le_bytes())?;
        to.write_all(&self.oldest_us.to_le_bytes())
    }

    /// Writes the state of a group.
    pub fn write_group(&mut self, group: usize, to: &mut impl Write) -> std::io::Result<()> {
        match self.groups.get_mut(group) {
            Some(group) => group.snapshot(to).map_err(std::io::Error::other),
            None => Ok(()),
        }
    }

    /// Reads what [`FeatureRun::write_header`] of the same policy wrote, and for each group in order the block it stands
    /// at and what [`FeatureRun::write_group`] wrote.
    pub fn restore(&mut self, from: &mut impl Read) -> std::io::Result<()> {
        let (mut since, mut oldest) = ([0; 4], [0; 8]);
        from.read_exact(&mut since)?;
        from.read_exact(&mut oldest)?;
        self.held = Vec::with_capacity(self.groups.len());
        for (nth, group) in self.groups.iter_mut().enumerate() {
            let mut held = [0; 8];
            from.read_exact(&mut held)?;
            self.held.push(u64::from_le_bytes(held));
            let spec = group.spec().clone();
            // The group before is empty and is not used again: its files may go.
            let cold = cold(self.room.as_ref(), nth).map_err(std::io::Error::other)?;
            *group = WindowGroup::restore(spec, self.limits, cold, from)
                .map_err(std::io::Error::other)?;
        }
        self.since = u32::from_le_bytes(since);
        self.oldest_us = i64::from_le_bytes(oldest);
        Ok(())
    }

    /// Says that events of block `block` follow: after a start, groups that have them already are passed over.
    pub fn at_block(&mut self, block: u64) {
        self.block = block;
        if self.held.iter().all(|held| *held <= block) {
            self.held = Vec::new();
        }
    }
}

/// Space for the raw events of a group that do not fit in memory.
fn cold(room: Option<&ColdRoom>, group: usize) -> Result<Option<Box<dyn ColdChunks>>, WindowError> {
    let chunks = room.map(|room| room.chunks(group)).transpose();
    chunks.map_err(|source| WindowError::Cold { id: 0, source })
}

#[cfg(test)]
mod tests {
    use stanch_rules::PolicyFiles;

    use super::*;

    const POLICY: &str = r#"
event login { retention 90d  account string key  device string }
feature logins_1h = count() of login by account over 1h including self
feature devices_2h = distinct(event.device) of login by account over 2h excluding self
feature accounts_1d = distinct(event.account) of login by device over 1d including self
rule many on login {
  when logins_1h(event.account) + devices_2h(event.account) + accounts_1d(event.device) > 9
  then review owner "t" reason zh "多" en "many"
}
ruleset logins on login { mode all use * }
"#;

    /// Events per block.
    const BLOCK: usize = 100;

    fn policy() -> Policy {
        let files = PolicyFiles::new([("a.policy".to_owned(), POLICY.as_bytes().to_vec())]);
        Policy::load(&files.unwrap()).unwrap()
    }

    fn blocks(policy: &Policy) -> Vec<Vec<Event>> {
        let event = |n: usize| {
            // Out of order by up to two hours.
            let late = if n.is_multiple_of(13) {
                n * 7 % 7_200
            } else {
                0
            };
            let at = (1_772_323_200 + n * 5 - late) * 1_000_000;
            let line = format!(
                r#"{{"event_id":"e{n}","kind":"login","occurred_at":{at},"data":{{"account":"A{}","device":"D{}"}}}}"#,
                n * n % 37,
                n * 11 % 23
            );
            policy.decode(line.as_bytes()).unwrap()
        };
        let events: Vec<Event> = (0..5_000).map(event).collect();
        events.chunks(BLOCK).map(<[Event]>::to_vec).collect()
    }

    fn take(run: &mut FeatureRun, block: usize, events: &[Event]) -> Vec<FeatureValues> {
        run.at_block(block as u64);
        events
            .iter()
            .map(|event| run.take(event).unwrap())
            .collect()
    }

    fn state(run: &mut FeatureRun) -> Vec<Vec<u8>> {
        let groups = 0..run.groups();
        groups
            .map(|group| {
                let mut bytes = Vec::new();
                run.write_group(group, &mut bytes).unwrap();
                bytes
            })
            .collect()
    }

    /// Groups written at different blocks, and the log from the first of these, come to the state of having stopped.
    #[test]
    fn groups_written_at_different_blocks_catch_up() {
        let policy = policy();
        let blocks = blocks(&policy);
        let mut straight = FeatureRun::new(policy.clone(), None).unwrap();
        assert!(straight.groups() >= 2);
        let (first, apart) = (11, 9);
        let mut written = Vec::new();
        let mut group = 0;
        for (block, events) in blocks.iter().enumerate().take(40) {
            if block == first {
                straight.write_header(&mut written).unwrap();
            }
            if block >= first && (block - first) % apart == 0 && group < straight.groups() {
                written.extend_from_slice(&(block as u64).to_le_bytes());
                straight.write_group(group, &mut written).unwrap();
                group += 1;
            }
            take(&mut straight, block, events);
        }
        assert_eq!(group, straight.groups());
        let mut again = FeatureRun::new(policy, None).unwrap();
        again.restore(&mut written.as_slice()).unwrap();
        for (block, events) in blocks.iter().enumerate().take(40).skip(first) {
            again.at_block(block as u64);
            for event in events {
                again.push(event).unwrap();
            }
        }
        // Groups count what was read as well, which differs.
        for (block, events) in blocks.iter().enumerate().skip(40) {
            let (one, other) = (
                take(&mut straight, block, events),
                take(&mut again, block, events),
            );
            assert_eq!(one, other, "{block}");
        }
        assert_eq!(state(&mut straight).len(), state(&mut again).len());
    }
}
