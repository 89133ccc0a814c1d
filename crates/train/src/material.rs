//! What a training learns from: texts, what they are there for, and the labels that are known of them.

use stanch_detect::text::model::Grams;
use stanch_detect::text::{Folder, Views};

use crate::TrainError;
use crate::corpus::{Corpus, Weighing};
use crate::learn::{Doc, Role};

/// Texts as rows, with their parts and labels.
pub(crate) struct Material {
    pub(crate) corpus: Corpus,
    /// One for each row.
    pub(crate) docs: Vec<Doc>,
    /// The texts.
    pub(crate) texts: Vec<String>,
    /// For each label, of each row: it has it, has it not, or nobody knows.
    pub(crate) truth: Vec<Vec<Option<bool>>>,
    bits: u32,
}

impl Material {
    pub(crate) fn new(bits: u32, weighing: Weighing, labels: usize) -> Self {
        Self {
            corpus: Corpus::new(bits, weighing),
            docs: Vec::new(),
            texts: Vec::new(),
            truth: vec![Vec::new(); labels],
            bits,
        }
    }

    /// Adds a text and what is known of it, label by label.
    pub(crate) fn add(
        &mut self,
        text: String,
        doc: Doc,
        mut of: impl FnMut(usize) -> Option<bool>,
    ) -> Result<(), TrainError> {
        self.corpus.add(&text)?;
        self.texts.push(text);
        self.docs.push(doc);
        for (label, truth) in self.truth.iter_mut().enumerate() {
            truth.push(of(label));
        }
        Ok(())
    }

    /// Adds a text that says the same as `row` in other characters.
    pub(crate) fn add_copy(
        &mut self,
        row: usize,
        text: String,
        role: Role,
    ) -> Result<(), TrainError> {
        let Some(doc) = self.docs.get(row).copied() else {
            return Ok(());
        };
        let known: Vec<Option<bool>> = self
            .truth
            .iter()
            .map(|truth| truth.get(row).copied().flatten())
            .collect();
        self.add(text, Doc { role, ..doc }, |label| {
            known.get(label).copied().flatten()
        })
    }

    /// Weighs all n-grams by what is trained on.
    pub(crate) fn weigh(&mut self) {
        let docs = &self.docs;
        let is_trained_on = |row: usize| docs.get(row).is_some_and(|doc| doc.role != Role::Trial);
        self.corpus.weigh(is_trained_on);
    }

    /// A row whose first label is known.
    pub(crate) fn known(&self, row: usize) -> Option<(&Doc, &str, bool)> {
        let truth = self.truth_of(0).get(row).copied().flatten()?;
        Some((self.docs.get(row)?, self.texts.get(row)?, truth))
    }

    /// For every byte of a text, how much its character speaks for the side it is on, by weights of the first label.
    pub(crate) fn shares(&self, text: &str, weights: &[f32], unwanted: bool) -> Vec<f32> {
        let mut folder = Folder::new(Views::Plain);
        let mut grams = Grams::new(self.bits);
        let Ok(folded) = folder.fold(text) else {
            return Vec::new();
        };
        grams.read(text, folded);
        let sign = if unwanted { 1.0 } else { -1.0 };
        grams.shares(text, folded, false, |bucket| {
            sign * weights.get(bucket as usize).copied().unwrap_or(0.0)
        })
    }

    pub(crate) fn truth_of(&self, label: usize) -> &[Option<bool>] {
        self.truth.get(label).map_or(&[], Vec::as_slice)
    }
}
