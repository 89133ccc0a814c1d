//! Which tables are bound to the audit tree, and by which columns their rows are named.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::db::{Arg, Cell};
use crate::error::StoreError;

/// Rows read at a time when all are gone through.
pub(crate) const PAGE: i64 = 512;

/// A table whose rows are bound.
#[derive(Debug)]
pub(crate) struct BoundTable {
    /// Its name.
    pub name: &'static str,
    /// The columns of its primary key after `org_id`.
    pub key: &'static [&'static str],
    /// Whether a column has a default other than NULL: what an `INSERT` stores is then read back.
    pub has_defaults: bool,
    /// Reads one row; one row to be changed (PostgreSQL); the first rows; those that follow a key; their number.
    pub read: String,
    pub lock: String,
    pub first: String,
    pub next: String,
    pub count: String,
}

/// A value of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyPart {
    Int(i64),
    Text(String),
}

/// The bound tables: the record. A change of any other table is not in the tree; the test
/// `every_table_is_bound_or_working_state` holds the reasons.
pub(crate) static TABLES: LazyLock<Vec<BoundTable>> = LazyLock::new(|| {
    vec![
        bound("users", &["id"]),
        bound("api_keys", &["id"]),
        bound("identities", &["issuer", "subject"]),
        bound("passkeys", &["id"]),
        bound("institutions", &["code"]),
        bound("reports", &["id"]),
        bound("leads", &["id"]),
        bound("cases", &["id"]),
        bound("plans", &["id"]),
        bound("orders", &["id"]),
        bound("order_transitions", &["order_id", "seq"]),
        bound("order_answers", &["id"]),
        bound("policies", &["hash"]),
        bound("policy_changes", &["id"]),
        bound("backtests", &["id"]),
        bound("labels", &["id"]),
        bound("measures", &["id"]),
        bound("measure_effects", &["id"]),
        BoundTable {
            has_defaults: true,
            ..bound("appeals", &["id"])
        },
        bound("measure_batches", &["id"]),
        bound("measure_batch_subjects", &["batch_id", "line"]),
        bound("evidence_items", &["id"]),
        bound("custody_events", &["item_id", "seq"]),
        bound("teams", &["id"]),
        bound("shifts", &["id"]),
        bound("notes", &["id"]),
        bound("tasks", &["id"]),
        bound("seizures", &["id"]),
        bound("operations", &["id"]),
        bound("operation_cases", &["operation_id", "case_id"]),
    ]
});

/// The bound table `name`, if it is one.
pub(crate) fn lookup(name: &str) -> Option<&'static BoundTable> {
    TABLES.iter().find(|table| table.name == name)
}

/// A key as the tree has it.
pub(crate) fn key_text(key: &[KeyPart]) -> String {
    let parts: Vec<String> = key
        .iter()
        .map(|part| match part {
            KeyPart::Text(text) => text.clone(),
            KeyPart::Int(number) => number.to_string(),
        })
        .collect();
    parts.join("/")
}

impl KeyPart {
    pub fn arg(&self) -> Arg<'_> {
        match self {
            Self::Text(text) => Arg::from(text),
            Self::Int(number) => Arg::from(*number),
        }
    }

    /// The part of a key in a column; none if no key holds such a value.
    pub fn of(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Text(bytes) => String::from_utf8(bytes.clone()).ok().map(Self::Text),
            Cell::Int(number) => Some(Self::Int(*number)),
            Cell::Real(_) | Cell::Bytes(_) => None,
        }
    }
}

impl BoundTable {
    /// The key of a row with these cells.
    pub fn key_of(&self, cells: &BTreeMap<String, Cell>) -> Result<Vec<KeyPart>, StoreError> {
        let parts = self
            .key
            .iter()
            .map(|column| cells.get(*column).and_then(KeyPart::of));
        let key: Option<Vec<KeyPart>> = parts.collect();
        key.ok_or_else(|| StoreError::damaged("row", format!("a key in {}", self.name)))
    }
}

fn bound(name: &'static str, key: &'static [&'static str]) -> BoundTable {
    let columns = key.join(", ");
    let places = |from: usize| {
        let places: Vec<String> = (from..from + key.len()).map(|n| format!("${n}")).collect();
        places.join(", ")
    };
    let read = format!(
        "SELECT * FROM {name} WHERE org_id = $1 AND ({columns}) = ({})",
        places(2)
    );
    BoundTable {
        name,
        key,
        has_defaults: false,
        // As strong as the change itself: a row that merely refers to this one need not wait.
        lock: format!("{read} FOR NO KEY UPDATE"),
        read,
        first: format!("SELECT * FROM {name} WHERE org_id = $1 ORDER BY {columns} LIMIT {PAGE}"),
        next: format!(
            "SELECT * FROM {name} WHERE org_id = $1 AND ({columns}) > ({}) ORDER BY {columns} LIMIT {PAGE}",
            places(2)
        ),
        count: format!("SELECT COUNT(*) FROM {name} WHERE org_id = $1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StoreConfig;
    use crate::db::Sql;
    use crate::store::Store;
    use stanch_types::Ctx;

    /// Tables whose rows are not bound, and why that is no gap.
    const UNBOUND: &[(&str, &str)] = &[
        ("api_key_uses", "when each key was last used, to the minute"),
        ("audit_checkpoints", "part of the tree: verified themselves"),
        ("audit_entries", "part of the tree: verified themselves"),
        ("audit_nodes", "part of the tree: verified themselves"),
        ("audit_personal", "under commitments of the entries"),
        ("log_heads", "the ends of the tree: verified themselves"),
        (
            "blobs",
            "named by their digest, which is checked at every reading",
        ),
        (
            "case_keys",
            "an index: what reports of the case say, by digest",
        ),
        ("note_mentions", "who has read of a note; the note is bound"),
        (
            "counters",
            "how far work has come; the next case number, which is unique anyway",
        ),
        (
            "data_keys",
            "wrapped keys: a changed one opens nothing, and rotation replaces them",
        ),
        (
            "erasures",
            "which records were swept; each has an entry `personal.erased`",
        ),
        (
            "feed",
            "what screens are told to look at anew; thrown away by age",
        ),
        (
            "files",
            "keys of files, whose SHA-256 stands in the record they came with; erased with it",
        ),
        (
            "idempotency",
            "answers kept for repeated requests; thrown away by age",
        ),
        (
            "jobs",
            "work in hand; timers follow from the ends of holds and measures",
        ),
        ("outbox", "effects on their way"),
        ("saved_views", "bookmarks: a path and a name"),
        ("schema_version", "the program's own"),
        ("sessions", "who is signed in at the moment"),
        ("writers", "which process works at the moment"),
    ];

    #[tokio::test]
    async fn every_table_is_bound_or_working_state() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreConfig::sqlite(folder.path()), &Ctx::system())
            .await
            .unwrap();
        let mut tx = store.read().await.unwrap();
        let names =
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let columns = "SELECT name, pk, dflt_value FROM pragma_table_info($1) ORDER BY pk";
        for row in tx.connection().all(Sql("names", names), &[]).await.unwrap() {
            let name = row.text(0).unwrap();
            let Some(table) = lookup(&name) else {
                let known = UNBOUND.iter().any(|(unbound, _)| *unbound == name);
                assert!(known, "bind the table {name}, or say why it need not be");
                continue;
            };
            let (mut key, mut has_defaults) = (Vec::new(), false);
            let args = [Arg::from(name.as_str())];
            for column in tx
                .connection()
                .all(Sql("columns", columns), &args)
                .await
                .unwrap()
            {
                if column.int(1).unwrap() > 0 {
                    key.push(column.text(0).unwrap());
                }
                has_defaults |= column.opt_text(2).unwrap().is_some();
            }
            assert_eq!(key.remove(0), "org_id", "{name}");
            assert_eq!(key, table.key, "{name}");
            assert_eq!(has_defaults, table.has_defaults, "{name}");
        }
    }
}
