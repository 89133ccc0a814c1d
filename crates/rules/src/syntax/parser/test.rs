//! `test`.

use super::{Parser, Read};
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::syntax::ast::{Expr, Given, Name, Step, StepKind, Test, TestTime};
use crate::syntax::lexer::TokenKind;

/// Words that begin a line of a test.
const STEPS: &[&str] = &["given", "when", "expect"];

/// Decisions, which `expect` takes as words.
const DECISIONS: &[&str] = &["allow", "warn", "review", "delay", "hold", "block"];

impl Parser<'_> {
    pub(super) fn test(&mut self) -> Read<Test> {
        let name = self.string("the name of the test, in quotes")?;
        let mut steps = Vec::new();
        let at_step = |parser: &Self| STEPS.contains(&parser.word());
        let end = self.block("test", at_step, |parser| {
            let start = parser.token().span;
            let kind = parser.step()?;
            let at = parser.since(start);
            steps.push(Step { kind, at });
            Ok(())
        })?;
        Ok(Test { name, steps, end })
    }

    fn step(&mut self) -> Read<StepKind> {
        let written = self.word();
        let keyword = match STEPS.iter().find(|keyword| **keyword == written) {
            Some(keyword) => *keyword,
            None => {
                let near = suggest::nearest(written, STEPS.iter().copied());
                let found = self
                    .wanted("`given`, `when` or `expect`")
                    .did_you_mean(written, STEPS.iter().copied());
                let lost = self.syntax(found);
                let Some(keyword) = STEPS.iter().find(|keyword| Some(**keyword) == near) else {
                    return Err(lost);
                };
                self.lost = false;
                keyword
            }
        };
        self.advance();
        match keyword {
            "given" => self.given().map(StepKind::Given),
            "when" => self.given().map(StepKind::When),
            _ => self.expectation(),
        }
    }

    fn expectation(&mut self) -> Read<StepKind> {
        let next = self.token_at(self.at + 1);
        let word = self.word();
        // On a line of its own (after a comment, say) a step's word begins the next step.
        let next_is_rule = next.kind == TokenKind::Word
            && (!next.first_on_line || !STEPS.contains(&self.word_at(self.at + 1)));
        if word == "fired" && next_is_rule {
            self.advance();
            return self.name("a rule").map(StepKind::Fired);
        }
        if word == "not" && self.word_at(self.at + 1) == "fired" {
            self.advance();
            self.advance();
            return self.name("a rule").map(StepKind::NotFired);
        }
        let ends = matches!(
            next.kind,
            TokenKind::Word | TokenKind::CloseBrace | TokenKind::Semicolon | TokenKind::End
        ) && (next.first_on_line
            || next.kind != TokenKind::Word
            || STEPS.contains(&self.word_at(self.at + 1)));
        let near_decision = suggest::nearest(word, DECISIONS.iter().copied()).is_some();
        if ends && (DECISIONS.contains(&word) || near_decision) {
            return self.name("a decision").map(StepKind::Decision);
        }
        Ok(StepKind::Holds(self.expr()))
    }

    fn given(&mut self) -> Read<Given> {
        let start = self.token().span;
        let event = self.name("an event kind")?;
        self.expect(TokenKind::OpenBrace, "`{` and the event's fields")?;
        let mut fields = Vec::new();
        loop {
            while self.eat(TokenKind::Semicolon).is_some() {}
            if self.kind() == TokenKind::CloseBrace {
                break;
            }
            fields.push(self.given_field()?);
            if self.eat(TokenKind::Comma).is_none() && self.kind() != TokenKind::CloseBrace {
                break;
            }
        }
        self.expect(TokenKind::CloseBrace, "`,` or `}`")?;
        let at = self.since(start);
        let time = match self.eat_word("at") {
            Some(_) => Some(self.test_time()?),
            None => None,
        };
        Ok(Given {
            event,
            fields,
            time,
            at,
        })
    }

    fn given_field(&mut self) -> Read<(Name, Expr)> {
        let name = self.name("the name of a field")?;
        let token = self.token();
        if self.eat(TokenKind::Assign).is_some() {
            let message = "a field and its value stand apart by `:`";
            let found = Diagnostic::error(Code::Syntax, token.span, message);
            self.report(found.hint("write `:`").replace(":"));
        } else {
            self.expect(TokenKind::Colon, "`:` and the field's value")?;
        }
        let value = self.expr();
        if self.lost {
            return Err(super::Lost);
        }
        Ok((name, value))
    }

    fn test_time(&mut self) -> Read<TestTime> {
        if self.eat(TokenKind::Plus).is_some() {
            let length = self.length("a length of time after the event before")?;
            return Ok(TestTime::After(length));
        }
        if let TokenKind::Duration(_) = self.kind() {
            let token = self.token();
            let written = self.written(token.span);
            let message = "a time after the event before is written with `+`";
            let found = Diagnostic::error(Code::Syntax, token.span, message)
                .hint(format!("write `+{written}`"))
                .replace(format!("+{written}"));
            self.report(found);
            return self.length("a length of time").map(TestTime::After);
        }
        self.instant().map(TestTime::Instant)
    }
}
