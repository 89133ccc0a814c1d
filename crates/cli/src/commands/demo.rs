//! `stanch demo`: a simulated city and the golden hour, on an empty folder.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use stanch_ledger::{ImportOptions, ImportSource, Ledger};
use stanch_server::{NewUser, Server};
use stanch_sim::demo::{City, DemoConfig, DemoEvent, RunningCity};
use stanch_types::personal::Secret;
use stanch_types::user::Role;
use stanch_types::{Currency, ErrorCode, Money};

use crate::failure::refusal;
use crate::output::Output;
use crate::record::Record;

/// Arguments of `stanch demo`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Address of the console
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7480")]
    listen: SocketAddr,
    /// The same seed plays the same city
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Payments of history
    #[arg(long, default_value_t = 200_000)]
    payments: u32,
    /// Institutions answer without refusals, lost and late answers
    #[arg(long)]
    no_faults: bool,
}

/// The people of the demo: login, name, roles.
const PEOPLE: &[(&str, &str, &[Role])] = &[
    ("lin", "林岚", &[Role::Analyst]),
    ("chen", "陈舟", &[Role::Approver]),
    ("wu", "吴桐", &[Role::Liaison]),
    ("he", "何清", &[Role::Auditor]),
];

/// Prepares the city, serves and plays until SIGINT or SIGTERM.
pub async fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    if data.join("stanch.db").exists() {
        let why = format!(
            "{} has a record already; the demo wants an empty folder (--data DIR)",
            data.display()
        );
        return Err(refusal(ErrorCode::DataInUse, why));
    }
    let record = Record::write(data).await?;
    if !record.store.read().await?.list_users().await?.is_empty() {
        record.close().await?;
        let why = "the database has a record already; the demo wants an empty one";
        return Err(refusal(ErrorCode::DataInUse, why));
    }
    let mut config = record.config.clone();
    config.listen = arguments.listen;
    config.institutions_allowed = vec!["127.0.0.0/8".to_owned()];
    let password = Secret::new(format!("demo-{}", hex(&record.ctx.random_bytes::<6>())));
    for (login, name, roles) in PEOPLE {
        let person = NewUser {
            login: (*login).to_owned(),
            name: (*name).to_owned(),
            roles: roles.to_vec(),
            password: password.clone(),
        };
        stanch_server::create_user(&record.store, &record.ctx, person).await?;
    }
    output.note(&format!(
        "making a city of {} payments ...",
        arguments.payments
    ));
    let ledger = record.ledger().await?;
    let city = prepare(arguments, data, &record, &ledger).await?;
    output.note("starting its banks, wallets and fund companies ...");
    let running = city.start(&record.ctx).await?;
    let mut tx = record.store.begin().await?;
    for institution in running.institutions() {
        tx.upsert_institution(institution).await?;
    }
    tx.commit().await?;
    serve_and_play(config, record, ledger, running, &password, output).await
}

async fn prepare(
    arguments: &Arguments,
    data: &Path,
    record: &Record,
    ledger: &Arc<Ledger>,
) -> anyhow::Result<City> {
    let mut world = DemoConfig::default_world(arguments.seed, record.ctx.now());
    world.payments = arguments.payments;
    let config = DemoConfig {
        dir: data.join("city"),
        executable: std::env::current_exe().context("cannot find this program's file")?,
        stanch_url: format!("http://{}", arguments.listen),
        stanch_public_key: record.signer()?.public_key().to_string(),
        world,
        faults: !arguments.no_faults,
    };
    let (ctx, ledger) = (record.ctx.clone(), Arc::clone(ledger));
    let rejects = data.join("city/rejects.ndjson");
    tokio::task::spawn_blocking(move || {
        let city = City::prepare(config, &ctx)?;
        let (payments, accounts) = (
            ImportSource::file(&city.files.tx),
            ImportSource::file(&city.files.accounts),
        );
        let options = ImportOptions {
            format: None,
            rejects,
        };
        let summary = stanch_ledger::import(
            &ledger,
            &ctx,
            payments,
            Some(accounts),
            &options,
            &mut |_| {},
        )?;
        anyhow::ensure!(
            summary.refused == 0,
            "the city's payments were refused: {summary:?}"
        );
        Ok(city)
    })
    .await?
}

async fn serve_and_play(
    config: stanch_server::ServeConfig,
    record: Record,
    ledger: Arc<Ledger>,
    mut city: RunningCity,
    password: &Secret,
    output: &Output,
) -> anyhow::Result<()> {
    let ctx = record.ctx.clone();
    let institutions = city.institutions().len();
    let engine = record.engine().await?;
    let (parts, mut lock) = record.into_parts(ledger, engine);
    let server = Server::bind(config, parts).await?;
    let url = format!("http://{}", server.address());
    lock.describe(&format!("pid {}, serving {url}", std::process::id()))?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let until = |mut stopped: tokio::sync::watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let serving = tokio::spawn(server.run(until(stopped.clone())));
    let token = sign_in(&url, password).await?;
    welcome(&url, institutions, password, output)?;
    let mut told = |event: DemoEvent| output.note(&describe(&event));
    let summary = city
        .play(token, &ctx, &mut told, super::stop_signal())
        .await;
    if summary.is_ok() && !serving.is_finished() {
        output.note("the city has nothing more to play; the console stays up until Ctrl-C");
    }
    stop.send_replace(true);
    serving.await??;
    drop(city);
    let summary = summary?;
    output.result(&summary, || {
        format!(
            "{} payments booked, {} stopped ({}), {} later hops prevented, {} reports",
            summary.booked,
            summary.stopped,
            Money::new(summary.stopped_minor, Currency::CNY),
            summary.prevented,
            summary.reports
        )
    })
}

async fn sign_in(url: &str, password: &Secret) -> anyhow::Result<Secret> {
    #[derive(serde::Deserialize)]
    struct Token {
        token: Secret,
    }
    let login = serde_json::json!({ "login": "lin", "password": password.expose() });
    let client = reqwest::Client::builder().no_proxy().build()?;
    let answer = client
        .post(format!("{url}/v1/tokens"))
        .json(&login)
        .send()
        .await?
        .error_for_status()?;
    Ok(answer.json::<Token>().await?.token)
}

fn welcome(
    url: &str,
    institutions: usize,
    password: &Secret,
    output: &Output,
) -> anyhow::Result<()> {
    let people: Vec<_> = PEOPLE
        .iter()
        .map(|(login, name, roles)| serde_json::json!({ "login": login, "name": name, "roles": roles }))
        .collect();
    let facts = serde_json::json!({ "url": url, "people": people, "password": password.expose() });
    output.result(&facts, || {
        let mut lines = vec![
            String::new(),
            format!("  Stanch is at {url}   ({institutions} institutions run beside it)"),
            format!("  password of all of them: {}", password.expose()),
        ];
        for (login, name, roles) in PEOPLE {
            let roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
            lines.push(format!("    {login:<6} {name}  {}", roles.join(", ")));
        }
        lines.push("  A victim reports within half a minute. Sign in as lin, submit the plan; as chen, approve it.".into());
        lines.push("  Ctrl-C ends it.\n".into());
        lines.join("\n")
    })
}

fn describe(event: &DemoEvent) -> String {
    let yuan = |minor: i64| Money::new(minor, Currency::CNY);
    match event {
        DemoEvent::Reported {
            case_number,
            loss_minor,
            ..
        } => {
            let number = case_number.as_deref().unwrap_or("?");
            format!(
                "a victim reports a loss of {}: case {number}",
                yuan(*loss_minor)
            )
        }
        DemoEvent::ReportRefused { detail, .. } => format!("a report was refused: {detail}"),
        DemoEvent::Stopped { tx_id, minor, .. } => {
            format!(
                "payment {tx_id} of {} was refused: the money is held",
                yuan(*minor)
            )
        }
        DemoEvent::Lost { minor, .. } => format!("{} was drawn as cash", yuan(*minor)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
