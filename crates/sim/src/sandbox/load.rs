//! Reads an institution's opening state: its accounts, and the payments settled before the start.

use std::path::Path;

use stanch_types::{AccountRef, Amount, Payment, Timestamp};

use super::books::Books;
use super::config::SandboxConfig;
use crate::SimError;
use crate::world::TX_HEADER;

/// The header of an institution's accounts file.
pub(crate) const ACCOUNTS_HEADER: &str = "account,kind,holder_name,opening_balance_minor_units";

/// The books before the first event of the journal.
pub(super) fn opening(config: &SandboxConfig) -> Result<Books, SimError> {
    let mut books = Books::new(config.code.clone());
    rows(&config.accounts, ACCOUNTS_HEADER, |row| {
        let [number, kind, holder, minor] = row.try_into().ok()?;
        books.open_account(
            number.parse().ok()?,
            kind.parse().ok()?,
            holder.parse().ok()?,
            minor.parse().ok()?,
        );
        Some(())
    })?;
    if let Some(history) = &config.history {
        rows(history, TX_HEADER, |row| {
            books.settled(payment(row)?);
            Some(())
        })?;
    }
    Ok(books)
}

fn payment(row: &[&str]) -> Option<Payment> {
    let [
        tx_id,
        at_ms,
        from,
        to,
        from_at,
        to_at,
        minor,
        currency,
        channel,
    ] = row.try_into().ok()?;
    let side = |number: &str, institution: &str| {
        Some(AccountRef {
            institution: institution.parse().ok()?,
            account: number.parse().ok()?,
        })
    };
    Some(Payment {
        tx_id: tx_id.to_owned(),
        occurred_at: Timestamp::from_millis(at_ms.parse().ok()?),
        from: side(from, from_at)?,
        to: side(to, to_at)?,
        amount: Amount::new(minor.parse().ok()?, currency.parse().ok()?).ok()?,
        channel: channel.parse().ok()?,
    })
}

/// Hands every row of a CSV without quoting to `take`; a row it answers none to is damage.
fn rows(
    path: &Path,
    header: &str,
    mut take: impl FnMut(&[&str]) -> Option<()>,
) -> Result<(), SimError> {
    let text = std::fs::read_to_string(path).map_err(SimError::io("read", path))?;
    let damaged = |detail: String| SimError::Damaged {
        path: path.to_owned(),
        detail,
    };
    let mut lines = text.lines();
    if lines.next() != Some(header) {
        return Err(damaged(format!("the header is not `{header}`")));
    }
    let mut cells = Vec::new();
    for (index, line) in lines.enumerate() {
        cells.clear();
        cells.extend(line.split(','));
        take(&cells).ok_or_else(|| damaged(format!("line {}", index + 2)))?;
    }
    Ok(())
}
