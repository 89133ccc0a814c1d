//! Traces by line: one JSON request in, one JSON answer out.

use std::io::{self, BufRead, Read, Write};
use std::time::Duration as StdDuration;

use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use stanch_graph::{Graph, PaymentIx, Trace, TraceError, TraceRequest};
use stanch_types::plan::TraceMethod;
use stanch_types::{AccountRef, Duration, Timestamp};

use crate::ledger::Ledger;

/// Longest request line taken.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Most payments one request may name.
const PAYMENTS_MAX: usize = 10_000;

/// Longest horizon a request may ask for, in hours: ten years.
const HORIZON_H_MAX: i64 = 87_600;

/// A request for a trace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceCall<'a> {
    /// Given back as it is: a string or a number.
    #[serde(borrow, default)]
    pub id: Option<&'a RawValue>,
    /// References of the victims' payments, strings or integers, 1 to 10,000.
    pub payments: Vec<Reference>,
    /// How money is followed.
    pub method: TraceMethod,
    /// Window in hours, 1 to 87,600; 72 if not given.
    #[serde(default)]
    pub horizon_h: Option<i64>,
    /// Only payments before this instant (Unix milliseconds) count; all, if not given.
    #[serde(default)]
    pub as_of_ms: Option<i64>,
}

/// A payment's reference as a request may write it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Reference {
    /// As text.
    Text(String),
    /// As a number; the same as its decimal digits.
    Number(u64),
}

/// The answer to a [`TraceCall`].
#[derive(Debug, Serialize)]
pub struct TraceAnswer<'a> {
    /// As in the request.
    pub id: Option<&'a RawValue>,
    /// Payments that carried stolen money, in order of booking.
    pub transfers: Vec<TracedPayment>,
    /// Accounts that hold stolen money, most first.
    pub balances: Vec<TracedAccount>,
    /// CPU time of the trace itself, in microseconds.
    pub cpu_us: u64,
}

/// A payment that carried stolen money.
#[derive(Debug, Serialize)]
pub struct TracedPayment {
    /// Its reference.
    pub tx_id: String,
    /// How much of it was stolen, in minor units.
    pub stolen_minor: i64,
}

/// An account that holds stolen money.
#[derive(Debug, Serialize)]
pub struct TracedAccount {
    /// Where and which.
    #[serde(flatten)]
    pub account: AccountRef,
    /// Its whole balance, in minor units.
    pub balance_minor: i64,
    /// Stolen money in it.
    pub stolen_minor: i64,
}

/// Why a request was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TraceLineError {
    /// Stable code: `request.invalid`, `payment.not_found` or `trace.failed`.
    pub code: &'static str,
    /// What is wrong.
    pub detail: String,
}

/// How a batch went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TraceBatchReport {
    /// Requests answered with a trace.
    pub answered: u64,
    /// Requests answered with an error.
    pub failed: u64,
    /// CPU time of all traces, in microseconds.
    pub cpu_us: u64,
}

/// The same words an HTTP problem carries, kept for the `error` member.
#[derive(Serialize)]
struct Failure<'a> {
    id: Option<&'a RawValue>,
    error: TraceLineError,
}

/// The id alone, to answer a request that is otherwise wrong.
#[derive(Deserialize)]
struct IdOnly<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

/// Answers every line of `input` with one line of `output`, in order. Blank lines are passed. The whole batch sees
/// one state of the ledger.
///
/// # Errors
/// Only those of `input` and `output`; a bad request is answered with an error in its line.
pub fn trace_batch(
    ledger: &Ledger,
    mut input: impl BufRead,
    mut output: impl Write,
) -> io::Result<TraceBatchReport> {
    let graph = ledger.graph();
    let mut report = TraceBatchReport::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut input)
            .take(LINE_BYTES_MAX + 1)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        let request = line.trim_ascii();
        if request.is_empty() {
            continue;
        }
        let answer = if line.len() as u64 > LINE_BYTES_MAX {
            if !line.ends_with(b"\n") {
                pass_line(&mut input)?;
            }
            let detail = format!("the line is over {LINE_BYTES_MAX} bytes");
            Err(invalid(detail))
        } else {
            answer_trace(&graph, request)
        };
        match answer {
            Ok(answer) => {
                report.answered += 1;
                report.cpu_us += answer.cpu_us;
                serde_json::to_writer(&mut output, &answer)?;
            }
            Err(error) => {
                report.failed += 1;
                let id = serde_json::from_slice(request).map_or(None, |IdOnly { id }| id);
                serde_json::to_writer(&mut output, &Failure { id, error })?;
            }
        }
        output.write_all(b"\n")?;
    }
    output.flush()?;
    Ok(report)
}

/// Answers one request in JSON.
///
/// # Errors
/// [`TraceLineError`], to be given to whoever asked.
pub fn answer_trace<'a>(
    graph: &Graph,
    request: &'a [u8],
) -> Result<TraceAnswer<'a>, TraceLineError> {
    let call: TraceCall<'a> =
        serde_json::from_slice(request).map_err(|error| invalid(error.to_string()))?;
    let id_is_plain = call
        .id
        .is_none_or(|id| !id.get().starts_with(['{', '[', 't', 'f']));
    if !id_is_plain {
        return Err(invalid("id is neither a string nor a number"));
    }
    let request = request_of(graph, &call)?;
    let before = thread_cpu();
    let trace = graph.trace(&request).map_err(|error| failed(&error))?;
    let spent = thread_cpu().saturating_sub(before);
    let (transfers, balances) = shown(graph, &trace);
    Ok(TraceAnswer {
        id: call.id,
        transfers,
        balances,
        cpu_us: u64::try_from(spent.as_micros()).unwrap_or(u64::MAX),
    })
}

fn request_of(graph: &Graph, call: &TraceCall<'_>) -> Result<TraceRequest, TraceLineError> {
    if !(1..=PAYMENTS_MAX).contains(&call.payments.len()) {
        let detail = format!("payments names 1 to {PAYMENTS_MAX} payments");
        return Err(invalid(detail));
    }
    let hours = call.horizon_h.unwrap_or(72);
    if !(1..=HORIZON_H_MAX).contains(&hours) {
        return Err(invalid(format!("horizon_h is 1 to {HORIZON_H_MAX}")));
    }
    let payments: Vec<PaymentIx> = call
        .payments
        .iter()
        .map(|reference| find(graph, reference))
        .collect::<Result<_, _>>()?;
    Ok(TraceRequest {
        horizon: Duration::from_hours(hours),
        as_of: call.as_of_ms.map(Timestamp::from_millis),
        ..TraceRequest::new(payments, call.method)
    })
}

fn find(graph: &Graph, reference: &Reference) -> Result<PaymentIx, TraceLineError> {
    let tx_id = match reference {
        Reference::Text(text) => text.clone(),
        Reference::Number(number) => number.to_string(),
    };
    graph.find_payment(&tx_id).ok_or_else(|| {
        let named: String = tx_id.chars().take(64).collect();
        TraceLineError {
            code: "payment.not_found",
            detail: format!("payment `{named}` is not known"),
        }
    })
}

fn shown(graph: &Graph, trace: &Trace) -> (Vec<TracedPayment>, Vec<TracedAccount>) {
    let transfers = trace.transfers.iter().filter_map(|transfer| {
        Some(TracedPayment {
            tx_id: graph.payment(transfer.payment)?.tx_id.to_string(),
            stolen_minor: transfer.stolen_minor,
        })
    });
    let balances = trace.balances.iter().filter_map(|balance| {
        Some(TracedAccount {
            account: graph.account(balance.account)?.reference(),
            balance_minor: balance.balance_minor,
            stolen_minor: balance.stolen_minor,
        })
    });
    (transfers.collect(), balances.collect())
}

fn invalid(detail: impl Into<String>) -> TraceLineError {
    TraceLineError {
        code: "request.invalid",
        detail: detail.into(),
    }
}

fn failed(error: &TraceError) -> TraceLineError {
    TraceLineError {
        code: "trace.failed",
        detail: error.to_string(),
    }
}

/// CPU time of this thread; zero where the system does not tell.
fn thread_cpu() -> StdDuration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(StdDuration::ZERO, StdDuration::from)
}

fn pass_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let ahead = input.fill_buf()?;
        let end = memchr::memchr(b'\n', ahead);
        let passed = end.map_or(ahead.len(), |end| end + 1);
        input.consume(passed);
        if end.is_some() || passed == 0 {
            return Ok(());
        }
    }
}
