//! `list`: its kind, its entries and the files it names.

use std::sync::Arc;

use hashbrown::HashMap;

use super::entry::{EntryError, LIST_ENTRIES_MAX, check_entry, read_file};
use super::{Checker, Declared, doc, next_index, shortened};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{List, ListEntry, ListIx, ListKind, Span};
use crate::syntax::ast::{self, Declaration, Name, Text};

stanch_types::words! { ListKind {
    Exact = "exact",
    Prefix = "prefix",
    Cidr = "cidr",
    Phone = "phone",
    Account = "account",
    Domain = "domain",
    Text = "text",
} }

/// Most findings about the lines of one file; more are counted.
const LINE_FINDINGS_MAX: usize = 50;

impl Checker<'_, '_> {
    pub(super) fn list(&mut self, declaration: &Declaration, list: &ast::List) {
        if self.lists.contains_key(&list.name.text) {
            return;
        }
        let kind = self.list_kind(&list.kind);
        let mut entries = Vec::new();
        let mut places: HashMap<&str, Span> = HashMap::new();
        for entry in &list.entries {
            let value = &entry.value;
            if let Some(kind) = kind
                && let Err(error) = check_entry(kind, &value.value)
            {
                let found = Diagnostic::error(Code::BadEntry, value.at.0, error.message);
                self.report(found.hint(error.hint));
                continue;
            }
            if let Some(first) = places.get(value.value.as_str()) {
                let message = format!("the entry \"{}\" is in the list twice", value.value);
                let found = Diagnostic::warning(Code::RepeatedEntry, value.at.0, message)
                    .label(*first, "first here")
                    .hint("remove one of them; if either has no end, the entry has none");
                self.report(found);
            }
            places.insert(&value.value, value.at.0);
            entries.push(ListEntry {
                value: value.value.as_str().into(),
                until_us: entry.until.as_ref().map(|until| until.micros),
            });
        }
        for (at, file) in list.files.iter().enumerate() {
            let earlier = list.files.get(..at).unwrap_or_default();
            if let Some(first) = earlier.iter().find(|other| other.value == file.value) {
                let found =
                    Diagnostic::error(Code::Duplicate, file.at.0, "the list names this file twice");
                self.report(
                    found
                        .label(first.at.0, "named here")
                        .hint("remove one of them"),
                );
                continue;
            }
            self.list_file(kind.unwrap_or(ListKind::Exact), file, &mut entries);
        }
        if list.entries.is_empty() && list.files.is_empty() {
            let message = format!("the list `{}` has no entries", list.name.text);
            let found = Diagnostic::warning(Code::BadEntry, list.name.at.0, message);
            self.report(found.hint("write entries in quotes, or `file \"lists/….txt\"`"));
        }
        let index = kind.map(|kind| {
            self.program.lists.push(List {
                name: list.name.text.as_str().into(),
                doc: doc(declaration),
                kind,
                entries: Arc::new(entries),
                span: list.name.at.0,
            });
            ListIx(next_index(self.program.lists.len() - 1))
        });
        let declared = Declared {
            index,
            span: list.name.at.0,
        };
        self.lists.insert(list.name.text.clone(), declared);
    }

    fn list_kind(&mut self, name: &Name) -> Option<ListKind> {
        let known = name.text.parse().ok();
        if known.is_none() {
            let words = || ListKind::ALL.iter().map(|kind| kind.as_str());
            let message = format!("there is no kind of list `{}`", name.text);
            let found = Diagnostic::error(Code::UnknownWord, name.at.0, message)
                .hint(format!("kinds are {}", shortened(words())))
                .did_you_mean(&name.text, words());
            self.report(found);
        }
        known
    }

    fn list_file(&mut self, kind: ListKind, path: &Text, entries: &mut Vec<ListEntry>) {
        if let Some(message) = refuse_path(&path.value) {
            let found = Diagnostic::error(Code::ListFile, path.at.0, message);
            self.report(
                found.hint("paths begin at the policy's folder: `file \"lists/phones.csv\"`"),
            );
            return;
        }
        let Some(list) = (self.input.list_file)(&path.value) else {
            let message = format!("the policy has no file `{}`", path.value);
            let found = Diagnostic::error(Code::ListFile, path.at.0, message);
            self.report(
                found.hint("paths begin at the policy's folder: `file \"lists/phones.csv\"`"),
            );
            return;
        };
        let text = match list.text {
            Ok(text) => text,
            Err(at) => {
                let message = format!("`{}` is not UTF-8: byte {at} cannot be read", path.value);
                let found = Diagnostic::error(Code::NotUtf8, path.at.0, message);
                self.report(found.hint("save the file as UTF-8"));
                return;
            }
        };
        let is_csv = path.value.to_ascii_lowercase().ends_with(".csv");
        let mut errors = 0;
        let mut seen: hashbrown::HashSet<&str> = hashbrown::HashSet::new();
        let read = read_file(kind, text, is_csv, &mut |line| match line {
            Ok((entry, place)) => {
                let written = text.get(place.clone()).unwrap_or("");
                if !seen.insert(written) {
                    errors += 1;
                    if errors <= LINE_FINDINGS_MAX {
                        let message = "this entry is in the file twice";
                        let span = span_of(list.file, place);
                        let found = Diagnostic::warning(Code::RepeatedEntry, span, message);
                        self.found.push(found.hint("remove one of the lines"));
                    }
                }
                entries.push(entry);
            }
            Err((EntryError { message, hint }, place)) => {
                errors += 1;
                if errors <= LINE_FINDINGS_MAX {
                    let span = span_of(list.file, place);
                    let found = Diagnostic::error(Code::BadEntry, span, message);
                    self.found.push(found.hint(hint));
                }
            }
        });
        if errors > LINE_FINDINGS_MAX {
            let more = errors - LINE_FINDINGS_MAX;
            let message = format!("`{}` has {more} more lines like the ones shown", path.value);
            let found = Diagnostic::error(Code::BadEntry, path.at.0, message);
            self.report(found.hint("correct the lines shown and check again"));
        }
        if !read {
            let message = format!("`{}` has more than {LIST_ENTRIES_MAX} entries", path.value);
            let found = Diagnostic::error(Code::TooLarge, path.at.0, message);
            self.report(found.hint("split it into several lists"));
        }
    }
}

fn span_of(file: u32, place: std::ops::Range<usize>) -> Span {
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span {
        file,
        start: at(place.start),
        end: at(place.end),
    }
}

/// Why the path of a list's file is refused: it must lie in the policy's folder.
#[must_use]
pub fn refuse_path(path: &str) -> Option<String> {
    let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    let bad =
        path.starts_with('/') || path.contains(['\\', '\0', ':']) || !path.split('/').all(is_plain);
    bad.then(|| format!("`{path}` is not a path inside the policy's folder"))
}
