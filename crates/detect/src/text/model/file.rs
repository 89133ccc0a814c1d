//! A model as bytes, little-endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 4, 4 | `STXM`, version of the format |
//! | 4, 4, 4, 4 | bits, labels, form (0 counts, 1 distinct), gate (score) |
//! | 4 + n | which training it came from, UTF-8 |
//! | for each label: 4 + n, 4 × 4 | name; scale, bias, slope, offset as binary32 |
//! | 4 + n | deflate: rarities if distinct (2^bits), then 2^bits weights of each label |
//! | 4 | CRC-32C of everything before |

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use stanch_types::Score;

use super::{BITS, Form, LABELS_MAX, Label, Model, ModelError, Parts};

const MAGIC: [u8; 4] = *b"STXM";
const VERSION: u32 = 2;
/// Longest name of a label or version, bytes.
const NAME_BYTES_MAX: usize = 256;

/// Most bytes a model can have.
pub const MODEL_BYTES_MAX: usize = ((LABELS_MAX + 1) << 22) + (1 << 20);

impl Model {
    /// The model as bytes; the same model always gives the same.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&MAGIC);
        let form = match &self.form {
            Form::Counts => 0,
            Form::Distinct { .. } => 1,
        };
        let (labels, gate) = (self.labels.len() as u32, u32::from(self.gate.get()));
        for number in [VERSION, self.bits, labels, form, gate] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        put(&mut bytes, self.version.as_bytes());
        for label in &self.labels {
            put(&mut bytes, label.name.as_bytes());
            for number in [label.scale, label.bias, label.slope, label.offset] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
        }
        put(&mut bytes, &self.packed());
        let sum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    fn packed(&self) -> Vec<u8> {
        let mut plain = match &self.form {
            Form::Counts => Vec::new(),
            Form::Distinct { rarity } => rarity.to_vec(),
        };
        for (ix, _) in self.labels.iter().enumerate() {
            plain.extend(self.weights(ix).map(i8::cast_unsigned));
        }
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
        // A vector takes everything.
        let written = packer.write_all(&plain).and_then(|()| packer.finish());
        written.unwrap_or_default()
    }

    /// Reads what [`Model::to_bytes`] gave.
    ///
    /// # Errors
    /// [`ModelError::Foreign`] for other files, [`ModelError::Damaged`] for what is not whole.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        if !bytes.starts_with(&MAGIC) {
            return Err(ModelError::Foreign(VERSION));
        }
        let Some((body, sum)) = bytes.split_last_chunk::<4>() else {
            return Err(ModelError::Damaged("too short"));
        };
        if crc32c::crc32c(body) != u32::from_le_bytes(*sum) {
            return Err(ModelError::Damaged("its checksum does not match"));
        }
        let mut read = Bytes { rest: body };
        read.take(MAGIC.len())?;
        if read.number()? != VERSION {
            return Err(ModelError::Foreign(VERSION));
        }
        let (bits, count) = (read.number()?, read.number()? as usize);
        if !BITS.contains(&bits) || count > LABELS_MAX {
            return Err(ModelError::Damaged("it is larger than a model can be"));
        }
        let is_distinct = match read.number()? {
            0 => false,
            1 => true,
            _ => return Err(ModelError::Damaged("its form is none")),
        };
        let gate = u16::try_from(read.number()?).ok();
        let gate = gate.and_then(|gate| Score::new(gate).ok());
        let gate = gate.ok_or(ModelError::Damaged("its gate is no score"))?;
        let version = read.text()?.into();
        let mut labels = Vec::with_capacity(count);
        for _ in 0..count {
            labels.push(Label {
                name: read.text()?.into(),
                scale: read.float()?,
                bias: read.float()?,
                slope: read.float()?,
                offset: read.float()?,
            });
        }
        let length = read.number()? as usize;
        let plain = unpacked(
            read.take(length)?,
            (count + usize::from(is_distinct)) << bits,
        )?;
        if !read.rest.is_empty() {
            return Err(ModelError::Damaged("it is too long"));
        }
        let (rarity, weights) = plain.split_at(if is_distinct { 1 << bits } else { 0 });
        let signed = |bytes: &[u8]| bytes.iter().map(|byte| byte.cast_signed()).collect();
        Self::new(Parts {
            version,
            bits,
            form: match is_distinct {
                true => Form::Distinct {
                    rarity: rarity.into(),
                },
                false => Form::Counts,
            },
            gate,
            labels,
            weights: weights.chunks(1 << bits).map(signed).collect(),
        })
    }
}

/// Exactly `length` bytes.
fn unpacked(packed: &[u8], length: usize) -> Result<Vec<u8>, ModelError> {
    let mut plain = Vec::with_capacity(length);
    let mut unpacker = DeflateDecoder::new(packed).take(length as u64 + 1);
    match unpacker.read_to_end(&mut plain) {
        Ok(read) if read == length => Ok(plain),
        Ok(_) => Err(ModelError::Damaged("its weights are too few or too many")),
        Err(_) => Err(ModelError::Damaged("its weights are not packed")),
    }
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
    bytes.extend_from_slice(part);
}

struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ModelError> {
        let cut = self.rest.split_at_checked(count);
        let (head, rest) = cut.ok_or(ModelError::Damaged("too short"))?;
        self.rest = rest;
        Ok(head)
    }

    fn array(&mut self) -> Result<[u8; 4], ModelError> {
        let head = self.take(4)?;
        head.try_into()
            .map_err(|_| ModelError::Damaged("too short"))
    }

    fn number(&mut self) -> Result<u32, ModelError> {
        self.array().map(u32::from_le_bytes)
    }

    fn float(&mut self) -> Result<f32, ModelError> {
        let number = self.array().map(f32::from_le_bytes)?;
        match number.is_finite() {
            true => Ok(number),
            false => Err(ModelError::Damaged("a number of it is none")),
        }
    }

    fn text(&mut self) -> Result<&'a str, ModelError> {
        let length = self.number()? as usize;
        if length > NAME_BYTES_MAX {
            return Err(ModelError::Damaged("a name of it is too long"));
        }
        let text = std::str::from_utf8(self.take(length)?);
        text.map_err(|_| ModelError::Damaged("a name of it is not UTF-8"))
    }
}
