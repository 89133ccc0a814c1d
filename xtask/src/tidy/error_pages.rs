//! Every error code has a page, and every page a code.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::{Finding, Source};
use crate::repo::Repo;

const TABLE: &str = "crates/types/src/error_code.rs";
const PAGES: &str = "docs/errors";

/// Codes without a page and pages without a code.
pub fn check(repo: &Repo) -> Result<Vec<Finding>> {
    let path = Path::new(TABLE);
    let text = repo.read(path)?;
    let mut pages = Vec::new();
    if repo.path(PAGES).is_dir() {
        for page in repo.files(PAGES, &[".md"])? {
            pages.push((page.clone(), repo.read(&page)?));
        }
    }
    Ok(compare(Source { path, text: &text }, &pages))
}

fn compare(table: Source<'_>, pages: &[(std::path::PathBuf, String)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let codes: BTreeSet<&str> = codes(table.text).map(|(_, code)| code).collect();
    for (line, code) in self::codes(table.text) {
        let page = Path::new(PAGES).join(format!("{code}.md"));
        match pages.iter().find(|(path, _)| *path == page) {
            None => {
                let message = format!("`{code}` has no page {}", page.display());
                findings.push(Finding::new(table.path, line, "error-page", message));
            }
            Some((path, text)) if !text.starts_with(&format!("# {code}\n")) => {
                let message = format!("the first line must be `# {code}`");
                findings.push(Finding::new(path, 1, "error-page", message));
            }
            Some(_) => {}
        }
    }
    for (path, _) in pages {
        let code = path.file_stem().and_then(|stem| stem.to_str());
        if code.is_some_and(|code| code != "README" && !codes.contains(code)) {
            findings.push(Finding::new(
                path,
                1,
                "error-page",
                "no error has this code",
            ));
        }
    }
    findings
}

/// Line and text of every `= "area.what", NNN;` of the table.
fn codes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let (_, rest) = line.split_once(" = \"")?;
        let (code, status) = rest.split_once("\", ")?;
        let is_status = status.trim_end_matches(';').parse::<u16>().is_ok();
        (is_status && code.contains('.')).then_some((index + 1, code))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_misnamed_and_orphan_pages_are_found() {
        let table = Source {
            path: Path::new(TABLE),
            text: "    A = \"a.b\", 400;\n    C = \"c.d\", 404;\n    E = \"e.f\", 500;\n",
        };
        let pages = [
            ("docs/errors/a.b.md".into(), "# a.b\n".to_owned()),
            ("docs/errors/c.d.md".into(), "# something\n".to_owned()),
            ("docs/errors/x.y.md".into(), "# x.y\n".to_owned()),
        ];
        let found = compare(table, &pages);
        let places: Vec<_> = found
            .iter()
            .map(|finding| (finding.path.display().to_string(), finding.line))
            .collect();
        assert_eq!(
            places,
            [
                ("docs/errors/c.d.md".to_owned(), 1),
                (TABLE.to_owned(), 3),
                ("docs/errors/x.y.md".to_owned(), 1),
            ]
        );
    }
}
