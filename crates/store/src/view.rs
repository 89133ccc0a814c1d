//! Lists as people saved them.

use stanch_types::view::{SavedView, VIEWS_MAX};
use stanch_types::{UserId, ViewId};

use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "view.insert",
    "INSERT INTO saved_views (org_id, id, user_id, shared, name, path, saved_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const DELETE: Sql = Sql(
    "view.delete",
    "DELETE FROM saved_views WHERE org_id = $1 AND id = $2 AND user_id = $3",
);
const OWN: Sql = Sql(
    "view.own",
    "SELECT id, user_id, shared, name, path, saved_at FROM saved_views
     WHERE org_id = $1 AND user_id = $2 ORDER BY name, id LIMIT $3",
);
const SHARED: Sql = Sql(
    "view.shared",
    "SELECT id, user_id, shared, name, path, saved_at FROM saved_views
     WHERE org_id = $1 AND shared = 1 AND user_id <> $2 ORDER BY name, id LIMIT $3",
);
/// Most views of others that are listed.
const SHARED_MAX: i64 = 200;

fn read(row: &Row) -> Result<SavedView, StoreError> {
    Ok(SavedView {
        id: row.parsed(0, "view id")?,
        user_id: row.parsed(1, "user id")?,
        shared: row.int(2)? == 1,
        name: row.text(3)?,
        path: row.text(4)?,
        saved_at: row.at(5)?,
    })
}

impl Tx {
    /// Keeps a view.
    ///
    /// # Errors
    /// [`StoreError::Exists`], [`StoreError::Reference`] if the person is not stored.
    pub async fn insert_view(&mut self, view: &SavedView) -> Result<(), StoreError> {
        let (id, user) = (view.id.to_string(), view.user_id.to_string());
        let shared = i64::from(view.shared);
        let rest = args![&id, &user, shared, &view.name, &view.path, view.saved_at];
        self.change(INSERT, rest).await.map(drop)
    }

    /// Removes a view of `user`; `false` if there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_view(&mut self, id: ViewId, user: UserId) -> Result<bool, StoreError> {
        let (id, user) = (id.to_string(), user.to_string());
        Ok(self.change(DELETE, args![&id, &user]).await? != 0)
    }

    /// The views of `user` by name, and after them at most 200 that others share.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_views(&mut self, user: UserId) -> Result<Vec<SavedView>, StoreError> {
        let user = user.to_string();
        let own_max = i64::try_from(VIEWS_MAX).unwrap_or(i64::MAX);
        let mut rows = self.many(OWN, args![&user, own_max]).await?;
        rows.extend(self.many(SHARED, args![&user, SHARED_MAX]).await?);
        rows.iter().map(read).collect()
    }
}
