//! Which orders of a case are due now, when a case may have only so many.
//!
//! An order spent on a small sum is missing when the large one shows itself; an order kept back too long finds the
//! account empty. With perfect foresight five orders a case secure 0.81 of the loss on the generated set `gf`; this
//! rule comes within two points of that (`bench/plan.md`), and taking the largest accounts at once within six.

/// An account that an order could be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prospect {
    /// What the order is expected to secure, in minor units.
    pub(crate) expected_minor: i64,
}

/// How far a case has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stage {
    /// Orders it may still have; `None`: as many as are worth it.
    pub(crate) orders_left: Option<usize>,
    /// What its victims lost.
    pub(crate) loss_minor: i64,
    /// Time since the report.
    pub(crate) age_ms: i64,
}

/// From then on nothing is kept back: what moves still is small.
pub(crate) const PATIENCE_MS: i64 = 60 * 60_000;
/// An account with a tenth of the loss never waits.
const LARGE_PART: i64 = 10;
/// Nor one with half of its share, if what is at large were spread evenly over the orders left.
const EVEN_PART: i64 = 2;

/// How many of `ranked` (best first) are due.
pub(crate) fn due(ranked: &[Prospect], stage: Stage) -> usize {
    let Some(orders_left) = stage.orders_left else {
        return ranked.len();
    };
    let most = orders_left.min(ranked.len());
    if stage.age_ms >= PATIENCE_MS {
        return most;
    }
    let at_large: i128 = ranked.iter().map(|p| i128::from(p.expected_minor)).sum();
    let is_due = |(taken, prospect): (usize, &Prospect)| {
        let expected = i128::from(prospect.expected_minor);
        let left = (orders_left - taken) as i128;
        expected
            .saturating_mul(left)
            .saturating_mul(i128::from(EVEN_PART))
            >= at_large
            || expected * i128::from(LARGE_PART) >= i128::from(stage.loss_minor)
    };
    let ranked = ranked.iter().take(most).enumerate();
    ranked.take_while(|place| is_due(*place)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due_of(expected: &[i64], orders_left: Option<usize>, age_ms: i64) -> usize {
        let ranked: Vec<Prospect> = expected
            .iter()
            .map(|minor| Prospect {
                expected_minor: *minor,
            })
            .collect();
        let stage = Stage {
            orders_left,
            loss_minor: 100_000,
            age_ms,
        };
        due(&ranked, stage)
    }

    #[test]
    fn small_sums_wait_for_large_ones_until_patience_ends() {
        // 9,500 at large, two orders left: a quarter of it is enough, and so is a tenth of the loss.
        assert_eq!(due_of(&[5_000, 2_000, 1_500, 1_000], Some(2), 0), 1);
        assert_eq!(
            due_of(&[5_000, 2_000, 1_500, 1_000], Some(2), PATIENCE_MS),
            2
        );
        assert_eq!(due_of(&[10_000, 10_000, 10_000, 90_000], Some(3), 0), 3);
        assert_eq!(due_of(&[1_000; 50], Some(5), 0), 0);
        assert_eq!(due_of(&[1_000; 50], Some(5), PATIENCE_MS - 1), 0);
    }

    #[test]
    fn without_a_limit_nothing_waits_and_without_orders_nothing_goes() {
        assert_eq!(due_of(&[5, 4, 3], None, 0), 3);
        assert_eq!(due_of(&[90_000], Some(0), PATIENCE_MS), 0);
        assert_eq!(due_of(&[], Some(5), 0), 0);
        assert_eq!(due_of(&[i64::MAX, i64::MAX], Some(usize::MAX), 0), 2);
    }
}
