use super::{Outcome, build_app, print, print_json};
use crate::config::Config;
use crate::web::api::status::read_status;
use crate::web::error::WebError;

pub(super) async fn run(config: Config, as_json: bool) -> Outcome {
    let app = build_app(config).await?;
    let status = read_status(&app.engine).await.map_err(WebError::from)?;
    if as_json {
        print_json(&status);
    } else {
        print(&status);
    }
    Ok(true)
}
