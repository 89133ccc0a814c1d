//! Scripts at work: from the cues that were seen to the stage and how sure it is.
//!
//! **Contract.** For a key at time t a cue counts from the time of the first event in (t - memory, t] for which its condition
//! is true. Cues count once each, by that time; ties by their order in the policy. When a cue of a stage counts:
//!
//! - the stage's own evidence is 1 - product of (1 - weight) over its cues that count (noisy-or),
//! - its confidence is 1 - (1 - own) * (1 - [`CARRY`] * c), where c is the greatest confidence of an earlier stage at that
//!   time: what came before raises it,
//! - it is multiplied by [`ABRUPT`] when earlier stages exist and none was entered: it comes out of nowhere,
//! - the stage is entered when its confidence reaches its need.
//!
//! The stage is the last one entered. Everything follows from the first times of cues, which are exact windows
//! ([`crate::window`]): late events, snapshots, shards and backtests need nothing of their own.

mod cues;

use crate::ir::{Program, Script, ScriptIx, ScriptOutput};
use crate::value::Value;
use crate::window::WindowValue;

pub(crate) use cues::{Cues, conditions, mask};

/// Most cues of a script: as many columns as a window group has.
pub const CUES_MAX: usize = 32;
/// Most stages of a script.
pub const STAGES_MAX: usize = 12;
/// How much of an earlier stage's confidence speaks for a later one. Chosen so that a stage entered at 0.8 lifts a lone
/// cue of weight 0.4 in the next to 0.64.
pub const CARRY: f64 = 0.5;
/// What is left of the confidence of a stage that no earlier one led to.
pub const ABRUPT: f64 = 0.7;

/// The cues of a script that were seen for the key that an event has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The script.
    pub script: ScriptIx,
    /// Place of the lookup that found them in the plan of the event's kind.
    pub lookup: usize,
    /// Place of each cue and its first time, by time, then by place.
    pub firsts: Vec<(usize, i64)>,
}

/// What a script says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct State {
    /// Number of the stage, 0 for none.
    pub stage: usize,
    /// How sure it is of the stage, 0 to 1.
    pub confidence: f64,
    /// When it was entered; 0 for none.
    pub entered_us: i64,
    /// Number of cues seen.
    pub cues: usize,
}

/// A script as its cues come in, in order of time.
#[derive(Debug)]
pub struct Progress<'s> {
    script: &'s Script,
    stages: [Standing; STAGES_MAX],
    cues: usize,
}

/// How a stage stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    /// Product of what its cues leave open.
    open: f64,
    confidence: f64,
    entered_us: Option<i64>,
}

impl<'s> Progress<'s> {
    /// Before any cue.
    #[must_use]
    pub const fn new(script: &'s Script) -> Self {
        let nothing = Standing {
            open: 1.0,
            confidence: 0.0,
            entered_us: None,
        };
        Self {
            script,
            stages: [nothing; STAGES_MAX],
            cues: 0,
        }
    }

    /// A cue counts from `at_us` on, which is not before any that counts already.
    pub fn see(&mut self, cue: usize, at_us: i64) {
        let Some(cue) = self.script.cues.get(cue) else {
            return;
        };
        self.cues += 1;
        let earlier = self.stages.get(..cue.stage).unwrap_or_default();
        let before = (earlier.iter()).fold(0.0_f64, |most, stage| most.max(stage.confidence));
        let is_abrupt =
            !earlier.is_empty() && earlier.iter().all(|stage| stage.entered_us.is_none());
        let need = (self.script.stages.get(cue.stage)).map_or(1.0, |stage| stage.need);
        let Some(stage) = self.stages.get_mut(cue.stage) else {
            return;
        };
        stage.open *= 1.0 - cue.weight;
        let raised = 1.0 - stage.open * (1.0 - CARRY * before);
        stage.confidence = if is_abrupt { raised * ABRUPT } else { raised };
        if stage.confidence >= need {
            stage.entered_us.get_or_insert(at_us);
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        let numbered = self.stages.iter().zip(1_usize..);
        let entered = numbered
            .filter_map(|(stage, number)| Some((number, stage, stage.entered_us?)))
            .last();
        match entered {
            Some((number, stage, entered_us)) => State {
                stage: number,
                confidence: stage.confidence,
                entered_us,
                cues: self.cues,
            },
            None => State {
                cues: self.cues,
                ..State::default()
            },
        }
    }
}

impl State {
    /// What follows from cues and their first times, by time, then by place.
    #[must_use]
    pub fn of(script: &Script, firsts: &[(usize, i64)]) -> Self {
        let mut progress = Progress::new(script);
        for (cue, at_us) in firsts {
            progress.see(*cue, *at_us);
        }
        progress.state()
    }

    /// What is read of it at `now_us`; `None` when missing.
    #[must_use]
    pub fn value(self, script: &Script, output: ScriptOutput, now_us: i64) -> Option<Value> {
        let at = self.stage.checked_sub(1);
        let stage = at.and_then(|at| script.stages.get(at));
        let strongest = stage.and_then(|stage| stage.acts.iter().max().copied());
        let whole = |number: usize| i64::try_from(number).ok().map(Value::Int);
        match output {
            ScriptOutput::Stage => whole(self.stage),
            ScriptOutput::Name => Some(Value::String((&*stage?.name).into())),
            ScriptOutput::Confidence => Some(Value::Double(self.confidence)),
            ScriptOutput::Entered => stage.map(|_| Value::Timestamp(self.entered_us)),
            ScriptOutput::InStage => {
                stage.map(|_| Value::Duration(now_us.saturating_sub(self.entered_us)))
            }
            ScriptOutput::Cues => whole(self.cues),
            ScriptOutput::Act => Some(Value::String(strongest?.as_str().into())),
            ScriptOutput::Strength => {
                Some(Value::Int(strongest.map_or(0, crate::ir::Act::strength)))
            }
        }
    }
}

/// What a script's windows answer when no cue was seen.
pub const NOTHING_SEEN: &[WindowValue] = &[WindowValue::Int(0)];

/// The cues seen, from what a script's windows answer: the count, then the first time of each cue. `None` when the windows
/// cannot tell any more.
pub(crate) fn firsts(answers: &[WindowValue]) -> Option<Vec<(usize, i64)>> {
    let (WindowValue::Int(count), times) = answers.split_first()? else {
        return None;
    };
    if *count == 0 {
        return Some(Vec::new());
    }
    let time = |(cue, answer): (usize, &WindowValue)| match answer {
        WindowValue::Int(at_us) => Some((cue, *at_us)),
        WindowValue::Missing | WindowValue::Double(_) | WindowValue::Text(_) => None,
    };
    let mut firsts: Vec<(usize, i64)> = times.iter().enumerate().filter_map(time).collect();
    firsts.sort_unstable_by_key(|(cue, at_us)| (*at_us, *cue));
    Some(firsts)
}

/// The script at a place.
pub(crate) fn of(program: &Program, script: ScriptIx) -> Option<&Script> {
    program.scripts.get(script.ix())
}
