//! A whole training: sets in, model and report out.

use std::collections::BTreeMap;

use serde::Serialize;
use stanch_detect::text::model::{LABELS_MAX, Label, Model, Parts};
use stanch_types::Score;

use crate::TrainError;
use crate::choices::Mix;
use crate::corpus::Weighing;
use crate::learn::Role;
use crate::measure::Measures;
use crate::plan::{given, plan};
use crate::plane::PlaneOptions;
use crate::release::FIRST;
use crate::set::{Row, SetSpec};

/// The label of everything positive.
pub const UNWANTED: &str = "unwanted";
/// A label of its own needs this many rows; fewer count as [`UNWANTED`] only.
const LABEL_ROWS_MIN: usize = 20;
/// How to train.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// Bits of a bucket.
    pub bits: u32,
    /// How n-grams are weighed.
    pub weighing: Weighing,
    /// See [`PlaneOptions::cost`].
    pub cost: f32,
    /// See [`PlaneOptions::passes_max`].
    pub passes_max: u32,
    /// See [`PlaneOptions::tolerance`].
    pub tolerance: f32,
    /// Whether our own grammar of scams and ordinary messages is trained on too.
    pub grammar: When,
    /// Whether copies in disguise are trained on.
    pub disguise: When,
    /// Seed of everything random.
    pub seed: u64,
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Where texts that planes did not see show that it helps.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Default for Options {
    /// What experiments across sets of different origin chose.
    fn default() -> Self {
        Self {
            bits: 20,
            weighing: Weighing::Distinct,
            cost: 5.0,
            passes_max: 10,
            tolerance: 0.05,
            grammar: When::Auto,
            disguise: When::Auto,
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
    /// What helps is found out.
    Choose,
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
    /// The sets, in the order they were named in.
    pub sets: Vec<SetReport>,
    /// Texts of our own grammar that were trained on too.
    pub grammar: usize,
    /// Copies in disguise that were trained on too.
    pub copies: usize,
    /// Which planes are used.
    pub mix: Mix,
    /// What each label is worth.
    pub labels: Vec<LabelReport>,
    /// With several sets, what [`UNWANTED`] is worth on each when planes see only the others.
    pub across: Vec<Measures>,
}

/// What was read of a set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetReport {
    /// Its file.
    pub file: String,
    /// Rows that were learnt from.
    pub rows: usize,
    /// Those that are positive.
    pub positive: usize,
    /// Rows without a text or a label.
    pub left_out: usize,
}

/// What a label is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelReport {
    /// Its word.
    pub name: String,
    /// On rows that training did not see: planes trained on two thirds, measured on the third, groups undivided.
    pub unseen: Measures,
    /// The same on such rows put in a disguise that training does not know; only what has the label was.
    pub disguised: Option<Measures>,
}

/// Trains a model on sets. `progress` is told what is done and answers whether to go on.
///
/// # Errors
/// As [`SetSpec::read`]; [`TrainError::Nothing`] when there is nothing positive or nothing negative;
/// [`TrainError::Stopped`] when `progress` said so.
pub fn train(
    sets: &[SetSpec],
    options: &Options,
    mut progress: impl FnMut(Progress) -> bool + Send,
) -> Result<(Model, Report), TrainError> {
    let (rows, read) = read(sets, &mut progress)?;
    let names = labels(&rows)?;
    tell(&mut progress, Stage::Grams, 0, 1)?;
    let mut material = given(&rows, &names, options)?;
    let plan = plan(&mut material, options, &mut progress)?;
    let learnt = plan.learn(&material, &names, options, &mut progress)?;
    let (mut labels, mut weights, mut reports) = (Vec::new(), Vec::new(), Vec::new());
    for (name, learnt) in names.into_iter().zip(learnt) {
        labels.push(learnt.label);
        weights.push(learnt.weights);
        reports.push(LabelReport {
            name,
            unseen: learnt.unseen,
            disguised: learnt.disguised,
        });
    }
    if let Some(name) = sole(&rows).filter(|name| *name != UNWANTED && FIRST.contains(name))
        && let (Some(label), Some(all)) = (labels.first().cloned(), weights.first().cloned())
    {
        // One label is all that is unwanted: rules read it by its own word too, as `signal.text.fraud`.
        labels.push(Label {
            name: name.into(),
            ..label
        });
        weights.push(all);
    }
    let bar = labels
        .first()
        .map_or(0.0, |label: &Label| -label.offset / label.slope);
    let version = version(&rows, options);
    let model = Model::new(Parts {
        version: version.as_str().into(),
        bits: options.bits,
        form: material.corpus.form().clone(),
        gate: Score::MIN,
        labels,
        weights,
    })?;
    let count = |role: Role, used: bool| {
        let of = material.docs.iter().filter(|doc| doc.role == role);
        if used { of.count() } else { 0 }
    };
    let report = Report {
        version,
        options: options.clone(),
        sets: read,
        grammar: count(Role::Prior, plan.prior),
        copies: count(Role::Copy, plan.mix != Mix::Plain),
        mix: plan.mix,
        labels: reports,
        across: plan
            .across
            .iter()
            .map(|set| Measures::of(set, bar))
            .collect(),
    };
    Ok((model, report))
}

impl Options {
    pub(crate) const fn plane(&self) -> PlaneOptions {
        PlaneOptions {
            cost: self.cost,
            passes_max: self.passes_max,
            tolerance: self.tolerance,
            seed: self.seed,
        }
    }
}

/// Rows with the set they are from, and what was read of each set.
type SetsRead = (Vec<(usize, Row)>, Vec<SetReport>);

/// Reads all rows.
fn read(
    sets: &[SetSpec],
    progress: &mut impl FnMut(Progress) -> bool,
) -> Result<SetsRead, TrainError> {
    let (mut all, mut reports) = (Vec::new(), Vec::new());
    for (ix, set) in sets.iter().enumerate() {
        tell(progress, Stage::Read, ix, sets.len())?;
        let found = set.read()?;
        reports.push(SetReport {
            file: set.path.display().to_string(),
            rows: found.rows.len(),
            positive: found.rows.iter().filter(|row| row.label.is_some()).count(),
            left_out: found.left_out,
        });
        all.extend(found.rows.into_iter().map(|row| (ix, row)));
    }
    Ok((all, reports))
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

/// [`UNWANTED`], and every label with enough rows when there are several.
fn labels(rows: &[(usize, Row)]) -> Result<Vec<String>, TrainError> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for label in rows.iter().filter_map(|(_, row)| row.label.as_deref()) {
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

/// The label of every positive row, where they have one in common.
fn sole(rows: &[(usize, Row)]) -> Option<&str> {
    let mut labels = rows.iter().filter_map(|(_, row)| row.label.as_deref());
    let first = labels.next()?;
    labels.all(|label| label == first).then_some(first)
}

/// Changes when a row or an option does.
fn version(rows: &[(usize, Row)], options: &Options) -> String {
    let mut sum = crc32c::crc32c(format!("{options:?}").as_bytes());
    for (_, row) in rows {
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

    fn quick() -> Options {
        Options {
            bits: 14,
            grammar: When::Never,
            ..Options::default()
        }
    }

    #[test]
    fn copies_are_made_and_sets_are_measured_across() {
        let folder = tempfile::tempdir().expect("folder");
        let options = Options {
            disguise: When::Always,
            ..quick()
        };
        let sets = [set(folder.path()), set(folder.path())];
        let (_, report) = train(&sets, &options, |_| true).expect("trained");
        assert_eq!(report.mix, Mix::Disguised);
        // Most of 480 unwanted rows twice, few of 240 others.
        assert!(
            report.copies > 700 && report.copies < 1_100,
            "{}",
            report.copies
        );
        let hidden = report.labels[0].disguised.expect("measured");
        assert!(hidden.f1 > 0.8, "{hidden:?}");
        assert_eq!(report.across.len(), 2);
        assert!(report.across.iter().all(|across| across.f1 > 0.95));
    }

    #[test]
    fn a_model_learns_its_labels_and_is_the_same_each_time() {
        let folder = tempfile::tempdir().expect("folder");
        let options = quick();
        let mut stages = Vec::new();
        let (model, report) = train(&[set(folder.path())], &options, |progress| {
            stages.push(progress.stage);
            true
        })
        .expect("trained");
        stages.dedup();
        assert_eq!(
            stages,
            [Stage::Read, Stage::Grams, Stage::Choose, Stage::Train]
        );
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
    fn a_single_label_that_rules_read_is_told_by_its_own_word_too() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("labels.jsonl");
        let lines: String = (0..40)
            .map(|n| match n % 2 {
                0 => format!("{{\"text\":\"刷单返利第{n}单\",\"label\":\"fraud\"}}\n"),
                _ => format!("{{\"text\":\"下午三点开会{n}\",\"label\":\"good\"}}\n"),
            })
            .collect();
        std::fs::write(&path, lines).expect("written");
        let spec = format!("{}:text:label:fraud", path.display());
        let (model, _) =
            train(&[spec.parse().expect("a set")], &quick(), |_| true).expect("trained");
        let names: Vec<&str> = model.labels().iter().map(|label| &*label.name).collect();
        assert_eq!(names, [UNWANTED, "fraud"]);
    }

    #[test]
    fn one_sided_sets_and_a_stop_are_told() {
        let folder = tempfile::tempdir().expect("folder");
        let mut one = set(folder.path());
        one.positive = Some(vec!["nothing".to_owned()]);
        let refused = train(&[one], &quick(), |_| true);
        assert!(matches!(refused, Err(TrainError::Nothing(_))));
        let stopped = train(&[set(folder.path())], &quick(), |progress| {
            progress.stage != Stage::Train
        });
        assert!(matches!(stopped, Err(TrainError::Stopped)));
    }
}
