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
        expected * i128::from(EVEN_PART) * left >= at_large
            || expected * i128::from(LARGE_PART) >= i128::from(stage.loss_minor)
    };
    let ranked = ranked.iter().take(most).enumerate();
    ranked.take_while(|place| is_due(*place)).count()
}
