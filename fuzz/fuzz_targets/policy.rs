//! Reading any text as a policy: findings or a policy, never a panic; what was laid out is laid out the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stanch_rules::syntax::print;
use stanch_rules::{PolicyFiles, policy};

fuzz_target!(|text: &str| {
    if let Ok(laid_out) = print::format(text) {
        assert_eq!(print::format(&laid_out).as_deref().ok(), Some(laid_out.as_str()));
    }
    let files = [("all.policy".to_owned(), text.as_bytes().to_vec())];
    if let Ok(files) = PolicyFiles::new(files) {
        let _ = policy::check(&files);
    }
});
