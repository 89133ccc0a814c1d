//! Appeals.

use stanch_types::appeal::{Appeal, AppealOutcome};
use stanch_types::{AppealId, Currency, MeasureId, Timestamp};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::measure::count;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "appeal.insert",
    "INSERT INTO appeals (org_id, id, measure_id, state, open, livelihood, filed_at, decide_by, reviewer, outcome,
       decided_at, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
);
const LOOKUP: Sql = Sql(
    "appeal.lookup",
    "SELECT body FROM appeals WHERE org_id = $1 AND id = $2",
);
const LOCK: Sql = Sql(
    "appeal.lock",
    "UPDATE appeals SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE: Sql = Sql(
    "appeal.update",
    "UPDATE appeals SET state = $3, open = $4, decide_by = $5, reviewer = $6, outcome = $7, decided_at = $8, body = $9
     WHERE org_id = $1 AND id = $2",
);
const SET_WRONGLY_HELD: Sql = Sql(
    "appeal.set_wrongly_held",
    "UPDATE appeals SET wrongly_held = $3, wrongly_held_currency = $4 WHERE org_id = $1 AND id = $2",
);
const OF_MEASURE: Sql = Sql(
    "appeal.of_measure",
    "SELECT body FROM appeals WHERE org_id = $1 AND measure_id = $2 ORDER BY filed_at, id LIMIT $3",
);
/// Livelihood first, then the next deadline.
const QUEUE: Sql = Sql(
    "appeal.queue",
    "SELECT body FROM appeals WHERE org_id = $1 AND open = 1
     AND ($3 IS NULL OR livelihood < $3 OR (livelihood = $3 AND (decide_by > $4 OR (decide_by = $4 AND id > $5))))
     ORDER BY livelihood DESC, decide_by, id LIMIT $2",
);
const LIST: Sql = Sql(
    "appeal.list",
    "SELECT body FROM appeals WHERE org_id = $1
     AND ($3 IS NULL OR filed_at < $3 OR (filed_at = $3 AND id < $4))
     ORDER BY filed_at DESC, id DESC LIMIT $2",
);
const COUNT_OPEN: Sql = Sql(
    "appeal.count_open",
    "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN decide_by < $2 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM appeals
     WHERE org_id = $1 AND open = 1",
);
const OUTCOMES: Sql = Sql(
    "appeal.outcomes",
    "SELECT outcome, COUNT(*) FROM appeals
     WHERE org_id = $1 AND decided_at >= $2 AND decided_at < $3 GROUP BY outcome ORDER BY outcome",
);
const WRONGLY_HELD: Sql = Sql(
    "appeal.wrongly_held",
    "SELECT COALESCE(wrongly_held_currency, 'CNY') AS currency, CAST(SUM(wrongly_held) AS BIGINT) FROM appeals
     WHERE org_id = $1 AND decided_at >= $2 AND decided_at < $3 AND wrongly_held > 0 GROUP BY currency ORDER BY currency",
);
const TIMES: Sql = Sql(
    "appeal.times",
    "SELECT decided_at - filed_at FROM appeals WHERE org_id = $1 AND decided_at >= $2 AND decided_at < $3
     ORDER BY decided_at - filed_at LIMIT 1 OFFSET $4",
);
const COUNT_FILED: Sql = Sql(
    "appeal.count_filed",
    "SELECT COUNT(*) FROM appeals WHERE org_id = $1 AND filed_at >= $2 AND filed_at < $3",
);
const QUEUE_NAME: &str = "appeals.queue";
const LIST_NAME: &str = "appeals";
/// Most appeals against one measure that are read.
const OF_MEASURE_MAX: i64 = 200;

/// Which appeals are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AppealFilter {
    /// Those that wait for a decision: livelihood first, then the next deadline.
    #[default]
    Open,
    /// All, newest first.
    All,
}

/// What became of appeals in a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppealNumbers {
    /// Filed in it.
    pub filed: u64,
    /// Decided in it, by outcome.
    pub decided: Vec<(AppealOutcome, u64)>,
    /// Minor units of money times hours that overturned measures kept from their owners, by currency.
    pub wrongly_held: Vec<(Currency, i64)>,
    /// Half of the appeals were decided within this time, in microseconds; none if none was decided.
    pub decided_within_p50_us: Option<i64>,
    /// 95 of 100 were.
    pub decided_within_p95_us: Option<i64>,
    /// Open now.
    pub open: u64,
    /// Open and past their deadline: there should be none.
    pub overdue: u64,
}

fn read(row: &Row) -> Result<Appeal, StoreError> {
    row.json(0, "appeal")
}

impl Tx {
    /// Stores a new appeal.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if another against the same measure is open, [`StoreError::Reference`].
    pub async fn insert_appeal(&mut self, appeal: &Appeal) -> Result<(), StoreError> {
        let (id, body) = (appeal.id.to_string(), self.sealed(appeal, "appeal")?);
        let (measure, reviewer) = (appeal.measure_id.to_string(), reviewer(appeal));
        let decision = appeal.state.decision();
        let args = args![
            &id,
            &measure,
            appeal.state.as_str(),
            i64::from(appeal.is_open()),
            i64::from(appeal.livelihood.is_some()),
            appeal.filed_at,
            appeal.deadlines.decide_by,
            &reviewer,
            decision.map(|it| it.outcome.as_str()),
            decision.map(|it| it.at),
            &body
        ];
        self.change(INSERT, args).await.map(drop)
    }

    /// The appeal `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_appeal(&mut self, id: AppealId) -> Result<Appeal, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// The appeal `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Contended`].
    pub async fn lock_appeal(&mut self, id: AppealId) -> Result<Appeal, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored appeal.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_appeal(&mut self, appeal: &Appeal) -> Result<(), StoreError> {
        let (id, body) = (appeal.id.to_string(), self.sealed(appeal, "appeal")?);
        let (decision, reviewer) = (appeal.state.decision(), reviewer(appeal));
        let args = args![
            &id,
            appeal.state.as_str(),
            i64::from(appeal.is_open()),
            appeal.deadlines.decide_by,
            &reviewer,
            decision.map(|it| it.outcome.as_str()),
            decision.map(|it| it.at),
            &body
        ];
        match self.change(UPDATE, args).await? {
            0 => Err(not_found(appeal.id)),
            _ => Ok(()),
        }
    }

    /// Notes what an overturned measure kept from its owner: minor units of money times hours.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_wrongly_held(
        &mut self,
        id: AppealId,
        currency: Currency,
        minor_hours: i64,
    ) -> Result<(), StoreError> {
        let (text, currency) = (id.to_string(), currency.to_string());
        let rest = args![&text, minor_hours, &currency];
        match self.change(SET_WRONGLY_HELD, rest).await? {
            0 => Err(not_found(id)),
            _ => Ok(()),
        }
    }

    /// The appeals against a measure, oldest first; at most 200.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn appeals_of_measure(&mut self, id: MeasureId) -> Result<Vec<Appeal>, StoreError> {
        let rows = self
            .many(OF_MEASURE, args![&id.to_string(), OF_MEASURE_MAX])
            .await?;
        rows.iter().map(read).collect()
    }

    /// Appeals: open ones by urgency, or all, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_appeals(
        &mut self,
        filter: AppealFilter,
        page: &PageRequest,
    ) -> Result<Page<Appeal>, StoreError> {
        let limit = page.fetch_limit();
        match filter {
            AppealFilter::Open => {
                let (lane, by, id) = match page.keys::<3>(QUEUE_NAME)? {
                    Some([lane, by, id]) => {
                        (Some(page.number(&lane)?), Some(page.number(&by)?), Some(id))
                    }
                    None => (None, None, None),
                };
                let rows = self.many(QUEUE, args![limit, lane, by, &id]).await?;
                let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
                Ok(page.page(QUEUE_NAME, items, |item| {
                    vec![
                        i64::from(item.livelihood.is_some()).to_string(),
                        item.deadlines.decide_by.as_micros().to_string(),
                        item.id.to_string(),
                    ]
                }))
            }
            AppealFilter::All => {
                let (at, id) = match page.keys::<2>(LIST_NAME)? {
                    Some([at, id]) => (Some(page.number(&at)?), Some(id)),
                    None => (None, None),
                };
                let rows = self.many(LIST, args![limit, at, &id]).await?;
                let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
                Ok(page.page(LIST_NAME, items, |item| {
                    vec![item.filed_at.as_micros().to_string(), item.id.to_string()]
                }))
            }
        }
    }

    /// What became of appeals from `from` until before `to`, and what is open at `now`.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn appeal_numbers(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        now: Timestamp,
    ) -> Result<AppealNumbers, StoreError> {
        let mut numbers = AppealNumbers::default();
        let filed = self.one(COUNT_FILED, args![from, to]).await?;
        numbers.filed = filed.as_ref().map_or(Ok(0), |row| count(row, 0))?;
        let mut decided: i64 = 0;
        for row in self.many(OUTCOMES, args![from, to]).await? {
            let count = count(&row, 1)?;
            numbers
                .decided
                .push((row.parsed(0, "appeal outcome")?, count));
            decided = decided.saturating_add(row.int(1)?);
        }
        for row in self.many(WRONGLY_HELD, args![from, to]).await? {
            let held = (row.parsed(0, "currency")?, row.int(1)?);
            numbers.wrongly_held.push(held);
        }
        if decided > 0 {
            let nearest = |of_100: i64| (decided.saturating_mul(of_100) + 99) / 100 - 1;
            let p50 = self.one(TIMES, args![from, to, nearest(50)]).await?;
            let p95 = self.one(TIMES, args![from, to, nearest(95)]).await?;
            numbers.decided_within_p50_us = p50.map(|row| row.int(0)).transpose()?;
            numbers.decided_within_p95_us = p95.map(|row| row.int(0)).transpose()?;
        }
        if let Some(row) = self.one(COUNT_OPEN, args![now]).await? {
            numbers.open = count(&row, 0)?;
            numbers.overdue = count(&row, 1)?;
        }
        Ok(numbers)
    }
}

fn reviewer(appeal: &Appeal) -> Option<String> {
    appeal.state.reviewer().map(|user| user.to_string())
}

fn not_found(id: AppealId) -> StoreError {
    StoreError::NotFound {
        what: "appeal",
        id: id.to_string(),
    }
}
