//! Opening the record and beginning transactions.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};

use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use stanch_types::{Ctx, OrgId};
use tokio::sync::watch;

use crate::audit::key::AuditKey;
use crate::config::{Database, StoreConfig};
use crate::connect::{look_at_file, postgres_pool, sqlite_readers, sqlite_writer};
use crate::db::{Arg, Connection, Soon, Sql, args};
use crate::error::StoreError;
use crate::migrate;
use crate::seal::Keyring;
use crate::tx::{Mode, Tx};
use crate::writer::{self, Instance};

/// Tries to create the schema while another program creates it.
const MIGRATE_TRIES: u32 = 5;

const ENSURE_HEADS: Sql = Sql(
    "heads.ensure",
    "INSERT INTO log_heads (org_id, audit_size, audit_frontier, feed_head) VALUES ($1, 0, $2, 0)
     ON CONFLICT (org_id) DO NOTHING",
);
const SET_VERIFIER: Sql = Sql(
    "heads.set_verifier",
    "UPDATE log_heads SET audit_verifier = COALESCE(audit_verifier, $2) WHERE org_id = $1 RETURNING audit_verifier",
);
const READ_FEED_HEAD: Sql = Sql(
    "heads.feed",
    "SELECT feed_head FROM log_heads WHERE org_id = $1",
);

/// The record. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    org: OrgId,
    org_text: String,
    ctx: Ctx,
    pools: Pools,
    blobs_dir: PathBuf,
    audit_key: AuditKey,
    audit_key_path: PathBuf,
    /// None for a reader of a record that has no key of personal columns yet.
    keyring: Option<Arc<Keyring>>,
    instance: Option<Instance>,
    /// Counts takeovers of the record; set once this process has claimed it.
    epoch: OnceLock<i64>,
    writer_lost: watch::Sender<bool>,
    feed_head: watch::Sender<i64>,
    jobs_changed: watch::Sender<u64>,
}

enum Pools {
    /// One writer connection, so that writers queue in the process instead of failing as busy; several readers.
    Sqlite {
        writer: Option<SqlitePool>,
        readers: SqlitePool,
    },
    Postgres {
        pool: PgPool,
        read_only: bool,
    },
}

impl Store {
    /// Opens the record for reading and writing, creates it if there is none and brings its schema up to date.
    /// On a data folder the caller holds `D/lock`.
    ///
    /// # Errors
    /// [`StoreError::SchemaNewer`], [`StoreError::InUse`] if another installation works on it,
    /// [`StoreError::OtherAuditKey`], [`StoreError::Key`], [`StoreError::Io`], [`StoreError::Unreachable`],
    /// [`StoreError::ServerOld`], [`StoreError::Database`].
    pub async fn open(config: &StoreConfig, ctx: &Ctx) -> Result<Self, StoreError> {
        let had_key = config.audit_key.exists();
        let opened = Self::open_writing(config, ctx).await;
        if opened.is_err() && !had_key {
            // Made a moment ago, it has signed nothing; another one belongs here.
            drop(std::fs::remove_file(&config.audit_key));
        }
        opened
    }

    async fn open_writing(config: &StoreConfig, ctx: &Ctx) -> Result<Self, StoreError> {
        let audit_key = AuditKey::open_or_create(&config.audit_key, &config.audit_origin, ctx)?;
        let pools = match &config.database {
            Database::Sqlite { path } => {
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent)
                        .map_err(StoreError::io("create folder", parent))?;
                }
                Pools::Sqlite {
                    writer: Some(sqlite_writer(path)),
                    readers: sqlite_readers(path),
                }
            }
            Database::Postgres {
                url,
                connections_max,
            } => Pools::Postgres {
                pool: postgres_pool(url, *connections_max).await?,
                read_only: false,
            },
        };
        let org = config.org.to_string();
        let keyring = Keyring::open_or_create(&config.data_key, &org, ctx)?;
        let store = Self::assemble(config, ctx, pools, audit_key, Some(keyring));
        store.bring_up().await?;
        store.bind_existing().await?;
        store.sum_existing().await?;
        if let Some(epoch) = store.inner.epoch.get() {
            store.keep_writing(*epoch);
        }
        Ok(store)
    }

    /// Opens an existing record for reading only, also while another process writes to it. Nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::SchemaNewer`], [`StoreError::SchemaOlder`], [`StoreError::Key`], [`StoreError::Unreachable`],
    /// [`StoreError::ServerOld`], [`StoreError::Database`].
    pub async fn open_read_only(config: &StoreConfig, ctx: &Ctx) -> Result<Self, StoreError> {
        let audit_key = AuditKey::open(&config.audit_key, &config.audit_origin)?;
        let pools = match &config.database {
            Database::Sqlite { path } => {
                look_at_file(path).await?;
                Pools::Sqlite {
                    writer: None,
                    readers: sqlite_readers(path),
                }
            }
            Database::Postgres {
                url,
                connections_max,
            } => Pools::Postgres {
                pool: postgres_pool(url, *connections_max).await?,
                read_only: true,
            },
        };
        let keyring = if config.data_key.exists() {
            Some(Keyring::open(&config.data_key, &config.org.to_string())?)
        } else {
            None
        };
        let store = Self::assemble(config, ctx, pools, audit_key, keyring);
        let mut tx = store.read().await?;
        migrate::check(tx.connection()).await?;
        store.load_data_keys(tx.connection(), false).await?;
        store.load_feed_head(tx).await?;
        Ok(store)
    }

    /// Begins a transaction that may change the record. Nothing is kept unless [`Tx::commit`] answers `Ok`.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::WriterLost`], [`StoreError::Contended`] after 20 s of waiting,
    /// [`StoreError::Unreachable`], [`StoreError::Database`].
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let connection = self.begin_write().await?;
        Ok(Tx::new(self.clone(), connection, Mode::Write))
    }

    /// Begins a transaction that reads one consistent state of the record. It sees what was durable when it began.
    ///
    /// # Errors
    /// [`StoreError::Contended`] after 20 s of waiting, [`StoreError::Database`].
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let connection = self.begin_read().await?;
        Ok(Tx::new(self.clone(), connection, Mode::Read))
    }

    fn begin_read(&self) -> Soon<'_, Connection> {
        Box::pin(async move {
            match &self.inner.pools {
                Pools::Sqlite { readers, .. } => readers.begin().await.map(Connection::Sqlite),
                Pools::Postgres { pool, .. } => pool
                    .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await
                    .map(Connection::Postgres),
            }
            .map_err(|source| StoreError::database("begin read", source))
        })
    }

    /// The name of the installation that opened the record, if it was said: the worker of the jobs it claims.
    #[must_use]
    pub fn instance_name(&self) -> Option<&str> {
        let instance = self.inner.instance.as_ref();
        instance.map(|instance| instance.name.as_str())
    }

    /// Whose record it is.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.inner.org
    }

    /// The number of the last feed event committed by this process; changes wake the receiver.
    #[must_use]
    pub fn feed_watch(&self) -> watch::Receiver<i64> {
        self.inner.feed_head.subscribe()
    }

    /// Changes whenever this process commits a transaction that enqueued or ended jobs; wakes a job runner.
    #[must_use]
    pub fn jobs_watch(&self) -> watch::Receiver<u64> {
        self.inner.jobs_changed.subscribe()
    }

    /// Signs a checkpoint of everything committed (if anything is new), lets other installations in and closes all
    /// connections.
    ///
    /// # Errors
    /// Whatever stops the checkpoint from being stored; the connections are closed all the same.
    pub async fn close(&self) -> Result<(), StoreError> {
        let signed = if self.is_read_only() {
            Ok(())
        } else {
            self.audit_checkpoint().await.map(drop)
        };
        let released = match self.inner.epoch.get() {
            Some(epoch) => self.stop_writing(*epoch).await,
            None => Ok(()),
        };
        match &self.inner.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                if let Some(writer) = writer {
                    writer.close().await;
                }
            }
            Pools::Postgres { pool, .. } => pool.close().await,
        }
        signed.and(released)
    }

    /// Erases the personal values (and salts) of all audit entries about `subject`, as [`Tx::erase_personal`], and
    /// clears the write-ahead log of the embedded form, which would hold them a while longer. On PostgreSQL the
    /// server removes the dead rows at its next vacuum.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`], [`StoreError::Contended`], [`StoreError::Database`].
    pub async fn erase_personal(&self, subject: &str) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let erased = tx.erase_personal(subject).await?;
        tx.commit().await?;
        self.clear_write_ahead_log().await?;
        Ok(erased)
    }

    /// Clears the write-ahead log of the embedded form, which holds what was overwritten a while longer.
    pub(crate) async fn clear_write_ahead_log(&self) -> Result<(), StoreError> {
        if let Pools::Sqlite {
            writer: Some(writer),
            ..
        } = &self.inner.pools
        {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(writer)
                .await
                .map_err(|source| StoreError::database("clear the write-ahead log", source))?;
        }
        Ok(())
    }

    pub(crate) fn org_text(&self) -> &str {
        &self.inner.org_text
    }

    pub(crate) fn ctx(&self) -> &Ctx {
        &self.inner.ctx
    }

    pub(crate) fn keyring(&self) -> Option<&Arc<Keyring>> {
        self.inner.keyring.as_ref()
    }

    pub(crate) fn audit_key(&self) -> &AuditKey {
        &self.inner.audit_key
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    pub(crate) fn upgrade(inner: &Weak<Inner>) -> Option<Self> {
        inner.upgrade().map(|inner| Self { inner })
    }

    pub(crate) fn lost(&self) -> &watch::Sender<bool> {
        &self.inner.writer_lost
    }

    pub(crate) fn is_closed(&self) -> bool {
        match &self.inner.pools {
            Pools::Sqlite { readers, .. } => readers.is_closed(),
            Pools::Postgres { pool, .. } => pool.is_closed(),
        }
    }

    /// Changes the lease of the record, in a transaction of its own that no epoch stops.
    pub(crate) async fn move_lease(&self, sql: Sql, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        let mut connection = self.begin_unfenced().await?;
        let changed = connection.execute(sql, args).await?;
        connection.commit().await?;
        Ok(changed)
    }

    /// The folder of blobs, if blobs are files here.
    pub(crate) fn blobs_dir(&self) -> Option<&Path> {
        match &self.inner.pools {
            Pools::Sqlite { .. } => Some(&self.inner.blobs_dir),
            Pools::Postgres { .. } => None,
        }
    }

    pub(crate) fn announce(&self, feed_head: Option<i64>, jobs: bool) {
        if let Some(head) = feed_head {
            self.inner
                .feed_head
                .send_modify(|seen| *seen = head.max(*seen));
        }
        if jobs {
            self.inner
                .jobs_changed
                .send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    fn assemble(
        config: &StoreConfig,
        ctx: &Ctx,
        pools: Pools,
        audit_key: AuditKey,
        keyring: Option<Keyring>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                org: config.org,
                org_text: config.org.to_string(),
                ctx: ctx.clone(),
                pools,
                blobs_dir: config.blobs_dir.clone(),
                audit_key,
                audit_key_path: config.audit_key.clone(),
                keyring: keyring.map(Arc::new),
                instance: config.instance.clone(),
                epoch: OnceLock::new(),
                writer_lost: watch::Sender::new(false),
                feed_head: watch::Sender::new(0),
                jobs_changed: watch::Sender::new(0),
            }),
        }
    }

    fn is_read_only(&self) -> bool {
        match &self.inner.pools {
            Pools::Sqlite { writer, .. } => writer.is_none(),
            Pools::Postgres { read_only, .. } => *read_only,
        }
    }

    async fn begin_write(&self) -> Result<Connection, StoreError> {
        let mut connection = self.begin_unfenced().await?;
        if let Some(epoch) = self.inner.epoch.get() {
            let held = writer::check(&mut connection, self.org_text(), *epoch).await;
            if matches!(held, Err(StoreError::WriterLost)) {
                self.lost().send_replace(true);
            }
            held?;
        }
        Ok(connection)
    }

    fn begin_unfenced(&self) -> Soon<'_, Connection> {
        Box::pin(async move {
            match &self.inner.pools {
                Pools::Sqlite { writer, .. } => writer
                    .as_ref()
                    .ok_or(StoreError::ReadOnly)?
                    .begin_with("BEGIN IMMEDIATE")
                    .await
                    .map(Connection::Sqlite),
                Pools::Postgres {
                    read_only: true, ..
                } => return Err(StoreError::ReadOnly),
                // Each statement sees what was committed when it started: what is read under a row's lock is current.
                Pools::Postgres { pool, .. } => pool
                    .begin_with("BEGIN ISOLATION LEVEL READ COMMITTED")
                    .await
                    .map(Connection::Postgres),
            }
            .map_err(|source| StoreError::database("begin", source))
        })
    }

    /// Two programs may create the schema of an empty PostgreSQL database at the same time; one then fails on the
    /// system catalogue and finds the work done at its next try.
    async fn bring_up(&self) -> Result<(), StoreError> {
        let mut tries = 1;
        loop {
            let mut connection = self.begin_unfenced().await?;
            let outcome = self.prepare(&mut connection).await;
            match outcome {
                Ok(epoch) => {
                    connection.commit().await?;
                    if let Some(epoch) = epoch {
                        self.inner.epoch.get_or_init(|| epoch);
                    }
                    break;
                }
                Err(StoreError::Exists { .. } | StoreError::Contended { .. })
                    if tries < MIGRATE_TRIES =>
                {
                    connection.rollback().await?;
                    tries += 1;
                }
                Err(StoreError::Database { source, doing }) => {
                    let exists = source
                        .as_database_error()
                        .and_then(|refusal| refusal.code())
                        .is_some_and(|code| code == "42P07");
                    if !exists || tries >= MIGRATE_TRIES {
                        return Err(StoreError::Database { doing, source });
                    }
                    connection.rollback().await?;
                    tries += 1;
                }
                Err(other) => return Err(other),
            }
        }
        let tx = self.read().await?;
        self.load_feed_head(tx).await
    }

    /// Claims the record if that is wanted, brings its schema up to date and looks whether its audit tree is signed
    /// by the key here. A database that others work on is left as it is.
    async fn prepare(&self, connection: &mut Connection) -> Result<Option<i64>, StoreError> {
        let org = self.org_text();
        let wanted = match connection {
            Connection::Sqlite(_) => None,
            Connection::Postgres(_) => self.inner.instance.as_ref(),
        };
        let found = migrate::begin(connection).await?;
        let mut epoch = None;
        if let Some(instance) = wanted
            && found >= migrate::KNOWS_WRITERS
        {
            epoch = Some(writer::claim(connection, org, instance).await?);
        }
        migrate::run(connection, found).await?;
        if let Some(instance) = wanted
            && epoch.is_none()
        {
            epoch = Some(writer::claim(connection, org, instance).await?);
        }
        connection
            .execute(ENSURE_HEADS, args![org, [].as_slice()])
            .await?;
        let ours = self.audit_key().verifier().to_string();
        let row = connection.optional(SET_VERIFIER, args![org, &ours]).await?;
        let stored = row.map_or(Ok(None), |row| row.opt_text(0))?;
        if stored.as_deref() != Some(&ours) {
            return Err(StoreError::OtherAuditKey {
                path: self.inner.audit_key_path.clone(),
            });
        }
        self.load_data_keys(connection, true).await?;
        Ok(epoch)
    }

    async fn load_feed_head(&self, mut tx: Tx) -> Result<(), StoreError> {
        let row = tx
            .connection()
            .optional(READ_FEED_HEAD, args![self.org_text()])
            .await?;
        let head = row.map_or(Ok(0), |row| row.int(0))?;
        self.announce(Some(head), false);
        Ok(())
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("org", &self.inner.org)
            .finish_non_exhaustive()
    }
}
