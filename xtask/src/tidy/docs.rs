//! Public items and crates are documented. The compiler's `missing_docs` sees libraries only; this sees binaries too.

use super::{Finding, Source};

/// The undocumented public items of a file, and a crate root without `//!`.
pub fn check(source: Source<'_>, file: &syn::File) -> Vec<Finding> {
    let path = source.path;
    let in_tests = path.components().any(|part| {
        matches!(
            part.as_os_str().to_str(),
            Some("tests" | "tests.rs" | "benches")
        )
    });
    if in_tests {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let is_root = path.ends_with("src/lib.rs") || path.ends_with("src/main.rs");
    if is_root && !is_documented(&file.attrs) {
        findings.push(Finding::new(path, 1, "docs", "the crate has no `//!`"));
    }
    for item in &file.items {
        check_item(source, item, &mut findings);
    }
    findings
}

fn check_item(source: Source<'_>, item: &syn::Item, findings: &mut Vec<Finding>) {
    let mut look_at = |vis: &syn::Visibility, attrs: &[syn::Attribute], ident: &syn::Ident| {
        if matches!(vis, syn::Visibility::Public(_)) && !is_documented(attrs) {
            let line = ident.span().start().line;
            let message = format!("`{ident}` is public and has no doc comment");
            findings.push(Finding::new(source.path, line, "docs", message));
        }
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "syn's enum is not exhaustive; other items have no doc comment of their own"
    )]
    match item {
        syn::Item::Const(item) => look_at(&item.vis, &item.attrs, &item.ident),
        syn::Item::Enum(item) => look_at(&item.vis, &item.attrs, &item.ident),
        syn::Item::Fn(item) => look_at(&item.vis, &item.attrs, &item.sig.ident),
        syn::Item::Static(item) => look_at(&item.vis, &item.attrs, &item.ident),
        syn::Item::Struct(item) => look_at(&item.vis, &item.attrs, &item.ident),
        syn::Item::Trait(item) => look_at(&item.vis, &item.attrs, &item.ident),
        syn::Item::Type(item) => look_at(&item.vis, &item.attrs, &item.ident),
        syn::Item::Impl(item) if item.trait_.is_none() => {
            for member in &item.items {
                if let syn::ImplItem::Fn(function) = member {
                    look_at(&function.vis, &function.attrs, &function.sig.ident);
                }
            }
        }
        _ => {}
    }
}

fn is_documented(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attribute| {
        let path = attribute.path();
        let hidden_test = path.is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|what| what == "test");
        path.is_ident("doc") || hidden_test
    })
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
    fn undocumented_public_items_are_found() {
        let path = "crates/a/src/a.rs";
        assert_eq!(found(path, "pub fn a() {}"), 1);
        assert_eq!(
            found(path, "pub struct A; impl A { pub fn b() {} fn c() {} }"),
            2
        );
        assert_eq!(
            found(
                path,
                "/// A.\npub fn a() {}\nfn b() {}\npub(crate) fn c() {}"
            ),
            0
        );
        assert_eq!(found("crates/a/tests/it/a.rs", "pub fn a() {}"), 0);
        assert_eq!(found("crates/a/src/lib.rs", "mod a;"), 1);
        assert_eq!(found("crates/a/src/lib.rs", "//! A.\nmod a;"), 0);
    }
}
