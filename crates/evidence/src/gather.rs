//! All that the record knows of a case, as the files of a package.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use stanch_casework::{CaseTrace, CaseworkError, held_amounts, trace_case};
use stanch_ledger::Ledger;
use stanch_orders::{OrdersError, signed_document};
use stanch_store::{AuditFilter, AuditRecord, OrderFilter, Tx, WholeList};
use stanch_types::case::Case;
use stanch_types::lead::Lead;
use stanch_types::order::{Order, OrderAnswer, OrderTransition};
use stanch_types::plan::{Plan, TraceMethod};
use stanch_types::report::Report;
use stanch_types::user::User;
use stanch_types::{CaseId, Timestamp};

use crate::custody::{ItemWithChain, items_of_case};
use crate::error::EvidenceError;

/// Most orders of a case that are gathered.
const ORDERS_MAX: usize = 10_000;
/// Most audit entries of a package.
const ENTRIES_MAX: usize = 50_000;

/// An order with what became of it.
#[derive(Debug, Serialize)]
pub(crate) struct OrderFile {
    pub order: Order,
    pub transitions: Vec<OrderTransition>,
    pub answers: Vec<OrderAnswer>,
    /// The signed document, if there is one; a file of its own.
    #[serde(skip)]
    pub document: Option<Vec<u8>>,
}

/// The record of a case at one instant.
#[derive(Debug)]
pub(crate) struct CaseRecord {
    pub case: Case,
    pub lead: Lead,
    pub reports: Vec<Report>,
    pub plans: Vec<Plan>,
    pub orders: Vec<OrderFile>,
    pub items: Vec<ItemWithChain>,
    pub trace: Option<CaseTrace>,
    pub entries: Vec<AuditRecord>,
    pub people: BTreeMap<String, String>,
}

/// Reads everything of a case in one transaction; follows its money up to `as_of`.
pub(crate) async fn gather(
    tx: &mut Tx,
    ledger: &Arc<Ledger>,
    case_id: CaseId,
    as_of: Timestamp,
) -> Result<CaseRecord, EvidenceError> {
    let case = tx.get_case(case_id).await?;
    let lead = tx.lead_of_case(case_id).await?;
    let plans = tx.list_plans(case_id).await?;
    let orders = orders(tx, case_id).await?;
    let items = items_of_case(tx, case_id).await?;
    let trace = trace(tx, ledger, &case, as_of).await?;
    let mut entries = entries_of(tx, &case_id.to_string()).await?;
    let reports = reports(tx, case_id, &entries).await?;
    let mut subjects = vec![lead.id.to_string()];
    subjects.extend(reports.iter().map(|report| report.id.to_string()));
    subjects.extend(plans.iter().map(|plan| plan.id.to_string()));
    subjects.extend(orders.iter().map(|file| file.order.id.to_string()));
    subjects.extend(items.iter().map(|item| item.item.id.to_string()));
    for subject in subjects {
        entries.extend(entries_of(tx, &subject).await?);
        if entries.len() > ENTRIES_MAX {
            return Err(EvidenceError::TooMuch("50,000 audit entries"));
        }
    }
    entries.sort_by_key(|entry| entry.seq);
    let mut record = CaseRecord {
        case,
        lead,
        reports,
        plans,
        orders,
        items,
        trace,
        entries,
        people: BTreeMap::new(),
    };
    record.people = people(&record, tx.list_users().await?)?;
    Ok(record)
}

/// The report that opened the case, and those that joined it, as the audit tree names them.
async fn reports(
    tx: &mut Tx,
    case_id: CaseId,
    entries: &[AuditRecord],
) -> Result<Vec<Report>, EvidenceError> {
    let mut reports = vec![tx.report_of_case(case_id).await?];
    for entry in entries {
        let joined = (entry.action == "case.report_joined")
            .then(|| entry.detail.get("report_id").and_then(Value::as_str))
            .flatten()
            .and_then(|id| id.parse().ok());
        if let Some(id) = joined
            && let Some(report) = tx.lookup_report(id).await?
        {
            reports.push(report);
        }
    }
    Ok(reports)
}

async fn orders(tx: &mut Tx, case_id: CaseId) -> Result<Vec<OrderFile>, EvidenceError> {
    let filter = OrderFilter {
        case_id: Some(case_id),
        ..OrderFilter::default()
    };
    let mut all = WholeList::up_to(ORDERS_MAX);
    while let Some(page) = all.wanted() {
        all.take(tx.list_orders(&filter, &page).await?);
    }
    let mut files = Vec::with_capacity(all.items.len());
    for order in all.items {
        let document = match signed_document(tx, order.id).await {
            Ok(document) => Some(document),
            Err(OrdersError::NotSigned) => None,
            Err(other) => return Err(other.into()),
        };
        files.push(OrderFile {
            transitions: tx.order_transitions(order.id).await?,
            answers: tx.list_answers(order.id).await?,
            document,
            order,
        });
    }
    Ok(files)
}

async fn trace(
    tx: &mut Tx,
    ledger: &Arc<Ledger>,
    case: &Case,
    as_of: Timestamp,
) -> Result<Option<CaseTrace>, EvidenceError> {
    let held = held_amounts(tx, case.id).await?;
    let (case, ledger) = (case.clone(), Arc::clone(ledger));
    let traced = tokio::task::spawn_blocking(move || {
        trace_case(&case, &ledger, TraceMethod::Fifo, as_of, &held)
    })
    .await
    .map_err(|_| EvidenceError::Package("following the money broke off"))?;
    match traced {
        Ok(trace) => Ok(Some(trace)),
        Err(CaseworkError::NoPayments) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

async fn entries_of(tx: &mut Tx, subject: &str) -> Result<Vec<AuditRecord>, EvidenceError> {
    let filter = AuditFilter {
        subject: Some(subject.to_owned()),
        ..AuditFilter::default()
    };
    let mut all = WholeList::up_to(ENTRIES_MAX);
    while let Some(page) = all.wanted() {
        all.take(tx.list_audit(&filter, &page).await?);
    }
    Ok(all.items)
}

/// The names of those whose ids stand anywhere in the record.
fn people(
    record: &CaseRecord,
    users: Vec<User>,
) -> Result<BTreeMap<String, String>, EvidenceError> {
    let broken = |_| EvidenceError::Package("the record cannot be written as JSON");
    let mut text = serde_json::to_string(&record.case).map_err(broken)?;
    text.push_str(&serde_json::to_string(&record.lead).map_err(broken)?);
    text.push_str(&serde_json::to_string(&record.plans).map_err(broken)?);
    text.push_str(&serde_json::to_string(&record.orders).map_err(broken)?);
    for item in &record.items {
        text.push_str(&serde_json::to_string(&item.item).map_err(broken)?);
        for link in &item.chain {
            text.push_str(&serde_json::to_string(&link.event).map_err(broken)?);
        }
    }
    for entry in &record.entries {
        text.push_str(&entry.canonical);
    }
    Ok(users
        .into_iter()
        .map(|user| (user.id.to_string(), user.name))
        .filter(|(id, _)| text.contains(id.as_str()))
        .collect())
}
