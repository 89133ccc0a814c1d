//! What a training decides by itself, on texts that planes did not see: whether our own grammar helps, and whether copies in disguise do.

use std::collections::BTreeMap;

use crate::TrainError;
use crate::calibrate::{Curve, Margin};
use crate::disguise::{Choice, Hand, Tables, disguise};
use crate::learn::{Doc, Done, FOLDS, Job, Learner, Role, Which};
use crate::material::Material;
use crate::measure::{Measures, auc};
use crate::plane::PlaneOptions;
use crate::random::Random;

/// Most given texts that a decision is made on.
const SAMPLE_MAX: usize = 6_000;
/// Below this the grammar speaks of something else than the set (area under the curve of a plane of the grammar alone).
const PRIOR_AUC_MIN: f64 = 0.65;
/// What the grammar may cost within a set that nothing is known beside: recall at 1 % false alarms, and F1.
const PRIOR_COST_MAX: f64 = 0.01;
/// Somebody hides when this part of the unwanted texts has rare ideographs or letters in another form, and so many times more often
/// than the others.
const ODD_SHARE_MIN: f64 = 0.03;
const ODD_TIMES_MIN: f64 = 6.0;
const ODD_COUNT_MIN: usize = 5;
/// Most copies of given texts.
const COPIES_MAX: usize = 60_000;
/// Parts of a text that are disguised.
const PARTS: [f64; 3] = [0.2, 0.4, 0.7];
/// Chance that a text is copied, twice: disguise is evidence, not proof.
const COPIED: [(bool, f64); 2] = [(true, 0.9), (false, 0.1)];

/// Which planes are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mix {
    /// Those of the texts as they are.
    Plain,
    /// Those of texts and their copies in disguise.
    Disguised,
    /// Halfway between the two.
    Between,
}

/// Whether a given text is in the sample.
pub(crate) fn sample(docs: &[Doc]) -> impl Fn(&Doc) -> bool + Sync + Copy + use<> {
    let given = docs.iter().filter(|doc| doc.role == Role::Given).count();
    let part = (SAMPLE_MAX << 24) / given.max(1);
    move |doc: &Doc| doc.role == Role::Prior || doc.lot() < part as u64
}

/// Decides for the first label.
pub(crate) struct Chooser<'a> {
    pub(crate) material: &'a Material,
    pub(crate) options: PlaneOptions,
    pub(crate) keep_on: &'a mut (dyn FnMut(usize) -> bool + Send),
}

impl Chooser<'_> {
    fn run(&mut self, jobs: &[Job<'_>]) -> Result<Vec<Done>, TrainError> {
        let learner = Learner {
            corpus: &self.material.corpus,
            docs: &self.material.docs,
            options: self.options,
        };
        learner.run(jobs, self.keep_on)
    }

    /// What planes of the sample say of the parts they did not see.
    fn unseen(&mut self, takes: Which<'_>, shows: Which<'_>) -> Result<Vec<Margin>, TrainError> {
        let truth = self.material.truth_of(0);
        let job = |fold| Job {
            truth,
            takes,
            shows,
            without: Some(fold),
        };
        let jobs: Vec<Job<'_>> = (0..FOLDS).map(job).collect();
        let done = self.run(&jobs)?;
        Ok(done.into_iter().flat_map(|part| part.margins).collect())
    }

    /// Whether the grammar is trained on too.
    pub(crate) fn prior(&mut self) -> Result<bool, TrainError> {
        let drawn = sample(&self.material.docs);
        let given = move |doc: &Doc| doc.role == Role::Given && drawn(doc);
        let alone = Job {
            truth: self.material.truth_of(0),
            takes: &|doc| doc.role == Role::Prior,
            shows: &given,
            without: None,
        };
        let said = self.run(&[alone])?;
        let said = said.into_iter().flat_map(|part| part.margins);
        if auc(&said.collect::<Vec<_>>()) < PRIOR_AUC_MIN {
            return Ok(false);
        }
        let sets = self.material.docs.iter().map(|doc| doc.set).max();
        if sets.is_some_and(|last| last > 0) {
            // Sets of different origin: what is wanted is texts of yet another, which the grammar has always helped with.
            return Ok(true);
        }
        let without = worth(&self.unseen(&given, &given)?);
        let with = worth(&self.unseen(&drawn, &given)?);
        Ok(
            with.recall_at_fpr_0_01 >= without.recall_at_fpr_0_01 - PRIOR_COST_MAX
                && with.f1 >= without.f1 - PRIOR_COST_MAX,
        )
    }

    /// Which planes see through a disguise that none of them knows at the least cost. The material must have copies and trials.
    pub(crate) fn mix(&mut self, prior: bool) -> Result<Mix, TrainError> {
        let drawn = sample(&self.material.docs);
        let may = move |doc: &Doc| drawn(doc) && (prior || doc.role != Role::Prior);
        let shows = |doc: &Doc| matches!(doc.role, Role::Given | Role::Trial) && drawn(doc);
        let plain = self.unseen(&|doc| doc.role != Role::Copy && may(doc), &shows)?;
        let disguised = self.unseen(&may, &shows)?;
        let between = middle(plain.clone(), &disguised);
        let found = [
            (Mix::Plain, plain),
            (Mix::Disguised, disguised),
            (Mix::Between, between),
        ]
        .map(|(mix, margins)| (mix, value(&margins)));
        let best = found.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        Ok(best.map_or(Mix::Plain, |(mix, _)| mix))
    }

    /// With several sets, what planes of the others say of the sample of each.
    pub(crate) fn across(&mut self, prior: bool, mix: Mix) -> Result<Vec<Vec<Margin>>, TrainError> {
        let sets = self.material.docs.iter().map(|doc| doc.set).max();
        let sets = sets.filter(|last| *last > 0).map_or(0, |last| last + 1);
        let drawn = sample(&self.material.docs);
        let used = move |doc: &Doc| match doc.role {
            Role::Prior => prior,
            Role::Copy => mix != Mix::Plain && drawn(doc),
            Role::Given => drawn(doc),
            Role::Trial => false,
        };
        type Boxed = Box<dyn Fn(&Doc) -> bool + Sync>;
        let pairs: Vec<(Boxed, Boxed)> = (0..sets)
            .map(|set| {
                let others =
                    move |doc: &Doc| used(doc) && (doc.set != set || doc.role == Role::Prior);
                let own = move |doc: &Doc| doc.set == set && doc.role == Role::Given && drawn(doc);
                (Box::new(others) as Boxed, Box::new(own) as Boxed)
            })
            .collect();
        let truth = self.material.truth_of(0);
        let mut jobs: Vec<Job<'_>> = Vec::new();
        for (takes, shows) in &pairs {
            jobs.push(Job {
                truth,
                takes: &**takes,
                shows: &**shows,
                without: None,
            });
        }
        let done = self.run(&jobs)?;
        Ok(done.into_iter().map(|set| set.margins).collect())
    }

    /// A plane of the sample, for whoever hides what it goes by.
    pub(crate) fn adversary(&mut self) -> Result<Vec<f32>, TrainError> {
        let drawn = sample(&self.material.docs);
        let given = move |doc: &Doc| doc.role == Role::Given && drawn(doc);
        let job = Job {
            truth: self.material.truth_of(0),
            takes: &given,
            shows: &|_| false,
            without: None,
        };
        let done = self.run(&[job])?;
        let plane = done.into_iter().next();
        Ok(plane.map_or_else(Vec::new, |done| done.plane.weights))
    }
}

/// What planes halfway between two say.
pub(crate) fn middle(mut margins: Vec<Margin>, others: &[Margin]) -> Vec<Margin> {
    for (margin, other) in margins.iter_mut().zip(others) {
        margin.margin = (margin.margin + other.margin) / 2.0;
    }
    margins
}

/// What is said within sets and across them, neither more than the other.
pub(crate) fn balanced(within: Vec<Margin>, across: &[Vec<Margin>]) -> Vec<Margin> {
    let others: usize = across.iter().map(Vec::len).sum();
    if others == 0 {
        return within;
    }
    let step = within.len().div_ceil(others).max(1);
    let mut both: Vec<Margin> = within.into_iter().step_by(step).collect();
    both.extend(across.iter().flatten());
    both
}

fn worth(margins: &[Margin]) -> Measures {
    Measures::of(margins, Curve::decide(margins).decision() as f32)
}

/// The middle between errors at the decision point and recall at 1 % false alarms, plain and disguised texts counting the same.
fn value(margins: &[Margin]) -> f64 {
    let bar = Curve::decide(margins).decision() as f32;
    let half = |disguised: bool| {
        let part = margins
            .iter()
            .filter(|m| m.disguised == disguised || !m.positive);
        let part: Vec<Margin> = part.copied().collect();
        let found = Measures::of(&part, bar);
        found.f1 + found.recall_at_fpr_0_01
    };
    half(false) + half(true)
}

/// Whether the unwanted texts are full of characters that hide something, and the others are not.
pub(crate) fn is_disguise_expected(material: &Material, tables: &Tables) -> bool {
    let mut counts: BTreeMap<bool, (usize, usize)> = BTreeMap::new();
    let known = material.docs.iter().zip(&material.texts);
    let known = known.zip(material.truth_of(0));
    for ((doc, text), truth) in known {
        if let (Role::Given, Some(unwanted)) = (doc.role, truth) {
            let (odd, all) = counts.entry(*unwanted).or_default();
            *all += 1;
            *odd += usize::from(text.chars().any(|c| tables.is_odd(c)));
        }
    }
    let of = |unwanted| counts.get(&unwanted).copied().unwrap_or_default();
    let share = |(odd, all): (usize, usize)| (odd as f64 + 0.5) / (all as f64 + 1.0);
    let (odd, benign) = (of(true), of(false));
    odd.0 >= ODD_COUNT_MIN
        && share(odd) >= ODD_SHARE_MIN
        && share(odd) >= ODD_TIMES_MIN * share(benign)
}

/// Adds copies in disguise to train on, and trials to measure on. `weights` are the adversary's.
pub(crate) fn add_disguised(
    material: &mut Material,
    tables: &Tables,
    weights: &[f32],
    seed: u64,
) -> Result<(), TrainError> {
    let mut random = Random::new(seed);
    let drawn = sample(&material.docs);
    let mut copies = 0;
    for row in 0..material.docs.len() {
        let Some((doc, text, true_label)) = material.known(row) else {
            continue;
        };
        if doc.role != Role::Given {
            continue;
        }
        let (text, is_drawn) = (text.to_owned(), drawn(doc));
        let chance = COPIED.iter().find(|(label, _)| *label == true_label);
        let chance = chance.map_or(0.0, |(_, chance)| *chance);
        let mut shares = None;
        for is_aimed in [true, false] {
            let part = random.pick(&PARTS).copied().unwrap_or(0.4);
            if random.unit() >= chance || copies == COPIES_MAX {
                continue;
            }
            let hands = [Hand::First, Hand::Second];
            let choice = match is_aimed {
                true => Choice::Greatest(
                    part,
                    shares.get_or_insert_with(|| material.shares(&text, weights, true_label)),
                ),
                false => Choice::Chance(part),
            };
            let copy = disguise(&text, tables, &hands, choice, random.next());
            material.add_copy(row, copy, Role::Copy)?;
            copies += 1;
        }
        if true_label && is_drawn {
            let shares = shares.get_or_insert_with(|| material.shares(&text, weights, true_label));
            let choice = Choice::Greatest(0.5, shares);
            let trial = disguise(&text, tables, &[Hand::Third], choice, random.next());
            material.add_copy(row, trial, Role::Trial)?;
        }
    }
    Ok(())
}
