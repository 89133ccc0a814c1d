//! Texts and lists: searched once a row for all who ask, and only in rows that are still asked about.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::bits::Bits;
use super::kernel::{Chunk, Column, Truths};
use crate::value::ValueRef;
use crate::verdict::{has, set};

/// What was found in the rows of a text or list.
pub(super) struct Finds {
    /// Words of bits for each row.
    width: usize,
    words: Vec<u64>,
    /// Rows that were searched: wanted, and not missing.
    searched: Bits,
}

impl<'b> Chunk<'b> {
    /// Every text list and constant that occurs in a text.
    pub(super) fn scan(&self, x: &Column<'b>) -> Column<'b> {
        let texts = &self.env.texts;
        let times = self.batch.occurred_at_us();
        self.search(texts.words(), |row, finds| {
            let Some(ValueRef::String(text)) = x.text_or_list(row) else {
                return None;
            };
            texts.scan_into(text, *times.get(self.from + row)?, finds);
            Some(())
        })
    }

    /// Which of these texts a list has.
    pub(super) fn members(&self, x: &Column<'b>, words: &HashMap<Box<str>, usize>) -> Column<'b> {
        self.search(words.len().div_ceil(64), |row, finds| {
            let Some(ValueRef::List(list)) = x.text_or_list(row) else {
                return None;
            };
            for item in list.iter() {
                if let ValueRef::String(text) = item
                    && let Some(bit) = words.get(text)
                {
                    set(finds, *bit);
                }
            }
            Some(())
        })
    }

    fn search(&self, width: usize, find: impl Fn(usize, &mut [u64]) -> Option<()>) -> Column<'b> {
        let mut finds = Finds {
            width,
            words: vec![0; width * self.rows],
            searched: Bits::NONE,
        };
        for row in self.wanted.rows() {
            let words = finds.words.get_mut(row * width..(row + 1) * width);
            if words.and_then(|words| find(row, words)).is_some() {
                finds.searched.set(row);
            }
        }
        Column::Finds(finds)
    }

    /// One bit of what was found.
    pub(super) fn find(&self, finds: &Column<'b>, bit: usize) -> Option<Column<'b>> {
        let Column::Finds(finds) = finds else {
            return None;
        };
        let mut is_true = Bits::NONE;
        for row in finds.searched.rows() {
            let words = finds.words.get(row * finds.width..).unwrap_or_default();
            if has(words, bit) {
                is_true.set(row);
            }
        }
        Some(Column::Truth(Truths {
            is_true,
            is_false: finds.searched.without(is_true),
        }))
    }

    /// The number of each text among these words; 0 for any other text.
    pub(super) fn words(
        &self,
        x: &Column<'b>,
        words: &HashMap<Box<str>, i64>,
    ) -> Option<Column<'b>> {
        let Column::Text(texts) = x else {
            return None;
        };
        let number = |text: &Cow<'_, str>| words.get(&**text).copied().unwrap_or_default();
        let numbers = texts.iter().map(|text| text.as_ref().map_or(0, number));
        let known = Bits::of_each(texts, Option::is_some);
        Some(Column::Whole(numbers.collect(), known))
    }

    /// Whether the number of a word is one of those that `is_in`, in any order; the other way round when `negated`.
    pub(super) fn one_of(
        &self,
        numbers: &Column<'b>,
        is_in: &[bool],
        negated: bool,
    ) -> Option<Column<'b>> {
        let Column::Whole(numbers, known) = numbers else {
            return None;
        };
        let holds = |number: i64| {
            let place = usize::try_from(number).ok();
            place.and_then(|place| is_in.get(place)) == Some(&true)
        };
        let found = Bits::of(numbers, holds).and(*known);
        let others = known.without(found);
        let (is_true, is_false) = if negated {
            (others, found)
        } else {
            (found, others)
        };
        Some(Column::Truth(Truths { is_true, is_false }))
    }
}
