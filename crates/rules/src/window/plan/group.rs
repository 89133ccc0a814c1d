//! Merges features that count the same events by the same key.

use std::collections::BTreeMap;

use crate::ir::{
    Aggregate, EventIx, Feature, FeatureIx, FeaturePart, FeatureSource, Program, Script, ScriptIx,
    ScriptSource, Type,
};
use crate::window::fingerprint::{DefinitionHash, Fingerprint};
use crate::window::spec::{GroupSpec, ValueClass, WindowSpec};

use super::{EventPlan, FeaturePlace, FeaturePlan, GroupPlan, Push, PushCues};

/// The features that share key, sources and filters.
#[derive(Default)]
struct Draft<'p> {
    members: Vec<Member<'p>>,
    /// Columns by what they hold, with a feature that brings the values.
    columns: BTreeMap<DefinitionHash, (ValueClass, &'p Feature)>,
}

struct Member<'p> {
    ix: usize,
    feature: &'p Feature,
    column: Option<DefinitionHash>,
}

/// The groups, the features' places in them, and the pushes of each event kind.
pub(super) fn plan_groups(program: &Program) -> FeaturePlan {
    let mut drafts: BTreeMap<DefinitionHash, Draft<'_>> = BTreeMap::new();
    for (ix, feature) in program.features.iter().enumerate() {
        if matches!(feature.part, FeaturePart::State(..)) {
            continue;
        }
        let draft = drafts.entry(events_hash(program, feature)).or_default();
        let column = column(program, feature);
        if let Some((hash, class)) = column {
            draft.columns.entry(hash).or_insert((class, feature));
        }
        draft.members.push(Member {
            ix,
            feature,
            column: column.map(|(hash, _)| hash),
        });
    }
    let nowhere = FeaturePlace {
        group: 0,
        spec: 0,
        hash: DefinitionHash(0),
    };
    let mut plan = FeaturePlan {
        groups: Vec::with_capacity(drafts.len()),
        features: vec![nowhere; program.features.len()],
        events: vec![EventPlan::default(); program.events.len()],
    };
    for (events_hash, draft) in &drafts {
        let group = plan.groups.len();
        let spec = draft.spec();
        for member in &draft.members {
            let own = draft.window_spec(member);
            if let Some(place) = plan.features.get_mut(member.ix) {
                *place = FeaturePlace {
                    group,
                    spec: spec.specs.iter().position(|s| *s == own).unwrap_or(0),
                    hash: feature_hash(program, *events_hash, member),
                };
            }
        }
        let pushes = draft.pushes(program, group);
        plan.groups.push(GroupPlan {
            hash: draft.hash(program, *events_hash),
            events_hash: *events_hash,
            spec,
            sources: pushes.iter().map(|(event, _)| *event).collect(),
        });
        for (event, push) in pushes {
            if let Some(event) = plan.events.get_mut(event.ix()) {
                event.pushes.push(push);
            }
        }
    }
    plan
}

impl Draft<'_> {
    /// Columns by hash; windows from short to long.
    fn spec(&self) -> GroupSpec {
        let mut specs: Vec<WindowSpec> = self.members.iter().map(|m| self.window_spec(m)).collect();
        specs.sort_unstable_by_key(|s| (s.window, s.column, s.aggregate as u8));
        specs.dedup();
        GroupSpec {
            columns: self.columns.values().map(|(class, _)| *class).collect(),
            specs,
        }
    }

    fn window_spec(&self, member: &Member<'_>) -> WindowSpec {
        let place = |hash| self.columns.keys().position(|known| *known == hash);
        WindowSpec {
            aggregate: member.feature.aggregate,
            column: member.column.and_then(place),
            window: member.feature.window,
        }
    }

    /// How events enter the group, by kind.
    fn pushes(&self, program: &Program, group: usize) -> Vec<(EventIx, Push)> {
        let Some(first) = self.members.first().map(|member| member.feature) else {
            return Vec::new();
        };
        match script_of(program, first) {
            Some(script) => self.script_pushes(program, script, group),
            None => (first.sources.iter())
                .map(|source| (source.event, self.push(group, source)))
                .collect(),
        }
    }

    fn script_pushes(
        &self,
        program: &Program,
        script: &Script,
        group: usize,
    ) -> Vec<(EventIx, Push)> {
        let cue = |owner: &Feature| {
            let own = |window: &FeatureIx| {
                let window = program.features.get(window.ix());
                window.is_some_and(|window| window.name == owner.name)
            };
            script.firsts.iter().position(own)
        };
        let columns: Vec<usize> = (self.columns.values())
            .filter_map(|(_, owner)| cue(owner))
            .collect();
        let push = |source: &ScriptSource| {
            let push = Push {
                group,
                key: source.key.clone(),
                filter: None,
                values: Vec::new(),
                cues: Some(PushCues {
                    mask: source.mask?,
                    columns: columns.clone(),
                }),
            };
            Some((source.event, push))
        };
        script.sources.iter().filter_map(push).collect()
    }

    fn push(&self, group: usize, source: &FeatureSource) -> Push {
        let value = |owner: &Feature| {
            let same = owner.sources.iter().find(|s| s.event == source.event)?;
            same.value.clone()
        };
        Push {
            group,
            key: source.key.clone(),
            filter: source.filter.clone(),
            values: self
                .columns
                .values()
                .map(|(_, owner)| value(owner))
                .collect(),
            cues: None,
        }
    }

    /// Columns with what is kept for them, and the longest window: what state depends on.
    fn hash(&self, program: &Program, events_hash: DefinitionHash) -> DefinitionHash {
        let mut print = Fingerprint::new(program);
        print.hash(events_hash);
        for column in self.columns.keys() {
            let kept = |wanted: &[Aggregate]| {
                let uses = |m: &Member<'_>| {
                    m.column == Some(*column) && wanted.contains(&m.feature.aggregate)
                };
                u8::from(self.members.iter().any(uses))
            };
            print.hash(*column).tag(kept(&[Aggregate::Distinct]));
            print.tag(kept(&[Aggregate::First, Aggregate::Last]));
        }
        let longest = self.members.iter().map(|m| m.feature.window).max();
        print.number(longest.map_or(0, |window| window.as_micros()));
        print.finish()
    }
}

/// A feature's sources in an order that does not depend on declarations.
fn sources<'p>(program: &Program, feature: &'p Feature) -> Vec<&'p FeatureSource> {
    let name = |source: &&FeatureSource| {
        let kind = program.events.get(source.event.ix());
        kind.map(|kind| kind.name.clone())
    };
    let mut sources: Vec<&FeatureSource> = feature.sources.iter().collect();
    sources.sort_by_key(name);
    sources
}

/// The script whose window the feature is.
fn script_of<'p>(program: &'p Program, feature: &Feature) -> Option<&'p Script> {
    let script: ScriptIx = match feature.part {
        FeaturePart::Window(script) => script,
        FeaturePart::Declared | FeaturePart::State(..) => return None,
    };
    program.scripts.get(script.ix())
}

/// Identity of what is counted and by which key: for the windows of a script, which share one group, of all its cues.
fn events_hash(program: &Program, feature: &Feature) -> DefinitionHash {
    let mut print = Fingerprint::new(program);
    if let Some(script) = script_of(program, feature) {
        let windows = script.firsts.iter();
        let windows = windows.filter_map(|window| program.features.get(window.ix()));
        print.text("script");
        for window in windows {
            for source in sources(program, window) {
                print
                    .event(source.event)
                    .exprs(source.event, &source.key)
                    .option(source.event, source.filter.as_ref());
            }
        }
        return print.finish();
    }
    for source in sources(program, feature) {
        print
            .event(source.event)
            .exprs(source.event, &source.key)
            .option(source.event, source.filter.as_ref());
    }
    print.finish()
}

/// Identity and class of the values aggregated; `None` when there are none.
fn column(program: &Program, feature: &Feature) -> Option<(DefinitionHash, ValueClass)> {
    match feature.aggregate {
        Aggregate::Count | Aggregate::SinceLast => return None,
        Aggregate::Sum
        | Aggregate::Avg
        | Aggregate::Min
        | Aggregate::Max
        | Aggregate::Distinct
        | Aggregate::First
        | Aggregate::Last
        | Aggregate::Ratio => {}
    }
    let values = feature
        .sources
        .iter()
        .filter_map(|source| source.value.as_ref());
    let class = value_class(feature.aggregate, values.map(|value| value.ty).next()?);
    let mut print = Fingerprint::new(program);
    print.tag(class as u8);
    for source in sources(program, feature) {
        print.option(source.event, source.value.as_ref());
        if let FeaturePart::Window(_) = feature.part {
            // The windows of a script differ in what they count.
            print
                .event(source.event)
                .option(source.event, source.filter.as_ref());
        }
    }
    Some((print.finish(), class))
}

/// The class of column that values of a type make. Lists, maps and money of several currencies are [`ValueClass::Text`]:
/// the driver writes them down in one canonical form. Truth values are 0 and 1 but for `ratio`.
#[must_use]
pub fn value_class(aggregate: Aggregate, ty: Type) -> ValueClass {
    match ty {
        Type::Bool if aggregate == Aggregate::Ratio => ValueClass::Bool,
        Type::Bool | Type::Int | Type::Timestamp | Type::Duration | Type::Enum(_) => {
            ValueClass::Int
        }
        Type::Double => ValueClass::Double,
        Type::Money(Some(_)) => ValueClass::Money,
        Type::Money(None) | Type::String | Type::List(_) | Type::Map(_) => ValueClass::Text,
    }
}

fn feature_hash(program: &Program, events: DefinitionHash, member: &Member<'_>) -> DefinitionHash {
    let mut print = Fingerprint::new(program);
    print.hash(events).aggregate(member.feature.aggregate);
    print.hash(member.column.unwrap_or(DefinitionHash(0)));
    print.number(member.feature.window.as_micros());
    print.tag(u8::from(member.feature.include_self));
    print.finish()
}
