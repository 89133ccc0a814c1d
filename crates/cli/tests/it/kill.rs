//! `kill -9` of the server at random points while orders go out, are answered twice, late and not at all: nothing
//! acknowledged is lost, nothing takes effect twice.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use stanch_sim::sandbox::{FaultConfig, LatencyConfig, MsRange};

use crate::city::{Account, Sandbox, report};
use crate::installation::{Installation, Person};

const BANKS: [&str; 3] = ["BK01", "BK02", "BK03"];
/// Orders and kills with the embedded record.
const EMBEDDED: Extent = Extent {
    orders: 500,
    kills: 50,
};
/// The same on PostgreSQL: what differs from the embedded form is short.
const ON_POSTGRES: Extent = Extent {
    orders: 150,
    kills: 15,
};
const HOLD_MINOR: i64 = 70_000;
const BALANCE_MINOR: i64 = 100_000;
/// Clients that draft and approve at the same time.
const CLIENTS: usize = 4;
/// How long the last answers may take after the last kill.
const SETTLE_MAX: Duration = Duration::from_secs(300);

/// Draws the pauses between kills; printed so that a failing run can be repeated.
const SEED: u64 = 20_261_121;

/// Codes of refusals that pass by themselves.
const WORTH_ANOTHER_TRY: [&str; 3] = [
    "internal.unavailable",
    "idempotency.in_progress",
    "request.timeout",
];

/// How much is done to the server.
#[derive(Debug, Clone, Copy)]
struct Extent {
    orders: usize,
    kills: usize,
}

fn account_of(order: usize) -> (&'static str, String) {
    (BANKS[order % BANKS.len()], format!("62{order:08}"))
}

async fn start_bank(installation: &Installation, bank: &'static str, orders: usize) -> Sandbox {
    let accounts: Vec<Account> = (0..orders)
        .map(account_of)
        .filter(|(institution, _)| *institution == bank)
        .map(|(_, number)| Account {
            number,
            kind: "person",
            holder: "张三",
            balance_minor: BALANCE_MINOR,
        })
        .collect();
    let latency = LatencyConfig {
        ack_ms: MsRange { min: 0, max: 20 },
        execute_ms: MsRange { min: 0, max: 300 },
        batch_ms: 0,
    };
    let faults = FaultConfig {
        refuse_per_mille: 50,
        partial_per_mille: 100,
        answer_twice_per_mille: 200,
        answer_late_per_mille: 100,
        late_ms: MsRange {
            min: 500,
            max: 3_000,
        },
        lose_answer_per_mille: 100,
        down: Vec::new(),
    };
    Sandbox::start(installation, bank, &accounts, latency, faults).await
}

fn passes_by_itself(answer: &Value) -> bool {
    WORTH_ANOTHER_TRY.contains(&answer["code"].as_str().unwrap_or_default())
}

/// Posts until an answer comes, as a client does that was promised idempotency.
async fn post_until_answered(person: &Person, path: &str, body: &Value, key: &str) -> Value {
    loop {
        match person.post(path, body, Some(key)).await {
            Ok((200..=299, answer)) => return answer,
            // The server is gone for a moment.
            Err(_) => {}
            // It starts, stops, or still works on the first request with this key.
            Ok((_, answer)) if passes_by_itself(&answer) => {}
            Ok((status, answer)) => panic!("POST {path}: {status} {answer}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Drafts and approves one order; its id.
async fn put_out(lin: &Person, chen: &Person, case_id: &str, order: usize) -> String {
    let (institution, account) = account_of(order);
    let draft = json!({
        "kind": "stop_payment",
        "case_id": case_id,
        "target": { "institution": institution, "account": account },
        "scope": { "mode": "limited_amount", "amount": { "minor": HOLD_MINOR, "currency": "CNY" } },
        "reason": "kill test",
        "authority": { "body": "市公安局", "reference": format!("T-{order}") }
    });
    let drafted = post_until_answered(lin, "/v1/orders", &draft, &format!("draft-{order}")).await;
    let id = drafted["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/orders/{id}/approve");
    post_until_answered(chen, &path, &json!({}), &format!("approve-{order}")).await;
    id
}

/// Puts out orders until all are, taking the next number each time; their ids.
async fn put_out_all(
    lin: Person,
    chen: Person,
    case_id: String,
    next: Arc<AtomicUsize>,
    orders: usize,
) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let order = next.fetch_add(1, Ordering::SeqCst);
        if order >= orders {
            return ids;
        }
        ids.push(put_out(&lin, &chen, &case_id, order).await);
    }
}

async fn all_orders(person: &Person, case_id: &str) -> Vec<Value> {
    let mut orders = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = person
            .get(&format!("/v1/orders?case_id={case_id}&limit=200{cursor}"))
            .await;
        orders.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return orders,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_fifty_times_during_five_hundred_orders_loses_and_doubles_nothing() {
    let installation = Installation::new();
    let Extent { orders, kills } = match installation.database() {
        Some(_) => ON_POSTGRES,
        None => EMBEDDED,
    };
    installation.add_people();
    let mut banks = BTreeMap::new();
    for bank in BANKS {
        banks.insert(bank, start_bank(&installation, bank, orders).await);
    }
    let mut serving = installation.serve().await;
    let (lin, chen) = (
        installation.sign_in("lin").await,
        installation.sign_in("chen").await,
    );
    let told = report(
        "T1",
        "2026-11-21T00:00:00Z",
        5_000_000,
        ("BK01", "victim"),
        ("BK01", &account_of(0).1),
    );
    let case_id = post_until_answered(&lin, "/v1/reports", &told, "report").await["case_id"]
        .as_str()
        .unwrap()
        .to_owned();

    let next = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (lin, chen, next) = (lin.clone(), chen.clone(), Arc::clone(&next));
            tokio::spawn(put_out_all(lin, chen, case_id.clone(), next, orders))
        })
        .collect();
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut restarts = Vec::new();
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(rng.random_range(20..600))).await;
        serving.kill();
        serving = installation.serve().await;
        restarts.push(serving.up_after);
    }
    let mut acknowledged = HashSet::new();
    for client in clients {
        acknowledged.extend(client.await.unwrap());
    }
    let stored = settled(&lin, &case_id).await;
    restarts.sort_unstable();
    println!(
        "seed {SEED}: restart after kill -9: median {:?}, slowest {:?}",
        restarts[kills / 2],
        restarts[kills - 1]
    );
    assert_eq!(
        acknowledged.len(),
        orders,
        "every request was acknowledged with an order of its own"
    );
    check(&stored, &acknowledged, &banks, &lin).await;
    drop(serving);
    let verdict = installation.json(&["audit", "verify"], "");
    assert_eq!(verdict["whole"], json!(true), "{verdict}");
}

/// The orders once none is under way any more.
async fn settled(lin: &Person, case_id: &str) -> Vec<Value> {
    let deadline = Instant::now() + SETTLE_MAX;
    loop {
        let orders = all_orders(lin, case_id).await;
        let under_way = orders
            .iter()
            .filter(|order| !matches!(order["state"]["state"].as_str(), Some("active" | "refused")))
            .count();
        if under_way == 0 {
            return orders;
        }
        assert!(
            Instant::now() < deadline,
            "{under_way} orders are still under way: {:?}",
            states(&orders)
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn states(orders: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for order in orders {
        *counts
            .entry(order["state"]["state"].to_string())
            .or_default() += 1;
    }
    counts
}

/// Every acknowledged order is there once, and what Stanch says is held is what the banks hold.
async fn check(
    orders: &[Value],
    acknowledged: &HashSet<String>,
    banks: &BTreeMap<&str, Sandbox>,
    lin: &Person,
) {
    let ids: HashSet<String> = orders
        .iter()
        .map(|order| order["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), orders.len());
    assert_eq!(&ids, acknowledged, "no order lost, none doubled");
    for order in orders {
        let (target, state) = (&order["target"], &order["state"]);
        let bank = &banks[target["institution"].as_str().unwrap()];
        let account = bank.account(target["account"].as_str().unwrap()).await;
        let held = if state["state"] == "active" {
            state["held"]["minor"].as_i64().unwrap()
        } else {
            0
        };
        assert_eq!(
            account["held_minor"].as_i64(),
            Some(held),
            "{order} {account}"
        );
        let steps = lin
            .get(&format!("/v1/orders/{}", order["id"].as_str().unwrap()))
            .await;
        let steps = steps["transitions"].as_array().unwrap().clone();
        let seqs: Vec<i64> = steps
            .iter()
            .map(|step| step["seq"].as_i64().unwrap())
            .collect();
        let wanted: Vec<i64> = (1..=i64::try_from(steps.len()).unwrap()).collect();
        assert_eq!(seqs, wanted, "steps without gaps or repeats: {order}");
    }
}
