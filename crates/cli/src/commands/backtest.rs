//! `stanch backtest`: what a policy would have decided about the events of the log.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use stanch_decide::{
    BacktestRange, BacktestReport, DecideError, Policy, PolicyFiles, backtest, compile,
    live_at_end, unpack,
};
use stanch_types::Timestamp;

use crate::data_dir::DataDir;
use crate::failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::record::read_store;

/// Arguments of `stanch backtest`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the policy
    #[arg(long, value_name = "DIR")]
    policy: PathBuf,
    /// Events that occurred at or after this instant (RFC 3339)
    #[arg(long, value_name = "TIME")]
    from: Timestamp,
    /// Events that occurred before this instant (RFC 3339)
    #[arg(long, value_name = "TIME")]
    to: Timestamp,
    /// Compare with this stored policy: `live`, or its hash
    #[arg(long, value_name = "POLICY")]
    against: Option<String>,
    /// Alerts that reviewers can look at in a day
    #[arg(long, value_name = "NUMBER")]
    capacity: Option<u64>,
    /// Where the report goes (JSON)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs `stanch backtest`.
pub async fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    let log = DataDir::existing(data)?.root().join("log/decisions");
    let against = match &arguments.against {
        None => None,
        Some(wanted) => Some(stored(data, &log, wanted).await?),
    };
    let range = BacktestRange {
        from: arguments.from,
        to: arguments.to,
        capacity_a_day: arguments.capacity,
    };
    let dir = arguments.policy.clone();
    let mut bar = Progress::new(output, "blocks");
    let work = move || -> anyhow::Result<BacktestReport> {
        let policy = compile(&PolicyFiles::read(&dir)?).map_err(failure::decide)?;
        let report = backtest(&log, policy, against, range, &mut |done, all| {
            bar.at(done, all)
        });
        bar.finish();
        report.map_err(failure::decide)
    };
    let report = tokio::task::spawn_blocking(work).await??;
    std::fs::write(&arguments.out, serde_json::to_vec_pretty(&report)?)
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    let summary = serde_json::json!({
        "policy": report.policy, "events_read": report.events_read, "events_judged": report.events_judged,
        "decisions": report.decisions, "out": arguments.out,
    });
    output.result(&summary, || describe(&report, &arguments.out))
}

/// A policy that is stored in the state folder.
async fn stored(data: &Path, log: &Path, wanted: &str) -> anyhow::Result<Policy> {
    let hash = if wanted == "live" {
        live_at_end(log)
            .map_err(failure::decide)?
            .ok_or_else(|| failure::decide(DecideError::NoPolicy))?
    } else {
        wanted.to_owned()
    };
    let store = read_store(data).await?;
    let mut tx = store.read().await?;
    let version = tx
        .lookup_policy(&hash)
        .await?
        .ok_or_else(|| failure::decide(DecideError::PolicyUnknown(hash)))?;
    let bundle = tx.get_blob(&version.bundle_sha256).await?;
    let files = unpack(&bundle).map_err(failure::decide)?;
    compile(&files).map_err(failure::decide)
}

fn describe(report: &BacktestReport, out: &Path) -> String {
    let mut lines = vec![format!(
        "{} events read, {} judged; {}",
        report.events_read,
        report.events_judged,
        out.display()
    )];
    for (decision, count) in &report.decisions {
        lines.push(format!("  {decision}: {count}"));
    }
    let mut rules: Vec<_> = report.rules.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.fired.events));
    for rule in rules.iter().filter(|rule| rule.fired.events > 0) {
        lines.push(format!(
            "  {}: fired {}, fraud {}, good {}, alone {}",
            rule.rule, rule.fired.events, rule.fired.fraud, rule.fired.good, rule.alone
        ));
    }
    lines.join("\n")
}
