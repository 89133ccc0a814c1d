//! `stanch serve`: the server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use stanch_decide::{Engine, PolicyFiles, lifecycle};
use stanch_server::Server;
use stanch_types::user::Actor;

use crate::failure;
use crate::output::Output;
use crate::record::Record;

/// Arguments of `stanch serve`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Address to listen on; port 0 takes a free one [default: config.toml, else 127.0.0.1:7480]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Folder of the policy that decides, if none is live yet; later ones take a change approved by a second person
    #[arg(long, value_name = "DIR")]
    policy: Option<PathBuf>,
}

/// Serves until SIGINT or SIGTERM.
pub async fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let ledger = record.ledger().await?;
    let mut config = record.config.clone();
    if let Some(listen) = arguments.listen {
        config.listen = listen;
    }
    let engine = record.engine().await?;
    if let Some(dir) = &arguments.policy {
        put_to_work(&record, &engine, dir, output).await?;
    }
    let (parts, mut lock) = record.into_parts(ledger, engine);
    let server = Server::bind(config, parts).await?;
    let url = format!("http://{}", server.address());
    lock.describe(&format!("pid {}, serving {url}", std::process::id()))?;
    output.result(&serde_json::json!({ "url": url }), || {
        format!("serving {url}")
    })?;
    server.run(super::stop_signal()).await?;
    Ok(())
}

/// Stores the policy in `dir` and lets it decide if none does.
async fn put_to_work(
    record: &Record,
    engine: &Engine,
    dir: &Path,
    output: &Output,
) -> anyhow::Result<()> {
    let files = PolicyFiles::read(dir)?;
    let (store, ctx) = (&record.store, &record.ctx);
    let note = "given at the start of the server";
    let version = lifecycle::push(store, ctx, files, Actor::System, note)
        .await
        .map_err(failure::decide)?;
    let live = engine.deployment().live;
    if live.as_ref() == Some(&version.hash) {
        return Ok(());
    }
    if let Some(live) = live {
        output.note(&format!(
            "{live} stays live; {} is stored and takes a change approved by a second person",
            version.hash
        ));
        return Ok(());
    }
    lifecycle::bootstrap(engine, store, ctx, &version)
        .await
        .map_err(failure::decide)?;
    Ok(())
}
