//! Where a backtest stands, so that one that was killed goes on and gives the report it would have given.
//!
//! A checkpoint is a snapshot of the features (`snapshot.rs`) with the counts so far beside it. It counts when it is of
//! the same question; everything else in the folder is passed over.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use stanch_stream::Position;

use super::count::Counts;
use crate::core::Core;
use crate::deployment::Deployment;
use crate::error::DecideError;
use crate::snapshot::{self, SnapshotDir, State};
use crate::staging::Staging;
use crate::watch::Watch;

/// Everything of a checkpoint but the features.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Mark {
    /// What was asked: policies, range, labels.
    question: String,
    /// The next block.
    next: u64,
    /// Events before it.
    pub events: u64,
    /// Bytes of decisions written before it.
    pub written_bytes: u64,
    pub counts: Counts,
}

/// The checkpoints of one backtest.
pub(super) struct Checkpoints {
    dir: PathBuf,
    snapshots: SnapshotDir,
    question: String,
}

/// Where to go on.
pub(super) struct Resumed {
    pub next: Position,
    pub mark: Mark,
}

impl Checkpoints {
    /// In the folder `dir`, for what `question` asks.
    pub fn open(dir: &Path, question: String) -> Result<Self, DecideError> {
        Ok(Self {
            dir: dir.to_owned(),
            snapshots: SnapshotDir::open(dir)?,
            question,
        })
    }

    /// The newest checkpoint of this question; the features of the policies are read into `cores`.
    pub fn resume(
        &self,
        cores: &mut HashMap<String, Core>,
    ) -> Result<Option<Resumed>, DecideError> {
        let Some(found) = self.snapshots.newest(Position(u64::MAX))? else {
            return Ok(None);
        };
        let next = Position(found.state.next);
        let Ok(bytes) = std::fs::read(self.mark_path(next)) else {
            return Ok(None);
        };
        let (sum, json) = bytes.split_at_checked(SUM_BYTES).unwrap_or_default();
        if digest(&SHA256, json).as_ref() != sum {
            return Ok(None);
        }
        let Ok(mark) = serde_json::from_slice::<Mark>(json) else {
            return Ok(None);
        };
        if mark.question != self.question || mark.next != next.0 {
            return Ok(None);
        }
        for core in cores.values_mut() {
            let of = found.policies.iter().find(|(hash, _)| hash == core.hash());
            let Some((_, path)) = of else {
                return Ok(None);
            };
            core.read_features(&mut snapshot::open(path)?)?;
            core.at(next);
        }
        Ok(Some(Resumed { next, mark }))
    }

    /// Writes a checkpoint: everything before `next` is counted.
    pub fn keep(
        &self,
        next: Position,
        cores: &mut HashMap<String, Core>,
        events: u64,
        written_bytes: u64,
        counts: &Counts,
    ) -> Result<(), DecideError> {
        let mark = Mark {
            question: self.question.clone(),
            next: next.0,
            events,
            written_bytes,
            counts: counts.clone(),
        };
        let json = serde_json::to_vec(&mark).map_err(|_| DecideError::Damaged {
            what: "the counts of a backtest",
        })?;
        let path = self.mark_path(next);
        let failed = || DecideError::io("write", &path);
        let mut file = File::create(&path).map_err(failed())?;
        file.write_all(digest(&SHA256, &json).as_ref())
            .and_then(|()| file.write_all(&json))
            .and_then(|()| file.sync_all())
            .map_err(failed())?;
        let mut staging = Staging::begin(self.snapshots.staged(), next, cores)?;
        while !staging.advance(next, cores)? {}
        let state = State::new(next, &Deployment::default(), 0, &Watch::default());
        let (staged, _) = staging.finish(state)?;
        self.snapshots.keep(next, &staged)
    }

    /// Removes all of them: the report is there.
    pub fn remove(&self) -> Result<(), DecideError> {
        std::fs::remove_dir_all(&self.dir).map_err(DecideError::io("remove", &self.dir))
    }

    fn mark_path(&self, next: Position) -> PathBuf {
        self.dir.join(format!("{:020}.counts", next.0))
    }
}

/// Bytes of the checksum before the counts.
const SUM_BYTES: usize = 32;
