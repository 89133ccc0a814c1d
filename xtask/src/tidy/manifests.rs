//! Crate manifests take versions and lints from the workspace.

use super::{Finding, Source};

/// Dependencies with a version of their own, and missing workspace lints.
pub fn check(source: Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut section = "";
    let mut has_lints = false;
    for (index, line) in source.text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line;
        }
        has_lints |= section == "[lints]" && line == "workspace = true";
        let is_dependency =
            section.contains("dependencies") && !line.starts_with(['[', '#']) && line.contains('=');
        if is_dependency && !line.replace(' ', "").contains("workspace=true") {
            let message = "versions belong in the root Cargo.toml; write `workspace = true`";
            findings.push(Finding::new(source.path, index + 1, "manifest", message));
        }
    }
    if !has_lints {
        let message = "the workspace's lints are missing: [lints] workspace = true";
        findings.push(Finding::new(source.path, 1, "manifest", message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn own_versions_and_missing_lints_are_found() {
        let path = Path::new("crates/a/Cargo.toml");
        let bad = "[dependencies]\nserde = \"1\"\nurl.workspace = true\n";
        let found = check(Source { path, text: bad });
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [2, 1]);
        let good = "[lints]\nworkspace = true\n[dev-dependencies]\nsyn = { workspace = true }\n";
        assert!(check(Source { path, text: good }).is_empty());
    }
}
