//! A desk with a ledger, a record, two people and three institutions.

use std::sync::Arc;

use stanch_casework::{CaseWatch, CaseworkError, Received, receive_report, run_job};
use stanch_ledger::{AccountRecord, Ledger, LedgerMode};
use stanch_orders::OrderSigner;
use stanch_store::{Store, StoreConfig};
use stanch_types::institution::Institution;
use stanch_types::personal::Secret;
use stanch_types::plan::Plan;
use stanch_types::report::{Consent, Relation, ReportContent, ReportedPayment, Reporter};
use stanch_types::user::{Actor, Role, User};
use stanch_types::{
    AccountKind, AccountRef, Amount, CaseId, Channel, Ctx, Currency, Duration, InstitutionKind,
    ManualClock, Payment, Timestamp, UserId,
};

use crate::scratch::Scratch;

pub struct Desk {
    pub clock: Arc<ManualClock>,
    pub ctx: Ctx,
    pub store: Store,
    pub ledger: Ledger,
    pub watch: CaseWatch,
    pub signer: OrderSigner,
    pub operator: UserId,
    pub approver: UserId,
    _folder: tempfile::TempDir,
    _database: Option<Scratch>,
}

pub fn yuan(minor: i64) -> Amount {
    Amount::new(minor, Currency::CNY).unwrap()
}

pub fn account(institution: &str, number: &str) -> AccountRef {
    AccountRef {
        institution: institution.parse().unwrap(),
        account: number.parse().unwrap(),
    }
}

pub fn victim() -> AccountRef {
    account("BK01", "V1")
}
pub fn mule() -> AccountRef {
    account("BK02", "M1")
}
pub fn second_mule() -> AccountRef {
    account("BK01", "M2")
}
pub fn holding() -> AccountRef {
    account("FD01", "H1")
}
pub fn start() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

impl Desk {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(start()));
        let ctx = Ctx::seeded(clock.clone(), 7);
        let database = Scratch::create();
        let config = match &database {
            Some(database) => StoreConfig::postgres(database.url(), folder.path()),
            None => StoreConfig::sqlite(folder.path()),
        };
        let store = Store::open(&config, &ctx).await.unwrap();
        let ledger =
            Ledger::open(&folder.path().join("log/payments"), LedgerMode::ReadWrite).unwrap();
        let facts = |account: AccountRef, kind, owner, opening| AccountRecord {
            account,
            kind,
            owner,
            opened_at: None,
            device_id: None,
            opening: yuan(opening),
        };
        let report = ledger
            .set_accounts(&[
                facts(victim(), AccountKind::Person, None, 5_000_000),
                facts(mule(), AccountKind::Person, None, 0),
                facts(second_mule(), AccountKind::Person, None, 0),
                facts(holding(), AccountKind::FundHolding, Some(second_mule()), 0),
                facts(account("BK01", "CASH"), AccountKind::Cash, None, 0),
            ])
            .unwrap();
        assert_eq!(report.stored, 5);
        let (operator, approver) = (ctx.new_id(), ctx.new_id());
        let mut tx = store.begin().await.unwrap();
        for (id, login) in [(operator, "lin"), (approver, "chen")] {
            tx.insert_user(&user(id, login)).await.unwrap();
        }
        for (code, kind) in [
            ("BK01", InstitutionKind::Bank),
            ("BK02", InstitutionKind::Bank),
            ("FD01", InstitutionKind::FundCompany),
        ] {
            let institution = Institution {
                code: code.parse().unwrap(),
                name: code.into(),
                kind,
                endpoint: Some("http://127.0.0.1:9/".into()),
                webhook_secret: None,
                order_latency_ms: 5_000,
            };
            tx.upsert_institution(&institution).await.unwrap();
        }
        tx.commit().await.unwrap();
        Self {
            clock,
            ctx,
            store,
            ledger,
            watch: CaseWatch::default(),
            signer: OrderSigner::from_seed(&[9; 32]).unwrap(),
            operator,
            approver,
            _folder: folder,
            _database: database,
        }
    }

    /// Books payments `(tx_id, minutes after the start, from, to, minor)`.
    pub fn book(&self, payments: &[(&str, i64, AccountRef, AccountRef, i64)]) -> Vec<Payment> {
        let payments: Vec<Payment> = payments
            .iter()
            .map(|(tx_id, mins, from, to, minor)| Payment {
                tx_id: (*tx_id).into(),
                occurred_at: start().plus(Duration::from_mins(*mins)),
                from: from.clone(),
                to: to.clone(),
                amount: yuan(*minor),
                channel: Channel::Transfer,
            })
            .collect();
        let report = self.ledger.append(&payments).unwrap();
        assert!(report.invalid.is_empty() && report.conflicts.is_empty());
        payments
    }

    /// The usual theft: 10,000 yuan to the first mule, 6,000 of it on to the second.
    pub fn book_theft(&self) {
        self.book(&[
            ("T1", 0, victim(), mule(), 1_000_000),
            ("T2", 4, mule(), second_mule(), 600_000),
        ]);
        self.clock.set(start().plus(Duration::from_mins(10)));
    }

    pub fn told(&self) -> ReportContent {
        ReportContent {
            reporter: Reporter {
                name: None,
                phone: None,
                relation: Relation::Victim,
            },
            contacted_at: None,
            contact_channel: Some("phone".into()),
            counterpart: None,
            narrative: "they said it was a safe account".into(),
            payments: vec![ReportedPayment {
                tx_id: None,
                occurred_at: start().plus(Duration::from_mins(3)),
                amount: yuan(1_000_000),
                from: victim(),
                to: mule(),
                to_name: None,
                channel: None,
            }],
            still_in_contact: false,
            still_paying: false,
            remote_controlled: false,
            consent: Consent::ThisCase,
        }
    }

    pub async fn report(&self, content: ReportContent) -> Result<Received, CaseworkError> {
        let mut tx = self.store.begin().await.unwrap();
        let actor = Actor::Reporter;
        let received = receive_report(&mut tx, &self.ctx, &self.ledger, content, actor).await?;
        tx.commit().await.unwrap();
        Ok(received)
    }

    /// Does every due planning job; gives how many.
    pub async fn run_due(&self) -> usize {
        let mut tx = self.store.begin().await.unwrap();
        let lease = Duration::from_secs(60);
        let jobs = tx
            .claim_jobs("test", self.ctx.now(), lease, 50)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut done = 0;
        for job in jobs {
            if job.kind == "case.plan" {
                run_job(&self.store, &self.ctx, &self.ledger, &self.watch, &job)
                    .await
                    .unwrap();
                done += 1;
            }
        }
        done
    }

    pub async fn plan(&self, case_id: CaseId) -> Result<Plan, CaseworkError> {
        let mut tx = self.store.begin().await.unwrap();
        let plan = stanch_casework::plan_case(&mut tx, &self.ctx, &self.ledger, case_id).await?;
        tx.commit().await.unwrap();
        Ok(plan)
    }
}

fn user(id: UserId, login: &str) -> User {
    User {
        id,
        login: login.into(),
        name: login.into(),
        roles: vec![Role::Analyst, Role::Approver],
        password_hash: Secret::new("none".into()),
        created_at: start(),
        disabled_at: None,
    }
}
