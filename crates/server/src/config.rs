//! The server's configuration: `D/config.toml`, overridden by `STANCH__` variables. An empty file is a working one.

mod database_url;
mod oidc;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};
use stanch_decide::{EngineConfig, WatchConfig};
use stanch_rules::ir::Decision;
use stanch_types::terms::FairnessTerms;

pub use database_url::DatabaseUrl;
pub use oidc::OidcConfig;
pub(crate) use oidc::is_safe;

use crate::error::ServeError;

/// How the server runs. Unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// Address to listen on; default `127.0.0.1:7480`. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address under which institutions and browsers reach this server, without a trailing slash; default none: the
    /// listening address.
    pub public_url: Option<String>,
    /// Whether the session cookie is marked `Secure`. Default none: yes, unless listening on loopback.
    pub secure_cookie: Option<bool>,
    /// Name of the sending body in orders (`sender` of the order document), 1 to 34 of `A-Z 0-9 -`; default `STANCH`.
    pub sender: String,
    /// Networks, addresses and host names that are otherwise refused as order endpoints (private and loopback ones,
    /// plain HTTP) but are allowed here; default none. `["127.0.0.0/8"]` lets sandbox institutions in.
    pub institutions_allowed: Vec<String>,
    /// Address of the PostgreSQL 15+ database that holds the record, `postgres://user:password@host:port/database`;
    /// default none: SQLite, in `D/stanch.db`. Payments and keys stay in the folder either way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<DatabaseUrl>,
    /// Limits on what is taken in.
    pub limits: Limits,
    /// How people's sessions end.
    pub sessions: Sessions,
    /// The organisation's identity provider, where people may sign in; default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcConfig>,
    /// How jobs are run.
    pub jobs: JobLimits,
    /// How events are decided.
    pub decide: DecideLimits,
    /// How long measures last and by when appeals are answered.
    pub fairness: FairnessTerms,
    /// How long personal data is kept.
    pub retention: Retention,
}

/// How long personal data is kept; what is not named is kept until somebody erases it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Days after which a report loses who told it and what they told, unless its case is worked on; 1 to 36,500.
    pub reports_days: Option<u32>,
    /// Days after which a label loses its text; 1 to 36,500.
    pub label_texts_days: Option<u32>,
    /// Days after which a decided appeal loses what was said and sent with it; 1 to 36,500.
    pub appeals_days: Option<u32>,
    /// Days after which a note on a case that is over loses its words; 1 to 36,500.
    pub notes_days: Option<u32>,
}

/// How events are decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecideLimits {
    /// Milliseconds after which the sender of a single event is told the fallback of its kind instead of the decision
    /// (which follows, is stored and takes effect); default 50. Bulk waits.
    pub deadline_ms: u64,
    /// Events that may wait to be decided; more single ones are answered 429, bulk is slowed down. Default 65,536.
    pub waiting_max: usize,
    /// Events after which the state of the features is written to disk; default 2,000,000. A start works through at most
    /// about as many.
    pub snapshot_events: u64,
    /// Bytes of raw events of one policy's features that stay in memory; older ones are in files under `D/decide/cold`,
    /// read back when a window's end passes them. Each group of windows has an equal part. Default 2 GiB.
    pub hot_bytes: usize,
    /// What senders are told when a decision comes too late, by kind of event: `warn`, `review`, `delay`, `hold` or
    /// `block`. Kinds not named: `review`. Never `allow`.
    pub fallback: BTreeMap<String, Decision>,
    /// How shares of decisions are watched.
    pub watch: WatchLimits,
}

/// When a share of decisions, or of the events a rule fires on, makes an alarm, and what follows. A share may double or
/// halve, and move by the tolerance besides; see `docs/adr/0007-watch-and-demotion.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WatchLimits {
    /// Tolerated movement in basis points of all events; default 100 (one percentage point).
    pub tolerance_bp: u16,
    /// Events beyond what is tolerated that make an alarm; default 50. Fewer tell sooner and are wrong more often.
    pub evidence_events: u32,
    /// Events for which a policy that went live is held against the one before, and length of a period of the live
    /// policy's own shares; default 100,000.
    pub trial_events: u64,
    /// Whether an alarm about a canary ends it, and one about a policy that just went live brings the one before back;
    /// default yes.
    pub demote: bool,
}

/// Limits on what is taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests worked on at once, the feed apart; more are answered 503. Default 256, at least 1.
    pub requests_max: usize,
    /// Seconds a request may take; default 30. Bulk payments may take ten times as long.
    pub request_secs: u64,
    /// Seconds a connection may take to send the head of a request, and may be idle between requests; default 30.
    pub header_secs: u64,
    /// Largest JSON body in bytes; default 1 MiB.
    pub body_bytes: usize,
    /// Largest NDJSON body in bytes; default 64 MiB.
    pub bulk_bytes: usize,
    /// Live feeds open at once; more are answered 503. Default 128.
    pub feeds_max: usize,
    /// Passwords checked at once; each takes 19 MiB and about 20 ms. Default 4, at least 1.
    pub password_checks_max: usize,
    /// Failed sign-ins of one login from one address within 15 minutes before more are refused; default 10.
    pub sign_in_failures_max: u32,
    /// Requests without signing in (reports, appeals, their pages) that one address may send within 15 minutes;
    /// default 120. Behind a proxy, which has one address, raise it and let the proxy count.
    pub public_requests_max: u32,
    /// Seconds that running requests and jobs are given when the server stops; default 10.
    pub drain_secs: u64,
}

/// How people's sessions end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Hours after which a session or token ends whatever happens; default 12.
    pub absolute_hours: u32,
    /// Minutes without a request after which it ends; default 60.
    pub idle_minutes: u32,
}

/// How jobs are run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobLimits {
    /// Jobs run at once; default 8, at least 2: a backtest is one for as long as it takes.
    pub running_max: usize,
    /// Seconds a claimed job is held for this process; renewed while it runs. Default 60, at least 5.
    pub lease_secs: u64,
    /// Tries before a failing job is buried; default 12.
    pub tries_max: u32,
    /// Milliseconds between looks at the queue when nothing wakes the runner; default 500.
    pub poll_ms: u64,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7480)),
            public_url: None,
            secure_cookie: None,
            sender: "STANCH".to_owned(),
            institutions_allowed: Vec::new(),
            database_url: None,
            limits: Limits::default(),
            sessions: Sessions::default(),
            oidc: None,
            jobs: JobLimits::default(),
            decide: DecideLimits::default(),
            fairness: FairnessTerms::default(),
            retention: Retention::default(),
        }
    }
}

impl Default for DecideLimits {
    fn default() -> Self {
        Self {
            deadline_ms: 50,
            waiting_max: 65_536,
            snapshot_events: 2_000_000,
            hot_bytes: 2 << 30,
            fallback: BTreeMap::new(),
            watch: WatchLimits::default(),
        }
    }
}

impl Default for WatchLimits {
    fn default() -> Self {
        let watch = WatchConfig::default();
        Self {
            tolerance_bp: watch.tolerance_bp,
            evidence_events: watch.evidence_events,
            trial_events: watch.trial_events,
            demote: watch.demote,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_max: 256,
            request_secs: 30,
            header_secs: 30,
            body_bytes: 1 << 20,
            bulk_bytes: 64 << 20,
            feeds_max: 128,
            password_checks_max: 4,
            sign_in_failures_max: 10,
            public_requests_max: 120,
            drain_secs: 10,
        }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            absolute_hours: 12,
            idle_minutes: 60,
        }
    }
}

impl Default for JobLimits {
    fn default() -> Self {
        Self {
            running_max: 8,
            lease_secs: 60,
            tries_max: 12,
            poll_ms: 500,
        }
    }
}

impl ServeConfig {
    /// How long a session may go unused before it ends.
    #[must_use]
    pub fn idle_max(&self) -> stanch_types::Duration {
        stanch_types::Duration::from_mins(self.sessions.idle_minutes.into())
    }

    /// Reads `dir/config.toml` (absent: defaults) and applies the variables that start with `STANCH__`; two
    /// underscores part the levels: `STANCH__LIMITS__REQUESTS_MAX=64`.
    ///
    /// # Errors
    /// [`ServeError::Config`]: unreadable, unknown key, wrong type or out of range.
    pub fn load(
        dir: &Path,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ServeError> {
        let path = dir.join("config.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(ServeError::Config(format!(
                    "cannot read {}: {error}",
                    path.display()
                )));
            }
        };
        Self::parse(&text, variables)
            .map_err(|why| ServeError::Config(format!("{}: {why}", path.display())))
    }

    fn parse(
        text: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, String> {
        let mut table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| at_line(text, &error))?;
        for (name, value) in variables {
            if let Some(path) = name.strip_prefix("STANCH__") {
                let keys: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
                set(&mut table, &keys, scalar(&value)).map_err(|why| format!("{name}: {why}"))?;
            }
        }
        let config: Self = table
            .try_into()
            .map_err(|error: toml::de::Error| at_line(text, &error))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let kept = &self.retention;
        if [
            kept.reports_days,
            kept.label_texts_days,
            kept.appeals_days,
            kept.notes_days,
        ]
        .into_iter()
        .flatten()
        .any(|days| !(1..=36_500).contains(&days))
        {
            return Err("retention: days are 1 to 36500".to_owned());
        }
        let oidc = self.oidc.as_ref();
        if let Some(fault) = oidc.and_then(|it| it.fault(self.public_url.as_deref())) {
            return Err(fault);
        }
        if let Some(fault) = self.fairness.fault() {
            return Err(format!("fairness: {fault}"));
        }
        let bounds: [Bound; 11] = [
            (
                "limits.requests_max",
                wide(self.limits.requests_max),
                1,
                100_000,
            ),
            ("limits.request_secs", self.limits.request_secs, 1, 3_600),
            ("limits.header_secs", self.limits.header_secs, 1, 300),
            (
                "limits.body_bytes",
                wide(self.limits.body_bytes),
                1_024,
                64 << 20,
            ),
            (
                "limits.bulk_bytes",
                wide(self.limits.bulk_bytes),
                1_024,
                4 << 30,
            ),
            ("limits.feeds_max", wide(self.limits.feeds_max), 0, 100_000),
            (
                "limits.password_checks_max",
                wide(self.limits.password_checks_max),
                1,
                64,
            ),
            (
                "sessions.absolute_hours",
                self.sessions.absolute_hours.into(),
                1,
                168,
            ),
            (
                "sessions.idle_minutes",
                self.sessions.idle_minutes.into(),
                1,
                10_080,
            ),
            ("jobs.running_max", wide(self.jobs.running_max), 2, 256),
            ("jobs.lease_secs", self.jobs.lease_secs, 5, 3_600),
        ];
        check_bounds(&bounds)?;
        self.decide.check_bounds()?;
        self.check_fallback()?;
        self.sender
            .parse::<stanch_types::InstitutionCode>()
            .map_err(|e| format!("sender: {e}"))?;
        Ok(())
    }

    fn check_fallback(&self) -> Result<(), String> {
        let silent = |(_, decision): &(&String, &Decision)| **decision == Decision::Allow;
        if let Some((kind, _)) = self.decide.fallback.iter().find(silent) {
            return Err(format!(
                "decide.fallback.{kind} must not be allow: what was not looked at is not let through"
            ));
        }
        Ok(())
    }

    /// How the decision engine of the data folder `data_dir` is run.
    #[must_use]
    pub fn engine(&self, data_dir: &Path) -> EngineConfig {
        let fallbacks = self.decide.fallback.iter();
        EngineConfig {
            log_dir: data_dir.join("log/decisions"),
            state_dir: data_dir.join("decide"),
            waiting_max: self.decide.waiting_max,
            snapshot_events: self.decide.snapshot_events,
            hot_bytes: self.decide.hot_bytes,
            fallbacks: fallbacks
                .map(|(kind, word)| (kind.clone(), *word))
                .collect(),
            watch: WatchConfig {
                tolerance_bp: self.decide.watch.tolerance_bp,
                evidence_events: self.decide.watch.evidence_events,
                trial_events: self.decide.watch.trial_events,
                demote: self.decide.watch.demote,
            },
        }
    }

    /// Whether the session cookie carries `Secure`.
    #[must_use]
    pub fn cookie_is_secure(&self) -> bool {
        self.secure_cookie
            .unwrap_or(!self.listen.ip().is_loopback())
    }
}

/// A number of the configuration, and its least and greatest value.
type Bound = (&'static str, u64, u64, u64);

fn check_bounds(bounds: &[Bound]) -> Result<(), String> {
    for (key, value, least, most) in bounds {
        if !(least..=most).contains(&value) {
            return Err(format!("{key} must be {least} to {most}, not {value}"));
        }
    }
    Ok(())
}

impl DecideLimits {
    fn check_bounds(&self) -> Result<(), String> {
        check_bounds(&[
            ("decide.deadline_ms", self.deadline_ms, 1, 600_000),
            ("decide.waiting_max", wide(self.waiting_max), 1_024, 4 << 20),
            (
                "decide.snapshot_events",
                self.snapshot_events,
                1_000,
                1 << 40,
            ),
            ("decide.hot_bytes", wide(self.hot_bytes), 1 << 20, 1 << 44),
            (
                "decide.watch.tolerance_bp",
                self.watch.tolerance_bp.into(),
                1,
                10_000,
            ),
            (
                "decide.watch.evidence_events",
                self.watch.evidence_events.into(),
                5,
                1_000_000,
            ),
            (
                "decide.watch.trial_events",
                self.watch.trial_events,
                1_000,
                1 << 40,
            ),
        ])
    }
}

/// What is wrong, with its line but without the line's text: that may hold the database's password.
fn at_line(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => format!(
            "line {}: {}",
            before.matches('\n').count() + 1,
            error.message()
        ),
        None => error.message().to_owned(),
    }
}

fn wide(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// A variable's text as the TOML value it spells: a whole number, a truth value, a list in brackets, else text.
fn scalar(text: &str) -> toml::Value {
    if text.starts_with('[')
        && let Ok(mut table) = format!("value = {text}").parse::<toml::Table>()
        && let Some(value) = table.remove("value")
    {
        return value;
    }
    text.parse::<i64>()
        .map(toml::Value::Integer)
        .or_else(|_| text.parse::<bool>().map(toml::Value::Boolean))
        .unwrap_or_else(|_| toml::Value::String(text.to_owned()))
}

fn set(table: &mut toml::Table, keys: &[String], value: toml::Value) -> Result<(), String> {
    match keys {
        [] => Err("names no key".to_owned()),
        [key] => {
            table.insert(key.clone(), value);
            Ok(())
        }
        [key, rest @ ..] => match table
            .entry(key.clone())
            .or_insert_with(|| toml::Value::Table(toml::Table::new()))
        {
            toml::Value::Table(inner) => set(inner, rest, value),
            toml::Value::String(_)
            | toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_) => Err(format!("`{key}` is not a table")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn empty_folder_works() {
        assert_eq!(
            ServeConfig::parse("", Vec::new()),
            Ok(ServeConfig::default())
        );
    }

    #[test]
    fn variables_override_the_file() {
        let config = ServeConfig::parse(
            "[limits]\nrequests_max = 5",
            variables(&[
                ("STANCH__LIMITS__REQUESTS_MAX", "7"),
                ("STANCH__LISTEN", "127.0.0.1:0"),
                ("STANCH__INSTITUTIONS_ALLOWED", "['127.0.0.1']"),
                ("OTHER", "x"),
            ]),
        )
        .unwrap();
        assert_eq!(config.institutions_allowed, ["127.0.0.1"]);
        assert_eq!(config.limits.requests_max, 7);
        assert_eq!(config.listen.port(), 0);
    }

    #[test]
    fn refuses_unknown_keys_and_bad_values() {
        for (text, pairs) in [
            ("colour = 1", vec![]),
            ("[limits]\ncolour = 1", vec![]),
            ("listen = 1", vec![]),
            ("", variables(&[("STANCH__LIMIT__X", "1")])),
            ("", variables(&[("STANCH__LISTEN__PORT__X", "1")])),
            ("[limits]\nrequests_max = 0", vec![]),
            ("[jobs]\nlease_secs = 1", vec![]),
            ("sender = 'lower'", vec![]),
            ("listen = 'x", vec![]),
        ] {
            assert!(ServeConfig::parse(text, pairs).is_err(), "{text}");
        }
    }

    #[test]
    fn a_wrong_line_is_named_and_not_repeated() {
        for text in [
            "listen = '127.0.0.1:1'\ndatabase_url = 'postgres://u:hunter2@h/d",
            "listen = '127.0.0.1:1'\ndatabase_url = postgres://u:hunter2@h/d",
        ] {
            let why = ServeConfig::parse(text, Vec::new()).unwrap_err();
            assert!(why.contains("line 2") && !why.contains("hunter2"), "{why}");
        }
        let why = ServeConfig::parse("database_url = 'u:hunter2@h'", Vec::new()).unwrap_err();
        assert!(
            why.contains("database_url") && !why.contains("hunter2"),
            "{why}"
        );
    }

    #[test]
    fn the_database_is_a_field_or_a_variable() {
        let url = "postgres://stanch:hunter2@127.0.0.1:5432/stanch";
        let named = variables(&[("STANCH__DATABASE_URL", url)]);
        let text = format!("database_url = '{url}'");
        for config in [
            ServeConfig::parse("", named).unwrap(),
            ServeConfig::parse(&text, Vec::new()).unwrap(),
        ] {
            assert_eq!(config.database_url.as_ref().unwrap().expose(), url);
            let shown = format!("{config:?} {}", toml::to_string(&config).unwrap());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn cookie_is_secure_off_loopback() {
        let mut config = ServeConfig::default();
        assert!(!config.cookie_is_secure());
        config.listen = SocketAddr::from(([0, 0, 0, 0], 1));
        assert!(config.cookie_is_secure());
    }
}
