//! The append-only file that makes an institution survive `kill -9`.
//!
//! Form: 8 bytes of magic, then frames of length (u32), CRC-32C of the payload (u32), payload; little-endian. One
//! append is one frame, so it is there whole or not at all. A frame that is cut short or whose checksum is wrong
//! at the end of the file was never acknowledged and is cut off; damage before the end is an error.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::SimError;

const MAGIC: &[u8; 8] = b"STSBJNL1";
const FRAME_HEAD: usize = 8;
/// Most bytes of one frame.
const FRAME_BYTES_MAX: usize = 16 << 20;

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    len: u64,
}

impl Journal {
    /// Opens or makes the journal at `path`; answers it and the payloads found, oldest first.
    pub fn open(path: &Path) -> Result<(Self, Vec<Vec<u8>>), SimError> {
        let open = || {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok((file, bytes))
        };
        let (file, bytes) = open().map_err(SimError::io("open", path))?;
        let damaged = |detail: String| SimError::Damaged {
            path: path.to_owned(),
            detail,
        };
        let mut frames = Vec::new();
        let mut whole = MAGIC.len().min(bytes.len());
        if bytes.get(..whole) != MAGIC.get(..whole) {
            return Err(damaged("not a sandbox journal".into()));
        }
        while let Some(frame) = next_frame(&bytes, whole) {
            match frame {
                Frame::Whole(payload, end) => {
                    frames.push(payload.to_vec());
                    whole = end;
                }
                Frame::Torn => break,
                Frame::Damaged => return Err(damaged(format!("bad checksum at byte {whole}"))),
            }
        }
        let mut journal = Self {
            file,
            path: path.to_owned(),
            len: whole as u64,
        };
        if whole < MAGIC.len() {
            journal.len = 0;
            journal.cut()?;
            journal.write(MAGIC)?;
            sync_folder(path)?;
        } else if whole < bytes.len() {
            journal.cut()?;
        }
        Ok((journal, frames))
    }

    /// Adds one frame; it is on disk when this returns.
    pub fn append(&mut self, payload: &[u8]) -> Result<(), SimError> {
        if payload.is_empty() || payload.len() > FRAME_BYTES_MAX {
            return Err(SimError::Config(format!(
                "a frame of {} bytes",
                payload.len()
            )));
        }
        let mut frame = Vec::with_capacity(FRAME_HEAD + payload.len());
        frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        frame.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
        frame.extend_from_slice(payload);
        self.write(&frame)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SimError> {
        let attempt = |file: &mut File, len: u64| {
            file.seek(SeekFrom::Start(len))?;
            file.write_all(bytes)?;
            file.sync_data()
        };
        match attempt(&mut self.file, self.len) {
            Ok(()) => {
                self.len += bytes.len() as u64;
                Ok(())
            }
            Err(source) => {
                // What may have reached the disk in part must not be read as acknowledged.
                self.cut()?;
                Err(SimError::io("append to", &self.path)(source))
            }
        }
    }

    /// Cuts the file to the last whole frame.
    fn cut(&mut self) -> Result<(), SimError> {
        self.file
            .set_len(self.len)
            .and_then(|()| self.file.sync_data())
            .map_err(SimError::io("truncate", &self.path))
    }
}

enum Frame<'b> {
    Whole(&'b [u8], usize),
    Torn,
    Damaged,
}

/// The frame at `start`; none at the end of the file.
fn next_frame(bytes: &[u8], start: usize) -> Option<Frame<'_>> {
    let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
    let word = |at: usize| {
        rest.get(at..at + 4)
            .and_then(|b| <[u8; 4]>::try_from(b).ok())
            .map(u32::from_le_bytes)
    };
    let (Some(len), Some(sum)) = (word(0), word(4)) else {
        return Some(Frame::Torn);
    };
    let len = len as usize;
    let end = FRAME_HEAD + len;
    let Some(payload) = rest.get(FRAME_HEAD..end) else {
        return Some(Frame::Torn);
    };
    if len > 0 && crc32c::crc32c(payload) == sum {
        Some(Frame::Whole(payload, start + end))
    } else if rest.len() == end || rest.iter().all(|byte| *byte == 0) {
        Some(Frame::Torn)
    } else {
        Some(Frame::Damaged)
    }
}

fn sync_folder(path: &Path) -> Result<(), SimError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(SimError::io("sync", folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: [&[u8]; 3] = [b"first", b"the second one", b"3"];

    fn written(dir: &Path) -> Vec<u8> {
        let path = dir.join("journal");
        let (mut journal, found) = Journal::open(&path).unwrap();
        assert!(found.is_empty());
        for record in RECORDS {
            journal.append(record).unwrap();
        }
        std::fs::read(path).unwrap()
    }

    #[test]
    fn every_truncation_keeps_the_whole_frames_and_can_be_continued() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = written(dir.path());
        let path = dir.path().join("cut");
        let ends: Vec<usize> = RECORDS
            .iter()
            .scan(MAGIC.len(), |end, record| {
                *end += FRAME_HEAD + record.len();
                Some(*end)
            })
            .collect();
        for len in 0..=bytes.len() {
            std::fs::write(&path, &bytes[..len]).unwrap();
            let whole = ends.iter().filter(|end| **end <= len).count();
            let (mut journal, found) = Journal::open(&path).unwrap();
            assert_eq!(found, RECORDS[..whole], "cut at {len}");
            journal.append(b"after").unwrap();
            drop(journal);
            let (_, found) = Journal::open(&path).unwrap();
            assert_eq!(found.last().unwrap(), b"after", "cut at {len}");
            assert_eq!(found.len(), whole + 1);
        }
    }

    #[test]
    fn damage_before_the_end_is_an_error_and_at_the_end_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = written(dir.path());
        let path = dir.path().join("flipped");
        let last = MAGIC.len() + 2 * FRAME_HEAD + RECORDS[0].len() + RECORDS[1].len();
        let payload_of_first = MAGIC.len() + FRAME_HEAD;
        let mut flipped = bytes.clone();
        flipped[payload_of_first] ^= 1;
        std::fs::write(&path, &flipped).unwrap();
        assert!(matches!(
            Journal::open(&path),
            Err(SimError::Damaged { .. })
        ));
        let mut flipped = bytes.clone();
        flipped[last + FRAME_HEAD] ^= 1;
        std::fs::write(&path, &flipped).unwrap();
        assert_eq!(Journal::open(&path).unwrap().1.len(), 2);
        let mut zeros = bytes;
        zeros.extend([0; 64]);
        std::fs::write(&path, &zeros).unwrap();
        assert_eq!(Journal::open(&path).unwrap().1.len(), 3);
        std::fs::write(&path, b"something else").unwrap();
        assert!(Journal::open(&path).is_err());
    }
}
