//! Nine exact windows (count, sum, distinct x 1 h, 24 h, 7 d) over 100,000 keys: events per second of thread CPU time,
//! time per event, memory; sampled answers are checked against a scan of everything that arrived.
//!
//! `cargo bench -p stanch-rules --bench windows` writes `bench/results/windows.json`; `WINDOW_EVENTS` (default 5,000,000) makes
//! it shorter, `WINDOW_ONLY` picks scenarios by a part of their name, `WINDOW_NO_PREFETCH` takes each event as it comes,
//! `WINDOW_NO_LATENCY` leaves the second pass out (for profilers). See `bench/windows.md`.

use std::collections::HashSet;
use std::error::Error;
use std::time::Instant;

use nix::time::{ClockId, clock_gettime};
use stanch_rules::ir::Aggregate;
use stanch_rules::window::{
    ColdChunks, FileChunks, GroupSpec, KeyHash, KeyHasher, Sample, ValueClass, WindowGroup,
    WindowLimits, WindowSpec, WindowValue,
};
use stanch_types::Duration;

const KEYS: usize = 100_000;
const PAYEES: usize = 50;
const HOUR_US: i64 = 3_600_000_000;
const WINDOWS_US: [i64; 3] = [HOUR_US, 24 * HOUR_US, 7 * 24 * HOUR_US];
const SAMPLES: usize = 300;
/// Keys prefetched at a time.
const AHEAD: usize = 16;

/// A kind of traffic.
#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    span_us: i64,
    /// Events arrive up to this much after they occurred.
    jitter_us: i64,
    /// Share of events on one key.
    hot_percent: u64,
    /// Bytes of raw events in memory; the rest goes to a file.
    hot_bytes: Option<usize>,
}

const SCENARIOS: [Scenario; 6] = [
    Scenario {
        name: "in order, 2 h",
        span_us: 2 * HOUR_US,
        jitter_us: 0,
        hot_percent: 0,
        hot_bytes: None,
    },
    Scenario {
        name: "late: 60 s jitter, 2 h",
        span_us: 2 * HOUR_US,
        jitter_us: 60_000_000,
        hot_percent: 0,
        hot_bytes: None,
    },
    Scenario {
        name: "hot late key: 10 % on one key, 60 s jitter, 2 h",
        span_us: 2 * HOUR_US,
        jitter_us: 60_000_000,
        hot_percent: 10,
        hot_bytes: None,
    },
    Scenario {
        name: "in order, 14 d (every window expires)",
        span_us: 14 * 24 * HOUR_US,
        jitter_us: 0,
        hot_percent: 0,
        hot_bytes: None,
    },
    Scenario {
        name: "hot very late key: 10 % on one key, 1 h jitter, 14 d",
        span_us: 14 * 24 * HOUR_US,
        jitter_us: HOUR_US,
        hot_percent: 10,
        hot_bytes: None,
    },
    Scenario {
        name: "cold: half of the raw events on disk, 10 % on one key, 60 s jitter, 14 d",
        span_us: 14 * 24 * HOUR_US,
        jitter_us: 60_000_000,
        hot_percent: 10,
        hot_bytes: Some(0),
    },
];

#[derive(Clone, Copy)]
struct Event {
    key: u32,
    payee: u32,
    at_us: i64,
    cents: i64,
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn events(scenario: Scenario, count: usize) -> Vec<Event> {
    let mut random = Random(88_172_645_463_325_252);
    let event = |ix: usize| {
        let arrives = ix as f64 * scenario.span_us as f64 / count as f64;
        let late = random.unit() * scenario.jitter_us as f64;
        Event {
            key: match random.next() % 100 < scenario.hot_percent {
                true => 0,
                false => (random.unit() * KEYS as f64) as u32,
            },
            payee: (random.next() % PAYEES as u64) as u32,
            at_us: (arrives - late) as i64,
            cents: (random.unit() * 500_000.0) as i64,
        }
    };
    (0..count).map(event).collect()
}

fn spec() -> GroupSpec {
    let mut specs = Vec::new();
    for window in WINDOWS_US {
        for (aggregate, column) in [
            (Aggregate::Count, None),
            (Aggregate::Sum, Some(0)),
            (Aggregate::Distinct, Some(1)),
        ] {
            specs.push(WindowSpec {
                aggregate,
                column,
                window: Duration::from_micros(window),
            });
        }
    }
    GroupSpec {
        columns: vec![ValueClass::Money, ValueClass::Text],
        specs,
    }
}

fn thread_cpu_ns() -> u64 {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(0, |time| {
        time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
    })
}

fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096
}

/// What drives a group.
struct Driver {
    group: WindowGroup,
    set: stanch_rules::window::ReadSet,
    keys: Vec<KeyHash>,
    payees: Vec<String>,
    answers: [WindowValue; 9],
    no_prefetch: bool,
}

impl Driver {
    fn new(hot: Option<(usize, &std::path::Path)>) -> Result<Self, Box<dyn Error>> {
        let mut limits = WindowLimits {
            lateness: Duration::from_hours(2),
            ..WindowLimits::default()
        };
        let mut cold: Option<Box<dyn ColdChunks>> = None;
        if let Some((bytes, folder)) = hot {
            limits.hot_bytes = bytes;
            cold = Some(Box::new(FileChunks::new(folder)?));
        }
        let group = WindowGroup::new(spec(), limits, cold)?;
        let mut hasher = KeyHasher::new();
        let key = |ix| hasher.text(&format!("A{ix:08}")).finish();
        Ok(Self {
            set: group.read_set(&[0, 1, 2, 3, 4, 5, 6, 7, 8])?,
            group,
            keys: (0..KEYS).map(key).collect(),
            payees: (0..PAYEES).map(|ix| format!("P{ix:08}")).collect(),
            answers: Default::default(),
            no_prefetch: std::env::var_os("WINDOW_NO_PREFETCH").is_some(),
        })
    }

    /// At every sixteenth event, prefetches the keys of it and the fifteen after it.
    fn look_ahead(&mut self, events: &[Event], ix: usize) {
        if ix.is_multiple_of(AHEAD) && !self.no_prefetch {
            let mut keys = [KeyHash(0); AHEAD];
            for (key, event) in keys.iter_mut().zip(&events[ix..]) {
                *key = self.keys[event.key as usize];
            }
            self.group.prefetch(&keys);
        }
    }

    fn take(&mut self, arrives_us: i64, event: Event) -> Result<(), Box<dyn Error>> {
        self.group.advance(arrives_us);
        let values = [
            Sample::Int(event.cents),
            Sample::Text(&self.payees[event.payee as usize]),
        ];
        let key = self.keys[event.key as usize];
        let answers = &mut self.answers;
        self.group
            .push_and_read(key, event.at_us, &values, &self.set, answers)?;
        Ok(())
    }
}

fn run(scenario: Scenario, count: usize) -> Result<serde_json::Value, Box<dyn Error>> {
    let events = events(scenario, count);
    let arrives = |ix: usize| (ix as f64 * scenario.span_us as f64 / count as f64) as i64;
    let folder = tempfile::tempdir()?;
    let before = resident_bytes();
    let raw_bytes = count / 2 * 40;
    let budget = scenario.hot_bytes.map(|_| (raw_bytes / 2, folder.path()));
    let mut driver = Driver::new(budget)?;
    let mut samples = Vec::new();
    let (cpu, wall) = (thread_cpu_ns(), Instant::now());
    for (ix, event) in events.iter().enumerate() {
        driver.look_ahead(&events, ix);
        driver.take(arrives(ix), *event)?;
        if ix % (count / SAMPLES).max(1) == 0 {
            samples.push((ix, driver.answers.clone()));
        }
    }
    let (cpu, wall) = (thread_cpu_ns() - cpu, wall.elapsed());
    let resident = resident_bytes().saturating_sub(before);
    let counters = driver.group.counters();
    let (cold_reads, cold_writes) = driver.group.cold_traffic();
    let (keys, bytes) = (driver.group.keys(), driver.group.bytes_used());
    drop(driver);
    let wrong: usize = samples
        .iter()
        .map(|(ix, got)| differences(&events, *ix, got))
        .sum();
    let mut result = serde_json::json!({
        "scenario": scenario.name,
        "events": count,
        "events_per_cpu_s": (count as f64 * 1e9 / cpu as f64).round(),
        "ns_cpu_per_event": (cpu as f64 / count as f64).round(),
        "wall_s": wall.as_secs_f64(),
        "late_percent": counters.pushes_late as f64 * 100.0 / count as f64,
        "answers_checked": samples.len() * 9,
        "answers_wrong": wrong,
        "keys": keys,
        "bytes_per_key": bytes / keys.max(1),
        "bytes_per_million_events_pushed": bytes as u64 * 1_000_000 / count as u64,
        "resident_bytes": resident,
        "bytes_used": bytes,
        "cold_reads": cold_reads,
        "cold_writes": cold_writes,
    });
    if let Some(fields) = result.as_object_mut()
        && std::env::var_os("WINDOW_NO_LATENCY").is_none()
    {
        let folder = tempfile::tempdir()?;
        let budget = budget.map(|(bytes, _)| (bytes, folder.path()));
        fields.insert(
            "latency".to_owned(),
            latencies(&events, arrives, Driver::new(budget)?)?,
        );
    }
    Ok(result)
}

/// A second pass with the thread's CPU clock read around each event, which itself costs the time given.
fn latencies(
    events: &[Event],
    arrives: impl Fn(usize) -> i64,
    mut driver: Driver,
) -> Result<serde_json::Value, Box<dyn Error>> {
    let mut clock: Vec<u64> = (0..10_001).map(|_| thread_cpu_ns()).collect();
    clock = clock.windows(2).map(|pair| pair[1] - pair[0]).collect();
    clock.sort_unstable();
    let (mut hot, mut all) = (Vec::new(), Vec::with_capacity(events.len()));
    for (ix, event) in events.iter().enumerate() {
        let start = thread_cpu_ns();
        driver.take(arrives(ix), *event)?;
        let spent = thread_cpu_ns() - start;
        all.push(spent);
        if event.key == 0 {
            hot.push(spent);
        }
    }
    Ok(serde_json::json!({
        "clock_ns": clock[clock.len() / 2],
        "all": quantiles(&mut all),
        "key_0": quantiles(&mut hot),
    }))
}

fn quantiles(values: &mut [u64]) -> serde_json::Value {
    values.sort_unstable();
    let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
    serde_json::json!({
        "events": values.len(),
        "p50_ns": at(0.5),
        "p99_ns": at(0.99),
        "p999_ns": at(0.999),
        "max_ns": at(1.0),
    })
}

/// How many of the nine answers differ from a scan of what had arrived.
fn differences(events: &[Event], ix: usize, got: &[WindowValue; 9]) -> usize {
    let own = events[ix];
    let mut wrong = 0;
    for (window, got) in WINDOWS_US.iter().zip(got.chunks(3)) {
        let inside = events[..=ix].iter().filter(|event| {
            event.key == own.key && event.at_us <= own.at_us && event.at_us > own.at_us - window
        });
        let (mut count, mut sum, mut payees) = (0, 0, HashSet::new());
        for event in inside {
            count += 1;
            sum += event.cents;
            payees.insert(event.payee);
        }
        let expected = [count, sum, payees.len() as i64].map(WindowValue::Int);
        wrong += got
            .iter()
            .zip(&expected)
            .filter(|(got, expected)| got != expected)
            .count();
    }
    wrong
}

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo test --benches` passes `--test`; there is nothing to check then.
    if std::env::args().any(|word| word == "--test") {
        return Ok(());
    }
    let count = std::env::var("WINDOW_EVENTS").map_or(Ok(5_000_000), |text| text.parse())?;
    let only = std::env::var("WINDOW_ONLY").unwrap_or_default();
    let mut runs = Vec::new();
    for scenario in SCENARIOS
        .into_iter()
        .filter(|scenario| scenario.name.contains(&only))
    {
        let result = run(scenario, count)?;
        println!("{result:#}");
        runs.push(result);
    }
    let text = |program: &str, words: &[&str]| {
        let output = std::process::Command::new(program).args(words).output();
        let output = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        output.unwrap_or_default()
    };
    let result = serde_json::json!({
        "what": "9 exact windows: count, sum, distinct x 1 h, 24 h, 7 d; push, then read all nine",
        "command": "cargo bench -p stanch-rules --bench windows",
        "machine": text("sh", &["-c", "uname -srm; nproc; grep -m1 'model name' /proc/cpuinfo"]),
        "commit": text("git", &["rev-parse", "--short", "HEAD"]),
        "load_average": text("cat", &["/proc/loadavg"]),
        "runs": runs,
    });
    if only.is_empty() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../bench/results/windows.json"
        );
        std::fs::write(path, serde_json::to_string_pretty(&result)? + "\n")?;
    }
    Ok(())
}
