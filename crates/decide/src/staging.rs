//! A snapshot being written beside the work: a few groups of windows after each block, so that deciding waits for one
//! group at most, not for all.
//!
//! So the groups of one snapshot stand at different blocks. Each is written with the block it stands at; a start reads
//! the log from the first of these blocks, gives every group only the events it does not have, and decides again from the
//! block after the last. Groups do not look at each other, so this is the state that stopping for all would have given.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use aws_lc_rs::digest::{Context, SHA256};
use hashbrown::HashMap;
use stanch_stream::Position;

use crate::core::Core;
use crate::error::DecideError;
use crate::snapshot::{STATE, State, WHOLE};

/// Bytes after which the work goes on; a group is written whole all the same.
const SLICE_BYTES: u64 = 8 << 20;

/// A snapshot that is not finished.
pub(crate) struct Staging {
    dir: PathBuf,
    /// The first block that some group does not have.
    from: Position,
    files: Vec<Policy>,
    /// Policies and groups written so far.
    at: (usize, usize),
    /// Bytes of memory of the groups written so far.
    used_bytes: usize,
}

struct Policy {
    hash: String,
    to: BufWriter<Hashing>,
}

impl Staging {
    /// Begins a snapshot of the features before block `from` in the folder `dir`, which does not exist.
    pub fn begin(
        dir: PathBuf,
        from: Position,
        cores: &HashMap<String, Core>,
    ) -> Result<Self, DecideError> {
        std::fs::create_dir_all(&dir).map_err(DecideError::io("create", &dir))?;
        let mut hashes: Vec<&String> = cores.keys().collect();
        hashes.sort_unstable();
        let mut files = Vec::with_capacity(hashes.len());
        for (number, hash) in hashes.into_iter().enumerate() {
            let path = dir.join(windows_name(number));
            let file = File::create(&path).map_err(DecideError::io("create", &path))?;
            let mut to = BufWriter::with_capacity(1 << 20, Hashing::new(file));
            if let Some(core) = cores.get(hash) {
                core.write_header(&mut to)
                    .map_err(DecideError::io("write", &path))?;
            }
            files.push(Policy {
                hash: hash.clone(),
                to,
            });
        }
        Ok(Self {
            dir,
            from,
            files,
            at: (0, 0),
            used_bytes: 0,
        })
    }

    /// Writes the next groups as they are before block `next`; `true` when none is left.
    pub fn advance(
        &mut self,
        next: Position,
        cores: &mut HashMap<String, Core>,
    ) -> Result<bool, DecideError> {
        let mut written = 0;
        while let Some(policy) = self.files.get_mut(self.at.0) {
            let core = cores.get_mut(&policy.hash);
            let Some(core) = core.filter(|core| self.at.1 < core.groups()) else {
                self.at = (self.at.0 + 1, 0);
                continue;
            };
            if written >= SLICE_BYTES {
                return Ok(false);
            }
            let before = policy.to.get_ref().bytes;
            policy
                .to
                .write_all(&next.0.to_le_bytes())
                .and_then(|()| core.write_group(self.at.1, &mut policy.to))
                .map_err(DecideError::io("write", &self.dir))?;
            written += policy.to.get_ref().bytes - before;
            self.used_bytes += core.group_bytes(self.at.1);
            self.at.1 += 1;
        }
        Ok(true)
    }

    /// Writes everything but the features and gives the folder, and the bytes of memory that the features take. The files
    /// are not synced yet.
    pub fn finish(self, mut state: State) -> Result<(PathBuf, usize), DecideError> {
        state.from = self.from.0;
        state.policies = Vec::with_capacity(self.files.len());
        let mut whole = String::new();
        for (number, policy) in self.files.into_iter().enumerate() {
            let name = windows_name(number);
            let hashing = policy.to.into_inner().map_err(std::io::Error::from);
            let hashing = hashing.map_err(DecideError::io("write", &self.dir))?;
            whole.push_str(&format!("{} {name}\n", hashing.hex()));
            state.policies.push(policy.hash);
        }
        let json = serde_json::to_vec(&state).map_err(std::io::Error::from);
        let json = json.map_err(DecideError::io("write", &self.dir))?;
        let mut context = Context::new(&SHA256);
        context.update(&json);
        whole.push_str(&format!("{} {STATE}\n", hex::encode(context.finish())));
        for (name, bytes) in [(STATE, json.as_slice()), (WHOLE, whole.as_bytes())] {
            let path = self.dir.join(name);
            std::fs::write(&path, bytes).map_err(DecideError::io("write", &path))?;
        }
        Ok((self.dir, self.used_bytes))
    }
}

/// The file of the features of a policy.
pub(crate) fn windows_name(number: usize) -> String {
    format!("{number}.windows")
}

/// A file that knows the digest of what was written to it.
struct Hashing {
    file: File,
    context: Context,
    bytes: u64,
}

impl Hashing {
    fn new(file: File) -> Self {
        Self {
            file,
            context: Context::new(&SHA256),
            bytes: 0,
        }
    }

    fn hex(self) -> String {
        hex::encode(self.context.finish())
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.context.update(bytes.get(..count).unwrap_or_default());
        self.bytes += u64::try_from(count).unwrap_or(0);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
