//! Which account a person of an identity provider has.

use stanch_types::{Timestamp, UserId};

use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "identity.insert",
    "INSERT INTO identities (org_id, issuer, subject, user_id, made_by_groups, linked_at)
     VALUES ($1, $2, $3, $4, $5, $6)",
);
const LOOKUP: Sql = Sql(
    "identity.lookup",
    "SELECT user_id, made_by_groups, linked_at FROM identities WHERE org_id = $1 AND issuer = $2 AND subject = $3",
);
const OF_USER: Sql = Sql(
    "identity.of_user",
    "SELECT COUNT(*) FROM identities WHERE org_id = $1 AND issuer = $2 AND user_id = $3",
);

/// A person of an identity provider and their account here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider's issuer identifier.
    pub issuer: String,
    /// The person's identifier there, which no other person ever gets.
    pub subject: String,
    /// The account here.
    pub user_id: UserId,
    /// Whether the account was made because of the person's groups, so that its roles follow them.
    pub is_made_by_groups: bool,
    /// When the two were put together.
    pub linked_at: Timestamp,
}

impl Tx {
    /// Stores whose account is whose.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the person has an account or the account a person of this provider,
    /// [`StoreError::Reference`].
    pub async fn insert_identity(&mut self, identity: &Identity) -> Result<(), StoreError> {
        let user = identity.user_id.to_string();
        let made_by_groups = i64::from(identity.is_made_by_groups);
        self.change(
            INSERT,
            args![
                &identity.issuer,
                &identity.subject,
                &user,
                made_by_groups,
                identity.linked_at
            ],
        )
        .await
        .map(drop)
    }

    /// The account of a person of a provider, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_identity(
        &mut self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<Identity>, StoreError> {
        let Some(row) = self.one(LOOKUP, args![issuer, subject]).await? else {
            return Ok(None);
        };
        Ok(Some(Identity {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            user_id: row.parsed(0, "identity")?,
            is_made_by_groups: row.int(1)? != 0,
            linked_at: row.at(2)?,
        }))
    }

    /// Whether the account is that of a person of the provider.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn has_identity(
        &mut self,
        issuer: &str,
        user_id: UserId,
    ) -> Result<bool, StoreError> {
        let row = self
            .one(OF_USER, args![issuer, &user_id.to_string()])
            .await?;
        Ok(row.map_or(Ok(0), |row| row.int(0))? > 0)
    }
}
