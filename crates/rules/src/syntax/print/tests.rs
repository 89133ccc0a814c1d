use proptest::prelude::*;

use super::*;
use crate::syntax::ast::*;

fn formatted(text: &str) -> String {
    let once = format(text).unwrap_or_else(|found| panic!("{found:?}"));
    let again = format(&once).unwrap_or_else(|found| panic!("{found:?}\n{once}"));
    assert_eq!(again, once, "laying out twice");
    once
}

#[test]
fn a_policy_is_laid_out_one_way() {
    let text = include_str!("../../../../../testdata/policy/format/input.policy");
    let expected = include_str!("../../../../../testdata/policy/format/expected.policy");
    let got = formatted(text);
    if std::env::var_os("STANCH_BLESS").is_some() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../testdata/policy/format/expected.policy"
        );
        std::fs::write(path, &got).unwrap();
    } else {
        assert_eq!(got, expected);
    }
}

#[test]
fn every_comment_is_kept() {
    let text = include_str!("../../../../../testdata/policy/format/input.policy");
    let comments = |text: &str| {
        let parsed = crate::syntax::lexer::lex(0, text, 0..text.len());
        let mut all: Vec<String> = parsed
            .comments
            .iter()
            .map(|c| text[c.span.start as usize..c.span.end as usize].to_owned())
            .collect();
        all.sort();
        all
    };
    assert_eq!(comments(&formatted(text)), comments(text));
}

#[test]
fn the_comment_at_the_head_of_a_file_stays_apart() {
    let apart =
        "// What this file is about.\n\n/// A kind.\nevent a {\n  retention 1d\n  x int\n}\n";
    assert_eq!(formatted(apart), apart);
    let joined = apart.replacen("\n\n", "\n", 1);
    assert_eq!(formatted(&joined), joined);
}

fn at() -> At {
    At::default()
}

fn name() -> impl Strategy<Value = Name> {
    "[a-z][a-z0-9_]{0,8}"
        .prop_filter("a word of the language", |text| {
            const WORDS: &[&str] = &[
                "true",
                "false",
                "in",
                "not",
                "and",
                "or",
                "null",
                "nil",
                "for",
                "over",
                "where",
                "including",
                "excluding",
                "as",
                "by",
                "of",
                "on",
                "at",
                "until",
                "use",
                "mode",
                "when",
                "then",
                "measure",
                "score",
                "owner",
                "typology",
                "reason",
                "given",
                "expect",
                "title",
                "need",
                "cue",
                "act",
                "card",
                "memory",
                "stage",
                "weight",
                "script",
                "event",
                "feature",
                "list",
                "rule",
                "ruleset",
                "test",
                "fired",
                "key",
                "personal",
                "regional",
                "retention",
                "file",
                "enum",
                "map",
                "money",
                "zh",
                "en",
            ];
            !WORDS.contains(&text.as_str())
        })
        .prop_map(|text| Name { text, at: at() })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "[一-龥，。“”{}'\"\\\\\n\t]{0,6}",
        any::<String>().prop_map(|text| text.chars().take(8).collect()),
    ]
}

fn text() -> impl Strategy<Value = Text> {
    (any_text(), any::<bool>()).prop_map(|(value, raw)| {
        let raw = raw && !value.contains('\n') && !(value.contains('"') && value.contains('\''));
        Text {
            value,
            raw,
            at: at(),
        }
    })
}

fn length() -> impl Strategy<Value = Length> {
    (
        1_i64..1_000,
        prop::sample::select(vec![("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]),
    )
        .prop_map(|(count, (unit, seconds))| Length {
            text: format!("{count}{unit}"),
            micros: count * seconds * 1_000_000,
            at: at(),
        })
}

fn instant() -> impl Strategy<Value = Instant> {
    (1_000_i64..2_000_000).prop_map(|minutes| {
        let micros = minutes * 60_000_000;
        Instant {
            text: stanch_types::Timestamp::from_micros(micros).to_string(),
            micros,
            at: at(),
        }
    })
}

fn docs() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-z一-龥]([ -~一-龥]{0,10}[a-z.])?|", 0..3)
}

fn expr(in_template: bool) -> BoxedStrategy<Expr> {
    let words = text().prop_map(move |mut text| {
        text.raw &= !in_template;
        ExprKind::Text(text)
    });
    let leaf = prop_oneof![
        any::<bool>().prop_map(ExprKind::Bool),
        any::<i32>().prop_map(|n| ExprKind::Int(n.to_string())),
        (any::<i16>(), 0..100_u8).prop_map(|(a, b)| ExprKind::Double(format!("{a}.{b}"))),
        words,
        length().prop_map(ExprKind::Duration),
        name().prop_map(|name| ExprKind::Name(name.text)),
    ]
    .prop_map(|kind| Expr::new(kind, at()));
    leaf.prop_recursive(4, 24, 3, |inner| {
        let of = move |kind: ExprKind| Expr::new(kind, At::default());
        let boxed = inner.clone().prop_map(Box::new);
        // What stands around operators is put in parentheses unless it binds strongest.
        let operand = inner.clone().prop_map(move |expr| {
            let is_atom = matches!(
                expr.kind,
                ExprKind::Name(_) | ExprKind::Call(..) | ExprKind::Paren(_) | ExprKind::Text(_)
            );
            if is_atom {
                expr
            } else {
                of(ExprKind::Paren(Box::new(expr)))
            }
        });
        let operands = prop::collection::vec(operand.clone(), 2..5);
        let operand = operand.prop_map(Box::new);
        prop_oneof![
            boxed.clone().prop_map(ExprKind::Paren),
            (name(), prop::collection::vec(inner.clone(), 0..3))
                .prop_map(|(name, items)| ExprKind::Call(name, items)),
            (operand.clone(), name()).prop_map(|(owner, name)| ExprKind::Member(owner, name)),
            (
                operand.clone(),
                name(),
                prop::collection::vec(inner.clone(), 0..3)
            )
                .prop_map(|(owner, name, items)| ExprKind::Method(owner, name, items)),
            (operand.clone(), boxed).prop_map(|(owner, index)| ExprKind::Index(owner, index)),
            prop::collection::vec(inner.clone(), 0..4).prop_map(ExprKind::List),
            operand.clone().prop_map(ExprKind::Not),
            operand.clone().prop_map(ExprKind::Negate),
            operands.clone().prop_map(ExprKind::And),
            operands.prop_map(ExprKind::Or),
            (operand.clone(), operand.clone()).prop_map(|(a, b)| ExprKind::Default(a, b)),
            (
                prop::sample::select(Operator::ALL),
                operand.clone(),
                operand.clone()
            )
                .prop_map(|(operator, a, b)| ExprKind::Binary(operator, a, b)),
            (operand.clone(), operand.clone(), operand)
                .prop_map(|(c, a, b)| ExprKind::Conditional(c, a, b)),
        ]
        .prop_map(of)
    })
    .boxed()
}

fn type_name() -> impl Strategy<Value = TypeName> {
    prop_oneof![
        name().prop_map(TypeKind::Named),
        "[A-Z]{3}".prop_map(|text| TypeKind::Money(Name { text, at: at() })),
        prop::collection::vec(name(), 1..4).prop_map(TypeKind::Enum),
        name().prop_map(TypeKind::List),
        name().prop_map(TypeKind::Map),
    ]
    .prop_map(|kind| TypeName { kind, at: at() })
}

fn field() -> impl Strategy<Value = Field> {
    let marks = prop::collection::vec(prop::sample::select(Mark::ALL), 0..3);
    (docs(), name(), type_name(), any::<bool>(), marks).prop_map(
        |(docs, name, ty, optional, marks)| Field {
            docs,
            name,
            ty,
            optional,
            marks: marks.into_iter().map(|mark| (mark, at())).collect(),
            at: at(),
        },
    )
}

fn template() -> impl Strategy<Value = Template> {
    let piece = (any_text(), expr(true));
    (prop::collection::vec(piece, 0..3), any_text()).prop_map(|(parts, last)| {
        let mut pieces = Vec::new();
        for (text, value) in parts {
            if !text.is_empty() {
                pieces.push(Piece::Text(text));
            }
            pieces.push(Piece::Value(value));
        }
        if !last.is_empty() {
            pieces.push(Piece::Text(last));
        }
        Template { pieces, at: at() }
    })
}

fn number() -> impl Strategy<Value = Number> {
    any::<i32>().prop_map(|n| Number {
        text: n.to_string(),
        at: at(),
    })
}

fn clause() -> impl Strategy<Value = Clause> {
    let lasts = || prop::option::of(length());
    prop_oneof![
        expr(false).prop_map(ClauseKind::When),
        (name(), lasts()).prop_map(|(name, lasts)| ClauseKind::Then(name, lasts)),
        (name(), lasts()).prop_map(|(name, lasts)| ClauseKind::Measure(name, lasts)),
        number().prop_map(ClauseKind::Score),
        text().prop_map(ClauseKind::Owner),
        text().prop_map(ClauseKind::Typology),
        prop::collection::vec(
            (name(), template()).prop_map(|(language, template)| Reason { language, template }),
            1..3
        )
        .prop_map(ClauseKind::Reason),
    ]
    .prop_map(|kind| Clause { kind, at: at() })
}

fn given() -> impl Strategy<Value = Given> {
    let time = prop_oneof![
        instant().prop_map(TestTime::Instant),
        length().prop_map(TestTime::After)
    ];
    (
        name(),
        prop::collection::vec((name(), expr(false)), 0..4),
        prop::option::of(time),
    )
        .prop_map(|(event, fields, time)| Given {
            event,
            fields,
            time,
            at: at(),
        })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        given().prop_map(StepKind::Given),
        given().prop_map(StepKind::When),
        prop::sample::select(vec!["allow", "hold", "block"]).prop_map(|text| {
            StepKind::Decision(Name {
                text: text.to_owned(),
                at: at(),
            })
        }),
        name().prop_map(StepKind::Fired),
        name().prop_map(StepKind::NotFired),
        // A word alone is a decision.
        expr(false)
            .prop_map(|inner| StepKind::Holds(Expr::new(ExprKind::Paren(Box::new(inner)), at()))),
    ]
    .prop_map(|kind| Step { kind, at: at() })
}

/// What events bring: kinds, features, lists.
fn data_item() -> impl Strategy<Value = Item> {
    let names = || prop::collection::vec(name(), 1..4);
    let event = (
        name(),
        prop::collection::vec(length(), 0..2),
        prop::collection::vec(field(), 0..5),
    )
        .prop_map(|(name, retention, fields)| {
            Item::Event(Event {
                name,
                retention,
                fields,
                end: at(),
            })
        });
    let key =
        (expr(false), prop::option::of(name())).prop_map(|(value, name)| KeyPart { value, name });
    let feature = (
        (
            name(),
            name(),
            prop::collection::vec(expr(false), 0..2),
            names(),
        ),
        prop::collection::vec(key, 1..3),
        (
            prop::option::of(length()),
            prop::option::of(expr(false)),
            prop::option::of(any::<bool>()),
        ),
    )
        .prop_map(
            |((name, aggregate, arguments, of), by, (over, filter, include_self))| {
                Item::Feature(Feature {
                    name,
                    aggregate,
                    arguments,
                    of,
                    by,
                    over,
                    filter,
                    include_self,
                })
            },
        );
    let entry =
        (text(), prop::option::of(instant())).prop_map(|(value, until)| Entry { value, until });
    let list = (
        name(),
        name(),
        prop::collection::vec(text(), 0..2),
        prop::collection::vec(entry, 0..5),
    )
        .prop_map(|(name, kind, files, entries)| {
            Item::List(List {
                name,
                kind,
                files,
                entries,
                end: at(),
            })
        });
    prop_oneof![event, feature, list, script()]
}

fn reasons() -> impl Strategy<Value = Vec<Reason>> {
    let plain = any_text().prop_filter("a text", |text| !text.is_empty());
    let plain = plain.prop_map(|text| Template {
        pieces: vec![Piece::Text(text)],
        at: at(),
    });
    let reason = (name(), plain).prop_map(|(language, template)| Reason { language, template });
    prop::collection::vec(reason, 1..3)
}

fn decimal() -> impl Strategy<Value = Number> {
    prop_oneof![
        (0..100_u8).prop_map(|n| format!("0.{n}")),
        any::<u8>().prop_map(|n| n.to_string())
    ]
    .prop_map(|text| Number { text, at: at() })
}

fn stage() -> impl Strategy<Value = Stage> {
    let names = || prop::collection::vec(name(), 1..3);
    let cue = (docs(), name(), decimal(), names(), expr(false)).prop_map(
        |(docs, name, weight, on, when)| {
            StageClauseKind::Cue(Cue {
                docs,
                name,
                weight,
                on,
                when,
            })
        },
    );
    let clause = prop_oneof![
        reasons().prop_map(StageClauseKind::Title),
        decimal().prop_map(StageClauseKind::Need),
        cue,
        names().prop_map(StageClauseKind::Act),
        reasons().prop_map(StageClauseKind::Card),
    ];
    let clause = clause.prop_map(|kind| StageClause { kind, at: at() });
    (docs(), name(), prop::collection::vec(clause, 0..4)).prop_map(|(docs, name, clauses)| Stage {
        docs,
        name,
        clauses,
        end: at(),
    })
}

fn script() -> impl Strategy<Value = Item> {
    let names = || prop::collection::vec(name(), 1..3);
    let key =
        (expr(false), prop::option::of(name())).prop_map(|(value, name)| KeyPart { value, name });
    let keys = prop::collection::vec(key, 1..3);
    let clause = prop_oneof![
        reasons().prop_map(ScriptClauseKind::Title),
        text().prop_map(ScriptClauseKind::Typology),
        length().prop_map(ScriptClauseKind::Memory),
        (names(), keys).prop_map(|(events, by)| ScriptClauseKind::Of(events, by)),
        stage().prop_map(ScriptClauseKind::Stage),
    ];
    let clause = clause.prop_map(|kind| ScriptClause { kind, at: at() });
    (name(), prop::collection::vec(clause, 0..4)).prop_map(|(name, clauses)| {
        Item::Script(Script {
            name,
            clauses,
            end: at(),
        })
    })
}

/// What is decided: rules, sets, tests.
fn decision_item() -> impl Strategy<Value = Item> {
    let names = || prop::collection::vec(name(), 1..4);
    let rule =
        (name(), names(), prop::collection::vec(clause(), 0..5)).prop_map(|(name, on, clauses)| {
            Item::Rule(Rule {
                name,
                on,
                clauses,
                end: at(),
            })
        });
    let threshold = (number(), name()).prop_map(|(score, decision)| Threshold { score, decision });
    let mode = (
        name(),
        prop::option::of(prop::collection::vec(threshold, 1..4)),
    )
        .prop_map(|(word, thresholds)| Mode {
            word,
            thresholds,
            at: at(),
        });
    let uses = prop::option::of(names()).prop_map(|rules| Use { rules, at: at() });
    let set = (
        name(),
        names(),
        prop::collection::vec(mode, 0..2),
        prop::collection::vec(uses, 0..2),
    )
        .prop_map(|(name, on, modes, uses)| {
            Item::Ruleset(Ruleset {
                name,
                on,
                modes,
                uses,
                end: at(),
            })
        });
    let test = (text(), prop::collection::vec(step(), 0..4)).prop_map(|(mut name, steps)| {
        name.raw = false;
        Item::Test(Test {
            name,
            steps,
            end: at(),
        })
    });
    prop_oneof![rule, set, test]
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![data_item(), decision_item()]
}

fn tree() -> impl Strategy<Value = File> {
    let declaration = (docs(), item()).prop_map(|(docs, item)| Declaration {
        docs,
        item,
        at: at(),
    });
    prop::collection::vec(declaration, 0..4).prop_map(|declarations| File { declarations })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn printed_trees_are_read_back(file in tree()) {
        let text = print(&file);
        let parsed = parser::parse(0, &text);
        prop_assert!(parsed.diagnostics.is_empty(), "{:?}\n{text}", parsed.diagnostics);
        prop_assert_eq!(&parsed.file, &file, "{}", text);
        // And the layout of what was printed does not change it.
        let once = format(&text).unwrap();
        prop_assert_eq!(&format(&once).unwrap(), &once);
        prop_assert_eq!(parser::parse(0, &once).file, file, "{}", once);
    }

    #[test]
    fn comments_anywhere_survive(file in tree(), places in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..6)) {
        let text = print(&file);
        let lexed = crate::syntax::lexer::lex(0, &text, 0..text.len());
        let mut starts: Vec<(usize, bool)> = places
            .iter()
            .map(|(index, own_line)| (lexed.tokens[index.index(lexed.tokens.len())].span.start as usize, *own_line))
            .collect();
        starts.sort_unstable();
        starts.dedup_by_key(|(at, _)| *at);
        let mut commented = text.clone();
        for (number, (at, own_line)) in starts.iter().enumerate().rev() {
            let comment = if *own_line { format!("\n// c{number}\n") } else { format!(" // c{number}\n") };
            commented.insert_str(*at, &comment);
        }
        let before = parser::parse(0, &commented);
        // A comment ends its line, and a line cannot begin everywhere: `[` there is no index, say.
        prop_assume!(before.diagnostics.is_empty());
        let once = format(&commented).unwrap();
        let twice = format(&once).unwrap();
        prop_assert_eq!(&twice, &once, "from\n{}", commented);
        prop_assert_eq!(parser::parse(0, &once).file, before.file, "{}", once);
        for (number, _) in starts.iter().enumerate() {
            let comment = format!("// c{number}");
            prop_assert!(once.lines().any(|line| line.ends_with(&comment)), "{}\n{}", comment, once);
        }
    }
}
