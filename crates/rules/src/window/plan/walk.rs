//! Finds the features that expressions read, and the order in which to read them.

use crate::ir::{
    EventIx, Expr, ExprKind, FeatureIx, FeaturePart, Program, Rule, ScriptIx, ScriptOutput,
    Template, TemplatePiece,
};
use crate::window::fingerprint::{DefinitionHash, Fingerprint};

use super::{EventPlan, FeaturePlace, Lookup, Read, ScriptRead, Stage};

/// Fills in what rules on an event kind, their reasons, and further expressions read.
pub(super) fn plan_reads(
    program: &Program,
    event: EventIx,
    places: &[FeaturePlace],
    more: &[(EventIx, &Expr)],
    plan: &mut EventPlan,
) {
    let mut walk = Walk {
        program,
        event,
        places,
        plan,
    };
    for rule in &program.rules {
        for (place, (on, condition)) in rule.conditions.iter().enumerate() {
            if *on == event {
                walk.expr(condition);
                walk.reasons(rule, place);
            }
        }
    }
    for (on, expr) in more {
        if *on == event {
            walk.expr(expr);
        }
    }
    plan.lookups
        .sort_by_key(|lookup| (lookup.stage, lookup.depth));
}

/// Identity of a key over the fields of an event kind.
pub(crate) fn key_hash(program: &Program, event: EventIx, key: &[Expr]) -> DefinitionHash {
    let mut print = Fingerprint::new(program);
    print.exprs(event, key);
    print.finish()
}

struct Walk<'p> {
    program: &'p Program,
    event: EventIx,
    places: &'p [FeaturePlace],
    plan: &'p mut EventPlan,
}

impl Walk<'_> {
    fn reasons(&mut self, rule: &Rule, place: usize) {
        for reasons in [&rule.reason_zh, &rule.reason_en] {
            if let Some(Template { pieces }) = reasons.get(place) {
                for piece in pieces {
                    match piece {
                        TemplatePiece::Text(_) => {}
                        TemplatePiece::Value(expr) => _ = self.expr(expr),
                    }
                }
            }
        }
    }

    /// Plans every feature read below an expression; answers how deeply reads are nested in it.
    fn expr(&mut self, expr: &Expr) -> usize {
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Field(_) | ExprKind::OccurredAt => 0,
            ExprKind::Feature(feature, key) => {
                let depth = self.exprs(key);
                self.read(*feature, key, depth);
                depth + 1
            }
            ExprKind::Not(x)
            | ExprKind::InList(_, x)
            | ExprKind::InConstants(x, _)
            | ExprKind::Negate(x)
            | ExprKind::IntToDouble(x)
            | ExprKind::Has(x) => self.expr(x),
            ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Call(_, parts) => {
                self.exprs(parts)
            }
            ExprKind::Compare(_, a, b)
            | ExprKind::InCollection(a, b)
            | ExprKind::Arithmetic(_, a, b)
            | ExprKind::Default(a, b)
            | ExprKind::Index(a, b) => self.expr(a).max(self.expr(b)),
            ExprKind::Conditional(c, a, b) => self.expr(c).max(self.expr(a)).max(self.expr(b)),
        }
    }

    fn exprs(&mut self, exprs: &[Expr]) -> usize {
        exprs.iter().map(|expr| self.expr(expr)).max().unwrap_or(0)
    }

    fn read(&mut self, feature: FeatureIx, key: &[Expr], depth: usize) {
        let key_hash = key_hash(self.program, self.event, key);
        let known = |read: &Read| read.feature == feature && read.key_hash == key_hash;
        if self.plan.reads.iter().any(known) {
            return;
        }
        let (Some(place), Some(definition)) = (
            self.places.get(feature.ix()),
            self.program.features.get(feature.ix()),
        ) else {
            return;
        };
        let slot = self.plan.reads.len();
        self.plan.reads.push(Read {
            feature,
            key: key.to_vec(),
            key_hash,
        });
        if let FeaturePart::State(script, output) = definition.part {
            self.read_script((script, output), slot, key, depth);
            return;
        }
        let stage = match definition.include_self {
            true => Stage::After,
            false => Stage::Before,
        };
        let same = |lookup: &&mut Lookup| {
            (lookup.group, lookup.stage, lookup.depth) == (place.group, stage, depth)
                && lookup.key_hash == key_hash
        };
        if let Some(lookup) = self.plan.lookups.iter_mut().find(same) {
            lookup.specs.push(place.spec);
            lookup.slots.push(slot);
            return;
        }
        self.plan.lookups.push(Lookup {
            group: place.group,
            stage,
            key: key.to_vec(),
            specs: vec![place.spec],
            slots: vec![slot],
            script: None,
            depth,
            key_hash,
        });
    }

    /// Reads all windows of a script, once for each key, for what is read of it.
    fn read_script(
        &mut self,
        (script, output): (ScriptIx, ScriptOutput),
        slot: usize,
        key: &[Expr],
        depth: usize,
    ) {
        let key_hash = key_hash(self.program, self.event, key);
        let known = self.plan.lookups.iter_mut().find_map(|lookup| {
            let same = (lookup.depth, lookup.key_hash) == (depth, key_hash);
            let read = lookup.script.as_mut()?;
            (same && read.script == script).then_some(read)
        });
        if let Some(read) = known {
            read.outputs.push((output, slot));
            return;
        }
        let Some(definition) = self.program.scripts.get(script.ix()) else {
            return;
        };
        let windows = std::iter::once(&definition.seen).chain(&definition.firsts);
        let places = windows.filter_map(|window| self.places.get(window.ix()));
        let Some(group) = places.clone().map(|place| place.group).next() else {
            return;
        };
        self.plan.lookups.push(Lookup {
            group,
            stage: Stage::After,
            key: key.to_vec(),
            specs: places.map(|place| place.spec).collect(),
            slots: Vec::new(),
            script: Some(ScriptRead {
                script,
                outputs: vec![(output, slot)],
            }),
            depth,
            key_hash,
        });
    }
}
