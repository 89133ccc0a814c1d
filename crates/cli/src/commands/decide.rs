//! `stanch decide`: decisions about the events of a file, as the server would make them.

use std::path::PathBuf;

use clap::Args;
use stanch_decide::{OfflineFiles, OfflineSummary, PolicyFiles, compile, decide_file};

use crate::failure;
use crate::output::Output;
use crate::progress::Progress;

/// Arguments of `stanch decide`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the policy
    #[arg(long, value_name = "DIR")]
    policy: PathBuf,
    /// Events, one JSON object a line, in order of arrival
    #[arg(long, value_name = "IN.ndjson")]
    events: PathBuf,
    /// Where the decisions go, one a line; an interrupted run is taken up where it stopped
    #[arg(long, value_name = "OUT.ndjson")]
    out: PathBuf,
    /// Where refused lines go, with number and reason [default: OUT.ndjson.rejects]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// Runs `stanch decide`.
pub async fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    let files = OfflineFiles {
        events: arguments.events.clone(),
        out: arguments.out.clone(),
        rejects: arguments.rejects.clone().unwrap_or_else(|| {
            let mut name = arguments.out.clone().into_os_string();
            name.push(".rejects");
            name.into()
        }),
    };
    let policy = arguments.policy.clone();
    let mut bar = Progress::new(output, "bytes");
    let work = move || -> anyhow::Result<OfflineSummary> {
        let policy = compile(&PolicyFiles::read(&policy)?).map_err(failure::decide)?;
        let summary = decide_file(policy, &files, &mut |counts| {
            bar.at(counts.bytes_read, counts.bytes_total);
            bar.say(format!(
                "{} decided, {} refused",
                counts.decided, counts.refused
            ));
        });
        bar.finish();
        summary.map_err(failure::decide)
    };
    let summary = tokio::task::spawn_blocking(work).await??;
    output.result(&summary, || describe(&summary))
}

fn describe(summary: &OfflineSummary) -> String {
    let counts = &summary.counts;
    let mut text = format!(
        "{} read, {} decided, {} repeated, {} refused, by {}",
        counts.read, counts.decided, counts.repeated, counts.refused, summary.policy
    );
    if summary.taken_up_after > 0 {
        text.push_str(&format!(
            "\ntaken up after line {} of an interrupted run",
            summary.taken_up_after
        ));
    }
    text
}
