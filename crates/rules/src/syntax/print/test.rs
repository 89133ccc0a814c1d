//! `test`.

use super::declaration::quoted;
use super::{COLUMNS_MAX, Printer, columns};
use crate::syntax::ast::{Given, Step, StepKind, Test, TestTime};

impl Printer<'_> {
    pub(super) fn test(&mut self, test: &Test) {
        self.out.push_str(&format!("test {} ", quoted(&test.name)));
        if test.steps.is_empty() && self.pending(test.end.0.start).is_none() {
            return self.out.push_str("{}");
        }
        self.open();
        for step in &test.steps {
            self.begin_line(step.at.0.start, 2);
            self.step(step);
            self.end_line(step.at.0, 2);
        }
        self.close(test.end.0, 0);
    }

    pub(super) fn step(&mut self, step: &Step) {
        self.pad(2);
        match &step.kind {
            StepKind::Given(given) => self.given("given", given),
            StepKind::When(given) => self.given("when", given),
            StepKind::Decision(decision) => {
                self.out.push_str(&format!("expect {}", decision.text));
            }
            StepKind::Fired(rule) => self.out.push_str(&format!("expect fired {}", rule.text)),
            StepKind::NotFired(rule) => {
                self.out
                    .push_str(&format!("expect not fired {}", rule.text));
            }
            StepKind::Holds(condition) => {
                self.out.push_str("expect ");
                self.expr(condition, 4);
            }
        }
    }

    fn given(&mut self, keyword: &str, given: &Given) {
        let time = match &given.time {
            None => String::new(),
            Some(TestTime::Instant(instant)) => format!(" at {}", instant.text),
            Some(TestTime::After(length)) => format!(" at +{}", length.text),
        };
        let fields: Vec<String> = given
            .fields
            .iter()
            .map(|(name, value)| format!("{}: {}", name.text, super::print_expr(value)))
            .collect();
        let head = format!("{keyword} {} ", given.event.text);
        self.out.push_str(&head);
        if fields.is_empty() {
            self.out.push_str("{}");
            return self.out.push_str(&time);
        }
        let line = format!("{{ {} }}{time}", fields.join(", "));
        if self.column() + columns(&line) <= COLUMNS_MAX {
            return self.out.push_str(&line);
        }
        self.out.push_str("{\n");
        self.pad(4);
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                self.out.push(',');
                if self.column() + 1 + columns(field) + 1 > COLUMNS_MAX {
                    self.out.push('\n');
                    self.pad(4);
                } else {
                    self.out.push(' ');
                }
            }
            self.out.push_str(field);
        }
        self.out.push_str("\n  }");
        self.out.push_str(&time);
    }
}
