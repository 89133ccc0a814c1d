//! `stanch theme`: a new scam theme from a few examples, shared with others as one signed file.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;
use stanch_rules::diagnostic::render;
use stanch_rules::policy::MODEL_EXTENSION;
use stanch_rules::{Policy, PolicyFiles};
use stanch_train::set::SetSpec;
use stanch_train::theme::{
    PACK_BYTES_MAX, Signer, Theme, ThemePack, ThemeReport, ThemeSource, Title, seal, theme, unseal,
};
use stanch_types::{Ctx, ErrorCode};

use crate::failure::refusal;
use crate::output::{Output, write_whole};
use crate::progress::Progress;

/// What can be done with a theme.
#[derive(Debug, Subcommand)]
pub enum ThemeCommand {
    /// Make a theme from examples: words, a model of its own, a rule with tests, and what they are worth
    New(Box<NewArguments>),
    /// Seal a theme with this installation's key, for others
    Export(ExportArguments),
    /// Open a theme that somebody who is trusted has sealed
    Import(ImportArguments),
}

/// Arguments of `stanch theme new`.
#[derive(Debug, Args)]
pub struct NewArguments {
    /// The theme's word: lower-case letters, digits and _
    #[arg(value_name = "NAME")]
    name: String,
    /// Examples, and ordinary texts if labelled so: JSON Lines, fields `text` and `label` unless named; without any label all are
    /// examples
    #[arg(long, value_name = "FILE[:TEXT:LABEL[:POSITIVE,...]]")]
    examples: SetSpec,
    /// What people read, in Chinese
    #[arg(long, value_name = "TITLE")]
    zh: String,
    /// What people read, in English
    #[arg(long, value_name = "TITLE")]
    en: String,
    /// Who answers for the theme's rule
    #[arg(long, default_value = "content-safety")]
    owner: String,
    /// Where the theme goes
    #[arg(long, value_name = "THEME")]
    out: PathBuf,
    /// A policy's folder: the theme's model and rule are put into it as `themes/NAME.stxm` and `themes/NAME.policy` if it
    /// passes its check and its tests there
    #[arg(long, value_name = "DIR")]
    policy: Option<PathBuf>,
    /// Where the report goes, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Arguments of `stanch theme export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// The theme
    #[arg(value_name = "THEME")]
    theme: PathBuf,
    /// Where the sealed theme goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The key's 32-byte seed; made if there is none [default: keys/themes.ed25519 in the state folder]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// Arguments of `stanch theme import`.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The sealed theme
    #[arg(value_name = "FILE")]
    sealed: PathBuf,
    /// Public key of who sealed it, as `stanch theme export` says it
    #[arg(long, value_name = "KEY")]
    trust: String,
    /// Where the theme goes
    #[arg(long, value_name = "THEME")]
    out: PathBuf,
    /// As for `new`
    #[arg(long, value_name = "DIR")]
    policy: Option<PathBuf>,
}

/// Runs `command`.
pub async fn run(command: &ThemeCommand, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        ThemeCommand::New(arguments) => new(arguments, output).await,
        ThemeCommand::Export(arguments) => export(arguments, data, output),
        ThemeCommand::Import(arguments) => import(arguments, output),
    }
}

async fn new(arguments: &NewArguments, output: &Output) -> anyhow::Result<()> {
    let source = ThemeSource {
        name: arguments.name.clone(),
        title: Title {
            zh: arguments.zh.clone(),
            en: arguments.en.clone(),
        },
        owner: arguments.owner.clone(),
        rows: arguments.examples.read()?.rows,
        seed: arguments.seed,
    };
    let mut bar = Progress::new(output, "planes");
    let work = move || {
        let made = theme(&source, |progress| {
            bar.at(progress.done as u64, progress.of as u64);
            true
        });
        bar.finish();
        made
    };
    let Theme { pack, report } = tokio::task::spawn_blocking(work).await??;
    // What the policy refuses is not written anywhere.
    let placed = place(&pack, arguments.policy.as_deref())?;
    write_whole(&arguments.out, &serde_json::to_vec_pretty(&pack)?)?;
    if let Some(path) = &arguments.report {
        write_whole(path, &serde_json::to_vec_pretty(&report)?)?;
    }
    output.result(&report, || describe(&report, placed.as_deref()))
}

#[derive(Serialize)]
struct Exported<'a> {
    name: &'a str,
    public_key: &'a str,
    bytes: usize,
}

fn export(arguments: &ExportArguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    let path = &arguments.theme;
    let pack: ThemePack = serde_json::from_slice(&read(path)?)
        .with_context(|| format!("{} is no theme", path.display()))?;
    pack.model()?;
    let key = arguments
        .key
        .clone()
        .unwrap_or_else(|| data.join("keys/themes.ed25519"));
    let signer = Signer::from_seed(&seed(&key)?)
        .with_context(|| format!("reading the key {}", key.display()))?;
    let sealed = seal(&pack, &signer)?;
    write_whole(&arguments.out, &sealed)?;
    let public_key = signer.public_key();
    let exported = Exported {
        name: &pack.name,
        public_key: &public_key,
        bytes: sealed.len(),
    };
    output.result(&exported, || {
        format!(
            "theme {} sealed, {} bytes; others open it with --trust {public_key}",
            pack.name,
            sealed.len()
        )
    })
}

fn import(arguments: &ImportArguments, output: &Output) -> anyhow::Result<()> {
    let pack = unseal(&read(&arguments.sealed)?, &arguments.trust)
        .map_err(|error| refusal(ErrorCode::RequestInvalid, error.to_string()))?;
    pack.model()?;
    let placed = place(&pack, arguments.policy.as_deref())?;
    write_whole(&arguments.out, &serde_json::to_vec_pretty(&pack)?)?;
    output.result(&pack, || {
        let mut text = format!(
            "theme {} ({}, {}): {} words, from {} examples; recall {:.3} at {:.4} false positives where it was made",
            pack.name,
            pack.title.zh,
            pack.title.en,
            pack.words.len(),
            pack.examples,
            pack.recall,
            pack.false_positive_rate,
        );
        if let Some(path) = &placed {
            text += &format!("\nits rule is in {}", path.display());
        }
        text
    })
}

/// Puts the theme's model and policy into a policy's folder, if all of it is right with them there; gives the place of the policy.
fn place(pack: &ThemePack, folder: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    let Some(folder) = folder else {
        return Ok(None);
    };
    let own = [
        (
            format!("themes/{}.{MODEL_EXTENSION}", pack.name),
            pack.model()?.to_bytes(),
        ),
        (
            format!("themes/{}.policy", pack.name),
            pack.policy.clone().into_bytes(),
        ),
    ];
    let files = PolicyFiles::read(folder)?;
    let others = files.files().iter();
    let others = others.filter(|file| own.iter().all(|(path, _)| path != file.path()));
    let others = others.map(|file| (file.path().to_owned(), file.content().to_vec()));
    let whole = PolicyFiles::new(others.chain(own.clone()))?;
    let refuse = |why: String| {
        let detail = format!(
            "with the theme's rule the policy {} {why}",
            folder.display()
        );
        refusal(ErrorCode::RequestInvalid, detail)
    };
    let policy = Policy::load(&whole)
        .map_err(|found| refuse(format!("is wrong:\n{}", render::to_text(&found))))?;
    let outcomes = policy.run_tests();
    let failed: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| !outcome.passed())
        .map(|outcome| &*outcome.test)
        .collect();
    if !failed.is_empty() {
        return Err(refuse(format!("fails its tests: {}", failed.join("; "))));
    }
    let mut last = folder.to_owned();
    // The model first: a rule without its model would pass its check and find less.
    for (path, content) in own {
        last = folder.join(path);
        if let Some(parent) = last.parent() {
            std::fs::create_dir_all(parent)
                .with_context(|| format!("making {}", parent.display()))?;
        }
        write_whole(&last, &content)?;
    }
    Ok(Some(last))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let length = std::fs::metadata(path).map(|metadata| metadata.len());
    let length = length.with_context(|| format!("reading {}", path.display()))?;
    if length > PACK_BYTES_MAX as u64 {
        let detail = format!("{} has more than {PACK_BYTES_MAX} bytes", path.display());
        return Err(refusal(ErrorCode::RequestInvalid, detail));
    }
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}

/// The seed of a key, readable by its owner only; made when there is none.
fn seed(path: &Path) -> anyhow::Result<Vec<u8>> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
    }
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(mut file) => {
            let seed: [u8; 32] = Ctx::system().random_bytes();
            file.write_all(&seed)
                .and_then(|()| file.sync_all())
                .with_context(|| format!("writing {}", path.display()))?;
            Ok(seed.to_vec())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            std::fs::read(path).with_context(|| format!("reading {}", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("making {}", path.display())),
    }
}

fn describe(report: &ThemeReport, placed: Option<&Path>) -> String {
    let measures = &report.label.unseen;
    let mut text = format!(
        "theme {}: {} examples against {} ordinary texts and {} of our own grammar\n\
         unseen texts: recall {:.3}, precision {:.3}, false positives {:.4}\n",
        report.name,
        report.examples,
        report.ordinary,
        report.grammar,
        measures.recall,
        measures.precision,
        measures.false_positive_rate,
    );
    if let Some(disguised) = &report.label.disguised {
        text += &format!("the same in disguise: recall {:.3}\n", disguised.recall);
    }
    text += &format!(
        "a word is in {:.1} % of the examples and {:.2} % of the others:\n",
        report.words_found * 100.0,
        report.words_false * 100.0
    );
    for word in &report.words {
        text += &format!("  {} ({})\n", word.word, word.examples);
    }
    if let Some(path) = placed {
        text += &format!("its rule is in {}\n", path.display());
    }
    text
}
