//! Institutions that take part.

use stanch_types::InstitutionCode;
use stanch_types::institution::Institution;

use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::tx::Tx;

const UPSERT: Sql = Sql(
    "institution.upsert",
    "INSERT INTO institutions (org_id, code, kind, body) VALUES ($1, $2, $3, $4)
     ON CONFLICT (org_id, code) DO UPDATE SET kind = excluded.kind, body = excluded.body",
);
const LOOKUP: Sql = Sql(
    "institution.lookup",
    "SELECT body FROM institutions WHERE org_id = $1 AND code = $2",
);
const LIST: Sql = Sql(
    "institution.list",
    "SELECT body FROM institutions WHERE org_id = $1 ORDER BY code LIMIT $2",
);
/// Most institutions of an installation.
const INSTITUTIONS_MAX: i64 = 10_000;

fn read(row: &Row) -> Result<Institution, StoreError> {
    row.json(0, "institution")
}

impl Tx {
    /// Stores an institution, replacing what is stored under its code.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn upsert_institution(
        &mut self,
        institution: &Institution,
    ) -> Result<(), StoreError> {
        let body = to_json(institution, "institution")?;
        let (code, kind) = (institution.code.as_str(), institution.kind.as_str());
        self.change(UPSERT, args![code, kind, &body])
            .await
            .map(drop)
    }

    /// The institution `code`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_institution(
        &mut self,
        code: &InstitutionCode,
    ) -> Result<Institution, StoreError> {
        self.lookup_institution(code)
            .await?
            .ok_or_else(|| StoreError::NotFound {
                what: "institution",
                id: code.to_string(),
            })
    }

    /// The institution `code`, if it is stored.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn lookup_institution(
        &mut self,
        code: &InstitutionCode,
    ) -> Result<Option<Institution>, StoreError> {
        let row = self.one(LOOKUP, args![code.as_str()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// All institutions by code; at most 10,000.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn list_institutions(&mut self) -> Result<Vec<Institution>, StoreError> {
        let rows = self.many(LIST, args![INSTITUTIONS_MAX]).await?;
        rows.iter().map(read).collect()
    }
}
