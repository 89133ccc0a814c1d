//! A desk with a record, two people, a case and one institution behind a real socket.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use stanch_orders::signed_http::HttpTimeouts;
use stanch_orders::ssrf::EndpointPolicy;
use stanch_orders::{
    AnswerReceipt, JOB_KINDS, OrderAnswerMessage, OrderSigner, OrdersError, SignedHttp,
    receive_answer, run_job,
};
use stanch_store::{Job, Store, StoreConfig};
use stanch_types::case::{Case, CaseClock, CaseState};
use stanch_types::institution::Institution;
use stanch_types::lead::{Lead, LeadState};
use stanch_types::order::{
    AnswerOutcome, Authority, HoldScope, Order, OrderContent, OrderKind, OrderState,
    OrderTransition,
};
use stanch_types::personal::Secret;
use stanch_types::report::{
    Consent, Priority, Relation, Report, ReportContent, ReportState, Reporter,
};
use stanch_types::user::{Role, User};
use stanch_types::{
    AccountRef, Amount, CaseId, Ctx, Currency, Duration, InstitutionKind, ManualClock, OrderId,
    Timestamp, UserId,
};

use crate::peer::Peer;
use crate::scratch::Scratch;

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const LEASE: Duration = Duration::from_secs(60);

pub struct Desk {
    pub clock: Arc<ManualClock>,
    pub ctx: Ctx,
    pub store: Store,
    pub peer: Peer,
    pub http: SignedHttp,
    pub operator: UserId,
    pub approver: UserId,
    pub case_id: CaseId,
    pub institution: Institution,
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

impl Desk {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start: Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let ctx = Ctx::seeded(clock.clone(), 7);
        let database = Scratch::create();
        let config = match &database {
            Some(database) => StoreConfig::postgres(database.url(), folder.path()),
            None => StoreConfig::sqlite(folder.path()),
        };
        let store = Store::open(&config, &ctx).await.unwrap();
        let peer = Peer::listen(SECRET).await;
        let signer = OrderSigner::from_seed(&[9; 32]).unwrap();
        let policy = EndpointPolicy::new(&["127.0.0.1"]).unwrap();
        let timeouts = HttpTimeouts {
            connect: StdDuration::from_millis(2_000),
            total: StdDuration::from_millis(400),
        };
        let institution = Institution {
            code: "BK01".parse().unwrap(),
            name: "First Bank".into(),
            kind: InstitutionKind::Bank,
            endpoint: Some(peer.endpoint()),
            webhook_secret: Some(Secret::new(SECRET.into())),
            order_latency_ms: 1_000,
        };
        let (operator, approver) = (ctx.new_id(), ctx.new_id());
        let mut tx = store.begin().await.unwrap();
        for (id, login) in [(operator, "lin"), (approver, "chen")] {
            tx.insert_user(&user(id, login, start)).await.unwrap();
        }
        tx.upsert_institution(&institution).await.unwrap();
        let case_id = insert_case(&mut tx, &ctx).await;
        tx.commit().await.unwrap();
        Self {
            http: SignedHttp::new(policy, Arc::new(signer), timeouts),
            clock,
            ctx,
            store,
            peer,
            operator,
            approver,
            case_id,
            institution,
            _folder: folder,
            _database: database,
        }
    }

    pub fn stop(&self) -> OrderContent {
        OrderContent {
            kind: OrderKind::StopPayment,
            case_id: self.case_id,
            plan_id: None,
            parent: None,
            target: account("BK01", "6222021234567890128"),
            holder_name: None,
            scope: HoldScope::LimitedAmount {
                amount: yuan(50_000),
            },
            disputed: None,
            reason: "stolen money arrived here".into(),
            authority: Some(Authority {
                body: "Siming branch".into(),
                reference: "2026-1".into(),
            }),
            emergency: false,
        }
    }

    pub fn child(&self, kind: OrderKind, parent: OrderId) -> OrderContent {
        OrderContent {
            kind,
            parent: Some(parent),
            ..self.stop()
        }
    }

    pub async fn draft(&self, content: OrderContent) -> Result<Order, OrdersError> {
        let mut tx = self.store.begin().await.unwrap();
        let order = stanch_orders::draft(&mut tx, &self.ctx, content, self.operator).await?;
        tx.commit().await.unwrap();
        Ok(order)
    }

    pub async fn approve(&self, id: OrderId, by: UserId) -> Result<Order, OrdersError> {
        let mut tx = self.store.begin().await.unwrap();
        let signer = self.http.signer();
        let order = stanch_orders::approve(&mut tx, &self.ctx, signer, id, by).await?;
        tx.commit().await.unwrap();
        Ok(order)
    }

    pub async fn withdraw(&self, id: OrderId) -> Result<Order, OrdersError> {
        let mut tx = self.store.begin().await.unwrap();
        let by = self.approver;
        let order = stanch_orders::withdraw(&mut tx, &self.ctx, id, by, "not needed").await?;
        tx.commit().await.unwrap();
        Ok(order)
    }

    /// Drafts and approves by two people.
    pub async fn issue(&self, content: OrderContent) -> OrderId {
        let order = self.draft(content).await.unwrap();
        self.approve(order.id, self.approver).await.unwrap();
        order.id
    }

    /// Issues an order, has it delivered, and pushes the answer that it was carried out.
    pub async fn carry_out(&self, content: OrderContent) -> OrderId {
        let id = self.issue(content).await;
        self.run_due().await;
        let held = Some(yuan(50_000));
        self.answer(id, "m", AnswerOutcome::Executed { held })
            .await
            .unwrap();
        id
    }

    pub async fn answer(
        &self,
        id: OrderId,
        message_id: &str,
        outcome: AnswerOutcome,
    ) -> Result<AnswerReceipt, OrdersError> {
        let message = OrderAnswerMessage {
            application_id: self.order(id).await.application_id,
            occurred_at: self.ctx.now(),
            outcome,
        };
        let message_id = format!("{message_id}_{id}");
        self.receive(&message_id, message).await
    }

    pub async fn receive(
        &self,
        message_id: &str,
        message: OrderAnswerMessage,
    ) -> Result<AnswerReceipt, OrdersError> {
        let mut tx = self.store.begin().await.unwrap();
        let institution = &self.institution;
        let receipt = receive_answer(&mut tx, &self.ctx, institution, message_id, message).await?;
        tx.commit().await.unwrap();
        Ok(receipt)
    }

    pub async fn claim(&self) -> Vec<Job> {
        let mut tx = self.store.begin().await.unwrap();
        let jobs = tx
            .claim_jobs("test", self.ctx.now(), LEASE, 50)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        jobs
    }

    /// Does every due job until none is left.
    pub async fn run_due(&self) {
        loop {
            let jobs = self.claim().await;
            if jobs.is_empty() {
                return;
            }
            for job in jobs {
                assert!(JOB_KINDS.contains(&job.kind.as_str()), "{}", job.kind);
                run_job(&self.store, &self.ctx, &self.http, &job)
                    .await
                    .unwrap();
            }
        }
    }

    /// Lets time pass job by job, as a server that never sleeps would see it.
    pub async fn run_for(&self, time: Duration) {
        let end = self.ctx.now().plus(time);
        loop {
            self.run_due().await;
            let mut tx = self.store.read().await.unwrap();
            match tx.next_job_at().await.unwrap() {
                Some(at) if at <= end => self.clock.set(at.max(self.ctx.now())),
                Some(_) | None => break,
            }
        }
        self.clock.set(end);
        self.run_due().await;
    }

    pub async fn order(&self, id: OrderId) -> Order {
        let mut tx = self.store.read().await.unwrap();
        tx.get_order(id).await.unwrap()
    }

    pub async fn state(&self, id: OrderId) -> &'static str {
        self.order(id).await.state.as_str()
    }

    pub async fn steps(&self, id: OrderId) -> Vec<OrderTransition> {
        let mut tx = self.store.read().await.unwrap();
        tx.order_transitions(id).await.unwrap()
    }

    pub async fn words(&self, id: OrderId) -> Vec<&'static str> {
        let steps = self.steps(id).await;
        steps.iter().map(|step| step.to.as_str()).collect()
    }

    pub async fn case(&self) -> Case {
        let mut tx = self.store.read().await.unwrap();
        tx.get_case(self.case_id).await.unwrap()
    }

    pub async fn expires_at(&self, id: OrderId) -> Timestamp {
        match self.order(id).await.state {
            OrderState::Active { expires_at, .. } => expires_at,
            other => panic!("not active but {}", other.as_str()),
        }
    }
}

fn user(id: UserId, login: &str, at: Timestamp) -> User {
    User {
        id,
        login: login.into(),
        name: login.into(),
        roles: vec![Role::Analyst, Role::Approver],
        password_hash: Secret::new("none".into()),
        created_at: at,
        disabled_at: None,
    }
}

async fn insert_case(tx: &mut stanch_store::Tx, ctx: &Ctx) -> CaseId {
    let at = ctx.now();
    let report = Report {
        id: ctx.new_id(),
        received_at: at,
        content: ReportContent {
            reporter: Reporter {
                name: None,
                phone: None,
                relation: Relation::Victim,
            },
            contacted_at: None,
            contact_channel: None,
            counterpart: None,
            narrative: "they said it was a safe account".into(),
            payments: Vec::new(),
            still_in_contact: false,
            still_paying: false,
            remote_controlled: false,
            consent: Consent::ThisCase,
        },
        priority: Priority::P0,
        state: ReportState::Triaged,
        case_id: None,
        external_id: None,
        additions: Vec::new(),
        prevented: None,
        attachments: Vec::new(),
    };
    let lead = Lead {
        id: ctx.new_id(),
        report_id: report.id,
        case_id: ctx.new_id(),
        priority: Priority::P0,
        opened_at: at,
        state: LeadState::New,
    };
    let case = Case {
        id: lead.case_id,
        number: tx.next_case_number(2026).await.unwrap(),
        lead_id: lead.id,
        priority: Priority::P0,
        opened_at: at,
        assigned_to: None,
        loss: yuan(50_000),
        victim_payments: Vec::new(),
        clock: CaseClock {
            transfer_at: Some(at),
            report_at: at,
            trace_at: None,
            order_sent_at: None,
            executed_at: None,
        },
        state: CaseState::Open,
    };
    tx.insert_report(&report).await.unwrap();
    tx.insert_lead(&lead).await.unwrap();
    tx.insert_case(&case).await.unwrap();
    case.id
}
