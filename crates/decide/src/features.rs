//! Features over a stream of events: pushes events to the windows of a policy and reads the answers, in the plan's order.
//!
//! A [`FeatureRun`] is a function of the events given to it, one by one in order of arrival: how they are bundled makes
//! no difference. It has no clock: events leave the windows after the time of the events themselves. Of every
//! [`FRONTIER_EVENTS`] events the oldest moves the frontier, so that some forged or early dates cannot empty a window,
//! and a file gives the same answers as the live stream it was recorded from.

use std::io::{Read, Write};
use std::sync::Arc;

use stanch_rules::window::{ColdChunks, KeyHash, WindowError, WindowGroup, WindowLimits};
use stanch_rules::{Event, FeatureValues, Policy};

use crate::cold::ColdRoom;
use crate::parallel;

mod shard;

use shard::{Shard, shard_of_groups};

/// Events of which the oldest moves the frontier: more than a forger may slip in between two honest ones, few enough
/// that what is old leaves soon.
pub(crate) const FRONTIER_EVENTS: u32 = 1_024;

/// Events below which a second thread costs more than it saves.
const EVENTS_A_THREAD_MIN: usize = 64;

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
///
/// They are divided into shards with one writer each. Which shard has a group makes no difference to any answer.
pub(crate) struct FeatureRun {
    policy: Policy,
    limits: WindowLimits,
    shards: Vec<Shard>,
    /// The shard of each group.
    shard_of: Vec<usize>,
    frontier: Frontier,
    /// The block at hand.
    block: u64,
    /// After a start from a snapshot, by group: the first block whose events it does not have; else empty.
    held: Arc<[u64]>,
    /// Last: it takes the groups' files away.
    room: Option<ColdRoom>,
}

/// How far back windows still are asked for: moves on by the oldest of every [`FRONTIER_EVENTS`] events.
#[derive(Debug, Clone, Copy)]
struct Frontier {
    /// Events since it was moved, and the oldest of them.
    since: u32,
    oldest_us: i64,
}

impl Frontier {
    const START: Self = Self {
        since: 0,
        oldest_us: i64::MAX,
    };

    /// An event goes by: where the frontier stands from now on, if it moves.
    fn pass(&mut self, at_us: i64) -> Option<i64> {
        self.since += 1;
        self.oldest_us = self.oldest_us.min(at_us);
        if self.since < FRONTIER_EVENTS {
            return None;
        }
        let moved = self.oldest_us;
        *self = Self::START;
        Some(moved)
    }
}

impl FeatureRun {
    /// Windows before any event.
    pub fn new(policy: Policy, room: Option<ColdRoom>) -> Result<Self, WindowError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self::sharded(policy, room, threads)
    }

    fn sharded(
        policy: Policy,
        room: Option<ColdRoom>,
        threads: usize,
    ) -> Result<Self, WindowError> {
        let plan = Arc::clone(policy.engine().feature_plan());
        let limits = room
            .as_ref()
            .map_or_else(WindowLimits::default, |room| room.limits(plan.groups.len()));
        let mut groups = Vec::with_capacity(plan.groups.len());
        for (nth, group) in plan.groups.iter().enumerate() {
            let cold = cold(room.as_ref(), nth)?;
            groups.push(WindowGroup::new(group.spec.clone(), limits, cold)?);
        }
        let sets = (plan.events.iter())
            .map(|kind| {
                let sets = kind.lookups.iter().filter_map(|lookup| {
                    let group: &WindowGroup = groups.get(lookup.group)?;
                    Some(group.read_set(&lookup.specs))
                });
                sets.collect::<Result<Vec<_>, _>>()
            })
            .collect::<Result<Arc<[_]>, _>>()?;
        let shard_of = shard_of_groups(&plan, threads);
        let count = shard_of.iter().max().map_or(1, |last| last + 1);
        let mut parts: Vec<Vec<Option<WindowGroup>>> = vec![];
        parts.resize_with(count, Vec::new);
        for (group, shard) in groups.into_iter().zip(&shard_of) {
            parts.iter_mut().for_each(|part| part.push(None));
            if let Some(place) = parts.get_mut(*shard).and_then(|part| part.last_mut()) {
                *place = Some(group);
            }
        }
        let shard = |groups| Shard::new(policy.clone(), groups, Arc::clone(&sets));
        Ok(Self {
            shards: parts.into_iter().map(shard).collect(),
            policy,
            limits,
            shard_of,
            frontier: Frontier::START,
            block: 0,
            held: Arc::new([]),
            room,
        })
    }

    /// Counts an event and answers what its rules read.
    pub fn take(&mut self, event: &Event) -> Result<FeatureValues, WindowError> {
        let mut values = self.policy.engine().no_features(event.kind());
        for shard in &mut self.shards {
            shard.take(event, self.block, &mut values)?;
        }
        self.pass(event);
        Ok(values)
    }

    /// [`FeatureRun::take`] of each event in order; the shards work side by side where that pays.
    pub fn take_all(&mut self, events: &[&Event]) -> Result<Vec<FeatureValues>, WindowError> {
        let policy = self.policy.clone();
        let parts = self.by_shard(events, |shard, event, block| {
            let mut values = policy.engine().no_features(event.kind());
            shard.take(event, block, &mut values)?;
            Ok(values)
        })?;
        let mut parts = parts.into_iter();
        let mut all = parts.next().unwrap_or_default();
        for part in parts {
            for (values, more) in all.iter_mut().zip(part) {
                values.merge(more);
            }
        }
        Ok(all)
    }

    /// Counts an event without answering.
    pub fn push(&mut self, event: &Event) -> Result<(), WindowError> {
        for shard in &mut self.shards {
            shard.push(event, self.block)?;
        }
        self.pass(event);
        Ok(())
    }

    /// [`FeatureRun::push`] of each event in order; the shards work side by side where that pays.
    pub fn push_all(&mut self, events: &[&Event]) -> Result<(), WindowError> {
        self.by_shard(events, Shard::push)?;
        Ok(())
    }

    /// Does `work` on each event in order, in each shard.
    fn by_shard<R: Send>(
        &mut self,
        events: &[&Event],
        work: impl Fn(&mut Shard, &Event, u64) -> Result<R, WindowError> + Sync,
    ) -> Result<Vec<Vec<R>>, WindowError> {
        let (block, start) = (self.block, self.frontier);
        let work = &work;
        let run = move |shard: &mut Shard| -> Result<Vec<R>, WindowError> {
            let mut frontier = start;
            let mut done = Vec::with_capacity(events.len());
            for event in events {
                done.push(work(shard, event, block)?);
                if let Some(moved) = frontier.pass(event.occurred_at_us()) {
                    shard.advance(moved, block);
                }
            }
            Ok(done)
        };
        let parts = if events.len() < EVENTS_A_THREAD_MIN {
            self.shards.iter_mut().map(run).collect()
        } else {
            parallel::each(&mut self.shards, run)
        };
        for event in events {
            self.frontier.pass(event.occurred_at_us());
        }
        parts.into_iter().collect()
    }

    fn pass(&mut self, event: &Event) {
        if let Some(moved) = self.frontier.pass(event.occurred_at_us()) {
            for shard in &mut self.shards {
                shard.advance(moved, self.block);
            }
        }
    }

    /// Brings what the `nth` event of those that `keys` are of, and the next few, need into the cache. Changes nothing.
    pub fn prefetch(&self, keys: &KeysAhead, nth: usize) {
        if !nth.is_multiple_of(AHEAD_EVENTS) {
            return;
        }
        for (group, keys) in keys.stretches.get(nth / AHEAD_EVENTS).into_iter().flatten() {
            if let Some(group) = self.group(*group) {
                group.prefetch(keys);
            }
        }
    }

    fn group(&self, group: usize) -> Option<&WindowGroup> {
        self.shards.get(*self.shard_of.get(group)?)?.group(group)
    }

    fn group_mut(&mut self, group: usize) -> Option<&mut WindowGroup> {
        let shard = self.shards.get_mut(*self.shard_of.get(group)?)?;
        shard.group_mut(group)
    }

    /// Number of groups of windows.
    pub fn groups(&self) -> usize {
        self.shard_of.len()
    }

    /// Bytes of memory that a group takes.
    pub fn group_bytes(&self, group: usize) -> usize {
        self.group(group).map_or(0, WindowGroup::bytes_used)
    }

    /// Writes what is not in the groups.
    pub fn write_header(&self, to: &mut impl Write) -> std::io::Result<()> {
        to.write_all(&self.frontier.since.to_le_bytes())?;
        to.write_all(&self.frontier.oldest_us.to_le_bytes())
    }

    /// Writes the state of a group.
    pub fn write_group(&mut self, group: usize, to: &mut impl Write) -> std::io::Result<()> {
        match self.group_mut(group) {
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
        let mut held = Vec::with_capacity(self.groups());
        for nth in 0..self.groups() {
            let mut block = [0; 8];
            from.read_exact(&mut block)?;
            held.push(u64::from_le_bytes(block));
            // The group before is empty and is not used again: its files may go.
            let cold = cold(self.room.as_ref(), nth).map_err(std::io::Error::other)?;
            let limits = self.limits;
            if let Some(group) = self.group_mut(nth) {
                let spec = group.spec().clone();
                *group = WindowGroup::restore(spec, limits, cold, from)
                    .map_err(std::io::Error::other)?;
            }
        }
        self.hold(held.into());
        self.frontier = Frontier {
            since: u32::from_le_bytes(since),
            oldest_us: i64::from_le_bytes(oldest),
        };
        Ok(())
    }

    /// Says that events of block `block` follow: after a start, groups that have them already are passed over.
    pub fn at_block(&mut self, block: u64) {
        self.block = block;
        if !self.held.is_empty() && self.held.iter().all(|held| *held <= block) {
            self.hold(Arc::new([]));
        }
    }

    fn hold(&mut self, held: Arc<[u64]>) {
        for shard in &mut self.shards {
            shard.hold(Arc::clone(&held));
        }
        self.held = held;
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
        policy_of(POLICY)
    }

    fn policy_of(text: &str) -> Policy {
        let files = PolicyFiles::new([("a.policy".to_owned(), text.as_bytes().to_vec())]);
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

    /// However many threads share the windows, and however events are bundled, the answers are the same.
    #[test]
    fn shards_make_no_difference() {
        let policy = policy();
        let blocks = blocks(&policy);
        let mut alone = FeatureRun::sharded(policy.clone(), None, 1).unwrap();
        let expected: Vec<_> = (blocks.iter().enumerate())
            .map(|(block, events)| take(&mut alone, block, events))
            .collect();
        for threads in [2, 3, 8] {
            let mut shared = FeatureRun::sharded(policy.clone(), None, threads).unwrap();
            assert_eq!(shared.shards.len(), threads.min(shared.groups()));
            for (block, (events, expected)) in blocks.iter().zip(&expected).enumerate() {
                shared.at_block(block as u64);
                let events: Vec<&Event> = events.iter().collect();
                let (few, many) = events.split_at(EVENTS_A_THREAD_MIN / 2);
                let mut answers = shared.take_all(few).unwrap();
                answers.extend(shared.take_all(many).unwrap());
                assert_eq!(answers, *expected, "{threads} threads, block {block}");
            }
            assert!(state(&mut alone) == state(&mut shared), "{threads} threads");
        }
    }

    /// A key that another answer is part of is known only in the shard that has both.
    #[test]
    fn groups_read_through_each_other_stay_together() {
        let nested = POLICY.replace(
            "accounts_1d(event.device) >",
            "accounts_1d(has(devices_2h(event.account)) ? event.device : \"\") >",
        );
        assert_ne!(nested, POLICY);
        let (apart, together) = (policy_of(POLICY), policy_of(&nested));
        let shards = |policy: &Policy| {
            let mut shards = shard_of_groups(policy.engine().feature_plan(), 8);
            shards.sort_unstable();
            shards.dedup();
            shards.len()
        };
        assert!(shards(&apart) > 1);
        assert_eq!(shards(&together), 1);
        let blocks = blocks(&together);
        let run = |threads| FeatureRun::sharded(together.clone(), None, threads).unwrap();
        let (mut alone, mut shared) = (run(1), run(8));
        for (block, events) in blocks.iter().enumerate() {
            let expected = take(&mut alone, block, events);
            let events: Vec<&Event> = events.iter().collect();
            assert_eq!(shared.take_all(&events).unwrap(), expected);
        }
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
