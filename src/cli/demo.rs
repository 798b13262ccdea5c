use super::{Outcome, print};
use crate::app;
use crate::config::Config;
use crate::simulators;

pub(super) async fn run(config: Config) -> Outcome {
    let simulators = simulators::start(&config).await?;
    print(&simulators::steps(&config, &simulators));
    app::run(config).await?;
    Ok(true)
}
