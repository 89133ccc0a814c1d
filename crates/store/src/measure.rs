//! Measures.

use stanch_types::claim::ClaimDigest;
use stanch_types::measure::{Measure, MeasureKind, Subject};
use stanch_types::{Amount, CaseId, MeasureBatchId, MeasureId, OperationId, Timestamp};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::numbers::delayed;
use crate::page::{PAGE_LIMIT_MAX, Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "measure.insert",
    "INSERT INTO measures (org_id, id, subject, kind, state, detector, decided_at, ends_at, claim, case_id, batch_id,
       reexamine, body, held_minor, held_currency, operation_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
);
const LOOKUP: Sql = Sql(
    "measure.lookup",
    "SELECT body FROM measures WHERE org_id = $1 AND id = $2",
);
const LOOKUP_BY_CLAIM: Sql = Sql(
    "measure.lookup_by_claim",
    "SELECT body FROM measures WHERE org_id = $1 AND claim = $2",
);
const LOCK: Sql = Sql(
    "measure.lock",
    "UPDATE measures SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE: Sql = Sql(
    "measure.update",
    "UPDATE measures SET state = $3, ends_at = $4, reexamine = $5, body = $6 WHERE org_id = $1 AND id = $2",
);
const LIST: Sql = Sql(
    "measure.list",
    "SELECT body FROM measures WHERE org_id = $1
     AND ($3 IS NULL OR decided_at < $3 OR (decided_at = $3 AND id < $4))
     ORDER BY decided_at DESC, id DESC LIMIT $2",
);
const LIST_OF_STATE: Sql = Sql(
    "measure.list_of_state",
    "SELECT body FROM measures WHERE org_id = $1 AND state = $5
     AND ($3 IS NULL OR decided_at < $3 OR (decided_at = $3 AND id < $4))
     ORDER BY decided_at DESC, id DESC LIMIT $2",
);
const LIST_OF_SUBJECT: Sql = Sql(
    "measure.list_of_subject",
    "SELECT body FROM measures WHERE org_id = $1 AND subject = $5
     AND ($3 IS NULL OR decided_at < $3 OR (decided_at = $3 AND id < $4))
     ORDER BY decided_at DESC, id DESC LIMIT $2",
);
const LIST_OF_CASE: Sql = Sql(
    "measure.list_of_case",
    "SELECT body FROM measures WHERE org_id = $1 AND case_id = $5
     AND ($3 IS NULL OR decided_at < $3 OR (decided_at = $3 AND id < $4))
     ORDER BY decided_at DESC, id DESC LIMIT $2",
);
const LIST_OF_OPERATION: Sql = Sql(
    "measure.list_of_operation",
    "SELECT body FROM measures WHERE org_id = $1 AND operation_id = $5
     AND ($3 IS NULL OR decided_at < $3 OR (decided_at = $3 AND id < $4))
     ORDER BY decided_at DESC, id DESC LIMIT $2",
);
const LIST_TO_REEXAMINE: Sql = Sql(
    "measure.list_to_reexamine",
    "SELECT body FROM measures WHERE org_id = $1 AND reexamine = 1
     AND ($3 IS NULL OR decided_at < $3 OR (decided_at = $3 AND id < $4))
     ORDER BY decided_at DESC, id DESC LIMIT $2",
);
/// What the same detector found within a day, still in force.
const SIBLINGS: Sql = Sql(
    "measure.siblings",
    "SELECT body FROM measures WHERE org_id = $1 AND detector = $2 AND decided_at >= $3 AND decided_at < $4
     AND ends_at IS NOT NULL AND reexamine = 0 AND id <> $5 ORDER BY decided_at, id LIMIT $6",
);
const IDS_OF_BATCH: Sql = Sql(
    "measure.ids_of_batch",
    "SELECT id FROM measures WHERE org_id = $1 AND batch_id = $2 AND id > $3 AND ends_at IS NOT NULL
     ORDER BY id LIMIT $4",
);
const OVERDUE: Sql = Sql(
    "measure.overdue",
    "SELECT body FROM measures WHERE org_id = $1 AND ends_at <= $2 ORDER BY ends_at LIMIT $3",
);
const NUMBERS: Sql = Sql(
    "measure.numbers",
    "SELECT kind, state, COUNT(*) FROM measures WHERE org_id = $1 AND decided_at >= $2 AND decided_at < $3
     GROUP BY kind, state ORDER BY kind, state",
);
/// How many measures a detector led to, and how many of them an appeal overturned.
const DETECTORS: Sql = Sql(
    "measure.detectors",
    "SELECT m.detector, COUNT(*), CAST(SUM(CASE WHEN EXISTS (SELECT 1 FROM appeals a WHERE a.org_id = m.org_id
         AND a.measure_id = m.id AND a.outcome IN ('upheld', 'partly', 'not_decided')) THEN 1 ELSE 0 END) AS BIGINT)
     FROM measures m WHERE m.org_id = $1 AND m.detector IS NOT NULL AND m.decided_at >= $2 AND m.decided_at < $3
     GROUP BY m.detector ORDER BY m.detector LIMIT $4",
);
const LIST_NAME: &str = "measures";
/// Most siblings that one upheld appeal puts up for re-examination.
const SIBLINGS_MAX: i64 = 10_000;
/// Most detectors counted.
const DETECTORS_MAX: i64 = 1_000;

/// Which measures are wanted. One condition at a time, each with an index of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MeasureFilter {
    /// All.
    #[default]
    All,
    /// Those in this state (the word of `MeasureState`).
    State(String),
    /// Those on this subject.
    Subject(Subject),
    /// Those of this case.
    Case(CaseId),
    /// Those of this operation.
    Operation(OperationId),
    /// Those that an upheld appeal says to look at again.
    Reexamine,
}

/// How many measures of a kind are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureNumbers {
    /// What.
    pub kind: MeasureKind,
    /// The state's word.
    pub state: String,
    /// How many.
    pub count: u64,
}

/// How often a detector led to a measure, and how often that was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectorCount {
    /// Its name.
    pub detector: String,
    /// Measures it led to.
    pub measures: u64,
    /// Those that an appeal overturned.
    pub overturned: u64,
}

fn read(row: &Row) -> Result<Measure, StoreError> {
    row.json(0, "measure")
}

/// A digest of the subject, to find it by.
fn subject_key(subject: &Subject) -> String {
    let text = format!(
        "{}\n{}\n{}",
        subject.platform,
        subject.kind,
        subject.reference.expose()
    );
    hex::encode(aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA256,
        text.as_bytes(),
    ))
}

pub(crate) fn count(row: &Row, ix: usize) -> Result<u64, StoreError> {
    u64::try_from(row.int(ix)?).map_err(|cause| StoreError::damaged("count", cause))
}

impl Tx {
    /// Stores a new measure with its notice.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`] if its case is not stored.
    pub async fn insert_measure(&mut self, measure: &Measure) -> Result<(), StoreError> {
        let (id, body) = (measure.id.to_string(), self.sealed(measure, "measure")?);
        let subject = subject_key(&measure.wish.subject);
        let detector = measure.wish.detector.as_ref().map(|it| it.name.as_str());
        let case = measure.wish.case_id.map(|case| case.to_string());
        let batch = measure.batch_id.map(|batch| batch.to_string());
        let operation = measure.wish.operation_id.map(|it| it.to_string());
        let held = delayed(measure);
        let currency = held.map(|amount| amount.currency().to_string());
        self.change(
            INSERT,
            args![
                &id,
                &subject,
                measure.wish.kind.as_str(),
                measure.state.as_str(),
                detector,
                measure.decided_at,
                measure.ends_at(),
                measure.claim.as_str(),
                &case,
                &batch,
                i64::from(measure.reexamine.is_some()),
                &body,
                held.map(Amount::minor),
                &currency,
                &operation
            ],
        )
        .await
        .map(drop)
    }

    /// The measure `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_measure(&mut self, id: MeasureId) -> Result<Measure, StoreError> {
        let row = self.one(LOOKUP, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// The measure that a claim code opens, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_measure_by_claim(
        &mut self,
        claim: &ClaimDigest,
    ) -> Result<Option<Measure>, StoreError> {
        let row = self.one(LOOKUP_BY_CLAIM, args![claim.as_str()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The measure `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Contended`].
    pub async fn lock_measure(&mut self, id: MeasureId) -> Result<Measure, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(read).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored measure: its state, and whether it is to be looked at again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_measure(&mut self, measure: &Measure) -> Result<(), StoreError> {
        let (id, body) = (measure.id.to_string(), self.sealed(measure, "measure")?);
        let reexamine = i64::from(measure.reexamine.is_some());
        let args = args![
            &id,
            measure.state.as_str(),
            measure.ends_at(),
            reexamine,
            &body
        ];
        match self.change(UPDATE, args).await? {
            0 => Err(not_found(measure.id)),
            _ => Ok(()),
        }
    }

    /// Measures, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_measures(
        &mut self,
        filter: &MeasureFilter,
        page: &PageRequest,
    ) -> Result<Page<Measure>, StoreError> {
        let after = page.keys::<2>(LIST_NAME)?;
        let (at, id) = match &after {
            Some([at, id]) => (Some(page.number(at)?), Some(id.as_str())),
            None => (None, None),
        };
        let (sql, key) = match filter {
            MeasureFilter::All => (LIST, None),
            MeasureFilter::State(state) => (LIST_OF_STATE, Some(state.clone())),
            MeasureFilter::Subject(subject) => (LIST_OF_SUBJECT, Some(subject_key(subject))),
            MeasureFilter::Case(case) => (LIST_OF_CASE, Some(case.to_string())),
            MeasureFilter::Operation(id) => (LIST_OF_OPERATION, Some(id.to_string())),
            MeasureFilter::Reexamine => (LIST_TO_REEXAMINE, None),
        };
        let rows = match &key {
            Some(key) => {
                self.many(sql, args![page.fetch_limit(), at, id, key])
                    .await?
            }
            None => self.many(sql, args![page.fetch_limit(), at, id]).await?,
        };
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(page.page(LIST_NAME, items, |item| {
            vec![item.decided_at.as_micros().to_string(), item.id.to_string()]
        }))
    }

    /// Measures in force that the same detector led to from `from` until before `to`, but for `other_than` and those
    /// that are up for re-examination already; at most 10,000, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn sibling_measures(
        &mut self,
        detector: &str,
        from: Timestamp,
        to: Timestamp,
        other_than: MeasureId,
    ) -> Result<Vec<Measure>, StoreError> {
        let other = other_than.to_string();
        let rows = self
            .many(SIBLINGS, args![detector, from, to, &other, SIBLINGS_MAX])
            .await?;
        rows.iter().map(read).collect()
    }

    /// Identifiers of a batch's measures in force after `after`, in order; at most 200.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn batch_measures(
        &mut self,
        batch: MeasureBatchId,
        after: Option<MeasureId>,
    ) -> Result<Vec<MeasureId>, StoreError> {
        let after = after.map_or_else(String::new, |id| id.to_string());
        let rows = self
            .many(
                IDS_OF_BATCH,
                args![&batch.to_string(), &after, PAGE_LIMIT_MAX],
            )
            .await?;
        rows.iter().map(|row| row.parsed(0, "measure")).collect()
    }

    /// Measures that are in force though their end came by `now`; at most 200, longest overdue first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn overdue_measures(&mut self, now: Timestamp) -> Result<Vec<Measure>, StoreError> {
        let rows = self.many(OVERDUE, args![now, PAGE_LIMIT_MAX]).await?;
        rows.iter().map(read).collect()
    }

    /// How many measures were decided from `from` until before `to`, by kind and by what became of them.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn measure_numbers(
        &mut self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<MeasureNumbers>, StoreError> {
        let rows = self.many(NUMBERS, args![from, to]).await?;
        let read = |row: &Row| {
            Ok(MeasureNumbers {
                kind: row.parsed(0, "measure kind")?,
                state: row.text(1)?,
                count: count(row, 2)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// What each detector led to from `from` until before `to`, and how much of it appeals overturned.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn detector_counts(
        &mut self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<DetectorCount>, StoreError> {
        let rows = self.many(DETECTORS, args![from, to, DETECTORS_MAX]).await?;
        let read = |row: &Row| {
            Ok(DetectorCount {
                detector: row.text(0)?,
                measures: count(row, 1)?,
                overturned: count(row, 2)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

fn not_found(id: MeasureId) -> StoreError {
    StoreError::NotFound {
        what: "measure",
        id: id.to_string(),
    }
}
