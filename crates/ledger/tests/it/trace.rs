//! Traces by line.

use serde_json::{Value, json};
use stanch_ledger::trace_batch;

use super::{HEADER, T0, import_file, open};

/// A victim pays 100 yuan to A, A passes 60 on to B.
fn small_case(dir: &std::path::Path) -> stanch_ledger::Ledger {
    let text = format!(
        "{HEADER}1,{T0},V,A,BK01,BK02,10000,CNY,transfer\nx-2,{},A,B,BK02,WL01,6000,CNY,transfer\n",
        T0 + 60_000
    );
    std::fs::write(dir.join("tx.csv"), text).unwrap();
    let ledger = open(dir);
    import_file(&ledger, &dir.join("tx.csv"), dir).unwrap();
    ledger
}

fn ask(ledger: &stanch_ledger::Ledger, input: &str) -> Vec<Value> {
    let mut output = Vec::new();
    trace_batch(ledger, input.as_bytes(), &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_request_is_answered_with_amounts_in_both_methods() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = small_case(dir.path());
    for (method, payments) in [("fifo", "[\"1\"]"), ("pro_rata", "[1]")] {
        let request = format!(
            "{{\"id\":\"c1\",\"payments\":{payments},\"method\":\"{method}\",\"horizon_h\":72,\"as_of_ms\":null}}\n"
        );
        let answers = ask(&ledger, &request);
        assert_eq!(answers.len(), 1);
        let answer = &answers[0];
        assert_eq!(answer["id"], "c1");
        assert_eq!(
            answer["transfers"],
            json!([{"tx_id": "1", "stolen_minor": 10_000}, {"tx_id": "x-2", "stolen_minor": 6_000}])
        );
        assert_eq!(
            answer["balances"],
            json!([
                {"institution": "WL01", "account": "B", "balance_minor": 6_000, "stolen_minor": 6_000},
                {"institution": "BK02", "account": "A", "balance_minor": 4_000, "stolen_minor": 4_000}
            ])
        );
        assert!(answer["cpu_us"].is_u64());
    }
    let answers = ask(
        &ledger,
        &format!(
            "{{\"id\":7,\"payments\":[1],\"method\":\"fifo\",\"as_of_ms\":{}}}",
            T0 + 60_000
        ),
    );
    assert_eq!(answers[0]["id"], 7);
    assert_eq!(answers[0]["transfers"].as_array().unwrap().len(), 1);
}

#[test]
fn a_bad_request_is_answered_in_its_line_and_the_next_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = small_case(dir.path());
    let long = format!(
        "{{\"id\":\"long\",\"payments\":[\"{}\"]}}",
        "x".repeat(2 << 20)
    );
    let requests = [
        "{\"id\":\"a\",\"payments\":[\"404\"],\"method\":\"fifo\"}",
        "{\"id\":\"b\",\"payments\":[],\"method\":\"fifo\"}",
        "{\"id\":\"c\",\"payments\":[1],\"method\":\"lifo\"}",
        "{\"id\":\"d\",\"payments\":[1],\"method\":\"fifo\",\"horizon_h\":0}",
        "{\"id\":\"e\",\"payments\":[1],\"method\":\"fifo\",\"horizon\":1}",
        "",
        "not json",
        &long,
        "{\"id\":[1],\"payments\":[1],\"method\":\"fifo\"}",
        "{\"id\":\"z\",\"payments\":[1],\"method\":\"fifo\"}",
    ];
    let answers = ask(&ledger, &requests.join("\n"));
    let seen: Vec<(&Value, &Value)> = answers
        .iter()
        .map(|answer| (&answer["id"], &answer["error"]["code"]))
        .collect();
    let (id, none) = (|id: &str| json!(id), Value::Null);
    let (invalid, unknown) = (json!("request.invalid"), json!("payment.not_found"));
    assert_eq!(
        seen,
        [
            (&id("a"), &unknown),
            (&id("b"), &invalid),
            (&id("c"), &invalid),
            (&id("d"), &invalid),
            (&id("e"), &invalid),
            (&none, &invalid),
            (&none, &invalid),
            (&json!([1]), &invalid),
            (&id("z"), &none),
        ]
    );
}
