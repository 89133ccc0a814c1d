//! Features by the window engine, driven as the plan says, equal features by definition.

use proptest::prelude::*;
use stanch_rules::script::NOTHING_SEEN;
use stanch_rules::trial::History;
use stanch_rules::window::{Stage, WindowGroup, WindowLimits, WindowValue};
use stanch_rules::{Event, FeatureValues, Policy};

use crate::policy;

const POLICY: &str = r#"
event login { retention 90d
  account string key
  device string?
  ok bool? }
event payment { retention 90d
  payer string key
  payee string key
  amount money(CNY)?
  risk double?
  device string? }
feature payments_1m = count() of payment by event.payer over 1m including self
feature payments_before_1m = count() of payment by event.payer over 1m excluding self
feature paid_2m = sum(event.amount) of payment by event.payer over 2m including self
feature mean_2m = avg(event.amount) of payment by event.payer over 2m excluding self
feature least_2m = min(event.risk) of payment by event.payer over 2m including self
feature greatest_2m = max(event.amount) of payment by event.payer over 2m including self
feature payees_2m = distinct(event.payee) of payment by event.payer over 2m including self
feature first_payee_2m = first(event.payee) of payment by event.payer over 2m including self
feature last_device_2m = last(event.device) of login by account over 2m including self
feature failed_2m = ratio(!event.ok) of login by account over 2m including self
feature quiet_2m = since_last() of payment by event.payer over 2m excluding self
feature pairs_2m = count() of payment by (event.payer, event.payee) over 2m where event.risk > 0.5 including self
feature on_device_2m = count() of login by event.device over 2m including self
rule all_of_them on payment {
  when payments_1m(event.payer) > 0 && payments_before_1m(event.payer) > 0 && paid_2m(event.payer) > money("CNY", "0")
    && mean_2m(event.payer) > money("CNY", "0") && least_2m(event.payer) > 0.0 && greatest_2m(event.payer) > money("CNY", "0")
    && payees_2m(event.payer) > 0 && first_payee_2m(event.payer) == "p0" && last_device_2m(event.payer) == "d0"
    && failed_2m(event.payer) > 0.1 && quiet_2m(event.payer) > 1s && pairs_2m(event.payer, event.payee) > 0
    && on_device_2m(last_device_2m(event.payer)) > 0
  then review
  owner "test"
  reason zh "全部" en "all of them"
}
ruleset payments on payment { mode all use * }
"#;

/// Drives window groups as the plan says.
pub struct Driver<'p> {
    policy: &'p Policy,
    groups: Vec<WindowGroup>,
}

impl<'p> Driver<'p> {
    pub fn new(policy: &'p Policy) -> Self {
        let groups = policy.feature_plan().groups.iter();
        let group = |spec| WindowGroup::new(spec, WindowLimits::default(), None).unwrap();
        Self {
            policy,
            groups: groups.map(|plan| group(plan.spec.clone())).collect(),
        }
    }

    pub fn arrive(&mut self, event: &Event) -> FeatureValues {
        let engine = self.policy.engine();
        let mut features = engine.no_features(event.kind());
        self.read(event, Stage::Before, &mut features);
        let groups = &mut self.groups;
        engine
            .each_push(
                event,
                |_| true,
                |group, key, samples| groups[group].push(key, event.occurred_at_us(), samples),
            )
            .unwrap();
        self.read(event, Stage::After, &mut features);
        features
    }

    fn read(&mut self, event: &Event, stage: Stage, features: &mut FeatureValues) {
        let engine = self.policy.engine();
        let plan = &self.policy.feature_plan().events[event.kind().ix()];
        for (at, lookup) in plan.lookups.iter().enumerate() {
            if lookup.stage != stage {
                continue;
            }
            let Some(key) = engine.lookup_key(event, features, at) else {
                continue;
            };
            let group = &mut self.groups[lookup.group];
            let set = group.read_set(&lookup.specs).unwrap();
            let at_us = event.occurred_at_us();
            if lookup.script.is_some() && group.knows_nothing(key, at_us, &set) {
                engine.put_answers(event, features, at, NOTHING_SEEN);
                continue;
            }
            let mut answers = vec![WindowValue::Missing; lookup.specs.len()];
            group
                .read(key, event.occurred_at_us(), &set, &mut answers)
                .unwrap();
            engine.put_answers(event, features, at, &answers);
        }
    }
}

fn data() -> impl Strategy<Value = (bool, i64, u8, u8, Option<i64>, Option<u8>, Option<bool>)> {
    (
        any::<bool>(),
        0..300_i64,
        0..2_u8,
        0..3_u8,
        proptest::option::weighted(0.8, -5..50_i64),
        proptest::option::weighted(0.7, 0..2_u8),
        proptest::option::weighted(0.8, any::<bool>()),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_give_what_features_are_declared_to_be(events in proptest::collection::vec(data(), 1..40)) {
        let policy = policy(POLICY);
        let mut history = History::new(policy.engine());
        let mut driver = Driver::new(&policy);
        for (number, (is_login, seconds, who, payee, amount, device, ok)) in events.into_iter().enumerate() {
            let device = device.map_or("null".to_owned(), |device| format!("\"d{device}\""));
            let data = if is_login {
                format!(r#"{{"account":"a{who}","device":{device},"ok":{}}}"#, ok.map_or("null".to_owned(), |ok| ok.to_string()))
            } else {
                let money = amount.map_or("null".to_owned(), |minor| format!(r#"{{"currency":"CNY","minor":{minor}}}"#));
                let risk = amount.map_or("null".to_owned(), |minor| format!("{}.5", minor.abs() % 3));
                format!(r#"{{"payer":"a{who}","payee":"p{payee}","amount":{money},"risk":{risk},"device":{device}}}"#)
            };
            let kind = if is_login { "login" } else { "payment" };
            let line = format!(r#"{{"event_id":"e{number}","kind":"{kind}","occurred_at":{},"data":{data}}}"#, seconds * 1_000_000);
            let event = policy.decode(line.as_bytes()).unwrap();
            prop_assert_eq!(driver.arrive(&event), history.arrive(event), "{}", line);
        }
    }
}
