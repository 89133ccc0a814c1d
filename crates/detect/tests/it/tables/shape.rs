//! Classes of characters that look alike, each standing for its first member.

use std::collections::BTreeMap;

use super::facts::Chinese;
use super::letters::Folding;
use super::trie::Trie;

/// Most members of a class: machine-made lists are noisy, and chains of pairs would join everything.
const MEMBERS_MAX: usize = 5;

/// Pairs that people write for each other though no list has them, and kana or Latin that pass for ideographs.
const OWN: &[(char, &str)] = &[
    ('微', "徽徵薇溦"),
    ('卡', "咔佧"),
    ('信', "伩"),
    ('口', "ロ囗"),
    ('二', "ニ"),
    ('力', "カ"),
    ('工', "エ"),
    ('夕', "タ"),
    ('卜', "ト"),
    ('八', "ハ"),
    ('千', "チ"),
    ('三', "ミ"),
    ('才', "オ"),
    ('比', "匕"),
    ('日', "曰"),
    ('未', "末"),
    ('己', "已巳"),
    ('人', "入"),
    ('土', "士"),
    ('大', "犬太"),
    ('王', "玉主"),
    ('天', "夭无"),
    ('干', "于"),
    ('贷', "贳"),
    ('币', "帀"),
    ('群', "羣"),
    ('裙', "裠"),
    ('o', "0"),
    ('l', "1i"),
    ('s', "5"),
    ('z', "2"),
    ('b', "8"),
];

/// The table of `c ^ representative`.
pub fn build(chinese: &Chinese, folding: &Folding) -> Trie {
    let mut classes = Classes::default();
    for (first, others) in OWN {
        for other in others.chars() {
            classes.join(*first, other);
        }
    }
    let general = |c: char| chinese.is_general(c);
    let lists = |map: &BTreeMap<char, std::collections::BTreeSet<char>>, a: char, b: char| {
        map.get(&a).is_some_and(|others| others.contains(&b))
    };
    for (a, others) in &chinese.alike {
        for b in others {
            if lists(&chinese.alike, *b, *a) && general(*a) && general(*b) {
                classes.join_small(*a, *b);
            }
        }
    }
    for group in &chinese.groups {
        for (a, b) in group.iter().zip(group.iter().skip(1)) {
            let seen = [&chinese.alike, &chinese.alike_wide]
                .iter()
                .any(|map| lists(map, *a, *b) || lists(map, *b, *a));
            if seen {
                classes.join_small(*a, *b);
            }
        }
    }
    Trie::build(true, |code| {
        let Some(c) = char::from_u32(code) else {
            return 0;
        };
        if folding.of(c) == c.to_string() {
            let to = classes.first(c);
            // A member may fold to another character (徵 -> 征); then it never gets here, nor stands for others.
            return if folding.of(to) == to.to_string() {
                code ^ to as u32
            } else {
                0
            };
        }
        0
    })
}

#[derive(Default)]
struct Classes {
    members: BTreeMap<char, Vec<char>>,
    first: BTreeMap<char, char>,
}

impl Classes {
    fn first(&self, c: char) -> char {
        self.first.get(&c).copied().unwrap_or(c)
    }

    fn size(&self, c: char) -> usize {
        self.members.get(&c).map_or(1, Vec::len)
    }

    fn join_small(&mut self, a: char, b: char) {
        let (a, b) = (self.first(a), self.first(b));
        if self.size(a) + self.size(b) <= MEMBERS_MAX {
            self.join(a, b);
        }
    }

    fn join(&mut self, a: char, b: char) {
        let (a, b) = (self.first(a), self.first(b));
        if a == b {
            return;
        }
        let moved = self.members.remove(&b).unwrap_or_else(|| vec![b]);
        for c in &moved {
            self.first.insert(*c, a);
        }
        self.members
            .entry(a)
            .or_insert_with(|| vec![a])
            .extend(moved);
    }
}
