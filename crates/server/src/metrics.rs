//! Metrics: every name is here.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::error::ServeError;

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Requests by route, method and status.
    HttpRequests,
    /// Seconds a request took, by route.
    HttpSeconds,
    /// Live feeds open now.
    FeedClients,
    /// Jobs in the queue by state.
    Jobs,
    /// Jobs run, by kind and result (`done`, `retried`, `buried`).
    JobsRun,
    /// Orders by state.
    Orders,
    /// Payments in the ledger.
    LedgerPayments,
    /// Memory of the payment graph in bytes.
    LedgerBytes,
    /// Failed sign-ins.
    SignInFailures,
    /// Events decided since the start, by decision.
    DecisionsMade,
    /// Seconds a single event took from its arrival to its answer.
    DecideSeconds,
    /// Events waiting to be decided.
    DecideWaiting,
    /// Events answered with their fallback since the start.
    DecideLate,
    /// Alarms about shares of decisions since the start.
    DecideAlarms,
    /// Money of the last 90 days by what became of it (`prevented`, `intercepted`, `stopped`, `frozen`, `returned`) and currency.
    Money,
    /// Seconds from a case's opening to money held, of the last 90 days, by quantile.
    HeldWithin,
}

/// Buckets of request times in seconds.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();

impl Metric {
    /// Every metric.
    pub const ALL: &'static [Self] = &[
        Self::HttpRequests,
        Self::HttpSeconds,
        Self::FeedClients,
        Self::Jobs,
        Self::JobsRun,
        Self::Orders,
        Self::LedgerPayments,
        Self::LedgerBytes,
        Self::SignInFailures,
        Self::DecisionsMade,
        Self::DecideSeconds,
        Self::DecideWaiting,
        Self::DecideLate,
        Self::DecideAlarms,
        Self::Money,
        Self::HeldWithin,
    ];

    /// The metric's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HttpRequests => "stanch_http_requests_total",
            Self::HttpSeconds => "stanch_http_request_duration_seconds",
            Self::FeedClients => "stanch_feed_clients",
            Self::Jobs => "stanch_jobs",
            Self::JobsRun => "stanch_jobs_run_total",
            Self::Orders => "stanch_orders",
            Self::LedgerPayments => "stanch_ledger_payments",
            Self::LedgerBytes => "stanch_ledger_bytes",
            Self::SignInFailures => "stanch_sign_in_failures_total",
            Self::DecisionsMade => "stanch_decisions",
            Self::DecideSeconds => "stanch_decide_duration_seconds",
            Self::DecideWaiting => "stanch_decide_waiting",
            Self::DecideLate => "stanch_decide_late",
            Self::DecideAlarms => "stanch_decide_alarms",
            Self::Money => "stanch_money_minor",
            Self::HeldWithin => "stanch_held_within_seconds",
        }
    }

    /// What it tells.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::HttpRequests => "requests by route, method and status",
            Self::HttpSeconds => "seconds a request took, by route",
            Self::FeedClients => "live feeds open now",
            Self::Jobs => "jobs in the queue by state",
            Self::JobsRun => "jobs run, by kind and result",
            Self::Orders => "orders by state",
            Self::LedgerPayments => "payments in the ledger",
            Self::LedgerBytes => "memory of the payment graph in bytes",
            Self::SignInFailures => "failed sign-ins",
            Self::DecisionsMade => "events decided since the start, by decision",
            Self::DecideSeconds => "seconds a single event took from its arrival to its answer",
            Self::DecideWaiting => "events waiting to be decided",
            Self::DecideLate => "events answered with their fallback since the start",
            Self::Money => {
                "money of the last 90 days in minor units, by what became of it and currency; never to be added up"
            }
            Self::HeldWithin => {
                "seconds from a case's opening to money held, of the last 90 days, by quantile"
            }
            Self::DecideAlarms => "alarms about shares of decisions that moved, since the start",
        }
    }

    /// Adds one.
    pub fn count(self, labels: &[(&'static str, String)]) {
        metrics::counter!(self.name(), labels).increment(1);
    }

    /// Adds a value to the histogram.
    pub fn observe(self, value: f64, labels: &[(&'static str, String)]) {
        metrics::histogram!(self.name(), labels).record(value);
    }

    /// Sets the gauge. Counts above 2^53 lose their last digits.
    pub fn set(self, value: u64, labels: &[(&'static str, String)]) {
        let value = u32::try_from(value).map_or_else(
            |_| {
                f64::from(u32::try_from(value >> 32).unwrap_or(u32::MAX)) * 4_294_967_296.0
                    + f64::from(u32::try_from(value & 0xffff_ffff).unwrap_or(u32::MAX))
            },
            f64::from,
        );
        metrics::gauge!(self.name(), labels).set(value);
    }
}

/// The process's recorder; made on first use.
///
/// # Errors
/// [`ServeError::Config`] if another recorder is installed in this process.
pub fn recorder() -> Result<PrometheusHandle, ServeError> {
    RECORDER
        .get_or_init(|| {
            let handle = PrometheusBuilder::new()
                .set_buckets_for_metric(
                    Matcher::Full(Metric::HttpSeconds.name().to_owned()),
                    SECONDS,
                )
                .and_then(|builder| {
                    let name = Metric::DecideSeconds.name().to_owned();
                    builder.set_buckets_for_metric(Matcher::Full(name), SECONDS)
                })
                .and_then(PrometheusBuilder::install_recorder)
                .map_err(|error| error.to_string())?;
            for metric in Metric::ALL {
                describe(*metric);
            }
            Ok(handle)
        })
        .clone()
        .map_err(ServeError::Config)
}

fn describe(metric: Metric) {
    match metric {
        Metric::HttpRequests | Metric::JobsRun | Metric::SignInFailures => {
            metrics::describe_counter!(metric.name(), metric.help());
        }
        Metric::HttpSeconds | Metric::DecideSeconds => {
            metrics::describe_histogram!(metric.name(), metric.help());
        }
        Metric::FeedClients
        | Metric::Jobs
        | Metric::Orders
        | Metric::LedgerPayments
        | Metric::LedgerBytes
        | Metric::DecisionsMade
        | Metric::DecideWaiting
        | Metric::DecideLate
        | Metric::DecideAlarms
        | Metric::Money
        | Metric::HeldWithin => metrics::describe_gauge!(metric.name(), metric.help()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_rendered() {
        let mut names: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Metric::ALL.len());
        let handle = recorder().unwrap();
        Metric::LedgerPayments.set(5_000_000_000, &[]);
        assert!(
            handle
                .render()
                .contains("stanch_ledger_payments 5000000000")
        );
    }
}
