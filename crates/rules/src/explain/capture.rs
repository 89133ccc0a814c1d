//! The operands of fired rules, as they were.

use super::plan::RulePlan;
use crate::ir::RuleIx;
use crate::row::Row;
use crate::value::Value;

/// What fired rules saw: for each the alternative of its condition that was true, and the values of its operands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Captured {
    rules: Vec<CapturedRule>,
    values: Vec<Option<Value>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct CapturedRule {
    rule: RuleIx,
    alternative: u32,
    /// Where its values begin.
    from: u32,
}

/// What one rule saw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'c> {
    pub(super) alternative: usize,
    pub(super) values: &'c [Option<Value>],
}

impl Captured {
    /// Number of operands kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing was kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(super) fn add(&mut self, rule: RuleIx, plan: &RulePlan, row: &Row<'_>) {
        let (Some(alternative), Ok(from)) =
            (plan.true_alternative(row), u32::try_from(self.values.len()))
        else {
            return;
        };
        self.rules.push(CapturedRule {
            rule,
            alternative: u32::try_from(alternative).unwrap_or(u32::MAX),
            from,
        });
        plan.operands(alternative)
            .for_each(|operand| self.values.push(operand.value(row)));
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = (RuleIx, Seen<'_>)> {
        self.rules.iter().map(|captured| {
            let seen = Seen {
                alternative: captured.alternative as usize,
                values: self
                    .values
                    .get(captured.from as usize..)
                    .unwrap_or_default(),
            };
            (captured.rule, seen)
        })
    }
}
