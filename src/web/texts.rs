//! The texts of the page: one Fluent file for each language, in `locales/`.
//!
//! The keys of texts and the names of their variables are literals in the code and the templates, so that `tests/texts.rs`
//! can compare them with the files.

use std::convert::Infallible;
use std::fmt;
use std::sync::LazyLock;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
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

    /// The text of this key; [`Text::with`] gives it the values of its variables.
    pub fn text(self, key: &'static str) -> Text<'static> {
        Text { language: self, key, values: FluentArgs::new() }
    }

    /// The texts of this language. Read when first used, so that they take no memory while nobody opens the page.
    fn texts(self) -> &'static Texts {
        static DUTCH: LazyLock<Texts> = LazyLock::new(|| read("nl", include_str!("../../locales/nl.ftl")));
        static FRENCH: LazyLock<Texts> = LazyLock::new(|| read("fr", include_str!("../../locales/fr.ftl")));
        static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read("en", include_str!("../../locales/en.ftl")));
        match self {
            Self::Dutch => &DUTCH,
            Self::French => &FRENCH,
            Self::English => &ENGLISH,
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

type Texts = FluentBundle<FluentResource>;

fn read(code: &str, file: &str) -> Texts {
    let mut texts = Texts::new_concurrent(vec![code.parse().unwrap_or_default()]);
    // The marks that isolate a value from text of the other direction: these languages all run from left to right.
    texts.set_use_isolating(false);
    // tests/texts.rs refuses a file with errors.
    let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(file.to_owned());
    texts.add_resource_overriding(resource);
    texts
}

/// A text of the page, which is put together when it is shown.
#[derive(Debug)]
pub struct Text<'a> {
    language: Language,
    key: &'static str,
    values: FluentArgs<'a>,
}

impl<'a> Text<'a> {
    /// Gives a variable its value. A number also chooses between singular and plural, and a word between variants.
    #[must_use]
    pub fn with(mut self, variable: &'static str, value: impl Into<FluentValue<'a>>) -> Self {
        self.values.set(variable, value);
        self
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.language.texts();
        match texts.get_message(self.key).and_then(|message| message.value()) {
            Some(text) => texts.write_pattern(f, text, Some(&self.values), &mut Vec::new()),
            None => f.write_str(self.key),
        }
    }
}

/// The language of the address, else of the cookie, else of the browser, else Dutch.
impl FromRequestParts<App> for Language {
    type Rejection = Infallible;

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
        let waiting = |language: Language, count| language.text("items-waiting").with("count", count).to_string();
        assert_eq!(waiting(Language::Dutch, 1), "Hierop wacht 1 afwezigheid.");
        assert_eq!(waiting(Language::Dutch, 0), "Hierop wachten 0 afwezigheden.");
        assert_eq!(waiting(Language::French, 0), "0 absence attend cette solution.");
        assert_eq!(waiting(Language::English, 2), "2 absences wait for this.");
    }
}
