//! x
use super::{World, WorldConfig};
use crate::SimError;
pub(super) fn build(config: &WorldConfig) -> Result<World, SimError> {
    Err(SimError::Config(format!("not made yet: {}", config.seed)))
}
