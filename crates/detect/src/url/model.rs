//! The lexical model of addresses: one sum of weights of hashed features, and curves that make it a probability.
//!
//! As bytes, little-endian: `STUM`, version, bits (4 bytes each); the training it came from (4 + n, UTF-8); scale, bias, slope and
//! offset of bare hosts, slope and offset of links with a path (binary32 each); 2^bits weights; CRC-32C of everything before.

use stanch_types::Score;
use thiserror::Error;

use super::address::Address;
use super::feature::Features;

const MAGIC: [u8; 4] = *b"STUM";
const VERSION: u32 = 1;
/// Longest name of a training, bytes.
const NAME_BYTES_MAX: usize = 256;
/// Bits of a bucket.
pub const BITS: std::ops::RangeInclusive<u32> = 10..=20;
/// Most bytes a model can have.
pub const MODEL_BYTES_MAX: usize = (1 << 20) + 1_024;

/// Why a model of addresses cannot be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UrlModelError {
    /// The bytes are no model of this version.
    #[error("no model of addresses of version {VERSION}")]
    Foreign,
    /// The bytes are damaged, cut off, or have something after their end.
    #[error("the model of addresses is damaged: {0}")]
    Damaged(&'static str),
    /// The number of weights is no power of two in [`BITS`], or a number is not finite.
    #[error("a model of addresses cannot have such weights or numbers")]
    Shape,
}

/// `1 / (1 + exp(-(slope · margin + offset)))` (Platt 1999).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// Steepness.
    pub slope: f32,
    /// Shift.
    pub offset: f32,
}

/// A trained model of addresses. Immutable; shared between threads.
#[derive(Debug, Clone, PartialEq)]
pub struct UrlModel {
    version: Box<str>,
    bits: u32,
    /// What one step of a weight is worth.
    scale: f32,
    bias: f32,
    /// For links without a path, and for those with one: they come from different places and are told apart differently well. Where
    /// the second has no slope, links are told by their hosts alone.
    curves: [Curve; 2],
    weights: Box<[i8]>,
}

impl UrlModel {
    /// A model from weights of buckets, the worth of one step of them, the bias, and the curves of links without and with a path.
    ///
    /// # Errors
    /// [`UrlModelError::Shape`].
    pub fn new(
        version: &str,
        (scale, bias): (f32, f32),
        curves: [Curve; 2],
        weights: Vec<i8>,
    ) -> Result<Self, UrlModelError> {
        let bits = weights.len().checked_ilog2().unwrap_or(0);
        let numbers = curves.iter().flat_map(|curve| [curve.slope, curve.offset]);
        let finite = numbers.chain([scale, bias]).all(f32::is_finite);
        if !BITS.contains(&bits)
            || !weights.len().is_power_of_two()
            || !finite
            || version.len() > NAME_BYTES_MAX
        {
            return Err(UrlModelError::Shape);
        }
        Ok(Self {
            version: version.into(),
            bits,
            scale,
            bias,
            curves,
            weights: weights.into(),
        })
    }

    /// Which training it came from.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Bits of a bucket.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// The weight of a bucket.
    #[must_use]
    pub fn weight(&self, bucket: u32) -> f32 {
        let weight = self.weights.get(bucket as usize).copied().unwrap_or(0);
        f32::from(weight) * self.scale
    }

    /// What is added to every sum.
    #[must_use]
    pub const fn bias(&self) -> f32 {
        self.bias
    }

    /// The curve of links without a path, or of those with one; the second has no slope where a link is told by its host alone.
    #[must_use]
    pub const fn curve(&self, deep: bool) -> Curve {
        let [bare, with_path] = self.curves;
        if deep { with_path } else { bare }
    }

    /// How far on the deceptive side an address is, before calibration.
    pub fn margin(&self, address: &Address, features: &mut Features) -> f32 {
        let values = features.read(address, self.bits).iter();
        self.bias
            + values
                .map(|(bucket, value)| self.weight(*bucket) * value)
                .sum::<f32>()
    }

    /// The calibrated probability that an address deceives.
    pub fn score(&self, address: &Address, features: &mut Features) -> Score {
        let [bare, deep] = self.curves;
        let has_path = !address.path().is_empty();
        // A training without enough links with a path on both sides learnt nothing of paths: the host alone tells.
        if has_path
            && deep.slope == 0.0
            && let Some(host) = address.bare()
        {
            return self.score(&host, features);
        }
        let margin = self.margin(address, features);
        let curve = if has_path { deep } else { bare };
        let probability = 1.0 / (1.0 + (-(curve.slope * margin + curve.offset)).exp());
        // A float becomes the nearest integer there is, NaN zero.
        let parts = (probability * f32::from(Score::MAX.get())).round() as u16;
        Score::new(parts).unwrap_or(Score::MAX)
    }

    /// The model as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.weights.len() + 512);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.bits.to_le_bytes());
        bytes.extend_from_slice(&(self.version.len() as u32).to_le_bytes());
        bytes.extend_from_slice(self.version.as_bytes());
        let curves = self
            .curves
            .iter()
            .flat_map(|curve| [curve.slope, curve.offset]);
        for number in [self.scale, self.bias].into_iter().chain(curves) {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend(self.weights.iter().map(|weight| weight.cast_unsigned()));
        let sum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads what [`UrlModel::to_bytes`] gave.
    ///
    /// # Errors
    /// [`UrlModelError::Foreign`] for other files, [`UrlModelError::Damaged`] for what is not whole.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UrlModelError> {
        if !bytes.starts_with(&MAGIC) {
            return Err(UrlModelError::Foreign);
        }
        let damaged = UrlModelError::Damaged;
        let Some((body, sum)) = bytes.split_last_chunk::<4>() else {
            return Err(damaged("too short"));
        };
        if crc32c::crc32c(body) != u32::from_le_bytes(*sum) {
            return Err(damaged("its checksum does not match"));
        }
        let mut rest = body.get(MAGIC.len()..).unwrap_or_default();
        let word = |rest: &mut &[u8]| {
            let (word, after) = rest.split_first_chunk::<4>().ok_or(damaged("too short"))?;
            *rest = after;
            Ok(*word)
        };
        if u32::from_le_bytes(word(&mut rest)?) != VERSION {
            return Err(UrlModelError::Foreign);
        }
        let bits = u32::from_le_bytes(word(&mut rest)?);
        let length = u32::from_le_bytes(word(&mut rest)?) as usize;
        if length > NAME_BYTES_MAX || !BITS.contains(&bits) {
            return Err(damaged("it is larger than a model can be"));
        }
        let (version, after) = rest.split_at_checked(length).ok_or(damaged("too short"))?;
        rest = after;
        let version = std::str::from_utf8(version).map_err(|_| damaged("its name is not UTF-8"))?;
        let mut numbers = [0.0; 6];
        for number in &mut numbers {
            *number = f32::from_le_bytes(word(&mut rest)?);
        }
        if rest.len() != 1 << bits {
            return Err(damaged("its weights are too few or too many"));
        }
        let [scale, bias, slope, offset, deep_slope, deep_offset] = numbers;
        let curves = [
            Curve { slope, offset },
            Curve {
                slope: deep_slope,
                offset: deep_offset,
            },
        ];
        let weights = rest.iter().map(|byte| byte.cast_signed()).collect();
        Self::new(version, (scale, bias), curves, weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> UrlModel {
        let curve = Curve {
            slope: 2.0,
            offset: -0.5,
        };
        let deep = Curve {
            slope: 1.0,
            offset: 0.0,
        };
        let weights = (0..1024_u32)
            .map(|at| (at.wrapping_mul(37) % 255) as u8 as i8)
            .collect();
        UrlModel::new("t", (0.01, -0.2), [curve, deep], weights).expect("fits")
    }

    #[test]
    fn bytes_give_the_same_model_and_damage_is_seen() {
        let model = model();
        let bytes = model.to_bytes();
        assert_eq!(UrlModel::from_bytes(&bytes).as_ref(), Ok(&model));
        for at in (0..bytes.len()).step_by(7) {
            let mut wrong = bytes.clone();
            wrong[at] ^= 4;
            assert!(UrlModel::from_bytes(&wrong).is_err(), "{at}");
            assert!(UrlModel::from_bytes(&bytes[..at]).is_err(), "{at}");
        }
        let curves = [Curve {
            slope: 1.0,
            offset: 0.0,
        }; 2];
        for (weights, scale) in [
            (vec![0; 1000], 1.0),
            (vec![0; 8], 1.0),
            (vec![0; 1024], f32::NAN),
        ] {
            let refused = UrlModel::new("t", (scale, 0.0), curves, weights);
            assert_eq!(refused, Err(UrlModelError::Shape));
        }
    }

    #[test]
    fn the_margin_is_the_sum_and_the_path_has_its_own_curve() {
        let (model, mut features) = (model(), Features::default());
        let address = Address::read("https://a-b.top/x").expect("an address");
        let sum: f32 = features
            .named(&address, model.bits())
            .into_iter()
            .map(|(_, bucket, _)| bucket)
            .collect::<std::collections::BTreeSet<u32>>()
            .len() as f32;
        assert!(sum > 10.0);
        let by_hand = -0.2
            + features
                .read(&address, 10)
                .iter()
                .map(|(b, v)| model.weight(*b) * v)
                .sum::<f32>();
        let margin = model.margin(&address, &mut features);
        assert!((margin - by_hand).abs() < 1e-5);
        let score = f32::from(model.score(&address, &mut features).get()) / 10_000.0;
        assert!((score - 1.0 / (1.0 + (-margin).exp())).abs() < 1e-3);
    }
}
