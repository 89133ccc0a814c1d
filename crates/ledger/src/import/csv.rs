//! Comma-separated values after RFC 4180: header, quoted fields, fields by column name.

use std::borrow::Cow;

use memchr::memchr_iter;

use crate::reject::{Refusal, RejectCode, shown};

/// Which column holds which of `N` wanted fields.
#[derive(Debug)]
pub(super) struct Header<const N: usize> {
    /// The wanted field in each column, if any.
    fields: Vec<Option<usize>>,
    /// Names of columns nobody wants.
    pub ignored: Vec<String>,
}

/// Most columns a header may have.
const COLUMNS_MAX: usize = 1_000;

/// Columns without which a source cannot be read, and those it may have.
pub(super) struct Columns<const N: usize> {
    pub names: [&'static str; N],
    /// The last so many of `names` may be missing.
    pub optional: usize,
}

impl<const N: usize> Header<N> {
    /// Finds the wanted columns by name; case and surrounding spaces do not matter.
    ///
    /// The error says what is wrong with the header and what would mend it.
    pub fn parse(line: &str, columns: &Columns<N>) -> Result<Self, String> {
        let names = split_quoted(line).map_err(|why| format!("its header has {why}"))?;
        if names.len() > COLUMNS_MAX {
            return Err(format!("its header has over {COLUMNS_MAX} columns"));
        }
        let mut fields = Vec::with_capacity(names.len());
        let mut ignored = Vec::new();
        for name in &names {
            let name = name.trim();
            let wanted = columns
                .names
                .iter()
                .position(|wanted| wanted.eq_ignore_ascii_case(name));
            if wanted.is_none() {
                ignored.push(shown(name));
            } else if fields.contains(&wanted) {
                return Err(format!("its header has column `{name}` twice"));
            }
            fields.push(wanted);
        }
        let required = columns.names.iter().take(N - columns.optional);
        let missing: Vec<&str> = required
            .enumerate()
            .filter(|(place, _)| !fields.contains(&Some(*place)))
            .map(|(_, name)| *name)
            .collect();
        if missing.is_empty() {
            return Ok(Self { fields, ignored });
        }
        let hint = match names.as_slice() {
            [only] if only.contains(';') => "; fields must be separated by commas, not semicolons",
            [only] if only.contains('\t') => "; fields must be separated by commas, not tabs",
            _ => "",
        };
        Err(format!(
            "line 1 is not its header: {} missing{hint}",
            missing.join(", ")
        ))
    }

    /// The wanted fields of a record without quotes.
    pub fn plain<'a>(&self, record: &'a str) -> Result<[&'a str; N], Refusal> {
        let mut wanted = [""; N];
        let (mut column, mut start) = (0, 0);
        let ends = memchr_iter(b',', record.as_bytes()).chain([record.len()]);
        for end in ends {
            if let Some(Some(field)) = self.fields.get(column)
                && let Some(place) = wanted.get_mut(*field)
            {
                *place = record.get(start..end).unwrap_or_default();
            }
            column += 1;
            start = end + 1;
        }
        self.check_count(column)?;
        Ok(wanted)
    }

    /// The wanted fields of a record whose quotes were split by [`split_quoted`].
    pub fn pick<'a>(&self, record: &'a [Cow<'_, str>]) -> Result<[&'a str; N], Refusal> {
        self.check_count(record.len())?;
        let mut wanted = [""; N];
        for (text, field) in record.iter().zip(&self.fields) {
            if let Some(place) = field.and_then(|field| wanted.get_mut(field)) {
                *place = text;
            }
        }
        Ok(wanted)
    }

    fn check_count(&self, columns: usize) -> Result<(), Refusal> {
        if columns == self.fields.len() {
            return Ok(());
        }
        let reason = format!("{columns} fields, the header has {}", self.fields.len());
        Err((RejectCode::ColumnCount, reason))
    }
}

/// A quoted field that does not end in its line.
pub(super) const OPEN_QUOTE: &str = "a quoted field that is not closed";

/// Splits a record with quoted fields (RFC 4180 section 2, rules 5 to 7).
pub(super) fn split_quoted(record: &str) -> Result<Vec<Cow<'_, str>>, &'static str> {
    let mut fields = Vec::new();
    let mut rest = record;
    loop {
        let after;
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = closing_quote(quoted).ok_or(OPEN_QUOTE)?;
            let inner = quoted.get(..end).unwrap_or_default();
            fields.push(if inner.contains('"') {
                Cow::Owned(inner.replace("\"\"", "\""))
            } else {
                Cow::Borrowed(inner)
            });
            after = quoted.get(end + 1..).unwrap_or_default();
            if !after.is_empty() && !after.starts_with(',') {
                return Err("text behind a closing quote");
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let (field, behind) = rest.split_at(end);
            if field.contains('"') {
                return Err("a quote inside a field that is not quoted");
            }
            fields.push(Cow::Borrowed(field));
            after = behind;
        }
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok(fields),
        }
    }
}

/// Place of the first quote that is not doubled.
fn closing_quote(quoted: &str) -> Option<usize> {
    let bytes = quoted.as_bytes();
    let mut quotes = memchr_iter(b'"', bytes);
    while let Some(at) = quotes.next() {
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        quotes.next();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const AB: Columns<2> = Columns {
        names: ["a", "b"],
        optional: 0,
    };

    #[test]
    fn quoted_fields_are_read_as_rfc_4180_says() {
        let split = |record| split_quoted(record).map(|f| f.join("|"));
        assert_eq!(split(r#""x","y""z",w"#).as_deref(), Ok(r#"x|y"z|w"#));
        assert_eq!(split(r#""",,"#).as_deref(), Ok("||"));
        assert_eq!(split("\"a\nb\",c").as_deref(), Ok("a\nb|c"));
        assert_eq!(split(r#""a"#), Err(OPEN_QUOTE));
        assert_eq!(split(r#""a"""#), Err(OPEN_QUOTE));
        assert!(split(r#""a"b,c"#).is_err() && split(r#"a"b,c"#).is_err());
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let header = Header::parse(" B ,extra,A", &AB).unwrap();
        assert_eq!(header.ignored, ["extra"]);
        assert_eq!(header.plain("1,2,3").unwrap(), ["3", "1"]);
        let quoted = split_quoted(r#""1",2,"3""#).unwrap();
        assert_eq!(header.pick(&quoted).unwrap(), ["3", "1"]);
        assert_eq!(header.plain("1,2").unwrap_err().0, RejectCode::ColumnCount);
    }

    #[test]
    fn a_header_without_the_columns_is_refused_with_a_hint() {
        let why = |line| Header::parse(line, &AB).unwrap_err();
        assert!(why("a;b").contains("semicolons"));
        assert!(why("a").contains("b missing"));
        assert!(why("a,b,A").contains("twice"));
    }
}
