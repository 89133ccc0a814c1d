//! Which records' personal parts are due to be erased, and which were.

use serde::de::DeserializeOwned;
use stanch_types::Timestamp;
use stanch_types::appeal::Appeal;
use stanch_types::desk::Note;
use stanch_types::label::EventLabel;
use stanch_types::report::Report;

use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const NOTE: Sql = Sql(
    "erasure.note",
    "INSERT INTO erasures (org_id, subject, erased_at) VALUES ($1, $2, $3) ON CONFLICT (org_id, subject) DO NOTHING",
);
/// Reports whose cases are worked on are not due. A joined report names its case in its body: the caller looks there.
const DUE_REPORTS: Sql = Sql(
    "erasure.due_reports",
    "SELECT r.body FROM reports r WHERE r.org_id = $1 AND r.received_at < $2
       AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.org_id = r.org_id AND e.subject = r.id)
       AND NOT EXISTS (SELECT 1 FROM leads l JOIN cases c ON c.org_id = l.org_id AND c.id = l.case_id
         WHERE l.org_id = r.org_id AND l.report_id = r.id AND c.state IN ('open', 'filed', 'suspended'))
     ORDER BY r.received_at, r.id LIMIT $3",
);
const DUE_LABELS: Sql = Sql(
    "erasure.due_labels",
    "SELECT body FROM labels b WHERE b.org_id = $1 AND b.labelled_at < $2
       AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.org_id = b.org_id AND e.subject = b.id)
     ORDER BY labelled_at, id LIMIT $3",
);
const DUE_APPEALS: Sql = Sql(
    "erasure.due_appeals",
    "SELECT body FROM appeals a WHERE a.org_id = $1 AND a.decided_at < $2 AND a.open = 0
       AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.org_id = a.org_id AND e.subject = a.id)
     ORDER BY decided_at, id LIMIT $3",
);
/// Notes on cases that are worked on are not due.
const DUE_NOTES: Sql = Sql(
    "erasure.due_notes",
    "SELECT n.body FROM notes n JOIN cases c ON c.org_id = n.org_id AND c.id = n.case_id
     WHERE n.org_id = $1 AND n.at < $2 AND c.state NOT IN ('open', 'filed', 'suspended')
       AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.org_id = n.org_id AND e.subject = n.id)
     ORDER BY n.at, n.id LIMIT $3",
);

impl Tx {
    /// Notes that the personal parts of `subject` were erased.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_erasure(&mut self, subject: &str, at: Timestamp) -> Result<(), StoreError> {
        self.change(NOTE, args![subject, at]).await.map(drop)
    }

    /// Reports received before `before` that were not erased and whose cases are not worked on, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn reports_due(
        &mut self,
        before: Timestamp,
        limit: u16,
    ) -> Result<Vec<Report>, StoreError> {
        self.due(DUE_REPORTS, before, limit, "report").await
    }

    /// Labels given before `before` whose texts were not erased, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn labels_due(
        &mut self,
        before: Timestamp,
        limit: u16,
    ) -> Result<Vec<EventLabel>, StoreError> {
        self.due(DUE_LABELS, before, limit, "label").await
    }

    /// Appeals decided before `before` whose words were not erased, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn appeals_due(
        &mut self,
        before: Timestamp,
        limit: u16,
    ) -> Result<Vec<Appeal>, StoreError> {
        self.due(DUE_APPEALS, before, limit, "appeal").await
    }

    /// Notes written before `before` on cases that are over, whose words were not erased, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn notes_due(
        &mut self,
        before: Timestamp,
        limit: u16,
    ) -> Result<Vec<Note>, StoreError> {
        self.due(DUE_NOTES, before, limit, "note").await
    }

    async fn due<T: DeserializeOwned>(
        &mut self,
        sql: Sql,
        before: Timestamp,
        limit: u16,
        what: &'static str,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.many(sql, args![before, i64::from(limit)]).await?;
        rows.iter().map(|row| row.json(0, what)).collect()
    }
}
