use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use stanch_types::report::Priority;

use super::*;

fn small(seed: u64) -> WorldConfig {
    WorldConfig {
        accounts: 3_000,
        payments: 12_000,
        cases: 30,
        gangs: 5,
        live_cases: 4,
        live_minutes: 20,
        ..WorldConfig::new(seed, Timestamp::from_secs(1_800_000_000))
    }
}

/// Nobody is ever below zero, and money is neither made nor lost.
fn assert_conserved(world: &World) {
    let mut balance: Vec<i64> = world.accounts.iter().map(|a| a.opening_minor).collect();
    let before: i64 = balance.iter().sum();
    for (index, row) in world.payments.iter().enumerate() {
        assert!(
            row.minor > 0 && row.from != row.to,
            "payment {index}: {row:?}"
        );
        balance[row.from as usize] -= row.minor;
        assert!(
            balance[row.from as usize] >= 0,
            "payment {index} overdraws {}",
            row.from
        );
        balance[row.to as usize] += row.minor;
    }
    assert_eq!(balance.iter().sum::<i64>(), before);
}

/// Every hop moves money of its own case that earlier hops brought to its payer.
fn assert_connected(world: &World) {
    let mut case_money: HashMap<(u32, u32), i64> = HashMap::new();
    for (index, hop) in world.planted.iter().enumerate() {
        let row = world.payments[hop.payment as usize];
        if hop.role == Role::TestPayment {
            continue;
        }
        if hop.role == Role::VictimPayment {
            assert!(hop.after.is_empty());
            assert_eq!(row.from, world.cases[hop.case as usize].victim);
        } else {
            assert!(!hop.after.is_empty(), "hop {index} comes from nowhere");
            for before in &hop.after {
                let source = &world.planted[*before as usize];
                assert!((*before as usize) < index && source.case == hop.case);
                assert_eq!(world.payments[source.payment as usize].to, row.from);
            }
            let left = case_money.entry((hop.case, row.from)).or_default();
            *left -= row.minor;
            assert!(*left >= 0, "hop {index} moves more than its case brought");
        }
        *case_money.entry((hop.case, row.to)).or_default() += row.minor;
    }
}

fn assert_ordered(world: &World) {
    let mut seen = HashSet::new();
    let keys: Vec<(i64, String)> = world
        .payments
        .iter()
        .enumerate()
        .map(|(i, row)| (row.at_ms, world.tx_id(i)))
        .collect();
    assert!(keys.is_sorted());
    assert!(
        keys.iter()
            .all(|(_, id)| id.len() <= Payment::TX_ID_LEN_MAX && seen.insert(id))
    );
    let end_ms = world.config.end.as_millis();
    assert!(
        world.payments[..world.history]
            .iter()
            .all(|row| row.at_ms < end_ms)
    );
    assert!(
        world.payments[world.history..]
            .iter()
            .all(|row| row.at_ms >= end_ms)
    );
    assert_eq!(world.history, world.config.payments as usize);
    let numbers: HashSet<&str> = world.accounts.iter().map(|a| a.number.expose()).collect();
    assert_eq!(numbers.len(), world.accounts.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_world_is_sound(
        seed in any::<u64>(), accounts in 1_200_u32..4_000, payments in 2_000_u32..9_000,
        cases in 0_u32..40, gangs in 1_u32..8, live_cases in 0_u32..5, live_minutes in 0_u32..30,
    ) {
        let config = WorldConfig { accounts, payments, cases, gangs, live_cases, live_minutes, ..small(seed) };
        let world = generate(&config).unwrap();
        assert_ordered(&world);
        assert_conserved(&world);
        assert_connected(&world);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (one, two, other) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let files = generate(&small(7)).unwrap().write_csv(one.path()).unwrap();
    generate(&small(7)).unwrap().write_csv(two.path()).unwrap();
    generate(&small(8))
        .unwrap()
        .write_csv(other.path())
        .unwrap();
    for name in [
        "tx.csv",
        "accounts.csv",
        "cases.csv",
        "truth_planted.csv",
        "live.csv",
        "truth_cases.csv",
        "truth_accounts.csv",
    ] {
        let read = |dir: &tempfile::TempDir| std::fs::read(dir.path().join(name)).unwrap();
        assert_eq!(read(&one), read(&two), "{name}");
        assert_ne!(read(&one), read(&other), "{name}");
    }
    let tx = std::fs::read_to_string(files.tx).unwrap();
    assert!(tx.starts_with("tx_id,timestamp_ms,from_account,"));
    assert_eq!(tx.lines().count(), 12_001);
}

#[test]
fn every_pattern_and_way_out_occurs() {
    let world = generate(&WorldConfig {
        cases: 120,
        ..small(3)
    })
    .unwrap();
    let roles: HashSet<Role> = world.planted.iter().map(|p| p.role).collect();
    assert_eq!(roles.len(), Role::ALL.len(), "{roles:?}");
    let patterns: HashSet<Pattern> = world.cases.iter().map(|c| c.pattern).collect();
    assert_eq!(patterns.len(), Pattern::ALL.len());
    assert!(
        world
            .cases
            .iter()
            .all(|c| (1..=6).contains(&c.victim_payments.len()))
    );
}

#[test]
fn the_opening_scene_can_still_be_stopped() {
    let world = generate(&small(5)).unwrap();
    let end_ms = world.config.end.as_millis();
    let index = world.config.cases;
    let case = &world.cases[index as usize];
    assert!(case.live && case.loss_minor >= 100_000 * 100);
    assert!(
        case.victim_payments
            .iter()
            .all(|p| (*p as usize) < world.history)
    );
    let after_two_minutes: i64 = world
        .planted
        .iter()
        .filter(|hop| hop.case == index && hop.tier == 1 && hop.role != Role::TestPayment)
        .map(|hop| world.payments[hop.payment as usize])
        .filter(|row| row.at_ms > end_ms + 45_000)
        .map(|row| row.minor)
        .sum();
    assert!(
        after_two_minutes * 4 > case.loss_minor,
        "{after_two_minutes} of {}",
        case.loss_minor
    );
    let last = world
        .planted
        .iter()
        .filter(|hop| hop.case == index)
        .map(|hop| hop.payment)
        .max();
    assert!(last.unwrap() as usize > world.history);
}

#[test]
fn reports_are_complete_and_of_every_urgency() {
    let world = generate(&small(11)).unwrap();
    let now = world.config.end;
    let mut urgencies = HashSet::new();
    for case in &world.cases {
        let report = &case.report;
        assert!(report.narrative.chars().count() >= 40 && !report.narrative.contains('{'));
        assert!(!report.counterpart.as_ref().unwrap().contains('{'));
        assert_eq!(report.payments.len(), case.victim_payments.len());
        let told: i64 = report.payments.iter().map(|p| p.amount.minor()).sum();
        assert_eq!(told, case.loss_minor);
        let json = serde_json::to_string(report).unwrap();
        assert_eq!(
            serde_json::from_str::<ReportContent>(&json).unwrap(),
            *report
        );
        let last = report.payments.iter().map(|p| p.occurred_at).max();
        if !case.live {
            urgencies.insert(Priority::triage(last, now));
        }
    }
    for wanted in [Priority::P1, Priority::P2, Priority::P3] {
        assert!(urgencies.contains(&wanted), "{wanted}");
    }
}

#[test]
fn a_config_out_of_range_is_refused() {
    for bad in [
        WorldConfig {
            banks: 2,
            ..small(1)
        },
        WorldConfig {
            accounts: 10,
            ..small(1)
        },
        WorldConfig {
            gangs: 80,
            ..small(1)
        },
        WorldConfig {
            payments: 0,
            ..small(1)
        },
    ] {
        assert!(matches!(generate(&bad), Err(SimError::Config(_))));
    }
}
