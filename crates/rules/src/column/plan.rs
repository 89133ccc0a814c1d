//! Conditions as a list of operations, each distinct expression once, operands before what uses them.

use hashbrown::HashMap;

use super::kernel::{Chunk, Column};
use crate::function::{Kernel, Prepared};
use crate::ir::{Arithmetic, Comparison, Expr, ExprKind, FieldIx, ListIx, Literal, Type};
use crate::row::call::{form, prepared};
use crate::row::closure::{Compiler, turned};
use crate::row::feature_place;
use crate::value::Slot;
use crate::window::{DefinitionHash, meaning};

/// An operation and the type of its answers.
pub(super) struct Node {
    pub(super) op: Op,
    pub(super) ty: Type,
}

/// What an operation does; numbers are places of other operations.
pub(super) enum Op {
    Constant(Slot),
    Field(FieldIx),
    /// A place of the plan's reads; `None` is always missing.
    Feature(Option<usize>),
    OccurredAt,
    Not(usize),
    And(Vec<usize>),
    Or(Vec<usize>),
    Compare(Comparison, usize, usize),
    /// With a number, money or text that is the same for all rows.
    CompareConstant(Comparison, usize, Slot),
    InList(ListIx, usize),
    InConstants(usize, Vec<Slot>),
    InCollection(usize, usize),
    Arithmetic(Arithmetic, usize, usize),
    Negate(usize),
    IntToDouble(usize),
    Has(usize),
    Default(usize, usize),
    Conditional(usize, usize, usize),
    Index(usize, usize),
    Call(Kernel, Vec<Argument>),
}

/// An argument of a call.
pub(super) enum Argument {
    Constant(Prepared),
    /// The place of an operation, and its type.
    Column(usize, Type),
}

/// The conditions of an event kind.
pub(crate) struct ColumnPlan {
    nodes: Vec<Node>,
    /// The operation of each condition, by place.
    conditions: Vec<usize>,
}

impl ColumnPlan {
    pub(crate) fn new(compiler: &mut Compiler<'_>, conditions: &[&Expr]) -> Self {
        let mut builder = Builder {
            compiler,
            nodes: Vec::new(),
            known: HashMap::new(),
        };
        let conditions = conditions
            .iter()
            .map(|condition| builder.node(condition))
            .collect();
        Self {
            nodes: builder.nodes,
            conditions,
        }
    }

    /// Calls `fire` with each condition's place and row for which it is true.
    pub(super) fn each_true(&self, chunk: &Chunk<'_>, mut fire: impl FnMut(usize, usize)) {
        let mut columns: Vec<Column<'_>> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let column = chunk.run(node, &columns);
            columns.push(column);
        }
        for (place, node) in self.conditions.iter().enumerate() {
            if let Some(Column::Truth(truths)) = columns.get(*node) {
                truths.is_true.rows().for_each(|row| fire(place, row));
            }
        }
    }
}

struct Builder<'c, 'x> {
    compiler: &'c mut Compiler<'x>,
    nodes: Vec<Node>,
    known: HashMap<DefinitionHash, usize>,
}

impl Builder<'_, '_> {
    fn node(&mut self, expr: &Expr) -> usize {
        let program = &self.compiler.env.program;
        let hash = meaning(program, self.compiler.event, std::slice::from_ref(expr));
        if let Some(at) = self.known.get(&hash) {
            return *at;
        }
        let op = self.op(expr);
        self.nodes.push(Node { op, ty: expr.ty });
        self.known.insert(hash, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    fn nodes(&mut self, exprs: &[Expr]) -> Vec<usize> {
        exprs.iter().map(|expr| self.node(expr)).collect()
    }

    fn constant(&mut self, literal: &Literal) -> Slot {
        self.compiler.constants.put_literal(literal)
    }

    fn op(&mut self, expr: &Expr) -> Op {
        match &expr.kind {
            ExprKind::Literal(literal) => Op::Constant(self.constant(literal)),
            ExprKind::Field(field) => Op::Field(*field),
            ExprKind::OccurredAt => Op::OccurredAt,
            ExprKind::Feature(feature, key) => {
                let Compiler { env, event, .. } = *self.compiler;
                Op::Feature(feature_place(env, event, *feature, key))
            }
            ExprKind::Not(x) => Op::Not(self.node(x)),
            ExprKind::And(parts) => Op::And(self.nodes(parts)),
            ExprKind::Or(parts) => Op::Or(self.nodes(parts)),
            ExprKind::Compare(how, a, b) => self.compare(*how, a, b),
            ExprKind::InList(list, x) => Op::InList(*list, self.node(x)),
            ExprKind::InConstants(x, constants) => {
                let slots = constants
                    .iter()
                    .map(|literal| self.constant(literal))
                    .collect();
                Op::InConstants(self.node(x), slots)
            }
            ExprKind::InCollection(x, whole) => Op::InCollection(self.node(x), self.node(whole)),
            ExprKind::Arithmetic(how, a, b) => Op::Arithmetic(*how, self.node(a), self.node(b)),
            ExprKind::Negate(x) => Op::Negate(self.node(x)),
            ExprKind::IntToDouble(x) => Op::IntToDouble(self.node(x)),
            ExprKind::Has(x) => Op::Has(self.node(x)),
            ExprKind::Default(x, y) => Op::Default(self.node(x), self.node(y)),
            ExprKind::Conditional(condition, yes, no) => {
                Op::Conditional(self.node(condition), self.node(yes), self.node(no))
            }
            ExprKind::Index(whole, at) => Op::Index(self.node(whole), self.node(at)),
            ExprKind::Call(function, args) => {
                let Some(form) = form(*function, args) else {
                    return Op::Feature(None);
                };
                let arguments: Option<Vec<Argument>> = (form.kinds.iter().zip(args))
                    .map(|(kind, arg)| match prepared(*kind, arg) {
                        Some(prepared) => prepared.map(Argument::Constant),
                        None => Some(Argument::Column(self.node(arg), arg.ty)),
                    })
                    .collect();
                match arguments {
                    Some(arguments) => Op::Call(form.run, arguments),
                    None => Op::Feature(None),
                }
            }
        }
    }

    fn compare(&mut self, how: Comparison, a: &Expr, b: &Expr) -> Op {
        let scalar = !matches!(a.ty, Type::List(_) | Type::Map(_) | Type::Bool);
        match (&a.kind, &b.kind) {
            (_, ExprKind::Literal(literal)) if scalar => {
                let constant = self.constant(literal);
                Op::CompareConstant(how, self.node(a), constant)
            }
            (ExprKind::Literal(literal), _) if scalar => {
                let constant = self.constant(literal);
                Op::CompareConstant(turned(how), self.node(b), constant)
            }
            _ => Op::Compare(how, self.node(a), self.node(b)),
        }
    }
}
