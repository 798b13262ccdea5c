use super::Outcome;
use crate::app;
use crate::config::Config;

pub(super) async fn run(config: Config) -> Outcome {
    app::run(config).await?;
    Ok(true)
}
