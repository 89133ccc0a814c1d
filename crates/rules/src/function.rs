//! The function table: what a policy may call, how the checker types a call, and what the reference prints.
//!
//! The checker sees only [`FunctionDef::signatures`] and [`FunctionDef::check`]; it knows no function by name. A
//! call `x.f(y)` is `f(x, y)`. Arguments are matched to the signatures in order and the first that fits is taken;
//! an int argument fits a double parameter (it is widened) when no signature takes it as it is.
//!
//! Every function is pure and total: the same arguments give the same answer, a missing argument makes a call
//! missing without running it, and what cannot be answered is missing. No function's cost grows faster than its
//! input's length, [`text::SIMILARITY_CHARS_MAX`] apart.

mod constant;
mod domain;
mod form;
mod geo;
mod identity;
mod number;
mod text;
mod time;

use crate::ir::{FunctionIx, Literal, Scalar, Type};

pub(crate) use constant::Prepared;
pub(crate) use form::{Arg, Form, Kernel, Kind};
pub(crate) use identity::phone;
pub(crate) use text::similarity;

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
    pub check: Option<Check>,
    /// How each of `signatures` is run, in the same order.
    pub(crate) forms: &'static [Form],
}

/// See [`FunctionDef::check`].
pub type Check = fn(&[Option<&Literal>]) -> Result<(), BadArgument>;

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
pub static FUNCTIONS: &[FunctionDef] = &[
    number::ABS,
    number::AMOUNT_IN,
    identity::CARD_BIN,
    identity::CARD_VALID,
    text::CONTAINS,
    number::CURRENCY,
    time::DATE,
    time::DAY_OF_MONTH,
    time::DAY_OF_WEEK,
    time::DAYS,
    text::DIGIT_SHARE,
    text::DIGITS,
    geo::DISTANCE_KM,
    number::DOUBLE,
    text::ENDS_WITH,
    text::ENTROPY,
    number::FLOOR,
    text::HAN_SHARE,
    domain::HOST_OF,
    time::HOUR,
    time::HOURS,
    identity::ID_CARD_AGE,
    identity::ID_CARD_BIRTH_DATE,
    identity::ID_CARD_CITY,
    identity::ID_CARD_PROVINCE,
    identity::ID_CARD_VALID,
    geo::IMPOSSIBLE_TRAVEL,
    time::IN_HOURS,
    number::INT,
    domain::IP_NETWORK,
    domain::IS_IP,
    identity::IS_MAINLAND_MOBILE,
    domain::IS_PRIVATE_IP,
    domain::IS_PUNYCODE,
    number::IS_ROUND,
    identity::IS_UNION_PAY,
    identity::IS_VIRTUAL_OPERATOR,
    time::IS_WEEKEND,
    text::LONGEST_RUN,
    text::LOWER,
    number::MAJOR,
    text::MATCHES,
    number::MAX,
    number::MIN,
    time::MINUTE_OF_DAY,
    number::MONEY,
    text::PAIR_OF,
    identity::PHONE_COUNTRY,
    identity::PHONE_VALID,
    domain::PUBLIC_SUFFIX,
    domain::REGISTRABLE_DOMAIN,
    number::ROUND,
    time::SECONDS,
    number::SHARE,
    text::SIMILARITY,
    text::SIZE,
    geo::SPEED_KMH,
    text::STARTS_WITH,
    domain::SUBDOMAIN,
    domain::TLD,
    text::TRIM,
];

/// The function of this name.
#[must_use]
pub fn lookup(name: &str) -> Option<(FunctionIx, &'static FunctionDef)> {
    let at = FUNCTIONS
        .binary_search_by(|function| function.name.cmp(name))
        .ok()?;
    let index = u32::try_from(at).ok()?;
    Some((FunctionIx(index), FUNCTIONS.get(at)?))
}

/// The function at a place in the table.
#[must_use]
pub fn get(index: FunctionIx) -> Option<&'static FunctionDef> {
    FUNCTIONS.get(index.ix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
        for function in FUNCTIONS {
            assert_eq!(lookup(function.name).unwrap().1.name, function.name);
            assert_eq!(
                function.signatures.len(),
                function.forms.len(),
                "{}",
                function.name
            );
            assert!(!function.doc.is_empty() && !function.examples.is_empty());
        }
        assert!(lookup("no_such_function").is_none());
    }

    #[test]
    fn constants_that_never_work_are_refused() {
        let text = |text: &str| Literal::String(text.into());
        let refused = |name: &str, literals: &[Option<&Literal>]| {
            let check = lookup(name).unwrap().1.check.unwrap();
            check(literals).map_err(|bad| (bad.argument, bad.message))
        };
        let bad = refused("matches", &[None, Some(&text("a(b"))]).unwrap_err();
        assert_eq!(bad.0, 1);
        assert!(bad.1.contains("unclosed group"), "{}", bad.1);
        assert_eq!(refused("matches", &[None, Some(&text("a(b)"))]), Ok(()));
        assert!(refused("matches", &[None, Some(&text("(a{1000}){1000}"))]).is_err());
        assert!(refused("hour", &[None, Some(&text("Asia/Shangai"))]).is_err());
        assert_eq!(
            refused("hour", &[None, Some(&text("Asia/Shanghai"))]),
            Ok(())
        );
        assert!(refused("amount_in", &[None, Some(&text("RMB"))]).is_err());
        let (cny, jpy, amount) = (text("CNY"), text("JPY"), text("1.50"));
        assert_eq!(refused("money", &[Some(&cny), Some(&amount)]), Ok(()));
        assert_eq!(
            refused("money", &[Some(&jpy), Some(&amount)])
                .unwrap_err()
                .0,
            1
        );
    }
}
