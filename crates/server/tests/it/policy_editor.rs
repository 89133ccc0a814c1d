//! What the rule editor asks: findings, layout, tests, versions with their files, differences.

use serde_json::{Value, json};

use crate::world::World;

const EVENTS: &str =
    "event payment { retention 90d  payer string key personal  amount money(CNY) }\n";
const RULES: &str = r#"
feature paid_1h = count() of payment by event.payer over 1h including self
rule third on payment {
  when paid_1h(event.payer) > 2 then hold for 24h
  owner "t" reason zh "第三笔" en "third payment"
}
ruleset payments on payment { mode all use * }
test "one" { when payment { payer: "A", amount: money("CNY", "1") } at 2026-03-01T10:00:00Z expect allow }
"#;

fn files(rules: &str) -> Value {
    json!([{ "path": "events.policy", "text": EVENTS }, { "path": "rules.policy", "text": rules }])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_checked_laid_out_and_tested() {
    let world = World::start().await;
    let engineer = world.token("risk_engineer").await;
    let wrong = RULES.replace("event.payer)", "event.paier)");
    let body = json!({ "files": files(&wrong) });
    let checked = world.done(&engineer, "/v1/policies/check", &body).await;
    assert_eq!(
        (&checked["ok"], &checked["errors"]),
        (&json!(false), &json!(1))
    );
    let found = &checked["diagnostics"][0];
    assert_eq!(found["code"], "policy.unknown_field");
    assert_eq!(found["replacement"], "payer");
    let (at, column) = (&found["at"], wrong.lines().nth(3).unwrap().find("paier"));
    let column = column.unwrap() + 1;
    assert_eq!(
        (&at["path"], &at["line"], &at["column"], &at["end_column"]),
        (
            &json!("rules.policy"),
            &json!(4),
            &json!(column),
            &json!(column + 5)
        )
    );
    assert_eq!(
        checked["outline"]["events"][0]["fields"][1]["type"],
        "money(CNY)"
    );
    let untested = world.done(&engineer, "/v1/policies/test", &body).await;
    assert_eq!(untested, json!({ "ok": false, "failed": 0, "tests": [] }));

    let failing = RULES.replace("expect allow", "expect fired third");
    let body = json!({ "files": files(&failing) });
    let tested = world.done(&engineer, "/v1/policies/test", &body).await;
    assert_eq!(
        (&tested["ok"], &tested["failed"]),
        (&json!(true), &json!(1))
    );
    let conditions = &tested["tests"][0]["failures"][0]["conditions"];
    assert_eq!(conditions[0]["condition"], "paid_1h(event.payer) > 2");

    let text = json!({ "text": "list a exact{\"x\"}" });
    let laid_out = world.done(&engineer, "/v1/policies/format", &text).await;
    assert_eq!(laid_out["text"], "list a exact { \"x\" }\n");
    let text = json!({ "text": "list a exact {" });
    let broken = world.done(&engineer, "/v1/policies/format", &text).await;
    assert_eq!(broken, json!({ "text": null }));
    let analyst = world.token("analyst").await;
    let refused = world.post(&analyst, "/v1/policies/check", &body).await;
    assert_eq!(World::code(refused).await, "auth.forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_grows_from_another() {
    let world = World::start().await;
    let engineer = world.token("risk_engineer").await;
    let body = json!({ "files": files(RULES), "note": "first" });
    let first = world.done(&engineer, "/v1/policies", &body).await;
    let hash = first["hash"].as_str().unwrap();
    let changed = RULES.replace("> 2", "> 3");
    let body = json!({ "base": hash, "files": [{ "path": "rules.policy", "text": changed }] });
    let checked = world.done(&engineer, "/v1/policies/check", &body).await;
    assert_eq!(checked["ok"], true, "{checked}");
    let change = &checked["difference"]["changes"][0];
    assert_eq!(
        (&change["kind"], &change["name"], &change["change"]),
        (&json!("rule"), &json!("third"), &json!("changed"))
    );
    let second = world.done(&engineer, "/v1/policies", &body).await;
    assert_eq!(second["hash"], checked["policy"]);
    let other = second["hash"].as_str().unwrap();
    let bundle = world.get(&engineer, &format!("/v1/policies/{other}")).await;
    assert_eq!(bundle["files"][0]["text"], EVENTS);
    assert_eq!(bundle["files"][1]["text"], json!(changed));
    let path = format!("/v1/policies/{other}/diff?from={hash}");
    let difference = world.get(&engineer, &path).await;
    assert_eq!(
        difference["changes"][0]["details"][0],
        json!({ "part": "when", "old": "paid_1h(event.payer) > 2", "new": "paid_1h(event.payer) > 3" })
    );
    let outline = world
        .get(&engineer, &format!("/v1/policies/{other}/outline"))
        .await;
    assert_eq!(
        outline["rules"][0]["at"],
        json!({ "path": "rules.policy", "line": 3 })
    );
    let removed = json!({ "base": hash, "removed": ["events.policy"] });
    let checked = world.done(&engineer, "/v1/policies/check", &removed).await;
    assert_eq!(checked["ok"], false);
    let unknown = json!({ "base": "sha256:00" });
    let refused = world.post(&engineer, "/v1/policies/check", &unknown).await;
    assert_eq!(World::code(refused).await, "policy.not_found");
    let language = world.get(&engineer, "/v1/policies/language").await;
    assert!(language["functions"].as_array().unwrap().len() > 50);
}
