//! The committed tables of disguises, made anew from `char_variants`.
//!
//! `cargo xtask tables` runs this test with `STANCH_WRITE_TABLES=1`, which writes instead of comparing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// Most look-alikes of a character in each list.
const LOOKS_MAX: usize = 10;

fn sources() -> Option<PathBuf> {
    let shared = std::env::var_os("STANCH_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/char_variants");
    folder.is_dir().then_some(folder)
}

fn text(folder: &Path, name: &str) -> String {
    let file = File::open(folder.join(name)).expect("table is there");
    let mut text = String::new();
    GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("gzip of UTF-8");
    text
}

fn one(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// Pinyin with its tone as a digit, `v` for ü: `lǜ` is `lv4`, a light tone 5.
fn numbered(pinyin: &str) -> String {
    let marks = ["āēīōūǖ", "áéíóúǘ", "ǎěǐǒǔǚ", "àèìòùǜ"];
    let mut tone = 5;
    let mut plain = String::new();
    for c in pinyin.chars() {
        let found = marks
            .iter()
            .zip(1..)
            .find_map(|(row, tone)| Some((row.chars().position(|m| m == c)?, tone)));
        match (found, c) {
            (Some((vowel, mark)), _) => {
                tone = mark;
                plain.extend("aeiouv".chars().nth(vowel));
            }
            (None, 'ü') => plain.push('v'),
            (None, c) => plain.push(c),
        }
    }
    format!("{plain}{tone}")
}

/// A line for each syllable and tone: its characters of the general list.
fn readings(folder: &Path) -> (String, BTreeSet<char>) {
    let mut syllables: BTreeMap<String, BTreeSet<char>> = BTreeMap::new();
    let mut general = BTreeSet::new();
    let source = text(folder, "pinyin_mandarin_8105.txt.gz");
    for line in source.lines().filter_map(|line| line.strip_prefix("U+")) {
        let (code, rest) = line.split_once(':').expect("code and reading");
        let code = u32::from_str_radix(code, 16).expect("a code point");
        let c = char::from_u32(code).expect("a character");
        let first = rest.split(['#', ',', ' ']).find(|word| !word.is_empty());
        let name = numbered(first.expect("a reading"));
        if name.is_ascii() {
            general.insert(c);
            syllables.entry(name).or_default().insert(c);
        }
    }
    let mut lines = String::new();
    for (name, chars) in syllables {
        lines.push_str(&name);
        lines.push(' ');
        lines.extend(chars);
        lines.push('\n');
    }
    (lines, general)
}

/// A line for each character of the general list: itself, its near look-alikes, and after a bar its farther ones.
fn looks(folder: &Path, general: &BTreeSet<char>) -> String {
    let mut near: BTreeMap<char, Vec<char>> = BTreeMap::new();
    let mut far: BTreeMap<char, Vec<char>> = BTreeMap::new();
    let pairs = |name: &str, to: &mut BTreeMap<char, Vec<char>>| {
        for line in text(folder, name).lines() {
            if let Some((c, others)) = line.split_once(' ')
                && let Some(c) = one(c)
            {
                to.entry(c).or_default().extend(others.trim().chars());
            }
        }
    };
    pairs("shape_similar_cv.txt.gz", &mut near);
    for line in text(folder, "same_stroke.txt.gz").lines() {
        let group: Vec<char> = line.split('\t').filter_map(one).collect();
        for c in &group {
            near.entry(*c).or_default().extend(&group);
        }
    }
    pairs("shape_similar_cv_wide.txt.gz", &mut far);
    let mut lines = String::new();
    for c in general {
        let mut seen = BTreeSet::from([*c]);
        let mut take = |from: &BTreeMap<char, Vec<char>>| -> String {
            let others = from.get(c).into_iter().flatten().copied();
            let others = others.filter(|other| general.contains(other) && seen.insert(*other));
            others.take(LOOKS_MAX).collect()
        };
        let (near, far) = (take(&near), take(&far));
        if !near.is_empty() || !far.is_empty() {
            lines.push_str(&format!("{c}{near}|{far}\n"));
        }
    }
    lines
}

#[test]
fn committed_tables_are_what_the_sources_give() {
    let Some(sources) = sources() else {
        eprintln!("SKIPPED: no data/char_variants (set STANCH_SHARED); tables not regenerated");
        return;
    };
    let (readings, general) = readings(&sources);
    let looks = looks(&sources, &general);
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("tables");
    let write = std::env::var_os("STANCH_WRITE_TABLES").is_some();
    for (name, made) in [("readings.txt", readings), ("looks.txt", looks)] {
        let path = target.join(name);
        if write {
            fs::write(&path, &made).expect("table written");
        }
        let kept = fs::read_to_string(&path).expect("table read");
        assert!(kept == made, "{name} differs: run `cargo xtask tables`");
    }
}
