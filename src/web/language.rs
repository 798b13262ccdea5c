//! In which language a visitor gets the page.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;

use super::request::query_value;
use super::state::App;
use crate::texts::Language;

/// The cookie that keeps the admin's choice.
pub const LANGUAGE_COOKIE: &str = "optedo_officient_language";

/// Parses a language tag such as `nl` or `fr-BE`.
fn parse(tag: &str) -> Option<Language> {
    tag.trim().split('-').next()?.parse().ok()
}

/// The language with the highest weight in an `Accept-Language` header (RFC 9110).
fn preferred(accepted: &str) -> Option<Language> {
    let weighed = accepted.split(',').filter_map(|range| {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
        Some((parse(tag)?, weight)).filter(|(_, weight)| *weight > 0.0)
    });
    // max_by returns the last of equal elements, but of equal weights the first language counts.
    weighed.rev().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(language, _)| language)
}

/// The language that the address asks for (`?lang=`).
pub(super) fn of_query(query: Option<&str>) -> Option<Language> {
    query_value(query, "lang").and_then(|tag| parse(&tag))
}

/// The language of the address, else of the cookie, else of the browser, else Dutch.
impl FromRequestParts<App> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let cookies = CookieJar::from_headers(&parts.headers);
        let cookie = || parse(cookies.get(&app.session_policy.cookie_name(LANGUAGE_COOKIE))?.value());
        let header = || preferred(parts.headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?);
        Ok(of_query(parts.uri.query()).or_else(cookie).or_else(header).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_the_browser_prefers() {
        let tests = [
            ("nl-BE,nl;q=0.9,en;q=0.8", Some(Language::Dutch)),
            ("de-DE,de;q=0.9,fr;q=0.5,en;q=0.7", Some(Language::English)),
            ("fr,en", Some(Language::French)),
            ("FR-be", Some(Language::French)),
            ("en;q=0, fr;q=0.1", Some(Language::French)),
            ("de", None),
            ("*", None),
            ("", None),
            (";;q=,nl;q=x", None),
        ];
        for (accepted, language) in tests {
            assert_eq!(preferred(accepted), language, "{accepted:?}");
        }
    }
}
