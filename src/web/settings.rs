//! The settings page: sign-in, credentials, the button **Aanmelden bij Officient**, the state, **Afmelden**.

use std::net::SocketAddr;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, Extension, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::api;
use super::error::WebError;
use super::session::Admin;
use super::status::{self, Status};
use super::{CALLBACK_PATH, PAGE_PATH};
use crate::app::App;
use crate::db::attention::{StoredItem, Which};
use crate::db::{attention, connection};
use crate::sync::attention::{Difference, Hint, Kind};

/// What just happened, in the address, so that a reload shows it again and nothing needs to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Access was granted.
    Connected,
    /// Signed out.
    Disconnected,
    /// The admin refused.
    Denied,
    /// The state is missing, wrong, used or too old.
    StateWrong,
    /// Officient does not accept the code or the credentials.
    CodeRefused,
    /// No answer from Officient.
    Unreachable,
    /// An answer that is not understood.
    Unreadable,
    /// The app may not read the account.
    PermissionMissing,
    /// No Client ID or Secret.
    CredentialsMissing,
    /// They were stored.
    CredentialsSaved,
    /// They were not: something is missing.
    CredentialsIncomplete,
    /// The password was wrong.
    WrongPassword,
    /// It was wrong too often.
    TooManyAttempts,
}

impl Notice {
    const ALL: [Self; 13] = [
        Self::Connected,
        Self::Disconnected,
        Self::Denied,
        Self::StateWrong,
        Self::CodeRefused,
        Self::Unreachable,
        Self::Unreadable,
        Self::PermissionMissing,
        Self::CredentialsMissing,
        Self::CredentialsSaved,
        Self::CredentialsIncomplete,
        Self::WrongPassword,
        Self::TooManyAttempts,
    ];

    /// The word in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Denied => "access_denied",
            Self::StateWrong => "state_wrong",
            Self::CodeRefused => "code_refused",
            Self::Unreachable => "officient_unreachable",
            Self::Unreadable => "officient_unreadable",
            Self::PermissionMissing => "permission_missing",
            Self::CredentialsMissing => "credentials_missing",
            Self::CredentialsSaved => "credentials_saved",
            Self::CredentialsIncomplete => "credentials_incomplete",
            Self::WrongPassword => "wrong_password",
            Self::TooManyAttempts => "too_many_attempts",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.as_str() == word)
    }

    /// The one of `?notice=`; whatever else an address holds is no reason not to show the page.
    fn of_query(query: Option<&str>) -> Option<Self> {
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .filter(|(name, _)| name == "notice")
            .find_map(|(_, word)| Self::parse(&word))
    }

    /// Whether it says that something went well.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Connected | Self::Disconnected | Self::CredentialsSaved)
    }

    /// What happened and what to do.
    pub fn text(self) -> &'static str {
        match self {
            Self::Connected => {
                "De koppeling met Officient is gelukt. Alle afwezigheden worden nu een eerste keer overgenomen."
            }
            Self::Disconnected => {
                "Je bent afgemeld bij Officient. De afwezigheden die al in Optedo staan, blijven staan; Client ID en Secret zijn bewaard."
            }
            Self::Denied => {
                "Je hebt in Officient geen toegang gegeven, dus er is niets gekoppeld. Klik opnieuw op ‘Aanmelden bij Officient’ en kies dan ‘Geef toegang’."
            }
            Self::StateWrong => {
                "Deze aanmelding is verlopen, al gebruikt, of in een andere browser begonnen. Er is niets gekoppeld. Klik opnieuw op ‘Aanmelden bij Officient’ en rond binnen tien minuten af."
            }
            Self::CodeRefused => {
                "Officient aanvaardde de aanmelding niet. Er is niets gekoppeld. Kijk na of Client ID, Secret en Redirect URL dezelfde zijn als in de app bij Officient, en meld opnieuw aan."
            }
            Self::Unreachable => {
                "Officient was niet bereikbaar. Er is niets gekoppeld. Wacht enkele minuten en meld dan opnieuw aan."
            }
            Self::Unreadable => {
                "Officient gaf een antwoord dat niet te begrijpen is. Er is niets gekoppeld. Probeer het later opnieuw; blijft het zo, verwittig dan Optedo."
            }
            Self::PermissionMissing => {
                "De app mag de gegevens van het bedrijf niet lezen. Er is niets gekoppeld. Vink in Officient bij de app de permissies aan (lezen: basic, personal info, webhooks, calendar; schrijven: webhooks) en meld opnieuw aan."
            }
            Self::CredentialsMissing => "Vul eerst Client ID en Secret in en bewaar ze.",
            Self::CredentialsSaved => {
                "Client ID en Secret zijn bewaard. Klik nu op ‘Aanmelden bij Officient’."
            }
            Self::CredentialsIncomplete => "Vul zowel Client ID als Secret in.",
            Self::WrongPassword => "Dat wachtwoord klopt niet.",
            Self::TooManyAttempts => "Te veel foute wachtwoorden. Wacht een minuut en probeer dan opnieuw.",
        }
    }
}

/// An attention item in the admin's words.
struct ItemText {
    id: i64,
    title: String,
    text: String,
    retry: &'static str,
}

impl From<StoredItem> for ItemText {
    fn from(item: StoredItem) -> Self {
        let kind = Kind::parse(&item.kind);
        let subject = item.subject.unwrap_or_default();
        let mut text = kind
            .map_or_else(|| item.detail.clone(), |kind| cause_and_remedy(kind, &item.detail, item.waiting));
        if let Some(hint) = &item.hint {
            text = format!("{text} {}", hint_text(&subject, hint));
        }
        if item.waiting > 0 && kind != Some(Kind::DeletionsHeld) {
            let (verb, noun) =
                if item.waiting == 1 { ("wacht", "afwezigheid") } else { ("wachten", "afwezigheden") };
            text = format!("{text} Hierop {verb} {} {noun}.", item.waiting);
        }
        let retry =
            if kind == Some(Kind::DeletionsHeld) { "Verwijderen bevestigen" } else { "Opnieuw proberen" };
        Self {
            id: item.id,
            title: if subject.is_empty() { "Officient".to_owned() } else { subject },
            text,
            retry,
        }
    }
}

fn cause_and_remedy(kind: Kind, detail: &str, waiting: i64) -> String {
    let text = match kind {
        Kind::UnmatchedPerson => {
            "Geen actieve gebruiker in Optedo heeft exact deze voornaam en achternaam. Maak de namen gelijk, hoofdletters inbegrepen."
        }
        Kind::AmbiguousPerson => {
            "Deze naam komt meer dan één keer voor, dus de afwezigheden worden bij niemand gezet. Maak de namen verschillend."
        }
        Kind::UnmappedLeaveType => {
            "Geen afwezigheidstype in Optedo heeft exact deze omschrijving. Vul in Officient bij Verloftypes – Geavanceerd de omschrijving uit Optedo in."
        }
        Kind::AmbiguousLeaveType => {
            "Meer dan één afwezigheidstype in Optedo heeft deze omschrijving. Maak de omschrijvingen verschillend."
        }
        Kind::InvalidEvent => {
            "Een afwezigheid in Officient mist haar duur, datum of toestand. Kijk ze na in Officient."
        }
        Kind::RejectedByOptedo => return format!("Optedo weigert een afwezigheid. {detail}"),
        Kind::DeletionsHeld => {
            return format!(
                "{waiting} afwezigheden zouden uit Optedo verdwijnen omdat ze niet meer in Officient staan. Dat is meer dan gewoonlijk: bevestig het, of zet ze terug in Officient."
            );
        }
        Kind::WebhookRefused => {
            "Officient kent deze webhook niet. Wijzigingen die hij zou melden, komen later binnen."
        }
        Kind::WebhooksSilent => {
            "Officient verwittigt niet meer bij wijzigingen; ze komen pas binnen als alles wordt nagekeken."
        }
        Kind::ReauthorizationRequired => "Officient aanvaardt de koppeling niet meer. Meld opnieuw aan.",
        Kind::OptedoUnauthorized => {
            "Optedo aanvaardt de sleutel van deze dienst niet. Verwittig de beheerder van Optedo."
        }
    };
    text.to_owned()
}

/// *Where* the two differ.
fn hint_text(subject: &str, hint: &Hint) -> String {
    let how = match hint.difference {
        Difference::UnicodeForm => "ziet er gelijk uit, maar is met andere tekens geschreven",
        Difference::Spaces => "verschilt in spaties",
        Difference::Case => "verschilt in hoofdletters",
        Difference::Accents => "verschilt in accenten",
        Difference::Swapped => "heeft voornaam en achternaam omgewisseld",
        Difference::Several => "verschilt in hoofdletters, spaties of accenten",
        Difference::Inactive => {
            return format!("‘{}’ bestaat in Optedo, maar is niet actief.", hint.candidate);
        }
    };
    format!("‘{subject}’ in Officient, ‘{}’ in Optedo: die naam {how}.", hint.candidate)
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    notice: Option<Notice>,
    csrf_token: String,
    status: Status,
    is_connected: bool,
    connected_since: String,
    client_id: String,
    has_credentials: bool,
    are_credentials_fixed: bool,
    redirect_url: String,
    developer_url: String,
    api: &'static str,
    page: &'static str,
    items: Vec<ItemText>,
}

/// `GET /instellingen/integraties/hr`
pub async fn show(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebError> {
    let engine = &app.engine;
    let connection = connection::load(&engine.db).await?;
    let status = status::status(engine).await?;
    let config = &engine.config;
    let client_id = config.officient.client_id.clone().or(connection.client_id);
    let zone = crate::clock::time_zone();
    let connected_since =
        connection.connected_at.map(|at| at.to_zoned(zone).strftime("%d/%m/%Y %H:%M").to_string());
    render(
        StatusCode::OK,
        &SettingsPage {
            notice: Notice::of_query(query.as_deref()),
            csrf_token: admin.csrf_token.unwrap_or_default(),
            is_connected: status.state != "disconnected",
            connected_since: connected_since.unwrap_or_default(),
            has_credentials: client_id.is_some(),
            client_id: client_id.unwrap_or_default(),
            are_credentials_fixed: config.officient.client_id.is_some(),
            redirect_url: format!("{}{CALLBACK_PATH}", config.server.public_url),
            developer_url: format!("{}/developer", config.officient.app_url),
            api: CALLBACK_PATH,
            page: PAGE_PATH,
            items: attention::list(&engine.db, Which::Open).await?.into_iter().map(ItemText::from).collect(),
            status,
        },
    )
}

/// What the form holds.
#[derive(Deserialize)]
pub struct CredentialsForm {
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
}

/// `POST /instellingen/integraties/hr/credentials`
pub async fn save_credentials(
    State(app): State<App>,
    form: Result<Form<CredentialsForm>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(form) = form?;
    let is_complete = api::check_text("client_id", &form.client_id).is_ok()
        && api::check_text("client_secret", &form.client_secret).is_ok();
    if !is_complete {
        return Ok(to_page(Notice::CredentialsIncomplete));
    }
    api::save_credentials(&app, form.client_id.trim(), form.client_secret.trim().into()).await?;
    Ok(to_page(Notice::CredentialsSaved))
}

/// What the login form holds.
#[derive(Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    password: String,
}

/// `POST /instellingen/integraties/hr/sign-in`
pub async fn sign_in(
    State(app): State<App>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    cookies: CookieJar,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Result<Response, WebError> {
    let Form(form) = form?;
    match app.gatekeeper.check_password(address.ip(), &form.password).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!("A sign-in with a wrong password");
            return render(StatusCode::UNAUTHORIZED, &SignInPage { notice: Some(Notice::WrongPassword) });
        }
        Err(WebError::TooManyAttempts(seconds)) => {
            let page =
                render(StatusCode::TOO_MANY_REQUESTS, &SignInPage { notice: Some(Notice::TooManyAttempts) })?;
            return Ok(([(header::RETRY_AFTER, seconds.to_string())], page).into_response());
        }
        Err(error) => return Err(error),
    }
    // A session that was there before ends: the cookie is new at every sign-in.
    let cookies = app.end_session(cookies).await?;
    let session = app.begin_session().await?;
    Ok((cookies.add(session), Redirect::to(PAGE_PATH)).into_response())
}

/// `POST /instellingen/integraties/hr/sign-out`
pub async fn sign_out(State(app): State<App>, cookies: CookieJar) -> Result<Response, WebError> {
    let cookies = app.end_session(cookies).await?;
    Ok((cookies, Redirect::to(PAGE_PATH)).into_response())
}

/// `GET /instellingen/integraties/hr/sign-in`
pub async fn sign_in_page() -> Redirect {
    Redirect::to(PAGE_PATH)
}

/// The login form, in place of the page; it too says how a login at Officient ended.
pub fn sign_in_form(_app: &App, query: Option<&str>) -> Result<Response, WebError> {
    let notice = Notice::of_query(query);
    render(StatusCode::OK, &SignInPage { notice })
}

/// `GET /instellingen/integraties/hr/style.css`
pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../templates/style.css"))
        .into_response()
}

/// `GET /instellingen/integraties/hr/icon.svg`
pub async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("../../templates/icon.svg")).into_response()
}

fn to_page(notice: Notice) -> Redirect {
    Redirect::to(&format!("{PAGE_PATH}?notice={}", notice.as_str()))
}

fn render(status: StatusCode, page: &impl Template) -> Result<Response, WebError> {
    let html = page.render().map_err(|error| {
        tracing::error!(%error, "A page could not be rendered");
        WebError::Internal
    })?;
    Ok((status, Html(html)).into_response())
}
