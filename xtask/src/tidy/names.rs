//! File names say what the file is about.

use std::path::Path;

use super::Finding;

/// Names that say nothing. `mod` because we write `foo.rs` beside `foo/`.
const BANNED: &[&str] = &[
    "common", "helper", "helpers", "manager", "misc", "mod", "util", "utils",
];

/// Whether a file or one of its folders has a banned name.
pub fn check(path: &Path) -> Vec<Finding> {
    path.components()
        .filter_map(|part| Path::new(part.as_os_str()).file_stem()?.to_str())
        .filter(|stem| BANNED.contains(&stem.to_lowercase().as_str()))
        .map(|stem| {
            let message = format!("`{stem}` says nothing; name the file for its subject");
            Finding::new(path, 1, "name", message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_found() {
        for path in [
            "crates/a/src/utils.rs",
            "crates/a/src/mod.rs",
            "web/src/Helpers.tsx",
            "crates/common/src/lib.rs",
        ] {
            assert_eq!(check(Path::new(path)).len(), 1, "{path}");
        }
        assert!(check(Path::new("crates/a/src/model.rs")).is_empty());
    }
}
