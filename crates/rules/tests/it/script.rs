//! Scripts: by the windows, equal a replay of everything by definition; what they say step by step; how it is explained.

use proptest::prelude::*;
use stanch_rules::script::State;
use stanch_rules::trial::History;
use stanch_rules::{Event, Explanation, Policy};

use crate::oracle::Driver;
use crate::policy;

const POLICY: &str = r#"
event message { retention 90d
  account string key
  recipient string key
  text string personal }
event payment { retention 90d
  account string key
  payee string key
  amount money(CNY) }
list bait text { "稳赚"; "内部消息" }
script investment {
  title zh "杀猪盘" en "pig-butchering"
  typology "fake_investment"
  memory 10m
  of message by event.recipient as person
  of payment by event.account as person
  stage bond {
    title zh "培养感情" en "building trust"
    need 0.3
    cue greeting weight 0.3 on message when event.text.contains("亲爱的")
    cue move weight 0.4 on message when event.text.contains("加微信")
    act hint
    card zh "对方是谁" en "who is it"
  }
  stage bait {
    title zh "诱饵" en "bait"
    need 0.6
    cue gains weight 0.6 on message when event.text in bait
    cue teacher weight 0.5 on message when event.text.contains("导师") && !event.text.contains("学校")
    act question, card
    card zh "先查证" en "look it up first"
  }
  stage pay {
    title zh "付款" en "paying"
    need 0.6
    cue large weight 0.5 on payment when event.amount >= money("CNY", "100")
    cue asks weight 0.5 on message when event.text.contains("转账")
    act delay, call
    card zh "先打电话" en "call first"
  }
}
rule card on message {
  when script.investment.stage >= 2 && script.investment.confidence >= 0.5
  then warn
  owner "content"
  reason zh "阶段 {script.investment.name} {script.investment.act}" en "stage {script.investment.in_stage} {script.investment.cues}"
}
rule slow on payment {
  when script.investment.stage == 3 && script.investment.entered > timestamp("1960-01-01") && script.investment.strength >= 4
  then delay for 24h
  owner "payments"
  reason zh "阶段 {script.investment.stage}" en "stage {script.investment.stage}"
}
rule payee_too on payment {
  when script.investment.stage(event.payee) >= 1
  then review
  owner "payments"
  reason zh "收款人 {script.investment.stage(event.payee)}" en "payee {script.investment.stage(event.payee)}"
}
ruleset messages on message { mode all use * }
ruleset payments on payment { mode all use * }
"#;

const TEXTS: &[&str] = &[
    "亲爱的",
    "亲爱的，加微信",
    "稳赚不赔",
    "导师带你",
    "学校的导师",
    "转账给他",
    "吃饭了吗",
    "内部消息，导师说转账",
];

fn line(number: usize, seconds: i64, kind: &str, data: &str) -> Vec<u8> {
    let at = seconds * 1_000_000;
    format!(r#"{{"event_id":"e{number}","kind":"{kind}","occurred_at":{at},"data":{data}}}"#)
        .into_bytes()
}

fn message(policy: &Policy, number: usize, seconds: i64, text: &str) -> Event {
    let data = format!(r#"{{"account":"s","recipient":"v","text":"{text}"}}"#);
    policy
        .decode(&line(number, seconds, "message", &data))
        .unwrap()
}

fn payment(policy: &Policy, number: usize, seconds: i64, minor: i64) -> Event {
    let money = format!(r#"{{"currency":"CNY","minor":{minor}}}"#);
    let data = format!(r#"{{"account":"v","payee":"s","amount":{money}}}"#);
    policy
        .decode(&line(number, seconds, "payment", &data))
        .unwrap()
}

fn explained(policy: &Policy, history: &mut History<'_>, event: Event) -> Explanation {
    let features = history.arrive(event.clone());
    let verdict = policy.decide(&event, &features);
    policy.explain(&event, &features, &verdict)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Late, repeated, simultaneous and forgotten events; several persons; an event that belongs to two of them.
    #[test]
    fn windows_give_what_a_replay_of_everything_gives(
        events in proptest::collection::vec((0..900_i64, 0..3_u8, 0..3_u8, 0..10_usize), 1..60),
    ) {
        let policy = policy(POLICY);
        let mut history = History::new(policy.engine());
        let mut driver = Driver::new(&policy);
        for (number, (seconds, a, b, what)) in events.into_iter().enumerate() {
            let bytes = match TEXTS.get(what) {
                Some(text) => line(number, seconds, "message",
                    &format!(r#"{{"account":"p{a}","recipient":"p{b}","text":"{text}"}}"#)),
                None => line(number, seconds, "payment", &format!(
                    r#"{{"account":"p{a}","payee":"p{b}","amount":{{"currency":"CNY","minor":{}}}}}"#,
                    9_000 * (what - TEXTS.len() + 1))),
            };
            let event = policy.decode(&bytes).unwrap();
            let (by_windows, by_replay) = (driver.arrive(&event), history.arrive(event.clone()));
            prop_assert_eq!(&by_windows, &by_replay, "{}", String::from_utf8_lossy(&bytes));
            let verdict = policy.decide(&event, &by_windows);
            let by_row = policy.batch(event.kind(), &[(event.clone(), by_windows)]).unwrap();
            prop_assert_eq!(&policy.decide_batch(&by_row)[0], &verdict);
        }
    }

    /// The order of arrival makes no difference to what is said at the end.
    #[test]
    fn late_events_come_to_the_same_state(
        events in proptest::collection::vec((0..500_i64, 0..8_usize), 1..12),
        order in any::<u64>(),
    ) {
        let policy = policy(POLICY);
        let last = |events: &[(i64, usize)]| {
            let mut driver = Driver::new(&policy);
            for (number, (seconds, what)) in events.iter().enumerate() {
                driver.arrive(&message(&policy, number, *seconds, TEXTS[*what]));
            }
            driver.arrive(&message(&policy, 99, 550, "嗯"))
        };
        let mut shuffled = events.clone();
        let turn = usize::try_from(order % events.len() as u64).unwrap();
        shuffled.rotate_left(turn);
        if order % 2 == 0 {
            shuffled.reverse();
        }
        prop_assert_eq!(last(&events), last(&shuffled));
    }
}

#[test]
fn the_stage_rises_with_the_exchange_and_is_forgotten() {
    let policy = policy(POLICY);
    let script = &policy.program().scripts[0];
    let none = State::of(script, &[]);
    assert_eq!((none.stage, none.confidence, none.cues), (0, 0.0, 0));
    let bond = State::of(script, &[(0, 1)]);
    assert_eq!((bond.stage, bond.entered_us), (1, 1));
    assert!((bond.confidence - 0.3).abs() < 1e-12);
    // 1 - 0.7 * 0.6
    let surer = State::of(script, &[(0, 1), (1, 2)]);
    assert_eq!((surer.stage, surer.entered_us), (1, 1));
    assert!((surer.confidence - 0.58).abs() < 1e-12);
    // 1 - 0.4 * (1 - 0.5 * 0.3): what came before raises it.
    let bait = State::of(script, &[(0, 1), (2, 5)]);
    assert_eq!((bait.stage, bait.entered_us), (2, 5));
    assert!((bait.confidence - 0.66).abs() < 1e-12);
    // Out of nowhere 0.7 * 0.6 does not reach the need of 0.6, with another cue 0.7 * 0.8 does not either.
    assert_eq!(State::of(script, &[(2, 5)]).stage, 0);
    assert_eq!(State::of(script, &[(2, 5), (3, 6)]).stage, 0);
    // The same cues the other way round: the bond came after, so the bait came out of nowhere.
    let turned = State::of(script, &[(2, 5), (0, 9)]);
    assert_eq!((turned.stage, turned.entered_us), (1, 9));
}

#[test]
fn what_is_said_is_explained_with_its_evidence() {
    let policy = policy(POLICY);
    let mut history = History::new(policy.engine());
    let bond = explained(
        &policy,
        &mut history,
        message(&policy, 0, 0, "亲爱的，加微信"),
    );
    assert_eq!(bond.scripts[0].stage, 1);
    assert!(bond.rules.is_empty());
    let text = "朋友，内部消息";
    let bait = explained(&policy, &mut history, message(&policy, 1, 60, text));
    assert_eq!(bait.rules[0].reason.zh, "阶段 bait question");
    assert_eq!(bait.rules[0].reason.en, "stage 0s 3");
    let sight = &bait.scripts[0];
    assert_eq!((&*sight.name, sight.stage, sight.stages), ("bait", 2, 3));
    assert_eq!(sight.card.en, "look it up first");
    let (last, before) = sight.evidence.split_last().unwrap();
    assert!(before.iter().all(|cue| !cue.here && cue.spans.is_empty()));
    assert!(last.here);
    let (start, end) = last.spans[0].span;
    assert_eq!(&text[start as usize..end as usize], "内部消息");
    let pay = explained(&policy, &mut history, payment(&policy, 2, 90, 10_000));
    assert_eq!(pay.rules[0].rule.as_ref(), "slow");
    assert_eq!(pay.scripts[0].strength, 5);
    // Ten minutes later nothing of it is remembered but the payment, and that alone says little.
    let later = explained(&policy, &mut history, payment(&policy, 3, 690, 1));
    assert!(later.scripts.is_empty());
    assert!(later.rules.is_empty());
}
