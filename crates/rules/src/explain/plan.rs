//! What it takes to explain a rule, compiled with the policy.

use serde_json::Value as Json;

use super::capture::Seen;
use super::describe;
use super::flip::{Flip, Points};
use super::{Because, Operand, Place, Reason};
use crate::ir::{EventIx, Expr, ExprKind, Program, Rule, Template, TemplatePiece, Type};
use crate::row::closure::{AnyFun, Compiler, Fun};
use crate::row::normal::{Leaf, alternatives};
use crate::row::{Row, Truth};
use crate::value::{Value, ValueRef};

/// How to explain one rule on one event kind.
pub(crate) struct RulePlan {
    alternatives: Vec<Vec<LeafPlan>>,
    zh: Vec<Piece>,
    en: Vec<Piece>,
}

/// A leaf of a condition.
pub(super) struct LeafPlan {
    truth: Fun<Truth>,
    negated: bool,
    place: Place,
    text: String,
    operands: Vec<OperandPlan>,
    /// For a number compared with a constant.
    pub(super) points: Option<Points>,
}

/// An operand that is no constant.
pub(super) struct OperandPlan {
    text: String,
    fun: AnyFun,
    is_personal: bool,
}

enum Piece {
    Text(std::sync::Arc<str>),
    Value(OperandPlan),
}

impl RulePlan {
    /// The plan of `rule` on `event`, whose condition is at `place` of [`Rule::conditions`].
    pub(crate) fn new(compiler: &mut Compiler<'_>, rule: &Rule, place: usize) -> Self {
        let condition = rule.conditions.get(place).map(|(_, condition)| condition);
        let leaves = condition.map(alternatives).unwrap_or_default();
        let mut template = |templates: &[Template]| -> Vec<Piece> {
            let pieces = templates.get(place).map_or(&[][..], |of| &of.pieces);
            pieces
                .iter()
                .map(|piece| Piece::new(compiler, piece))
                .collect()
        };
        let (zh, en) = (template(&rule.reason_zh), template(&rule.reason_en));
        let alternatives = leaves
            .into_iter()
            .map(|leaves| {
                leaves
                    .into_iter()
                    .map(|leaf| LeafPlan::new(compiler, leaf))
                    .collect()
            })
            .collect();
        Self {
            alternatives,
            zh,
            en,
        }
    }

    /// The first alternative that is true.
    pub(super) fn true_alternative(&self, row: &Row<'_>) -> Option<usize> {
        self.alternatives
            .iter()
            .position(|leaves| leaves.iter().all(|leaf| leaf.held(row) == Some(true)))
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

    /// The operands of an alternative in order.
    pub(super) fn operands(&self, alternative: usize) -> impl Iterator<Item = &OperandPlan> {
        let leaves = self.alternatives.get(alternative);
        leaves.into_iter().flatten().flat_map(|leaf| &leaf.operands)
    }

    /// The conditions of the true alternative with what they saw.
    pub(super) fn because(&self, program: &Program, row: &Row<'_>, seen: Seen<'_>) -> Vec<Because> {
        let mut values = seen.values.iter();
        let leaves = self.alternatives.get(seen.alternative);
        leaves
            .into_iter()
            .flatten()
            .map(|leaf| Because {
                condition: leaf.text.clone(),
                held: Some(true),
                place: leaf.place,
                saw: (leaf.operands.iter())
                    .map(|operand| {
                        match values.next().and_then(Option::as_ref) {
                            Some(value) => operand.seen(program, Some(value.as_ref())),
                            // Missing, or a list or map, which are not kept.
                            None => operand.look(program, row),
                        }
                    })
                    .collect(),
            })
            .collect()
    }

    pub(super) fn reason(&self, program: &Program, row: &Row<'_>) -> Reason {
        let fill = |pieces: &[Piece]| {
            pieces
                .iter()
                .map(|piece| piece.fill(program, row))
                .collect()
        };
        Reason {
            zh: fill(&self.zh),
            en: fill(&self.en),
        }
    }

    /// See [`Flip`]; one for each number of the true alternative that can stop the rule alone.
    pub(super) fn flips(&self, program: &Program, row: &Row<'_>) -> Vec<Flip> {
        let Some(leaves) = self
            .true_alternative(row)
            .and_then(|at| self.alternatives.get(at))
        else {
            return Vec::new();
        };
        let all: Vec<(bool, &LeafPlan)> = self
            .alternatives
            .iter()
            .flat_map(|leaves| leaves.iter().map(|leaf| (false, leaf)))
            .collect();
        let mut flips: Vec<Flip> = Vec::new();
        for leaf in leaves {
            let Some((points, operand)) = leaf.points.as_ref().zip(leaf.operands.first()) else {
                continue;
            };
            if operand.is_personal || flips.iter().any(|flip| flip.operand == operand.text) {
                continue;
            }
            let same = all.iter().filter_map(|(_, leaf)| leaf.points.as_ref());
            let constants: Vec<_> = same
                .filter(|other| other.operand == points.operand)
                .flat_map(|other| other.constants())
                .collect();
            let still_fires = |candidate: ValueRef<'_>| {
                self.alternatives.iter().any(|leaves| {
                    leaves.iter().all(|leaf| match &leaf.points {
                        Some(other) if other.operand == points.operand => {
                            other.holds(candidate) == Some(!leaf.negated)
                        }
                        Some(_) | None => leaf.held(row) == Some(true),
                    })
                })
            };
            let flip = operand.fun.with(row, |value| {
                Flip::nearest(program, &operand.text, value, &constants, still_fires)
            });
            flips.extend(flip.flatten());
        }
        flips
    }
}

impl LeafPlan {
    fn new(compiler: &mut Compiler<'_>, leaf: Leaf<'_>) -> Self {
        let (program, event) = (compiler.env.program.clone(), compiler.event);
        let mut operands = Vec::new();
        operands_of(leaf.expr, &mut operands);
        let text = describe::expression(&program, event, leaf.expr);
        Self {
            truth: compiler.truth(leaf.expr),
            negated: leaf.negated,
            place: leaf.expr.span.into(),
            text: if leaf.negated {
                format!("!({text})")
            } else {
                text
            },
            points: Points::new(&program, event, leaf.expr),
            operands: operands
                .into_iter()
                .map(|operand| OperandPlan::new(compiler, operand))
                .collect(),
        }
    }

    /// Whether it held; `None` when unknown.
    pub(super) fn held(&self, row: &Row<'_>) -> Option<bool> {
        (self.truth)(row).map(|truth| truth != self.negated)
    }

    pub(super) fn because(&self, program: &Program, row: &Row<'_>) -> Because {
        Because {
            condition: self.text.clone(),
            held: self.held(row),
            place: self.place,
            saw: (self.operands.iter())
                .map(|operand| operand.look(program, row))
                .collect(),
        }
    }

    /// Its operands that are missing.
    pub(super) fn missing(&self, row: &Row<'_>) -> impl Iterator<Item = String> {
        self.operands
            .iter()
            .filter(|operand| operand.fun.with(row, |_| ()).is_none())
            .map(|operand| operand.text.clone())
    }
}

impl OperandPlan {
    fn new(compiler: &mut Compiler<'_>, expr: &Expr) -> Self {
        let program = compiler.env.program.clone();
        Self {
            text: describe::expression(&program, compiler.event, expr),
            is_personal: is_personal(&program, compiler.event, expr),
            fun: compiler.any(expr),
        }
    }

    /// The value, owned; lists and maps are not kept.
    pub(super) fn value(&self, row: &Row<'_>) -> Option<Value> {
        self.fun.with(row, |value| value.to_owned()).flatten()
    }

    /// What it is for the event at hand.
    fn look(&self, program: &Program, row: &Row<'_>) -> Operand {
        let seen = self.fun.with(row, |value| self.seen(program, Some(value)));
        seen.unwrap_or_else(|| self.seen(program, None))
    }

    fn seen(&self, program: &Program, value: Option<ValueRef<'_>>) -> Operand {
        Operand {
            operand: self.text.clone(),
            value: match value {
                None => Json::Null,
                Some(value) if self.is_personal => masked(&value.show(program)).into(),
                Some(value) => value.to_json(program),
            },
        }
    }
}

impl Piece {
    fn new(compiler: &mut Compiler<'_>, piece: &TemplatePiece) -> Self {
        match piece {
            TemplatePiece::Text(text) => Self::Text(text.clone()),
            TemplatePiece::Value(expr) => Self::Value(OperandPlan::new(compiler, expr)),
        }
    }

    fn fill(&self, program: &Program, row: &Row<'_>) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::Value(operand) => {
                let shown = operand.fun.with(row, |value| {
                    let text = value.show(program);
                    if operand.is_personal {
                        masked(&text)
                    } else {
                        text.into_owned()
                    }
                });
                shown.unwrap_or_else(|| "?".to_owned())
            }
        }
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

/// Whether a value shows personal data: text, lists and maps made from personal fields do; numbers and dates do not
/// tell who it is.
fn is_personal(program: &Program, event: EventIx, expr: &Expr) -> bool {
    let shows = matches!(expr.ty, Type::String | Type::List(_) | Type::Map(_));
    shows && mentions_personal(program, event, expr)
}

fn mentions_personal(program: &Program, event: EventIx, expr: &Expr) -> bool {
    let sub = |part: &Expr| mentions_personal(program, event, part);
    match &expr.kind {
        ExprKind::Field(field) => (program.events.get(event.ix()))
            .and_then(|kind| kind.fields.get(field.ix()))
            .is_none_or(|field| field.personal),
        ExprKind::Feature(of, key) => {
            // A first or last value may be personal where its key or value is.
            let sources = program
                .features
                .get(of.ix())
                .map(|feature| &feature.sources);
            key.iter().any(sub)
                || sources.into_iter().flatten().any(|source| {
                    let value = source.value.as_ref();
                    value.is_some_and(|value| mentions_personal(program, source.event, value))
                })
        }
        ExprKind::Literal(_) | ExprKind::OccurredAt => false,
        ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Call(_, parts) => {
            parts.iter().any(sub)
        }
        ExprKind::Not(x)
        | ExprKind::InList(_, x)
        | ExprKind::InConstants(x, _)
        | ExprKind::Negate(x)
        | ExprKind::IntToDouble(x)
        | ExprKind::Has(x) => sub(x),
        ExprKind::Compare(_, a, b)
        | ExprKind::InCollection(a, b)
        | ExprKind::Arithmetic(_, a, b)
        | ExprKind::Default(a, b)
        | ExprKind::Index(a, b) => sub(a) || sub(b),
        ExprKind::Conditional(a, b, c) => sub(a) || sub(b) || sub(c),
    }
}

/// The first character and three stars, so that a text's length is not told either.
fn masked(text: &str) -> String {
    let mut shown: String = text.chars().take(1).collect();
    shown.push_str("***");
    shown
}
