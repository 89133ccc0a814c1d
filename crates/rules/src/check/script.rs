//! `script`: stages, cues, keys; and reading what a script says.

use std::sync::Arc;

use stanch_types::Duration;

use super::feature::{Key, WINDOW_MAX, WINDOW_MIN};
use super::scope::Scope;
use super::{Checker, Declared, doc, next_index, shortened};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{
    Aggregate, Bilingual, EventIx, Expr, ExprKind, Feature, FeatureIx, FeaturePart, FeatureSource,
    Field, FieldIx, Script, ScriptIx, ScriptOutput, ScriptSource, Span, Type,
};
use crate::script::{CUES_MAX, STAGES_MAX};
use crate::syntax::ast::{
    self, Declaration, KeyPart, Length, Name, Reason, ScriptClauseKind, Text,
};

mod read;
mod stage;

/// Most parts of a key.
const KEY_PARTS_MAX: usize = 8;

/// The clauses of a script.
#[derive(Default)]
struct Clauses<'a> {
    titles: Vec<&'a Reason>,
    typologies: Vec<&'a Text>,
    memory: Option<&'a Length>,
    keys: Vec<(&'a [Name], &'a [KeyPart])>,
    stages: Vec<&'a ast::Stage>,
}

impl Checker<'_, '_> {
    pub(super) fn script(&mut self, declaration: &Declaration, script: &ast::Script) {
        if self.scripts.contains_key(&script.name.text) {
            return;
        }
        let checked = self.checked_script(declaration, script);
        let index = checked.map(|checked| {
            let index = ScriptIx(next_index(self.program.scripts.len()));
            let checked = self.with_features(checked, index);
            self.program.scripts.push(checked);
            index
        });
        let declared = Declared {
            index,
            span: script.name.at.0,
        };
        self.scripts.insert(script.name.text.clone(), declared);
    }

    fn checked_script(
        &mut self,
        declaration: &Declaration,
        script: &ast::Script,
    ) -> Option<Script> {
        let name = script.name.at.0;
        let clauses = self.clauses_of_script(script);
        let title = self.bilingual(&clauses.titles, name, "title");
        let (sources, keys) = self.script_keys(&clauses, name)?;
        let memory = self.memory(&clauses, &sources, name);
        if clauses.stages.is_empty() || clauses.stages.len() > STAGES_MAX {
            let message = format!("a script has 1 to {STAGES_MAX} stages");
            let found = Diagnostic::error(Code::IncompleteScript, name, message);
            self.report(found.hint("write `stage find { … }` for each, from first to last"));
            return None;
        }
        let (key_names, key_types) = keys.into_iter().unzip();
        let mut checked = Script {
            name: script.name.text.as_str().into(),
            doc: doc(declaration),
            title: title?,
            typologies: (clauses.typologies.iter())
                .map(|typology| typology.value.as_str().into())
                .collect(),
            memory: memory?,
            key_names,
            key_types,
            sources,
            stages: Vec::new(),
            cues: Vec::new(),
            seen: FeatureIx(0),
            firsts: Vec::new(),
            outputs: Vec::new(),
            span: name,
        };
        let mut is_whole = true;
        for stage in &clauses.stages {
            is_whole &= self.stage(stage, &mut checked).is_some();
        }
        if checked.cues.len() > CUES_MAX {
            let message = format!(
                "a script has at most {CUES_MAX} cues, this one has {}",
                checked.cues.len()
            );
            let found = Diagnostic::error(Code::TooLarge, name, message);
            self.report(found.hint("join cues of one stage with `||`"));
            return None;
        }
        is_whole.then_some(checked)
    }

    fn clauses_of_script<'a>(&mut self, script: &'a ast::Script) -> Clauses<'a> {
        let mut all = Clauses::default();
        for clause in &script.clauses {
            match &clause.kind {
                ScriptClauseKind::Title(reasons) => all.titles.extend(reasons),
                ScriptClauseKind::Typology(typology) => all.typologies.push(typology),
                ScriptClauseKind::Memory(length) => match all.memory {
                    Some(first) => {
                        self.twice("the script has `memory` twice", clause.at.0, first.at.0)
                    }
                    None => all.memory = Some(length),
                },
                ScriptClauseKind::Of(events, by) => all.keys.push((events, by)),
                ScriptClauseKind::Stage(stage) => {
                    let known = all.stages.iter().find(|known| known.name == stage.name);
                    if let Some(first) = known {
                        let message =
                            format!("the script has the stage `{}` twice", stage.name.text);
                        self.twice(&message, stage.name.at.0, first.name.at.0);
                    }
                    all.stages.push(stage);
                }
            }
        }
        all
    }

    fn twice(&mut self, message: &str, at: Span, first: Span) {
        let found = Diagnostic::error(Code::Duplicate, at, message).label(first, "first here");
        self.report(found.hint("remove one of them"));
    }

    /// A text in both languages, without holes.
    fn bilingual(&mut self, texts: &[&Reason], owner: Span, what: &str) -> Option<Bilingual> {
        let mut found: [Option<Arc<str>>; 2] = [None, None];
        for text in texts {
            let at = match text.language.text.as_str() {
                "zh" => 0,
                "en" => 1,
                other => {
                    let message = format!("texts are given in zh and en, not in `{other}`");
                    let wrong = Diagnostic::error(Code::UnknownWord, text.language.at.0, message)
                        .hint(format!("write `{what} zh \"…\" en \"…\"`"))
                        .did_you_mean(other, ["zh", "en"]);
                    self.report(wrong);
                    return None;
                }
            };
            let mut plain = String::new();
            for piece in &text.template.pieces {
                match piece {
                    ast::Piece::Text(piece) => plain.push_str(piece),
                    ast::Piece::Value(value) => {
                        let message = format!("nothing is filled in here: a {what} is plain text");
                        let wrong = Diagnostic::error(Code::Syntax, value.at.0, message);
                        self.report(wrong.hint("write `{{` and `}}` for braces"));
                        return None;
                    }
                }
            }
            let slot = found.get_mut(at)?;
            if slot.is_some() {
                let message = format!("the {what} in {} is given twice", text.language.text);
                let wrong = Diagnostic::error(Code::Duplicate, text.language.at.0, message);
                self.report(wrong.hint("remove one of them"));
            }
            if !plain.trim().is_empty() {
                *slot = Some(plain.into());
            }
        }
        let [Some(zh), Some(en)] = found else {
            let message = format!("a {what} in Chinese and English is missing");
            let wrong = Diagnostic::error(Code::IncompleteScript, owner, message);
            self.report(wrong.hint(format!("add `{what} zh \"…\" en \"…\"`")));
            return None;
        };
        Some(Bilingual { zh, en })
    }

    fn memory(
        &mut self,
        clauses: &Clauses<'_>,
        sources: &[ScriptSource],
        name: Span,
    ) -> Option<Duration> {
        let Some(length) = clauses.memory else {
            let message = "the script does not say how long cues are remembered";
            let found = Diagnostic::error(Code::IncompleteScript, name, message);
            self.report(found.hint("add `memory 30d`: 1s to 90d"));
            return None;
        };
        let range = WINDOW_MIN..=WINDOW_MAX;
        let memory = self.length_within(Code::WindowRange, length, range, "a memory", "1s to 90d");
        if memory.as_micros() != length.micros {
            return Some(memory);
        }
        let kinds = sources.iter().map(|source| source.event);
        let kinds = kinds.filter_map(|event| self.program.events.get(event.ix()));
        let shorter = kinds.into_iter().find(|kind| kind.retention < memory);
        if let Some(kind) = shorter {
            let message = format!(
                "a memory of {} is longer than `{}` is kept",
                length.text, kind.name
            );
            let found = Diagnostic::error(Code::RetentionTooShort, length.at.0, message)
                .label(kind.span, "declared here")
                .hint("shorten the memory or lengthen the retention");
            self.report(found);
        }
        Some(memory)
    }

    /// The event kinds that have the key, and the key's parts.
    fn script_keys(
        &mut self,
        clauses: &Clauses<'_>,
        name: Span,
    ) -> Option<(Vec<ScriptSource>, Vec<Key>)> {
        let mut sources: Vec<ScriptSource> = Vec::new();
        let mut keys: Option<Vec<Key>> = None;
        let mut is_whole = true;
        for (events, by) in &clauses.keys {
            for event in self.events_named(events) {
                let place = by.first().map_or(name, |part| part.value.at.0);
                if sources.iter().any(|known| known.event == event) {
                    let message = format!("the key of `{}` is given twice", self.event_name(event));
                    let found = Diagnostic::error(Code::Duplicate, place, message);
                    self.report(found.hint("remove one of them"));
                    continue;
                }
                let Some((key, parts)) = self.script_key(by, event) else {
                    is_whole = false;
                    continue;
                };
                is_whole &= self.one_key(keys.as_deref(), &parts, place);
                keys.get_or_insert(parts);
                sources.push(ScriptSource {
                    event,
                    key,
                    cues: Vec::new(),
                    mask: None,
                });
            }
        }
        if clauses.keys.is_empty() {
            let message = "the script does not say whose exchange it is";
            let found = Diagnostic::error(Code::IncompleteScript, name, message);
            self.report(found.hint("add `of payment by event.account`, for every kind with a cue"));
            return None;
        }
        is_whole.then_some((sources, keys?))
    }

    fn script_key(&mut self, by: &[KeyPart], event: EventIx) -> Option<(Vec<Expr>, Vec<Key>)> {
        if by.len() > KEY_PARTS_MAX {
            let place = by
                .first()
                .map_or_else(Span::default, |part| part.value.at.0);
            let message = format!("a key has at most {KEY_PARTS_MAX} parts");
            let found = Diagnostic::error(Code::TooLarge, place, message);
            self.report(found.hint("leave parts out"));
            return None;
        }
        let scope = Scope {
            event,
            features: false,
        };
        Some(self.keys(by, &scope)?.into_iter().unzip())
    }

    /// Whether the key is the same as that of the kind before: names and types.
    fn one_key(&mut self, first: Option<&[Key]>, other: &[Key], place: Span) -> bool {
        let Some(first) = first.filter(|first| *first != other) else {
            return true;
        };
        let list = |checker: &Self, keys: &[Key]| {
            let parts = keys.iter();
            let parts = parts.map(|(name, ty)| format!("{name}: {}", checker.type_name(*ty)));
            parts.collect::<Vec<_>>().join(", ")
        };
        let message = format!(
            "the key is ({}) here and ({}) before",
            list(self, other),
            list(self, first)
        );
        let found = Diagnostic::error(Code::KeyMismatch, place, message);
        self.report(found.hint("give its parts the same names with `as` in every `of`"));
        false
    }

    /// The script with the features that it is made of.
    fn with_features(&mut self, mut script: Script, index: ScriptIx) -> Script {
        let seen = self.window_of(&script, index, None);
        script.seen = self.push_feature(seen);
        for cue in 0..script.cues.len() {
            let first = self.window_of(&script, index, Some(cue));
            let first = self.push_feature(first);
            script.firsts.push(first);
        }
        for output in ScriptOutput::ALL {
            let mut feature = self.window_of(&script, index, None);
            feature.name = format!("script.{}.{output}", script.name).into();
            feature.aggregate = Aggregate::Max;
            feature.sources = Vec::new();
            feature.ty = output.ty();
            feature.part = FeaturePart::State(index, *output);
            let output = self.push_feature(feature);
            script.outputs.push(output);
        }
        script
    }

    fn push_feature(&mut self, feature: Feature) -> FeatureIx {
        self.program.features.push(feature);
        FeatureIx(next_index(self.program.features.len() - 1))
    }

    /// `min(event.occurred_at) … where CUE`, or `count() … where any cue`.
    fn window_of(&self, script: &Script, index: ScriptIx, cue: Option<usize>) -> Feature {
        let boolean = |kind: ExprKind| Expr {
            ty: Type::Bool,
            kind,
            span: script.span,
        };
        let time = Expr {
            ty: Type::Timestamp,
            kind: ExprKind::OccurredAt,
            span: script.span,
        };
        let source = |source: &ScriptSource| {
            let cues = source.cues.iter();
            let conditions: Vec<Expr> = cues
                .filter(|(of, _)| cue.is_none_or(|cue| *of == cue))
                .map(|(_, condition)| condition.clone())
                .collect();
            (!conditions.is_empty()).then(|| FeatureSource {
                event: source.event,
                key: source.key.clone(),
                filter: Some(boolean(ExprKind::Or(conditions))),
                value: cue.map(|_| time.clone()),
            })
        };
        let name = cue.and_then(|cue| script.cues.get(cue));
        let name = name.map_or("any", |cue| &cue.name);
        let (aggregate, ty) = match cue {
            Some(_) => (Aggregate::Min, Type::Timestamp),
            None => (Aggregate::Count, Type::Int),
        };
        Feature {
            name: format!("script.{}.cue.{name}", script.name).into(),
            doc: String::new(),
            aggregate,
            sources: script.sources.iter().filter_map(source).collect(),
            key_names: script.key_names.clone(),
            key_types: script.key_types.clone(),
            window: script.memory,
            include_self: true,
            ty,
            part: FeaturePart::Window(index),
            span: script.span,
        }
    }

    /// The signal of a kind that has a bit for each cue of a script, given to it when the first cue is read.
    fn mask_of(&mut self, script: &str, event: EventIx) -> Option<FieldIx> {
        let kind = self.program.events.get_mut(event.ix())?;
        let name = format!("script.{script}.cues");
        let known = kind.signals.iter().position(|field| *field.name == *name);
        let place = known.unwrap_or_else(|| {
            kind.signals.push(Field {
                name: name.into(),
                doc: String::new(),
                ty: Type::Int,
                optional: true,
                key: false,
                personal: false,
                regional: false,
                span: Span::default(),
            });
            kind.signals.len() - 1
        });
        u32::try_from(kind.fields.len() + place).ok().map(FieldIx)
    }

    /// The script of this name; an unknown one is reported.
    fn script_named(&mut self, name: &Name) -> Option<ScriptIx> {
        if let Some(declared) = self.scripts.get(&name.text) {
            let index = declared.index?;
            self.used_scripts.insert(index);
            return Some(index);
        }
        let names: Vec<String> = self.scripts.keys().cloned().collect();
        let names = || names.iter().map(String::as_str);
        let message = format!("there is no script `{}`", name.text);
        let mut found = Diagnostic::error(Code::UnknownScript, name.at.0, message);
        found = if self.scripts.is_empty() {
            found.hint("declare it: `script name { … }`")
        } else {
            found
                .hint(format!("scripts are {}", shortened(names())))
                .did_you_mean(&name.text, names())
        };
        let meant = found.replacement.clone();
        let meant = meant.and_then(|meant| self.scripts.get(&meant)?.index);
        self.used_scripts.extend(meant);
        self.report(found);
        None
    }
}
