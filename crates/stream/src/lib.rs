//! The event log: blocks of bytes, durable when acknowledged, read back in order.
//!
//! One [`EventLog`] is the log of one partition. [`EmbeddedLog`] keeps it in a folder of checksummed segments
//! (format: `docs/formats/event-log.md`).
//!
//! Invariants: an acknowledged block is on disk and is read back unchanged; positions are dense and start at 0;
//! a block is whole or absent, also after `kill -9` or a full disk; damage of acknowledged data is an error that
//! names file and offset and is never cut away. The log knows nothing of what is inside a block, has no clock
//! and starts no threads.

mod block;
mod embedded;
mod error;
mod reader;
mod recovery;
mod segment;

pub use block::{Appended, Block, DedupId, NewBlock, Position};
pub use embedded::{DirLock, EmbeddedLog, LogConfig};
pub use error::LogError;
pub use recovery::Recovered;

/// The blocks of a log in order of position.
pub type Blocks = Box<dyn Iterator<Item = Result<Block, LogError>> + Send>;

/// The log of one partition.
pub trait EventLog: Send + Sync {
    /// Appends one block and returns when it is durable. Callable from many threads; callers share syncs.
    ///
    /// # Errors
    /// [`LogError::BlockTooLarge`]; [`LogError::NotExpected`] if the block's expected position is not the next;
    /// [`LogError::ReadOnly`]; [`LogError::Poisoned`] after a failed write or sync, which ends all appending.
    fn append(&self, block: NewBlock<'_>) -> Result<Appended, LogError>;

    /// The durable blocks from position `from` up to [`EventLog::end`] at the time of the call.
    ///
    /// # Errors
    /// [`LogError::Gone`] if retention has removed `from`. The iterator gives [`LogError::Damaged`] and ends
    /// where the data is not what was written.
    fn read_from(&self, from: Position) -> Result<Blocks, LogError>;

    /// The first position not yet durable: the number of blocks ever acknowledged.
    fn end(&self) -> Position;

    /// Gives up blocks before `first`, as far as storage can be freed; returns the first position still kept.
    ///
    /// # Errors
    /// [`LogError::Io`], [`LogError::ReadOnly`].
    fn retain_from(&self, first: Position) -> Result<Position, LogError>;
}
