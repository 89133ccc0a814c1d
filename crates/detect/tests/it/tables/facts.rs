//! What `char_variants` says about Chinese characters.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

/// The facts of `char_variants`, as its files give them.
pub struct Chinese {
    /// Traditional -> simplified (chaizi).
    pub simplified: BTreeMap<char, char>,
    /// Character -> its most common reading, with tone marks (pinyin-data).
    pub reading: BTreeMap<char, String>,
    /// The 8105 characters of the general list.
    general: BTreeSet<char>,
    /// Character -> its parts, one entry a way to split it (chaizi).
    pub parts: Vec<(char, Vec<char>)>,
    /// Character -> look-alikes (SimilarCharacter).
    pub alike: BTreeMap<char, BTreeSet<char>>,
    /// The same, the wider list.
    pub alike_wide: BTreeMap<char, BTreeSet<char>>,
    /// Groups of look-alikes (pycorrector).
    pub groups: Vec<Vec<char>>,
}

impl Chinese {
    pub fn is_general(&self, c: char) -> bool {
        self.general.contains(&c)
    }

    /// A bit for each character of the main block, set for those of the general list, eight to a byte, lowest first.
    pub fn general_bits(&self) -> Vec<u8> {
        let mut bits = vec![0; (0x9FFF - 0x4E00 + 1) / 8];
        for c in &self.general {
            let at = u32::from(*c).wrapping_sub(0x4E00) as usize;
            if let Some(byte) = bits.get_mut(at / 8) {
                *byte |= 1 << (at % 8);
            }
        }
        bits
    }

    pub fn read(folder: &Path) -> Self {
        let text = |name: &str| {
            let file = File::open(folder.join(name)).expect("table is there");
            let mut text = String::new();
            GzDecoder::new(file)
                .read_to_string(&mut text)
                .expect("gzip of UTF-8");
            text
        };
        let (general, mut reading) = readings(&text("pinyin_mandarin_8105.txt.gz"));
        for (c, pinyin) in readings(&text("pinyin_all.txt.gz")).1 {
            reading.entry(c).or_insert(pinyin);
        }
        let groups = text("same_stroke.txt.gz");
        Self {
            simplified: simplified(&text("fanjian_suoyin.txt.gz")),
            reading,
            general,
            parts: parts(&text("chaizi_jt.txt.gz")),
            alike: alike(&text("shape_similar_cv.txt.gz")),
            alike_wide: alike(&text("shape_similar_cv_wide.txt.gz")),
            groups: groups
                .lines()
                .map(|line| line.split('\t').filter_map(one).collect())
                .collect(),
        }
    }
}

/// The only character of `text`.
pub fn one(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// A character that is its own simplified form among others keeps itself; else the first form listed counts.
fn simplified(text: &str) -> BTreeMap<char, char> {
    let mut forms: BTreeMap<char, Vec<char>> = BTreeMap::new();
    for (from, to) in text.lines().filter_map(|line| line.split_once('\t')) {
        if let (Some(from), Some(to)) = (one(from.trim()), one(to.trim()))
            && to != '□'
        {
            forms.entry(from).or_default().push(to);
        }
    }
    forms
        .into_iter()
        .filter(|(from, to)| !to.contains(from))
        .filter_map(|(from, to)| Some((from, *to.first()?)))
        .collect()
}

fn readings(text: &str) -> (BTreeSet<char>, BTreeMap<char, String>) {
    let (mut listed, mut reading) = (BTreeSet::new(), BTreeMap::new());
    for line in text.lines().filter_map(|line| line.strip_prefix("U+")) {
        let Some((code, rest)) = line.split_once(':') else {
            continue;
        };
        let Some(c) = u32::from_str_radix(code, 16).ok().and_then(char::from_u32) else {
            continue;
        };
        let first = rest.split(['#', ',', ' ']).find(|word| !word.is_empty());
        if let Some(first) = first {
            listed.insert(c);
            reading.insert(c, first.to_owned());
        }
    }
    (listed, reading)
}

fn parts(text: &str) -> Vec<(char, Vec<char>)> {
    let mut all = Vec::new();
    for line in text.lines() {
        let mut fields = line.split('\t');
        let Some(whole) = fields.next().and_then(one) else {
            continue;
        };
        for way in fields {
            let parts: Option<Vec<char>> = way.split_whitespace().map(one).collect();
            if let Some(parts) = parts {
                all.push((whole, parts));
            }
        }
    }
    all
}

fn alike(text: &str) -> BTreeMap<char, BTreeSet<char>> {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(c, others)| Some((one(c)?, others.trim().chars().collect())))
        .collect()
}
