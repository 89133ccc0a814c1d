//! What must not be written anywhere, inside macros too: unfinished code, and SQL outside the store.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

use super::{Finding, Source};

/// Crates whose text may hold SQL.
const SQL_CRATES: &[&str] = &["crates/store", "xtask"];
/// Macros that stand for code that is not there.
const UNFINISHED: &[&str] = &["todo", "unimplemented"];

/// Unfinished code and SQL in the wrong place.
pub fn check(source: Source<'_>) -> Vec<Finding> {
    let Ok(tokens) = source.text.parse::<TokenStream>() else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    walk(source.path, tokens, &mut findings);
    findings
}

fn walk(path: &Path, tokens: TokenStream, findings: &mut Vec<Finding>) {
    let mut previous: Option<proc_macro2::Ident> = None;
    for token in tokens {
        let mut name = None;
        match token {
            TokenTree::Group(group) => walk(path, group.stream(), findings),
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                if !may_hold_sql(path) && is_sql(&literal.to_string()) {
                    findings.push(Finding::new(
                        path,
                        line,
                        "sql",
                        "SQL belongs in crates/store",
                    ));
                }
            }
            TokenTree::Punct(punct) => {
                let unfinished = previous.filter(|name| {
                    punct.as_char() == '!' && UNFINISHED.iter().any(|bad| name == bad)
                });
                if let Some(name) = unfinished {
                    let line = name.span().start().line;
                    let message = format!("`{name}!` stands for code that is not there");
                    findings.push(Finding::new(path, line, "unfinished", message));
                }
            }
            TokenTree::Ident(ident) => name = Some(ident),
        }
        previous = name;
    }
}

fn may_hold_sql(path: &Path) -> bool {
    SQL_CRATES.iter().any(|folder| path.starts_with(folder))
}

/// Whether a literal begins like a statement in capitals, as all our SQL does. A heuristic: a doc comment that
/// quotes SQL is found too, and should say it in words.
fn is_sql(literal: &str) -> bool {
    let text = literal
        .trim_start_matches(['r', 'b', 'c', '#', '"'])
        .trim_start_matches(|c: char| c.is_whitespace() || c == '\\');
    let begins = |words: &[&str]| {
        let mut rest = text.split_whitespace();
        words.iter().all(|word| {
            rest.next()
                .is_some_and(|next| *word == "*" || next == *word)
        }) && rest.next().is_some()
    };
    [
        ["SELECT", "*"].as_slice(),
        &["INSERT", "INTO"],
        &["UPDATE", "*", "SET"],
        &["DELETE", "FROM"],
        &["CREATE", "TABLE"],
        &["CREATE", "INDEX"],
        &["ALTER", "TABLE"],
        &["DROP", "TABLE"],
        &["PRAGMA"],
    ]
    .into_iter()
    .any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<&'static str> {
        let path = Path::new(path);
        let findings = check(Source { path, text });
        findings.iter().map(|finding| finding.check).collect()
    }

    #[test]
    fn unfinished_code_is_found_inside_macros_too() {
        let path = "crates/a/src/a.rs";
        assert_eq!(found(path, "fn a() { todo!() }"), ["unfinished"]);
        assert_eq!(
            found(path, "fn a() { b!({ unimplemented!(\"x\") }) }"),
            ["unfinished"]
        );
        assert!(found(path, "fn todo() { todo(); }").is_empty());
    }

    #[test]
    fn sql_outside_the_store_is_found() {
        let sample = "fn a() { query(\"SELECT id FROM cases WHERE id = $1\"); run!(r#\"\n UPDATE cases SET a = 1\"#); }";
        assert_eq!(found("crates/casework/src/a.rs", sample), ["sql", "sql"]);
        assert!(found("crates/store/src/a.rs", sample).is_empty());
        let prose = "fn a() { say(\"Select one of these\"); say(\"SELECT\"); say(\"UPDATE of the plan\"); }";
        assert!(found("crates/casework/src/a.rs", prose).is_empty());
    }
}
