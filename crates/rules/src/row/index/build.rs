//! From conditions to groups and rows of bits.

use hashbrown::HashMap;
use stanch_types::Currency;

use super::super::closure::{Compiler, Fun, holds, turned};
use super::super::normal::{Leaf, alternatives};
use super::super::{Cash, Class, Env, Many, Real, Text, Truth, Whole};
use super::operand::{Operand, Read, Source, SourceKind};
use super::pass::{COMPUTED_MAX, SOURCES_MAX};
use super::points::Points;
use super::{Group, Index, words_of};
use crate::function;
use crate::ir::{Comparison, Expr, ExprKind, ListIx, Literal, Scalar, Type};
use crate::verdict::set;
use crate::window::{DefinitionHash, meaning};

/// What a leaf asks of its group's operand.
enum Ask {
    /// Compared with the point at this place in `Draft::points`.
    Compare(Comparison, Literal),
    /// One of these.
    OneOf(Vec<Literal>),
    /// True.
    True,
}

/// What a leaf is about.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
enum Key {
    /// The value of an expression among points; money in one currency.
    Points(DefinitionHash, Option<Currency>),
    /// A truth value.
    Truth(DefinitionHash),
    /// A bit of a source.
    Bit(usize, usize),
}

/// A group while it is made.
struct Draft<'e> {
    key: Key,
    expr: &'e Expr,
    /// Alternatives and what they ask; `true` when its being false counts.
    asks: Vec<(usize, Ask, bool)>,
}

struct Builder<'c, 'e, 'x> {
    compiler: &'c mut Compiler<'x>,
    drafts: Vec<Draft<'e>>,
    by_key: HashMap<Key, usize>,
    sources: Vec<SourceDraft<'e>>,
    /// Constants of `contains` by their place in the automaton.
    parts: &'c HashMap<Box<str>, usize>,
}

struct SourceDraft<'e> {
    hash: DefinitionHash,
    expr: &'e Expr,
    /// The texts that are looked for in a list; `None` for a scan.
    members: Option<HashMap<Box<str>, usize>>,
}

/// Builds the index of the conditions, whose places are their order. `parts` gives the constants of `contains` that
/// the automaton knows.
pub(crate) fn build(
    compiler: &mut Compiler<'_>,
    conditions: &[&Expr],
    parts: &HashMap<Box<str>, usize>,
) -> Index {
    let mut builder = Builder {
        compiler,
        drafts: Vec::new(),
        by_key: HashMap::new(),
        sources: Vec::new(),
        parts,
    };
    let mut owners = Vec::new();
    let mut possible = Vec::new();
    for (place, condition) in conditions.iter().enumerate() {
        for (nth, leaves) in alternatives(condition).into_iter().enumerate() {
            let bit = if nth == 0 {
                place
            } else {
                owners.push(u32::try_from(place).unwrap_or(u32::MAX));
                conditions.len() + owners.len() - 1
            };
            possible.push(bit);
            for leaf in leaves {
                builder.leaf(bit, leaf);
            }
        }
    }
    builder.finish(conditions.len(), owners, &possible)
}

/// The constants of `contains(field, "…")` anywhere in an expression.
pub(crate) fn collect_parts(expr: &Expr, parts: &mut Vec<Box<str>>) {
    for leaf in alternatives(expr).concat() {
        if let Some((_, part)) = contains_constant(leaf.expr) {
            parts.push(part.into());
        }
    }
}

/// `contains(text, "constant")` with a constant that is not empty.
pub(crate) fn contains_constant(expr: &Expr) -> Option<(&Expr, &str)> {
    let ExprKind::Call(function, args) = &expr.kind else {
        return None;
    };
    let [text, part] = args.as_slice() else {
        return None;
    };
    let ExprKind::Literal(Literal::String(part)) = &part.kind else {
        return None;
    };
    (function::get(*function)?.name == "contains" && !part.is_empty()).then_some((text, part))
}

impl<'e> Builder<'_, 'e, '_> {
    fn hash(&self, expr: &Expr) -> DefinitionHash {
        let Env { program, .. } = self.compiler.env;
        meaning(program, self.compiler.event, std::slice::from_ref(expr))
    }

    fn leaf(&mut self, alternative: usize, leaf: Leaf<'e>) {
        let (key, expr, ask) = self.classify(leaf.expr);
        let drafts = &mut self.drafts;
        let at = *self.by_key.entry(key).or_insert_with(|| {
            drafts.push(Draft {
                key,
                expr,
                asks: Vec::new(),
            });
            drafts.len() - 1
        });
        if let Some(draft) = self.drafts.get_mut(at) {
            draft.asks.push((alternative, ask, leaf.negated));
        }
    }

    /// Which group a leaf belongs to, the operand, and what it asks.
    fn classify(&mut self, expr: &'e Expr) -> (Key, &'e Expr, Ask) {
        self.points(expr)
            .or_else(|| self.bit(expr))
            .unwrap_or_else(|| (Key::Truth(self.hash(expr)), expr, Ask::True))
    }

    fn points(&self, expr: &'e Expr) -> Option<(Key, &'e Expr, Ask)> {
        if let ExprKind::Compare(how, a, b) = &expr.kind {
            let (operand, literal, how) = match (&a.kind, &b.kind) {
                (_, ExprKind::Literal(literal)) => (&**a, literal, *how),
                (ExprKind::Literal(literal), _) => (&**b, literal, turned(*how)),
                _ => return None,
            };
            let ordered = !matches!(operand.ty, Type::String);
            let is_equality = matches!(how, Comparison::Equal | Comparison::NotEqual);
            let key = Key::Points(self.hash(operand), point_currency(literal)?);
            return (ordered || is_equality)
                .then(|| (key, operand, Ask::Compare(how, literal.clone())));
        }
        let ExprKind::InConstants(operand, constants) = &expr.kind else {
            return None;
        };
        let currency = point_currency(constants.first()?)?;
        let same = |literal: &Literal| point_currency(literal) == Some(currency);
        constants.iter().all(same).then(|| {
            let key = Key::Points(self.hash(operand), currency);
            (key, &**operand, Ask::OneOf(constants.clone()))
        })
    }

    fn bit(&mut self, expr: &'e Expr) -> Option<(Key, &'e Expr, Ask)> {
        let (operand, members, text) = if let Some((text, part)) = contains_constant(expr) {
            let place = *self.parts.get(part)?;
            (text, false, Ok(crate::list::TextIndex::part_bit(place)))
        } else if let ExprKind::InList(list, text) = &expr.kind {
            (&**text, false, Ok(self.text_list_bit(*list)?))
        } else if let ExprKind::InCollection(item, list) = &expr.kind
            && list.ty == Type::List(Scalar::String)
            && let ExprKind::Literal(Literal::String(item)) = &item.kind
        {
            (&**list, true, Err(item))
        } else {
            return None;
        };
        let hash = self.hash(operand);
        let known = self.sources.iter();
        let known = known.enumerate().find(|(_, source)| source.hash == hash);
        let at = match known {
            Some((at, _)) => at,
            None if self.sources.len() >= SOURCES_MAX => return None,
            None => {
                self.sources.push(SourceDraft {
                    hash,
                    expr: operand,
                    members: members.then(HashMap::new),
                });
                self.sources.len() - 1
            }
        };
        let bit = match text {
            Ok(bit) => bit,
            Err(item) => {
                let words = self.sources.get_mut(at)?.members.as_mut()?;
                let next = words.len();
                *words.entry((&**item).into()).or_insert(next)
            }
        };
        Some((Key::Bit(at, bit), operand, Ask::True))
    }

    fn text_list_bit(&self, list: ListIx) -> Option<usize> {
        let Env { lists, texts, .. } = self.compiler.env;
        Some(texts.list_bit(lists.text_place(list)?))
    }

    fn finish(self, conditions: usize, owners: Vec<u32>, possible: &[usize]) -> Index {
        let words = words_of(conditions + owners.len());
        let mut all = vec![0; words];
        possible.iter().for_each(|bit| set(&mut all, *bit));
        let Self {
            compiler,
            drafts,
            sources,
            ..
        } = self;
        let mut computed = HashMap::new();
        let mut groups: Vec<Group> = drafts
            .into_iter()
            .map(|draft| draft.finish(compiler, words, &mut computed))
            .collect();
        groups.sort_by_key(|group| group.operand.cost());
        let kinds = sources.into_iter().map(|source| match source.members {
            Some(words) => {
                let list = read::<Many>(source.expr, None, |expr| compiler.many(expr));
                (words.len().div_ceil(64), SourceKind::Members(list, words))
            }
            None => {
                let text = read::<Text>(source.expr, None, |expr| compiler.text(expr));
                (compiler.env.texts.words(), SourceKind::Scan(text))
            }
        });
        let kinds: Vec<(usize, SourceKind)> = kinds.collect();
        let total = kinds.iter().map(|(words, _)| words).sum();
        let mut from = 0;
        let sources = kinds.into_iter().map(|(words, kind)| {
            from += words;
            Source {
                kind,
                from: from - words,
                words,
                total,
            }
        });
        Index {
            sources: sources.collect(),
            groups,
            words,
            all,
            conditions,
            owners,
            computed,
        }
    }
}

impl Draft<'_> {
    fn finish(
        self,
        compiler: &mut Compiler<'_>,
        words: usize,
        computed: &mut HashMap<DefinitionHash, usize>,
    ) -> Group {
        let place = self.computed_place(computed);
        let operand = self.operand(compiler, place);
        let mut uses = vec![0; words];
        for (alternative, ..) in &self.asks {
            set(&mut uses, *alternative);
        }
        let mut rows = vec![u64::MAX; (operand.position_max() + 1) * words];
        for (position, row) in rows.chunks_mut(words).enumerate() {
            for (alternative, ask, negated) in &self.asks {
                let is_true = position != 0 && ask.holds(&operand, position) != *negated;
                if !is_true && let Some(word) = row.get_mut(alternative / 64) {
                    *word &= !(1 << (alternative % 64));
                }
            }
        }
        Group {
            operand,
            uses,
            rows,
        }
    }

    /// Where the operand's value is kept, when it is computed. Groups over one operand share a place.
    fn computed_place(&self, computed: &mut HashMap<DefinitionHash, usize>) -> Option<usize> {
        let (Key::Points(hash, _) | Key::Truth(hash)) = self.key else {
            return None;
        };
        // Texts are not kept: they would have to be copied.
        if matches!(self.expr.kind, ExprKind::Field(_)) || self.expr.ty == Type::String {
            return None;
        }
        let next = computed.len();
        if next >= COMPUTED_MAX {
            return computed.get(&hash).copied();
        }
        Some(*computed.entry(hash).or_insert(next))
    }

    fn operand(&self, compiler: &mut Compiler<'_>, kept: Option<usize>) -> Operand {
        let expr = self.expr;
        let currency = match self.key {
            Key::Bit(source, bit) => return Operand::Bit { source, bit },
            Key::Truth(_) => {
                return Operand::Truth(read::<Truth>(expr, kept, |expr| compiler.truth(expr)));
            }
            Key::Points(_, currency) => currency,
        };
        let mut constants: Vec<&Literal> = Vec::new();
        for (_, ask, _) in &self.asks {
            match ask {
                Ask::Compare(_, literal) => constants.push(literal),
                Ask::OneOf(literals) => constants.extend(literals),
                Ask::True => {}
            }
        }
        let mut wholes: Vec<i64> = constants
            .iter()
            .filter_map(|literal| whole(literal))
            .collect();
        wholes.sort_unstable();
        wholes.dedup();
        match (expr.ty, currency) {
            (Type::Double, _) => {
                let mut reals: Vec<f64> = constants.iter().filter_map(|c| real(c)).collect();
                reals.sort_unstable_by(f64::total_cmp);
                reals.dedup();
                let read = read::<Real>(expr, kept, |expr| compiler.real(expr));
                Operand::Real(read, Points::new(reals))
            }
            (Type::String, _) => {
                let mut words: HashMap<Box<str>, usize> = HashMap::new();
                for text in constants.iter().filter_map(|literal| text(literal)) {
                    let next = words.len();
                    words.entry(text.into()).or_insert(next);
                }
                Operand::Text(read::<Text>(expr, None, |expr| compiler.text(expr)), words)
            }
            (Type::Money(_), Some(currency)) => Operand::Cash(
                read::<Cash>(expr, kept, |expr| compiler.cash(expr)),
                currency,
                Points::new(wholes),
            ),
            (Type::Bool, _) => {
                Operand::Truth(read::<Truth>(expr, kept, |expr| compiler.truth(expr)))
            }
            _ => {
                let read = read::<Whole>(expr, kept, |expr| compiler.whole(expr));
                Operand::Whole(read, expr.ty, Points::new(wholes))
            }
        }
    }
}

impl Ask {
    /// Whether it holds for an operand at a position other than missing.
    fn holds(&self, operand: &Operand, position: usize) -> bool {
        match self {
            Self::True => position == 2,
            // Positions stand to each other as the values do; texts are only ever equal or not.
            Self::Compare(how, literal) => {
                place(operand, literal).is_some_and(|at| holds(*how, position.cmp(&at)))
            }
            Self::OneOf(literals) => literals
                .iter()
                .filter_map(|literal| place(operand, literal))
                .any(|at| position == at),
        }
    }
}

/// The position of a constant.
fn place(operand: &Operand, literal: &Literal) -> Option<usize> {
    match operand {
        Operand::Whole(_, _, points) | Operand::Cash(_, _, points) => {
            points.position_of(whole(literal)?)
        }
        Operand::Real(_, points) => points.position_of(real(literal)?),
        Operand::Text(_, words) => words.get(text(literal)?).map(|word| word + 2),
        Operand::Truth(_) => {
            if let Literal::Bool(value) = literal {
                Some(1 + usize::from(*value))
            } else {
                None
            }
        }
        Operand::Bit { .. } => None,
    }
}

/// The currency that a constant's points are in; the outer `None` for constants that are no points.
fn point_currency(literal: &Literal) -> Option<Option<Currency>> {
    match literal {
        Literal::Money(_, currency) => Some(Some(*currency)),
        Literal::Bool(_)
        | Literal::Int(_)
        | Literal::Double(_)
        | Literal::String(_)
        | Literal::Timestamp(_)
        | Literal::Duration(_)
        | Literal::Enum(..) => Some(None),
        Literal::List(..) | Literal::Map(..) => None,
    }
}

fn whole(literal: &Literal) -> Option<i64> {
    match literal {
        Literal::Int(value) | Literal::Timestamp(value) | Literal::Duration(value) => Some(*value),
        Literal::Money(minor, _) => Some(*minor),
        Literal::Enum(_, word) => Some(i64::from(*word)),
        Literal::Bool(_)
        | Literal::Double(_)
        | Literal::String(_)
        | Literal::List(..)
        | Literal::Map(..) => None,
    }
}

fn real(literal: &Literal) -> Option<f64> {
    if let Literal::Double(value) = literal {
        Some(*value)
    } else {
        None
    }
}

fn text(literal: &Literal) -> Option<&str> {
    if let Literal::String(text) = literal {
        Some(text)
    } else {
        None
    }
}

fn read<K: Class>(
    expr: &Expr,
    kept: Option<usize>,
    compile: impl FnOnce(&Expr) -> Fun<K>,
) -> Read<K> {
    if let ExprKind::Field(field) = &expr.kind {
        Read::Field(*field)
    } else {
        Read::Fun(compile(expr), kept)
    }
}
