//! When delivery is tried again, and how often an institution is asked what became of an order.

use stanch_types::order::OrderKind;
use stanch_types::{Ctx, Duration};

/// Waits before each attempt, for freezes and their renewals: Standard Webhooks (0, 5 s, 5 min, 30 min, 2 h, 5 h,
/// 10 h, 14 h, 20 h, 24 h), about 76 h in all.
const STANDARD_SECS: &[i64] = &[
    0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
];

/// Waits before each attempt of an order that is worth most in the first hour (stops, redemption holds) or that gives
/// a person's money back (releases): 0, 1, 2, 5, 10, 20, 40 s, 1, 2, 5, 10, 15, 30 min, 1, 2, 4, 8 h. That is 17
/// attempts in about 16 h, well inside the 48 h of a stop; nine of them fall in the first five minutes.
const URGENT_SECS: &[i64] = &[
    0, 1, 2, 5, 10, 20, 40, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800,
];

/// Waits before each question about an order that was acknowledged but not answered; the last repeats.
const QUERY_SECS: &[i64] = &[2, 5, 10, 30, 60, 300, 900, 3_600, 21_600];

/// Most questions asked; with the last wait repeated they reach over two weeks.
pub const QUERY_ATTEMPTS_MAX: u32 = 64;

/// Delays are lengthened by at most this many thousandths, so that many orders to one institution that was down do
/// not all come back in the same instant.
const JITTER_PER_MILLE_MAX: i64 = 100;

/// The wait before delivery attempt `attempt` (0 is the first), jitter included; none when all attempts are used up.
#[must_use]
pub fn delivery_wait(kind: OrderKind, attempt: u32, ctx: &Ctx) -> Option<Duration> {
    let waits = waits_of(kind);
    let index = usize::try_from(attempt).ok()?;
    waits.get(index).map(|secs| with_jitter(*secs, ctx))
}

/// How often delivery of an order of this kind is tried.
#[must_use]
pub fn delivery_attempts(kind: OrderKind) -> usize {
    waits_of(kind).len()
}

/// The wait before question `attempt` (0 is the first); none after [`QUERY_ATTEMPTS_MAX`].
#[must_use]
pub fn query_wait(attempt: u32, ctx: &Ctx) -> Option<Duration> {
    if attempt >= QUERY_ATTEMPTS_MAX {
        return None;
    }
    let index = usize::try_from(attempt).ok()?;
    QUERY_SECS
        .get(index)
        .or(QUERY_SECS.last())
        .map(|secs| with_jitter(*secs, ctx))
}

fn waits_of(kind: OrderKind) -> &'static [i64] {
    match kind {
        OrderKind::StopPayment
        | OrderKind::StopExtension
        | OrderKind::StopRelease
        | OrderKind::FreezeRelease
        | OrderKind::RedemptionHold
        | OrderKind::RedemptionRelease => URGENT_SECS,
        OrderKind::Freeze | OrderKind::FreezeExtension => STANDARD_SECS,
    }
}

fn with_jitter(secs: i64, ctx: &Ctx) -> Duration {
    let [low, high] = ctx.random_bytes::<2>();
    let per_mille = i64::from(u16::from_le_bytes([low, high])) * JITTER_PER_MILLE_MAX / 65_535;
    Duration::from_millis(secs.saturating_mul(1_000 + per_mille))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stanch_types::order::STOP_DURATION;
    use stanch_types::{ManualClock, Timestamp};

    use super::*;

    fn ctx() -> Ctx {
        Ctx::seeded(Arc::new(ManualClock::new(Timestamp::EPOCH)), 7)
    }

    fn waits(kind: OrderKind) -> Vec<Duration> {
        (0..)
            .map_while(|n| delivery_wait(kind, n, &ctx()))
            .collect()
    }

    #[test]
    fn freezes_keep_the_published_schedule() {
        let secs: Vec<i64> = waits(OrderKind::Freeze)
            .iter()
            .map(|w| w.as_secs())
            .collect();
        assert_eq!(secs.len(), 10);
        for (wait, published) in secs.iter().zip(STANDARD_SECS) {
            assert!(
                (*published..=published + published / 10).contains(wait),
                "{wait} {published}"
            );
        }
    }

    #[test]
    fn stops_are_tried_for_less_than_they_last_and_often_at_first() {
        let waits = waits(OrderKind::StopPayment);
        let total: i64 = waits.iter().map(|w| w.as_micros()).sum();
        assert!(Duration::from_micros(total) < STOP_DURATION);
        let mut elapsed = 0;
        let early = waits.iter().filter(|wait| {
            elapsed += wait.as_secs();
            elapsed <= 300
        });
        assert!(early.count() >= 9);
        assert_eq!(waits.len(), delivery_attempts(OrderKind::StopPayment));
    }

    #[test]
    fn questions_end() {
        assert!(query_wait(QUERY_ATTEMPTS_MAX - 1, &ctx()).is_some());
        assert!(query_wait(QUERY_ATTEMPTS_MAX, &ctx()).is_none());
        assert!(query_wait(u32::MAX, &ctx()).is_none());
    }
}
