//! The promises, held against the record.

use stanch_store::{
    AppealFilter, PAGE_LIMIT_MAX, PageRequest, ReportFilter, VerifyOptions, WholeList, verify_audit,
};
use stanch_types::appeal::{Appeal, AppealOutcome, AppealState};
use stanch_types::effect::{Effect, EffectState, EffectVerb};
use stanch_types::measure::{Automation, LiftCause, Measure, MeasureState};
use stanch_types::report::ReportState;
use stanch_types::terms::FairnessTerms;
use stanch_types::{ClaimCode, Duration, Timestamp, UserId};

use crate::run::DrillError;
use crate::world::World;

/// Most records of a kind read by a check.
const RECORDS_MAX: usize = 100_000;

impl World {
    /// What must hold at every instant at which no job is due.
    pub async fn check(&mut self) -> Result<(), DrillError> {
        self.do_due().await?;
        let now = self.now();
        let mut tx = self.store.read().await?;
        if let Some(late) = tx.overdue_measures(now).await?.first() {
            return Err(self.broken(
                "no timer is missed",
                format!("{} is in force after its end", late.id),
            ));
        }
        let page = PageRequest::new(PAGE_LIMIT_MAX, None)?;
        let mut open = tx.list_appeals(AppealFilter::Open, &page).await?.items;
        let recent = self.remembered.appeals.iter().rev().take(3);
        for id in recent {
            open.push(tx.get_appeal(*id).await?);
        }
        for appeal in &open {
            let measure = tx.get_measure(appeal.measure_id).await?;
            self.check_appeal(appeal, &measure)?;
        }
        let recent: Vec<_> = self
            .remembered
            .measures
            .iter()
            .rev()
            .take(5)
            .copied()
            .collect();
        for id in recent {
            let measure = tx.get_measure(id).await?;
            self.check_measure(&measure)?;
        }
        Ok(())
    }

    /// What must hold once partners are back: everything that is owed has arrived. Gives the audit tree's size.
    pub async fn check_end(&mut self) -> Result<u64, DrillError> {
        let mut tx = self.store.read().await?;
        let mut ids = self.remembered.measures.clone();
        for (batch, _, with_signal) in &self.remembered.batches {
            let mut after = 0;
            let mut touched = 0;
            loop {
                let lines = tx.next_batch_lines(*batch, "imposed", after).await?;
                let Some(last) = lines.last() else { break };
                after = last.line;
                for line in &lines {
                    if line.subject.signals.is_empty() {
                        let what = format!("{batch} line {}", line.line);
                        return Err(self.broken("nobody without a signal is touched", what));
                    }
                    if let stanch_types::batch::SubjectResult::Imposed { measure_id } = line.result
                    {
                        ids.push(measure_id);
                    }
                    touched += 1;
                }
            }
            if touched > *with_signal {
                return Err(self.broken("nobody without a signal is touched", batch.to_string()));
            }
        }
        for id in ids {
            let measure = tx.get_measure(id).await?;
            self.check_measure(&measure)?;
            let effects = tx.effects_of_measure(id).await?;
            self.check_effects(&measure, &effects)?;
            let subject = measure.wish.subject.platform.as_str();
            let claim = self.town.known(subject, &id.to_string()).claim;
            if let Some(code) = claim.and_then(|text| text.parse::<ClaimCode>().ok()) {
                let opened = tx.lookup_measure_by_claim(&code.digest()).await?;
                if opened.map(|opened| opened.id) != Some(id) {
                    return Err(self.broken("every notice opens its measure", id.to_string()));
                }
            }
            for appeal in tx.appeals_of_measure(id).await? {
                self.check_appeal(&appeal, &measure)?;
                if matches!(appeal.state, AppealState::Decided { .. }) {
                    return Err(self.broken("every decision is carried out", appeal.id.to_string()));
                }
            }
        }
        let mut reports = WholeList::up_to(RECORDS_MAX);
        while let Some(page) = reports.wanted() {
            reports.take(tx.list_reports(&ReportFilter::default(), &page).await?);
        }
        let lost =
            |state: &ReportState| matches!(state, ReportState::Received | ReportState::Triaged);
        if let Some(report) = reports.items.iter().find(|report| lost(&report.state)) {
            return Err(self.broken("no report is dropped", report.id.to_string()));
        }
        drop(tx);
        let verdict = verify_audit(&self.store, &VerifyOptions::default(), &mut |_, _| {}).await?;
        match verdict.broken {
            Some(found) => Err(self.broken(
                "the audit tree is whole",
                format!("{found:?} in {}", self.dir().display()),
            )),
            None => Ok(verdict.size),
        }
    }

    fn check_measure(&self, measure: &Measure) -> Result<(), DrillError> {
        let id = measure.id;
        let lasts = measure.expires_at.since(measure.decided_at);
        if lasts <= Duration::ZERO || lasts > FairnessTerms::longest(measure.wish.kind) {
            return Err(self.broken("every measure ends", id.to_string()));
        }
        let notice = &measure.notice;
        let open_for = notice.appeal_until.since(measure.decided_at);
        if notice.zh.reason.is_empty()
            || notice.en.remedy.is_empty()
            || open_for < Duration::from_days(183)
        {
            return Err(self.broken("every measure has a notice", id.to_string()));
        }
        let alone =
            measure.wish.automation == Automation::Fully && measure.wish.kind.needs_person();
        let provisional_end = measure
            .decided_at
            .plus(Duration::from_hours(48))
            .min(measure.expires_at);
        match &measure.state {
            MeasureState::Expired { at } => {
                let right = *at == measure.expires_at || (alone && *at == provisional_end);
                if !right {
                    return Err(
                        self.broken("no timer is early or late", format!("{id} expired at {at}"))
                    );
                }
            }
            MeasureState::Active { confirmed_by } | MeasureState::Eased { confirmed_by, .. } => {
                if alone && confirmed_by.is_none() {
                    return Err(self.broken("a machine alone makes nothing final", id.to_string()));
                }
            }
            MeasureState::Lifted {
                cause: LiftCause::Appeal { appeal_id },
                ..
            } => {
                if !self.remembered.appeals.contains(appeal_id) {
                    return Err(self.broken("a lift has its cause", id.to_string()));
                }
            }
            MeasureState::Provisional { .. } | MeasureState::Lifted { .. } => {}
        }
        Ok(())
    }

    fn check_appeal(&self, appeal: &Appeal, measure: &Measure) -> Result<(), DrillError> {
        let id = appeal.id;
        if let Some((at, due)) = appeal.next_due()
            && at <= self.now()
        {
            return Err(self.broken(
                "no timer is missed",
                format!("{id}: {due:?} was due at {at}"),
            ));
        }
        if let Some(reviewer) = appeal.state.reviewer()
            && self.had_part(appeal, reviewer)
        {
            return Err(self.broken("no reviewer is a decider", id.to_string()));
        }
        let Some(decision) = appeal.state.decision() else {
            return Ok(());
        };
        if decision.by.is_some_and(|by| self.had_part(appeal, by)) {
            return Err(self.broken("no reviewer is a decider", id.to_string()));
        }
        let by_deadline = decision.outcome == AppealOutcome::NotDecided;
        if by_deadline != decision.by.is_none()
            || (by_deadline && decision.at != appeal.deadlines.decide_by)
        {
            return Err(self.broken(
                "no timer is early or late",
                format!("{id} decided at {}", decision.at),
            ));
        }
        if decision.outcome.lifts() && measure.is_in_force() {
            return Err(self.broken(
                "an upheld appeal lifts",
                format!("{} is in force", measure.id),
            ));
        }
        Ok(())
    }

    /// Whether `who` had a part in the measure or wrote the appeal down, by what the drill remembers.
    pub(crate) fn had_part(&self, appeal: &Appeal, who: UserId) -> bool {
        let deciders = self.remembered.deciders.get(&appeal.measure_id);
        appeal.channel.agent() == Some(who)
            || deciders.is_some_and(|deciders| deciders.contains(&who))
    }

    /// Until when what was due at `due` may be late: the end of the outages, jumps and crashes that were under way
    /// then, each with the wait until the next try.
    fn excused_until(&self, due: Timestamp) -> Timestamp {
        let mut spans = self.remembered.disturbed.clone();
        spans.sort_unstable();
        spans.iter().fold(due, |until, (start, end)| {
            if *start <= until {
                until.max(*end)
            } else {
                until
            }
        })
    }

    fn check_effects(&self, measure: &Measure, effects: &[Effect]) -> Result<(), DrillError> {
        for effect in effects {
            match &effect.state {
                EffectState::Pending => {
                    return Err(self.broken(
                        "every effect is delivered",
                        format!(
                            "{} to {}: {:?}",
                            effect.id, effect.partner, effect.last_error
                        ),
                    ));
                }
                EffectState::Delivered { at, .. } => {
                    if *at > self.excused_until(effect.due_by) {
                        return Err(
                            self.broken("effects arrive within 15 minutes", effect.id.to_string())
                        );
                    }
                }
                EffectState::Superseded => {}
            }
            if effect.message.is_some() {
                return Err(self.broken("claim codes are not kept", effect.id.to_string()));
            }
        }
        for partner in measure.wish.reaches() {
            let known = self.town.known(partner.as_str(), &measure.id.to_string());
            let last = known.verbs.last().map(|(verb, _)| verb.as_str());
            let over = [EffectVerb::Lift.as_str(), EffectVerb::Expire.as_str()];
            let ended = last.is_some_and(|verb| over.contains(&verb));
            if measure.is_in_force() == ended || last.is_none() {
                let what = format!(
                    "{} is {} and {partner} knows {last:?}",
                    measure.id,
                    measure.state.as_str()
                );
                return Err(self.broken("partners know what the record says", what));
            }
        }
        Ok(())
    }
}
