//! Folding any bytes: no panic, and every place lies in the text, at character boundaries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stanch_detect::text::{Folder, Views};

fuzz_target!(|bytes: &[u8]| {
    for views in [Views::Plain, Views::All] {
        let mut folder = Folder::new(views);
        let Ok((text, folded)) = folder.fold_bytes(bytes) else {
            return;
        };
        let length = folded.plain().len();
        for at in 0..length {
            let span = folded.span(at, at + 1).expect("a place for every character");
            assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
        assert_eq!(folded.span(0, length + 1), None);
    }
});
