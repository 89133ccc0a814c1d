//! Crates and larger modules say what they are for. Public items are the compiler's business (`missing_docs`).

use super::{Finding, Source};

/// Modules longer than this say in `//!` what they are for.
const SMALL_LINES_MAX: usize = 150;

/// A crate root or a larger module without `//!`.
pub fn check(source: Source<'_>, file: &syn::File) -> Vec<Finding> {
    let path = source.path;
    let is_test = path
        .components()
        .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")));
    let is_root = path.ends_with("src/lib.rs") || path.ends_with("src/main.rs");
    let is_large = source.text.lines().count() > SMALL_LINES_MAX;
    let is_documented = file
        .attrs
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"));
    if is_documented || is_test || !(is_root || is_large) {
        return Vec::new();
    }
    let message = "say in `//!` what this is for";
    vec![Finding::new(path, 1, "docs", message)]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn found(path: &str, text: &str) -> usize {
        let source = Source {
            path: Path::new(path),
            text,
        };
        check(source, &syn::parse_file(text).unwrap()).len()
    }

    #[test]
    fn roots_and_large_modules_without_docs_are_found() {
        let large = "fn a() {}\n".repeat(151);
        assert_eq!(found("crates/a/src/lib.rs", "mod a;"), 1);
        assert_eq!(found("crates/a/src/lib.rs", "//! A.\nmod a;"), 0);
        assert_eq!(found("crates/a/src/a.rs", &large), 1);
        assert_eq!(found("crates/a/src/a.rs", &format!("//! A.\n{large}")), 0);
        assert_eq!(found("crates/a/src/a/tests.rs", &large), 0);
        assert_eq!(found("crates/a/tests/it/a.rs", &large), 0);
        assert_eq!(found("crates/a/src/a.rs", "fn a() {}"), 0);
    }
}
