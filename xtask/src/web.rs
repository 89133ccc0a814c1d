//! The console in web/.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::process::{Output, Program, is_installed};
use crate::repo::Repo;

const FOLDER: &str = "web";
const BUILT: &str = "web/dist/index.html";
/// Scripts and styles of a built console.
const ASSETS: &str = "web/dist/assets";

/// Installs the console's packages if the lock file changed since, and builds it into web/dist.
pub fn build(repo: &Repo, output: &Output) -> Result<()> {
    install(repo, output)?;
    npm(repo, &["run", "build"], output)
}

/// [`build`], unless web/dist is newer than everything it is made from.
pub fn build_when_stale(repo: &Repo, output: &Output) -> Result<()> {
    if is_stale(repo)? {
        build(repo, output)
    } else {
        Ok(())
    }
}

/// Runs `npm` with `arguments` in web/.
pub fn npm(repo: &Repo, arguments: &[&str], output: &Output) -> Result<()> {
    program(repo, arguments)?.run(output)
}

/// `npm` with `arguments`, to be run in web/.
pub fn program(repo: &Repo, arguments: &[&str]) -> Result<Program> {
    anyhow::ensure!(
        is_installed("npm"),
        "npm is missing; install Node.js 20.19 or later (https://nodejs.org)"
    );
    Ok(Program::new("npm", arguments, &repo.path(FOLDER))
        .env("CI", "1")
        .env("npm_config_fund", "false")
        .env("npm_config_audit", "false")
        .env("npm_config_update_notifier", "false"))
}

/// `npm ci`, when node_modules was not made from the lock file as it is.
pub fn install(repo: &Repo, output: &Output) -> Result<()> {
    let lock =
        std::fs::read(repo.path("web/package-lock.json")).context("no web/package-lock.json")?;
    // npm keeps a lock file of its own in node_modules, in another form: a copy of ours is the mark of a whole run.
    let mark = repo.path("web/node_modules/.stanch-lock");
    if std::fs::read(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    npm(repo, &["ci"], output)?;
    std::fs::write(mark, lock)?;
    Ok(())
}

fn is_stale(repo: &Repo) -> Result<bool> {
    let Ok(built) = modified(&repo.path(BUILT)) else {
        return Ok(true);
    };
    // Where nobody built the console, the server's build script leaves a page that says so, newer than any source.
    if !repo.path(ASSETS).is_dir() {
        return Ok(true);
    }
    let mut inputs: Vec<PathBuf> = [
        "index.html",
        "package.json",
        "package-lock.json",
        "vite.config.ts",
    ]
    .iter()
    .map(|name| Path::new(FOLDER).join(name))
    .collect();
    for folder in ["web/src", "web/public"] {
        if repo.path(folder).is_dir() {
            inputs.extend(repo.files(folder, &[""])?);
        }
    }
    Ok(inputs
        .iter()
        .filter_map(|input| modified(&repo.root().join(input)).ok())
        .any(|changed| changed > built))
}

fn modified(path: &Path) -> Result<SystemTime> {
    Ok(path.metadata()?.modified()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_its_scripts_is_not_a_built_console() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::at(folder.path());
        std::fs::create_dir_all(repo.path("web/src")).unwrap();
        std::fs::write(repo.path("web/src/main.tsx"), "").unwrap();
        std::fs::create_dir_all(repo.path("web/dist")).unwrap();
        std::fs::write(repo.path(BUILT), "console not built").unwrap();
        assert!(is_stale(&repo).unwrap());
        std::fs::create_dir_all(repo.path(ASSETS)).unwrap();
        assert!(!is_stale(&repo).unwrap());
    }
}
