//! What events turned out to be: given, corrected, asked for, given out, erased.

use reqwest::Method;
use serde_json::{Value, json};

use crate::decisions::let_decide;
use crate::world::World;

const POLICY: &str = r#"
event post { retention 90d  account string key personal  text string }
rule never on post {
  when event.text == "nothing is this"
  then review
  owner "t" reason zh "无" en "none"
}
ruleset posts on post { mode all use * }
"#;
const SCAM: &str = "兼职刷单返利，足不出户日赚三百，先垫付后返佣金，加微信领取任务";

async fn posted(world: &World, id: &str, text: &str) {
    let source = world.token("source").await;
    let event = json!({
        "event_id": id, "kind": "post", "occurred_at": "2026-03-01T00:00:00Z",
        "data": { "account": "A-1", "text": text },
    });
    let decision = world.done(&source, "/v1/events", &event).await;
    assert_eq!(decision["decision"], "allow");
}

async fn exported(world: &World, token: &str, form: &str) -> Vec<Value> {
    let path = format!("/v1/labels/export?form={form}");
    let request = world.request(Method::GET, &path).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The model in this program finds the labelled fraud.
fn finds_the_fraud(models: &Value) {
    let shipped = &models["models"][0];
    assert_eq!(shipped["used_by"][0]["stage"], "live", "{models}");
    let labels = shipped["labels"].as_array().unwrap();
    let worth = |name: &str| {
        let one = labels.iter().find(|one| one["label"] == name).unwrap();
        [
            &one["of_it"],
            &one["others"],
            &one["found"],
            &one["false_alarms"],
        ]
        .map(|n| n.as_u64().unwrap())
    };
    assert_eq!(worth("fraud"), [1, 0, 1, 0]);
    assert_eq!(worth("romance")[..2], [0, 1]);
    assert_eq!(
        worth("unwanted"),
        [0, 0, 0, 0],
        "nobody says what is unwanted"
    );
}

/// Erases the text of `last`, and with it that of the label before.
async fn no_copy_is_left(world: &World, token: &str, last: &Value) {
    let erase = format!("/v1/labels/{}/text", last["id"].as_str().unwrap());
    let request = world.request(Method::DELETE, &erase).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert!(exported(world, token, "texts").await.is_empty());
    let of_event = world.get(token, "/v1/labels?event_id=p-2").await;
    let texts = of_event["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["text"]);
    assert_eq!(
        texts.collect::<Vec<_>>(),
        [&Value::Null, &Value::Null],
        "no copy is left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_would_have_stopped_is_asked_about_labelled_and_given_out() {
    let world = World::start_with(|config| config.decide.deadline_ms = 60_000).await;
    let_decide(&world, POLICY).await;
    posted(&world, "p-1", SCAM).await;
    posted(&world, "p-2", SCAM).await;
    posted(&world, "p-3", "明天中午一起去吃火锅吧").await;
    let analyst = world.token("analyst").await;
    let picks = world.get(&analyst, "/v1/labels/picks").await;
    let picked = picks["items"].as_array().unwrap();
    // Equal texts are asked about once, the latest; ordinary talk not at all.
    assert_eq!(picked.len(), 1, "{picks}");
    assert_eq!(
        (&picked[0]["event_id"], &picked[0]["why"]),
        (&json!("p-2"), &json!("contradiction"))
    );
    assert_eq!(
        (&picked[0]["text"], &picked[0]["decision"]),
        (&json!(SCAM), &json!("allow"))
    );

    let wish = json!({ "event_id": "p-2", "truth": "good", "note": "a joke" });
    let first = world.done(&analyst, "/v1/labels", &wish).await;
    assert_eq!(
        (&first["source"]["kind"], &first["decision"]),
        (&json!("decision"), &json!("allow"))
    );
    let wish = json!({ "event_id": "p-2", "truth": "fraud", "scenes": ["task_rebate"],
        "source": { "kind": "appeal", "reference": "AP-7" } });
    let last = world.done(&analyst, "/v1/labels", &wish).await;
    let of_event = world.get(&analyst, "/v1/labels?event_id=p-2").await;
    assert_eq!(of_event["items"][0]["id"], last["id"]);
    assert_eq!(of_event["items"][1]["id"], first["id"]);
    let picks = world.get(&analyst, "/v1/labels/picks").await;
    assert_eq!(
        picks["items"],
        json!([]),
        "nothing is learnt from an equal text"
    );

    let engineer = world.token("risk_engineer").await;
    let texts = exported(&world, &engineer, "texts").await;
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert_eq!(
        (&texts[0]["text"], &texts[0]["label"]),
        (&json!(SCAM), &json!("fraud"))
    );
    assert_eq!(
        texts[0]["source"],
        json!({ "kind": "appeal", "reference": "AP-7" })
    );
    finds_the_fraud(&world.get(&engineer, "/v1/models").await);
    no_copy_is_left(&world, &engineer, &last).await;
    // The same text comes again: it is known.
    posted(&world, "p-4", SCAM).await;
    let picks = world.get(&analyst, "/v1/labels/picks").await;
    assert_eq!(picks["items"], json!([]));
    let rare = world.get(&analyst, "/v1/labels/picks?kind=typo").await;
    assert_eq!(rare["items"], json!([]));
    let events = exported(&world, &engineer, "events").await;
    assert_eq!(events, [json!({ "event_id": "p-2", "label": "fraud" })]);
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_that_cannot_be_are_refused() {
    let world = World::start_with(|config| config.decide.deadline_ms = 60_000).await;
    let_decide(&world, POLICY).await;
    posted(&world, "p-1", SCAM).await;
    let analyst = world.token("analyst").await;
    let refused = |body: Value| {
        let (world, analyst) = (&world, &analyst);
        async move { World::code(world.post(analyst, "/v1/labels", &body).await).await }
    };
    let unknown = json!({ "event_id": "p-9", "truth": "fraud" });
    assert_eq!(refused(unknown).await, "event.not_found");
    let truth = json!({ "event_id": "p-1", "truth": "perhaps" });
    assert_eq!(refused(truth).await, "request.invalid");
    let case = json!({ "event_id": "p-1", "truth": "fraud",
        "source": { "kind": "case", "case_id": format!("case_{:032x}", 7) } });
    assert_eq!(refused(case).await, "case.not_found");
    let many = json!({ "event_id": "p-1", "truth": "fraud", "scenes": vec!["x"; 9] });
    assert_eq!(refused(many).await, "request.invalid");
    let source = world.token("source").await;
    let wish = json!({ "event_id": "p-1", "truth": "fraud" });
    let others = world.post(&source, "/v1/labels", &wish).await;
    assert_eq!(World::code(others).await, "auth.forbidden");
}
