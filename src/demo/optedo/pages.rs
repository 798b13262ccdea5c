//! pages
use super::OptedoSim;
use axum::Router;
pub(super) fn router() -> Router<OptedoSim> {
    Router::new()
}
