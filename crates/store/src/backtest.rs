//! Backtests of policies.

use stanch_types::BacktestId;
use stanch_types::backtest::Backtest;

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "backtest.insert",
    "INSERT INTO backtests (org_id, id, policy, state, requested_at, body) VALUES ($1, $2, $3, $4, $5, $6)",
);
const LOOKUP: Sql = Sql(
    "backtest.lookup",
    "SELECT body FROM backtests WHERE org_id = $1 AND id = $2",
);
const LOCK: Sql = Sql(
    "backtest.lock",
    "UPDATE backtests SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE: Sql = Sql(
    "backtest.update",
    "UPDATE backtests SET state = $3, body = $4 WHERE org_id = $1 AND id = $2",
);
const NEXT: Sql = Sql(
    "backtest.next",
    "SELECT body FROM backtests WHERE org_id = $1 AND state IN ('queued', 'running')
     ORDER BY requested_at, id LIMIT 1",
);
const COUNT_WAITING: Sql = Sql(
    "backtest.count_waiting",
    "SELECT COUNT(*) FROM backtests WHERE org_id = $1 AND state IN ('queued', 'running')",
);
const LIST: Sql = Sql(
    "backtest.list",
    "SELECT body FROM backtests WHERE org_id = $1 ORDER BY requested_at DESC, id DESC LIMIT $2",
);
const LIST_AFTER: Sql = Sql(
    "backtest.list_after",
    "SELECT body FROM backtests WHERE org_id = $1 AND (requested_at < $3 OR (requested_at = $3 AND id < $4))
     ORDER BY requested_at DESC, id DESC LIMIT $2",
);
/// Name of the list in cursors.
const BACKTESTS: &str = "backtests";

fn backtest(row: &Row) -> Result<Backtest, StoreError> {
    row.json(0, "backtest")
}

impl Tx {
    /// Stores a backtest that was asked for.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`] when its policy is not stored.
    pub async fn insert_backtest(&mut self, asked: &Backtest) -> Result<(), StoreError> {
        let (id, body) = (asked.id.to_string(), to_json(asked, "backtest")?);
        self.change(
            INSERT,
            args![
                &id,
                &asked.policy,
                asked.state.word(),
                asked.requested_at,
                &body
            ],
        )
        .await
        .map(drop)
    }

    /// The backtest `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_backtest(&mut self, id: BacktestId) -> Result<Backtest, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(backtest).ok_or_else(|| not_found(id))?
    }

    /// The backtest `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_backtest(&mut self, id: BacktestId) -> Result<Backtest, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(backtest).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored backtest.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_backtest(&mut self, changed: &Backtest) -> Result<(), StoreError> {
        let (id, body) = (changed.id.to_string(), to_json(changed, "backtest")?);
        let rows = self
            .change(UPDATE, args![&id, changed.state.word(), &body])
            .await?;
        if rows == 0 {
            return Err(not_found(changed.id));
        }
        Ok(())
    }

    /// The oldest backtest that is to be worked on.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn next_backtest(&mut self) -> Result<Option<Backtest>, StoreError> {
        let row = self.one(NEXT, args![]).await?;
        row.as_ref().map(backtest).transpose()
    }

    /// Number of backtests that wait or are worked on.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_waiting_backtests(&mut self) -> Result<i64, StoreError> {
        let row = self.one(COUNT_WAITING, args![]).await?;
        row.map_or(Ok(0), |row| row.int(0))
    }

    /// Backtests, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`], [`StoreError::Database`].
    pub async fn list_backtests(
        &mut self,
        page: &PageRequest,
    ) -> Result<Page<Backtest>, StoreError> {
        let limit = page.fetch_limit();
        let rows = match page.keys::<2>(BACKTESTS)? {
            None => self.many(LIST, args![limit]).await?,
            Some([at, id]) => {
                let at = page.number(&at)?;
                self.many(LIST_AFTER, args![limit, at, &id]).await?
            }
        };
        let items = rows.iter().map(backtest).collect::<Result<Vec<_>, _>>()?;
        Ok(page.page(BACKTESTS, items, |item| {
            vec![
                item.requested_at.as_micros().to_string(),
                item.id.to_string(),
            ]
        }))
    }
}

fn not_found(id: BacktestId) -> StoreError {
    StoreError::NotFound {
        what: "backtest",
        id: id.to_string(),
    }
}
