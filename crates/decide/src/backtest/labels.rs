//! Labels that became known after the event: whether it was fraud is often found out weeks later, and an event of the
//! log never changes. A file of labels, or those of the record, come beside the log; what they say goes before what came with the event.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use hashbrown::HashMap;
use serde::Deserialize;
use stanch_rules::event::{Event, Label};

use crate::error::DecideError;
use crate::index::{Digest16, digest16};

/// Most bytes of a line.
const LINE_BYTES_MAX: u64 = 4_096;

/// What events turned out to be, by event id. A few tens of bytes each.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    by_event: HashMap<Digest16, Label>,
    sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    event_id: String,
    label: Label,
}

impl Labels {
    /// From pairs of event id and label; the last about an event counts.
    pub(crate) fn new<'a>(known: impl Iterator<Item = (&'a str, Label)>) -> Self {
        let mut labels = Self::default();
        let mut content = Context::new(&SHA256);
        for (event_id, label) in known {
            let id = digest16(&[event_id.as_bytes()]);
            content.update(&id);
            content.update(&[u8::from(label == Label::Fraud)]);
            labels.by_event.insert(id, label);
        }
        if !labels.is_empty() {
            labels.sha256 = Some(hex::encode(content.finish()));
        }
        labels
    }

    /// Reads a file: either `{"event_id":"…","label":"fraud"}` or `event_id,fraud` on each line; the labels are `fraud`
    /// and `good`. A head `event_id,label` and empty lines are passed over, the last line about an event counts.
    ///
    /// # Errors
    /// [`DecideError::Io`]; [`DecideError::BadLabel`] with the number of the line.
    pub fn read(path: &Path) -> Result<Self, DecideError> {
        let file = File::open(path).map_err(DecideError::io("read", path))?;
        let mut lines = BufReader::with_capacity(1 << 20, file);
        let mut labels = Self::default();
        let mut content = Context::new(&SHA256);
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let read = (&mut lines)
                .take(LINE_BYTES_MAX)
                .read_until(b'\n', &mut line)
                .map_err(DecideError::io("read", path))?;
            if read == 0 {
                break;
            }
            content.update(&line);
            let text = line.trim_ascii();
            if text.is_empty() || (number == 1 && text == b"event_id,label") {
                continue;
            }
            let (event_id, label) = parse(text).ok_or(DecideError::BadLabel { line: number })?;
            let id = digest16(&[event_id.as_bytes()]);
            labels.by_event.insert(id, label);
        }
        labels.sha256 = Some(hex::encode(content.finish()));
        Ok(labels)
    }

    /// Number of events labelled.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_event.len()
    }

    /// Whether nothing is labelled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_event.is_empty()
    }

    /// What the event turned out to be, as far as is known.
    pub(super) fn of(&self, event: &Event) -> Option<Label> {
        if self.by_event.is_empty() {
            return event.label();
        }
        let id = digest16(&[event.event_id().as_bytes()]);
        self.by_event.get(&id).copied().or(event.label())
    }

    /// Which file it is; empty without one.
    pub(super) fn sha256(&self) -> &str {
        self.sha256.as_deref().unwrap_or_default()
    }
}

fn parse(text: &[u8]) -> Option<(String, Label)> {
    if text.starts_with(b"{") {
        let line: Line = serde_json::from_slice(text).ok()?;
        return Some((line.event_id, line.label));
    }
    let text = std::str::from_utf8(text).ok()?;
    // Event ids may hold commas, labels do not.
    let (event_id, label) = text.rsplit_once(',')?;
    let event_id = event_id.trim().trim_matches('"');
    let label = match label.trim().trim_matches('"') {
        "fraud" => Label::Fraud,
        "good" => Label::Good,
        _ => return None,
    };
    (!event_id.is_empty()).then(|| (event_id.to_owned(), label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_a_bad_line_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("labels");
        let text = "event_id,label\ne-1,fraud\n\n{\"event_id\":\"e,2\",\"label\":\"good\"}\n\"e-3\",good\ne-1,good\n";
        std::fs::write(&path, text).unwrap();
        let labels = Labels::read(&path).unwrap();
        assert_eq!(labels.len(), 3);
        let of = |id: &str| labels.by_event.get(&digest16(&[id.as_bytes()])).copied();
        assert_eq!(of("e-1"), Some(Label::Good));
        assert_eq!(of("e,2"), Some(Label::Good));
        std::fs::write(&path, "e-1,fraud\ne-2,perhaps\n").unwrap();
        let error = Labels::read(&path).unwrap_err();
        assert!(
            matches!(error, DecideError::BadLabel { line: 2 }),
            "{error}"
        );
    }
}
