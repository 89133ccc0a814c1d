//! Where raw events go that do not fit in memory.

use std::io;

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
