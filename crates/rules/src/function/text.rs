//! Functions of text.

use std::collections::HashMap;

use super::form::{accepts, argument, functions, is_constant, is_regional, returns};

/// Most characters of each text that `similarity` looks at: its cost grows with their product.
pub const SIMILARITY_CHARS_MAX: usize = 256;

functions! {
    /// Whether `part` occurs in `text`, letter for letter; always true for an empty part.
    CONTAINS = "contains" ["\"safe account\".contains(\"account\")" => "true"] {
        (text: String, part: String) -> Bool = text.contains(part);
    }

    /// Whether `text` begins with `start`.
    STARTS_WITH = "startsWith" ["\"+8613800138000\".startsWith(\"+86\")" => "true"] {
        (text: String, start: String) -> Bool = text.starts_with(start);
    }

    /// Whether `text` ends with `end`.
    ENDS_WITH = "endsWith" ["\"shop.example.top\".endsWith(\".top\")" => "true"] {
        (text: String, end: String) -> Bool = text.ends_with(end);
    }

    /// Whether the regular expression `pattern` (a constant, RE2 syntax) matches anywhere in `text`.
    ///
    /// Runs in time linear in the text. Use `^` and `$` to match the whole text.
    MATCHES = "matches" ["\"tg: ab1234\".matches(\"[a-z]+[0-9]{4}$\")" => "true"] {
        (text: String, pattern: Regex) -> Bool = pattern.is_match(text);
    }

    /// `text` in lower case (Unicode default mapping).
    LOWER = "lower" ["lower(\"VIP Group\")" => "\"vip group\""] {
        (text: String) -> String = text.to_lowercase();
    }

    /// Both texts as one, the same whichever comes first: the key of an exchange, whoever writes.
    PAIR_OF = "pair_of" ["pair_of(\"b\", \"a\") == pair_of(\"a\", \"b\")" => "true"] {
        (a: String, b: String) -> String = pair_of(a, b);
    }

    /// `text` without white space at both ends.
    TRIM = "trim" ["trim(\"  a b \")" => "\"a b\""] {
        (text: String) -> String = text.trim();
    }

    /// Number of characters (Unicode scalar values) of a text, items of a list, or entries of a map.
    SIZE = "size" ["size(\"转账\")" => "2", "size([1, 2, 3])" => "3"] {
        (text: String) -> Int = text.chars().count();
        (list: List) -> Int = list.len();
        (map: Map) -> Int = map.len();
    }

    /// How alike two texts are, 0.0 (nothing in common) to 1.0 (equal).
    ///
    /// One less the number of single-character edits (insert, delete, replace, swap neighbours: optimal string
    /// alignment distance) over the longer text's length. Two empty texts are equal. Only the first 256
    /// characters of each text count.
    SIMILARITY = "similarity" ["similarity(\"alipay.com\", \"alipya.com\")" => "0.9"] {
        (a: String, b: String) -> Double = similarity(a, b);
    }

    /// Number of decimal digits in `text`: `0`-`9` and their full-width forms.
    DIGITS = "digits" ["digits(\"call 138 0013\")" => "7"] {
        (text: String) -> Int = digits(text);
    }

    /// Share of characters that are decimal digits, 0.0 to 1.0; missing for an empty text.
    DIGIT_SHARE = "digit_share" ["digit_share(\"ab12\")" => "0.5"] {
        (text: String) -> Double = share_of(digits(text), text);
    }

    /// Share of characters that are Chinese (CJK ideographs), 0.0 to 1.0; missing for an empty text.
    HAN_SHARE = "han_share" ["han_share(\"转账ab\")" => "0.5"] {
        (text: String) -> Double = share_of(text.chars().filter(|c| is_han(*c)).count(), text);
    }

    /// Length of the longest run of one character; 0 for an empty text.
    LONGEST_RUN = "longest_run" ["longest_run(\"aabbbc\")" => "3"] {
        (text: String) -> Int = longest_run(text);
    }

    /// Shannon entropy of the characters, in bits for each character (0.0 for one character repeated; random
    /// names and generated domains are high); missing for an empty text.
    ENTROPY = "entropy" ["entropy(\"abab\")" => "1.0"] {
        (text: String) -> Double = entropy(text);
    }
}

/// See `similarity` in the table.
pub(crate) fn similarity(a: &str, b: &str) -> f64 {
    let a: Vec<char> = a.chars().take(SIMILARITY_CHARS_MAX).collect();
    let b: Vec<char> = b.chars().take(SIMILARITY_CHARS_MAX).collect();
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 1.0;
    }
    1.0 - count(edits(&a, &b)) / count(longest)
}

/// Optimal string alignment distance, three rows at a time.
/// The lesser text, its length and a sign, then the other: no two pairs are one text.
fn pair_of(a: &str, b: &str) -> String {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    format!("{}|{a}|{b}", a.len())
}

fn edits(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (row, &from) in a.iter().enumerate() {
        let mut here = Vec::with_capacity(b.len() + 1);
        here.push(row + 1);
        let mut left = row + 1;
        let mut last_b = None;
        let cells = above.iter().zip(above.iter().skip(1)).zip(b);
        for (column, ((diagonal, up), &to)) in cells.enumerate() {
            let mut best = (up + 1)
                .min(left + 1)
                .min(diagonal + usize::from(from != to));
            if last_a == Some(to) && last_b == Some(from) {
                // Two columns back, two rows up: the cell before both swapped characters.
                let swapped = column.checked_sub(1).and_then(|at| before.get(at));
                best = best.min(swapped.map_or(usize::MAX, |cost| cost + 1));
            }
            here.push(best);
            left = best;
            last_b = Some(to);
        }
        last_a = Some(from);
        before = std::mem::replace(&mut above, here);
    }
    above.last().copied().unwrap_or(0)
}

fn digits(text: &str) -> usize {
    text.chars()
        .filter(|c| c.is_ascii_digit() || ('０'..='９').contains(c))
        .count()
}

/// The blocks of CJK ideographs (Unicode 16, chapter 18) and the ideographic zero.
const fn is_han(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

fn share_of(part: usize, text: &str) -> Option<f64> {
    let all = text.chars().count();
    (all > 0).then(|| count(part) / count(all))
}

fn longest_run(text: &str) -> usize {
    let (mut best, mut run, mut last) = (0, 0, None);
    for c in text.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        best = best.max(run);
        last = Some(c);
    }
    best
}

fn entropy(text: &str) -> Option<f64> {
    let mut counts: HashMap<char, usize> = HashMap::new();
    let mut all = 0;
    for c in text.chars() {
        *counts.entry(c).or_default() += 1;
        all += 1;
    }
    // Summed in order of size, so that the answer does not hang on the map's order.
    let mut sizes: Vec<usize> = counts.into_values().collect();
    sizes.sort_unstable();
    (all > 0).then(|| {
        sizes
            .into_iter()
            .map(|size| count(size) / count(all))
            .map(|share| -share * share.log2())
            .sum::<f64>()
            // One character repeated gives -0.0.
            .max(0.0)
    })
}

/// A number of characters as a double; exact below 2^53.
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_count_swaps_once() {
        let distance = |a: &str, b: &str| {
            edits(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
            )
        };
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("ca", "abc", 3),
            ("支付宝", "支忖宝", 1),
            ("abcd", "acbd", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn entropy_of_even_letters_is_their_logarithm() {
        assert_eq!(entropy("abcdabcd"), Some(2.0));
        assert_eq!(entropy("aaaa"), Some(0.0));
        assert_eq!(entropy(""), None);
    }
}
