//! `stanch train`: a text model from labelled sets.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use stanch_train::set::SetSpec;
use stanch_train::{Options, Report, Stage, train};

use crate::output::Output;
use crate::progress::Progress;

/// Arguments of `stanch train`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A labelled set: JSON Lines, gzip if it ends in .gz; fields `text` and `label` unless named; without positive labels all are
    /// positive but 0, false, none, normal, ham, benign, negative, ok
    #[arg(
        long = "set",
        value_name = "FILE[:TEXT:LABEL[:POSITIVE,...]]",
        required = true
    )]
    sets: Vec<SetSpec>,
    /// Where the model goes
    #[arg(long, value_name = "MODEL")]
    out: PathBuf,
    /// Where the report goes, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs `stanch train`.
pub async fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    let options = Options {
        seed: arguments.seed,
        ..Options::default()
    };
    let mut bar = Progress::new(output, "steps");
    let sets = arguments.sets.clone();
    let work = move || {
        let trained = train(&sets, &options, |progress| {
            bar.at(progress.done as u64, progress.of as u64);
            let doing = match progress.stage {
                Stage::Read => "reading sets",
                Stage::Grams => "taking texts apart",
                Stage::Train => "training",
            };
            bar.say(doing.to_owned());
            true
        });
        bar.finish();
        trained
    };
    let (model, report) = tokio::task::spawn_blocking(work).await??;
    replace(&arguments.out, &model.to_bytes())?;
    if let Some(path) = &arguments.report {
        replace(path, &serde_json::to_vec_pretty(&report)?)?;
    }
    output.result(&report, || describe(&report))
}

/// Writes a file whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

fn describe(report: &Report) -> String {
    let rows: usize = report.sets.iter().map(|(_, rows)| rows).sum();
    let mut text = format!("model {} from {rows} rows\n", report.version);
    text.push_str("label, rows with it, and on rows not trained on: precision, recall, F1, recall at 1 % false alarms\n");
    for label in &report.labels {
        let unseen = &label.unseen;
        text.push_str(&format!(
            "{:24} {:>8}  {:.3}  {:.3}  {:.3}  {:.3}\n",
            label.name,
            unseen.positive,
            unseen.precision,
            unseen.recall,
            unseen.f1,
            unseen.recall_at_fpr_0_01,
        ));
    }
    text
}
