mod sample;

use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::Value;
use stanch_store::audit::note::Verifier;

use super::*;
use crate::export::seal;
use sample::{Desk, Made};

/// One package for all tests: an item handed over and viewed, another collected only.
fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(async { Desk::new("a").await.package().await })
    })
}

/// The package's files after manifest and signature.
fn unpack(bytes: &[u8]) -> (Manifest, Vec<(String, Vec<u8>)>) {
    let mut walk = Walk {
        bytes,
        at: 0,
        entries: Vec::new(),
    };
    let manifest = walk.unlisted(MANIFEST, MANIFEST_LEN_MAX).unwrap();
    walk.unlisted(SIGNATURE, SIGNATURE_LEN_MAX).unwrap();
    let (manifest, _) = read_manifest(manifest, None).unwrap();
    let files = manifest.files.iter().map(|listed| {
        let bytes = walk.listed(listed).unwrap().to_vec();
        (listed.path.clone(), bytes)
    });
    let files = files.collect();
    (manifest, files)
}

/// The package with one JSON file changed and everything signed again, as only the key's holder can.
fn forged(path: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let (mut manifest, mut files) = unpack(&made().package.bytes);
    let file = files.iter_mut().find(|(name, _)| name == path).unwrap();
    let mut value: Value = serde_json::from_slice(&file.1).unwrap();
    change(&mut value);
    file.1 = canonical_bytes(&value).unwrap();
    let listed = manifest.files.iter_mut().find(|listed| listed.path == path);
    let listed = listed.unwrap();
    *listed = ManifestFile::of(path.to_owned(), listed.category, &listed.format, &file.1);
    signed_again(&manifest, files)
}

fn signed_again(manifest: &Manifest, files: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    let store = &made().store;
    seal(manifest, files, |lines| store.sign_evidence(lines))
        .unwrap()
        .bytes
}

fn found(bytes: &[u8]) -> Difference {
    verify(bytes, None).unwrap_err()
}

#[test]
fn a_package_is_whole_and_says_what_it_holds() {
    let made = made();
    let key = Verifier::parse(&made.store.audit_verifier_key()).unwrap();
    let whole = verify(&made.package.bytes, Some(&key)).unwrap();
    assert_eq!((whole.items, whole.custody_events), (2, 6));
    assert_eq!(whole.case_number, "2026-000001");
    assert_eq!(whole.sha256, made.package.sha256);
    assert!(whole.key_was_given && whole.audit_entries >= 7, "{whole:?}");
    let (manifest, files) = unpack(&made.package.bytes);
    let again = signed_again(&manifest, files);
    assert!(again == made.package.bytes, "the form is not deterministic");
}

/// How a byte may be changed.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(u8),
    Insert(u8),
    Delete,
}

fn mutations() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (1..=255_u8).prop_map(Mutation::Flip),
        any::<u8>().prop_map(Mutation::Insert),
        Just(Mutation::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]
    #[test]
    fn every_changed_byte_is_found(mutation in mutations(), at in any::<prop::sample::Index>()) {
        let mut bytes = made().package.bytes.clone();
        let at = at.index(bytes.len());
        match mutation {
            Mutation::Flip(mask) => bytes[at] ^= mask,
            Mutation::Insert(byte) => bytes.insert(at, byte),
            Mutation::Delete => { bytes.remove(at); }
        }
        // Removing or adding one of several equal bytes leaves the same file or moves the place behind them.
        if bytes != made().package.bytes {
            let difference = found(&bytes);
            prop_assert!(difference.offset.is_some(), "{difference}");
            let latest = u64::try_from(at).unwrap() + 16;
            prop_assert!(difference.offset.unwrap() <= latest, "{at}: {difference}");
        }
    }
}

#[test]
fn every_byte_around_the_files_is_found_at_its_place() {
    let good = &made().package.bytes;
    let end = good.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    for at in (0..LOCAL_LEN + MANIFEST.len()).chain(end..good.len()) {
        for mask in [1, 0x80] {
            let mut bytes = good.clone();
            bytes[at] ^= mask;
            let difference = found(&bytes);
            let place = difference.offset.unwrap();
            // A wrong size of the first file is found at what then follows it.
            let near = (18..26).contains(&at) || place == u64::try_from(at).unwrap();
            assert!(near, "{at}: {difference}");
        }
    }
    let cut = &good[..good.len() - 1];
    assert_eq!(found(cut).offset, u64::try_from(cut.len()).ok());
    let longer = [good.as_slice(), b"x"].concat();
    assert_eq!(found(&longer).offset, u64::try_from(good.len()).ok());
    assert!(verify(b"", None).is_err() && verify(&[0; 40], None).is_err());
}

#[test]
fn a_byte_put_before_a_header_is_found_there() {
    let good = &made().package.bytes;
    let mut names = good.windows(SIGNATURE.len());
    let signature = names.position(|name| name == SIGNATURE.as_bytes());
    for at in [0, signature.unwrap() - LOCAL_LEN] {
        let mut bytes = good.clone();
        bytes.insert(at, 0);
        assert_eq!(found(&bytes).offset, u64::try_from(at).ok());
    }
}

#[test]
fn a_changed_item_is_named() {
    let (manifest, _) = unpack(&made().package.bytes);
    let mut paths = manifest.files.iter().map(|listed| &listed.path);
    let item = paths.find(|path| path.ends_with(".png")).unwrap();
    let at = made().package.bytes.windows(5).position(|w| w == b"IDAT!");
    let mut bytes = made().package.bytes.clone();
    bytes[at.unwrap()] ^= 1;
    let difference = found(&bytes);
    assert_eq!(difference.file.as_ref(), Some(item), "{difference}");
    assert!(difference.what.contains("SHA-256"), "{difference}");
}

/// Where the item that was handed over stands: both were collected in one instant, in whichever order.
fn handed_over(custody: &Value) -> usize {
    let length = |item: &Value| item["chain"].as_array().unwrap().len();
    let items = custody["items"].as_array().unwrap();
    usize::from(length(&items[1]) > length(&items[0]))
}

#[test]
fn a_gap_in_a_chain_is_found() {
    let mut longer = 0;
    let gap = forged("custody.json", |value| {
        longer = handed_over(value);
        let chain = &mut value["items"][longer]["chain"];
        chain.as_array_mut().unwrap().remove(1);
    });
    let difference = found(&gap);
    let place = format!("items/{longer}/chain/1");
    assert_eq!(difference.field, Some(place), "{difference}");
    assert!(difference.what.contains("missing"), "{difference}");
    let end = forged("custody.json", |value| {
        let chain = &mut value["items"][1 - longer]["chain"];
        chain.as_array_mut().unwrap().pop();
    });
    let place = format!("items/{}/chain/1", 1 - longer);
    assert_eq!(found(&end).field, Some(place));
}

#[test]
fn a_rewritten_link_is_found() {
    let mut longer = 0;
    let told = forged("custody.json", |value| {
        longer = handed_over(value);
        value["items"][longer]["chain"][1]["event"]["action"]["reason"] = "another".into();
    });
    assert!(found(&told).what.contains("digest"), "{}", found(&told));
    // With all digests made anew it still is not what the audit tree holds.
    let remade = forged("custody.json", |value| {
        let chain = value["items"][longer]["chain"].as_array_mut().unwrap();
        chain[1]["event"]["action"]["reason"] = "another".into();
        let mut previous = None::<String>;
        for link in chain {
            if let Some(previous) = previous {
                link["event"]["previous"] = previous.into();
            }
            let event = serde_json::from_value(link["event"].clone()).unwrap();
            let sha256 = crate::custody::event_sha256(&event).unwrap();
            link["sha256"] = sha256.clone().into();
            previous = Some(sha256);
        }
    });
    let difference = found(&remade);
    let place = format!("items/{longer}/chain/1");
    assert_eq!(difference.field, Some(place), "{difference}");
    assert!(difference.what.contains("audit tree"), "{difference}");
}

#[test]
fn one_collector_under_two_names_is_found() {
    let alone = forged("custody.json", |value| {
        let first = value["items"][0]["item"]["collectors"]["first"].clone();
        value["items"][0]["item"]["collectors"]["second"] = first;
    });
    assert!(
        found(&alone).what.contains("two different people"),
        "{}",
        found(&alone)
    );
}

#[test]
fn a_rewritten_entry_is_not_in_the_tree() {
    let other = forged("audit/entries.json", |value| {
        let text = value["entries"][0]["entry"].as_str().unwrap();
        value["entries"][0]["entry"] = text
            .replace("system", "nobody")
            .replace("user", "usir")
            .into();
    });
    let difference = found(&other);
    assert!(difference.field.unwrap().starts_with("entry "));
    assert!(
        difference.what.contains("not in the tree"),
        "{}",
        difference.what
    );
    let left_out = forged("audit/entries.json", |value| {
        let entries = value["entries"].as_array_mut().unwrap();
        entries.retain(|entry| !entry["entry"].as_str().unwrap().contains("evidence.viewed"));
    });
    assert!(found(&left_out).what.contains("audit tree"));
}

#[test]
fn another_key_signs_nothing_here() {
    let (mut manifest, files) = unpack(&made().package.bytes);
    let other = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(Desk::new("b"));
    let sealed = seal(&manifest, files.clone(), |lines| {
        other.store.sign_evidence(lines)
    })
    .unwrap();
    let difference = found(&sealed.bytes);
    assert_eq!(difference.file.as_deref(), Some(SIGNATURE), "{difference}");
    // Whoever puts a key of their own in has a package of their own, which the true key tells apart.
    manifest.verifier_key = other.store.audit_verifier_key();
    let sealed = seal(&manifest, files, |lines| other.store.sign_evidence(lines)).unwrap();
    assert_eq!(
        found(&sealed.bytes).file.as_deref(),
        Some("audit/checkpoint.txt")
    );
    let key = Verifier::parse(&made().store.audit_verifier_key());
    let difference = verify(&sealed.bytes, key.as_ref()).unwrap_err();
    assert_eq!(difference.field.as_deref(), Some("verifier_key"));
}

#[test]
fn a_signature_of_another_manifest_does_not_do() {
    let (mut manifest, files) = unpack(&made().package.bytes);
    let old = &made().package.bytes;
    let at = LOCAL_LEN
        + MANIFEST.len()
        + manifest.to_bytes().unwrap().len()
        + LOCAL_LEN
        + SIGNATURE.len();
    let signature = &old[at..];
    let end = signature
        .windows(4)
        .position(|w| w == b"PK\x03\x04")
        .unwrap();
    let note = String::from_utf8(signature[..end].to_vec()).unwrap();
    manifest.case_number = "2026-000002".to_owned();
    let sealed = seal(&manifest, files.clone(), |_| note.clone()).unwrap();
    let difference = found(&sealed.bytes);
    assert_eq!(difference.file.as_deref(), Some(MANIFEST), "{difference}");
    manifest.case_number = "2026-000001".to_owned();
    let twice = format!("{note}— other AAAAAAAA\n");
    let sealed = seal(&manifest, files, |_| twice).unwrap();
    assert_eq!(found(&sealed.bytes).file.as_deref(), Some(SIGNATURE));
}

#[test]
fn paths_that_leave_the_package_are_refused() {
    let (mut manifest, mut files) = unpack(&made().package.bytes);
    manifest.files[0].path = "../evil".to_owned();
    files[0].0 = "evil".to_owned();
    assert_eq!(
        found(&signed_again(&manifest, files)).file.as_deref(),
        Some(MANIFEST)
    );
}
