//! Payments of the last seven days, in order of arrival, each linked to the one before it at both of its accounts.

use std::collections::VecDeque;

use stanch_types::Channel;

/// A payment as remembered: 56 bytes, linked backwards by distances so that the ring can lose its old end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub at_ms: i64,
    pub minor: i64,
    pub from: u32,
    pub to: u32,
    /// How many payments back the receiver's previous inflow arrived; 0 if it had none.
    pub back_in: u32,
    /// How many payments back the payer's previous outflow arrived; 0 if it had none.
    pub back_out: u32,
    /// How many payments back the inflow that most plausibly funded this payment arrived; 0 if none did.
    pub back_funder: u32,
    /// Payments in the chain of funders behind this one.
    pub depth: u8,
    /// The same, counting only what was passed on within [`super::search::FAST_MS`].
    pub fast_depth: u8,
    /// Four-cycles (two payers, two payees) that this payment closed, at most 255.
    pub squares: u8,
    pub channel: Channel,
    /// It arrived after a payment that was booked later.
    pub late: bool,
}

impl Edge {
    /// Whether it is a plain movement between accounts, as opposed to shopping, cash, wages or funds.
    pub fn is_transfer(&self) -> bool {
        is_transfer(self.channel)
    }
}

/// See [`Edge::is_transfer`].
pub(super) fn is_transfer(channel: Channel) -> bool {
    match channel {
        Channel::Transfer | Channel::Other => true,
        Channel::QrPay
        | Channel::Pos
        | Channel::B2b
        | Channel::Bill
        | Channel::Salary
        | Channel::AtmWithdraw
        | Channel::AtmDeposit
        | Channel::Payout
        | Channel::FundPurchase
        | Channel::FundRedeem => false,
    }
}

/// The remembered payments. A payment's number is its place in the whole stream, from 0.
#[derive(Debug, Default)]
pub(super) struct Ring {
    edges: VecDeque<Edge>,
    /// Number of the oldest one remembered.
    base: u64,
}

impl Ring {
    /// The number that the next payment gets.
    pub fn next(&self) -> u64 {
        self.base + self.edges.len() as u64
    }

    pub fn base(&self) -> u64 {
        self.base
    }

    pub fn len(&self) -> usize {
        self.edges.len()
    }

    pub fn get(&self, number: u64) -> Option<&Edge> {
        let place = number.checked_sub(self.base)?;
        self.edges.get(usize::try_from(place).ok()?)
    }

    pub fn push(&mut self, edge: Edge) {
        self.edges.push_back(edge);
    }

    pub fn pop(&mut self) {
        if self.edges.pop_front().is_some() {
            self.base += 1;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (u64, &Edge)> {
        (self.base..).zip(self.edges.iter())
    }

    pub fn restored(base: u64, edges: VecDeque<Edge>) -> Self {
        Self { edges, base }
    }

    pub fn bytes_used(&self) -> usize {
        self.edges.capacity() * size_of::<Edge>()
    }
}

/// The payment `back` places before `number`, if there is one.
pub(super) fn before(number: u64, back: u32) -> Option<u64> {
    if back == 0 {
        return None;
    }
    number.checked_sub(u64::from(back))
}

/// The distance from `number` back to `earlier`, 0 when there is none or it is too far to matter.
pub(super) fn distance(number: u64, earlier: Option<u64>) -> u32 {
    earlier
        .and_then(|earlier| u32::try_from(number - earlier).ok())
        .unwrap_or(0)
}
