use super::{Outcome, print, print_json};
use crate::check::check;
use crate::config::Config;

pub(super) async fn run(config: Config, as_json: bool) -> Outcome {
    let report = check(config).await;
    if as_json {
        print_json(&report);
    } else {
        print(&report);
    }
    Ok(!report.has_problem())
}
