//! Plays the demo's city against a stand-in for Stanch, to see the city alone at work:
//! `cargo run --release -p stanch-sim --example city -- play 90`. The stand-in takes reports and, when `stop` is
//! given as a third word, orders a stop on every account that the opening case's money has reached.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as StdDuration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stanch_sim::SimError;
use stanch_sim::demo::{City, DemoConfig, DemoEvent, RunningCity};
use stanch_sim::sandbox::{self, SandboxConfig};
use stanch_sim::webhook::{SharedKey, public_key_text};
use stanch_types::institution::Institution;
use stanch_types::personal::Secret;
use stanch_types::report::ReportContent;
use stanch_types::{AccountRef, ApplicationId, Ctx};

#[derive(Default)]
struct Heard {
    reports: Mutex<Vec<ReportContent>>,
    answers: Mutex<Vec<String>>,
    payments: Mutex<usize>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let ctx = Ctx::system();
    match words
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["sandbox", "--config", file] => {
            let config = SandboxConfig::read(file.as_ref())?;
            sandbox::run(config, ctx, std::future::pending()).await?;
        }
        ["play", secs, rest @ ..] => play(secs.parse()?, rest.contains(&"stop"), ctx).await?,
        _ => eprintln!("city play SECONDS [stop]"),
    }
    Ok(())
}

async fn play(secs: u64, stop: bool, ctx: Ctx) -> Result<(), Box<dyn std::error::Error>> {
    let heard = Arc::new(Heard::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = Router::new()
        .route("/v1/reports", post(report))
        .route("/v1/institutions/{code}/answers", post(answer))
        .route("/v1/institutions/{code}/payments", post(payments))
        .with_state(Arc::clone(&heard));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32])?;
    let public = <[u8; 32]>::try_from(pair.public_key().as_ref())?;
    let dir = std::env::temp_dir().join(format!("stanch-city-{}", std::process::id()));
    let config = DemoConfig {
        dir: dir.clone(),
        executable: std::env::current_exe()?,
        stanch_url: url,
        stanch_public_key: public_key_text(&public),
        world: DemoConfig::default_world(7, ctx.now()),
        faults: false,
    };
    let before = ctx.now();
    let for_files = ctx.clone();
    let city = tokio::task::spawn_blocking(move || City::prepare(config, &for_files)).await??;
    println!(
        "prepared in {} ms: {} payments, {} accounts",
        ctx.now().since(before).as_millis(),
        city.world.history,
        city.world.accounts.len()
    );
    let first_live = city
        .world
        .cases
        .iter()
        .position(|case| case.live)
        .unwrap_or_default();
    let mules = reached(&city, first_live as u32);
    let before = ctx.now();
    let running = city.start(&ctx).await?;
    println!(
        "{} institutions up in {} ms",
        running.institutions().len(),
        ctx.now().since(before).as_millis()
    );
    let institutions = running.institutions().to_vec();
    if stop {
        let ctx = ctx.clone();
        tokio::spawn(async move {
            tokio::time::sleep(StdDuration::from_secs(20)).await;
            for (serial, mule) in mules.iter().enumerate() {
                let status = order(&ctx, &pair, &institutions, mule, serial as u8).await;
                println!("stop {}: {status:?}", mule.account.masked());
            }
        });
    }
    watch(running, secs, &ctx, &heard).await?;
    std::fs::remove_dir_all(dir)?;
    Ok(())
}

/// Plays for `secs` and prints what came of it.
async fn watch(
    mut running: RunningCity,
    secs: u64,
    ctx: &Ctx,
    heard: &Heard,
) -> Result<(), SimError> {
    let mut print = |event: DemoEvent| println!("{event:?}");
    let until = tokio::time::sleep(StdDuration::from_secs(secs));
    let summary = running
        .play(Secret::new("token".into()), ctx, &mut print, until)
        .await?;
    println!("{summary:?}");
    println!(
        "heard {} reports, {} payments",
        lock(&heard.reports).len(),
        lock(&heard.payments)
    );
    for answer in lock(&heard.answers).iter() {
        println!("answer {answer}");
    }
    running.stop().await;
    Ok(())
}

/// Accounts that the victim of `case` paid, and those its money reached before the end of history.
fn reached(city: &City, case: u32) -> Vec<AccountRef> {
    let world = &city.world;
    let mut accounts: Vec<AccountRef> = world
        .planted
        .iter()
        .filter(|hop| hop.case == case && (hop.payment as usize) < world.history)
        .filter_map(|hop| world.payments.get(hop.payment as usize))
        .filter_map(|row| world.account_ref(row.to))
        .collect();
    accounts.sort();
    accounts.dedup();
    accounts
}

async fn order(
    ctx: &Ctx,
    pair: &Ed25519KeyPair,
    institutions: &[Institution],
    target: &AccountRef,
    serial: u8,
) -> Result<StatusCode, SimError> {
    let Some((endpoint, secret)) = institutions
        .iter()
        .find(|i| i.code == target.institution)
        .and_then(|i| i.endpoint.clone().zip(i.webhook_secret.clone()))
    else {
        return Ok(StatusCode::NOT_FOUND);
    };
    let now = ctx.now();
    let id = ApplicationId::from_parts(now, [serial; 10]).to_string();
    let hex = id.rsplit('_').next().unwrap_or_default().to_owned();
    let body = json!({
        "schema": "stanch.order/1", "transmission_serial": hex, "sender": "STANCH",
        "receiver": target.institution, "message_code": "100101", "kind": "stop_payment",
        "order_id": format!("order_{hex}"), "application_id": id, "parent_application_id": null,
        "case_number": "2026-000001", "case_type": "telecom_fraud", "emergency": "02",
        "target": {"institution": target.institution, "account": target.account, "account_kind": null, "holder_name": null},
        "hold": {"mode": "02", "reason": "all of it is the victim's"}, "starts_at": now,
        "duration_secs": 172_800, "reason": "a victim reported", "authority": null,
        "operator": {"id": format!("user_{hex}"), "name": "甲"}, "second_officer": null,
        "applied_at": now, "disputed": null,
    })
    .to_string()
    .into_bytes();
    let signed = SharedKey::parse(&secret)?.sign(&id, now, &body);
    let mut text = format!("{id}.{}.", signed.timestamp).into_bytes();
    text.extend_from_slice(&body);
    let own = STANDARD.encode(pair.sign(&text));
    let address: SocketAddr = endpoint
        .trim_start_matches("http://")
        .parse()
        .map_err(|_| SimError::Config(endpoint.clone()))?;
    let url = format!("http://{address}/orders");
    let client = reqwest::Client::builder().no_proxy().build();
    let sent = client
        .map(|client| client.post(&url))
        .map(|request| {
            request
                .header("webhook-id", id)
                .header("webhook-timestamp", signed.timestamp)
        })
        .map(|request| {
            request.header(
                "webhook-signature",
                format!("{} v1a,{own}", signed.signature),
            )
        })
        .map(|request| request.body(body).send());
    match sent {
        Ok(sent) => sent
            .await
            .map(|r| r.status())
            .map_err(|source| SimError::Http { url, source }),
        Err(source) => Err(SimError::Http { url, source }),
    }
}

async fn report(
    State(heard): State<Arc<Heard>>,
    headers: HeaderMap,
    axum::Json(content): axum::Json<ReportContent>,
) -> (StatusCode, axum::Json<Value>) {
    if !headers.contains_key("authorization") {
        return (StatusCode::UNAUTHORIZED, axum::Json(json!({})));
    }
    let mut reports = lock(&heard.reports);
    reports.push(content);
    let number = format!("2026-{:06}", reports.len());
    (
        StatusCode::CREATED,
        axum::Json(json!({ "case_number": number })),
    )
}

async fn answer(State(heard): State<Arc<Heard>>, body: String) -> axum::Json<Value> {
    lock(&heard.answers).push(body);
    axum::Json(json!({ "applied": true }))
}

async fn payments(State(heard): State<Arc<Heard>>, body: String) -> axum::Json<Value> {
    *lock(&heard.payments) += body.lines().count();
    axum::Json(json!({}))
}
