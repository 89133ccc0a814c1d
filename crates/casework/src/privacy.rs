//! What is held on a person: found, given out, erased; and erased by itself when its time is over.
//!
//! Columns with personal data are encrypted, so a person is found by reading every report, order, label and measure.
//! What is needed for a case that is worked on is kept, and so are signed orders and measures, which are accounted for;
//! all of it is said.

mod words;

use std::collections::HashSet;

use serde::Serialize;
use serde_json::json;
use stanch_store::{
    AuditEntry, AuditFilter, HeldRow, MeasureFilter, OrderFilter, Page, PageRequest, ReportFilter,
    Store, StoreError, Tx,
};
use stanch_types::appeal::Appeal;
use stanch_types::case::{Case, CaseState};
use stanch_types::label::EventLabel;
use stanch_types::measure::Measure;
use stanch_types::order::Order;
use stanch_types::personal::AccountNumber;
use stanch_types::report::{Report, ReportState};
use stanch_types::user::Actor;
use stanch_types::{AppealId, Ctx, Timestamp};

use crate::error::CaseworkError;
use crate::person::{ERASED, Person};

/// Most records erased in one sweep of what is over.
const SWEPT_MAX: u16 = 500;

/// What is held on a person.
#[derive(Debug, Default, Serialize)]
pub struct Held {
    /// Reports by the person or that name their account.
    pub reports: Vec<Report>,
    /// Orders on their account, or about a payment from it.
    pub orders: Vec<Order>,
    /// Labels whose text names them.
    pub labels: Vec<EventLabel>,
    /// Measures on the person's account or number.
    pub measures: Vec<Measure>,
    /// Appeals against them.
    pub appeals: Vec<Appeal>,
    /// Other rows of the record in whose words the person is named.
    pub rows: Vec<HeldRow>,
    /// Numbers of audit entries about those records.
    pub audit_entries: Vec<u64>,
}

/// What an erasure left, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The record's id.
    pub id: String,
    /// Why it is kept.
    pub why: &'static str,
}

/// What an erasure did.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Ids of records whose personal parts are gone.
    pub erased: Vec<String>,
    /// What was kept.
    pub kept: Vec<Kept>,
}

/// Everything held on `person`.
///
/// # Errors
/// [`CaseworkError::Store`].
pub async fn held_on(tx: &mut Tx, person: &Person) -> Result<Held, CaseworkError> {
    let mut held = Held::default();
    let reports = async |tx: &mut Tx, page: &PageRequest| {
        tx.list_reports(&ReportFilter::default(), page).await
    };
    held.reports = all(tx, reports, |report| {
        person.reported(report) || person.is_named(report)
    })
    .await?;
    let orders =
        async |tx: &mut Tx, page: &PageRequest| tx.list_orders(&OrderFilter::default(), page).await;
    held.orders = all(tx, orders, |order| person.is_hit_by(order)).await?;
    let labels = async |tx: &mut Tx, page: &PageRequest| tx.list_labels(page).await;
    held.labels = all(tx, labels, |label| {
        let text = label.text.as_ref();
        text.is_some_and(|text| person.is_in(text.expose()))
    })
    .await?;
    let measures =
        async |tx: &mut Tx, page: &PageRequest| tx.list_measures(&MeasureFilter::All, page).await;
    held.measures = all(tx, measures, |measure| person.is_subject(measure)).await?;
    for measure in &held.measures {
        held.appeals
            .extend(tx.appeals_of_measure(measure.id).await?);
    }
    held.audit_entries = entries_about(tx, &held).await?;
    let listed: HashSet<String> = held.ids().collect();
    held.rows = tx.rows_that_say(&[], |text| person.is_in(text)).await?;
    held.rows.retain(|row| !listed.contains(&row.key));
    Ok(held)
}

/// The wanted items of a whole list, which is read page by page.
async fn all<T>(
    tx: &mut Tx,
    list: impl AsyncFn(&mut Tx, &PageRequest) -> Result<Page<T>, StoreError>,
    wanted: impl Fn(&T) -> bool,
) -> Result<Vec<T>, CaseworkError> {
    let mut items = Vec::new();
    let mut next = Some(PageRequest::first());
    while let Some(page) = next {
        let found = list(tx, &page).await?;
        next = found
            .next
            .map(|cursor| PageRequest::first().following(cursor));
        items.extend(found.items.into_iter().filter(&wanted));
    }
    Ok(items)
}

impl Held {
    /// The ids of the records that are listed by kind.
    fn ids(&self) -> impl Iterator<Item = String> {
        let reports = self.reports.iter().map(|it| it.id.to_string());
        let orders = self.orders.iter().map(|it| it.id.to_string());
        let labels = self.labels.iter().map(|it| it.id.to_string());
        let measures = self.measures.iter().map(|it| it.id.to_string());
        let appeals = self.appeals.iter().map(|it| it.id.to_string());
        reports
            .chain(orders)
            .chain(labels)
            .chain(measures)
            .chain(appeals)
    }
}

async fn entries_about(tx: &mut Tx, held: &Held) -> Result<Vec<u64>, CaseworkError> {
    let mut numbers = Vec::new();
    for subject in held.ids() {
        let filter = AuditFilter {
            subject: Some(subject),
            ..AuditFilter::default()
        };
        let entries = tx.list_audit(&filter, &PageRequest::first()).await?.items;
        numbers.extend(entries.iter().map(|entry| entry.seq));
    }
    Ok(numbers)
}

/// Erases what is held on `person` and need not be kept.
///
/// # Errors
/// [`CaseworkError::Store`].
pub async fn erase(
    store: &Store,
    ctx: &Ctx,
    person: &Person,
    by: &Actor,
    reason: &str,
) -> Result<Erased, CaseworkError> {
    let held = held_on(&mut store.read().await?, person).await?;
    let mut done = Erased::default();
    for report in held.reports {
        let id = report.id.to_string();
        let mut tx = store.begin().await?;
        if is_worked_on(&mut tx, &report).await? {
            let why = "its case is worked on";
            done.kept.push(Kept { id, why });
            continue;
        }
        let locked = tx.lock_report(report.id).await?;
        let (without, files) = if person.reported(&locked) {
            (without_reporter(locked), tx.forget_files(&id).await?)
        } else {
            (without_payee(locked, person), Vec::new())
        };
        tx.update_report(&without).await?;
        finish(store, tx, ctx, by, &id, reason, &files).await?;
        done.erased.push(id);
    }
    for label in held.labels {
        let id = label.id.to_string();
        let mut tx = store.begin().await?;
        erase_label(&mut tx, ctx, by, label, reason).await?;
        tx.commit().await?;
        done.erased.push(id);
    }
    for appeal in held.appeals {
        let id = appeal.id.to_string();
        if erase_appeal(store, ctx, by, appeal.id, reason).await? {
            done.erased.push(id);
        } else {
            let why = "it is not decided";
            done.kept.push(Kept { id, why });
        }
    }
    for row in held.rows {
        let mut tx = store.begin().await?;
        match words::take_out(&mut tx, person, &row).await? {
            Ok(()) => {
                finish(store, tx, ctx, by, &row.key, reason, &[]).await?;
                done.erased.push(row.key);
            }
            Err(why) => done.kept.push(Kept { id: row.key, why }),
        }
    }
    done.kept.extend(held.measures.iter().map(|measure| Kept {
        id: measure.id.to_string(),
        why: "a measure is accounted for to whom it hit",
    }));
    done.kept.extend(held.orders.iter().map(|order| Kept {
        id: order.id.to_string(),
        why: "an order is evidence of what was done to the account",
    }));
    Ok(done)
}

/// Until when records are over, by kind; what is not named is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Over {
    /// Reports received before.
    pub reports: Option<Timestamp>,
    /// Labels given before: their texts.
    pub labels: Option<Timestamp>,
    /// Appeals decided before: what was said and sent with them.
    pub appeals: Option<Timestamp>,
    /// Notes written before on cases that are over: their words.
    pub notes: Option<Timestamp>,
}

/// Erases what is over, at most 500 records of each kind; gives the number of records.
///
/// # Errors
/// [`CaseworkError::Store`].
pub async fn erase_over(store: &Store, ctx: &Ctx, over: Over) -> Result<usize, CaseworkError> {
    let (mut done, why, by) = (0, "its time is over", &Actor::System);
    if let Some(before) = over.reports {
        for report in store.read().await?.reports_due(before, SWEPT_MAX).await? {
            let mut tx = store.begin().await?;
            if is_worked_on(&mut tx, &report).await? {
                continue;
            }
            let id = report.id.to_string();
            let locked = tx.lock_report(report.id).await?;
            let files = tx.forget_files(&id).await?;
            tx.update_report(&without_reporter(locked)).await?;
            finish(store, tx, ctx, by, &id, why, &files).await?;
            done += 1;
        }
    }
    if let Some(before) = over.labels {
        for label in store.read().await?.labels_due(before, SWEPT_MAX).await? {
            let mut tx = store.begin().await?;
            erase_label(&mut tx, ctx, by, label, why).await?;
            tx.commit().await?;
            done += 1;
        }
    }
    if let Some(before) = over.appeals {
        for appeal in store.read().await?.appeals_due(before, SWEPT_MAX).await? {
            erase_appeal(store, ctx, by, appeal.id, why).await?;
            done += 1;
        }
    }
    if let Some(before) = over.notes {
        for note in store.read().await?.notes_due(before, SWEPT_MAX).await? {
            let mut tx = store.begin().await?;
            let mut locked = tx.lock_note(note.id).await?;
            ERASED.clone_into(&mut locked.text);
            tx.update_note(&locked).await?;
            finish(store, tx, ctx, by, &note.id.to_string(), why, &[]).await?;
            done += 1;
        }
    }
    Ok(done)
}

/// Commits the erasure of a record's parts: then the audit entries lose theirs, and the files' blobs go.
async fn finish(
    store: &Store,
    mut tx: Tx,
    ctx: &Ctx,
    by: &Actor,
    id: &str,
    reason: &str,
    files: &[String],
) -> Result<(), CaseworkError> {
    note(&mut tx, ctx, by, id, reason).await?;
    tx.commit().await?;
    store.erase_personal(id).await?;
    Ok(store.delete_blobs(files).await?)
}

/// Erases what was said and sent with an appeal; `false` if it is not decided.
async fn erase_appeal(
    store: &Store,
    ctx: &Ctx,
    by: &Actor,
    id: AppealId,
    reason: &str,
) -> Result<bool, CaseworkError> {
    let mut tx = store.begin().await?;
    let locked = tx.lock_appeal(id).await?;
    if locked.is_open() {
        return Ok(false);
    }
    let id = id.to_string();
    let files = tx.forget_files(&id).await?;
    tx.update_appeal(&without_words(locked)).await?;
    finish(store, tx, ctx, by, &id, reason, &files).await?;
    Ok(true)
}

async fn erase_label(
    tx: &mut Tx,
    ctx: &Ctx,
    by: &Actor,
    label: EventLabel,
    reason: &str,
) -> Result<(), CaseworkError> {
    let mut locked = tx.lock_label(label.id).await?;
    locked.text = None;
    tx.update_label(&locked).await?;
    note(tx, ctx, by, &label.id.to_string(), reason).await
}

/// Whether the report belongs to a case that is not over.
async fn is_worked_on(tx: &mut Tx, report: &Report) -> Result<bool, CaseworkError> {
    let case = match &report.state {
        ReportState::LeadOpened { lead_id } => {
            let case_id = tx.get_lead(*lead_id).await?.case_id;
            tx.lookup_case(case_id).await?
        }
        ReportState::Merged { case_id } => tx.lookup_case(*case_id).await?,
        ReportState::Received | ReportState::Triaged | ReportState::NeedsInfo { .. } => {
            return Ok(true);
        }
        ReportState::NotFraud { .. } | ReportState::Closed { .. } => None,
    };
    Ok(case.is_some_and(|case| goes_on(&case)))
}

/// Whether a case is worked on.
fn goes_on(case: &Case) -> bool {
    match case.state {
        CaseState::Open | CaseState::Filed { .. } | CaseState::Suspended { .. } => true,
        CaseState::Solved | CaseState::Withdrawn { .. } | CaseState::Closed { .. } => false,
    }
}

/// The report without who told it and what they told; payments keep their references, amounts and times.
fn without_reporter(mut report: Report) -> Report {
    report.external_id = None;
    report.additions.clear();
    report.attachments.clear();
    let content = &mut report.content;
    content.reporter.name = None;
    content.reporter.phone = None;
    content.contact_channel = None;
    content.counterpart = None;
    ERASED.clone_into(&mut content.narrative);
    for payment in &mut content.payments {
        payment.to_name = None;
        blank(&mut payment.from.account);
        blank(&mut payment.to.account);
    }
    report
}

/// The appeal without what its filer said and sent.
fn without_words(mut appeal: Appeal) -> Appeal {
    ERASED.clone_into(&mut appeal.says);
    appeal.materials.clear();
    appeal
}

/// The report without one payee.
fn without_payee(mut report: Report, person: &Person) -> Report {
    for payment in &mut report.content.payments {
        if person.has(&payment.to.account) {
            payment.to_name = None;
            blank(&mut payment.to.account);
        }
    }
    report
}

fn blank(account: &mut AccountNumber) {
    if let Ok(erased) = ERASED.parse() {
        *account = erased;
    }
}

async fn note(
    tx: &mut Tx,
    ctx: &Ctx,
    by: &Actor,
    subject: &str,
    reason: &str,
) -> Result<(), CaseworkError> {
    let now = ctx.now();
    tx.note_erasure(subject, now).await?;
    tx.append_audit(&AuditEntry {
        at: now,
        actor: by.clone(),
        action: "personal.erased",
        subject: subject.to_owned(),
        detail: json!({ "reason": reason }),
        personal: Vec::new(),
    })
    .await?;
    Ok(())
}
