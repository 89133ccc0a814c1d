//! Where the repository and its build products are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The repository's folders.
#[derive(Debug, Clone)]
pub struct Repo {
    root: PathBuf,
    target: PathBuf,
}

impl Repo {
    /// Finds the repository that holds the running task: the parent of xtask's own folder.
    pub fn find() -> Result<Self> {
        let here = std::env::current_dir().context("the current folder is gone")?;
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let root = manifest
            .iter()
            .map(PathBuf::as_path)
            .chain([here.as_path()])
            .flat_map(Path::ancestors)
            .find(|folder| folder.join("xtask/Cargo.toml").is_file())
            .context("run this inside the repository")?
            .to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |given| here.join(given));
        Ok(Self { root, target })
    }

    /// A folder taken for the repository.
    #[cfg(test)]
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            target: root.join("target"),
        }
    }

    /// The repository's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the repository.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A path inside the build folder.
    pub fn target(&self, relative: &str) -> PathBuf {
        self.target.join(relative)
    }

    /// The `stanch` binary of the development profile.
    pub fn dev_binary(&self) -> PathBuf {
        self.target("debug/stanch")
    }

    /// The `stanch` binary of the release profile.
    pub fn release_binary(&self) -> PathBuf {
        self.target("release/stanch")
    }

    /// Every file below `folder` whose name ends in one of `extensions`, as paths relative to the root, sorted.
    /// Build products and installed packages are passed over.
    pub fn files(&self, folder: &str, extensions: &[&str]) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.join(folder)];
        while let Some(next) = folders.pop() {
            let entries = std::fs::read_dir(&next)
                .with_context(|| format!("cannot list {}", next.display()))?;
            for entry in entries {
                let entry = entry?;
                let path = entry.path();
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if entry.file_type()?.is_dir() {
                    if !PASSED_OVER.contains(&name.as_ref()) {
                        folders.push(path);
                    }
                } else if extensions.iter().any(|wanted| name.ends_with(wanted)) {
                    found.push(path.strip_prefix(&self.root)?.to_path_buf());
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// The text of a file given relative to the root.
    pub fn read(&self, relative: &Path) -> Result<String> {
        std::fs::read_to_string(self.root.join(relative))
            .with_context(|| format!("cannot read {}", relative.display()))
    }
}

const PASSED_OVER: &[&str] = &[
    ".git",
    "dist",
    "node_modules",
    "target",
    "test-results",
    "testdata",
];
