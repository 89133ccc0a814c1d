//! Random operations on an engine and on the naive group, compared answer by answer.

use super::*;

/// What values events bring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values {
    /// Few different ones, some missing.
    Few,
    /// Nearly all different.
    Wide,
    /// The ends of every type.
    Extreme,
}

/// A kind of traffic.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    pub seed: u64,
    pub keys: u64,
    /// Share of operations on key 0.
    pub hot_percent: u64,
    /// Share of events that are late, by up to `late_us`.
    pub late_percent: u64,
    pub late_us: i64,
    /// Times are multiples of this.
    pub grain_us: i64,
    /// Mean time between operations.
    pub step_us: i64,
    pub values: Values,
    /// Budget for hot chunks; none: no cold chunks.
    pub cold_bytes: Option<usize>,
    pub operations: u64,
    /// Goes on with a restored snapshot every so many operations; 0 is never.
    pub restore_every: u64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 0,
            keys: 20,
            hot_percent: 10,
            late_percent: 0,
            late_us: 1,
            grain_us: 1,
            step_us: SECOND / 4,
            values: Values::Few,
            cold_bytes: None,
            operations: 100_000,
            restore_every: 0,
        }
    }
}

/// Xorshift, so that a seed is a test for ever.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end.max(1)
    }
}

const LATENESS: Duration = Duration::from_secs(30);
const WINDOWS: [i64; 4] = [1, 7, 30, 100];

pub fn spec() -> GroupSpec {
    use Aggregate::{Avg, Count, Distinct, First, Last, Max, Min, Ratio, SinceLast, Sum};
    let columns = vec![
        ValueClass::Int,
        ValueClass::Double,
        ValueClass::Money,
        ValueClass::Bool,
        ValueClass::Text,
        ValueClass::Text,
    ];
    let asked: [(Option<usize>, &[Aggregate]); 7] = [
        (None, &[Count, SinceLast]),
        (Some(0), &[Sum, Avg, Min, Max, Distinct, First, Last]),
        (Some(1), &[Sum, Avg, Min, Max, Distinct, Last]),
        (Some(2), &[Avg, First]),
        (Some(3), &[Ratio]),
        (Some(4), &[Distinct]),
        (Some(5), &[First, Last, Distinct]),
    ];
    let mut specs = Vec::new();
    for (column, aggregates) in asked {
        for aggregate in aggregates {
            for (at, secs) in WINDOWS.into_iter().enumerate() {
                // Not every aggregate over every window: sets of unequal windows are the rule.
                if (at + *aggregate as usize) % 4 != 3 {
                    specs.push(WindowSpec {
                        aggregate: *aggregate,
                        column,
                        window: Duration::from_secs(secs),
                    });
                }
            }
        }
    }
    GroupSpec { columns, specs }
}

/// The pair that is compared.
pub struct Pair {
    pub group: WindowGroup,
    naive: NaiveGroup,
    sets: Vec<(Vec<usize>, ReadSet)>,
    random: Random,
    clock_us: i64,
    frontier_us: i64,
}

impl Scenario {
    fn limits(&self) -> WindowLimits {
        WindowLimits {
            lateness: LATENESS,
            hot_bytes: self.cold_bytes.unwrap_or(usize::MAX),
        }
    }

    fn cold(&self) -> Option<Box<dyn ColdChunks>> {
        self.cold_bytes
            .map(|_| Box::new(MemoryChunks::new()) as Box<dyn ColdChunks>)
    }

    /// A new group with the state of the old one.
    fn restored(&self, group: &mut WindowGroup) -> WindowGroup {
        let mut bytes = Vec::new();
        group.snapshot(&mut bytes).unwrap();
        let mut from = bytes.as_slice();
        let mut restored = WindowGroup::restore(spec(), self.limits(), self.cold(), &mut from);
        let mut again = Vec::new();
        restored.as_mut().unwrap().snapshot(&mut again).unwrap();
        assert!(bytes == again, "a restored group has another snapshot");
        restored.unwrap()
    }

    pub fn run(self) -> Pair {
        let asked = std::env::var("STANCH_WINDOW_OPERATIONS").ok();
        let operations = asked.map_or(self.operations, |text| text.parse().unwrap());
        let group = WindowGroup::new(spec(), self.limits(), self.cold()).unwrap();
        let mut random = Random::new(self.seed);
        let all = group.spec().specs.len();
        let mut chosen: Vec<Vec<usize>> = vec![(0..all).collect()];
        for size in [1, 1, 2, 3, 8] {
            chosen.push(
                (0..size)
                    .map(|_| random.below(all as u64) as usize)
                    .collect(),
            );
        }
        let set = |chosen: Vec<usize>| {
            let set = group.read_set(&chosen).unwrap();
            (chosen, set)
        };
        let mut pair = Pair {
            naive: NaiveGroup::new(spec()),
            sets: chosen.into_iter().map(set).collect(),
            group,
            random,
            clock_us: 1_000 * SECOND,
            frontier_us: i64::MIN,
        };
        for operation in 0..operations {
            pair.step(&self, operation);
            if self.restore_every > 0 && operation % self.restore_every == 1 {
                pair.group = self.restored(&mut pair.group);
            }
            if let Some(budget) = self.cold_bytes {
                let hot = pair.group.hot_bytes();
                assert!(hot <= budget, "{self:?}: {hot} bytes at {operation}");
            }
        }
        pair
    }
}

impl Pair {
    fn step(&mut self, scenario: &Scenario, operation: u64) {
        let random = &mut self.random;
        self.clock_us += random.below(2 * scenario.step_us as u64 + 1) as i64;
        let key = match random.below(100) < scenario.hot_percent {
            true => KeyHash(0),
            false => KeyHash(u128::from(random.below(scenario.keys)) << 60 | 7),
        };
        let mut at_us = self.clock_us;
        if random.below(100) < scenario.late_percent {
            at_us -= random.below(scenario.late_us as u64) as i64;
        }
        at_us -= at_us.rem_euclid(scenario.grain_us);
        match random.below(10) {
            0 => {
                self.frontier_us = self.frontier_us.max(self.clock_us);
                self.group.advance(self.clock_us);
                if operation.is_multiple_of(97) {
                    self.naive.forget(self.floor_us());
                }
            }
            1..=2 => {
                // Any time, before and after everything.
                let around = 2 * (scenario.late_us + 20 * SECOND);
                let at_us = self.clock_us - around / 2 + random.below(around as u64) as i64;
                self.compare(key, at_us, operation);
            }
            3..=6 => {
                self.push(scenario, key, at_us);
                self.compare(key, at_us, operation);
            }
            _ => {
                self.compare(key, at_us, operation);
                self.push(scenario, key, at_us);
            }
        }
    }

    fn floor_us(&self) -> i64 {
        let longest = Duration::from_secs(WINDOWS[3]).as_micros();
        self.frontier_us
            .saturating_sub(longest + LATENESS.as_micros())
    }

    fn push(&mut self, scenario: &Scenario, key: KeyHash, at_us: i64) {
        let random = &mut self.random;
        let different = match scenario.values {
            Values::Few | Values::Extreme => 9,
            Values::Wide => 1 << 20,
        };
        let mut number = || random.below(different) as i64 - 4;
        let (int, double, money, text) = (number(), number(), number(), number());
        let text = text.to_string();
        let (mut int, mut double) = (int, double as f64 * 0.1);
        if scenario.values == Values::Extreme {
            int = [i64::MIN, i64::MAX, -1, 0, 1][int.rem_euclid(5) as usize];
            let doubles = [
                1e300,
                -1e300,
                1.0,
                f64::MIN_POSITIVE,
                -1e-300,
                0.1,
                -0.0,
                3e7,
                5e-324,
            ];
            double = doubles[random.below(9) as usize];
        }
        let mut maybe = |sample| match random.below(8) {
            0 => Sample::Missing,
            _ => sample,
        };
        let mut values = [
            maybe(Sample::Int(int)),
            maybe(Sample::Double(double)),
            maybe(Sample::Int(money)),
            maybe(Sample::Bool(money > 0)),
            maybe(Sample::Text(&text)),
            maybe(Sample::Text(&text)),
        ];
        if self.random.below(50) == 0 {
            values[1] = Sample::Double(f64::NAN);
            values[4] = Sample::Int(1);
        }
        self.group.push(key, at_us, &values).unwrap();
        if at_us > self.floor_us() {
            self.naive.push(key, at_us, &values);
        }
    }

    pub fn compare(&mut self, key: KeyHash, at_us: i64, operation: u64) {
        let pick = self.random.below(self.sets.len() as u64) as usize;
        let floor_us = self.floor_us();
        let (chosen, set) = &self.sets[pick];
        let mut answers = vec![WindowValue::Missing; chosen.len()];
        self.group.read(key, at_us, set, &mut answers).unwrap();
        for (ix, answer) in chosen.iter().zip(&answers) {
            let spec = &self.naive.spec.specs[*ix];
            let expected = match at_us - spec.window.as_micros() < floor_us {
                true => WindowValue::Missing,
                false => self.naive.read(key, at_us, spec),
            };
            assert_eq!(
                *answer, expected,
                "operation {operation}: {spec:?} of {key:?} at {at_us}"
            );
        }
    }
}
