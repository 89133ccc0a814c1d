//! Puts the world together: people, gangs, cases past and live, background, order, ids, reports.

use hashbrown::HashMap;
use stanch_types::report::ReportContent;
use stanch_types::{Channel, Duration, Timestamp};

use super::background::{Background, moment};
use super::gangs::Gang;
use super::laundering::{Case, Hop, Pace, YUAN};
use super::people::People;
use super::stories::Stories;
use super::{
    HOUR_MS, MIN_MS, Pattern, Planted, Role, World, WorldCase, WorldConfig, WorldPayment, opening,
};
use crate::SimError;
use crate::dice::Dice;

/// One in this many past cases is younger than 70 h when history ends.
const RECENT_EVERY: u32 = 6;
/// At least this many past cases are recent.
const RECENT_MIN: u32 = 12;
/// The first live case's instalments, before the end of history.
const FIRST_INSTALMENTS_MS: [i64; 3] = [-240_000, -150_000, -70_000];

/// A case before its payments have a place in the stream.
struct Draft {
    gang: u32,
    pattern: Pattern,
    victim: u32,
    first_payment_ms: i64,
    report_ms: i64,
    live: bool,
}

pub(super) fn build(config: &WorldConfig) -> Result<World, SimError> {
    let mut people = People::settle(config)?;
    let (gangs, gang_members, victims) = super::gangs::form(config, &mut people);
    let mut hops = Vec::new();
    let drafts = cases(config, &mut people, &gangs, &victims, &mut hops)?;
    let horizon_ms = config.end.as_millis() + i64::from(config.live_minutes) * MIN_MS;
    let (payments, planted) = stream(config, &mut people, &hops, horizon_ms)?;
    opening::fund(config.seed, &mut people.accounts, &gang_members, &payments);
    let end_ms = config.end.as_millis();
    let mut world = World {
        config: config.clone(),
        institutions: people.institutions,
        accounts: people.accounts,
        history: payments.partition_point(|row| row.at_ms < end_ms),
        payments,
        planted,
        cases: Vec::new(),
        gang_members,
    };
    world.cases = finish(&world, &drafts)?;
    Ok(world)
}

/// Draws every case and its hops.
fn cases(
    config: &WorldConfig,
    people: &mut People,
    gangs: &[Gang],
    victims: &[u32],
    hops: &mut Vec<Hop>,
) -> Result<Vec<Draft>, SimError> {
    let mut dice = Dice::new(config.seed, "cases");
    let end_ms = config.end.as_millis();
    let mut starts: Vec<i64> = (0..config.cases)
        .map(|index| {
            if index < RECENT_MIN || index % RECENT_EVERY == 0 {
                end_ms - dice.between(75 * MIN_MS, 70 * HOUR_MS)
            } else {
                moment(
                    &mut dice,
                    config.start_ms(),
                    end_ms - 3 * HOUR_MS,
                    i64::from(config.days),
                )
            }
        })
        .collect();
    starts.sort_unstable();
    let live = (0..config.live_cases).map(|index| {
        end_ms - 240_000 + i64::from(index) * i64::from(config.live_case_every_secs) * 1_000
    });
    let all = starts
        .iter()
        .map(|at| (*at, false))
        .chain(live.map(|at| (at, true)));
    let mut drafts = Vec::new();
    for ((first_payment_ms, live), victim) in all.zip(victims) {
        let index = drafts.len() as u32;
        let Some(gang) = dice.pick(gangs) else { break };
        let draft = Draft {
            gang: gang.id,
            pattern: Pattern::Chain,
            victim: *victim,
            first_payment_ms,
            report_ms: 0,
            live,
        };
        let opening_scene = index == config.cases;
        let pace = if live { Pace::Live } else { Pace::History };
        let case = Case::new(&mut dice, gang, people, hops, index, pace);
        drafts.push(one_case(case, draft, opening_scene)?);
    }
    Ok(drafts)
}

/// Draws one case: what the victim pays and what the gang does with it.
fn one_case(mut case: Case<'_>, draft: Draft, opening_scene: bool) -> Result<Draft, SimError> {
    let drawn = case.dice.weighted(&case.gang.patterns);
    let mut pattern = Pattern::ALL.get(drawn).copied().unwrap_or(Pattern::Chain);
    let mut count = [1, 2, 3, 4, 6][case.dice.weighted(&[0.5, 0.2, 0.15, 0.1, 0.05])];
    let median = if draft.live { 60_000.0 } else { 16_000.0 };
    let mut loss = case.dice.lognormal(median, 1.2).clamp(800.0, 3_000_000.0) as i64 * YUAN;
    if draft.live {
        // Slow enough to be stopped, quick enough that waiting costs.
        case.depth = 3;
        case.exits = [3.0, 1.0, 3.0, 1.5, 0.5];
        loss = loss.clamp(20_000 * YUAN, 600_000 * YUAN);
        count = count.min(3);
    }
    if opening_scene {
        (pattern, count) = (Pattern::FanOut, FIRST_INSTALMENTS_MS.len());
        loss = case.dice.between(1_800, 4_200) * 100 * YUAN;
    }
    let mules = case.gang.mules(case.dice, 1, 2, &[draft.victim]);
    let Some(&first_mule) = mules.first() else {
        return Ok(Draft {
            pattern,
            report_ms: draft.first_payment_ms,
            ..draft
        });
    };
    if case.dice.chance(0.5) {
        try_mule(&mut case, first_mule, draft.first_payment_ms);
    }
    let mut at_ms = draft.first_payment_ms;
    let mut last_ms = at_ms;
    for (place, part) in case.split(loss, count).into_iter().enumerate() {
        let mule = case.dice.pick(&mules).copied().unwrap_or(first_mule);
        case.victim_pays(at_ms, draft.victim, mule, part, pattern);
        last_ms = at_ms;
        at_ms = if opening_scene {
            let step = FIRST_INSTALMENTS_MS
                .get(place + 1)
                .zip(FIRST_INSTALMENTS_MS.get(place));
            at_ms + step.map_or(80_000, |(next, this)| next - this)
        } else if draft.live {
            at_ms + case.dice.between(30_000, 80_000)
        } else {
            at_ms + case.dice.lognormal(8.0 * MIN_MS as f64, 0.9) as i64
        };
    }
    let delay = if draft.live {
        case.dice.between(60_000, 150_000)
    } else {
        case.dice.lognormal(45.0 * MIN_MS as f64, 1.1) as i64
    };
    case.launder()?;
    Ok(Draft {
        pattern,
        report_ms: last_ms + delay,
        ..draft
    })
}

/// A mule is tried with a little money before the victim pays.
fn try_mule(case: &mut Case<'_>, mule: u32, first_payment_ms: i64) {
    let Some(&other) = case.gang.mules(case.dice, 2, 1, &[mule]).first() else {
        return;
    };
    let row = WorldPayment {
        at_ms: first_payment_ms - case.dice.between(10 * MIN_MS, 6 * HOUR_MS),
        from: mule,
        to: other,
        minor: case.dice.between(10, 1_000),
        channel: Channel::Transfer,
    };
    case.hop(row, 0, Role::TestPayment, &[]);
}

/// Background and planted payments in one order, and the planted ones' places in it. Planted payments after
/// `horizon_ms` or before history are left out, with all that hangs on them.
fn stream(
    config: &WorldConfig,
    people: &mut People,
    hops: &[Hop],
    horizon_ms: i64,
) -> Result<(Vec<WorldPayment>, Vec<Planted>), SimError> {
    let (start_ms, end_ms) = (config.start_ms(), config.end.as_millis());
    let mut kept = vec![false; hops.len()];
    for (index, hop) in hops.iter().enumerate() {
        let in_time = (start_ms..horizon_ms.max(end_ms)).contains(&hop.row.at_ms);
        let founded = hop
            .after
            .iter()
            .all(|before| kept.get(*before as usize).copied().unwrap_or(false));
        if let Some(slot) = kept.get_mut(index) {
            *slot = in_time && founded;
        }
    }
    let planted_past = hops
        .iter()
        .zip(&kept)
        .filter(|(hop, kept)| **kept && hop.row.at_ms < end_ms);
    let past = (config.payments as usize).saturating_sub(planted_past.count());
    let live = config.live_minutes as usize * config.live_per_minute as usize;
    let mut background = Background::new(config, people);
    let mut rows: Vec<(WorldPayment, Option<u32>)> = Vec::with_capacity(past + live + hops.len());
    for _ in 0..past {
        rows.push((background.past(people)?, None));
    }
    for index in 0..live as i64 {
        let at_ms = end_ms + index * MIN_MS / i64::from(config.live_per_minute.max(1));
        rows.push((background.live(people, at_ms)?, None));
    }
    for (index, (hop, kept)) in hops.iter().zip(&kept).enumerate() {
        if *kept {
            rows.push((hop.row, Some(index as u32)));
        }
    }
    rows.sort_by_key(|(row, _)| row.at_ms);
    let mut place_of = HashMap::new();
    let mut order = Vec::new();
    for (payment, (_, hop)) in rows.iter().enumerate() {
        if let Some(hop) = hop {
            place_of.insert(*hop, order.len() as u32);
            order.push((payment as u32, *hop));
        }
    }
    let planted = order
        .into_iter()
        .filter_map(|(payment, hop)| {
            let hop = hops.get(hop as usize)?;
            let after = hop
                .after
                .iter()
                .filter_map(|before| place_of.get(before))
                .copied()
                .collect();
            Some(Planted {
                payment,
                case: hop.case,
                tier: hop.tier,
                role: hop.role,
                after,
            })
        })
        .collect();
    Ok((rows.into_iter().map(|(row, _)| row).collect(), planted))
}

/// The cases with their payments' places and their reports.
fn finish(world: &World, drafts: &[Draft]) -> Result<Vec<WorldCase>, SimError> {
    let stories = Stories::load()?;
    let mut dice = Dice::new(world.config.seed, "stories");
    let mut paid: Vec<Vec<u32>> = vec![Vec::new(); drafts.len()];
    for planted in world
        .planted
        .iter()
        .filter(|p| p.role == Role::VictimPayment)
    {
        if let Some(list) = paid.get_mut(planted.case as usize) {
            list.push(planted.payment);
        }
    }
    let minor = |index: &u32| {
        world
            .payments
            .get(*index as usize)
            .map_or(0, |row| row.minor)
    };
    let mut cases = Vec::with_capacity(drafts.len());
    for (draft, victim_payments) in drafts.iter().zip(paid) {
        let report = stories.tell(world, &mut dice, draft.victim, &victim_payments)?;
        let contacted_at = Timestamp::from_millis(draft.first_payment_ms)
            .minus(Duration::from_mins(dice.between(20, 60 * 24 * 3)));
        cases.push(WorldCase {
            gang: draft.gang,
            pattern: draft.pattern,
            victim: draft.victim,
            loss_minor: victim_payments.iter().map(minor).sum(),
            victim_payments,
            first_payment_ms: draft.first_payment_ms,
            report_ms: draft.report_ms,
            live: draft.live,
            report: ReportContent {
                contacted_at: Some(contacted_at),
                ..report
            },
        });
    }
    Ok(cases)
}
