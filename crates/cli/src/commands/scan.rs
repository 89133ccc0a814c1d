//! `stanch scan`: what texts say under their disguise, and where they lead.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stanch_detect::text::contact::{ContactKind, Found};
use stanch_detect::text::model::{LabelScore, MODEL_BYTES_MAX, Model, Reader, pieces};
use stanch_detect::text::{Folder, ScalarCursor, Scanner, Span, TextTooLong, Views};
use stanch_types::Score;

use crate::output::Output;
use crate::progress::Progress;

/// Longest line, bytes.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// From this score on the parts of the text that speak for a label are shown.
const SHOWN_SCORE_MIN: u16 = 5_000;
/// Most parts shown for a label.
const SPANS_MAX: usize = 8;
/// The label that sums up the others.
const OVERALL: &str = stanch_train::UNWANTED;

/// Arguments of `stanch scan`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Text model, as `stanch train` writes it [default: the one in this program]
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

/// What is answered for a text. Offsets count Unicode scalar values.
#[derive(Debug, Serialize)]
struct Scan {
    id: Value,
    score: Score,
    labels: Vec<ScoredLabel>,
    spans: Vec<ReasonSpan>,
    contacts: Vec<FoundContact>,
    urls: Vec<FoundUrl>,
    /// Whether contacts were left out because there were too many.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_cut: bool,
}

#[derive(Debug, Serialize)]
struct ScoredLabel {
    label: Box<str>,
    score: Score,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct ReasonSpan {
    start: usize,
    end: usize,
    reason: Box<str>,
}

#[derive(Debug, Serialize)]
struct FoundContact {
    kind: String,
    platform: Option<String>,
    value: String,
    start: usize,
    end: usize,
    disguised: bool,
}

#[derive(Debug, Serialize)]
struct FoundUrl {
    url: String,
    start: usize,
    end: usize,
    disguised: bool,
}

#[derive(Debug, Serialize)]
struct Refused {
    id: Value,
    error: String,
}

/// Runs `stanch scan`.
pub async fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
    let given = arguments.model.as_ref().map(read_model).transpose()?;
    let (files, ndjson, output) = (arguments.files.clone(), arguments.ndjson, *output);
    let work = move || -> anyhow::Result<()> {
        let model = match &given {
            Some(model) => model,
            None => Model::shipped().context("reading the model in this program")?,
        };
        let mut scanner = Desk::new(model);
        let mut out = BufWriter::new(std::io::stdout().lock());
        let written = match files.as_slice() {
            [] => lines(&mut std::io::stdin().lock(), |line| {
                scanner.answer(line, ndjson || output.is_json(), ndjson, &mut out)
            }),
            files => files.iter().try_for_each(|path| {
                let told = || format!("reading {}", path.display());
                let file = File::open(path).with_context(told)?;
                let all = file.metadata().with_context(told)?.len();
                let (mut bar, mut done) = (Progress::new(&output, "bytes"), 0);
                lines(&mut BufReader::new(file), |line| {
                    done += line.len() as u64;
                    bar.at(done, all);
                    scanner.answer(line, ndjson || output.is_json(), ndjson, &mut out)
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

fn read_model(path: &PathBuf) -> anyhow::Result<Model> {
    let told = || format!("reading the model {}", path.display());
    let file = File::open(path).with_context(told)?;
    let mut bytes = Vec::new();
    let limit = MODEL_BYTES_MAX as u64 + 1;
    file.take(limit)
        .read_to_end(&mut bytes)
        .with_context(told)?;
    Model::from_bytes(&bytes).with_context(told)
}

/// Shows every line without its end; of one that is too long only the beginning and one byte too many.
fn lines(
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

/// What texts are read with.
struct Desk<'m> {
    model: &'m Model,
    reader: Reader<'m>,
    folder: Folder,
    scanner: Scanner,
    /// Lines answered.
    count: u64,
}

impl<'m> Desk<'m> {
    fn new(model: &'m Model) -> Self {
        Self {
            model,
            reader: model.reader(),
            folder: Folder::new(Views::Plain),
            scanner: Scanner::new(Arc::default()),
            count: 0,
        }
    }

    /// Answers one line by one line.
    fn answer(
        &mut self,
        line: &[u8],
        as_json: bool,
        is_object: bool,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        self.count += 1;
        match self.scan_line(line, is_object) {
            Ok(scan) if as_json => serde_json::to_writer(&mut *out, &scan)?,
            Ok(scan) => {
                let best = scan.labels.iter().filter(|label| &*label.label != OVERALL);
                let best = best
                    .max_by_key(|label| label.score)
                    .map(|label| &*label.label);
                let text = String::from_utf8_lossy(line);
                write!(
                    out,
                    "{:>5}  {}  {text}",
                    scan.score.get(),
                    best.unwrap_or(OVERALL)
                )?;
            }
            Err(refused) if as_json => serde_json::to_writer(&mut *out, &refused)?,
            Err(refused) => write!(out, "    -  {}", refused.error)?,
        }
        Ok(out.write_all(b"\n")?)
    }

    fn scan_line(&mut self, line: &[u8], is_object: bool) -> Result<Scan, Refused> {
        let nobody = |error: String| Refused {
            id: Value::Null,
            error,
        };
        if line.len() as u64 > LINE_BYTES_MAX {
            return Err(nobody(format!("longer than {LINE_BYTES_MAX} bytes")));
        }
        if !is_object {
            let text = String::from_utf8_lossy(line);
            let scan = self.scan(Value::from(self.count), &text);
            return scan.map_err(|error| nobody(error.to_string()));
        }
        let line: Line<'_> =
            serde_json::from_slice(line).map_err(|error| nobody(error.to_string()))?;
        let id = line.id.clone();
        self.scan(line.id, &line.text).map_err(|error| Refused {
            id,
            error: error.to_string(),
        })
    }

    fn scan(&mut self, id: Value, text: &str) -> Result<Scan, TextTooLong> {
        let mut best: Vec<(LabelScore, Vec<Span>)> = Vec::new();
        for (start, piece) in pieces(text) {
            let folded = self.folder.fold(piece)?;
            let scores = self.reader.read(piece, folded).to_vec();
            for (ix, score) in scores.into_iter().enumerate() {
                if best
                    .get(ix)
                    .is_some_and(|(known, _)| known.margin >= score.margin)
                {
                    continue;
                }
                let mut spans = Vec::new();
                if score.score.get() >= SHOWN_SCORE_MIN {
                    let reasons = self.reader.explain(piece, folded, ix, SPANS_MAX);
                    let speaking = reasons.into_iter().filter(|reason| reason.weight > 0.0);
                    spans.extend(speaking.map(|reason| reason.span.after(start)));
                }
                match best.get_mut(ix) {
                    Some(place) => *place = (score, spans),
                    None => best.push((score, spans)),
                }
            }
        }
        let mut scan = labelled(self.model, id, text, &best);
        let found = self.scanner.scan(text);
        scan.is_cut = found.is_cut;
        scan.tell(text, &found.contacts);
        Ok(scan)
    }
}

/// The scores of a text, and the parts that speak for them.
fn labelled(model: &Model, id: Value, text: &str, best: &[(LabelScore, Vec<Span>)]) -> Scan {
    let mut cursor = ScalarCursor::new(text);
    let name = |ix: usize| {
        let label = model.labels().get(ix);
        label.map_or_else(Box::default, |label| label.name.clone())
    };
    let overall = best
        .iter()
        .find(|(score, _)| &*name(score.label) == OVERALL);
    let highest = best.iter().map(|(score, _)| score.score).max();
    let mut scan = Scan {
        id,
        score: overall.map_or(highest.unwrap_or(Score::MIN), |(score, _)| score.score),
        labels: Vec::with_capacity(best.len()),
        spans: Vec::new(),
        contacts: Vec::new(),
        urls: Vec::new(),
        is_cut: false,
    };
    for (score, spans) in best {
        let label = name(score.label);
        for span in spans {
            let (start, end) = cursor.range(*span);
            let reason = label.clone();
            scan.spans.push(ReasonSpan { start, end, reason });
        }
        let score = score.score;
        scan.labels.push(ScoredLabel { label, score });
    }
    scan.spans
        .sort_by(|a, b| (a.start, a.end, &a.reason).cmp(&(b.start, b.end, &b.reason)));
    scan
}

impl Scan {
    /// Adds where the text leads.
    fn tell(&mut self, text: &str, found: &[Found]) {
        let mut cursor = ScalarCursor::new(text);
        for found in found {
            let (start, end) = cursor.range(found.span);
            let (value, disguised) = (found.contact.expose(), found.disguised);
            let kind = found.contact.kind();
            if matches!(kind, ContactKind::Url | ContactKind::Domain) {
                self.urls.push(FoundUrl {
                    url: value,
                    start,
                    end,
                    disguised,
                });
                continue;
            }
            self.contacts.push(FoundContact {
                kind: kind.to_string(),
                platform: found
                    .contact
                    .platform()
                    .map(|platform| platform.to_string()),
                value,
                start,
                end,
                disguised,
            });
        }
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
        lines(&mut bytes.as_slice(), |line| {
            seen.push(line.len() as u64);
            Ok(())
        })
        .expect("read");
        assert_eq!(seen.len(), 2);
        assert!(seen[0] > LINE_BYTES_MAX);
        assert_eq!(seen[1], 4);
    }
}
