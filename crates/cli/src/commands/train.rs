//! `stanch train`: a text model from labelled sets.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use stanch_detect::url::UrlModel;
use stanch_train::set::SetSpec;
use stanch_train::url::{LinkList, LinkReport, Links};
use stanch_train::{LabelReport, Options, RELEASE, Report, Stage, When, release, train};

use crate::output::{Output, write_whole};
use crate::progress::Progress;

/// Arguments of `stanch train`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A labelled set: JSON Lines, gzip if it ends in .gz; fields `text` and `label` unless named; without positive labels all are
    /// positive but 0, false, none, normal, ham, benign, negative, ok
    #[arg(
        long = "set",
        value_name = "FILE[:TEXT:LABEL[:POSITIVE,...]]",
        required_unless_present_any = ["release", "urls"]
    )]
    sets: Vec<SetSpec>,
    /// A list of links, one a line, gzip if it ends in .gz; deceptive ones unless the label is benign. Sets whose rows are all links
    /// are learnt from as links too
    #[arg(long, value_name = "FILE[:LABEL]", conflicts_with = "release")]
    urls: Vec<LinkList>,
    /// Learn what links say from these rows alone, not from the model of links in this program too
    #[arg(long)]
    alone: bool,
    /// Where the model goes; with --release the folder of the model and its report [default: models]
    #[arg(long, value_name = "MODEL", required_unless_present = "release")]
    out: Option<PathBuf>,
    /// Train the model that ships, from our own grammar and the public sets that may be used for it
    #[arg(long, conflicts_with_all = ["sets", "report", "seed"])]
    release: bool,
    /// Folder of the public sets, for --release
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "../shared/data",
        requires = "release"
    )]
    data: PathBuf,
    /// Where the report goes, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Whether our own grammar of scams and ordinary messages is trained on too
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    grammar: Choice,
    /// Whether copies in disguise are trained on too
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    disguise: Choice,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Choice {
    /// Where rows that training did not see show that it helps
    Auto,
    Always,
    Never,
}

impl From<Choice> for When {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Auto => Self::Auto,
            Choice::Always => Self::Always,
            Choice::Never => Self::Never,
        }
    }
}

/// Runs `stanch train`.
pub async fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    if arguments.release {
        return run_release(arguments, output).await;
    }
    let out = arguments.out.as_ref().context("--out is missing")?;
    if let Some((model, report)) = train_links(arguments, output).await? {
        write_whole(out, &model.to_bytes())?;
        if let Some(path) = &arguments.report {
            write_whole(path, &serde_json::to_vec_pretty(&report)?)?;
        }
        return output.result(&report, || describe_links(&report));
    }
    let options = Options {
        seed: arguments.seed,
        grammar: arguments.grammar.into(),
        disguise: arguments.disguise.into(),
        ..Options::default()
    };
    let mut bar = Progress::new(output, "steps");
    let sets = arguments.sets.clone();
    let work = move || {
        let trained = train(&sets, &options, |progress| show(&mut bar, progress));
        bar.finish();
        trained
    };
    let (model, report) = tokio::task::spawn_blocking(work).await??;
    write_whole(out, &model.to_bytes())?;
    if let Some(path) = &arguments.report {
        write_whole(path, &serde_json::to_vec_pretty(&report)?)?;
    }
    output.result(&report, || describe(&report))
}

/// A model of links, if all rows are links.
async fn train_links(
    arguments: &Arguments,
    output: &Output,
) -> anyhow::Result<Option<(UrlModel, LinkReport)>> {
    let (sets, lists) = (arguments.sets.clone(), arguments.urls.clone());
    let (alone, seed) = (arguments.alone, arguments.seed);
    let mut bar = Progress::new(output, "steps");
    let work = move || -> anyhow::Result<_> {
        let base = match alone {
            true => None,
            false => {
                Some(UrlModel::shipped().context("reading the model of links in this program")?)
            }
        };
        let mut links = Links::new(base);
        if !links.take_sets(&sets)? {
            let told =
                "texts and lists of links are not learnt from together: train a model of each";
            anyhow::ensure!(lists.is_empty(), told);
            return Ok(None);
        }
        for list in &lists {
            links.take_list(list)?;
        }
        let trained = links.train(seed, |progress| show(&mut bar, progress))?;
        bar.finish();
        Ok(Some(trained))
    };
    tokio::task::spawn_blocking(work).await?
}

fn describe_links(report: &LinkReport) -> String {
    let rows: usize = report.sets.iter().map(|set| set.rows).sum();
    let mut text = format!("model {} of links from {rows} rows", report.version);
    if let Some(base) = &report.base {
        text.push_str(&format!(", standing on {base}"));
    }
    text.push_str("\nlinks, deceptive ones, and on rows not trained on: precision, recall, F1, recall at 1 % false alarms\n");
    for (name, unseen) in [("bare hosts", &report.bare), ("with a path", &report.deep)] {
        text.push_str(&format!(
            "{name:24} {:>8}  {:.3}  {:.3}  {:.3}  {:.3}\n",
            unseen.positive, unseen.precision, unseen.recall, unseen.f1, unseen.recall_at_fpr_0_01,
        ));
    }
    text
}

async fn run_release(arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    let data = arguments.data.clone();
    let mut bar = Progress::new(output, "labels");
    let work = move || {
        let trained = release(&data, |progress| show(&mut bar, progress));
        bar.finish();
        trained
    };
    let (model, report) = tokio::task::spawn_blocking(work).await??;
    let folder = arguments.out.clone().unwrap_or_else(|| "models".into());
    let path = |end: &str| folder.join(format!("{RELEASE}.{end}"));
    write_whole(&path("stxm"), &model.to_bytes())?;
    let mut lines = serde_json::to_vec_pretty(&report)?;
    lines.push(b'\n');
    write_whole(&path("json"), &lines)?;
    output.result(&report, || {
        let texts: usize = report.texts.values().sum();
        format!(
            "model {} from {texts} texts\n{}",
            report.version,
            table(&report.labels)
        )
    })
}

fn show(bar: &mut Progress, progress: stanch_train::Progress) -> bool {
    bar.at(progress.done as u64, progress.of as u64);
    let doing = match progress.stage {
        Stage::Read => "reading sets",
        Stage::Grams => "taking texts apart",
        Stage::Choose => "finding out what helps",
        Stage::Train => "training",
    };
    bar.say(doing.to_owned());
    true
}

fn describe(report: &Report) -> String {
    let rows: usize = report.sets.iter().map(|set| set.rows).sum();
    let left_out: usize = report.sets.iter().map(|set| set.left_out).sum();
    let mut text = format!("model {} from {rows} rows", report.version);
    if left_out > 0 {
        text.push_str(&format!("; {left_out} without a text or label left out"));
    }
    if report.grammar > 0 {
        text.push_str(&format!("; {} texts of our own grammar", report.grammar));
    }
    if report.copies > 0 {
        text.push_str(&format!("; {} copies in disguise", report.copies));
    }
    text.push('\n');
    text.push_str(&table(&report.labels));
    text
}

fn table(labels: &[LabelReport]) -> String {
    let mut text = String::from(
        "label, rows with it, and on rows not trained on: precision, recall, F1, recall at 1 % false alarms\n",
    );
    for label in labels {
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
