//! `stanch policy push …`: versions of the policy and who lets them decide, on a state folder that no server works on.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use stanch_decide::lifecycle::{self, Wish};
use stanch_decide::{DecideError, PolicyFiles};
use stanch_store::PageRequest;
use stanch_types::PolicyChangeId;
use stanch_types::policy::{PolicyChange, PolicyStage};
use stanch_types::user::{Actor, Role, User};

use crate::failure;
use crate::output::Output;
use crate::record::{Record, read_store};

/// What can be done with versions of the policy.
#[derive(Debug, Subcommand)]
pub enum PolicyLife {
    /// Check and store a version; nothing decides by it yet
    Push {
        /// Folder of the policy
        folder: PathBuf,
        /// What is new in it
        #[arg(long, default_value = "")]
        note: String,
        /// Sign-in name of the risk engineer
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Ask for a version to decide about everything
    Activate {
        /// Hash of the version
        policy: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Sign-in name of the risk engineer
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Ask for a version to decide for comparison only
    Shadow {
        /// Hash of the version
        policy: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Sign-in name of the risk engineer
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Ask for a version to decide about a share of events
    Canary {
        /// Hash of the version
        policy: String,
        /// Share in basis points, 1 to 10000
        #[arg(long, value_name = "NUMBER")]
        share_bp: u16,
        /// Field whose value sorts events into the share
        #[arg(long, value_name = "FIELD")]
        key: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Sign-in name of the risk engineer
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Agree to a change as the second person, and let it take effect
    Approve {
        /// The change
        change: PolicyChangeId,
        /// Sign-in name of an approver or another risk engineer
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Return to the policy that was live before
    Rollback {
        /// Why
        #[arg(long)]
        reason: String,
        /// Sign-in name of an approver or risk engineer
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// List versions, newest first
    List,
}

/// Runs `command`.
pub async fn run(command: &PolicyLife, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        PolicyLife::Push { folder, note, by } => {
            let files = PolicyFiles::read(folder)?;
            let record = Record::write(data).await?;
            let who = record.person(by, Role::RiskEngineer).await?;
            let actor = Actor::User { id: who.id };
            let version = lifecycle::push(&record.store, &record.ctx, files, actor, note)
                .await
                .map_err(failure::decide)?;
            record.close().await?;
            output.result(&version, || version.hash.clone())
        }
        PolicyLife::Activate { policy, reason, by } => {
            ask(data, output, by, wish(policy, PolicyStage::Live, reason)).await
        }
        PolicyLife::Shadow { policy, reason, by } => {
            ask(data, output, by, wish(policy, PolicyStage::Shadow, reason)).await
        }
        PolicyLife::Canary {
            policy,
            share_bp,
            key,
            reason,
            by,
        } => {
            let wish = Wish {
                share_bp: Some(*share_bp),
                key: Some(key.clone()),
                ..wish(policy, PolicyStage::Canary, reason)
            };
            ask(data, output, by, wish).await
        }
        PolicyLife::Approve { change, by } => approve(data, output, *change, by).await,
        PolicyLife::Rollback { reason, by } => {
            let record = Record::write(data).await?;
            let who = second_person(&record, by).await?;
            let engine = record.engine().await?;
            let actor = Actor::User { id: who.id };
            let deployment =
                lifecycle::roll_back(&engine, &record.store, &record.ctx, actor, reason)
                    .await
                    .map_err(failure::decide)?;
            engine.stop().await.map_err(failure::decide)?;
            record.close().await?;
            output.result(&deployment, || deployment.live.clone().unwrap_or_default())
        }
        PolicyLife::List => {
            let store = read_store(data).await?;
            let page = PageRequest::first();
            let versions = store.read().await?.list_policies(&page).await?.items;
            output.table(&versions, &["hash", "pushed", "rules", "note"], |version| {
                vec![
                    version.hash.clone(),
                    version.pushed_at.to_string(),
                    version.rules.to_string(),
                    version.note.clone(),
                ]
            })
        }
    }
}

fn wish(policy: &str, stage: PolicyStage, reason: &str) -> Wish {
    Wish {
        policy: policy.to_owned(),
        stage,
        share_bp: None,
        key: None,
        reason: reason.to_owned(),
    }
}

async fn ask(data: &Path, output: &Output, by: &str, wish: Wish) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let who = record.person(by, Role::RiskEngineer).await?;
    let change = lifecycle::request(&record.store, &record.ctx, wish, who.id)
        .await
        .map_err(failure::decide)?;
    record.close().await?;
    show(output, &change)
}

async fn approve(
    data: &Path,
    output: &Output,
    change: PolicyChangeId,
    by: &str,
) -> anyhow::Result<()> {
    let record = Record::write(data).await?;
    let who = second_person(&record, by).await?;
    let (store, ctx) = (&record.store, &record.ctx);
    let approved = lifecycle::approve(store, ctx, change, who.id).await;
    match approved {
        // Approved before, but the process died before it took effect.
        Ok(_) | Err(DecideError::PolicyState(_)) => {}
        Err(error) => return Err(failure::decide(error)),
    }
    let engine = record.engine().await?;
    let done = lifecycle::carry_out(&engine, store, ctx, change)
        .await
        .map_err(failure::decide)?;
    engine.stop().await.map_err(failure::decide)?;
    record.close().await?;
    show(output, &done)
}

/// An approver or risk engineer.
async fn second_person(record: &Record, login: &str) -> anyhow::Result<User> {
    match record.person(login, Role::RiskEngineer).await {
        Ok(user) => Ok(user),
        Err(_) => record.person(login, Role::Approver).await,
    }
}

fn show(output: &Output, change: &PolicyChange) -> anyhow::Result<()> {
    output.result(change, || {
        format!(
            "{} {} {} ({})",
            change.id,
            change.stage,
            change.policy,
            change.state.word()
        )
    })
}
