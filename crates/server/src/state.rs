//! What every handler shares.

use std::sync::Arc;

use crate::config::ServeConfig;

/// What every handler shares; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: ServeConfig,
}

impl App {
    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ServeConfig {
        &self.0.config
    }
}
