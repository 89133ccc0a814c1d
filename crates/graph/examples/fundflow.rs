//! `fundflow DIR`: loads a folder of `fundflow_gen.py`, traces every case by both methods and prints what
//! it cost as one line of JSON. Options: `--check` compares every trace with the truth; `--cases N` takes N cases
//! spread evenly, as the Python walker does; `--stream` instead feeds the payments one by one to the streaming ledger.

#[path = "../tests/it/fundflow.rs"]
mod fundflow;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Instant;

use nix::time::{ClockId, clock_gettime};
use serde_json::json;
use stanch_graph::{AccountIx, CaseIx, Graph, StolenLedger, TraceRequest, TraceWork};
use stanch_types::AccountKind;
use stanch_types::plan::TraceMethod;

use fundflow::{METHODS, Set};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(dir) = args.iter().find(|arg| !arg.starts_with("--")) else {
        eprintln!("usage: fundflow DIR [--check] [--cases N] [--stream]");
        std::process::exit(2);
    };
    let dir = Path::new(dir);
    let check_too = args.iter().any(|arg| arg == "--check");
    if args.iter().any(|arg| arg == "--stream") {
        println!("{}", stream(dir, check_too));
        return;
    }
    let (set, load) = load(dir);
    let wanted = option(&args, "--cases").unwrap_or(set.cases.len());
    let step = (set.cases.len() / wanted).max(1);
    let picked: Vec<&fundflow::Case> = set.cases.iter().step_by(step).take(wanted).collect();

    let mut report = json!({
        "set": dir.display().to_string(),
        "payments": set.graph.payment_count(),
        "accounts": set.graph.account_count(),
        "cases": picked.len(),
        "load": load,
    });
    for method in METHODS {
        let mut cost_us = Vec::new();
        let mut work = TraceWork::default();
        let mut transfers = 0;
        for case in &picked {
            let before = cpu_ns();
            let answer = fundflow::trace(&set.graph, case, method, None);
            cost_us.push((cpu_ns() - before) / 1_000);
            transfers += answer.transfers.len();
            work.steps += answer.work.steps;
            work.payments += answer.work.payments;
            work.accounts += answer.work.accounts;
        }
        cost_us.sort_unstable();
        report[method.as_str()] = json!({
            "cpu_us_mean": cost_us.iter().sum::<i64>() / cost_us.len() as i64,
            "cpu_us_p50": cost_us[cost_us.len() / 2],
            "cpu_us_p95": cost_us[cost_us.len() * 95 / 100],
            "cpu_us_max": cost_us.last(),
            "transfers_mean": transfers / picked.len(),
            "payments_walked_mean": work.payments / picked.len() as u64,
            "accounts_mean": work.accounts / picked.len() as u64,
        });
    }
    if check_too {
        report["differences_from_truth"] = json!(check(dir, &set));
    }
    println!("{report}");
}

/// Loads and measures: reading accounts, parsing lines, inserting payments.
fn load(dir: &Path) -> (Set, serde_json::Value) {
    let (mut graph, accounts) = fundflow::load_accounts(dir);
    let text = fundflow::read(dir, "tx.csv");
    let wall = Instant::now();
    let before = cpu_ns();
    let mut insert_ns = 0;
    let mut lines = fundflow::parse_payments(&text);
    loop {
        let batch: Vec<_> = lines.by_ref().take(65_536).collect();
        if batch.is_empty() {
            break;
        }
        let before = cpu_ns();
        for line in batch {
            fundflow::insert(&mut graph, &accounts, line);
        }
        insert_ns += cpu_ns() - before;
    }
    let total_ns = cpu_ns() - before;
    let unsettled = graph.bytes_used();
    let before = cpu_ns();
    graph.settle();
    let settle_ns = cpu_ns() - before;
    let report = json!({
        "insert_cpu_ms": insert_ns / 1_000_000,
        "insert_cpu_ns_per_payment": insert_ns / graph.payment_count().max(1) as i64,
        "parse_and_insert_cpu_ms": total_ns / 1_000_000,
        "settle_cpu_ms": settle_ns / 1_000_000,
        "wall_ms": wall.elapsed().as_millis() as u64,
        "bytes_per_payment": bytes_per_payment(&graph, graph.bytes_used()),
        "bytes_per_payment_unsettled": bytes_per_payment(&graph, unsettled),
    });
    let cases = fundflow::load_cases(dir, &graph);
    let set = Set { graph, cases };
    (set, report)
}

fn bytes_per_payment(graph: &Graph, bytes: usize) -> f64 {
    (bytes as f64 / graph.payment_count().max(1) as f64 * 10.0).round() / 10.0
}

fn check(dir: &Path, set: &Set) -> usize {
    let truth = fundflow::load_truth(dir);
    let mut differing = 0;
    for case in &set.cases {
        let differences = truth
            .get(&case.id)
            .map_or_else(Vec::new, |truth| fundflow::differences(set, case, truth));
        for difference in &differences {
            eprintln!("{difference}");
        }
        differing += usize::from(!differences.is_empty());
    }
    differing
}

fn option(args: &[String], name: &str) -> Option<usize> {
    let place = args.iter().position(|arg| arg == name)?;
    args.get(place + 1)?.parse().ok()
}

/// CPU time of this thread.
fn cpu_ns() -> i64 {
    let spec = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has this clock");
    spec.tv_sec() * 1_000_000_000 + spec.tv_nsec()
}

/// Feeds the payments one by one, opens every case at its report, and measures graph and streaming ledger apart. With
/// `check`, every balance at every stated instant is compared with the truth (not timed).
fn stream(dir: &Path, check: bool) -> serde_json::Value {
    let (mut graph, accounts) = fundflow::load_accounts(dir);
    let text = fundflow::read(dir, "tx.csv");
    let mut victims = victims(dir);
    let truth = fundflow::load_truth(dir);
    let mut moments: Vec<(i64, u32, bool)> = Vec::new();
    for row in fundflow::rows(&fundflow::read(dir, "cases.csv")) {
        let case = row[0].parse().unwrap_or(0);
        moments.push((row[3].parse().unwrap_or(0), case, true));
        if let Some(truth) = truth.get(&case).filter(|_| check) {
            moments.extend(truth.balances.keys().map(|at_ms| (*at_ms, case, false)));
        }
    }
    moments.sort_unstable_by_key(|(at_ms, case, opens)| (*at_ms, *case, !*opens));
    let mut moments = moments.into_iter().peekable();
    let mut ledger = StolenLedger::of(&graph);
    let mut cases: HashMap<u32, CaseIx> = HashMap::new();
    let (mut insert_ns, mut keep_ns, mut open_ns, mut carried) = (0, 0, 0, 0);
    let (mut checked, mut different) = (0, 0);
    let mut lines = fundflow::parse_payments(&text).peekable();
    while let Some(first) = lines.peek() {
        while let Some((at_ms, case, opens)) = moments.next_if(|(at_ms, ..)| *at_ms <= first.at_ms)
        {
            if opens {
                let tx_ids = victims.remove(&case).unwrap_or_default();
                let payments = tx_ids.iter().filter_map(|tx_id| graph.find_payment(tx_id));
                let request = TraceRequest::new(payments.collect(), TraceMethod::Fifo);
                let before = cpu_ns();
                if let Ok(ix) = ledger.open(&graph, request) {
                    cases.insert(case, ix);
                }
                open_ns += cpu_ns() - before;
            } else if let (Some(ix), Some(truth)) = (cases.get(&case), truth.get(&case)) {
                checked += 1;
                different += usize::from(!is_true(
                    &graph,
                    &accounts,
                    &ledger,
                    *ix,
                    &truth.balances[&at_ms],
                ));
            }
        }
        // Up to the next moment, in runs long enough for the clock.
        let until = moments.peek().map_or(i64::MAX, |(at_ms, ..)| *at_ms);
        let mut run = Vec::new();
        while run.len() < 4_096
            && let Some(line) = lines.next_if(|line| line.at_ms < until)
        {
            run.push(line);
        }
        let start = cpu_ns();
        for line in run {
            fundflow::insert(&mut graph, &accounts, line);
        }
        let middle = cpu_ns();
        carried += ledger.catch_up(&graph).map_or(0, |done| done.carried.len());
        (insert_ns, keep_ns) = (insert_ns + middle - start, keep_ns + cpu_ns() - middle);
    }
    let per_s = |ns: i64| graph.payment_count() as i64 * 1_000_000_000 / ns.max(1);
    json!({
        "set": dir.display().to_string(), "payments": graph.payment_count(), "cases": cases.len(), "carried": carried,
        "graph_insert_per_cpu_s": per_s(insert_ns), "ledger_per_cpu_s": per_s(keep_ns),
        "both_and_opening_per_cpu_s": per_s(insert_ns + keep_ns + open_ns),
        "open_us_mean": open_ns / 1_000 / cases.len().max(1) as i64,
        "ledger_bytes": ledger.bytes_used(), "accounts": graph.account_count(),
        "moments_checked": checked, "moments_different": different,
    })
}

/// What the victims report, by case.
fn victims(dir: &Path) -> HashMap<u32, Vec<String>> {
    let mut victims: HashMap<u32, Vec<String>> = HashMap::new();
    for row in fundflow::rows(&fundflow::read(dir, "truth_planted.csv")) {
        if row[3] == "victim_payment" {
            let case = victims.entry(row[1].parse().unwrap_or(0)).or_default();
            case.push(row[0].to_owned());
        }
    }
    victims
}

type Moment = BTreeMap<usize, (i64, [i64; 2])>;

fn is_true(
    graph: &Graph,
    accounts: &[AccountIx],
    ledger: &StolenLedger,
    case: CaseIx,
    truth: &Moment,
) -> bool {
    let held = ledger.holdings(case).map(|holding| {
        let name = graph.account(holding.account);
        let name = name.and_then(|name| name.account.expose().parse().ok());
        let stolen = [holding.fifo_minor, holding.pro_rata_minor];
        (name.unwrap_or(usize::MAX), (holding.balance_minor, stolen))
    });
    let held: Moment = held.collect();
    // Cash is not in the ledger.
    let no_cash = truth.iter().filter(|(account, _)| {
        let cash = accounts.get(**account).and_then(|ix| graph.account(*ix));
        !cash.is_some_and(|cash| cash.facts.kind == AccountKind::Cash)
    });
    held == no_cash
        .map(|(account, money)| (*account, *money))
        .collect::<Moment>()
}
