//! `stanch account`: what is known of an account.

use std::path::Path;

use clap::Args;
use serde::Serialize;
use stanch_ledger::{Ledger, LedgerMode};
use stanch_types::personal::AccountNumber;
use stanch_types::{
    AccountKind, AccountRef, Channel, Currency, ErrorCode, InstitutionCode, Money, Timestamp,
};

use crate::data_dir::DataDir;
use crate::failure::refusal;
use crate::output::Output;

/// Most payments shown.
const PAYMENTS_MAX: usize = 1_000;

/// Arguments of `stanch account`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Code of the institution
    institution: InstitutionCode,
    /// Number of the account there
    #[arg(value_parser = parse_account)]
    account: AccountNumber,
    /// Currency of the account
    #[arg(long, default_value = "CNY")]
    currency: Currency,
    /// How many of its last payments to show
    #[arg(long, default_value_t = 20)]
    payments: usize,
}

#[derive(Debug, Serialize)]
struct Statement {
    account: AccountRef,
    kind: AccountKind,
    balance: Money,
    payments: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    tx_id: String,
    occurred_at: Timestamp,
    amount: Money,
    counterpart: Option<AccountRef>,
    channel: Channel,
}

fn parse_account(text: &str) -> Result<AccountNumber, String> {
    text.parse()
        .map_err(|error: stanch_types::personal::BadPersonalData| error.to_string())
}

/// Runs `stanch account`.
pub fn run(arguments: &Arguments, data: &Path, output: &Output) -> anyhow::Result<()> {
    let dir = DataDir::existing(data)?;
    let ledger = Ledger::open(&dir.payments(), LedgerMode::ReadOnly)?;
    let graph = ledger.graph();
    let account = AccountRef {
        institution: arguments.institution.clone(),
        account: arguments.account.clone(),
    };
    let Some((ix, view)) = graph
        .lookup_account(&account, arguments.currency)
        .and_then(|ix| Some((ix, graph.account(ix)?)))
    else {
        return Err(refusal(
            ErrorCode::AccountNotFound,
            format!(
                "no payment or fact names this account at {}",
                account.institution
            ),
        ));
    };
    let all: Vec<_> = graph.payments_of(ix, i64::MIN, i64::MAX).collect();
    let shown = arguments.payments.min(PAYMENTS_MAX);
    let payments = all
        .iter()
        .skip(all.len().saturating_sub(shown))
        .map(|payment| {
            let (other, sign) = if payment.from == ix {
                (payment.to, -1)
            } else {
                (payment.from, 1)
            };
            Line {
                tx_id: payment.tx_id.to_string(),
                occurred_at: Timestamp::from_millis(payment.at_ms),
                amount: Money::new(sign * payment.minor, arguments.currency),
                counterpart: graph.account(other).map(|other| other.reference()),
                channel: payment.channel,
            }
        });
    let statement = Statement {
        kind: view.facts.kind,
        balance: Money::new(graph.balance_at(ix, i64::MAX), arguments.currency),
        payments: payments.collect(),
        account,
    };
    output.result(&statement, || describe(&statement))
}

fn describe(statement: &Statement) -> String {
    let account = &statement.account;
    let mut lines = vec![format!(
        "{} {} ({}), balance {}",
        account.institution,
        account.account.expose(),
        statement.kind,
        statement.balance
    )];
    for line in &statement.payments {
        let other = line.counterpart.as_ref();
        let other = other.map_or(String::new(), |other| {
            format!("{} {}", other.institution, other.account.expose())
        });
        lines.push(format!(
            "{}  {}  {}  {}  {}",
            line.occurred_at, line.tx_id, line.amount, line.channel, other
        ));
    }
    lines.join("\n")
}
