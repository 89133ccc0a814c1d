//! Inclusion and consistency proofs from the stored subtrees, in O(log n) reads.

use std::ops::Range;

use crate::audit::log::to_i64;
use crate::audit::tree::{
    Hash, complete_subtrees, consistency_ranges, empty_root, fold, inclusion_ranges,
};
use crate::db::{Sql, args};
use crate::error::StoreError;
use crate::tx::Tx;

const LEAF: Sql = Sql(
    "audit.leaf",
    "SELECT leaf_hash FROM audit_entries WHERE org_id = $1 AND seq = $2",
);
const NODE: Sql = Sql(
    "audit.node",
    "SELECT hash FROM audit_nodes WHERE org_id = $1 AND level = $2 AND ix = $3",
);

/// Proves that an entry is in a tree; check it with [`crate::audit::tree::verify_inclusion`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The entry's number.
    pub seq: u64,
    /// Number of entries of the tree.
    pub size: u64,
    /// The entry's leaf hash.
    pub leaf_hash: Hash,
    /// The tree's root.
    pub root: Hash,
    /// The path, lowest first.
    pub path: Vec<Hash>,
}

/// Proves that a tree is the beginning of a later one; check it with [`crate::audit::tree::verify_consistency`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Number of entries of the earlier tree.
    pub from: u64,
    /// Number of entries of the later tree.
    pub to: u64,
    /// The earlier root.
    pub from_root: Hash,
    /// The later root.
    pub to_root: Hash,
    /// The proof.
    pub path: Vec<Hash>,
}

impl Tx {
    /// Proves that entry `seq` is in the tree of the first `size` entries.
    ///
    /// # Errors
    /// [`StoreError::AuditRange`] unless `seq < size` and the tree has `size` entries.
    pub async fn audit_inclusion(
        &mut self,
        seq: u64,
        size: u64,
    ) -> Result<InclusionProof, StoreError> {
        self.must_reach(size).await?;
        if seq >= size {
            return Err(StoreError::AuditRange { size, asked: seq });
        }
        Ok(InclusionProof {
            seq,
            size,
            leaf_hash: self.range_hash(seq..seq + 1).await?,
            root: self.range_hash(0..size).await?,
            path: self.range_hashes(inclusion_ranges(seq, size)).await?,
        })
    }

    /// Proves that the first `from` entries are the beginning of the first `to` entries.
    ///
    /// # Errors
    /// [`StoreError::AuditRange`] unless `from <= to` and the tree has `to` entries.
    pub async fn audit_consistency(
        &mut self,
        from: u64,
        to: u64,
    ) -> Result<ConsistencyProof, StoreError> {
        self.must_reach(to).await?;
        if from > to {
            return Err(StoreError::AuditRange {
                size: to,
                asked: from,
            });
        }
        Ok(ConsistencyProof {
            from,
            to,
            from_root: self.range_hash(0..from).await?,
            to_root: self.range_hash(0..to).await?,
            path: self.range_hashes(consistency_ranges(from, to)).await?,
        })
    }

    async fn must_reach(&mut self, asked: u64) -> Result<(), StoreError> {
        let size = self.audit_size().await?;
        if asked > size {
            return Err(StoreError::AuditRange { size, asked });
        }
        Ok(())
    }

    async fn range_hashes(&mut self, ranges: Vec<Range<u64>>) -> Result<Vec<Hash>, StoreError> {
        let mut hashes = Vec::with_capacity(ranges.len());
        for range in ranges {
            hashes.push(self.range_hash(range).await?);
        }
        Ok(hashes)
    }

    /// The hash of a range as RFC 6962 cuts them.
    async fn range_hash(&mut self, range: Range<u64>) -> Result<Hash, StoreError> {
        let mut peaks = Vec::new();
        for subtree in complete_subtrees(&range) {
            let ix = to_i64(subtree.ix)?;
            let row = if subtree.level == 0 {
                self.one(LEAF, args![ix]).await?
            } else {
                self.one(NODE, args![i64::from(subtree.level), ix]).await?
            };
            let hash = match row {
                Some(row) => Hash::from_slice(&row.bytes(0)?),
                None => None,
            };
            peaks.push(hash.ok_or_else(|| {
                let (level, ix) = (subtree.level, subtree.ix);
                StoreError::damaged("audit tree", format!("node {level}/{ix} is missing"))
            })?);
        }
        Ok(fold(&peaks).unwrap_or_else(empty_root))
    }
}
