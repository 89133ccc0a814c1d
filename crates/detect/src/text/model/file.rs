//! A model as bytes, little-endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 4, 4 | `STXM`, version |
//! | 4, 4 | bits, labels |
//! | 4 + n | which training it came from, UTF-8 |
//! | for each label: 4 + n, 4 × 4 | name; scale, bias, slope, offset as binary32 |
//! | for each label: 2^bits | weights |
//! | 4 | CRC-32C of everything before |

use super::{BITS, LABELS_MAX, LANES, Label, Model, ModelError};

const MAGIC: [u8; 4] = *b"STXM";
const VERSION: u32 = 1;
/// Longest name of a label or version, bytes.
const NAME_BYTES_MAX: usize = 256;

/// Most bytes a model can have.
pub const MODEL_BYTES_MAX: usize = (LABELS_MAX << 22) + (1 << 20);

impl Model {
    /// The model as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&MAGIC);
        for number in [VERSION, self.bits, self.labels.len() as u32] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        put_text(&mut bytes, &self.version);
        for label in &self.labels {
            put_text(&mut bytes, &label.name);
            for number in [label.scale, label.bias, label.slope, label.offset] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
        }
        for (ix, _) in self.labels.iter().enumerate() {
            let block = self.blocks.get(ix / LANES).map_or(&[][..], Vec::as_slice);
            let lane = |word: &[i8; LANES]| word.get(ix % LANES).copied().unwrap_or(0);
            bytes.extend(block.iter().map(|word| lane(word).cast_unsigned()));
        }
        let sum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
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
        let version = read.text()?;
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
        let mut weights = Vec::with_capacity(count);
        for _ in 0..count {
            let bytes = read.take(1 << bits)?.iter();
            weights.push(bytes.map(|byte| byte.cast_signed()).collect());
        }
        if !read.rest.is_empty() {
            return Err(ModelError::Damaged("it is too long"));
        }
        Self::new(version, bits, labels, &weights)
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
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
