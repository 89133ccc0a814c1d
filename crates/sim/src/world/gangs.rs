//! Gangs: who their mules are and how they work.

use stanch_types::AccountKind;

use super::people::People;
use super::{DAY_MS, GangMember, WorldConfig};
use crate::dice::Dice;

/// Highest tier of mules.
pub(super) const TIERS: usize = 5;
/// Mules of one gang and tier before scaling: from, to.
const TIER_SIZES: [(i64, i64); TIERS] = [(3, 8), (6, 20), (8, 30), (8, 30), (6, 20)];

/// A gang: its accounts and its habits.
pub(super) struct Gang {
    pub id: u32,
    /// How many tiers the money passes before it is cashed.
    pub depth: u32,
    pub tiers: [Vec<u32>; TIERS],
    pub collectors: Vec<u32>,
    pub merchants: Vec<u32>,
    pub otc: Vec<u32>,
    /// Share a mule keeps.
    pub fee: f64,
    /// Factor on the time money lies.
    pub speed: f64,
    /// Weights of ATM, POS, fund, OTC, left lying.
    pub exits: [f64; 5],
    /// Weights of the patterns, in order of [`super::Pattern::ALL`].
    pub patterns: [f64; 5],
}

/// Forms the gangs out of quiet persons, small merchants and businesses. Their members' own payments and devices
/// change accordingly. Returns the gangs, their members and the persons left over, shuffled, for victims.
pub(super) fn form(
    config: &WorldConfig,
    people: &mut People,
) -> (Vec<Gang>, Vec<GangMember>, Vec<u32>) {
    let mut dice = Dice::new(config.seed, "gangs");
    let mut quiet = people.persons.clone();
    dice.shuffle(&mut quiet);
    let active = |people: &People, index: &u32| {
        people.activity.get(*index as usize).copied().unwrap_or(0.0) > 1.5
    };
    let lively: Vec<u32> = quiet
        .iter()
        .copied()
        .filter(|p| active(people, p))
        .collect();
    quiet.retain(|p| !active(people, p));
    let mut merchants = people.merchants.clone();
    dice.shuffle(&mut merchants);
    let mut businesses = people.businesses.clone();
    dice.shuffle(&mut businesses);

    let all_cases = f64::from(config.cases + config.live_cases);
    let scale = (all_cases / f64::from(config.gangs) / 10.0)
        .sqrt()
        .clamp(0.5, 4.0);
    let mut gangs = Vec::new();
    let mut members = Vec::new();
    for id in 0..config.gangs {
        let take = |dice: &mut Dice, pool: &mut Vec<u32>, (low, high): (i64, i64)| {
            let wanted = (dice.between(low, high + 1) as f64 * scale).max(2.0) as usize;
            let keep = pool.len().saturating_sub(wanted);
            pool.split_off(keep)
        };
        let tiers = TIER_SIZES.map(|size| take(&mut dice, &mut quiet, size));
        let collectors = take(&mut dice, &mut quiet, (1, 2));
        let few = |pool: &mut Vec<u32>, count: usize| {
            let keep = pool.len().saturating_sub(count);
            pool.split_off(keep)
        };
        let (shops, traders) = (1 + dice.below(3), 1 + dice.below(2));
        let gang = Gang {
            id,
            depth: 2 + dice.below(4) as u32,
            tiers,
            collectors,
            merchants: few(&mut merchants, shops),
            otc: few(&mut businesses, traders),
            fee: 0.005 + 0.025 * dice.unit(),
            speed: dice.lognormal(1.0, 0.6),
            exits: [4.0, 2.5, 3.0, 2.5, 0.5].map(|weight| weight * (0.4 + 1.2 * dice.unit())),
            patterns: [2.0, 2.0, 2.0, 1.2, 1.5].map(|weight| weight * (0.4 + 1.2 * dice.unit())),
        };
        enlist(&mut dice, people, &gang, &mut members);
        gangs.push(gang);
    }
    let mut left = lively;
    left.extend(quiet);
    dice.shuffle(&mut left);
    (gangs, members, left)
}

/// Marks the gang's accounts: little life of their own, often new, often on shared devices.
fn enlist(dice: &mut Dice, people: &mut People, gang: &Gang, members: &mut Vec<GangMember>) {
    const TIER_ROLES: [&str; TIERS] = ["mule_t1", "mule_t2", "mule_t3", "mule_t4", "mule_t5"];
    let start_ms = people.start_ms();
    let mules: usize = gang.tiers.iter().map(Vec::len).sum();
    let first_device = 1_000_000_000 + i64::from(gang.id) * 1_000;
    let devices = (mules / 12).max(2);
    let tiers = gang.tiers.iter().zip(TIER_ROLES);
    for (tier, role) in tiers.chain([(&gang.collectors, "collector")]) {
        for &account in tier {
            people.quieten(account, 0.15, 0.1);
            if let Some(row) = people.accounts.get_mut(account as usize) {
                debug_assert!(row.kind == AccountKind::Person);
                if dice.chance(0.6) {
                    row.opened_ms = start_ms - (dice.unit() * 90.0 * DAY_MS as f64) as i64;
                }
                if dice.chance(0.7) {
                    row.device = first_device + dice.below(devices) as i64;
                }
            }
            members.push(GangMember {
                account,
                gang: gang.id,
                role,
            });
        }
    }
    for (group, role) in [
        (&gang.merchants, "complicit_merchant"),
        (&gang.otc, "otc_trader"),
    ] {
        members.extend(group.iter().map(|&account| GangMember {
            account,
            gang: gang.id,
            role,
        }));
    }
}

impl Gang {
    /// Up to `count` different mules of `tier` (1-based, at most [`TIERS`]) other than `avoid`.
    pub fn mules(&self, dice: &mut Dice, tier: u32, count: usize, avoid: &[u32]) -> Vec<u32> {
        let index = (tier.max(1) as usize - 1).min(TIERS - 1);
        let Some(pool) = self.tiers.get(index) else {
            return Vec::new();
        };
        let mut chosen: Vec<u32> = pool
            .iter()
            .copied()
            .filter(|m| !avoid.contains(m))
            .collect();
        dice.shuffle(&mut chosen);
        chosen.truncate(count);
        chosen
    }

    /// The mule's fee on `minor`.
    pub fn fee_of(&self, minor: i64) -> i64 {
        (minor as f64 * self.fee) as i64
    }
}
