//! The index: opened, made anew where it does not fit the record, and kept up with it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use serde_json::Value;
use stanch_store::{Store, Tx};
use stanch_types::Ctx;
use stanch_types::search::SearchKind;

use crate::error::SearchError;
use crate::key::{PieceKey, Term};
use crate::postings::{Additions, DocNumber, block_of, meet};
use crate::text;

/// Version of the index's form; one of another form is made anew.
const FORM: &[u8] = &[1];
/// Memory for cached blocks of the index.
const CACHE_BYTES: u64 = 32 << 20;
/// Threads that merge tables.
const INDEX_THREADS: usize = 1;
/// Entries of the audit tree that are read at a time.
const ENTRIES_READ: i64 = 1_000;
/// Records whose texts are written together: about a second of work.
const RECORDS_WRITTEN: usize = 8_192;
/// Pieces whose terms are remembered while records are written together.
const TERMS_REMEMBERED: usize = 1 << 18;

/// Documents that are found in one look.
const CANDIDATES_AT_ONCE: usize = 64;

/// Members of the table `meta`.
const META_FORM: &str = "form";
const META_KEY: &str = "key";
/// The first entry of the audit tree that is not indexed.
const META_NEXT_SEQ: &str = "next_seq";
/// Hash of the entry before it: an index of another record is told by it.
const META_LEAF: &str = "leaf";
/// Number of the next document.
const META_NEXT_DOC: &str = "next_doc";

/// The index of a record's texts. Cheap to clone. One process has it open.
#[derive(Clone)]
pub struct SearchIndex {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    db: Database,
    /// term, block -> set of documents.
    terms: Keyspace,
    /// document -> identifier of its record.
    docs: Keyspace,
    /// identifier -> document, digest of its terms.
    records: Keyspace,
    meta: Keyspace,
    key: PieceKey,
    /// One writer at a time.
    writing: Mutex<()>,
}

/// How far the index came in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// The first entry of the audit tree that is not indexed yet.
    pub next_seq: u64,
    /// Records whose texts were indexed, as they were new or had changed.
    pub records: usize,
    /// Whether more entries were there.
    pub more: bool,
}

/// A record's texts as terms.
struct Texts {
    id: String,
    terms: HashSet<Term>,
}

impl SearchIndex {
    /// Opens the index in the folder `dir`; one that does not fit the record is deleted and made anew by
    /// [`SearchIndex::follow`]: of another form, of another record or a longer one, or hashed under a key that the
    /// organisation's data key opens no more.
    ///
    /// # Errors
    /// [`SearchError::Index`] (also if another process has it open), [`SearchError::Io`], [`SearchError::Store`].
    pub async fn open(dir: &Path, store: &Store, ctx: &Ctx) -> Result<Self, SearchError> {
        if let Some(index) = Self::open_fitting(dir, store).await? {
            return Ok(index);
        }
        if dir.exists() {
            tracing::info!("the index of the search is made anew");
            std::fs::remove_dir_all(dir).map_err(SearchError::io("remove", dir))?;
        }
        let (tables, meta) = open_tables(dir)?;
        let (key, sealed) = PieceKey::new(store, ctx)?;
        meta.insert(META_KEY, sealed.as_bytes())?;
        meta.insert(META_FORM, FORM)?;
        tables.0.persist(PersistMode::SyncAll)?;
        Ok(Self::with(tables, meta, key))
    }

    async fn open_fitting(dir: &Path, store: &Store) -> Result<Option<Self>, SearchError> {
        if !dir.exists() {
            return Ok(None);
        }
        let (tables, meta) = open_tables(dir)?;
        let form = meta.get(META_FORM)?;
        let key = meta.get(META_KEY)?;
        let key = key.and_then(|sealed| PieceKey::open(store, &sealed));
        let (Some(key), true) = (key, form.as_deref() == Some(FORM)) else {
            return Ok(None);
        };
        let index = Self::with(tables, meta, key);
        let next_seq = index.number(META_NEXT_SEQ)?;
        let Some(last) = next_seq.checked_sub(1) else {
            return Ok(Some(index));
        };
        let entry = store.read().await?.lookup_audit(last).await?;
        let leaf = index.inner.meta.get(META_LEAF)?;
        let same = entry.is_some_and(|entry| {
            leaf.is_some_and(|leaf| *leaf == *entry.leaf_hash.to_string().as_bytes())
        });
        Ok(same.then_some(index))
    }

    fn with(tables: Tables, meta: Keyspace, key: PieceKey) -> Self {
        let (db, terms, docs, records) = tables;
        Self {
            inner: Arc::new(Inner {
                db,
                terms,
                docs,
                records,
                meta,
                key,
                writing: Mutex::new(()),
            }),
        }
    }

    fn number(&self, name: &str) -> Result<u64, SearchError> {
        let Some(bytes) = self.inner.meta.get(name)? else {
            return Ok(0);
        };
        let bytes = bytes.as_ref().try_into();
        bytes
            .map(u64::from_be_bytes)
            .map_err(|_| SearchError::Damaged("a number"))
    }

    /// Takes up what changed since the last step, up to a bound; what it took is durable when it answers. To be called
    /// until [`Followed::more`] is false, and again whenever the record changed.
    ///
    /// # Errors
    /// [`SearchError::Store`], [`SearchError::Index`], [`SearchError::Damaged`].
    pub async fn follow(&self, store: &Store) -> Result<Followed, SearchError> {
        let mut tx = store.read().await?;
        let from = self.number(META_NEXT_SEQ)?;
        let mut next_seq = from;
        let mut ids: HashMap<String, usize> = HashMap::new();
        let mut more = true;
        while more && ids.len() < RECORDS_WRITTEN {
            let changed = tx.changed_since(next_seq, ENTRIES_READ).await?;
            more = changed.next_seq > next_seq;
            next_seq = changed.next_seq;
            for id in changed.ids {
                // The last change counts: a record is as new as that.
                let place = ids.len();
                ids.insert(id, place);
            }
        }
        if next_seq == from {
            return Ok(Followed {
                next_seq,
                records: 0,
                more: false,
            });
        }
        let leaf = match tx.lookup_audit(next_seq - 1).await? {
            Some(entry) => entry.leaf_hash.to_string(),
            None => {
                return Err(SearchError::Damaged(
                    "an entry of the audit tree is missing",
                ));
            }
        };
        let mut ids: Vec<(usize, String)> = ids.into_iter().map(|(id, at)| (at, id)).collect();
        ids.sort_unstable();
        let mut found = bodies(&mut tx, ids.iter().map(|(_, id)| id.as_str())).await?;
        drop(tx);
        let bodies = ids.into_iter().map(|(_, id)| {
            let body = found.remove(&id);
            (id, body)
        });
        let bodies = bodies.collect();
        let index = self.clone();
        let written = tokio::task::spawn_blocking(move || index.write(bodies, next_seq, &leaf));
        let records = written.await.map_err(|_| SearchError::Stopped)??;
        Ok(Followed {
            next_seq,
            records,
            more,
        })
    }

    /// Indexes the texts of `bodies`; a record without one is gone.
    fn write(
        &self,
        bodies: Vec<(String, Option<Value>)>,
        next_seq: u64,
        leaf: &str,
    ) -> Result<usize, SearchError> {
        let inner = &self.inner;
        let _one = inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let next_doc = self.number(META_NEXT_DOC)?;
        let mut next_doc = DocNumber::try_from(next_doc)
            .map_err(|_| SearchError::Damaged("its documents are all numbered"))?;
        let (mut known, mut additions) = (HashMap::new(), Additions::default());
        let mut batch = inner.db.batch();
        let mut count = 0;
        for (id, body) in bodies {
            let texts = self.terms_of(id, body.as_ref(), &mut known);
            let digest = texts.digest();
            let old = inner.records.get(&texts.id)?;
            let (old_doc, old_digest) =
                match old.as_deref().and_then(<[u8]>::split_first_chunk::<4>) {
                    Some((doc, digest)) => (Some(*doc), Some(digest)),
                    None => (None, None),
                };
            if body.is_some() && old_digest == Some(&digest) {
                continue;
            }
            if let Some(doc) = old_doc {
                batch.remove(&inner.docs, doc);
            }
            if body.is_none() {
                batch.remove(&inner.records, texts.id.as_bytes());
                continue;
            }
            let doc = next_doc.to_be_bytes();
            batch.insert(&inner.docs, doc, texts.id.as_bytes());
            batch.insert(
                &inner.records,
                texts.id.as_bytes(),
                [doc.as_slice(), &digest].concat(),
            );
            additions.add(next_doc, &texts.terms);
            next_doc = next_doc
                .checked_add(1)
                .ok_or(SearchError::Damaged("its documents are all numbered"))?;
            count += 1;
        }
        additions.write(&inner.terms, &mut batch)?;
        batch.insert(
            &inner.meta,
            META_NEXT_DOC,
            u64::from(next_doc).to_be_bytes(),
        );
        batch.insert(&inner.meta, META_NEXT_SEQ, next_seq.to_be_bytes());
        batch.insert(&inner.meta, META_LEAF, leaf.as_bytes());
        batch.commit()?;
        inner.db.persist(PersistMode::SyncData)?;
        Ok(count)
    }

    fn terms_of(
        &self,
        id: String,
        body: Option<&Value>,
        known: &mut HashMap<String, Term>,
    ) -> Texts {
        let mut terms = HashSet::new();
        if let (Some(kind), Some(body)) = (SearchKind::of_id(&id), body) {
            terms.insert(self.kind_term(kind));
            text::texts(body, |_, written| {
                text::pieces(&text::fold(written).text, |piece| {
                    terms.insert(self.remembered(piece, known));
                });
            });
        }
        Texts { id, terms }
    }

    fn remembered(&self, piece: &str, known: &mut HashMap<String, Term>) -> Term {
        if let Some(term) = known.get(piece) {
            return *term;
        }
        let term = self.term(piece);
        if known.len() < TERMS_REMEMBERED {
            known.insert(piece.to_owned(), term);
        }
        term
    }

    /// The term that a piece of a text has.
    pub(crate) fn term(&self, piece: &str) -> Term {
        self.inner.key.term(piece)
    }

    /// The term that all records of a kind have. No piece has a blank.
    pub(crate) fn kind_term(&self, kind: SearchKind) -> Term {
        self.term(&format!(" {kind}"))
    }

    /// Identifiers of records that have all `wanted` terms and one of `any`, numbered below `before`, the newest first,
    /// with their documents: some of the newest block that has any. None when there are no more.
    pub(crate) fn candidates(
        &self,
        wanted: &BTreeSet<Term>,
        any: &BTreeSet<Term>,
        before: DocNumber,
    ) -> Result<Option<Vec<(DocNumber, String)>>, SearchError> {
        let inner = &self.inner;
        let Some(last) = before.checked_sub(1) else {
            return Ok(None);
        };
        for block in (0..=block_of(last)).rev() {
            let mut found = Vec::new();
            for doc in meet(&inner.terms, wanted, any, block)? {
                if doc >= before {
                    continue;
                }
                if found.len() == CANDIDATES_AT_ONCE {
                    break;
                }
                // A document that was replaced or erased is in the sets still, but stands for no record.
                if let Some(id) = inner.docs.get(doc.to_be_bytes())? {
                    let id = String::from_utf8(id.to_vec());
                    found.push((doc, id.map_err(|_| SearchError::Damaged("an identifier"))?));
                }
            }
            if !found.is_empty() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The number that the next document gets.
    pub(crate) fn next_doc(&self) -> Result<DocNumber, SearchError> {
        let next = self.number(META_NEXT_DOC)?;
        DocNumber::try_from(next).map_err(|_| SearchError::Damaged("a number"))
    }

    /// How many entries of the audit tree are not indexed yet.
    ///
    /// # Errors
    /// [`SearchError::Store`], [`SearchError::Index`].
    pub async fn behind(&self, tx: &mut Tx) -> Result<u64, SearchError> {
        let size = tx.audit_size().await?;
        Ok(size.saturating_sub(self.number(META_NEXT_SEQ)?))
    }
}

impl Texts {
    /// Tells whether the texts have changed.
    fn digest(&self) -> [u8; 16] {
        let sorted: BTreeSet<&Term> = self.terms.iter().collect();
        let mut context = digest::Context::new(&digest::SHA256);
        sorted
            .iter()
            .for_each(|term| context.update(term.as_slice()));
        let mut short = [0; 16];
        for (to, from) in short.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        short
    }
}

/// The bodies of records, by identifier.
pub(crate) async fn bodies<'i>(
    tx: &mut Tx,
    ids: impl Iterator<Item = &'i str>,
) -> Result<HashMap<String, Value>, SearchError> {
    let mut by_kind: HashMap<SearchKind, Vec<&str>> = HashMap::new();
    for id in ids {
        if let Some(kind) = SearchKind::of_id(id) {
            by_kind.entry(kind).or_default().push(id);
        }
    }
    let mut found = HashMap::new();
    for (kind, ids) in by_kind {
        found.extend(tx.searched_bodies(kind, &ids).await?);
    }
    Ok(found)
}

type Tables = (Database, Keyspace, Keyspace, Keyspace);

fn open_tables(dir: &Path) -> Result<(Tables, Keyspace), SearchError> {
    let path: PathBuf = dir.to_owned();
    std::fs::create_dir_all(&path).map_err(SearchError::io("create", dir))?;
    let db = Database::builder(&path)
        .cache_size(CACHE_BYTES)
        .worker_threads(INDEX_THREADS)
        .open()?;
    let space = |name: &str| db.keyspace(name, KeyspaceCreateOptions::default);
    let (terms, docs, records) = (space("terms")?, space("docs")?, space("records")?);
    let meta = space("meta")?;
    Ok(((db, terms, docs, records), meta))
}
