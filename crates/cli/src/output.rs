//! What a command prints and writes: JSON on stdout with `--json`, else text for people; files whole or not at all.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use stanch_types::ErrorCode;

use crate::failure::code_of;

/// Where and how a command answers.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    /// JSON if `json`, else text.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether answers are for programs.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Whether progress may be drawn on stderr.
    pub fn draws_progress(self) -> bool {
        std::io::stderr().is_terminal()
    }

    /// Prints `value` as one JSON line, or `text` for people.
    pub fn result<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> anyhow::Result<()> {
        let line = if self.json {
            serde_json::to_string(value)?
        } else {
            text()
        };
        match writeln!(std::io::stdout().lock(), "{}", line.trim_end_matches('\n')) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    /// Prints rows as a table for people, or as one JSON array.
    pub fn table<T: Serialize>(
        self,
        items: &[T],
        head: &[&str],
        row: impl Fn(&T) -> Vec<String>,
    ) -> anyhow::Result<()> {
        self.result(&items, || {
            let rows: Vec<Vec<String>> = items.iter().map(row).collect();
            render_table(head, &rows)
        })
    }

    /// Prints a message for people on stderr.
    pub fn note(self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Prints why a command failed, on stderr: as text, or as one JSON line with code and detail.
    pub fn error(self, error: &anyhow::Error) {
        let code = code_of(error);
        let detail = format!("{error:#}");
        if self.json {
            let line = serde_json::json!({ "error": { "code": code.as_str(), "detail": detail } });
            self.note(&line.to_string());
        } else if code == ErrorCode::Internal {
            self.note(&format!("stanch: {detail}"));
        } else {
            self.note(&format!("stanch: {detail} [{code}]"));
        }
    }
}

/// `OUT.checkpoint` for `OUT`.
pub fn beside(out: &Path, ending: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Puts a file in place, durably, so that it is whole or not there.
pub fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let new = beside(path, "new");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Columns padded to their widest cell; wide (CJK) characters count double.
fn render_table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut widths = vec![0; head.len()];
    for row in std::iter::once(&head).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(cell));
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&head).chain(rows) {
        let cells = row.iter().zip(&widths).map(|(cell, width)| {
            let padding = " ".repeat(width.saturating_sub(columns(cell)));
            format!("{cell}{padding}")
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Terminal columns that `text` takes: East Asian wide characters take two.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| {
            if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffef}') {
                2
            } else {
                1
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_align_wide_characters() {
        let rows = vec![
            vec!["王小明".to_owned(), "1".to_owned()],
            vec!["x".to_owned(), "22".to_owned()],
        ];
        assert_eq!(
            render_table(&["name", "n"], &rows),
            "name    n\n王小明  1\nx       22\n"
        );
    }
}
