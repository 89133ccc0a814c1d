//! Reports of the public, pages and desk: by claim code, with documents, in bulk; leads and cases to their end.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::world::World;

const FORM: &str = "application/x-www-form-urlencoded";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\npixels";

fn told(world: &World) -> Value {
    json!({
        "reporter": {"name": "李小龙", "phone": "13800138000", "relation": "victim"},
        "narrative": "told to pay", "consent": "matching", "counterpart": "@fast_gold",
        "payments": [{"occurred_at": world.now_text(), "amount": {"minor": 5000, "currency": "CNY"},
            "from": {"institution": "BK01", "account": "V1"}, "to": {"institution": "BK02", "account": "M1"}}],
    })
}

async fn public(world: &World, path: &str, body: &Value) -> Response {
    let request = world.request(Method::POST, path).json(body);
    request.send().await.unwrap()
}

async fn attach(world: &World, code: &str, bytes: &'static [u8]) -> Response {
    world
        .request(Method::POST, "/v1/public/reports/attachments")
        .header("stanch-claim-code", code)
        .header("stanch-document-name", "%E8%81%8A%E5%A4%A9.png")
        .header("content-type", "application/octet-stream")
        .body(bytes)
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reporter_comes_back_by_claim_code_and_is_answered() {
    let world = World::start().await;
    let sent = public(&world, "/v1/public/reports", &told(&world)).await;
    assert_eq!(sent.status(), 201);
    let receipt: Value = sent.json().await.unwrap();
    let code = receipt["claim_code"].as_str().unwrap().to_owned();
    assert_eq!(receipt["status"]["state"], "lead_opened");
    let claim = json!({ "claim_code": code.to_lowercase().replace('-', " ") });
    let analyst = world.token("analyst").await;
    let reports = world.get(&analyst, "/v1/reports").await;
    let id = reports["items"][0]["id"].as_str().unwrap().to_owned();
    let steps = format!("/v1/reports/{id}/steps");
    let ask = json!({"step": "ask", "question": "which app?"});
    world.done(&analyst, &steps, &ask).await;
    let status: Value = public(&world, "/v1/public/reports/status", &claim)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(status["question"], "which app?");
    assert!(
        status.get("case_id").is_none() && status.as_object().unwrap().len() == 6,
        "{status}"
    );
    let more = json!({"claim_code": code, "text": "Fast Gold"});
    let added = public(&world, "/v1/public/reports/additions", &more).await;
    let added: Value = added.json().await.unwrap();
    assert_eq!(
        (&added["state"], &added["additions"]),
        (&json!("lead_opened"), &json!(1))
    );
    assert_eq!(attach(&world, &code, PNG).await.status(), 201);
    let bad = attach(&world, &code, b"MZ\x90\0").await;
    assert_eq!(World::code(bad).await, "request.invalid");
    let view = world.get(&analyst, &format!("/v1/reports/{id}")).await;
    assert_eq!(view["attachments"][0]["file_name"], "聊天.png");
    let sha256 = view["attachments"][0]["sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = format!("/v1/reports/{id}/attachment?sha256={sha256}");
    let file = world
        .request(Method::GET, &file)
        .bearer_auth(&analyst)
        .send()
        .await
        .unwrap();
    assert_eq!(file.headers()["content-disposition"], "attachment");
    assert_eq!(file.bytes().await.unwrap(), PNG);
    let close = json!({"step": "close", "reason": "done", "answer": "your money is held"});
    world.done(&analyst, &steps, &close).await;
    let status: Value = public(&world, "/v1/public/reports/status", &claim)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(status["answer"], "your money is held");
    let late = public(&world, "/v1/public/reports/additions", &more).await;
    assert_eq!(World::code(late).await, "report.state");
    let wrong = json!({"claim_code": "0000-0000-0000-0000"});
    let none = public(&world, "/v1/public/reports/status", &wrong).await;
    assert_eq!(World::code(none).await, "report.not_found");
}

/// What somebody was kept from sending is counted apart from what was held, and the last word on it counts.
#[tokio::test(flavor = "multi_thread")]
async fn money_that_was_never_sent_is_counted_by_itself() {
    let world = World::start().await;
    let sent = public(&world, "/v1/public/reports", &told(&world)).await;
    assert_eq!(sent.status(), 201);
    let analyst = world.token("analyst").await;
    let reports = world.get(&analyst, "/v1/reports").await;
    let id = reports["items"][0]["id"].as_str().unwrap().to_owned();
    let steps = format!("/v1/reports/{id}/steps");
    let prevent = |minor: i64, institution: Option<&str>| {
        let amount = json!({ "minor": minor, "currency": "CNY" });
        json!({"step": "prevent", "amount": amount, "institution": institution})
    };
    let nothing = world.post(&analyst, &steps, &prevent(0, None)).await;
    assert_eq!(World::code(nothing).await, "request.invalid");
    world.done(&analyst, &steps, &prevent(90_000, None)).await;
    let told = prevent(88_000, Some("BK01"));
    world.done(&analyst, &steps, &told).await;
    let view = world.get(&analyst, &format!("/v1/reports/{id}")).await;
    assert_eq!(view["prevented"]["amount"]["minor"], 88_000);
    let numbers = world.get(&analyst, "/v1/numbers").await;
    for of in [&numbers["all"], &numbers["organisations"][0]] {
        let money = json!([{"currency": "CNY", "prevented_minor": 88_000, "intercepted_minor": 0,
            "stopped_minor": 0, "frozen_minor": 0, "returned_minor": 0}]);
        assert_eq!((&of["money"], &of["holds"]), (&money, &json!(0)), "{of}");
    }
    assert_eq!(numbers["organisations"][0]["institution"], "BK01");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_may_not_flood_the_public_side() {
    let world = World::start_with(|config| config.limits.public_requests_max = 2).await;
    let wrong = json!({"claim_code": "0000-0000-0000-0000"});
    for _ in 0..2 {
        assert_eq!(
            public(&world, "/v1/public/reports/status", &wrong)
                .await
                .status(),
            404
        );
    }
    let refused = public(&world, "/v1/public/reports/status", &wrong).await;
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(World::code(refused).await, "request.too_many");
    let page = world.request(Method::GET, "/status").send().await.unwrap();
    assert_eq!(page.status(), 200, "reading is not counted");
    let form = world
        .request(Method::POST, "/status")
        .header("content-type", FORM)
        .body(encoded(&[("code", "x")]));
    assert_eq!(form.send().await.unwrap().status(), 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn reporters_are_known_only_to_those_who_have_the_case() {
    let world = World::start().await;
    let analyst = world.token("analyst").await;
    let other = world.token("both").await;
    let created = world.done(&analyst, "/v1/reports", &told(&world)).await;
    let id = created["id"].as_str().unwrap();
    let case = created["case_id"].as_str().unwrap();
    let paths = [format!("/v1/reports/{id}"), format!("/v1/cases/{case}")];
    for path in &paths {
        let text = world.get(&other, path).await.to_string();
        assert!(
            !text.contains("李小龙") && !text.contains("13800138000"),
            "{text}"
        );
        assert!(
            text.contains("told to pay"),
            "the work needs the rest: {text}"
        );
    }
    world
        .done(&other, &format!("/v1/cases/{case}/assign"), &json!({}))
        .await;
    for path in &paths {
        let text = world.get(&other, path).await.to_string();
        assert!(text.contains("李小龙"), "{text}");
        let text = world.get(&analyst, path).await.to_string();
        assert!(!text.contains("李小龙"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_worked_to_its_outcome_and_its_case_closed() {
    let world = World::start().await;
    let analyst = world.token("analyst").await;
    let created = world.done(&analyst, "/v1/reports", &told(&world)).await;
    let case = created["case_id"].as_str().unwrap();
    let leads = world.get(&analyst, "/v1/leads?state=new").await;
    let lead = leads["items"][0]["id"].as_str().unwrap();
    let (lead_steps, case_steps) = (
        format!("/v1/leads/{lead}/steps"),
        format!("/v1/cases/{case}/steps"),
    );
    world
        .done(&analyst, &format!("/v1/cases/{case}/assign"), &json!({}))
        .await;
    let early = json!({"step": "no_action", "reason": "x"});
    assert_eq!(
        World::code(world.post(&analyst, &lead_steps, &early).await).await,
        "lead.state"
    );
    world
        .done(&analyst, &lead_steps, &json!({"step": "investigate"}))
        .await;
    let past = json!({"step": "refer", "to": "bank", "due_at": "2020-01-01T00:00:00Z"});
    assert_eq!(
        World::code(world.post(&analyst, &lead_steps, &past).await).await,
        "request.invalid"
    );
    let due_at = world.ctx.now().plus(stanch_types::Duration::from_hours(1));
    let refer = json!({"step": "refer", "to": "bank", "due_at": due_at});
    world.done(&analyst, &lead_steps, &refer).await;
    assert_eq!(
        world.get(&analyst, "/v1/leads?overdue=true").await["items"],
        json!([])
    );
    world
        .done(
            &analyst,
            &case_steps,
            &json!({"step": "withdraw", "reason": "x"}),
        )
        .await;
    let close = json!({"step": "close", "outcome": "returned", "answer": "it is back"});
    assert_eq!(
        World::code(world.post(&analyst, &case_steps, &close).await).await,
        "case.lead_open"
    );
    let outcome = json!({"step": "record_outcome", "kind": "recovered", "detail": "returned", "told_by": "bank"});
    world.done(&analyst, &lead_steps, &outcome).await;
    let closed = world.done(&analyst, &case_steps, &close).await;
    assert_eq!(closed["state"]["state"], "closed");
    assert_eq!(closed["report"]["state"]["answer"], "it is back");
    let funnel = world.get(&analyst, "/v1/leads/funnel").await;
    let of_bank = funnel["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["unit"] == "bank")
        .unwrap();
    assert_eq!(of_bank["leads_by_outcome"], json!({"recovered": 1}));
    assert_eq!(
        (&of_bank["cases"], &of_bank["outcomes"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_come_in_bulk_and_related_cases_are_listed() {
    let world = World::start().await;
    let analyst = world.token("analyst").await;
    let at = world.now_text();
    let head = "external_id,relation,consent,narrative,occurred_at,amount,currency,from_institution,from_account,to_institution,to_account";
    let line = |id: &str, from: &str| {
        format!("{id},victim,matching,told,{at},9.50,CNY,BK01,{from},BK02,M1")
    };
    let csv = format!("{head}\n{}\n{}\nbroken\n", line("A", "V1"), line("B", "V2"));
    let request = world
        .request(Method::POST, "/v1/reports/bulk")
        .bearer_auth(&analyst);
    let answer = request
        .header("content-type", "text/csv")
        .body(csv)
        .send()
        .await
        .unwrap();
    let outcome: Value = answer.json().await.unwrap();
    assert_eq!(
        (&outcome["taken"], &outcome["refused"][0]["line"]),
        (&json!(2), &json!(4)),
        "{outcome}"
    );
    let cases = world.get(&analyst, "/v1/cases").await;
    let case = cases["items"][0]["id"].as_str().unwrap();
    let related = world
        .get(&analyst, &format!("/v1/cases/{case}/related"))
        .await;
    assert_eq!(
        related["items"][0]["shared"],
        json!({"account": 1}),
        "{related}"
    );
}

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

pub fn in_parts(fields: &[(&str, &str)], files: &[(&[u8], &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in fields {
        body.extend(
            format!("--XX\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
                .into_bytes(),
        );
    }
    for (bytes, name) in files {
        let head = format!(
            "--XX\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XX--\r\n");
    body
}

fn form() -> Vec<(&'static str, &'static str)> {
    vec![
        ("relation", "victim"),
        ("consent", "this_case"),
        ("narrative", "被骗了 <b>x</b>"),
        ("rows", "1"),
        ("p0_at", "2026-03-02T16:00"),
        ("p0_amount", "1234.50"),
        ("p0_from_institution", "OTHER"),
        ("p0_from", "V1"),
        ("p0_to_institution", "OTHER"),
        ("p0_to", "M1"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_mistakes_comes_back_filled_in_and_one_of_another_site_does_not() {
    let world = World::start().await;
    let mut wrong = form();
    wrong.retain(|(name, _)| *name != "p0_amount");
    let answer = posted(&world, "/report?lang=en", &wrong).await;
    assert_eq!(answer.status(), 422);
    let page = answer.text().await.unwrap();
    assert!(
        page.contains("id=\"p0_amount-error\"") && page.contains("Please fill this in"),
        "{page}"
    );
    assert!(
        page.contains("被骗了 &lt;b&gt;x&lt;/b&gt;"),
        "what was typed stays, harmless: {page}"
    );
    let foreign = world
        .request(Method::POST, "/report")
        .header("origin", "https://evil.example");
    let foreign = foreign.header("content-type", FORM).body(encoded(&form()));
    assert_eq!(
        World::code(foreign.send().await.unwrap()).await,
        "auth.csrf_invalid"
    );
}

pub async fn posted(world: &World, path: &str, fields: &[(&str, &str)]) -> Response {
    let request = world
        .request(Method::POST, path)
        .header("content-type", FORM);
    request.body(encoded(fields)).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_take_a_report_and_show_its_code_once() {
    let world = World::start().await;
    let stay = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(stay)
        .build()
        .unwrap();
    let to = |path: &str| format!("{}{path}", world.base);
    let files = [(PNG, "chat.png"), (b"MZ\x90\0".as_slice(), "x.exe")];
    let request = client
        .post(to("/report?lang=en"))
        .body(in_parts(&form(), &files));
    let request = request.header("content-type", "multipart/form-data; boundary=XX");
    let sent = request.send().await.unwrap();
    assert_eq!(sent.status(), 303);
    let cookie = sent.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly; SameSite=Strict; Path=/report/done"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let location = sent.headers()["location"].to_str().unwrap().to_owned();
    let done = client
        .get(to(&location))
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert!(
        done.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    let page = done.text().await.unwrap();
    let code = cookie.split('=').nth(1).unwrap().split('.').next().unwrap();
    assert!(
        page.contains(code) && page.contains("A file was not taken"),
        "{page}"
    );
    let again = client
        .get(to(&location))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!again.contains(code));
    let page = posted(&world, "/status?lang=en", &[("code", code)])
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains("being worked on"), "{page}");
    let more = posted(
        &world,
        "/status?lang=zh",
        &[("code", code), ("text", "还有")],
    )
    .await;
    assert!(more.text().await.unwrap().contains("补充已收到"));
    let unknown = posted(&world, "/status?lang=zh", &[("code", "1234")]).await;
    assert_eq!(unknown.status(), 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_small_need_no_script_and_let_none_run() {
    let world = World::start().await;
    for path in [
        "/report?lang=zh",
        "/report?lang=en",
        "/status",
        "/appeal",
        "/statistics",
        "/report/done",
    ] {
        let answer = world.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        let page = answer.text().await.unwrap();
        assert!(page.len() <= 40_000, "{path} has {} bytes", page.len());
        assert!(
            !page.contains("<script") && !page.contains("style="),
            "{path}"
        );
        assert!(
            page.contains("<html lang=\"") && page.contains("href=\"#main\""),
            "{path}"
        );
        let labelled = page.matches("<label").count();
        let inputs = page.matches("<input").count() - page.matches("type=\"hidden\"").count();
        assert!(
            labelled >= inputs.saturating_sub(1),
            "{path}: {labelled} labels, {inputs} inputs"
        );
    }
    let more = world
        .request(Method::POST, "/report")
        .header("content-type", FORM)
        .body(encoded(&[("rows", "9"), ("more", "1")]))
        .send()
        .await
        .unwrap();
    let page = more.text().await.unwrap();
    assert!(
        page.len() <= 40_000,
        "ten payments take {} bytes",
        page.len()
    );
}
