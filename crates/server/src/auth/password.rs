//! Passwords: Argon2id, off the async threads, a bounded number at once.
//!
//! Parameters: 19 MiB, 2 passes, 1 lane, 16-byte salt, 32-byte hash: the first choice of the OWASP password storage
//! cheat sheet (2025). One check takes about 20 ms of a core.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use stanch_types::personal::Secret;
use stanch_types::{Ctx, ErrorCode};
use tokio::sync::Semaphore;

use crate::error::{ApiError, ApiResult};

/// Memory in KiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Fewest characters of a new password.
pub const CHARS_MIN: usize = 12;
/// Most bytes of a password.
pub const BYTES_MAX: usize = 256;

/// Why a password cannot be hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("a password has at least {CHARS_MIN} characters and at most {BYTES_MAX} bytes")]
    Length,
    /// The hash function refused.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
}

fn hasher() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| PasswordError::Hash(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The PHC string of a new password, with a fresh salt from `ctx`.
///
/// # Errors
/// [`PasswordError`].
pub fn hash(ctx: &Ctx, password: &str) -> Result<Secret, PasswordError> {
    if password.chars().count() < CHARS_MIN || password.len() > BYTES_MAX {
        return Err(PasswordError::Length);
    }
    let salt = ctx.random_bytes::<16>();
    hasher()?
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|phc| Secret::new(phc.to_string()))
        .map_err(|error| PasswordError::Hash(error.to_string()))
}

fn matches(password: &str, stored: &Secret) -> bool {
    PasswordHash::new(stored.expose()).is_ok_and(|parsed| {
        Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok()
    })
}

/// Checks passwords, a bounded number at once.
#[derive(Debug, Clone)]
pub struct PasswordChecker {
    permits: Arc<Semaphore>,
    nobody: Secret,
}

impl PasswordChecker {
    /// A checker that runs at most `checks_max` checks at once.
    ///
    /// # Errors
    /// [`PasswordError::Hash`].
    pub fn new(ctx: &Ctx, checks_max: usize) -> Result<Self, PasswordError> {
        let nobody = hash(ctx, &hex::encode(ctx.random_bytes::<32>()))?;
        Ok(Self {
            permits: Arc::new(Semaphore::new(checks_max)),
            nobody,
        })
    }

    /// Whether `password` is the one stored. With nothing stored (no such user) it takes as long and says no.
    ///
    /// # Errors
    /// [`ErrorCode::Unavailable`] while the server stops; [`ErrorCode::Internal`].
    pub async fn check(&self, password: String, stored: Option<Secret>) -> ApiResult<bool> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| ApiError::of(ErrorCode::Unavailable))?;
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| self.nobody.clone());
        let good = tokio::task::spawn_blocking(move || {
            let good = password.len() <= BYTES_MAX && matches(&password, &hash);
            drop(permit);
            good
        })
        .await
        .map_err(ApiError::internal)?;
        Ok(good && known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn checks_passwords() {
        let ctx = Ctx::system();
        let stored = hash(&ctx, "correct horse battery").unwrap();
        assert!(
            stored
                .expose()
                .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
        );
        let checker = PasswordChecker::new(&ctx, 2).unwrap();
        let check =
            |password: &str, stored: Option<Secret>| checker.check(password.to_owned(), stored);
        assert!(
            check("correct horse battery", Some(stored.clone()))
                .await
                .unwrap()
        );
        assert!(!check("correct horse batterz", Some(stored)).await.unwrap());
        assert!(!check("correct horse battery", None).await.unwrap());
        assert!(
            !check("x", Some(Secret::new("not a hash".to_owned())))
                .await
                .unwrap()
        );
    }

    #[test]
    fn refuses_short_and_long() {
        let ctx = Ctx::system();
        assert_eq!(hash(&ctx, "short").unwrap_err(), PasswordError::Length);
        assert_eq!(
            hash(&ctx, &"x".repeat(257)).unwrap_err(),
            PasswordError::Length
        );
    }
}
