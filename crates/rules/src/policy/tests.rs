use super::*;

fn files(files: &[(&str, &str)]) -> PolicyFiles {
    let owned = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    PolicyFiles::new(owned).unwrap()
}

const SMALL: &str = r#"
event login { retention 30d  account string key  ip string?  city string? regional }
feature logins = count() of login by account over 1h including self
list bad cidr { "203.0.113.0/24" }
rule many on login {
  when event.ip in bad && logins > 3
  then review
  owner "risk"
  reason zh "一小时内登录 {logins} 次" en "{logins} logins in an hour"
}
ruleset all on login { mode all use * }
test "four" {
  when login { account: "A", ip: "203.0.113.9" } at 2026-03-01
  expect allow
  expect logins == 1
}
"#;

#[test]
fn a_small_policy_loads() {
    let policy = Policy::load(&files(&[("a.policy", SMALL)])).unwrap();
    let program = policy.program();
    assert_eq!(policy.warnings().to_string(), "0 errors\n");
    assert_eq!(program.rules.len(), 1);
    assert_eq!(program.features[0].key_names, ["account".into()]);
    assert_eq!(program.tests[0].judgements[0].expectations.len(), 2);
}

#[test]
fn the_hash_is_of_paths_and_contents() {
    let one = files(&[("a.policy", "x"), ("b.policy", "y")]).hash();
    assert_eq!(one, files(&[("b.policy", "y"), ("a.policy", "x")]).hash());
    assert_ne!(one, files(&[("a.policy", "xb"), (".policy", "y")]).hash());
    assert_eq!(one.to_string().parse::<PolicyHash>().unwrap(), one);
    assert!("sha256:12".parse::<PolicyHash>().is_err());
    // By Python: hashlib over 8-byte big-endian lengths, path and content.
    assert_eq!(
        files(&[("a.policy", "x")]).hash().to_string(),
        "sha256:bfa1bf13ca4eff1ce00dbc003354a076731de308df6c44913a7cb6776fe3a9ab"
    );
}

#[test]
fn paths_out_of_the_folder_are_refused() {
    for path in [
        "/etc/passwd",
        "../a.policy",
        "a/../b.policy",
        "a//b.policy",
        "",
        "a\\b",
        "c:/a",
    ] {
        let file = (path.to_owned(), Vec::new());
        assert!(PolicyFiles::new([file]).is_err(), "{path}");
    }
}

#[test]
fn files_are_read_from_a_folder_with_the_lists_they_name() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "b/x.policy",
        r#"list l exact { file "lists/l.csv" file "lists/none.csv" }"#,
    );
    write("a.policy", SMALL);
    write("lists/l.csv", "1\n");
    write("lists/other.csv", "2\n");
    write(".hidden.policy", "rubbish");
    let read = PolicyFiles::read(dir.path()).unwrap();
    let paths: Vec<&str> = read.files().iter().map(PolicyFile::path).collect();
    assert_eq!(paths, ["a.policy", "b/x.policy", "lists/l.csv"]);
    let refused = Policy::load(&read).unwrap_err();
    assert_eq!(refused.errors(), 1, "{refused}");
    assert!(refused.to_string().contains("lists/none.csv"));
}

#[test]
#[cfg(unix)]
fn links_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.csv"), "1\n").unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.csv"), dir.path().join("l.csv"))
        .unwrap();
    std::fs::write(
        dir.path().join("a.policy"),
        r#"list l exact { file "l.csv" }"#,
    )
    .unwrap();
    assert!(matches!(
        PolicyFiles::read(dir.path()),
        Err(RulesError::Path { .. })
    ));
}
