//! The key that signs checkpoints: a 32-byte Ed25519 seed in a file of its own.

use std::path::Path;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use stanch_types::Ctx;

use crate::audit::note::{Verifier, is_key_name};
use crate::error::StoreError;

/// What the key of the rows' digests is derived for.
const ROWS_KEY: &[u8] = b"stanch/rows/1";

/// The signing key and the name that its signatures carry.
pub(crate) struct AuditKey {
    pair: Ed25519KeyPair,
    verifier: Verifier,
    rows: hmac::Key,
}

impl AuditKey {
    /// Reads the seed; makes it (and its folder, 0700) if there is none.
    pub fn open_or_create(path: &Path, name: &str, ctx: &Ctx) -> Result<Self, StoreError> {
        match std::fs::exists(path) {
            Ok(true) => Self::open(path, name),
            Ok(false) => {
                create(path, &ctx.random_bytes())?;
                Self::open(path, name)
            }
            Err(cause) => Err(StoreError::io("look for audit key", path)(cause)),
        }
    }

    /// Reads the seed.
    pub fn open(path: &Path, name: &str) -> Result<Self, StoreError> {
        let refuse = |why| StoreError::Key {
            path: path.to_owned(),
            why,
        };
        if !is_key_name(name) {
            return Err(refuse("its name is empty or holds spaces or a plus sign"));
        }
        let seed = std::fs::read(path).map_err(StoreError::io("read audit key", path))?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
            .map_err(|_| refuse("it is not a 32-byte seed"))?;
        let public = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| refuse("its public key is not 32 bytes"))?;
        Ok(Self {
            pair,
            verifier: Verifier::new(name.to_owned(), public),
            rows: hmac::Key::new(
                hmac::HMAC_SHA256,
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &seed), ROWS_KEY).as_ref(),
            ),
        })
    }

    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The key of the digests of rows.
    pub fn rows(&self) -> &hmac::Key {
        &self.rows
    }

    /// The Ed25519 signature of `message`.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

/// Writes the seed to a new file only the owner can read. Temporary name first, so that a crash leaves no half key.
fn create(path: &Path, seed: &[u8; 32]) -> Result<(), StoreError> {
    use std::io::Write as _;
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};

    let folder = path.parent().unwrap_or(path);
    if !folder.exists() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(StoreError::io("create folder", folder))?;
    }
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| file.write_all(seed).and_then(|()| file.sync_all()))
        // A link fails if another process was first; its key is the one then.
        .and_then(|()| match std::fs::hard_link(&temporary, path) {
            Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            outcome => outcome,
        })
        .and_then(|()| std::fs::remove_file(&temporary))
        .map_err(StoreError::io("write audit key", path))?;
    crate::blob::sync_folder(folder)
}
