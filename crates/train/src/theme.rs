//! A new scam theme from a few examples: words, a label of its own, a policy that acts on the words, and what all of it is worth.
//!
//! Ordinary messages and other scams are our own grammar's, so that a handful of examples is enough to begin with. What is
//! measured is measured on groups of examples that training did not see, and on roots of the grammar that it did not see.

mod pack;
mod policy;
mod words;

use serde::{Deserialize, Serialize};
use stanch_detect::text::model::{Form, Model, Parts};
use stanch_types::Score;

use crate::TrainError;
use crate::corpus::Weighing;
use crate::disguise::{Choice, Hand, Tables, disguise};
use crate::grammar::{Grammar, Made};
use crate::learn::{Doc, FOLDS, Job, Learner, Learnt, Role};
use crate::material::Material;
use crate::plane::PlaneOptions;
use crate::set::Row;
use crate::task::{LabelReport, Progress, Stage};

pub use pack::{FORMAT, PACK_BYTES_MAX, PackError, Signer, ThemePack, seal, unseal};
pub use words::ThemeWord;

/// Fewest examples: with fewer nothing can be measured on what was not learnt from.
pub const EXAMPLES_MIN: usize = 6;
/// Most examples and ordinary texts each.
pub const EXAMPLES_MAX: usize = 100_000;
/// Longest name of a theme, in characters.
pub const NAME_CHARS_MAX: usize = 40;
/// Texts of each root of the grammar.
const TEXTS_OF_ROOT: usize = 40;
/// Copies in disguise of an example, each with another part of its characters changed.
const COPIES: [f64; 3] = [0.2, 0.4, 0.7];
/// Characters changed in the copies that are only measured.
const TRIAL: f64 = 0.3;
/// How much all examples together weigh against all other texts.
const EXAMPLES_SHARE: f64 = 0.25;
/// Most that an error on one example costs against one on another text.
const WEIGHT_MAX: f64 = 20.0;
/// Bits of a bucket: a theme is small, and its model travels.
const BITS: u32 = 16;
/// Words in a text of the grammar that make it one of the theme's own kind: nobody knows then whether it is meant.
const KIN_WORDS: usize = 2;

/// What a theme is made from.
#[derive(Debug, Clone)]
pub struct ThemeSource {
    /// Its word: lower-case letters, digits and `_`, beginning with a letter.
    pub name: String,
    /// What people read: Chinese and English.
    pub title: Title,
    /// Who answers for its rule.
    pub owner: String,
    /// Labelled texts. If none has a label, all are examples.
    pub rows: Vec<Row>,
    /// Seed of everything random.
    pub seed: u64,
}

/// A theme's name for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What a theme is made from and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThemeReport {
    /// Its word.
    pub name: String,
    /// Texts that are examples, and ordinary ones given with them.
    pub examples: usize,
    /// See `examples`.
    pub ordinary: usize,
    /// Texts of our own grammar that it was told from.
    pub grammar: usize,
    /// What the label is worth on texts that training did not see.
    pub label: LabelReport,
    /// The words, the strongest first.
    pub words: Vec<ThemeWord>,
    /// Share of the examples that hold a word, and of the other texts.
    pub words_found: f64,
    /// See `words_found`.
    pub words_false: f64,
}

/// A theme that was made.
#[derive(Debug)]
pub struct Theme {
    /// To be sealed and shared.
    pub pack: ThemePack,
    /// What it is worth.
    pub report: ThemeReport,
}

/// Makes a theme. `progress` is told what is done and answers whether to go on.
///
/// # Errors
/// [`TrainError::Nothing`] for fewer than [`EXAMPLES_MIN`] examples or when they have no word in common;
/// [`TrainError::Theme`] for a name or title that cannot be one; [`TrainError::Stopped`].
pub fn theme(
    source: &ThemeSource,
    mut progress: impl FnMut(Progress) -> bool + Send,
) -> Result<Theme, TrainError> {
    check(source)?;
    let all = source.rows.iter().all(|row| row.label.is_none());
    let (examples, ordinary): (Vec<&Row>, Vec<&Row>) = source
        .rows
        .iter()
        .partition(|row| all || row.label.is_some());
    if !(EXAMPLES_MIN..=EXAMPLES_MAX).contains(&examples.len()) || ordinary.len() > EXAMPLES_MAX {
        return Err(TrainError::Nothing(format!(
            "{} examples and {} ordinary texts; a theme needs {EXAMPLES_MIN} to {EXAMPLES_MAX} examples and at most as many \
             ordinary texts",
            examples.len(),
            ordinary.len()
        )));
    }
    let made = Grammar::own()?.make(TEXTS_OF_ROOT, source.seed);
    let is_ordinary = |made: &&Made| matches!(kind(made), "normal" | "complaint");
    let benign = made.iter().filter(is_ordinary).map(|made| &made.text);
    let others: Vec<&str> = ordinary
        .iter()
        .map(|row| &row.text)
        .chain(benign)
        .map(String::as_str)
        .collect();
    let shown: Vec<&str> = examples.iter().map(|row| row.text.as_str()).collect();
    let words = words::of(&shown, &others)?;
    let kin = |text: &str| words.iter().filter(|word| word.is_in(text)).count() >= KIN_WORDS;
    let scams: Vec<&Made> = made
        .iter()
        .filter(|made| !is_ordinary(made) && !kin(&made.text))
        .collect();
    let material = gather(source, &examples, &ordinary, &made, &scams)?;
    let (model, label) = learn(source, &material, &mut progress)?;
    let found = |texts: &[&str]| {
        let hit = texts
            .iter()
            .filter(|text| words.iter().any(|word| word.is_in(text)));
        hit.count() as f64 / texts.len().max(1) as f64
    };
    let report = ThemeReport {
        name: source.name.clone(),
        examples: examples.len(),
        ordinary: ordinary.len(),
        grammar: material
            .docs
            .iter()
            .filter(|doc| doc.role == Role::Prior)
            .count(),
        label,
        words_found: found(&shown),
        words_false: found(&others),
        words,
    };
    let pack = ThemePack::new(source, &report, &model, &others);
    Ok(Theme { pack, report })
}

fn check(source: &ThemeSource) -> Result<(), TrainError> {
    let mut chars = source.name.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_lowercase());
    let goes_on = chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !begins || !goes_on || source.name.len() > NAME_CHARS_MAX {
        return Err(TrainError::Theme(format!(
            "`{}` is no name of a theme: a letter, then letters, digits and _, all lower case, at most {NAME_CHARS_MAX}",
            source.name
        )));
    }
    for text in [&source.title.zh, &source.title.en, &source.owner] {
        let length = text.chars().count();
        if length == 0 || length > NAME_CHARS_MAX || text.chars().any(char::is_control) {
            return Err(TrainError::Theme(format!(
                "titles and owner have 1 to {NAME_CHARS_MAX} characters and no control characters"
            )));
        }
    }
    Ok(())
}

/// What a text of the grammar is: `normal`, `fraud`, `advert`, …
fn kind(made: &Made) -> &str {
    made.labels.first().map_or("normal", String::as_str)
}

fn gather(
    source: &ThemeSource,
    examples: &[&Row],
    ordinary: &[&Row],
    made: &[Made],
    scams: &[&Made],
) -> Result<Material, TrainError> {
    let mut material = Material::new(BITS, Weighing::Counts, 1);
    let benign: Vec<&Made> = made
        .iter()
        .filter(|made| matches!(kind(made), "normal" | "complaint"))
        .collect();
    let against = (ordinary.len() + benign.len() + scams.len()) as f64;
    let weight = EXAMPLES_SHARE * against / (examples.len() * (1 + COPIES.len())) as f64;
    let doc = |group: u64, role: Role| Doc {
        group,
        set: 0,
        role,
        weight: 1.0,
    };
    let tables = Tables::own();
    for (ix, row) in (0_u64..).zip(examples) {
        let given = Doc {
            weight: weight.clamp(1.0, WEIGHT_MAX) as f32,
            ..doc(row.group, Role::Given)
        };
        material.add(row.text.clone(), given, |_| Some(true))?;
        for (copy, part) in (0_u64..).zip(COPIES) {
            let seed = source.seed ^ (ix << 8) ^ copy;
            let hands = [Hand::First, Hand::Second];
            let text = disguise(&row.text, &tables, &hands, Choice::Chance(part), seed);
            material.add(
                text,
                Doc {
                    role: Role::Copy,
                    ..given
                },
                |_| Some(true),
            )?;
        }
        let hands = [Hand::Third];
        let text = disguise(
            &row.text,
            &tables,
            &hands,
            Choice::Chance(TRIAL),
            source.seed ^ ix,
        );
        material.add(
            text,
            Doc {
                role: Role::Trial,
                ..given
            },
            |_| Some(true),
        )?;
    }
    for row in ordinary {
        material.add(row.text.clone(), doc(row.group, Role::Given), |_| {
            Some(false)
        })?;
    }
    // A root is never divided between training and measuring.
    for made in benign.into_iter().chain(scams.iter().copied()) {
        let group = made.root as u64;
        material.add(made.text.clone(), doc(group, Role::Prior), |_| Some(false))?;
    }
    material.weigh();
    Ok(material)
}

fn learn(
    source: &ThemeSource,
    material: &Material,
    progress: &mut (impl FnMut(Progress) -> bool + Send),
) -> Result<(Model, LabelReport), TrainError> {
    let learner = Learner {
        corpus: &material.corpus,
        docs: &material.docs,
        options: PlaneOptions {
            cost: 0.1,
            passes_max: 12,
            tolerance: 0.05,
            seed: source.seed,
        },
    };
    let all = Job {
        truth: material.truth_of(0),
        takes: &|_| true,
        shows: &|_| false,
        without: None,
    };
    let parts = (0..FOLDS).map(|fold| Job {
        shows: &|doc| doc.role != Role::Copy,
        without: Some(fold),
        ..all
    });
    let jobs: Vec<Job<'_>> = std::iter::once(all).chain(parts).collect();
    let (stage, of) = (Stage::Train, jobs.len());
    let mut done = learner
        .run(&jobs, &mut |done| progress(Progress { stage, done, of }))?
        .into_iter();
    let all = done.next().ok_or(TrainError::Stopped)?;
    let unseen: Vec<_> = done.flat_map(|part| part.margins).collect();
    let learnt = Learnt::new(&source.name, &all.plane, &unseen);
    let model = Model::new(Parts {
        version: format!("theme-{}", source.name).into(),
        bits: BITS,
        form: Form::Counts,
        gate: Score::MIN,
        labels: vec![learnt.label],
        weights: vec![learnt.weights],
    })?;
    let report = LabelReport {
        name: source.name.clone(),
        unseen: learnt.unseen,
        disguised: learnt.disguised,
    };
    Ok((model, report))
}

#[cfg(test)]
mod tests;
