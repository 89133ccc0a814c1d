//! `stanch backtest`: what a policy would have decided about the events that arrived.

use std::path::{Path, PathBuf};

use clap::Args;
use stanch_decide::{
    BacktestRange, BacktestTask, CHECKPOINT_EVENTS, DecideError, LEG_EVENTS, Labels, Policy,
    PolicyFiles, backtest, compile, history_beside, live_at_end, unpack,
};
use stanch_types::Timestamp;
use stanch_types::backtest::{BacktestReport, Hits};

use crate::data_dir::DataDir;
use crate::failure;
use crate::output::{Output, beside, write_whole};
use crate::progress::Progress;
use crate::record::read_store;

/// Word for the policy that is live.
const LIVE: &str = "live";

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
    /// Compare with another policy: `live`, a folder, or the hash of a stored one
    #[arg(long, value_name = "POLICY")]
    against: Option<String>,
    /// Alerts that reviewers can look at in a day
    #[arg(long, value_name = "NUMBER")]
    capacity: Option<u64>,
    /// What events turned out to be: `event_id,fraud` (or `good`), or JSON with these two, on each line
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Where the report goes (JSON); a run that was interrupted goes on from FILE.checkpoint
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where each decision goes, as `stanch decide` writes it
    #[arg(long, value_name = "OUT.ndjson")]
    decisions: Option<PathBuf>,
    /// Events between checkpoints
    #[arg(long, value_name = "NUMBER", default_value_t = CHECKPOINT_EVENTS)]
    checkpoint_every: u64,
    /// Threads that decode and threads that judge [default: one for each core]
    #[arg(long, value_name = "NUMBER")]
    threads: Option<usize>,
}

/// Runs `stanch backtest`.
pub async fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    let dir = DataDir::existing(data)?;
    let against = match &arguments.against {
        None => None,
        Some(wanted) => Some(other_policy(data, &dir.decision_log(), wanted).await?),
    };
    let (policy, labels) = (arguments.policy.clone(), arguments.labels.clone());
    let read = move || -> anyhow::Result<(Policy, Labels)> {
        let policy = compile(&PolicyFiles::read(&policy)?).map_err(failure::decide)?;
        let labels = labels.map(|path| Labels::read(&path)).transpose();
        Ok((policy, labels.map_err(failure::decide)?.unwrap_or_default()))
    };
    let (policy, labels) = tokio::task::spawn_blocking(read).await??;
    let task = BacktestTask {
        log_dir: dir.decision_log(),
        history_dir: history_beside(&dir.decision_log()),
        policy,
        against,
        range: BacktestRange {
            from: arguments.from,
            to: arguments.to,
            capacity_a_day: arguments.capacity,
        },
        labels,
        checkpoint_dir: Some(beside(&arguments.out, "checkpoint")),
        checkpoint_events: arguments.checkpoint_every,
        leg_events: LEG_EVENTS,
        hot_bytes: None,
        decisions: arguments.decisions.clone(),
        threads: arguments.threads,
    };
    let mut bar = Progress::new(output, "blocks");
    let work = move || {
        let report = backtest(&task, &mut |progress| {
            bar.at(progress.blocks, progress.blocks_total);
            bar.say(match progress.resumed_events {
                0 => format!("{} events", progress.events),
                before => format!("{} events, {before} by an earlier run", progress.events),
            });
            true
        });
        bar.finish();
        report.map_err(failure::decide)
    };
    let report = tokio::task::spawn_blocking(work).await??;
    write_whole(&arguments.out, &serde_json::to_vec_pretty(&report)?)?;
    let summary = serde_json::json!({
        "policy": report.policy, "events_read": report.events_read, "events_judged": report.events_judged,
        "decisions": report.decisions, "out": arguments.out,
    });
    output.result(&summary, || describe(&report, &arguments.out))
}

/// The policy that is live, one in a folder, or one that is stored.
async fn other_policy(data: &Path, log: &Path, wanted: &str) -> anyhow::Result<Policy> {
    let hash = if wanted == LIVE {
        live_at_end(log, &history_beside(log))
            .map_err(failure::decide)?
            .ok_or_else(|| failure::decide(DecideError::NoPolicy))?
    } else if Path::new(wanted).is_dir() {
        return compile(&PolicyFiles::read(Path::new(wanted))?).map_err(failure::decide);
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
    lines.push(format!("  stopped: {}", caught(&report.stopped)));
    lines.push(format!(
        "  alerts: {} in {} days, at most {} a day",
        report.alerts.total, report.alerts.days, report.alerts.a_day_max
    ));
    for set in report.rulesets.iter().filter(|set| set.fired.events > 0) {
        lines.push(format!("  {}: {}", set.ruleset, caught(&set.fired)));
    }
    let mut rules: Vec<_> = report.rules.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.fired.events));
    for rule in rules.iter().filter(|rule| rule.fired.events > 0) {
        let (hits, alone) = (caught(&rule.fired), rule.alone);
        lines.push(format!("  {}: {hits}, alone {alone}", rule.rule));
    }
    if let Some(against) = &report.against {
        lines.push(format!(
            "  against {}: {} differ in decision or rules",
            against.policy, against.differs
        ));
    }
    lines.join("\n")
}

/// Events, fraud and good, with precision and recall in percent.
fn caught(hits: &Hits) -> String {
    let percent = |bp: Option<u64>| match bp {
        Some(bp) => format!("{}.{:02} %", bp / 100, bp % 100),
        None => "-".to_owned(),
    };
    format!(
        "{} events, fraud {}, good {}, precision {}, recall {}",
        hits.events,
        hits.fraud,
        hits.good,
        percent(hits.precision_bp),
        percent(hits.recall_bp)
    )
}
