//! Signals through a whole policy: typed, decided by, explained, counted.

use crate::signal::Evidence;
use crate::{Policy, PolicyFiles};

const POLICY: &str = r#"
event post {
  retention 30d
  account string key personal
  text    string personal
  links   list<string>?
}
list protected_brands domain { "alipay.com"; "taobao.com" }
list bad_domains domain { "evil.top" until 2027-01-01 }
list promises text { "guaranteed return" }
feature deceptive_1h = count() of post by account over 1h where signal.url.lookalike including self
rule lookalike on post {
  when signal.url.lookalike && signal.url.brand == "alipay.com"
  then hold for 24h
  owner "t" reason zh "像 {signal.url.brand}" en "looks like {signal.url.brand}"
}
rule hidden_target on post {
  when signal.url.userinfo || signal.url.ip_literal
  then review
  owner "t" reason zh "藏" en "hidden"
}
rule listed on post {
  when "bad_domains" in signal.url.lists || "promises" in signal.lists.names
  then block
  owner "t" reason zh "名单" en "listed"
}
rule again on post {
  when deceptive_1h > 1
  then block
  owner "t" reason zh "又" en "again"
}
ruleset posts on post { mode all use * }
test "look-alike in text" {
  when post { account: "A", text: "go to https://a1ipay.com/x now" } at 2026-03-01T10:00:00Z
  expect fired lookalike
  expect not fired listed
  expect signal.url.links == 1
}
test "counted" {
  given post { account: "A", text: "alipay.top" } at 2026-03-01T10:00:00Z
  when post { account: "A", text: "x", links: ["taobao.cc"] } at +5m
  expect fired again
  expect not fired lookalike
}
"#;

fn load(text: &str) -> Result<Policy, crate::diagnostic::Diagnostics> {
    let files = [("all.policy".to_owned(), text.as_bytes().to_vec())];
    Policy::load(&PolicyFiles::new(files).unwrap())
}

fn evidence(policy: &Policy, data: &str) -> (Vec<String>, Vec<Evidence>) {
    let line = format!(
        r#"{{"event_id":"e","kind":"post","occurred_at":"2026-03-01T10:00:00Z","data":{data}}}"#
    );
    let event = policy.decode(line.as_bytes()).unwrap();
    let features = policy.engine().no_features(event.kind());
    let verdict = policy.decide(&event, &features);
    let rules = &policy.program().rules;
    let fired = verdict.fired.iter();
    let fired = fired.map(|rule| rules[rule.ix()].name.to_string());
    (fired.collect(), policy.engine().evidence(&event))
}

#[test]
fn rules_and_features_read_signals() {
    let policy = load(POLICY).unwrap_or_else(|found| panic!("{found:?}"));
    for outcome in policy.run_tests() {
        assert!(outcome.failures.is_empty(), "{outcome:?}");
    }
}

#[test]
fn evidence_says_where_and_what() {
    let policy = load(POLICY).unwrap();
    let text = "见 http://www.taobao.com@evil.top/ guaranteed return";
    let (fired, evidence) = evidence(&policy, &format!(r#"{{"account":"A","text":"{text}"}}"#));
    assert_eq!(fired, ["hidden_target", "listed"]);
    let shown: Vec<(&str, &str, &str)> = evidence
        .iter()
        .map(|e| {
            (
                &*e.signal,
                &text[e.span.0 as usize..e.span.1 as usize],
                &*e.says,
            )
        })
        .collect();
    let link = "http://www.taobao.com@evil.top/";
    assert_eq!(
        shown,
        [
            (
                "signal.lists.names",
                "guaranteed return",
                "promises: guaranteed return"
            ),
            ("signal.url.userinfo", link, "evil.top"),
            ("signal.url.lists", link, "evil.top is on bad_domains"),
        ]
    );
    assert_eq!(&*evidence[0].field, "text");
    let (fired, evidence) = self::evidence(
        &policy,
        r#"{"account":"A","text":"","links":["","1.2.3.4/a"]}"#,
    );
    assert_eq!((fired.len(), evidence[0].item), (1, Some(1)));
}

#[test]
fn a_sender_cannot_claim_a_signal() {
    let policy = load(POLICY).unwrap();
    let line = r#"{"event_id":"e","kind":"post","occurred_at":0,"data":{"account":"A","text":"","signal.url.lookalike":false}}"#;
    let refused = policy.decode(line.as_bytes()).unwrap_err();
    assert!(refused.to_string().contains("not declared"), "{refused}");
}

#[test]
fn an_event_that_nothing_reads_signals_of_has_none() {
    let policy = load(&POLICY.replace(
        "event post",
        "event note { retention 30d text string }\nevent post",
    ));
    let policy = policy.unwrap_or_else(|found| panic!("{found:?}"));
    let note = policy
        .program()
        .events
        .iter()
        .find(|kind| &*kind.name == "note");
    assert!(note.unwrap().signals.is_empty());
}

#[test]
fn what_does_not_exist_is_said_with_what_does() {
    for (from, to, says) in [
        ("signal.url.brand ==", "signal.url.brnad ==", "brand"),
        ("signal.url.brand ==", "signal.urls.brand ==", "url"),
        (
            "list protected_brands domain",
            "list brands domain",
            "protected_brands",
        ),
    ] {
        let found = load(&POLICY.replace(from, to)).unwrap_err();
        let all = format!("{found:?}");
        assert!(
            all.contains(says) && all.contains("UnknownName"),
            "{to}: {all}"
        );
    }
}
