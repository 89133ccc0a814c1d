//! `stanch history`: the events that arrived, as Parquet.

use std::path::Path;

use clap::Subcommand;
use stanch_decide::{Exported, History, history_beside};

use crate::data_dir::DataDir;
use crate::failure;
use crate::output::Output;
use crate::progress::Progress;

/// Commands of `stanch history`.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Export what the log has after the last segment; `serve` does so for whole segments
    Export {
        /// Leave what is too little for a segment of its own in the log
        #[arg(long)]
        whole: bool,
    },
    /// List the segments
    List,
}

/// Runs `stanch history`.
pub async fn run(command: &HistoryCommand, data: &Path, output: &Output) -> anyhow::Result<()> {
    let log = DataDir::existing(data)?.decision_log();
    let history = History::at(&history_beside(&log));
    match command {
        HistoryCommand::Export { whole } => {
            let rest = !*whole;
            let mut bar = Progress::new(output, "blocks");
            let work = move || -> anyhow::Result<Exported> {
                let done = history.export_folder(&log, rest, &mut |done| {
                    bar.at(done.next, done.end);
                    true
                });
                bar.finish();
                done.map_err(failure::decide)
            };
            let done = tokio::task::spawn_blocking(work).await??;
            output.result(&done, || {
                format!(
                    "{} events in {} segments, {} MB of events in {} MB; up to block {} of {}",
                    done.events,
                    done.segments,
                    done.event_bytes >> 20,
                    done.file_bytes >> 20,
                    done.next,
                    done.end
                )
            })
        }
        HistoryCommand::List => {
            let segments = history.segments().map_err(failure::decide)?;
            let lines: Vec<_> = segments
                .iter()
                .map(|segment| {
                    serde_json::json!({
                        "first": segment.first.0, "next": segment.next.0, "file": segment.path,
                    })
                })
                .collect();
            output.result(&lines, || {
                let lines = segments.iter().map(|segment| {
                    format!(
                        "{}..{} {}",
                        segment.first.0,
                        segment.next.0,
                        segment.path.display()
                    )
                });
                lines.collect::<Vec<_>>().join("\n")
            })
        }
    }
}
