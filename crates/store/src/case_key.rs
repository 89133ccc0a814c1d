//! What cases are about, by digest: finding the case of a payment, and cases with the same suspect.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use stanch_types::CaseId;
use stanch_types::case::Case;

use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const INSERT: Sql = Sql(
    "case_key.insert",
    "INSERT INTO case_keys (org_id, kind, digest, case_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT (org_id, kind, digest, case_id) DO NOTHING",
);
const CASE_OF_PAYMENT: Sql = Sql(
    "case_key.case_of_payment",
    "SELECT c.body FROM case_keys k JOIN cases c ON c.org_id = k.org_id AND c.id = k.case_id
     WHERE k.org_id = $1 AND k.kind = 'payment' AND k.digest = $2 AND c.state IN ('open', 'filed')
     ORDER BY c.priority, c.opened_at, c.id LIMIT 1",
);
/// A key that a great many cases share (a busy collection account) is looked at as far as `$3`.
const RELATED: Sql = Sql(
    "case_key.related",
    "SELECT o.case_id, o.kind FROM case_keys k
     JOIN case_keys o ON o.org_id = k.org_id AND o.kind = k.kind AND o.digest = k.digest AND o.case_id <> k.case_id
     WHERE k.org_id = $1 AND k.case_id = $2 LIMIT $3",
);
/// Most shared keys that are looked at for one case.
const SHARED_MAX: i64 = 10_000;

/// What a case key is the digest of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseKeyKind {
    /// A victim's payment, by its `tx_id`.
    Payment,
    /// An account that a victim paid to.
    Account,
    /// The counterpart's phone.
    Phone,
    /// The counterpart's name on a platform.
    Handle,
    /// The counterpart's site.
    Domain,
}

stanch_types::words! { CaseKeyKind {
    Payment = "payment", Account = "account", Phone = "phone", Handle = "handle", Domain = "domain",
} }

/// Something a case is about: its kind and the SHA-256 of its normalised form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseKey {
    kind: CaseKeyKind,
    digest: String,
}

impl CaseKey {
    /// The key of `normal`, which two spellings of one thing share.
    #[must_use]
    pub fn new(kind: CaseKeyKind, normal: &str) -> Self {
        Self {
            kind,
            digest: hex::encode(digest(&SHA256, normal.as_bytes())),
        }
    }
}

impl Tx {
    /// Notes what a case is about. What is noted already stays.
    ///
    /// # Errors
    /// [`StoreError::Reference`] if there is no such case.
    pub async fn add_case_keys(
        &mut self,
        case: CaseId,
        keys: &[CaseKey],
    ) -> Result<(), StoreError> {
        let case = case.to_string();
        for key in keys {
            self.change(INSERT, args![key.kind.as_str(), &key.digest, &case])
                .await?;
        }
        Ok(())
    }

    /// The open or filed case that has this payment; the most urgent, longest open one.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn case_of_payment(&mut self, tx_id: &str) -> Result<Option<Case>, StoreError> {
        let key = CaseKey::new(CaseKeyKind::Payment, tx_id);
        let row = self.one(CASE_OF_PAYMENT, args![&key.digest]).await?;
        row.map(|row| row.json(0, "case")).transpose()
    }

    /// The cases that share something with `case`, with what and how often, those that share most first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn related_cases(
        &mut self,
        case: CaseId,
        limit: usize,
    ) -> Result<Vec<(CaseId, BTreeMap<CaseKeyKind, u32>)>, StoreError> {
        let rows = self
            .many(RELATED, args![&case.to_string(), SHARED_MAX])
            .await?;
        let mut shared: BTreeMap<CaseId, BTreeMap<CaseKeyKind, u32>> = BTreeMap::new();
        for row in rows {
            let other = row.parsed(0, "case key")?;
            let kind = row.parsed(1, "case key")?;
            let count = shared.entry(other).or_default().entry(kind).or_default();
            *count = count.saturating_add(1);
        }
        let mut shared: Vec<_> = shared.into_iter().collect();
        let total = |kinds: &BTreeMap<CaseKeyKind, u32>| kinds.values().sum::<u32>();
        shared.sort_by_key(|(id, kinds)| (std::cmp::Reverse(total(kinds)), *id));
        shared.truncate(limit);
        Ok(shared)
    }
}
