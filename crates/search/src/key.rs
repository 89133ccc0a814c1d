//! The key under which pieces of texts are hashed. Whoever has the index without it learns no word from it.

use aws_lc_rs::hmac;
use stanch_store::Store;
use stanch_types::Ctx;

use crate::error::SearchError;

/// Length of the key, in bytes.
const KEY_LEN: usize = 32;

/// Hashes pieces.
#[derive(Clone)]
pub(crate) struct PieceKey(hmac::Key);

/// A piece as the index knows it: the first eight bytes of its HMAC-SHA-256.
pub(crate) type Term = [u8; 8];

impl PieceKey {
    /// A new key, and its encrypted form to be kept.
    pub fn new(store: &Store, ctx: &Ctx) -> Result<(Self, String), SearchError> {
        let bytes: [u8; KEY_LEN] = ctx.random_bytes();
        let sealed = store.seal_text(hex::encode(bytes))?;
        Ok((Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)), sealed))
    }

    /// The key of an encrypted form; none if the organisation's data key is another one now.
    pub fn open(store: &Store, sealed: &[u8]) -> Option<Self> {
        let sealed = String::from_utf8(sealed.to_vec()).ok()?;
        let text = store.open_sealed_text(sealed).ok()?;
        let bytes = hex::decode(text).ok().filter(|b| b.len() == KEY_LEN)?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The term of a piece.
    pub fn term(&self, piece: &str) -> Term {
        let tag = hmac::sign(&self.0, piece.as_bytes());
        let mut term = Term::default();
        for (to, from) in term.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        term
    }
}
