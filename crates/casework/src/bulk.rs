//! Reports in bulk: a CSV file, one payment a line, lines with the same `external_id` one after another are one report.
//!
//! Sending a file again is harmless: a report whose `external_id` is known is left as it is, so an import that broke
//! off is taken up by running it again.

use std::io::Read;

use serde::{Deserialize, Serialize};
use stanch_ledger::Ledger;
use stanch_store::Tx;
use stanch_types::personal::{AccountNumber, PersonName, PhoneNumber};
use stanch_types::report::{Consent, Relation, ReportContent, ReportedPayment, Reporter};
use stanch_types::user::Actor;
use stanch_types::{AccountRef, Amount, Channel, Ctx, Currency, InstitutionCode, Money, Timestamp};

use crate::error::CaseworkError;
use crate::report::{NewReport, receive_new_report};

/// Reports taken in one transaction.
pub const BULK_AT_ONCE: usize = 100;
/// Most refused reports that are listed; all are counted.
const REFUSED_LISTED_MAX: usize = 1_000;
/// Longest `external_id`, in characters.
const EXTERNAL_ID_CHARS_MAX: usize = 128;

/// A line as the file has it. Columns that are not here are an error: a misspelt one would be lost silently.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    external_id: String,
    relation: Relation,
    consent: Consent,
    narrative: String,
    occurred_at: Timestamp,
    amount: String,
    currency: Currency,
    from_institution: InstitutionCode,
    from_account: AccountNumber,
    to_institution: InstitutionCode,
    to_account: AccountNumber,
    #[serde(default)]
    to_name: Option<PersonName>,
    #[serde(default)]
    tx_id: Option<String>,
    #[serde(default)]
    channel: Option<Channel>,
    #[serde(default)]
    name: Option<PersonName>,
    #[serde(default)]
    phone: Option<PhoneNumber>,
    #[serde(default)]
    contacted_at: Option<Timestamp>,
    #[serde(default)]
    contact_channel: Option<String>,
    #[serde(default)]
    counterpart: Option<String>,
    #[serde(default)]
    still_in_contact: Option<bool>,
    #[serde(default)]
    still_paying: Option<bool>,
    #[serde(default)]
    remote_controlled: Option<bool>,
}

/// A report of the file, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkReport {
    /// Its first line, from 1; the header is line 1.
    pub line: u64,
    /// The sender's own number; empty if it could not be read.
    pub external_id: String,
    /// What was told.
    pub content: Result<ReportContent, String>,
}

/// A report that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RefusedReport {
    /// Its first line, from 1; the header is line 1.
    pub line: u64,
    /// The sender's own number; empty if it could not be read.
    pub external_id: String,
    /// What is wrong.
    pub detail: String,
}

/// What became of a bulk of reports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
pub struct BulkOutcome {
    /// Reports taken.
    pub taken: u64,
    /// Reports that were taken before, by their `external_id`.
    pub known: u64,
    /// Reports refused.
    pub refused_count: u64,
    /// The first 1,000 of them.
    pub refused: Vec<RefusedReport>,
}

/// The reports of a CSV file, one after another.
///
/// # Errors
/// What is wrong with the header.
pub fn read_bulk<R: Read>(source: R) -> Result<impl Iterator<Item = BulkReport>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(source);
    let header = reader.headers().map_err(|error| error.to_string())?;
    for wanted in ["external_id", "narrative", "occurred_at", "amount"] {
        if !header.iter().any(|name| name == wanted) {
            return Err(format!("the header has no column `{wanted}`"));
        }
    }
    let mut lines = reader
        .into_deserialize::<Line>()
        .enumerate()
        .map(|(nth, read)| {
            let nth = u64::try_from(nth).unwrap_or(u64::MAX).saturating_add(2);
            match read {
                Ok(line) => (nth, Ok(line)),
                Err(error) => {
                    let at = error.position().map_or(nth, |position| position.line());
                    (at, Err(reason(&error)))
                }
            }
        })
        .peekable();
    Ok(std::iter::from_fn(move || {
        let (at, first) = lines.next()?;
        let first = match first {
            Ok(first) => first,
            Err(why) => return Some(refused(at, String::new(), why)),
        };
        let external_id = first.external_id.clone();
        let mut payments = vec![payment(&first)];
        let same = |next: &(u64, Result<Line, String>)| matches!(&next.1, Ok(line) if line.external_id == external_id);
        while let Some((_, Ok(more))) = lines.next_if(same) {
            payments.push(payment(&more));
        }
        let payments: Result<Vec<_>, String> = payments.into_iter().collect();
        let content = payments.map(|payments| content(first, payments));
        Some(BulkReport {
            line: at,
            external_id,
            content,
        })
    }))
}

/// Why a line cannot be read, without its values.
fn reason(error: &csv::Error) -> String {
    if let csv::ErrorKind::Deserialize { err, .. } = error.kind() {
        let column = err
            .field()
            .map_or(String::new(), |nth| format!("column {}: ", nth + 1));
        return format!("{column}{}", err.kind());
    }
    if let csv::ErrorKind::UnequalLengths {
        expected_len, len, ..
    } = error.kind()
    {
        return format!("it has {len} fields, the header has {expected_len}");
    }
    if let csv::ErrorKind::Utf8 { .. } = error.kind() {
        return "it is not UTF-8".to_owned();
    }
    "it cannot be read".to_owned()
}

fn refused(line: u64, external_id: String, why: String) -> BulkReport {
    BulkReport {
        line,
        external_id,
        content: Err(why),
    }
}

fn payment(line: &Line) -> Result<ReportedPayment, String> {
    let amount = Money::parse_decimal(&line.amount, line.currency)
        .and_then(|money| Amount::new(money.minor, line.currency))
        .map_err(|error| error.to_string())?;
    Ok(ReportedPayment {
        tx_id: line.tx_id.clone(),
        occurred_at: line.occurred_at,
        amount,
        from: AccountRef {
            institution: line.from_institution.clone(),
            account: line.from_account.clone(),
        },
        to: AccountRef {
            institution: line.to_institution.clone(),
            account: line.to_account.clone(),
        },
        to_name: line.to_name.clone(),
        channel: line.channel,
    })
}

fn content(line: Line, payments: Vec<ReportedPayment>) -> ReportContent {
    ReportContent {
        reporter: Reporter {
            name: line.name,
            phone: line.phone,
            relation: line.relation,
        },
        contacted_at: line.contacted_at,
        contact_channel: line.contact_channel,
        counterpart: line.counterpart,
        narrative: line.narrative,
        payments,
        still_in_contact: line.still_in_contact.unwrap_or(false),
        still_paying: line.still_paying.unwrap_or(false),
        remote_controlled: line.remote_controlled.unwrap_or(false),
        consent: line.consent,
    }
}

impl BulkOutcome {
    fn refuse(&mut self, report: &BulkReport, detail: String) {
        self.refused_count += 1;
        if self.refused.len() < REFUSED_LISTED_MAX {
            self.refused.push(RefusedReport {
                line: report.line,
                external_id: report
                    .external_id
                    .chars()
                    .take(EXTERNAL_ID_CHARS_MAX)
                    .collect(),
                detail,
            });
        }
    }
}

/// Takes some reports of a bulk, at most [`BULK_AT_ONCE`] for one transaction, and adds to what became of it.
///
/// # Errors
/// Those of the record; a report that breaks a rule is refused and does not stop the others.
pub async fn take_bulk(
    tx: &mut Tx,
    ctx: &Ctx,
    ledger: &Ledger,
    reports: &[BulkReport],
    actor: &Actor,
    outcome: &mut BulkOutcome,
) -> Result<(), CaseworkError> {
    for report in reports {
        let content = match &report.content {
            Ok(content) => content.clone(),
            Err(why) => {
                outcome.refuse(report, why.clone());
                continue;
            }
        };
        let id = &report.external_id;
        let printable = id.chars().all(|c| !c.is_control());
        if id.is_empty() || id.chars().count() > EXTERNAL_ID_CHARS_MAX || !printable {
            outcome.refuse(report, "`external_id` has 1 to 128 characters".to_owned());
            continue;
        }
        if tx.lookup_report_by_external_id(id).await?.is_some() {
            outcome.known += 1;
            continue;
        }
        let new = NewReport {
            content,
            external_id: Some(id.clone()),
        };
        match receive_new_report(tx, ctx, ledger, new, actor.clone()).await {
            Ok(_) => outcome.taken += 1,
            Err(CaseworkError::ReportInvalid(findings)) => {
                let told = findings
                    .iter()
                    .map(|finding| format!("{} {}", finding.pointer, finding.detail));
                outcome.refuse(report, told.collect::<Vec<_>>().join("; "));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
