//! Which open cases new payments touch: the accounts that hold stolen money, by case, in memory.
//!
//! A pure function of the record and the ledger: filled at the start and refreshed whenever a case is planned. A
//! payment to or from a watched account makes its case be planned again, at most once a second.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use stanch_graph::Graph;
use stanch_ledger::Ledger;
use stanch_store::{Store, Tx};
use stanch_types::case::Case;
use stanch_types::plan::TraceMethod;
use stanch_types::report::Report;
use stanch_types::{AccountRef, CaseId, Ctx, Payment};

use crate::error::CaseworkError;
use crate::job::REPLAN_AFTER;
use crate::matching::match_payments;
use crate::plan::reports_of;
use crate::record::enqueue_plan;
use crate::report::open_cases;
use crate::trace::follow;

/// The accounts watched for each open case.
#[derive(Debug, Default)]
pub struct CaseWatch(Mutex<Watched>);

#[derive(Debug, Default)]
struct Watched {
    cases: HashMap<AccountRef, BTreeSet<CaseId>>,
    accounts: HashMap<CaseId, BTreeSet<AccountRef>>,
}

impl CaseWatch {
    /// Watches every open case of the record. One trace a case.
    ///
    /// # Errors
    /// [`CaseworkError::Store`].
    pub async fn load(store: &Store, ledger: &Ledger) -> Result<Self, CaseworkError> {
        let watch = Self::default();
        let mut tx = store.read().await?;
        for case in open_cases(&mut tx).await? {
            watch.refresh(&mut tx, ledger, &case).await?;
        }
        Ok(watch)
    }

    /// Watches the accounts where the case's money now is, and those of told payments not yet in the records.
    ///
    /// # Errors
    /// [`CaseworkError::Store`].
    pub async fn refresh(
        &self,
        tx: &mut Tx,
        ledger: &Ledger,
        case: &Case,
    ) -> Result<(), CaseworkError> {
        let reports = reports_of(tx, case).await?;
        let accounts = accounts_of(&ledger.graph(), case, &reports);
        self.set(case.id, accounts);
        Ok(())
    }

    /// Stops watching a case.
    pub fn forget(&self, case_id: CaseId) {
        self.set(case_id, BTreeSet::new());
    }

    /// The cases that payments between these accounts touch. Cheap: two look-ups a payment.
    #[must_use]
    pub fn touched(&self, payments: &[Payment]) -> BTreeSet<CaseId> {
        let watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.cases.is_empty() {
            return BTreeSet::new();
        }
        payments
            .iter()
            .flat_map(|payment| [&payment.from, &payment.to])
            .filter_map(|account| watched.cases.get(account))
            .flatten()
            .copied()
            .collect()
    }

    /// Has the cases that new payments touch planned again; gives how many were put in the queue.
    ///
    /// # Errors
    /// [`CaseworkError::Store`].
    pub async fn replan_affected(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        payments: &[Payment],
    ) -> Result<usize, CaseworkError> {
        let mut enqueued = 0;
        for case_id in self.touched(payments) {
            enqueued += usize::from(enqueue_plan(tx, ctx, case_id, REPLAN_AFTER).await?);
        }
        Ok(enqueued)
    }

    fn set(&self, case_id: CaseId, accounts: BTreeSet<AccountRef>) {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = watched.accounts.remove(&case_id).unwrap_or_default();
        for account in before.difference(&accounts) {
            if let Some(cases) = watched.cases.get_mut(account) {
                cases.remove(&case_id);
                if cases.is_empty() {
                    watched.cases.remove(account);
                }
            }
        }
        for account in accounts.difference(&before) {
            watched
                .cases
                .entry(account.clone())
                .or_default()
                .insert(case_id);
        }
        if !accounts.is_empty() {
            watched.accounts.insert(case_id, accounts);
        }
    }
}

fn accounts_of(graph: &Graph, case: &Case, reports: &[Report]) -> BTreeSet<AccountRef> {
    let mut accounts = BTreeSet::new();
    if let Ok(trace) = follow(graph, case, TraceMethod::Fifo, None) {
        let holding = trace
            .balances
            .iter()
            .filter_map(|b| graph.account(b.account));
        accounts.extend(holding.map(|account| account.reference()));
    }
    for report in reports {
        let told = &report.content.payments;
        for (payment, found) in told.iter().zip(match_payments(graph, told)) {
            if found.is_none() {
                accounts.insert(payment.from.clone());
            }
        }
    }
    accounts
}
