//! Every trace of a generated set equals its ground truth, by both methods.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use stanch_graph::{CaseIx, StolenLedger, TraceRequest};
use stanch_types::AccountKind;
use stanch_types::plan::TraceMethod;

use crate::fundflow::{self, Line, Set};

/// Where the generator may lie: beside the repository, or where `STANCH_SHARED` says.
fn generator() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = env::var_os("STANCH_SHARED").map_or(beside, PathBuf::from);
    let generator = shared.join("bench/fundflow_gen.py");
    let numpy = Command::new("python3")
        .args(["-c", "import numpy"])
        .output();
    let runs = generator.exists() && numpy.is_ok_and(|output| output.status.success());
    runs.then_some(generator)
}

/// Loads a folder with its payments in an order of the test's choosing.
fn load(dir: &Path, reorder: impl FnOnce(&mut Vec<Line<'_>>)) -> Set {
    let (mut graph, accounts) = fundflow::load_accounts(dir);
    let text = fundflow::read(dir, "tx.csv");
    let mut lines: Vec<Line<'_>> = fundflow::parse_payments(&text).collect();
    reorder(&mut lines);
    for line in lines {
        fundflow::insert(&mut graph, &accounts, line);
    }
    let cases = fundflow::load_cases(dir, &graph);
    Set { graph, cases }
}

fn assert_equal_to_truth(dir: &Path, set: &Set) {
    let truth = fundflow::load_truth(dir);
    assert!(!set.cases.is_empty() && !truth.is_empty());
    let differences: Vec<String> = set
        .cases
        .iter()
        .filter_map(|case| truth.get(&case.id).map(|truth| (case, truth)))
        .flat_map(|(case, truth)| fundflow::differences(set, case, truth))
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Spreads neighbours far apart: line i goes to place i * step mod n, for a step prime to n.
fn scatter(lines: &mut Vec<Line<'_>>) {
    let n = lines.len();
    let step = (n / 3..).find(|step| gcd(*step, n) == 1).unwrap_or(1);
    let sorted = std::mem::take(lines);
    lines.extend((0..n).map(|i| sorted[i * step % n]));
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[test]
fn every_case_of_a_generated_set_equals_the_truth() {
    let Some(generator) = generator() else {
        eprintln!("skipped: ../shared/data absent (no fundflow_gen.py, python3 or numpy)");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let made = Command::new("python3")
        .arg(generator)
        .args("--accounts 2000 --tx 20000 --cases 30 --gangs 8 --seed 5 --out".split(' '))
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );

    let mut in_order = load(dir.path(), |_| {});
    assert_eq!(in_order.cases.len(), 30);
    assert_equal_to_truth(dir.path(), &in_order);
    in_order.graph.settle();
    assert_equal_to_truth(dir.path(), &in_order);
    assert_equal_to_truth(dir.path(), &load(dir.path(), |lines| lines.reverse()));
    assert_equal_to_truth(dir.path(), &load(dir.path(), scatter));
    assert_stream_equals_truth(dir.path());
}

/// Feeds the payments one by one to a streaming ledger; opens each case at its report, then looks at every stated
/// instant.
fn assert_stream_equals_truth(dir: &Path) {
    let (mut graph, accounts) = fundflow::load_accounts(dir);
    let text = fundflow::read(dir, "tx.csv");
    let planted = fundflow::read(dir, "truth_planted.csv");
    let truth = fundflow::load_truth(dir);
    let mut ledger = StolenLedger::of(&graph);
    let mut cases: HashMap<u32, CaseIx> = HashMap::new();
    let mut moments: Vec<(i64, u32)> = truth
        .iter()
        .flat_map(|(case, truth)| truth.balances.keys().map(|at_ms| (*at_ms, *case)))
        .collect();
    moments.sort_unstable();
    let mut moments = moments.into_iter().peekable();
    let mut checked = 0;
    for line in fundflow::parse_payments(&text) {
        while let Some((at_ms, case)) = moments.next_if(|(at_ms, _)| *at_ms <= line.at_ms) {
            let ix = *cases.entry(case).or_insert_with(|| {
                let victims = fundflow::rows(&planted)
                    .filter(|row| row[1] == case.to_string() && row[3] == "victim_payment")
                    .map(|row| graph.find_payment(row[0]).unwrap());
                let request = TraceRequest::new(victims.collect(), TraceMethod::Fifo);
                ledger.open(&graph, request).unwrap()
            });
            let got: BTreeMap<usize, (i64, [i64; 2])> = ledger
                .holdings(ix)
                .map(|h| {
                    (
                        h.account.get() as usize,
                        (h.balance_minor, [h.fifo_minor, h.pro_rata_minor]),
                    )
                })
                .collect();
            let cash = |account: &usize| {
                let facts = graph.account(accounts[*account]).unwrap().facts;
                facts.kind == AccountKind::Cash
            };
            let mut want = truth[&case].balances[&at_ms].clone();
            want.retain(|account, _| !cash(account));
            assert_eq!(got, want, "case {case} at {at_ms}");
            checked += 1;
        }
        fundflow::insert(&mut graph, &accounts, line);
        let done = ledger.catch_up(&graph).unwrap();
        assert!(done.amended.is_empty());
    }
    assert!(checked > 80, "{checked}");
}
