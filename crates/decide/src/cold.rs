//! Where features keep raw events that do not fit in memory: scratch files under the data folder, emptied at every start.
//! Snapshots and the log hold all that is in them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use stanch_rules::window::{ColdChunks, FileChunks, WindowLimits};

use crate::error::DecideError;

/// The folder, and how much stays in memory. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct ColdPlace {
    dir: PathBuf,
    /// Bytes of raw events of one policy that stay in memory.
    hot_bytes: usize,
    rooms: Arc<AtomicU64>,
}

impl ColdPlace {
    /// Takes the folder `dir`; what an earlier process left there is removed.
    pub fn open(dir: &Path, hot_bytes: usize) -> Result<Self, DecideError> {
        if dir.exists() {
            std::fs::remove_dir_all(dir).map_err(DecideError::io("remove", dir))?;
        }
        std::fs::create_dir_all(dir).map_err(DecideError::io("create", dir))?;
        Ok(Self {
            dir: dir.to_owned(),
            hot_bytes,
            rooms: Arc::default(),
        })
    }

    /// A folder for the features of one policy, removed with them.
    pub fn room(&self) -> ColdRoom {
        let number = self.rooms.fetch_add(1, Ordering::Relaxed);
        ColdRoom {
            dir: self.dir.join(number.to_string()),
            hot_bytes: self.hot_bytes,
        }
    }
}

/// The folder of one policy.
#[derive(Debug)]
pub(crate) struct ColdRoom {
    dir: PathBuf,
    hot_bytes: usize,
}

impl ColdRoom {
    /// What each of `groups` groups may keep in memory: an equal part.
    pub fn limits(&self, groups: usize) -> WindowLimits {
        WindowLimits {
            hot_bytes: self.hot_bytes / groups.max(1),
            ..WindowLimits::default()
        }
    }

    /// Space for one group. Two of one number would write over each other: the earlier must be gone, or never used again.
    pub fn chunks(&self, group: usize) -> std::io::Result<Box<dyn ColdChunks>> {
        let chunks = FileChunks::new(&self.dir.join(group.to_string()))?;
        Ok(Box::new(chunks))
    }
}

impl Drop for ColdRoom {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.dir)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            // The next start removes it.
            tracing::warn!(%error, "files of features could not be removed");
        }
    }
}
