//! Operations over a chunk.

use std::borrow::Cow;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use stanch_types::{Currency, Money};

use super::batch::EventBatch;
use super::bits::Bits;
use super::plan::{Argument, Node, Op};
use super::search::Finds;
use crate::function::{Arg, Kernel};
use crate::ir::{Arithmetic, Comparison, ListIx, Type};
use crate::row::Env;
use crate::row::call::whole_arg;
use crate::row::closure::{
    equal_holds, holds, is_in_time, money_arithmetic, quotient, real_arithmetic, times,
    whole_arithmetic, whole_value,
};
use crate::value::{ListRef, MapRef, Slot, Value, ValueRef};

/// Rows of a batch that are worked on together.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'b> {
    pub(super) env: &'b Env,
    pub(super) batch: &'b EventBatch,
    pub(super) from: usize,
    pub(super) rows: usize,
    /// Rows that costly operations run for; the others may come out as missing.
    pub(super) wanted: Bits,
}

/// Three-valued truths: true, false, or neither.
#[derive(Debug, Clone, Copy)]
pub(super) struct Truths {
    pub(super) is_true: Bits,
    pub(super) is_false: Bits,
}

/// The values of an operation.
pub(super) enum Column<'b> {
    Truth(Truths),
    /// Numbers, and which of them are not missing.
    Whole(Cow<'b, [i64]>, Bits),
    Real(Cow<'b, [f64]>, Bits),
    Cash(Vec<Option<Money>>),
    Text(Vec<Option<Cow<'b, str>>>),
    Many(Vec<Option<ListRef<'b>>>),
    Named(Vec<Option<MapRef<'b>>>),
    Finds(Finds),
}

impl Column<'_> {
    /// The value in a row, as of type `ty`.
    fn get(&self, row: usize, ty: Type) -> Option<ValueRef<'_>> {
        match self {
            Self::Truth(truths) => {
                let known = truths.is_true.get(row) || truths.is_false.get(row);
                known.then(|| ValueRef::Bool(truths.is_true.get(row)))
            }
            Self::Whole(values, valid) => {
                let value = values.get(row).filter(|_| valid.get(row))?;
                Some(whole_value(ty, *value))
            }
            Self::Real(values, valid) => {
                let value = values.get(row).filter(|_| valid.get(row))?;
                Some(ValueRef::Double(*value))
            }
            Self::Cash(values) => values.get(row)?.map(ValueRef::Money),
            Self::Text(values) => values.get(row)?.as_deref().map(ValueRef::String),
            Self::Many(values) => values.get(row)?.map(ValueRef::List),
            Self::Named(values) => values.get(row)?.map(ValueRef::Map),
            Self::Finds(_) => None,
        }
    }

    /// The text, list or map in a row.
    pub(super) fn text_or_list(&self, row: usize) -> Option<ValueRef<'_>> {
        self.get(row, Type::String)
    }
}

impl<'b> Chunk<'b> {
    /// Runs an operation whose operands are in `columns`.
    pub(super) fn run(&self, node: &Node, columns: &[Column<'b>]) -> Column<'b> {
        let answer = match &node.op {
            Op::Constant(slot) => Some(self.constant(*slot, node.ty)),
            Op::Field(field) => self.field(field.ix(), node.ty),
            Op::Feature(place) => place.and_then(|place| self.feature(place, node.ty)),
            Op::OccurredAt => {
                let times = self.batch.occurred_at_us();
                let times = times
                    .get(self.from..self.from + self.rows)
                    .unwrap_or_default();
                Some(Column::Whole(times.into(), Bits::first(self.rows)))
            }
            Op::Not(x) => truths(columns, *x).map(|x| {
                Column::Truth(Truths {
                    is_true: x.is_false,
                    is_false: x.is_true,
                })
            }),
            Op::And(parts) => Some(self.all(columns, parts)),
            Op::Or(parts) => Some(self.any(columns, parts)),
            Op::Compare(how, a, b) => self.compare(*how, columns.get(*a), columns.get(*b)),
            Op::CompareConstant(how, x, constant) => columns
                .get(*x)
                .map(|x| self.compare_constant(*how, x, *constant)),
            Op::InList(list, x) => columns.get(*x).map(|x| self.in_list(*list, x)),
            Op::InConstants(x, constants) => {
                columns.get(*x).map(|x| self.in_constants(x, constants))
            }
            Op::InCollection(x, whole) => self.in_collection(columns.get(*x), columns.get(*whole)),
            Op::Arithmetic(how, a, b) => {
                self.arithmetic(*how, node.ty, columns.get(*a), columns.get(*b))
            }
            Op::Negate(x) => columns.get(*x).map(|x| self.negate(x)),
            Op::IntToDouble(x) => columns.get(*x).and_then(|x| {
                let Column::Whole(values, valid) = x else {
                    return None;
                };
                let reals = values.iter().map(|value| *value as f64).collect();
                Some(Column::Real(reals, *valid))
            }),
            Op::Has(x) => columns
                .get(*x)
                .map(|x| self.truth_by_row(|row| Some(x.get(row, Type::Int).is_some()))),
            Op::Default(x, y) => self.choose(node.ty, columns, |row| {
                let has = columns
                    .get(*x)
                    .is_some_and(|x| x.get(row, node.ty).is_some());
                Some(if has { *x } else { *y })
            }),
            Op::Conditional(condition, yes, no) => {
                let condition = truths(columns, *condition);
                self.choose(node.ty, columns, |row| {
                    let condition = condition?;
                    match (condition.is_true.get(row), condition.is_false.get(row)) {
                        (true, _) => Some(*yes),
                        (false, true) => Some(*no),
                        (false, false) => None,
                    }
                })
            }
            Op::Index(whole, at) => self.index(node.ty, columns.get(*whole), columns.get(*at)),
            Op::Scan(x) => columns.get(*x).map(|x| self.scan(x)),
            Op::Members(x, words) => columns.get(*x).map(|x| self.members(x, words)),
            Op::Find(finds, bit) => columns.get(*finds).and_then(|finds| self.find(finds, *bit)),
            Op::Words(x, words) => columns.get(*x).and_then(|x| self.words(x, words)),
            Op::OneOf(numbers, is_in, negated) => columns
                .get(*numbers)
                .and_then(|numbers| self.one_of(numbers, is_in, *negated)),
            Op::Call(run, arguments) => Some(self.call(*run, arguments, node.ty, columns)),
        };
        answer.unwrap_or_else(|| self.missing(node.ty))
    }

    /// A column of a type from owned values.
    fn owned(&self, ty: Type, value: impl Fn(usize) -> Option<Value>) -> Column<'b> {
        if ty == Type::String {
            let text = |row| {
                if let Some(Value::String(text)) = value(row) {
                    Some(Cow::Owned(text.into()))
                } else {
                    None
                }
            };
            return Column::Text((0..self.rows).map(text).collect());
        }
        let values: Vec<Option<Value>> = (0..self.rows).map(value).collect();
        self.scalars(ty, |row| values.get(row)?.as_ref().map(Value::as_ref))
            .unwrap_or_else(|| self.missing(ty))
    }

    /// A column of numbers, truths or money; `None` for other types.
    fn scalars<'v>(
        &self,
        ty: Type,
        value: impl Fn(usize) -> Option<ValueRef<'v>>,
    ) -> Option<Column<'b>> {
        use crate::row::{Cash, Class, Real, Truth, Whole};
        Some(match ty {
            Type::Bool => self.truth_by_row(|row| Truth::of(value(row)?)),
            Type::Int | Type::Timestamp | Type::Duration | Type::Enum(_) => {
                self.wholes(|row| Whole::of(value(row)?))
            }
            Type::Double => self.reals(|row| Real::of(value(row)?)),
            Type::Money(_) => {
                Column::Cash((0..self.rows).map(|row| Cash::of(value(row)?)).collect())
            }
            Type::String | Type::List(_) | Type::Map(_) => return None,
        })
    }

    fn wholes(&self, value: impl Fn(usize) -> Option<i64>) -> Column<'b> {
        let values: Vec<Option<i64>> = (0..self.rows).map(value).collect();
        let valid = Bits::of(&values, |value| value.is_some());
        Column::Whole(
            values.into_iter().map(Option::unwrap_or_default).collect(),
            valid,
        )
    }

    fn reals(&self, value: impl Fn(usize) -> Option<f64>) -> Column<'b> {
        let values: Vec<Option<f64>> = (0..self.rows).map(value).collect();
        let valid = Bits::of(&values, |value| value.is_some());
        Column::Real(
            values.into_iter().map(Option::unwrap_or_default).collect(),
            valid,
        )
    }

    fn truth_by_row(&self, value: impl Fn(usize) -> Option<bool>) -> Column<'b> {
        let values: Vec<Option<bool>> = (0..self.rows).map(value).collect();
        Column::Truth(Truths {
            is_true: Bits::of(&values, |value| value == Some(true)),
            is_false: Bits::of(&values, |value| value == Some(false)),
        })
    }

    fn missing(&self, ty: Type) -> Column<'b> {
        match ty {
            Type::String => Column::Text(vec![None; self.rows]),
            Type::List(_) => Column::Many(vec![None; self.rows]),
            Type::Map(_) => Column::Named(vec![None; self.rows]),
            Type::Money(_) => Column::Cash(vec![None; self.rows]),
            Type::Double => Column::Real(vec![0.0; self.rows].into(), Bits::NONE),
            Type::Bool => Column::Truth(Truths {
                is_true: Bits::NONE,
                is_false: Bits::NONE,
            }),
            Type::Int | Type::Timestamp | Type::Duration | Type::Enum(_) => {
                Column::Whole(vec![0; self.rows].into(), Bits::NONE)
            }
        }
    }

    fn constant(&self, slot: Slot, ty: Type) -> Column<'b> {
        let value = self.env.constants.get(slot);
        match value {
            Some(ValueRef::String(text)) => {
                Column::Text(vec![Some(Cow::Borrowed(text)); self.rows])
            }
            Some(ValueRef::List(list)) => Column::Many(vec![Some(list); self.rows]),
            Some(ValueRef::Map(map)) => Column::Named(vec![Some(map); self.rows]),
            Some(_) | None => self
                .scalars(ty, |_| value)
                .unwrap_or_else(|| self.missing(ty)),
        }
    }

    fn field(&self, at: usize, ty: Type) -> Option<Column<'b>> {
        match ty {
            Type::List(_) => {
                let list = |row| self.batch.list(at, self.from + row);
                Some(Column::Many((0..self.rows).map(list).collect()))
            }
            Type::Map(_) => {
                let map = |row| self.batch.map(at, self.from + row);
                Some(Column::Named((0..self.rows).map(map).collect()))
            }
            Type::Bool
            | Type::Int
            | Type::Double
            | Type::Money(_)
            | Type::String
            | Type::Timestamp
            | Type::Duration
            | Type::Enum(_) => self.array(self.batch.field(at)?, ty),
        }
    }

    fn feature(&self, at: usize, ty: Type) -> Option<Column<'b>> {
        self.array(self.batch.feature(at)?, ty)
    }

    /// The chunk's rows of an array of scalars.
    fn array(&self, array: &'b dyn Array, ty: Type) -> Option<Column<'b>> {
        let (from, to) = (self.from, self.from + self.rows);
        let valid = || match array.nulls() {
            None => Bits::first(self.rows),
            Some(nulls) => {
                let valid = nulls.inner().slice(from, self.rows);
                Bits::from_words(self.rows, valid.bit_chunks().iter_padded())
            }
        };
        Some(match ty {
            Type::Int | Type::Timestamp | Type::Duration | Type::Enum(_) => {
                let values = array.as_primitive_opt::<Int64Type>()?.values();
                Column::Whole(values.get(from..to)?.into(), valid())
            }
            Type::Double => {
                let values = array.as_primitive_opt::<Float64Type>()?.values();
                Column::Real(values.get(from..to)?.into(), valid())
            }
            Type::Bool => {
                let values = array.as_boolean_opt()?.values();
                let values = values.slice(from, self.rows);
                let values = Bits::from_words(self.rows, values.bit_chunks().iter_padded());
                let valid = valid();
                Column::Truth(Truths {
                    is_true: values.and(valid),
                    is_false: valid.without(values),
                })
            }
            Type::String => {
                let texts = array.as_string_opt::<i32>()?;
                let text = |row| texts.is_valid(row).then(|| Cow::Borrowed(texts.value(row)));
                Column::Text((from..to).map(text).collect())
            }
            Type::Money(_) => {
                let parts = array.as_struct_opt()?;
                let minor = parts.column(0).as_primitive_opt::<Int64Type>()?;
                let codes = parts.column(1).as_fixed_size_binary_opt()?;
                let money = |row| {
                    let known = minor.is_valid(row) && codes.is_valid(row);
                    let code: [u8; 3] = known.then(|| codes.value(row))?.try_into().ok()?;
                    let currency = Currency::from_bytes(code).ok()?;
                    Some(Money::new(minor.value(row), currency))
                };
                Column::Cash((from..to).map(money).collect())
            }
            Type::List(_) | Type::Map(_) => return None,
        })
    }

    fn all(&self, columns: &[Column<'b>], parts: &[usize]) -> Column<'b> {
        let mut all = Truths {
            is_true: Bits::first(self.rows),
            is_false: Bits::NONE,
        };
        for part in parts.iter().filter_map(|part| truths(columns, *part)) {
            all.is_true = all.is_true.and(part.is_true);
            all.is_false = all.is_false.or(part.is_false);
        }
        Column::Truth(all)
    }

    fn any(&self, columns: &[Column<'b>], parts: &[usize]) -> Column<'b> {
        let mut any = Truths {
            is_true: Bits::NONE,
            is_false: Bits::first(self.rows),
        };
        for part in parts.iter().filter_map(|part| truths(columns, *part)) {
            any.is_true = any.is_true.or(part.is_true);
            any.is_false = any.is_false.and(part.is_false);
        }
        Column::Truth(any)
    }

    fn compare(
        &self,
        how: Comparison,
        a: Option<&Column<'b>>,
        b: Option<&Column<'b>>,
    ) -> Option<Column<'b>> {
        let (a, b) = (a?, b?);
        // Both sides have one type; for the order of whole numbers it does not matter which.
        Some(self.truth_by_row(|row| compare(how, a.get(row, Type::Int)?, b.get(row, Type::Int)?)))
    }

    fn compare_constant(&self, how: Comparison, x: &Column<'b>, constant: Slot) -> Column<'b> {
        let split = |is_true: Bits, valid: Bits| {
            Column::Truth(Truths {
                is_true: is_true.and(valid),
                is_false: valid.without(is_true),
            })
        };
        let constant = self.env.constants.get(constant);
        match (x, constant) {
            (Column::Real(values, valid), Some(ValueRef::Double(c))) => {
                split(compare_all(how, values, c), *valid)
            }
            (
                Column::Whole(values, valid),
                Some(ValueRef::Int(c) | ValueRef::Timestamp(c) | ValueRef::Duration(c)),
            ) => split(compare_all(how, values, c), *valid),
            (Column::Whole(values, valid), Some(ValueRef::Enum(_, word))) => {
                split(compare_all(how, values, i64::from(word)), *valid)
            }
            _ => self.truth_by_row(|row| compare(how, x.get(row, Type::Int)?, constant?)),
        }
    }

    fn in_list(&self, list: ListIx, x: &Column<'b>) -> Column<'b> {
        let Env { lists, texts, .. } = self.env;
        let times = self.batch.occurred_at_us();
        self.truth_by_row(|row| {
            if !self.wanted.get(row) {
                return None;
            }
            let Some(ValueRef::String(text)) = x.get(row, Type::String) else {
                return None;
            };
            Some(lists.contains(texts, list, text, *times.get(self.from + row)?))
        })
    }

    fn in_constants(&self, x: &Column<'b>, constants: &[Slot]) -> Column<'b> {
        let constants: Vec<_> = constants
            .iter()
            .filter_map(|slot| self.env.constants.get(*slot))
            .collect();
        self.truth_by_row(|row| {
            let mut known = true;
            for constant in &constants {
                let value = x.get(row, Type::Int)?;
                match compare(Comparison::Equal, value, *constant) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => known = false,
                }
            }
            // Without constants a missing value is missing all the same.
            x.get(row, Type::Int)?;
            known.then_some(false)
        })
    }

    fn in_collection(
        &self,
        x: Option<&Column<'b>>,
        whole: Option<&Column<'b>>,
    ) -> Option<Column<'b>> {
        let (x, whole) = (x?, whole?);
        Some(self.truth_by_row(|row| {
            if !self.wanted.get(row) {
                return None;
            }
            let x = x.get(row, Type::Int)?;
            match whole {
                Column::Many(lists) => Some((*lists.get(row)?)?.iter().any(|item| item == x)),
                Column::Named(maps) => {
                    let map = (*maps.get(row)?)?;
                    if let ValueRef::String(key) = x {
                        Some(map.get(key).is_some())
                    } else {
                        None
                    }
                }
                Column::Truth(_)
                | Column::Whole(..)
                | Column::Real(..)
                | Column::Cash(_)
                | Column::Text(_)
                | Column::Finds(_) => None,
            }
        }))
    }

    fn arithmetic(
        &self,
        how: Arithmetic,
        ty: Type,
        a: Option<&Column<'b>>,
        b: Option<&Column<'b>>,
    ) -> Option<Column<'b>> {
        let both = |row: usize, a: &Bits, b: &Bits| a.get(row) && b.get(row);
        Some(match (a?, b?) {
            (Column::Real(a, known_a), Column::Real(b, known_b)) => {
                // What is not finite is missing, and so are NaNs that stand for it here.
                let answer =
                    |(a, b): (&f64, &f64)| real_arithmetic(how, *a, *b).unwrap_or(f64::NAN);
                let values: Vec<f64> = a.iter().zip(&**b).map(answer).collect();
                let finite = Bits::of(&values, f64::is_finite);
                Column::Real(values.into(), known_a.and(*known_b).and(finite))
            }
            (Column::Whole(a, known_a), Column::Whole(b, known_b)) if ty == Type::Double => self
                .reals(|row| {
                    both(row, known_a, known_b)
                        .then(|| quotient(how, *a.get(row)?, *b.get(row)?))?
                }),
            (Column::Whole(a, known_a), Column::Whole(b, known_b)) => self.wholes(|row| {
                let answer = both(row, known_a, known_b)
                    .then(|| whole_arithmetic(how, *a.get(row)?, *b.get(row)?))??;
                (ty != Type::Timestamp || is_in_time(answer)).then_some(answer)
            }),
            (Column::Cash(a), Column::Cash(b)) if ty == Type::Double => self.reals(|row| {
                let (a, b) = ((*a.get(row)?)?, (*b.get(row)?)?);
                (a.currency == b.currency).then(|| quotient(how, a.minor, b.minor))?
            }),
            (Column::Cash(a), Column::Cash(b)) => {
                let answer = |row: usize| money_arithmetic(how, (*a.get(row)?)?, (*b.get(row)?)?);
                Column::Cash((0..self.rows).map(answer).collect())
            }
            (Column::Cash(money), Column::Whole(by, known))
            | (Column::Whole(by, known), Column::Cash(money)) => {
                let answer = |row: usize| {
                    known
                        .get(row)
                        .then(|| times(how, (*money.get(row)?)?, *by.get(row)?))?
                };
                Column::Cash((0..self.rows).map(answer).collect())
            }
            _ => return None,
        })
    }

    fn negate(&self, x: &Column<'b>) -> Column<'b> {
        match x {
            Column::Whole(values, valid) => {
                self.wholes(|row| valid.get(row).then(|| values.get(row)?.checked_neg())?)
            }
            Column::Real(values, valid) => {
                Column::Real(values.iter().map(|value| -value).collect(), *valid)
            }
            Column::Cash(values) => {
                let negated = |money: &Option<Money>| {
                    let Money { minor, currency } = (*money)?;
                    Some(Money::new(minor.checked_neg()?, currency))
                };
                Column::Cash(values.iter().map(negated).collect())
            }
            Column::Truth(_)
            | Column::Text(_)
            | Column::Many(_)
            | Column::Named(_)
            | Column::Finds(_) => self.missing(Type::Bool),
        }
    }

    /// In each row the value of the operation that `from` names.
    fn choose(
        &self,
        ty: Type,
        columns: &[Column<'b>],
        from: impl Fn(usize) -> Option<usize>,
    ) -> Option<Column<'b>> {
        let column = |row: usize| columns.get(from(row)?);
        match ty {
            Type::String => {
                let text = |row: usize| {
                    if let Column::Text(texts) = column(row)? {
                        texts.get(row)?.clone()
                    } else {
                        None
                    }
                };
                Some(Column::Text((0..self.rows).map(text).collect()))
            }
            Type::List(_) => {
                let list = |row: usize| {
                    if let Column::Many(lists) = column(row)? {
                        *lists.get(row)?
                    } else {
                        None
                    }
                };
                Some(Column::Many((0..self.rows).map(list).collect()))
            }
            Type::Map(_) => {
                let map = |row: usize| {
                    if let Column::Named(maps) = column(row)? {
                        *maps.get(row)?
                    } else {
                        None
                    }
                };
                Some(Column::Named((0..self.rows).map(map).collect()))
            }
            Type::Bool
            | Type::Int
            | Type::Double
            | Type::Money(_)
            | Type::Timestamp
            | Type::Duration
            | Type::Enum(_) => self.scalars(ty, |row| column(row)?.get(row, ty)),
        }
    }

    fn index(
        &self,
        ty: Type,
        whole: Option<&Column<'b>>,
        at: Option<&Column<'b>>,
    ) -> Option<Column<'b>> {
        let (whole, at) = (whole?, at?);
        let value = |row: usize| -> Option<ValueRef<'b>> {
            match (whole, at) {
                (Column::Many(lists), Column::Whole(at, known)) => {
                    let list: ListRef<'b> = (*lists.get(row)?)?;
                    known.get(row).then(|| list.get(*at.get(row)?))?
                }
                (Column::Named(maps), Column::Text(keys)) => {
                    let map: MapRef<'b> = (*maps.get(row)?)?;
                    map.get(keys.get(row)?.as_deref()?)
                }
                _ => None,
            }
        };
        if ty == Type::String {
            let text = |row: usize| {
                if let Some(ValueRef::String(text)) = value(row) {
                    Some(Cow::Borrowed(text))
                } else {
                    None
                }
            };
            return Some(Column::Text((0..self.rows).map(text).collect()));
        }
        self.scalars(ty, value)
    }

    fn call(
        &self,
        run: Kernel,
        arguments: &[Argument],
        ty: Type,
        columns: &[Column<'b>],
    ) -> Column<'b> {
        self.owned(ty, |row| {
            if !self.wanted.get(row) {
                return None;
            }
            let mut args = Vec::with_capacity(arguments.len());
            for argument in arguments {
                args.push(match argument {
                    Argument::Constant(prepared) => prepared.arg(),
                    Argument::Column(at, ty) => arg(columns.get(*at)?.get(row, *ty)?, *ty),
                });
            }
            run(&args)
        })
    }
}

/// The truths of an operation, if those are its values.
pub(super) fn truths(columns: &[Column<'_>], at: usize) -> Option<Truths> {
    if let Column::Truth(truths) = columns.get(at)? {
        Some(*truths)
    } else {
        None
    }
}

/// Compares every value with a constant.
fn compare_all<T: Copy + PartialOrd>(how: Comparison, values: &[T], constant: T) -> Bits {
    match how {
        Comparison::Equal => Bits::of(values, |value| value == constant),
        Comparison::NotEqual => Bits::of(values, |value| value != constant),
        Comparison::Less => Bits::of(values, |value| value < constant),
        Comparison::LessOrEqual => Bits::of(values, |value| value <= constant),
        Comparison::Greater => Bits::of(values, |value| value > constant),
        Comparison::GreaterOrEqual => Bits::of(values, |value| value >= constant),
    }
}

/// Compares two values of one type. Whole numbers of any type count by their number.
fn compare(how: Comparison, a: ValueRef<'_>, b: ValueRef<'_>) -> Option<bool> {
    use crate::row::{Class, Whole};
    match (a, b) {
        (ValueRef::Bool(a), ValueRef::Bool(b)) => Some(holds(how, a.cmp(&b))),
        (ValueRef::Double(a), ValueRef::Double(b)) => {
            a.partial_cmp(&b).map(|order| holds(how, order))
        }
        (ValueRef::Money(a), ValueRef::Money(b)) => {
            (a.currency == b.currency).then(|| holds(how, a.minor.cmp(&b.minor)))
        }
        (ValueRef::String(a), ValueRef::String(b)) => Some(holds(how, a.cmp(b))),
        (ValueRef::List(a), ValueRef::List(b)) => Some(equal_holds(how, a == b)),
        (ValueRef::Map(a), ValueRef::Map(b)) => Some(equal_holds(how, a == b)),
        (a, b) => Some(holds(how, Whole::of(a)?.cmp(&Whole::of(b)?))),
    }
}

fn arg<'v>(value: ValueRef<'v>, ty: Type) -> Arg<'v> {
    match value {
        ValueRef::Bool(value) => Arg::Bool(value),
        ValueRef::Double(value) => Arg::Double(value),
        ValueRef::Money(value) => Arg::Money(value),
        ValueRef::String(text) => Arg::String(text),
        ValueRef::List(list) => Arg::List(list),
        ValueRef::Map(map) => Arg::Map(map),
        ValueRef::Int(value) | ValueRef::Timestamp(value) | ValueRef::Duration(value) => {
            whole_arg(ty, value)
        }
        ValueRef::Enum(_, word) => Arg::Int(i64::from(word)),
    }
}
