//! Stanch: the same rules as a policy, through the public interface.

use std::hint::black_box;

use stanch_rules::explain::Captured;
use stanch_rules::{Event as Row, FeatureValues, Policy, PolicyFiles};

use crate::set::{Dialect, Event, FLAGS, NUMBERS, TEXTS, rules, to_json};
use crate::{Line, best};

pub fn measure(events: &[Event], passes: usize) -> Vec<Line> {
    let policy = policy();
    let lines = lines(events);
    let rows: Vec<Row> = lines.iter().map(|line| policy.decode(line).unwrap()).collect();
    let none = FeatureValues::default();
    let count = events.len();
    let pairs: Vec<(Row, FeatureValues)> =
        (0..50).flat_map(|_| rows.iter().map(|row| (row.clone(), none.clone()))).collect();
    let kind = pairs[0].0.kind();
    let batch = policy.batch(kind, &pairs).unwrap();
    drop(pairs);
    let mut captured = Captured::default();
    let operands: usize = (rows.iter())
        .map(|row| {
            let _ = policy.decide_and_capture(row, &none, &mut captured);
            captured.len()
        })
        .sum();
    eprintln!("{:.1} operands captured an event", operands as f64 / count as f64);
    vec![
        best("stanch: decide_batch over Arrow columns, 100,000 events", batch.rows(), passes.min(3), || {
            // 50 times the events: hits as of one time.
            policy.decide_batch(&batch).iter().map(|verdict| verdict.fired.len() as u64).sum::<u64>() / 50
        }),
        best("stanch: decide", count, passes, || {
            rows.iter().map(|row| policy.decide(row, &none).fired.len() as u64).sum()
        }),
        best("stanch: decide + capture every operand of fired rules", count, passes, || {
            rows.iter()
                .map(|row| {
                    let verdict = policy.decide_and_capture(row, &none, &mut captured);
                    black_box(&captured);
                    verdict.fired.len() as u64
                })
                .sum()
        }),
        best("stanch: decode JSON line to typed row", count, passes, || {
            lines.iter().for_each(|line| drop(black_box(policy.decode(line))));
            0
        }),
        best("stanch: decode + decide + capture", count, passes, || {
            lines
                .iter()
                .map(|line| {
                    let row = policy.decode(line).unwrap();
                    let verdict = policy.decide_and_capture(&row, &none, &mut captured);
                    black_box(&captured);
                    verdict.fired.len() as u64
                })
                .sum()
        }),
        best("stanch: explain in words, zh and en, as JSON", count, passes.min(3), || {
            rows.iter()
                .map(|row| {
                    let verdict = policy.decide(row, &none);
                    let explanation = policy.explain(row, &none, &verdict);
                    black_box(serde_json::to_vec(&explanation).unwrap());
                    verdict.fired.len() as u64
                })
                .sum()
        }),
    ]
}

/// The events as they come over the wire.
fn lines(events: &[Event]) -> Vec<Vec<u8>> {
    let line = |(number, event): (usize, &Event)| {
        let line = serde_json::json!({
            "event_id": format!("e{number}"), "kind": "payment",
            "occurred_at": 1_772_380_800_000_000_i64 + number as i64, "data": to_json(event),
        });
        line.to_string().into_bytes()
    };
    events.iter().enumerate().map(line).collect()
}

/// The rule set as a policy.
fn policy() -> Policy {
    let mut text = String::from("event payment {\n  retention 90d\n");
    let mut field = |name: &str, ty: &str| text.push_str(&format!("  {name} {ty}\n"));
    NUMBERS.iter().for_each(|name| field(name, "double"));
    TEXTS.iter().for_each(|name| field(name, "string"));
    FLAGS.iter().for_each(|name| field(name, "bool"));
    field("text", "string");
    field("tags", "list<string>");
    text.push_str("}\n");
    for (number, rule) in rules(Dialect::Stanch).iter().enumerate() {
        text.push_str(&format!(
            "rule r{number} on payment {{\n  when {rule}\n  then review\n  owner \"bench\"\n  \
             reason zh \"规则 {number}，金额 {{event.amount}}\" en \"rule {number}, amount {{event.amount}}\"\n}}\n"
        ));
    }
    text.push_str("ruleset all on payment { mode all use * }\n");
    let files = PolicyFiles::new([("bench.policy".to_owned(), text.into_bytes())]).unwrap();
    Policy::load(&files).unwrap_or_else(|found| panic!("{found:?}"))
}
