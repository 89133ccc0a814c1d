//! Who is calling: passwords, sessions, tokens, cross-site request protection and the brake on guessing.

pub mod caller;
pub mod idle;
pub mod key;
pub mod oidc;
pub mod once;
pub mod passkey;
pub mod password;
pub mod rate;
pub mod recent;
pub mod throttle;
pub mod token;
