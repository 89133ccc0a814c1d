//! Length of files and functions.

use syn::visit::{self, Visit};

use super::{Finding, Source};

/// Most lines of a file (wanted: 450).
const FILE_LINES_MAX: usize = 800;
/// Most lines of a function's body without blank lines and comments; the same as in clippy.toml.
const FUNCTION_LINES_MAX: usize = 70;
/// Files written by programs.
const GENERATED: &[&str] = &["web/src/api/schema.d.ts"];

/// Whether the file is too long.
pub fn check_file(source: Source<'_>) -> Vec<Finding> {
    let lines = source.text.lines().count();
    let generated = GENERATED.iter().any(|path| source.path.ends_with(path));
    if lines <= FILE_LINES_MAX || generated {
        return Vec::new();
    }
    let message = format!("{lines} lines; the most is {FILE_LINES_MAX}");
    vec![Finding::new(source.path, lines, "file-length", message)]
}

/// The functions that are too long.
pub fn check_functions(source: Source<'_>, file: &syn::File) -> Vec<Finding> {
    let mut visitor = Functions {
        source,
        lines: source.text.lines().collect(),
        findings: Vec::new(),
    };
    visitor.visit_file(file);
    visitor.findings
}

struct Functions<'a> {
    source: Source<'a>,
    lines: Vec<&'a str>,
    findings: Vec<Finding>,
}

impl Functions<'_> {
    fn look_at(&mut self, name: &syn::Ident, block: &syn::Block) {
        let start = block.brace_token.span.open().start().line;
        let end = block.brace_token.span.close().end().line;
        // Spans count lines from 1: the body's lines lie between the braces.
        let body = self
            .lines
            .get(start..end.saturating_sub(1))
            .unwrap_or_default();
        let counted = body
            .iter()
            .map(|line| line.trim())
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .count();
        if counted > FUNCTION_LINES_MAX {
            let message = format!("`{name}` has {counted} lines; the most is {FUNCTION_LINES_MAX}");
            let line = name.span().start().line;
            self.findings.push(Finding::new(
                self.source.path,
                line,
                "function-length",
                message,
            ));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.look_at(&function.sig.ident, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.look_at(&function.sig.ident, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.look_at(&function.sig.ident, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn source(text: &str) -> Source<'_> {
        Source {
            path: Path::new("crates/a/src/a.rs"),
            text,
        }
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(check_file(source(&"//\n".repeat(801))).len(), 1);
        assert!(check_file(source(&"//\n".repeat(800))).is_empty());
    }

    #[test]
    fn long_functions_are_found_wherever_they_are() {
        let body = |lines| "    let _ = 1;\n\n    // why\n".repeat(lines);
        let text = |lines| {
            let body = body(lines);
            format!(
                "fn a() {{\n{body}}}\nimpl A {{ fn b() {{\n{body}}} }}\ntrait T {{ fn c() {{\n{body}}} }}\n"
            )
        };
        let long = text(71);
        let found = check_functions(source(&long), &syn::parse_file(&long).unwrap());
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0].line, 1);
        let short = text(70);
        assert!(check_functions(source(&short), &syn::parse_file(&short).unwrap()).is_empty());
    }
}
