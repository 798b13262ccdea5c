use super::{Outcome, print};
use crate::app;
use crate::config::Config;
use crate::demo;

pub(super) async fn run(config: Config) -> Outcome {
    let simulators = demo::start(&config).await?;
    print(&demo::steps(&config, &simulators));
    app::run(config).await?;
    Ok(true)
}
