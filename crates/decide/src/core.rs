//! One policy at work: its features and its rules over the events of the log.

use std::io::{Read, Write};
use std::sync::Arc;

use bytes::Bytes;
use stanch_rules::event::Event;
use stanch_rules::explain::Captured;
use stanch_rules::ir::{Decision, Field, FieldIx, Type};
use stanch_rules::value::ValueRef;
use stanch_rules::{FeatureValues, Policy, Verdict};
use stanch_stream::Position;
use stanch_types::Timestamp;

use crate::cold::{ColdPlace, ColdRoom};
use crate::deployment::Canary;
use crate::door::{Checked, Live};
use crate::effect::effects_of;
use crate::error::DecideError;
use crate::features::{FeatureRun, KeysAhead};
use crate::index::{Digest16, key_digest};
use crate::parallel;
use crate::record::{DecisionView, Features, MeasureView, Reasons, Recorded};
use crate::watch::Outcome;
use crate::worker::EventsWork;

/// From this probability on a model has decided (`signal.text`).
const POINT_OF_DECISION: f64 = 0.5;

/// A policy and the state of its features.
pub struct Core {
    live: Arc<Live>,
    features: FeatureRun,
    /// The first block whose events are not in the features.
    next: Position,
}

/// What a policy made of one event.
pub(crate) struct Judged {
    pub features: FeatureValues,
    pub verdict: Verdict,
    /// What the rules that fired saw.
    pub captured: Captured,
}

/// An event and who it is.
struct Row<'a> {
    event_id: &'a Arc<str>,
    event: &'a Event,
    content: Digest16,
    judged: &'a Judged,
}

impl Core {
    /// `policy` before any event.
    ///
    /// # Errors
    /// [`DecideError::PolicyInvalid`] when its features break a limit of the windows.
    pub fn new(policy: Policy) -> Result<Self, DecideError> {
        Self::with_room(policy, None)
    }

    /// `policy` before any event, its features within the memory that `place` grants.
    ///
    /// # Errors
    /// As [`Core::new`].
    pub fn within(policy: Policy, place: &ColdPlace) -> Result<Self, DecideError> {
        Self::with_room(policy, Some(place.room()))
    }

    fn with_room(policy: Policy, room: Option<ColdRoom>) -> Result<Self, DecideError> {
        let features = FeatureRun::new(policy.clone(), room)
            .map_err(|error| DecideError::PolicyInvalid(error.to_string()))?;
        Ok(Self {
            live: Arc::new(Live::new(policy)),
            features,
            next: Position::START,
        })
    }

    /// Hash of the policy.
    pub fn hash(&self) -> &str {
        &self.live.hash
    }

    /// The policy.
    pub fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live)
    }

    /// The first block whose events are not in the features.
    pub fn next(&self) -> Position {
        self.next
    }

    /// Notes that everything before `next` is in the features.
    pub fn at(&mut self, next: Position) {
        self.features.at_block(next.0);
        self.next = next;
    }

    /// Features, then rules, event by event in order of arrival.
    pub(crate) fn judge(
        &mut self,
        events: &[Event],
        next: Position,
    ) -> Result<Vec<Judged>, DecideError> {
        self.begin(next);
        let judged = self.judge_all(&events.iter().collect::<Vec<_>>())?;
        self.next = next;
        Ok(judged)
    }

    fn judge_all(&mut self, events: &[&Event]) -> Result<Vec<Judged>, DecideError> {
        let features = self.features.take_all(events).map_err(windows)?;
        let engine = self.live.policy.engine();
        let judged = events.iter().zip(features);
        Ok(judged
            .map(|(event, features)| Judged::new(engine, event, features))
            .collect())
    }

    /// Features, then rules, of one event.
    pub(crate) fn judge_one(&mut self, event: &Event) -> Result<Judged, DecideError> {
        let features = self.features.take(event).map_err(windows)?;
        Ok(Judged::new(self.live.policy.engine(), event, features))
    }

    /// The decisions as they are answered and stored.
    pub(crate) fn record(&self, work: &EventsWork, judged: &[Judged]) -> Vec<Recorded> {
        let rows: Vec<Row<'_>> = work
            .ids
            .iter()
            .zip(&work.events)
            .zip(&work.contents)
            .zip(judged)
            .map(|(((event_id, event), content), judged)| Row {
                event_id,
                event,
                content: *content,
                judged,
            })
            .collect();
        let live = &*self.live;
        parallel::map(&rows, |row| recorded(live, row, Some(work.sealed_at)))
    }

    /// Decides about the events of its share; the others only enter the features.
    pub(crate) fn judge_share(
        &mut self,
        work: &EventsWork,
        canary: &Canary,
        next: Position,
        rows: &mut [Recorded],
    ) -> Result<Vec<(Outcome, Outcome)>, DecideError> {
        let live = self.live();
        let mut pairs = Vec::new();
        self.begin(next);
        for (line, row) in work.lines.iter().zip(rows) {
            let Ok(event) = live.policy.decode(line) else {
                // Not in this policy's schema: the live one's decision stands.
                continue;
            };
            let value = event.get_named(&canary.key);
            let value = value.map(|value| value.show(live.policy.program()).into_owned());
            if canary.takes(value.as_deref().unwrap_or(&row.event_id)) {
                let judged = self.judge_one(&event)?;
                let event_id = Arc::clone(&row.event_id);
                let mine = Row {
                    event_id: &event_id,
                    event: &event,
                    content: row.content,
                    judged: &judged,
                };
                let mine = recorded(&live, &mine, Some(work.sealed_at));
                pairs.push((mine.outcome(), row.outcome()));
                // Found by the keys of both policies' schemas alike: the live one's are kept.
                *row = Recorded {
                    keys: std::mem::take(&mut row.keys),
                    ..mine
                };
            } else {
                self.features.push(&event).map_err(windows)?;
            }
        }
        self.next = next;
        Ok(pairs)
    }

    /// What this policy would make of the events; none where one is not in its schema.
    pub(crate) fn judge_again(
        &mut self,
        lines: &[Bytes],
        next: Position,
    ) -> Result<Vec<Option<Outcome>>, DecideError> {
        let live = self.live();
        let mut outcomes = Vec::with_capacity(lines.len());
        self.begin(next);
        for line in lines {
            let Ok(event) = live.policy.decode(line) else {
                outcomes.push(None);
                continue;
            };
            let verdict = self.judge_one(&event)?.verdict;
            outcomes.push(Some(Outcome {
                rules: [fired(&live, &verdict), scores_reached(&event)].concat(),
                decision: verdict.decision,
            }));
        }
        self.next = next;
        Ok(outcomes)
    }

    /// Names of what is watched: its rules, and the scores of models that it reads.
    pub(crate) fn watched_names(&self) -> Vec<Arc<str>> {
        let program = self.live.policy.program();
        let mut names: Vec<Arc<str>> = program
            .rules
            .iter()
            .map(|rule| Arc::clone(&rule.name))
            .collect();
        let scores = program.events.iter().flat_map(|kind| &kind.signals);
        names.extend(
            scores
                .filter(|signal| is_score(signal))
                .map(|signal| Arc::clone(&signal.name)),
        );
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Says that the events of the block before `next` follow.
    fn begin(&mut self, next: Position) {
        self.features.at_block(next.0.saturating_sub(1));
    }

    /// The events of some lines; none for a line that does not fit the policy's schema.
    pub(crate) fn decode_lines(&self, lines: &[Bytes]) -> Vec<Option<Event>> {
        let live = &*self.live;
        parallel::map(lines, |line| live.policy.decode(line).ok())
    }

    /// Takes events into the features without deciding. What does not fit the policy's schema is passed over.
    pub(crate) fn observe_lines(
        &mut self,
        lines: &[Bytes],
        next: Position,
    ) -> Result<(), DecideError> {
        self.begin(next);
        let events = self.decode_lines(lines);
        self.observe_all(&events.iter().flatten().collect::<Vec<_>>())?;
        self.next = next;
        Ok(())
    }

    /// See [`FeatureRun::prefetch`].
    pub(crate) fn prefetch(&self, keys: &KeysAhead, nth: usize) {
        self.features.prefetch(keys, nth);
    }

    /// Counts an event and answers what its rules read.
    pub(crate) fn features_of(&mut self, event: &Event) -> Result<FeatureValues, DecideError> {
        self.features.take(event).map_err(windows)
    }

    /// Takes an event into the features without deciding.
    pub(crate) fn observe(&mut self, event: &Event) -> Result<(), DecideError> {
        self.features.push(event).map_err(windows)
    }

    /// Decides about events that are in no log: without the time of the decision.
    pub(crate) fn decide_offline(&mut self, rows: &[Checked]) -> Result<Vec<Bytes>, DecideError> {
        let events: Vec<&Event> = rows.iter().map(|row| &row.event).collect();
        let judged = self.judge_all(&events)?;
        let rows: Vec<Row<'_>> = rows
            .iter()
            .zip(&judged)
            .map(|(row, judged)| Row {
                event_id: &row.event_id,
                event: &row.event,
                content: row.content,
                judged,
            })
            .collect();
        let live = &*self.live;
        Ok(parallel::map(&rows, |row| view(live, row, None).0))
    }

    /// As [`Core::observe`], of each event in order.
    pub(crate) fn observe_all(&mut self, events: &[&Event]) -> Result<(), DecideError> {
        self.features.push_all(events).map_err(windows)
    }

    /// Number of groups of windows of the features.
    pub(crate) fn groups(&self) -> usize {
        self.features.groups()
    }

    /// Bytes of memory of a group of windows.
    pub(crate) fn group_bytes(&self, group: usize) -> usize {
        self.features.group_bytes(group)
    }

    /// Writes what the features have besides their windows.
    pub(crate) fn write_header(&self, to: &mut impl Write) -> std::io::Result<()> {
        self.features.write_header(to)
    }

    /// Writes a group of windows.
    pub(crate) fn write_group(&mut self, group: usize, to: &mut impl Write) -> std::io::Result<()> {
        self.features.write_group(group, to)
    }

    /// Reads the state of the features.
    pub(crate) fn read_features(&mut self, from: &mut impl Read) -> Result<(), DecideError> {
        self.features
            .restore(from)
            .map_err(|_| DecideError::Damaged {
                what: "the features of a snapshot",
            })
    }
}

impl Judged {
    /// What the rules of `engine` make of an event.
    pub fn new(engine: &stanch_rules::Engine, event: &Event, features: FeatureValues) -> Self {
        let mut captured = Captured::default();
        let verdict = engine.decide_and_capture(event, &features, &mut captured);
        Self {
            features,
            verdict,
            captured,
        }
    }
}

/// A decision as [`Core::decide_offline`] gives it.
pub(crate) fn decision_offline(live: &Live, event: &Event, judged: &Judged) -> Bytes {
    let event_id = Arc::from(event.event_id());
    let row = Row {
        event_id: &event_id,
        event,
        content: Digest16::default(),
        judged,
    };
    view(live, &row, None).0
}

fn windows(error: stanch_rules::window::WindowError) -> DecideError {
    DecideError::Stopped(format!("the windows of features failed: {error}"))
}

fn fired(live: &Live, verdict: &Verdict) -> Vec<Arc<str>> {
    let rules = &live.policy.program().rules;
    let fired = verdict.fired.iter();
    fired
        .filter_map(|rule| rules.get(rule.ix()))
        .map(|rule| Arc::clone(&rule.name))
        .collect()
}

/// Whether a signal is the score of a model.
fn is_score(signal: &Field) -> bool {
    signal.ty == Type::Double
}

/// The scores of models that reach their point of decision for an event.
fn scores_reached(event: &Event) -> Vec<Arc<str>> {
    let schema = event.schema();
    // The values of signals come after those of the fields.
    let first = u32::try_from(schema.fields.len()).unwrap_or(u32::MAX);
    let signals = schema.signals.iter().zip(first..);
    let scores = signals.filter(|(signal, _)| is_score(signal));
    let reached = scores.filter(|(_, place)| match event.get(FieldIx(*place)) {
        Some(ValueRef::Double(score)) => score >= POINT_OF_DECISION,
        Some(_) | None => false,
    });
    reached
        .map(|(signal, _)| Arc::clone(&signal.name))
        .collect()
}

fn recorded(live: &Live, row: &Row<'_>, decided_at: Option<Timestamp>) -> Recorded {
    let program = live.policy.program();
    let (json, rules, measures) = view(live, row, decided_at);
    let decision: Decision = row.judged.verdict.decision;
    Recorded {
        event_id: Arc::clone(row.event_id),
        content: row.content,
        occurred_at: row.event.occurred_at(),
        decision,
        rules,
        scores: scores_reached(row.event),
        keys: row
            .event
            .keys()
            .map(|(field, value)| key_digest(field, &value.show(program)))
            .collect(),
        json,
        effects: effects_of(decision, &measures),
    }
}

/// The decision on the wire, the rules that fired and the measures asked for.
fn view(
    live: &Live,
    row: &Row<'_>,
    decided_at: Option<Timestamp>,
) -> (Bytes, Vec<Arc<str>>, Vec<MeasureView>) {
    let verdict = &row.judged.verdict;
    let rules = fired(live, verdict);
    let measures: Vec<MeasureView> = verdict
        .measures
        .iter()
        .map(|measure| MeasureView {
            kind: measure.kind,
            lasts_secs: measure.lasts.as_secs(),
        })
        .collect();
    let engine = live.policy.engine();
    let view = DecisionView {
        event_id: row.event_id,
        kind: row.event.kind_name(),
        occurred_at: row.event.occurred_at(),
        decision: verdict.decision,
        rules: &rules,
        score: verdict.score,
        features: Features {
            live,
            event: row.event,
            values: &row.judged.features,
        },
        measures: &measures,
        explanation: &Reasons::new(engine, row.event, row.judged),
        policy: &live.hash,
        decided_at,
        late: false,
    };
    let mut json = Vec::with_capacity(1_024);
    // Nothing in it can fail to be written: maps have text keys, numbers are finite.
    let written = serde_json::to_writer(&mut json, &view);
    debug_assert!(written.is_ok(), "{written:?}");
    (json.into(), rules, measures)
}
