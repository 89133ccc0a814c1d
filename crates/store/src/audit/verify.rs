//! `stanch audit verify`: recomputes the whole tree from the entries and holds it against everything stored.

mod personal;
mod rows;

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

use crate::audit::actor_text;
use crate::audit::canonical;
use crate::audit::log::to_i64;
use crate::audit::note::Checkpoint;
use crate::audit::tree::{Frontier, Hash, leaf_hash};
use crate::db::{Connection, Row, Sql, args};
use crate::error::StoreError;
use crate::store::Store;
use crate::tx::Tx;
use personal::Personal;
use rows::RowLedger;

/// Entries looked at between two reports of progress; bounds the memory used.
const BATCH: u64 = 512;
/// Stored checkpoints read at a time.
const CHECKPOINTS_BATCH: i64 = 200;

const ENTRIES: Sql = Sql(
    "verify.entries",
    "SELECT seq, at, actor, action, subject, body, leaf_hash FROM audit_entries
     WHERE org_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq",
);
const NODES: Sql = Sql(
    "verify.nodes",
    "SELECT ix, hash FROM audit_nodes WHERE org_id = $1 AND level = $2 AND ix >= $3 AND ix < $4 ORDER BY ix",
);
const CHECKPOINTS: Sql = Sql(
    "verify.checkpoints",
    "SELECT size, root, note FROM audit_checkpoints WHERE org_id = $1 AND size > $2 ORDER BY size LIMIT $3",
);
/// The ends as they are stored, but for the tree itself.
const ENDS: Sql = Sql(
    "verify.ends",
    "SELECT h.rows_bound, h.audit_checkpoints, h.audit_verifier, h.feed_head,
       (SELECT MAX(f.id) FROM feed f WHERE f.org_id = $1), (SELECT COUNT(*) FROM audit_checkpoints c WHERE c.org_id = $1),
       (SELECT COUNT(*) FROM audit_nodes n WHERE n.org_id = $1), (SELECT COUNT(*) FROM audit_personal p WHERE p.org_id = $1)
     FROM log_heads h WHERE h.org_id = $1",
);
const INTEGRITY: Sql = Sql("verify.integrity", "PRAGMA integrity_check(1)");
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
    /// Rows of the record that are what the tree says.
    pub rows: u64,
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

/// Recomputes every leaf from its row and the tree from the leaves; checks columns, subtrees, ends, personal values,
/// the signature and root of every checkpoint, and every row of the record against the last entry that names it. Reads
/// one consistent state; memory is bounded (about 80 MB from a million rows on, with one more reading of the entries
/// for each further million). `progress` is told (entries done, entries in all).
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
        personal: Personal::default(),
        rows: 0,
    };
    let outcome = Box::pin(check.run(store, options, progress)).await;
    let broken = match outcome {
        Ok(()) => None,
        Err(Stop::Broken(found)) => Some(found),
        Err(Stop::Failed(StoreError::Damaged { what, why })) => Some(AuditBreak {
            seq: Some(check.frontier.size()),
            what: format!("the stored {what} cannot be read back: {why}"),
        }),
        Err(Stop::Failed(error)) if is_corrupt(&error) => Some(AuditBreak {
            seq: None,
            what: "the database file is damaged".to_owned(),
        }),
        Err(Stop::Failed(error)) => return Err(error),
    };
    Ok(AuditVerdict {
        size: check.frontier.size(),
        root: check.frontier.root(),
        checkpoints: check.checkpoints,
        personal: check.personal.committed,
        personal_erased: check
            .personal
            .committed
            .saturating_sub(check.personal.present),
        rows: check.rows,
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
    personal: Personal,
    rows: u64,
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
        let mut ledger = RowLedger::first(&mut self.tx).await?;
        self.checkpoints_here(store).await?;
        let mut start = 0;
        while start < total {
            let batch = start..total.min(start + BATCH);
            start = batch.end;
            let made = self.entries(store, &batch, &mut ledger).await?;
            self.nodes(&batch, made).await?;
            self.personal.check(&mut self.tx, &batch).await?;
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
        self.no_checkpoint_left(store).await?;
        self.personal.finish()?;
        self.ends(store).await?;
        self.rows = rows::check(&mut self.tx, ledger, total).await?;
        self.integrity().await
    }

    /// Checks what is stored beside the edge of the tree.
    async fn ends(&mut self, store: &Store) -> Result<(), Stop> {
        let row = self.tx.one(ENDS, args![]).await?;
        let row = row.ok_or_else(|| whole("the ends of the tree are missing"))?;
        if row.opt_int(0)? != Some(1) {
            return Err(whole("the ends say that rows are not bound to the tree"));
        }
        if row.opt_int(1)? != row.opt_int(5)? {
            return Err(whole("stored checkpoints are missing"));
        }
        // Each complete subtree has one root: of `size` leaves, all but one for each tree in the edge.
        let size = self.frontier.size();
        if row.opt_int(6)? != Some(to_i64(size - u64::from(size.count_ones()))?) {
            return Err(whole("a subtree is stored that no entries make"));
        }
        if row.opt_int(7)? != Some(to_i64(self.personal.present)?) {
            return Err(whole("a personal value is stored that no entry commits to"));
        }
        if row.opt_text(2)? != Some(store.audit_key().verifier().to_string()) {
            return Err(whole("the stored key of the checkpoints is another one"));
        }
        match row.opt_int(4)? {
            Some(last) if last != row.int(3)? => {
                Err(whole("the feed does not end where its end is stored"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Lets SQLite look through its file: what is damaged outside the rows read so far.
    async fn integrity(&mut self) -> Result<(), Stop> {
        let found = match self.tx.connection() {
            Connection::Postgres(_) => return Ok(()),
            sqlite @ Connection::Sqlite(_) => sqlite.optional(INTEGRITY, &[]).await?,
        };
        let found = found.map_or(Ok(String::new()), |row| row.text(0))?;
        if found == "ok" {
            Ok(())
        } else {
            Err(whole(format!("the database file is damaged: {found}")))
        }
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
        ledger: &mut RowLedger,
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
            let (leaf, object) = check_entry(row, seq, store.org_text())?;
            self.personal.note(seq, &object);
            if ledger.take(seq, &object)? {
                self.personal.forgive_before(seq);
            }
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

/// Whether SQLite says that its file is not whole (or no database at all).
fn is_corrupt(error: &StoreError) -> bool {
    let StoreError::Database { source, .. } = error else {
        return false;
    };
    let code = source
        .as_database_error()
        .and_then(|refusal| refusal.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
}

/// Checks one row against itself; gives its leaf hash and its object.
fn check_entry(row: &Row, seq: u64, org: &str) -> Result<(Hash, Value), Stop> {
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
    Ok((leaf, object))
}
