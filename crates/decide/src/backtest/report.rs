//! From counts to the report.

use std::collections::BTreeMap;

use stanch_rules::Policy;
use stanch_types::backtest::{
    Alerts, BacktestReport, Change, Comparison, Examples, Hits, Labelled, Overlap, RuleReport,
    RulesetReport,
};
use stanch_types::{Currency, Duration, Timestamp};

use super::BacktestRange;
use super::count::{Counts, DayCounts, Firsts, RuleCounts, SetCounts, Tally, WAYS, is_alert};
use crate::record::{DECISIONS, decision_of_byte, decision_word};

/// Most pairs of rules in a report.
const OVERLAP_MAX: usize = 1_000;
/// Basis points of the whole.
const WHOLE_BP: u64 = 10_000;

/// The report of a backtest of `policy`.
pub(super) fn report(
    policy: &Policy,
    other: Option<&Policy>,
    range: &BacktestRange,
    counts: &Counts,
) -> BacktestReport {
    let program = policy.program();
    let fraud = counts.fraud;
    let rules = program.rules.iter().zip(&counts.rules);
    let sets = program.rulesets.iter().zip(&counts.sets).enumerate();
    BacktestReport {
        policy: policy.hash().to_string(),
        from: range.from,
        to: range.to,
        events_read: counts.read,
        events_unfit: counts.unfit,
        events_judged: counts.judged,
        labelled: Labelled {
            fraud,
            good: counts.good,
        },
        decisions: by_word(&counts.decisions),
        stopped: hits(&counts.stopped, fraud),
        alerts: alerts(counts, range.capacity_a_day),
        rulesets: sets
            .map(|(at, (set, own))| ruleset(&set.name, at, own, counts))
            .collect(),
        rules: rules.map(|(rule, own)| of_rule(rule, own, fraud)).collect(),
        overlap: overlap(program, counts),
        against: other.map(|other| comparison(other, counts)),
    }
}

fn hits(tally: &Tally, all_fraud: u64) -> Hits {
    let share = |part: u64, whole: u64| (whole > 0).then(|| part * WHOLE_BP / whole);
    let code = |bytes: [u8; 3]| {
        let currency = Currency::from_bytes(bytes);
        currency.map_or_else(|_| String::new(), |currency| currency.code().to_owned())
    };
    Hits {
        events: tally.events,
        fraud: tally.fraud,
        good: tally.good,
        precision_bp: share(tally.fraud, tally.fraud + tally.good),
        recall_bp: share(tally.fraud, all_fraud),
        amount_minor: (tally.sums.iter())
            .map(|(currency, all, _)| (code(*currency), *all))
            .collect(),
        fraud_amount_minor: (tally.sums.iter())
            .filter(|(.., fraud)| *fraud != 0)
            .map(|(currency, _, fraud)| (code(*currency), *fraud))
            .collect(),
    }
}

fn of_rule(rule: &stanch_rules::ir::Rule, own: &RuleCounts, all_fraud: u64) -> RuleReport {
    RuleReport {
        rule: rule.name.to_string(),
        owner: rule.owner.to_string(),
        decision: decision_word(rule.decision).to_owned(),
        fired: hits(&own.fired, all_fraud),
        alone: own.alone,
        fraud_alone: own.fraud_alone,
        examples: examples(&own.firsts),
    }
}

fn ruleset(name: &str, at: usize, own: &SetCounts, counts: &Counts) -> RulesetReport {
    let of_day = |day: &DayCounts| day.set_alerts.get(at).copied().unwrap_or_default();
    let alerts = DECISIONS.iter().zip(own.decisions);
    RulesetReport {
        ruleset: name.to_owned(),
        fired: hits(&own.fired, counts.fraud),
        decisions: by_word(&own.decisions),
        stopped: hits(&own.stopped, counts.fraud),
        alerts: alerts
            .filter(|(decision, _)| is_alert(**decision))
            .map(|(_, count)| count)
            .sum(),
        alerts_a_day_max: counts.days.values().map(of_day).max().unwrap_or_default(),
        examples: examples(&own.firsts),
    }
}

fn by_word(counts: &[u64; DECISIONS.len()]) -> BTreeMap<String, u64> {
    let words = DECISIONS.iter().zip(counts);
    words
        .filter(|(_, count)| **count > 0)
        .map(|(decision, count)| (decision_word(*decision).to_owned(), *count))
        .collect()
}

fn examples(firsts: &Firsts) -> Examples {
    let ids = |firsts: &[(u64, String)]| firsts.iter().map(|(_, id)| id.clone()).collect();
    Examples {
        fraud: ids(&firsts.fraud),
        good: ids(&firsts.good),
        unlabelled: ids(&firsts.unlabelled),
    }
}

fn alerts(counts: &Counts, capacity_a_day: Option<u64>) -> Alerts {
    let days = || counts.days.values().map(|day| day.alerts);
    let count = u64::try_from(counts.days.len()).unwrap_or(u64::MAX);
    let total: u64 = days().sum();
    Alerts {
        total,
        days: count,
        a_day_mean: total.div_ceil(count.max(1)),
        a_day_max: days().max().unwrap_or_default(),
        capacity_a_day,
        days_over_capacity: capacity_a_day.map(|capacity| {
            let over = days().filter(|alerts| *alerts > capacity).count();
            u64::try_from(over).unwrap_or(u64::MAX)
        }),
        by_day: (counts.days.iter())
            .map(|(day, own)| (date(*day), own.alerts))
            .collect(),
    }
}

/// The date of a day since 1970, `2026-03-01`.
fn date(day: i64) -> String {
    let hours = Duration::from_hours(day.saturating_mul(24));
    let at = Timestamp::EPOCH.plus(hours).to_string();
    at.split('T').next().unwrap_or_default().to_owned()
}

fn overlap(program: &stanch_rules::ir::Program, counts: &Counts) -> Vec<Overlap> {
    let width = program.rules.len().max(1);
    let mut pairs: Vec<(u32, usize)> = (counts.pairs.iter().copied())
        .zip(0..)
        .filter(|(events, _)| *events > 0)
        .collect();
    pairs.sort_unstable_by_key(|(events, at)| (std::cmp::Reverse(*events), *at));
    pairs.truncate(OVERLAP_MAX);
    let name = |rule: usize| {
        let rule = program.rules.get(rule);
        rule.map_or_else(String::new, |rule| rule.name.to_string())
    };
    let pairs = pairs.into_iter().map(|(events, at)| Overlap {
        one: name(at / width),
        other: name(at % width),
        events: u64::from(events),
    });
    pairs.collect()
}

fn comparison(other: &Policy, counts: &Counts) -> Comparison {
    let word = |byte: u16| {
        let decision = u8::try_from(byte).ok().and_then(decision_of_byte);
        decision.map_or("", decision_word)
    };
    let own = &counts.other;
    Comparison {
        policy: other.hash().to_string(),
        same: own.same,
        differs: own.differs,
        unfit: own.unfit,
        changed: (own.changed.iter())
            .map(|(way, (tally, firsts))| {
                let change = Change {
                    events: hits(tally, counts.fraud),
                    examples: examples(firsts),
                };
                (
                    format!("{}->{}", word(way / WAYS), word(way % WAYS)),
                    change,
                )
            })
            .collect(),
        stopped: hits(&own.stopped, counts.fraud),
        alerts: own.alerts,
    }
}
