//! Policies by hash, as they were pushed: bundles of files kept as blobs of the record.

use stanch_rules::{Policy, PolicyFiles};
use stanch_store::Store;
use tokio::runtime::Handle;

use crate::error::DecideError;

/// Most bytes of a policy's files together.
pub const BUNDLE_BYTES_MAX: usize = 256 << 20;
/// Level of zstd for bundles, which are written once.
const COMPRESS_LEVEL: i32 = 6;

/// Where policies are found. Loads block: not for async threads.
#[derive(Clone)]
pub(crate) struct Shelf {
    pub store: Store,
    pub runtime: Handle,
}

impl Shelf {
    /// The policy `hash`, compiled.
    pub fn load(&self, hash: &str) -> Result<Policy, DecideError> {
        let bundle = self.runtime.block_on(async {
            let mut tx = self.store.read().await?;
            let version = tx
                .lookup_policy(hash)
                .await?
                .ok_or_else(|| DecideError::PolicyUnknown(hash.to_owned()))?;
            Ok::<_, DecideError>(tx.get_blob(&version.bundle_sha256).await?)
        })?;
        let files = unpack(&bundle)?;
        compile(&files)
    }
}

/// Reads and checks a policy.
///
/// # Errors
/// [`DecideError::PolicyInvalid`] with what is wrong with it.
pub fn compile(files: &PolicyFiles) -> Result<Policy, DecideError> {
    Policy::load(files).map_err(|diagnostics| DecideError::PolicyInvalid(diagnostics.to_string()))
}

/// The files of a policy as one blob.
///
/// # Errors
/// [`DecideError::PolicyInvalid`] when they are too large.
pub fn pack(files: &PolicyFiles) -> Result<Vec<u8>, DecideError> {
    let mut plain = Vec::new();
    let count = u32::try_from(files.files().len()).map_err(|_| too_large())?;
    plain.extend_from_slice(&count.to_le_bytes());
    for file in files.files() {
        for part in [file.path().as_bytes(), file.content()] {
            let len = u32::try_from(part.len()).map_err(|_| too_large())?;
            plain.extend_from_slice(&len.to_le_bytes());
            plain.extend_from_slice(part);
        }
    }
    if plain.len() > BUNDLE_BYTES_MAX {
        return Err(too_large());
    }
    zstd::bulk::compress(&plain, COMPRESS_LEVEL).map_err(|_| too_large())
}

/// The files of a blob that [`pack`] made.
///
/// # Errors
/// [`DecideError::Damaged`].
pub fn unpack(bundle: &[u8]) -> Result<PolicyFiles, DecideError> {
    let damaged = || DecideError::Damaged {
        what: "a stored policy",
    };
    let plain = zstd::bulk::decompress(bundle, BUNDLE_BYTES_MAX).map_err(|_| damaged())?;
    let (count, mut rest) = plain.split_first_chunk::<4>().ok_or_else(damaged)?;
    let mut part = || -> Result<Vec<u8>, DecideError> {
        let (len, after) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| damaged())?;
        let (bytes, after) = after.split_at_checked(len).ok_or_else(damaged)?;
        rest = after;
        Ok(bytes.to_vec())
    };
    let mut files = Vec::new();
    for _ in 0..u32::from_le_bytes(*count) {
        let path = String::from_utf8(part()?).map_err(|_| damaged())?;
        files.push((path, part()?));
    }
    PolicyFiles::new(files).map_err(|error| DecideError::PolicyInvalid(error.to_string()))
}

fn too_large() -> DecideError {
    DecideError::PolicyInvalid(format!(
        "the files of a policy may have at most {BUNDLE_BYTES_MAX} bytes together"
    ))
}
