//! Entries of lists: what each kind takes, and the files that hold many of them.
//!
//! A `.csv` file has `value` or `value,until` in each line (values with a comma, a quote or a leading `#` in double
//! quotes, a quote inside doubled), and may begin with such a header. Any other file has one value a line. In both,
//! blank lines and lines that begin with `#` are passed over, and blanks around a value do not count.

use std::ops::Range;

use ipnet::IpNet;
use stanch_types::personal::{DomainName, PhoneNumber};

use crate::ir::{ListEntry, ListKind};
use crate::syntax::lexer::parse_instant;

/// Most entries of one file.
pub const LIST_ENTRIES_MAX: usize = 20_000_000;
/// Longest entry, in bytes.
const ENTRY_BYTES_MAX: usize = 1_024;

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryError {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

fn error(message: impl Into<String>, hint: impl Into<String>) -> EntryError {
    EntryError {
        message: message.into(),
        hint: hint.into(),
    }
}

/// A line of a file: its entry and where its value is, or what is wrong with it and where.
pub type Line = Result<(ListEntry, Range<usize>), (EntryError, Range<usize>)>;

/// Whether `value` can be an entry of a list of this kind.
pub fn check_entry(kind: ListKind, value: &str) -> Result<(), EntryError> {
    if value.trim().is_empty() {
        return Err(error("an entry cannot be empty", "remove it"));
    }
    if value.len() > ENTRY_BYTES_MAX {
        let message = format!("an entry has at most {ENTRY_BYTES_MAX} bytes");
        return Err(error(message, "shorten it"));
    }
    match kind {
        ListKind::Exact | ListKind::Prefix | ListKind::Text => Ok(()),
        ListKind::Cidr => check_network(value),
        ListKind::Phone => match value.parse::<PhoneNumber>() {
            Ok(_) => Ok(()),
            Err(_) if is_short_number(value) => Ok(()),
            Err(bad) => Err(error(
                format!("`{value}` is not a phone number: {}", bad.why),
                "write +86 13800138000, 0592-1234567 or a short number such as 96110",
            )),
        },
        ListKind::Account => {
            let count = value.chars().filter(char::is_ascii_alphanumeric).count();
            if (4..=64).contains(&count) {
                Ok(())
            } else {
                let message = format!("`{value}` is not an account number");
                Err(error(
                    message,
                    "account numbers have 4 to 64 letters and digits",
                ))
            }
        }
        ListKind::Domain => match value.trim_start_matches("*.").parse::<DomainName>() {
            Ok(_) => Ok(()),
            Err(bad) => Err(error(
                format!("`{value}` is not a domain: {}", bad.why),
                "write a host name such as example.com, without `https://` and path",
            )),
        },
    }
}

/// Short numbers of services: 3 to 8 digits.
fn is_short_number(value: &str) -> bool {
    (3..=8).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn check_network(value: &str) -> Result<(), EntryError> {
    if value.parse::<std::net::IpAddr>().is_ok() {
        return Ok(());
    }
    let Ok(network) = value.parse::<IpNet>() else {
        let message = format!("`{value}` is not an IP network");
        let hint =
            "write an address, `198.51.100.7`, or a network, `203.0.113.0/24`, `2001:db8::/32`";
        return Err(error(message, hint));
    };
    if network.addr() == network.network() {
        return Ok(());
    }
    let message = format!(
        "`{value}` has bits beyond its prefix of {}",
        network.prefix_len()
    );
    Err(error(
        message,
        format!("did you mean `{}`?", network.trunc()),
    ))
}

/// Shows `see` every entry of the file `text`; false when there are too many.
pub fn read_file(kind: ListKind, text: &str, is_csv: bool, see: &mut dyn FnMut(Line)) -> bool {
    let mut at = 0;
    let mut entries = 0;
    let mut is_first = true;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim_end_matches(['\n', '\r']);
        let content = if start == 0 {
            content.trim_start_matches('\u{feff}')
        } else {
            content
        };
        let trimmed = content.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let is_header = is_csv && is_first && matches!(trimmed, "value" | "value,until");
        is_first = false;
        if is_header {
            continue;
        }
        entries += 1;
        if entries > LIST_ENTRIES_MAX {
            return false;
        }
        let start = start
            + (line.len()
                - line
                    .trim_start()
                    .trim_start_matches('\u{feff}')
                    .trim_start()
                    .len());
        let place = start..start + trimmed.len();
        let parsed = if is_csv {
            csv_line(trimmed)
        } else {
            Ok((trimmed.to_owned(), None))
        };
        let entry = parsed.and_then(|(value, until_us)| {
            check_entry(kind, &value)?;
            Ok(ListEntry {
                value: value.into_boxed_str(),
                until_us,
            })
        });
        see(match entry {
            Ok(entry) => Ok((entry, place)),
            Err(error) => Err((error, place)),
        });
    }
    true
}

/// `value`, `value,until`, `"value",until`
fn csv_line(line: &str) -> Result<(String, Option<i64>), EntryError> {
    let (value, rest) = match line.strip_prefix('"') {
        Some(quoted) => {
            let end = closing_quote(quoted).ok_or_else(|| {
                error(
                    "the value's quote is not closed",
                    "a quote inside a value is doubled: \"\"",
                )
            })?;
            let value = quoted.get(..end).unwrap_or("").replace("\"\"", "\"");
            (value, quoted.get(end + 1..).unwrap_or("").trim())
        }
        None => match line.split_once(',') {
            Some((value, _)) => (
                value.trim().to_owned(),
                line.get(value.len()..).unwrap_or(""),
            ),
            None => (line.to_owned(), ""),
        },
    };
    if rest.is_empty() {
        return Ok((value, None));
    }
    let Some(until) = rest.strip_prefix(',').map(str::trim) else {
        return Err(error(
            "only a comma follows a value in quotes",
            "write `\"value\",2027-01-01`",
        ));
    };
    if until.is_empty() {
        return Ok((value, None));
    }
    match parse_instant(until) {
        Some(micros) => Ok((value, Some(micros))),
        None => Err(error(
            format!("`{until}` is not an instant"),
            "write `value,2027-01-01`; put a value that has a comma in double quotes",
        )),
    }
}

/// Where the quote is that is not doubled.
fn closing_quote(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let quote = at + text.get(at..)?.find('"')?;
        if text
            .get(quote + 1..)
            .is_some_and(|rest| rest.starts_with('"'))
        {
            at = quote + 2;
        } else {
            return Some(quote);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(kind: ListKind, text: &str, is_csv: bool) -> Vec<String> {
        let mut out = Vec::new();
        read_file(kind, text, is_csv, &mut |line| {
            out.push(match line {
                Ok((entry, place)) => {
                    format!("{} {:?} {}", entry.value, entry.until_us, &text[place])
                }
                Err((error, place)) => format!("! {} | {}", error.message, &text[place]),
            });
        });
        out
    }

    #[test]
    fn csv_files_have_values_and_ends() {
        let text = "\u{feff}value,until\r\n# note\n a ,2027-01-01\n\"b, \"\"c\"\"\"\n\"d\",\n\"e\ng,soon\n";
        assert_eq!(
            lines(ListKind::Exact, text, true),
            [
                "a Some(1798761600000000) a ,2027-01-01",
                "b, \"c\" None \"b, \"\"c\"\"\"",
                "d None \"d\",",
                "! the value's quote is not closed | \"e",
                "! `soon` is not an instant | g,soon",
            ]
        );
    }

    #[test]
    fn plain_files_have_one_value_a_line() {
        let text = "\u{feff}你好, 世界\n\n  #x\n  y  ";
        assert_eq!(
            lines(ListKind::Text, text, false),
            ["你好, 世界 None 你好, 世界", "y None y"]
        );
    }

    #[test]
    fn entries_fit_their_kind() {
        let fits = |kind, value: &str| check_entry(kind, value).is_ok();
        assert!(fits(ListKind::Cidr, "203.0.113.0/24") && fits(ListKind::Cidr, "2001:db8::1"));
        assert!(!fits(ListKind::Cidr, "203.0.113.1/24") && !fits(ListKind::Cidr, "203.0.113.0/33"));
        assert!(fits(ListKind::Phone, "13800138000") && fits(ListKind::Phone, "96110"));
        assert!(!fits(ListKind::Phone, "1380013800x"));
        assert!(
            fits(ListKind::Domain, "example.com")
                && !fits(ListKind::Domain, "https://example.com/a")
        );
        assert!(fits(ListKind::Account, "6222 0000 1111 2222") && !fits(ListKind::Account, "12"));
        assert!(!fits(ListKind::Exact, " ") && !fits(ListKind::Exact, &"x".repeat(1_025)));
    }
}
