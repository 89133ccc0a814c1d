//! From the features of a policy to window groups: which events are pushed where, and what is read for whom.
//!
//! Features with the same key, sources and filter share one [`GroupPlan`] and so one ring of events for each key.
//! Nothing here evaluates an expression; the driver does, with the row back end:
//!
//! 1. every [`Lookup`] of [`Stage::Before`] is read (features that exclude the event at hand),
//! 2. every [`Push`] whose filter is true and whose key has no missing part is pushed,
//! 3. every [`Lookup`] of [`Stage::After`] is read.
//!
//! Everything is ordered by content, not by the order of declaration, so that an unchanged definition has the same hash
//! and layout in every policy.

use crate::ir::{EventIx, Expr, FeatureIx, FieldIx, Program, ScriptIx, ScriptOutput};

use super::fingerprint::DefinitionHash;
use super::spec::GroupSpec;

mod group;
#[cfg(test)]
mod tests;
mod walk;

pub use group::value_class;
pub(crate) use walk::key_hash as meaning;

/// What the features of a policy need of the window engine.
#[derive(Debug, Clone, Default)]
pub struct FeaturePlan {
    /// Window groups, ordered by [`GroupPlan::events_hash`].
    pub groups: Vec<GroupPlan>,
    /// Where each feature lives, by [`FeatureIx`].
    pub features: Vec<FeaturePlace>,
    /// What each event kind does, by [`EventIx`].
    pub events: Vec<EventPlan>,
}

/// A window group: everything that is computed from the same events by the same key.
#[derive(Debug, Clone)]
pub struct GroupPlan {
    /// Identity of key, sources, filters, columns and longest window: the state of an equal hash can be taken over.
    pub hash: DefinitionHash,
    /// Identity of key, sources and filters alone.
    pub events_hash: DefinitionHash,
    /// What the engine is built from.
    pub spec: GroupSpec,
    /// The event kinds that feed it.
    pub sources: Vec<EventIx>,
}

/// Where a feature lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeaturePlace {
    /// Index into [`FeaturePlan::groups`].
    pub group: usize,
    /// Index into the group's [`GroupSpec::specs`].
    pub spec: usize,
    /// Identity of the definition, self included or excluded too.
    pub hash: DefinitionHash,
}

/// What an event of one kind does to windows, and what its rules read of them.
#[derive(Debug, Clone, Default)]
pub struct EventPlan {
    /// Groups it is pushed to.
    pub pushes: Vec<Push>,
    /// The features read, one slot for each pair of feature and key; a key that itself reads features comes after them.
    pub reads: Vec<Read>,
    /// The same reads as calls of the engine, in the order in which they are to be made within a stage.
    pub lookups: Vec<Lookup>,
}

/// How an event enters a group.
#[derive(Debug, Clone)]
pub struct Push {
    /// Index into [`FeaturePlan::groups`].
    pub group: usize,
    /// The key's parts; with a missing part nothing is pushed.
    pub key: Vec<Expr>,
    /// Pushed only when true.
    pub filter: Option<Expr>,
    /// A value for each column of the group; `None` is always missing.
    pub values: Vec<Option<Expr>>,
    /// For a group of a script, instead of filter and values: which cues the event shows.
    pub cues: Option<PushCues>,
}

/// How the cues of a script that an event shows enter its group: an event without any is not pushed.
#[derive(Debug, Clone)]
pub struct PushCues {
    /// The signal with a bit for each cue.
    pub mask: FieldIx,
    /// For each column the place of its cue: it holds the time of the event when the bit is set.
    pub columns: Vec<usize>,
}

/// A feature read for a key.
#[derive(Debug, Clone)]
pub struct Read {
    /// The feature.
    pub feature: FeatureIx,
    /// The key's parts, over the fields of the event at hand; with a missing part the answer is missing.
    pub key: Vec<Expr>,
    key_hash: DefinitionHash,
}

/// When a window is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Before the event at hand is pushed: it does not count itself.
    Before,
    /// After it is pushed: it counts itself, if it has that key.
    After,
}

/// Reads of one group with one key, made by one call.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Index into [`FeaturePlan::groups`].
    pub group: usize,
    /// When it is made.
    pub stage: Stage,
    /// The key's parts.
    pub key: Vec<Expr>,
    /// What is read: indices into the group's [`GroupSpec::specs`].
    pub specs: Vec<usize>,
    /// Where the answers go: indices into [`EventPlan::reads`], one for each of `specs`; for a script none.
    pub slots: Vec<usize>,
    /// For the windows of a script: what follows from their answers.
    pub script: Option<ScriptRead>,
    depth: usize,
    key_hash: DefinitionHash,
}

/// What is read of a script. Its lookup answers the count of events with a cue, then the first time of each cue.
#[derive(Debug, Clone)]
pub struct ScriptRead {
    /// The script.
    pub script: ScriptIx,
    /// What is read, and its index into [`EventPlan::reads`].
    pub outputs: Vec<(ScriptOutput, usize)>,
}

impl Lookup {
    /// Whether the key has answers of other windows in it.
    #[must_use]
    pub const fn is_nested(&self) -> bool {
        self.depth > 0
    }
}

impl FeaturePlan {
    /// The plan of everything that the rules of a policy read.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        Self::with_expressions(program, &[])
    }

    /// The plan of a policy, and of further expressions over events of the given kinds (expectations of tests).
    #[must_use]
    pub fn with_expressions(program: &Program, more: &[(EventIx, &Expr)]) -> Self {
        let mut plan = group::plan_groups(program);
        for (ix, event) in plan.events.iter_mut().enumerate() {
            let of = EventIx(u32::try_from(ix).unwrap_or(u32::MAX));
            walk::plan_reads(program, of, &plan.features, more, event);
        }
        plan
    }

    /// The slot of [`EventPlan::reads`] that holds this feature for this key; `None` when the plan does not read it.
    #[must_use]
    pub fn slot(
        &self,
        program: &Program,
        event: EventIx,
        feature: FeatureIx,
        key: &[Expr],
    ) -> Option<usize> {
        let key_hash = walk::key_hash(program, event, key);
        let reads = &self.events.get(event.ix())?.reads;
        reads
            .iter()
            .position(|read| read.feature == feature && read.key_hash == key_hash)
    }
}
