use super::{Outcome, open_database};
use crate::config::Config;

pub(super) async fn run(config: &Config) -> Outcome {
    open_database(config).await?;
    Ok(true)
}
