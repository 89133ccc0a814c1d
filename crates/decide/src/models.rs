//! The models of texts that decide or try to, and what each is worth on the labels of the record: champion and challenger side by side.

use std::ops::Deref;
use std::sync::Arc;

use stanch_detect::text::model::{Classifier, Model};
use stanch_rules::policy::MAIN_MODEL;
use stanch_store::{Store, WholeList};
use stanch_types::label::{EventLabel, Truth};
use stanch_types::policy::PolicyStage;
use stanch_types::{Score, Timestamp};
use tokio::sync::Semaphore;

use crate::engine::Engine;
use crate::error::DecideError;

/// Latest labels with a text that models are measured on.
pub const MEASURED_ON_MAX: usize = 2_000;
/// The label that is held against what an event turned out to be.
const FRAUD: &str = "fraud";
/// Labels that sum up others, of which people say nothing.
const SUMS: [&str; 3] = ["unwanted", "diversion_or_illegal", "abuse"];
static MEASURING: Semaphore = Semaphore::const_new(1);

/// A model and who uses it.
#[derive(Debug, Clone)]
pub struct ModelAtWork {
    /// Path in the policy's folder; none: the model in this program.
    pub path: Option<Arc<str>>,
    /// Whether it takes the place of the model in this program, as opposed to telling a theme.
    pub is_main: bool,
    /// Policies at work that ask it, with what they do.
    pub used_by: Vec<(String, PolicyStage)>,
    /// Which training it came from.
    pub version: String,
    /// Its labels, each with what it is worth on the labels of the record.
    pub labels: Vec<LabelWorth>,
}

/// What a label of a model is worth on texts whose truth is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelWorth {
    /// Its word.
    pub label: String,
    /// Texts that are of the label; of the others.
    pub of_it: u64,
    /// See `of_it`.
    pub others: u64,
    /// Of each, those that the model finds.
    pub found: u64,
    /// See `found`.
    pub false_alarms: u64,
}

/// The models that policies at work ask; the model in this program is always among them, first.
///
/// # Errors
/// Those of the record and of reading the policies.
pub async fn models(
    engine: &Engine,
    store: &Store,
    now: Timestamp,
) -> Result<Vec<ModelAtWork>, DecideError> {
    // One at a time: policies are read and texts scored.
    let _turn = MEASURING.acquire().await;
    let mut list = WholeList::up_to(MEASURED_ON_MAX);
    let mut tx = store.read().await?;
    while let Some(page) = list.wanted() {
        list.take(tx.list_current_labels(&page, now).await?);
    }
    drop(tx);
    let engine = engine.clone();
    let work = move || {
        let shipped =
            Model::shipped().map_err(|error| DecideError::PolicyInvalid(error.to_string()))?;
        let mut all = vec![Asked::new(None, Held::Program(shipped))];
        for (hash, stage) in at_work(&engine) {
            let policy = engine.inner.shelf.load(&hash)?;
            let models = &policy.program().models;
            if let Some(first) = all.first_mut()
                && models.iter().all(|model| &*model.path != MAIN_MODEL)
            {
                first.used_by.push((hash.clone(), stage));
            }
            for one in models {
                let known = all.iter_mut().find(|asked| {
                    asked.path.as_ref() == Some(&one.path) && *asked.model == *one.model
                });
                match known {
                    Some(known) => known.used_by.push((hash.clone(), stage)),
                    None => {
                        let mut asked = Asked::new(
                            Some(Arc::clone(&one.path)),
                            Held::Policy(Arc::clone(&one.model)),
                        );
                        asked.used_by.push((hash.clone(), stage));
                        all.push(asked);
                    }
                }
            }
        }
        Ok(all
            .into_iter()
            .map(|asked| asked.measured(&list.items))
            .collect())
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| DecideError::Stopped(error.to_string()))?
}

/// Policies that decide or try to.
fn at_work(engine: &Engine) -> Vec<(String, PolicyStage)> {
    let deployment = engine.deployment();
    let live = deployment.live.map(|hash| (hash, PolicyStage::Live));
    let canary = deployment
        .canary
        .map(|one| (one.policy, PolicyStage::Canary));
    let shadow = deployment.shadow.map(|hash| (hash, PolicyStage::Shadow));
    [live, canary, shadow].into_iter().flatten().collect()
}

/// A model of this program or of a policy.
enum Held {
    Program(&'static Model),
    Policy(Arc<Model>),
}

impl Deref for Held {
    type Target = Model;

    fn deref(&self) -> &Model {
        match self {
            Self::Program(model) => model,
            Self::Policy(model) => model,
        }
    }
}

struct Asked {
    path: Option<Arc<str>>,
    model: Held,
    used_by: Vec<(String, PolicyStage)>,
}

impl Asked {
    const fn new(path: Option<Arc<str>>, model: Held) -> Self {
        Self {
            path,
            model,
            used_by: Vec::new(),
        }
    }

    fn measured(self, labels: &[EventLabel]) -> ModelAtWork {
        let mut worth: Vec<LabelWorth> = (self.model.labels().iter())
            .map(|label| LabelWorth {
                label: label.name.to_string(),
                of_it: 0,
                others: 0,
                found: 0,
                false_alarms: 0,
            })
            .collect();
        let mut classifier = Classifier::new(&self.model);
        for label in labels {
            let Some(text) = &label.text else {
                continue;
            };
            for (worth, score) in worth.iter_mut().zip(classifier.score(text.expose())) {
                let is_found = u64::from(score.score >= Score::DECIDED);
                match is_of(label, &worth.label) {
                    Some(true) => {
                        worth.of_it += 1;
                        worth.found += is_found;
                    }
                    Some(false) => {
                        worth.others += 1;
                        worth.false_alarms += is_found;
                    }
                    None => {}
                }
            }
        }
        ModelAtWork {
            is_main: self.path.as_deref().is_none_or(|path| path == MAIN_MODEL),
            path: self.path,
            used_by: self.used_by,
            version: self.model.version().to_owned(),
            labels: worth,
        }
    }
}

/// Whether an event that turned out so is of a model's label; none where nobody said.
fn is_of(label: &EventLabel, name: &str) -> Option<bool> {
    match name {
        FRAUD => Some(label.truth == Truth::Fraud),
        name if SUMS.contains(&name) => None,
        // A fraud without scenes may be of any.
        name => {
            let is_told = label.truth == Truth::Good || !label.scenes.is_empty();
            is_told.then(|| label.scenes.iter().any(|scene| scene == name))
        }
    }
}
