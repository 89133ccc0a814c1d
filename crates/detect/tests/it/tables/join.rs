//! Pairs of characters that, written side by side, are one character taken apart (女 子 for 好).

use std::collections::BTreeMap;

use super::facts::Chinese;
use super::letters::Folding;

/// Parts that are printed as a radical's own sign are typed as the character they come from.
fn typed(part: char) -> char {
    match part {
        '亻' => '人',
        '氵' => '水',
        '扌' => '手',
        '讠' => '言',
        '钅' => '金',
        '忄' => '心',
        '纟' => '丝',
        '饣' => '食',
        '犭' => '犬',
        '艹' => '草',
        '刂' => '刀',
        '礻' => '示',
        '衤' => '衣',
        '辶' => '走',
        other => other,
    }
}

/// First part, second part -> whole. Only wholes of the general list of 8105
/// characters whose parts stand side by side or one above the other as two; the first whole listed wins.
pub fn rows(chinese: &Chinese, folding: &Folding) -> BTreeMap<(char, char), char> {
    let folded = |c: char| {
        let text = folding.of(c);
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    let mut rows: BTreeMap<(char, char), char> = BTreeMap::new();
    for (whole, parts) in &chinese.parts {
        if !chinese.is_general(*whole) {
            continue;
        }
        let [a, b] = parts.as_slice() else {
            continue;
        };
        for (a, b) in [(*a, *b), (typed(*a), typed(*b))] {
            let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
            if let (Some(a), Some(b), Some(whole)) = (folded(a), folded(b), folded(*whole))
                && is_han(a)
                && is_han(b)
                && is_han(whole)
                && a != whole
                && b != whole
            {
                rows.entry((a, b)).or_insert(whole);
            }
        }
    }
    rows
}

/// The rows as bytes, little end first.
pub fn bytes(rows: &BTreeMap<(char, char), char>) -> Vec<u8> {
    rows.iter()
        .flat_map(|((a, b), whole)| [*a, *b, *whole])
        .flat_map(|c| (c as u16).to_le_bytes())
        .collect()
}
