//! What ideographs can be written as.

use std::collections::{BTreeMap, BTreeSet};

use stanch_detect::text::{Class, Folder, Views, compositions};

/// One line for each syllable and tone; made by `tests/it/tables.rs`.
static READINGS: &str = include_str!("../../tables/readings.txt");
/// One line for each character with look-alikes; made by the same.
static LOOKS: &str = include_str!("../../tables/looks.txt");

/// Sounds, looks, parts and old forms of the ideographs in general use.
#[derive(Debug)]
pub struct Tables {
    /// Syllable and tone.
    readings: BTreeMap<char, (&'static str, char)>,
    same: BTreeMap<&'static str, Vec<(char, char)>>,
    sound: BTreeMap<&'static str, Vec<char>>,
    close: BTreeMap<String, Vec<char>>,
    dialect: BTreeMap<String, Vec<char>>,
    near: BTreeMap<char, Vec<char>>,
    far: BTreeMap<char, Vec<char>>,
    parts: BTreeMap<char, (char, char)>,
    old: BTreeMap<char, Vec<char>>,
    /// All old forms.
    forms: BTreeSet<char>,
}

impl Tables {
    /// The tables of this crate and what `stanch-detect` folds together.
    #[must_use]
    pub fn own() -> Self {
        let mut tables = Self {
            readings: BTreeMap::new(),
            same: BTreeMap::new(),
            sound: BTreeMap::new(),
            close: BTreeMap::new(),
            dialect: BTreeMap::new(),
            near: BTreeMap::new(),
            far: BTreeMap::new(),
            parts: BTreeMap::new(),
            old: BTreeMap::new(),
            forms: BTreeSet::new(),
        };
        for (name, chars) in READINGS.lines().filter_map(|line| line.split_once(' ')) {
            let (syllable, tone) = name.split_at(name.len().saturating_sub(1));
            let tone = tone.chars().next().unwrap_or('5');
            for c in chars.chars() {
                tables.readings.insert(c, (syllable, tone));
                tables.same.entry(syllable).or_default().push((c, tone));
                tables.sound.entry(syllable).or_default().push(c);
                tables.close.entry(close(syllable)).or_default().push(c);
                tables.dialect.entry(dialect(syllable)).or_default().push(c);
            }
        }
        for (near, far) in LOOKS.lines().filter_map(|line| line.split_once('|')) {
            let mut chars = near.chars();
            if let Some(c) = chars.next() {
                tables.near.insert(c, chars.collect());
                tables.far.insert(c, far.chars().collect());
            }
        }
        for (first, second, whole) in compositions() {
            tables.parts.entry(whole).or_insert((first, second));
        }
        tables.old = old_forms(&tables);
        tables.forms = tables.old.values().flatten().copied().collect();
        tables
    }

    /// Whether `c` is an ideograph that hardly anybody writes, or a letter in another than its own form.
    #[must_use]
    pub fn is_odd(&self, c: char) -> bool {
        match Class::of(c) {
            Class::Han => !self.knows(c) && !self.forms.contains(&c),
            Class::Letter => !c.is_ascii(),
            Class::Digit
            | Class::OtherLetter
            | Class::Mark
            | Class::Space
            | Class::Newline
            | Class::Break
            | Class::Symbol
            | Class::Picture => false,
        }
    }

    /// Whether anything is known of `c`.
    pub(super) fn knows(&self, c: char) -> bool {
        self.readings.contains_key(&c)
    }

    /// Its syllable in letters; empty if it is not known.
    pub(super) fn reading(&self, c: char) -> &'static str {
        self.readings.get(&c).map_or("", |(syllable, _)| syllable)
    }

    /// Characters of its syllable, itself too.
    pub(super) fn same_sound(&self, c: char) -> &[char] {
        self.sound.get(self.reading(c)).map_or(&[], Vec::as_slice)
    }

    /// Characters of its syllable in another tone.
    pub(super) fn other_tone(&self, c: char) -> Vec<char> {
        let Some((syllable, tone)) = self.readings.get(&c) else {
            return Vec::new();
        };
        let all = self.same.get(syllable).into_iter().flatten();
        let others = all.filter(|(_, other)| other != tone);
        others.map(|(other, _)| *other).collect()
    }

    /// Characters whose syllable typists confuse with its own.
    pub(super) fn close_sound(&self, c: char) -> &[char] {
        let key = close(self.reading(c));
        self.close.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Characters whose syllable some dialect makes one with its own.
    pub(super) fn dialect_sound(&self, c: char) -> &[char] {
        let key = dialect(self.reading(c));
        self.dialect.get(&key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn near_looks(&self, c: char) -> &[char] {
        self.near.get(&c).map_or(&[], Vec::as_slice)
    }

    pub(super) fn far_looks(&self, c: char) -> &[char] {
        let far = self.far.get(&c).map_or(&[][..], Vec::as_slice);
        if far.is_empty() {
            self.near_looks(c)
        } else {
            far
        }
    }

    /// Its two parts, side by side.
    pub(super) fn parts(&self, c: char) -> Option<(char, char)> {
        self.parts.get(&c).copied()
    }

    /// Characters that fold to it.
    pub(super) fn old_forms(&self, c: char) -> &[char] {
        self.old.get(&c).map_or(&[], Vec::as_slice)
    }
}

/// Ideographs outside general use that fold to one in it.
fn old_forms(tables: &Tables) -> BTreeMap<char, Vec<char>> {
    let mut folder = Folder::new(Views::Plain);
    let mut old: BTreeMap<char, Vec<char>> = BTreeMap::new();
    let mut text = [0; 4];
    for c in ('\u{3400}'..='\u{9fff}').filter(|c| !tables.knows(*c)) {
        let Ok(folded) = folder.fold(c.encode_utf8(&mut text)) else {
            continue;
        };
        if let [to] = folded.plain()
            && *to != c
            && tables.knows(*to)
        {
            old.entry(*to).or_default().push(c);
        }
    }
    old
}

/// A syllable without what typists confuse: zh/z, ch/c, sh/s, l/n at its start, ng/n at its end.
fn close(syllable: &str) -> String {
    let (start, rest) = match syllable.as_bytes() {
        [b'z' | b'c' | b's', b'h', ..] => syllable.split_at(2),
        [_, ..] => syllable.split_at(1),
        [] => ("", ""),
    };
    let start = match start {
        "zh" => "z",
        "ch" => "c",
        "sh" => "s",
        "l" => "n",
        other => other,
    };
    let rest = match rest.strip_suffix('g') {
        Some(nasal) if nasal.ends_with('n') => nasal,
        Some(_) | None => rest,
    };
    format!("{start}{rest}")
}

/// A syllable without what dialects make one: f/h and zh/z at its start, r/l too.
fn dialect(syllable: &str) -> String {
    let plain = syllable
        .replace("zh", "z")
        .replace("ch", "c")
        .replace("sh", "s");
    match plain.split_at(plain.len().min(1)) {
        ("f", rest) => format!("h{}", rest.trim_start_matches('u')),
        ("h", rest) => format!("h{}", rest.trim_start_matches('u')),
        ("r", rest) => format!("l{rest}"),
        (start, rest) => format!("{start}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_looks_parts_and_old_forms_are_known() {
        let tables = Tables::own();
        assert_eq!(tables.reading('张'), "zhang");
        assert!(tables.same_sound('微').contains(&'威'));
        assert!(tables.other_tone('微').contains(&'伟'));
        assert!(!tables.other_tone('微').contains(&'威'));
        assert!(tables.close_sound('张').contains(&'赞'));
        assert!(tables.dialect_sound('飞').contains(&'黑'));
        assert!(tables.near_looks('未').contains(&'末'));
        assert!(!tables.far_looks('未').is_empty());
        assert_eq!(tables.parts('好'), Some(('女', '子')));
        assert!(tables.old_forms('单').contains(&'單'));
        assert!(!tables.knows('a'));
        for (c, is_odd) in [
            ('好', false),
            ('單', false),
            ('a', false),
            ('ⓐ', true),
            ('龘', true),
        ] {
            assert_eq!(tables.is_odd(c), is_odd, "{c}");
        }
    }
}
