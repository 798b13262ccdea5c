use super::{Outcome, build_app, print, print_json};
use crate::config::Config;
use crate::web::error::WebError;
use crate::web::status;

pub(super) async fn run(config: Config, as_json: bool) -> Outcome {
    let app = build_app(config).await?;
    let status = status::status(&app.engine).await.map_err(WebError::from)?;
    if as_json {
        print_json(&status);
    } else {
        print(&status);
    }
    Ok(true)
}
