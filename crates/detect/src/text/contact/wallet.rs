//! Addresses on chains, told from other words by their check digits.

use std::fmt;

use sha2::{Digest, Sha256};
use tiny_keccak::{Hasher, Keccak};

use super::super::fold::Folded;
use super::tokens::Tokens;
use super::{Contact, Finds};

/// The chain that an address is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chain {
    /// Bitcoin.
    Bitcoin,
    /// Ethereum and the chains that share its addresses.
    Ethereum,
    /// TRON.
    Tron,
}

stanch_types::words! { Chain { Bitcoin = "bitcoin", Ethereum = "ethereum", Tron = "tron" } }

/// An address whose check digits are right, or an Ethereum address in one case, which has none.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Wallet {
    chain: Chain,
    address: Box<str>,
}

impl Wallet {
    /// Its chain.
    #[must_use]
    pub const fn chain(&self) -> Chain {
        self.chain
    }

    /// The address in full, in the case it was written in.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.address
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.address.get(..6).unwrap_or_default();
        write!(f, "Wallet({}:{head}***)", self.chain)
    }
}

/// Fewest and most characters of an address (base58: 26 to 35; hexadecimal: 42; bech32: 42 to 62).
const LENGTHS: std::ops::RangeInclusive<usize> = 26..=62;

/// Finds the addresses in `text`.
pub(super) fn find(text: &str, folded: &Folded, tokens: &Tokens, finds: &mut Finds) {
    for word in &tokens.words {
        let length = word.end - word.start;
        if LENGTHS.contains(&length)
            && let Some(span) = folded.span(word.start, word.end)
            && let Some(wallet) = read(span.of(text), length)
        {
            finds.push((word.start, word.end), Contact::Wallet(wallet), None);
        }
    }
}

/// The address that a word of `length` letters and digits is. Case counts, so the original is read; of a disguise only
/// invisible characters are taken out.
fn read(original: &str, length: usize) -> Option<Wallet> {
    let address: String = original
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    if address.len() != length {
        return None;
    }
    let chain = if address.starts_with("0x") {
        is_ethereum(&address).then_some(Chain::Ethereum)
    } else if address
        .get(..3)
        .is_some_and(|head| head.eq_ignore_ascii_case("bc1"))
    {
        is_bech32(&address).then_some(Chain::Bitcoin)
    } else {
        match base58_check(&address)? {
            0 | 5 => Some(Chain::Bitcoin),
            0x41 => Some(Chain::Tron),
            _ => None,
        }
    };
    chain.map(|chain| Wallet {
        chain,
        address: address.into(),
    })
}

/// The version byte of a base58check address with a right checksum.
fn base58_check(address: &str) -> Option<u8> {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if !(26..=35).contains(&address.len()) {
        return None;
    }
    // 25 bytes, most significant first: version, 20 of hash, 4 of checksum.
    let mut bytes = [0_u8; 25];
    for symbol in address.bytes() {
        let mut carry = ALPHABET.iter().position(|known| *known == symbol)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    let (body, checksum) = bytes.split_last_chunk::<4>()?;
    let digest = Sha256::digest(Sha256::digest(body));
    let version = *body.first()?;
    digest.starts_with(checksum).then_some(version)
}

/// BIP 173 and 350: one case, and a checksum whose constant depends on the version.
fn is_bech32(address: &str) -> bool {
    const ALPHABET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let lower = address.to_ascii_lowercase();
    if lower != address && address.to_ascii_uppercase() != address {
        return false;
    }
    let mut sum = 1_u32;
    let mut feed = |value: u32| {
        let top = sum >> 25;
        sum = (sum & 0x01ff_ffff) << 5 ^ value;
        for (bit, generator) in GENERATOR.iter().enumerate() {
            if (top >> bit) & 1 == 1 {
                sum ^= generator;
            }
        }
    };
    // The prefix "bc": upper bits, a zero, lower bits.
    for value in [3, 3, 0, 2, 3] {
        feed(value);
    }
    let Some(data) = lower.strip_prefix("bc1") else {
        return false;
    };
    let mut version = None;
    for symbol in data.bytes() {
        let Some(value) = ALPHABET.iter().position(|known| *known == symbol) else {
            return false;
        };
        version.get_or_insert(value);
        feed(value as u32);
    }
    sum == if version == Some(0) { 1 } else { 0x2bc8_30a3 }
}

/// 40 hexadecimal digits in one case, or in the mixed case of EIP-55.
fn is_ethereum(address: &str) -> bool {
    let Some(digits) = address
        .strip_prefix("0x")
        .filter(|digits| digits.len() == 40)
    else {
        return false;
    };
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return false;
    }
    let lower = digits.to_ascii_lowercase();
    if digits == lower || digits == digits.to_ascii_uppercase() {
        return true;
    }
    let mut keccak = Keccak::v256();
    keccak.update(lower.as_bytes());
    let mut hash = [0; 32];
    keccak.finalize(&mut hash);
    let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.bytes().zip(nibbles).all(|(digit, nibble)| {
        digit.is_ascii_digit() || digit.is_ascii_uppercase() == (nibble >= 8)
    })
}
