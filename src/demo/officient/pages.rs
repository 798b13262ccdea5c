//! pages
use super::OfficientSim;
use axum::Router;
pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
}
