//! Reading blocks in order across segments.

use std::io::ErrorKind;

use bytes::Bytes;

use crate::block::{Block, DedupId, Position};
use crate::error::LogError;
use crate::segment::{Next, Segment, SegmentReader};

/// Iterates over the blocks of `segments` from `next` up to `end`.
pub(crate) struct Reader {
    segments: std::vec::IntoIter<Segment>,
    current: Option<(Segment, SegmentReader)>,
    next: Position,
    end: Position,
}

impl Reader {
    pub fn new(segments: &[Segment], from: Position, end: Position) -> Result<Self, LogError> {
        let first = segments.first().map_or(end, |segment| segment.first);
        if from < first {
            return Err(LogError::Gone { first });
        }
        let start = segments.partition_point(|segment| segment.first <= from);
        let wanted = segments
            .get(start.saturating_sub(1)..)
            .unwrap_or_default()
            .to_vec();
        Ok(Self {
            segments: wanted.into_iter(),
            current: None,
            next: from,
            end,
        })
    }

    fn block(&mut self) -> Result<Block, LogError> {
        loop {
            let Some((segment, reader)) = &mut self.current else {
                self.open_next()?;
                continue;
            };
            if reader.next < self.next {
                if reader.skip()?.is_none() {
                    return Err(LogError::damaged(&segment.path, reader.offset, UNSOUND));
                }
                continue;
            }
            match reader.read()? {
                Next::Block(header, payload) => {
                    self.next = header.position.next();
                    return Ok(Block {
                        position: header.position,
                        dedup: DedupId::new(header.dedup),
                        payload: Bytes::from(payload),
                    });
                }
                Next::End => self.current = None,
                Next::Unsound(why) => {
                    return Err(LogError::damaged(&segment.path, reader.offset, why));
                }
            }
        }
    }

    /// Opens the segment in which block `self.next` must be.
    fn open_next(&mut self) -> Result<(), LogError> {
        let Some(segment) = self.segments.next() else {
            return Err(LogError::Gone { first: self.end });
        };
        let reader = match segment.open() {
            Ok(reader) if reader.next <= self.next => reader,
            Ok(_) => {
                return Err(LogError::damaged(&segment.path, 0, "blocks are missing"));
            }
            Err(LogError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                // Retention removed it since the reader was made.
                return Err(LogError::Gone {
                    first: self.segments.next().map_or(self.end, |next| next.first),
                });
            }
            Err(other) => return Err(other),
        };
        self.current = Some((segment, reader));
        Ok(())
    }
}

const UNSOUND: &str = "the block header is not sound";

impl Iterator for Reader {
    type Item = Result<Block, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let block = self.block();
        if block.is_err() {
            self.end = self.next;
        }
        Some(block)
    }
}
