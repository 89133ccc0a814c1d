//! `stanch scan`: what texts say under their disguise, and where they lead.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stanch_detect::scan::{Answer, Desk, Judge, UNWANTED};
use stanch_detect::text::model::{MODEL_BYTES_MAX, Model};
use stanch_detect::url::{UrlModel, UrlModelError};

use crate::output::Output;
use crate::progress::Progress;

/// Longest line, bytes.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// Arguments of `stanch scan`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Model of texts or of links, as `stanch train` writes it [default: the ones in this program]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Each line is an object {"id","text"} and is answered by one line
    #[arg(long)]
    ndjson: bool,
    /// Files to read [default: standard input]; without --ndjson each line is a text
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(default)]
    id: Value,
    #[serde(borrow)]
    text: std::borrow::Cow<'a, str>,
}

/// What is answered for a line. Offsets count Unicode scalar values.
#[derive(Debug, Serialize)]
struct Scanned {
    id: Value,
    #[serde(flatten)]
    answer: Answer,
}

#[derive(Debug, Serialize)]
struct Refused {
    id: Value,
    error: String,
}

/// A model that was given.
enum Given {
    Texts(Model),
    Links(UrlModel),
}

/// Runs `stanch scan`.
pub async fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    let given = arguments.model.as_deref().map(read_model).transpose()?;
    let (files, ndjson, output) = (arguments.files.clone(), arguments.ndjson, *output);
    let work = move || -> anyhow::Result<()> {
        let links = || UrlModel::shipped().context("reading the model of links in this program");
        let (judge, links) = match &given {
            Some(Given::Texts(model)) => (Judge::Texts(model), links()?),
            Some(Given::Links(model)) => (Judge::Links, model),
            None => {
                let model = Model::shipped().context("reading the model in this program")?;
                (Judge::Both(model), links()?)
            }
        };
        let mut lines = Lines {
            desk: Desk::new(judge, links, Arc::default()),
            as_json: ndjson || output.is_json(),
            is_object: ndjson,
            count: 0,
        };
        let mut out = BufWriter::new(std::io::stdout().lock());
        let written = match files.as_slice() {
            [] => each_line(&mut std::io::stdin().lock(), |line| {
                lines.answer(line, &mut out)
            }),
            files => files.iter().try_for_each(|path| {
                let told = || format!("reading {}", path.display());
                let file = File::open(path).with_context(told)?;
                let all = file.metadata().with_context(told)?.len();
                let (mut bar, mut done) = (Progress::new(&output, "bytes"), 0);
                each_line(&mut BufReader::new(file), |line| {
                    done += line.len() as u64;
                    bar.at(done, all);
                    lines.answer(line, &mut out)
                })?;
                bar.finish();
                Ok(())
            }),
        };
        match written.and_then(|()| Ok(out.flush()?)) {
            Err(error) if is_broken_pipe(&error) => Ok(()),
            other => other,
        }
    };
    tokio::task::spawn_blocking(work).await?
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn read_model(path: &Path) -> anyhow::Result<Given> {
    let told = || format!("reading the model {}", path.display());
    let file = File::open(path).with_context(told)?;
    let mut bytes = Vec::new();
    let limit = MODEL_BYTES_MAX as u64 + 1;
    file.take(limit)
        .read_to_end(&mut bytes)
        .with_context(told)?;
    match UrlModel::from_bytes(&bytes) {
        Ok(model) => Ok(Given::Links(model)),
        Err(UrlModelError::Foreign) => {
            Ok(Given::Texts(Model::from_bytes(&bytes).with_context(told)?))
        }
        Err(error @ (UrlModelError::Damaged(_) | UrlModelError::Shape)) => {
            Err(error).with_context(told)
        }
    }
}

/// Shows every line without its end; of one that is too long only the beginning and one byte too many.
fn each_line(
    from: &mut impl BufRead,
    mut each: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = from
            .by_ref()
            .take(LINE_BYTES_MAX + 2)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        let whole = line.ends_with(b"\n");
        if !whole && line.len() as u64 > LINE_BYTES_MAX {
            skip_line(from)?;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        each(text.strip_suffix(b"\r").unwrap_or(text))?;
    }
}

fn skip_line(from: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = from.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        let done = end.is_some() || buffer.is_empty();
        from.consume(used);
        if done {
            return Ok(());
        }
    }
}

/// Answers lines.
struct Lines<'m> {
    desk: Desk<'m>,
    as_json: bool,
    is_object: bool,
    /// Lines answered.
    count: u64,
}

impl Lines<'_> {
    /// Answers one line by one line.
    fn answer(&mut self, line: &[u8], out: &mut impl Write) -> anyhow::Result<()> {
        self.count += 1;
        match self.scan(line) {
            Ok(scanned) if self.as_json => serde_json::to_writer(&mut *out, &scanned)?,
            Ok(scanned) => {
                let answer = &scanned.answer;
                let best = answer
                    .labels
                    .iter()
                    .filter(|label| *label.label != *UNWANTED);
                let best = best
                    .max_by_key(|label| label.score)
                    .map(|label| &*label.label);
                let text = String::from_utf8_lossy(line);
                let (score, best) = (answer.score.get(), best.unwrap_or(UNWANTED));
                write!(out, "{score:>5}  {best}  {text}")?;
            }
            Err(refused) if self.as_json => serde_json::to_writer(&mut *out, &refused)?,
            Err(refused) => write!(out, "    -  {}", refused.error)?,
        }
        Ok(out.write_all(b"\n")?)
    }

    fn scan(&mut self, line: &[u8]) -> Result<Scanned, Refused> {
        let nobody = |error: String| Refused {
            id: Value::Null,
            error,
        };
        if line.len() as u64 > LINE_BYTES_MAX {
            return Err(nobody(format!("longer than {LINE_BYTES_MAX} bytes")));
        }
        let (id, text) = if self.is_object {
            let line: Line<'_> =
                serde_json::from_slice(line).map_err(|error| nobody(error.to_string()))?;
            (line.id, line.text)
        } else {
            (Value::from(self.count), String::from_utf8_lossy(line))
        };
        let answer = self.desk.scan(&text);
        Ok(Scanned { id, answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_told_and_the_next_is_read() {
        let mut bytes = vec![b'a'; LINE_BYTES_MAX as usize + 9];
        bytes.extend_from_slice(b"\nnext\r\n");
        let mut seen = Vec::new();
        each_line(&mut bytes.as_slice(), |line| {
            seen.push(line.len() as u64);
            Ok(())
        })
        .expect("read");
        assert_eq!(seen.len(), 2);
        assert!(seen[0] > LINE_BYTES_MAX);
        assert_eq!(seen[1], 4);
    }
}
