//! Inputs and expected results under `testdata/text`, a line for a line. `STANCH_WRITE_GOLDEN=1` writes them.

use std::fs;
use std::path::Path;

use stanch_detect::text::contact::{Contact, ContactFinder, Found};
use stanch_detect::text::{Folder, Views};

fn line(text: &str, found: &[Found]) -> String {
    let contacts = found.iter().map(|found| {
        let kind = match &found.contact {
            Contact::Account(platform, _)
            | Contact::Group(platform, _)
            | Contact::Invite(platform, _) => {
                format!("{} {platform}", found.contact.kind())
            }
            Contact::Wallet(wallet) => format!("wallet {}", wallet.chain()),
            Contact::Phone(_)
            | Contact::Service(_)
            | Contact::Mention(_)
            | Contact::Email(_)
            | Contact::Url(_)
            | Contact::Domain(_)
            | Contact::Card(_)
            | Contact::Resident(_)
            | Contact::Amount(_) => found.contact.kind().to_string(),
        };
        let carrier = found
            .carrier
            .map(|carrier| format!(" <{}>", carrier.of(text)));
        let disguised = if found.disguised { " disguised" } else { "" };
        format!(
            "{kind} {} [{}]{}{disguised}",
            found.contact.expose(),
            found.span.of(text),
            carrier.unwrap_or_default(),
        )
    });
    contacts.collect::<Vec<_>>().join(" | ")
}

#[test]
fn contacts_are_found_as_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/text/contacts");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .expect("cases")
        .map(|case| case.expect("case").path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 10);
    let mut folder = Folder::new(Views::Sound);
    let mut finder = ContactFinder::new();
    let mut wrong = Vec::new();
    for case in cases {
        let input = fs::read_to_string(case.join("input.txt")).expect("input");
        let mut lines = String::new();
        for text in input.lines() {
            let mut found = Vec::new();
            let folded = folder.fold(text).expect("short");
            finder.find(text, folded, &mut found);
            lines += &format!("{text} => {}\n", line(text, &found));
        }
        if std::env::var_os("STANCH_WRITE_GOLDEN").is_some() {
            fs::write(case.join("expected.txt"), &lines).expect("written");
        }
        let expected = fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
        let differing = lines
            .lines()
            .zip(expected.lines())
            .filter(|(made, kept)| made != kept);
        wrong.extend(differing.map(|(made, kept)| format!("made {made}\nkept {kept}")));
        if lines.lines().count() != expected.lines().count() {
            wrong.push(format!("{}: another number of lines", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
