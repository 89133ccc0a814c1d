//! Where raw events go that do not fit in memory.

use std::collections::HashMap;
use std::io;

mod file;

pub use file::FileChunks;

/// Scratch space for chunks of events, addressed by number.
///
/// It holds a copy of state that snapshots and the log can rebuild, so nothing in it needs to survive the process. What
/// `get` returns must be what `put` was given; the engine checks a checksum of its own and reports damage.
pub trait ColdChunks: Send {
    /// Stores `bytes` as chunk `id`, in place of what was there.
    ///
    /// # Errors
    /// When the space is full or cannot be written.
    fn put(&mut self, id: u64, bytes: &[u8]) -> io::Result<()>;

    /// Reads chunk `id` into `bytes`, whose content is replaced.
    ///
    /// # Errors
    /// When there is no such chunk, or it cannot be read.
    fn get(&mut self, id: u64, bytes: &mut Vec<u8>) -> io::Result<()>;

    /// Forgets chunk `id`; nothing happens when there is none.
    ///
    /// # Errors
    /// When the space cannot be changed.
    fn delete(&mut self, id: u64) -> io::Result<()>;
}

/// Chunks in memory: for tests, and for compressing nothing away where a disk is not to be had.
#[derive(Debug, Default)]
pub struct MemoryChunks {
    chunks: HashMap<u64, Box<[u8]>>,
}

impl MemoryChunks {
    /// An empty space.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl ColdChunks for MemoryChunks {
    fn put(&mut self, id: u64, bytes: &[u8]) -> io::Result<()> {
        self.chunks.insert(id, bytes.into());
        Ok(())
    }

    fn get(&mut self, id: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
        let chunk = self.chunks.get(&id).ok_or(io::ErrorKind::NotFound)?;
        bytes.clear();
        bytes.extend_from_slice(chunk);
        Ok(())
    }

    fn delete(&mut self, id: u64) -> io::Result<()> {
        self.chunks.remove(&id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What every place for chunks must do, under random use, against a map.
    fn conforms(cold: &mut dyn ColdChunks) {
        let mut model: HashMap<u64, Vec<u8>> = HashMap::new();
        let mut state = 1_u64;
        let mut bytes = Vec::new();
        for _ in 0..20_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let (id, length) = (state >> 33 & 0xFF, 1 + (state >> 41) as usize % 2_999);
            match state >> 60 {
                0..=7 => {
                    let chunk = vec![state as u8; length];
                    cold.put(id, &chunk).unwrap();
                    model.insert(id, chunk);
                }
                8..=12 => {
                    let found = cold.get(id, &mut bytes).is_ok();
                    assert_eq!(found.then_some(&bytes), model.get(&id));
                }
                _ => {
                    cold.delete(id).unwrap();
                    model.remove(&id);
                }
            }
        }
        for (id, chunk) in &model {
            cold.get(*id, &mut bytes).unwrap();
            assert_eq!(&bytes, chunk);
        }
    }

    #[test]
    fn memory_conforms() {
        conforms(&mut MemoryChunks::new());
    }

    #[test]
    fn files_conform_and_dead_space_is_given_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut chunks = FileChunks::with_segment_bytes(dir.path(), 64 << 10).unwrap();
        conforms(&mut chunks);
        let files = std::fs::read_dir(dir.path()).unwrap();
        let on_disk: u64 = files
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum();
        // At most 256 chunks of 3,000 bytes live; dead bytes are bounded by live ones and two segments.
        assert!(on_disk < 2 * 256 * 3_000 + 3 * (64 << 10), "{on_disk}");
        for id in 0..256 {
            chunks.delete(id).unwrap();
        }
        assert!(std::fs::read_dir(dir.path()).unwrap().count() <= 1);
        drop(FileChunks::new(dir.path()).unwrap());
    }
}
