use strum::EnumString;
use tracing_subscriber::EnvFilter;

use super::keys::section;

section! {
    Log("log") {
        format: LogFormat = required("json", format);
        /// As in `RUST_LOG`.
        filter: String = required("info", filter);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum LogFormat {
    Json,
    /// For people.
    Pretty,
}

fn format(text: &str) -> Result<LogFormat, String> {
    text.parse().map_err(|_unknown| "is neither json nor pretty".to_owned())
}

fn filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text)
        .map(|_valid| text.to_owned())
        .map_err(|error| format!("is not a filter: {error}"))
}
