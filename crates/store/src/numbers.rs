//! Sums over reports, orders and measures: money that was prevented from leaving, intercepted, stopped, frozen and returned, never mixed (domain
//! reference 2.14), and how fast.
//!
//! An order counts in the time in which it first held something, by what it is now: a stop that became a freeze counts
//! as frozen by its freeze, and what was let go counts no more.

use std::collections::BTreeMap;

use stanch_types::measure::{Measure, MeasureKind};
use stanch_types::order::{Order, OrderState};
use stanch_types::{Amount, Currency, InstitutionCode, Timestamp};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::measure::count;
use crate::store::Store;
use crate::tx::Tx;

const HELD: Sql = Sql(
    "numbers.held",
    "SELECT institution, held_currency, kind, state, COUNT(*), CAST(SUM(held_minor) AS BIGINT) FROM orders
     WHERE org_id = $1 AND held_at >= $2 AND held_at < $3 AND held_minor IS NOT NULL
     GROUP BY institution, held_currency, kind, state ORDER BY institution, held_currency, kind, state",
);
const PREVENTED: Sql = Sql(
    "numbers.prevented",
    "SELECT prevented_institution, prevented_currency, CAST(SUM(prevented_minor) AS BIGINT) FROM reports
     WHERE org_id = $1 AND prevented_at >= $2 AND prevented_at < $3
     GROUP BY prevented_institution, prevented_currency ORDER BY prevented_institution, prevented_currency",
);
const LET_GO: Sql = Sql(
    "numbers.let_go",
    "SELECT institution, COUNT(*) FROM orders
     WHERE org_id = $1 AND held_at >= $2 AND held_at < $3 AND state IN ('expired', 'released')
     GROUP BY institution ORDER BY institution",
);
const DELAYED: Sql = Sql(
    "numbers.delayed",
    "SELECT held_currency, COUNT(*), CAST(SUM(held_minor) AS BIGINT) FROM measures
     WHERE org_id = $1 AND decided_at >= $2 AND decided_at < $3 AND kind = 'delay_settlement'
       AND state IN ('provisional', 'active', 'eased') AND held_minor IS NOT NULL
     GROUP BY held_currency ORDER BY held_currency",
);
/// By institution (`$4` is 1) or of all (0): how many holds, how long from the case's opening to the money held, the
/// nearest-rank percentiles, and how many within `$5`.
const TIMES: Sql = Sql(
    "numbers.times",
    "SELECT r.place, r.all_of, MIN(CASE WHEN r.nth = (r.all_of * 50 + 99) / 100 THEN r.took END),
       MIN(CASE WHEN r.nth = (r.all_of * 95 + 99) / 100 THEN r.took END),
       CAST(SUM(CASE WHEN r.took <= $5 THEN 1 ELSE 0 END) AS BIGINT)
     FROM (SELECT t.place, t.took, ROW_NUMBER() OVER (PARTITION BY t.place ORDER BY t.took) AS nth,
         COUNT(*) OVER (PARTITION BY t.place) AS all_of
       FROM (SELECT CASE WHEN $4 = 1 THEN o.institution ELSE '' END AS place, o.held_at - c.opened_at AS took
         FROM orders o JOIN cases c ON c.org_id = o.org_id AND c.id = o.case_id
         WHERE o.org_id = $1 AND o.held_at >= $2 AND o.held_at < $3
           AND o.kind IN ('stop_payment', 'freeze', 'redemption_hold')) t) r
     GROUP BY r.place, r.all_of ORDER BY r.place",
);
const UNSUMMED: Sql = Sql(
    "numbers.unsummed",
    "SELECT body FROM orders WHERE org_id = $1 AND held_at IS NULL
       AND kind IN ('stop_payment', 'freeze', 'redemption_hold')
       AND state IN ('executed', 'partially_executed', 'active', 'returned') AND id > $2 ORDER BY id LIMIT $3",
);
const SUM: Sql = Sql(
    "numbers.sum",
    "UPDATE orders SET held_minor = $3, held_currency = $4, held_at = $5 WHERE org_id = $1 AND id = $2",
);
/// Orders of before filled in one transaction.
const BATCH: i64 = 500;
/// A stop within two hours of the report has the best chance (domain reference 2.14).
const SOON_US: i64 = 2 * 3_600_000_000;

/// Money of one currency, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MoneyHeld {
    /// Never sent, because somebody was warned in time.
    pub prevented: i64,
    /// Settlement delayed by a measure that stands: it has not left.
    pub intercepted: i64,
    /// Held by stops and held redemptions in force.
    pub stopped: i64,
    /// Held by freezes in force.
    pub frozen: i64,
    /// Given back to victims.
    pub returned: i64,
}

/// What was achieved at one institution, or at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldNumbers {
    /// By currency.
    pub money: BTreeMap<Currency, MoneyHeld>,
    /// Orders that held something in the time: stops, freezes and held redemptions.
    pub holds: u64,
    /// Half of them held it within this time of the case's opening, in microseconds; none if there is none.
    pub held_within_p50_us: Option<i64>,
    /// 95 of 100 did.
    pub held_within_p95_us: Option<i64>,
    /// How many did within two hours.
    pub within_two_hours: u64,
    /// Holds of the time that ended without a freeze or a return.
    pub let_go: u64,
}

/// What was achieved in a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Achieved {
    /// In all.
    pub all: HeldNumbers,
    /// By institution.
    pub institutions: BTreeMap<InstitutionCode, HeldNumbers>,
}

/// What an order holds now, or gave back, and since when.
pub(crate) fn held(order: &Order) -> Option<(Amount, Timestamp)> {
    match &order.state {
        OrderState::Executed { at, held } | OrderState::PartiallyExecuted { at, held } => {
            held.map(|held| (held, *at))
        }
        OrderState::Active { since, held, .. } => Some((*held, *since)),
        OrderState::Returned { at, amount } => Some((*amount, *at)),
        OrderState::Draft
        | OrderState::Withdrawn { .. }
        | OrderState::Approved { .. }
        | OrderState::Signed { .. }
        | OrderState::Sent { .. }
        | OrderState::Acked { .. }
        | OrderState::Executing { .. }
        | OrderState::Refused { .. }
        | OrderState::Failed { .. }
        | OrderState::Expired { .. }
        | OrderState::Released { .. }
        | OrderState::Converted { .. } => None,
    }
}

/// What a delayed settlement is about.
pub(crate) fn delayed(measure: &Measure) -> Option<Amount> {
    match measure.wish.kind {
        MeasureKind::DelaySettlement => measure.wish.money_held,
        MeasureKind::Warn
        | MeasureKind::Label
        | MeasureKind::ReduceReach
        | MeasureKind::ExtraVerification
        | MeasureKind::LimitFunction
        | MeasureKind::Suspend
        | MeasureKind::Close
        | MeasureKind::HoldContent
        | MeasureKind::RemoveContent => None,
    }
}

impl MoneyHeld {
    fn add(&mut self, kind: &str, state: &str, minor: i64) {
        let sum = match (kind, state) {
            (_, "returned") => &mut self.returned,
            ("stop_payment" | "redemption_hold", _) => &mut self.stopped,
            ("freeze", _) => &mut self.frozen,
            // An extension or a release is no money of its own.
            (_, _) => return,
        };
        *sum = sum.saturating_add(minor);
    }
}

impl Achieved {
    fn of(&mut self, row: &Row) -> Result<&mut HeldNumbers, StoreError> {
        let code: InstitutionCode = row.parsed(0, "institution")?;
        Ok(self.institutions.entry(code).or_default())
    }
}

impl Tx {
    /// What was achieved by orders and measures from `from` until before `to`.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn achieved(
        &mut self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Achieved, StoreError> {
        let mut achieved = Achieved::default();
        for row in self.many(HELD, args![from, to]).await? {
            let currency: Currency = row.parsed(1, "currency")?;
            let (kind, state, minor) = (row.text(2)?, row.text(3)?, row.int(5)?);
            let money = &mut achieved.of(&row)?.money;
            money.entry(currency).or_default().add(&kind, &state, minor);
            let money = &mut achieved.all.money;
            money.entry(currency).or_default().add(&kind, &state, minor);
        }
        for row in self.many(PREVENTED, args![from, to]).await? {
            let (currency, minor): (Currency, i64) = (row.parsed(1, "currency")?, row.int(2)?);
            if row.opt_text(0)?.is_some() {
                let money = achieved.of(&row)?.money.entry(currency).or_default();
                money.prevented = money.prevented.saturating_add(minor);
            }
            let money = achieved.all.money.entry(currency).or_default();
            money.prevented = money.prevented.saturating_add(minor);
        }
        for row in self.many(DELAYED, args![from, to]).await? {
            let currency: Currency = row.parsed(0, "currency")?;
            let money = achieved.all.money.entry(currency).or_default();
            money.intercepted = money.intercepted.saturating_add(row.int(2)?);
        }
        for row in self.many(LET_GO, args![from, to]).await? {
            let let_go = count(&row, 1)?;
            achieved.of(&row)?.let_go = let_go;
            achieved.all.let_go += let_go;
        }
        for row in self.many(TIMES, args![from, to, 1, SOON_US]).await? {
            times(achieved.of(&row)?, &row)?;
        }
        if let Some(row) = self.one(TIMES, args![from, to, 0, SOON_US]).await? {
            times(&mut achieved.all, &row)?;
        }
        Ok(achieved)
    }
}

fn times(numbers: &mut HeldNumbers, row: &Row) -> Result<(), StoreError> {
    numbers.holds = count(row, 1)?;
    numbers.held_within_p50_us = row.opt_int(2)?;
    numbers.held_within_p95_us = row.opt_int(3)?;
    numbers.within_two_hours = count(row, 4)?;
    Ok(())
}

impl Store {
    /// Fills the columns that numbers are summed from in orders of before they were there.
    pub(crate) async fn sum_existing(&self) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let mut tx = self.begin().await?;
            let rows = tx.many(UNSUMMED, args![&after, BATCH]).await?;
            let Some(last) = rows.last() else {
                return tx.rollback().await;
            };
            after = last.json::<Order>(0, "order")?.id.to_string();
            for row in &rows {
                let order: Order = row.json(0, "order")?;
                if let Some((amount, at)) = held(&order) {
                    let (id, currency) = (order.id.to_string(), amount.currency().to_string());
                    tx.change(SUM, args![&id, amount.minor(), &currency, at])
                        .await?;
                }
            }
            tx.commit().await?;
        }
    }
}
