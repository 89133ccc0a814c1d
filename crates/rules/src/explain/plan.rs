//! What it takes to explain the rules on an event kind, compiled with the policy.

use std::sync::Arc;

use super::describe;
use super::flip::{FlipPlan, Points};
use super::operand::{Numbering, OperandPlan, Operands};
use super::{Because, Place};
use crate::ir::{Expr, ExprKind, Program, Rule, Template, TemplatePiece};
use crate::row::closure::{Compiler, Fun};
use crate::row::index::{Index, Pass};
use crate::row::normal::{Leaf, alternatives};
use crate::row::{Env, Row, Truth};
use crate::value::{Slot, Store};
use crate::verdict::{bits, set};
use crate::window::Read;

/// How to explain the rules of one event kind.
pub(crate) struct KindPlan {
    pub(super) operands: Vec<OperandPlan>,
    /// By place.
    pub(super) rules: Vec<RulePlan>,
    /// The features the rules read, as the policy writes them.
    pub(super) features: Vec<Arc<str>>,
    /// For each alternative of the index the operands of its leaves, as words of bits.
    needs: Vec<u64>,
    /// Words for each alternative.
    width: usize,
}

/// How to explain one rule.
pub(super) struct RulePlan {
    pub(super) alternatives: Vec<Vec<LeafPlan>>,
    /// For each alternative its numbers that may stop the rule.
    pub(super) flips: Vec<Vec<FlipPlan>>,
    /// Number of leaves of all alternatives.
    pub(super) leaves: usize,
    pub(super) zh: Vec<Piece>,
    pub(super) en: Vec<Piece>,
}

/// A leaf of a condition.
pub(super) struct LeafPlan {
    /// Its place among the leaves of the rule.
    pub(super) nth: usize,
    truth: Fun<Truth>,
    pub(super) negated: bool,
    pub(super) place: Place,
    pub(super) text: Arc<str>,
    /// Numbers of its operands.
    pub(super) operands: Vec<usize>,
    /// For a number compared with a constant.
    pub(super) points: Option<Points>,
}

/// A piece of a reason.
pub(super) enum Piece {
    Text(Arc<str>),
    /// The number of an operand.
    Value(usize),
}

impl KindPlan {
    /// The plan of these rules, each with the place of its condition on the kind in [`Rule::conditions`], whose
    /// conditions `index` decides.
    pub(crate) fn new(
        compiler: &mut Compiler<'_>,
        index: &Index,
        rules: &[(&Rule, usize)],
    ) -> Self {
        let mut numbering = Numbering::new(index);
        let rules: Vec<RulePlan> = rules
            .iter()
            .map(|(rule, place)| RulePlan::new(compiler, &mut numbering, rule, *place))
            .collect();
        let operands = numbering.operands;
        let width = operands.len().div_ceil(64).max(1);
        let mut needs = vec![0; 64 * index.words() * width];
        for (place, rule) in rules.iter().enumerate() {
            for (bit, leaves) in index.alternative_bits(place).zip(&rule.alternatives) {
                let needs = needs.get_mut(bit * width..).unwrap_or_default();
                let numbers = leaves.iter().flat_map(|leaf| &leaf.operands);
                numbers.for_each(|number| set(needs, *number));
            }
        }
        let Env { program, plan, .. } = compiler.env;
        let reads = plan.events.get(compiler.event.ix());
        let features = reads.into_iter().flat_map(|plan| &plan.reads);
        let name = |read: &Read| {
            describe::feature(program, compiler.event, read.feature, &read.key).into()
        };
        Self {
            features: features.map(name).collect(),
            operands,
            rules,
            needs,
            width,
        }
    }

    /// Gives the number and value of every operand of these alternatives to `keep`, by number. `needed` is room for
    /// a set of operands, used again and again.
    pub(super) fn each_operand(
        &self,
        alternatives: &[u64],
        row: &Row<'_>,
        pass: &Pass,
        needed: &mut Vec<u64>,
        store: &mut Store,
        mut keep: impl FnMut(usize, Slot),
    ) {
        needed.clear();
        needed.resize(self.width, 0);
        for bit in bits(alternatives) {
            let needs = self.needs.get(bit * self.width..).unwrap_or_default();
            for (needed, needs) in needed.iter_mut().zip(needs) {
                *needed |= needs;
            }
        }
        for number in bits(needed) {
            if let Some(operand) = self.operands.get(number) {
                keep(number, operand.capture(row, pass, store));
            }
        }
    }
}

impl RulePlan {
    fn new(
        compiler: &mut Compiler<'_>,
        numbering: &mut Numbering<'_>,
        rule: &Rule,
        place: usize,
    ) -> Self {
        let condition = rule.conditions.get(place).map(|(_, condition)| condition);
        let leaves = condition.map(alternatives).unwrap_or_default();
        let mut template = |templates: &[Template]| -> Vec<Piece> {
            let pieces = templates.get(place).map_or(&[][..], |of| &of.pieces);
            let piece = |piece: &TemplatePiece| match piece {
                TemplatePiece::Text(text) => Piece::Text(text.clone()),
                TemplatePiece::Value(expr) => Piece::Value(numbering.number(compiler, expr)),
            };
            pieces.iter().map(piece).collect()
        };
        let (zh, en) = (template(&rule.reason_zh), template(&rule.reason_en));
        let mut count = 0;
        let mut plan = |leaf| {
            count += 1;
            LeafPlan::new(compiler, numbering, leaf, count - 1)
        };
        let alternatives: Vec<Vec<LeafPlan>> = leaves
            .into_iter()
            .map(|leaves| leaves.into_iter().map(&mut plan).collect())
            .collect();
        let flips = alternatives.iter();
        Self {
            flips: flips
                .map(|leaves| FlipPlan::of(leaves, &alternatives))
                .collect(),
            leaves: count,
            alternatives,
            zh,
            en,
        }
    }

    /// The alternative with the fewest leaves that are not true; `None` when one is true or there is none.
    pub(super) fn nearest_miss(&self, row: &Row<'_>) -> Option<&[LeafPlan]> {
        let misses = |leaves: &&Vec<LeafPlan>| {
            leaves
                .iter()
                .filter(|leaf| leaf.held(row) != Some(true))
                .count()
        };
        let nearest = self.alternatives.iter().min_by_key(misses)?;
        (misses(&nearest) > 0).then_some(nearest)
    }
}

impl LeafPlan {
    fn new(
        compiler: &mut Compiler<'_>,
        numbering: &mut Numbering<'_>,
        leaf: Leaf<'_>,
        nth: usize,
    ) -> Self {
        let (program, event) = (compiler.env.program.clone(), compiler.event);
        let mut operands = Vec::new();
        operands_of(leaf.expr, &mut operands);
        let text = describe::expression(&program, event, leaf.expr);
        Self {
            nth,
            truth: compiler.truth(leaf.expr),
            negated: leaf.negated,
            place: leaf.expr.span.into(),
            text: if leaf.negated {
                format!("!({text})").into()
            } else {
                text.into()
            },
            points: Points::new(&program, event, leaf.expr),
            operands: operands
                .into_iter()
                .map(|operand| numbering.number(compiler, operand))
                .collect(),
        }
    }

    /// Whether it held; `None` when unknown.
    pub(super) fn held(&self, row: &Row<'_>) -> Option<bool> {
        (self.truth)(row).map(|truth| truth != self.negated)
    }

    pub(super) fn because(&self, program: &Program, operands: &Operands, row: &Row<'_>) -> Because {
        Because {
            condition: self.text.clone(),
            held: self.held(row),
            place: self.place,
            saw: (self.operands_in(operands))
                .map(|operand| operand.look(program, row))
                .collect(),
        }
    }

    /// Its operands that are missing.
    pub(super) fn missing(&self, operands: &Operands, row: &Row<'_>) -> Vec<Arc<str>> {
        self.operands_in(operands)
            .filter(|operand| operand.hold(row).is_none())
            .map(|operand| operand.text.clone())
            .collect()
    }

    fn operands_in<'o>(&'o self, operands: &'o Operands) -> impl Iterator<Item = &'o OperandPlan> {
        self.operands
            .iter()
            .filter_map(|number| operands.get(*number))
    }
}

/// What a leaf compares or looks up, constants left out; the leaf itself when it is nothing of the kind.
fn operands_of<'e>(leaf: &'e Expr, operands: &mut Vec<&'e Expr>) {
    let mut push = |expr: &'e Expr| {
        if !matches!(expr.kind, ExprKind::Literal(_)) {
            operands.push(expr);
        }
    };
    if let ExprKind::Compare(_, a, b) | ExprKind::InCollection(a, b) = &leaf.kind {
        push(a);
        push(b);
    } else if let ExprKind::InList(_, x) | ExprKind::InConstants(x, _) | ExprKind::Has(x) =
        &leaf.kind
    {
        push(x);
    } else if let ExprKind::Call(_, args) = &leaf.kind {
        args.iter().for_each(push);
    } else {
        push(leaf);
    }
}
