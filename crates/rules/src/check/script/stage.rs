//! Stages and their cues.

use super::super::{Checker, shortened};
use crate::check::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Act, Script, ScriptCue, ScriptStage, Span};
use crate::syntax::ast::{self, Name, Number, Reason, StageClauseKind};

/// The clauses of a stage.
#[derive(Default)]
struct Clauses<'a> {
    titles: Vec<&'a Reason>,
    need: Option<&'a Number>,
    cues: Vec<&'a ast::Cue>,
    acts: Vec<&'a Name>,
    cards: Vec<&'a Reason>,
}

impl Checker<'_, '_> {
    /// Puts a stage and its cues into the script; `None` when something was wrong with it.
    pub(super) fn stage(&mut self, stage: &ast::Stage, script: &mut Script) -> Option<()> {
        let name = stage.name.at.0;
        let clauses = self.clauses_of_stage(stage);
        let title = self.bilingual(&clauses.titles, name, "title");
        let card = self.bilingual(&clauses.cards, name, "card");
        let need = self.need(&clauses, name);
        let acts = self.acts(&clauses, name);
        if clauses.cues.is_empty() {
            let found = Diagnostic::error(Code::IncompleteScript, name, "the stage has no cue");
            self.report(found.hint("add `cue NAME weight 0.5 on EVENT when …`"));
            return None;
        }
        let mut is_whole = true;
        for cue in &clauses.cues {
            is_whole &= self.cue(cue, script).is_some();
        }
        script.stages.push(ScriptStage {
            name: stage.name.text.as_str().into(),
            doc: stage.docs.join("\n"),
            title: title?,
            need: need?,
            acts: acts?,
            card: card?,
            span: name,
        });
        is_whole.then_some(())
    }

    fn clauses_of_stage<'a>(&mut self, stage: &'a ast::Stage) -> Clauses<'a> {
        let mut all = Clauses::default();
        for clause in &stage.clauses {
            match &clause.kind {
                StageClauseKind::Title(reasons) => all.titles.extend(reasons),
                StageClauseKind::Need(number) => match all.need {
                    Some(first) => {
                        self.twice("the stage has `need` twice", clause.at.0, first.at.0)
                    }
                    None => all.need = Some(number),
                },
                StageClauseKind::Cue(cue) => all.cues.push(cue),
                StageClauseKind::Act(acts) => all.acts.extend(acts),
                StageClauseKind::Card(reasons) => all.cards.extend(reasons),
            }
        }
        all
    }

    fn need(&mut self, clauses: &Clauses<'_>, name: Span) -> Option<f64> {
        let Some(number) = clauses.need else {
            let message = "the stage does not say how sure it must be";
            let found = Diagnostic::error(Code::IncompleteScript, name, message);
            self.report(found.hint("add `need 0.5`: the confidence from which it is entered"));
            return None;
        };
        let need = number.text.parse::<f64>().ok();
        let need = need.filter(|need| *need > 0.0 && *need <= 1.0);
        if need.is_none() {
            let message = format!("a need of {} is out of range", number.text);
            let found = Diagnostic::error(Code::BadNumber, number.at.0, message);
            self.report(found.hint("it is above 0 and at most 1"));
        }
        need
    }

    fn acts(&mut self, clauses: &Clauses<'_>, name: Span) -> Option<Vec<Act>> {
        if clauses.acts.is_empty() {
            let message = "the stage does not say what helps";
            let found = Diagnostic::error(Code::IncompleteScript, name, message);
            self.report(found.hint("add `act card`, or a stronger act of the ladder"));
            return None;
        }
        let mut acts = Vec::new();
        for word in &clauses.acts {
            match word.text.parse::<Act>() {
                Ok(act) if acts.contains(&act) => {
                    let message = format!("the act `{act}` is given twice");
                    let found = Diagnostic::error(Code::Duplicate, word.at.0, message);
                    self.report(found.hint("remove one of them"));
                }
                Ok(act) => acts.push(act),
                Err(_) => {
                    let words = || Act::ALL.iter().map(|act| act.as_str());
                    let message = format!("there is no act `{}`", word.text);
                    let found = Diagnostic::error(Code::UnknownWord, word.at.0, message)
                        .hint(format!("acts are {}", shortened(words())))
                        .did_you_mean(&word.text, words());
                    self.report(found);
                    return None;
                }
            }
        }
        acts.sort_unstable();
        Some(acts)
    }

    /// Puts a cue into the script, for each of its event kinds.
    fn cue(&mut self, cue: &ast::Cue, script: &mut Script) -> Option<()> {
        let name = cue.name.at.0;
        let known = script
            .cues
            .iter()
            .find(|known| *known.name == *cue.name.text);
        if let Some(first) = known {
            let message = format!("the script has the cue `{}` twice", cue.name.text);
            self.twice(&message, name, first.span);
        }
        let weight = cue.weight.text.parse::<f64>().ok();
        let weight = weight.filter(|weight| *weight > 0.0 && *weight < 1.0);
        if weight.is_none() {
            let message = format!("a weight of {} is out of range", cue.weight.text);
            let found = Diagnostic::error(Code::BadNumber, cue.weight.at.0, message);
            self.report(found.hint("it is above 0 and below 1: no cue is certain"));
        }
        let place = script.cues.len();
        let stage = script.stages.len();
        let mut is_whole = true;
        for event in self.events_named(&cue.on) {
            let scope = Scope {
                event,
                features: false,
            };
            let Some(condition) = self.condition(&cue.when, &scope, "`when`") else {
                is_whole = false;
                continue;
            };
            self.warn_constant(Some(&condition), "cue");
            if self.rests_on_region(&condition, event) {
                let message = "this cue can hold because of the region alone";
                let found = Diagnostic::error(Code::RegionSoleGround, cue.when.at.0, message);
                self.report(found.hint(
                    "region is never a sole ground: join it by `&&` with something that was done",
                ));
            }
            let mask = self.mask_of(&script.name, event);
            let source = script.sources.iter_mut();
            let Some(source) = source.into_iter().find(|source| source.event == event) else {
                let kind = self.event_name(event);
                let message = format!("the script has no key for `{kind}`");
                let found = Diagnostic::error(Code::KeyMismatch, name, message);
                self.report(found.hint(format!("add `of {kind} by …` to the script")));
                is_whole = false;
                continue;
            };
            source.mask = mask;
            source.cues.push((place, condition));
        }
        script.cues.push(ScriptCue {
            name: cue.name.text.as_str().into(),
            doc: cue.docs.join("\n"),
            stage,
            weight: weight?,
            span: name,
        });
        is_whole.then_some(())
    }
}
