//! Load over HTTP on a real `stanch serve`, durable, on loopback; see `../http.md` for the commands.
//!
//! Starts the given binary on a fresh data folder, makes the events beforehand, sends them over keep-alive connections
//! from one thread and prints one JSON object. `--rate` sends at fixed instants and counts latency from these, so that
//! a stall of the server is seen by every request it delays; without it each connection sends as soon as it is answered.

mod client;
mod events;
mod server;

use std::time::{Duration, Instant};

use client::{Connection, Tally};
use serde_json::json;
use server::Server;

/// What is asked for on the command line.
struct Plan {
    stanch: String,
    policy: String,
    data: String,
    bulk: bool,
    events: usize,
    warm: usize,
    accounts: u64,
    connections: usize,
    request_events: usize,
    rate: Option<f64>,
}

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Fallible<()> {
    let plan = Plan::read()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(&plan))
}

async fn run(plan: &Plan) -> Fallible<()> {
    let server = Server::start(&plan.stanch, &plan.data, &plan.policy)?;
    let token = server.token().await?;
    let lines = events::make(plan.warm + plan.events, plan.accounts);
    let (warm, measured) = lines.split_at(plan.warm);
    let mut connections = Vec::new();
    for _ in 0..plan.connections {
        connections.push(Connection::open(server.address, &token).await?);
    }
    let (_, connections) = drive(plan, connections, warm, None).await?;
    let (memory, cpu, own) = (
        server.memory_kib()?,
        server.cpu_secs()?,
        server::cpu_secs("self")?,
    );
    let started = Instant::now();
    let (tally, _connections) = drive(plan, connections, measured, plan.rate).await?;
    let elapsed = started.elapsed().as_secs_f64();
    let (cpu, own) = (server.cpu_secs()? - cpu, server::cpu_secs("self")? - own);
    let count = measured.len() as f64;
    let mut micros = tally.micros;
    micros.sort_unstable();
    let percentile = |share: f64| {
        let nth = (micros.len() as f64 * share).ceil() as usize;
        micros.get(nth.saturating_sub(1)).map(|us| *us as f64 / 1e3)
    };
    let result = json!({
        "mode": if plan.bulk { "bulk" } else { "single" },
        "events": measured.len(), "accounts": plan.accounts, "connections": plan.connections,
        "events_a_request": if plan.bulk { plan.request_events } else { 1 },
        "rate_asked": plan.rate,
        "secs": elapsed, "decisions_a_sec": count / elapsed,
        "ms": { "p50": percentile(0.5), "p99": percentile(0.99), "p999": percentile(0.999), "max": percentile(1.0) },
        "server_cpu_secs": cpu, "client_cpu_secs": own,
        "decisions_a_server_cpu_sec": count / cpu,
        "server_rss_mib": { "before": memory as f64 / 1024.0, "after": server.memory_kib()? as f64 / 1024.0 },
        "answers": tally.decisions, "late": tally.late, "refused": tally.refused,
        "load_average": std::fs::read_to_string("/proc/loadavg")?.split(' ').next(),
    });
    println!("{result}");
    server.stop()
}

/// Sends `lines` over all connections and gives them back.
async fn drive(
    plan: &Plan,
    connections: Vec<Connection>,
    lines: &[String],
    rate: Option<f64>,
) -> Fallible<(Tally, Vec<Connection>)> {
    let start = Instant::now() + Duration::from_millis(5);
    let lines: std::rc::Rc<[String]> = lines.into();
    let next = std::rc::Rc::new(std::cell::Cell::new(0_usize));
    let step = if plan.bulk { plan.request_events } else { 1 };
    let local = tokio::task::LocalSet::new();
    let mut tasks = Vec::new();
    for mut connection in connections {
        let (lines, next) = (std::rc::Rc::clone(&lines), std::rc::Rc::clone(&next));
        let bulk = plan.bulk;
        tasks.push(local.spawn_local(async move {
            let mut tally = Tally::default();
            while next.get() < lines.len() {
                let first = next.get();
                next.set(first + step);
                let due = rate.map(|rate| start + Duration::from_secs_f64(first as f64 / rate));
                if let Some(due) = due {
                    tokio::time::sleep_until(due.into()).await;
                }
                let part = &lines[first..lines.len().min(first + step)];
                let begun = due.unwrap_or_else(Instant::now);
                let sent = if bulk {
                    connection.bulk(part, &mut tally).await
                } else {
                    connection.single(&part[0], &mut tally).await
                };
                sent.map_err(|error| error.to_string())?;
                tally.micros.push(begun.elapsed().as_micros() as u64);
            }
            Ok::<_, String>((tally, connection))
        }));
    }
    local.await;
    let (mut whole, mut connections) = (Tally::default(), Vec::new());
    for task in tasks {
        let (tally, connection) = task.await??;
        whole.add(tally);
        connections.push(connection);
    }
    Ok((whole, connections))
}

impl Plan {
    fn read() -> Fallible<Self> {
        let mut plan = Self {
            stanch: "target/release/stanch".to_owned(),
            policy: "policy".to_owned(),
            data: String::new(),
            bulk: false,
            events: 200_000,
            warm: 20_000,
            accounts: 100_000,
            connections: 32,
            request_events: 20_000,
            rate: None,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} wants a value"));
            match word.as_str() {
                "--bulk" => plan.bulk = true,
                "--stanch" => plan.stanch = value()?,
                "--policy" => plan.policy = value()?,
                "--data" => plan.data = value()?,
                "--events" => plan.events = value()?.parse()?,
                "--warm" => plan.warm = value()?.parse()?,
                "--accounts" => plan.accounts = value()?.parse()?,
                "--connections" => plan.connections = value()?.parse()?,
                "--request-events" => plan.request_events = value()?.parse()?,
                "--rate" => plan.rate = Some(value()?.parse()?),
                _ => return Err(format!("what is {word}?").into()),
            }
        }
        if plan.data.is_empty() {
            return Err("--data wants a folder that does not exist yet".into());
        }
        Ok(plan)
    }
}
