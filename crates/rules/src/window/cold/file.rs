//! Chunks in files: appended to segments, which go when nothing in them lives.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::ColdChunks;

/// Size at which a segment is full.
const SEGMENT_BYTES: u64 = 64 << 20;
/// What files of chunks are called, after their number.
const EXTENSION: &str = "chunks";

/// Chunks in a folder of their own. Scratch space: emptied when opened, never synced.
///
/// When more bytes are dead than live (and more than two segments' worth), the live chunks of the segment with the fewest are
/// written anew; so the folder holds at most twice the live bytes and a few segments. 40 bytes of memory a chunk.
#[derive(Debug)]
pub struct FileChunks {
    folder: PathBuf,
    segment_bytes: u64,
    segments: BTreeMap<u64, Segment>,
    index: HashMap<u64, Spot>,
    live_bytes: u64,
    dead_bytes: u64,
}

#[derive(Debug)]
struct Segment {
    file: File,
    length: u64,
    live_bytes: u64,
    /// Chunks ever written here, for moving those that live.
    ids: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Spot {
    segment: u64,
    offset: u64,
    length: u32,
}

impl FileChunks {
    /// Takes a folder, making it when there is none and deleting chunks that an earlier process left there.
    ///
    /// # Errors
    /// When the folder cannot be made or emptied.
    pub fn new(folder: &Path) -> io::Result<Self> {
        Self::with_segment_bytes(folder, SEGMENT_BYTES)
    }

    pub(super) fn with_segment_bytes(folder: &Path, segment_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        for file in fs::read_dir(folder)? {
            let path = file?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == EXTENSION)
            {
                fs::remove_file(path)?;
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            segment_bytes,
            segments: BTreeMap::new(),
            index: HashMap::new(),
            live_bytes: 0,
            dead_bytes: 0,
        })
    }

    fn path(&self, segment: u64) -> PathBuf {
        self.folder.join(format!("{segment:010}.{EXTENSION}"))
    }

    /// The segment to append to, and its number.
    fn open_segment(&mut self) -> io::Result<(u64, &mut Segment)> {
        let last = self.segments.last_key_value();
        let number = match last {
            Some((number, segment)) if segment.length < self.segment_bytes => *number,
            Some((number, _)) => number + 1,
            None => 0,
        };
        let path = self.path(number);
        let segment = match self.segments.entry(number) {
            std::collections::btree_map::Entry::Occupied(segment) => segment.into_mut(),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                let mut options = OpenOptions::new();
                options.read(true).write(true).create(true).truncate(true);
                vacant.insert(Segment {
                    file: options.open(path)?,
                    length: 0,
                    live_bytes: 0,
                    ids: Vec::new(),
                })
            }
        };
        Ok((number, segment))
    }

    fn append(&mut self, id: u64, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let (number, segment) = self.open_segment()?;
        let offset = segment.length;
        segment.file.write_all_at(bytes, offset)?;
        segment.length += u64::from(length);
        segment.live_bytes += u64::from(length);
        segment.ids.push(id);
        self.live_bytes += u64::from(length);
        let spot = Spot {
            segment: number,
            offset,
            length,
        };
        self.index.insert(id, spot);
        Ok(())
    }

    /// Takes a chunk out of the books; its segment goes with its last chunk.
    fn forget(&mut self, id: u64) -> io::Result<()> {
        let Some(spot) = self.index.remove(&id) else {
            return Ok(());
        };
        let length = u64::from(spot.length);
        self.live_bytes -= length;
        self.dead_bytes += length;
        let Some(segment) = self.segments.get_mut(&spot.segment) else {
            return Ok(());
        };
        segment.live_bytes -= length;
        match segment.live_bytes {
            0 => self.remove_segment(spot.segment),
            _ => Ok(()),
        }
    }

    fn remove_segment(&mut self, number: u64) -> io::Result<()> {
        if let Some(segment) = self.segments.remove(&number) {
            self.dead_bytes -= segment.length;
            fs::remove_file(self.path(number))?;
        }
        Ok(())
    }

    /// Writes the live chunks of the emptiest full segment anew when dead bytes outweigh live ones.
    fn compact(&mut self) -> io::Result<()> {
        if self.dead_bytes <= self.live_bytes.max(2 * self.segment_bytes) {
            return Ok(());
        }
        let full = self
            .segments
            .iter()
            .filter(|(_, s)| s.length >= self.segment_bytes);
        let Some(number) = full
            .min_by_key(|(_, s)| s.live_bytes)
            .map(|(number, _)| *number)
        else {
            return Ok(());
        };
        let segment = self.segments.get_mut(&number);
        let mut ids = segment.map_or_else(Vec::new, |segment| std::mem::take(&mut segment.ids));
        ids.sort_unstable();
        ids.dedup();
        let mut bytes = Vec::new();
        for id in ids {
            if self
                .index
                .get(&id)
                .is_some_and(|spot| spot.segment == number)
            {
                self.get(id, &mut bytes)?;
                self.forget(id)?;
                self.append(id, &bytes)?;
            }
        }
        Ok(())
    }
}

impl ColdChunks for FileChunks {
    fn put(&mut self, id: u64, bytes: &[u8]) -> io::Result<()> {
        self.forget(id)?;
        self.append(id, bytes)?;
        self.compact()
    }

    fn get(&mut self, id: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
        let spot = self.index.get(&id).ok_or(io::ErrorKind::NotFound)?;
        let segment = self
            .segments
            .get(&spot.segment)
            .ok_or(io::ErrorKind::NotFound)?;
        bytes.clear();
        bytes.resize(spot.length as usize, 0);
        segment.file.read_exact_at(bytes, spot.offset)
    }

    fn delete(&mut self, id: u64) -> io::Result<()> {
        self.forget(id)
    }
}
