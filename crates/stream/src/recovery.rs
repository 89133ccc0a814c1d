//! Finding the end of a log after any crash: what is torn is told from what is damaged.

use std::path::PathBuf;

use crate::block::{Header, Position};
use crate::error::LogError;
use crate::segment::{Next, Segment};

/// A torn tail that was cut when the log was opened. Its blocks were never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The segment file.
    pub file: PathBuf,
    /// Its length now.
    pub offset: u64,
    /// How many bytes were cut.
    pub bytes_cut: u64,
}

/// The end of the last segment.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Next position to be written.
    pub next: Position,
    /// Length of the file up to the last whole block.
    pub len: u64,
    /// How many torn bytes follow.
    pub torn: u64,
}

/// Most bytes looked at behind the last whole block; a segment is smaller unless configured otherwise.
const TAIL_BYTES_MAX: u64 = 1 << 30;

/// Reads the last segment to its end.
///
/// An unsound block is a torn tail only if nothing behind it proves that it had been durable: a sound block
/// behind it whose group began later was written after the unsound one was synced, and then it is damage.
pub(crate) fn find_tail(last: &Segment) -> Result<Tail, LogError> {
    let file_len = std::fs::metadata(&last.path)
        .map_err(LogError::io("read", &last.path))?
        .len();
    let mut reader = last.open()?;
    loop {
        match reader.read()? {
            Next::Block(..) => {}
            Next::End => break,
            Next::Unsound(why) => {
                let rest = reader.rest(TAIL_BYTES_MAX)?;
                if synced_later(&rest, reader.offset, reader.next) {
                    return Err(LogError::damaged(&last.path, reader.offset, why));
                }
                break;
            }
        }
    }
    Ok(Tail {
        next: reader.next,
        len: reader.offset,
        torn: file_len.saturating_sub(reader.offset),
    })
}

/// Whether `rest`, which starts at `offset` of its file with what should be block `unsound`, holds a sound block
/// of a later group.
fn synced_later(rest: &[u8], offset: u64, unsound: Position) -> bool {
    let windows = rest.array_windows::<{ Header::LEN }>();
    windows.zip(0_usize..).any(|(bytes, at)| {
        let Some(header) = bytes
            .starts_with(&Header::MAGIC)
            .then(|| Header::decode(bytes, offset + u64::try_from(at).unwrap_or(u64::MAX)))
            .flatten()
        else {
            return false;
        };
        header.group_first > unsound
    })
}
