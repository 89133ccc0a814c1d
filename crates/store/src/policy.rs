//! Versions of the policy and changes of what decides.

use stanch_types::PolicyChangeId;
use stanch_types::policy::{PolicyChange, PolicyVersion};

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "policy.insert",
    "INSERT INTO policies (org_id, hash, pushed_at, body) VALUES ($1, $2, $3, $4)
     ON CONFLICT (org_id, hash) DO NOTHING",
);
const LOOKUP: Sql = Sql(
    "policy.lookup",
    "SELECT body FROM policies WHERE org_id = $1 AND hash = $2",
);
const LIST: Sql = Sql(
    "policy.list",
    "SELECT body FROM policies WHERE org_id = $1 ORDER BY pushed_at DESC, hash DESC LIMIT $2",
);
const LIST_AFTER: Sql = Sql(
    "policy.list_after",
    "SELECT body FROM policies WHERE org_id = $1 AND (pushed_at < $3 OR (pushed_at = $3 AND hash < $4))
     ORDER BY pushed_at DESC, hash DESC LIMIT $2",
);
const INSERT_CHANGE: Sql = Sql(
    "policy_change.insert",
    "INSERT INTO policy_changes (org_id, id, policy, state, requested_at, body) VALUES ($1, $2, $3, $4, $5, $6)",
);
const GET_CHANGE: Sql = Sql(
    "policy_change.get",
    "SELECT body FROM policy_changes WHERE org_id = $1 AND id = $2",
);
const LOCK_CHANGE: Sql = Sql(
    "policy_change.lock",
    "UPDATE policy_changes SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE_CHANGE: Sql = Sql(
    "policy_change.update",
    "UPDATE policy_changes SET state = $3, body = $4 WHERE org_id = $1 AND id = $2",
);
const LIST_CHANGES: Sql = Sql(
    "policy_change.list",
    "SELECT body FROM policy_changes WHERE org_id = $1 ORDER BY requested_at DESC, id DESC LIMIT $2",
);
const LIST_CHANGES_AFTER: Sql = Sql(
    "policy_change.list_after",
    "SELECT body FROM policy_changes
     WHERE org_id = $1 AND (requested_at < $3 OR (requested_at = $3 AND id < $4))
     ORDER BY requested_at DESC, id DESC LIMIT $2",
);
/// Name of the list of versions in cursors.
const VERSIONS: &str = "policies";
/// Name of the list of changes in cursors.
const CHANGES: &str = "policy_changes";

fn version(row: &Row) -> Result<PolicyVersion, StoreError> {
    row.json(0, "policy")
}

fn change(row: &Row) -> Result<PolicyChange, StoreError> {
    row.json(0, "policy change")
}

impl Tx {
    /// Stores a version of the policy; `false` if it is stored already.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn insert_policy(&mut self, policy: &PolicyVersion) -> Result<bool, StoreError> {
        let body = to_json(policy, "policy")?;
        let changed = self
            .change(INSERT, args![&policy.hash, policy.pushed_at, &body])
            .await?;
        Ok(changed != 0)
    }

    /// The version `hash`, if it is stored.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_policy(&mut self, hash: &str) -> Result<Option<PolicyVersion>, StoreError> {
        let row = self.one(LOOKUP, args![hash]).await?;
        row.as_ref().map(version).transpose()
    }

    /// Versions of the policy, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`], [`StoreError::Database`].
    pub async fn list_policies(
        &mut self,
        page: &PageRequest,
    ) -> Result<Page<PolicyVersion>, StoreError> {
        let limit = page.fetch_limit();
        let rows = match page.keys::<2>(VERSIONS)? {
            None => self.many(LIST, args![limit]).await?,
            Some([at, hash]) => {
                let at = page.number(&at)?;
                self.many(LIST_AFTER, args![limit, at, &hash]).await?
            }
        };
        let items = rows.iter().map(version).collect::<Result<Vec<_>, _>>()?;
        Ok(page.page(VERSIONS, items, |item| {
            vec![item.pushed_at.as_micros().to_string(), item.hash.clone()]
        }))
    }

    /// Stores a change that was asked for.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`] when its version is not stored.
    pub async fn insert_policy_change(&mut self, wish: &PolicyChange) -> Result<(), StoreError> {
        let (id, body) = (wish.id.to_string(), to_json(wish, "policy change")?);
        self.change(
            INSERT_CHANGE,
            args![
                &id,
                &wish.policy,
                wish.state.word(),
                wish.requested_at,
                &body
            ],
        )
        .await
        .map(drop)
    }

    /// The change `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_policy_change(
        &mut self,
        id: PolicyChangeId,
    ) -> Result<PolicyChange, StoreError> {
        let row = self.one(GET_CHANGE, args![&id.to_string()]).await?;
        row.as_ref().map(change).ok_or_else(|| not_found(id))?
    }

    /// The change `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_policy_change(
        &mut self,
        id: PolicyChangeId,
    ) -> Result<PolicyChange, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK_CHANGE, args![&id.to_string()]).await?;
        row.as_ref().map(change).ok_or_else(|| not_found(id))?
    }

    /// Replaces a stored change.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_policy_change(&mut self, wish: &PolicyChange) -> Result<(), StoreError> {
        let (id, body) = (wish.id.to_string(), to_json(wish, "policy change")?);
        let changed = self
            .change(UPDATE_CHANGE, args![&id, wish.state.word(), &body])
            .await?;
        if changed == 0 {
            return Err(not_found(wish.id));
        }
        Ok(())
    }

    /// Changes that were asked for, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`], [`StoreError::Database`].
    pub async fn list_policy_changes(
        &mut self,
        page: &PageRequest,
    ) -> Result<Page<PolicyChange>, StoreError> {
        let limit = page.fetch_limit();
        let rows = match page.keys::<2>(CHANGES)? {
            None => self.many(LIST_CHANGES, args![limit]).await?,
            Some([at, id]) => {
                let at = page.number(&at)?;
                self.many(LIST_CHANGES_AFTER, args![limit, at, &id]).await?
            }
        };
        let items = rows.iter().map(change).collect::<Result<Vec<_>, _>>()?;
        Ok(page.page(CHANGES, items, |item| {
            vec![
                item.requested_at.as_micros().to_string(),
                item.id.to_string(),
            ]
        }))
    }
}

fn not_found(id: PolicyChangeId) -> StoreError {
    StoreError::NotFound {
        what: "policy change",
        id: id.to_string(),
    }
}
