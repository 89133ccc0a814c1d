//! Calls of the function table from closures.

use std::borrow::Cow;

use super::Row;
use super::closure::{AnyFun, Compiler};
use crate::function::{self, Arg, Form, Kernel, Kind, Prepared};
use crate::ir::{Expr, ExprKind, FunctionIx, Literal, Type};
use crate::value::Value;

/// A compiled call; missing when an argument is, or the function says so.
pub(crate) type Call = Box<dyn for<'a> Fn(&Row<'a>) -> Option<Value> + Send + Sync>;

/// An argument as it is got for each event.
enum Source {
    Constant(Prepared),
    Run(AnyFun),
}

/// An argument on its way into the function: text may have to be held.
enum Held<'a> {
    Arg(Arg<'a>),
    Text(Cow<'a, str>),
}

/// Compiles a call.
pub(super) fn call(compiler: &mut Compiler<'_>, function: FunctionIx, args: &[Expr]) -> Call {
    let Some(form) = form(function, args) else {
        return Box::new(|_| None);
    };
    let run = form.run;
    let sources: Option<Vec<Source>> = (form.kinds.iter().zip(args))
        .map(|(kind, arg)| match prepared(*kind, arg) {
            Some(prepared) => prepared.map(Source::Constant),
            None => Some(Source::Run(compiler.any(arg))),
        })
        .collect();
    match sources {
        Some(sources) => Box::new(move |row| apply(run, &sources, row)),
        None => Box::new(|_| None),
    }
}

/// The form of a function that takes arguments of these types.
pub(crate) fn form(function: FunctionIx, args: &[Expr]) -> Option<&'static Form> {
    let definition = function::get(function)?;
    definition.forms.iter().find(|form| {
        form.kinds.len() == args.len()
            && form
                .kinds
                .iter()
                .zip(args)
                .all(|(kind, arg)| takes(*kind, arg.ty))
    })
}

/// A constant argument made ready; the inner `None` when it can never work (which the checker refuses).
pub(crate) fn prepared(kind: Kind, arg: &Expr) -> Option<Option<Prepared>> {
    let ExprKind::Literal(Literal::String(text)) = &arg.kind else {
        return None;
    };
    Some(Prepared::new(kind, text)?.ok())
}

const fn takes(kind: Kind, ty: Type) -> bool {
    match kind {
        Kind::Bool => matches!(ty, Type::Bool),
        Kind::Int => matches!(ty, Type::Int),
        Kind::Double => matches!(ty, Type::Double),
        Kind::Money => matches!(ty, Type::Money(_)),
        Kind::String | Kind::Regex | Kind::Zone | Kind::Currency | Kind::Decimal => {
            matches!(ty, Type::String)
        }
        Kind::Timestamp => matches!(ty, Type::Timestamp),
        Kind::Duration => matches!(ty, Type::Duration),
        Kind::List => matches!(ty, Type::List(_)),
        Kind::Map => matches!(ty, Type::Map(_)),
    }
}

fn apply(run: Kernel, sources: &[Source], row: &Row<'_>) -> Option<Value> {
    let mut held = Vec::with_capacity(sources.len());
    for source in sources {
        held.push(source.get(row)?);
    }
    let args: Vec<Arg<'_>> = held.iter().map(Held::arg).collect();
    run(&args)
}

impl Source {
    fn get<'a>(&'a self, row: &Row<'a>) -> Option<Held<'a>> {
        Some(Held::Arg(match self {
            Self::Constant(prepared) => prepared.arg(),
            Self::Run(AnyFun::Truth(fun)) => Arg::Bool(fun(row)?),
            Self::Run(AnyFun::Whole(fun, ty)) => whole_arg(*ty, fun(row)?),
            Self::Run(AnyFun::Real(fun)) => Arg::Double(fun(row)?),
            Self::Run(AnyFun::Cash(fun)) => Arg::Money(fun(row)?),
            Self::Run(AnyFun::Text(fun)) => return fun(row).map(Held::Text),
            Self::Run(AnyFun::Many(fun)) => Arg::List(fun(row)?),
            Self::Run(AnyFun::Named(fun)) => Arg::Map(fun(row)?),
        }))
    }
}

/// A whole number as an argument of its type.
pub(crate) const fn whole_arg(ty: Type, value: i64) -> Arg<'static> {
    match ty {
        Type::Timestamp => Arg::Timestamp(value),
        Type::Duration => Arg::Duration(value),
        Type::Int
        | Type::Enum(_)
        | Type::Bool
        | Type::Double
        | Type::Money(_)
        | Type::String
        | Type::List(_)
        | Type::Map(_) => Arg::Int(value),
    }
}

impl Held<'_> {
    fn arg(&self) -> Arg<'_> {
        match self {
            Self::Arg(arg) => *arg,
            Self::Text(text) => Arg::String(text),
        }
    }
}
