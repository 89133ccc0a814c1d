//! Hand-made worlds under `testdata/graph/<case>/`: `input.json` is traced by both methods and must give
//! `expected.json`, which was worked out by hand.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use stanch_graph::{AccountFacts, AccountIx, Graph, NewPayment, Trace, TraceRequest};
use stanch_types::{Currency, Duration, Timestamp};

use crate::fundflow::METHODS;

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn list<'v>(input: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    input[name].as_array().unwrap().iter()
}

fn answers(input: &Value) -> Value {
    let mut graph = Graph::new();
    for account in list(input, "accounts") {
        let number_of = text(&account["name"]).parse().unwrap();
        let ix = graph
            .intern_account(&"BK01".parse().unwrap(), &number_of, Currency::CNY)
            .unwrap();
        let facts = AccountFacts {
            kind: text(&account["kind"]).parse().unwrap(),
            opening_minor: number(&account["opening_minor"]),
            ..AccountFacts::default()
        };
        graph.set_account(ix, facts).unwrap();
    }
    let places: Vec<&str> = list(input, "accounts").map(|a| text(&a["name"])).collect();
    let mut victims = Vec::new();
    for payment in list(input, "payments") {
        let account = |side: &str| {
            let name = text(&payment[side]);
            let place = places.iter().position(|known| *known == name).unwrap();
            by_place(&graph, places[place])
        };
        let new = NewPayment {
            tx_id: text(&payment["tx_id"]),
            at_ms: number(&payment["at_ms"]),
            from: account("from"),
            to: account("to"),
            minor: number(&payment["minor"]),
            channel: text(&payment["channel"]).parse().unwrap(),
        };
        let ix = graph.insert(new).unwrap().ix();
        if payment["by_victim"] == json!(true) {
            victims.push(ix);
        }
    }
    let traces = METHODS.map(|method| {
        let request = TraceRequest {
            payments: victims.clone(),
            method,
            horizon: Duration::from_millis(number(&input["horizon_ms"])),
            as_of: Some(Timestamp::from_millis(number(&input["as_of_ms"]))),
            haircut_min_minor: number(&input["haircut_min_minor"]),
        };
        (
            method.as_str().to_owned(),
            view(&graph, &graph.trace(&request).unwrap()),
        )
    });
    Value::Object(traces.into_iter().collect())
}

fn by_place(graph: &Graph, name: &str) -> AccountIx {
    let reference = stanch_types::AccountRef {
        institution: "BK01".parse().unwrap(),
        account: name.parse().unwrap(),
    };
    graph.lookup_account(&reference, Currency::CNY).unwrap()
}

fn view(graph: &Graph, trace: &Trace) -> Value {
    let name = |ix| graph.account(ix).unwrap().account.expose().to_owned();
    let tx_id = |ix| graph.payment(ix).unwrap().tx_id.to_string();
    let totals = trace.totals;
    json!({
        "transfers": trace.transfers.iter()
            .map(|t| format!("{}: {}", tx_id(t.payment), t.stolen_minor)).collect::<Vec<_>>(),
        "balances": trace.balances.iter().map(|b| format!(
            "{}: {} of {}, tier {}, from {}", name(b.account), b.stolen_minor, b.balance_minor, b.tier,
            b.main_source.map_or_else(|| "victim".to_owned(), name),
        )).collect::<Vec<_>>(),
        "emptied": trace.emptied.iter().map(|b| name(b.account)).collect::<Vec<_>>(),
        "exits": trace.exits.iter()
            .map(|e| format!("{}: {} {}", tx_id(e.payment), e.stolen_minor, e.kind)).collect::<Vec<_>>(),
        "totals": {
            "stolen": totals.stolen_minor,
            "in_accounts": totals.in_accounts_minor,
            "fund_units": totals.fund_units_minor,
            "cash": totals.cash_minor,
            "past_horizon": totals.past_horizon_minor,
            "paid_again": totals.paid_again_minor,
        },
    })
}

#[test]
fn hand_made_worlds_give_the_expected_answers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/graph");
    let mut seen = 0;
    for entry in fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().path();
        let read = |name: &str| -> Value {
            serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
        };
        let got = answers(&read("input.json"));
        let pretty = serde_json::to_string_pretty(&got).unwrap();
        assert_eq!(
            got,
            read("expected.json"),
            "{}: got {pretty}",
            folder.display()
        );
        seen += 1;
    }
    assert!(seen > 0, "no folder in {}", root.display());
}
