//! Order steps a second, each a whole durable transaction: lock the order, move it, its transition, an audit entry,
//! a feed event and a job. On SQLite, and on PostgreSQL when `STANCH_TEST_POSTGRES_URL` names a server.
//!
//! `cargo bench -p stanch-store` writes `bench/results/store-{sqlite,postgres}.json`.
#![expect(
    clippy::unwrap_used,
    reason = "a measuring program stops at the first failure"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use stanch_store::{
    AuditEntry, FeedEvent, NewJob, Store, StoreConfig, VerifyOptions, verify_audit,
};
use stanch_types::case::{Case, CaseClock, CaseState};
use stanch_types::lead::{Lead, LeadState};
use stanch_types::order::{Order, OrderState, OrderTransition};
use stanch_types::report::{Priority, Report, ReportState};
use stanch_types::user::Actor;
use stanch_types::{Amount, Ctx, OrderId, UserId};

const SECONDS_EACH: u64 = 4;
const CONCURRENCY: [usize; 4] = [1, 4, 16, 64];

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        measure("sqlite", StoreConfig::sqlite(folder.path())).await;
        let Ok(server) = std::env::var("STANCH_TEST_POSTGRES_URL") else {
            println!("skipped: STANCH_TEST_POSTGRES_URL unset");
            return;
        };
        let (base, _) = server.rsplit_once('/').unwrap();
        let name = format!("stanch_bench_{}", std::process::id());
        let admin = async |sql: String| {
            let mut connection = PgConnection::connect(&server).await.unwrap();
            let sql = AssertSqlSafe(sql);
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        };
        admin(format!("CREATE DATABASE {name}")).await;
        let folder = tempfile::tempdir().unwrap();
        measure(
            "postgres",
            StoreConfig::postgres(format!("{base}/{name}"), folder.path()),
        )
        .await;
        admin(format!("DROP DATABASE {name} WITH (FORCE)")).await;
    });
}

async fn measure(name: &str, config: StoreConfig) {
    let ctx = Ctx::system();
    let store = Store::open(&config, &ctx).await.unwrap();
    let orders = prepare(&store, &ctx).await;
    let mut rows = Vec::new();
    for tasks in CONCURRENCY {
        let (micros, elapsed) = run(&store, &ctx, &orders, tasks).await;
        let per_second = micros.len() as u128 * 1_000_000 / elapsed.as_micros();
        let at = |share: usize| micros[(micros.len() - 1) * share / 1_000];
        println!(
            "{name}: {tasks} at a time: {per_second} steps/s, p50 {} us, p99 {} us",
            at(500),
            at(990)
        );
        rows.push(json!({
            "concurrent": tasks, "steps": micros.len(), "steps_per_second": per_second,
            "p50_us": at(500), "p99_us": at(990), "max_us": at(1_000)
        }));
    }
    let started = Instant::now();
    let verdict = verify_audit(&store, &VerifyOptions::default(), &mut |_, _| {})
        .await
        .unwrap();
    assert!(verdict.is_whole(), "{verdict:?}");
    let verify_ms = started.elapsed().as_millis();
    println!(
        "{name}: {} audit entries verified in {verify_ms} ms",
        verdict.size
    );
    store.close().await.unwrap();
    write(
        name,
        &json!({
            "what": "durable order steps with transition, audit entry, feed event and job",
            "command": "cargo bench -p stanch-store", "backend": name, "machine": machine(),
        "profile": if cfg!(debug_assertions) { "dev" } else { "release" },
            "seconds_each": SECONDS_EACH, "rows": rows,
            "verify": {"entries": verdict.size, "ms": verify_ms}
        }),
    );
}

async fn run(store: &Store, ctx: &Ctx, orders: &[OrderId], tasks: usize) -> (Vec<u128>, Duration) {
    let started = Instant::now();
    let end = started + Duration::from_secs(SECONDS_EACH);
    let mut set = tokio::task::JoinSet::new();
    for id in orders.iter().take(tasks).copied() {
        let (store, ctx) = (store.clone(), ctx.clone());
        set.spawn(async move {
            let mut micros = Vec::new();
            while Instant::now() < end {
                let begun = Instant::now();
                Box::pin(step(&store, &ctx, id)).await;
                micros.push(begun.elapsed().as_micros());
            }
            micros
        });
    }
    let mut micros: Vec<u128> = set.join_all().await.into_iter().flatten().collect();
    let elapsed = started.elapsed();
    micros.sort_unstable();
    (micros, elapsed)
}

async fn step(store: &Store, ctx: &Ctx, id: OrderId) {
    let now = ctx.now();
    let mut tx = store.begin().await.unwrap();
    let locked = tx.lock_order(id).await.unwrap();
    let order = Order {
        state: active(now),
        ..locked.order
    };
    let step = transition(&order, locked.last_seq + 1, Some("active".into()));
    tx.update_order(&order, &step).await.unwrap();
    tx.append_audit(&AuditEntry {
        at: now,
        actor: Actor::System,
        action: "order.changed",
        subject: id.to_string(),
        detail: json!({"seq": step.seq, "to": "active"}),
        personal: Vec::new(),
    })
    .await
    .unwrap();
    tx.append_feed(&FeedEvent {
        kind: "order.changed".into(),
        subject: id.to_string(),
        at: now,
        data: json!({"state": "active"}),
    })
    .await
    .unwrap();
    tx.enqueue_job(&NewJob {
        id: ctx.new_id(),
        kind: "order.query".into(),
        payload: json!({"order": id}),
        run_at: now,
        unique_key: None,
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

fn active(since: stanch_types::Timestamp) -> OrderState {
    OrderState::Active {
        since,
        held: yuan(100),
        expires_at: since.plus(stanch_types::order::STOP_DURATION),
        extensions: 0,
    }
}

fn transition(order: &Order, seq: i32, from: Option<String>) -> OrderTransition {
    OrderTransition {
        order_id: order.id,
        seq,
        from,
        to: order.state.clone(),
        at: order.created_at,
        actor: Actor::System,
        reason: "bench".into(),
        document_sha256: None,
    }
}

fn yuan(minor: i64) -> Amount {
    Amount::new(minor, "CNY".parse().unwrap()).unwrap()
}

/// One case with an order in force for each task.
async fn prepare(store: &Store, ctx: &Ctx) -> Vec<OrderId> {
    let (now, case_id) = (ctx.now(), ctx.new_id());
    let content = json!({"reporter": {"relation": "victim"}, "narrative": "x", "payments": [], "consent": "this_case"});
    let report = Report {
        id: ctx.new_id(),
        received_at: now,
        content: serde_json::from_value(content).unwrap(),
        priority: Priority::P0,
        state: ReportState::Received,
        case_id: None,
        external_id: None,
        additions: Vec::new(),
        prevented: None,
        attachments: Vec::new(),
    };
    let lead = Lead {
        id: ctx.new_id(),
        report_id: report.id,
        case_id,
        priority: Priority::P0,
        opened_at: now,
        state: LeadState::New,
    };
    let case = Case {
        id: case_id,
        number: "2026-000001".into(),
        lead_id: lead.id,
        priority: Priority::P0,
        opened_at: now,
        assigned_to: None,
        loss: yuan(1),
        victim_payments: Vec::new(),
        clock: CaseClock {
            transfer_at: None,
            report_at: now,
            trace_at: None,
            order_sent_at: None,
            executed_at: None,
        },
        state: CaseState::Open,
    };
    let mut tx = store.begin().await.unwrap();
    tx.insert_report(&report).await.unwrap();
    tx.insert_lead(&lead).await.unwrap();
    tx.insert_case(&case).await.unwrap();
    let mut ids = Vec::new();
    for _ in CONCURRENCY[0]..=CONCURRENCY[CONCURRENCY.len() - 1] {
        let content = json!({
            "kind": "freeze", "case_id": case_id, "plan_id": null, "parent": null,
            "target": {"institution": "BK02", "account": "6222"}, "holder_name": null,
            "scope": {"mode": "limited_amount", "amount": yuan(123)}, "disputed": null, "reason": "traced",
            "authority": null, "emergency": false
        });
        let order = Order {
            id: ctx.new_id(),
            application_id: ctx.new_id(),
            content: serde_json::from_value(content).unwrap(),
            created_by: UserId::from_digest([7; 16]),
            created_at: now,
            state: active(now),
        };
        tx.insert_order(&order, &transition(&order, 1, None))
            .await
            .unwrap();
        ids.push(order.id);
    }
    tx.commit().await.unwrap();
    ids
}

fn machine() -> Value {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name\t: "))
        .unwrap_or("?")
        .to_owned();
    let load = read("/proc/loadavg")
        .split(' ')
        .next()
        .unwrap_or("?")
        .to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    json!({"cpu": model, "cores": cores, "load_1min_at_end": load})
}

fn write(name: &str, result: &Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/results");
    std::fs::create_dir_all(&folder).unwrap();
    let text = serde_json::to_string_pretty(result).unwrap();
    std::fs::write(folder.join(format!("store-{name}.json")), text + "\n").unwrap();
}
