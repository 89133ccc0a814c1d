//! The desk by the dice: leads worked to their outcome or referred and forgotten, cases taken and closed, shifts that
//! hand over and shifts that try to leave without a word.

use stanch_casework::{
    CaseStep, HandOverWish, LeadStep, claim_next, hand_over, set_team, start_shift, step_case,
    step_lead,
};
use stanch_store::{LeadFilter, WholeList};
use stanch_types::case::CaseState;
use stanch_types::desk::{HandedCase, ShiftState};
use stanch_types::lead::{Lead, LeadState, OutcomeKind};
use stanch_types::user::{Actor, Role};
use stanch_types::{CaseId, Duration, TeamId, UserId};

use crate::run::DrillError;
use crate::world::World;

/// Most leads read at the end.
const LEADS_MAX: usize = 100_000;

impl World {
    /// Everybody is of one team, whose first shift begins.
    pub async fn open_desk(&mut self) -> Result<(), DrillError> {
        let members: Vec<UserId> = self.people.iter().map(|user| user.id).collect();
        let first = self.anybody().id;
        let mut tx = self.store.begin().await?;
        let name = "desk".to_owned();
        let team = set_team(&mut tx, &self.ctx, None, name, members, first).await?;
        start_shift(&mut tx, &self.ctx, team.id, None, first).await?;
        tx.commit().await?;
        self.remembered.team = Some(team.id);
        Ok(())
    }

    /// Somebody takes a step with a lead, whichever.
    pub async fn work_lead(&mut self) -> Result<(), DrillError> {
        let ids = &self.remembered.leads;
        let recent = ids.len().saturating_sub(20);
        let nth = recent + self.dice.below(ids.len() - recent);
        let Some(id) = ids.get(nth).copied() else {
            return Ok(());
        };
        let (by, to) = (
            self.one_with(Some(Role::Analyst)).id,
            self.one_with(Some(Role::Analyst)).id,
        );
        let hours = self.dice.between(1, 24 * 20);
        let other = ids_at(&self.remembered.leads, self.dice.below(nth + 1)).unwrap_or(id);
        let state = self.store.read().await?.get_lead(id).await?.state;
        // Mostly what may come next by who has it, now and then what may not.
        let owner = state.owner().filter(|_| self.dice.chance(0.8));
        let by = owner.unwrap_or(by);
        let choice = match (state, self.dice.chance(0.8)) {
            (LeadState::New, true) => 0,
            (LeadState::Assigned { .. }, true) => 2,
            (LeadState::Investigating { .. }, true) => 4 + self.dice.below(4),
            (_, _) => self.dice.below(8),
        };
        let step = match choice {
            0 | 1 => LeadStep::Assign { to },
            2 | 3 => LeadStep::Investigate {},
            4 => LeadStep::Refer {
                to: "unit 7".to_owned(),
                due_at: self.now().plus(Duration::from_hours(hours)),
            },
            5 => LeadStep::NoAction {
                reason: "nothing to be done".to_owned(),
            },
            6 => LeadStep::Merge { into: other },
            _ => outcome(),
        };
        let mut tx = self.store.begin().await?;
        let done = step_lead(&mut tx, &self.ctx, id, step, by).await;
        if self.allowed(done)?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Somebody takes the next case, and somebody tries to close one.
    pub async fn work_case(&mut self) -> Result<(), DrillError> {
        let by = self.one_with(Some(Role::Analyst)).id;
        let mut tx = self.store.begin().await?;
        if let Some(case) = claim_next(&mut tx, &self.ctx, by).await? {
            self.remembered.cases.push(case.id);
        }
        tx.commit().await?;
        let nth = self.dice.below(self.remembered.cases.len());
        let Some(id) = ids_at(&self.remembered.cases, nth) else {
            return Ok(());
        };
        let mut tx = self.store.begin().await?;
        let lead = tx.lock_lead_of_case(id).await?;
        let step = CaseStep::Close {
            outcome: "done".to_owned(),
            answer: "your case is closed".to_owned(),
        };
        let done = step_case(&mut tx, &self.ctx, id, step, Actor::User { id: by }).await;
        if self.allowed(done)?.is_some() {
            if !lead.has_ended() {
                return Err(self.broken("no lead without outcome", id.to_string()));
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// The shift ends and another begins; first without a word on the urgent cases, which must be refused.
    pub async fn change_shift(&mut self) -> Result<(), DrillError> {
        let Some(team) = self.remembered.team else {
            return Ok(());
        };
        let (by, next) = (self.anybody().id, self.anybody().id);
        let mut tx = self.store.begin().await?;
        let Some(shift) = tx.list_shifts(team, 1).await?.pop() else {
            return Ok(());
        };
        let urgent = self.urgent(team).await?;
        let silent = HandOverWish {
            note: "all well".to_owned(),
            cases: Vec::new(),
        };
        let done = hand_over(&mut tx, &self.ctx, shift.id, silent, by).await;
        if self.allowed(done)?.is_some() && !urgent.is_empty() {
            return Err(self.broken("no shift leaves without a word", shift.id.to_string()));
        }
        tx.rollback().await?;
        let told = HandOverWish {
            note: "see the cases".to_owned(),
            cases: urgent
                .into_iter()
                .map(|case_id| HandedCase {
                    case_id,
                    note: "the bank was called".to_owned(),
                })
                .collect(),
        };
        let mut tx = self.store.begin().await?;
        hand_over(&mut tx, &self.ctx, shift.id, told, by).await?;
        let unread = start_shift(&mut tx, &self.ctx, team, None, next).await;
        if self.allowed(unread)?.is_some() {
            return Err(self.broken("a note is read before the next shift", shift.id.to_string()));
        }
        start_shift(&mut tx, &self.ctx, team, Some(shift.id), next).await?;
        tx.commit().await?;
        self.counts.shifts += 1;
        Ok(())
    }

    async fn urgent(&self, team: TeamId) -> Result<Vec<CaseId>, DrillError> {
        let mut tx = self.store.read().await?;
        let mut urgent = Vec::new();
        for member in tx.get_team(team).await?.members {
            let cases = tx.urgent_cases_of(member).await?;
            urgent.extend(cases.into_iter().map(|case| case.id));
        }
        Ok(urgent)
    }

    /// At the end of the drill: what is open is worked to its outcome, and nothing is stuck or was forgotten.
    pub async fn check_desk(&mut self) -> Result<(), DrillError> {
        let now = self.now();
        let by = self.one_with(Some(Role::Analyst)).id;
        for lead in self.all_leads().await? {
            if let LeadState::Referred {
                due_at,
                escalated_at,
                ..
            } = &lead.state
                && *due_at <= now
                && escalated_at.is_none()
            {
                return Err(self.broken("no referral is forgotten", lead.id.to_string()));
            }
            self.finish(lead, by).await?;
        }
        for lead in self.all_leads().await? {
            if !lead.has_ended() {
                return Err(self.broken("no lead without outcome", lead.id.to_string()));
            }
        }
        let mut tx = self.store.read().await?;
        for id in &self.remembered.cases {
            let case = tx.get_case(*id).await?;
            let lead = tx.get_lead(case.lead_id).await?;
            if matches!(case.state, CaseState::Closed { .. }) && !lead.has_ended() {
                return Err(self.broken("no lead without outcome", lead.id.to_string()));
            }
        }
        if let Some(team) = self.remembered.team {
            let shifts = tx.list_shifts(team, 1_000).await?;
            let silent = |state: &ShiftState| matches!(state, ShiftState::HandedOver { .. });
            if let Some(shift) = shifts.iter().skip(1).find(|shift| silent(&shift.state)) {
                return Err(
                    self.broken("a note is read before the next shift", shift.id.to_string())
                );
            }
        }
        Ok(())
    }

    async fn all_leads(&self) -> Result<Vec<Lead>, DrillError> {
        let mut tx = self.store.read().await?;
        let mut leads = WholeList::up_to(LEADS_MAX);
        while let Some(page) = leads.wanted() {
            leads.take(tx.list_leads(&LeadFilter::default(), &page).await?);
        }
        Ok(leads.items)
    }

    /// Works a lead to its outcome from wherever it stands.
    async fn finish(&mut self, lead: Lead, by: UserId) -> Result<(), DrillError> {
        let steps = match lead.state {
            LeadState::New | LeadState::Assigned { .. } => vec![
                LeadStep::Assign { to: by },
                LeadStep::Investigate {},
                outcome(),
            ],
            LeadState::Investigating { .. }
            | LeadState::Referred { .. }
            | LeadState::NoAction { .. } => {
                vec![outcome()]
            }
            LeadState::Merged { .. } | LeadState::OutcomeRecorded { .. } => return Ok(()),
        };
        for step in steps {
            let mut tx = self.store.begin().await?;
            if let Err(refusal) = step_lead(&mut tx, &self.ctx, lead.id, step, by).await {
                let what = format!("{} {}: {refusal}", lead.id, lead.state.as_str());
                return Err(self.broken("no lead is stuck", what));
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

fn outcome() -> LeadStep {
    LeadStep::RecordOutcome {
        kind: OutcomeKind::Recovered,
        detail: "money was held".to_owned(),
        told_by: "unit 7".to_owned(),
    }
}

fn ids_at<T: Copy>(ids: &[T], nth: usize) -> Option<T> {
    ids.get(nth).copied()
}
