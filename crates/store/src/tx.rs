//! A transaction on the record.

use crate::audit::PendingEntry;
use crate::db::{Arg, Connection, Row, Sql};
use crate::error::StoreError;
use crate::feed::FeedEvent;
use crate::rows::Touched;
use crate::store::Store;

/// Most audit entries or feed events in one transaction.
const PENDING_MAX: usize = 100_000;

/// An open transaction. Dropping it without [`Tx::commit`] undoes everything done in it.
///
/// The functions for each kind of record are in the file named after it.
pub struct Tx {
    store: Store,
    connection: Connection,
    mode: Mode,
    pub(crate) audit: Vec<PendingEntry>,
    pub(crate) feed: Vec<FeedEvent>,
    pub(crate) jobs: bool,
    pub(crate) touched: Touched,
}

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

/// What a commit gave out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Committed {
    /// Number of the first audit entry of the transaction, if it had any; the others follow without gaps.
    pub first_audit_seq: Option<u64>,
    /// Number of the last feed event of the transaction, if it had any.
    pub last_feed_id: Option<i64>,
}

impl Tx {
    pub(crate) fn new(store: Store, connection: Connection, mode: Mode) -> Self {
        Self {
            store,
            connection,
            mode,
            audit: Vec::new(),
            feed: Vec::new(),
            jobs: false,
            touched: Touched::default(),
        }
    }

    /// Makes the transaction durable. Audit entries and feed events get their numbers here, as the last step and
    /// under the lock of one row, so that numbers follow the order of commits.
    ///
    /// # Errors
    /// [`StoreError::Contended`] if other transactions were in the way, [`StoreError::Database`]; nothing is kept
    /// then, except that a lost connection leaves the outcome unknown, as with every database.
    pub async fn commit(mut self) -> Result<Committed, StoreError> {
        Box::pin(self.name_rows()).await?;
        let committed = if self.audit.is_empty() && self.feed.is_empty() {
            Committed::default()
        } else {
            Box::pin(self.write_logs()).await?
        };
        self.connection.commit().await?;
        self.store.announce(committed.last_feed_id, self.jobs);
        Ok(committed)
    }

    /// Undoes everything done in the transaction.
    ///
    /// # Errors
    /// [`StoreError::Database`]; the transaction is undone all the same.
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.connection.rollback().await
    }

    /// The store it belongs to.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Refuses in a transaction that only reads.
    pub(crate) fn must_write(&self) -> Result<(), StoreError> {
        match self.mode {
            Mode::Write => Ok(()),
            Mode::Read => Err(StoreError::ReadOnly),
        }
    }

    /// Refuses another audit entry or feed event when the transaction has too many.
    pub(crate) fn must_have_room(&self) -> Result<(), StoreError> {
        self.must_write()?;
        if self.audit.len().max(self.feed.len()) < PENDING_MAX {
            Ok(())
        } else {
            Err(StoreError::AuditEntry {
                action: "any".to_owned(),
                why: "the transaction has too many entries",
            })
        }
    }

    /// Runs a changing statement whose first argument is the organisation. Rows of bound tables that it changes are
    /// named in the audit tree at the commit.
    pub(crate) async fn change(&mut self, sql: Sql, rest: &[Arg<'_>]) -> Result<u64, StoreError> {
        self.must_write()?;
        let store = self.store.clone();
        let args = with_org(store.org_text(), rest);
        let intent = Box::pin(self.intent(sql, &args)).await?;
        let changed = self.connection.execute(sql, &args).await?;
        if let Some(intent) = intent
            && changed > 0
        {
            self.touch(intent, usize::try_from(changed).unwrap_or(usize::MAX));
        }
        Ok(changed)
    }

    /// Runs a statement whose first argument is the organisation and gives its first row.
    pub(crate) async fn one(
        &mut self,
        sql: Sql,
        rest: &[Arg<'_>],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.many(sql, rest).await?.into_iter().next())
    }

    /// Runs a statement whose first argument is the organisation and gives its rows.
    pub(crate) async fn many(
        &mut self,
        sql: Sql,
        rest: &[Arg<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let store = self.store.clone();
        let args = with_org(store.org_text(), rest);
        let intent = match self.mode {
            Mode::Write => Box::pin(self.intent(sql, &args)).await?,
            Mode::Read => None,
        };
        let rows = self.connection.all(sql, &args).await?;
        if let Some(intent) = intent
            && !rows.is_empty()
        {
            self.touch(intent, rows.len());
        }
        Ok(rows)
    }

    /// Reads a row on behalf of the binding itself.
    pub(crate) async fn one_unbound(
        &mut self,
        sql: Sql,
        rest: &[Arg<'_>],
    ) -> Result<Option<Row>, StoreError> {
        let args = with_org(self.store.org_text(), rest);
        self.connection.optional(sql, &args).await
    }
}

fn with_org<'a>(org: &'a str, rest: &[Arg<'a>]) -> Vec<Arg<'a>> {
    let mut args = Vec::with_capacity(rest.len() + 1);
    args.push(Arg::Text(Some(org)));
    args.extend_from_slice(rest);
    args
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
