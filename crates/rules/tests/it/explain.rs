//! Explanations, whole.

use stanch_rules::trial::History;
use stanch_rules::{Explanation, Policy};

use crate::policy;

const POLICY: &str = r#"
event payee_added { retention 90d
  account string key personal }
event payment { retention 90d
  payer string key personal
  payee string key personal
  amount money(CNY)
  risk double?
  tags list<string>?
  note string? }
feature payees_added_24h = count() of payee_added by account over 24h including self
feature paid_1h = sum(event.amount) of payment by event.payer over 1h including self
list scam_words text { "安全账户" }
rule many_new_payees on payment {
  when event.amount >= money("CNY", "5000") && payees_added_24h(event.payer) > 3
  then hold for 24h
  measure extra_verification for 30m
  score 60
  owner "payments-risk"
  typology "loan_fee"
  reason zh "{event.payer} 在 24 小时内新增 {payees_added_24h(event.payer)} 个收款人，付款 {event.amount}"
         en "{event.payer} added {payees_added_24h(event.payer)} payees within 24 h and pays {event.amount}"
}
rule safe_account on payment {
  when event.note in scam_words || (event.risk > 0.8 && !("vip" in event.tags))
  then review
  owner "payments-risk"
  reason zh "风险 {event.risk}" en "risk {event.risk}"
}
ruleset payments on payment { mode all use * }
"#;

fn line(kind: &str, at: i64, data: &str) -> Vec<u8> {
    format!(r#"{{"event_id":"e{at}","kind":"{kind}","occurred_at":{at},"data":{data}}}"#)
        .into_bytes()
}

/// Four payees are added, then this payment comes.
fn play(policy: &Policy, payment: &str) -> (Explanation, Option<stanch_rules::explain::NotFired>) {
    let mut history = History::new(policy.engine());
    for at in 0..4 {
        let added = line("payee_added", at, r#"{"account":"A-77"}"#);
        history.arrive(policy.decode(&added).unwrap());
    }
    let event = policy.decode(&line("payment", 10, payment)).unwrap();
    let features = history.arrive(event.clone());
    let verdict = policy.decide(&event, &features);
    let rule = stanch_rules::ir::RuleIx(1);
    let why_not = policy.engine().why_not(&event, &features, rule);
    (policy.explain(&event, &features, &verdict), why_not)
}

#[test]
fn fired_rules_say_what_they_saw_and_what_would_flip_them() {
    let payment = r#"{"payer":"A-77","payee":"B","amount":{"currency":"CNY","minor":800000},"risk":0.9,"tags":["new"]}"#;
    let (explanation, why_not) = play(&policy(POLICY), payment);
    assert_eq!(why_not, None, "it fired");
    insta::assert_json_snapshot!(explanation);
}

#[test]
fn a_near_rule_says_what_was_missing() {
    let payment =
        r#"{"payer":"A-77","payee":"B","amount":{"currency":"CNY","minor":1},"risk":0.9}"#;
    let (explanation, why_not) = play(&policy(POLICY), payment);
    assert!(explanation.rules.is_empty());
    insta::assert_json_snapshot!(why_not);
}

#[test]
fn personal_fields_are_nowhere_in_an_explanation() {
    let payment = r#"{"payer":"A-77","payee":"B-88","amount":{"currency":"CNY","minor":800000},"note":"转到安全账户"}"#;
    let (explanation, _) = play(&policy(POLICY), payment);
    let text = serde_json::to_string(&explanation).unwrap();
    assert!(
        text.contains("A***") && !text.contains("A-77") && !text.contains("B-88"),
        "{text}"
    );
}
