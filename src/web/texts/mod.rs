//! Every text of the page, in Dutch, French and English.
//!
//! A text is a method of [`Language`] with its three languages side by side. A missing language, placeholder or enum
//! variant does not compile, and the compiler warns of a text that no page uses.

/// Declares texts. Each has one of these forms:
///
/// ```text
/// name() { nl: "…", fr: "…", en: "…" }
/// name(argument: Type) { nl: "… {argument}", fr: …, en: … }
/// name(count: i64) { nl: "singular" | "plural", fr: …, en: … }
/// name(value: &Enum) { Enum::Variant => { nl: "…", fr: …, en: … } … }
/// ```
macro_rules! texts {
    ($($name:ident $arguments:tt $texts:tt)*) => {
        impl crate::web::texts::Language {
            $(text! { $name $arguments $texts })*
        }
    };
}

macro_rules! text {
    ($name:ident () { nl: $nl:literal, fr: $fr:literal, en: $en:literal $(,)? }) => {
        pub(in crate::web) fn $name(self) -> &'static str {
            self.choose($nl, $fr, $en)
        }
    };
    ($name:ident ($($argument:ident: $type:ty),+) { nl: $nl:literal, fr: $fr:literal, en: $en:literal $(,)? }) => {
        pub(in crate::web) fn $name(self, $($argument: $type),+) -> String {
            match self {
                Self::Dutch => format!($nl),
                Self::French => format!($fr),
                Self::English => format!($en),
            }
        }
    };
    ($name:ident ($count:ident: i64) { nl: $nl:literal | $nl_many:literal, fr: $fr:literal | $fr_many:literal, en: $en:literal | $en_many:literal $(,)? }) => {
        pub(in crate::web) fn $name(self, $count: i64) -> String {
            match self {
                Self::Dutch if $count == 1 => format!($nl),
                Self::Dutch => format!($nl_many),
                // In French, zero takes the singular.
                Self::French if $count < 2 => format!($fr),
                Self::French => format!($fr_many),
                Self::English if $count == 1 => format!($en),
                Self::English => format!($en_many),
            }
        }
    };
    ($name:ident ($value:ident: $type:ty) { $($pattern:pat => { nl: $nl:literal, fr: $fr:literal, en: $en:literal $(,)? })+ }) => {
        pub(in crate::web) fn $name(self, $value: $type) -> &'static str {
            match $value {
                $($pattern => self.choose($nl, $fr, $en),)+
            }
        }
    };
}

mod attention;
mod common;
mod connection;
mod lists;
mod notices;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::web::request::query_value;
use crate::web::state::App;

/// The language of a page; its string is an ISO 639-1 code, as in the address, the cookie and the `lang` attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(ascii_case_insensitive)]
pub enum Language {
    #[strum(serialize = "nl")]
    Dutch,
    #[strum(serialize = "fr")]
    French,
    #[strum(serialize = "en")]
    English,
}

/// The cookie that keeps the admin's choice.
pub const LANGUAGE_COOKIE: &str = "optedo_officient_language";

impl Language {
    pub const ALL: &[Self] = Self::VARIANTS;

    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The language's name in that language.
    pub(super) fn own_name(self) -> &'static str {
        match self {
            Self::Dutch => "Nederlands",
            Self::French => "Français",
            Self::English => "English",
        }
    }

    fn choose(self, nl: &'static str, fr: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Dutch => nl,
            Self::French => fr,
            Self::English => en,
        }
    }

    /// Parses a language tag such as `nl` or `fr-BE`.
    fn parse(tag: &str) -> Option<Self> {
        tag.trim().split('-').next()?.parse().ok()
    }

    /// The language with the highest weight in an `Accept-Language` header (RFC 9110).
    fn preferred(accepted: &str) -> Option<Self> {
        let weighed = accepted.split(',').filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
            Some((Self::parse(tag)?, weight)).filter(|(_, weight)| *weight > 0.0)
        });
        // max_by returns the last of equal elements, but of equal weights the first language counts.
        weighed.rev().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(language, _)| language)
    }

    /// The language that the address asks for (`?lang=`).
    pub(super) fn of_query(query: Option<&str>) -> Option<Self> {
        query_value(query, "lang").and_then(|tag| Self::parse(&tag))
    }
}

/// The language of the address, else of the cookie, else of the browser, else Dutch.
impl FromRequestParts<App> for Language {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let cookies = CookieJar::from_headers(&parts.headers);
        let cookie = || Self::parse(cookies.get(&app.session_policy.cookie_name(LANGUAGE_COOKIE))?.value());
        let header = || Self::preferred(parts.headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?);
        Ok(Self::of_query(parts.uri.query()).or_else(cookie).or_else(header).unwrap_or(Self::Dutch))
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
            assert_eq!(Language::preferred(accepted), language, "{accepted:?}");
        }
    }

    #[test]
    fn a_count_of_one_takes_the_singular() {
        assert_eq!(Language::Dutch.items_waiting(1), "Hierop wacht 1 afwezigheid.");
        assert_eq!(Language::Dutch.items_waiting(0), "Hierop wachten 0 afwezigheden.");
        assert_eq!(Language::French.items_waiting(0), "0 absence attend cette solution.");
        assert_eq!(Language::English.items_waiting(2), "2 absences wait for this.");
    }
}
