//! seed
use super::{OfficientSim, OptedoSim};
/// seed
pub fn seed(_officient: &OfficientSim, _optedo: &OptedoSim) {}
