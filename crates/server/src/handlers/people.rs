//! People and other actors as views show them.

use std::collections::HashMap;

use serde::Serialize;
use stanch_types::UserId;
use stanch_types::user::{Role, User};
use utoipa::ToSchema;

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonView {
    /// Identifier.
    pub id: UserId,
    /// Name shown to colleagues.
    pub name: String,
}

/// A member of staff with sign-in name and roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserView {
    /// Identifier.
    pub id: UserId,
    /// Sign-in name.
    pub login: String,
    /// Name shown to colleagues.
    pub name: String,
    /// Roles, sorted.
    pub roles: Vec<Role>,
}

/// What kind of actor did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A signed-in person.
    User,
    /// An institution's own system.
    Institution,
    /// Stanch itself.
    System,
    /// A member of the public.
    Reporter,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActorView {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The person's name, the institution's code, `stanch` or `reporter`.
    pub name: String,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            login: user.login,
            name: user.name,
            roles: user.roles,
        }
    }
}

/// The names of all users, by id; for views that name people.
#[derive(Debug, Clone, Default)]
pub struct Names(HashMap<UserId, String>);

impl Names {
    /// The names of `users`.
    #[must_use]
    pub fn of(users: &[User]) -> Self {
        Self(
            users
                .iter()
                .map(|user| (user.id, user.name.clone()))
                .collect(),
        )
    }

    /// The person with this id; a removed one is shown by the id.
    #[must_use]
    pub fn person(&self, id: UserId) -> PersonView {
        let name = self.0.get(&id).cloned().unwrap_or_else(|| id.to_string());
        PersonView { id, name }
    }

    /// The actor as shown.
    #[must_use]
    pub fn actor(&self, actor: &stanch_types::user::Actor) -> ActorView {
        use stanch_types::user::Actor;
        let (kind, name) = match actor {
            Actor::User { id } => (ActorKind::User, self.person(*id).name),
            Actor::Institution { code } => (ActorKind::Institution, code.to_string()),
            Actor::System => (ActorKind::System, "stanch".to_owned()),
            Actor::Reporter => (ActorKind::Reporter, "reporter".to_owned()),
        };
        ActorView { kind, name }
    }
}
