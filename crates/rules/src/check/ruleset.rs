//! `ruleset`: which rules decide together, and how.

use hashbrown::HashSet;

use super::{Checker, doc, next_index, shortened};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Decision, EventIx, RuleIx, Ruleset, RulesetMode, Span};
use crate::syntax::ast::{self, Declaration, Mode, Name, Threshold};

/// Words of the modes.
const MODES: &[&str] = &["all", "first_match", "score"];

impl Checker<'_, '_> {
    pub(super) fn ruleset(&mut self, declaration: &Declaration, set: &ast::Ruleset) {
        let name = &set.name;
        if self
            .program
            .rulesets
            .iter()
            .any(|known| *known.name == *name.text)
        {
            return;
        }
        let events = self.events_named(&set.on);
        let mode = self.mode(set);
        let (rules, is_whole) = self.uses(set, &events);
        for rule in &rules {
            self.used_rules.insert(*rule);
        }
        let Some(mode) = mode else {
            return;
        };
        if is_whole {
            self.warn_unreachable(&mode, &rules, &events, name.at.0);
            self.warn_scores(&mode, &rules, set);
        }
        self.program.rulesets.push(Ruleset {
            name: name.text.as_str().into(),
            doc: doc(declaration),
            events,
            mode,
            rules,
            span: name.at.0,
        });
    }

    fn mode(&mut self, set: &ast::Ruleset) -> Option<RulesetMode> {
        let Some(mode) = set.modes.first() else {
            let message = format!("the rule set `{}` has no mode", set.name.text);
            let found = Diagnostic::error(Code::BadRuleset, set.name.at.0, message);
            self.report(
                found.hint(
                    "add `mode all`, `mode first_match` or `mode score { 50 review; 80 hold }`",
                ),
            );
            return None;
        };
        if let Some(second) = set.modes.get(1) {
            let found =
                Diagnostic::error(Code::Duplicate, second.at.0, "the rule set has two modes");
            self.report(
                found
                    .label(mode.at.0, "first here")
                    .hint("remove one of them"),
            );
        }
        let is_score = mode.word.text == "score";
        if let (false, Some(_)) = (is_score, &mode.thresholds) {
            let message = format!("`mode {}` has no thresholds", mode.word.text);
            let found = Diagnostic::error(Code::BadRuleset, mode.at.0, message);
            self.report(found.hint("thresholds belong to `mode score { … }`"));
        }
        match mode.word.text.as_str() {
            "all" => Some(RulesetMode::All),
            "first_match" => Some(RulesetMode::FirstMatch),
            "score" => self.thresholds(mode).map(RulesetMode::Score),
            other => {
                let message = format!("there is no mode `{other}`");
                let found = Diagnostic::error(Code::UnknownWord, mode.word.at.0, message)
                    .hint(format!("modes are {}", shortened(MODES.iter().copied())))
                    .did_you_mean(other, MODES.iter().copied());
                self.report(found);
                None
            }
        }
    }

    fn thresholds(&mut self, mode: &Mode) -> Option<Vec<(i64, Decision)>> {
        let thresholds = mode.thresholds.as_deref().unwrap_or_default();
        if thresholds.is_empty() {
            let message = "`mode score` needs thresholds";
            let found = Diagnostic::error(Code::BadRuleset, mode.at.0, message);
            self.report(found.hint("write `mode score { 50 review; 80 hold }`"));
            return None;
        }
        let mut checked: Vec<(i64, Decision)> = Vec::new();
        let mut is_whole = true;
        let mut before: Option<&Threshold> = None;
        for threshold in thresholds {
            let score = threshold.score.text.parse::<i64>().ok();
            if score.is_none() {
                let message = format!("`{}` does not fit 64 bits", threshold.score.text);
                let found = Diagnostic::error(Code::BadNumber, threshold.score.at.0, message);
                self.report(found.hint("write a smaller score"));
            }
            let decision = self.decision(&threshold.decision);
            let (Some(score), Some(decision)) = (score, decision) else {
                is_whole = false;
                continue;
            };
            if let (Some((last, stronger)), Some(first)) = (checked.last(), before) {
                let rises = score > *last;
                if !rises || decision <= *stronger {
                    let (span, message) = if rises {
                        let message =
                            format!("`{decision}` is not stronger than `{stronger}` before it");
                        (threshold.decision.at.0, message)
                    } else {
                        let message =
                            format!("the threshold {score} does not rise above {last} before it");
                        (threshold.score.at.0, message)
                    };
                    let found = Diagnostic::error(Code::BadRuleset, span, message)
                        .label(first.score.at.0, "the one before")
                        .hint("order thresholds from the lowest score and the mildest decision to the highest");
                    self.report(found);
                    is_whole = false;
                }
            }
            checked.push((score, decision));
            before = Some(threshold);
        }
        is_whole.then_some(checked)
    }

    /// The rules in order, and whether all that are named are there.
    fn uses(&mut self, set: &ast::Ruleset, events: &[EventIx]) -> (Vec<RuleIx>, bool) {
        let mut rules = Vec::new();
        let mut named: HashSet<RuleIx> = HashSet::new();
        let mut is_whole = true;
        for uses in &set.uses {
            match &uses.rules {
                None => {
                    let all = self.rules_on(events);
                    if all.is_empty() && self.rules.values().all(|rule| rule.index.is_some()) {
                        let message = "there is no rule on these event kinds";
                        let found = Diagnostic::error(Code::BadRuleset, uses.at.0, message);
                        self.report(found.hint("declare a `rule … on …`, or remove the rule set"));
                    }
                    rules.extend(all.into_iter().filter(|rule| named.insert(*rule)));
                }
                Some(names) => {
                    for name in names {
                        match self.used_rule(name, events) {
                            Some(rule) if named.insert(rule) => rules.push(rule),
                            Some(_) => {
                                let message = format!("the rule `{}` is used twice", name.text);
                                let found = Diagnostic::error(Code::Duplicate, name.at.0, message);
                                self.report(found.hint("remove one of them"));
                            }
                            None => is_whole = false,
                        }
                    }
                }
            }
        }
        if set.uses.is_empty() {
            let message = format!("the rule set `{}` uses no rule", set.name.text);
            let found = Diagnostic::error(Code::BadRuleset, set.name.at.0, message);
            self.report(
                found.hint("add `use *` for every rule on these event kinds, or `use a, b`"),
            );
            is_whole = false;
        }
        (rules, is_whole)
    }

    fn rules_on(&self, events: &[EventIx]) -> Vec<RuleIx> {
        let rules = self.program.rules.iter().enumerate();
        rules
            .filter(|(_, rule)| {
                rule.conditions
                    .iter()
                    .any(|(event, _)| events.contains(event))
            })
            .map(|(at, _)| RuleIx(next_index(at)))
            .collect()
    }

    pub(super) fn rule_named(&mut self, name: &Name) -> Option<RuleIx> {
        if let Some(declared) = self.rules.get(&name.text) {
            return declared.index;
        }
        let names: Vec<String> = self.rules.keys().cloned().collect();
        let names = || names.iter().map(String::as_str);
        let message = format!("there is no rule `{}`", name.text);
        let mut found = Diagnostic::error(Code::UnknownRule, name.at.0, message);
        found = if self.rules.is_empty() {
            found.hint("declare it: `rule name on event { … }`")
        } else {
            found
                .hint(format!("rules are {}", shortened(names())))
                .did_you_mean(&name.text, names())
        };
        self.report(found);
        None
    }

    fn used_rule(&mut self, name: &Name, events: &[EventIx]) -> Option<RuleIx> {
        let index = self.rule_named(name)?;
        let rule = self.program.rules.get(index.ix())?;
        let common = rule
            .conditions
            .iter()
            .any(|(event, _)| events.contains(event));
        if !common && !events.is_empty() {
            let declared = rule.span;
            let message = format!(
                "the rule `{}` is on none of this rule set's event kinds",
                name.text
            );
            let found = Diagnostic::error(Code::NoCommonEvent, name.at.0, message)
                .label(declared, "declared here")
                .hint("add the event kind to the rule's or the rule set's `on`");
            self.report(found);
            return None;
        }
        Some(index)
    }

    /// Rules that come after one that always fires, in `first_match`.
    fn warn_unreachable(
        &mut self,
        mode: &RulesetMode,
        rules: &[RuleIx],
        events: &[EventIx],
        set: Span,
    ) {
        if *mode != RulesetMode::FirstMatch {
            return;
        }
        let mut closed: Vec<(EventIx, Span)> = Vec::new();
        let mut found = Vec::new();
        for index in rules {
            let Some(rule) = self.program.rules.get(index.ix()) else {
                continue;
            };
            let reachable = rule.conditions.iter().any(|(event, _)| {
                events.contains(event) && !closed.iter().any(|(closed, _)| closed == event)
            });
            if let (false, Some((_, by))) = (reachable, closed.first()) {
                let message = format!("the rule `{}` is never reached", rule.name);
                found.push(
                    Diagnostic::warning(Code::Unreachable, rule.span, message)
                        .label(*by, "this rule always fires before it")
                        .label(set, "in this rule set")
                        .hint("put it earlier, or give the rule before it a condition"),
                );
            }
            for (event, condition) in &rule.conditions {
                if super::constant::truth(condition) == Some(true) {
                    closed.push((*event, rule.span));
                }
            }
        }
        self.found.extend(found);
    }

    /// Scores that do nothing, and thresholds that no sum reaches.
    fn warn_scores(&mut self, mode: &RulesetMode, rules: &[RuleIx], set: &ast::Ruleset) {
        let RulesetMode::Score(thresholds) = mode else {
            return;
        };
        let mut most: i64 = 0;
        let mut found = Vec::new();
        for index in rules {
            let Some(rule) = self.program.rules.get(index.ix()) else {
                continue;
            };
            most = most.saturating_add(rule.score.max(0));
            if rule.score == 0 {
                let message = format!("the rule `{}` has no score, so it adds nothing", rule.name);
                found.push(
                    Diagnostic::warning(Code::BadRuleset, rule.span, message)
                        .label(set.name.at.0, "in this rule set of `mode score`")
                        .hint("add `score 50`, or leave the rule out of the set"),
                );
            }
        }
        let written = set
            .modes
            .first()
            .and_then(|mode| mode.thresholds.as_deref());
        let pairs = thresholds.iter().zip(written.unwrap_or_default());
        if let Some((_, threshold)) = pairs.clone().find(|((score, _), _)| *score > most) {
            let message =
                format!("no sum of scores reaches this threshold: all rules together give {most}");
            found.push(
                Diagnostic::warning(Code::BadRuleset, threshold.score.at.0, message)
                    .hint("lower the threshold or raise scores"),
            );
        }
        self.found.extend(found);
    }
}
