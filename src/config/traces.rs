use super::keys::section;
use super::values::{parse_url, plain};

const IS_COMPILED_IN: bool = cfg!(feature = "otlp");
const EXAMPLE: &str = if IS_COMPILED_IN { "http://collector:4318" } else { "" };

section! {
    #[derive(Default)]
    Traces("traces") {
        /// The collector, without a trailing slash. Always `None` without the feature `otlp`.
        otlp_endpoint: Option<String> = optional(EXAMPLE, |text| otlp_endpoint(text, IS_COMPILED_IN));
    }
}

/// Plain http is allowed here: the collector usually runs on the same machine.
pub(super) fn otlp_endpoint(text: &str, is_compiled_in: bool) -> Result<String, String> {
    if !is_compiled_in {
        let fault = "this program was built without traces: remove the key, or build with --features otlp";
        return Err(fault.into());
    }
    let url = parse_url(text)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with http:// or https://".into());
    }
    let endpoint = plain(&url)?;
    if endpoint.ends_with("/v1/traces") {
        return Err("must end before /v1/traces, which is added".into());
    }
    Ok(endpoint)
}
