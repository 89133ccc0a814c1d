//! Texts of any length, read in pieces.

use super::{LabelScore, Model, Reader, Reason};
use crate::text::fold::{Folder, Views};

/// Characters that a model reads at once, as it was trained; longer texts are read in pieces that overlap by a third.
pub const PIECE_CHARS: usize = 1_000;

/// Folds and scores texts of any length with a model. Its buffers are used again and again.
///
/// ```
/// use stanch_detect::text::model::{Classifier, Model};
///
/// if let Ok(model) = Model::shipped() {
///     let mut classifier = Classifier::new(model);
///     for score in classifier.score("兼职刷单，日结三百") {
///         println!("{} {}", model.labels()[score.label].name, score.score.get());
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Classifier<'m> {
    reader: Reader<'m>,
    folder: Folder,
    best: Vec<LabelScore>,
    /// For each label, first byte of the piece that scored best.
    starts: Vec<u32>,
}

impl<'m> Classifier<'m> {
    /// With a model.
    #[must_use]
    pub fn new(model: &'m Model) -> Self {
        Self {
            reader: model.reader(),
            folder: Folder::new(Views::Plain),
            best: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// The model that is read with.
    #[must_use]
    pub const fn model(&self) -> &'m Model {
        self.reader.model()
    }

    /// Scores every label, in the order of [`Model::labels`]: of a long text the piece that speaks loudest for it.
    pub fn score(&mut self, text: &str) -> &[LabelScore] {
        self.best.clear();
        self.starts.clear();
        for (start, piece) in pieces(text) {
            // A piece is far shorter than what may be folded at once.
            let Ok(folded) = self.folder.fold(piece) else {
                continue;
            };
            for (ix, score) in self.reader.read(piece, folded).iter().enumerate() {
                match (self.best.get_mut(ix), self.starts.get_mut(ix)) {
                    (Some(best), _) if best.margin >= score.margin => {}
                    (Some(best), Some(place)) => (*best, *place) = (*score, start),
                    (None, _) | (_, None) => {
                        self.best.push(*score);
                        self.starts.push(start);
                    }
                }
            }
        }
        &self.best
    }

    /// Which parts of a text moved a label's score most, at most `most` of them, in the order of the text. The text must be the
    /// one scored last; costs another reading of a piece of it.
    #[must_use]
    pub fn explain(&mut self, text: &str, label: usize, most: usize) -> Vec<Reason> {
        let Some(start) = self.starts.get(label).copied() else {
            return Vec::new();
        };
        let piece = pieces(text).find(|(at, _)| *at == start);
        let Some((_, piece)) = piece else {
            return Vec::new();
        };
        let Ok(folded) = self.folder.fold(piece) else {
            return Vec::new();
        };
        self.reader.read(piece, folded);
        let mut reasons = self.reader.explain(piece, folded, label, most);
        for reason in &mut reasons {
            reason.span = reason.span.after(start);
        }
        reasons
    }
}

/// The pieces of a text that a model reads, with their first byte. Nothing is read behind the first 4 GiB.
pub fn pieces(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let step = PIECE_CHARS * 2 / 3;
    let mut rest = Some((0_usize, text));
    std::iter::from_fn(move || {
        let (start, here) = rest?;
        let end = here.char_indices().nth(PIECE_CHARS).map(|(end, _)| end);
        let next = here.char_indices().nth(step).map(|(next, _)| next);
        let piece = end.map_or(here, |end| here.get(..end).unwrap_or(here));
        // Without an end nothing is left behind this piece.
        let later = end
            .and(next)
            .and_then(|next| Some((start + next, here.get(next..)?)));
        rest = later;
        Some((u32::try_from(start).ok()?, piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_a_text_and_overlap() {
        assert_eq!(pieces("短").collect::<Vec<_>>(), [(0, "短")]);
        assert_eq!(pieces("").count(), 1);
        let long = "长文".repeat(1_700);
        let all: Vec<(u32, &str)> = pieces(&long).collect();
        assert!(all.len() > 3);
        assert!(all.iter().all(|(start, piece)| {
            piece.chars().count() <= PIECE_CHARS && long[*start as usize..].starts_with(piece)
        }));
        for pair in all.windows(2) {
            assert!((pair[0].0 as usize) + pair[0].1.len() > pair[1].0 as usize);
        }
        let (start, last) = all.last().expect("pieces");
        assert_eq!(*start as usize + last.len(), long.len());
    }
}
