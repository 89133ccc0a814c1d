//! A theme as one file that is shared: what it holds, sealed by who made it.
//!
//! The file is a DSSE envelope (Dead Simple Signing Envelope 1.0, secure-systems-lab): the payload is [`ThemePack`] as JSON, signed with
//! Ed25519 over the pre-authentication encoding `DSSEv1 LEN(type) type LEN(payload) payload`. Nothing in it is run or trusted
//! before the signature is checked with a key that the reader has chosen to trust.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use stanch_detect::text::model::{Classifier, Model};
use stanch_types::Score;
use thiserror::Error;

use super::{ThemeReport, ThemeSource, ThemeWord, Title, policy};
use crate::TrainError;

/// Type of the payload.
const PAYLOAD_TYPE: &str = "application/vnd.stanch.theme+json";
/// Version of the pack's form.
pub const FORMAT: u32 = 1;
/// Largest sealed pack, bytes.
pub const PACK_BYTES_MAX: usize = 4 << 20;
/// Bytes of an Ed25519 public key and seed.
const KEY_BYTES: usize = 32;

/// What a theme is, for those who did not make it. It holds no example: those may be personal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThemePack {
    /// [`FORMAT`].
    pub format: u32,
    /// The theme's word.
    pub name: String,
    /// The theme's name for people.
    pub title: Title,
    /// Its words.
    pub words: Vec<ThemeWord>,
    /// Its policy, to be laid beside the default policy.
    pub policy: String,
    /// Its model, base64.
    model: String,
    /// Texts it was made from.
    pub examples: usize,
    /// Recall and false positives of its label on texts that training did not see.
    pub recall: f64,
    /// See `recall`.
    pub false_positive_rate: f64,
}

/// Why a pack cannot be sealed or opened.
#[derive(Debug, Error)]
pub enum PackError {
    /// It is too large.
    #[error("a theme pack has at most {PACK_BYTES_MAX} bytes")]
    TooLarge,
    /// It is no envelope, or what is in it is no theme.
    #[error("this is no theme pack: {0}")]
    Foreign(String),
    /// Nobody that is trusted signed it, or it was changed afterwards.
    #[error("the theme pack is not signed by the key that is trusted")]
    Untrusted,
    /// The key is no 32-byte Ed25519 key in base64.
    #[error("a key is 32 bytes in base64")]
    Key,
}

/// Who seals packs.
pub struct Signer(Ed25519KeyPair);

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

impl ThemePack {
    pub(super) fn new(
        source: &ThemeSource,
        report: &ThemeReport,
        model: &Model,
        others: &[&str],
    ) -> Self {
        let mut classifier = Classifier::new(model);
        let ordinary = others.iter().copied().find(|text| {
            let mut scores = classifier.score(text).iter();
            !report.words.iter().any(|word| word.is_in(text))
                && scores.all(|one| one.score < Score::DECIDED)
        });
        Self {
            format: FORMAT,
            name: source.name.clone(),
            title: source.title.clone(),
            words: report.words.clone(),
            policy: policy::of(source, &report.words, ordinary),
            model: STANDARD.encode(model.to_bytes()),
            examples: report.examples,
            recall: report.label.unseen.recall,
            false_positive_rate: report.label.unseen.false_positive_rate,
        }
    }

    /// Its model: one label, the theme's word.
    ///
    /// # Errors
    /// [`TrainError::Theme`] when it has none that this version reads, or one of another label.
    pub fn model(&self) -> Result<Model, TrainError> {
        let wrong = |why: String| TrainError::Theme(format!("theme {}: {why}", self.name));
        let bytes = STANDARD
            .decode(&self.model)
            .map_err(|error| wrong(error.to_string()))?;
        let model = Model::from_bytes(&bytes)?;
        let names: Vec<&str> = model.labels().iter().map(|label| &*label.name).collect();
        match names == [self.name.as_str()] {
            true => Ok(model),
            false => Err(wrong(format!("its model has the labels {names:?}"))),
        }
    }
}

impl Signer {
    /// From the 32-byte seed of an Ed25519 key.
    ///
    /// # Errors
    /// [`PackError::Key`].
    pub fn from_seed(seed: &[u8]) -> Result<Self, PackError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed);
        pair.map(Self).map_err(|_| PackError::Key)
    }

    /// What others trust: base64.
    #[must_use]
    pub fn public_key(&self) -> String {
        STANDARD.encode(self.0.public_key().as_ref())
    }
}

/// Seals a pack.
///
/// # Errors
/// [`PackError::TooLarge`].
pub fn seal(pack: &ThemePack, signer: &Signer) -> Result<Vec<u8>, PackError> {
    let payload =
        serde_json::to_vec(pack).map_err(|error| PackError::Foreign(error.to_string()))?;
    let signature = signer.0.sign(&encoding(&payload));
    let envelope = Envelope {
        payload_type: PAYLOAD_TYPE.to_owned(),
        payload: STANDARD.encode(&payload),
        signatures: vec![Signature {
            keyid: signer.public_key(),
            sig: STANDARD.encode(signature.as_ref()),
        }],
    };
    let sealed = serde_json::to_vec_pretty(&envelope);
    let sealed = sealed.map_err(|error| PackError::Foreign(error.to_string()))?;
    match sealed.len() <= PACK_BYTES_MAX {
        true => Ok(sealed),
        false => Err(PackError::TooLarge),
    }
}

/// Opens a sealed pack that the holder of `trusted`, a public key in base64, signed.
///
/// # Errors
/// [`PackError`]; nothing of an untrusted pack is looked at.
pub fn unseal(sealed: &[u8], trusted: &str) -> Result<ThemePack, PackError> {
    if sealed.len() > PACK_BYTES_MAX {
        return Err(PackError::TooLarge);
    }
    let foreign = |error: String| PackError::Foreign(error);
    let key = STANDARD
        .decode(trusted.trim())
        .map_err(|_| PackError::Key)?;
    if key.len() != KEY_BYTES {
        return Err(PackError::Key);
    }
    let envelope: Envelope =
        serde_json::from_slice(sealed).map_err(|error| foreign(error.to_string()))?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(foreign(format!("its type is `{}`", envelope.payload_type)));
    }
    let payload = STANDARD
        .decode(&envelope.payload)
        .map_err(|error| foreign(error.to_string()))?;
    let signed = encoding(&payload);
    let key = UnparsedPublicKey::new(&ED25519, key);
    let is_good = |signature: &Signature| {
        let bytes = STANDARD.decode(&signature.sig);
        bytes.is_ok_and(|bytes| key.verify(&signed, &bytes).is_ok())
    };
    if !envelope.signatures.iter().any(is_good) {
        return Err(PackError::Untrusted);
    }
    let pack: ThemePack =
        serde_json::from_slice(&payload).map_err(|error| foreign(error.to_string()))?;
    match pack.format == FORMAT {
        true => Ok(pack),
        false => Err(foreign(format!("its form is {}", pack.format))),
    }
}

/// What is signed (DSSE 1.0, PAE).
fn encoding(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}
