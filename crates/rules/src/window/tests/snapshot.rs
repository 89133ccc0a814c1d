//! Snapshots: the same state, the same bytes; damage is found.

use super::model::spec;
use super::*;

fn bytes_of(group: &mut WindowGroup) -> Vec<u8> {
    let mut bytes = Vec::new();
    group.snapshot(&mut bytes).unwrap();
    bytes
}

fn restore(bytes: &[u8]) -> Result<WindowGroup, WindowError> {
    let mut from = bytes;
    WindowGroup::restore(spec(), WindowLimits::default(), None, &mut from)
}

#[test]
fn restoring_and_replaying_ends_in_the_same_bytes() {
    let straight = Scenario {
        seed: 12,
        keys: 30,
        hot_percent: 50,
        late_percent: 40,
        late_us: 60 * SECOND,
        grain_us: SECOND / 4,
        step_us: SECOND / 20,
        operations: 12_000,
        ..Scenario::default()
    };
    let broken = Scenario {
        restore_every: 1_500,
        cold_bytes: Some(40_000),
        ..straight
    };
    let (mut straight, mut broken) = (straight.run(), broken.run());
    assert!(bytes_of(&mut straight.group) == bytes_of(&mut broken.group));
    assert_eq!(straight.group.counters(), broken.group.counters());
    assert!(straight.group.counters().reads_too_old > 0);
}

#[test]
fn every_damaged_or_missing_byte_is_found() {
    let mut small = Scenario {
        seed: 13,
        keys: 3,
        operations: 40,
        ..Scenario::default()
    }
    .run();
    let bytes = bytes_of(&mut small.group);
    assert!(restore(&bytes).is_ok());
    for at in 0..bytes.len() {
        assert!(restore(&bytes[..at]).is_err(), "cut at {at}");
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            assert!(restore(&damaged).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn other_columns_are_refused_and_longer_windows_say_what_they_miss() {
    let mut group = Scenario {
        seed: 14,
        operations: 2_000,
        ..Scenario::default()
    }
    .run()
    .group;
    let bytes = bytes_of(&mut group);
    let mut other = spec();
    other.columns[0] = ValueClass::Money;
    let refused = WindowGroup::restore(other, WindowLimits::default(), None, &mut &bytes[..]);
    assert!(matches!(refused, Err(WindowError::Damaged { .. })));

    let count = |secs| WindowSpec {
        aggregate: Aggregate::Count,
        column: None,
        window: Duration::from_secs(secs),
    };
    let mut longer = spec();
    longer.specs.extend([count(20), count(10_000)]);
    let from = longer.specs.len() - 2;
    let mut group =
        WindowGroup::restore(longer, WindowLimits::default(), None, &mut &bytes[..]).unwrap();
    let set = group.read_set(&[from, from + 1]).unwrap();
    let mut answers = [WindowValue::Missing, WindowValue::Missing];
    let now_us = 1_000 * SECOND + 2_000 * SECOND / 4;
    group.read(KeyHash(0), now_us, &set, &mut answers).unwrap();
    assert!(matches!(
        answers,
        [WindowValue::Int(_), WindowValue::Missing]
    ));
}
