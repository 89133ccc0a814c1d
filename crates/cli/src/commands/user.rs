//! `stanch user`: the people who sign in.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use clap::Subcommand;
use serde::Serialize;
use stanch_server::{NewUser, ServeError};
use stanch_types::personal::Secret;
use stanch_types::user::{self, Role};
use stanch_types::{ErrorCode, Timestamp};

use crate::failure::refusal;
use crate::output::Output;
use crate::record::{Record, read_store};

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Make a user; the password is read from standard input
    Add {
        /// Sign-in name, 1 to 64 of a-z 0-9 . _ -
        login: String,
        /// Name shown to colleagues
        #[arg(long)]
        name: String,
        /// analyst, approver, liaison, auditor, risk_engineer or source; may be given several times
        #[arg(long = "role", required = true)]
        roles: Vec<Role>,
    },
    /// List users
    List,
    /// Bar a user from signing in and end all sessions
    Disable {
        /// Sign-in name
        login: String,
    },
}

#[derive(Debug, Serialize)]
struct Line {
    id: stanch_types::UserId,
    login: String,
    name: String,
    roles: Vec<Role>,
    disabled_at: Option<Timestamp>,
}

impl From<user::User> for Line {
    fn from(user: user::User) -> Self {
        Self {
            id: user.id,
            login: user.login,
            name: user.name,
            roles: user.roles,
            disabled_at: user.disabled_at,
        }
    }
}

/// Runs `stanch user`.
pub async fn run(command: &User, data: &Path, output: &Output) -> anyhow::Result<()> {
    match command {
        User::Add { login, name, roles } => {
            let password = read_password()?;
            let record = Record::write(data).await?;
            let person = NewUser {
                login: login.clone(),
                name: name.clone(),
                roles: roles.clone(),
                password: Secret::new(password),
            };
            let id = stanch_server::create_user(&record.store, &record.ctx, person)
                .await
                .map_err(refused)?;
            record.close().await?;
            output.result(&serde_json::json!({ "id": id, "login": login }), || {
                format!("{login} ({id}) can sign in")
            })
        }
        User::List => {
            let store = read_store(data).await?;
            let users = store.read().await?.list_users().await?;
            let lines: Vec<Line> = users.into_iter().map(Line::from).collect();
            output.table(&lines, &["login", "name", "roles", "disabled"], |line| {
                let roles: Vec<_> = line.roles.iter().map(|role| role.as_str()).collect();
                let disabled = line
                    .disabled_at
                    .map(|at| at.to_string())
                    .unwrap_or_default();
                vec![
                    line.login.clone(),
                    line.name.clone(),
                    roles.join(", "),
                    disabled,
                ]
            })
        }
        User::Disable { login } => {
            let record = Record::write(data).await?;
            let mut tx = record.store.begin().await?;
            let Some(mut user) = tx.lookup_user_by_login(login).await? else {
                return Err(refusal(
                    ErrorCode::NotFound,
                    format!("there is no user `{login}`"),
                ));
            };
            user.disabled_at.get_or_insert(record.ctx.now());
            tx.update_user(&user).await?;
            tx.delete_sessions_of_user(user.id).await?;
            tx.append_audit(&stanch_store::AuditEntry {
                at: record.ctx.now(),
                actor: user::Actor::System,
                action: "user.disabled",
                subject: user.id.to_string(),
                detail: serde_json::json!({}),
                personal: Vec::new(),
            })
            .await?;
            tx.commit().await?;
            record.close().await?;
            let line = Line::from(user);
            output.result(&line, || format!("{} can no longer sign in", line.login))
        }
    }
}

/// What is wrong with the person as described is a refusal; the rest broke.
fn refused(error: ServeError) -> anyhow::Error {
    if let ServeError::User(why) = error {
        return refusal(ErrorCode::RequestInvalid, why);
    }
    error.into()
}

/// The first line of standard input.
fn read_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        write!(std::io::stderr(), "password: ")?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
