//! What one case's money left in every account, in the form the streaming ledger goes on from.

use std::ops::Range;

use stanch_types::AccountKind;

use super::walk::{Ends, Holder, Start, walk};
use super::{Fifo, ProRata, TraceRequest};
use crate::{AccountIx, Graph, TraceError};

/// How a case's stolen money came to one account, first in, first out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrivals {
    pub(crate) received_minor: i64,
    pub(crate) tier: u32,
    pub(crate) last_ms: i64,
}

/// Where a case's money is after every payment of the graph.
#[derive(Debug)]
pub(crate) struct Holdings {
    /// First millisecond at which payments carry no label on.
    pub(crate) labels_end_ms: i64,
    /// Accounts reached first in, first out, with the positions still held; cash holds none.
    pub(crate) lots: Vec<(AccountIx, Arrivals, Vec<Range<i64>>)>,
    /// Accounts reached pro rata, with the share still held; 0 for cash.
    pub(crate) shares: Vec<(AccountIx, i64)>,
}

/// Follows a case by both rules.
///
/// # Errors
/// [`TraceError`].
pub(crate) fn holdings(
    graph: &Graph,
    request: &TraceRequest,
    ends: Ends<'_>,
) -> Result<Holdings, TraceError> {
    let start = Start::of(graph, request)?;
    let by_lot = walk(graph, &start, Fifo, ends)?;
    let rule = ProRata {
        min_minor: request.haircut_min_minor,
    };
    let by_share = walk(graph, &start, rule, ends)?;
    Ok(Holdings {
        labels_end_ms: start.labels_end_ms,
        lots: by_lot
            .holders
            .into_iter()
            .map(|holder| {
                let used = graph
                    .history(holder.account)
                    .standing_at_end()
                    .outflow_minor;
                let held = holder.stock.0.iter();
                let held = held
                    .map(|lot| lot.start.max(used)..lot.end)
                    .filter(|lot| !lot.is_empty())
                    .collect();
                (holder.account, arrivals(&holder), held)
            })
            .collect(),
        shares: by_share
            .holders
            .into_iter()
            .map(|holder| {
                let is_cash = holder.kind == AccountKind::Cash;
                (holder.account, if is_cash { 0 } else { holder.stock })
            })
            .collect(),
    })
}

fn arrivals<S>(holder: &Holder<S>) -> Arrivals {
    Arrivals {
        received_minor: holder.received_minor,
        tier: holder.tier,
        last_ms: holder.last_arrival_ms,
    }
}
