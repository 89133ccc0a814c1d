//! One byte of a hash for each value, so that a value is looked for in an eighth of the memory it takes itself.
//!
//! Eight tags lie in a word, the first in its lowest byte. Bytes beyond the last event hold anything.

use crate::window::key::spread;

/// The lowest bit of every byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// All bits of every byte but the highest.
const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
/// Tags of a word.
const TAGS: usize = 8;

/// Words that hold the tags of this many events.
pub(super) const fn words(rows: usize) -> usize {
    rows.div_ceil(TAGS)
}

/// The tag of a value.
pub(super) fn of(word: i64) -> u8 {
    (spread(word.cast_unsigned()) >> 56) as u8
}

/// Puts a tag before the one at `at`, moving the later ones up; the last byte falls out.
pub(super) fn insert(tags: &mut [i64], at: usize, tag: u8) {
    let (first, shift) = (at / TAGS, 8 * (at % TAGS) as u32);
    let mut carried = u64::from(tag);
    for (ix, place) in tags.iter_mut().enumerate().skip(first) {
        let word = place.cast_unsigned();
        let (kept, moved, room) = match ix == first {
            true => (word & !(u64::MAX << shift), word & u64::MAX << shift, shift),
            false => (0, word, 0),
        };
        *place = (kept | moved << 8 | carried << room).cast_signed();
        carried = word >> 56;
    }
}

/// Moves the tags from `count` on to the front.
pub(super) fn trim(tags: &mut [i64], count: usize) {
    tags.copy_within(count / TAGS.., 0);
    let shift = 8 * (count % TAGS) as u32;
    if shift > 0 {
        let mut above = 0;
        for place in tags.iter_mut().rev() {
            let word = place.cast_unsigned();
            *place = (word >> shift | above << (64 - shift)).cast_signed();
            above = word;
        }
    }
}

/// The last event before `end` with this tag.
pub(super) fn last(tags: &[i64], end: usize, tag: u8) -> Option<usize> {
    let mut end = end;
    while end > 0 {
        let ix = (end - 1) / TAGS;
        let here = end - ix * TAGS;
        let beyond = u64::MAX.checked_shl(8 * here as u32).unwrap_or(0);
        let found = equal(*tags.get(ix)?, tag) & !beyond;
        if found != 0 {
            return Some(ix * TAGS + (63 - found.leading_zeros() as usize) / 8);
        }
        end = ix * TAGS;
    }
    None
}

/// The first event from `from` on and before `end` with this tag.
pub(super) fn first(tags: &[i64], (from, end): (usize, usize), tag: u8) -> Option<usize> {
    let mut from = from;
    while from < end {
        let ix = from / TAGS;
        let found = equal(*tags.get(ix)?, tag) & u64::MAX << (8 * (from % TAGS));
        if found != 0 {
            let at = ix * TAGS + found.trailing_zeros() as usize / 8;
            return (at < end).then_some(at);
        }
        from = (ix + 1) * TAGS;
    }
    None
}

/// The highest bit of every byte that is this tag.
fn equal(word: i64, tag: u8) -> u64 {
    let differs = word.cast_unsigned() ^ (ONES * u64::from(tag));
    !(((differs & LOW) + LOW) | differs | LOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(tags: &[i64]) -> Vec<u8> {
        tags.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn tags_are_moved_and_found_like_bytes() {
        let mut seed = 7_u64;
        let mut below = |end: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % end
        };
        for rows in [1, 7, 8, 9, 24, 128] {
            let mut tags = vec![0_i64; words(rows)];
            let mut plain: Vec<u8> = Vec::new();
            for _ in 0..2_000 {
                if plain.len() == rows {
                    let count = 1 + below(rows);
                    trim(&mut tags, count);
                    plain.drain(..count);
                }
                let (at, tag) = (below(plain.len() + 1), [0, 1, 127, 128, 255][below(5)]);
                insert(&mut tags, at, tag);
                plain.insert(at, tag);
                assert_eq!(bytes(&tags)[..plain.len()], plain);
                let (from, tag) = (below(plain.len() + 1), [0, 1, 127, 128, 255, 3][below(6)]);
                let head = plain[..from].iter().rposition(|known| *known == tag);
                assert_eq!(last(&tags, from, tag), head);
                let tail = plain[from..].iter().position(|known| *known == tag);
                let tail = tail.map(|at| from + at);
                assert_eq!(first(&tags, (from, plain.len()), tag), tail);
            }
        }
    }
}
