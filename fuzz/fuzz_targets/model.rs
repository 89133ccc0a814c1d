//! Reading any bytes as a model: refused or whole, never a panic; the first eight bytes are set right so that more is reached.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stanch_detect::text::lexicon::Lexicon;
use stanch_detect::text::model::{Classifier, Model};
use stanch_detect::url::{Address, Features, UrlModel};

fn sealed(magic: &[u8; 4], version: u32, bytes: &[u8]) -> Vec<u8> {
    let mut made = magic.to_vec();
    made.extend_from_slice(&version.to_le_bytes());
    made.extend_from_slice(bytes);
    let mut sum = u32::MAX;
    for byte in &made {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0x82F6_3B78 * (sum & 1));
        }
    }
    made.extend_from_slice(&(!sum).to_le_bytes());
    made
}

fuzz_target!(|bytes: &[u8]| {
    let _ = Lexicon::from_bytes(bytes);
    for version in 1..=2 {
        for made in [bytes.to_vec(), sealed(b"STXM", version, bytes)] {
            if let Ok(model) = Model::from_bytes(&made) {
                Classifier::new(&model).score("兼职刷单");
            }
        }
    }
    for made in [bytes.to_vec(), sealed(b"STUM", 1, bytes)] {
        if let Ok(model) = UrlModel::from_bytes(&made) {
            let address = Address::read("a.com/b").expect("an address");
            model.score(&address, &mut Features::default());
        }
    }
});
