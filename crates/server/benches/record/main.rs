//! A record of a million reports and a million measures, and how long the pages of the desk take on it, over HTTP: queue,
//! search, the timeline of a case, lists. On SQLite, and on PostgreSQL when `STANCH_TEST_POSTGRES_URL` names a server (an
//! empty database of it is filled with the same rows).
//!
//! `STANCH_BENCH_RECORD=FOLDER cargo bench --workspace --bench record` fills `FOLDER` if it is empty (`STANCH_BENCH_RECORDS`
//! of each kind, a million unless told), makes the search's index, and writes `bench/results/record-{sqlite,postgres}.json`.
#![expect(
    clippy::unwrap_used,
    reason = "a measuring program stops at the first failure"
)]

mod fill;
#[path = "../../../store/benches/copy/postgres.rs"]
mod postgres;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use reqwest::Client;
use serde_json::{Value, json};
use stanch_decide::Engine;
use stanch_ledger::{Ledger, LedgerMode};
use stanch_search::SearchIndex;
use stanch_server::{NewUser, Parts, ServeConfig, Server, create_user};
use stanch_store::{Instance, Store, StoreConfig};
use stanch_types::Ctx;
use stanch_types::personal::Secret;
use stanch_types::user::Role;
use tokio::sync::oneshot;

const PASSWORD: &str = "correct horse battery";
/// Requests of each kind that are timed.
const ASKED: usize = 300;

fn main() {
    let Some(folder) = std::env::var_os("STANCH_BENCH_RECORD").map(PathBuf::from) else {
        println!("skipped: STANCH_BENCH_RECORD unset");
        return;
    };
    let records = std::env::var("STANCH_BENCH_RECORDS").ok();
    let records: usize = records.map_or(1_000_000, |text| text.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let ctx = Ctx::system();
        let sqlite = StoreConfig::sqlite(&folder);
        if !folder.join("filled").exists() {
            fill::fill(&sqlite, &ctx, records).await;
            std::fs::write(folder.join("filled"), records.to_string()).unwrap();
        }
        index(&folder, &sqlite, &ctx).await;
        measure("sqlite", &folder, sqlite.clone(), &ctx).await;
        match std::env::var("STANCH_TEST_POSTGRES_URL") {
            Ok(server) => {
                let url = postgres::copied(&server, &folder, &ctx).await;
                measure(
                    "postgres",
                    &folder,
                    StoreConfig::postgres(url, &folder),
                    &ctx,
                )
                .await;
            }
            Err(_) => println!("skipped: STANCH_TEST_POSTGRES_URL unset"),
        }
    });
}

/// Makes the index whole, as the server does beside its other work.
async fn index(folder: &Path, config: &StoreConfig, ctx: &Ctx) {
    let store = Store::open(config, ctx).await.unwrap();
    let started = Instant::now();
    let index = SearchIndex::open(&folder.join("search"), &store, ctx)
        .await
        .unwrap();
    let mut indexed = 0;
    loop {
        let step = index.follow(&store).await.unwrap();
        indexed += step.records;
        if !step.more {
            break;
        }
        println!("indexed {indexed} after {} s", started.elapsed().as_secs());
    }
    drop(index);
    store.close().await.unwrap();
}

/// Opened as a server opens it.
async fn opened(config: StoreConfig, ctx: &Ctx) -> Store {
    let instance = Instance {
        name: "bench".to_owned(),
        told: "a measurement".to_owned(),
    };
    Store::open(&config.opened_by(instance), ctx).await.unwrap()
}

async fn measure(name: &str, folder: &Path, config: StoreConfig, ctx: &Ctx) {
    let store = opened(config, ctx).await;
    for (login, role) in [("analyst", Role::Analyst), ("reviewer", Role::Reviewer)] {
        let new = NewUser {
            login: login.to_owned(),
            name: login.to_owned(),
            roles: vec![role],
            password: Secret::new(PASSWORD.to_owned()),
        };
        // They are there when it is measured again.
        drop(create_user(&store, ctx, new).await);
    }
    let cases = fill::some_cases(&store).await;
    let config = ServeConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..ServeConfig::default()
    };
    let ledger = Ledger::open(&folder.join("log/payments"), LedgerMode::ReadWrite).unwrap();
    let engine = Engine::open(config.engine(folder), store.clone(), ctx.clone());
    let parts = Parts {
        data_dir: folder.to_owned(),
        ledger: Arc::new(ledger),
        engine: engine.await.unwrap(),
        store,
        ctx: ctx.clone(),
    };
    let started = Instant::now();
    let server = Server::bind(config, parts).await.unwrap();
    println!("{name}: started in {} ms", started.elapsed().as_millis());
    let base = format!("http://{}", server.address());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.run(async move { drop(stopped.await) }));
    let rows = ask_all(name, &base, &cases).await;
    drop(stop);
    serving.await.unwrap().unwrap();
    let records = std::fs::read_to_string(folder.join("filled")).unwrap();
    let told = json!({
        "what": "pages of the desk over HTTP, microseconds", "database": name,
        "reports": records.parse::<u64>().unwrap(), "measures": records.parse::<u64>().unwrap(),
        "profile": if cfg!(debug_assertions) { "dev" } else { "release" }, "asked": ASKED, "pages": rows,
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("../../bench/results/record-{name}.json"));
    std::fs::write(path, serde_json::to_string_pretty(&told).unwrap() + "\n").unwrap();
}

/// A page of the desk, and the request for it for the nth time.
type Page<'a> = (&'static str, Box<dyn Fn(usize) -> (String, Value) + 'a>);

fn pages(cases: &[String]) -> Vec<Page<'_>> {
    let list = |path: &'static str| Box::new(move |_| (path.to_owned(), Value::Null));
    let search = |words: String| ("/v1/search".to_owned(), json!({ "words": words }));
    vec![
        ("queue", list("/v1/queue")),
        ("reports", list("/v1/reports")),
        ("cases of a state", list("/v1/cases?state=open")),
        ("measures", list("/v1/measures")),
        (
            "case timeline",
            Box::new(|nth| {
                let case = &cases[nth % cases.len()];
                (format!("/v1/cases/{case}/timeline"), Value::Null)
            }),
        ),
        (
            "search: an account",
            Box::new(move |nth| search(fill::account(nth * 977))),
        ),
        (
            "search: words",
            Box::new(move |nth| search(fill::words(nth))),
        ),
        (
            "search: nothing there",
            Box::new(move |nth| search(format!("微信 投资 {}", 7_000_000_000 + nth * 7_919))),
        ),
    ]
}

async fn ask_all(name: &str, base: &str, cases: &[String]) -> Vec<Value> {
    let client = Client::builder().no_proxy().build().unwrap();
    let body = json!({"login": "analyst", "password": PASSWORD});
    let answer = client.post(format!("{base}/v1/tokens")).json(&body);
    let token: Value = answer.send().await.unwrap().json().await.unwrap();
    let token = token["token"].as_str().unwrap().to_owned();
    let mut rows = Vec::new();
    for (what, make) in pages(cases) {
        let (mut micros, mut items) = (Vec::with_capacity(ASKED), 0);
        for nth in 0..ASKED {
            let (path, body) = make(nth);
            let url = format!("{base}{path}");
            let request = if body.is_null() {
                client.get(url)
            } else {
                client.post(url).json(&body)
            };
            let request = request
                .bearer_auth(&token)
                .header("stanch-purpose", "case_work");
            let started = Instant::now();
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            let found: Value = answer.json().await.unwrap();
            micros.push(started.elapsed().as_micros());
            items += found["items"].as_array().unwrap().len();
        }
        micros.sort_unstable();
        let at = |share: usize| micros[(micros.len() - 1) * share / 1_000];
        let (p50, p95, max) = (at(500), at(950), at(1_000));
        println!("{name}: {what}: p50 {p50} us, p95 {p95} us, max {max} us, {items} items");
        rows.push(
            json!({"page": what, "p50_us": p50, "p95_us": p95, "max_us": max, "items": items}),
        );
    }
    rows
}
