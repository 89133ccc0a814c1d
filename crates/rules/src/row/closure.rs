//! Expressions as typed closures. This is what an expression means; everything faster is tested against it.

use std::borrow::Cow;
use std::cmp::Ordering;

use stanch_types::{Money, Timestamp};

use super::call::call;
use super::{Cash, Class, Env, Many, Named, Real, Row, Text, Truth, Whole, feature_place};
use crate::ir::{Arithmetic, Comparison, EventIx, Expr, ExprKind, Literal, Type};
use crate::value::{Slot, Store, ValueRef};

/// A compiled expression of one class; `None` is missing.
pub(crate) type Fun<K> =
    Box<dyn for<'a> Fn(&Row<'a>) -> Option<<K as Class>::Out<'a>> + Send + Sync>;

/// What expressions are compiled against: the event kind at hand, and where constants go.
pub(crate) struct Compiler<'e> {
    pub(crate) env: &'e Env,
    pub(crate) event: EventIx,
    pub(crate) constants: &'e mut Store,
}

/// A compiled expression of any class.
pub(crate) enum AnyFun {
    Truth(Fun<Truth>),
    Whole(Fun<Whole>, Type),
    Real(Fun<Real>),
    Cash(Fun<Cash>),
    Text(Fun<Text>),
    Many(Fun<Many>),
    Named(Fun<Named>),
}

impl Compiler<'_> {
    /// An expression of any type.
    pub(crate) fn any(&mut self, expr: &Expr) -> AnyFun {
        match expr.ty {
            Type::Bool => AnyFun::Truth(self.truth(expr)),
            Type::Int | Type::Timestamp | Type::Duration | Type::Enum(_) => {
                AnyFun::Whole(self.whole(expr), expr.ty)
            }
            Type::Double => AnyFun::Real(self.real(expr)),
            Type::Money(_) => AnyFun::Cash(self.cash(expr)),
            Type::String => AnyFun::Text(self.text(expr)),
            Type::List(_) => AnyFun::Many(self.many(expr)),
            Type::Map(_) => AnyFun::Named(self.named(expr)),
        }
    }

    /// What every class has in common; `None` for the rest.
    fn common<K: Class>(
        &mut self,
        expr: &Expr,
        sub: fn(&mut Self, &Expr) -> Fun<K>,
    ) -> Option<Fun<K>> {
        Some(match &expr.kind {
            ExprKind::Literal(literal) => {
                let slot = self.constants.put_literal(literal);
                Box::new(move |row| K::read(slot, &row.env.constants))
            }
            ExprKind::Field(field) => {
                let field = *field;
                Box::new(move |row| K::read(row.event.slot(field), row.event.store()))
            }
            ExprKind::Feature(feature, key) => {
                match feature_place(self.env, self.event, *feature, key) {
                    Some(place) => Box::new(move |row| K::of(row.features.get(place)?)),
                    None => missing::<K>(),
                }
            }
            ExprKind::Default(value, otherwise) => {
                let (value, otherwise) = (sub(self, value), sub(self, otherwise));
                Box::new(move |row| value(row).or_else(|| otherwise(row)))
            }
            ExprKind::Conditional(condition, yes, no) => {
                let (condition, yes, no) = (self.truth(condition), sub(self, yes), sub(self, no));
                Box::new(move |row| match condition(row)? {
                    true => yes(row),
                    false => no(row),
                })
            }
            ExprKind::Index(whole, at) => self.index(whole, at),
            ExprKind::Call(function, args) => {
                let call = call(self, *function, args);
                Box::new(move |row| K::own(call(row)?))
            }
            ExprKind::OccurredAt
            | ExprKind::Not(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Compare(..)
            | ExprKind::InList(..)
            | ExprKind::InConstants(..)
            | ExprKind::InCollection(..)
            | ExprKind::Arithmetic(..)
            | ExprKind::Negate(_)
            | ExprKind::IntToDouble(_)
            | ExprKind::Has(_) => return None,
        })
    }

    fn index<K: Class>(&mut self, whole: &Expr, at: &Expr) -> Fun<K> {
        if matches!(whole.ty, Type::Map(_)) {
            let (map, key) = (self.named(whole), self.text(at));
            Box::new(move |row| K::of(map(row)?.get(&key(row)?)?))
        } else {
            let (list, at) = (self.many(whole), self.whole(at));
            Box::new(move |row| K::of(list(row)?.get(at(row)?)?))
        }
    }

    /// bool, three-valued.
    pub(crate) fn truth(&mut self, expr: &Expr) -> Fun<Truth> {
        if let Some(fun) = self.common::<Truth>(expr, Self::truth) {
            return fun;
        }
        match &expr.kind {
            ExprKind::Not(x) => {
                let x = self.truth(x);
                Box::new(move |row| x(row).map(|x| !x))
            }
            ExprKind::And(parts) => self.all(parts, false),
            ExprKind::Or(parts) => self.all(parts, true),
            ExprKind::Compare(how, a, b) => self.compare(*how, a, b),
            ExprKind::InList(list, x) => {
                let (list, x) = (*list, self.text(x));
                Box::new(move |row| Some(row.on_list(list, &x(row)?)))
            }
            ExprKind::InConstants(x, constants) => self.in_constants(x, constants),
            ExprKind::InCollection(x, whole) => self.in_collection(x, whole),
            ExprKind::Has(x) => {
                let has = self.any(x);
                Box::new(move |row| Some(has.get(row)))
            }
            // Of other types, or compiled above.
            ExprKind::Literal(_)
            | ExprKind::Field(_)
            | ExprKind::OccurredAt
            | ExprKind::Feature(..)
            | ExprKind::Arithmetic(..)
            | ExprKind::Negate(_)
            | ExprKind::IntToDouble(_)
            | ExprKind::Default(..)
            | ExprKind::Conditional(..)
            | ExprKind::Index(..)
            | ExprKind::Call(..) => missing::<Truth>(),
        }
    }

    /// Kleene `&&`, or `||` when `decisive` is true: a decisive part decides, else a missing one makes it missing.
    fn all(&mut self, parts: &[Expr], decisive: bool) -> Fun<Truth> {
        let parts: Vec<Fun<Truth>> = parts.iter().map(|part| self.truth(part)).collect();
        Box::new(move |row| {
            let mut missing = false;
            for part in &parts {
                match part(row) {
                    Some(value) if value == decisive => return Some(decisive),
                    Some(_) => {}
                    None => missing = true,
                }
            }
            (!missing).then_some(!decisive)
        })
    }

    fn compare(&mut self, how: Comparison, a: &Expr, b: &Expr) -> Fun<Truth> {
        match (self.any(a), self.any(b)) {
            (AnyFun::Truth(a), AnyFun::Truth(b)) => {
                Box::new(move |row| Some(holds(how, a(row)?.cmp(&b(row)?))))
            }
            (AnyFun::Whole(a, _), AnyFun::Whole(b, _)) => {
                Box::new(move |row| Some(holds(how, a(row)?.cmp(&b(row)?))))
            }
            (AnyFun::Real(a), AnyFun::Real(b)) => {
                Box::new(move |row| a(row)?.partial_cmp(&b(row)?).map(|order| holds(how, order)))
            }
            (AnyFun::Cash(a), AnyFun::Cash(b)) => Box::new(move |row| {
                let (a, b) = (a(row)?, b(row)?);
                (a.currency == b.currency).then(|| holds(how, a.minor.cmp(&b.minor)))
            }),
            (AnyFun::Text(a), AnyFun::Text(b)) => {
                Box::new(move |row| Some(holds(how, a(row)?.cmp(&b(row)?))))
            }
            (AnyFun::Many(a), AnyFun::Many(b)) => {
                Box::new(move |row| Some(equal_holds(how, a(row)? == b(row)?)))
            }
            (AnyFun::Named(a), AnyFun::Named(b)) => {
                Box::new(move |row| Some(equal_holds(how, a(row)? == b(row)?)))
            }
            // The checker brings both sides to one type.
            _ => missing::<Truth>(),
        }
    }

    /// `x == a || x == b …`: money in a currency that no constant equals and some constant is not in is missing.
    fn in_constants(&mut self, x: &Expr, constants: &[Literal]) -> Fun<Truth> {
        let slots: Vec<Slot> = constants
            .iter()
            .map(|literal| self.constants.put_literal(literal))
            .collect();
        if matches!(x.ty, Type::Money(_)) {
            let x = self.cash(x);
            return Box::new(move |row| {
                let x = x(row)?;
                let constants = slots.iter();
                let equal = constants.map(|slot| Cash::read(*slot, &row.env.constants));
                let mut differs = false;
                for constant in equal.flatten() {
                    if constant == x {
                        return Some(true);
                    }
                    differs |= constant.currency != x.currency;
                }
                (!differs).then_some(false)
            });
        }
        let x = self.any(x);
        Box::new(move |row| {
            x.with(row, |x| {
                let constants = &row.env.constants;
                slots.iter().any(|slot| constants.get(*slot) == Some(x))
            })
        })
    }

    fn in_collection(&mut self, x: &Expr, whole: &Expr) -> Fun<Truth> {
        if matches!(whole.ty, Type::Map(_)) {
            let (x, map) = (self.text(x), self.named(whole));
            Box::new(move |row| Some(map(row)?.get(&x(row)?).is_some()))
        } else {
            let (x, list) = (self.any(x), self.many(whole));
            Box::new(move |row| {
                let list = list(row)?;
                x.with(row, |x| list.iter().any(|item| item == x))
            })
        }
    }

    /// int, timestamp, duration, enum.
    pub(crate) fn whole(&mut self, expr: &Expr) -> Fun<Whole> {
        if let Some(fun) = self.common::<Whole>(expr, Self::whole) {
            return fun;
        }
        if matches!(expr.kind, ExprKind::OccurredAt) {
            return Box::new(|row| Some(row.event.occurred_at_us()));
        }
        if let ExprKind::Negate(x) = &expr.kind {
            let x = self.whole(x);
            return Box::new(move |row| x(row)?.checked_neg());
        }
        let ExprKind::Arithmetic(how, a, b) = &expr.kind else {
            return missing::<Whole>();
        };
        let (how, a, b) = (*how, self.whole(a), self.whole(b));
        let is_instant = expr.ty == Type::Timestamp;
        Box::new(move |row| {
            let answer = whole_arithmetic(how, a(row)?, b(row)?)?;
            (!is_instant || is_in_time(answer)).then_some(answer)
        })
    }

    /// double.
    pub(crate) fn real(&mut self, expr: &Expr) -> Fun<Real> {
        if let Some(fun) = self.common::<Real>(expr, Self::real) {
            return fun;
        }
        if let ExprKind::IntToDouble(x) = &expr.kind {
            let x = self.whole(x);
            return Box::new(move |row| Some(x(row)? as f64));
        }
        if let ExprKind::Negate(x) = &expr.kind {
            let x = self.real(x);
            return Box::new(move |row| Some(-x(row)?));
        }
        let ExprKind::Arithmetic(how, a, b) = &expr.kind else {
            return missing::<Real>();
        };
        let how = *how;
        match (self.any(a), self.any(b)) {
            (AnyFun::Real(a), AnyFun::Real(b)) => {
                Box::new(move |row| real_arithmetic(how, a(row)?, b(row)?))
            }
            // Money by money of one currency, or duration by duration: their quotient.
            (AnyFun::Cash(a), AnyFun::Cash(b)) => Box::new(move |row| {
                let (a, b) = (a(row)?, b(row)?);
                let same = a.currency == b.currency;
                same.then(|| quotient(how, a.minor, b.minor)).flatten()
            }),
            (AnyFun::Whole(a, _), AnyFun::Whole(b, _)) => {
                Box::new(move |row| quotient(how, a(row)?, b(row)?))
            }
            _ => missing::<Real>(),
        }
    }

    /// money.
    pub(crate) fn cash(&mut self, expr: &Expr) -> Fun<Cash> {
        if let Some(fun) = self.common::<Cash>(expr, Self::cash) {
            return fun;
        }
        if let ExprKind::Negate(x) = &expr.kind {
            let x = self.cash(x);
            return Box::new(move |row| {
                let Money { minor, currency } = x(row)?;
                Some(Money::new(minor.checked_neg()?, currency))
            });
        }
        let ExprKind::Arithmetic(how, a, b) = &expr.kind else {
            return missing::<Cash>();
        };
        let how = *how;
        match (self.any(a), self.any(b)) {
            (AnyFun::Cash(a), AnyFun::Cash(b)) => {
                Box::new(move |row| money_arithmetic(how, a(row)?, b(row)?))
            }
            (AnyFun::Cash(a), AnyFun::Whole(b, _)) | (AnyFun::Whole(b, _), AnyFun::Cash(a)) => {
                Box::new(move |row| times(how, a(row)?, b(row)?))
            }
            _ => missing::<Cash>(),
        }
    }

    /// string.
    pub(crate) fn text(&mut self, expr: &Expr) -> Fun<Text> {
        self.common::<Text>(expr, Self::text)
            .unwrap_or_else(missing::<Text>)
    }

    /// list.
    pub(crate) fn many(&mut self, expr: &Expr) -> Fun<Many> {
        self.common::<Many>(expr, Self::many)
            .unwrap_or_else(missing::<Many>)
    }

    /// map.
    pub(crate) fn named(&mut self, expr: &Expr) -> Fun<Named> {
        self.common::<Named>(expr, Self::named)
            .unwrap_or_else(missing::<Named>)
    }
}

/// A value that may have been made for the event at hand.
pub(crate) enum Held<'a> {
    Value(ValueRef<'a>),
    Text(Cow<'a, str>),
}

impl Held<'_> {
    pub(crate) fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Value(value) => *value,
            Self::Text(text) => ValueRef::String(text),
        }
    }
}

impl AnyFun {
    /// The value; `None` when missing.
    pub(crate) fn hold<'a>(&self, row: &Row<'a>) -> Option<Held<'a>> {
        Some(Held::Value(match self {
            Self::Truth(fun) => ValueRef::Bool(fun(row)?),
            Self::Whole(fun, ty) => whole_value(*ty, fun(row)?),
            Self::Real(fun) => ValueRef::Double(fun(row)?),
            Self::Cash(fun) => ValueRef::Money(fun(row)?),
            Self::Text(fun) => return fun(row).map(Held::Text),
            Self::Many(fun) => ValueRef::List(fun(row)?),
            Self::Named(fun) => ValueRef::Map(fun(row)?),
        }))
    }

    /// Whether the value is not missing.
    fn get(&self, row: &Row<'_>) -> bool {
        self.with(row, |_| ()).is_some()
    }

    /// Gives the value to `take`, unless it is missing.
    pub(crate) fn with<T>(&self, row: &Row<'_>, take: impl FnOnce(ValueRef<'_>) -> T) -> Option<T> {
        self.hold(row).map(|held| take(held.as_ref()))
    }
}

/// What cannot be: the checker lets no such expression through.
fn missing<K: Class>() -> Fun<K> {
    Box::new(|_| None)
}

/// Whether an instant is in the range of [`Timestamp`].
pub(crate) fn is_in_time(micros: i64) -> bool {
    Timestamp::from_micros(micros).as_micros() == micros
}

/// A value of the class [`Whole`] as its type.
pub(crate) fn whole_value(ty: Type, value: i64) -> ValueRef<'static> {
    match ty {
        Type::Timestamp => ValueRef::Timestamp(value),
        Type::Duration => ValueRef::Duration(value),
        Type::Enum(of) => ValueRef::Enum(of, u32::try_from(value).unwrap_or(u32::MAX)),
        Type::Int
        | Type::Bool
        | Type::Double
        | Type::Money(_)
        | Type::String
        | Type::List(_)
        | Type::Map(_) => ValueRef::Int(value),
    }
}

/// Whether a comparison holds for operands in this order.
pub(crate) const fn holds(how: Comparison, order: Ordering) -> bool {
    match how {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

/// `b how a` for `a how b`.
pub(crate) const fn turned(how: Comparison) -> Comparison {
    match how {
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

/// Lists and maps have no order: only `==` and `!=` can hold.
pub(crate) const fn equal_holds(how: Comparison, equal: bool) -> bool {
    match how {
        Comparison::Equal => equal,
        Comparison::NotEqual => !equal,
        Comparison::Less
        | Comparison::LessOrEqual
        | Comparison::Greater
        | Comparison::GreaterOrEqual => false,
    }
}

/// Checked: what does not fit 64 bits, and division by zero, is missing.
pub(crate) const fn whole_arithmetic(how: Arithmetic, a: i64, b: i64) -> Option<i64> {
    match how {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Remainder => a.checked_rem(b),
    }
}

/// What is not finite is missing; so is `%`, which doubles do not have.
pub(crate) fn real_arithmetic(how: Arithmetic, a: f64, b: f64) -> Option<f64> {
    let answer = match how {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => return None,
    };
    answer.is_finite().then_some(answer)
}

/// `a / b` of two amounts or durations, as a double.
pub(crate) fn quotient(how: Arithmetic, a: i64, b: i64) -> Option<f64> {
    (how == Arithmetic::Divide && b != 0).then(|| a as f64 / b as f64)
}

/// Money times a number.
pub(crate) fn times(how: Arithmetic, money: Money, by: i64) -> Option<Money> {
    if how != Arithmetic::Multiply {
        return None;
    }
    let minor = money.minor.checked_mul(by)?;
    Some(Money::new(minor, money.currency))
}

/// Sums and differences of money of one currency.
pub(crate) fn money_arithmetic(how: Arithmetic, a: Money, b: Money) -> Option<Money> {
    match how {
        Arithmetic::Add => a.checked_add(b).ok(),
        Arithmetic::Subtract => a.checked_sub(b).ok(),
        Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => None,
    }
}
