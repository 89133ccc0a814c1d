//! Findings: a pattern that a payment completed, with its members as evidence.

use std::collections::VecDeque;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use stanch_types::Channel;

use super::edge::{Edge, is_transfer};
use super::feature::Features;
use super::motif::Scatter;
use super::recent::{DAY, DAY_MS, Recent};
use super::search::{Funding, SETTLEMENT_MS, Steps, is_whole};

/// What kind of pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatternKind {
    /// Many payers, one payee.
    FanIn,
    /// One payer, many payees.
    FanOut,
    /// One origin, many middlemen, one collector.
    ScatterGather,
    /// Many payers, one account, many payees.
    GatherScatter,
    /// Money returns to where it started.
    Cycle,
    /// Money passed on whole through at least two accounts.
    PassThrough,
    /// Two payers share three or more payees, or the other way round.
    Bipartite,
    /// Two bipartite layers in a row.
    Stack,
    /// An account through which much passes and in which nothing stays.
    WaterRoom,
    /// Fund units bought with fresh money and redeemed to somebody else.
    FundLaundering,
    /// Fresh money spent at one merchant's point of sale and settled to another account.
    PosCashOut,
    /// A chain of payments that does not return: what IBM's generator calls random.
    Random,
}

/// A pattern and its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub kind: PatternKind,
    /// Its members, each once: the centre or the origin first, others in order of first payment.
    pub accounts: Vec<u32>,
    /// Its payments, by their number in the stream (from 0), in order of booking; the completing one among them.
    pub payments: Vec<u64>,
    /// The sum of its payments, in minor units.
    pub minor: i64,
    /// When its first payment was booked, Unix milliseconds.
    pub first_ms: i64,
    /// When its last payment was booked.
    pub last_ms: i64,
}

/// Fewest partners of a fan.
const FAN_MIN: u32 = 5;
/// Fewest payers and payees of a gather-scatter, and middlemen of a scatter-gather.
const TWO_SIDED_MIN: u32 = 3;
/// Fewest payments in and out in 24 h of a water-room hub.
const WATER_ROOM_MIN: i64 = 8;
/// Four-cycles at which two payers share three payees.
const BIPARTITE_MIN: u32 = 2;
/// Fewest payments of a chain worth telling.
const CHAIN_MIN: u8 = 3;

/// What was told lately, so that a growing pattern is told when it has doubled and not at every payment.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub levels: HashMap<(PatternKind, u32), (i64, u32)>,
    pub order: VecDeque<(i64, PatternKind, u32)>,
}

impl Told {
    /// Forgets what was told over a day ago.
    pub fn advance(&mut self, now_ms: i64) {
        while let Some((at_ms, kind, account)) = self.order.front().copied() {
            if at_ms > now_ms - DAY_MS {
                break;
            }
            self.order.pop_front();
            if self
                .levels
                .get(&(kind, account))
                .is_some_and(|(told_ms, _)| *told_ms == at_ms)
            {
                self.levels.remove(&(kind, account));
            }
        }
    }

    /// Whether `size` is worth telling: the first time, and each time it has doubled.
    fn is_news(&mut self, kind: PatternKind, account: u32, size: u32, now_ms: i64) -> bool {
        let told = self.levels.get(&(kind, account));
        if told.is_some_and(|(_, told)| size / 2 < *told) {
            return false;
        }
        self.levels.insert((kind, account), (now_ms, size));
        self.order.push_back((now_ms, kind, account));
        true
    }
}

/// What was found on the way to a payment's features.
pub(super) struct Found<'a> {
    pub number: u64,
    pub edge: Edge,
    pub features: &'a Features,
    pub funding: Funding,
    pub scatter: Scatter,
    pub cycle: Vec<u64>,
    pub squares: &'a [u64],
    pub square_count: u32,
}

impl Found<'_> {
    /// The patterns that this payment, already entered, completes.
    pub fn tell(self, recent: &Recent, told: &mut Told, steps: &mut Steps, out: &mut Vec<Finding>) {
        let now_ms = recent.now_ms;
        let mut give = |kind, centre, payments: Vec<u64>| {
            out.extend(finding(recent, kind, centre, payments));
        };
        let edge = self.edge;
        let with = |payments: &[u64]| [payments, &[self.number]].concat();
        // Back and forth between two accounts is everyday: change, a loan repaid, fund units redeemed.
        let kept = (7_000..=11_000).contains(&self.features.cycle_kept_bp);
        if self.cycle.len() >= 2 && kept {
            give(PatternKind::Cycle, edge.to, with(&self.cycle));
        }
        let news = |told: &mut Told, kind, account, size: u32, least: u32| {
            size >= least && told.is_news(kind, account, size, now_ms)
        };
        let middlemen = self.scatter.middlemen;
        if news(
            told,
            PatternKind::ScatterGather,
            edge.to,
            middlemen,
            TWO_SIDED_MIN,
        ) {
            let payments = with(&self.scatter.payments);
            give(PatternKind::ScatterGather, self.scatter.origin, payments);
        }
        let layered = edge.is_transfer() && self.square_count >= BIPARTITE_MIN;
        if layered
            && news(
                told,
                PatternKind::Bipartite,
                edge.to,
                self.square_count,
                BIPARTITE_MIN,
            )
        {
            let below = self
                .funding
                .funder
                .and_then(|funder| recent.ring.get(funder));
            let kind = if below.is_some_and(|below| u32::from(below.squares) >= BIPARTITE_MIN) {
                PatternKind::Stack
            } else {
                PatternKind::Bipartite
            };
            let mut payments = with(self.squares);
            if kind == PatternKind::Stack {
                payments.extend(self.funding.funder);
            }
            give(kind, edge.from, payments);
        }
        if edge.is_transfer() && edge.fast_depth + 1 >= CHAIN_MIN && self.funding.whole {
            let chain = self.whole_chain(recent);
            steps.0 += u32::try_from(chain.len()).unwrap_or(u32::MAX);
            if chain.len() >= usize::from(CHAIN_MIN) {
                let origin = chain.first().and_then(|first| recent.ring.get(*first));
                let origin = origin.map_or(edge.from, |first| first.from);
                give(PatternKind::PassThrough, origin, chain);
            }
        }
        if is_transfer(edge.channel) {
            self.stars(recent, told, steps, out);
        }
        self.conversions(recent, steps, out);
    }

    /// The chain that ends with this payment, as far back as each payment passes the one before on whole.
    fn whole_chain(&self, recent: &Recent) -> Vec<u64> {
        let mut chain = recent.chain(self.funding.funder, super::feature::CHAIN_MAX);
        chain.push(self.number);
        let whole = |pair: &[u64]| match pair {
            [earlier, later] => match (recent.ring.get(*earlier), recent.ring.get(*later)) {
                (Some(earlier), Some(later)) => is_whole(earlier.minor, later.minor),
                (None, _) | (_, None) => false,
            },
            _ => false,
        };
        let broken = chain.windows(2).rposition(|pair| !whole(pair));
        chain.split_off(broken.map_or(0, |place| place + 1))
    }

    /// Fans, gather-scatter and water rooms around the two accounts of a transfer.
    fn stars(&self, recent: &Recent, told: &mut Told, steps: &mut Steps, out: &mut Vec<Finding>) {
        let (edge, at_ms) = (self.edge, self.edge.at_ms);
        let now_ms = recent.now_ms;
        let payee = recent.account(edge.to).flows[DAY];
        if payee.payers >= FAN_MIN && !recent.is_hub(edge.to) {
            let star = recent.star_in(edge.to, at_ms, steps);
            if star.others >= FAN_MIN
                && told.is_news(PatternKind::FanIn, edge.to, star.others, now_ms)
            {
                out.extend(finding(recent, PatternKind::FanIn, edge.to, star.payments));
            }
        }
        let payer = recent.account(edge.from).flows[DAY];
        if payer.payees < TWO_SIDED_MIN || recent.is_hub(edge.from) {
            return;
        }
        let fan_out = recent.star_out(edge.from, at_ms, steps);
        let both_sided = payer.payers >= TWO_SIDED_MIN && fan_out.others >= TWO_SIDED_MIN;
        if both_sided {
            let fan_in = recent.star_in(edge.from, at_ms, steps);
            let size = fan_in.others.min(fan_out.others);
            let passed =
                fan_in.minor / 10 * 7 <= fan_out.minor && fan_out.minor / 11 * 10 <= fan_in.minor;
            let turns = self.features.from_hub_turns;
            let kind = if turns >= WATER_ROOM_MIN && self.features.from_fast_out_bp >= 5_000 {
                PatternKind::WaterRoom
            } else {
                PatternKind::GatherScatter
            };
            if size >= TWO_SIDED_MIN && passed && told.is_news(kind, edge.from, size, now_ms) {
                let payments = [fan_in.payments, fan_out.payments.clone()].concat();
                out.extend(finding(recent, kind, edge.from, payments));
            }
        }
        if fan_out.others >= FAN_MIN
            && told.is_news(PatternKind::FanOut, edge.from, fan_out.others, now_ms)
        {
            let payments = fan_out.payments;
            out.extend(finding(recent, PatternKind::FanOut, edge.from, payments));
        }
    }

    /// Money that changed its form: fund units and card sales.
    fn conversions(&self, recent: &Recent, steps: &mut Steps, out: &mut Vec<Finding>) {
        let edge = self.edge;
        if edge.channel == Channel::FundRedeem && self.features.redeemed_by_other == 1 {
            let chain = recent.chain(self.funding.funder, super::feature::CHAIN_MAX);
            // The purchase itself was paid with money that had just come in.
            if chain.len() >= 2 {
                let payments = [chain, vec![self.number]].concat();
                out.extend(finding(
                    recent,
                    PatternKind::FundLaundering,
                    edge.from,
                    payments,
                ));
            }
        }
        if edge.channel == Channel::Payout {
            let span = (edge.at_ms - SETTLEMENT_MS, edge.at_ms);
            let mut walk = recent.inflows(edge.from, span, 64);
            let hot: Vec<(u64, Edge)> = walk
                .by_ref()
                .filter(|(_, sale)| sale.channel == Channel::Pos && sale.fast_depth > 0)
                .collect();
            steps.0 += walk.steps;
            let sold = hot.iter().map(|(_, sale)| sale.minor).sum::<i64>();
            // A settlement is the sales less the acquirer's fee; the day has other sales too.
            if sold / 9 * 10 >= edge.minor && sold / 4 * 3 <= edge.minor {
                let mut payments = vec![self.number];
                for (number, sale) in hot {
                    payments.push(number);
                    payments.extend(super::edge::before(number, sale.back_funder));
                }
                out.extend(finding(
                    recent,
                    PatternKind::PosCashOut,
                    edge.from,
                    payments,
                ));
            }
        }
    }
}

/// Puts payments in order and gathers their accounts.
fn finding(
    recent: &Recent,
    kind: PatternKind,
    centre: u32,
    mut payments: Vec<u64>,
) -> Option<Finding> {
    payments.sort_unstable();
    payments.dedup();
    let mut rows: Vec<(u64, Edge)> = payments
        .into_iter()
        .filter_map(|number| Some((number, *recent.ring.get(number)?)))
        .collect();
    rows.sort_by_key(|(number, edge)| (edge.at_ms, *number));
    let mut accounts = vec![centre];
    for (_, edge) in &rows {
        for account in [edge.from, edge.to] {
            if !accounts.contains(&account) {
                accounts.push(account);
            }
        }
    }
    Some(Finding {
        kind,
        accounts,
        minor: rows
            .iter()
            .fold(0, |sum, (_, edge)| edge.minor.saturating_add(sum)),
        first_ms: rows.first()?.1.at_ms,
        last_ms: rows.last()?.1.at_ms,
        payments: rows.into_iter().map(|(number, _)| number).collect(),
    })
}
