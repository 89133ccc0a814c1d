//! Laundering patterns in a stream of payments: a fixed row of features for each payment, and a finding when a payment
//! completes a pattern.
//!
//! [`PatternEngine`] takes payments in order of booking (time, then reference) by dense account numbers. Its invariants:
//! - rows and findings are a function of the payments and their order alone: not of batches, hashes or restarts
//!   ([`PatternEngine::snapshot`]); whole numbers only;
//! - hard budget: at most [`PatternEngine::STEPS_MAX`] remembered payments and pairs are looked at for one payment,
//!   whatever the graph; upkeep is one step into and one out of each window for each payment;
//! - bounded memory: what left the widest window (seven days) is forgotten; an account keeps a fixed record.
//!
//! A payment booked before one already taken is *late*. It is counted in every window that still holds its booking
//! time, takes part in searches at its booking time, and leaves windows when it would have; its own row is as of the
//! clock, which is the latest booking time seen. Older than seven days, it counts for lifetimes only. Rows given out
//! before are not changed.

mod edge;
mod feature;
mod finding;
mod motif;
mod name;
mod recent;
mod search;
mod snapshot;
mod stream;
#[cfg(test)]
mod tests;

use stanch_types::Channel;

use edge::{Edge, distance};
pub use feature::{FEATURE_COUNT, FEATURES, Feature, Features};
pub use finding::{Finding, PatternKind};
use finding::{Found, Told};
use motif::{Ahead, Scatter};
pub use name::name_pattern;
use recent::Recent;
use search::{Funding, Steps, Visit};
pub use snapshot::BadSnapshot;
pub use stream::PatternStream;

/// A payment as the engine takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatternPayment {
    /// When it was booked, in Unix milliseconds.
    pub at_ms: i64,
    /// Dense number of the paying account.
    pub from: u32,
    /// Dense number of the receiving account.
    pub to: u32,
    /// How much, in minor units; at least 1.
    pub minor: i64,
    /// How it was paid.
    pub channel: Channel,
}

/// Features and findings of a stream of payments. See the module's documentation.
#[derive(Debug, Default)]
pub struct PatternEngine {
    recent: Recent,
    told: Told,
    visits: Vec<Visit>,
    squares: Vec<u64>,
    steps_last: u32,
}

/// What [`PatternEngine::look`] found.
struct Seen {
    features: Features,
    funding: Funding,
    scatter: Scatter,
    cycle: Vec<u64>,
    square_count: u32,
}

/// Memory in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatternMemory {
    /// Payments remembered.
    pub payments: usize,
    /// Bytes that grow with them.
    pub payment_bytes: usize,
    /// Accounts known.
    pub accounts: usize,
    /// Bytes that grow with them.
    pub account_bytes: usize,
}

impl PatternEngine {
    /// Most steps for one payment: 32 of funding, 12 of its chain twice, 192 of cycles, 176 of scatter-gather, 80 of
    /// four-cycles, 24 neighbours, 288 of stars, 64 of settlements, with room.
    pub const STEPS_MAX: u32 = 1_024;

    /// An engine that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next payment; findings are added to `findings`.
    pub fn observe(&mut self, payment: &PatternPayment, findings: &mut Vec<Finding>) -> Features {
        let mut steps = Steps::default();
        self.recent.advance(payment.at_ms);
        self.told.advance(self.recent.now_ms);
        let seen = self.look(payment, &mut steps);
        let funder = seen.funding.funder;
        let edge = Edge {
            at_ms: payment.at_ms,
            minor: payment.minor,
            from: payment.from,
            to: payment.to,
            back_in: 0,
            back_out: 0,
            back_funder: distance(self.recent.ring.next(), funder),
            depth: seen.funding.depth,
            fast_depth: seen.funding.fast_depth,
            squares: u8::try_from(seen.square_count).unwrap_or(u8::MAX),
            channel: payment.channel,
            late: false,
        };
        let number = self.recent.enter(edge);
        let found = Found {
            number,
            edge,
            features: &seen.features,
            funding: seen.funding,
            scatter: seen.scatter,
            cycle: seen.cycle,
            squares: &self.squares,
            square_count: seen.square_count,
        };
        found.tell(&self.recent, &mut self.told, &mut steps, findings);
        self.steps_last = steps.0;
        debug_assert!(steps.0 <= Self::STEPS_MAX, "over budget: {}", steps.0);
        seen.features
    }

    /// What is known just before a payment.
    fn look(&mut self, payment: &PatternPayment, steps: &mut Steps) -> Seen {
        let PatternPayment {
            at_ms,
            from,
            to,
            minor,
            channel,
        } = *payment;
        let recent = &self.recent;
        let (pair, reverse) = (recent.pair(from, to), recent.pair(to, from));
        let mut features = Features {
            pair_count_24h: i64::from(pair.day),
            pair_count_7d: i64::from(pair.week),
            reverse_count_7d: i64::from(reverse.week),
            late_ms: recent.now_ms - at_ms,
            ..Features::default()
        };
        let (payer, payee) = (recent.account(from), recent.account(to));
        features.set_accounts(&payer, &payee, recent.now_ms, minor);
        let funding = recent.funding(from, at_ms, minor, channel, steps);
        features.set_funding(&funding, recent, (at_ms, minor), steps);
        features.set_neighbours(recent, (from, to), steps);
        let cycle = recent.cycle((from, to), at_ms, minor, &mut self.visits, steps);
        if let Some(first) = cycle.first().and_then(|first| recent.ring.get(*first)) {
            features.cycle_hops = i64::try_from(cycle.len() + 1).unwrap_or(i64::MAX);
            features.cycle_kept_bp = minor.saturating_mul(10_000) / first.minor.max(1);
            features.cycle_ms = at_ms - first.at_ms;
        }
        let ahead = Ahead {
            from,
            to,
            at_ms,
            minor,
        };
        self.squares.clear();
        let (mut scatter, mut square_count) = (Scatter::default(), 0);
        if edge::is_transfer(channel) {
            scatter = recent.scatter_gather(ahead, steps);
            square_count = recent.squares(ahead, &mut self.squares, steps);
        }
        features.scatter_middlemen = i64::from(scatter.middlemen);
        features.scatter_minor = scatter.minor;
        features.squares = i64::from(square_count);
        let buyer = funding.funder.and_then(|funder| recent.ring.get(funder));
        features.set_redemption(channel, to, buyer.map(|buyer| buyer.from));
        Seen {
            features,
            funding,
            scatter,
            cycle,
            square_count,
        }
    }

    /// Steps that the last payment took.
    #[must_use]
    pub const fn steps_last(&self) -> u32 {
        self.steps_last
    }

    /// How many payments were taken; the next one has this number.
    #[must_use]
    pub fn payment_count(&self) -> u64 {
        self.recent.ring.next()
    }

    /// Memory in use.
    #[must_use]
    pub fn memory(&self) -> PatternMemory {
        let (payment_bytes, account_bytes) = self.recent.bytes_used();
        PatternMemory {
            payments: self.recent.ring.len(),
            payment_bytes,
            accounts: self.recent.accounts.len(),
            account_bytes,
        }
    }
}
