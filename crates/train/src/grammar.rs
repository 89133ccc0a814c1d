//! Texts of our own making: a grammar of scam scripts and of the ordinary messages they resemble.
//!
//! Scenes for which there are no data, or none that may be shipped, are learned from these. A file has one rule a line:
//!
//! - `name = alternative | alternative`: a rule;
//! - `> label,label = alternative | alternative`: a root; its texts carry these labels;
//! - in an alternative `{name}` is a rule or a builtin ([`Builtin`]), `{name?}` one that is there half of the time, `{name?30}` one
//!   that is there 30 times of a hundred; an alternative may be empty; `#` begins a comment line.
//!
//! All files share one space of names. What a text says is made up; numbers and names in it are random.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::random::Random;

mod builtin;

use builtin::Builtin;

/// The grammar in this crate, by file.
const FILES: [(&str, &str); 9] = [
    ("slots.txt", include_str!("../grammar/slots.txt")),
    ("fraud_zh.txt", include_str!("../grammar/fraud_zh.txt")),
    (
        "fraud_more_zh.txt",
        include_str!("../grammar/fraud_more_zh.txt"),
    ),
    (
        "unwanted_zh.txt",
        include_str!("../grammar/unwanted_zh.txt"),
    ),
    ("benign_zh.txt", include_str!("../grammar/benign_zh.txt")),
    (
        "benign_more_zh.txt",
        include_str!("../grammar/benign_more_zh.txt"),
    ),
    (
        "benign_topics_zh.txt",
        include_str!("../grammar/benign_topics_zh.txt"),
    ),
    ("more_zh.txt", include_str!("../grammar/more_zh.txt")),
    ("en.txt", include_str!("../grammar/en.txt")),
];

/// Deepest nesting of rules.
const DEPTH_MAX: usize = 24;

/// A line of a grammar is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}, line {line}: {why}")]
pub struct GrammarError {
    /// The file.
    pub file: String,
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// Rules and roots.
#[derive(Debug, Clone)]
pub struct Grammar {
    rules: Vec<Vec<Alternative>>,
    roots: Vec<Root>,
}

#[derive(Debug, Clone)]
struct Root {
    labels: Vec<String>,
    alternatives: Vec<Alternative>,
}

type Alternative = Vec<Part>;

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Slot(Slot, u32),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Slot {
    Rule(usize),
    Builtin(Builtin),
}

/// A text and its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The text.
    pub text: String,
    /// Its labels, the kind first (`fraud`, `normal`, `advert`, …), then the scene.
    pub labels: Vec<String>,
    /// Which root it came from.
    pub root: usize,
}

/// A rule as it was written.
struct Written<'a> {
    file: &'a str,
    line: usize,
    name: &'a str,
    body: &'a str,
}

impl Written<'_> {
    fn wrong(&self, why: impl Into<String>) -> GrammarError {
        GrammarError {
            file: self.file.to_owned(),
            line: self.line,
            why: why.into(),
        }
    }
}

impl Grammar {
    /// The grammar in this crate.
    ///
    /// # Errors
    /// Never, as long as the tests of this crate pass.
    pub fn own() -> Result<Self, GrammarError> {
        Self::parse(&FILES)
    }

    /// Reads files: (name, content).
    ///
    /// # Errors
    /// [`GrammarError`] for a line without a name or body, a name twice or unknown, or rules nested too deeply.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, GrammarError> {
        let mut written = Vec::new();
        for (file, content) in files {
            for (line, text) in (1..).zip(content.lines()) {
                let text = text.trim();
                if text.is_empty() || text.starts_with('#') {
                    continue;
                }
                let (name, body) = text.split_once('=').unwrap_or((text, ""));
                let rule = Written {
                    file,
                    line,
                    name: name.trim(),
                    body: body.trim(),
                };
                if rule.name.is_empty() || rule.body.is_empty() {
                    return Err(rule.wrong("expected `name = alternatives`"));
                }
                written.push(rule);
            }
        }
        let mut names = BTreeMap::new();
        for rule in written.iter().filter(|rule| !rule.name.starts_with('>')) {
            let ix = names.len();
            if names.insert(rule.name, ix).is_some() {
                return Err(rule.wrong(format!("`{}` is defined twice", rule.name)));
            }
        }
        let (mut rules, mut roots) = (Vec::new(), Vec::new());
        for rule in &written {
            let alternatives = alternatives(rule, &names)?;
            match rule.name.strip_prefix('>') {
                Some(labels) => roots.push(Root {
                    labels: labels.split(',').map(|l| l.trim().to_owned()).collect(),
                    alternatives,
                }),
                None => rules.push(alternatives),
            }
        }
        let grammar = Self { rules, roots };
        let plain = written.iter().filter(|rule| !rule.name.starts_with('>'));
        for (ix, rule) in plain.enumerate() {
            if grammar.is_deeper(ix, DEPTH_MAX) {
                return Err(rule.wrong(format!("`{}` nests without end", rule.name)));
            }
        }
        Ok(grammar)
    }

    /// Number of roots.
    #[must_use]
    pub fn roots(&self) -> usize {
        self.roots.len()
    }

    /// Different texts: of each root `each`, and more of what must be told from scams (ordinary texts twice, chat and bank
    /// notices four times as many). Roots that cannot say so much say what they can.
    #[must_use]
    pub fn make(&self, each: usize, seed: u64) -> Vec<Made> {
        let mut random = Random::new(seed);
        let mut seen = BTreeSet::new();
        let mut made = Vec::new();
        for (root, Root { labels, .. }) in self.roots.iter().enumerate() {
            let labelled: Vec<&str> = labels.iter().map(String::as_str).collect();
            let wanted = each
                * match labelled.as_slice() {
                    ["normal", "chat" | "bank_notice", ..] => 4,
                    ["normal" | "divert" | "abuse", ..] => 2,
                    [..] => 1,
                };
            let mut own = 0;
            for _ in 0..wanted * 3 {
                if own == wanted {
                    break;
                }
                let text = self.text(root, &mut random);
                if !text.is_empty() && seen.insert(text.clone()) {
                    own += 1;
                    made.push(Made {
                        text,
                        labels: labels.clone(),
                        root,
                    });
                }
            }
        }
        made
    }

    fn text(&self, root: usize, random: &mut Random) -> String {
        let mut text = String::new();
        if let Some(root) = self.roots.get(root) {
            self.say(&root.alternatives, random, 0, &mut text);
        }
        text.trim().to_owned()
    }

    fn say(&self, of: &[Alternative], random: &mut Random, depth: usize, text: &mut String) {
        for part in random.pick(of).into_iter().flatten() {
            match part {
                Part::Text(words) => text.push_str(words),
                Part::Slot(_, chance) if random.below(100) >= u64::from(*chance) => {}
                Part::Slot(Slot::Builtin(builtin), _) => builtin.say(random, text),
                Part::Slot(Slot::Rule(ix), _) if depth < DEPTH_MAX => {
                    let rule = self.rules.get(*ix).map(Vec::as_slice);
                    self.say(rule.unwrap_or_default(), random, depth + 1, text);
                }
                Part::Slot(Slot::Rule(_), _) => {}
            }
        }
    }

    /// Whether a rule nests deeper than `left` rules.
    fn is_deeper(&self, rule: usize, left: usize) -> bool {
        let parts = self.rules.get(rule).into_iter().flatten().flatten();
        let mut inner = parts.filter_map(|part| match part {
            Part::Slot(Slot::Rule(ix), _) => Some(*ix),
            Part::Slot(Slot::Builtin(_), _) | Part::Text(_) => None,
        });
        left == 0 || {
            let inner: BTreeSet<usize> = inner.by_ref().collect();
            inner.into_iter().any(|ix| self.is_deeper(ix, left - 1))
        }
    }
}

fn alternatives(
    rule: &Written<'_>,
    names: &BTreeMap<&str, usize>,
) -> Result<Vec<Alternative>, GrammarError> {
    // Spaces beside the bars are not part of an alternative; more of them are. A bar at the end leaves an empty alternative.
    let body = format!(" {} ", rule.body);
    let inner = body.strip_prefix(' ').unwrap_or(&body);
    let mut split: Vec<&str> = inner.split(" | ").collect();
    if let Some(last) = split.last_mut() {
        *last = last.strip_suffix(' ').unwrap_or(last);
    }
    let split = split.into_iter();
    split.map(|text| parts(rule, text, names)).collect()
}

fn parts(
    rule: &Written<'_>,
    text: &str,
    names: &BTreeMap<&str, usize>,
) -> Result<Alternative, GrammarError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, slot_on)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let (slot, after) = slot_on
            .split_once('}')
            .ok_or_else(|| rule.wrong("`{` without `}`"))?;
        let (name, chance) = match slot.split_once('?') {
            None => (slot, 100),
            Some((name, "")) => (name, 50),
            Some((name, chance)) => {
                let chance = chance.parse().ok().filter(|chance| *chance <= 100);
                (
                    name,
                    chance
                        .ok_or_else(|| rule.wrong(format!("`{slot}` has no chance of 0 to 100")))?,
                )
            }
        };
        let known = names.get(name).map(|ix| Slot::Rule(*ix));
        let known = known.or_else(|| Builtin::of(name).map(Slot::Builtin));
        let slot = known.ok_or_else(|| rule.wrong(format!("`{name}` is not defined")))?;
        parts.push(Part::Slot(slot, chance));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_slots_and_chances_are_followed() {
        let text = "a = x | y\nb = {a}{a?0}{n1-3}\n# no rule\n> fraud,loan_card = {b}! | {a?}";
        let grammar = Grammar::parse(&[("t", text)]).expect("a grammar");
        let made = grammar.make(50, 1);
        let texts: BTreeSet<&str> = made.iter().map(|made| made.text.as_str()).collect();
        let expected = ["x", "x1!", "x2!", "x3!", "y", "y1!", "y2!", "y3!"];
        assert_eq!(texts, BTreeSet::from(expected));
        assert_eq!(made[0].labels, ["fraud", "loan_card"]);
        assert_eq!(grammar.make(50, 1), made);
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (text, why) in [
            ("a = b\na = c", "twice"),
            ("a = {b}", "`b` is not defined"),
            ("a = {b", "without"),
            ("a =", "expected"),
            ("a", "expected"),
            ("a = {n1-2?200}", "chance"),
            ("a = {b}\nb = {a}", "without end"),
        ] {
            let error = Grammar::parse(&[("t", text)]).expect_err("refused");
            assert!(error.to_string().contains(why), "{text}: {error}");
            assert!(error.to_string().starts_with("t, line "), "{error}");
        }
    }

    #[test]
    fn our_own_grammar_says_much_and_never_the_same_twice() {
        let grammar = Grammar::own().expect("whole");
        let made = grammar.make(30, 1);
        let texts: BTreeSet<&str> = made.iter().map(|made| made.text.as_str()).collect();
        assert_eq!(texts.len(), made.len());
        assert!(made.iter().all(|made| !made.text.contains(['{', '}', '|'])));
        let of = |kind: &str| made.iter().filter(|made| made.labels[0] == kind).count();
        assert!(
            of("fraud") > 400 && of("normal") > 400,
            "{} {}",
            of("fraud"),
            of("normal")
        );
        let roots: BTreeSet<usize> = made.iter().map(|made| made.root).collect();
        assert_eq!(roots.len(), grammar.roots());
    }
}
