//! The demo's city: generates the world, spawns its institutions as processes, plays live payments through them and
//! files the victims' reports.
//!
//! How the caller uses it: [`City::prepare`] (files), import `files.tx` and `files.accounts` into Stanch,
//! [`City::start`] (processes; their endpoints are known now), upsert [`RunningCity::institutions`], serve, then
//! [`RunningCity::play`]. Dropping a [`RunningCity`] ends the processes; they also die with this process.

mod files;
mod play;
mod report;
mod spawn;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use stanch_types::institution::Institution;
use stanch_types::personal::Secret;
use stanch_types::{Ctx, Timestamp};

use crate::SimError;
use crate::sandbox::SandboxConfig;
use crate::world::{World, WorldConfig, WorldFiles};

/// What the demo is told.
#[derive(Debug, Clone)]
pub struct DemoConfig {
    /// Folder of the city: CSVs, institutions' configs and journals. Made when missing; must be new or empty,
    /// because the journals of another world do not fit this one.
    pub dir: PathBuf,
    /// The binary that runs an institution by `sandbox --config FILE`; normally the current executable.
    pub executable: PathBuf,
    /// Base address of Stanch, such as `http://127.0.0.1:8470`. It need not answer before [`RunningCity::play`].
    pub stanch_url: String,
    /// Stanch's order key as `whpk_…`, see [`crate::webhook::public_key_text`].
    pub stanch_public_key: String,
    /// The world; [`DemoConfig::default_world`] gives the golden-hour scene.
    pub world: WorldConfig,
    /// Whether the institutions misbehave now and then (refusals, partial holds, lost and late answers). The
    /// delays of each kind of institution stay either way.
    pub faults: bool,
}

impl DemoConfig {
    /// The golden-hour scene ending at `now`: 200,000 payments, a case in progress, another every three minutes.
    #[must_use]
    pub const fn default_world(seed: u64, now: Timestamp) -> WorldConfig {
        WorldConfig {
            live_cases: 12,
            live_minutes: 60,
            ..WorldConfig::new(seed, now)
        }
    }
}

/// A city whose files are written and whose institutions do not run yet.
#[derive(Debug)]
pub struct City {
    /// The CSVs to import into Stanch before serving.
    pub files: WorldFiles,
    /// The generated world, ground truth included.
    pub world: World,
    config: DemoConfig,
    sandboxes: Vec<SandboxConfig>,
}

/// A city whose institutions run.
#[derive(Debug)]
pub struct RunningCity {
    world: World,
    config: DemoConfig,
    institutions: Vec<Institution>,
    children: spawn::Children,
}

/// What happens while the demo plays, for progress on a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum DemoEvent {
    /// A victim's report was filed.
    Reported {
        /// Index of the case in the world.
        case: u32,
        /// The case number Stanch gave, if it said so.
        case_number: Option<String>,
        /// The victim's loss, in fen.
        loss_minor: i64,
    },
    /// Stanch did not take a report; it is not filed again.
    ReportRefused {
        /// Index of the case in the world.
        case: u32,
        /// Stanch's status and words.
        detail: String,
    },
    /// A gang's payment was refused because its money is held.
    Stopped {
        /// Index of the case in the world.
        case: u32,
        /// The refused payment.
        tx_id: String,
        /// How much stays, in fen.
        minor: i64,
    },
    /// A gang got money out as cash.
    Lost {
        /// Index of the case in the world.
        case: u32,
        /// How much, in fen.
        minor: i64,
    },
}

/// What the demo did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DemoSummary {
    /// Payments booked.
    pub booked: u64,
    /// Payments refused because of a hold.
    pub stopped: u64,
    /// Money of planted payments refused because of a hold, in fen.
    pub stopped_minor: i64,
    /// Later hops that did not happen because all their money was stopped.
    pub prevented: u64,
    /// Money that gangs got out as cash while playing, in fen.
    pub lost_minor: i64,
    /// Payments refused for other reasons, and payments whose institution did not answer.
    pub refused: u64,
    /// Reports filed.
    pub reports: u64,
    /// Reports that Stanch did not take.
    pub reports_refused: u64,
}

impl City {
    /// Generates the world and writes the CSVs and the institutions' files. CPU and disk work; call it from a
    /// blocking thread.
    ///
    /// # Errors
    /// [`SimError`].
    pub fn prepare(config: DemoConfig, ctx: &Ctx) -> Result<Self, SimError> {
        let world = crate::world::generate(&config.world)?;
        let files = world.write_csv(&config.dir)?;
        let sandboxes = files::write(&world, &config, ctx)?;
        Ok(Self {
            files,
            world,
            config,
            sandboxes,
        })
    }

    /// Spawns the institutions and waits until each answers.
    ///
    /// # Errors
    /// [`SimError::Child`] when one does not come up within 30 s.
    pub async fn start(self, ctx: &Ctx) -> Result<RunningCity, SimError> {
        let (children, institutions) = spawn::spawn(&self.config, &self.sandboxes, ctx).await?;
        Ok(RunningCity {
            world: self.world,
            config: self.config,
            institutions,
            children,
        })
    }
}

impl RunningCity {
    /// The institutions with endpoint, secret and typical latency, to be stored by Stanch before it serves.
    #[must_use]
    pub fn institutions(&self) -> &[Institution] {
        &self.institutions
    }

    /// Process ids of the institutions, in the order of [`RunningCity::institutions`].
    #[must_use]
    pub fn process_ids(&self) -> Vec<u32> {
        self.children.process_ids()
    }

    /// Plays the live part until it is over or `shutdown` completes: background payments, the gangs' hops, and the
    /// victims' reports by `POST /v1/reports` with `token` as bearer token. Several older reports are filed at
    /// once, the first live one 12 s after the start. An institution that does not answer loses the payment.
    ///
    /// # Errors
    /// [`SimError`] when no client can be made.
    pub async fn play(
        &mut self,
        token: Secret,
        ctx: &Ctx,
        events: &mut (dyn FnMut(DemoEvent) + Send),
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<DemoSummary, SimError> {
        let endpoints = self
            .institutions
            .iter()
            .map(|i| i.endpoint.clone())
            .collect();
        let mut player = play::Player::new(&self.world, endpoints, crate::sandbox::client()?);
        let reporter = Arc::new(report::Reporter::new(&self.config.stanch_url, token)?);
        let script = play::script(&self.world);
        tokio::select! {
            () = player.play(&script, &reporter, ctx, events) => {}
            () = shutdown => {}
        }
        Ok(player.summary())
    }

    /// Ends the institutions' processes and waits for them.
    pub async fn stop(mut self) {
        self.children.stop().await;
    }
}
