//! How many tests passed, read from what the test runners print.

use std::fmt;

/// Counts of tests. A step whose program counts nothing is one test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

impl Tally {
    /// Adds `other`.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// What a step's log says, made to agree with whether the step as a whole passed.
    pub fn of_step(log: &str, passed: bool) -> Self {
        let mut tally = Self::default();
        for line in log.lines() {
            tally.add(of_line(&without_colours(line)));
        }
        if passed && tally.passed == 0 {
            tally.passed = 1;
        }
        if !passed && tally.failed == 0 {
            tally.failed = 1;
        }
        tally
    }
}

/// What one line of a runner says: the last line of nextest, of each binary under `cargo test`, of vitest's
/// tests, and of our own browser run.
fn of_line(line: &str) -> Tally {
    let line = line.trim();
    let counts = if let Some(rest) = line.strip_prefix("Summary [") {
        rest.split_once("tests run:").map(|(_, counts)| counts)
    } else if let Some(rest) = line.strip_prefix("test result:") {
        Some(rest)
    } else if let Some(rest) = line.strip_prefix("Tests ") {
        Some(rest)
    } else if line.contains(" passed, ") && line.ends_with(" skipped") {
        Some(line)
    } else {
        None
    };
    let Some(counts) = counts else {
        return Tally::default();
    };
    let number_before = |word: &str| {
        counts
            .split([',', ';', '|', '.', '('])
            .filter_map(|part| part.trim().strip_suffix(word))
            .filter_map(|number| number.split_whitespace().last()?.parse::<u64>().ok())
            .sum::<u64>()
    };
    Tally {
        passed: number_before("passed"),
        failed: number_before("failed"),
        skipped: number_before("skipped") + number_before("ignored") + number_before("todo"),
    }
}

/// `line` without ANSI escape sequences.
fn without_colours(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            for skipped in chars.by_ref() {
                if skipped.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
        Tally {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn lines_of_the_runners() {
        for (line, expected) in [
            (
                "     Summary [   4.186s] 58 tests run: 58 passed, 0 skipped",
                tally(58, 0, 0),
            ),
            (
                "     Summary [   4.186s] 58 tests run: 55 passed (2 slow), 3 failed, 4 skipped",
                tally(55, 3, 4),
            ),
            (
                "test result: ok. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out",
                tally(12, 1, 2),
            ),
            (
                "      Tests  2 failed | 40 passed | 1 skipped (43)",
                tally(40, 2, 1),
            ),
            (
                "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[32m12 passed\u{1b}[39m\u{1b}[22m (12)",
                tally(12, 0, 0),
            ),
            (" Test Files  3 passed (3)", tally(0, 0, 0)),
            ("9 passed, 0 failed, 0 skipped", tally(9, 0, 0)),
            ("he passed, she failed", tally(0, 0, 0)),
        ] {
            assert_eq!(of_line(&without_colours(line)), expected, "{line}");
        }
    }

    #[test]
    fn the_tally_agrees_with_the_outcome() {
        assert_eq!(Tally::of_step("", true), tally(1, 0, 0));
        assert_eq!(Tally::of_step("", false), tally(0, 1, 0));
        assert_eq!(
            Tally::of_step("test result: ok. 12 passed; 0 failed; 0 ignored", false),
            tally(12, 1, 0)
        );
    }

    #[test]
    fn the_last_line_has_its_exact_form() {
        assert_eq!(tally(1, 2, 3).to_string(), "1 passed, 2 failed, 3 skipped");
    }
}
