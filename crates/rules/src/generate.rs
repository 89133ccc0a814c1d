//! Random programs and events for the tests that hold one back end to another. Everything is drawn from a list of
//! numbers, so that proptest can shrink a failure; values come from small sets, so that comparisons meet.

use std::sync::Arc;

use stanch_types::{Currency, Duration, Money};

use crate::event::Event;
use crate::function;
use crate::ir::*;
use crate::row::FeatureValues;
use crate::value::Value;

/// The event kind of every generated program.
pub(crate) const KIND: EventIx = EventIx(0);
const CHANNEL: EnumIx = EnumIx(0);

/// Draws numbers; zeros once they run out.
pub(crate) struct Choices<'a> {
    numbers: std::slice::Iter<'a, u32>,
}

impl<'a> Choices<'a> {
    pub(crate) fn new(numbers: &'a [u32]) -> Self {
        Self {
            numbers: numbers.iter(),
        }
    }

    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        self.numbers.next().map_or(0, |number| number % limit)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(u32::try_from(from.len()).unwrap()) as usize].clone()
    }
}

fn currencies() -> [Currency; 2] {
    [Currency::CNY, "USD".parse().unwrap()]
}

/// Name and type of each field; all are optional.
fn fields() -> Vec<(&'static str, Type)> {
    vec![
        ("flag", Type::Bool),
        ("vpn", Type::Bool),
        ("count", Type::Int),
        ("tries", Type::Int),
        ("risk", Type::Double),
        ("model", Type::Double),
        ("amount", Type::Money(Some(Currency::CNY))),
        ("fee", Type::Money(None)),
        ("note", Type::String),
        ("payer", Type::String),
        ("opened_at", Type::Timestamp),
        ("age", Type::Duration),
        ("channel", Type::Enum(CHANNEL)),
        ("tags", Type::List(Scalar::String)),
        ("codes", Type::List(Scalar::Int)),
        ("extra", Type::Map(Scalar::Int)),
    ]
}

fn fields_of(ty: Type) -> Vec<FieldIx> {
    let same = |other: &Type| match (ty, other) {
        (Type::Money(_), Type::Money(_)) => true,
        (a, b) => a == *b,
    };
    (0..)
        .zip(fields())
        .filter(|(_, (_, of))| same(of))
        .map(|(at, _)| FieldIx(at))
        .collect()
}

const TEXTS: [&str; 10] = [
    "",
    "a",
    "转账",
    "请转账到安全账户",
    "安全账户",
    "loan",
    "LOAN now",
    "10.0.0.7",
    "a.example.com",
    "13800138000",
];
const INTS: [i64; 9] = [0, 1, -1, 2, 3, 7, i64::MAX, i64::MIN, 1 << 60];
const REALS: [f64; 9] = [0.0, 1.0, -1.0, 0.5, 2.5, 7.0, 1e308, -0.0, 1e-9];

/// A constant of a type.
fn literal(choices: &mut Choices<'_>, ty: Type) -> Literal {
    match ty {
        Type::Bool => Literal::Bool(choices.below(2) == 1),
        Type::Int => Literal::Int(choices.pick(&INTS)),
        Type::Double => Literal::Double(choices.pick(&REALS)),
        Type::Money(known) => {
            let currency = known.unwrap_or_else(|| choices.pick(&currencies()));
            Literal::Money(choices.pick(&INTS), currency)
        }
        Type::String => Literal::String(choices.pick(&TEXTS).into()),
        Type::Timestamp => Literal::Timestamp(i64::from(choices.below(4)) * 1_000_000),
        Type::Duration => {
            Literal::Duration(choices.pick(&[0, 1_000_000, -1, 3_600_000_000, i64::MAX]))
        }
        Type::Enum(of) => Literal::Enum(of, choices.below(3)),
        Type::List(scalar) => Literal::List(scalar, scalars(choices, scalar)),
        Type::Map(scalar) => Literal::Map(
            scalar,
            ["a", "b", "转账"]
                .into_iter()
                .zip(scalars(choices, scalar))
                .map(|(key, value)| (key.into(), value))
                .collect(),
        ),
    }
}

fn scalars(choices: &mut Choices<'_>, scalar: Scalar) -> Vec<Literal> {
    (0..choices.below(4))
        .map(|_| literal(choices, scalar_type(scalar)))
        .collect()
}

fn scalar_type(scalar: Scalar) -> Type {
    match scalar {
        Scalar::Bool => Type::Bool,
        Scalar::Int => Type::Int,
        Scalar::Double => Type::Double,
        Scalar::String => Type::String,
    }
}

const SCALARS: [Type; 9] = [
    Type::Int,
    Type::Double,
    Type::Money(None),
    Type::String,
    Type::Bool,
    Type::Timestamp,
    Type::Duration,
    Type::Enum(CHANNEL),
    Type::List(Scalar::String),
];

fn of(ty: Type, kind: ExprKind) -> Expr {
    Expr {
        ty,
        kind,
        span: Span::default(),
    }
}

fn call(ty: Type, name: &str, args: Vec<Expr>) -> Expr {
    let (index, _) = function::lookup(name).unwrap();
    of(ty, ExprKind::Call(index, args))
}

/// A feature read of this type, if there is one.
fn feature(ty: Type) -> Option<Expr> {
    let at = match ty {
        Type::Int => 0,
        Type::Money(_) => 1,
        Type::Bool
        | Type::Double
        | Type::String
        | Type::Timestamp
        | Type::Duration
        | Type::Enum(_)
        | Type::List(_)
        | Type::Map(_) => return None,
    };
    let payer = of(Type::String, ExprKind::Field(fields_of(Type::String)[1]));
    Some(of(ty, ExprKind::Feature(FeatureIx(at), vec![payer])))
}

/// An expression of a type, at most `depth` deep.
pub(crate) fn expr(choices: &mut Choices<'_>, ty: Type, depth: u32) -> Expr {
    let leaf = choices.below(3);
    if depth == 0 || leaf == 0 {
        return match choices.below(5) {
            0 => of(ty, ExprKind::Literal(literal(choices, ty))),
            1 if feature(ty).is_some() => feature(ty).unwrap(),
            _ if ty == Type::Timestamp && choices.below(2) == 0 => of(ty, ExprKind::OccurredAt),
            _ => of(ty, ExprKind::Field(choices.pick(&fields_of(ty)))),
        };
    }
    let depth = depth - 1;
    match choices.below(if ty == Type::Bool { 9 } else { 4 }) {
        0 => {
            let parts = [expr(choices, ty, depth), expr(choices, ty, depth)].map(Box::new);
            let [a, b] = parts;
            of(ty, ExprKind::Default(a, b))
        }
        1 => {
            let condition = Box::new(expr(choices, Type::Bool, depth));
            let (a, b) = (expr(choices, ty, depth), expr(choices, ty, depth));
            of(
                ty,
                ExprKind::Conditional(condition, Box::new(a), Box::new(b)),
            )
        }
        _ => own(choices, ty, depth),
    }
}

fn boxed(choices: &mut Choices<'_>, ty: Type, depth: u32) -> Box<Expr> {
    Box::new(expr(choices, ty, depth))
}

/// Operators and functions of a type.
fn own(choices: &mut Choices<'_>, ty: Type, depth: u32) -> Expr {
    match ty {
        Type::Bool => truth(choices, depth),
        Type::Int => own_int(choices, ty, depth),
        Type::Double => own_double(choices, ty, depth),
        Type::Money(_) => match choices.below(5) {
            0 => of(ty, ExprKind::Negate(boxed(choices, ty, depth))),
            1 => {
                let (a, b) = (boxed(choices, ty, depth), boxed(choices, Type::Int, depth));
                of(ty, ExprKind::Arithmetic(Arithmetic::Multiply, a, b))
            }
            2 => call(
                ty,
                "min",
                vec![expr(choices, ty, depth), expr(choices, ty, depth)],
            ),
            _ => {
                let how = choices.pick(&[Arithmetic::Add, Arithmetic::Subtract]);
                let (a, b) = (boxed(choices, ty, depth), boxed(choices, ty, depth));
                of(ty, ExprKind::Arithmetic(how, a, b))
            }
        },
        Type::String => match choices.below(3) {
            0 => call(ty, "lower", vec![expr(choices, ty, depth)]),
            1 => {
                let list = boxed(choices, Type::List(Scalar::String), depth);
                of(ty, ExprKind::Index(list, boxed(choices, Type::Int, depth)))
            }
            _ => call(ty, "registrable_domain", vec![expr(choices, ty, depth)]),
        },
        Type::Timestamp => {
            let how = choices.pick(&[Arithmetic::Add, Arithmetic::Subtract]);
            let (a, b) = (
                boxed(choices, ty, depth),
                boxed(choices, Type::Duration, depth),
            );
            of(ty, ExprKind::Arithmetic(how, a, b))
        }
        Type::Duration => match choices.below(3) {
            0 => of(ty, ExprKind::Negate(boxed(choices, ty, depth))),
            1 => {
                let (a, b) = (
                    boxed(choices, Type::Timestamp, depth),
                    boxed(choices, Type::Timestamp, depth),
                );
                of(ty, ExprKind::Arithmetic(Arithmetic::Subtract, a, b))
            }
            _ => {
                let how = choices.pick(&[Arithmetic::Add, Arithmetic::Subtract]);
                let (a, b) = (boxed(choices, ty, depth), boxed(choices, ty, depth));
                of(ty, ExprKind::Arithmetic(how, a, b))
            }
        },
        Type::Enum(_) | Type::List(_) | Type::Map(_) => {
            of(ty, ExprKind::Literal(literal(choices, ty)))
        }
    }
}

/// Operators and functions that give an int.
fn own_int(choices: &mut Choices<'_>, ty: Type, depth: u32) -> Expr {
    match choices.below(6) {
        0 => of(ty, ExprKind::Negate(boxed(choices, ty, depth))),
        1 => call(ty, "size", vec![expr(choices, Type::String, depth)]),
        2 => call(
            ty,
            "size",
            vec![expr(choices, Type::List(Scalar::String), depth)],
        ),
        3 => {
            let map = boxed(choices, Type::Map(Scalar::Int), depth);
            of(
                ty,
                ExprKind::Index(map, boxed(choices, Type::String, depth)),
            )
        }
        4 => {
            let list = boxed(choices, Type::List(Scalar::Int), depth);
            of(ty, ExprKind::Index(list, boxed(choices, Type::Int, depth)))
        }
        _ => arithmetic(choices, ty, ty, ty, depth),
    }
}

/// Operators and functions that give a double.
fn own_double(choices: &mut Choices<'_>, ty: Type, depth: u32) -> Expr {
    match choices.below(7) {
        0 => of(ty, ExprKind::IntToDouble(boxed(choices, Type::Int, depth))),
        1 => of(ty, ExprKind::Negate(boxed(choices, ty, depth))),
        2 => {
            let (a, b) = (Type::Money(None), Type::Money(None));
            let (a, b) = (boxed(choices, a, depth), boxed(choices, b, depth));
            of(ty, ExprKind::Arithmetic(Arithmetic::Divide, a, b))
        }
        3 => {
            let pair = vec![
                expr(choices, Type::String, depth),
                expr(choices, Type::String, depth),
            ];
            call(ty, "similarity", pair)
        }
        4 => call(ty, "hours", vec![expr(choices, Type::Duration, depth)]),
        _ => arithmetic(choices, ty, ty, ty, depth),
    }
}

fn arithmetic(choices: &mut Choices<'_>, ty: Type, a: Type, b: Type, depth: u32) -> Expr {
    let mut hows = vec![
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
    ];
    if ty == Type::Int {
        hows.push(Arithmetic::Remainder);
    }
    let how = choices.pick(&hows);
    let (a, b) = (boxed(choices, a, depth), boxed(choices, b, depth));
    of(ty, ExprKind::Arithmetic(how, a, b))
}

fn truth(choices: &mut Choices<'_>, depth: u32) -> Expr {
    let kind = match choices.below(10) {
        0 => ExprKind::Not(boxed(choices, Type::Bool, depth)),
        1 => ExprKind::And(
            (0..=choices.below(3))
                .map(|_| expr(choices, Type::Bool, depth))
                .collect(),
        ),
        2 => ExprKind::Or(
            (0..=choices.below(3))
                .map(|_| expr(choices, Type::Bool, depth))
                .collect(),
        ),
        3 => {
            let ty = choices.pick(&SCALARS);
            ExprKind::Has(boxed(choices, ty, depth))
        }
        4 => ExprKind::InList(
            ListIx(choices.below(4)),
            boxed(choices, Type::String, depth),
        ),
        5 => {
            let ty = choices.pick(&SCALARS[..8]);
            let constants = (0..choices.below(4))
                .map(|_| literal(choices, ty))
                .collect();
            ExprKind::InConstants(boxed(choices, ty, depth), constants)
        }
        6 => {
            let item = boxed(choices, Type::String, depth);
            let whole = choices.pick(&[Type::List(Scalar::String), Type::Map(Scalar::Int)]);
            ExprKind::InCollection(item, boxed(choices, whole, depth))
        }
        7 => {
            let name = choices.pick(&["contains", "contains", "startsWith"]);
            let pair = vec![
                expr(choices, Type::String, depth),
                expr(choices, Type::String, 0),
            ];
            return call(Type::Bool, name, pair);
        }
        _ => return comparison(choices, depth),
    };
    of(Type::Bool, kind)
}

fn comparison(choices: &mut Choices<'_>, depth: u32) -> Expr {
    let ty = choices.pick(&SCALARS);
    let mut hows = vec![Comparison::Equal, Comparison::NotEqual];
    if !matches!(ty, Type::Bool | Type::Enum(_) | Type::List(_)) {
        hows.extend([
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ]);
    }
    let how = choices.pick(&hows);
    let operand = boxed(choices, ty, depth);
    let constant = Box::new(of(ty, ExprKind::Literal(literal(choices, ty))));
    // Mostly with a constant, as rules are written, on either side.
    let (a, b) = match choices.below(6) {
        0 => (operand, boxed(choices, ty, depth)),
        1 => (constant, operand),
        _ => (operand, constant),
    };
    of(Type::Bool, ExprKind::Compare(how, a, b))
}

fn list(name: &str, kind: ListKind, values: &[(&str, Option<i64>)]) -> List {
    let entries = values.iter().map(|(value, until_us)| ListEntry {
        value: (*value).into(),
        until_us: *until_us,
    });
    List {
        name: name.into(),
        doc: String::new(),
        kind,
        entries: Arc::new(entries.collect()),
        span: Span::default(),
    }
}

fn rule(name: String, condition: Expr) -> Rule {
    Rule {
        name: name.into(),
        doc: String::new(),
        conditions: vec![(KIND, condition)],
        decision: Decision::Review,
        lasts: None,
        measures: Vec::new(),
        score: 1,
        owner: "nobody".into(),
        typologies: Vec::new(),
        reason_zh: vec![Template { pieces: Vec::new() }],
        reason_en: vec![Template { pieces: Vec::new() }],
        span: Span::default(),
    }
}

/// A count and a sum by payer.
fn features() -> Vec<Feature> {
    let payer = of(Type::String, ExprKind::Field(fields_of(Type::String)[1]));
    let amount = of(
        Type::Money(Some(Currency::CNY)),
        ExprKind::Field(fields_of(Type::Money(None))[0]),
    );
    let feature = |name: &str, aggregate, value, ty| Feature {
        name: name.into(),
        doc: String::new(),
        aggregate,
        sources: vec![FeatureSource {
            event: KIND,
            key: vec![payer.clone()],
            filter: None,
            value,
        }],
        key_names: vec!["payer".into()],
        key_types: vec![Type::String],
        window: Duration::from_hours(1),
        include_self: true,
        ty,
        part: FeaturePart::Declared,
        span: Span::default(),
    };
    let money = Type::Money(Some(Currency::CNY));
    vec![
        feature("payments_1h", Aggregate::Count, None, Type::Int),
        feature("paid_1h", Aggregate::Sum, Some(amount), money),
    ]
}

/// A program with these conditions as rules, all of them in one rule set.
pub(crate) fn program(conditions: Vec<Expr>) -> Program {
    let fields = fields().into_iter().map(|(name, ty)| Field {
        name: name.into(),
        doc: String::new(),
        ty,
        optional: true,
        key: name == "payer",
        personal: name == "payer",
        regional: false,
        span: Span::default(),
    });
    let count = u32::try_from(conditions.len()).unwrap();
    Program {
        events: vec![EventKind {
            name: "payment".into(),
            doc: String::new(),
            fields: fields.collect(),
            signals: Vec::new(),
            retention: Duration::from_days(90),
            span: Span::default(),
        }],
        enums: vec![Enumeration {
            words: vec!["bank".into(), "wallet".into(), "cash".into()],
        }],
        features: features(),
        lists: vec![
            list(
                "words",
                ListKind::Text,
                &[("转账", None), ("loan", Some(2_000_000))],
            ),
            list("phones", ListKind::Phone, &[("+8613800138000", None)]),
            list("nets", ListKind::Cidr, &[("10.0.0.0/24", None)]),
            list(
                "domains",
                ListKind::Domain,
                &[("example.com", Some(1_000_000))],
            ),
        ],
        rules: conditions
            .into_iter()
            .enumerate()
            .map(|(at, condition)| rule(format!("r{at}"), condition))
            .collect(),
        scripts: Vec::new(),
        rulesets: vec![Ruleset {
            name: "all".into(),
            doc: String::new(),
            events: vec![KIND],
            mode: RulesetMode::All,
            rules: (0..count).map(RuleIx).collect(),
            span: Span::default(),
        }],
        tests: Vec::new(),
        models: Vec::new(),
    }
}

/// A program of `rules` random rules.
pub(crate) fn random_program(choices: &mut Choices<'_>, rules: u32) -> Program {
    program((0..rules).map(|_| expr(choices, Type::Bool, 3)).collect())
}

/// An event of [`KIND`]; each field is missing once in four.
pub(crate) fn event(choices: &mut Choices<'_>, program: &Program) -> Event {
    let mut values = Vec::new();
    for (at, (_, ty)) in (0..).zip(fields()) {
        if choices.below(4) != 3 {
            values.push((FieldIx(at), literal(choices, ty)));
        }
    }
    let at = i64::from(choices.below(4)) * 1_000_000;
    Event::from_literals(program, KIND, "e", at, &values).unwrap()
}

/// Values for the reads of the plan: a count and a sum, whichever the program reads, in the plan's order.
pub(crate) fn feature_values(
    choices: &mut Choices<'_>,
    plan: &crate::window::FeaturePlan,
) -> FeatureValues {
    let reads = &plan.events[KIND.ix()].reads;
    FeatureValues(
        reads
            .iter()
            .map(|read| {
                let value = match read.feature.0 {
                    0 => Value::Int(choices.pick(&INTS)),
                    _ => Value::Money(Money::new(choices.pick(&INTS), Currency::CNY)),
                };
                (choices.below(4) != 3).then_some(value)
            })
            .collect(),
        Vec::new(),
    )
}
