//! Blobs by SHA-256: files in the embedded form (`ab/<sha256>`), rows in PostgreSQL.
//!
//! A file is durable when [`Tx::put_blob`] answers, before the transaction that refers to it commits; an undone
//! transaction may leave an unreferenced file, never a reference without its file.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};

use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "blob.insert",
    "INSERT INTO blobs (org_id, sha256, bytes) VALUES ($1, $2, $3) ON CONFLICT (org_id, sha256) DO NOTHING",
);
const LOOKUP: Sql = Sql(
    "blob.lookup",
    "SELECT bytes FROM blobs WHERE org_id = $1 AND sha256 = $2",
);

const DELETE: Sql = Sql(
    "blob.delete",
    "DELETE FROM blobs WHERE org_id = $1 AND sha256 = $2",
);

impl Tx {
    /// Deletes the blob with this SHA-256, at once in the embedded form.
    pub(crate) async fn delete_blob(&mut self, sha256: &str) -> Result<(), StoreError> {
        self.must_write()?;
        let Some(dir) = self.store().blobs_dir() else {
            return self.change(DELETE, args![sha256]).await.map(drop);
        };
        let path = file(dir, sha256);
        blocking(move || match std::fs::remove_file(&path) {
            Ok(()) => sync_folder(path.parent().unwrap_or(&path)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(cause) => Err(StoreError::io("delete blob", path)(cause)),
        })
        .await
    }

    /// Stores `bytes` and gives their SHA-256, lower-case hexadecimal. Storing the same bytes again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Database`].
    pub async fn put_blob(&mut self, bytes: &[u8]) -> Result<String, StoreError> {
        self.must_write()?;
        let sha256 = hex::encode(digest(&SHA256, bytes));
        if let Some(dir) = self.store().blobs_dir() {
            let (path, bytes) = (file(dir, &sha256), bytes.to_vec());
            let random = hex::encode(self.store().ctx().random_bytes::<8>());
            blocking(move || write_durably(&path, &random, &bytes)).await?;
        } else {
            self.change(INSERT, args![&sha256, bytes]).await?;
        }
        Ok(sha256)
    }

    /// The bytes with this SHA-256. They are checked against it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Damaged`].
    pub async fn get_blob(&mut self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let well_formed = sha256.len() == 64
            && sha256
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let found = if !well_formed {
            None
        } else if let Some(dir) = self.store().blobs_dir() {
            let path = file(dir, sha256);
            blocking(move || match std::fs::read(&path) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(cause) => Err(StoreError::io("read blob", path)(cause)),
            })
            .await?
        } else {
            let row = self.one(LOOKUP, args![sha256]).await?;
            row.map(|row| row.bytes(0)).transpose()?
        };
        let bytes = found.ok_or_else(|| StoreError::NotFound {
            what: "blob",
            id: sha256.chars().take(64).collect(),
        })?;
        if hex::encode(digest(&SHA256, &bytes)) != sha256 {
            return Err(StoreError::damaged("blob", sha256));
        }
        Ok(bytes)
    }
}

fn file(dir: &Path, sha256: &str) -> PathBuf {
    dir.join(sha256.get(..2).unwrap_or("xx")).join(sha256)
}

/// Runs file work off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| StoreError::damaged("file task", cause))?
}

/// Temporary file, fsync, rename, fsync of the folder: after a crash the file is whole or absent.
fn write_durably(path: &Path, random: &str, bytes: &[u8]) -> Result<(), StoreError> {
    use std::io::Write as _;

    let folder = path.parent().unwrap_or(path);
    if path.exists() {
        // Another writer may have renamed it a moment ago; its name must be durable before we say so.
        return sync_folder(folder);
    }
    let new_folder = !folder.exists();
    std::fs::create_dir_all(folder).map_err(StoreError::io("create folder", folder))?;
    let temporary = path.with_extension(format!("{random}.tmp"));
    let written = std::fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&temporary, path));
    if let Err(cause) = written {
        let _ = std::fs::remove_file(&temporary);
        return Err(StoreError::io("write blob", path)(cause));
    }
    sync_folder(folder)?;
    if new_folder && let Some(parent) = folder.parent() {
        sync_folder(parent)?;
    }
    Ok(())
}

pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    std::fs::File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(StoreError::io("flush folder", folder))
}
