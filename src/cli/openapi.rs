use super::{Outcome, print_json};
use crate::web::openapi;

#[expect(clippy::unnecessary_wraps, reason = "a command")]
pub(super) fn run() -> Outcome {
    print_json(&openapi::document());
    Ok(true)
}
