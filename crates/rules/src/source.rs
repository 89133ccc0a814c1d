//! The text of a policy's files, and where in it a byte lies.

use std::sync::{Arc, OnceLock};

use crate::ir::Span;

/// The files of a policy in path order; [`Span::file`] is an index into it.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<Arc<SourceFile>>,
}

/// A file of a policy.
#[derive(Debug)]
pub struct SourceFile {
    path: String,
    text: Box<str>,
    lines: OnceLock<Vec<u32>>,
}

/// A place for people: lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl SourceMap {
    /// Adds a file and answers its index. Text past 4 GiB cannot be pointed at and is cut off.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Box<str>>) -> u32 {
        let index = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.files.push(Arc::new(SourceFile {
            path: path.into(),
            text: text.into(),
            lines: OnceLock::new(),
        }));
        index
    }

    /// Puts another text in a file's place.
    pub fn replace(&mut self, index: u32, path: impl Into<String>, text: impl Into<Box<str>>) {
        if let Some(file) = self.files.get_mut(index as usize) {
            *file = Arc::new(SourceFile {
                path: path.into(),
                text: text.into(),
                lines: OnceLock::new(),
            });
        }
    }

    /// The file of this index.
    #[must_use]
    pub fn file(&self, index: u32) -> Option<&SourceFile> {
        self.files.get(index as usize).map(AsRef::as_ref)
    }

    /// The files in order.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().map(AsRef::as_ref)
    }

    /// The text of `span`; empty when it points nowhere.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file)
            .and_then(|file| file.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }
}

impl SourceFile {
    /// Path inside the policy's folder, with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of the byte at `offset`; the end of the file when it lies beyond.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.line_start(line);
        let before = self
            .text
            .get(start as usize..(offset as usize).min(self.text.len()))
            .unwrap_or("");
        Position {
            line: line + 1,
            column: u32::try_from(before.chars().count()).unwrap_or(u32::MAX - 1) + 1,
        }
    }

    /// Index, from 0, of the line that the byte at `offset` is on.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> u32 {
        let after = self.lines().partition_point(|start| *start <= offset);
        u32::try_from(after).unwrap_or(u32::MAX).saturating_sub(1)
    }

    /// First byte of the line of this index, from 0.
    #[must_use]
    pub fn line_start(&self, line: u32) -> u32 {
        self.lines()
            .get(line as usize)
            .copied()
            .unwrap_or_else(|| u32::try_from(self.text.len()).unwrap_or(u32::MAX))
    }

    /// The line of this index, from 0, without its line break.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let start = self.line_start(line) as usize;
        let end = self.line_start(line.saturating_add(1)) as usize;
        let text = self.text.get(start..end).unwrap_or("");
        text.trim_end_matches(['\n', '\r'])
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = self
                .text
                .bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0)
                .chain(breaks.filter_map(|(at, _)| u32::try_from(at + 1).ok()))
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let mut map = SourceMap::default();
        map.add("a.policy", "一二\r\nab\n");
        let file = map.file(0).unwrap();
        let at = |offset| {
            let position = file.position(offset);
            (position.line, position.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(3), (1, 2));
        assert_eq!(at(9), (2, 2));
        assert_eq!(at(99), (3, 1));
        assert_eq!(file.line(0), "一二");
        assert_eq!(file.line(1), "ab");
        assert_eq!(file.line(7), "");
    }
}
