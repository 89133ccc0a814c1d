//! The state folder: where its parts lie and who may write to it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use stanch_types::{Ctx, ErrorCode};

use crate::failure::refusal;

/// The state folder.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
}

/// The right to write to a state folder, held while this value lives; the system gives it back if the process dies.
#[derive(Debug)]
pub struct WriteLock {
    file: File,
}

impl DataDir {
    /// The folder at `root`, made (mode 0700) if it does not exist.
    pub fn create(root: &Path) -> anyhow::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(root)
            .with_context(|| format!("cannot make the state folder {}", root.display()))?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// The folder at `root`, which must exist.
    pub fn existing(root: &Path) -> anyhow::Result<Self> {
        if root.is_dir() {
            return Ok(Self {
                root: root.to_owned(),
            });
        }
        Err(refusal(
            ErrorCode::NotFound,
            format!("there is no state folder at {}", root.display()),
        ))
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The log of payments.
    pub fn payments(&self) -> PathBuf {
        self.root.join("log/payments")
    }

    /// The log of events.
    pub fn decision_log(&self) -> PathBuf {
        self.root.join("log/decisions")
    }

    /// The key that signs orders.
    pub fn order_key(&self) -> PathBuf {
        self.root.join("keys/orders.ed25519")
    }

    /// The name of this installation, made on first use: it tells its jobs and its claim on a database from those of
    /// other installations. A copy of the folder, which may run beside the first, gets a name of its own.
    pub fn instance(&self, ctx: &Ctx, held: &WriteLock) -> anyhow::Result<String> {
        use std::os::unix::fs::MetadataExt;
        let path = self.root.join("instance");
        let lock = held.file.metadata()?;
        let place = format!("{} {}:{}", machine(), lock.dev(), lock.ino());
        if let Ok(text) = std::fs::read_to_string(&path)
            && let Some((name, made_at)) = text.trim_end().split_once(' ')
            && made_at == place
            && !name.is_empty()
        {
            return Ok(name.to_owned());
        }
        let random = ctx.random_bytes::<8>();
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let name = format!("server-{digits}");
        let temporary = self.root.join("instance.tmp");
        std::fs::write(&temporary, format!("{name} {place}\n"))
            .and_then(|()| std::fs::rename(&temporary, &path))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(name)
    }

    /// The machine and the folder, for people.
    pub fn place(&self) -> String {
        let root = std::path::absolute(&self.root);
        let root = root.as_deref().unwrap_or(&self.root);
        format!("{} on {}", root.display(), machine())
    }

    /// Takes the right to write, or says which process has it.
    pub fn lock(&self) -> anyhow::Result<WriteLock> {
        let path = self.root.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder)?;
                return Err(refusal(
                    ErrorCode::DataInUse,
                    format!(
                        "the state folder {} is in use by {}; stop it, or use its HTTP API",
                        self.root.display(),
                        if holder.trim().is_empty() {
                            "another process"
                        } else {
                            holder.trim()
                        }
                    ),
                ));
            }
            Err(std::fs::TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        let mut lock = WriteLock { file };
        lock.describe(&format!("pid {}", std::process::id()))?;
        Ok(lock)
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        // A child process that was just forked may have a copy of the file: closing ours would not give the lock up.
        let _ = self.file.unlock();
    }
}

impl WriteLock {
    /// Writes into the lock file who holds it, for the message others get.
    pub fn describe(&mut self, holder: &str) -> anyhow::Result<()> {
        self.file.rewind()?;
        self.file.set_len(0)?;
        writeln!(self.file, "{holder}")?;
        Ok(())
    }
}

/// This machine's name.
fn machine() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "this machine".to_owned(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_name_and_a_copy_has_another() {
        let folder = tempfile::tempdir().unwrap();
        let ctx = Ctx::system();
        let (first, copy) = (folder.path().join("a"), folder.path().join("b"));
        let data = DataDir::create(&first).unwrap();
        let name = data.instance(&ctx, &data.lock().unwrap()).unwrap();
        assert_eq!(data.instance(&ctx, &data.lock().unwrap()).unwrap(), name);
        let copied = DataDir::create(&copy).unwrap();
        for file in ["instance", "lock"] {
            std::fs::copy(first.join(file), copy.join(file)).unwrap();
        }
        let other = copied.instance(&ctx, &copied.lock().unwrap()).unwrap();
        assert_ne!(other, name);
        assert_eq!(
            copied.instance(&ctx, &copied.lock().unwrap()).unwrap(),
            other
        );
    }

    #[test]
    fn a_second_writer_is_refused_and_told_who_holds_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::create(folder.path()).unwrap();
        let held = data.lock().unwrap();
        let error = data.lock().unwrap_err().to_string();
        assert!(
            error.contains(&format!("pid {}", std::process::id())),
            "{error}"
        );
        drop(held);
        data.lock().unwrap();
    }
}
