//! Types: how they are called and which go together.

use crate::ir::{Enumeration, Scalar, Type};

/// Words of the scalar types.
pub const SCALARS: &[(&str, Scalar)] = &[
    ("bool", Scalar::Bool),
    ("int", Scalar::Int),
    ("double", Scalar::Double),
    ("string", Scalar::String),
];

/// Words of the types of fields.
pub const TYPES: &[&str] = &[
    "bool",
    "int",
    "double",
    "money",
    "string",
    "timestamp",
    "duration",
    "enum",
    "list",
    "map",
];

/// Most words of an enumeration that are shown.
const WORDS_SHOWN: usize = 6;

/// The type as it is written in a policy.
#[must_use]
pub fn type_name(enums: &[Enumeration], ty: Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::Int => "int".to_owned(),
        Type::Double => "double".to_owned(),
        Type::Money(None) => "money".to_owned(),
        Type::Money(Some(currency)) => format!("money({currency})"),
        Type::String => "string".to_owned(),
        Type::Timestamp => "timestamp".to_owned(),
        Type::Duration => "duration".to_owned(),
        Type::Enum(index) => {
            let words = enums
                .get(index.ix())
                .map_or(&[][..], |e| e.words.as_slice());
            let mut shown: Vec<&str> = words.iter().take(WORDS_SHOWN).map(AsRef::as_ref).collect();
            if words.len() > WORDS_SHOWN {
                shown.push("…");
            }
            format!("enum {{ {} }}", shown.join(", "))
        }
        Type::List(scalar) => format!("list<{}>", scalar_name(scalar)),
        Type::Map(scalar) => format!("map<{}>", scalar_name(scalar)),
    }
}

/// The scalar type as it is written in a policy.
#[must_use]
pub const fn scalar_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "bool",
        Scalar::Int => "int",
        Scalar::Double => "double",
        Scalar::String => "string",
    }
}

/// The scalar as a type of its own.
#[must_use]
pub const fn scalar_type(scalar: Scalar) -> Type {
    match scalar {
        Scalar::Bool => Type::Bool,
        Scalar::Int => Type::Int,
        Scalar::Double => Type::Double,
        Scalar::String => Type::String,
    }
}

/// The scalar that this type is, if it can be in a list.
#[must_use]
pub const fn as_scalar(ty: Type) -> Option<Scalar> {
    match ty {
        Type::Bool => Some(Scalar::Bool),
        Type::Int => Some(Scalar::Int),
        Type::Double => Some(Scalar::Double),
        Type::String => Some(Scalar::String),
        Type::Money(_)
        | Type::Timestamp
        | Type::Duration
        | Type::Enum(_)
        | Type::List(_)
        | Type::Map(_) => None,
    }
}

/// Whether values of this type have a before and after.
#[must_use]
pub const fn is_ordered(ty: Type) -> bool {
    match ty {
        Type::Int
        | Type::Double
        | Type::Money(_)
        | Type::String
        | Type::Timestamp
        | Type::Duration => true,
        Type::Bool | Type::Enum(_) | Type::List(_) | Type::Map(_) => false,
    }
}

/// Whether `==` is answered for this type.
#[must_use]
pub const fn is_comparable(ty: Type) -> bool {
    match ty {
        Type::List(_) | Type::Map(_) => false,
        Type::Bool
        | Type::Int
        | Type::Double
        | Type::Money(_)
        | Type::String
        | Type::Timestamp
        | Type::Duration
        | Type::Enum(_) => true,
    }
}
