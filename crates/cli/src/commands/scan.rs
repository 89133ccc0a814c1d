//! `stanch scan`: what texts say under their disguise, and where they lead.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use stanch_detect::scan::{Answer, Desk, Judge, UNWANTED};
use stanch_detect::text::model::{MODEL_BYTES_MAX, Model};
use stanch_detect::url::{UrlModel, UrlModelError};

use crate::output::Output;
use crate::progress::Progress;

/// Longest line, bytes.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// Bytes read and written at once.
const BUFFER_BYTES: usize = 1 << 17;

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
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

/// What is answered for a line that cannot be scanned.
#[derive(Debug, Serialize)]
struct Refused {
    id: Value,
    /// Its number, from 1.
    line: u64,
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
            answer: Answer::default(),
            written: Vec::new(),
        };
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, std::io::stdout().lock());
        let written = match files.as_slice() {
            [] => {
                let mut input = BufReader::with_capacity(BUFFER_BYTES, std::io::stdin().lock());
                each_line(&mut input, |line| lines.answer(line, &mut out))
            }
            files => files.iter().try_for_each(|path| {
                let told = || format!("reading {}", path.display());
                let file = File::open(path).with_context(told)?;
                let all = file.metadata().with_context(told)?.len();
                let (mut bar, mut done) = (Progress::new(&output, "bytes"), 0);
                each_line(&mut BufReader::with_capacity(BUFFER_BYTES, file), |line| {
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
    /// The answer before, and the line that is written, for their memory.
    answer: Answer,
    written: Vec<u8>,
}

impl Lines<'_> {
    /// Answers one line by one line. Offsets in it count Unicode scalar values.
    fn answer(&mut self, line: &[u8], out: &mut impl Write) -> anyhow::Result<()> {
        self.count += 1;
        self.written.clear();
        if let Err(error) = self.scan(line) {
            self.written.clear();
            let line = self.count;
            match self.as_json {
                true => {
                    let id = Value::Null;
                    let refused = Refused { id, line, error };
                    serde_json::to_writer(&mut self.written, &refused)?;
                }
                false => write!(self.written, "    -  line {line}: {error}")?,
            }
        }
        self.written.push(b'\n');
        Ok(out.write_all(&self.written)?)
    }

    /// Scans a line and writes the answer; the error says why it cannot be scanned.
    fn scan(&mut self, line: &[u8]) -> Result<(), String> {
        if line.len() as u64 > LINE_BYTES_MAX {
            return Err(format!("longer than {LINE_BYTES_MAX} bytes"));
        }
        let out = &mut self.written;
        out.extend_from_slice(b"{\"id\":");
        let text = if self.is_object {
            let line: Line<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
            write_id(line.id, out).map_err(|error| error.to_string())?;
            line.text
        } else {
            out.extend_from_slice(self.count.to_string().as_bytes());
            String::from_utf8_lossy(line)
        };
        self.desk.scan_into(&text, &mut self.answer);
        if self.as_json {
            out.push(b',');
            self.answer.write_json_fields(out);
            out.push(b'}');
            return Ok(());
        }
        out.clear();
        let labels = self.answer.labels.iter();
        let best = labels
            .filter(|label| *label.label != *UNWANTED)
            .max_by_key(|label| label.score)
            .map_or(UNWANTED, |label| &*label.label);
        let score = self.answer.score.get();
        write!(out, "{score:>5}  {best}  {text}").map_err(|error| error.to_string())
    }
}

/// Writes an `id` as it is read: a plain word or number is copied, anything else is read and written anew.
fn write_id(id: Option<&RawValue>, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let Some(id) = id.map(RawValue::get) else {
        out.extend_from_slice(b"null");
        return Ok(());
    };
    let is_word = id.starts_with('"') && !id.contains('\\');
    // All numbers of 18 digits fit 64 bits.
    let is_count = id.len() <= 18 && id.bytes().all(|byte| byte.is_ascii_digit());
    if is_word || is_count {
        out.extend_from_slice(id.as_bytes());
        return Ok(());
    }
    let id: Value = serde_json::from_str(id)?;
    serde_json::to_writer(out, &id)
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

    #[test]
    fn an_id_is_written_as_it_is_read() {
        for id in [
            "null",
            "7",
            "-7",
            "1.50",
            "1e3",
            "12345678901234567890",
            "\"a 好\"",
            "\"a\\u597d\\n\"",
            "{\"b\": [1, 2]}",
            "true",
        ] {
            let line = format!("{{\"id\": {id} , \"text\":\"好\"}}");
            let line: Line<'_> = serde_json::from_str(&line).expect("a line");
            let mut written = Vec::new();
            write_id(line.id, &mut written).expect("an id");
            let plain: Value = serde_json::from_str(id).expect("JSON");
            assert_eq!(written, serde_json::to_vec(&plain).expect("JSON"), "{id}");
        }
    }
}
