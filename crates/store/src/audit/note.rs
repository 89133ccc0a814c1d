//! Checkpoints as signed notes (C2SP signed-note and tlog-checkpoint), Ed25519 signatures.
//!
//! ```text
//! stanch.local/audit/org_…
//! 1024
//! <base64 of the root>
//!
//! — stanch.local/audit/org_… <base64 of key id and signature>
//! ```

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::audit::key::AuditKey;
use crate::audit::tree::Hash;

/// Signature type of Ed25519 in key ids (C2SP signed-note).
const ED25519_TYPE: u8 = 0x01;
/// Longest note that is looked at, in bytes.
const NOTE_LEN_MAX: usize = 16 * 1024;

/// The size and root of a tree under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Names the tree; the first line.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
}

/// Checks signatures of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    public: [u8; 32],
    key_id: [u8; 4],
}

/// Why a note is not a checkpoint signed by the wanted key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not a signed note or not a checkpoint.
    #[error("it is not a checkpoint: {0}")]
    Form(&'static str),
    /// It has no signature of the wanted key.
    #[error("it is not signed by the wanted key")]
    Unsigned,
    /// The signature of the wanted key does not fit the text.
    #[error("its signature is wrong")]
    BadSignature,
}

/// Whether `name` may name a key: not empty, no white space, no plus sign.
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn body(&self) -> String {
        let root = STANDARD.encode(self.root.as_bytes());
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// The signed note.
    pub(crate) fn sign(&self, key: &AuditKey) -> String {
        let body = self.body();
        let mut signature = key.verifier().key_id.to_vec();
        signature.extend(key.sign(body.as_bytes()));
        let (name, signature) = (&key.verifier().name, STANDARD.encode(signature));
        format!("{body}\n— {name} {signature}\n")
    }

    /// Reads a note's checkpoint and checks that `verifier`'s key signed it.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn verify(note: &str, verifier: &Verifier) -> Result<Self, NoteError> {
        if note.len() > NOTE_LEN_MAX {
            return Err(NoteError::Form("it is too long"));
        }
        // The signatures follow the last empty line.
        let cut = note
            .rfind("\n\n")
            .ok_or(NoteError::Form("it has no empty line"))?;
        let (body, signatures) = note.split_at(cut + 1);
        let checkpoint = Self::parse_body(body)?;
        if checkpoint.origin != verifier.name {
            return Err(NoteError::Form("its first line names another tree"));
        }
        let lines = signatures
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'))
            .ok_or(NoteError::Form("its signatures are not whole lines"))?;
        for line in lines.split('\n') {
            let (name, signature) = line
                .strip_prefix("— ")
                .and_then(|line| line.split_once(' '))
                .ok_or(NoteError::Form("a signature line is malformed"))?;
            let bytes = STANDARD
                .decode(signature)
                .map_err(|_| NoteError::Form("a signature is not base64"))?;
            let (key_id, signature) = bytes
                .split_first_chunk::<4>()
                .ok_or(NoteError::Form("a signature is too short"))?;
            // Signatures of other keys, such as witnesses, are allowed and skipped.
            if name == verifier.name && *key_id == verifier.key_id {
                return UnparsedPublicKey::new(&ED25519, &verifier.public)
                    .verify(body.as_bytes(), signature)
                    .map(|()| checkpoint)
                    .map_err(|_| NoteError::BadSignature);
            }
        }
        Err(NoteError::Unsigned)
    }

    fn parse_body(body: &str) -> Result<Self, NoteError> {
        let mut lines = body.lines();
        let mut line = |what| {
            lines
                .next()
                .filter(|line| !line.is_empty())
                .ok_or(NoteError::Form(what))
        };
        let origin = line("it has no name")?.to_owned();
        let size_text = line("it has no size")?;
        let size: u64 = size_text
            .parse()
            .map_err(|_| NoteError::Form("its size is not a number"))?;
        if size.to_string() != size_text {
            return Err(NoteError::Form("its size is not plain decimal"));
        }
        let root = STANDARD
            .decode(line("it has no root")?)
            .ok()
            .and_then(|bytes| Hash::from_slice(&bytes))
            .ok_or(NoteError::Form("its root is not 32 bytes of base64"))?;
        Ok(Self { origin, size, root })
    }
}

impl Verifier {
    /// A verifier for the key `public` under `name`.
    #[must_use]
    pub fn new(name: String, public: [u8; 32]) -> Self {
        let mut hashed = name.clone().into_bytes();
        hashed.extend([0x0a, ED25519_TYPE]);
        hashed.extend(public);
        let mut key_id = [0; 4];
        for (byte, from) in key_id.iter_mut().zip(digest(&SHA256, &hashed).as_ref()) {
            *byte = *from;
        }
        Self {
            name,
            public,
            key_id,
        }
    }

    /// The key's name, which is also the tree's.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads a verifier key as other tools exchange it: `name+keyid+base64(0x01 and public key)`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('+')?;
        let (key_id, key) = rest.split_once('+')?;
        let bytes = STANDARD.decode(key).ok()?;
        let (kind, public) = bytes.split_first()?;
        let verifier = Self::new(name.to_owned(), public.try_into().ok()?);
        let fits =
            *kind == ED25519_TYPE && is_key_name(name) && hex::encode(verifier.key_id) == key_id;
        fits.then_some(verifier)
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519_TYPE];
        key.extend(self.public);
        let (key_id, key) = (hex::encode(self.key_id), STANDARD.encode(key));
        write!(f, "{}+{key_id}+{key}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tree::empty_root;

    fn key(name: &str, seed: u8) -> AuditKey {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, [seed; 32]).unwrap();
        AuditKey::open(&path, name).unwrap()
    }

    fn checkpoint(origin: &str) -> Checkpoint {
        Checkpoint {
            origin: origin.to_owned(),
            size: 0,
            root: empty_root(),
        }
    }

    /// The example key of the Go module golang.org/x/mod/sumdb/note, whose key hash is published.
    #[test]
    fn key_ids_and_verifier_keys_are_those_of_the_specification() {
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let verifier = Verifier::parse(text).unwrap();
        assert_eq!(verifier.to_string(), text);
        assert_eq!(
            Verifier::parse("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
            None
        );
        let note = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\n\
                    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let cut = note.rfind("\n\n").unwrap() + 1;
        let line = note.trim_end().rsplit(' ').next().unwrap();
        let signature = STANDARD.decode(line).unwrap();
        assert_eq!(signature[..4], verifier.key_id);
        UnparsedPublicKey::new(&ED25519, &verifier.public)
            .verify(&note.as_bytes()[..cut], &signature[4..])
            .unwrap();
    }

    #[test]
    fn a_signed_checkpoint_verifies_and_no_other() {
        let (ours, theirs) = (key("log", 1), key("log", 2));
        let note = checkpoint("log").sign(&ours);
        let verified = Checkpoint::verify(&note, ours.verifier());
        assert_eq!(verified, Ok(checkpoint("log")));
        assert_eq!(
            Checkpoint::verify(&note, theirs.verifier()),
            Err(NoteError::Unsigned)
        );
        let bent = note.replacen("log\n0\n", "log\n1\n", 1);
        assert_eq!(
            Checkpoint::verify(&bent, ours.verifier()),
            Err(NoteError::BadSignature)
        );
        let witnessed = format!("{note}— witness.example/w1 {}\n", STANDARD.encode([7; 68]));
        assert_eq!(
            Checkpoint::verify(&witnessed, ours.verifier()),
            Ok(checkpoint("log"))
        );
    }

    #[test]
    fn malformed_notes_are_refused() {
        let ours = key("log", 1);
        let note = checkpoint("log").sign(&ours);
        let other_name = checkpoint("other").sign(&ours);
        let leading_zero = note.replacen("\n0\n", "\n00\n", 1);
        let unended = note.trim_end().to_owned();
        let long = "x".repeat(NOTE_LEN_MAX + 1);
        for text in [
            "",
            "\n",
            "log\n0\n",
            "log\n\n\n",
            &other_name,
            &leading_zero,
            &unended,
            &long,
        ] {
            let outcome = Checkpoint::verify(text, ours.verifier());
            assert!(
                matches!(outcome, Err(NoteError::Form(_))),
                "{text:?}: {outcome:?}"
            );
        }
    }
}
