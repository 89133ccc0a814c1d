//! The ledger against bad input, crashes and itself.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod aml;
mod append;
mod import;
mod kill;
mod malformed;
mod patterns;
mod replay;
mod trace;

use std::path::Path;
use std::sync::Arc;

use stanch_ledger::{
    ImportOptions, ImportSource, ImportSummary, Ledger, LedgerError, LedgerMode, import,
};
use stanch_types::{Ctx, ManualClock, Timestamp};

const HEADER: &str = "tx_id,timestamp_ms,from_account,to_account,from_institution,to_institution,\
                      amount_minor_units,currency,channel\n";

const T0: i64 = 1_772_380_801_668;

fn ctx() -> Ctx {
    Ctx::seeded(Arc::new(ManualClock::new(Timestamp::from_millis(T0))), 7)
}

fn open(dir: &Path) -> Ledger {
    Ledger::open(&dir.join("log"), LedgerMode::ReadWrite).unwrap()
}

fn options(dir: &Path) -> ImportOptions {
    ImportOptions {
        format: None,
        rejects: dir.join("rejects.ndjson"),
    }
}

fn import_file(ledger: &Ledger, file: &Path, dir: &Path) -> Result<ImportSummary, LedgerError> {
    let source = ImportSource::file(file);
    import(ledger, &ctx(), source, None, &options(dir), &mut |_| {})
}

fn row(n: u64) -> String {
    let (from, to) = (n % 97, 97 + n % 89);
    let at = T0 + (n as i64) * 1_000;
    format!(
        "{n},{at},A{from},B{to},BK0{},WL0{},{},CNY,transfer\n",
        from % 5,
        to % 3,
        n + 1
    )
}

/// Every payment and account of a ledger as text, in order of storing.
fn content(ledger: &Ledger) -> Vec<String> {
    let graph = ledger.graph();
    let mut all = Vec::new();
    for account in (0..graph.account_count() as u32).filter_map(|n| account(&graph, n)) {
        all.push(account);
    }
    all.sort();
    let mut payments: Vec<String> = all_payments(&graph);
    payments.sort();
    all.extend(payments);
    all
}

fn account(graph: &stanch_graph::Graph, number: u32) -> Option<String> {
    let ix = serde_json::from_value(number.into()).ok()?;
    let view = graph.account(ix)?;
    let facts = view.facts;
    Some(format!(
        "{} {} {} {} {} {:?}",
        view.institution,
        view.account.expose(),
        view.currency,
        facts.kind,
        facts.opening_minor,
        facts.opened_at,
    ))
}

fn all_payments(graph: &stanch_graph::Graph) -> Vec<String> {
    let name = |ix| {
        let view = graph.account(ix).unwrap();
        format!(
            "{}/{}/{}",
            view.institution,
            view.account.expose(),
            view.currency
        )
    };
    (0..graph.payment_count() as u32)
        .map(|number| {
            let ix = serde_json::from_value(number.into()).unwrap();
            let view = graph.payment(ix).unwrap();
            format!(
                "{} {} {} {} {} {}",
                view.tx_id,
                view.at_ms,
                name(view.from),
                name(view.to),
                view.minor,
                view.channel
            )
        })
        .collect()
}
