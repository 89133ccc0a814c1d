//! Who is calling: passwords, sessions, tokens, cross-site request protection and the brake on guessing.

pub mod password;
pub mod throttle;
