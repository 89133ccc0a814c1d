//! What every handler shares.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrics_exporter_prometheus::PrometheusHandle;
use stanch_casework::CaseWatch;
use stanch_decide::Engine;
use stanch_decide::backtests::BacktestWatch;
use stanch_ledger::Ledger;
use stanch_orders::ssrf::EndpointPolicy;
use stanch_orders::{OrderSigner, SignedHttp};
use stanch_search::SearchIndex;
use stanch_store::Store;
use stanch_types::{Ctx, Duration, ErrorCode, UserId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::auth::idle::IdleTimes;
use crate::auth::key::KeyUses;
use crate::auth::oidc::Oidc;
use crate::auth::once::Once;
use crate::auth::passkey::RelyingParty;
use crate::auth::password::PasswordChecker;
use crate::auth::rate::Rate;
use crate::auth::recent::Recent;
use crate::auth::throttle::Throttle;
use crate::config::ServeConfig;
use crate::error::{ApiError, ApiResult, ServeError};
use crate::metrics::{self, Metric};
use crate::personal::ReadLog;

/// The parts of an installation that the server works on. The caller holds `D/lock`.
pub struct Parts {
    /// The data folder `D`; keys are in `D/keys`.
    pub data_dir: PathBuf,
    /// Payments.
    pub ledger: Arc<Ledger>,
    /// Decides about events.
    pub engine: Engine,
    /// The record.
    pub store: Store,
    /// Clock and randomness.
    pub ctx: Ctx,
}

/// Passkeys of this site, and what was begun with them.
pub struct Passkeys {
    /// This site as devices know it.
    pub site: RelyingParty,
    /// Who is making one, and the challenge, by the challenge.
    pub making: Once<(UserId, [u8; 32])>,
    /// The challenge of who is signing in, by itself.
    pub signing_in: Once<[u8; 32]>,
}

impl Passkeys {
    /// How long what was begun is good for.
    const WAITS: Duration = Duration::from_mins(5);

    fn at(public_url: &str) -> Option<Self> {
        Some(Self {
            site: RelyingParty::of(public_url)?,
            making: Once::new(Self::WAITS),
            signing_in: Once::new(Self::WAITS),
        })
    }
}

/// What every handler shares; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: ServeConfig,
    ledger: Arc<Ledger>,
    engine: Engine,
    store: Store,
    search: SearchIndex,
    ctx: Ctx,
    signer: Arc<OrderSigner>,
    connector: SignedHttp,
    passwords: PasswordChecker,
    throttle: Throttle,
    public: Rate,
    idle: IdleTimes,
    recent: Recent,
    key_uses: KeyUses,
    oidc: Option<Oidc>,
    passkeys: Option<Passkeys>,
    reads: ReadLog,
    watch: CaseWatch,
    backtests: Arc<BacktestWatch>,
    recorder: PrometheusHandle,
    requests: Arc<Semaphore>,
    feeds: Arc<Semaphore>,
    feed_count: AtomicUsize,
    stopping: CancellationToken,
    description: axum::body::Bytes,
}

impl App {
    /// Makes the shared state; reads or makes the key that signs orders.
    ///
    /// # Errors
    /// [`ServeError::Key`], [`ServeError::Config`], [`ServeError::Search`].
    pub async fn new(config: ServeConfig, parts: Parts) -> Result<Self, ServeError> {
        let signer = OrderSigner::open_or_create(&parts.data_dir.join("keys/orders.ed25519"))
            .map_err(|error| ServeError::Key {
                name: "orders.ed25519",
                why: error.to_string(),
            })?;
        let sender = config.sender.parse();
        let sender = sender.map_err(|error| ServeError::Config(format!("sender: {error}")))?;
        let signer = Arc::new(signer.in_the_name_of(sender));
        let policy = EndpointPolicy::new(&config.institutions_allowed)
            .map_err(|error| ServeError::Config(format!("institutions_allowed: {error}")))?;
        let connector = SignedHttp::new(policy, Arc::clone(&signer), Default::default());
        let passwords = PasswordChecker::new(&parts.ctx, config.limits.password_checks_max)
            .map_err(|error| ServeError::Config(error.to_string()))?;
        let public_url = config.public_url.as_deref().unwrap_or_default();
        let oidc = config.oidc.clone().map(|it| Oidc::new(it, public_url));
        let oidc = oidc.transpose().map_err(ServeError::Config)?;
        let passkeys = Passkeys::at(public_url);
        let watch = CaseWatch::load(&parts.store, &parts.ledger)
            .await
            .map_err(|error| ServeError::Config(ApiError::from(error).to_string()))?;
        let search_dir = parts.data_dir.join("search");
        let search = SearchIndex::open(&search_dir, &parts.store, &parts.ctx).await?;
        let description = serde_json::to_vec(&crate::openapi::document())
            .map_err(|error| ServeError::Access(error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            throttle: Throttle::new(config.limits.sign_in_failures_max),
            public: Rate::new(config.limits.public_requests_max),
            requests: Arc::new(Semaphore::new(config.limits.requests_max)),
            feeds: Arc::new(Semaphore::new(config.limits.feeds_max)),
            feed_count: AtomicUsize::new(0),
            config,
            ledger: parts.ledger,
            engine: parts.engine,
            store: parts.store,
            search,
            ctx: parts.ctx,
            signer,
            connector,
            passwords,
            idle: IdleTimes::default(),
            recent: Recent::default(),
            key_uses: KeyUses::default(),
            oidc,
            passkeys,
            reads: ReadLog::default(),
            watch,
            backtests: Arc::default(),
            recorder: metrics::recorder()?,
            stopping: CancellationToken::new(),
            description: description.into(),
        })))
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ServeConfig {
        &self.0.config
    }

    /// Payments.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.0.ledger
    }

    /// Decides about events.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The record.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The record's texts.
    #[must_use]
    pub fn search(&self) -> &SearchIndex {
        &self.0.search
    }

    /// Clock and randomness.
    #[must_use]
    pub fn ctx(&self) -> &Ctx {
        &self.0.ctx
    }

    /// Signs orders.
    #[must_use]
    pub fn signer(&self) -> &OrderSigner {
        &self.0.signer
    }

    /// Reaches institutions.
    #[must_use]
    pub fn connector(&self) -> &SignedHttp {
        &self.0.connector
    }

    /// Checks passwords.
    #[must_use]
    pub fn passwords(&self) -> &PasswordChecker {
        &self.0.passwords
    }

    /// The brake on guessing.
    #[must_use]
    pub fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    /// Counts a request without signing in from `from`.
    ///
    /// # Errors
    /// [`ErrorCode::RequestTooMany`].
    pub fn admit_public(&self, from: SocketAddr) -> ApiResult<()> {
        self.0
            .public
            .admit(from.ip(), self.ctx().now())
            .map_err(|secs| ApiError::of(ErrorCode::RequestTooMany).retry_after(secs))
    }

    /// When sessions were last used.
    #[must_use]
    pub fn idle(&self) -> &IdleTimes {
        &self.0.idle
    }

    /// Who was behind which token a moment ago.
    #[must_use]
    pub fn recent(&self) -> &Recent {
        &self.0.recent
    }

    /// When the use of each key was last noted.
    #[must_use]
    pub fn key_uses(&self) -> &KeyUses {
        &self.0.key_uses
    }

    /// The identity provider, if one is configured.
    #[must_use]
    pub fn oidc(&self) -> Option<&Oidc> {
        self.0.oidc.as_ref()
    }

    /// Passkeys, if browsers know them at the public address.
    #[must_use]
    pub fn passkeys(&self) -> Option<&Passkeys> {
        self.0.passkeys.as_ref()
    }

    /// Which readings of personal data were just recorded.
    #[must_use]
    pub fn reads(&self) -> &ReadLog {
        &self.0.reads
    }

    /// Which open cases new payments touch.
    #[must_use]
    pub fn watch(&self) -> &CaseWatch {
        &self.0.watch
    }

    /// The backtest that is worked on.
    #[must_use]
    pub fn backtests(&self) -> &Arc<BacktestWatch> {
        &self.0.backtests
    }

    /// The metrics.
    #[must_use]
    pub fn recorder(&self) -> &PrometheusHandle {
        &self.0.recorder
    }

    /// Done when the server stops.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// The API's description, as JSON.
    #[must_use]
    pub fn description(&self) -> axum::body::Bytes {
        self.0.description.clone()
    }

    /// Leave to work on one more request.
    ///
    /// # Errors
    /// [`ErrorCode::Unavailable`].
    pub fn request_permit(&self) -> ApiResult<OwnedSemaphorePermit> {
        Arc::clone(&self.0.requests)
            .try_acquire_owned()
            .map_err(|_| ApiError::of(ErrorCode::Unavailable).retry_after(1))
    }

    /// Leave to open one more live feed; counted until dropped.
    ///
    /// # Errors
    /// [`ErrorCode::Unavailable`].
    pub fn feed_permit(&self) -> ApiResult<FeedPermit> {
        let permit = Arc::clone(&self.0.feeds)
            .try_acquire_owned()
            .map_err(|_| ApiError::of(ErrorCode::Unavailable).retry_after(5))?;
        let open = self.0.feed_count.fetch_add(1, Ordering::SeqCst) + 1;
        Metric::FeedClients.set(u64::try_from(open).unwrap_or(u64::MAX), &[]);
        Ok(FeedPermit {
            app: self.clone(),
            _permit: permit,
        })
    }
}

/// Leave to keep a live feed open.
pub struct FeedPermit {
    app: App,
    _permit: OwnedSemaphorePermit,
}

impl Drop for FeedPermit {
    fn drop(&mut self) {
        let open = self.app.0.feed_count.fetch_sub(1, Ordering::SeqCst) - 1;
        Metric::FeedClients.set(u64::try_from(open).unwrap_or(u64::MAX), &[]);
    }
}
