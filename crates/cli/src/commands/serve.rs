//! `stanch serve`: the server.

use std::net::SocketAddr;
use std::path::Path;

use clap::Args;
use stanch_server::Server;

use crate::output::Output;
use crate::record::Record;

/// Arguments of `stanch serve`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Address to listen on; port 0 takes a free one [default: config.toml, else 127.0.0.1:7480]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

/// Serves until SIGINT or SIGTERM.
pub async fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let ledger = record.ledger().await?;
    let mut config = record.config.clone();
    if let Some(listen) = arguments.listen {
        config.listen = listen;
    }
    let (parts, mut lock) = record.into_parts(ledger);
    let server = Server::bind(config, parts).await?;
    let url = format!("http://{}", server.address());
    lock.describe(&format!("pid {}, serving {url}", std::process::id()))?;
    output.result(&serde_json::json!({ "url": url }), || {
        format!("serving {url}")
    })?;
    server.run(super::stop_signal()).await?;
    Ok(())
}
