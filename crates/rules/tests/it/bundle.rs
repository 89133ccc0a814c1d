//! The default policy: it is taken without a finding, and it is laid out as `stanch policy fmt` would.

use stanch_rules::document::{page, reference};
use stanch_rules::syntax::print;
use stanch_rules::{Policy, PolicyFiles};

use crate::repository;

#[test]
fn the_default_policy_has_no_findings() {
    let files = PolicyFiles::read(&repository::path("policy")).unwrap();
    let policy = Policy::load(&files).unwrap_or_else(|found| panic!("{found}"));
    assert!(policy.warnings().items.is_empty(), "{}", policy.warnings());
    assert!(policy.program().rules.len() >= 60);
    let page = page(&policy);
    for rule in &policy.program().rules {
        assert!(page.contains(&format!("### {}\n", rule.name)));
    }
}

#[test]
fn laying_the_default_policy_out_keeps_its_meaning() {
    let files = PolicyFiles::read(&repository::path("policy")).unwrap();
    let laid_out = files.files().iter().map(|file| {
        let text = std::str::from_utf8(file.content()).unwrap();
        let text = if file.is_policy() {
            let once = print::format(text).unwrap();
            if repository::blesses() {
                std::fs::write(repository::path("policy").join(file.path()), &once).unwrap();
                return (file.path().to_owned(), once.into_bytes());
            }
            assert_eq!(once, text, "{}: stanch policy fmt", file.path());
            assert_eq!(print::format(&once).unwrap(), once, "{}", file.path());
            once
        } else {
            text.to_owned()
        };
        (file.path().to_owned(), text.into_bytes())
    });
    let laid_out = PolicyFiles::new(laid_out).unwrap();
    assert_eq!(stanch_rules::diff::diff(&files, &laid_out).changes, []);
}

#[test]
fn the_reference_is_up_to_date() {
    let path = repository::path("docs/policy-language.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let fresh = reference::refreshed(&page).unwrap();
    if repository::blesses() {
        std::fs::write(&path, &fresh).unwrap();
    } else {
        assert!(
            page == fresh,
            "stale: run with STANCH_BLESS=1 and commit docs/policy-language.md"
        );
    }
}

/// Every example of the reference is a policy without errors.
#[test]
fn the_examples_of_the_reference_are_policies() {
    let page = std::fs::read_to_string(repository::path("docs/policy-language.md")).unwrap();
    let mut count = 0;
    for part in page.split("```policy\n").skip(1) {
        let text = part.split("```").next().unwrap();
        let file = ("example.policy".to_owned(), text.as_bytes().to_vec());
        let files = PolicyFiles::new([file]).unwrap();
        if let Err(found) = Policy::load(&files) {
            panic!("{found}");
        }
        count += 1;
    }
    assert!(count > 0);
}
