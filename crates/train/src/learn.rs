//! Learning labels: planes that did not see what they are measured on, a plane of everything, and a curve.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use stanch_detect::text::model::Label;

use crate::TrainError;
use crate::calibrate::{Curve, Margin};
use crate::corpus::Corpus;
use crate::measure::Measures;
use crate::plane::{Example, Plane, PlaneOptions};

/// Parts that the texts are divided into: each is measured by a plane trained on the others.
pub(crate) const FOLDS: u64 = 3;
/// Most planes trained at once.
const THREADS_MAX: usize = 16;

/// What a text of a training is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Given in a set: trained on and measured.
    Given,
    /// A given text in disguise: trained on.
    Copy,
    /// From our own grammar: trained on.
    Prior,
    /// A given text in a disguise that training does not know: measured.
    Trial,
}

/// A text of a training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Doc {
    /// Texts of one group say nearly the same; they are never divided between training and measuring.
    pub(crate) group: u64,
    /// Which set it came from.
    pub(crate) set: usize,
    pub(crate) role: Role,
    /// What an error on it costs, against others.
    pub(crate) weight: f32,
}

impl Doc {
    /// Which part it is in.
    pub(crate) const fn fold(&self) -> u64 {
        (self.group.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % FOLDS
    }

    /// A number of its group, evenly spread and other than what [`Doc::fold`] depends on.
    pub(crate) const fn lot(&self) -> u64 {
        self.group.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 40
    }
}

/// What every text is: it has the label, has it not, or nobody knows.
pub(crate) type Truth = [Option<bool>];

/// Which texts, by what they are.
pub(crate) type Which<'a> = &'a (dyn Fn(&Doc) -> bool + Sync);

/// A plane to train, and what to measure with it.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) truth: &'a Truth,
    pub(crate) takes: Which<'a>,
    /// Never trained on where `takes` is true too, unless that is wanted.
    pub(crate) shows: Which<'a>,
    /// Texts of this part are not trained on, only they are shown.
    pub(crate) without: Option<u64>,
}

/// A trained plane (without weights if it was trained without a part) and what it says, as it will be used, of what was to be shown.
pub(crate) struct Done {
    pub(crate) plane: Plane,
    pub(crate) margins: Vec<Margin>,
}

/// Where planes are trained.
pub(crate) struct Learner<'a> {
    pub(crate) corpus: &'a Corpus,
    /// One for each row of the corpus.
    pub(crate) docs: &'a [Doc],
    pub(crate) options: PlaneOptions,
}

/// A label that was learnt.
pub(crate) struct Learnt {
    pub(crate) label: Label,
    pub(crate) weights: Vec<i8>,
    pub(crate) unseen: Measures,
    pub(crate) disguised: Option<Measures>,
}

impl Learner<'_> {
    /// Trains planes, several at once, and gives them in order. `keep_on` is told how many are done and answers whether to go on.
    pub(crate) fn run(
        &self,
        jobs: &[Job<'_>],
        keep_on: &mut (dyn FnMut(usize) -> bool + Send),
    ) -> Result<Vec<Done>, TrainError> {
        let keep_on = Mutex::new(keep_on);
        let (next, finished, stopped) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicBool::new(false),
        );
        let slots: Vec<Mutex<Option<Done>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
        let goes_on = || {
            // Who finds the lock poisoned or stopped stops too.
            let told = keep_on
                .lock()
                .map(|mut ask| ask(finished.load(Ordering::Relaxed)));
            let goes_on = told.unwrap_or(false) && !stopped.load(Ordering::Relaxed);
            stopped.fetch_or(!goes_on, Ordering::Relaxed);
            goes_on
        };
        let work = || {
            while goes_on() {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let (Some(job), Some(slot)) = (jobs.get(at), slots.get(at)) else {
                    break;
                };
                let done = self.one(job, &goes_on);
                finished.fetch_add(1, Ordering::Relaxed);
                if let Ok(mut slot) = slot.lock() {
                    *slot = Some(done);
                }
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = cores.min(jobs.len()).min(THREADS_MAX);
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        if stopped.into_inner() {
            return Err(TrainError::Stopped);
        }
        let done = slots
            .into_iter()
            .map(|slot| slot.into_inner().ok().flatten());
        done.map(|done| done.ok_or(TrainError::Stopped)).collect()
    }

    fn one(&self, job: &Job<'_>, goes_on: &dyn Fn() -> bool) -> Done {
        let known = self.docs.iter().zip(job.truth).enumerate();
        let trains = |doc: &Doc| match doc.role {
            Role::Given | Role::Copy => Some(doc.fold()) != job.without,
            Role::Prior => true,
            Role::Trial => false,
        };
        let examples: Vec<Example> = known
            .filter(|(_, (doc, _))| trains(doc) && (job.takes)(doc))
            .filter_map(|(row, (doc, truth))| {
                Some(Example {
                    row,
                    positive: (*truth)?,
                    weight: doc.weight,
                })
            })
            .collect();
        let plane = Plane::train(self.corpus, &examples, self.options, |_| goes_on());
        let shows = |doc: &Doc| job.without.is_none_or(|fold| fold == doc.fold());
        let shown = self.docs.iter().zip(job.truth).enumerate();
        let shown: Vec<(usize, &Doc, bool)> = shown
            .filter(|(_, (doc, _))| shows(doc) && (job.shows)(doc))
            .filter_map(|(row, (doc, truth))| Some((row, doc, (*truth)?)))
            .collect();
        if shown.is_empty() {
            let margins = Vec::new();
            return Done { plane, margins };
        }
        let stepped = plane.clone().stepped();
        let margin = |(row, doc, positive): (usize, &Doc, bool)| Margin {
            margin: stepped.margin(self.corpus, row),
            positive,
            disguised: doc.role == Role::Trial,
        };
        let margins = shown.into_iter().map(margin).collect();
        // What is only measured with is not kept: there may be many labels.
        let weights = Vec::new();
        let plane = match job.without {
            Some(_) => Plane { weights, ..plane },
            None => plane,
        };
        Done { plane, margins }
    }
}

impl Learnt {
    /// A label from its plane and what such planes said of texts they did not see.
    pub(crate) fn new(name: &str, plane: &Plane, unseen: &[Margin]) -> Self {
        Self::with(Curve::decide(unseen), name, plane, unseen)
    }

    /// The same with a curve.
    pub(crate) fn with(curve: Curve, name: &str, plane: &Plane, unseen: &[Margin]) -> Self {
        let (scale, weights) = plane.steps();
        let bar = curve.decision() as f32;
        let of = |is_wanted: &dyn Fn(&Margin) -> bool| {
            let margins: Vec<Margin> = unseen.iter().filter(|m| is_wanted(m)).copied().collect();
            Measures::of(&margins, bar)
        };
        let hidden = unseen.iter().any(|m| m.disguised);
        Self {
            label: Label {
                name: name.into(),
                scale,
                bias: plane.bias,
                slope: curve.slope as f32,
                offset: curve.offset as f32,
            },
            weights,
            unseen: of(&|m| !m.disguised),
            disguised: hidden.then(|| of(&|m| m.disguised || !m.positive)),
        }
    }
}
