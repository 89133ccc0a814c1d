//! `stanch audit verify`: recomputes the whole tree from the entries and holds it against everything stored.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

use crate::audit::canonical;
use crate::audit::log::to_i64;
use crate::audit::note::Checkpoint;
use crate::audit::tree::{Frontier, Hash, commitment, leaf_hash};
use crate::audit::{actor_text, commitments};
use crate::db::{Row, Sql, args};
use crate::error::StoreError;
use crate::store::Store;
use crate::tx::Tx;

/// Entries looked at between two reports of progress; bounds the memory used.
const BATCH: u64 = 512;
/// Stored checkpoints read at a time.
const CHECKPOINTS_BATCH: i64 = 200;

const ENTRIES: Sql = Sql(
    "verify.entries",
    "SELECT seq, at, actor, action, subject, body, leaf_hash FROM audit_entries
     WHERE org_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq",
);
const PERSONAL: Sql = Sql(
    "verify.personal",
    "SELECT seq, name, subject, salt, value FROM audit_personal WHERE org_id = $1 AND seq >= $2 AND seq < $3
     ORDER BY seq, name",
);
const NODES: Sql = Sql(
    "verify.nodes",
    "SELECT ix, hash FROM audit_nodes WHERE org_id = $1 AND level = $2 AND ix >= $3 AND ix < $4 ORDER BY ix",
);
const CHECKPOINTS: Sql = Sql(
    "verify.checkpoints",
    "SELECT size, root, note FROM audit_checkpoints WHERE org_id = $1 AND size > $2 ORDER BY size LIMIT $3",
);
const BEYOND: Sql = Sql(
    "verify.beyond",
    "SELECT MIN(seq) FROM audit_entries WHERE org_id = $1 AND seq >= $2",
);

/// What else to hold the tree against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyOptions {
    /// Checkpoints kept outside (by an auditor, a witness, a paper file): the tree must contain each of them.
    pub known_checkpoints: Vec<String>,
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerdict {
    /// Entries found good.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
    /// Checkpoints found good, the ones kept outside included.
    pub checkpoints: u64,
    /// Personal values whose commitments stand in the tree.
    pub personal: u64,
    /// Of these, values that were erased.
    pub personal_erased: u64,
    /// The first thing found wrong, if any.
    pub broken: Option<AuditBreak>,
}

/// The first thing found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditBreak {
    /// The entry concerned, if it is about one.
    pub seq: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl AuditVerdict {
    /// Whether nothing was found wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.broken.is_none()
    }
}

/// A failure of the check itself, or something found wrong.
enum Stop {
    Broken(AuditBreak),
    Failed(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

fn at(seq: u64, what: impl Into<String>) -> Stop {
    Stop::Broken(AuditBreak {
        seq: Some(seq),
        what: what.into(),
    })
}

fn whole(what: impl Into<String>) -> Stop {
    Stop::Broken(AuditBreak {
        seq: None,
        what: what.into(),
    })
}

/// Recomputes every leaf from its row and the tree from the leaves; checks columns, subtrees, ends, remaining
/// personal values and the signature and root of every checkpoint. Reads one consistent state; memory is bounded.
/// `progress` is told (entries done, entries in all).
///
/// # Errors
/// Only failures of the check itself; what is wrong with the tree is in the verdict.
pub async fn verify_audit(
    store: &Store,
    options: &VerifyOptions,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<AuditVerdict, StoreError> {
    let mut check = Check {
        tx: store.read().await?,
        frontier: Frontier::default(),
        stored: CheckpointReader::default(),
        known: Vec::new(),
        checkpoints: 0,
        personal: 0,
        personal_present: 0,
    };
    let outcome = Box::pin(check.run(store, options, progress)).await;
    let broken = match outcome {
        Ok(()) => None,
        Err(Stop::Broken(found)) => Some(found),
        Err(Stop::Failed(StoreError::Damaged { what, why })) => Some(AuditBreak {
            seq: Some(check.frontier.size()),
            what: format!("the stored {what} cannot be read back: {why}"),
        }),
        Err(Stop::Failed(error)) => return Err(error),
    };
    Ok(AuditVerdict {
        size: check.frontier.size(),
        root: check.frontier.root(),
        checkpoints: check.checkpoints,
        personal: check.personal,
        personal_erased: check.personal.saturating_sub(check.personal_present),
        broken,
    })
}

struct Check {
    tx: Tx,
    frontier: Frontier,
    stored: CheckpointReader,
    /// Checkpoints kept outside, largest first.
    known: Vec<Checkpoint>,
    checkpoints: u64,
    personal: u64,
    personal_present: u64,
}

/// Stored checkpoints in order of size, a few at a time.
#[derive(Default)]
struct CheckpointReader {
    ahead: std::collections::VecDeque<(u64, Checkpoint)>,
    after: Option<i64>,
    ended: bool,
}

impl Check {
    async fn run(
        &mut self,
        store: &Store,
        options: &VerifyOptions,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<(), Stop> {
        self.read_known(store, options)?;
        let heads = self.tx.read_heads().await?;
        let total = heads.frontier.size();
        self.checkpoints_here(store).await?;
        let mut start = 0;
        while start < total {
            let batch = start..total.min(start + BATCH);
            start = batch.end;
            let made = self.entries(store, &batch).await?;
            self.nodes(&batch, made).await?;
            self.personal(&batch).await?;
            progress(batch.end, total);
        }
        if self.frontier != heads.frontier {
            return Err(whole(
                "the stored edge of the tree is not that of its entries",
            ));
        }
        if let Some(row) = self.tx.one(BEYOND, args![to_i64(total)?]).await?
            && let Some(seq) = row.opt_int(0)?
        {
            let seq = u64::try_from(seq).unwrap_or(0);
            return Err(at(seq, "the entry lies beyond the end of the tree"));
        }
        self.no_checkpoint_left(store).await
    }

    fn read_known(&mut self, store: &Store, options: &VerifyOptions) -> Result<(), Stop> {
        for note in &options.known_checkpoints {
            let checkpoint = Checkpoint::verify(note, store.audit_key().verifier())
                .map_err(|why| whole(format!("a checkpoint kept outside is unusable: {why}")))?;
            self.known.push(checkpoint);
        }
        self.known
            .sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
        Ok(())
    }

    /// Checks the entries of a batch and gives the subtrees that they complete.
    async fn entries(
        &mut self,
        store: &Store,
        batch: &Range<u64>,
    ) -> Result<HashMap<(u32, u64), Hash>, Stop> {
        let rows = self
            .tx
            .many(ENTRIES, args![to_i64(batch.start)?, to_i64(batch.end)?])
            .await?;
        let mut made = HashMap::new();
        let mut rows = rows.iter();
        for seq in batch.clone() {
            let row = rows.next().ok_or_else(|| at(seq, "the entry is missing"))?;
            if row.int(0)? != to_i64(seq)? {
                return Err(at(seq, "the entry is missing"));
            }
            let (leaf, personal) = check_entry(row, seq, store.org_text())?;
            self.personal += personal;
            self.frontier.push(leaf, |level, ix, hash| {
                made.insert((level, ix), hash);
            });
            self.checkpoints_here(store).await?;
        }
        Ok(made)
    }

    /// Holds the stored subtrees completed by a batch against the recomputed ones.
    async fn nodes(
        &mut self,
        batch: &Range<u64>,
        mut made: HashMap<(u32, u64), Hash>,
    ) -> Result<(), Stop> {
        let mut level = 1;
        while batch.end >> level > 0 {
            let (from, to) = (batch.start >> level, batch.end >> level);
            if from < to {
                let bounds = args![i64::from(level), to_i64(from)?, to_i64(to)?];
                for row in self.tx.many(NODES, bounds).await? {
                    let ix = u64::try_from(row.int(0)?).unwrap_or(u64::MAX);
                    let stored = Hash::from_slice(&row.bytes(1)?);
                    let computed = made.remove(&(level, ix));
                    if stored != computed {
                        return Err(whole(format!(
                            "the stored subtree {level}/{ix} is not that of its entries"
                        )));
                    }
                }
            }
            level += 1;
        }
        match made.keys().min() {
            Some((level, ix)) => Err(whole(format!("the stored subtree {level}/{ix} is missing"))),
            None => Ok(()),
        }
    }

    /// Holds the personal values that are still there against their commitments.
    async fn personal(&mut self, batch: &Range<u64>) -> Result<(), Stop> {
        let bounds = args![to_i64(batch.start)?, to_i64(batch.end)?];
        let rows = self.tx.many(PERSONAL, bounds).await?;
        let entries = if rows.is_empty() {
            Vec::new()
        } else {
            self.tx.many(ENTRIES, bounds).await?
        };
        let mut named = HashMap::new();
        for entry in &entries {
            let object: Value = entry.json(5, "audit entry")?;
            for personal in commitments(&object) {
                named.insert(
                    (entry.int(0)?, personal.name),
                    (personal.commitment, entry.text(4)?),
                );
            }
        }
        for row in rows {
            let (seq, name) = (row.int(0)?, row.text(1)?);
            let number = u64::try_from(seq).unwrap_or(0);
            let value = row.opened(4).map_err(|_| {
                at(
                    number,
                    format!("the personal value `{name}` cannot be opened"),
                )
            })?;
            let computed = commitment(&row.bytes(3)?, &value).to_string();
            let stands = named.get(&(seq, name.clone()));
            if stands != Some(&(computed, row.text(2)?)) {
                return Err(at(
                    number,
                    format!("the personal value `{name}` does not fit its commitment"),
                ));
            }
            self.personal_present += 1;
        }
        Ok(())
    }

    /// Checks the checkpoints made when the tree had as many entries as are recomputed now.
    async fn checkpoints_here(&mut self, store: &Store) -> Result<(), Stop> {
        let (size, root) = (self.frontier.size(), self.frontier.root());
        while let Some(next) = self.stored.peek(&mut self.tx, store).await? {
            if next.0 != size {
                break;
            }
            if next.1.root != root {
                return Err(wrong_root(size, "stored"));
            }
            self.stored.ahead.pop_front();
            self.checkpoints += 1;
        }
        while let Some(last) = self.known.last()
            && last.size == size
        {
            if last.root != root {
                return Err(wrong_root(size, "kept outside"));
            }
            self.known.pop();
            self.checkpoints += 1;
        }
        Ok(())
    }

    async fn no_checkpoint_left(&mut self, store: &Store) -> Result<(), Stop> {
        let stored = self.stored.peek(&mut self.tx, store).await?;
        let left = stored
            .map(|(size, _)| *size)
            .or_else(|| self.known.last().map(|checkpoint| checkpoint.size));
        match left {
            Some(size) => Err(at(
                self.frontier.size(),
                format!("a checkpoint was signed over {size} entries: the last ones are missing"),
            )),
            None => Ok(()),
        }
    }
}

fn wrong_root(size: u64, whose: &str) -> Stop {
    whole(format!(
        "the {whose} checkpoint over {size} entries has another root: an entry below {size} was changed"
    ))
}

impl CheckpointReader {
    /// The next stored checkpoint, its signature checked.
    async fn peek(
        &mut self,
        tx: &mut Tx,
        store: &Store,
    ) -> Result<Option<&(u64, Checkpoint)>, Stop> {
        if self.ahead.is_empty() && !self.ended {
            let after = self.after.unwrap_or(-1);
            let rows = tx
                .many(CHECKPOINTS, args![after, CHECKPOINTS_BATCH])
                .await?;
            self.ended = rows.is_empty();
            for row in rows {
                let size = row.int(0)?;
                self.after = Some(size);
                let size = u64::try_from(size).unwrap_or(0);
                let checkpoint = Checkpoint::verify(&row.text(2)?, store.audit_key().verifier())
                    .map_err(|why| {
                        whole(format!("the stored checkpoint over {size} entries: {why}"))
                    })?;
                let root = Hash::from_slice(&row.bytes(1)?);
                if checkpoint.size != size || root != Some(checkpoint.root) {
                    return Err(whole(format!(
                        "the stored checkpoint over {size} entries is not the one it was signed as"
                    )));
                }
                self.ahead.push_back((size, checkpoint));
            }
        }
        Ok(self.ahead.front())
    }
}

/// Checks one row against itself; gives its leaf hash and its number of personal values.
fn check_entry(row: &Row, seq: u64, org: &str) -> Result<(Hash, u64), Stop> {
    let body = row.text(5)?;
    let leaf = leaf_hash(body.as_bytes());
    if Hash::from_slice(&row.bytes(6)?) != Some(leaf) {
        return Err(at(seq, "the entry's text does not fit its leaf hash"));
    }
    let object: Value =
        serde_json::from_str(&body).map_err(|_| at(seq, "the entry's text is not JSON"))?;
    if canonical::to_string(&object).ok().as_ref() != Some(&body) {
        return Err(at(seq, "the entry's text is not canonical"));
    }
    let actor = object
        .get("actor")
        .and_then(|actor| serde_json::from_value(actor.clone()).ok())
        .map(|actor| actor_text(&actor));
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let number = |name: &str| object.get(name).and_then(Value::as_i64);
    let fits = number("seq") == Some(to_i64(seq)?)
        && text("org") == Some(org)
        && number("at_us") == Some(row.int(1)?)
        && actor == Some(row.text(2)?)
        && text("action") == Some(row.text(3)?.as_str())
        && text("subject") == Some(row.text(4)?.as_str());
    if !fits {
        return Err(at(seq, "the entry's columns do not fit its text"));
    }
    let personal = u64::try_from(commitments(&object).len()).unwrap_or(u64::MAX);
    Ok((leaf, personal))
}
