//! Deciding a file of events without a server: the same engine, arrival order = line order.
//!
//! Where the work stands is written beside the output after every stretch, once everything before is on disk. After a
//! crash the same command reads the events again up to there (for the features; nothing is decided twice), cuts the
//! output back to it and goes on: the output is the same as without the crash.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stanch_rules::Policy;

use crate::block::EVENT_BYTES_MAX;
use crate::core::Core;
use crate::door::{Checked, Live, Refusal, check};
use crate::error::DecideError;
use crate::index::Digest16;

/// Lines decided together.
const STRETCH_LINES: usize = 4_096;
/// Stretches after which the place is written down.
const MARK_EVERY: u64 = 32;
/// Bytes of the input that say which file it is.
const HEAD_BYTES: u64 = 1 << 20;

/// Files of an offline run.
#[derive(Debug, Clone)]
pub struct OfflineFiles {
    /// Events, one a line.
    pub events: PathBuf,
    /// Decisions, one a line, in the order of the events.
    pub out: PathBuf,
    /// Lines that were refused, with number and reason.
    pub rejects: PathBuf,
}

/// How far an offline run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OfflineCounts {
    /// Lines read, empty ones aside.
    pub read: u64,
    /// Events decided.
    pub decided: u64,
    /// Events that had been decided before in the file, answered again.
    pub repeated: u64,
    /// Lines refused.
    pub refused: u64,
    /// Bytes of the input read.
    pub bytes_read: u64,
    /// Bytes of the input.
    pub bytes_total: u64,
}

/// What an offline run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfflineSummary {
    /// Hash of the policy.
    pub policy: String,
    /// What was done, also by a run before that this one took up.
    #[serde(flatten)]
    pub counts: OfflineCounts,
    /// Lines of an interrupted run that were not decided again.
    pub taken_up_after: u64,
}

/// Where a run stands; everything before is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    policy: String,
    /// SHA-256 of the first [`HEAD_BYTES`] of the input.
    head_sha256: String,
    head_bytes: u64,
    counts: OfflineCounts,
    /// Lines of the input, empty ones too.
    lines: u64,
    out_bytes: u64,
    rejects_bytes: u64,
}

/// Decides the events of a file.
///
/// # Errors
/// [`DecideError::Io`].
pub fn decide_file(
    policy: Policy,
    files: &OfflineFiles,
    progress: &mut dyn FnMut(OfflineCounts),
) -> Result<OfflineSummary, DecideError> {
    let hash = policy.hash().to_string();
    let mark_path = beside(&files.out, "progress");
    let head = head_of(&files.events, HEAD_BYTES)?;
    let mark = read_mark(&mark_path, &hash, &files.events)?;
    let mut run = Run::start(policy, files, mark.as_ref())?;
    let taken_up_after = mark.as_ref().map_or(0, |mark| mark.lines);
    while run.stretch()? {
        progress(run.counts);
        if run.stretches.is_multiple_of(MARK_EVERY) {
            run.sync()?;
            let mark = run.mark(&hash, &head);
            write_mark(&mark_path, &mark)?;
        }
    }
    run.sync()?;
    match std::fs::remove_file(&mark_path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(DecideError::io("remove", &mark_path)(error));
        }
        Ok(()) | Err(_) => {}
    }
    Ok(OfflineSummary {
        policy: hash,
        counts: run.counts,
        taken_up_after,
    })
}

struct Head {
    sha256: String,
    bytes: u64,
}

/// What was decided about an event before in the file.
#[derive(Clone, Copy)]
struct Before {
    content: Digest16,
    /// Place of its decision in the output.
    at: u64,
    len: u32,
}

struct Run {
    core: Core,
    live: Arc<Live>,
    input: BufReader<File>,
    out: BufWriter<File>,
    /// Decisions are read back from here when an event comes again.
    out_again: File,
    rejects: BufWriter<File>,
    out_path: PathBuf,
    events_path: PathBuf,
    rejects_path: PathBuf,
    known: HashMap<Digest16, Before>,
    counts: OfflineCounts,
    lines: u64,
    out_bytes: u64,
    rejects_bytes: u64,
    stretches: u64,
}

/// A line of a stretch.
enum Line {
    Fresh(usize),
    Again(Before),
    /// Repeats a line of this stretch.
    AgainHere(usize),
    Refused(u64, Refusal),
}

impl Run {
    fn start(
        policy: Policy,
        files: &OfflineFiles,
        mark: Option<&Mark>,
    ) -> Result<Self, DecideError> {
        let core = Core::new(policy)?;
        let input = File::open(&files.events).map_err(DecideError::io("read", &files.events))?;
        let meta = input.metadata();
        let bytes_total = meta.map_err(DecideError::io("read", &files.events))?.len();
        let out = open_at(&files.out, mark.map_or(0, |mark| mark.out_bytes))?;
        let rejects = open_at(&files.rejects, mark.map_or(0, |mark| mark.rejects_bytes))?;
        let out_again = File::open(&files.out).map_err(DecideError::io("read", &files.out))?;
        let mut run = Self {
            live: core.live(),
            core,
            input: BufReader::with_capacity(1 << 20, input),
            out: BufWriter::with_capacity(1 << 20, out),
            out_again,
            rejects: BufWriter::new(rejects),
            out_path: files.out.clone(),
            events_path: files.events.clone(),
            rejects_path: files.rejects.clone(),
            known: HashMap::new(),
            counts: OfflineCounts {
                bytes_total,
                ..OfflineCounts::default()
            },
            lines: 0,
            out_bytes: 0,
            rejects_bytes: 0,
            stretches: 0,
        };
        if let Some(mark) = mark {
            run.take_up(mark)?;
        }
        Ok(run)
    }

    /// Reads the events before `mark` again for what the features and repetitions need of them.
    fn take_up(&mut self, mark: &Mark) -> Result<(), DecideError> {
        let out = File::open(&self.out_path).map_err(DecideError::io("read", &self.out_path))?;
        let mut decisions = BufReader::with_capacity(1 << 20, out);
        let mut decision = Vec::new();
        while self.lines < mark.lines {
            let stretch = usize::try_from(mark.lines - self.lines).unwrap_or(usize::MAX);
            let lines = self.read_lines(stretch.min(STRETCH_LINES))?;
            if lines.is_empty() {
                break;
            }
            let mut fresh = Vec::new();
            for checked in check_all(&self.live, &lines) {
                let Ok(row) = checked else { continue };
                let id = id_digest(&row);
                let known = self.known.get(&id).copied();
                if known.is_some_and(|known| known.content != row.content) {
                    continue;
                }
                decision.clear();
                decisions
                    .read_until(b'\n', &mut decision)
                    .map_err(DecideError::io("read", &self.out_path))?;
                let len = u32::try_from(decision.len()).unwrap_or(u32::MAX);
                if known.is_none() {
                    let before = Before {
                        content: row.content,
                        at: self.out_bytes,
                        len,
                    };
                    self.known.insert(id, before);
                    fresh.push(row.event);
                }
                self.out_bytes += u64::from(len);
            }
            self.core.observe_all(&fresh.iter().collect::<Vec<_>>())?;
        }
        if self.out_bytes != mark.out_bytes || self.lines != mark.lines {
            return Err(DecideError::Damaged {
                what: "the output of the interrupted run",
            });
        }
        self.rejects_bytes = mark.rejects_bytes;
        self.counts = OfflineCounts {
            bytes_total: self.counts.bytes_total,
            ..mark.counts
        };
        Ok(())
    }

    /// Decides the next lines; `false` at the end of the input.
    fn stretch(&mut self) -> Result<bool, DecideError> {
        let lines = self.read_lines(STRETCH_LINES)?;
        if lines.is_empty() {
            return Ok(false);
        }
        self.stretches += 1;
        let mut here: HashMap<Digest16, (Digest16, usize)> = HashMap::new();
        let mut rows: Vec<Checked> = Vec::with_capacity(lines.len());
        let mut order = Vec::with_capacity(lines.len());
        for (checked, (number, _)) in check_all(&self.live, &lines).into_iter().zip(&lines) {
            self.counts.read += 1;
            order.push(match checked {
                Err(refusal) => Line::Refused(*number, refusal),
                Ok(row) => {
                    let id = id_digest(&row);
                    let before = self.known.get(&id).copied();
                    match (before, here.get(&id).copied()) {
                        (Some(before), _) if before.content == row.content => Line::Again(before),
                        (None, Some((content, nth))) if content == row.content => {
                            Line::AgainHere(nth)
                        }
                        (None, None) => {
                            here.insert(id, (row.content, rows.len()));
                            rows.push(row);
                            Line::Fresh(rows.len() - 1)
                        }
                        (Some(_), _) | (None, Some(_)) => {
                            Line::Refused(*number, Refusal::conflict(&row.event_id))
                        }
                    }
                }
            });
        }
        let decided = self.core.decide_offline(&rows)?;
        self.write(order, &rows, &decided)?;
        Ok(true)
    }

    fn write(
        &mut self,
        order: Vec<Line>,
        rows: &[Checked],
        decided: &[Bytes],
    ) -> Result<(), DecideError> {
        for line in order {
            let json = match line {
                Line::Refused(number, refusal) => {
                    self.reject(number, &refusal)?;
                    continue;
                }
                Line::Fresh(nth) => {
                    let json = decided.get(nth).cloned().unwrap_or_default();
                    if let Some(row) = rows.get(nth) {
                        let before = Before {
                            content: row.content,
                            at: self.out_bytes,
                            len: u32::try_from(json.len() + 1).unwrap_or(u32::MAX),
                        };
                        self.known.insert(id_digest(row), before);
                    }
                    self.counts.decided += 1;
                    json
                }
                Line::AgainHere(nth) => {
                    self.counts.repeated += 1;
                    decided.get(nth).cloned().unwrap_or_default()
                }
                Line::Again(before) => {
                    self.counts.repeated += 1;
                    self.read_back(before)?
                }
            };
            self.out
                .write_all(&json)
                .and_then(|()| self.out.write_all(b"\n"))
                .map_err(DecideError::io("write", &self.out_path))?;
            self.out_bytes += u64::try_from(json.len()).unwrap_or(0) + 1;
        }
        Ok(())
    }

    fn reject(&mut self, number: u64, refusal: &Refusal) -> Result<(), DecideError> {
        self.counts.refused += 1;
        let line =
            json!({ "line": number, "event_id": refusal.event_id, "reason": refusal.detail });
        let line = format!("{line}\n");
        self.rejects_bytes += u64::try_from(line.len()).unwrap_or(0);
        self.rejects
            .write_all(line.as_bytes())
            .map_err(DecideError::io("write", &self.rejects_path))
    }

    /// A decision that was written before, without the end of its line.
    fn read_back(&mut self, before: Before) -> Result<Bytes, DecideError> {
        let failed = || DecideError::io("read", &self.out_path);
        self.out.flush().map_err(failed())?;
        let len = usize::try_from(before.len.saturating_sub(1)).unwrap_or(0);
        let mut bytes = vec![0; len];
        self.out_again
            .seek(SeekFrom::Start(before.at))
            .and_then(|_| self.out_again.read_exact(&mut bytes))
            .map_err(failed())?;
        Ok(bytes.into())
    }

    /// Up to `most` lines with their numbers; empty lines are counted and passed over. Lines that are too long are
    /// cut, and refused for it.
    fn read_lines(&mut self, most: usize) -> Result<Vec<(u64, Bytes)>, DecideError> {
        let mut lines = Vec::with_capacity(most.min(STRETCH_LINES));
        let mut taken = 0;
        while taken < most {
            let mut line = Vec::new();
            let room = u64::try_from(EVENT_BYTES_MAX + 2).unwrap_or(u64::MAX);
            let mut read = (&mut self.input)
                .take(room)
                .read_until(b'\n', &mut line)
                .map_err(DecideError::io("read", &self.events_path))?;
            if read == 0 {
                break;
            }
            if !line.ends_with(b"\n") {
                read += self.pass_rest()?;
            }
            taken += 1;
            self.lines += 1;
            self.counts.bytes_read += u64::try_from(read).unwrap_or(0);
            if !line.trim_ascii().is_empty() {
                lines.push((self.lines, Bytes::from(line)));
            } else if taken == most && lines.is_empty() {
                // A stretch of empty lines is not the end.
                taken = 0;
            }
        }
        Ok(lines)
    }

    /// Passes over the rest of a line.
    fn pass_rest(&mut self) -> Result<usize, DecideError> {
        let mut passed = 0;
        loop {
            let buffer = self
                .input
                .fill_buf()
                .map_err(DecideError::io("read", &self.events_path))?;
            if buffer.is_empty() {
                return Ok(passed);
            }
            let (used, ends) = match buffer.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), false),
            };
            self.input.consume(used);
            passed += used;
            if ends {
                return Ok(passed);
            }
        }
    }

    fn sync(&mut self) -> Result<(), DecideError> {
        for (file, path) in [
            (&mut self.out, &self.out_path),
            (&mut self.rejects, &self.rejects_path),
        ] {
            file.flush()
                .and_then(|()| file.get_ref().sync_data())
                .map_err(DecideError::io("write", path))?;
        }
        Ok(())
    }

    fn mark(&self, hash: &str, head: &Head) -> Mark {
        Mark {
            policy: hash.to_owned(),
            head_sha256: head.sha256.clone(),
            head_bytes: head.bytes,
            counts: self.counts,
            lines: self.lines,
            out_bytes: self.out_bytes,
            rejects_bytes: self.rejects_bytes,
        }
    }
}

fn id_digest(row: &Checked) -> Digest16 {
    crate::index::digest16(&[row.event_id.as_bytes()])
}

/// Checks lines on both cores when there are many.
fn check_all(live: &Arc<Live>, lines: &[(u64, Bytes)]) -> Vec<Result<Checked, Refusal>> {
    crate::parallel::map(lines, |(_, line)| check(live, line))
}

/// `OUT.progress` for `OUT`.
fn beside(out: &Path, ending: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// The file at `path`, cut to `len` bytes, to be written on from there.
fn open_at(path: &Path, len: u64) -> Result<File, DecideError> {
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path)
        .map_err(DecideError::io("write", path))?;
    let there = file.metadata().map(|meta| meta.len());
    if there.map_err(DecideError::io("read", path))? < len {
        return Err(DecideError::Damaged {
            what: "the output of the interrupted run",
        });
    }
    file.set_len(len)
        .and_then(|()| file.seek(SeekFrom::End(0)))
        .map_err(DecideError::io("write", path))?;
    Ok(file)
}

fn head_of(path: &Path, most: u64) -> Result<Head, DecideError> {
    let file = File::open(path).map_err(DecideError::io("read", path))?;
    let mut bytes = Vec::new();
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(DecideError::io("read", path))?;
    Ok(Head {
        sha256: hex::encode(digest(&SHA256, &bytes)),
        bytes: u64::try_from(bytes.len()).unwrap_or(0),
    })
}

/// The mark of an interrupted run of the same policy over the same file.
fn read_mark(path: &Path, hash: &str, events: &Path) -> Result<Option<Mark>, DecideError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DecideError::io("read", path)(error)),
    };
    let Ok(mark) = serde_json::from_slice::<Mark>(&bytes) else {
        return Ok(None);
    };
    // The input may have grown since; what was read of it must be the same.
    let head = head_of(events, mark.head_bytes)?;
    let same = mark.policy == hash && mark.head_sha256 == head.sha256;
    Ok(same.then_some(mark))
}

fn write_mark(path: &Path, mark: &Mark) -> Result<(), DecideError> {
    let new = beside(path, "new");
    let bytes = serde_json::to_vec(mark).map_err(|_| DecideError::Damaged {
        what: "the place of the run",
    })?;
    let mut file = File::create(&new).map_err(DecideError::io("write", &new))?;
    file.write_all(&bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&new, path))
        .map_err(DecideError::io("write", path))
}
