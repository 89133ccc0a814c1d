//! Idempotency keys of requests, kept 90 days with the digest of the request and the answer given.

use stanch_types::{Duration, Timestamp};

use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

/// How long a key and its answer are kept.
pub const IDEMPOTENCY_KEPT: Duration = Duration::from_days(90);
/// How long a request may be worked on before another with the same key takes over, as after a crash.
pub const IDEMPOTENCY_LEASE: Duration = Duration::from_secs(60);

const INSERT: Sql = Sql(
    "idempotency.insert",
    "INSERT INTO idempotency (org_id, scope, key, request_sha256, state, lease_until, expires_at)
     VALUES ($1, $2, $3, $4, 'in_progress', $5, $6) ON CONFLICT (org_id, scope, key) DO NOTHING",
);
const LOCK: Sql = Sql(
    "idempotency.lock",
    "UPDATE idempotency SET state = state WHERE org_id = $1 AND scope = $2 AND key = $3
     RETURNING request_sha256, state, lease_until, expires_at, status, content_type, body",
);
const TAKE_OVER: Sql = Sql(
    "idempotency.take_over",
    "UPDATE idempotency SET request_sha256 = $4, state = 'in_progress', lease_until = $5, expires_at = $6,
       status = NULL, content_type = NULL, body = NULL
     WHERE org_id = $1 AND scope = $2 AND key = $3",
);
const FINISH: Sql = Sql(
    "idempotency.finish",
    "UPDATE idempotency SET state = 'done', status = $4, content_type = $5, body = $6
     WHERE org_id = $1 AND scope = $2 AND key = $3 AND state = 'in_progress'",
);
const ABANDON: Sql = Sql(
    "idempotency.abandon",
    "DELETE FROM idempotency WHERE org_id = $1 AND scope = $2 AND key = $3 AND state = 'in_progress'",
);
const DELETE_EXPIRED: Sql = Sql(
    "idempotency.delete_expired",
    "DELETE FROM idempotency WHERE org_id = $1 AND expires_at <= $2",
);

/// An answer given to a request, to be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// HTTP status.
    pub status: u16,
    /// Media type of the body.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyBegin {
    /// Nothing: do the work, then finish or abandon the key.
    Fresh,
    /// The work was done: give this answer again.
    Replay(StoredResponse),
    /// The key was used for another request.
    Mismatch,
    /// The work is being done right now.
    InProgress,
}

impl Tx {
    /// Claims a key for a request. `scope` separates callers and endpoints; `request_sha256` is the digest of what
    /// was asked. Either finish in the same transaction, or commit, work, and finish in a later one.
    ///
    /// # Errors
    /// [`StoreError::Contended`].
    pub async fn begin_idempotent(
        &mut self,
        scope: &str,
        key: &str,
        request_sha256: &str,
        now: Timestamp,
    ) -> Result<IdempotencyBegin, StoreError> {
        let (lease, end) = (now.plus(IDEMPOTENCY_LEASE), now.plus(IDEMPOTENCY_KEPT));
        let claim = args![scope, key, request_sha256, lease, end];
        if self.change(INSERT, claim).await? != 0 {
            return Ok(IdempotencyBegin::Fresh);
        }
        let Some(row) = self.one(LOCK, args![scope, key]).await? else {
            // The key was abandoned or deleted between both statements.
            let claimed = self.change(INSERT, claim).await? != 0;
            return Ok(if claimed {
                IdempotencyBegin::Fresh
            } else {
                IdempotencyBegin::InProgress
            });
        };
        let expired = row.at(3)? <= now;
        if !expired && row.text(0)? != request_sha256 {
            return Ok(IdempotencyBegin::Mismatch);
        }
        if !expired && row.text(1)? == "done" {
            let status = u16::try_from(row.int(4)?)
                .map_err(|cause| StoreError::damaged("stored response", cause))?;
            return Ok(IdempotencyBegin::Replay(StoredResponse {
                status,
                content_type: row.text(5)?,
                body: row.bytes(6)?,
            }));
        }
        if !expired && row.at(2)? > now {
            return Ok(IdempotencyBegin::InProgress);
        }
        self.change(TAKE_OVER, claim).await?;
        Ok(IdempotencyBegin::Fresh)
    }

    /// Stores the answer given to the request with this key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the key is not being worked on.
    pub async fn finish_idempotent(
        &mut self,
        scope: &str,
        key: &str,
        response: &StoredResponse,
    ) -> Result<(), StoreError> {
        let status = i64::from(response.status);
        let body = response.body.as_slice();
        let changed = self
            .change(
                FINISH,
                args![scope, key, status, &response.content_type, body],
            )
            .await?;
        if changed == 0 {
            return Err(StoreError::NotFound {
                what: "idempotency key",
                id: key.to_owned(),
            });
        }
        Ok(())
    }

    /// Frees a key whose request failed for reasons of ours, so that it may be tried again at once.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn abandon_idempotent(&mut self, scope: &str, key: &str) -> Result<(), StoreError> {
        self.change(ABANDON, args![scope, key]).await.map(drop)
    }

    /// Deletes keys whose 90 days are over and gives their number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_expired_idempotency(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.change(DELETE_EXPIRED, args![now]).await
    }
}
