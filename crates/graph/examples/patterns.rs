//! `patterns DIR`: takes the payments of a folder of `fundflow_gen.py` through the pattern engine and prints what it
//! cost as one line of JSON. Options: `--out FILE.csv` writes every row of features; `--findings FILE.ndjson` writes
//! what was found; `--warm-days N` leaves the first N days out of the cost, `--rows N` stops after N payments.
//! With `truth_planted.csv` beside it, says how many payments of each kind of finding were planted.

#[path = "../tests/it/fundflow.rs"]
#[expect(
    dead_code,
    reason = "shared with the traces' tests: only its readers are used here"
)]
mod fundflow;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use nix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use stanch_graph::{FEATURES, Features, Finding, PatternEngine, PatternPayment};

/// A stopwatch read once every so many payments of the whole run; each of them is timed alone as well.
const DAY_MS: i64 = 24 * 3_600_000;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(dir) = args.iter().find(|arg| !arg.starts_with("--")) else {
        eprintln!(
            "usage: patterns DIR [--out FILE.csv] [--findings FILE.ndjson] [--warm-days N] [--rows N]"
        );
        std::process::exit(2);
    };
    let dir = Path::new(dir);
    let text = fundflow::read(dir, "tx.csv");
    let payments = read(&text);
    drop(text);
    let rows = option(&args, "--rows").map_or(usize::MAX, |n| n as usize);
    let warm_ms = payments.first().map_or(0, |first| first.at_ms)
        + option(&args, "--warm-days").unwrap_or(0) * DAY_MS;
    let warm = payments.partition_point(|payment| payment.at_ms < warm_ms);
    let payments = payments.get(..payments.len().min(warm.saturating_add(rows)));
    let payments = payments.unwrap_or_default();
    let mut report = measure(payments, warm);
    report["set"] = json!(dir.display().to_string());
    report["load1"] = json!(load());
    if let Some(out) = text_option(&args, "--out") {
        write_rows(payments, Path::new(out))?;
    }
    let findings = find(payments);
    if let Some(out) = text_option(&args, "--findings") {
        write_findings(&findings, Path::new(out))?;
    }
    report["findings"] = judge(dir, payments.len(), &findings);
    println!("{report}");
    Ok(())
}

fn read(text: &str) -> Vec<PatternPayment> {
    let account = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    fundflow::parse_payments(text)
        .map(|line| PatternPayment {
            at_ms: line.at_ms,
            from: account(line.from),
            to: account(line.to),
            minor: line.minor,
            channel: line.channel,
        })
        .collect()
}

/// The cost of the payments after the first `warm`: the whole in CPU time, each alone by the monotonic clock (a
/// system call for CPU time costs as much as a payment).
fn measure(payments: &[PatternPayment], warm: usize) -> Value {
    let mut engine = PatternEngine::new();
    let mut findings = Vec::new();
    let (head, tail) = payments.split_at(warm.min(payments.len()));
    for payment in head {
        findings.clear();
        engine.observe(payment, &mut findings);
    }
    let mut sum = 0_i64;
    let (mut steps, mut steps_max) = (0_u64, 0);
    let before = cpu_ns();
    for payment in tail {
        findings.clear();
        let row = engine.observe(payment, &mut findings);
        sum = sum.wrapping_add(row.values().iter().fold(0, |a, b| a ^ b));
        steps += u64::from(engine.steps_last());
        steps_max = steps_max.max(engine.steps_last());
    }
    let cpu = cpu_ns() - before;
    let memory = engine.memory();
    drop(engine);
    let mut ns = singly(head, tail);
    ns.sort_unstable();
    let at = |bp: usize| ns.get(ns.len().saturating_sub(1) * bp / 10_000);
    json!({
        "payments": tail.len(), "warm": head.len(), "features": FEATURES.len(), "checksum": sum,
        "cpu_s": cpu as f64 / 1e9,
        "payments_per_cpu_s": (tail.len() as f64 / (cpu as f64 / 1e9)).round(),
        "ns_p50": at(5_000), "ns_p99": at(9_900), "ns_p999": at(9_990), "ns_max": ns.last(),
        "steps_mean": steps as f64 / tail.len().max(1) as f64, "steps_max": steps_max,
        "steps_allowed": PatternEngine::STEPS_MAX,
        "payments_remembered": memory.payments,
        "bytes_per_payment_remembered": memory.payment_bytes / memory.payments.max(1),
        "accounts": memory.accounts,
        "bytes_per_account": memory.account_bytes / memory.accounts.max(1),
    })
}

fn singly(head: &[PatternPayment], tail: &[PatternPayment]) -> Vec<u32> {
    let mut engine = PatternEngine::new();
    let mut findings = Vec::new();
    for payment in head {
        findings.clear();
        engine.observe(payment, &mut findings);
    }
    let timed = tail.iter().map(|payment| {
        findings.clear();
        let before = std::time::Instant::now();
        std::hint::black_box(engine.observe(payment, &mut findings));
        u32::try_from(before.elapsed().as_nanos()).unwrap_or(u32::MAX)
    });
    timed.collect()
}

fn find(payments: &[PatternPayment]) -> Vec<Finding> {
    let mut engine = PatternEngine::new();
    let mut findings = Vec::new();
    for payment in payments {
        engine.observe(payment, &mut findings);
    }
    findings
}

fn write_rows(payments: &[PatternPayment], path: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let names: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    writeln!(out, "{}", names.join(","))?;
    let mut engine = PatternEngine::new();
    let mut findings = Vec::new();
    for payment in payments {
        findings.clear();
        let row: Features = engine.observe(payment, &mut findings);
        let values: Vec<String> = row.values().iter().map(i64::to_string).collect();
        writeln!(out, "{}", values.join(","))?;
    }
    out.flush()
}

fn write_findings(findings: &[Finding], path: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for finding in findings {
        let line = json!({
            "kind": finding.kind, "accounts": finding.accounts, "payments": finding.payments,
            "minor": finding.minor, "first_ms": finding.first_ms, "last_ms": finding.last_ms,
        });
        writeln!(out, "{line}")?;
    }
    out.flush()
}

/// For each kind: findings, how many have a planted payment at their end, planted payments covered.
fn judge(dir: &Path, payments: usize, findings: &[Finding]) -> Value {
    let mut planted = BTreeMap::new();
    if dir.join("truth_planted.csv").exists() {
        for row in fundflow::rows(&fundflow::read(dir, "truth_planted.csv")) {
            if let [tx, case, ..] = row.as_slice()
                && let (Ok(tx), Ok(case)) = (tx.parse::<u64>(), case.parse::<u32>())
                && tx < payments as u64
            {
                planted.insert(tx, case);
            }
        }
    }
    let mut kinds: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    let (mut covered, mut cases) = (BTreeSet::<u64>::new(), BTreeSet::<u32>::new());
    let (mut named, mut wrongly) = (BTreeSet::new(), 0);
    for finding in findings {
        let hits = finding
            .payments
            .iter()
            .filter(|tx| planted.contains_key(tx));
        let (count, right) = kinds.entry(finding.kind).or_default();
        *count += 1;
        *right += usize::from(hits.clone().count() * 2 >= finding.payments.len());
        covered.extend(hits.clone().copied());
        cases.extend(hits.filter_map(|tx| planted.get(tx).copied()));
        for payment in &finding.payments {
            if named.insert(payment) {
                wrongly += usize::from(!planted.contains_key(payment));
            }
        }
    }
    json!({
        "kinds": kinds.iter().map(|(kind, (count, right))| {
            (format!("{kind:?}"), json!({"findings": count, "half_planted": right}))
        }).collect::<BTreeMap<_, _>>(),
        "planted_payments": planted.len(), "planted_named": covered.len(),
        "payments_named": named.len(), "not_planted_named": wrongly,
        "cases": planted.values().collect::<BTreeSet<_>>().len(), "cases_named": cases.len(),
    })
}

fn text_option<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    let place = args.iter().position(|arg| arg == name)?;
    args.get(place + 1).map(String::as_str)
}

fn option(args: &[String], name: &str) -> Option<i64> {
    text_option(args, name)?.parse().ok()
}

fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split(' ').next().and_then(|first| first.parse().ok());
    first.unwrap_or(0.0)
}

/// CPU time of this thread.
fn cpu_ns() -> i64 {
    let spec = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has this clock");
    spec.tv_sec() * 1_000_000_000 + spec.tv_nsec()
}
