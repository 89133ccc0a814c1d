//! `kill -9` in the middle of order transactions: what was acknowledged is there, and the audit tree is whole.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use stanch_store::{
    AuditFilter, OrderFilter, PageRequest, Store, StoreConfig, VerifyOptions, verify_audit,
};
use stanch_types::report::Priority;
use stanch_types::{Ctx, OrderId};

use crate::sample;

const FOLDER_VARIABLE: &str = "STANCH_STORE_CRASH_FOLDER";

/// Not a test by itself: the process that is killed. Makes orders for ever and prints each one once it is durable.
#[test]
fn crash_child() {
    let Ok(folder) = std::env::var(FOLDER_VARIABLE) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let ctx = Ctx::system();
        let config = StoreConfig::sqlite(Path::new(&folder));
        let store = Store::open(&config, &ctx).await.unwrap();
        loop {
            let mut tx = store.begin().await.unwrap();
            let case = Box::pin(sample::stored_case(&mut tx, &ctx, Priority::P0)).await;
            let order = sample::order(&ctx, case.id, "stop_payment", "A1");
            tx.insert_order(&order, &sample::step(&ctx, &order, 1, None))
                .await
                .unwrap();
            tx.append_audit(&sample::audit(&ctx, &order.id.to_string()))
                .await
                .unwrap();
            tx.enqueue_job(&sample::job(&ctx, "order.send", None))
                .await
                .unwrap();
            tx.commit().await.unwrap();

            let mut tx = store.begin().await.unwrap();
            let locked = tx.lock_order(order.id).await.unwrap();
            let approved = locked.order.approve(sample::user_id(9), ctx.now()).unwrap();
            let step = sample::step(&ctx, &approved, 2, Some("draft"));
            tx.update_order(&approved, &step).await.unwrap();
            tx.append_audit(&sample::audit(&ctx, &order.id.to_string()))
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "durable {}", order.id).unwrap();
            out.flush().unwrap();
        }
    });
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<OrderId> = Vec::new();
    for round in 0..6 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::crash_child", "--exact", "--nocapture"])
            .env(FOLDER_VARIABLE, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Killed while it works on the next order; what it still says before it dies counts too.
        let mut killed = false;
        for line in lines {
            let line = line.unwrap();
            if let Some(id) = line.strip_prefix("durable ") {
                acknowledged.extend(id.parse::<OrderId>());
                if !killed && acknowledged.len() >= 7 * (round + 1) {
                    child.kill().unwrap();
                    killed = true;
                }
            }
        }
        child.wait().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(check(folder.path(), &acknowledged, round as u64 + 1));
    }
    assert!(acknowledged.len() >= 42);
}

async fn check(folder: &Path, acknowledged: &[OrderId], rounds: u64) {
    let ctx = Ctx::system();
    let config = StoreConfig::sqlite(folder);
    let store = Store::open(&config, &ctx).await.unwrap();
    let verdict = verify_audit(&store, &VerifyOptions::default(), &mut |_, _| {})
        .await
        .unwrap();
    assert!(verdict.is_whole(), "{verdict:?}");
    let mut tx = store.read().await.unwrap();
    for id in acknowledged {
        let order = tx.get_order(*id).await.unwrap();
        assert_eq!(order.state.as_str(), "approved", "{id} was acknowledged");
    }
    // Each order has exactly the steps and audit entries of its state: nothing is half-written.
    let (mut orders, mut entries, mut page) = (0, 0, PageRequest::first());
    loop {
        let got = tx
            .list_orders(&OrderFilter::default(), &page)
            .await
            .unwrap();
        for order in &got.items {
            let steps = tx.order_transitions(order.id).await.unwrap();
            let expected = if order.state.as_str() == "approved" {
                2
            } else {
                1
            };
            assert_eq!(steps.len(), expected);
            let filter = AuditFilter {
                subject: Some(order.id.to_string()),
                ..AuditFilter::default()
            };
            let audited = tx.list_audit(&filter, &PageRequest::first()).await.unwrap();
            assert_eq!(audited.items.len(), expected);
            entries += expected as u64;
            orders += 1;
        }
        let Some(next) = got.next else { break };
        page = page.following(next);
    }
    assert_eq!(verdict.size, entries);
    assert_eq!(tx.count_jobs().await.unwrap().pending, orders);
    let unacknowledged = orders - acknowledged.len() as u64;
    assert!(
        unacknowledged <= rounds,
        "more than one order a round was in the making"
    );
    drop(tx);
    store.close().await.unwrap();
}
