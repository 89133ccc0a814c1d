//! Plays the world's live part: payments through the institutions, reports to Stanch.
//!
//! A gang can move only what arrived: a hop is scaled down to the share of its money that came through, and does not
//! happen when all of it was stopped.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use hashbrown::HashMap;
use serde::Deserialize;
use stanch_types::report::ReportContent;
use stanch_types::{Amount, Channel, Ctx, Currency, Duration, Payment, Timestamp};

use tokio::task::{JoinError, JoinSet};

use super::report::Reporter;
use super::{DemoEvent, DemoSummary};
use crate::sandbox::Verdict;
use crate::world::World;

/// The first live report, after the start.
const FIRST_REPORT_MS: i64 = 12_000;
/// Older cases reported right at the start.
const EARLY_REPORTS: usize = 7;
/// The rest of the older cases, one each.
const LATE_REPORT_EVERY_MS: i64 = 240_000;
/// How often a payment is tried when an institution does not answer.
const ATTEMPTS: usize = 3;
const ATTEMPT_WAIT: StdDuration = StdDuration::from_millis(300);

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Play the payment of that index.
    Pay(usize),
    /// File the report of that case.
    Report(u32),
}

/// What is to be done, by milliseconds after the start. Reports of live cases come when the victim reports (the
/// first one 12 s after the start); of the other cases, the youngest of each urgency come at once and then one
/// every four minutes.
pub(super) fn script(world: &World) -> Vec<(i64, Act)> {
    let end_ms = world.config.end.as_millis();
    let live = world.payments.iter().enumerate().skip(world.history);
    let mut acts: Vec<(i64, Act)> = live
        .map(|(index, row)| (row.at_ms - end_ms, Act::Pay(index)))
        .collect();
    let mut first = true;
    let mut older: Vec<(i64, u32)> = Vec::new();
    for (index, case) in world.cases.iter().enumerate() {
        let index = index as u32;
        if case.victim_payments.is_empty() {
            continue;
        }
        if case.live {
            let at = if first {
                FIRST_REPORT_MS
            } else {
                case.report_ms - end_ms
            };
            first = false;
            acts.push((at.max(0), Act::Report(index)));
        } else {
            older.push((case.first_payment_ms, index));
        }
    }
    // Youngest first; every second of the recent ones, so that what stays behind is mixed as well.
    older.sort_unstable_by(|a, b| b.cmp(a));
    let (early, late): (Vec<_>, Vec<_>) = older
        .into_iter()
        .take(EARLY_REPORTS * 2)
        .enumerate()
        .partition(|(place, _)| place % 2 == 0);
    for (place, (_, (_, index))) in early.into_iter().enumerate() {
        acts.push((500 + 300 * place as i64, Act::Report(index)));
    }
    for (place, (_, (_, index))) in late.into_iter().enumerate() {
        acts.push((
            LATE_REPORT_EVERY_MS * (place as i64 + 1),
            Act::Report(index),
        ));
    }
    let horizon_ms = i64::from(world.config.live_minutes) * 60_000;
    acts.retain(|(at, _)| *at <= horizon_ms.max(FIRST_REPORT_MS));
    acts.sort_by_key(|(at, _)| *at);
    acts
}

pub(super) struct Player<'w> {
    world: &'w World,
    endpoints: Vec<Option<String>>,
    client: reqwest::Client,
    /// Of each planted payment by its payment index, its place in `world.planted`.
    planted_at: HashMap<u32, u32>,
    /// Of each planted payment, how much of it moved.
    moved: Vec<i64>,
    /// When a payment was really made: what the victim tells.
    played_at: HashMap<u32, Timestamp>,
    /// Reports being filed, so that a slow answer does not hold up the payments.
    filing: JoinSet<Filing>,
    summary: DemoSummary,
}

/// A case and the case number Stanch gave, or why not.
type Filing = (u32, Result<Option<String>, String>);

#[derive(Deserialize)]
struct Paid {
    results: Vec<PaidRow>,
}

#[derive(Deserialize)]
struct PaidRow {
    verdict: Verdict,
}

impl<'w> Player<'w> {
    pub fn new(world: &'w World, endpoints: Vec<Option<String>>, client: reqwest::Client) -> Self {
        let minor = |payment: u32| {
            world
                .payments
                .get(payment as usize)
                .map_or(0, |row| row.minor)
        };
        let past = |payment: u32| (payment as usize) < world.history;
        Self {
            world,
            endpoints,
            client,
            planted_at: (0..)
                .zip(&world.planted)
                .map(|(i, p)| (p.payment, i))
                .collect(),
            moved: world
                .planted
                .iter()
                .map(|p| if past(p.payment) { minor(p.payment) } else { 0 })
                .collect(),
            played_at: HashMap::new(),
            filing: JoinSet::new(),
            summary: DemoSummary::default(),
        }
    }

    pub fn summary(&self) -> DemoSummary {
        self.summary.clone()
    }

    /// Does everything in `script` at its time, counted from now.
    pub async fn play(
        &mut self,
        script: &[(i64, Act)],
        reporter: &Arc<Reporter>,
        ctx: &Ctx,
        events: &mut (dyn FnMut(DemoEvent) + Send),
    ) {
        let start = ctx.now();
        for (at_ms, act) in script {
            let due = start.plus(Duration::from_millis(*at_ms));
            let wait = tokio::time::sleep(due.since(ctx.now()).to_std());
            tokio::pin!(wait);
            loop {
                tokio::select! {
                    () = &mut wait => break,
                    Some(filed) = self.filing.join_next() => self.filed(filed, events),
                }
            }
            match *act {
                Act::Pay(index) => self.pay(index, ctx, events).await,
                Act::Report(case) => self.report(case, reporter),
            }
        }
        while let Some(filed) = self.filing.join_next().await {
            self.filed(filed, events);
        }
    }

    async fn pay(&mut self, index: usize, ctx: &Ctx, events: &mut (dyn FnMut(DemoEvent) + Send)) {
        let hop = self.planted_at.get(&(index as u32)).copied();
        let Some(mut payment) = self.world.payment(index) else {
            return;
        };
        // Whole milliseconds, as the institutions' files have them.
        payment.occurred_at = Timestamp::from_millis(ctx.now().as_millis());
        if let Some(hop) = hop {
            let minor = self.arrived(hop, payment.amount.minor());
            let Some(amount) = Amount::new(minor, Currency::CNY)
                .ok()
                .filter(|a| !a.is_zero())
            else {
                self.summary.prevented += 1;
                return;
            };
            payment.amount = amount;
        }
        let verdict = self.pass(&payment, index).await;
        let case = hop
            .and_then(|hop| self.world.planted.get(hop as usize))
            .map(|p| p.case);
        let minor = payment.amount.minor();
        match verdict {
            Some(Verdict::Booked) => {
                self.summary.booked += 1;
                self.played_at.insert(index as u32, payment.occurred_at);
                if let Some(slot) = hop.and_then(|hop| self.moved.get_mut(hop as usize)) {
                    *slot = minor;
                }
                if let (Some(case), Channel::AtmWithdraw) = (case, payment.channel) {
                    self.summary.lost_minor += minor;
                    events(DemoEvent::Lost { case, minor });
                }
            }
            Some(Verdict::Held) => {
                self.summary.stopped += 1;
                if let Some(case) = case {
                    self.summary.stopped_minor += minor;
                    events(DemoEvent::Stopped {
                        case,
                        tx_id: payment.tx_id,
                        minor,
                    });
                }
            }
            Some(Verdict::InsufficientFunds | Verdict::UnknownAccount | Verdict::Invalid)
            | None => {
                self.summary.refused += 1;
            }
        }
    }

    /// How much of a planned `minor` the gang can move: the share of its money that came through, rounded down.
    fn arrived(&self, hop: u32, minor: i64) -> i64 {
        let before = self
            .world
            .planted
            .get(hop as usize)
            .map_or(&[][..], |p| &p.after[..]);
        if before.is_empty() {
            return minor;
        }
        let (mut planned, mut moved) = (0_i128, 0_i128);
        for source in before {
            let payment = self
                .world
                .planted
                .get(*source as usize)
                .map_or(0, |p| p.payment as usize);
            planned += self
                .world
                .payments
                .get(payment)
                .map_or(0, |row| i128::from(row.minor));
            moved += self
                .moved
                .get(*source as usize)
                .map_or(0, |minor| i128::from(*minor));
        }
        let share = (i128::from(minor) * moved)
            .checked_div(planned)
            .unwrap_or(0);
        i64::try_from(share).unwrap_or(0).min(minor)
    }

    /// Debits, then credits. The credit side cannot refuse what was debited; if it is down the debit stands and it
    /// is told again until the attempts are used up.
    async fn pass(&self, payment: &Payment, index: usize) -> Option<Verdict> {
        let row = self.world.payments.get(index)?;
        let home = |account: u32| {
            self.world
                .accounts
                .get(account as usize)
                .map(|a| a.institution)
        };
        let (payer, payee) = (home(row.from)?, home(row.to)?);
        let verdict = self.tell(payer, payment).await?;
        if verdict == Verdict::Booked && payer != payee && self.tell(payee, payment).await.is_none()
        {
            tracing::warn!(tx.id = %payment.tx_id, "a credit could not be delivered");
        }
        Some(verdict)
    }

    async fn tell(&self, institution: u32, payment: &Payment) -> Option<Verdict> {
        let endpoint = self.endpoints.get(institution as usize)?.as_ref()?;
        let url = format!("{endpoint}/payments");
        let body = serde_json::to_vec(payment).ok()?;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(ATTEMPT_WAIT).await;
            }
            let sent = self
                .client
                .post(&url)
                .header("content-type", "application/x-ndjson")
                .body(body.clone())
                .send()
                .await;
            if let Ok(response) = sent
                && response.status().is_success()
                && let Ok(paid) = response.json::<Paid>().await
            {
                return paid.results.first().map(|row| row.verdict);
            }
        }
        None
    }

    /// Starts filing the report of `case`; a world has few cases, so few are under way.
    fn report(&mut self, case: u32, reporter: &Arc<Reporter>) {
        let Some(planted) = self.world.cases.get(case as usize) else {
            return;
        };
        let content = self.as_played(&planted.report, &planted.victim_payments);
        if content.payments.is_empty() {
            return;
        }
        let key = format!("demo-{}-{case}", self.world.config.end.as_secs());
        let reporter = Arc::clone(reporter);
        self.filing
            .spawn(async move { (case, reporter.file(&key, &content).await) });
    }

    fn filed(
        &mut self,
        joined: Result<Filing, JoinError>,
        events: &mut (dyn FnMut(DemoEvent) + Send),
    ) {
        match joined {
            Ok((case, Ok(case_number))) => {
                self.summary.reports += 1;
                let loss_minor = self
                    .world
                    .cases
                    .get(case as usize)
                    .map_or(0, |c| c.loss_minor);
                events(DemoEvent::Reported {
                    case,
                    case_number,
                    loss_minor,
                });
            }
            Ok((case, Err(detail))) => {
                self.summary.reports_refused += 1;
                events(DemoEvent::ReportRefused { case, detail });
            }
            Err(error) => tracing::error!(error = %error, "filing a report ended"),
        }
    }

    /// The report with the instants at which live payments were really made, without those that did not happen.
    fn as_played(&self, content: &ReportContent, payments: &[u32]) -> ReportContent {
        let mut content = content.clone();
        let told = std::mem::take(&mut content.payments);
        for (mut told, index) in told.into_iter().zip(payments) {
            if (*index as usize) < self.world.history {
                content.payments.push(told);
            } else if let Some(at) = self.played_at.get(index) {
                told.occurred_at = *at;
                content.payments.push(told);
            }
        }
        content
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{WorldConfig, generate};
    use stanch_types::report::Priority;

    fn world() -> World {
        let config = WorldConfig {
            accounts: 3_000,
            payments: 12_000,
            cases: 30,
            gangs: 5,
            live_cases: 6,
            live_minutes: 30,
            ..WorldConfig::new(5, Timestamp::from_secs(1_800_000_000))
        };
        generate(&config).unwrap()
    }

    #[test]
    fn the_script_opens_with_older_reports_and_a_p0_within_twenty_seconds() {
        let world = world();
        let acts = script(&world);
        assert!(acts.is_sorted_by_key(|(at, _)| *at));
        let reports: Vec<(i64, u32)> = acts
            .iter()
            .filter_map(|(at, act)| match act {
                Act::Report(case) => Some((*at, *case)),
                Act::Pay(_) => None,
            })
            .collect();
        let first_live = reports
            .iter()
            .find(|(_, case)| world.cases[*case as usize].live)
            .unwrap();
        assert!((10_000..=20_000).contains(&first_live.0));
        assert_eq!(
            reports.iter().filter(|(at, _)| *at < 10_000).count(),
            EARLY_REPORTS
        );
        let urgency = |case: u32| {
            let last = world.cases[case as usize]
                .report
                .payments
                .iter()
                .map(|p| p.occurred_at)
                .max();
            Priority::triage(last, world.config.end)
        };
        let early: Vec<Priority> = reports
            .iter()
            .take(EARLY_REPORTS)
            .map(|r| urgency(r.1))
            .collect();
        assert!(
            early.contains(&Priority::P1) && early.contains(&Priority::P2),
            "{early:?}"
        );
        let mut cases: Vec<u32> = reports.iter().map(|r| r.1).collect();
        cases.sort_unstable();
        cases.dedup();
        assert_eq!(cases.len(), reports.len());
        let live = world.payments.len() - world.history;
        assert_eq!(acts.len(), live + reports.len());
    }

    #[test]
    fn a_gang_moves_only_what_arrived() {
        let world = world();
        let client = crate::sandbox::client().unwrap();
        let mut player = Player::new(&world, Vec::new(), client);
        let live = |p: &crate::world::Planted| p.payment as usize >= world.history;
        let hop = world
            .planted
            .iter()
            .position(|p| {
                live(p) && p.after.len() == 1 && live(&world.planted[p.after[0] as usize])
            })
            .unwrap();
        let source = world.planted[hop].after[0] as usize;
        let planned = world.payments[world.planted[source].payment as usize].minor;
        assert_eq!(player.arrived(hop as u32, 1_000), 0);
        player.moved[source] = planned / 2;
        assert!((499..=500).contains(&player.arrived(hop as u32, 1_000)));
        player.moved[source] = planned;
        assert_eq!(player.arrived(hop as u32, 1_000), 1_000);
    }
}
