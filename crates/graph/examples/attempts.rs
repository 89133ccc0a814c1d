//! `zcat HI-Small_Patterns.txt.gz | attempts [DIR]`: names every laundering attempt of an IBM AML patterns file by its
//! structure and prints how many of each type were named right. With a folder of `fundflow_gen.py`, whose payments
//! become the background (booked in the attempts' weeks, to the minute; every tenth of its accounts is one of the
//! attempts'), also takes everything through the pattern engine and says for how many attempts a finding of
//! each kind names at least half of the payments.

#[path = "../tests/it/fundflow.rs"]
#[expect(
    dead_code,
    reason = "shared with the traces' tests: only its readers are used here"
)]
mod fundflow;

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::Path;

use serde_json::json;
use stanch_graph::{PatternEngine, PatternKind, PatternPayment, name_pattern};
use stanch_types::Channel;

/// 2022-09-01T00:00:00Z.
const START_MS: i64 = 1_661_990_400_000;
const MINUTE_MS: i64 = 60_000;
const BACKGROUND_START_MS: i64 = 1_772_380_800_000;

struct Attempt {
    kind: String,
    payments: Vec<PatternPayment>,
}

fn main() -> std::io::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut numbers = HashMap::new();
    let attempts = read(&text, &mut numbers);
    let mut table: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    for attempt in &attempts {
        let named = name_pattern(&attempt.payments).map_or("none", word);
        let (count, right) = table.entry(&attempt.kind).or_default();
        *count += 1;
        *right += usize::from(named == attempt.kind);
        if named != attempt.kind {
            let size = attempt.payments.len().min(3);
            let more = if size == 3 {
                "3+"
            } else {
                ["0", "1", "2"][size]
            };
            let what = format!("{} of {more} named {named}", attempt.kind);
            *wrong.entry(what).or_default() += 1;
        }
    }
    let right: usize = table.values().map(|(_, right)| right).sum();
    println!(
        "{}",
        json!({"attempts": attempts.len(), "right": right, "by_type": table, "wrong": wrong})
    );
    if let Some(dir) = std::env::args().nth(1) {
        plant(&attempts, Path::new(&dir), numbers.len());
    }
    Ok(())
}

fn word(kind: PatternKind) -> &'static str {
    match kind {
        PatternKind::FanIn => "FAN-IN",
        PatternKind::FanOut => "FAN-OUT",
        PatternKind::ScatterGather => "SCATTER-GATHER",
        PatternKind::GatherScatter | PatternKind::WaterRoom => "GATHER-SCATTER",
        PatternKind::Cycle => "CYCLE",
        PatternKind::Bipartite => "BIPARTITE",
        PatternKind::Stack => "STACK",
        PatternKind::Random | PatternKind::PassThrough => "RANDOM",
        PatternKind::FundLaundering | PatternKind::PosCashOut => "OTHER",
    }
}

fn read(text: &str, numbers: &mut HashMap<(String, String), u32>) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("BEGIN LAUNDERING ATTEMPT - ") {
            let kind = rest.split(':').next().unwrap_or(rest).trim().to_owned();
            attempts.push(Attempt {
                kind,
                payments: Vec::new(),
            });
        } else if let Some(payment) = payment(line, numbers)
            && let Some(attempt) = attempts.last_mut()
        {
            attempt.payments.push(payment);
        }
    }
    attempts
}

fn payment(line: &str, numbers: &mut HashMap<(String, String), u32>) -> Option<PatternPayment> {
    let fields: Vec<&str> = line.split(',').collect();
    let [at, from_bank, from, to_bank, to, _, _, paid, ..] = fields.as_slice() else {
        return None;
    };
    let mut number = |bank: &str, account: &str| {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers
            .entry((bank.to_owned(), account.to_owned()))
            .or_insert(next)
    };
    // 2022/09/DD HH:MM
    let digits = |range: std::ops::Range<usize>| at.get(range)?.parse::<i64>().ok();
    let minutes = ((digits(8..10)? - 1) * 24 + digits(11..13)?) * 60 + digits(14..16)?;
    Some(PatternPayment {
        at_ms: START_MS + minutes * MINUTE_MS,
        from: number(from_bank, from),
        to: number(to_bank, to),
        minor: paid.replace('.', "").parse().ok()?,
        channel: Channel::Transfer,
    })
}

fn plant(attempts: &[Attempt], dir: &Path, planted: usize) {
    let planted = u32::try_from(planted).unwrap_or(u32::MAX);
    let text = fundflow::read(dir, "tx.csv");
    let mut all: Vec<(PatternPayment, Option<usize>)> = Vec::new();
    for line in fundflow::parse_payments(&text) {
        let account = |number: usize| {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            // Planted accounts lead a life of their own: every tenth account of the background is one.
            if number % 10 == 0 && number / 10 < planted {
                number / 10
            } else {
                planted + number
            }
        };
        let minutes = (line.at_ms - BACKGROUND_START_MS) / MINUTE_MS;
        let payment = PatternPayment {
            at_ms: START_MS + minutes * MINUTE_MS,
            from: account(line.from),
            to: account(line.to),
            minor: line.minor,
            channel: line.channel,
        };
        if payment.from != payment.to {
            all.push((payment, None));
        }
    }
    for (place, attempt) in attempts.iter().enumerate() {
        all.extend(
            attempt
                .payments
                .iter()
                .map(|payment| (*payment, Some(place))),
        );
    }
    all.sort_by_key(|(payment, _)| payment.at_ms);
    let mut engine = PatternEngine::new();
    let mut findings = Vec::new();
    for (payment, _) in &all {
        engine.observe(payment, &mut findings);
    }
    let mut named: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for finding in &findings {
        let mut shares: BTreeMap<usize, usize> = BTreeMap::new();
        for number in &finding.payments {
            if let Some((_, Some(attempt))) = all.get(*number as usize) {
                *shares.entry(*attempt).or_default() += 1;
            }
        }
        for (attempt, share) in shares {
            let best = named.entry((attempt, word(finding.kind))).or_default();
            *best = share.max(*best);
        }
    }
    let mut table: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    for (place, attempt) in attempts.iter().enumerate() {
        let half = attempt.payments.len().div_ceil(2);
        let right = named.get(&(place, attempt.kind.as_str()));
        let any = named
            .range((place, "")..(place + 1, ""))
            .any(|(_, share)| *share >= half);
        let (count, found, found_any) = table.entry(&attempt.kind).or_default();
        *count += 1;
        *found += usize::from(right.is_some_and(|share| *share >= half));
        *found_any += usize::from(any);
    }
    println!(
        "{}",
        json!({"payments": all.len(), "findings": findings.len(),
               "type: attempts, half found under the right name, half found under any": table})
    );
}
