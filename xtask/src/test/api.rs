//! schemathesis: the served description is true, whatever is sent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::service::Service;
use super::{Scene, rust};
use crate::http::{self, Request};
use crate::packages;
use crate::process::{Program, free_port};

/// The version that the suite was made to pass with.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// Examples for each operation and phase: with some 45 operations the run stays under three minutes.
const EXAMPLES: &str = "12";
/// The same inputs on every run.
const SEED: &str = "1";
const LIMIT: Duration = Duration::from_secs(6 * 60);

const LOGIN: &str = "api-test";
const ROLES: &[&str] = &[
    "analyst",
    "approver",
    "liaison",
    "auditor",
    "risk_engineer",
    "reviewer",
    "admin",
];
const PASSWORD: &str = "correct-horse-battery-staple";

/// Serves a small world and runs schemathesis against it, signed in as a person with every role.
pub fn run(scene: &Scene<'_>) -> Result<()> {
    let schemathesis = schemathesis(scene)?;
    rust::build_stanch(scene)?;
    let mut service = Service::prepare(scene.repo, &scene.output, free_port()?)?;
    fill(&service)?;
    // What anybody may send is sent by the thousand from one address.
    let limits = "[limits]\npublic_requests_max = 1000000\n";
    std::fs::write(service.path("config.toml"), limits)?;
    service.serve()?;
    let token = sign_in(service.port())?;
    report(service.port(), &token)?;
    let url = format!("{}/openapi.json", service.url());
    let authorization = format!("Authorization: Bearer {token}");
    let config = scene
        .repo
        .path("xtask/schemathesis.toml")
        .display()
        .to_string();
    let arguments = [
        "--config-file",
        &config,
        "run",
        &url,
        "--header",
        &authorization,
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        EXAMPLES,
        "--seed",
        SEED,
        // With two, hypothesis fails in itself on CPython 3.11 ("AST constructor recursion depth mismatch").
        "--workers",
        "1",
        "--request-timeout",
        "15",
        "--suppress-health-check",
        "all",
        "--no-color",
    ];
    let outcome = Program::new(schemathesis, arguments, &std::env::temp_dir())
        .env("PYTHONUNBUFFERED", "1")
        .limit(LIMIT)
        .run(&scene.output);
    ensure!(service.is_running()?, "the server did not survive the run");
    outcome
}

/// A virtual environment under the build folder with schemathesis in it.
fn schemathesis(scene: &Scene<'_>) -> Result<PathBuf> {
    let environment = scene.repo.target("schemathesis-venv");
    let program = environment.join("bin/schemathesis");
    let mark = environment.join("installed");
    if std::fs::read_to_string(&mark).is_ok_and(|version| version == SCHEMATHESIS) {
        return Ok(program);
    }
    packages::need("python3", &["python3", "python3-venv"], &scene.output)?;
    let root = Path::new("/");
    let make = || {
        let folder = environment.as_os_str();
        Program::new(
            "python3",
            ["-m".as_ref(), "venv".as_ref(), "--clear".as_ref(), folder],
            root,
        )
        .run(&scene.output)
    };
    if make().is_err() {
        // Debian's python3 alone cannot make one.
        packages::install("python3-venv", &["python3-venv"], &scene.output)?;
        make()?;
    }
    let pip = [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        SCHEMATHESIS,
    ];
    Program::new(environment.join("bin/pip"), pip, root).run(&scene.output)?;
    std::fs::write(mark, SCHEMATHESIS)?;
    Ok(program)
}

/// A person with every role, and a small world of payments.
fn fill(service: &Service) -> Result<()> {
    let mut add = vec!["user", "add", LOGIN, "--name", "API test"];
    for role in ROLES {
        add.extend(["--role", role]);
    }
    service
        .program(&add)
        .input(&format!("{PASSWORD}\n"))
        .run(service.output())?;
    let world = service.path("world");
    let size = [
        "--accounts",
        "3000",
        "--payments",
        "3000",
        "--cases",
        "5",
        "--seed",
        "7",
    ];
    service.stanch(&[&["sim", "--out", &world], size.as_slice()].concat())?;
    let (payments, accounts) = (format!("{world}/tx.csv"), format!("{world}/accounts.csv"));
    service.stanch(&["import", "payments", &payments, "--accounts", &accounts])
}

fn sign_in(port: u16) -> Result<String> {
    let body = json!({"login": LOGIN, "password": PASSWORD}).to_string();
    let answer = post(port, "/v1/tokens", &body, None)?;
    let answer: serde_json::Value = serde_json::from_str(&answer)?;
    let token = answer["token"].as_str().context("no token in the answer")?;
    Ok(token.to_owned())
}

/// One report, so that there is a case, a plan and something to find.
fn report(port: u16, token: &str) -> Result<()> {
    let body = json!({
        "reporter": {"relation": "victim"},
        "narrative": "They said that my parcel was lost and asked for a deposit.",
        "payments": [{
            "occurred_at": "2026-03-01T16:00:00Z",
            "amount": {"minor": 500_000, "currency": "CNY"},
            "from": {"institution": "BK01", "account": "1"},
            "to": {"institution": "BK02", "account": "2"},
        }],
        "consent": "this_case",
    });
    post(port, "/v1/reports", &body.to_string(), Some(token)).map(drop)
}

fn post(port: u16, path: &str, body: &str, token: Option<&str>) -> Result<String> {
    let request = Request {
        method: "POST",
        path,
        body: Some(("application/json", body)),
        token,
    };
    http::expect_success(port, &request)
}
