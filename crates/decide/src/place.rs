//! Where an event is in the log.

use std::fmt;

use stanch_stream::Position;

/// Place of an event: a block of the log and a row of that block. Ordered as events arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The block.
    pub block: Position,
    /// The row, from 0.
    pub row: u32,
}

impl Place {
    /// Bytes of [`Place::to_bytes`].
    pub const LEN: usize = 12;

    /// Big-endian, so that bytes sort as places do.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let (block, row) = bytes.split_at_mut(8);
        block.copy_from_slice(&self.block.0.to_be_bytes());
        row.copy_from_slice(&self.row.to_be_bytes());
        bytes
    }

    /// Reads what [`Place::to_bytes`] gave; `None` for another length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (block, row) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            block: Position(u64::from_be_bytes(*block)),
            row: u32::from_be_bytes(row.try_into().ok()?),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.block, self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_sort_as_places() {
        let place = |block, row| Place {
            block: Position(block),
            row,
        };
        let places = [place(0, 0), place(0, 300), place(1, 0), place(256, 7)];
        for pair in places.windows(2) {
            assert!(pair[0].to_bytes() < pair[1].to_bytes());
        }
        for place in places {
            assert_eq!(Place::from_bytes(&place.to_bytes()), Some(place));
        }
        assert_eq!(Place::from_bytes(&[0; 11]), None);
    }
}
