//! Batches of measures and their subjects.

use serde::{Deserialize, Serialize};
use stanch_types::batch::{BatchSubject, DryLine, MeasureBatch, SubjectResult};
use stanch_types::{MeasureBatchId, MeasureId};

use crate::db::{Arg, Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::{PAGE_LIMIT_MAX, Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "batch.insert",
    "INSERT INTO measure_batches (org_id, id, state, asked_at, body) VALUES ($1, $2, $3, $4, $5)",
);
const LOOKUP: Sql = Sql(
    "batch.lookup",
    "SELECT body FROM measure_batches WHERE org_id = $1 AND id = $2",
);
const LOCK: Sql = Sql(
    "batch.lock",
    "UPDATE measure_batches SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE: Sql = Sql(
    "batch.update",
    "UPDATE measure_batches SET state = $3, body = $4 WHERE org_id = $1 AND id = $2",
);
const LIST: Sql = Sql(
    "batch.list",
    "SELECT body FROM measure_batches WHERE org_id = $1
     AND ($3 IS NULL OR asked_at < $3 OR (asked_at = $3 AND id < $4))
     ORDER BY asked_at DESC, id DESC LIMIT $2",
);
const INSERT_LINE: Sql = Sql(
    "batch.insert_line",
    "INSERT INTO measure_batch_subjects (org_id, batch_id, line, result, measure_id, body)
     VALUES ($1, $2, $3, $4, NULL, $5)",
);
const UPDATE_LINE: Sql = Sql(
    "batch.update_line",
    "UPDATE measure_batch_subjects SET result = $4, measure_id = $5, body = $6
     WHERE org_id = $1 AND batch_id = $2 AND line = $3",
);
const LINES: Sql = Sql(
    "batch.lines",
    "SELECT line, body FROM measure_batch_subjects WHERE org_id = $1 AND batch_id = $2 AND line > $3
     ORDER BY line LIMIT $4",
);
const LINES_OF_RESULT: Sql = Sql(
    "batch.lines_of_result",
    "SELECT line, body FROM measure_batch_subjects
     WHERE org_id = $1 AND batch_id = $2 AND result = $5 AND line > $3 ORDER BY line LIMIT $4",
);
const LINE: Sql = Sql(
    "batch.line",
    "SELECT line, body FROM measure_batch_subjects WHERE org_id = $1 AND batch_id = $2 AND line = $3",
);
const RESULTS: Sql = Sql(
    "batch.results",
    "SELECT result, COUNT(*) FROM measure_batch_subjects WHERE org_id = $1 AND batch_id = $2
     GROUP BY result ORDER BY result",
);
const LIST_NAME: &str = "measure_batches";
const LINES_NAME: &str = "measure_batch_subjects";

/// One subject of a batch in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchLine {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The subject.
    pub subject: BatchSubject,
    /// What the dry run said of it.
    pub dry: DryLine,
    /// What became of it.
    pub result: SubjectResult,
}

fn read(row: &Row) -> Result<MeasureBatch, StoreError> {
    row.json(0, "measure batch")
}

fn read_line(row: &Row) -> Result<BatchLine, StoreError> {
    row.json(1, "batch line")
}

fn measure_of(result: &SubjectResult) -> Option<MeasureId> {
    match result {
        SubjectResult::Imposed { measure_id } | SubjectResult::RolledBack { measure_id } => {
            Some(*measure_id)
        }
        SubjectResult::Excluded | SubjectResult::Waiting | SubjectResult::Failed { .. } => None,
    }
}

impl Tx {
    /// Stores a new batch.
    ///
    /// # Errors
    /// [`StoreError::Exists`].
    pub async fn insert_batch(&mut self, batch: &MeasureBatch) -> Result<(), StoreError> {
        let (id, body) = (batch.id.to_string(), to_json(batch, "measure batch")?);
        let args = args![&id, batch.state.as_str(), batch.asked_at, &body];
        self.change(INSERT, args).await.map(drop)
    }

    /// Stores a subject of a batch.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`].
    pub async fn insert_batch_line(
        &mut self,
        batch: MeasureBatchId,
        line: &BatchLine,
    ) -> Result<(), StoreError> {
        let (batch, body) = (batch.to_string(), to_json(line, "batch line")?);
        let args = args![&batch, number(line.line)?, line.result.as_str(), &body];
        self.change(INSERT_LINE, args).await.map(drop)
    }

    /// Replaces a subject of a batch: what became of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_batch_line(
        &mut self,
        batch: MeasureBatchId,
        line: &BatchLine,
    ) -> Result<(), StoreError> {
        let (batch, body) = (batch.to_string(), to_json(line, "batch line")?);
        let measure = measure_of(&line.result).map(|id| id.to_string());
        let args = args![
            &batch,
            number(line.line)?,
            line.result.as_str(),
            &measure,
            &body
        ];
        match self.change(UPDATE_LINE, args).await? {
            0 => Err(no_line(line.line)),
            _ => Ok(()),
        }
    }

    /// The batch `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_batch(&mut self, id: MeasureBatchId) -> Result<MeasureBatch, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// The batch `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Contended`].
    pub async fn lock_batch(&mut self, id: MeasureBatchId) -> Result<MeasureBatch, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored batch.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_batch(&mut self, batch: &MeasureBatch) -> Result<(), StoreError> {
        let (id, body) = (batch.id.to_string(), to_json(batch, "measure batch")?);
        match self
            .change(UPDATE, args![&id, batch.state.as_str(), &body])
            .await?
        {
            0 => Err(not_found(batch.id)),
            _ => Ok(()),
        }
    }

    /// Batches, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_batches(
        &mut self,
        page: &PageRequest,
    ) -> Result<Page<MeasureBatch>, StoreError> {
        let (at, id) = match page.keys::<2>(LIST_NAME)? {
            Some([at, id]) => (Some(page.number(&at)?), Some(id)),
            None => (None, None),
        };
        let rows = self.many(LIST, args![page.fetch_limit(), at, &id]).await?;
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.page(LIST_NAME, items, |item| {
            vec![item.asked_at.as_micros().to_string(), item.id.to_string()]
        }))
    }

    /// Subjects of a batch in the order of the file, all or those with one result (the word of `SubjectResult`).
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_batch_lines(
        &mut self,
        batch: MeasureBatchId,
        result: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<BatchLine>, StoreError> {
        let after = match page.keys::<1>(LINES_NAME)? {
            Some([line]) => page.number(&line)?,
            None => 0,
        };
        let items = self.lines(batch, result, after, page.fetch_limit()).await?;
        Ok(page.page(LINES_NAME, items, |item| vec![item.line.to_string()]))
    }

    /// Subjects of a batch after line `after` with this result, in order; at most 200.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn next_batch_lines(
        &mut self,
        batch: MeasureBatchId,
        result: &str,
        after: u64,
    ) -> Result<Vec<BatchLine>, StoreError> {
        self.lines(batch, Some(result), number(after)?, PAGE_LIMIT_MAX)
            .await
    }

    /// One subject of a batch.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_batch_line(
        &mut self,
        batch: MeasureBatchId,
        line: u64,
    ) -> Result<BatchLine, StoreError> {
        let row = self
            .one(LINE, args![&batch.to_string(), number(line)?])
            .await?;
        row.as_ref().map(read_line).ok_or_else(|| no_line(line))?
    }

    /// How many subjects of a batch have each result, by its word.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn batch_results(
        &mut self,
        batch: MeasureBatchId,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = self.many(RESULTS, args![&batch.to_string()]).await?;
        rows.iter()
            .map(|row| Ok((row.text(0)?, crate::measure::count(row, 1)?)))
            .collect()
    }

    async fn lines(
        &mut self,
        batch: MeasureBatchId,
        result: Option<&str>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<BatchLine>, StoreError> {
        let batch = batch.to_string();
        let mut args: Vec<Arg<'_>> = args![&batch, after, limit].to_vec();
        let sql = match result {
            Some(result) => {
                args.push(Arg::from(result));
                LINES_OF_RESULT
            }
            None => LINES,
        };
        let rows = self.many(sql, &args).await?;
        rows.iter().map(read_line).collect()
    }
}

fn number(line: u64) -> Result<i64, StoreError> {
    i64::try_from(line).map_err(|_| no_line(line))
}

fn no_line(line: u64) -> StoreError {
    StoreError::NotFound {
        what: "batch line",
        id: line.to_string(),
    }
}

fn not_found(id: MeasureBatchId) -> StoreError {
    StoreError::NotFound {
        what: "measure batch",
        id: id.to_string(),
    }
}
