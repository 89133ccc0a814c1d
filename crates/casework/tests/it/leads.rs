//! Leads, cases and reports step by step: none ends without an outcome.

use stanch_casework::{
    CaseStep, CaseworkError, JOB_REFERRAL, LeadStep, Received, ReportStep, run_job, step_case,
    step_lead, step_report,
};
use stanch_store::{LeadFilter, PageRequest};
use stanch_types::case::{Case, CaseState};
use stanch_types::lead::{Lead, LeadState, OutcomeKind};
use stanch_types::report::{Report, ReportState};
use stanch_types::user::Actor;
use stanch_types::{CaseId, Duration, LeadId, ReportId, UserId};

use crate::desk::{Desk, account, mule, victim, yuan};

impl Desk {
    async fn lead_step(&self, id: LeadId, step: LeadStep) -> Result<Lead, CaseworkError> {
        self.lead_step_by(id, step, self.operator).await
    }

    async fn lead_step_by(
        &self,
        id: LeadId,
        step: LeadStep,
        by: UserId,
    ) -> Result<Lead, CaseworkError> {
        let mut tx = self.store.begin().await.unwrap();
        let lead = step_lead(&mut tx, &self.ctx, id, step, by).await?;
        tx.commit().await.unwrap();
        Ok(lead)
    }

    async fn case_step(&self, id: CaseId, step: CaseStep) -> Result<Case, CaseworkError> {
        let mut tx = self.store.begin().await.unwrap();
        let actor = Actor::User { id: self.operator };
        let case = step_case(&mut tx, &self.ctx, id, step, actor).await?;
        tx.commit().await.unwrap();
        Ok(case)
    }

    async fn report_step(&self, id: ReportId, step: ReportStep) -> Result<Report, CaseworkError> {
        let mut tx = self.store.begin().await.unwrap();
        let actor = Actor::User { id: self.operator };
        let report = step_report(&mut tx, &self.ctx, id, step, actor).await?;
        tx.commit().await.unwrap();
        Ok(report)
    }

    /// A lead that the operator works on, of a payment of its own.
    async fn investigated(&self, n: i64) -> Received {
        let tx_id = format!("L{n}");
        self.book(&[(&tx_id, n, victim(), mule(), 1_000 + n)]);
        let mut content = self.told();
        content.payments[0].tx_id = Some(tx_id);
        content.payments[0].amount = yuan(1_000 + n);
        let received = self.report(content).await.unwrap();
        let id = received.lead.id;
        let to = self.operator;
        self.lead_step(id, LeadStep::Assign { to }).await.unwrap();
        self.lead_step(id, LeadStep::Investigate {}).await.unwrap();
        received
    }

    async fn lead(&self, id: LeadId) -> Lead {
        self.store.read().await.unwrap().get_lead(id).await.unwrap()
    }

    async fn report_now(&self, id: ReportId) -> Report {
        let mut tx = self.store.read().await.unwrap();
        tx.get_report(id).await.unwrap()
    }

    /// Runs the due reminders; gives how many there were.
    async fn run_reminders(&self) -> usize {
        let mut tx = self.store.begin().await.unwrap();
        let lease = Duration::from_secs(60);
        let jobs = tx.claim_jobs("t", self.ctx.now(), lease, 500).await;
        tx.commit().await.unwrap();
        let mut done = 0;
        for job in jobs.unwrap() {
            run_job(&self.store, &self.ctx, &self.ledger, &self.watch, &job)
                .await
                .unwrap();
            done += usize::from(job.kind == JOB_REFERRAL);
        }
        done
    }
}

fn outcome(kind: OutcomeKind) -> LeadStep {
    LeadStep::RecordOutcome {
        kind,
        detail: "the account holder was found".into(),
        told_by: "district police".into(),
    }
}

fn closing() -> CaseStep {
    CaseStep::Close {
        outcome: "solved".into(),
        answer: "your money was found".into(),
    }
}

#[tokio::test]
async fn a_case_is_closed_only_with_the_outcome_of_its_lead_and_answers_its_reporters() {
    let desk = Desk::open().await;
    let received = desk.investigated(1).await;
    let (case, lead) = (received.case.id, received.lead.id);
    let reference = "XM-2026-7".to_owned();
    desk.case_step(case, CaseStep::File { reference })
        .await
        .unwrap();
    let early = desk.case_step(case, closing()).await;
    assert!(matches!(early, Err(CaseworkError::Step(refused)) if refused.from == "filed"));
    desk.case_step(case, CaseStep::Solve {}).await.unwrap();
    let early = desk.case_step(case, closing()).await;
    assert!(matches!(early, Err(CaseworkError::LeadOpen)));
    let still = desk.report_now(received.report.id).await;
    assert!(matches!(still.state, ReportState::LeadOpened { .. }));
    desk.lead_step(lead, outcome(OutcomeKind::Solved))
        .await
        .unwrap();
    let closed = desk.case_step(case, closing()).await.unwrap();
    assert!(matches!(closed.state, CaseState::Closed { .. }));
    let answered = desk.report_now(received.report.id).await;
    let ReportState::Closed { answer, .. } = answered.state else {
        panic!("{:?}", answered.state);
    };
    assert_eq!(answer, "your money was found");
    assert_eq!(answered.case_id, Some(case));
    let again = desk.lead_step(lead, outcome(OutcomeKind::Unproven)).await;
    assert!(matches!(again, Err(CaseworkError::Step(_))));
}

#[tokio::test]
async fn an_overdue_referral_is_escalated_once_and_listed() {
    let desk = Desk::open().await;
    let received = desk.investigated(1).await;
    let other = desk.investigated(2).await;
    let due_at = desk.ctx.now().plus(Duration::from_days(3));
    for lead in [received.lead.id, other.lead.id] {
        let to = "district police".to_owned();
        desk.lead_step(lead, LeadStep::Refer { to, due_at })
            .await
            .unwrap();
    }
    desk.lead_step(other.lead.id, outcome(OutcomeKind::Recovered))
        .await
        .unwrap();
    let overdue = |at| LeadFilter {
        overdue_at: Some(at),
        ..LeadFilter::default()
    };
    desk.clock.set(due_at.minus(Duration::from_secs(1)));
    assert_eq!(desk.run_reminders().await, 0, "not before it is due");
    desk.clock.set(due_at);
    assert_eq!(desk.run_reminders().await, 2);
    let escalated = desk.lead(received.lead.id).await;
    assert!(
        matches!(escalated.state, LeadState::Referred { escalated_at: Some(at), .. } if at == due_at)
    );
    let answered = desk.lead(other.lead.id).await;
    assert!(
        answered.has_ended(),
        "what was answered in time is left alone"
    );
    let mut tx = desk.store.read().await.unwrap();
    let page = PageRequest::first();
    let listed = tx.list_leads(&overdue(due_at), &page).await.unwrap();
    assert_eq!(listed.items, [escalated]);
    assert_eq!(tx.count_overdue_referrals(due_at).await.unwrap(), 1);
    let unit = LeadFilter {
        unit: Some("district police".into()),
        ..LeadFilter::default()
    };
    let of_unit = tx.list_leads(&unit, &page).await.unwrap();
    assert_eq!(
        of_unit.items.len(),
        2,
        "the unit stays known after its answer"
    );
    let head = tx.feed_head().await.unwrap();
    let events = tx.list_feed_after(head - 3, 10).await.unwrap();
    let told = events.iter().filter(|e| e.event.kind == "lead.overdue");
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn joined_leads_hand_their_case_over_and_get_the_same_outcome() {
    let desk = Desk::open().await;
    let (a, b, c) = (
        desk.investigated(1).await,
        desk.investigated(2).await,
        desk.investigated(3).await,
    );
    let itself = desk
        .lead_step(a.lead.id, LeadStep::Merge { into: a.lead.id })
        .await;
    assert!(matches!(itself, Err(CaseworkError::StepInvalid(_))));
    for (from, into) in [(&a, &b), (&b, &c)] {
        let into = into.lead.id;
        desk.lead_step(from.lead.id, LeadStep::Merge { into })
            .await
            .unwrap();
    }
    let into = a.lead.id;
    let circle = desk.lead_step(c.lead.id, LeadStep::Merge { into }).await;
    assert!(
        matches!(circle, Err(CaseworkError::StepInvalid(_))),
        "no circles"
    );
    let mut tx = desk.store.read().await.unwrap();
    let joined = tx.get_case(c.case.id).await.unwrap();
    assert_eq!(joined.victim_payments, ["L3", "L2", "L1"]);
    assert_eq!(joined.loss, yuan(1_001 + 1_002 + 1_003));
    let left = tx.get_case(a.case.id).await.unwrap();
    assert!(matches!(left.state, CaseState::Withdrawn { .. }));
    let reports = tx.reports_of_case(c.case.id, 10).await.unwrap();
    assert_eq!(reports.len(), 3, "reporters follow their money");
    drop(tx);
    desk.lead_step(c.lead.id, outcome(OutcomeKind::Recovered))
        .await
        .unwrap();
    for lead in [a.lead.id, b.lead.id] {
        let LeadState::OutcomeRecorded { kind, by, .. } = desk.lead(lead).await.state else {
            panic!("{lead} has no outcome");
        };
        assert_eq!((kind, by), (OutcomeKind::Recovered, Actor::System));
    }
}

#[tokio::test]
async fn a_reporter_is_asked_answers_and_the_report_goes_on_where_it_was() {
    let desk = Desk::open().await;
    desk.book_theft();
    let first = desk.report(desk.told()).await.unwrap();
    let second = desk.report(desk.told()).await.unwrap();
    for received in [&first, &second] {
        let id = received.report.id;
        let question = "which app was it?".to_owned();
        desk.report_step(id, ReportStep::Ask { question })
            .await
            .unwrap();
        let asked = desk.report_now(id).await;
        assert!(matches!(asked.state, ReportState::NeedsInfo { .. }));
        let text = "it was called Fast Gold".to_owned();
        let added = desk
            .report_step(id, ReportStep::Add { text })
            .await
            .unwrap();
        assert_eq!(added.state, received.report.state);
        assert_eq!(added.additions.len(), 1);
    }
    let id = second.report.id;
    let reason = "paid a friend back".to_owned();
    desk.report_step(id, ReportStep::NotFraud { reason })
        .await
        .unwrap();
    let close = ReportStep::Close {
        reason: "no fraud".into(),
        answer: "thank you".into(),
    };
    desk.report_step(id, close).await.unwrap();
    let text = "one more thing".to_owned();
    let late = desk.report_step(id, ReportStep::Add { text }).await;
    assert!(matches!(late, Err(CaseworkError::ReportClosed)));
}

#[tokio::test]
async fn leads_are_counted_by_day_unit_and_outcome() {
    let desk = Desk::open().await;
    let from = desk.ctx.now().minus(Duration::from_days(1));
    let received = desk.investigated(1).await;
    desk.investigated(2).await;
    let (to, due_at) = (
        "bank".to_owned(),
        desk.ctx.now().plus(Duration::from_days(1)),
    );
    desk.lead_step(received.lead.id, LeadStep::Refer { to, due_at })
        .await
        .unwrap();
    desk.lead_step(received.lead.id, outcome(OutcomeKind::Solved))
        .await
        .unwrap();
    let until = desk.ctx.now().plus(Duration::from_secs(1));
    let mut tx = desk.store.read().await.unwrap();
    let counts = tx.funnel(from, until, None).await.unwrap();
    let told: Vec<_> = counts
        .leads
        .iter()
        .map(|c| (c.unit.as_str(), c.word.as_str(), c.count))
        .collect();
    assert_eq!(told, [("", "investigating", 1), ("bank", "solved", 1)]);
    assert_eq!(counts.reports[0].count, 2);
    assert_eq!(counts.cases.iter().map(|c| c.count).sum::<u64>(), 2);
    let of_bank = tx.funnel(from, until, Some("bank")).await.unwrap();
    assert_eq!(of_bank.leads.len(), 1);
    let before = tx.funnel(from, from.plus(Duration::from_secs(1)), None);
    assert!(before.await.unwrap().reports.is_empty());
}

/// Whatever steps are taken with several leads in whatever order, with timers between: a lead that cannot go on has
/// an outcome, a closed case has a lead with one, and nobody waits for an outcome that is on record.
#[tokio::test]
async fn random_steps_never_end_a_lead_without_an_outcome() {
    let desk = Desk::open().await;
    let mut received = Vec::new();
    for n in 0..6 {
        let (from, to) = (account("BK01", &format!("V{n}")), mule());
        let tx_id = format!("R{n}");
        desk.book(&[(&tx_id, n, from.clone(), to, 500 + n)]);
        let mut content = desk.told();
        content.payments[0].tx_id = Some(tx_id);
        content.payments[0].from = from;
        received.push(desk.report(content).await.unwrap());
    }
    for _ in 0..220 {
        let [which, what, other, _] = desk.ctx.random_bytes::<4>().map(usize::from);
        let one = &received[which % received.len()];
        let into = received[other % received.len()].lead.id;
        let due_at = desk.ctx.now().plus(Duration::from_hours(1));
        let reason = "because".to_owned();
        let step = match what % 8 {
            0 => Some(LeadStep::Assign { to: desk.operator }),
            1 | 2 => Some(LeadStep::Investigate {}),
            3 => Some(LeadStep::Refer {
                to: "bank".into(),
                due_at,
            }),
            4 => Some(LeadStep::NoAction { reason }),
            5 => Some(LeadStep::Merge { into }),
            6 if other % 4 == 0 => Some(outcome(OutcomeKind::Unproven)),
            _ => None,
        };
        if let Some(step) = step {
            drop(desk.lead_step(one.lead.id, step).await);
        } else {
            desk.clock.advance(Duration::from_mins(20));
            desk.run_reminders().await;
            let reason = "because".to_owned();
            drop(
                desk.case_step(one.case.id, CaseStep::Withdraw { reason })
                    .await,
            );
            drop(desk.case_step(one.case.id, closing()).await);
        }
        holds(&desk, &received).await;
    }
    let mut ended = 0;
    for one in &received {
        ended += usize::from(desk.lead(one.lead.id).await.has_ended());
    }
    assert!(
        ended > 0,
        "the walk reaches ends, else it would show nothing"
    );
}

async fn holds(desk: &Desk, received: &[Received]) {
    let mut tx = desk.store.read().await.unwrap();
    for one in received {
        let lead = tx.get_lead(one.lead.id).await.unwrap();
        let case = tx.get_case(one.case.id).await.unwrap();
        if matches!(case.state, CaseState::Closed { .. }) {
            assert!(lead.has_ended(), "{} is closed without outcome", case.id);
        }
        if let LeadState::Merged { into, .. } = &lead.state {
            let target = tx.get_lead(*into).await.unwrap();
            assert!(!target.has_ended(), "{} was forgotten", lead.id);
        }
    }
}
