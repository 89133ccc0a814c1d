//! The function table: what a policy may call, how the checker types a call, and what the reference prints.
//!
//! The checker sees only [`FunctionDef::signatures`] and [`FunctionDef::check`]; it knows no function by name. A
//! call `x.f(y)` is `f(x, y)`. Arguments are matched to the signatures in order and the first that fits is taken;
//! an int argument fits a double parameter (it is widened) when no signature takes it as it is.

use crate::ir::{FunctionIx, Literal, Scalar, Type};

/// A function of the language.
#[derive(Debug, Clone, Copy)]
pub struct FunctionDef {
    /// Name, unique in the table.
    pub name: &'static str,
    /// What it answers and when it is missing: Markdown, the first sentence stands alone.
    pub doc: &'static str,
    /// The forms it may be called in.
    pub signatures: &'static [Signature],
    /// Expressions and their values as the reference prints them, such as `("size(\"ab\")", "2")`.
    pub examples: &'static [(&'static str, &'static str)],
    /// Whether it says where somebody or something is or comes from. Region is never a sole ground, so a rule
    /// whose condition rests on such functions and `regional` fields alone is refused.
    pub regional: bool,
    /// Refuses constant arguments that can never work (a regular expression that does not parse, an unknown time
    /// zone). Called once for each call, with `None` for arguments known only at run time.
    pub check: Option<fn(&[Option<&Literal>]) -> Result<(), BadArgument>>,
}

/// A form a function may be called in.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// What it takes, in order.
    pub params: &'static [Param],
    /// What it answers.
    pub returns: Returns,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Name, for the reference and for messages.
    pub name: &'static str,
    /// The types it takes.
    pub accepts: Accepts,
    /// Whether the argument must be a constant (a pattern, a time zone, a currency).
    pub constant: bool,
}

/// The types a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// [`Type::Bool`].
    Bool,
    /// [`Type::Int`].
    Int,
    /// [`Type::Double`], or an int that is widened.
    Double,
    /// [`Type::Money`] of any currency.
    Money,
    /// [`Type::String`].
    String,
    /// [`Type::Timestamp`].
    Timestamp,
    /// [`Type::Duration`].
    Duration,
    /// Any [`Type::Enum`].
    Enum,
    /// A list of this scalar.
    List(Scalar),
    /// A map to this scalar.
    Map(Scalar),
    /// Any list; binds the type variable to its element.
    AnyList,
    /// Any map; binds the type variable to its element.
    AnyMap,
    /// The type variable: the first such parameter binds it to any type, the others must have that type (int and
    /// double meet in double; money of different known currencies never meets).
    Same,
    /// Any type at all.
    Any,
}

/// The type a call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Always this type.
    Type(Type),
    /// What [`Accepts::Same`], [`Accepts::AnyList`] or [`Accepts::AnyMap`] bound.
    Same,
    /// A list of what they bound.
    ListOfSame,
    /// Money in the currency that the constant argument at this place names.
    MoneyIn(u32),
}

/// A constant argument that can never work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadArgument {
    /// Which argument, from 0.
    pub argument: usize,
    /// What is wrong with it: lower case, no full stop.
    pub message: String,
    /// What to write instead; empty when there is nothing to say.
    pub hint: String,
}

/// Every function, sorted by name.
pub static FUNCTIONS: &[FunctionDef] = &[];

/// The function of this name.
#[must_use]
pub fn lookup(name: &str) -> Option<(FunctionIx, &'static FunctionDef)> {
    let at = FUNCTIONS
        .binary_search_by(|function| function.name.cmp(name))
        .ok()?;
    let index = u32::try_from(at).ok()?;
    Some((FunctionIx(index), FUNCTIONS.get(at)?))
}
