//! A folder with an engine in it.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use stanch_decide::{
    Answer, DecideError, Engine, EngineConfig, Policy, PolicyFiles, check, compile, lifecycle,
};
use stanch_store::{Store, StoreConfig};
use stanch_types::Ctx;
use stanch_types::user::Actor;

/// A policy with windows, a list and three rules.
pub const POLICY: &str = r#"
event payee_added { retention 90d  account string key personal  payee string }
event payment {
  retention 90d
  payer string key personal
  payee string key personal
  amount money(CNY)
  device string? key
}
feature payees_added_24h = count() of payee_added by account over 24h including self
feature paid_1h = sum(event.amount) of payment by event.payer over 1h including self
feature paid_before_1h = count() of payment by event.payer over 1h excluding self
list bad_payees exact { "M-1"; "M-2" }
rule many_new_payees on payment {
  when payees_added_24h(event.payer) > 2
  then hold for 24h
  measure extra_verification for 30m
  owner "t" reason zh "{payees_added_24h(event.payer)} 个新收款人" en "{payees_added_24h(event.payer)} new payees"
}
rule much on payment {
  when paid_1h(event.payer) >= money("CNY", "10000") && paid_before_1h(event.payer) > 0
  then review
  owner "t" reason zh "多" en "much"
}
rule listed on payment {
  when event.payee in bad_payees
  then block
  owner "t" reason zh "名单" en "listed"
}
ruleset payments on payment { mode all use * }
"#;

/// The policy of `text`.
pub fn files(text: &str) -> PolicyFiles {
    PolicyFiles::new([("all.policy".to_owned(), text.as_bytes().to_vec())]).unwrap()
}

/// The policy of `text`, compiled.
pub fn compiled(text: &str) -> Policy {
    compile(&files(text)).unwrap_or_else(|error| panic!("{error}"))
}

/// An engine and its record.
pub struct House {
    pub engine: Engine,
    pub store: Store,
    pub ctx: Ctx,
}

impl House {
    /// Opens the engine in `dir`.
    pub async fn open(dir: &Path) -> Self {
        Self::open_within(dir, 1 << 30).await
    }

    /// Opens the engine in `dir` with so much memory for raw events.
    pub async fn open_within(dir: &Path, hot_bytes: usize) -> Self {
        Self::open_as(dir, hot_bytes, Ctx::system()).await
    }

    /// Opens the engine in `dir` with a clock of one's own.
    pub async fn open_as(dir: &Path, hot_bytes: usize, ctx: Ctx) -> Self {
        let store = Store::open(&StoreConfig::sqlite(dir), &ctx).await.unwrap();
        let config = EngineConfig {
            log_dir: dir.join("log/decisions"),
            state_dir: dir.join("decide"),
            waiting_max: 65_536,
            snapshot_events: 1_000,
            hot_bytes,
            fallbacks: Default::default(),
            watch: Default::default(),
        };
        let engine = Engine::open(config, store.clone(), ctx.clone())
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        Self { engine, store, ctx }
    }

    /// Opens the engine in `dir` and lets [`POLICY`] decide.
    pub async fn with_policy(dir: &Path) -> Self {
        let house = Self::open(dir).await;
        house.bootstrap(POLICY).await;
        house
    }

    /// Lets the first policy decide.
    pub async fn bootstrap(&self, text: &str) {
        let version = self.push(text).await;
        lifecycle::bootstrap(&self.engine, &self.store, &self.ctx, &version)
            .await
            .unwrap();
    }

    /// Stores a version.
    pub async fn push(&self, text: &str) -> stanch_types::policy::PolicyVersion {
        lifecycle::push(&self.store, &self.ctx, files(text), Actor::System, "test")
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Decides events that must all be decided.
    pub async fn decide(&self, events: &[Value]) -> Vec<Value> {
        let deadline = Duration::from_secs(60);
        let answers = self.try_decide(events, deadline).await.unwrap();
        let json = answers.into_iter().map(|answer| match answer {
            Answer::Decided(json) => serde_json::from_slice(&json).unwrap(),
            Answer::Refused(refusal) => panic!("{refusal:?}"),
        });
        json.collect()
    }

    /// Decides events within `deadline`.
    pub async fn try_decide(
        &self,
        events: &[Value],
        deadline: Duration,
    ) -> Result<Vec<Answer>, DecideError> {
        let live = self.engine.live()?;
        let rows = events
            .iter()
            .map(|event| check(&live, &Bytes::from(event.to_string())).unwrap())
            .collect();
        self.engine.decide(rows, deadline).await
    }

    /// Stops as an orderly process does.
    pub async fn stop(self) {
        self.engine.stop().await.unwrap();
        self.store.close().await.unwrap();
    }
}

/// A payment of `minor` at `at_secs` after the start of 2026-03-01.
pub fn payment(id: &str, payer: &str, payee: &str, minor: i64, at_secs: i64) -> Value {
    json!({
        "event_id": id, "kind": "payment", "occurred_at": at(at_secs),
        "data": { "payer": payer, "payee": payee, "amount": { "currency": "CNY", "minor": minor } },
    })
}

/// A payee added.
pub fn added(id: &str, account: &str, at_secs: i64) -> Value {
    json!({
        "event_id": id, "kind": "payee_added", "occurred_at": at(at_secs),
        "data": { "account": account, "payee": "P" },
    })
}

fn at(secs: i64) -> i64 {
    (1_772_323_200 + secs) * 1_000_000
}

/// A mixed stream of events: some late, one key hot.
pub fn stream(count: usize) -> Vec<Value> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut dice = move |sides: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % sides
    };
    (0..count)
        .map(|n| {
            let late = if dice(15) == 0 { dice(7_200) } else { 0 };
            let secs = i64::try_from(n as u64 * 7).unwrap() - i64::try_from(late).unwrap();
            let who = if dice(10) == 0 { 0 } else { dice(40) };
            if dice(3) == 0 {
                return added(&format!("e-{n}"), &format!("A-{who}"), secs);
            }
            let minor = i64::try_from(dice(600_000)).unwrap() + 1;
            let payee = format!("M-{}", dice(60));
            payment(&format!("e-{n}"), &format!("A-{who}"), &payee, minor, secs)
        })
        .collect()
}
