//! The watch: what it tells, what it does not, and how often it is wrong.

use super::chart::{Chart, EVENT, FACTOR};
use super::*;

/// xorshift64*: the same everywhere.
struct Dice(u64);

impl Dice {
    /// True on `per_10k` of 10,000 rolls.
    fn hits(&mut self, per_10k: u64) -> bool {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % 10_000 < per_10k
    }
}

fn outcome(blocked: bool) -> Outcome {
    Outcome {
        decision: if blocked {
            Decision::Block
        } else {
            Decision::Allow
        },
        rules: if blocked {
            vec!["r".into()]
        } else {
            Vec::new()
        },
    }
}

fn deployment(live: &str, standby: &str, canary: Option<&str>) -> Deployment {
    let deployment = Deployment::default().with_live(standby).with_live(live);
    Deployment {
        canary: canary.map(|policy| crate::deployment::Canary {
            policy: policy.to_owned(),
            share_bp: 500,
            key: "k".to_owned(),
        }),
        ..deployment
    }
}

/// A watch with `new` on probation after `old`.
fn on_probation() -> Watch {
    let mut watch = Watch::default();
    let rules = |_: &str| vec![Arc::from("r")];
    watch.deployed("live", &deployment("old", "old", None), rules);
    watch.deployed("live", &deployment("new", "old", None), rules);
    watch
}

/// Feeds a trial pairs of decisions, block by block, until it tells something; the events that took.
fn until_told(
    config: &WatchConfig,
    events: u64,
    mut pair: impl FnMut() -> (bool, bool),
) -> Option<(u64, Alarm)> {
    let mut watch = on_probation();
    let trial = watch.trial.as_mut().unwrap();
    let mut alarms = Vec::new();
    for seen in (0..events).step_by(100) {
        if !trial.runs(config) {
            return None;
        }
        let pairs: Vec<_> = (0..100)
            .map(|_| pair())
            .map(|(mine, base)| (outcome(mine), outcome(base)))
            .collect();
        trial.take(config, &pairs, &mut alarms);
        if let Some(alarm) = alarms.pop() {
            assert!(alarms.is_empty() && !trial.runs(config), "told once");
            return Some((seen + 100, alarm));
        }
    }
    None
}

#[test]
fn a_policy_that_stops_too_much_is_told_within_the_stated_delay() {
    let config = WatchConfig::default();
    let mut dice = Dice(7);
    // From nothing to 6 %: threshold / (share - tolerance) = 50 / 0.05 = 1,000 events on average.
    let found = until_told(&config, 50_000, || (dice.hits(600), false));
    let (seen, alarm) = found.unwrap();
    assert!((600..1_600).contains(&seen), "{seen}");
    assert_eq!(alarm.movement, Movement::Rose);
    assert_eq!(alarm.subject, Subject::Decision(Decision::Block));
    assert_eq!(alarm.consequence, Consequence::RollBack);
    assert_eq!(
        (alarm.policy.as_str(), alarm.against.as_deref()),
        ("new", Some("old"))
    );
    assert!(alarm.hits > 30 && alarm.before == 0, "{alarm:?}");
}

#[test]
fn a_policy_that_stops_nothing_any_more_is_told() {
    let mut dice = Dice(8);
    let found = until_told(&WatchConfig::default(), 50_000, || (false, dice.hits(600)));
    let (_, alarm) = found.unwrap();
    assert_eq!(alarm.movement, Movement::Fell);
    assert_eq!(alarm.hits, 0);
}

#[test]
fn a_wave_that_moves_both_policies_proves_nothing() {
    let mut dice = Dice(9);
    let mut seen = 0;
    let found = until_told(&WatchConfig::default(), 100_000, || {
        seen += 1;
        let blocked = dice.hits(if seen > 20_000 { 9_000 } else { 10 });
        (blocked, blocked)
    });
    assert_eq!(found, None);
}

/// The worst steady state: both policies stop the same share, but never the same events by more than chance. At a
/// threshold low enough to see false alarms, they are as rare as the bound says.
#[test]
fn false_alarms_are_as_rare_as_the_bound_says() {
    let mut dice = Dice(10);
    for share in [50_u64, 200, 1_000, 2_000, 5_000] {
        let config = WatchConfig {
            evidence_events: 8,
            trial_events: u64::MAX,
            ..WatchConfig::default()
        };
        let runs = 200;
        let told = (0..runs)
            .filter(|_| {
                let pair = || (dice.hits(share), dice.hits(share));
                until_told(&config, 2_000, pair).is_some()
            })
            .count();
        let p = share as f64 / 10_000.0;
        // Two policies, four shares (allow, block and the rule of both), two directions each; most move as one.
        let expected = 2_000.0 * 6.0 / (lundberg(p) * 8.0).exp();
        assert!(
            (told as f64) <= runs as f64 * expected + 3.0 * (runs as f64 * expected).sqrt() + 1.0,
            "share {p}: {told} of {runs}, bound {expected}"
        );
    }
}

/// The exponent of the bound is at least what the documentation says, over all shares.
#[test]
fn the_exponent_is_as_documented() {
    let least = (1..1_000)
        .map(|p| lundberg(f64::from(p) / 1_000.0))
        .fold(f64::MAX, f64::min);
    assert!((0.54..0.70).contains(&least), "{least}");
}

/// `t > 0` with `E[exp(t step)] = 1` for a rising chart at the default tolerance when both policies stop the share `p`
/// of events, each for itself.
fn lundberg(p: f64) -> f64 {
    let (tolerance, factor) = (0.01, FACTOR as f64);
    let mean = |t: f64| {
        p * (1.0 - p) * (t * (1.0 - tolerance)).exp()
            + p * (1.0 - p) * (t * (-factor - tolerance)).exp()
            + p * p * (t * (1.0 - factor - tolerance)).exp()
            + (1.0 - p) * (1.0 - p) * (t * -tolerance).exp()
    };
    let (mut low, mut high) = (1e-6, 20.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if mean(middle) < 1.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[test]
fn passing_many_events_is_passing_each() {
    for idle in [-700, 0, 300] {
        let (mut one, mut many) = (Chart::default(), Chart::default());
        for start in [0, 40, 41, 97] {
            for at in one_at(start)..start + 10 {
                one.pass(at, idle);
            }
            one.pass(start + 10, idle);
            many.pass(start + 10, idle);
            one.take(EVENT, true, false);
            many.take(EVENT, true, false);
        }
        assert_eq!(one, many, "{idle}");
    }
}

fn one_at(start: u64) -> u64 {
    start.saturating_sub(1)
}

#[test]
fn the_live_policy_is_held_against_its_period_before_and_only_told_about() {
    let config = WatchConfig {
        trial_events: 5_000,
        ..WatchConfig::default()
    };
    let mut watch = Watch::default();
    watch.deployed("live", &deployment("old", "old", None), |_| {
        vec!["r".into()]
    });
    let (mut dice, mut alarms) = (Dice(11), Vec::new());
    let mut feed = |watch: &mut Watch, share, blocks| {
        for _ in 0..blocks {
            let outcomes: Vec<_> = (0..100).map(|_| outcome(dice.hits(share))).collect();
            watch.drift(&config, &outcomes, &mut alarms);
        }
        std::mem::take(&mut alarms)
    };
    assert_eq!(feed(&mut watch, 200, 300), []);
    let told = feed(&mut watch, 2_500, 40);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].consequence, Consequence::None);
    assert_eq!(
        (told[0].movement, &told[0].against),
        (Movement::Rose, &None)
    );
    // It is usual now; and its end is told again.
    assert_eq!(feed(&mut watch, 2_500, 150), []);
    assert_eq!(feed(&mut watch, 0, 20)[0].movement, Movement::Fell);
}

#[test]
fn what_a_model_finds_is_watched_beside_rules() {
    let config = WatchConfig {
        trial_events: 2_000,
        ..WatchConfig::default()
    };
    let score: Arc<str> = "signal.text.fraud".into();
    let mut watch = Watch::default();
    watch.deployed("live", &deployment("old", "old", None), |_| {
        vec![Arc::clone(&score)]
    });
    let (mut dice, mut alarms) = (Dice(7), Vec::new());
    let mut feed = |watch: &mut Watch, share, blocks| {
        for _ in 0..blocks {
            let found = (0..100).map(|_| Outcome {
                decision: Decision::Allow,
                rules: match dice.hits(share) {
                    true => vec![Arc::clone(&score)],
                    false => Vec::new(),
                },
            });
            watch.drift(&config, &found.collect::<Vec<_>>(), &mut alarms);
        }
        std::mem::take(&mut alarms)
    };
    assert_eq!(feed(&mut watch, 200, 60), []);
    // No rule fires and nothing is decided otherwise: only the model finds far more than before.
    let told = feed(&mut watch, 2_500, 20);
    assert_eq!(told[0].subject, Subject::Score(Arc::clone(&score)));
    assert_eq!(
        (told[0].movement, told[0].consequence),
        (Movement::Rose, Consequence::None)
    );
    assert_eq!(told[0].detail()["share_of"], "score");
}

#[test]
fn a_trial_lasts_as_long_as_its_pair_is_at_work() {
    let rules = |_: &str| vec![Arc::from("r")];
    let mut watch = on_probation();
    let kind = |watch: &Watch| watch.trial.as_ref().map(|trial| trial.kind);
    assert_eq!(kind(&watch), Some(trial::TrialKind::Probation));
    watch.deployed("shadow", &deployment("new", "old", None), rules);
    assert_eq!(kind(&watch), Some(trial::TrialKind::Probation), "goes on");
    watch.deployed("canary", &deployment("new", "old", Some("next")), rules);
    assert_eq!(kind(&watch), Some(trial::TrialKind::Canary));
    watch.deployed("demote", &deployment("new", "old", None), rules);
    assert_eq!(kind(&watch), None);
    watch.deployed("rollback", &deployment("old", "new", None), rules);
    assert_eq!(kind(&watch), None);
}

#[test]
fn the_state_survives_being_written() {
    let mut watch = on_probation();
    let trial = watch.trial.as_mut().unwrap();
    let pairs = vec![(outcome(true), outcome(false)); 30];
    trial.take(&WatchConfig::default(), &pairs, &mut Vec::new());
    let text = serde_json::to_string(&watch).unwrap();
    assert_eq!(serde_json::from_str::<Watch>(&text).unwrap(), watch);
}
