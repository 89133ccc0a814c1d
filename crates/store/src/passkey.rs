//! Passkeys of people.

use stanch_types::credential::Passkey;
use stanch_types::{PasskeyId, UserId};

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "passkey.insert",
    "INSERT INTO passkeys (org_id, id, credential_id, user_id, body) VALUES ($1, $2, $3, $4, $5)",
);
const LOCK_OF_DEVICE: Sql = Sql(
    "passkey.lock_of_device",
    "UPDATE passkeys SET body = body WHERE org_id = $1 AND credential_id = $2 RETURNING body",
);
const LOCK: Sql = Sql(
    "passkey.lock",
    "UPDATE passkeys SET body = body WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE: Sql = Sql(
    "passkey.update",
    "UPDATE passkeys SET body = $3 WHERE org_id = $1 AND id = $2",
);
const DELETE: Sql = Sql(
    "passkey.delete",
    "DELETE FROM passkeys WHERE org_id = $1 AND id = $2",
);
const OF_USER: Sql = Sql(
    "passkey.of_user",
    "SELECT body FROM passkeys WHERE org_id = $1 AND user_id = $2 ORDER BY id LIMIT $3",
);
/// More than anybody may have.
const LISTED_MAX: i64 = 100;

fn read(row: &Row) -> Result<Passkey, StoreError> {
    row.json(0, "passkey")
}

impl Tx {
    /// Stores a new passkey.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the device's identifier is known, [`StoreError::Reference`] if the person is not stored.
    pub async fn insert_passkey(&mut self, passkey: &Passkey) -> Result<(), StoreError> {
        let (id, user) = (passkey.id.to_string(), passkey.user_id.to_string());
        let body = to_json(passkey, "passkey")?;
        self.change(INSERT, args![&id, &passkey.credential_id, &user, &body])
            .await
            .map(drop)
    }

    /// The passkey with a device's identifier, if any, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lock_passkey_of_device(
        &mut self,
        credential_id: &str,
    ) -> Result<Option<Passkey>, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK_OF_DEVICE, args![credential_id]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The passkey `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_passkey(&mut self, id: PasskeyId) -> Result<Passkey, StoreError> {
        self.must_write()?;
        let text = id.to_string();
        let row = self.one(LOCK, args![&text]).await?;
        row.as_ref().map(read).unwrap_or(Err(StoreError::NotFound {
            what: "passkey",
            id: text,
        }))
    }

    /// Replaces a stored passkey.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn update_passkey(&mut self, passkey: &Passkey) -> Result<(), StoreError> {
        let (id, body) = (passkey.id.to_string(), to_json(passkey, "passkey")?);
        self.change(UPDATE, args![&id, &body]).await.map(drop)
    }

    /// Removes a passkey.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn delete_passkey(&mut self, id: PasskeyId) -> Result<(), StoreError> {
        self.change(DELETE, args![&id.to_string()]).await.map(drop)
    }

    /// The passkeys of a person, in the order in which they were made; at most 100.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn passkeys_of(&mut self, user_id: UserId) -> Result<Vec<Passkey>, StoreError> {
        let user = user_id.to_string();
        let rows = self.many(OF_USER, args![&user, LISTED_MAX]).await?;
        rows.iter().map(read).collect()
    }
}
