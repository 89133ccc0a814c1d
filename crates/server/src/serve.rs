//! Listening, running and stopping.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use stanch_store::StoreError;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config::ServeConfig;
use crate::error::{ApiError, ServeError};
use crate::state::{App, Parts};
use crate::{jobs, listen, router, upkeep};

/// A server that listens but does not answer yet.
pub struct Server {
    app: App,
    router: Router,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Takes the configured address.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn bind(config: ServeConfig, parts: Parts) -> Result<Self, ServeError> {
        let wanted = config.listen;
        let app = Box::pin(App::new(config, parts)).await?;
        let router = router::router(app.clone())?;
        let failed = |source| ServeError::Listen {
            address: wanted,
            source,
        };
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            app,
            router,
            listener,
            address,
        })
    }

    /// The address it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests and runs jobs until `shutdown` is done. Then it stops accepting, gives what is under way the
    /// configured time to end, signs a checkpoint of the audit tree and closes the record. Releasing the data
    /// folder's lock is the caller's.
    ///
    /// # Errors
    /// [`ServeError::Store`] if another installation took the record over.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), ServeError> {
        let Self {
            app,
            router,
            listener,
            address,
        } = self;
        tracing::info!(%address, "listening");
        let mut beside = JoinSet::new();
        beside.spawn(jobs::run_jobs(app.clone()));
        beside.spawn(upkeep::watch_ledger(app.clone()));
        beside.spawn(upkeep::sweep(app.clone()));
        beside.spawn(upkeep::keep_history(app.clone()));
        beside.spawn(upkeep::keep_search(app.clone()));
        let stopping = app.stopping().clone();
        let header_time = Duration::from_secs(app.config().limits.header_secs);
        let serving = listen::serve(listener, router, header_time, stopping.clone());
        let mut serving = tokio::spawn(serving);
        let store = app.store().clone();
        let mut lost = false;
        tokio::select! {
            () = shutdown => {}
            () = store.writer_lost() => lost = true,
        }
        tracing::info!("stopping");
        stopping.cancel();
        let drain = Duration::from_secs(app.config().limits.drain_secs);
        let drained = tokio::time::timeout(drain, async {
            drop((&mut serving).await);
            while beside.join_next().await.is_some() {}
        })
        .await;
        if drained.is_err() {
            tracing::warn!("requests or jobs were cut off; jobs run again at the next start");
            serving.abort();
            beside.abort_all();
        }
        if let Err(error) = app.engine().stop().await {
            tracing::error!(error = %ApiError::from(error), "the decision engine did not stop cleanly");
        }
        if let Err(error) = app.store().close().await {
            tracing::error!(error = %ApiError::from(error), "the record could not be closed cleanly");
        }
        tracing::info!("stopped");
        if lost {
            return Err(StoreError::WriterLost.into());
        }
        Ok(())
    }
}

/// Serves until `shutdown` is done: [`Server::bind`] and [`Server::run`].
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    config: ServeConfig,
    parts: Parts,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    Server::bind(config, parts).await?.run(shutdown).await
}
