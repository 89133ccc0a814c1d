//! Whatever bytes come in, reading ends with a tree and findings whose places lie between characters; never a panic, never
//! a hang.

use proptest::prelude::*;
use stanch_rules::diagnostic::{Diagnostics, render};
use stanch_rules::policy::check;
use stanch_rules::syntax::{parser, print};
use stanch_rules::{Policy, PolicyFiles};

use crate::repository;

fn one(text: &[u8]) -> PolicyFiles {
    PolicyFiles::new([("a.policy".to_owned(), text.to_vec())]).unwrap()
}

/// Places lie in the text and between characters, and everything can be shown.
fn places_are_sound(diagnostics: &Diagnostics) {
    for item in &diagnostics.items {
        let spans = item
            .labels
            .iter()
            .map(|label| label.span)
            .chain([item.span]);
        for span in spans {
            let Some(file) = diagnostics.sources.file(span.file) else {
                continue;
            };
            let range = span.start as usize..span.end as usize;
            assert!(file.text().get(range).is_some(), "{item:?}");
        }
    }
    assert!(!diagnostics.to_string().is_empty());
    assert_eq!(render::to_report(diagnostics).errors, diagnostics.errors());
}

fn survives(text: &[u8]) {
    let (_, diagnostics) = check(&one(text));
    places_are_sound(&diagnostics);
    if let Ok(text) = std::str::from_utf8(text)
        && let Ok(once) = print::format(text)
    {
        assert_eq!(print::format(&once).unwrap(), once);
    }
}

/// Pieces that a policy is made of, in any order.
fn soup() -> impl Strategy<Value = String> {
    let pieces: Vec<&str> = PIECES
        .split(' ')
        .chain(["// c\n", "/// d\n", "\n", "\u{0}", "\"a {x} 中\""])
        .collect();
    prop::collection::vec(prop::sample::select(pieces), 0..80).prop_map(|all| all.join(" "))
}

const PIECES: &str = r#"event feature list rule ruleset test when then measure score owner reason zh en given expect fired
not on of by over where including excluding self use mode for until file at in has now event.x x count hold { } ( ) [ ] < >
== = && || ?? ? : , ; . + - * / ! " ' r" 12 1.5 24h 2026-03-01 ， “ 中文 \ {{ 1e999 money"#;

/// A file of the default policy or of the mistakes, with pieces cut out, doubled or replaced.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let mut texts = Vec::new();
    for folder in ["policy", "testdata/policy/mistakes"] {
        let files = PolicyFiles::read(&repository::path(folder)).unwrap();
        let policies = files.files().iter().filter(|file| file.is_policy());
        texts.extend(
            policies.map(|file| file.content()[..file.content().len().min(4_000)].to_vec()),
        );
    }
    let edits = prop::collection::vec(
        (
            any::<prop::sample::Index>(),
            0..40_usize,
            prop::collection::vec(any::<u8>(), 0..4),
            any::<bool>(),
        ),
        1..6,
    );
    (prop::sample::select(texts), edits).prop_map(|(mut text, edits)| {
        for (at, length, bytes, doubles) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            let cut: Vec<u8> = text.splice(at..end, bytes).collect();
            if doubles {
                text.splice(at..at, [cut.clone(), cut].concat());
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes);
    }

    #[test]
    fn random_text(text in any::<String>()) {
        survives(text.as_bytes());
    }

    #[test]
    fn words_in_any_order(text in soup()) {
        survives(text.as_bytes());
    }

    #[test]
    fn broken_policies(text in mutated()) {
        survives(&text);
    }
}

#[test]
fn deep_and_long_texts_end_quickly() {
    let deep = |open: &str, close: &str| {
        let (open, close) = (open.repeat(20_000), close.repeat(20_000));
        format!("rule r on e {{ when {open}1{close} then hold }}")
    };
    let cases = [
        deep("(", ")"),
        deep("[", "]"),
        deep("!", ""),
        deep("-", ""),
        deep("f(", ")"),
        deep("true ? ", ": 1"),
        deep("1 ?? ", ""),
        deep("1 + ", ""),
        deep("true && ", ""),
        deep("", ".x"),
        deep("", "[0]"),
        deep("{\"a\":", "}"),
        format!("rule r on e {{ reason zh \"{}\" }}", "{x} ".repeat(10_000)),
        format!("rule r on e {{ reason zh \"{}\" }}", "{".repeat(20_000)),
        "rule r on e { ".repeat(5_000),
        "}".repeat(20_000),
        "“".repeat(20_000),
        "中".repeat(20_000),
        "1.".repeat(20_000),
        "/*".repeat(20_000),
    ];
    for text in &cases {
        let parsed = parser::parse(0, text);
        assert!(parsed.file.declarations.len() <= 20_000);
        let (_, diagnostics) = check(&one(text.as_bytes()));
        assert!(diagnostics.has_errors());
        places_are_sound(&diagnostics);
    }
}

#[test]
fn what_is_not_utf8_is_reported_where_it_begins() {
    let found = Policy::load(&one(b"event a { retention 1d }\n\xff")).unwrap_err();
    assert_eq!(found.items.len(), 1);
    assert_eq!(found.items[0].code.as_str(), "policy.not_utf8");
    assert_eq!(found.items[0].span.start, 25);
    let empty = Policy::load(&PolicyFiles::default()).unwrap_err();
    assert_eq!(empty.items[0].code.as_str(), "policy.empty");
}
