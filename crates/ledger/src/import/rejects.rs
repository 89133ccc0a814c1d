//! The rejects file: one JSON object for each refused row.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::LedgerError;
use crate::reject::Reject;

/// Written when the first row is refused; readable by its owner only, for it holds parts of payments.
pub(super) struct RejectsFile {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    unsynced: bool,
}

#[derive(Serialize)]
struct Written<'a> {
    file: &'a str,
    #[serde(flatten)]
    reject: &'a Reject,
}

/// What must be known of a line to keep it.
#[derive(Deserialize)]
struct Kept {
    file: String,
    line: u64,
}

impl RejectsFile {
    /// Begins the file. What an earlier import left at `path` goes, but for refusals of `source` up to line
    /// `kept_to`, which this import will not meet again.
    pub fn begin(path: PathBuf, source: &str, kept_to: u64) -> Result<Self, LedgerError> {
        let mut kept = Vec::new();
        if kept_to > 0 {
            match File::open(&path) {
                Ok(file) => {
                    for line in BufReader::new(file).lines() {
                        let line = line.map_err(LedgerError::io("read", &path))?;
                        let known = serde_json::from_str::<Kept>(&line)
                            .is_ok_and(|known| known.file == source && known.line <= kept_to);
                        if known {
                            kept.push(line);
                        }
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(LedgerError::io("read", &path)(error)),
            }
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(LedgerError::io("replace", &path)(error));
            }
            _ => {}
        }
        let mut rejects = Self {
            path,
            file: None,
            unsynced: false,
        };
        for line in kept {
            rejects.write(line.as_bytes())?;
        }
        Ok(rejects)
    }

    pub fn add(&mut self, source: &str, rejects: &[Reject]) -> Result<(), LedgerError> {
        for reject in rejects {
            let line = serde_json::to_vec(&Written {
                file: source,
                reject,
            });
            let line = line.map_err(|error| LedgerError::io("write", &self.path)(error.into()))?;
            self.write(&line)?;
        }
        Ok(())
    }

    /// Makes what was added durable.
    pub fn sync(&mut self) -> Result<(), LedgerError> {
        if let (Some(file), true) = (&mut self.file, self.unsynced) {
            file.flush()
                .and_then(|()| file.get_ref().sync_data())
                .map_err(LedgerError::io("write", &self.path))?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// Where the file is, if there is one.
    pub fn path(&self) -> Option<PathBuf> {
        self.file.is_some().then(|| self.path.clone())
    }

    fn write(&mut self, line: &[u8]) -> Result<(), LedgerError> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&self.path)
                    .map_err(LedgerError::io("create", &self.path))?;
                self.file.insert(BufWriter::new(file))
            }
        };
        self.unsynced = true;
        file.write_all(line)
            .and_then(|()| file.write_all(b"\n"))
            .map_err(LedgerError::io("write", &self.path))
    }
}
