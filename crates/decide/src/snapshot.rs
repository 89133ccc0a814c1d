//! Snapshots: the state of the features before a position of the log, so that a start replays only what came after.
//!
//! A snapshot is a folder named by its position: `state.json`, one `<n>.windows` for each policy, `whole` with the
//! SHA-256 of each file. It is written under another name (see [`crate::staging`]), and synced and renamed once everything
//! before its position is recorded; one that does not verify is passed over.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use stanch_stream::Position;

use crate::deployment::Deployment;
use crate::error::DecideError;
use crate::staging::windows_name;
use crate::watch::Watch;

/// Snapshots kept: the newest may be damaged.
const KEPT: usize = 2;
/// File that says that a snapshot is whole.
pub(crate) const WHOLE: &str = "whole";
/// File of everything but the features.
pub(crate) const STATE: &str = "state.json";
/// Ending of a snapshot that is being written.
const STAGED: &str = ".new";
/// Version of the form; others are passed over.
const FORM: u32 = 2;

/// The folder of snapshots. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct SnapshotDir {
    dir: PathBuf,
    staged: Arc<AtomicU64>,
}

/// Everything of a snapshot but the features.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// Version of the form.
    #[serde(default)]
    pub form: u32,
    /// The first block whose events some group of windows does not have.
    #[serde(default)]
    pub from: u64,
    /// The first block that is not in it at all.
    pub next: u64,
    /// What was at work.
    pub deployment: Deployment,
    /// Hashes of the policies in order; the features of the n-th are in `<n>.windows`.
    pub policies: Vec<String>,
    /// The block after the last change of what decides.
    #[serde(default)]
    pub after_control: u64,
    /// What was seen of shares of decisions.
    #[serde(default)]
    pub watch: Watch,
}

/// A snapshot that verified.
pub(crate) struct Found {
    pub state: State,
    /// Policies and the files of their features.
    pub policies: Vec<(String, PathBuf)>,
}

impl State {
    /// A state before block `next`; features and their positions come with the staging.
    pub fn new(next: Position, deployment: &Deployment, after_control: u64, watch: &Watch) -> Self {
        Self {
            form: FORM,
            from: next.0,
            next: next.0,
            deployment: deployment.clone(),
            policies: Vec::new(),
            after_control,
            watch: watch.clone(),
        }
    }
}

impl SnapshotDir {
    /// The folder `dir`, made if it does not exist; what was being written when the process died is removed.
    pub fn open(dir: &Path) -> Result<Self, DecideError> {
        std::fs::create_dir_all(dir).map_err(DecideError::io("create", dir))?;
        for path in entries(dir)? {
            if path.to_string_lossy().ends_with(STAGED) {
                std::fs::remove_dir_all(&path).map_err(DecideError::io("remove", &path))?;
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            staged: Arc::default(),
        })
    }

    /// The folder to write the next snapshot in; it counts once [`SnapshotDir::keep`] has put it in place.
    pub fn staged(&self) -> PathBuf {
        // One before may still wait for what came before it to be recorded.
        let number = self.staged.fetch_add(1, Ordering::Relaxed);
        self.dir.join(format!("{number}{STAGED}"))
    }

    /// Puts a staged snapshot in place and removes those that are too many.
    pub fn keep(&self, next: Position, staged: &Path) -> Result<(), DecideError> {
        for path in entries(staged)? {
            File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(DecideError::io("sync", &path))?;
        }
        sync_dir(staged)?;
        let place = self.dir.join(format!("{:020}", next.0));
        if place.exists() {
            std::fs::remove_dir_all(&place).map_err(DecideError::io("remove", &place))?;
        }
        std::fs::rename(staged, &place).map_err(DecideError::io("rename", staged))?;
        sync_dir(&self.dir)?;
        let mut kept = self.positions()?;
        kept.sort_unstable();
        let surplus = kept.len().saturating_sub(KEPT);
        for old in kept.into_iter().take(surplus) {
            let path = self.dir.join(format!("{old:020}"));
            std::fs::remove_dir_all(&path).map_err(DecideError::io("remove", &path))?;
        }
        Ok(())
    }

    /// The newest sound snapshot of a position up to `end`.
    pub fn newest(&self, end: Position) -> Result<Option<Found>, DecideError> {
        let mut positions = self.positions()?;
        positions.sort_unstable();
        for position in positions.into_iter().rev().filter(|at| *at <= end.0) {
            let dir = self.dir.join(format!("{position:020}"));
            match read(&dir) {
                Ok(found) => return Ok(Some(found)),
                Err(error) => {
                    tracing::warn!(%error, snapshot.position = position, "a snapshot is passed over");
                }
            }
        }
        Ok(None)
    }

    /// The first block that a start from any sound snapshot reads; none while there is none.
    pub fn needed(&self) -> Result<Option<Position>, DecideError> {
        let mut needed = None;
        for position in self.positions()? {
            // One that is not sound is passed over by a start too.
            if let Ok(found) = read(&self.dir.join(format!("{position:020}"))) {
                let from = Position(found.state.from);
                needed = Some(needed.map_or(from, |needed: Position| needed.min(from)));
            }
        }
        Ok(needed)
    }

    fn positions(&self) -> Result<Vec<u64>, DecideError> {
        let names = entries(&self.dir)?;
        let number = |path: PathBuf| path.file_name()?.to_str()?.parse().ok();
        Ok(names.into_iter().filter_map(number).collect())
    }
}

fn read(dir: &Path) -> Result<Found, DecideError> {
    let damaged = || DecideError::Damaged { what: "a snapshot" };
    let path = dir.join(WHOLE);
    let whole = std::fs::read_to_string(&path).map_err(DecideError::io("read", &path))?;
    for line in whole.lines() {
        let (sha256, name) = line.split_once(' ').ok_or_else(damaged)?;
        if sha256_of(&dir.join(name))? != sha256 {
            return Err(damaged());
        }
    }
    let path = dir.join(STATE);
    let bytes = std::fs::read(&path).map_err(DecideError::io("read", &path))?;
    let state: State = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
    if state.form != FORM {
        return Err(DecideError::Damaged {
            what: "a snapshot of another form",
        });
    }
    let policies = state.policies.iter().enumerate();
    let policies = policies.map(|(number, hash)| {
        let path = dir.join(windows_name(number));
        (hash.clone(), path)
    });
    Ok(Found {
        policies: policies.collect(),
        state,
    })
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, DecideError> {
    std::fs::read_dir(dir)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(DecideError::io("read", dir))
}

/// Opens the features of a snapshot.
pub(crate) fn open(path: &Path) -> Result<BufReader<File>, DecideError> {
    let file = File::open(path).map_err(DecideError::io("read", path))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

fn sha256_of(path: &Path) -> Result<String, DecideError> {
    let mut file = File::open(path).map_err(DecideError::io("read", path))?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file
            .read(&mut buffer)
            .map_err(DecideError::io("read", path))?;
        match buffer.get(..read) {
            Some(bytes) if read > 0 => context.update(bytes),
            _ => return Ok(hex::encode(context.finish())),
        }
    }
}

fn sync_dir(dir: &Path) -> Result<(), DecideError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(DecideError::io("sync", dir))
}
