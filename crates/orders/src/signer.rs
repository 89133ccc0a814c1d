//! The key that signs orders: ed25519, kept as a 32-byte seed in `keys/orders.ed25519` with mode 0600.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::fill;
use aws_lc_rs::signature::Ed25519KeyPair;
use stanch_types::InstitutionCode;
use thiserror::Error;

use crate::webhook::{WebhookPublicKey, sign_v1a};

/// Why the key cannot be used.
#[derive(Debug, Error)]
pub enum SignerError {
    /// The file cannot be read or written.
    #[error("the order key {} cannot be read or written", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others than the owner may read the file.
    #[error("the order key {} is open to others (mode {mode:o}); it must be 0600", path.display())]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is not a 32-byte seed.
    #[error("the order key {} is not a seed of 32 bytes", path.display())]
    Seed {
        /// Which file.
        path: PathBuf,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness for a new order key")]
    Randomness,
}

/// The sending body's name where the configuration gives no other.
const SENDER: &str = "STANCH";

/// Signs order documents and messages to institutions, in the name of the sending body.
pub struct OrderSigner {
    pair: Ed25519KeyPair,
    public_key: WebhookPublicKey,
    sender: InstitutionCode,
}

impl OrderSigner {
    /// Reads the key at `path`, or makes a new one there if there is none.
    ///
    /// # Errors
    /// [`SignerError`].
    pub fn open_or_create(path: &Path) -> Result<Self, SignerError> {
        let io = |source| SignerError::Io {
            path: path.to_owned(),
            source,
        };
        match fs::metadata(path) {
            Ok(metadata) => {
                let mode = metadata.permissions().mode() & 0o777;
                if mode & 0o077 != 0 {
                    return Err(SignerError::Mode {
                        path: path.to_owned(),
                        mode,
                    });
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => create(path)?,
            Err(error) => return Err(io(error)),
        }
        let seed = fs::read(path).map_err(io)?;
        Self::from_seed(&seed).ok_or_else(|| SignerError::Seed {
            path: path.to_owned(),
        })
    }

    /// A signer from a seed of 32 bytes; none if the length is another.
    #[must_use]
    pub fn from_seed(seed: &[u8]) -> Option<Self> {
        let seed: &[u8; 32] = seed.try_into().ok()?;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public_key = WebhookPublicKey::of(&pair).ok()?;
        Some(Self {
            pair,
            public_key,
            sender: SENDER.parse().ok()?,
        })
    }

    /// The same key in the name of `sender` instead of `STANCH`.
    #[must_use]
    pub fn in_the_name_of(mut self, sender: InstitutionCode) -> Self {
        self.sender = sender;
        self
    }

    /// The sending body, as named in every document.
    #[must_use]
    pub fn sender(&self) -> &InstitutionCode {
        &self.sender
    }

    /// The public half, which institutions are given (`whpk_…`).
    #[must_use]
    pub fn public_key(&self) -> &WebhookPublicKey {
        &self.public_key
    }

    /// The `v1a` signature over `id.timestamp.body`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp_secs: i64, body: &[u8]) -> String {
        sign_v1a(&self.pair, id, timestamp_secs, body)
    }
}

impl std::fmt::Debug for OrderSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrderSigner")
            .field("public_key", &self.public_key)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

/// Writes a new seed beside `path` and links it into place, so that a crash leaves a whole key or none and two
/// processes agree on one.
fn create(path: &Path) -> Result<(), SignerError> {
    let io = |source| SignerError::Io {
        path: path.to_owned(),
        source,
    };
    let mut seed = [0; 32];
    fill(&mut seed).map_err(|_| SignerError::Randomness)?;
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(directory).map_err(io)?;
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(io)?;
    file.write_all(&seed).map_err(io)?;
    file.sync_all().map_err(io)?;
    let linked = match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(io(error)),
        Ok(()) | Err(_) => Ok(()),
    };
    let _ = fs::remove_file(&draft);
    linked?;
    fs::File::open(directory)
        .and_then(|handle| handle.sync_all())
        .map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/orders.ed25519");
        let first = OrderSigner::open_or_create(&path).unwrap();
        let second = OrderSigner::open_or_create(&path).unwrap();
        assert_eq!(first.public_key(), second.public_key());
        assert_eq!(first.sign("a", 1, b"x"), second.sign("a", 1, b"x"));
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 1);
    }

    #[test]
    fn an_open_or_broken_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.ed25519");
        fs::write(&path, [1; 32]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            OrderSigner::open_or_create(&path),
            Err(SignerError::Mode { mode: 0o644, .. })
        ));
        fs::write(&path, [1; 31]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(
            OrderSigner::open_or_create(&path),
            Err(SignerError::Seed { .. })
        ));
    }
}
