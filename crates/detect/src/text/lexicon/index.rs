//! All places where one of very many sequences begins.
//!
//! Most places begin none. Each is asked one question that nearly always answers no from the second cache: could a
//! sequence begin with these two symbols? (A bitmap by a hash of both.) Only then a hash table is walked: two symbols
//! lead to an entry, each further symbol to the next, and as soon as one sequence alone is left, the rest of it is
//! compared. A place costs at most [`SYMBOLS_MAX`] steps, so that hostile texts stay linear.

/// Most symbols in a sequence; also the most steps for one place of a text.
pub(super) const SYMBOLS_MAX: usize = 64;

/// Symbols have 21 bits; a node has 21 bits and a mark above them.
const SYMBOL_BITS: u32 = 21;
const SYMBOL_MASK: u64 = (1 << SYMBOL_BITS) - 1;
const NODE_MARK: u64 = 1 << SYMBOL_BITS;
const KEY_BITS: u32 = 2 * SYMBOL_BITS + 1;
const KEY_MASK: u64 = (1 << KEY_BITS) - 1;

/// No form, no node.
const NONE: u32 = u32::MAX;
/// In `next`: one form is left, and this is its number.
const TAIL: u32 = 1 << 31;

/// What two symbols, or a node and a symbol, lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key, and above it the next symbol of a tail.
    pub(super) tagged: u64,
    /// [`NONE`], a node, or a form with [`TAIL`].
    pub(super) next: u32,
    /// The form that ends here, or [`NONE`].
    pub(super) ends: u32,
}

const EMPTY: Entry = Entry {
    tagged: u64::MAX,
    next: NONE,
    ends: NONE,
};

/// An index of sequences of symbols ("forms"), numbered as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Whether two symbols may begin a form; the number of bits is a power of two.
    pub(super) pairs: Vec<u64>,
    /// Open addressing; the number of entries is a power of two, at least a third of them empty.
    pub(super) entries: Vec<Entry>,
    /// Symbols of all forms, one after the other.
    pub(super) symbols: Vec<u32>,
    /// Where each form's symbols end; they begin where the one before ends.
    pub(super) ends: Vec<u32>,
    /// Forms of one symbol, sorted by it.
    pub(super) singles: Vec<(u32, u32)>,
    /// Whether one symbol may be a form, by its lowest bits; empty if there are no such forms.
    pub(super) single_bits: Vec<u64>,
}

/// Bits of `single_bits`.
const SINGLE_BITS: usize = 1 << 12;

fn key(first: u64, second: u32) -> u64 {
    first << SYMBOL_BITS | u64::from(second)
}

fn slot(key: u64) -> usize {
    // The upper half of the product is mixed well; a table never has more than 2^32 entries.
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

fn pair_bit(first: u32, second: u32) -> usize {
    let mixed = first.wrapping_mul(0x9e37_79b1) ^ second.wrapping_mul(0x85eb_ca6b);
    (mixed ^ (mixed >> 15)) as usize
}

impl Index {
    /// The index of `forms`, which must be sorted, differ, and have 1 to [`SYMBOLS_MAX`] symbols below 2^21.
    pub(super) fn build(forms: &[Vec<u32>]) -> Self {
        let mut index = Self::default();
        for form in forms {
            index.symbols.extend(form);
            index.ends.push(index.symbols.len() as u32);
        }
        let mut found = Vec::new();
        let mut nodes = 0;
        for (number, form) in forms.iter().enumerate() {
            if let [only] = form.as_slice() {
                index.singles.push((*only, number as u32));
            }
        }
        index.fill_singles();
        // Groups of forms that share the symbols before `depth`: what leads to each, and which forms.
        let mut groups: Vec<(u64, usize, std::ops::Range<usize>)> = Vec::new();
        let all = forms.iter().enumerate();
        for (number, form) in all {
            let [first, second, ..] = form.as_slice() else {
                continue;
            };
            let key = key(u64::from(*first), *second);
            match groups.last_mut() {
                Some((last, _, range)) if *last == key => range.end = number + 1,
                Some(_) | None => groups.push((key, 2, number..number + 1)),
            }
        }
        let pairs = groups.len();
        while let Some((key, depth, range)) = groups.pop() {
            found.push(entry(forms, key, depth, range, &mut nodes, &mut groups));
        }
        index.fill_pairs(pairs, &found);
        index.fill_entries(&found);
        index
    }

    /// Makes what is not stored: the bits of the forms of one symbol.
    pub(super) fn fill_singles(&mut self) {
        self.single_bits.clear();
        if !self.singles.is_empty() {
            self.single_bits.resize(SINGLE_BITS / 64, 0);
        }
        for (symbol, _) in &self.singles {
            let bit = *symbol as usize % SINGLE_BITS;
            if let Some(word) = self.single_bits.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
    }

    fn fill_pairs(&mut self, count: usize, found: &[Entry]) {
        let bits = (count * 16).next_power_of_two().max(1 << 12);
        self.pairs = vec![0; bits / 64];
        for entry in found {
            let first = (entry.tagged & KEY_MASK) >> SYMBOL_BITS;
            if first & NODE_MARK == 0 {
                let second = entry.tagged & SYMBOL_MASK;
                let bit = pair_bit(first as u32, second as u32) & (bits - 1);
                if let Some(word) = self.pairs.get_mut(bit / 64) {
                    *word |= 1 << (bit % 64);
                }
            }
        }
    }

    fn fill_entries(&mut self, found: &[Entry]) {
        let size = (found.len() * 3 / 2 + 1).next_power_of_two();
        self.entries = vec![EMPTY; size];
        for entry in found {
            let mut at = slot(entry.tagged & KEY_MASK) & (size - 1);
            while self.entries.get(at).is_some_and(|slot| *slot != EMPTY) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = self.entries.get_mut(at) {
                *slot = *entry;
            }
        }
    }

    fn lookup(&self, key: u64) -> Option<Entry> {
        let mask = self.entries.len().checked_sub(1)?;
        let mut at = slot(key) & mask;
        // A table read from a file may have no empty slot; the count bounds the search.
        for _ in 0..=mask {
            let entry = *self.entries.get(at)?;
            if entry.tagged & KEY_MASK == key {
                return Some(entry);
            }
            if entry.tagged == u64::MAX {
                return None;
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// The symbols of a form; none if there is no such form.
    pub(super) fn form(&self, number: u32) -> &[u32] {
        let number = number as usize;
        let start = match number.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(u32::MAX),
            None => 0,
        };
        let end = self.ends.get(number).copied().unwrap_or(0);
        self.symbols
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// Calls `hit` with (start, end, form) for every form at every place of `text`, by start, shorter first.
    pub(super) fn find<S: Copy + Into<u32>>(
        &self,
        text: &[S],
        mut hit: impl FnMut(usize, usize, u32),
    ) {
        if !self.singles.is_empty() {
            self.find_singles(text, &mut hit);
        }
        let mask = (self.pairs.len() * 64).wrapping_sub(1);
        if self.pairs.is_empty() {
            return;
        }
        let pairs = text.iter().zip(text.iter().skip(1)).enumerate();
        for (start, (first, second)) in pairs {
            let (first, second): (u32, u32) = ((*first).into(), (*second).into());
            let bit = pair_bit(first, second) & mask;
            let word = self.pairs.get(bit / 64).copied().unwrap_or(0);
            if (word >> (bit % 64)) & 1 == 1 {
                self.walk(text, start, key(u64::from(first), second), &mut hit);
            }
        }
    }

    fn find_singles<S: Copy + Into<u32>>(
        &self,
        text: &[S],
        hit: &mut impl FnMut(usize, usize, u32),
    ) {
        for (start, symbol) in text.iter().enumerate() {
            let symbol: u32 = (*symbol).into();
            let bit = symbol as usize % SINGLE_BITS;
            let word = self.single_bits.get(bit / 64).copied().unwrap_or(0);
            if (word >> (bit % 64)) & 1 == 0 {
                continue;
            }
            let found = self
                .singles
                .binary_search_by_key(&symbol, |(symbol, _)| *symbol);
            if let Some((_, form)) = found.ok().and_then(|at| self.singles.get(at)) {
                hit(start, start + 1, *form);
            }
        }
    }

    #[inline(never)]
    fn walk<S: Copy + Into<u32>>(
        &self,
        text: &[S],
        start: usize,
        first: u64,
        hit: &mut impl FnMut(usize, usize, u32),
    ) {
        let mut key_now = first;
        for depth in 2..=SYMBOLS_MAX {
            let Some(entry) = self.lookup(key_now) else {
                return;
            };
            if entry.ends != NONE {
                hit(start, start + depth, entry.ends);
            }
            let Some(next) = text.get(start + depth).map(|symbol| (*symbol).into()) else {
                return;
            };
            if entry.next == NONE {
                return;
            }
            if entry.next & TAIL != 0 {
                let form = entry.next & !TAIL;
                if entry.tagged >> KEY_BITS == u64::from(next) {
                    self.compare_tail(text, start, depth, form, hit);
                }
                return;
            }
            key_now = key(u64::from(entry.next) | NODE_MARK, next);
        }
    }

    fn compare_tail<S: Copy + Into<u32>>(
        &self,
        text: &[S],
        start: usize,
        depth: usize,
        number: u32,
        hit: &mut impl FnMut(usize, usize, u32),
    ) {
        let form = self.form(number);
        let end = start + form.len();
        let (Some(rest), Some(there)) = (form.get(depth..), text.get(start + depth..end)) else {
            return;
        };
        if rest
            .iter()
            .zip(there)
            .all(|(symbol, there)| *symbol == (*there).into())
        {
            hit(start, end, number);
        }
    }
}

/// The entry for the forms `range`, which share what leads to `key` and their first `depth` symbols; groups below it
/// are pushed.
fn entry(
    forms: &[Vec<u32>],
    key_here: u64,
    depth: usize,
    range: std::ops::Range<usize>,
    nodes: &mut u32,
    groups: &mut Vec<(u64, usize, std::ops::Range<usize>)>,
) -> Entry {
    let symbol = |number: usize| forms.get(number).and_then(|form| form.get(depth)).copied();
    let mut entry = Entry {
        tagged: key_here,
        ..EMPTY
    };
    let mut below = range;
    // Sorted: a form that ends here comes first.
    if symbol(below.start).is_none() {
        entry.ends = below.start as u32;
        below.start += 1;
    }
    match below.len() {
        0 => {}
        1 => {
            entry.next = TAIL | below.start as u32;
            entry.tagged |= u64::from(symbol(below.start).unwrap_or(0)) << KEY_BITS;
        }
        _ => {
            entry.next = *nodes;
            let node = u64::from(*nodes) | NODE_MARK;
            *nodes += 1;
            let mut start = below.start;
            while start < below.end {
                let shared = symbol(start);
                let end = (start..below.end)
                    .find(|number| symbol(*number) != shared)
                    .unwrap_or(below.end);
                groups.push((key(node, shared.unwrap_or(0)), depth + 1, start..end));
                start = end;
            }
        }
    }
    entry
}
