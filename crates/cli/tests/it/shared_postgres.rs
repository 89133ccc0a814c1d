//! Two installations and one PostgreSQL database: one of them works, the other is told why it may not.

use serde_json::json;

use crate::installation::Installation;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_installations_do_not_mix_on_postgres() {
    let first = Installation::new();
    let Some(database) = first.database() else {
        return;
    };
    let second = Installation::on(&database.url());
    first.add_people();
    let serving = first.serve().await;
    // The second is refused for reasons of its own or of the database, and leaves no key behind.
    let add = ["user", "add", "wu", "--name", "吴桐", "--role", "liaison"];
    let password = crate::installation::PASSWORD;
    assert_eq!(second.refused(&add, password), "data.in_use");
    assert_eq!(second.refused(&["serve"], ""), "data.in_use");
    assert!(!second.file("keys/audit.ed25519").exists());

    // Dead, the first still keeps the second out; come back, it goes on at once and lets go at the end.
    serving.kill();
    assert_eq!(second.refused(&add, password), "data.in_use");
    first.json(&add, password);

    // A folder with keys of its own would break the audit tree.
    let refused = second.run(&["user", "list"], "");
    assert!(
        !refused.status.success(),
        "a folder without the key reads the tree"
    );
    let output = second.run(&["serve"], "");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && messages.contains("copy the folder `keys`"),
        "{messages}"
    );
    copy_keys(&first, &second);
    let serving = second.serve().await;
    second.sign_in("lin").await;
    assert_eq!(first.refused(&["serve"], ""), "data.in_use");
    let people = first.json(&["user", "list"], "");
    assert_eq!(people.as_array().map(Vec::len), Some(3), "{people}");
    serving.kill();
    assert_eq!(second.json(&["audit", "verify"], "")["whole"], json!(true));
}

fn copy_keys(from: &Installation, to: &Installation) {
    std::fs::create_dir_all(to.file("keys")).unwrap();
    for entry in std::fs::read_dir(from.file("keys")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.file("keys").join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn an_address_that_is_none_is_refused_without_its_password() {
    let installation = Installation::new();
    for (url, word) in [
        ("mysql://u:hunter2@h/d", "postgres://"),
        ("postgres://u:hunter2@127.0.0.1:1/d", "cannot be reached"),
    ] {
        std::fs::write(
            installation.file("config.toml"),
            format!("database_url = \"{url}\"\n"),
        )
        .unwrap();
        let output = installation.run(&["user", "list"], "");
        let messages = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(!messages.contains("hunter2"), "{messages}");
        let output = installation.run(&["serve"], "");
        let messages = String::from_utf8_lossy(&output.stderr);
        assert!(
            messages.contains(word) && !messages.contains("hunter2"),
            "{messages}"
        );
    }
}
