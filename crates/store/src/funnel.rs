//! How many reports became leads, cases and outcomes: counts by day.

use stanch_types::{Duration, Timestamp};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

/// Microseconds of a day (UTC); both databases divide whole numbers without a rest.
const REPORTS: Sql = Sql(
    "funnel.reports",
    "SELECT received_at / 86400000000, state, COUNT(*) FROM reports
     WHERE org_id = $1 AND received_at >= $2 AND received_at < $3 GROUP BY 1, 2 ORDER BY 1, 2",
);
const LEADS: Sql = Sql(
    "funnel.leads",
    "SELECT opened_at / 86400000000, COALESCE(unit, ''), COALESCE(outcome, state), COUNT(*) FROM leads
     WHERE org_id = $1 AND opened_at >= $2 AND opened_at < $3 AND ($4 IS NULL OR COALESCE(unit, '') = $4)
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
);
const CASES: Sql = Sql(
    "funnel.cases",
    "SELECT c.opened_at / 86400000000, COALESCE(l.unit, ''), c.state, COUNT(*)
     FROM cases c JOIN leads l ON l.org_id = c.org_id AND l.id = c.lead_id
     WHERE c.org_id = $1 AND c.opened_at >= $2 AND c.opened_at < $3 AND ($4 IS NULL OR COALESCE(l.unit, '') = $4)
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
);

/// A number of records of one day that stand at the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelCount {
    /// Start of the day they were received or opened, in UTC.
    pub day: Timestamp,
    /// The unit they were referred to; empty for what was not referred.
    pub unit: String,
    /// The word of their state, or of the outcome of a lead that has one.
    pub word: String,
    /// How many.
    pub count: u64,
}

/// What became of what came in within a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelCounts {
    /// Reports by day received and state; they have no unit.
    pub reports: Vec<FunnelCount>,
    /// Leads by day opened, unit, and outcome or state.
    pub leads: Vec<FunnelCount>,
    /// Cases by day opened, unit of their lead, and state.
    pub cases: Vec<FunnelCount>,
}

fn day(row: &Row) -> Result<Timestamp, StoreError> {
    let micros = row
        .int(0)?
        .saturating_mul(Duration::from_days(1).as_micros());
    Ok(Timestamp::from_micros(micros))
}

fn of_unit(row: &Row) -> Result<FunnelCount, StoreError> {
    Ok(FunnelCount {
        day: day(row)?,
        unit: row.text(1)?,
        word: row.text(2)?,
        count: u64::try_from(row.int(3)?).unwrap_or(0),
    })
}

fn of_report(row: &Row) -> Result<FunnelCount, StoreError> {
    Ok(FunnelCount {
        day: day(row)?,
        unit: String::new(),
        word: row.text(1)?,
        count: u64::try_from(row.int(2)?).unwrap_or(0),
    })
}

impl Tx {
    /// Counts of what was received or opened from `from` (whole days are counted from it) to before `to`, of all
    /// units or of one; the empty unit is what was not referred. A row a day, unit and word.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn funnel(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        unit: Option<&str>,
    ) -> Result<FunnelCounts, StoreError> {
        let reports = self.many(REPORTS, args![from, to]).await?;
        let leads = self.many(LEADS, args![from, to, unit]).await?;
        let cases = self.many(CASES, args![from, to, unit]).await?;
        Ok(FunnelCounts {
            reports: reports.iter().map(of_report).collect::<Result<_, _>>()?,
            leads: leads.iter().map(of_unit).collect::<Result<_, _>>()?,
            cases: cases.iter().map(of_unit).collect::<Result<_, _>>()?,
        })
    }
}
