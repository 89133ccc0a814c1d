//! Which crate may use which: arrows point one way (ARCHITECTURE.md).

use anyhow::Result;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use super::Finding;
use crate::repo::Repo;

/// The crates of the workspace and what each may depend on, without the `stanch-` prefix.
const EDGES: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("detect", &["types"]),
    ("graph", &["types"]),
    ("rules", &["detect", "types"]),
    ("train", &["detect", "types"]),
    ("stream", &["types"]),
    ("store", &["types"]),
    ("ledger", &["graph", "stream", "types"]),
    ("decide", &["detect", "rules", "store", "stream", "types"]),
    ("orders", &["store", "types"]),
    ("search", &["store", "types"]),
    ("casework", &["graph", "ledger", "orders", "store", "types"]),
    (
        "evidence",
        &["casework", "ledger", "orders", "store", "types"],
    ),
    (
        "server",
        &[
            "casework", "decide", "detect", "evidence", "graph", "ledger", "orders", "rules",
            "search", "store", "stream", "types",
        ],
    ),
    ("sim", &["types"]),
    ("drill", &["casework", "ledger", "sim", "store", "types"]),
    (
        "cli",
        &[
            "casework", "decide", "detect", "drill", "evidence", "graph", "ledger", "orders",
            "rules", "server", "sim", "store", "stream", "train", "types",
        ],
    ),
    ("xtask", &[]),
];

/// What any crate's tests and benches may use besides its own edges.
const FOR_TESTS: &[&str] = &["sim"];

/// What cargo knows of the workspace, without leaving this machine when the lock file's crates are there.
pub fn metadata(repo: &Repo) -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command
        .manifest_path(repo.path("Cargo.toml"))
        .other_options(["--locked".to_owned()]);
    Ok(command.exec()?)
}

/// The edges that are not in the table.
pub fn check(metadata: &Metadata) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in metadata.workspace_packages() {
        let path = package
            .manifest_path
            .strip_prefix(&metadata.workspace_root)
            .unwrap_or(&package.manifest_path);
        let used = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.path.is_some())
            .map(|dependency| (dependency.name.as_str(), dependency.kind));
        findings.extend(
            refused(package.name.as_str(), used)
                .into_iter()
                .map(|message| Finding::new(path, 1, "edge", message)),
        );
    }
    findings
}

fn refused<'a>(
    package: &str,
    used: impl Iterator<Item = (&'a str, DependencyKind)>,
) -> Vec<String> {
    let short = |name: &'a str| name.strip_prefix("stanch-").unwrap_or(name);
    let package = package.strip_prefix("stanch-").unwrap_or(package);
    // The binary's package is `stanch` itself.
    let package = if package == "stanch" { "cli" } else { package };
    let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == package) else {
        return vec![format!(
            "`{package}` is not in the table of xtask/src/tidy/edges.rs"
        )];
    };
    used.filter(|(name, kind)| {
        let in_tests = *kind == DependencyKind::Development && FOR_TESTS.contains(&short(name));
        !allowed.contains(&short(name)) && !in_tests
    })
    .map(|(name, _)| format!("`{package}` must not use `{}`", short(name)))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NORMAL: DependencyKind = DependencyKind::Normal;

    #[test]
    fn edges_outside_the_table_are_found() {
        let graph = refused(
            "stanch-graph",
            [("stanch-types", NORMAL), ("stanch-store", NORMAL)].into_iter(),
        );
        assert_eq!(graph, ["`graph` must not use `store`"]);
        assert_eq!(
            refused("stanch-server", [("stanch-sim", NORMAL)].into_iter()).len(),
            1
        );
        assert_eq!(refused("stanch-new", std::iter::empty()).len(), 1);
    }

    #[test]
    fn tests_may_use_the_simulation() {
        let used = [("stanch-sim", DependencyKind::Development)];
        assert!(refused("stanch-server", used.into_iter()).is_empty());
    }

    #[test]
    fn the_table_has_no_cycle() {
        for (index, (name, uses)) in EDGES.iter().enumerate() {
            for used in *uses {
                let position = EDGES.iter().position(|(other, _)| other == used);
                assert!(position.is_some_and(|at| at < index), "{name} -> {used}");
            }
        }
    }
}
