//! Where the record lies.

use std::path::{Path, PathBuf};

use stanch_types::{Id, OrgId};

use crate::writer::Instance;

/// Where the record lies and whose it is.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The database.
    pub database: Database,
    /// Folder of blobs (used with SQLite; PostgreSQL keeps blobs in a table).
    pub blobs_dir: PathBuf,
    /// File with the 32-byte Ed25519 seed that signs checkpoints; made on first use, mode 0600.
    pub audit_key: PathBuf,
    /// File with the 32-byte key that wraps the keys of personal columns; made on first use, mode 0600.
    pub data_key: PathBuf,
    /// First line of checkpoints: names this audit tree for ever.
    pub audit_origin: String,
    /// Whose record it is.
    pub org: OrgId,
    /// The installation that opens it; on PostgreSQL only one works on the record at a time. None for a program that
    /// shares the record with others of its kind (tests and measurements).
    pub instance: Option<Instance>,
}

/// A database.
#[derive(Clone)]
pub enum Database {
    /// One file; one process writes.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A PostgreSQL 15+ server.
    Postgres {
        /// `postgres://user:password@host:port/database`.
        url: String,
        /// Most connections held, at least 2.
        connections_max: u32,
    },
}

impl StoreConfig {
    /// The embedded form in the data folder: `stanch.db`, `blobs/`, `keys/audit.ed25519`.
    #[must_use]
    pub fn sqlite(data_dir: &Path) -> Self {
        Self::new(
            Database::Sqlite {
                path: data_dir.join("stanch.db"),
            },
            data_dir,
        )
    }

    /// The record in PostgreSQL; keys stay in the data folder.
    #[must_use]
    pub fn postgres(url: impl Into<String>, data_dir: &Path) -> Self {
        Self::new(
            Database::Postgres {
                url: url.into(),
                connections_max: 16,
            },
            data_dir,
        )
    }

    /// The same, opened by `instance`.
    #[must_use]
    pub fn opened_by(mut self, instance: Instance) -> Self {
        self.instance = Some(instance);
        self
    }

    fn new(database: Database, data_dir: &Path) -> Self {
        let org = Self::default_org();
        Self {
            database,
            blobs_dir: data_dir.join("blobs"),
            audit_key: data_dir.join("keys").join("audit.ed25519"),
            data_key: data_dir.join("keys").join("data.key"),
            audit_origin: format!("stanch.local/audit/{org}"),
            org,
            instance: None,
        }
    }

    /// The organisation of an installation that serves only one.
    #[must_use]
    pub fn default_org() -> OrgId {
        Id::from_digest(*b"stanch one org  ")
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite { path } => f.debug_struct("Sqlite").field("path", path).finish(),
            // The address may carry a password.
            Self::Postgres {
                connections_max, ..
            } => f
                .debug_struct("Postgres")
                .field("connections_max", connections_max)
                .finish_non_exhaustive(),
        }
    }
}
