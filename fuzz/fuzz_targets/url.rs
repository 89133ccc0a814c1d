//! Reading any address: no panic, one form, and parts that lie in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stanch_detect::url::{Address, Assessor, UrlModel};

fuzz_target!(|text: &str| {
    let _ = Address::of_whole(text);
    let Some(address) = Address::read(text) else {
        return;
    };
    let again = Address::read(address.as_str()).expect("the one form is read again");
    assert_eq!(again.host(), address.host());
    if let Some(domain) = address.domain() {
        assert!(address.host().ends_with(domain) && domain.ends_with(address.suffix()));
    }
    Assessor::new(UrlModel::shipped().expect("whole")).assess(&address, false);
});
