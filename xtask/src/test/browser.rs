//! The console in a real browser. The script is told where the server and the browser are.

use std::time::{Duration, Instant};

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
const LIMIT: Duration = Duration::from_secs(25 * 60);
const WELCOME_LIMIT: Duration = Duration::from_secs(30);

/// The demo's analyst, approver and liaison officer.
const ANALYST: &str = "lin";
const APPROVER: &str = "chen";
const LIAISON: &str = "wu";
/// A smaller city than people see: this is the development profile.
const PAYMENTS: &str = "40000";

/// The people of the policy desk, and of the walk from a report to a lifted measure, and what each may do.
const DESK: &[(&str, &str)] = &[
    ("engineer", "risk_engineer"),
    ("second", "approver"),
    ("source", "source"),
    ("analyst", "analyst"),
    ("reviewer", "reviewer"),
    ("liaison", "liaison"),
    ("admin", "admin"),
];
const DESK_PASSWORD: &str = "correct-horse-battery-staple";
/// On a busy machine the development profile decides later than a sender waits: here it waits. The walk's platform
/// listens on loopback.
const DESK_CONFIG: &str =
    "institutions_allowed = [\"127.0.0.0/8\"]\n[decide]\ndeadline_ms = 60000\n";

/// Serves the demo's city, and a desk without a policy, and runs `npm run e2e` with `STANCH_URL`, `STANCH_ANALYST`,
/// `STANCH_APPROVER` and `STANCH_LIAISON` (as `login:password`) of the one, `STANCH_POLICY_URL`, `STANCH_PASSKEY_URL`,
/// `STANCH_ENGINEER`, `STANCH_SECOND`, `STANCH_SOURCE`, `STANCH_DESK_ANALYST`, `STANCH_REVIEWER`, `STANCH_DESK_LIAISON`
/// and `STANCH_ADMIN` of the other, and `CHROMIUM` set.
pub fn run(scene: &Scene<'_>) -> Result<()> {
    let browser = browser(scene)?;
    web::install(scene.repo, &scene.output)?;
    web::build_when_stale(scene.repo, &scene.output)?;
    rust::build_stanch(scene)?;
    let mut city = Service::prepare(scene.repo, &scene.output, free_port()?)?;
    city.run(&["demo", "--json", "--payments", PAYMENTS])?;
    let password = password(scene)?;
    let mut desk = desk(scene)?;
    let of = |login: &str| format!("{login}:{DESK_PASSWORD}");
    web::program(scene.repo, &["run", "e2e"])?
        .env("STANCH_URL", city.url())
        .env("STANCH_ANALYST", format!("{ANALYST}:{password}"))
        .env("STANCH_APPROVER", format!("{APPROVER}:{password}"))
        .env("STANCH_LIAISON", format!("{LIAISON}:{password}"))
        .env("STANCH_POLICY_URL", desk.url())
        .env("STANCH_PASSKEY_URL", public_url(desk.port()))
        .env("STANCH_ENGINEER", of("engineer"))
        .env("STANCH_SECOND", of("second"))
        .env("STANCH_SOURCE", of("source"))
        .env("STANCH_DESK_ANALYST", of("analyst"))
        .env("STANCH_REVIEWER", of("reviewer"))
        .env("STANCH_DESK_LIAISON", of("liaison"))
        .env("STANCH_ADMIN", of("admin"))
        .env("CHROMIUM", browser)
        .limit(LIMIT)
        .run(&scene.output)?;
    ensure!(city.is_running()?, "the server did not survive the run");
    ensure!(
        desk.is_running()?,
        "the desk's server did not survive the run"
    );
    Ok(())
}

/// Where browsers know passkeys without HTTPS: at `localhost`, and at no number.
fn public_url(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// A server on an empty folder with the people who make policies.
fn desk(scene: &Scene<'_>) -> Result<Service> {
    let mut desk = Service::prepare(scene.repo, &scene.output, free_port()?)?;
    let public_url = public_url(desk.port());
    std::fs::write(
        desk.path("config.toml"),
        format!("public_url = \"{public_url}\"\n{DESK_CONFIG}"),
    )?;
    for (login, role) in DESK {
        desk.program(&["user", "add", login, "--name", login, "--role", role])
            .input(&format!("{DESK_PASSWORD}\n"))
            .run(&scene.output)?;
    }
    desk.serve()?;
    Ok(desk)
}

/// The password that the demo made up: it prints it, as JSON, once it serves.
fn password(scene: &Scene<'_>) -> Result<String> {
    let deadline = Instant::now() + WELCOME_LIMIT;
    loop {
        let log = std::fs::read_to_string(&scene.log).unwrap_or_default();
        if let Some(password) = find_password(&log) {
            return Ok(password.to_owned());
        }
        ensure!(
            Instant::now() < deadline,
            "the demo did not print its password"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn find_password(log: &str) -> Option<&str> {
    let (_, rest) = log.rsplit_once("\"password\"")?;
    rest.split('"')
        .nth(1)
        .filter(|password| !password.is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_found_in_one_line_and_in_many() {
        for log in [
            "making a city\n{\"url\":\"u\",\"password\":\"demo-1\"}\n",
            "{\n  \"password\": \"demo-1\",\n  \"url\": \"u\"\n}",
        ] {
            assert_eq!(find_password(log), Some("demo-1"), "{log}");
        }
        assert_eq!(find_password("making a city"), None);
    }
}
