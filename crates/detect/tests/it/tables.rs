//! The committed tables of `src/text/tables`, made anew from Unicode's facts and `char_variants`.
//!
//! `cargo xtask tables` runs this test with `STANCH_WRITE_TABLES=1`, which writes instead of comparing.

mod facts;
mod join;
mod letters;
mod shape;
mod sound;
mod trie;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use trie::Trie;

/// Files of `src/text/tables` and what they must hold.
type Files = BTreeMap<&'static str, Vec<u8>>;

fn regenerate(sources: &Path) -> Files {
    let chinese = facts::Chinese::read(sources);
    let folding = letters::Folding::build(&chinese);
    let joins = join::rows(&chinese, &folding);
    let firsts: BTreeSet<char> = joins.keys().map(|(first, _)| *first).collect();
    let mut files = Files::new();
    let mut put = |index: &'static str, data: &'static str, trie: Trie, wide: bool| {
        files.insert(index, trie.index_bytes());
        files.insert(data, trie.data_bytes(wide));
    };
    put(
        "fold_index.bin",
        "fold_data.bin",
        folding.trie(&firsts),
        true,
    );
    let sound = sound::build(&chinese, &folding);
    put("sound_index.bin", "sound_data.bin", sound.trie, false);
    put(
        "shape_index.bin",
        "shape_data.bin",
        shape::build(&chinese, &folding),
        true,
    );
    files.insert("fold_more.bin", folding.more_bytes());
    files.insert("syllables.txt", sound.names.into_bytes());
    files.insert("common.bin", chinese.general_bits());
    files.insert("join.bin", join::bytes(&joins));
    files
}

fn sources() -> Option<PathBuf> {
    let shared = std::env::var_os("STANCH_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/char_variants");
    folder.is_dir().then_some(folder)
}

#[test]
fn committed_tables_are_what_the_sources_give() {
    let Some(sources) = sources() else {
        eprintln!("SKIPPED: no data/char_variants (set STANCH_SHARED); tables not regenerated");
        return;
    };
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/text/tables");
    let write = std::env::var_os("STANCH_WRITE_TABLES").is_some();
    for (name, made) in regenerate(&sources) {
        let path = target.join(name);
        if write {
            fs::write(&path, &made).expect("table written");
            println!("{name}: {} bytes", made.len());
        }
        let kept = fs::read(&path).expect("table read");
        assert!(kept == made, "{name} differs: run `cargo xtask tables`");
    }
}
