//! What a workflow needs from outside to be reproducible: the clock and the source of randomness.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::id::{Id, Kind};
use crate::time::{Clock, SystemClock, Timestamp};

/// Clock and randomness, passed to every workflow. Cheap to clone; clones share both.
#[derive(Clone)]
pub struct Ctx {
    clock: Arc<dyn Clock>,
    rng: Arc<Mutex<StdRng>>,
}

impl Ctx {
    /// The machine's clock and randomness from the operating system.
    #[must_use]
    pub fn system() -> Self {
        let rng =
            StdRng::try_from_rng(&mut rand::rngs::SysRng).unwrap_or_else(|_| rand::make_rng());
        Self {
            clock: Arc::new(SystemClock),
            rng: Arc::new(Mutex::new(rng)),
        }
    }

    /// The given clock and a seeded generator: the same calls give the same ids.
    #[must_use]
    pub fn seeded(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self {
            clock,
            rng: Arc::new(Mutex::new(StdRng::seed_from_u64(seed))),
        }
    }

    /// The current instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new identifier, stamped with the current instant.
    #[must_use]
    pub fn new_id<K: Kind>(&self) -> Id<K> {
        Id::from_parts(self.now(), self.random_bytes())
    }

    /// `N` random bytes, fit for secrets when the context is [`Ctx::system`].
    #[must_use]
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}
