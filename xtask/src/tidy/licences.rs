//! What we ship may be shipped: licences and sources of every crate and of the console's packages. deny.toml says
//! the same to cargo-deny; this check runs where cargo-deny is not installed.

use anyhow::{Context, Result};
use cargo_metadata::Metadata;

use super::Finding;
use crate::repo::Repo;

/// Licences that ask for no more than notice.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];
/// Crates that are data, not code: Mozilla's list of root certificates.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("webpki-root-certs", "CDLA-Permissive-2.0"),
    ("webpki-roots", "CDLA-Permissive-2.0"),
];
/// TLS is rustls on aws-lc.
const BANNED: &[&str] = &["native-tls", "openssl", "openssl-sys"];

/// Crates with a licence, a source or a name that is not allowed.
pub fn check_crates(metadata: &Metadata) -> Vec<Finding> {
    metadata
        .packages
        .iter()
        .filter(|package| !metadata.workspace_members.contains(&package.id))
        .flat_map(|package| {
            let name = package.name.as_str();
            let licence = package.license.as_deref();
            let source = package.source.as_ref().map(|source| source.repr.as_str());
            judge(name, licence, source)
        })
        .map(|message| Finding::new("Cargo.lock", 1, "licence", message))
        .collect()
}

fn judge(name: &str, licence: Option<&str>, source: Option<&str>) -> Vec<String> {
    let mut faults = Vec::new();
    let excepted = |licence: &str| EXCEPTIONS.contains(&(name, licence));
    match licence {
        None => faults.push(format!("`{name}` states no licence")),
        Some(licence) if !is_allowed(licence) && !excepted(licence) => {
            faults.push(format!("`{name}` has the licence {licence}"));
        }
        Some(_) => {}
    }
    if !source.is_some_and(|source| {
        source.contains("crates.io-index") || source.contains("index.crates.io")
    }) {
        faults.push(format!("`{name}` does not come from crates.io"));
    }
    if BANNED.contains(&name) {
        faults.push(format!("`{name}` is banned: TLS is rustls on aws-lc"));
    }
    faults
}

/// Packages that go into the console and have a licence that is not allowed. Build tools are not shipped.
pub fn check_web(repo: &Repo) -> Result<Vec<Finding>> {
    let path = "web/package-lock.json";
    if !repo.path(path).is_file() {
        return Ok(Vec::new());
    }
    let lock: serde_json::Value = serde_json::from_str(&repo.read(path.as_ref())?)?;
    let packages = lock["packages"]
        .as_object()
        .context("the lock file has no packages")?;
    Ok(packages
        .iter()
        .filter(|(folder, package)| !folder.is_empty() && package["dev"] != true)
        .filter(|(_, package)| !package["license"].as_str().is_some_and(is_allowed))
        .map(|(folder, package)| {
            let message = format!("`{folder}` has the licence {}", package["license"]);
            Finding::new(path, 1, "licence", message)
        })
        .collect())
}

/// Whether an SPDX expression can be met with allowed licences only: one side of an `OR`, both of an `AND`. The
/// old form `A/B` means `OR`.
fn is_allowed(expression: &str) -> bool {
    let text = expression.replace('/', " OR ");
    either(text.trim())
}

fn either(text: &str) -> bool {
    split(text, " OR ").into_iter().any(all)
}

fn all(text: &str) -> bool {
    split(text, " AND ").into_iter().all(|part| {
        let part = part.trim();
        match part
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
        {
            Some(inner) => either(inner),
            None => ALLOWED.contains(&part),
        }
    })
}

/// `text` cut at each `separator` that is outside parentheses.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let rest = text.get(index..).unwrap_or_default();
        if depth == 0 && index >= start && rest.starts_with(separator) {
            parts.push(text.get(start..index).unwrap_or_default());
            start = index + separator.len();
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATES_IO: Option<&str> = Some("registry+https://github.com/rust-lang/crates.io-index");

    #[test]
    fn expressions() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "(MIT OR GPL-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR MIT",
            "ISC AND (Apache-2.0 OR ISC) AND Apache-2.0",
        ] {
            assert!(is_allowed(good), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT AND AGPL-3.0) OR LGPL-3.0",
            "MPL-2.0",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }

    #[test]
    fn faults_of_a_crate_are_found() {
        assert!(judge("a", Some("MIT"), CRATES_IO).is_empty());
        assert_eq!(judge("a", None, CRATES_IO).len(), 1);
        assert_eq!(judge("a", Some("GPL-3.0"), CRATES_IO).len(), 1);
        assert_eq!(
            judge("a", Some("MIT"), Some("git+https://example")).len(),
            1
        );
        assert_eq!(judge("openssl", Some("MIT"), CRATES_IO).len(), 1);
        assert!(judge("webpki-roots", Some("CDLA-Permissive-2.0"), CRATES_IO).is_empty());
        assert_eq!(
            judge("other", Some("CDLA-Permissive-2.0"), CRATES_IO).len(),
            1
        );
    }
}
