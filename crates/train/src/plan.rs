//! From rows to planes: what is trained on, and the planes that are.

use std::collections::BTreeMap;

use crate::TrainError;
use crate::calibrate::Margin;
use crate::choices::{Chooser, Mix, add_disguised, balanced, is_disguise_expected, middle};
use crate::disguise::Tables;
use crate::grammar::Grammar;
use crate::learn::{Doc, Done, FOLDS, Job, Learner, Learnt, Role, Which};
use crate::material::Material;
use crate::set::Row;
use crate::task::{Options, Progress, Stage, UNWANTED, When};

/// Texts of each root of the grammar.
const GRAMMAR_TEXTS: usize = 60;

/// The rows as material, and texts of the grammar.
pub(crate) fn given(
    rows: &[(usize, Row)],
    names: &[String],
    options: &Options,
) -> Result<Material, TrainError> {
    let mut material = Material::new(options.bits, options.weighing, names.len());
    let several = rows.last().is_some_and(|(set, _)| *set > 0);
    let mut groups: BTreeMap<(usize, u64), f32> = BTreeMap::new();
    for (set, row) in rows {
        *groups.entry((*set, row.group)).or_default() += 1.0;
    }
    for (set, row) in rows {
        // Where texts of another origin are meant, one that was sent a thousand times counts as two.
        let same = groups.get(&(*set, row.group)).copied().unwrap_or(1.0);
        let doc = Doc {
            group: row.group,
            set: *set,
            role: Role::Given,
            weight: if several { (2.0 / same).min(1.0) } else { 1.0 },
        };
        let label = row.label.as_deref();
        material.add(row.text.clone(), doc, |ix| {
            let name = names.get(ix)?;
            Some(label.is_some_and(|label| name == UNWANTED || label == name))
        })?;
    }
    if options.grammar != When::Never {
        for made in Grammar::own()?.make(GRAMMAR_TEXTS, options.seed) {
            let doc = Doc {
                group: made.root as u64,
                set: 0,
                role: Role::Prior,
                weight: 1.0,
            };
            let kind = made.labels.first().map(String::as_str);
            let is_unwanted = !matches!(kind, Some("normal" | "complaint") | None);
            material.add(made.text, doc, |ix| (ix == 0).then_some(is_unwanted))?;
        }
    }
    material.weigh();
    Ok(material)
}

/// Finds out what helps, and adds what that needs.
pub(crate) fn plan(
    material: &mut Material,
    options: &Options,
    progress: &mut (impl FnMut(Progress) -> bool + Send),
) -> Result<Plan, TrainError> {
    let mut keep_on = |done| {
        let (stage, of) = (Stage::Choose, done + 1);
        progress(Progress { stage, done, of })
    };
    let mut chooser = Chooser {
        material,
        options: options.plane(),
        keep_on: &mut keep_on,
    };
    let prior = match options.grammar {
        When::Auto => chooser.prior()?,
        When::Always => true,
        When::Never => false,
    };
    let tables = Tables::own();
    let disguise = match options.disguise {
        When::Auto => is_disguise_expected(chooser.material, &tables),
        When::Always => true,
        When::Never => false,
    };
    let mut plan = Plan {
        prior,
        mix: Mix::Plain,
        across: Vec::new(),
    };
    if disguise {
        let weights = chooser.adversary()?;
        add_disguised(material, &tables, &weights, options.seed)?;
        material.weigh();
        let mut chooser = Chooser {
            material,
            options: options.plane(),
            keep_on: &mut keep_on,
        };
        plan.mix = match options.disguise {
            When::Auto => chooser.mix(prior)?,
            When::Always | When::Never => Mix::Disguised,
        };
    }
    let mut chooser = Chooser {
        material,
        options: options.plane(),
        keep_on: &mut keep_on,
    };
    plan.across = chooser.across(prior, plan.mix)?;
    Ok(plan)
}

/// What is trained on.
pub(crate) struct Plan {
    pub(crate) prior: bool,
    pub(crate) mix: Mix,
    /// What planes of the other sets say of each.
    pub(crate) across: Vec<Vec<Margin>>,
}

impl Plan {
    pub(crate) fn learn(
        &self,
        material: &Material,
        names: &[String],
        options: &Options,
        progress: &mut (impl FnMut(Progress) -> bool + Send),
    ) -> Result<Vec<Learnt>, TrainError> {
        let learner = Learner {
            corpus: &material.corpus,
            docs: &material.docs,
            options: options.plane(),
        };
        let prior = |doc: &Doc| self.prior || doc.role != Role::Prior;
        let plain = |doc: &Doc| doc.role != Role::Copy && prior(doc);
        // Nearly the same planes twice where two are wanted.
        let takes: &[Which<'_>] = match self.mix {
            Mix::Plain => &[&plain],
            Mix::Disguised => &[&prior],
            Mix::Between => &[&plain, &prior],
        };
        let shows = |doc: &Doc| match doc.role {
            Role::Given => true,
            Role::Trial => self.mix != Mix::Plain,
            Role::Copy | Role::Prior => false,
        };
        let mut jobs = Vec::new();
        for (label, _) in names.iter().enumerate() {
            for takes in takes {
                let truth = material.truth_of(label);
                let all = Job {
                    truth,
                    takes: *takes,
                    shows: &|_| false,
                    without: None,
                };
                jobs.push(all);
                jobs.extend((0..folds(label)).map(|fold| Job {
                    shows: &shows,
                    without: Some(fold),
                    ..all
                }));
            }
        }
        let (stage, of) = (Stage::Train, jobs.len());
        let done = learner.run(&jobs, &mut |done| progress(Progress { stage, done, of }))?;
        Ok(self.labels(names, takes.len() > 1, done))
    }

    /// Labels from their planes, in the order of the jobs.
    fn labels(&self, names: &[String], has_two: bool, done: Vec<Done>) -> Vec<Learnt> {
        let mut done = done.into_iter();
        let mut learnt = Vec::new();
        for (label, name) in names.iter().enumerate() {
            let mut next = || {
                let all = done.next()?.plane;
                let unseen = done.by_ref().take(folds(label) as usize);
                let unseen: Vec<Margin> = unseen.flat_map(|part| part.margins).collect();
                Some((all, unseen))
            };
            let (Some(first), second) = (next(), if has_two { next() } else { None }) else {
                break;
            };
            let (plane, unseen) = match second {
                Some((plane, margins)) => (first.0.between(&plane), middle(first.1, &margins)),
                None => first,
            };
            let seen_by = match label {
                0 => balanced(unseen, &self.across),
                _ => unseen,
            };
            learnt.push(Learnt::new(name, &plane, &seen_by));
        }
        learnt
    }
}

/// Parts that a label is measured on: one is enough for what only tells kinds apart.
const fn folds(label: usize) -> u64 {
    if label == 0 { FOLDS } else { 1 }
}
