//! The parts of a state folder, opened together.

use std::path::Path;
use std::sync::Arc;

use stanch_decide::Engine;
use stanch_ledger::{Ledger, LedgerMode};
use stanch_orders::OrderSigner;
use stanch_server::{Parts, ServeConfig};
use stanch_store::{Instance, Store, StoreConfig};
use stanch_types::user::{Role, User};
use stanch_types::{Ctx, ErrorCode};

use crate::data_dir::{DataDir, WriteLock};
use crate::failure::refusal;

/// A state folder opened for writing: nobody else writes to it while this lives.
pub struct Record {
    /// How the server is to run; also says where the record lies.
    pub config: ServeConfig,
    /// Clock and randomness of this process.
    pub ctx: Ctx,
    /// Reports, cases, orders, audit.
    pub store: Store,
    dir: DataDir,
    lock: WriteLock,
}

impl Record {
    /// Opens the folder for writing, making what is missing; fails when another process writes to it, or when another
    /// installation works on its PostgreSQL database.
    pub async fn write(data: &Path) -> anyhow::Result<Self> {
        let dir = DataDir::create(data)?;
        let lock = dir.lock()?;
        let ctx = Ctx::system();
        let config = ServeConfig::load(dir.root(), std::env::vars())?;
        let instance = Instance {
            name: dir.instance(&ctx, &lock)?,
            told: format!("pid {} for {}", std::process::id(), dir.place()),
        };
        let opened_by = store_config(&config, data).opened_by(instance);
        let store = Store::open(&opened_by, &ctx).await?;
        Ok(Self {
            config,
            ctx,
            store,
            dir,
            lock,
        })
    }

    /// The payments, replayed from their log.
    pub async fn ledger(&self) -> anyhow::Result<Arc<Ledger>> {
        Ok(Arc::new(
            open_ledger(&self.dir, LedgerMode::ReadWrite).await?,
        ))
    }

    /// The key that signs orders, made on first use.
    pub fn signer(&self) -> anyhow::Result<OrderSigner> {
        let signer = OrderSigner::open_or_create(&self.dir.order_key())?;
        Ok(signer.in_the_name_of(self.config.sender.parse()?))
    }

    /// The person `login`, who must be able to sign in and have `role`.
    pub async fn person(&self, login: &str, role: Role) -> anyhow::Result<User> {
        let mut tx = self.store.read().await?;
        let user = tx
            .lookup_user_by_login(login)
            .await?
            .filter(|user| user.disabled_at.is_none());
        let Some(user) = user else {
            let why = format!("there is no user `{login}` who can sign in; see `stanch user add`");
            return Err(refusal(ErrorCode::Forbidden, why));
        };
        if user.has(role) {
            return Ok(user);
        }
        Err(refusal(
            ErrorCode::Forbidden,
            format!("`{login}` does not have the role {role}"),
        ))
    }

    /// The decision engine, brought up to the end of its log.
    pub async fn engine(&self) -> anyhow::Result<Engine> {
        let config = self.config.engine(self.dir.root());
        Ok(Engine::open(config, self.store.clone(), self.ctx.clone()).await?)
    }

    /// What a server needs; the lock is the caller's to keep while it runs.
    pub fn into_parts(self, ledger: Arc<Ledger>, engine: Engine) -> (Parts, WriteLock) {
        let parts = Parts {
            data_dir: self.dir.root().to_owned(),
            ledger,
            engine,
            store: self.store,
            ctx: self.ctx,
        };
        (parts, self.lock)
    }

    /// Signs what is new in the audit tree and closes.
    pub async fn close(self) -> anyhow::Result<()> {
        self.store.close().await?;
        Ok(())
    }
}

/// The record of an existing folder for reading, also while another process writes to it.
pub async fn read_store(data: &Path) -> anyhow::Result<Store> {
    let dir = DataDir::existing(data)?;
    let config = ServeConfig::load(dir.root(), std::env::vars())?;
    Ok(Store::open_read_only(&store_config(&config, data), &Ctx::system()).await?)
}

/// The payments of an existing folder for reading, also while another process writes to it.
pub async fn read_ledger(data: &Path) -> anyhow::Result<Ledger> {
    open_ledger(&DataDir::existing(data)?, LedgerMode::ReadOnly).await
}

fn store_config(config: &ServeConfig, data: &Path) -> StoreConfig {
    match &config.database_url {
        Some(url) => StoreConfig::postgres(url.expose(), data),
        None => StoreConfig::sqlite(data),
    }
}

/// Replaying the log is CPU and disk work: it leaves the async thread.
async fn open_ledger(dir: &DataDir, mode: LedgerMode) -> anyhow::Result<Ledger> {
    let path = dir.payments();
    Ok(tokio::task::spawn_blocking(move || Ledger::open(&path, mode)).await??)
}
