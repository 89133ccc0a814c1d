//! Encryption of columns with personal data: AES-256-GCM under a data key of the organisation, which the database holds
//! wrapped by a key that only the data folder has (`keys/data.key`, mode 0600). `docs/privacy.md` has the form.
//!
//! Whoever has the database alone reads no report, order, plan, measure, appeal, label or item. Look-ups use columns
//! beside the body, which stay plain. Rows of before are plain JSON and are read as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use stanch_types::Ctx;

use crate::audit::key;
use crate::error::StoreError;

/// First characters of an encrypted text; no JSON begins so.
const MARK: &str = "enc1:";
/// Length of keys, in bytes.
const KEY_LEN: usize = 32;

/// The keys of an organisation's personal columns.
pub(crate) struct Keyring {
    org: String,
    path: PathBuf,
    wrapping: RandomizedNonceKey,
    keys: RwLock<DataKeys>,
}

#[derive(Default)]
struct DataKeys {
    newest: Option<i64>,
    by_id: BTreeMap<i64, Arc<RandomizedNonceKey>>,
}

impl Keyring {
    /// Reads the wrapping key; makes it if there is none.
    pub fn open_or_create(path: &Path, org: &str, ctx: &Ctx) -> Result<Self, StoreError> {
        match std::fs::exists(path) {
            Ok(true) => {}
            Ok(false) => key::create(path, &ctx.random_bytes())?,
            Err(cause) => return Err(StoreError::io("look for data key", path)(cause)),
        }
        Self::open(path, org)
    }

    /// Reads the wrapping key.
    pub fn open(path: &Path, org: &str) -> Result<Self, StoreError> {
        let bytes = std::fs::read(path).map_err(StoreError::io("read data key", path))?;
        let wrapping =
            RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| StoreError::Key {
                path: path.to_owned(),
                why: "it does not have 32 bytes",
            })?;
        Ok(Self {
            org: org.to_owned(),
            path: path.to_owned(),
            wrapping,
            keys: RwLock::default(),
        })
    }

    /// A new data key, wrapped, to be stored as number `id`.
    pub fn new_wrapped(&self, id: i64, ctx: &Ctx) -> Result<String, StoreError> {
        let bytes: [u8; KEY_LEN] = ctx.random_bytes();
        encrypt(&self.wrapping, &self.wrapping_aad(id), &bytes)
    }

    /// Takes a wrapped data key into use; the one with the highest number encrypts.
    pub fn take(&self, id: i64, wrapped: &str) -> Result<(), StoreError> {
        let foreign = || StoreError::Key {
            path: self.path.clone(),
            why: "it does not open the data keys of this record",
        };
        let bytes = decrypt(&self.wrapping, &self.wrapping_aad(id), wrapped).ok_or_else(foreign)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| foreign())?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.by_id.insert(id, Arc::new(key));
        keys.newest = keys.newest.max(Some(id));
        Ok(())
    }

    /// Forgets the data keys below `id`.
    pub fn forget_below(&self, id: i64) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.by_id = keys.by_id.split_off(&id);
    }

    /// `text` encrypted with the newest key; as it is while there is none.
    pub fn seal(&self, text: String) -> Result<String, StoreError> {
        let newest = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            let id = keys.newest;
            id.and_then(|id| Some((id, Arc::clone(keys.by_id.get(&id)?))))
        };
        let Some((id, key)) = newest else {
            return Ok(text);
        };
        let sealed = encrypt(&key, &self.aad(id), text.as_bytes())?;
        Ok(format!("{MARK}{id}:{sealed}"))
    }

    /// The plain text of a stored one.
    pub fn open_text(&self, stored: String) -> Result<String, StoreError> {
        let Some((id, sealed)) = parts(&stored) else {
            return Ok(stored);
        };
        let key = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            keys.by_id.get(&id).map(Arc::clone)
        };
        let key = key.ok_or_else(|| {
            StoreError::damaged("encrypted column", format!("there is no data key {id}"))
        })?;
        decrypt(&key, &self.aad(id), sealed)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| StoreError::damaged("encrypted column", "it was changed"))
    }

    /// What a column's text is bound to: a text of another organisation or key does not open.
    fn aad(&self, id: i64) -> String {
        format!("stanch.column/1 {} {id}", self.org)
    }

    fn wrapping_aad(&self, id: i64) -> String {
        format!("stanch.data-key/1 {} {id}", self.org)
    }
}

/// Number of the key and the rest of an encrypted text.
fn parts(stored: &str) -> Option<(i64, &str)> {
    let (id, sealed) = stored.strip_prefix(MARK)?.split_once(':')?;
    Some((id.parse().ok()?, sealed))
}

/// What texts encrypted with key `id` begin with.
pub(crate) fn mark_of(id: i64) -> String {
    format!("{MARK}{id}:")
}

/// Nonce, text and tag in base64.
fn encrypt(key: &RandomizedNonceKey, aad: &str, plain: &[u8]) -> Result<String, StoreError> {
    Ok(STANDARD_NO_PAD.encode(seal_bytes(key, aad, plain)?))
}

fn decrypt(key: &RandomizedNonceKey, aad: &str, text: &str) -> Option<Vec<u8>> {
    open_bytes(key, aad, STANDARD_NO_PAD.decode(text).ok()?)
}

/// Nonce, encrypted bytes and tag.
pub(crate) fn seal_bytes(
    key: &RandomizedNonceKey,
    aad: &str,
    plain: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let mut sealed = plain.to_vec();
    let nonce = key
        .seal_in_place_append_tag(Aad::from(aad.as_bytes()), &mut sealed)
        .map_err(|_| StoreError::damaged("encrypted bytes", "they could not be encrypted"))?;
    let mut out = nonce.as_ref().to_vec();
    out.extend(sealed);
    Ok(out)
}

/// What [`seal_bytes`] was given; none if it is not what the key and `aad` sealed.
pub(crate) fn open_bytes(
    key: &RandomizedNonceKey,
    aad: &str,
    mut bytes: Vec<u8>,
) -> Option<Vec<u8>> {
    let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let plain = key
        .open_in_place(nonce, Aad::from(aad.as_bytes()), sealed)
        .ok()?;
    Some(plain.to_vec())
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(folder: &tempfile::TempDir, org: &str) -> Keyring {
        let path = folder.path().join("keys").join("data.key");
        Keyring::open_or_create(&path, org, &Ctx::system()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let ours = ring(&folder, "org_1");
        assert_eq!(
            ours.seal("{}".to_owned()).unwrap(),
            "{}",
            "no key, no encryption"
        );
        let wrapped = ours.new_wrapped(1, &Ctx::system()).unwrap();
        ours.take(1, &wrapped).unwrap();
        let plain = "{\"name\":\"王小明\"}".to_owned();
        let (one, two) = (
            ours.seal(plain.clone()).unwrap(),
            ours.seal(plain.clone()).unwrap(),
        );
        assert!(one.starts_with("enc1:1:") && one != two && !one.contains("name"));
        assert_eq!(ours.open_text(one.clone()).unwrap(), plain);
        assert_eq!(
            ours.open_text(plain.clone()).unwrap(),
            plain,
            "old rows are read"
        );
        let theirs = ring(&folder, "org_2");
        assert!(
            theirs.take(1, &wrapped).is_err(),
            "a key of another organisation"
        );
        let own = theirs.new_wrapped(1, &Ctx::system()).unwrap();
        theirs.take(1, &own).unwrap();
        assert!(theirs.open_text(one.clone()).is_err());
        let mut bent = one.into_bytes();
        let at = bent.len() / 2;
        bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
        assert!(ours.open_text(String::from_utf8(bent).unwrap()).is_err());
    }

    #[test]
    fn the_newest_key_encrypts_and_old_ones_open_until_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let ours = ring(&folder, "org_1");
        let first = ours.new_wrapped(1, &Ctx::system()).unwrap();
        ours.take(1, &first).unwrap();
        let old = ours.seal("[1]".to_owned()).unwrap();
        let second = ours.new_wrapped(2, &Ctx::system()).unwrap();
        ours.take(2, &second).unwrap();
        assert!(
            ours.seal("[2]".to_owned())
                .unwrap()
                .starts_with(&mark_of(2))
        );
        assert_eq!(ours.open_text(old.clone()).unwrap(), "[1]");
        ours.forget_below(2);
        assert!(ours.open_text(old).is_err());
    }

    #[test]
    fn the_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        drop(ring(&folder, "org_1"));
        let path = folder.path().join("keys").join("data.key");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(
            Keyring::open(&path, "org_1"),
            Err(StoreError::Key { .. })
        ));
    }
}
