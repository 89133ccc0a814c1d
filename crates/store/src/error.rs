//! What can go wrong with the record.

use std::path::PathBuf;

use thiserror::Error;

use crate::page::PAGE_LIMIT_MAX;

/// Oldest PostgreSQL whose SQL this crate speaks.
pub(crate) const POSTGRES_MIN: u32 = 15;

/// Why the record could not be read or changed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Nothing with this identifier is stored.
    #[error("no {what} `{id}` is stored")]
    NotFound {
        /// The kind of record, one word.
        what: &'static str,
        /// The identifier asked for.
        id: String,
    },
    /// The record changed since it was read; read it again and decide anew.
    #[error("the {what} `{id}` changed since it was read")]
    Conflict {
        /// The kind of record, one word.
        what: &'static str,
        /// Its identifier.
        id: String,
    },
    /// A record with this identifier or unique value is stored already.
    #[error("{doing}: a record with the same unique value is stored already")]
    Exists {
        /// The statement.
        doing: &'static str,
        /// The database's words.
        #[source]
        source: sqlx::Error,
    },
    /// The record points to another that is not stored.
    #[error("{doing}: the record points to one that is not stored")]
    Reference {
        /// The statement.
        doing: &'static str,
        /// The database's words.
        #[source]
        source: sqlx::Error,
    },
    /// Another transaction was in the way for too long; the same transaction may succeed if run again.
    #[error("{doing}: another transaction was in the way")]
    Contended {
        /// The statement.
        doing: &'static str,
        /// The database's words.
        #[source]
        source: sqlx::Error,
    },
    /// The lease of a job was lost: it expired and somebody else took the job, or the job is finished.
    #[error("the lease of job `{0}` is not held any more")]
    LeaseLost(String),
    /// The cursor is not one that this list gave out.
    #[error("`{0}` is not a cursor of this list")]
    BadCursor(String),
    /// The page size is out of range.
    #[error("a page has 1 to {PAGE_LIMIT_MAX} items, not {0}")]
    PageLimit(i64),
    /// An audit entry cannot be written in canonical form.
    #[error("the audit entry `{action}` cannot be written in canonical form: {why}")]
    AuditEntry {
        /// Its action.
        action: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A proof was asked for outside the tree.
    #[error("the audit tree has {size} entries; {asked} was asked for")]
    AuditRange {
        /// Entries in the tree.
        size: u64,
        /// The number asked for.
        asked: u64,
    },
    /// The database was made by a newer Stanch.
    #[error(
        "the database has schema {found}, this program knows up to {known}: use a newer program"
    )]
    SchemaNewer {
        /// Schema number of the database.
        found: i64,
        /// Newest schema number of this program.
        known: i64,
    },
    /// The database was made by an older Stanch and is open read-only.
    #[error(
        "the database has schema {found}, this program needs {known}: start the server once to bring it up"
    )]
    SchemaOlder {
        /// Schema number of the database.
        found: i64,
        /// Newest schema number of this program.
        known: i64,
    },
    /// A stored value cannot be read back: the record is damaged.
    #[error("the stored {what} cannot be read back: {why}")]
    Damaged {
        /// What is damaged.
        what: &'static str,
        /// How.
        why: String,
    },
    /// The store was opened for reading only.
    #[error("the store is open for reading only")]
    ReadOnly,
    /// The key file of the audit tree is missing or unusable.
    #[error("the audit key {path} is unusable: {why}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file of the record could not be read or written.
    #[error("could not {doing} {path}")]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// Another installation works on this record.
    #[error(
        "the record is in use by {by}; stop it, use its HTTP API, or wait: its claim ends {secs} s after it is last heard of"
    )]
    InUse {
        /// Process, machine and folder.
        by: String,
        /// Seconds until its claim runs out, should it be dead.
        secs: i64,
    },
    /// Another installation took the record over while this process was stopped or cut off.
    #[error(
        "another installation took the record over; this process must not write to it any more"
    )]
    WriterLost,
    /// The database server is older than the SQL of this program.
    #[error("the server runs PostgreSQL {0}; Stanch needs PostgreSQL {POSTGRES_MIN} or later")]
    ServerOld(u32),
    /// The audit tree of the database is signed by another key.
    #[error(
        "the audit tree in this database is signed by another key than {path}: copy the folder `keys` of the \
         installation that made it"
    )]
    OtherAuditKey {
        /// The key file.
        path: PathBuf,
    },
    /// The database server cannot be reached or does not let this program in.
    #[error("the database cannot be reached: {doing}")]
    Unreachable {
        /// What was attempted.
        doing: String,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// The database refused.
    #[error("the database failed at {doing}")]
    Database {
        /// The statement.
        doing: &'static str,
        /// The database's words.
        #[source]
        source: sqlx::Error,
    },
}

impl StoreError {
    /// Sorts a database error by what the caller can do about it.
    pub(crate) fn database(doing: &'static str, source: sqlx::Error) -> Self {
        let Some(refusal) = source.as_database_error() else {
            return if matches!(source, sqlx::Error::PoolTimedOut) {
                Self::Contended { doing, source }
            } else if matches!(source, sqlx::Error::Io(_) | sqlx::Error::Tls(_)) {
                // The connection broke.
                let doing = doing.to_owned();
                Self::Unreachable { doing, source }
            } else {
                Self::Database { doing, source }
            };
        };
        let code = refusal.code().unwrap_or_default();
        // PostgreSQL: connection exceptions, too many connections, shut down, crashed, starting.
        if code.starts_with("08") || matches!(code.as_ref(), "53300" | "57P01" | "57P02" | "57P03")
        {
            return Self::Unreachable {
                doing: doing.to_owned(),
                source,
            };
        }
        // PostgreSQL: serialization failure, deadlock, lock timeout. SQLite: BUSY and its extended codes, LOCKED.
        let contended = matches!(
            code.as_ref(),
            "40001" | "40P01" | "55P03" | "5" | "261" | "517" | "773" | "6"
        );
        match refusal.kind() {
            _ if contended => Self::Contended { doing, source },
            sqlx::error::ErrorKind::UniqueViolation => Self::Exists { doing, source },
            sqlx::error::ErrorKind::ForeignKeyViolation => Self::Reference { doing, source },
            sqlx::error::ErrorKind::NotNullViolation
            | sqlx::error::ErrorKind::CheckViolation
            | sqlx::error::ErrorKind::Other
            | _ => Self::Database { doing, source },
        }
    }

    /// A stored value of kind `what` that cannot be read back.
    pub(crate) fn damaged(what: &'static str, why: impl ToString) -> Self {
        Self::Damaged {
            what,
            why: why.to_string(),
        }
    }

    /// A failure of a file operation.
    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}
