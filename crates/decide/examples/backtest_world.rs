//! Makes what the bench of backtests runs on (`bench/backtest.md`), the same for the same seed:
//!
//! ```text
//! backtest_world policy DIR             a policy of 100 rules over 9 windows (count, sum, distinct x 1 h, 24 h, 7 d)
//! backtest_world events COUNT SEED      events, one a line, on stdout: 100,000 payers, one in ten events on a hot one,
//!                                       6 % late by up to a minute, 30 days for 10 M
//! backtest_world log DIR COUNT SEED     the same events as a decision log in DIR/log/decisions, blocks of 2,048
//! ```

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use stanch_decide::{encode_events, packer};
use stanch_stream::{EmbeddedLog, EventLog, LogConfig, NewBlock};
use stanch_types::Timestamp;

/// 2026-03-01T00:00:00Z.
const START_US: i64 = 1_772_323_200_000_000;
/// Between events: 30 days for 10 M.
const STEP_US: u64 = 259_200;
/// Events of a block.
const BLOCK: usize = 2_048;

const CHANNELS: [&str; 5] = ["bank", "wallet", "fund", "pos", "cash"];
const COUNTRIES: [&str; 8] = ["CN", "CN", "CN", "CN", "MM", "KH", "PH", "US"];
const SYSTEMS: [&str; 4] = ["android", "ios", "windows", "harmony"];
const WORDS: [&str; 12] = [
    "rent",
    "dinner",
    "refund",
    "deposit",
    "guarantee",
    "unfreeze",
    "invest",
    "school",
    "gift",
    "loan",
    "meeting",
    "tax",
];

/// A generator of numbers that is the same everywhere (xorshift64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }

    fn of<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let sides = u64::try_from(from.len()).unwrap_or(1);
        let at = usize::try_from(self.below(sides)).unwrap_or(0);
        from.get(at).copied().unwrap_or_default()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["policy", dir] => {
            std::fs::create_dir_all(dir)?;
            std::fs::write(Path::new(dir).join("all.policy"), policy()?)?;
        }
        ["events", count, seed] => {
            let mut out = std::io::BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
            each_event(count.parse()?, seed.parse()?, |_, line| {
                out.write_all(line)?;
                Ok(out.write_all(b"\n")?)
            })?;
            out.flush()?;
        }
        ["log", dir, count, seed] => make_log(Path::new(dir), count.parse()?, seed.parse()?)?,
        _ => return Err("policy DIR | events COUNT SEED | log DIR COUNT SEED".into()),
    }
    Ok(())
}

fn make_log(dir: &Path, count: u64, seed: u64) -> Result<(), Box<dyn Error>> {
    let log = EmbeddedLog::open(&dir.join("log/decisions"), LogConfig::default())?;
    let mut lines: Vec<Vec<u8>> = Vec::with_capacity(BLOCK);
    let mut packer = packer()?;
    let mut append = |lines: &[Vec<u8>], at: i64| -> Result<(), Box<dyn Error>> {
        let sealed_at = Timestamp::from_micros(at);
        let payload = encode_events(&mut packer, sealed_at, lines.iter().map(Vec::as_slice));
        log.append(NewBlock {
            payload: &payload,
            expected: None,
            dedup: None,
        })?;
        Ok(())
    };
    let mut last = START_US;
    each_event(count, seed, |at, line| {
        last = at;
        lines.push(line.to_vec());
        if lines.len() == BLOCK {
            append(&lines, at)?;
            lines.clear();
        }
        Ok(())
    })?;
    if !lines.is_empty() {
        append(&lines, last)?;
    }
    Ok(())
}

/// Gives `take` each event with the time it arrives.
fn each_event(
    count: u64,
    seed: u64,
    mut take: impl FnMut(i64, &[u8]) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut dice = Dice(seed | 1);
    let mut line = String::new();
    for number in 0..count {
        let arrives = START_US.saturating_add_unsigned(number * STEP_US);
        let late = if dice.below(100) < 6 {
            dice.below(60_000_000)
        } else {
            0
        };
        let occurred = arrives.saturating_sub_unsigned(late);
        let hot = dice.below(10) == 0;
        let payer = if hot { 7 } else { dice.below(100_000) };
        line.clear();
        write_event(&mut line, &mut dice, number, occurred, payer)?;
        take(arrives, line.as_bytes())?;
    }
    Ok(())
}

fn write_event(
    line: &mut String,
    dice: &mut Dice,
    number: u64,
    occurred: i64,
    payer: u64,
) -> Result<(), Box<dyn Error>> {
    // Fraud is 1 in 200 and looks like it: larger, to new payees, from risky addresses.
    let is_fraud = dice.below(200) == 0;
    let label = match (is_fraud, dice.below(10)) {
        (true, 0..8) => r#","label":"fraud""#,
        (false, 0) => r#","label":"good""#,
        _ => "",
    };
    let unit = dice.below(1_000);
    let minor = unit * unit * if is_fraud { 9 } else { 2 } + 100;
    let risk = dice.below(if is_fraud { 1_000 } else { 600 });
    write!(
        line,
        r#"{{"event_id":"e-{number:09}","kind":"payment","occurred_at":{occurred}{label},"data":{{"payer":"A-{payer:06}","payee":"B-{:06}","amount":{{"currency":"CNY","minor":{minor}}},"channel":"{}","device":"d-{:08}","ip":"10.{}.{}.{}","country":"{}","ip_country":"{}","device_os":"{}","account_age_days":{},"device_age_days":{},"failed_logins_1h":{},"balance":{{"currency":"CNY","minor":{}}},"ip_risk":0.{risk:03},"model_score":0.{:03},"chat_minutes":{},"is_new_payee":{},"is_vpn":{},"remote_control":{},"note":"{} {}"}}}}"#,
        dice.below(200_000),
        dice.of(&CHANNELS),
        payer * 3 + dice.below(2),
        dice.below(256),
        dice.below(256),
        dice.below(256),
        dice.of(&COUNTRIES),
        dice.of(&COUNTRIES),
        dice.of(&SYSTEMS),
        dice.below(if is_fraud { 90 } else { 900 }),
        dice.below(400),
        dice.below(if is_fraud { 6 } else { 3 }),
        dice.below(9_000_000),
        dice.below(1_000).max(risk),
        dice.below(90),
        is_fraud || dice.below(5) == 0,
        dice.below(10) == 0,
        dice.below(if is_fraud { 4 } else { 200 }) == 0,
        dice.of(&WORDS),
        dice.of(&WORDS),
    )?;
    Ok(())
}

/// 50 conditions on counts, sums and different payees of three windows.
fn window_rules() -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    for i in 0..50 {
        let window = ["1h", "24h", "7d"].get(i % 3).copied().unwrap_or("1h");
        rules.push(match i % 5 {
            0 => format!(
                "count_{window}(event.payer) > {} && event.ip_risk > 0.{}",
                20 + 3 * i,
                3 + i % 6
            ),
            1 => format!(
                "sum_{window}(event.payer) > money(\"CNY\", \"{}\") && event.is_new_payee",
                90_000 + 9_000 * i
            ),
            2 => format!(
                "payees_{window}(event.payer) > {} && event.account_age_days < {}",
                15 + 2 * i,
                60 + i
            ),
            3 => format!(
                "count_{window}(event.payer) > {} && event.amount > money(\"CNY\", \"{}\")",
                10 + i,
                30_000 + 1_000 * i
            ),
            _ => format!(
                "payees_{window}(event.payer) > {} && event.remote_control",
                4 + i
            ),
        });
    }
    rules
}

/// 100 rules: 50 over windows, 20 conjunctions of numbers, 10 equalities, 10 in a list, 10 of texts.
fn policy() -> Result<String, Box<dyn Error>> {
    let mut text = String::from(
        "event payment {\n  retention 90d\n  payer string key personal\n  payee string key personal\n  amount money(CNY)\n  channel enum { bank, wallet, fund, pos, cash }\n  device string key\n  ip string\n  country string\n  ip_country string\n  device_os string\n  account_age_days int\n  device_age_days int\n  failed_logins_1h int\n  balance money(CNY)\n  ip_risk double\n  model_score double\n  chat_minutes int\n  is_new_payee bool\n  is_vpn bool\n  remote_control bool\n  note string\n}\n",
    );
    for window in ["1h", "24h", "7d"] {
        for (name, aggregate) in [
            ("count", "count()"),
            ("sum", "sum(event.amount)"),
            ("payees", "distinct(event.payee)"),
        ] {
            writeln!(
                text,
                "feature {name}_{window} = {aggregate} of payment by event.payer over {window} including self"
            )?;
        }
    }
    let mut rules = window_rules();
    for i in 0..20 {
        rules.push(format!(
            "event.amount > money(\"CNY\", \"{}\") && event.failed_logins_1h >= {} && event.account_age_days < {}",
            20_000 + 2_000 * i, 1 + i % 4, 30 + 9 * i
        ));
    }
    for i in 0..10 {
        let (channel, system) = (CHANNELS.get(i % 5), SYSTEMS.get(i % 4));
        rules.push(format!(
            "event.channel == \"{}\" && event.device_os == \"{}\" && event.ip_risk > 0.9{i}",
            channel.unwrap_or(&""),
            system.unwrap_or(&"")
        ));
    }
    for i in 0..10 {
        rules.push(format!(
            "event.ip_country in [\"MM\", \"KH\", \"PH\"] && event.model_score > 0.9{i} && event.is_vpn"
        ));
    }
    for i in 0..10 {
        let word = WORDS.get(2 + i).copied().unwrap_or_default();
        rules.push(format!(
            "event.note.contains(\"{word}\") && event.remote_control && event.is_new_payee"
        ));
    }
    let decisions = ["review", "hold for 24h", "warn", "block", "delay for 1h"];
    for (i, condition) in rules.iter().enumerate() {
        let decision = decisions.get(i % 5).copied().unwrap_or("review");
        writeln!(
            text,
            "rule r{i:03} on payment {{\n  when {condition}\n  then {decision}\n  owner \"bench\"\n  reason zh \"规则 {i}\" en \"rule {i}\"\n}}"
        )?;
    }
    text.push_str("ruleset all_rules on payment { mode all use * }\n");
    Ok(text)
}
