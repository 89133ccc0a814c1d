//! What events turned out to be.

use stanch_types::label::{EventLabel, Truth};
use stanch_types::{LabelId, Timestamp};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "label.insert",
    "INSERT INTO labels (org_id, id, event_id, truth, labelled_at, body) VALUES ($1, $2, $3, $4, $5, $6)",
);
const LOCK: Sql = Sql(
    "label.lock",
    "UPDATE labels SET truth = truth WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE: Sql = Sql(
    "label.update",
    "UPDATE labels SET body = $3 WHERE org_id = $1 AND id = $2",
);
const OF_EVENT: Sql = Sql(
    "label.of_event",
    "SELECT body FROM labels WHERE org_id = $1 AND event_id = $2 ORDER BY labelled_at DESC, id DESC LIMIT $3",
);
const IS_LABELLED: Sql = Sql(
    "label.is_labelled",
    "SELECT COUNT(*) FROM labels WHERE org_id = $1 AND event_id = $2",
);
const LIST: Sql = Sql(
    "label.list",
    "SELECT body FROM labels WHERE org_id = $1 ORDER BY labelled_at DESC, id DESC LIMIT $2",
);
const LIST_AFTER: Sql = Sql(
    "label.list_after",
    "SELECT body FROM labels WHERE org_id = $1 AND (labelled_at < $3 OR (labelled_at = $3 AND id < $4))
     ORDER BY labelled_at DESC, id DESC LIMIT $2",
);
const CURRENT: Sql = Sql(
    "label.current",
    "SELECT body FROM labels l WHERE org_id = $1 AND labelled_at <= $3 AND NOT EXISTS (
       SELECT 1 FROM labels n WHERE n.org_id = l.org_id AND n.event_id = l.event_id AND n.labelled_at <= $3
         AND (n.labelled_at > l.labelled_at OR (n.labelled_at = l.labelled_at AND n.id > l.id)))
     ORDER BY labelled_at DESC, id DESC LIMIT $2",
);
const CURRENT_AFTER: Sql = Sql(
    "label.current_after",
    "SELECT body FROM labels l WHERE org_id = $1 AND labelled_at <= $3
     AND (labelled_at < $4 OR (labelled_at = $4 AND id < $5)) AND NOT EXISTS (
       SELECT 1 FROM labels n WHERE n.org_id = l.org_id AND n.event_id = l.event_id AND n.labelled_at <= $3
         AND (n.labelled_at > l.labelled_at OR (n.labelled_at = l.labelled_at AND n.id > l.id)))
     ORDER BY labelled_at DESC, id DESC LIMIT $2",
);
const TRUTHS: Sql = Sql(
    "label.truths",
    "SELECT event_id, truth FROM labels WHERE org_id = $1 AND labelled_at <= $3
     ORDER BY labelled_at DESC, id DESC LIMIT $2",
);
/// Name of the list of all labels in cursors.
const LABELS: &str = "labels";
/// Name of the list of labels that count in cursors.
const CURRENT_LABELS: &str = "labels.current";

fn label(row: &Row) -> Result<EventLabel, StoreError> {
    row.json(0, "label")
}

impl Tx {
    /// Stores a label.
    ///
    /// # Errors
    /// [`StoreError::Exists`].
    pub async fn insert_label(&mut self, new: &EventLabel) -> Result<(), StoreError> {
        let (id, body) = (new.id.to_string(), self.sealed(new, "label")?);
        self.change(
            INSERT,
            args![
                &id,
                &new.event_id,
                new.truth.as_str(),
                new.labelled_at,
                &body
            ],
        )
        .await
        .map(drop)
    }

    /// The label `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_label(&mut self, id: LabelId) -> Result<EventLabel, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK, args![&id.to_string()]).await?;
        row.as_ref().map(label).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored label: for its text, which can be erased.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_label(&mut self, changed: &EventLabel) -> Result<(), StoreError> {
        let (id, body) = (changed.id.to_string(), self.sealed(changed, "label")?);
        match self.change(UPDATE, args![&id, &body]).await? {
            0 => Err(not_found(changed.id)),
            _ => Ok(()),
        }
    }

    /// Labels of an event, the one that counts first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn labels_of_event(
        &mut self,
        event_id: &str,
        limit: u16,
    ) -> Result<Vec<EventLabel>, StoreError> {
        let rows = self
            .many(OF_EVENT, args![event_id, i64::from(limit)])
            .await?;
        rows.iter().map(label).collect()
    }

    /// Whether an event has a label.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn is_labelled(&mut self, event_id: &str) -> Result<bool, StoreError> {
        let row = self.one(IS_LABELLED, args![event_id]).await?;
        row.as_ref().map_or(Ok(false), |row| Ok(row.int(0)? > 0))
    }

    /// Labels, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`], [`StoreError::Database`].
    pub async fn list_labels(
        &mut self,
        page: &PageRequest,
    ) -> Result<Page<EventLabel>, StoreError> {
        let limit = page.fetch_limit();
        let rows = match page.keys::<2>(LABELS)? {
            None => self.many(LIST, args![limit]).await?,
            Some([at, id]) => {
                let at = page.number(&at)?;
                self.many(LIST_AFTER, args![limit, at, &id]).await?
            }
        };
        page_of(page, LABELS, &rows)
    }

    /// Of each event that was labelled by `until` the label that counted then, newest first. Pages of one `until` fit together
    /// whatever is labelled meanwhile.
    ///
    /// # Errors
    /// As [`Tx::list_labels`].
    pub async fn list_current_labels(
        &mut self,
        page: &PageRequest,
        until: Timestamp,
    ) -> Result<Page<EventLabel>, StoreError> {
        let limit = page.fetch_limit();
        let rows = match page.keys::<2>(CURRENT_LABELS)? {
            None => self.many(CURRENT, args![limit, until]).await?,
            Some([at, id]) => {
                let at = page.number(&at)?;
                self.many(CURRENT_AFTER, args![limit, until, at, &id])
                    .await?
            }
        };
        page_of(page, CURRENT_LABELS, &rows)
    }

    /// What was said of events by `until`, the latest `limit` words, newest first: event id and truth.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn truths(
        &mut self,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<(String, Truth)>, StoreError> {
        let rows = self.many(TRUTHS, args![i64::from(limit), until]).await?;
        let truth = |row: &Row| {
            let word = row.text(1)?;
            let truth = [Truth::Fraud, Truth::Good]
                .into_iter()
                .find(|truth| truth.as_str() == word);
            let damaged = || StoreError::Damaged {
                what: "label",
                why: format!("`{word}` is no truth"),
            };
            Ok((row.text(0)?, truth.ok_or_else(damaged)?))
        };
        rows.iter().map(truth).collect()
    }
}

fn page_of(
    page: &PageRequest,
    name: &'static str,
    rows: &[Row],
) -> Result<Page<EventLabel>, StoreError> {
    let items = rows.iter().map(label).collect::<Result<Vec<_>, _>>()?;
    Ok(page.page(name, items, |item| {
        vec![
            item.labelled_at.as_micros().to_string(),
            item.id.to_string(),
        ]
    }))
}

fn not_found(id: LabelId) -> StoreError {
    StoreError::NotFound {
        what: "label",
        id: id.to_string(),
    }
}
