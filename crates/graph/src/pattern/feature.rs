//! The features of a payment: names, units, and how they are computed.

use stanch_types::Channel;

use super::recent::{Account, DAY, Recent, WINDOWS};
use super::search::{Funding, Steps};

/// One column of the feature table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// Its name, `snake_case`, unit last.
    pub name: &'static str,
    /// `count`, `minor` (minor units), `ms`, `bp` (basis points; 10,000 is the whole), or `flag` (0 or 1).
    pub unit: &'static str,
    /// What it says and over which window.
    pub says: &'static str,
}

macro_rules! features {
    ($($name:ident $unit:literal $says:literal;)*) => {
        /// What is said of one payment.
        ///
        /// Everything is as known just before the payment, at the latest booking time seen (its own, unless it is
        /// late). `from_` is the payer, `to_` the payee; windows are 1 h, 24 h, 7 d; -1 is "not known". Whole
        /// numbers only.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Features {
            $(#[doc = $says] #[doc = concat!("(", $unit, ")")] pub $name: i64,)*
        }

        /// The columns of [`Features`], in the order of [`Features::values`].
        pub const FEATURES: [Feature; FEATURE_COUNT] = [
            $(Feature { name: stringify!($name), unit: $unit, says: $says },)*
        ];

        /// How many features a payment has.
        pub const FEATURE_COUNT: usize = [$(stringify!($name)),*].len();

        impl Features {
            /// The features in the order of [`FEATURES`].
            #[must_use]
            pub const fn values(&self) -> [i64; FEATURE_COUNT] {
                [$(self.$name),*]
            }
        }
    };
}

features! {
    pair_count_24h "count" "Payments from this payer to this payee in 24 h";
    pair_count_7d "count" "Payments from this payer to this payee in 7 d";
    reverse_count_7d "count" "Payments from this payee to this payer in 7 d";
    from_in_count_1h "count" "Payments the payer received in 1 h";
    from_out_count_1h "count" "Payments the payer made in 1 h";
    from_in_minor_1h "minor" "Money the payer received in 1 h";
    from_out_minor_1h "minor" "Money the payer paid in 1 h";
    from_in_count_24h "count" "Payments the payer received in 24 h";
    from_out_count_24h "count" "Payments the payer made in 24 h";
    from_in_minor_24h "minor" "Money the payer received in 24 h";
    from_out_minor_24h "minor" "Money the payer paid in 24 h";
    from_in_count_7d "count" "Payments the payer received in 7 d";
    from_out_count_7d "count" "Payments the payer made in 7 d";
    from_in_minor_7d "minor" "Money the payer received in 7 d";
    from_out_minor_7d "minor" "Money the payer paid in 7 d";
    from_payers_24h "count" "Distinct payers of the payer in 24 h (fan-in)";
    from_payees_24h "count" "Distinct payees of the payer in 24 h (fan-out)";
    from_payers_7d "count" "Distinct payers of the payer in 7 d";
    from_payees_7d "count" "Distinct payees of the payer in 7 d";
    to_in_count_1h "count" "Payments the payee received in 1 h";
    to_out_count_1h "count" "Payments the payee made in 1 h";
    to_in_minor_1h "minor" "Money the payee received in 1 h";
    to_out_minor_1h "minor" "Money the payee paid in 1 h";
    to_in_count_24h "count" "Payments the payee received in 24 h";
    to_out_count_24h "count" "Payments the payee made in 24 h";
    to_in_minor_24h "minor" "Money the payee received in 24 h";
    to_out_minor_24h "minor" "Money the payee paid in 24 h";
    to_in_count_7d "count" "Payments the payee received in 7 d";
    to_out_count_7d "count" "Payments the payee made in 7 d";
    to_in_minor_7d "minor" "Money the payee received in 7 d";
    to_out_minor_7d "minor" "Money the payee paid in 7 d";
    to_payers_24h "count" "Distinct payers of the payee in 24 h (fan-in)";
    to_payees_24h "count" "Distinct payees of the payee in 24 h (fan-out)";
    to_payers_7d "count" "Distinct payers of the payee in 7 d";
    to_payees_7d "count" "Distinct payees of the payee in 7 d";
    from_seen_ms "ms" "Time since the payer was first seen";
    from_since_in_ms "ms" "Time since the payer last received";
    from_since_out_ms "ms" "Time since the payer last paid";
    from_in_count "count" "Payments the payer received, ever";
    from_out_count "count" "Payments the payer made, ever";
    from_out_max_minor "minor" "The largest payment the payer made, ever";
    from_in_max_minor "minor" "The largest payment the payer received, ever";
    from_fast_out_count "count" "Payments by which the payer passed money on within 2 h, ever";
    from_fast_in_count "count" "Payments the payer received that were money passed on within 2 h, ever";
    from_fast_out_bp "bp" "Share of the payer's payments that passed money on within 2 h, ever";
    to_seen_ms "ms" "Time since the payee was first seen";
    to_since_in_ms "ms" "Time since the payee last received";
    to_since_out_ms "ms" "Time since the payee last paid";
    to_in_count "count" "Payments the payee received, ever";
    to_out_count "count" "Payments the payee made, ever";
    to_out_max_minor "minor" "The largest payment the payee made, ever";
    to_in_max_minor "minor" "The largest payment the payee received, ever";
    to_fast_out_count "count" "Payments by which the payee passed money on within 2 h, ever";
    to_fast_in_count "count" "Payments the payee received that were money passed on within 2 h, ever";
    to_fast_out_bp "bp" "Share of the payee's payments that passed money on within 2 h, ever";
    from_above_low_minor "minor" "The payer's balance above its lowest known";
    to_above_low_minor "minor" "The payee's balance above its lowest known";
    drain_bp "bp" "This payment as a share of the payer's balance above its lowest known, at most 20,000";
    from_out_mean_bp "bp" "This payment as a share of the payer's mean payment of 7 d, at most 1,000,000";
    to_in_mean_bp "bp" "This payment as a share of the payee's mean receipt of 7 d, at most 1,000,000";
    from_through_bp "bp" "Out over in of the payer in 24 h, at most 20,000 (water room near 10,000)";
    to_through_bp "bp" "Out over in of the payee in 24 h, at most 20,000";
    from_hub_turns "count" "The lesser of payments in and out of the payer in 24 h (water room)";
    to_hub_turns "count" "The lesser of payments in and out of the payee in 24 h (water room)";
    funder_age_ms "ms" "Age of the inflow that most plausibly funded this payment: 24 h, redemptions 7 d, settlements 36 h";
    funder_share_bp "bp" "This payment as a share of that inflow, at most 20,000";
    funder_whole "flag" "This payment passes on 90 to 100 % of that inflow";
    funder_gathered "count" "Latest inflows that together covered this payment; 1 if one did";
    chain_depth "count" "Payments in the chain of funders behind this payment";
    chain_fast_depth "count" "Payments in the chain of funders, each passed on within 2 h";
    chain_ms "ms" "Time since the first payment of the chain of funders (at most 12 payments back)";
    chain_kept_bp "bp" "This payment as a share of the first of that chain, at most 20,000";
    origin_out_mean_bp "bp" "That first payment as a share of the largest its payer ever made, at most 20,000";
    origin_fast_out_bp "bp" "Share of the payments of that first payer that passed money on within 2 h, ever";
    scatter_middlemen "count" "Middlemen between one origin and the payee in 24 h, the payer included";
    scatter_minor "minor" "Money that came in through those middlemen";
    gather_scatter "count" "The lesser of distinct payers and payees of the payer in 24 h";
    cycle_hops "count" "Payments of the shortest cycle this payment closes in 24 h, amounts kept; 0 if none";
    cycle_kept_bp "bp" "This payment as a share of the first of that cycle";
    cycle_ms "ms" "Time since the first payment of that cycle";
    squares "count" "Four-cycles (two payers, two payees, transfers, 24 h) this payment closes (bipartite)";
    funder_squares "count" "Four-cycles that the funding inflow closed (stack)";
    payers_fast_bp "bp" "Mean share, among the last 6 payers of the payee, of payments that passed money on";
    payees_fast_bp "bp" "Mean share, among the last 6 payees of the payee, of payments that passed money on";
    from_payers_fast_bp "bp" "Mean share, among the last 6 payers of the payer, of payments that passed money on";
    from_payees_fast_bp "bp" "Mean share, among the last 6 payees of the payer, of payments that passed money on";
    redeemed_by_other "flag" "Fund units are redeemed to another account than the one that bought them";
    settled_hot_bp "bp" "Share of the payee's inflows, ever, that were money passed on within 2 h (POS cash-out)";
    late_ms "ms" "How long after the latest booking time seen this payment is booked; 0 in order";
}

/// `part` of `whole` in basis points, at most `most`; -1 without a whole.
fn bp(part: i64, whole: i64, most: i64) -> i64 {
    if whole <= 0 {
        return -1;
    }
    let share = i128::from(part) * 10_000 / i128::from(whole);
    i64::try_from(share).unwrap_or(most).clamp(0, most)
}

/// Time since `at_ms`, -1 if `known` is not.
fn since(now_ms: i64, at_ms: i64, known: bool) -> i64 {
    if known { (now_ms - at_ms).max(0) } else { -1 }
}

/// Shares are capped at twice the whole where more says nothing further.
const SHARE_MAX: i64 = 20_000;
const MEAN_SHARE_MAX: i64 = 1_000_000;
/// Neighbours whose habits are looked at.
const NEIGHBOURS_MAX: u32 = 6;

fn fast_bp(account: &Account) -> i64 {
    bp(
        i64::from(account.fast_out),
        i64::from(account.out_count),
        10_000,
    )
}

/// What is said of one of the two accounts.
struct Side {
    counts: [[i64; 4]; WINDOWS],
    partners: [i64; 4],
    life: [i64; 10],
}

impl Side {
    fn of(account: &Account, now_ms: i64) -> Self {
        let [_, day, week] = account.flows;
        Self {
            counts: account.flows.map(|flow| {
                let counts = [flow.in_count, flow.out_count].map(i64::from);
                [counts[0], counts[1], flow.in_minor, flow.out_minor]
            }),
            partners: [day.payers, day.payees, week.payers, week.payees].map(i64::from),
            life: [
                since(now_ms, account.first_ms, !account.is_new()),
                since(now_ms, account.last_in_ms, account.in_count > 0),
                since(now_ms, account.last_out_ms, account.out_count > 0),
                i64::from(account.in_count),
                i64::from(account.out_count),
                account.out_max,
                account.in_max,
                i64::from(account.fast_out),
                i64::from(account.fast_in),
                fast_bp(account),
            ],
        }
    }
}

impl Features {
    pub(super) fn set_accounts(&mut self, from: &Account, to: &Account, now_ms: i64, minor: i64) {
        let side = Side::of(from, now_ms);
        let [hour, day, week] = side.counts;
        [
            self.from_in_count_1h,
            self.from_out_count_1h,
            self.from_in_minor_1h,
            self.from_out_minor_1h,
        ] = hour;
        [
            self.from_in_count_24h,
            self.from_out_count_24h,
            self.from_in_minor_24h,
            self.from_out_minor_24h,
        ] = day;
        [
            self.from_in_count_7d,
            self.from_out_count_7d,
            self.from_in_minor_7d,
            self.from_out_minor_7d,
        ] = week;
        [
            self.from_payers_24h,
            self.from_payees_24h,
            self.from_payers_7d,
            self.from_payees_7d,
        ] = side.partners;
        [
            self.from_seen_ms,
            self.from_since_in_ms,
            self.from_since_out_ms,
            self.from_in_count,
            self.from_out_count,
            self.from_out_max_minor,
            self.from_in_max_minor,
            self.from_fast_out_count,
            self.from_fast_in_count,
            self.from_fast_out_bp,
        ] = side.life;
        self.set_payee(to, now_ms);
        self.set_shares(from, to, minor);
    }

    fn set_payee(&mut self, to: &Account, now_ms: i64) {
        let side = Side::of(to, now_ms);
        let [hour, day, week] = side.counts;
        [
            self.to_in_count_1h,
            self.to_out_count_1h,
            self.to_in_minor_1h,
            self.to_out_minor_1h,
        ] = hour;
        [
            self.to_in_count_24h,
            self.to_out_count_24h,
            self.to_in_minor_24h,
            self.to_out_minor_24h,
        ] = day;
        [
            self.to_in_count_7d,
            self.to_out_count_7d,
            self.to_in_minor_7d,
            self.to_out_minor_7d,
        ] = week;
        [
            self.to_payers_24h,
            self.to_payees_24h,
            self.to_payers_7d,
            self.to_payees_7d,
        ] = side.partners;
        [
            self.to_seen_ms,
            self.to_since_in_ms,
            self.to_since_out_ms,
            self.to_in_count,
            self.to_out_count,
            self.to_out_max_minor,
            self.to_in_max_minor,
            self.to_fast_out_count,
            self.to_fast_in_count,
            self.to_fast_out_bp,
        ] = side.life;
    }

    fn set_shares(&mut self, from: &Account, to: &Account, minor: i64) {
        let (from_day, to_day) = (from.flows[DAY], to.flows[DAY]);
        let [_, _, from_week] = from.flows;
        let [_, _, to_week] = to.flows;
        self.from_above_low_minor = from.above_low();
        self.to_above_low_minor = to.above_low();
        self.drain_bp = bp(minor, from.above_low(), SHARE_MAX);
        let count = i64::from(from_week.out_count);
        self.from_out_mean_bp = bp(
            minor.saturating_mul(count),
            from_week.out_minor,
            MEAN_SHARE_MAX,
        );
        let count = i64::from(to_week.in_count);
        self.to_in_mean_bp = bp(
            minor.saturating_mul(count),
            to_week.in_minor,
            MEAN_SHARE_MAX,
        );
        self.from_through_bp = bp(from_day.out_minor, from_day.in_minor, SHARE_MAX);
        self.to_through_bp = bp(to_day.out_minor, to_day.in_minor, SHARE_MAX);
        self.from_hub_turns = i64::from(from_day.in_count.min(from_day.out_count));
        self.to_hub_turns = i64::from(to_day.in_count.min(to_day.out_count));
        self.gather_scatter = i64::from(from_day.payers.min(from_day.payees));
        self.settled_hot_bp = bp(i64::from(to.fast_in), i64::from(to.in_count), 10_000);
    }

    pub(super) fn set_funding(
        &mut self,
        funding: &Funding,
        recent: &Recent,
        (at_ms, minor): (i64, i64),
        steps: &mut Steps,
    ) {
        let Some(edge) = funding.funder.and_then(|funder| recent.ring.get(funder)) else {
            self.funder_age_ms = -1;
            self.funder_share_bp = -1;
            self.chain_ms = -1;
            self.chain_kept_bp = -1;
            self.origin_out_mean_bp = -1;
            self.origin_fast_out_bp = -1;
            return;
        };
        self.funder_age_ms = funding.age_ms;
        self.funder_share_bp = bp(minor, funding.minor, SHARE_MAX);
        self.funder_whole = i64::from(funding.whole);
        self.funder_gathered = i64::from(funding.gathered);
        self.chain_depth = i64::from(funding.depth);
        self.chain_fast_depth = i64::from(funding.fast_depth);
        self.funder_squares = i64::from(edge.squares);
        let chain = recent.chain(funding.funder, CHAIN_MAX);
        steps.0 += u32::try_from(chain.len()).unwrap_or(u32::MAX);
        if let Some(first) = chain.first().and_then(|first| recent.ring.get(*first)) {
            self.chain_ms = at_ms - first.at_ms;
            self.chain_kept_bp = bp(minor, first.minor, SHARE_MAX);
            let origin = recent.account(first.from);
            self.origin_out_mean_bp = bp(first.minor, origin.out_max, SHARE_MAX);
            self.origin_fast_out_bp = fast_bp(&origin);
        }
    }

    pub(super) fn set_neighbours(
        &mut self,
        recent: &Recent,
        (from, to): (u32, u32),
        steps: &mut Steps,
    ) {
        let all = (i64::MIN, i64::MAX);
        let mut mean = |walk: super::search::Walk<'_>, payers: bool, not: u32| {
            let (mut sum, mut count) = (0, 0);
            let mut walk = walk;
            for (_, edge) in walk.by_ref() {
                let other = if payers { edge.from } else { edge.to };
                let share = fast_bp(&recent.account(other));
                if other != not && share >= 0 {
                    sum += share;
                    count += 1;
                }
            }
            steps.0 += walk.steps;
            if count == 0 { -1 } else { sum / count }
        };
        let most = NEIGHBOURS_MAX;
        self.payers_fast_bp = mean(recent.inflows(to, all, most), true, from);
        self.payees_fast_bp = mean(recent.outflows(to, all, most), false, from);
        self.from_payers_fast_bp = mean(recent.inflows(from, all, most), true, to);
        self.from_payees_fast_bp = mean(recent.outflows(from, all, most), false, to);
    }

    pub(super) fn set_redemption(&mut self, channel: Channel, payee: u32, buyer: Option<u32>) {
        let other = channel == Channel::FundRedeem && buyer.is_some_and(|buyer| buyer != payee);
        self.redeemed_by_other = i64::from(other);
    }
}

/// Longest chain of funders that is walked.
pub(super) const CHAIN_MAX: usize = 12;
