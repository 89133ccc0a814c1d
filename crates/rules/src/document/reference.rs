//! The generated parts of docs/policy-language.md: the functions from their definitions, the diagnostics from their table.

use std::fmt::Write;

use crate::check::{form, type_name};
use crate::diagnostic::Code;
use crate::function::{FUNCTIONS, FunctionDef};
use crate::signal::{DETECTORS, full_name};

/// Writes a part.
type Generate = fn() -> String;

/// The parts and what stands in them: `<!-- begin NAME -->` … `<!-- end NAME -->`.
const PARTS: &[(&str, Generate)] = &[
    ("functions", functions),
    ("signals", signals),
    ("diagnostics", diagnostics),
];

/// The page with its generated parts as they should be; none when a part's marks are missing.
#[must_use]
pub fn refreshed(page: &str) -> Option<String> {
    let mut page = page.to_owned();
    for (name, generate) in PARTS {
        let (begin, end) = (
            format!("<!-- begin {name} -->\n"),
            format!("<!-- end {name} -->"),
        );
        let from = page.find(&begin)? + begin.len();
        let to = from + page.get(from..)?.find(&end)?;
        page.replace_range(from..to, &format!("\n{}\n", generate()));
    }
    Some(page)
}

/// Every function: forms, what it answers, an example.
#[must_use]
pub fn functions() -> String {
    FUNCTIONS.iter().map(function).collect()
}

fn function(function: &FunctionDef) -> String {
    let mut out = format!("### {}\n\n```\n", function.name);
    // Writing to a String cannot fail.
    for signature in function.signatures {
        let _ = writeln!(out, "{}", form(function.name, signature));
    }
    let _ = writeln!(out, "```\n\n{}", function.doc.trim());
    if function.regional {
        out.push_str("\nRegional: no rule can rest on it alone.\n");
    }
    if !function.examples.is_empty() {
        out.push_str("\n| expression | value |\n| --- | --- |\n");
        for (expression, value) in function.examples {
            let cell = |text: &str| text.replace('|', "\\|");
            let _ = writeln!(out, "| `{}` | `{}` |", cell(expression), cell(value));
        }
    }
    out.push('\n');
    out
}

/// Every detector and its signals.
#[must_use]
pub fn signals() -> String {
    let mut out = String::new();
    for def in DETECTORS {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "### signal.{}\n\n{}\n", def.name, def.doc);
        out.push_str("| signal | type | says |\n| --- | --- | --- |\n");
        for signal in def.signals {
            let (name, ty) = (full_name(def, signal.name), type_name(&[], signal.ty));
            let optional = if signal.optional { "?" } else { "" };
            let _ = writeln!(out, "| `{name}` | `{ty}{optional}` | {} |", signal.doc);
        }
        out.push('\n');
    }
    out
}

/// Every code of a diagnostic with what it means.
#[must_use]
pub fn diagnostics() -> String {
    let mut out = String::from("| code | meaning |\n| --- | --- |\n");
    for code in Code::ALL {
        let _ = writeln!(out, "| `{code}` | {} |", code.title());
    }
    out
}
