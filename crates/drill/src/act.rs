//! What people do, by the dice: rightly and wrongly. What the rules must refuse is tried too.

use serde_json::json;
use stanch_casework::{
    Asked, CaseworkError, Filed, add_material, approve_batch, ask_batch, ask_materials,
    confirm_measure, decide_appeal, ease_now, file_appeal, impose_measure, lift_measure,
    receive_report, reexamine_measure, roll_back_batch, take_appeal,
};
use stanch_types::Duration;
use stanch_types::appeal::{AppealChannel, AppealError, AppealOutcome, Livelihood, Material};
use stanch_types::batch::{BatchSubject, BatchWish};
use stanch_types::case::CaseState;
use stanch_types::measure::{LiftCause, MeasureWish};
use stanch_types::payment::Payment;
use stanch_types::report::ReportContent;
use stanch_types::user::{Actor, Role};

use crate::run::DrillError;
use crate::world::{PARTNERS, World};

/// After an outage: the wait until the next try, and up to three answers that are lost on top.
const TAIL: Duration = Duration::from_mins(21);

/// Reports that may be told again.
const TOLD_OF_LATE: usize = 6;

/// What may happen, and how often.
const ACTS: &[(Act, f64)] = &[
    (Act::Report, 12.0),
    (Act::Impose, 16.0),
    (Act::ImposeAlone, 10.0),
    (Act::Confirm, 6.0),
    (Act::Lift, 3.0),
    (Act::File, 16.0),
    (Act::Take, 12.0),
    (Act::Ask, 4.0),
    (Act::Send, 4.0),
    (Act::Ease, 2.0),
    (Act::Decide, 12.0),
    (Act::Reexamine, 3.0),
    (Act::AskBatch, 2.0),
    (Act::ApproveBatch, 3.0),
    (Act::RollBackBatch, 1.0),
    (Act::Outage, 4.0),
    (Act::LoseAnswers, 3.0),
    (Act::Crash, 2.0),
    (Act::JumpClock, 1.5),
    (Act::WorkLead, 12.0),
    (Act::WorkCase, 8.0),
    (Act::ChangeShift, 4.0),
];

#[derive(Debug, Clone, Copy)]
enum Act {
    Report,
    Impose,
    ImposeAlone,
    Confirm,
    Lift,
    File,
    Take,
    Ask,
    Send,
    Ease,
    Decide,
    Reexamine,
    AskBatch,
    ApproveBatch,
    RollBackBatch,
    Outage,
    LoseAnswers,
    Crash,
    JumpClock,
    WorkLead,
    WorkCase,
    ChangeShift,
}

impl World {
    /// Something happens.
    pub async fn step(&mut self) -> Result<(), DrillError> {
        let weights: Vec<f64> = ACTS.iter().map(|(_, weight)| *weight).collect();
        let nth = self.dice.weighted(&weights);
        let act = ACTS.get(nth).map_or(Act::Report, |(act, _)| *act);
        match act {
            Act::Report => self.report().await,
            Act::Impose => self.impose(false).await,
            Act::ImposeAlone => self.impose(true).await,
            Act::Confirm => self.confirm().await,
            Act::Lift => self.lift().await,
            Act::File => self.file().await,
            Act::Take => self.take().await,
            Act::Ask => self.ask().await,
            Act::Send => self.send().await,
            Act::Ease => self.ease().await,
            Act::Decide => self.decide().await,
            Act::Reexamine => self.reexamine().await,
            Act::AskBatch => self.ask_batch().await,
            Act::ApproveBatch => self.approve_batch().await,
            Act::RollBackBatch => self.roll_back_batch().await,
            Act::Outage => self.outage().await,
            Act::LoseAnswers => {
                let answers = self.dice.between(1, 4);
                self.town.lose(u32::try_from(answers).unwrap_or(1));
                self.disturb(Duration::from_mins(10));
                Ok(())
            }
            Act::Crash => self.die_at_work().await,
            Act::JumpClock => self.jump(),
            Act::WorkLead => self.work_lead().await,
            Act::WorkCase => self.work_case().await,
            Act::ChangeShift => self.change_shift().await,
        }
    }

    /// Somebody reports a payment, or somebody else the payment that was reported of late: it is the same case then.
    async fn report(&mut self) -> Result<(), DrillError> {
        let again = self.dice.chance(0.25);
        let nth = self.dice.below(self.remembered.told.len());
        let earlier = self.remembered.told.get(nth).filter(|_| again).cloned();
        let content = match &earlier {
            Some((content, _)) => content.clone(),
            None => self.payment_told()?,
        };
        let mut tx = self.store.begin().await?;
        let (ctx, told) = (&self.ctx, content.clone());
        let received = receive_report(&mut tx, ctx, &self.ledger, told, Actor::Reporter).await?;
        if let Some((_, case_id)) = earlier {
            // A case that was joined to another gave its payments away and is worked on no more.
            let state = tx.get_case(case_id).await?.state;
            let is_worked_on = matches!(state, CaseState::Open | CaseState::Filed { .. });
            if is_worked_on && received.case.id != case_id {
                let what = format!("{case_id} and {}", received.case.id);
                return Err(self.broken("the same payments are one case", what));
            }
            self.counts.told_again += 1;
        }
        tx.commit().await?;
        if !self.remembered.leads.contains(&received.lead.id) {
            self.remembered.leads.push(received.lead.id);
        }
        self.remembered.told.push((content, received.case.id));
        if self.remembered.told.len() > TOLD_OF_LATE {
            self.remembered.told.remove(0);
        }
        self.counts.reports += 1;
        Ok(())
    }

    fn payment_told(&mut self) -> Result<ReportContent, DrillError> {
        let minutes = self.dice.between(1, 6_000);
        let at = self.now().minus(Duration::from_mins(minutes));
        let serial = self.dice.below(400);
        let payment = json!({
            "tx_id": format!("T{}", self.counts.reports), "occurred_at": at,
            "amount": {"minor": 100 + serial, "currency": "CNY"},
            "from": {"institution": "BK01", "account": format!("V{serial}")},
            "to": {"institution": "BK02", "account": format!("M{}", serial % 40)}, "channel": "transfer",
        });
        let booked: Payment = read(payment.clone())?;
        self.ledger
            .append(&[booked])
            .map_err(|error| DrillError::Setup(error.to_string()))?;
        read(json!({
            "reporter": {"relation": "victim", "phone": format!("+86138{serial:08}")},
            "narrative": "told that the order was lost and paid", "consent": "matching",
            "payments": [payment],
        }))
    }

    fn wish(&mut self, alone: bool) -> Result<MeasureWish, DrillError> {
        let kinds = [
            ("warn", 24),
            ("limit_function", 24 * 20),
            ("delay_settlement", 40),
            ("extra_verification", 100),
            ("suspend", 24 * 60),
            ("close", 24 * 150),
            ("suspend", 30),
        ];
        let (kind, hours) = kinds
            .get(self.dice.below(kinds.len()))
            .copied()
            .unwrap_or(("warn", 24));
        let machine = alone || self.dice.chance(0.4);
        let automation = match (alone, machine) {
            (true, _) => "fully",
            (false, true) => "partially",
            (false, false) => "not_automated",
        };
        let platform = PARTNERS.get(self.dice.below(3)).copied().unwrap_or("PF01");
        let other = PARTNERS
            .get(self.dice.below(PARTNERS.len()))
            .copied()
            .unwrap_or("PF01");
        let subject = self.dice.below(500);
        let detector = machine.then(|| format!("rule_{}", self.dice.below(4)));
        let event = detector.as_ref().filter(|_| self.dice.chance(0.5)).map(|_| {
            json!({"event_id": format!("e{}", self.dice.below(10_000)), "kind": "post", "decision": "hold", "policy": "p1"})
        });
        read(json!({
            "subject": {"platform": platform, "kind": "account", "reference": format!("acc{subject}")},
            "kind": kind, "scope": "paying out", "facts": "paid out what strangers paid in",
            "ground": {"basis": "illegal_content", "reference": "art. 18", "explanation": "layering"},
            "signals": [{"kind": "payment", "detail": "pass-through", "seen_at": self.now()}],
            "detector": detector.map(|name| json!({"name": name, "version": "1", "score": 9000})),
            "event": event, "automation": automation, "lasts_hours": self.dice.between(1, hours + 1),
            "partners": [other], "money_held": {"minor": self.dice.between(0, 10_000_000), "currency": "CNY"},
        }))
    }

    async fn impose(&mut self, alone: bool) -> Result<(), DrillError> {
        let wish = self.wish(alone)?;
        let decider = (!alone).then(|| self.one_with(Some(Role::Analyst)).id);
        let by = decider.map_or(Actor::System, |id| Actor::User { id });
        let mut tx = self.store.begin().await?;
        let imposed = impose_measure(&mut tx, &self.ctx, &self.terms, wish, by).await?;
        tx.commit().await?;
        let id = imposed.measure.id;
        self.remembered.measures.push(id);
        self.remembered
            .deciders
            .insert(id, decider.into_iter().collect());
        Ok(())
    }

    async fn confirm(&mut self) -> Result<(), DrillError> {
        let by = self.one_with(Some(Role::Approver)).id;
        let Some(measure) = self.some_measure().await? else {
            return Ok(());
        };
        let mut tx = self.store.begin().await?;
        let done = confirm_measure(&mut tx, &self.ctx, &self.terms, measure.id, by).await;
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
            self.remembered
                .deciders
                .entry(measure.id)
                .or_default()
                .push(by);
        }
        Ok(())
    }

    async fn lift(&mut self) -> Result<(), DrillError> {
        let by = self.anybody().id;
        let Some(measure) = self.some_measure().await? else {
            return Ok(());
        };
        let cause = LiftCause::Withdrawn {
            by,
            reason: "a mistake".to_owned(),
        };
        let actor = Actor::User { id: by };
        let mut tx = self.store.begin().await?;
        let done = lift_measure(&mut tx, &self.ctx, &self.terms, measure.id, cause, actor).await;
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn file(&mut self) -> Result<(), DrillError> {
        let agent = self.one_with(Some(Role::Analyst)).id;
        let channel = if self.dice.chance(0.3) {
            AppealChannel::Phone { agent }
        } else {
            AppealChannel::Web
        };
        let livelihood = self.dice.chance(0.3).then_some(Livelihood::Salary);
        let Some(measure) = self.some_measure().await? else {
            return Ok(());
        };
        let filed = Filed {
            channel,
            says: "I sold a bicycle".to_owned(),
            livelihood,
        };
        let mut tx = self.store.begin().await?;
        let done = file_appeal(&mut tx, &self.ctx, &self.terms, measure.id, filed).await;
        if let Some(appeal) = self.allowed(done)? {
            tx.commit().await?;
            self.remembered.appeals.push(appeal.id);
        }
        Ok(())
    }

    async fn take(&mut self) -> Result<(), DrillError> {
        let by = self.one_with(Some(Role::Reviewer));
        let Some(appeal) = self.some_appeal().await? else {
            return Ok(());
        };
        let mut tx = self.store.begin().await?;
        let done = take_appeal(&mut tx, &self.ctx, appeal.id, &by).await;
        let had_part = self.had_part(&appeal, by.id);
        if had_part
            && !matches!(
                done,
                Err(CaseworkError::Appeal(
                    AppealError::Decider | AppealError::State { .. }
                ))
            )
        {
            return Err(self.broken(
                "no reviewer is a decider",
                format!("{} was taken by {}", appeal.id, by.id),
            ));
        }
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn ask(&mut self) -> Result<(), DrillError> {
        let Some((appeal, by)) = self.appeal_in_hand().await? else {
            return Ok(());
        };
        let asked = "a payslip or a receipt".to_owned();
        let mut tx = self.store.begin().await?;
        let done = ask_materials(&mut tx, &self.ctx, &self.terms, appeal.id, &by, asked).await;
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), DrillError> {
        let Some(appeal) = self.some_appeal().await? else {
            return Ok(());
        };
        let material = Material {
            name: "slip.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            size: 5,
            sha256: "0".repeat(64),
            received_at: self.now(),
        };
        let mut tx = self.store.begin().await?;
        let done = add_material(&mut tx, &self.ctx, appeal.id, material, Actor::Reporter).await;
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn ease(&mut self) -> Result<(), DrillError> {
        let by = self.one_with(Some(Role::Reviewer));
        let Some(appeal) = self.some_appeal().await? else {
            return Ok(());
        };
        let mut tx = self.store.begin().await?;
        let done = ease_now(&mut tx, &self.ctx, &self.terms, appeal.id, &by).await;
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn decide(&mut self) -> Result<(), DrillError> {
        let outcomes = [
            AppealOutcome::Upheld,
            AppealOutcome::Partly,
            AppealOutcome::Rejected,
        ];
        let outcome = outcomes
            .get(self.dice.below(3))
            .copied()
            .unwrap_or(AppealOutcome::Rejected);
        let Some((appeal, by)) = self.appeal_in_hand().await? else {
            return Ok(());
        };
        let reason = "looked at".to_owned();
        let mut tx = self.store.begin().await?;
        let (ctx, terms) = (&self.ctx, &self.terms);
        let done = decide_appeal(&mut tx, ctx, terms, appeal.id, &by, outcome, reason).await;
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn reexamine(&mut self) -> Result<(), DrillError> {
        let by = self.one_with(Some(Role::Reviewer));
        let lift = self
            .dice
            .chance(0.5)
            .then(|| "the rule was wrong".to_owned());
        let Some(measure) = self.some_measure().await? else {
            return Ok(());
        };
        let mut tx = self.store.begin().await?;
        let done = reexamine_measure(&mut tx, &self.ctx, &self.terms, measure.id, &by, lift).await;
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn ask_batch(&mut self) -> Result<(), DrillError> {
        let by = self.one_with(Some(Role::Analyst)).id;
        let wish: BatchWish = read(json!({
            "kind": "limit_function", "scope": "paying out", "facts": "named in reports", "lasts_hours": 72,
            "ground": {"basis": "illegal_content", "reference": "art. 18", "explanation": "named"}, "hotline": "96110",
        }))?;
        let count = self.dice.between(3, 30);
        let mut subjects: Vec<BatchSubject> = Vec::new();
        for nth in 0..count {
            let signal =
                json!({"kind": "report", "detail": "named by a victim", "seen_at": self.now()});
            let signals = if self.dice.chance(0.3) {
                vec![signal]
            } else {
                Vec::new()
            };
            subjects.push(read(json!({
                "subject": {"platform": "PF02", "kind": "account", "reference": format!("b{nth}")}, "signals": signals,
            }))?);
        }
        let with_signal = subjects
            .iter()
            .filter(|subject| !subject.signals.is_empty())
            .count();
        let mut tx = self.store.begin().await?;
        let batch = ask_batch(&mut tx, &self.ctx, Asked { wish, subjects, by }).await?;
        tx.commit().await?;
        let with_signal = u64::try_from(with_signal).unwrap_or(0);
        self.remembered.batches.push((batch.id, by, with_signal));
        Ok(())
    }

    async fn approve_batch(&mut self) -> Result<(), DrillError> {
        let by = self.anybody().id;
        let Some((id, asked_by, _)) = self.remembered.batches.last().copied() else {
            return Ok(());
        };
        let mut tx = self.store.begin().await?;
        let done = approve_batch(&mut tx, &self.ctx, id, by).await;
        if by == asked_by && done.is_ok() {
            return Err(self.broken("two people for a batch", format!("{id} by {by}")));
        }
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn roll_back_batch(&mut self) -> Result<(), DrillError> {
        let by = self.anybody().id;
        let Some((id, _, _)) = self.remembered.batches.last().copied() else {
            return Ok(());
        };
        let mut tx = self.store.begin().await?;
        let done = roll_back_batch(&mut tx, &self.ctx, id, by, "a wrong list".to_owned()).await;
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Partners go down, and work goes on.
    async fn outage(&mut self) -> Result<(), DrillError> {
        let mins = if self.dice.chance(0.1) {
            self.dice.between(360, 1_500)
        } else {
            self.dice.between(1, 180)
        };
        let until = self.now().plus(Duration::from_mins(mins));
        for _ in 0..3 {
            let partner = PARTNERS.get(self.dice.below(PARTNERS.len()));
            self.town.fail(partner.copied().unwrap_or("PF01"), until);
        }
        self.disturb(Duration::from_mins(mins));
        self.counts.outages += 1;
        let alone = self.dice.chance(0.3);
        self.impose(alone).await?;
        if self.dice.chance(0.5) {
            self.lift().await?;
        }
        Ok(())
    }

    /// The program dies while somebody's work is half done: nothing of it may remain.
    async fn die_at_work(&mut self) -> Result<(), DrillError> {
        let wish = self.wish(false)?;
        let by = Actor::User {
            id: self.one_with(Some(Role::Analyst)).id,
        };
        let mut tx = self.store.begin().await?;
        let lost = impose_measure(&mut tx, &self.ctx, &self.terms, wish, by).await?;
        drop(tx);
        self.crash().await?;
        let mut tx = self.store.read().await?;
        if tx
            .lookup_measure_by_claim(&lost.claim.digest())
            .await?
            .is_some()
        {
            return Err(self.broken(
                "what was not committed is not there",
                lost.measure.id.to_string(),
            ));
        }
        Ok(())
    }

    /// The machine's clock is set right, or wrong, by up to a day.
    fn jump(&mut self) -> Result<(), DrillError> {
        let mins = self.dice.between(-1_440, 1_441);
        let before = self.now();
        let after = before.plus(Duration::from_mins(mins));
        self.clock.set(after);
        let margin = Duration::from_mins(20);
        let span = (
            before.min(after).minus(margin),
            before.max(after).plus(margin),
        );
        self.remembered.disturbed.push(span);
        self.counts.clock_jumps += 1;
        Ok(())
    }

    /// From now on deliveries may be late, for `time` and until the tries after it.
    fn disturb(&mut self, time: Duration) {
        let now = self.now();
        let until = now.plus(time).plus(TAIL);
        self.remembered.disturbed.push((now, until));
    }

    /// An appeal and the reviewer who has it, or any reviewer.
    async fn appeal_in_hand(
        &mut self,
    ) -> Result<Option<(stanch_types::appeal::Appeal, stanch_types::user::User)>, DrillError> {
        let other = self.one_with(Some(Role::Reviewer));
        let Some(appeal) = self.some_appeal().await? else {
            return Ok(None);
        };
        let has = appeal.state.reviewer();
        let right = has.filter(|_| self.dice.chance(0.9));
        let by = right.and_then(|id| self.people.iter().find(|user| user.id == id).cloned());
        Ok(Some((appeal, by.unwrap_or(other))))
    }

    /// What a workflow gave, or nothing if the rules refused it; other failures are faults.
    pub(crate) fn allowed<T>(
        &mut self,
        done: Result<T, CaseworkError>,
    ) -> Result<Option<T>, DrillError> {
        match done {
            Ok(value) => Ok(Some(value)),
            Err(
                CaseworkError::Measure(_)
                | CaseworkError::Appeal(_)
                | CaseworkError::AppealOpen
                | CaseworkError::Batch(_)
                | CaseworkError::Step(_)
                | CaseworkError::StepInvalid(_)
                // A lead joined to one whose own case was withdrawn, as it was joined to another.
                | CaseworkError::CaseState(_)
                | CaseworkError::LeadOpen,
            ) => {
                self.counts.refused += 1;
                Ok(None)
            }
            Err(other) => Err(other.into()),
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, DrillError> {
    serde_json::from_value(value).map_err(|error| DrillError::Setup(error.to_string()))
}
