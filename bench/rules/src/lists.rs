//! Lists of a million: bytes and time of a look-up.

use std::fmt::Write;

use stanch_rules::{FeatureValues, Policy, PolicyFiles};

use crate::{Line, best, cpu_ns};

const ENTRIES: u64 = 1_000_000;

/// What a list of a million costs besides look-ups.
pub struct Loaded {
    pub kind: &'static str,
    /// Bytes of the look-up structure.
    pub bytes_per_entry: f64,
    /// Thread CPU time from files to a policy ready to decide.
    pub load_ms: f64,
    /// Growth of the process's resident memory by loading: look-up structure and the entries as they were written.
    pub resident_bytes_per_entry: f64,
}

/// Loading each kind of list, and what deciding by one look-up costs.
pub fn measure(passes: usize) -> (Vec<Loaded>, Vec<Line>) {
    let phone = |n: u64| format!("1{:010}", 3_000_000_000 + n * 5_999 % 7_000_000_000);
    let account = |n: u64| format!("62{:015}", n * 7_919 % 1_000_000_000_000_000);
    let network = |n: u64| format!("{}.{}.{}.0/24", 1 + n % 223, n / 223 % 256, n / 57_088 % 256);
    let domain = |n: u64| format!("d{:x}.example{}.com", n.wrapping_mul(0x9E37_79B9) % (1 << 32), n % 97);
    let kinds: [(&'static str, &str, &dyn Fn(u64) -> String); 4] = [
        ("phone", "13912345678", &phone),
        ("account", "6217000000000012345", &account),
        ("cidr", "203.0.113.9", &network),
        ("domain", "a.b.shop.example.org", &domain),
    ];
    let mut loaded = Vec::new();
    let mut lines = Vec::new();
    for (kind, value, entry) in kinds {
        let mut file = String::new();
        for n in 0..ENTRIES {
            let _ = writeln!(file, "{}", entry(n));
        }
        let text = format!(
            "event e {{ retention 1d\n v string }}\nlist l {kind} {{ file \"l.csv\" }}\n\
             rule r on e {{ when event.v in l then review owner \"o\" reason zh \"一\" en \"one\" }}\n\
             ruleset all on e {{ mode all use * }}\n"
        );
        let files = [("a.policy".to_owned(), text.into_bytes()), ("l.csv".to_owned(), file.clone().into_bytes())];
        drop(file);
        let files = PolicyFiles::new(files).unwrap();
        let (before, from) = (resident_bytes(), cpu_ns());
        let policy = Policy::load(&files).unwrap_or_else(|found| {
            panic!("{}", stanch_rules::diagnostic::render::to_text(&found));
        });
        let load_ms = (cpu_ns() - from) as f64 / 1e6;
        loaded.push(Loaded {
            kind,
            bytes_per_entry: policy.engine().list_bytes_used() as f64 / ENTRIES as f64,
            load_ms,
            resident_bytes_per_entry: (resident_bytes() - before) / ENTRIES as f64,
        });
        let decode = |value: &str| {
            let line = format!(r#"{{"event_id":"e","kind":"e","occurred_at":1,"data":{{"v":"{value}"}}}}"#);
            policy.decode(line.as_bytes()).unwrap()
        };
        let events: Vec<_> = (0..20_000)
            .map(|n| decode(&if n % 2 == 0 { value.to_owned() } else { entry(n * 47 % ENTRIES) }))
            .collect();
        let none = FeatureValues::default();
        let what = match kind {
            "phone" => "stanch: decide by one list of 1 M phones",
            "account" => "stanch: decide by one list of 1 M accounts",
            "cidr" => "stanch: decide by one list of 1 M networks",
            _ => "stanch: decide by one list of 1 M domains",
        };
        let mut line = best(what, events.len(), passes, || {
            events.iter().map(|event| policy.decide(event, &none).fired.len() as u64).sum()
        });
        // Other events than the rules': not to be compared with their hits.
        line.hits = 0;
        lines.push(line);
    }
    (loaded, lines)
}

/// Memory of this process that is in RAM.
fn resident_bytes() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap() * 4096.0
}
