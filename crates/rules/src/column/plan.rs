//! Conditions as a list of operations, each distinct expression once, operands before what uses them.

use hashbrown::HashMap;

use super::bits::Bits;
use super::kernel::{Chunk, Column, truths};
use crate::function::{Kernel, Prepared};
use crate::ir::{Arithmetic, Comparison, Expr, ExprKind, FieldIx, ListIx, Literal, Scalar, Type};
use crate::list::TextIndex;
use crate::row::Env;
use crate::row::call::{form, prepared};
use crate::row::closure::{Compiler, turned};
use crate::row::feature_place;
use crate::row::index::contains_constant;
use crate::row::normal::{Leaf, alternatives};
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
    /// Everything the automaton finds in a text.
    Scan(usize),
    /// Which of these texts a list has.
    Members(usize, HashMap<Box<str>, usize>),
    /// A bit of what a scan or the members of a list gave.
    Find(usize, usize),
    /// A text as the number of the word it is, 0 for any other.
    Words(usize, HashMap<Box<str>, i64>),
    /// Whether the number of a word is marked here; whether it is not, when `true`.
    OneOf(usize, Vec<bool>, bool),
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
    /// By operation: `None` for what is cheap; else the alternatives that need it.
    needed_by: Vec<Option<Vec<usize>>>,
    alternatives: Vec<Alternative>,
    conditions: usize,
}

/// Leaves that make a condition true together. A leaf is an operation, and whether its being false counts.
struct Alternative {
    condition: usize,
    cheap: Vec<(usize, bool)>,
    costly: Vec<(usize, bool)>,
}

impl ColumnPlan {
    /// `parts`: the constants of `contains` by their place in the automaton.
    pub(crate) fn new(
        compiler: &mut Compiler<'_>,
        conditions: &[&Expr],
        parts: &HashMap<Box<str>, usize>,
    ) -> Self {
        let mut builder = Builder {
            compiler,
            parts,
            nodes: Vec::new(),
            known: HashMap::new(),
            searches: HashMap::new(),
        };
        let mut all = Vec::new();
        for (place, condition) in conditions.iter().enumerate() {
            for leaves in alternatives(condition) {
                let leaf = |leaf: Leaf<'_>| (builder.node(leaf.expr), leaf.negated);
                all.push((place, leaves.into_iter().map(leaf).collect::<Vec<_>>()));
            }
        }
        let nodes = builder.nodes;
        let mut needed_by: Vec<Option<Vec<usize>>> = Vec::with_capacity(nodes.len());
        for node in &nodes {
            let costly = |at: &usize| needed_by.get(*at).is_some_and(Option::is_some);
            let is_costly = node.op.is_costly() || node.op.operands().iter().any(costly);
            needed_by.push(is_costly.then(Vec::new));
        }
        let alternatives = (all.into_iter().enumerate())
            .map(|(at, (condition, leaves))| {
                let is_costly = |(node, _): &(usize, bool)| mark(&nodes, &mut needed_by, *node, at);
                let (costly, cheap) = leaves.into_iter().partition(is_costly);
                Alternative {
                    condition,
                    cheap,
                    costly,
                }
            })
            .collect();
        Self {
            nodes,
            needed_by,
            alternatives,
            conditions: conditions.len(),
        }
    }

    /// The rows in which each condition is true, by place.
    pub(super) fn conditions(&self, chunk: &Chunk<'_>) -> Vec<Bits> {
        let mut columns: Vec<Column<'_>> = Vec::with_capacity(self.nodes.len());
        for (node, needed_by) in self.nodes.iter().zip(&self.needed_by) {
            let column = match needed_by {
                None => chunk.run(node, &columns),
                // Holds the place until it is known for which rows it is wanted.
                Some(_) => Column::Many(Vec::new()),
            };
            columns.push(column);
        }
        let all = Bits::first(chunk.rows);
        let mut left: Vec<Bits> = (self.alternatives.iter())
            .map(|alternative| keep(all, &alternative.cheap, &columns))
            .collect();
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(Some(needed_by)) = self.needed_by.get(at) else {
                continue;
            };
            let asking = needed_by.iter().filter_map(|by| left.get(*by));
            let wanted = asking.fold(Bits::NONE, |all, bits| all.or(*bits));
            if wanted.is_none() {
                continue;
            }
            let column = Chunk { wanted, ..*chunk }.run(node, &columns);
            if let Some(place) = columns.get_mut(at) {
                *place = column;
            }
        }
        let mut conditions = vec![Bits::NONE; self.conditions];
        for (alternative, left) in self.alternatives.iter().zip(&mut left) {
            *left = keep(*left, &alternative.costly, &columns);
            if let Some(condition) = conditions.get_mut(alternative.condition) {
                *condition = condition.or(*left);
            }
        }
        conditions
    }
}

/// The rows of `left` in which these leaves are true.
fn keep(left: Bits, leaves: &[(usize, bool)], columns: &[Column<'_>]) -> Bits {
    leaves.iter().fold(left, |left, (node, negated)| {
        match truths(columns, *node) {
            Some(truths) if *negated => left.and(truths.is_false),
            Some(truths) => left.and(truths.is_true),
            // Not run: nobody wanted it.
            None => Bits::NONE,
        }
    })
}

/// Marks a costly operation, and the costly ones it needs, as needed by an alternative; says whether it is costly.
fn mark(
    nodes: &[Node],
    needed_by: &mut [Option<Vec<usize>>],
    node: usize,
    alternative: usize,
) -> bool {
    let Some(Some(needed)) = needed_by.get_mut(node) else {
        return false;
    };
    if needed.last() != Some(&alternative) {
        needed.push(alternative);
        let operands = nodes.get(node).map(|node| node.op.operands());
        for operand in operands.into_iter().flatten() {
            mark(nodes, needed_by, operand, alternative);
        }
    }
    true
}

impl Op {
    /// Whether it takes long for a row: a call, a look-up, a search.
    const fn is_costly(&self) -> bool {
        matches!(
            self,
            Self::InList(..)
                | Self::InCollection(..)
                | Self::Call(..)
                | Self::Scan(_)
                | Self::Members(..)
        )
    }

    /// The operations it needs.
    fn operands(&self) -> Vec<usize> {
        match self {
            Self::Constant(_) | Self::Field(_) | Self::Feature(_) | Self::OccurredAt => Vec::new(),
            Self::Not(x)
            | Self::CompareConstant(_, x, _)
            | Self::InList(_, x)
            | Self::InConstants(x, _)
            | Self::Negate(x)
            | Self::IntToDouble(x)
            | Self::Has(x)
            | Self::Scan(x)
            | Self::Members(x, _)
            | Self::Find(x, _)
            | Self::Words(x, _)
            | Self::OneOf(x, ..) => vec![*x],
            Self::And(parts) | Self::Or(parts) => parts.clone(),
            Self::Compare(_, a, b)
            | Self::InCollection(a, b)
            | Self::Arithmetic(_, a, b)
            | Self::Default(a, b)
            | Self::Index(a, b) => vec![*a, *b],
            Self::Conditional(a, b, c) => vec![*a, *b, *c],
            Self::Call(_, arguments) => {
                let columns = arguments.iter().filter_map(|argument| match argument {
                    Argument::Column(at, _) => Some(*at),
                    Argument::Constant(_) => None,
                });
                columns.collect()
            }
        }
    }
}

/// What shares a search through a text or list, or its number among words.
#[derive(PartialEq, Eq, Hash)]
enum Search {
    Scan,
    Members,
    Words,
}

struct Builder<'c, 'x> {
    compiler: &'c mut Compiler<'x>,
    parts: &'c HashMap<Box<str>, usize>,
    nodes: Vec<Node>,
    known: HashMap<DefinitionHash, usize>,
    /// By the operation that gives the text or list.
    searches: HashMap<(Search, usize), usize>,
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
            ExprKind::InList(list, x) => {
                let Env { lists, texts, .. } = self.compiler.env;
                let x = self.node(x);
                match lists.text_place(*list) {
                    Some(place) => Op::Find(self.scan(x), texts.list_bit(place)),
                    None => Op::InList(*list, x),
                }
            }
            ExprKind::InConstants(x, constants) if x.ty == Type::String => {
                let x = self.node(x);
                self.one_of(x, constants, false)
            }
            ExprKind::InConstants(x, constants) => {
                let slots = constants
                    .iter()
                    .map(|literal| self.constant(literal))
                    .collect();
                Op::InConstants(self.node(x), slots)
            }
            ExprKind::InCollection(x, whole) => self.in_collection(x, whole),
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
                if let Some((text, part)) = contains_constant(expr)
                    && let Some(place) = self.parts.get(part)
                {
                    let text = self.node(text);
                    return Op::Find(self.scan(text), TextIndex::part_bit(*place));
                }
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

    /// The search of its kind through what `x` gives, or its number among words.
    fn search(&mut self, search: Search, x: usize, op: impl FnOnce() -> Op, ty: Type) -> usize {
        let next = self.nodes.len();
        let at = *self.searches.entry((search, x)).or_insert(next);
        if at == next {
            self.nodes.push(Node { op: op(), ty });
        }
        at
    }

    fn scan(&mut self, text: usize) -> usize {
        self.search(Search::Scan, text, || Op::Scan(text), Type::Bool)
    }

    fn in_collection(&mut self, x: &Expr, whole: &Expr) -> Op {
        let ExprKind::Literal(Literal::String(item)) = &x.kind else {
            return Op::InCollection(self.node(x), self.node(whole));
        };
        if whole.ty != Type::List(Scalar::String) {
            return Op::InCollection(self.node(x), self.node(whole));
        }
        let list = self.node(whole);
        let members = || Op::Members(list, HashMap::new());
        let members = self.search(Search::Members, list, members, Type::Bool);
        let mut bit = 0;
        if let Some(Node {
            op: Op::Members(_, words),
            ..
        }) = self.nodes.get_mut(members)
        {
            let next = words.len();
            bit = *words.entry((&**item).into()).or_insert(next);
        }
        Op::Find(members, bit)
    }

    /// Whether a text is one of these constants.
    fn one_of(&mut self, text: usize, constants: &[Literal], negated: bool) -> Op {
        let words = || Op::Words(text, HashMap::new());
        let numbers = self.search(Search::Words, text, words, Type::Int);
        let mut is_in = Vec::new();
        if let Some(Node {
            op: Op::Words(_, words),
            ..
        }) = self.nodes.get_mut(numbers)
        {
            for constant in constants {
                let Literal::String(constant) = constant else {
                    continue;
                };
                // 0 is any other text.
                let next = i64::try_from(words.len() + 1).unwrap_or(i64::MAX);
                let number = *words.entry((&**constant).into()).or_insert(next);
                let place = usize::try_from(number).unwrap_or_default();
                is_in.resize(is_in.len().max(place + 1), false);
                if let Some(is_in) = is_in.get_mut(place) {
                    *is_in = true;
                }
            }
        }
        Op::OneOf(numbers, is_in, negated)
    }

    fn compare(&mut self, how: Comparison, a: &Expr, b: &Expr) -> Op {
        let text = match (&a.kind, &b.kind) {
            (_, ExprKind::Literal(Literal::String(_))) => Some((a, b)),
            (ExprKind::Literal(Literal::String(_)), _) => Some((b, a)),
            _ => None,
        };
        let is_equality = matches!(how, Comparison::Equal | Comparison::NotEqual);
        if let Some((text, constant)) = text
            && let ExprKind::Literal(constant) = &constant.kind
            && is_equality
        {
            let text = self.node(text);
            let constant = std::slice::from_ref(constant);
            return self.one_of(text, constant, how == Comparison::NotEqual);
        }
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
