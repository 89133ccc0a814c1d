//! Two-level tables: blocks of 64 code points, equal blocks stored once.

use std::collections::HashMap;

const BLOCK: usize = 64;

pub struct Trie {
    index: Vec<u16>,
    data: Vec<u32>,
}

impl Trie {
    /// The table of `value` for every code point; the blocks after the last one that differs from block `0x10FFFF`
    /// are left out when `cut` is set (absent means 0).
    pub fn build(cut: bool, value: impl Fn(u32) -> u32) -> Self {
        let mut known: HashMap<Vec<u32>, u16> = HashMap::new();
        let (mut index, mut data) = (Vec::new(), Vec::new());
        for start in (0..0x11_0000_u32).step_by(BLOCK) {
            let block: Vec<u32> = (start..start + BLOCK as u32).map(&value).collect();
            let number = *known.entry(block).or_insert_with_key(|block| {
                data.extend_from_slice(block);
                u16::try_from(data.len() / BLOCK - 1).expect("few blocks")
            });
            index.push(number);
        }
        if cut {
            let zero = known.get(&vec![0; BLOCK]).copied();
            while index.last().copied() == zero {
                index.pop();
            }
        }
        Self { index, data }
    }

    pub fn index_bytes(&self) -> Vec<u8> {
        self.index.iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    pub fn data_bytes(&self, wide: bool) -> Vec<u8> {
        let narrow = |n: &u32| u16::try_from(*n).expect("fits").to_le_bytes();
        if wide {
            self.data.iter().flat_map(|n| n.to_le_bytes()).collect()
        } else {
            self.data.iter().flat_map(narrow).collect()
        }
    }
}
