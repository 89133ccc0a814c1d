//! "Did you mean": the nearest of the names that exist.

/// Longest name that is compared, in characters; the cost grows with the product of both lengths.
const CHARS_MAX: usize = 64;

/// The name nearest to `written` by edit distance, when it is near: at most a third of the longer name's
/// characters differ, case apart, or it begins with what is written. Ties go to the first in order of the names.
#[must_use]
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = folded(written)?;
    names
        .into_iter()
        .filter(|name| *name != written)
        .filter_map(|name| {
            let candidate = folded(name)?;
            let longer = wanted.len().max(candidate.len());
            let allowed = (longer / 3).max(1);
            let distance = distance(&wanted, &candidate);
            let transposed_word = longer > 4 && same_words(written, name);
            let is_prefix = wanted.len() > 2 && candidate.starts_with(&wanted);
            let near = distance <= allowed && distance < longer || transposed_word || is_prefix;
            near.then_some((distance, name))
        })
        .min_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)))
        .map(|(_, name)| name)
}

/// `payee_new` and `new_payee`.
fn same_words(a: &str, b: &str) -> bool {
    let words = |text: &str| {
        let mut words: Vec<String> = text.split('_').map(str::to_lowercase).collect();
        words.sort_unstable();
        words
    };
    words(a) == words(b)
}

fn folded(text: &str) -> Option<Vec<char>> {
    let chars: Vec<char> = text
        .chars()
        .take(CHARS_MAX + 1)
        .flat_map(char::to_lowercase)
        .collect();
    (chars.len() <= CHARS_MAX).then_some(chars)
}

/// Edits (insert, delete, replace, swap of neighbours) from `a` to `b`: optimal string alignment.
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut before_last: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (row, from) in a.iter().enumerate() {
        let mut line = Vec::with_capacity(width);
        line.push(row + 1);
        for (column, to) in b.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX);
            let replace = at(&last, column) + usize::from(from != to);
            let delete = at(&last, column + 1) + 1;
            let insert = at(&line, column) + 1;
            let swapped = row > 0
                && column > 0
                && a.get(row - 1) == Some(to)
                && b.get(column - 1) == Some(from);
            let swap = if swapped {
                at(&before_last, column - 1) + 1
            } else {
                usize::MAX
            };
            line.push(replace.min(delete).min(insert).min(swap));
        }
        before_last = std::mem::replace(&mut last, line);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["amount", "payee", "payer", "note", "id"];
        assert_eq!(nearest("amout", names), Some("amount"));
        assert_eq!(nearest("Amount", names), Some("amount"));
        assert_eq!(nearest("paeyr", names), Some("payer"));
        assert_eq!(nearest("altitude", names), None);
        assert_eq!(nearest("xy", names), None);
        assert_eq!(nearest("payees_new", ["new_payees"]), Some("new_payees"));
    }

    #[test]
    fn distance_counts_a_swap_once() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("收款人"), &chars("收人款")), 1);
        assert_eq!(distance(&chars("kitten"), &chars("sitting")), 3);
        assert_eq!(distance(&[], &chars("ab")), 2);
    }
}
