//! `testdata/policy/mistakes`: each file has one deliberate mistake. Its first line says which code must be found at which
//! text; the golden file beside it is what people are shown.

use std::collections::BTreeSet;
use std::path::Path;

use stanch_rules::diagnostic::{Diagnostics, render};
use stanch_rules::policy::check;
use stanch_rules::{Policy, PolicyFiles};

use crate::repository;

const FOLDER: &str = "testdata/policy/mistakes";

/// The files of the folder as policies of their own; lists' files go with each.
fn alone() -> Vec<(String, PolicyFiles)> {
    let all = PolicyFiles::read(&repository::path(FOLDER)).unwrap();
    let owned =
        |file: &stanch_rules::policy::PolicyFile| (file.path().to_owned(), file.content().to_vec());
    let (policies, lists): (Vec<_>, Vec<_>) = all.files().iter().partition(|file| file.is_policy());
    policies
        .into_iter()
        .map(|file| {
            let files = std::iter::once(owned(file)).chain(lists.iter().map(|list| owned(list)));
            (file.path().to_owned(), PolicyFiles::new(files).unwrap())
        })
        .collect()
}

/// What the first line says: code and text.
fn expected(files: &PolicyFiles, path: &str) -> (String, String) {
    let file = files
        .files()
        .iter()
        .find(|file| file.path() == path)
        .unwrap();
    let text = std::str::from_utf8(file.content()).unwrap();
    let line = text.lines().next().unwrap().strip_prefix("//~ ").unwrap();
    let (code, place) = line.split_once(": ").unwrap();
    (code.to_owned(), place.to_owned())
}

fn found(diagnostics: &Diagnostics) -> Vec<(String, String)> {
    let text = |item: &stanch_rules::diagnostic::Diagnostic| {
        diagnostics.sources.text(item.span).to_owned()
    };
    let items = diagnostics.items.iter();
    items
        .map(|item| (item.code.to_string(), text(item)))
        .collect()
}

fn golden(path: &Path, got: &str) -> Result<(), String> {
    if repository::blesses() {
        std::fs::write(path, got).unwrap();
        return Ok(());
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == got {
        return Ok(());
    }
    Err(format!("{}:\n{got}", path.display()))
}

#[test]
fn every_mistake_is_found_at_its_place_with_a_hint() {
    let policies = alone();
    assert!(policies.len() >= 50, "{}", policies.len());
    let mut wrong = Vec::new();
    for (path, files) in &policies {
        let (_, diagnostics) = check(files);
        let wanted = expected(files, path);
        if found(&diagnostics) != [wanted.clone()] {
            wrong.push(format!("{path}: wanted {wanted:?}\n{diagnostics}"));
        }
        if diagnostics.items.iter().any(|item| item.hint.is_none()) {
            wrong.push(format!("{path}: no hint\n{diagnostics}"));
        }
        assert_eq!(
            Policy::load(files).is_err(),
            diagnostics.has_errors(),
            "{path}"
        );
        let shown = repository::path(FOLDER).join(path).with_extension("txt");
        wrong.extend(golden(&shown, &diagnostics.to_string()).err());
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn all_mistakes_are_found_in_one_run() {
    let all = PolicyFiles::read(&repository::path(FOLDER)).unwrap();
    let (_, together) = check(&all);
    let place = |diagnostics: &Diagnostics| -> BTreeSet<(String, u32, u32, String)> {
        let report = render::to_report(diagnostics);
        let items = report.diagnostics.into_iter();
        items
            .map(|item| {
                (
                    item.place.path,
                    item.place.start,
                    item.place.end,
                    item.code.to_string(),
                )
            })
            .collect()
    };
    let together = place(&together);
    let mut apart = BTreeSet::new();
    for (_, files) in alone() {
        apart.extend(place(&check(&files).1));
    }
    let missed: Vec<_> = apart.difference(&together).collect();
    let invented: Vec<_> = together.difference(&apart).collect();
    assert!(
        missed.is_empty() && invented.is_empty(),
        "missed {missed:#?}\ninvented {invented:#?}"
    );
}

#[test]
fn the_report_for_programs_has_places_and_replacements() {
    let (_, files) = alone()
        .into_iter()
        .find(|(path, _)| path.contains("unknown_field"))
        .unwrap();
    let report = render::to_report(&check(&files).1);
    let path = repository::path("testdata/policy/report.json");
    let got = serde_json::to_string_pretty(&report).unwrap() + "\n";
    golden(&path, &got).unwrap();
}
