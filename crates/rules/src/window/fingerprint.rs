//! What an expression means, as bytes: independent of where it is written and of the order of declarations.

use std::fmt;

use twox_hash::XxHash3_128;

use crate::function::FUNCTIONS;
use crate::ir::{
    Aggregate, Arithmetic, Comparison, EventIx, Expr, ExprKind, Literal, Program, Scalar, Type,
};

/// Identity of a definition: equal definitions have equal hashes in every policy. Prints as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefinitionHash(pub u128);

impl fmt::Display for DefinitionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Writes definitions as bytes. Everything is tagged and counted, so that different trees are different bytes.
pub(super) struct Fingerprint<'p> {
    program: &'p Program,
    bytes: Vec<u8>,
}

impl<'p> Fingerprint<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        Self {
            program,
            bytes: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> DefinitionHash {
        DefinitionHash(XxHash3_128::oneshot(&self.bytes))
    }

    pub(super) fn tag(&mut self, tag: u8) -> &mut Self {
        self.bytes.push(tag);
        self
    }

    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.count(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn hash(&mut self, hash: DefinitionHash) -> &mut Self {
        self.bytes.extend_from_slice(&hash.0.to_le_bytes());
        self
    }

    fn count(&mut self, count: usize) -> &mut Self {
        self.bytes.extend_from_slice(&(count as u64).to_le_bytes());
        self
    }

    pub(super) fn aggregate(&mut self, aggregate: Aggregate) -> &mut Self {
        self.tag(match aggregate {
            Aggregate::Count => 0,
            Aggregate::Sum => 1,
            Aggregate::Avg => 2,
            Aggregate::Min => 3,
            Aggregate::Max => 4,
            Aggregate::Distinct => 5,
            Aggregate::First => 6,
            Aggregate::Last => 7,
            Aggregate::Ratio => 8,
            Aggregate::SinceLast => 9,
        })
    }

    /// An event kind by its name.
    pub(super) fn event(&mut self, event: EventIx) -> &mut Self {
        let name = self.program.events.get(event.ix()).map(|kind| &*kind.name);
        self.text(name.unwrap_or_default())
    }

    fn ty(&mut self, ty: Type) -> &mut Self {
        match ty {
            Type::Bool => self.tag(0),
            Type::Int => self.tag(1),
            Type::Double => self.tag(2),
            Type::Money(None) => self.tag(3),
            Type::Money(Some(currency)) => self.tag(4).text(&currency.to_string()),
            Type::String => self.tag(5),
            Type::Timestamp => self.tag(6),
            Type::Duration => self.tag(7),
            Type::Enum(ix) => {
                let words = self.program.enums.get(ix.ix()).map(|e| e.words.as_slice());
                let words = words.unwrap_or_default();
                self.tag(8).count(words.len());
                for word in words {
                    self.text(word);
                }
                self
            }
            Type::List(scalar) => self.tag(9).scalar(scalar),
            Type::Map(scalar) => self.tag(10).scalar(scalar),
        }
    }

    fn scalar(&mut self, scalar: Scalar) -> &mut Self {
        self.tag(match scalar {
            Scalar::Bool => 0,
            Scalar::Int => 1,
            Scalar::Double => 2,
            Scalar::String => 3,
        })
    }

    fn literal(&mut self, literal: &Literal) -> &mut Self {
        match literal {
            Literal::Bool(value) => self.tag(0).tag(u8::from(*value)),
            Literal::Int(value) => self.tag(1).number(*value),
            Literal::Double(value) => self.tag(2).number(value.to_bits().cast_signed()),
            Literal::Money(minor, currency) => {
                self.tag(3).number(*minor).text(&currency.to_string())
            }
            Literal::String(text) => self.tag(4).text(text),
            Literal::Timestamp(micros) => self.tag(5).number(*micros),
            Literal::Duration(micros) => self.tag(6).number(*micros),
            Literal::Enum(ix, word) => self.tag(7).ty(Type::Enum(*ix)).number(i64::from(*word)),
            Literal::List(scalar, items) => self.tag(8).scalar(*scalar).literals(items),
            Literal::Map(scalar, entries) => {
                self.tag(9).scalar(*scalar).count(entries.len());
                for (key, value) in entries {
                    self.text(key).literal(value);
                }
                self
            }
        }
    }

    fn literals(&mut self, literals: &[Literal]) -> &mut Self {
        self.count(literals.len());
        for literal in literals {
            self.literal(literal);
        }
        self
    }

    /// Several expressions over the fields of one event kind.
    pub(super) fn exprs(&mut self, event: EventIx, exprs: &[Expr]) -> &mut Self {
        self.count(exprs.len());
        for expr in exprs {
            self.expr(event, expr);
        }
        self
    }

    /// An expression that may be absent.
    pub(super) fn option(&mut self, event: EventIx, expr: Option<&Expr>) -> &mut Self {
        match expr {
            None => self.tag(0),
            Some(expr) => self.tag(1).expr(event, expr),
        }
    }

    /// An expression over the fields of one event kind.
    pub(super) fn expr(&mut self, event: EventIx, expr: &Expr) -> &mut Self {
        self.ty(expr.ty);
        match &expr.kind {
            ExprKind::Literal(literal) => self.tag(0).literal(literal),
            ExprKind::Field(field) => {
                let kind = self.program.events.get(event.ix());
                let name = kind.and_then(|kind| kind.field(*field));
                self.tag(1).text(name.map_or("", |field| &field.name))
            }
            ExprKind::OccurredAt => self.tag(2),
            ExprKind::Feature(feature, key) => {
                let name = self.program.features.get(feature.ix());
                self.tag(3).text(name.map_or("", |feature| &feature.name));
                self.exprs(event, key)
            }
            ExprKind::Not(x) => self.tag(4).expr(event, x),
            ExprKind::And(parts) => self.tag(5).exprs(event, parts),
            ExprKind::Or(parts) => self.tag(6).exprs(event, parts),
            ExprKind::Compare(how, a, b) => self
                .tag(7)
                .tag(comparison(*how))
                .expr(event, a)
                .expr(event, b),
            ExprKind::InList(list, x) => {
                let name = self.program.lists.get(list.ix());
                self.tag(8).text(name.map_or("", |list| &list.name));
                self.expr(event, x)
            }
            ExprKind::InConstants(x, constants) => self.tag(9).expr(event, x).literals(constants),
            ExprKind::InCollection(x, whole) => self.tag(10).expr(event, x).expr(event, whole),
            ExprKind::Arithmetic(how, a, b) => self
                .tag(11)
                .tag(arithmetic(*how))
                .expr(event, a)
                .expr(event, b),
            ExprKind::Negate(x) => self.tag(12).expr(event, x),
            ExprKind::IntToDouble(x) => self.tag(13).expr(event, x),
            ExprKind::Has(x) => self.tag(14).expr(event, x),
            ExprKind::Default(a, b) => self.tag(15).expr(event, a).expr(event, b),
            ExprKind::Conditional(c, a, b) => {
                self.tag(16).expr(event, c).expr(event, a).expr(event, b)
            }
            ExprKind::Index(whole, at) => self.tag(17).expr(event, whole).expr(event, at),
            ExprKind::Call(function, args) => {
                let name = FUNCTIONS.get(function.ix()).map(|function| function.name);
                self.tag(18)
                    .text(name.unwrap_or_default())
                    .exprs(event, args)
            }
        }
    }
}

const fn comparison(how: Comparison) -> u8 {
    match how {
        Comparison::Equal => 0,
        Comparison::NotEqual => 1,
        Comparison::Less => 2,
        Comparison::LessOrEqual => 3,
        Comparison::Greater => 4,
        Comparison::GreaterOrEqual => 5,
    }
}

const fn arithmetic(how: Arithmetic) -> u8 {
    match how {
        Arithmetic::Add => 0,
        Arithmetic::Subtract => 1,
        Arithmetic::Multiply => 2,
        Arithmetic::Divide => 3,
        Arithmetic::Remainder => 4,
    }
}
