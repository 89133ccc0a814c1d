//! `fundflow DIR`: loads a folder of `fundflow_gen.py`, traces every case by both methods and prints what
//! it cost as one line of JSON. Options: `--check` compares every trace with the truth; `--cases N` takes N cases
//! spread evenly, as the Python walker does; `--plan K` instead prints, for every case, the plan of at most K orders
//! made at the time of the report, in the form `fundflow_score.py` reads (only payments booked before it count).

#[path = "../tests/it/fundflow.rs"]
mod fundflow;

use std::path::Path;
use std::time::Instant;

use nix::time::{ClockId, clock_gettime};
use serde_json::json;
use stanch_graph::{Graph, PlanRequest, TraceWork, plan};
use stanch_types::plan::TraceMethod;
use stanch_types::{Duration, InstitutionCode, Timestamp};

use fundflow::{METHODS, Set};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(dir) = args.iter().find(|arg| !arg.starts_with("--")) else {
        eprintln!("usage: fundflow DIR [--check] [--cases N] [--plan K]");
        std::process::exit(2);
    };
    let dir = Path::new(dir);
    let (set, load) = load(dir);
    if let Some(orders) = option(&args, "--plan") {
        return print_plans(dir, &set, orders);
    }
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
    if args.iter().any(|arg| arg == "--check") {
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

fn print_plans(dir: &Path, set: &Set, orders: usize) {
    println!("case_id,account,order_ms,hold_minor_units");
    for (case, row) in set
        .cases
        .iter()
        .zip(fundflow::rows(&fundflow::read(dir, "cases.csv")))
    {
        let report_ms: i64 = row[3].parse().unwrap_or_default();
        let trace = fundflow::trace(&set.graph, case, TraceMethod::Fifo, Some(report_ms));
        let request = PlanRequest {
            latency: latencies(),
            lines_max: orders,
            ..PlanRequest::new(Timestamp::from_millis(report_ms))
        };
        for line in plan(&set.graph, &trace, &request).lines {
            let account = line.target.account.expose();
            println!("{},{account},{report_ms},{}", case.id, line.hold.minor());
        }
    }
}

/// The latencies that the scorer applies (`latency_ms` of `fundflow_score.py`).
fn latencies() -> std::collections::BTreeMap<InstitutionCode, Duration> {
    let minutes = |kind: &str, number: i64| match kind {
        "BK" => 4 + 2 * (number % 5),
        "WL" => 1,
        _ => 15,
    };
    ["BK", "WL", "FD"]
        .into_iter()
        .flat_map(|kind| (1..=99).map(move |number| (kind, number)))
        .filter_map(|(kind, number)| {
            let code = format!("{kind}{number:02}").parse().ok()?;
            Some((code, Duration::from_mins(minutes(kind, number))))
        })
        .collect()
}

/// CPU time of this thread.
fn cpu_ns() -> i64 {
    let spec = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has this clock");
    spec.tv_sec() * 1_000_000_000 + spec.tv_nsec()
}
