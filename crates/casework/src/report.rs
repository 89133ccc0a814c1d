//! Receiving a report: check, triage, match, then a new case or an open one that it belongs to.

use std::collections::BTreeSet;

use serde_json::json;
use stanch_ledger::Ledger;
use stanch_store::{CaseFilter, Tx, WholeList};
use stanch_types::case::{Case, CaseClock, CaseState};
use stanch_types::lead::{Lead, LeadState};
use stanch_types::report::{Priority, Report, ReportContent, ReportState, ReportedPayment};
use stanch_types::user::Actor;
use stanch_types::{Amount, Ctx, Currency, Duration, Timestamp};

use crate::desk::watch_waiting;
use crate::error::CaseworkError;
use crate::key::{case_with, payment_keys, suspect_keys};
use crate::matching::{Matched, match_payments};
use crate::record::{audit, enqueue_plan, feed_case};
use crate::validate::check_report;

/// Most open cases that are read whole.
const OPEN_CASES_MAX: usize = 10_000;

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The report as stored.
    pub report: Report,
    /// The lead it opened, or the lead of the case it was joined to.
    pub lead: Lead,
    /// The case it opened or was joined to.
    pub case: Case,
}

/// A report that arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// What was told.
    pub content: ReportContent,
    /// The sender's own number of it, if it came with others in a file.
    pub external_id: Option<String>,
}

/// Takes a report as [`receive_new_report`] does, without a number of its sender.
///
/// # Errors
/// [`CaseworkError::ReportInvalid`] with every broken rule; nothing is stored then.
pub async fn receive_report(
    tx: &mut Tx,
    ctx: &Ctx,
    ledger: &Ledger,
    content: ReportContent,
    actor: Actor,
) -> Result<Received, CaseworkError> {
    let new = NewReport {
        content,
        external_id: None,
    };
    receive_new_report(tx, ctx, ledger, new, actor).await
}

/// Takes a report: checks it, gives it a priority, looks its payments up in the ledger, joins it to an open case that
/// has one of them or opens a lead and a case, and has the case planned.
///
/// # Errors
/// [`CaseworkError::ReportInvalid`] with every broken rule; nothing is stored then.
pub async fn receive_new_report(
    tx: &mut Tx,
    ctx: &Ctx,
    ledger: &Ledger,
    new: NewReport,
    actor: Actor,
) -> Result<Received, CaseworkError> {
    let NewReport {
        content,
        external_id,
    } = new;
    let now = ctx.now();
    let findings = check_report(&content, now);
    if !findings.is_empty() {
        return Err(CaseworkError::ReportInvalid(findings));
    }
    let matched = match_payments(&ledger.graph(), &content.payments);
    let told = Told::new(&content.payments, matched)?;
    let mut report = Report {
        id: ctx.new_id(),
        received_at: now,
        priority: Priority::triage(told.last_at, now),
        state: ReportState::Received,
        content,
        case_id: None,
        external_id,
        additions: Vec::new(),
        prevented: None,
        attachments: Vec::new(),
    };
    let subject = report.id.to_string();
    let facts = json!({
        "payments": report.content.payments.len(), "matched": told.tx_ids.len(), "priority": report.priority,
    });
    audit(tx, ctx, actor, "report.received", subject.clone(), facts).await?;
    report.state = ReportState::Triaged;
    let received = match case_with(tx, &told.tx_ids).await? {
        Some(case) => join_case(tx, ctx, report, case, told).await?,
        None => open_case(tx, ctx, report, told).await?,
    };
    let case_id = received.case.id;
    tx.add_case_keys(case_id, &payment_keys(&received.case.victim_payments))
        .await?;
    tx.add_case_keys(case_id, &suspect_keys(&received.report.content))
        .await?;
    let facts = json!({
        "state": received.report.state.as_str(), "case_id": received.case.id, "lead_id": received.lead.id,
    });
    audit(tx, ctx, Actor::System, "report.triaged", subject, facts).await?;
    enqueue_plan(tx, ctx, received.case.id, Duration::ZERO).await?;
    Ok(received)
}

/// The told payments, with what the records say of them.
struct Told {
    tx_ids: Vec<String>,
    loss: Amount,
    last_at: Option<Timestamp>,
}

impl Told {
    fn new(
        payments: &[ReportedPayment],
        matched: Vec<Option<Matched>>,
    ) -> Result<Self, CaseworkError> {
        let currency = payments
            .first()
            .map_or(Currency::CNY, |first| first.amount.currency());
        let mut told = Self {
            tx_ids: Vec::new(),
            loss: Amount::zero(currency),
            last_at: None,
        };
        for (payment, found) in payments.iter().zip(matched) {
            let (amount, at) = found
                .as_ref()
                .map_or((payment.amount, payment.occurred_at), |found| {
                    (found.amount, found.occurred_at)
                });
            told.loss = told.loss.checked_add(amount)?;
            told.last_at = told.last_at.max(Some(at));
            told.tx_ids.extend(found.map(|found| found.tx_id));
        }
        Ok(told)
    }
}

async fn open_case(
    tx: &mut Tx,
    ctx: &Ctx,
    mut report: Report,
    told: Told,
) -> Result<Received, CaseworkError> {
    let now = report.received_at;
    let lead = Lead {
        id: ctx.new_id(),
        report_id: report.id,
        case_id: ctx.new_id(),
        priority: report.priority,
        opened_at: now,
        state: LeadState::New,
    };
    let case = Case {
        id: lead.case_id,
        number: tx.next_case_number(year_of(now)).await?,
        lead_id: lead.id,
        priority: report.priority,
        opened_at: now,
        assigned_to: None,
        loss: told.loss,
        victim_payments: told.tx_ids,
        clock: CaseClock {
            transfer_at: told.last_at,
            report_at: now,
            trace_at: None,
            order_sent_at: None,
            executed_at: None,
        },
        state: CaseState::Open,
    };
    report.state = ReportState::LeadOpened { lead_id: lead.id };
    report.case_id = Some(case.id);
    tx.insert_report(&report).await?;
    tx.insert_lead(&lead).await?;
    tx.insert_case(&case).await?;
    let facts = json!({ "number": case.number, "lead_id": lead.id, "priority": case.priority });
    audit(
        tx,
        ctx,
        Actor::System,
        "case.opened",
        case.id.to_string(),
        facts,
    )
    .await?;
    feed_case(tx, ctx, "case.opened", case.id).await?;
    watch_waiting(tx, ctx, &case).await?;
    Ok(Received { report, lead, case })
}

async fn join_case(
    tx: &mut Tx,
    ctx: &Ctx,
    mut report: Report,
    case: Case,
    told: Told,
) -> Result<Received, CaseworkError> {
    let mut case = tx.lock_case(case.id).await?;
    let known: BTreeSet<&String> = case.victim_payments.iter().collect();
    let fresh: Vec<String> = told
        .tx_ids
        .iter()
        .filter(|tx_id| !known.contains(tx_id))
        .cloned()
        .collect();
    // What both reports tell is counted once: the loss grows by the payments that are new to the case.
    if !fresh.is_empty() || told.loss.minor() > case.loss.minor() {
        case.loss = Amount::new(
            case.loss.minor().max(told.loss.minor()),
            case.loss.currency(),
        )?;
    }
    case.victim_payments.extend(fresh);
    case.priority = case.priority.min(report.priority);
    case.clock.transfer_at = case.clock.transfer_at.max(told.last_at);
    report.state = ReportState::Merged { case_id: case.id };
    report.case_id = Some(case.id);
    tx.insert_report(&report).await?;
    tx.update_case(&case).await?;
    let lead = tx.lead_of_case(case.id).await?;
    let facts = json!({ "report_id": report.id, "payments": case.victim_payments.len() });
    audit(
        tx,
        ctx,
        Actor::System,
        "case.report_joined",
        case.id.to_string(),
        facts,
    )
    .await?;
    feed_case(tx, ctx, "case.updated", case.id).await?;
    Ok(Received { report, lead, case })
}

/// Cases being worked on: open ones, then filed ones.
pub(crate) async fn open_cases(tx: &mut Tx) -> Result<Vec<Case>, CaseworkError> {
    let mut cases = Vec::new();
    for state in ["open", "filed"] {
        let filter = CaseFilter {
            state: Some(state.to_owned()),
            ..CaseFilter::default()
        };
        let mut all = WholeList::up_to(OPEN_CASES_MAX.saturating_sub(cases.len()));
        while let Some(page) = all.wanted() {
            all.take(tx.list_cases(&filter, &page).await?);
        }
        cases.append(&mut all.items);
    }
    Ok(cases)
}

/// The year in UTC, for case numbers.
fn year_of(at: Timestamp) -> i32 {
    let text = at.to_string();
    text.split('-')
        .next()
        .and_then(|year| year.parse().ok())
        .unwrap_or(1970)
}
