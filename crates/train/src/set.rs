//! Labelled sets: JSON Lines, plain or gzip, one object a line with a text and a label.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use flate2::bufread::MultiGzDecoder;
use serde_json::Value;

use crate::TrainError;

/// Longest line, bytes.
pub const LINE_BYTES_MAX: u64 = 4 << 20;
/// Most rows of a set.
pub const ROWS_MAX: usize = 20_000_000;

/// Labels that are negative unless the description names the positive ones.
const NEGATIVE: [&str; 9] = [
    "0", "false", "none", "normal", "ham", "benign", "negative", "ok", "",
];

/// Where a set lies and how to read it: `FILE[:TEXT_FIELD:LABEL_FIELD[:POSITIVE,...]]`.
///
/// Without fields they are `text` and `label`. A row whose label is missing or `null` is left out, unless nothing else is negative:
/// then such rows are. Without positive labels everything is positive but `0`, `false`, `none`,
/// `normal`, `ham`, `benign`, `negative`, `ok` and the empty string, in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetSpec {
    /// The file; gzip if its name ends in `.gz`.
    pub path: PathBuf,
    /// Field of the text.
    pub text: String,
    /// Field of the label: a string, number or truth value.
    pub label: String,
    /// Labels that are positive, if named.
    pub positive: Option<Vec<String>>,
}

/// The rows of a set that can be learnt from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// In the order of the file.
    pub rows: Vec<Row>,
    /// Rows that were left out: without a text, or without a label.
    pub left_out: usize,
}

/// A row of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The text.
    pub text: String,
    /// Its label if it is positive.
    pub label: Option<String>,
    /// Rows of one group say nearly the same (field `grp`, without it the letters and numerals of the text); they are never divided
    /// between training and measuring.
    pub group: u64,
}

impl FromStr for SetSpec {
    type Err = TrainError;

    fn from_str(spec: &str) -> Result<Self, TrainError> {
        let wrong = |why| TrainError::Spec {
            spec: spec.to_owned(),
            why,
        };
        // Labels may have colons in them.
        let parts: Vec<&str> = spec.splitn(4, ':').collect();
        let (path, fields) = parts.split_first().ok_or_else(|| wrong("it is empty"))?;
        if path.is_empty() {
            return Err(wrong("it names no file"));
        }
        let (text, label, positive) = match fields {
            [] => ("text", "label", None),
            [text, label] => (*text, *label, None),
            [text, label, positive] => (*text, *label, Some(*positive)),
            [_] => return Err(wrong("the label field is missing")),
            [..] => return Err(wrong("it has too many parts")),
        };
        if text.is_empty() || label.is_empty() {
            return Err(wrong("a field has no name"));
        }
        let positive = positive.map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>());
        if positive.iter().flatten().any(String::is_empty) {
            return Err(wrong("a positive label is empty"));
        }
        Ok(Self {
            path: PathBuf::from(path),
            text: text.to_owned(),
            label: label.to_owned(),
            positive,
        })
    }
}

impl SetSpec {
    /// Reads all rows, in order.
    ///
    /// # Errors
    /// [`TrainError::Read`] when the file cannot be read, [`TrainError::Line`] for a line that is too long, no JSON object, or
    /// has a text or label of another kind.
    pub fn read(&self) -> Result<Rows, TrainError> {
        let path = &self.path;
        let read = |source| TrainError::Read {
            path: path.clone(),
            source,
        };
        let mut reader = open(path).map_err(read)?;
        let (mut rows, mut unlabelled, mut left_out) = (Vec::new(), Vec::new(), 0);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let got = reader.by_ref().take(LINE_BYTES_MAX + 1);
            let got = { got }.read_until(b'\n', &mut line).map_err(read)?;
            if got == 0 {
                break;
            }
            let wrong = |why: String| TrainError::Line {
                path: path.clone(),
                line: number,
                why,
            };
            if line.len() as u64 > LINE_BYTES_MAX {
                return Err(wrong(format!("longer than {LINE_BYTES_MAX} bytes")));
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            if rows.len() == ROWS_MAX {
                return Err(wrong(format!("more than {ROWS_MAX} rows")));
            }
            let object: Value =
                serde_json::from_slice(&line).map_err(|error| wrong(error.to_string()))?;
            match self.row(&object).map_err(wrong)? {
                Found::Row(row) => rows.push(row),
                Found::Unlabelled(row) => unlabelled.push(row),
                Found::Nothing => left_out += 1,
            }
        }
        if rows.iter().all(|row| row.label.is_some()) {
            rows.append(&mut unlabelled);
        }
        left_out += unlabelled.len();
        Ok(Rows { rows, left_out })
    }

    fn row(&self, object: &Value) -> Result<Found, String> {
        let text = match object.get(&self.text) {
            None | Some(Value::Null) => return Ok(Found::Nothing),
            Some(Value::String(text)) => text,
            Some(_) => return Err(format!("field `{}` is no text", self.text)),
        };
        let label = match object.get(&self.label) {
            None | Some(Value::Null) => None,
            Some(Value::String(label)) => Some(label.clone()),
            Some(Value::Bool(label)) => Some(label.to_string()),
            // 1.0 is 1.
            Some(Value::Number(label)) => Some(match label.as_f64() {
                Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                    format!("{number:.0}")
                }
                Some(_) | None => label.to_string(),
            }),
            Some(Value::Array(_) | Value::Object(_)) => {
                return Err(format!("field `{}` is no label", self.label));
            }
        };
        let is_known = label.is_some();
        let label = label.filter(|label| match &self.positive {
            Some(positive) => positive.contains(label),
            None => !is_negative(label),
        });
        let group = object.get("grp").and_then(Value::as_u64);
        let row = Row {
            text: text.clone(),
            label,
            group: group.unwrap_or_else(|| group_of(text)),
        };
        Ok(match is_known {
            true => Found::Row(row),
            false => Found::Unlabelled(row),
        })
    }
}

/// What a line holds.
enum Found {
    Row(Row),
    /// Its label is missing.
    Unlabelled(Row),
    /// Its text is missing.
    Nothing,
}

/// The same for texts that differ in digits, signs and spaces only (64-bit FNV-1a of the rest).
fn group_of(text: &str) -> u64 {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    letters
        .flat_map(char::to_lowercase)
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, c| {
            (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3)
        })
}

/// Whether a label says that there is nothing wrong.
pub(crate) fn is_negative(label: &str) -> bool {
    NEGATIVE.contains(&label.to_lowercase().as_str())
}

pub(crate) fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let file = BufReader::new(File::open(path)?);
    Ok(match path.extension().is_some_and(|end| end == "gz") {
        true => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        false => Box::new(file),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn spec(text: &str) -> SetSpec {
        text.parse().expect("a spec")
    }

    #[test]
    fn descriptions_are_read_and_mistakes_told() {
        let full = spec("a.jsonl.gz:body:kind:FR,AD");
        assert_eq!((full.text.as_str(), full.label.as_str()), ("body", "kind"));
        assert_eq!(full.positive, Some(vec!["FR".to_owned(), "AD".to_owned()]));
        let colons = spec("a.jsonl:body:kind:FR:Bank,FR:Other");
        let named = ["FR:Bank", "FR:Other"].map(str::to_owned).to_vec();
        assert_eq!(colons.positive, Some(named));
        assert_eq!(spec("a.jsonl").text, "text");
        for wrong in ["", ":a:b", "f:a", "f:a:", "f:a:b:", "f:a:b:c,"] {
            assert!(wrong.parse::<SetSpec>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn rows_come_from_plain_and_packed_files() {
        let folder = tempfile::tempdir().expect("folder");
        let lines = concat!(
            "{\"text\":\"a\",\"label\":1,\"grp\":7}\n\n",
            "{\"text\":\"b\",\"label\":\"Normal\"}\n{\"text\":\"c\",\"label\":\"FR\"}"
        );
        let plain = folder.path().join("a.jsonl");
        std::fs::write(&plain, lines).expect("written");
        let packed = folder.path().join("a.jsonl.gz");
        let file = File::create(&packed).expect("made");
        let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        gzip.write_all(lines.as_bytes()).expect("written");
        gzip.finish().expect("written");
        let rows = spec(plain.to_str().expect("a path")).read().expect("rows");
        let Rows { rows, left_out } = rows;
        assert_eq!(left_out, 0);
        assert_eq!(
            rows,
            spec(packed.to_str().expect("a path"))
                .read()
                .expect("rows")
                .rows
        );
        let labels: Vec<_> = rows.iter().map(|row| row.label.as_deref()).collect();
        assert_eq!(labels, [Some("1"), None, Some("FR")]);
        assert_eq!(rows[0].group, 7);
        assert_ne!(rows[1].group, rows[2].group);
        let named = spec(&format!("{}:text:label:FR", plain.display()));
        let labels: Vec<_> = named
            .read()
            .expect("rows")
            .rows
            .into_iter()
            .map(|row| row.label)
            .collect();
        assert_eq!(labels, [None, None, Some("FR".to_owned())]);
    }

    #[test]
    fn rows_without_label_are_left_out_unless_nothing_else_is_negative() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.jsonl");
        let labels = |lines: &str| {
            std::fs::write(&path, lines).expect("written");
            let Rows { rows, left_out } =
                spec(path.to_str().expect("a path")).read().expect("rows");
            let labels: Vec<_> = rows.into_iter().map(|row| row.label).collect();
            (labels, left_out)
        };
        let one = Some("1".to_owned());
        let half = "{\"text\":\"a\",\"label\":1.0}\n{\"text\":\"b\",\"label\":null}\n{\"text\":\"c\"}\n{\"label\":0}\n";
        assert_eq!(labels(half), (vec![one.clone(), None, None], 1));
        let whole = half.to_owned() + "{\"text\":\"d\",\"label\":0}\n";
        assert_eq!(labels(&whole), (vec![one, None], 3));
        assert_eq!(group_of("A 1，好"), group_of("a好 22"));
        assert_ne!(group_of("好人"), group_of("人好"));
    }

    #[test]
    fn a_bad_line_is_told_with_its_number() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.jsonl");
        for (bad, why) in [
            ("{", "EOF"),
            ("{\"text\":1,\"label\":1}", "is no text"),
            ("{\"text\":\"a\",\"label\":[]}", "is no label"),
        ] {
            std::fs::write(&path, format!("{{\"text\":\"a\",\"label\":1}}\n{bad}\n"))
                .expect("written");
            let error = spec(path.to_str().expect("a path"))
                .read()
                .expect_err("refused");
            let told = error.to_string();
            assert!(told.contains("line 2") && told.contains(why), "{told}");
        }
    }
}
