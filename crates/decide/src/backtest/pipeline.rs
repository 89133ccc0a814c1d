//! One leg of a backtest over all cores: a thread reads, some decode, one keeps the features in order of arrival, some
//! judge and count.
//!
//! Chunk `n` goes to the decoding and to the judging thread `n` modulo their number, each over a channel of its own, and
//! is taken from there in that order: what depends on order sees it, without sorting and with bounded memory.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use bytes::Bytes;
use stanch_rules::event::Event;
use stanch_rules::{FeatureValues, Policy};

use super::BacktestRange;
use super::count::{Counter, Counts, Fact, Frame};
use super::labels::Labels;
use super::source::{Chunk, Source};
use crate::core::{Core, Judged, decision_offline};
use crate::door::Live;
use crate::error::DecideError;
use crate::features::KeysAhead;

/// Chunks that may wait before each thread.
const CHUNKS_WAITING: usize = 2;

/// What all threads of a leg look at.
pub(super) struct Setting<'a> {
    pub policy: &'a Policy,
    /// The policy compared with, unless it is the same.
    pub other: Option<&'a Policy>,
    /// Whether there is a comparison.
    pub compares: bool,
    pub range: BacktestRange,
    pub labels: &'a Labels,
    pub frame: &'a Frame,
    /// Whether decisions are written out.
    pub writes: bool,
    pub threads: usize,
}

/// The events of a chunk in the schemas of the policies; none where one does not fit.
struct Decoded {
    first: u64,
    events: Typed,
    others: Typed,
}

/// Events in the schema of one policy, and the keys they need.
#[derive(Default)]
struct Typed {
    events: Vec<Option<Event>>,
    keys: KeysAhead,
}

/// The same with the features of those that are judged.
struct Featured {
    first: u64,
    events: Vec<Row<FeatureValues>>,
    others: Vec<Row<FeatureValues>>,
}

/// An event of a chunk, in the schema of one policy.
enum Row<T> {
    Unfit,
    /// Not in the range.
    Outside,
    /// With what is known of it.
    InRange(Event, T),
}

/// Runs until `source` ends its leg. `write` is given the decisions of each chunk in order.
pub(super) fn run_leg(
    setting: &Setting<'_>,
    core: &mut Core,
    other: Option<&mut Core>,
    source: &mut Source,
    write: &mut (dyn FnMut(&[Bytes]) -> Result<(), DecideError> + Send),
) -> Result<Counts, DecideError> {
    std::thread::scope(|scope| {
        let (mut to_decode, mut decoded) = (Vec::new(), Vec::new());
        let (mut to_judge, mut written) = (Vec::new(), Vec::new());
        let mut judging = Vec::new();
        for _ in 0..setting.threads.max(1) {
            let (chunks, chunks_in) = sync_channel(CHUNKS_WAITING);
            let (out, out_in) = sync_channel(CHUNKS_WAITING);
            scope.spawn(move || decode(setting, &chunks_in, &out));
            to_decode.push(chunks);
            decoded.push(out_in);
            let (rows, rows_in) = sync_channel(CHUNKS_WAITING);
            let (lines, lines_in) = sync_channel(CHUNKS_WAITING);
            let lines = setting.writes.then_some(lines);
            judging.push(scope.spawn(move || judge(setting, &rows_in, lines.as_ref())));
            to_judge.push(rows);
            written.push(lines_in);
        }
        let reading = spawn_reader(scope, source, to_decode);
        let writing = scope.spawn(move || -> Result<(), DecideError> {
            let mut turn = 0..;
            while let Some(lines) = nth(&written, turn.next()).and_then(|from| from.recv().ok()) {
                write(&lines)?;
            }
            Ok(())
        });
        let kept = keep_features(setting, core, other, &decoded, to_judge);
        drop(decoded);
        let mut counts = Counts::new(setting.frame);
        for thread in judging {
            counts.merge(&join(thread));
        }
        join(writing)?;
        kept?;
        join(reading)?;
        Ok(counts)
    })
}

fn spawn_reader<'scope>(
    scope: &'scope Scope<'scope, '_>,
    source: &'scope mut Source,
    to_decode: Vec<SyncSender<Chunk>>,
) -> std::thread::ScopedJoinHandle<'scope, Result<(), DecideError>> {
    scope.spawn(move || {
        let mut turn = 0..;
        while let Some(chunk) = source.next_chunk()? {
            let Some(to) = nth(&to_decode, turn.next()) else {
                break;
            };
            if to.send(chunk).is_err() {
                break;
            }
        }
        Ok(())
    })
}

fn nth<T>(of: &[T], turn: Option<usize>) -> Option<&T> {
    of.get(turn?.checked_rem(of.len())?)
}

fn join<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(value) => value,
        Err(cause) => std::panic::resume_unwind(cause),
    }
}

fn decode(setting: &Setting<'_>, chunks: &Receiver<Chunk>, out: &SyncSender<Decoded>) {
    for chunk in chunks {
        let by = |policy: &Policy| -> Typed {
            let lines = chunk.lines.iter();
            let events: Vec<_> = lines.map(|line| policy.decode(line).ok()).collect();
            let keys = KeysAhead::of(policy, &events);
            Typed { events, keys }
        };
        let decoded = Decoded {
            first: chunk.first,
            events: by(setting.policy),
            others: setting.other.map(by).unwrap_or_default(),
        };
        if out.send(decoded).is_err() {
            return;
        }
    }
}

/// Takes chunks in order of arrival through the windows.
fn keep_features(
    setting: &Setting<'_>,
    core: &mut Core,
    mut other: Option<&mut Core>,
    decoded: &[Receiver<Decoded>],
    to_judge: Vec<SyncSender<Featured>>,
) -> Result<(), DecideError> {
    for turn in 0_usize.. {
        let Some(chunk) = nth(decoded, Some(turn)).and_then(|from| from.recv().ok()) else {
            break;
        };
        let featured = Featured {
            first: chunk.first,
            events: with_features(core, chunk.events, setting.range)?,
            others: match &mut other {
                Some(other) => with_features(other, chunk.others, setting.range)?,
                None => Vec::new(),
            },
        };
        let Some(to) = nth(&to_judge, Some(turn)) else {
            break;
        };
        if to.send(featured).is_err() {
            break;
        }
    }
    Ok(())
}

fn with_features(
    core: &mut Core,
    typed: Typed,
    range: BacktestRange,
) -> Result<Vec<Row<FeatureValues>>, DecideError> {
    let mut rows = Vec::with_capacity(typed.events.len());
    for (nth, event) in typed.events.into_iter().enumerate() {
        core.prefetch(&typed.keys, nth);
        rows.push(match event {
            None => Row::Unfit,
            Some(event) if range.contains(&event) => {
                let features = core.features_of(&event)?;
                Row::InRange(event, features)
            }
            Some(event) => {
                core.observe(&event)?;
                Row::Outside
            }
        });
    }
    Ok(rows)
}

/// Judges and counts chunks; gives the decisions to `out` if they are wanted.
fn judge(
    setting: &Setting<'_>,
    chunks: &Receiver<Featured>,
    out: Option<&SyncSender<Vec<Bytes>>>,
) -> Counts {
    let mut counter = Counter::new(setting.frame);
    let live = Live::new(setting.policy.clone());
    for chunk in chunks {
        let mut others = setting.other.map(|other| judged(other, chunk.others));
        let rows = judged(setting.policy, chunk.events);
        let mut decisions = Vec::new();
        for (row, ordinal) in rows.zip(chunk.first..) {
            let other = others.as_mut().and_then(Iterator::next);
            counter.counts.read += 1;
            counter.counts.unfit += u64::from(matches!(row, Row::Unfit));
            let Row::InRange(event, judged) = row else {
                continue;
            };
            let fact = Fact::new(ordinal, &event, setting.labels.of(&event));
            counter.count(&fact, &judged.verdict);
            if setting.compares {
                let other = match &other {
                    Some(Row::InRange(_, other)) => Some(&other.verdict),
                    Some(Row::Unfit | Row::Outside) => None,
                    // The same policy.
                    None => Some(&judged.verdict),
                };
                counter.compare(&fact, &judged.verdict, other);
            }
            if out.is_some() {
                decisions.push(decision_offline(&live, &event, &judged));
            }
        }
        if out.is_some_and(|out| out.send(decisions).is_err()) {
            break;
        }
    }
    counter.counts
}

/// What the policy decides about each event that is in the range.
fn judged(
    policy: &Policy,
    rows: Vec<Row<FeatureValues>>,
) -> impl Iterator<Item = Row<Judged>> + '_ {
    rows.into_iter().map(|row| match row {
        Row::Unfit => Row::Unfit,
        Row::Outside => Row::Outside,
        Row::InRange(event, features) => {
            let judged = Judged::new(policy.engine(), &event, features);
            Row::InRange(event, judged)
        }
    })
}
