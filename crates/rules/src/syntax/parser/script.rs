//! `script` and its stages.

use super::{Parser, Read};
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::syntax::ast::{
    Cue, Number, Script, ScriptClause, ScriptClauseKind, Stage, StageClause, StageClauseKind,
};
use crate::syntax::lexer::TokenKind;

/// Words that begin a clause of a script.
const CLAUSES: &[&str] = &["title", "typology", "memory", "of", "stage"];

/// Words that begin a clause of a stage.
const STAGE_CLAUSES: &[&str] = &["title", "need", "cue", "act", "card"];

impl Parser<'_> {
    pub(super) fn script(&mut self) -> Read<Script> {
        let name = self.name("the name of the script")?;
        let mut clauses = Vec::new();
        let at_clause = |parser: &Self| CLAUSES.contains(&parser.word());
        let end = self.block("script", at_clause, |parser| {
            let docs = parser.docs();
            let start = parser.token().span;
            let kind = parser.script_clause(docs)?;
            let at = parser.since(start);
            clauses.push(ScriptClause { kind, at });
            Ok(())
        })?;
        Ok(Script { name, clauses, end })
    }

    fn script_clause(&mut self, docs: Vec<String>) -> Read<ScriptClauseKind> {
        let keyword = self.clause_word(CLAUSES, "script")?;
        self.advance();
        Ok(match keyword {
            "title" => ScriptClauseKind::Title(self.reasons()?),
            "typology" => ScriptClauseKind::Typology(self.string("a scam typology")?),
            "memory" => ScriptClauseKind::Memory(self.length("how long cues are remembered")?),
            "of" => {
                let events = self.names("an event kind")?;
                self.expect_word(
                    "by",
                    "say whose exchange it is: `of payment by event.account`",
                )?;
                ScriptClauseKind::Of(events, self.key_parts()?)
            }
            _ => ScriptClauseKind::Stage(self.stage(docs)?),
        })
    }

    /// The word that begins a clause of `what`; one that is misspelt is reported, and what was probably meant is taken.
    fn clause_word(&mut self, words: &'static [&'static str], what: &str) -> Read<&'static str> {
        let written = self.word();
        if let Some(word) = words.iter().find(|word| **word == written) {
            return Ok(word);
        }
        let near = suggest::nearest(written, words.iter().copied());
        let found = self
            .wanted(&format!("a clause of the {what}"))
            .hint(format!("clauses of a {what} are {}", words.join(", ")))
            .did_you_mean(written, words.iter().copied());
        let lost = self.syntax(found);
        match words.iter().find(|word| Some(**word) == near) {
            Some(word) => {
                self.lost = false;
                Ok(word)
            }
            None => Err(lost),
        }
    }

    fn stage(&mut self, docs: Vec<String>) -> Read<Stage> {
        let name = self.name("the name of the stage")?;
        let mut clauses = Vec::new();
        let at_clause = |parser: &Self| STAGE_CLAUSES.contains(&parser.word());
        let end = self.block("stage", at_clause, |parser| {
            let docs = parser.docs();
            let start = parser.token().span;
            let kind = parser.stage_clause(docs)?;
            let at = parser.since(start);
            clauses.push(StageClause { kind, at });
            Ok(())
        })?;
        Ok(Stage {
            docs,
            name,
            clauses,
            end,
        })
    }

    fn stage_clause(&mut self, docs: Vec<String>) -> Read<StageClauseKind> {
        let keyword = self.clause_word(STAGE_CLAUSES, "stage")?;
        self.advance();
        Ok(match keyword {
            "title" => StageClauseKind::Title(self.reasons()?),
            "need" => StageClauseKind::Need(self.decimal("a number from 0 to 1, such as 0.5")?),
            "cue" => StageClauseKind::Cue(self.cue(docs)?),
            "act" => StageClauseKind::Act(self.names("an act such as `card` or `call`")?),
            _ => StageClauseKind::Card(self.reasons()?),
        })
    }

    fn cue(&mut self, docs: Vec<String>) -> Read<Cue> {
        let form = "cue NAME weight NUMBER on EVENT, … when CONDITION";
        let name = self.name("the name of the cue")?;
        self.expect_word("weight", form)?;
        let weight = self.decimal("a number between 0 and 1, such as 0.4")?;
        let on = self.on()?;
        self.expect_word("when", form)?;
        let when = self.expr();
        if self.lost {
            return Err(super::Lost);
        }
        Ok(Cue {
            docs,
            name,
            weight,
            on,
            when,
        })
    }

    /// A number, with a point or without.
    fn decimal(&mut self, wanted: &str) -> Read<Number> {
        let start = self.token().span;
        if let Some(minus) = self.eat(TokenKind::Minus) {
            let found = Diagnostic::error(Code::BadNumber, minus.span, "this number is below 0");
            self.report(found.hint("remove the sign").replace(""));
        }
        let token = self.token();
        if token.kind != TokenKind::Int {
            self.expect(TokenKind::Double, wanted)?;
        } else {
            self.advance();
        }
        Ok(Number {
            text: self.written(token.span).to_owned(),
            at: self.since(start),
        })
    }
}
