//! Everything the page says, in Dutch, French and English.
//!
//! A text is a method of [`Language`], its three languages side by side: one that is missing does not compile, nor does
//! one with a placeholder that it is not given, and one that no page uses any more is a warning. `"one" | "many"` are
//! the singular and the plural of a text with a `count`.

mod attention;
mod common;
mod connection;
mod lists;
mod log;
mod notices;

use axum::extract::{FromRequestParts, RawQuery};
use axum::http::header;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;

use crate::web::state::App;

/// The language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Of most admins.
    Dutch,
    /// Of some.
    French,
    /// Of the others.
    English,
}

/// The cookie that keeps the admin's choice.
pub const LANGUAGE: &str = "optedo_officient_language";

impl Language {
    /// Every one, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Dutch, Self::French, Self::English];

    /// The word of the address, the cookie and the `lang` attribute.
    pub fn code(self) -> &'static str {
        match self {
            Self::Dutch => "nl",
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// As who speaks it calls it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Dutch => "Nederlands",
            Self::French => "Français",
            Self::English => "English",
        }
    }

    /// The language of `nl`, `fr-BE`…
    pub fn parse(tag: &str) -> Option<Self> {
        let code = tag.trim().split('-').next()?;
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code))
    }

    /// The one that a browser likes best (RFC 9110, `Accept-Language`).
    fn preferred(accepted: &str) -> Option<Self> {
        let weighed = accepted.split(',').filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
            Some((Self::parse(tag)?, weight)).filter(|(_, weight)| *weight > 0.0)
        });
        // Of equally liked ones the first: max_by keeps the last.
        weighed.rev().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(language, _)| language)
    }

    /// Chosen in this address.
    pub fn of_query(query: Option<&str>) -> Option<Self> {
        super::request::query_value(query, "lang").and_then(|tag| Self::parse(&tag))
    }
}

/// As the address says, else as was chosen before, else as the browser likes it, else Dutch.
impl FromRequestParts<App> for Language {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let RawQuery(query) = RawQuery::from_request_parts(parts, app).await?;
        let cookies = CookieJar::from_headers(&parts.headers);
        let cookie = || Self::parse(cookies.get(&app.session_policy.cookie_name(LANGUAGE))?.value());
        let header = || Self::preferred(parts.headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?);
        Ok(Self::of_query(query.as_deref()).or_else(cookie).or_else(header).unwrap_or(Self::Dutch))
    }
}

macro_rules! texts {
    ($($name:ident $arguments:tt { nl: $($nl:literal)|+, fr: $($fr:literal)|+, en: $($en:literal)|+ $(,)? })*) => {
        impl crate::web::texts::Language {
            $(crate::web::texts::text! { $name $arguments { $($nl)|+ } { $($fr)|+ } { $($en)|+ } })*
        }
    };
}

macro_rules! text {
    ($name:ident () { $nl:literal } { $fr:literal } { $en:literal }) => {
        pub(in crate::web) fn $name(self) -> &'static str {
            match self {
                Self::Dutch => $nl,
                Self::French => $fr,
                Self::English => $en,
            }
        }
    };
    ($name:ident ($($argument:ident: $type:ty),+) { $nl:literal } { $fr:literal } { $en:literal }) => {
        pub(in crate::web) fn $name(self, $($argument: $type),+) -> String {
            match self {
                Self::Dutch => format!($nl),
                Self::French => format!($fr),
                Self::English => format!($en),
            }
        }
    };
    ($name:ident ($count:ident: i64) { $nl:literal | $nl_many:literal } { $fr:literal | $fr_many:literal } { $en:literal | $en_many:literal }) => {
        pub(in crate::web) fn $name(self, $count: i64) -> String {
            match self {
                Self::Dutch if $count == 1 => format!($nl),
                Self::Dutch => format!($nl_many),
                // French counts none as one.
                Self::French if $count < 2 => format!($fr),
                Self::French => format!($fr_many),
                Self::English if $count == 1 => format!($en),
                Self::English => format!($en_many),
            }
        }
    };
}

use {text, texts};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_the_browser_likes_best() {
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
            assert_eq!(Language::preferred(accepted), language, "{accepted:?}");
        }
    }

    #[test]
    fn a_count_of_one_is_said_in_the_singular() {
        assert_eq!(Language::Dutch.items_waiting(1), "Hierop wacht 1 afwezigheid.");
        assert_eq!(Language::Dutch.items_waiting(0), "Hierop wachten 0 afwezigheden.");
        assert_eq!(Language::French.items_waiting(0), "0 absence attend cette solution.");
        assert_eq!(Language::English.items_waiting(2), "2 absences wait for this.");
    }
}
