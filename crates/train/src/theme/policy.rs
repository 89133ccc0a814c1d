//! The policy of a theme: a list of its words, a rule that reads it, and tests of both.

use super::{ThemeSource, ThemeWord};

/// Words that a test says together.
const WORDS_TESTED: usize = 5;
/// Kinds of events of the default policy that have a text somebody else reads.
const KINDS: &str = "post, comment, private_message, listing";

/// The policy's text. `ordinary` is a text without any of the words.
pub(super) fn of(source: &ThemeSource, words: &[ThemeWord], ordinary: Option<&str>) -> String {
    let ThemeSource { name, title, .. } = source;
    let list = format!("theme_{name}_words");
    let rule = format!("theme_{name}");
    let entries: Vec<String> = words.iter().map(|word| quoted(&word.word)).collect();
    let mut text = format!(
        "// Theme {name}, made by `stanch theme new` from examples.\n\n\
         /// What its examples say and other texts do not.\n\
         list {list} text {{\n  {}\n}}\n\n\
         /// A word of the theme, in whatever disguise, and its model agrees: a person looks at it.\n\
         rule {rule} on {KINDS} {{\n  \
           when \"{list}\" in signal.text.lexicons && \"{name}\" in signal.text.themes\n  \
           then review\n  \
           owner {}\n  \
           typology \"emerging_theme\"\n  \
           reason\n    zh {}\n    en {}\n}}\n",
        entries.join(";\n  "),
        quoted(&source.owner),
        quoted(&braces(&format!("含有新骗局“{}”的话术", title.zh))),
        quoted(&braces(&format!(
            "Words of the new scam theme \"{}\"",
            title.en
        ))),
    );
    // Words by themselves: examples may name people, and the policy is shared.
    let together: Vec<&str> = words
        .iter()
        .take(WORDS_TESTED)
        .map(|word| &*word.word)
        .collect();
    text += &test(
        &format!("{rule}: its words"),
        &quoted(&together.join("，")),
        &format!("fired {rule}"),
    );
    if let Some(ordinary) = ordinary {
        text += &test(
            &format!("{rule}: an ordinary text"),
            &quoted(ordinary),
            &format!("not fired {rule}"),
        );
    }
    text
}

fn test(name: &str, text: &str, expected: &str) -> String {
    format!(
        "\ntest {} {{\n  when post {{ account: \"A\", item: \"I\", text: {text} }} at 2026-03-02T02:00:00Z\n  expect {expected}\n}}\n",
        quoted(name)
    )
}

/// A text of the policy language.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Braces stand for themselves in a reason when they are doubled.
fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
