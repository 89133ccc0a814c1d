//! Texts as a search sees them: folded, with the way back to the original, and cut into pieces.
//!
//! Folding is NFKC and lower case, so that full width, compatibility forms and capitals make no difference. Pieces are
//! two neighbouring characters of scripts that write without spaces, and three neighbouring letters or digits of others:
//! every word of a text holds the pieces of all words within it, so a word's part is found without knowing words.

use serde_json::Value;
use stanch_types::Timestamp;
use stanch_types::search::SearchKind;
use unicode_normalization::UnicodeNormalization as _;

/// Members of a body whose values are words of the program, not of people.
const WORDS_OF_THE_PROGRAM: &[&str] = &[
    "state",
    "kind",
    "priority",
    "currency",
    "relation",
    "consent",
    "category",
    "level",
    "method",
    "role",
    "media_type",
    "channel",
];

/// A folded text and where each of its characters came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// The folded text.
    pub text: String,
    /// For each byte of `text` that begins a character: that byte, and the first byte of the original character.
    from: Vec<(usize, usize)>,
}

impl Folded {
    /// Where in the original the bytes `start..end` of the folded text came from: the whole characters.
    #[must_use]
    pub fn origin(&self, start: usize, end: usize, original: &str) -> (usize, usize) {
        let at = |place: usize| {
            let ix = self.from.partition_point(|(folded, _)| *folded < place);
            self.from.get(ix).map_or(original.len(), |(_, from)| *from)
        };
        let last = self.from.partition_point(|(folded, _)| *folded < end);
        let last = last.checked_sub(1).and_then(|ix| self.from.get(ix));
        let begins = last.map_or(0, |(_, from)| *from);
        let width = original.get(begins..).and_then(|rest| rest.chars().next());
        (at(start), begins + width.map_or(0, char::len_utf8))
    }
}

/// `text` folded.
#[must_use]
pub fn fold(text: &str) -> Folded {
    let mut folded = Folded {
        text: String::with_capacity(text.len()),
        from: Vec::with_capacity(text.len()),
    };
    for (from, original) in text.char_indices() {
        let parts = std::iter::once(original).nfkc();
        for part in parts.flat_map(char::to_lowercase) {
            folded.from.push((folded.text.len(), from));
            folded.text.push(part);
        }
    }
    folded
}

/// How a character takes part in pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    /// Written without spaces: two neighbours are a piece.
    Dense,
    /// Letters and digits: three neighbours are a piece.
    Spaced,
    /// Between words.
    None,
}

/// Blocks of scripts written without spaces between words (Unicode 17, Blocks.txt): CJK with kana and hangul, Thai to
/// Myanmar, Khmer, and the ideographs beyond the basic plane.
const fn script(c: char) -> Script {
    match c {
        '\u{0e00}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}'
        | '\u{20000}'..='\u{3ffff}' => Script::Dense,
        '0'..='9' | 'a'..='z' => Script::Spaced,
        _ => Script::None,
    }
}

fn script_of(c: char) -> Script {
    match script(c) {
        Script::None if c.is_alphanumeric() => Script::Spaced,
        known @ (Script::Dense | Script::Spaced | Script::None) => known,
    }
}

/// Calls `take` with every piece of a folded text, some more than once.
pub fn pieces<'t>(folded: &'t str, mut take: impl FnMut(&'t str)) {
    // Starts of the last characters of the run, and its script.
    let (mut run, mut starts) = (Script::None, [0_usize; 3]);
    let mut length = 0_usize;
    for (at, c) in folded.char_indices() {
        let script = script_of(c);
        if script != run {
            (run, length) = (script, 0);
        }
        starts = [starts[1], starts[2], at];
        length += 1;
        let from = match run {
            Script::Dense if length >= 2 => starts[1],
            Script::Spaced if length >= 3 => starts[0],
            Script::Dense | Script::Spaced | Script::None => continue,
        };
        if let Some(piece) = folded.get(from..at + c.len_utf8()) {
            take(piece);
        }
    }
}

/// Calls `take` with every text that people wrote in a record's body: the names of the members it stands under, joined
/// by dots, and the text. Times, identifiers and the program's own words are left out.
pub fn texts(body: &Value, mut take: impl FnMut(&str, &str)) {
    walk(body, &mut String::new(), &mut take);
}

fn walk(value: &Value, path: &mut String, take: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) if is_written(text) => take(path, text),
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, take)),
        Value::Object(members) => {
            for (name, member) in members {
                if member.is_string() && WORDS_OF_THE_PROGRAM.contains(&name.as_str()) {
                    continue;
                }
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                walk(member, path, take);
                path.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a text was written by people: neither a time nor an identifier.
fn is_written(text: &str) -> bool {
    let is_id = || {
        text.rsplit_once('_').is_some_and(|(prefix, digits)| {
            let plain = prefix.bytes().all(|b| b.is_ascii_lowercase());
            plain && digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit())
        })
    };
    !(text.is_empty() || is_id() || text.ends_with('Z') && text.parse::<Timestamp>().is_ok())
}

/// When a record came to be, as its body says it; none for kinds that do not say.
#[must_use]
pub fn begun_at(body: &Value) -> Option<Timestamp> {
    [
        "received_at",
        "opened_at",
        "created_at",
        "decided_at",
        "filed_at",
        "acquired_at",
        "at",
        "started_at",
    ]
    .into_iter()
    .find_map(|name| body.get(name)?.as_str()?.parse().ok())
}

/// The case that a record belongs to, as its body says it.
#[must_use]
pub fn case_of(kind: SearchKind, body: &Value) -> Option<&str> {
    let inner = match kind {
        SearchKind::Case => return body.get("id")?.as_str(),
        SearchKind::Order => body.get("content")?,
        SearchKind::Measure => body.get("wish")?,
        SearchKind::Report
        | SearchKind::Lead
        | SearchKind::Appeal
        | SearchKind::Evidence
        | SearchKind::Note
        | SearchKind::Task
        | SearchKind::Operation => body,
    };
    inner.get("case_id")?.as_str()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        pieces(&fold(text).text, |piece| all.push(piece.to_owned()));
        all
    }

    #[test]
    fn texts_are_cut_by_their_script() {
        assert_eq!(cut("刷单返利"), ["刷单", "单返", "返利"]);
        assert_eq!(cut("ＱＱ群12345"), ["123", "234", "345"]);
        assert_eq!(cut("Töpfe, ab"), ["töp", "öpf", "pfe"]);
        assert_eq!(cut("王 a 王"), [""; 0]);
    }

    #[test]
    fn times_identifiers_and_words_of_the_program_are_no_texts() {
        let body = json!({
            "id": "report_0192f3a4b5c67d8e9f0123456789abcd", "received_at": "2026-03-01T16:26:41Z",
            "state": "new", "content": {"narrative": "群里说刷单", "payments": [{"account": "6222"}, {"account": "6228"}]},
            "referred": {"state": {"to": "east"}},
        });
        let mut all = Vec::new();
        texts(&body, |path, text| {
            all.push((path.to_owned(), text.to_owned()))
        });
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            all,
            [
                pair("content.narrative", "群里说刷单"),
                pair("content.payments.account", "6222"),
                pair("content.payments.account", "6228"),
                pair("referred.state.to", "east"),
            ]
        );
    }

    #[test]
    fn the_way_back_gives_whole_characters() {
        let original = "加ＶＸ：Ⅳ群";
        let folded = fold(original);
        assert_eq!(folded.text, "加vx:iv群");
        let find = |word: &str| {
            let at = folded.text.find(word).unwrap();
            let (start, end) = folded.origin(at, at + word.len(), original);
            &original[start..end]
        };
        assert_eq!(find("vx"), "ＶＸ");
        assert_eq!(find("v群"), "Ⅳ群", "never a part of a character");
        assert_eq!(find("加"), "加");
    }

    proptest! {
        /// What is within a text has only pieces of the text.
        #[test]
        fn parts_have_the_pieces_of_the_whole(text in "[a-z0-9微信群 ÄéＡ,]{0,40}", from in 0..40_usize, len in 0..12_usize) {
            let whole = fold(&text).text;
            let part: String = whole.chars().skip(from).take(len).collect();
            let mut all = std::collections::BTreeSet::new();
            pieces(&whole, |piece| { all.insert(piece); });
            pieces(&part, |piece| assert!(all.contains(piece), "{piece} of {part} in {whole}"));
        }

        #[test]
        fn the_way_back_is_within_the_text(text in ".{0,30}", from in 0..30_usize, len in 1..10_usize) {
            let folded = fold(&text);
            let starts: Vec<usize> = folded.text.char_indices().map(|(at, _)| at).chain([folded.text.len()]).collect();
            if let (Some(start), Some(end)) = (starts.get(from), starts.get(from + len)) {
                let (start, end) = folded.origin(*start, *end, &text);
                prop_assert!(text.get(start..end).is_some(), "{start}..{end} of {text:?}");
            }
        }
    }
}
