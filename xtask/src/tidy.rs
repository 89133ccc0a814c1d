//! Checks of the repository's own rules (docs of the style are in CONTRIBUTING.md). Each check is a pure function
//! from what it looks at to its findings; this file walks the repository and prints them.

mod docs;
mod edges;
mod error_pages;
mod length;
mod licences;
mod manifests;
mod names;
mod tokens;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::repo::Repo;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: PathBuf,
    line: usize,
    check: &'static str,
    message: String,
}

impl Finding {
    /// A finding of `check` at a line (1 for the first) of the file `path`.
    pub fn new(
        path: impl Into<PathBuf>,
        line: usize,
        check: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            line,
            check,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            check,
            message,
        } = self;
        write!(f, "{}:{line}: [{check}] {message}", path.display())
    }
}

/// A source file.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Relative to the repository's root.
    path: &'a Path,
    text: &'a str,
}

/// The folders that hold code of ours. Those that do not exist yet are passed over.
const CODE: &[&str] = &[
    "crates",
    "xtask",
    "web/src",
    "web/e2e",
    "web/scripts",
    "fuzz",
    "bench",
];

/// Runs every check, prints the findings and says whether there are none.
pub fn run(repo: &Repo) -> Result<bool> {
    let (clean, report) = report(repo)?;
    print!("{report}");
    Ok(clean)
}

/// Runs every check and says whether it found nothing, and what it found.
pub fn report(repo: &Repo) -> Result<(bool, String)> {
    let mut findings = source_findings(repo)?;
    let metadata = edges::metadata(repo)?;
    findings.extend(edges::check(&metadata));
    findings.extend(licences::check_crates(&metadata));
    findings.extend(licences::check_web(repo)?);
    findings.extend(error_pages::check(repo)?);
    for manifest in repo.files("crates", &["Cargo.toml"])? {
        findings.extend(manifests::check(Source {
            path: &manifest,
            text: &repo.read(&manifest)?,
        }));
    }
    findings.sort();
    let mut report = String::new();
    for finding in &findings {
        report.push_str(&format!("{finding}\n"));
    }
    let count = findings.len();
    report.push_str(&format!("tidy: {count} findings\n"));
    Ok((findings.is_empty(), report))
}

fn source_findings(repo: &Repo) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for folder in CODE {
        if !repo.path(folder).is_dir() {
            continue;
        }
        for path in repo.files(folder, &[".rs", ".ts", ".tsx", ".mjs"])? {
            let text = repo.read(&path)?;
            let source = Source {
                path: &path,
                text: &text,
            };
            findings.extend(names::check(&path));
            findings.extend(length::check_file(source));
            if path.extension().is_some_and(|extension| extension == "rs") {
                findings.extend(rust_findings(source));
            }
        }
    }
    Ok(findings)
}

fn rust_findings(source: Source<'_>) -> Vec<Finding> {
    match syn::parse_file(source.text) {
        Ok(file) => [
            length::check_functions(source, &file),
            docs::check(source, &file),
            tokens::check(source),
        ]
        .concat(),
        Err(error) => {
            let line = error.span().start().line;
            vec![Finding::new(source.path, line, "parse", error.to_string())]
        }
    }
}
