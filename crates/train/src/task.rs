//! A whole training: sets in, model and report out.

use std::collections::BTreeMap;

use serde::Serialize;
use stanch_detect::text::model::{LABELS_MAX, Label, Model};

use crate::TrainError;
use crate::calibrate::Curve;
use crate::corpus::Corpus;
use crate::measure::Measures;
use crate::plane::{Example, Plane, PlaneOptions};
use crate::set::{Row, SetSpec};

/// The label of everything positive.
pub const UNWANTED: &str = "unwanted";
/// A label of its own needs this many rows; fewer count as [`UNWANTED`] only.
const LABEL_ROWS_MIN: usize = 20;
/// Parts that the rows are divided into: each is measured by a plane trained on the others.
const FOLDS: u64 = 3;
/// How to train.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// Bits of a bucket.
    pub bits: u32,
    /// See [`PlaneOptions::cost`].
    pub cost: f32,
    /// See [`PlaneOptions::passes_max`].
    pub passes_max: u32,
    /// See [`PlaneOptions::tolerance`].
    pub tolerance: f32,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for Options {
    /// What experiments across sets of different origin chose.
    fn default() -> Self {
        Self {
            bits: 18,
            cost: 0.1,
            passes_max: 12,
            tolerance: 0.05,
            seed: 1,
        }
    }
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Sets are read.
    Read,
    /// Texts are turned into n-grams.
    Grams,
    /// Planes are trained.
    Train,
}

/// How far a training has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Steps of the stage that are done.
    pub done: usize,
    /// Steps of the stage.
    pub of: usize,
}

/// What was trained and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Identity of rows and options; the version of the model.
    pub version: String,
    /// How it was trained.
    pub options: Options,
    /// Rows of each set, by file.
    pub sets: Vec<(String, usize)>,
    /// What each label is worth.
    pub labels: Vec<LabelReport>,
}

/// What a label is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelReport {
    /// Its word.
    pub name: String,
    /// On rows that training did not see: planes trained on two thirds, measured on the third, groups undivided.
    pub unseen: Measures,
}

/// Trains a model on sets. `progress` is told what is done and answers whether to go on.
///
/// # Errors
/// As [`SetSpec::read`]; [`TrainError::Nothing`] when there is nothing positive or nothing negative;
/// [`TrainError::Stopped`] when `progress` said so.
pub fn train(
    sets: &[SetSpec],
    options: &Options,
    mut progress: impl FnMut(Progress) -> bool,
) -> Result<(Model, Report), TrainError> {
    let mut rows = Vec::new();
    let mut counts = Vec::new();
    for (done, set) in sets.iter().enumerate() {
        tell(&mut progress, Stage::Read, done, sets.len())?;
        let mut own = set.read()?;
        counts.push((set.path.display().to_string(), own.len()));
        rows.append(&mut own);
    }
    tell(&mut progress, Stage::Grams, 0, 1)?;
    let mut corpus = Corpus::new(options.bits);
    corpus.add(rows.iter().map(|row| row.text.as_str()))?;
    let factors = corpus.weigh();
    let names = labels(&rows)?;
    let version = version(&rows, options);
    let (mut labels, mut weights, mut reports) = (Vec::new(), Vec::new(), Vec::new());
    for (done, name) in names.iter().enumerate() {
        let mut training = Training {
            corpus: &corpus,
            options,
            steps: (
                done * (FOLDS as usize + 1),
                names.len() * (FOLDS as usize + 1),
            ),
            progress: &mut progress,
        };
        let (plane, unseen) = training.label(&rows, name)?;
        let curve = Curve::fit(&unseen);
        let (scale, quantised) = quantise(&plane, &factors);
        labels.push(Label {
            name: name.as_str().into(),
            scale,
            bias: plane.bias,
            slope: curve.slope as f32,
            offset: curve.offset as f32,
        });
        weights.push(quantised);
        reports.push(LabelReport {
            name: name.clone(),
            unseen: Measures::of(&unseen),
        });
    }
    let model = Model::new(&version, options.bits, labels, &weights)?;
    let report = Report {
        version,
        options: options.clone(),
        sets: counts,
        labels: reports,
    };
    Ok((model, report))
}

struct Training<'a, P> {
    corpus: &'a Corpus,
    options: &'a Options,
    /// Planes trained, and to be trained, of all labels.
    steps: (usize, usize),
    progress: &'a mut P,
}

impl<P: FnMut(Progress) -> bool> Training<'_, P> {
    /// The plane of a label, and the margins of rows by planes that did not see them.
    fn label(&mut self, rows: &[Row], name: &str) -> Result<(Plane, Vec<(f32, bool)>), TrainError> {
        let has = |row: &Row| match &row.label {
            Some(label) => name == UNWANTED || label == name,
            None => false,
        };
        let example = |(row, of): (usize, &Row)| Example {
            row,
            positive: has(of),
            weight: 1.0,
        };
        let mut unseen = Vec::with_capacity(rows.len());
        for fold in 0..FOLDS {
            let divided = rows.iter().enumerate();
            let (out, seen): (Vec<_>, Vec<_>) = divided.partition(|(_, row)| fold_of(row) == fold);
            let seen: Vec<Example> = seen.into_iter().map(example).collect();
            let plane = self.plane(&seen)?;
            let margins = out.into_iter().map(example);
            unseen.extend(margins.map(|e| (plane.margin(self.corpus, e.row), e.positive)));
        }
        let all: Vec<Example> = rows.iter().enumerate().map(example).collect();
        Ok((self.plane(&all)?, unseen))
    }

    fn plane(&mut self, examples: &[Example]) -> Result<Plane, TrainError> {
        let options = PlaneOptions {
            cost: self.options.cost,
            passes_max: self.options.passes_max,
            tolerance: self.options.tolerance,
            seed: self.options.seed,
        };
        let (done, of) = self.steps;
        let told = Progress {
            stage: Stage::Train,
            done,
            of,
        };
        let mut goes_on = (self.progress)(told);
        if goes_on {
            let keep_on = |_| {
                goes_on = (self.progress)(told);
                goes_on
            };
            let plane = Plane::train(self.corpus, examples, options, keep_on);
            self.steps.0 += 1;
            if goes_on {
                return Ok(plane);
            }
        }
        Err(TrainError::Stopped)
    }
}

fn tell(
    progress: &mut impl FnMut(Progress) -> bool,
    stage: Stage,
    done: usize,
    of: usize,
) -> Result<(), TrainError> {
    match progress(Progress { stage, done, of }) {
        true => Ok(()),
        false => Err(TrainError::Stopped),
    }
}

/// Which part a row is in; rows of a group are in one.
fn fold_of(row: &Row) -> u64 {
    (row.group.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % FOLDS
}

/// [`UNWANTED`], and every label with enough rows when there are several.
fn labels(rows: &[Row]) -> Result<Vec<String>, TrainError> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for label in rows.iter().filter_map(|row| row.label.as_deref()) {
        *counts.entry(label).or_default() += 1;
    }
    let positive: usize = counts.values().sum();
    if positive == 0 || positive == rows.len() {
        let what = format!("{positive} of {} rows are positive", rows.len());
        return Err(TrainError::Nothing(what));
    }
    let mut names = vec![UNWANTED.to_owned()];
    if counts.len() > 1 {
        let mut known: Vec<(&str, usize)> = counts.into_iter().collect();
        known.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let enough = known
            .iter()
            .filter(|(name, count)| *count >= LABEL_ROWS_MIN && *name != UNWANTED);
        names.extend(
            enough
                .take(LABELS_MAX - 1)
                .map(|(name, _)| (*name).to_owned()),
        );
    }
    Ok(names)
}

/// Weights as steps of one size, and the size.
fn quantise(plane: &Plane, factors: &[f32]) -> (f32, Vec<i8>) {
    let weights: Vec<f32> = plane
        .weights
        .iter()
        .zip(factors)
        .map(|(w, f)| w * f)
        .collect();
    // Nothing is cut off: the few great weights carry much of what a label is told by.
    let most = weights.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
    let scale = most.max(f32::MIN_POSITIVE) / f32::from(i8::MAX);
    let most = f32::from(i8::MAX);
    let step = |weight: &f32| (weight / scale).round().clamp(-most, most) as i8;
    (scale, weights.iter().map(step).collect())
}

/// Changes when a row or an option does.
fn version(rows: &[Row], options: &Options) -> String {
    let mut sum = crc32c::crc32c(format!("{options:?}").as_bytes());
    for row in rows {
        sum = crc32c::crc32c_append(sum, row.text.as_bytes());
        sum = crc32c::crc32c_append(sum, row.label.as_deref().unwrap_or("\0").as_bytes());
    }
    format!("{sum:08x}")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use stanch_detect::text::{Folder, Views};

    use super::*;

    fn set(folder: &std::path::Path) -> SetSpec {
        let mut lines = String::new();
        let parts = [
            ("rebate", ["刷单返利日结", "做任务拿佣金", "兼职点赞赚钱"]),
            (
                "loan",
                ["无抵押贷款秒到账", "低息借款免审核", "信用卡代办包过"],
            ),
            (
                "normal",
                ["明天一起吃饭吧", "快递放在门口了", "会议改到下午三点"],
            ),
        ];
        for ix in 0..120 {
            for (label, texts) in parts {
                let text = texts[ix % 3];
                writeln!(
                    lines,
                    "{{\"text\":\"{text}{ix}\",\"label\":\"{label}\",\"grp\":{ix}}}"
                )
                .expect("a string");
            }
        }
        let path = folder.join("a.jsonl");
        std::fs::write(&path, lines).expect("written");
        path.to_str().expect("a path").parse().expect("a spec")
    }

    #[test]
    fn a_model_learns_its_labels_and_is_the_same_each_time() {
        let folder = tempfile::tempdir().expect("folder");
        let options = Options {
            bits: 14,
            ..Options::default()
        };
        let mut stages = Vec::new();
        let (model, report) = train(&[set(folder.path())], &options, |progress| {
            stages.push(progress.stage);
            true
        })
        .expect("trained");
        stages.dedup();
        assert_eq!(stages, [Stage::Read, Stage::Grams, Stage::Train]);
        let names: Vec<&str> = report
            .labels
            .iter()
            .map(|label| label.name.as_str())
            .collect();
        assert_eq!(names, [UNWANTED, "loan", "rebate"]);
        assert!(
            report.labels.iter().all(|label| label.unseen.f1 > 0.95),
            "{report:?}"
        );
        let mut folder_of = Folder::new(Views::Plain);
        let mut reader = model.reader();
        for (text, expected) in [
            ("兼职刷單，做任务返利", [true, false, true]),
            ("信用卡代办，无抵押", [true, true, false]),
            ("下午三点开会", [false, false, false]),
        ] {
            let scores = reader.read(text, folder_of.fold(text).expect("short"));
            let found: Vec<bool> = scores
                .iter()
                .map(|score| score.score.get() > 5_000)
                .collect();
            assert_eq!(found, expected, "{text}: {scores:?}");
        }
        let again = train(&[set(folder.path())], &options, |_| true).expect("trained");
        assert_eq!(again.0.to_bytes(), model.to_bytes());
    }

    #[test]
    fn one_sided_sets_and_a_stop_are_told() {
        let folder = tempfile::tempdir().expect("folder");
        let mut one = set(folder.path());
        one.positive = Some(vec!["nothing".to_owned()]);
        let refused = train(&[one], &Options::default(), |_| true);
        assert!(matches!(refused, Err(TrainError::Nothing(_))));
        let stopped = train(&[set(folder.path())], &Options::default(), |progress| {
            progress.stage != Stage::Train
        });
        assert!(matches!(stopped, Err(TrainError::Stopped)));
    }
}
