//! Thousands of random changes behind the store's back: edits, deletions, insertions and rows in each other's place in
//! every table of the record and of the audit tree, and bytes of SQLite's file. `verify_audit` finds each.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use stanch_store::{Database, FeedEvent, Store, VerifyOptions, verify_audit};
use stanch_types::institution::{Institution, InstitutionKind};
use stanch_types::report::Priority;
use stanch_types::{Ctx, Duration, ManualClock, Timestamp};

use crate::fixture::Fixture;
use crate::sample;
use crate::suite::behind::{Dice, Raw, random_change};

/// Tables looked at, each with its key after the organisation.
const TABLES: &[(&str, &[&str])] = &[
    ("users", &["id"]),
    ("institutions", &["code"]),
    ("reports", &["id"]),
    ("leads", &["id"]),
    ("cases", &["id"]),
    ("plans", &["id"]),
    ("orders", &["id"]),
    ("order_transitions", &["order_id", "seq"]),
    ("order_answers", &["id"]),
    ("policies", &["hash"]),
    ("policy_changes", &["id"]),
    ("backtests", &["id"]),
    ("labels", &["id"]),
    ("measures", &["id"]),
    ("measure_effects", &["id"]),
    ("appeals", &["id"]),
    ("measure_batches", &["id"]),
    ("measure_batch_subjects", &["batch_id", "line"]),
    ("evidence_items", &["id"]),
    ("custody_events", &["item_id", "seq"]),
    ("teams", &["id"]),
    ("shifts", &["id"]),
    ("notes", &["id"]),
    ("tasks", &["id"]),
    ("operations", &["id"]),
    ("operation_cases", &["operation_id", "case_id"]),
    ("audit_entries", &["seq"]),
    ("audit_nodes", &["level", "ix"]),
    ("audit_personal", &["seq", "name"]),
    ("audit_checkpoints", &["size"]),
    ("log_heads", &["org_id"]),
];

/// Rows of tables that need a whole workflow to be filled otherwise; two of each.
const STRANGERS: &[&str] = &[
    "INSERT INTO policies VALUES ('ORG', 'sha256:0#', 5, '{\"n\":#}')",
    "INSERT INTO policy_changes VALUES ('ORG', 'change_#', 'sha256:0#', 'requested', 6, '{\"n\":#}')",
    "INSERT INTO backtests VALUES ('ORG', 'backtest_#', 'sha256:0#', 'queued', 7, '{\"n\":#}')",
    "INSERT INTO labels VALUES ('ORG', 'label_#', 'event_#', 'fraud', 8, '{\"n\":#}')",
    "INSERT INTO measures (org_id, id, subject, kind, state, decided_at, ends_at, claim, reexamine, body)
     VALUES ('ORG', 'measure_#', 's#', 'suspend', 'active', 9, 90, 'claim_#', 0, '{\"n\":#}')",
    "INSERT INTO measure_effects VALUES
     ('ORG', 'effect_#', 'measure_#', 'PF0#', 1, 'apply', 'pending', 9, 10, '{\"n\":#}')",
    "INSERT INTO appeals (org_id, id, measure_id, state, open, livelihood, filed_at, decide_by, body)
     VALUES ('ORG', 'appeal_#', 'measure_#', 'submitted', 1, 0, 11, 12, '{\"n\":#}')",
    "INSERT INTO measure_batches VALUES ('ORG', 'batch_#', 'dry_run', 13, '{\"n\":#}')",
    "INSERT INTO measure_batch_subjects VALUES ('ORG', 'batch_#', #, 'waiting', NULL, '{\"n\":#}')",
    "INSERT INTO cases (org_id, id, number, lead_id, priority, state, opened_at, assigned_to, clock_runs, body)
     VALUES ('ORG', 'case_#', 'X-#', 'lead_#', 'p1', 'open', 5, NULL, 0, '{\"n\":#}')",
    "INSERT INTO evidence_items VALUES ('ORG', 'item_#', 'case_#', 'in_custody', 14, '{\"n\":#}')",
    "INSERT INTO teams VALUES ('ORG', 'team_#', 'T#', '{\"n\":#}')",
    "INSERT INTO shifts VALUES ('ORG', 'shift_#', 'team_#', 'running', 16, '{\"n\":#}')",
    "INSERT INTO notes VALUES ('ORG', 'note_#', 'case_#', 17, '{\"n\":#}')",
    "INSERT INTO tasks VALUES ('ORG', 'task_#', 'case_#', 'u#', 'open', 18, '{\"n\":#}')",
    "INSERT INTO operations VALUES ('ORG', 'operation_#', 'O#', 19, '{\"n\":#}')",
    "INSERT INTO operation_cases VALUES ('ORG', 'operation_#', 'case_#')",
    "INSERT INTO custody_events VALUES ('ORG', 'item_#', #, 15, '0#', '{\"n\":#}')",
];

/// A record with rows in every table, changed more than once, some personal values erased.
async fn filled(f: &Fixture) -> Raw {
    let mut raw = Raw::open(f).await;
    // As it is after the upgrade of a record made before rows were bound.
    raw.run("UPDATE log_heads SET rows_bound = NULL")
        .await
        .unwrap();
    let org = f.store.org().to_string();
    for n in ["1", "2"] {
        // The rows that they point to come later, or not at all.
        for row in STRANGERS {
            raw.run(&row.replace("ORG", &org).replace('#', n))
                .await
                .unwrap();
        }
    }
    f.reopen().await.close().await.unwrap();

    let mut tx = f.store.begin().await.unwrap();
    for n in 1..4 {
        let login = format!("person{n}");
        tx.insert_user(&sample::user(n, &login, f.now()))
            .await
            .unwrap();
        let institution = Institution {
            code: format!("BK0{n}").parse().unwrap(),
            name: "第一银行".into(),
            kind: InstitutionKind::Bank,
            endpoint: None,
            webhook_secret: None,
            order_latency_ms: 900,
        };
        tx.upsert_institution(&institution).await.unwrap();
        let case = sample::stored_case(&mut tx, &f.ctx, Priority::P1).await;
        tx.insert_plan(&sample::plan(&f.ctx, case.id, 1))
            .await
            .unwrap();
        let order = sample::order(&f.ctx, case.id, "stop_payment", "6222");
        tx.insert_order(&order, &sample::step(&f.ctx, &order, 1, None))
            .await
            .unwrap();
        let answer = sample::answer(&f.ctx, order.id, &format!("m{n}"));
        tx.insert_answer(&answer).await.unwrap();
        let mut entry = sample::audit(&f.ctx, &format!("order_{n}"));
        entry.personal = vec![("name", format!("张三{n}"))];
        tx.append_audit(&entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    f.store.audit_checkpoint().await.unwrap();

    let mut tx = f.store.begin().await.unwrap();
    let mut user = sample::user(2, "person2", f.now());
    user.disabled_at = Some(f.now());
    tx.update_user(&user).await.unwrap();
    let event = FeedEvent {
        kind: "order.changed".into(),
        subject: "order_1".into(),
        at: f.now(),
        data: json!({}),
    };
    tx.append_feed(&event).await.unwrap();
    tx.commit().await.unwrap();
    f.store.erase_personal("order_2").await.unwrap();
    for _ in 0..6 {
        let mut tx = f.store.begin().await.unwrap();
        tx.append_audit(&sample::audit(&f.ctx, "order_3"))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    f.store.audit_checkpoint().await.unwrap();
    raw
}

async fn finds(store: &Store) -> Option<String> {
    match verify_audit(store, &VerifyOptions::default(), &mut |_, _| {}).await {
        Ok(verdict) => verdict.broken.map(|found| found.what),
        Err(error) => Some(error.to_string()),
    }
}

/// Makes `wanted` changes, each undone before the next; each must be found.
async fn change_at_random(f: &Fixture, seed: u64, wanted: usize) {
    let mut raw = filled(f).await;
    assert_eq!(
        finds(&f.store).await,
        None,
        "the store is not whole to begin with"
    );
    for (table, _) in TABLES {
        raw.run(&format!(
            "CREATE TABLE kept_{table} AS SELECT * FROM {table}"
        ))
        .await
        .unwrap();
    }
    let dice = Dice(Ctx::seeded(
        Arc::new(ManualClock::new(Timestamp::from_secs(1))),
        seed,
    ));
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut done = 0;
    while done < wanted {
        let (table, key) = *dice.pick(TABLES);
        let Some((kind, sql)) = random_change(&mut raw, &dice, table, key).await else {
            panic!("{table} is empty");
        };
        let before = raw.dump(table).await.unwrap();
        // What the database refuses, or what leaves everything as it was, is no change.
        if raw.run(&sql).await.is_ok() && raw.dump(table).await.unwrap() != before {
            let found = finds(&f.store).await;
            assert!(
                found.is_some(),
                "seed {seed}, change {done}: not found: {sql}"
            );
            *counts.entry((table, kind)).or_default() += 1;
            done += 1;
        }
        raw.run(&format!("DELETE FROM {table}")).await.unwrap();
        raw.run(&format!("INSERT INTO {table} SELECT * FROM kept_{table}"))
            .await
            .unwrap();
    }
    assert_eq!(finds(&f.store).await, None, "the undoing is not whole");
    println!("{done} changes, all found: {counts:?}");
    assert!(
        TABLES
            .iter()
            .all(|(table, _)| counts.keys().any(|(of, _)| of == table))
    );
}

pub async fn random_changes_are_found(f: Arc<Fixture>) {
    change_at_random(&f, 1, 500).await;
}

macro_rules! shards {
    ($($name:ident $seed:literal),*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            crate::fixture::sqlite(async |f| change_at_random(&f, $seed, 2_250).await).await;
        })*
    };
}
shards!(changes_of_seed_11 11, changes_of_seed_12 12, changes_of_seed_13 13, changes_of_seed_14 14);

/// Bytes of the file itself. A byte that lies in free space, in an index or in the tables of work in hand alters no row
/// of the record; every other is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_bytes_of_the_file_are_found() {
    crate::fixture::sqlite(async |f| {
        let mut raw = filled(&f).await;
        raw.run("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
        let Database::Sqlite { path } = &f.config.database else {
            panic!("not SQLite");
        };
        let whole = std::fs::read(path).unwrap();
        let rows = dumps(path).await.unwrap();
        let dice = Dice(Ctx::seeded(Arc::new(ManualClock::new(Timestamp::from_secs(1))), 21));
        let (mut altered, mut elsewhere) = (0, 0);
        while altered < 500 {
            let mut bytes = whole.clone();
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
            let folder = tempfile::tempdir().unwrap();
            let mut config = f.config.clone();
            let copy = folder.path().join("stanch.db");
            std::fs::write(&copy, &bytes).unwrap();
            config.database = Database::Sqlite { path: copy.clone() };
            if dumps(&copy).await.is_ok_and(|now| now == rows) {
                elsewhere += 1;
                continue;
            }
            let found = match Store::open_read_only(&config, &f.ctx).await {
                Ok(store) => finds(&store).await,
                Err(error) => Some(error.to_string()),
            };
            assert!(found.is_some(), "byte {at} of {}: not found", whole.len());
            altered += 1;
        }
        println!("{altered} changed bytes that alter a row or its file, all found; {elsewhere} that alter none");
    })
    .await;
}

async fn dumps(path: &std::path::Path) -> Result<Vec<Vec<String>>, sqlx::Error> {
    let mut raw = Raw::sqlite(path).await?;
    let mut all = Vec::new();
    for (table, _) in TABLES {
        all.push(raw.dump(table).await?);
    }
    Ok(all)
}

/// A change that Stanch's own next change of the row would cover up is found by that change's entry.
pub async fn a_change_written_over_is_found(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    let mut user = sample::user(1, "person1", f.now());
    tx.insert_user(&user).await.unwrap();
    tx.commit().await.unwrap();
    f.raw("UPDATE users SET name = 'other'").await;
    f.clock.advance(Duration::from_secs(1));
    user.disabled_at = Some(f.now());
    let mut tx = f.store.begin().await.unwrap();
    tx.update_user(&user).await.unwrap();
    tx.commit().await.unwrap();
    let found = finds(&f.store).await.unwrap();
    assert!(
        found.contains("had been changed before this entry"),
        "{found}"
    );
}

/// Binding once more would cover up what was changed.
pub async fn rows_are_bound_once(f: Arc<Fixture>) {
    let mut tx = f.store.begin().await.unwrap();
    tx.insert_user(&sample::user(1, "person1", f.now()))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    f.raw("UPDATE users SET name = 'other'").await;
    f.raw("UPDATE log_heads SET rows_bound = NULL").await;
    f.reopen().await.close().await.unwrap();
    assert_eq!(
        finds(&f.store).await.unwrap(),
        "rows were bound a second time"
    );
}
