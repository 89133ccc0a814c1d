//! Texts as sparse rows of n-gram counts.

use stanch_detect::text::model::{Form, Grams, PIECE_CHARS, RARITY_STEPS};
use stanch_detect::text::{Folder, Views};

use crate::TrainError;
use crate::plane::Rows;

/// Bits of a cell that hold a bucket; the others hold how often it occurs.
const BUCKET_BITS: u32 = 22;
/// Highest count that is told from higher ones.
const COUNT_MAX: usize = 1 << (32 - BUCKET_BITS);

/// How n-grams are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighing {
    /// As often as they occur, times the root of their rarity; see [`Form::Counts`].
    Counts,
    /// Once, times their rarity, a text's length made one; see [`Form::Distinct`].
    Distinct,
}

/// A part of a row: a bucket and how often it occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell(u32);

impl Cell {
    fn new(bucket: u32, count: usize) -> Self {
        let more = count.clamp(1, COUNT_MAX) - 1;
        Self(bucket | (more as u32) << BUCKET_BITS)
    }

    /// Its bucket.
    #[must_use]
    pub const fn bucket(self) -> usize {
        (self.0 & ((1 << BUCKET_BITS) - 1)) as usize
    }

    /// How often it occurs, at least once.
    #[must_use]
    pub const fn count(self) -> f32 {
        ((self.0 >> BUCKET_BITS) + 1) as f32
    }
}

/// Rows of cells, buckets rising, and what each row and bucket counts for. The value of a cell is
/// `count · factor of its bucket · norm of its row`.
#[derive(Debug)]
pub struct Corpus {
    bits: u32,
    weighing: Weighing,
    cells: Vec<Cell>,
    ends: Vec<usize>,
    norms: Vec<f32>,
    /// Sum of the squares of each row's values.
    lengths: Vec<f32>,
    /// Square of each bucket's factor.
    squares: Vec<f32>,
    form: Form,
    folder: Folder,
    grams: Grams,
    sorted: Vec<u32>,
}

impl Corpus {
    /// An empty corpus of `bits` bits a bucket.
    #[must_use]
    pub fn new(bits: u32, weighing: Weighing) -> Self {
        Self {
            bits,
            weighing,
            cells: Vec::new(),
            ends: Vec::new(),
            norms: Vec::new(),
            lengths: Vec::new(),
            squares: vec![1.0; 1 << bits],
            form: Form::Counts,
            folder: Folder::new(Views::Plain),
            grams: Grams::new(bits),
            sorted: Vec::new(),
        }
    }

    /// Adds a text: the first [`PIECE_CHARS`] characters of it, as much as is read at once afterwards. [`Corpus::weigh`] must follow.
    ///
    /// # Errors
    /// [`TrainError::Text`] for a text beyond the limit of folding.
    pub fn add(&mut self, text: &str) -> Result<(), TrainError> {
        let text = beginning(text);
        let buckets = self.grams.read(text, self.folder.fold(text)?);
        self.sorted.clear();
        self.sorted.extend_from_slice(buckets);
        self.sorted.sort_unstable();
        for same in self.sorted.chunk_by(|a, b| a == b) {
            if let Some(bucket) = same.first() {
                let count = match self.weighing {
                    Weighing::Counts => same.len(),
                    Weighing::Distinct => 1,
                };
                self.cells.push(Cell::new(*bucket, count));
            }
        }
        self.norms.push(Form::Counts.norm(buckets));
        self.ends.push(self.cells.len());
        Ok(())
    }

    /// Number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cells of a text.
    #[must_use]
    pub fn row(&self, ix: usize) -> &[Cell] {
        let start = ix.checked_sub(1).and_then(|ix| self.ends.get(ix));
        let range = start.copied().unwrap_or(0)..self.ends.get(ix).copied().unwrap_or(0);
        self.cells.get(range).unwrap_or_default()
    }

    /// How a model reads texts that was trained on these rows.
    #[must_use]
    pub const fn form(&self) -> &Form {
        &self.form
    }

    /// Weighs the n-grams by their rarity `ln((1 + n) / (1 + texts with it)) + 1`, counted over the texts that `counted` names.
    pub fn weigh(&mut self, counted: impl Fn(usize) -> bool) {
        let mut texts = vec![0_u32; 1 << self.bits];
        let mut all = 1.0_f32;
        for ix in (0..self.len()).filter(|ix| counted(*ix)) {
            all += 1.0;
            for cell in self.row(ix) {
                if let Some(count) = texts.get_mut(cell.bucket()) {
                    *count += 1;
                }
            }
        }
        let rarity = |count: &u32| (all / (1.0 + *count as f32)).ln() + 1.0;
        match self.weighing {
            Weighing::Counts => self.squares = texts.iter().map(rarity).collect(),
            Weighing::Distinct => {
                let steps = |count: &u32| (rarity(count) * RARITY_STEPS).round() as u8;
                let rarity: Box<[u8]> = texts.iter().map(steps).collect();
                let square = |steps: &u8| (f32::from(*steps) / RARITY_STEPS).powi(2);
                self.squares = rarity.iter().map(square).collect();
                self.form = Form::Distinct { rarity };
            }
        }
        self.measure();
    }

    fn measure(&mut self) {
        let mut start = 0;
        self.lengths.clear();
        for (end, norm) in self.ends.iter().zip(&mut self.norms) {
            let cells = self.cells.get(start..*end).unwrap_or_default();
            start = *end;
            let square = |cell: &Cell| {
                let square = self.squares.get(cell.bucket()).copied().unwrap_or(0.0);
                cell.count() * cell.count() * square
            };
            let sum: f32 = cells.iter().map(square).sum();
            if self.weighing == Weighing::Distinct {
                *norm = 1.0 / sum.max(1.0 / (RARITY_STEPS * RARITY_STEPS)).sqrt();
            }
            self.lengths.push(sum * *norm * *norm);
        }
    }
}

impl Rows for Corpus {
    fn width(&self) -> usize {
        self.squares.len()
    }

    fn square(&self, bucket: usize) -> f32 {
        self.squares.get(bucket).copied().unwrap_or(0.0)
    }

    fn cells(&self, row: usize) -> impl Iterator<Item = (usize, f32)> {
        let cells = self.row(row).iter();
        cells.map(|cell| (cell.bucket(), cell.count()))
    }

    fn norm(&self, row: usize) -> f32 {
        self.norms.get(row).copied().unwrap_or(0.0)
    }

    fn length(&self, row: usize) -> f32 {
        self.lengths.get(row).copied().unwrap_or(0.0)
    }
}

/// The first [`PIECE_CHARS`] characters.
fn beginning(text: &str) -> &str {
    match text.char_indices().nth(PIECE_CHARS) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus(weighing: Weighing, texts: &[&str]) -> Corpus {
        let mut corpus = Corpus::new(18, weighing);
        for text in texts {
            corpus.add(text).expect("short");
        }
        corpus.weigh(|_| true);
        corpus
    }

    #[test]
    fn rows_are_counts_and_rare_grams_weigh_more() {
        let found = corpus(Weighing::Counts, &["啊啊啊啊", "好", "好", "好人"]);
        assert_eq!(found.len(), 4);
        let cells = found.row(0);
        assert!(cells.is_sorted_by_key(|cell| cell.bucket()));
        assert!(cells.iter().any(|cell| cell.count() == 4.0));
        assert_eq!(found.row(1), found.row(2));
        let square = |row: usize| found.square(found.row(row)[0].bucket());
        assert!(square(0) > square(1));
        assert!(found.row(9).is_empty());
        let distinct = corpus(Weighing::Distinct, &["啊啊啊啊", "好"]);
        assert!(distinct.row(0).iter().all(|cell| cell.count() == 1.0));
        assert!((distinct.length(0) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn long_texts_are_read_to_a_bound() {
        let long = "长".repeat(PIECE_CHARS + 50);
        let cut: String = long.chars().take(PIECE_CHARS).collect();
        let found = corpus(Weighing::Counts, &[&long, &cut]);
        assert_eq!(found.row(0), found.row(1));
    }
}
