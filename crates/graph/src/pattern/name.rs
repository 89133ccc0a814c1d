//! Names the pattern of a given set of payments by its structure alone: amounts and currencies may change from hop to
//! hop, times may be coarse.

use std::collections::{BTreeMap, BTreeSet};

use super::{PatternKind, PatternPayment};

/// Payments in and out of each account of a connected part.
struct Part {
    /// Distinct (payer, payee), by first booking time.
    edges: Vec<(u32, u32)>,
    payees: BTreeMap<u32, Vec<u32>>,
    payers: BTreeMap<u32, Vec<u32>>,
    /// Whether an account that every payment touches also paid itself: it gathers, and it pays out.
    pays_itself: bool,
}

/// The kind of pattern that `payments` form, if they form any.
///
/// Each connected part is named; the set has the name that most of its payments have, ties to the larger part's.
/// Parts that are all single payments or stars of one shape are one layer ([`PatternKind::Bipartite`]), and parts
/// that are all chains of two payments are two ([`PatternKind::Stack`]). Only names that structure can tell are
/// given: fans, scatter-gather, gather-scatter, cycle, bipartite, stack, random (a chain of three or more payments
/// that does not return). O(n log n) in payments.
#[must_use]
pub fn name_pattern(payments: &[PatternPayment]) -> Option<PatternKind> {
    let parts = split(payments);
    let mut names: BTreeMap<PatternKind, (usize, usize)> = BTreeMap::new();
    for part in &parts {
        let name = part.name(parts.len());
        let (sum, largest) = names.entry(name).or_default();
        *sum += part.edges.len();
        *largest = part.edges.len().max(*largest);
    }
    let (name, _) = names.into_iter().max_by_key(|(_, weight)| *weight)?;
    Some(name)
}

fn split(payments: &[PatternPayment]) -> Vec<Part> {
    let mut payments = payments.to_vec();
    payments.sort_by_key(|payment| payment.at_ms);
    let mut edges: Vec<(u32, u32)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut themselves = BTreeSet::new();
    let mut parents: BTreeMap<u32, u32> = BTreeMap::new();
    for payment in &payments {
        let (from, to) = (payment.from, payment.to);
        if from == to {
            themselves.insert(from);
            continue;
        }
        if !seen.insert((from, to)) {
            continue;
        }
        edges.push((from, to));
        let (a, b) = (root(&mut parents, from), root(&mut parents, to));
        parents.insert(a.max(b), a.min(b));
    }
    let mut parts: BTreeMap<u32, Part> = BTreeMap::new();
    for (from, to) in edges {
        let part = parts
            .entry(root(&mut parents, from))
            .or_insert_with(|| Part {
                edges: Vec::new(),
                payees: BTreeMap::new(),
                payers: BTreeMap::new(),
                pays_itself: false,
            });
        part.edges.push((from, to));
        part.payees.entry(from).or_default().push(to);
        part.payers.entry(to).or_default().push(from);
    }
    for part in parts.values_mut() {
        let everywhere = |account: &u32| {
            let touches = |(from, to): &(u32, u32)| from == account || to == account;
            part.edges.iter().all(touches)
        };
        part.pays_itself = themselves.iter().any(everywhere);
    }
    parts.into_values().collect()
}

fn root(parents: &mut BTreeMap<u32, u32>, account: u32) -> u32 {
    let mut top = account;
    while let Some(parent) = parents.get(&top).copied().filter(|parent| *parent != top) {
        top = parent;
    }
    parents.insert(account, top);
    top
}

impl Part {
    /// `parts` is how many parts the whole set has.
    fn name(&self, parts: usize) -> PatternKind {
        let count = self.edges.len();
        let (payers, payees) = (self.payees.len(), self.payers.len());
        let through = self
            .payees
            .keys()
            .filter(|account| self.payers.contains_key(account))
            .count();
        let in_max = self.payers.values().map(Vec::len).max().unwrap_or(0);
        let out_max = self.payees.values().map(Vec::len).max().unwrap_or(0);
        if self.pays_itself {
            return PatternKind::GatherScatter;
        }
        if count == 1 {
            return PatternKind::Bipartite;
        }
        if through == 0 {
            return match (payers, payees) {
                (1, _) => PatternKind::FanOut,
                (_, 1) => PatternKind::FanIn,
                (_, _) => PatternKind::Bipartite,
            };
        }
        if let Some(kind) = self.around_one(in_max, out_max) {
            return kind;
        }
        if in_max == 1 && out_max == 1 {
            return self.line(count, through, parts);
        }
        if self.meets() {
            return PatternKind::ScatterGather;
        }
        self.layered()
    }

    /// A line or a ring of single payments.
    fn line(&self, count: usize, through: usize, parts: usize) -> PatternKind {
        if through == count {
            return if count == 2 && parts > 1 {
                PatternKind::Stack
            } else {
                PatternKind::Cycle
            };
        }
        // One chain alone has no layers.
        if count == 2 && parts > 1 {
            PatternKind::Stack
        } else {
            PatternKind::Random
        }
    }

    /// One account in every payment, that both receives and pays, with more than one partner on a side.
    fn around_one(&self, in_max: usize, out_max: usize) -> Option<PatternKind> {
        if in_max < 2 && out_max < 2 {
            return None;
        }
        let centre = self.payees.keys().copied().find(|centre| {
            self.edges
                .iter()
                .all(|(from, to)| from == centre || to == centre)
        })?;
        let gathers = self.payers.get(&centre).map_or(0, Vec::len);
        let scatters = self.payees.get(&centre).map_or(0, Vec::len);
        Some(match (gathers, scatters) {
            (0, _) => PatternKind::FanOut,
            (_, 0) => PatternKind::FanIn,
            (_, _) => PatternKind::GatherScatter,
        })
    }

    /// Two accounts, origin and collector, such that most payments leave the one or reach the other through the same
    /// middlemen.
    fn meets(&self) -> bool {
        let origin = self.payees.iter().max_by_key(|(_, payees)| payees.len());
        let collector = self.payers.iter().max_by_key(|(_, payers)| payers.len());
        let (Some((origin, payees)), Some((collector, payers))) = (origin, collector) else {
            return false;
        };
        let shared = payees.iter().filter(|payee| payers.contains(payee)).count();
        origin != collector && shared >= 2 && 4 * shared >= self.edges.len()
    }

    /// A stack has a middle layer that both receives and pays; what is left is told by its widest side.
    fn layered(&self) -> PatternKind {
        let sources = self
            .payees
            .keys()
            .filter(|account| !self.payers.contains_key(account))
            .count();
        let sinks = self
            .payers
            .keys()
            .filter(|account| !self.payees.contains_key(account))
            .count();
        let returns = sources == 0 || sinks == 0;
        let longest = self.longest();
        match (returns, longest) {
            (true, _) => PatternKind::Cycle,
            (false, 0..=2) => PatternKind::Stack,
            (false, _) => PatternKind::Random,
        }
    }

    /// Payments of the longest walk from a source, at most one more than the accounts there are.
    fn longest(&self) -> usize {
        let mut depth: BTreeMap<u32, usize> = BTreeMap::new();
        for _ in 0..=self.edges.len().min(32) {
            for (from, to) in &self.edges {
                let next = depth.get(from).copied().unwrap_or(0) + 1;
                let known = depth.entry(*to).or_insert(0);
                *known = next.max(*known);
            }
        }
        depth.into_values().max().unwrap_or(0)
    }
}
