//! How a function of the table is written: one documented entry with its forms, from which the macro
//! [`functions!`] makes the definition the checker sees and the code both back ends run.

use jiff::tz::TimeZone;
use regex::Regex;
use stanch_types::{Currency, Money};

use crate::value::{ListRef, MapRef, Value};

/// An argument of a call; never missing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arg<'a> {
    Bool(bool),
    Int(i64),
    Double(f64),
    Money(Money),
    String(&'a str),
    Timestamp(i64),
    Duration(i64),
    List(ListRef<'a>),
    Map(MapRef<'a>),
    Regex(&'a Regex),
    Zone(&'a TimeZone),
    Currency(Currency),
}

/// What a parameter takes and how its argument reaches the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int,
    Double,
    Money,
    String,
    Timestamp,
    Duration,
    List,
    Map,
    /// Constant text, compiled once.
    Regex,
    /// Constant text, looked up once in the bundled time zone database.
    Zone,
    /// Constant text, an ISO 4217 code.
    Currency,
    /// Constant text, an amount in the currency of argument 0.
    Decimal,
}

/// Runs one form of a function.
pub(crate) type Kernel = fn(&[Arg<'_>]) -> Option<Value>;

/// One form of a function: what its signature takes, and its code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) kinds: &'static [Kind],
    pub(crate) run: Kernel,
}

/// What a function's body may give.
pub(crate) trait Answer {
    fn answer(self) -> Option<Value>;
}

impl Answer for bool {
    fn answer(self) -> Option<Value> {
        Some(Value::Bool(self))
    }
}
impl Answer for i64 {
    fn answer(self) -> Option<Value> {
        Some(Value::Int(self))
    }
}
impl Answer for usize {
    fn answer(self) -> Option<Value> {
        i64::try_from(self).ok().map(Value::Int)
    }
}
impl Answer for f64 {
    /// What is not finite is missing.
    fn answer(self) -> Option<Value> {
        self.is_finite().then_some(Value::Double(self))
    }
}
impl Answer for Money {
    fn answer(self) -> Option<Value> {
        Some(Value::Money(self))
    }
}
impl Answer for &str {
    fn answer(self) -> Option<Value> {
        Some(Value::String(self.into()))
    }
}
impl Answer for String {
    fn answer(self) -> Option<Value> {
        Some(Value::String(self.into()))
    }
}
impl Answer for Value {
    fn answer(self) -> Option<Value> {
        Some(self)
    }
}
impl<T: Answer> Answer for Option<T> {
    fn answer(self) -> Option<Value> {
        self.and_then(Answer::answer)
    }
}

/// What the checker lets a parameter of this kind take.
macro_rules! accepts {
    (List) => {
        $crate::function::Accepts::AnyList
    };
    (Map) => {
        $crate::function::Accepts::AnyMap
    };
    (Regex) => {
        $crate::function::Accepts::String
    };
    (Zone) => {
        $crate::function::Accepts::String
    };
    (Currency) => {
        $crate::function::Accepts::String
    };
    (Decimal) => {
        $crate::function::Accepts::String
    };
    ($kind:ident) => {
        $crate::function::Accepts::$kind
    };
}

macro_rules! is_constant {
    (Regex) => {
        true
    };
    (Zone) => {
        true
    };
    (Currency) => {
        true
    };
    (Decimal) => {
        true
    };
    ($kind:ident) => {
        false
    };
}

macro_rules! argument {
    (Decimal, $name:ident) => {
        $crate::function::Arg::String($name)
    };
    ($kind:ident, $name:ident) => {
        $crate::function::Arg::$kind($name)
    };
}

macro_rules! returns {
    (Money) => {
        $crate::function::Returns::Type($crate::ir::Type::Money(None))
    };
    (MoneyIn0) => {
        $crate::function::Returns::MoneyIn(0)
    };
    (MoneyIn1) => {
        $crate::function::Returns::MoneyIn(1)
    };
    ($kind:ident) => {
        $crate::function::Returns::Type($crate::ir::Type::$kind)
    };
}

macro_rules! is_regional {
    () => {
        false
    };
    (regional) => {
        true
    };
}

/// Defines functions: doc comments (what, unit, range, when missing), a name, examples that must hold, forms.
macro_rules! functions {
    ($(
        $(#[doc = $doc:literal])+
        $(@$mark:ident)? $constant:ident = $name:literal
            [ $( $call:literal => $answer:literal ),+ $(,)? ]
        { $( ( $($param:ident : $kind:ident),* ) -> $result:ident = $body:expr ; )+ }
    )*) => { $(
        #[doc = concat!("`", $name, "`")]
        pub(super) const $constant: $crate::function::FunctionDef = $crate::function::FunctionDef {
            name: $name,
            doc: concat!($($doc, "\n"),+),
            signatures: &[ $( $crate::function::Signature {
                params: &[ $( $crate::function::Param {
                    name: stringify!($param),
                    accepts: accepts!($kind),
                    constant: is_constant!($kind),
                } ),* ],
                returns: returns!($result),
            } ),+ ],
            examples: &[ $( ($call, $answer) ),+ ],
            regional: is_regional!($($mark)?),
            check: Some(|literals| $crate::function::constant::check(
                &[ $( &[ $( $crate::function::Kind::$kind ),* ] ),+ ], literals,
            )),
            forms: &[ $( $crate::function::Form {
                kinds: &[ $( $crate::function::Kind::$kind ),* ],
                run: |args| {
                    let &[ $( argument!($kind, $param) ),* ] = args else { return None };
                    $crate::function::form::Answer::answer($body)
                },
            } ),+ ],
        };
    )* };
}

pub(super) use {accepts, argument, functions, is_constant, is_regional, returns};
