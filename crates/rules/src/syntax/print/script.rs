//! `script` and its stages.

use super::declaration::{keys, names, quoted};
use super::{COLUMNS_MAX, Printer, columns};
use crate::syntax::ast::{
    Cue, Script, ScriptClause, ScriptClauseKind, Stage, StageClause, StageClauseKind,
};

impl Printer<'_> {
    pub(super) fn script(&mut self, script: &Script) {
        self.out.push_str(&format!("script {}", script.name.text));
        if script.clauses.is_empty() {
            return self.empty_block(script.end.0);
        }
        self.out.push(' ');
        self.open();
        for clause in &script.clauses {
            let is_stage = matches!(clause.kind, ScriptClauseKind::Stage(_));
            if is_stage && !self.fresh && self.pending(clause.at.0.start).is_none() {
                self.insert_blank(self.out.len());
            }
            self.begin_line(clause.at.0.start, 2);
            self.script_clause(clause);
            self.end_line(clause.at.0, 2);
        }
        self.close(script.end.0, 0);
    }

    fn script_clause(&mut self, clause: &ScriptClause) {
        if let ScriptClauseKind::Stage(stage) = &clause.kind {
            self.docs(&stage.docs, 2);
        }
        self.pad(2);
        match &clause.kind {
            ScriptClauseKind::Title(reasons) => self.reasons("title", reasons, 4),
            ScriptClauseKind::Typology(typology) => {
                self.out.push_str(&format!("typology {}", quoted(typology)));
            }
            ScriptClauseKind::Memory(length) => {
                self.out.push_str(&format!("memory {}", length.text));
            }
            ScriptClauseKind::Of(events, by) => {
                self.out
                    .push_str(&format!("of {} by {}", names(events), keys(by)));
            }
            ScriptClauseKind::Stage(stage) => self.stage(stage),
        }
    }

    fn stage(&mut self, stage: &Stage) {
        self.out.push_str(&format!("stage {}", stage.name.text));
        self.out.push(' ');
        if stage.clauses.is_empty() && self.pending(stage.end.0.start).is_none() {
            return self.out.push_str("{}");
        }
        self.open();
        for clause in &stage.clauses {
            self.begin_line(clause.at.0.start, 4);
            self.stage_clause(clause);
            self.end_line(clause.at.0, 4);
        }
        self.close(stage.end.0, 2);
    }

    fn stage_clause(&mut self, clause: &StageClause) {
        if let StageClauseKind::Cue(cue) = &clause.kind {
            self.docs(&cue.docs, 4);
        }
        self.pad(4);
        match &clause.kind {
            StageClauseKind::Title(reasons) => self.reasons("title", reasons, 6),
            StageClauseKind::Need(number) => {
                self.out.push_str(&format!("need {}", number.text));
            }
            StageClauseKind::Cue(cue) => self.cue(cue),
            StageClauseKind::Act(acts) => self.out.push_str(&format!("act {}", names(acts))),
            StageClauseKind::Card(reasons) => self.reasons("card", reasons, 6),
        }
    }

    fn cue(&mut self, cue: &Cue) {
        self.out.push_str(&cue_head(cue));
        let line = format!(" when {}", super::print_expr(&cue.when));
        if self.column() + columns(&line) > COLUMNS_MAX {
            self.out.push('\n');
            self.pad(6);
        } else {
            self.out.push(' ');
        }
        self.out.push_str("when ");
        self.expr(&cue.when, 8);
    }
}

/// A cue up to its condition.
pub(super) fn cue_head(cue: &Cue) -> String {
    let (name, weight) = (&cue.name.text, &cue.weight.text);
    format!("cue {name} weight {weight} on {}", names(&cue.on))
}
