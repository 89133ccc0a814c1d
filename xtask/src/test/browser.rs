//! The console in a real browser. The script is told where the server and the browser are.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::service::Service;
use super::{Scene, rust};
use crate::process::{free_port, is_installed};
use crate::{packages, web};

/// Names that Chromium goes by.
const BROWSERS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// Serves the demo's city and runs `npm run e2e` with `STANCH_URL`, `STANCH_BIN` and `CHROMIUM` set.
pub fn run(scene: &Scene<'_>) -> Result<()> {
    let browser = browser(scene)?;
    web::install(scene.repo, &scene.output)?;
    web::build_when_stale(scene.repo, &scene.output)?;
    rust::cargo(scene, &["build", "--locked", "--package", "stanch-cli"]).run(&scene.output)?;
    let mut city = Service::prepare(scene.repo, &scene.output, free_port()?)?;
    city.run("demo")?;
    web::program(scene.repo, &["run", "e2e"])?
        .env("STANCH_URL", city.url())
        .env("STANCH_BIN", scene.repo.dev_binary())
        .env("CHROMIUM", browser)
        .limit(LIMIT)
        .run(&scene.output)?;
    ensure!(city.is_running()?, "the server did not survive the run");
    Ok(())
}

fn browser(scene: &Scene<'_>) -> Result<String> {
    if let Ok(given) = std::env::var("CHROMIUM") {
        return Ok(given);
    }
    if !BROWSERS.iter().any(|name| is_installed(name)) {
        // The font lets Chinese be measured as people see it.
        packages::install("Chromium", &["chromium", "fonts-noto-cjk"], &scene.output)?;
    }
    let path = std::env::var_os("PATH").context("PATH is not set")?;
    std::env::split_paths(&path)
        .flat_map(|folder| BROWSERS.iter().map(move |name| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .map(|found| found.display().to_string())
        .context("no Chromium on the search path")
}
