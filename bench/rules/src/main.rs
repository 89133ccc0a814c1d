//! 100 rules over a 33-field event: Stanch beside cel, zen-expression and rhai, in one run.
//!
//! The rule set and the events are those of the yardstick kept with the project's bench material. Thread CPU time,
//! least of several passes over 2,000 events; every engine must find the same hits. Prints one JSON line.

mod lists;
mod peers;
mod set;
mod stanch;

use std::hint::black_box;

/// One measurement.
pub struct Line {
    pub what: &'static str,
    pub ns_per_event: f64,
    pub hits: u64,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let passes: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(9);
    let events = set::events(2_000);
    let mut lines = stanch::measure(&events, passes);
    lines.extend(peers::measure(&events, passes));
    let hits: Vec<u64> = lines.iter().map(|line| line.hits).filter(|hits| *hits > 0).collect();
    assert!(hits.windows(2).all(|pair| pair[0] == pair[1]), "hits differ: {hits:?}");
    let (lists, list_lines) = lists::measure(passes.min(3));
    lines.extend(list_lines);
    let rules = set::rules(set::Dialect::Cel).len();
    let measured: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| {
            serde_json::json!({
                "what": line.what,
                "us_per_event": (line.ns_per_event).round() / 1e3,
                "ns_per_rule": (line.ns_per_event / rules as f64 * 10.0).round() / 10.0,
                "events_per_cpu_s": (1e9 / line.ns_per_event).round(),
                "hits": line.hits,
            })
        })
        .collect();
    let answer = serde_json::json!({
        "bench": "rules", "events": events.len(), "rules": rules, "fields": 33, "passes": passes,
        "cpu": "thread CPU time, least of the passes", "lines": measured,
        "lists_of_1_m": lists.iter().map(|list| serde_json::json!({
            "kind": list.kind,
            "bytes_per_entry": (list.bytes_per_entry * 10.0).round() / 10.0,
            "load_ms": list.load_ms.round(),
            "resident_bytes_per_entry": list.resident_bytes_per_entry.round(),
        })).collect::<Vec<_>>(),
    });
    println!("{answer}");
}

/// Least thread CPU time per event over the passes, and the hits.
pub fn best(what: &'static str, events: usize, passes: usize, mut run: impl FnMut() -> u64) -> Line {
    let mut least = u64::MAX;
    let mut hits = 0;
    for _ in 0..passes {
        let from = cpu_ns();
        hits = black_box(run());
        least = least.min(cpu_ns() - from);
    }
    let ns_per_event = least as f64 / events as f64;
    eprintln!("{what:<60} {:>9.3} us/event  hits={hits}", ns_per_event / 1e3);
    Line { what, ns_per_event, hits }
}

/// CPU time of this thread.
pub fn cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}
