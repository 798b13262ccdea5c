//! The tab of settings: the admin's choices with their effect before they are stored, and notifications.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse as _, Redirect, Response};
use strum::VariantArray as _;

use super::frame::{Frame, Tab, Visit, render};
use super::notifications::{NotificationsForm, NotificationsView};
use crate::clock::local_time;
use crate::config::{Config, Edge, OnDifference, ProposedSettings, Setting, Settings};
use crate::db::settings::{self, StoredSetting};
use crate::db::{differences, preview};
use crate::domain::difference::DifferenceKind;
use crate::domain::ids::CompanyId;
use crate::domain::proposal::ProposedChange;
use crate::sync::Engine;
use crate::texts::Language;
use crate::web::api::notifications::save as save_notifications;
use crate::web::api::settings::{Source, check, save_settings};
use crate::web::error::WebError;
use crate::web::notice::Notice;
use crate::web::session::Admin;
use crate::web::state::App;

const TAB: &str = "/settings";

#[derive(Template)]
#[template(path = "page/settings.html")]
struct SettingsPage {
    frame: Frame,
    rows: Vec<Row>,
    /// What is wrong with what was filled in.
    fault: Option<String>,
    notifications: NotificationsView,
}

/// A setting on the page.
struct Row {
    /// As in the API.
    name: &'static str,
    label: String,
    /// What it does.
    text: String,
    field: Field,
    /// The value in effect, in words.
    value: String,
    default: String,
    is_fixed: bool,
    /// "Chosen on 3/12/2026 at 10:42 by An".
    chosen: Option<String>,
}

/// How a setting is filled in.
enum Field {
    /// Each value with its name.
    Choice(Vec<(&'static str, String)>, String),
    Time(String),
    /// Empty: automatic.
    Number(String),
    /// Days, or a date, which goes before them.
    Edge {
        days: String,
        date: String,
    },
}

/// `GET …/settings`
pub(super) async fn show(Visit { mut frame, engine, .. }: Visit) -> Result<Response, WebError> {
    frame.is_changing = frame.notice == Some(Notice::TestMessageRequested);
    page(frame, &engine, None, None).await
}

/// `GET` of an address that has no page of its own, such as that of a form that was refused.
pub(super) async fn back() -> Redirect {
    Redirect::to(&Tab::Settings.path())
}

/// The page, with what was filled in where it was refused.
async fn page(
    frame: Frame,
    engine: &Engine,
    refused: Option<(HashMap<String, String>, String)>,
    refused_notifications: Option<NotificationsForm>,
) -> Result<Response, WebError> {
    let t = frame.t;
    let stored = settings::stored(&engine.db).await?;
    let in_effect = engine.settings().await?;
    let (form, fault) = refused.unzip();
    let row = |setting: &Setting| Row::new(t, *setting, &engine.config, (&in_effect, &stored), form.as_ref());
    let rows = Setting::VARIANTS.iter().map(row).collect();
    let notifications = NotificationsView::new(engine, t, refused_notifications).await?;
    render(&SettingsPage { frame, rows, fault, notifications })
}

impl Row {
    fn new(
        t: Language,
        setting: Setting,
        config: &Config,
        (in_effect, stored): (&Settings, &BTreeMap<Setting, StoredSetting>),
        form: Option<&HashMap<String, String>>,
    ) -> Self {
        let source = Source::of(config, stored, setting);
        let stored = stored.get(&setting).filter(|_| source == Source::Admin);
        let chosen = stored.map(|stored| {
            let at = t.text("chosen-at").with("at", local_time(&stored.changed_at)).to_string();
            let by = stored.changed_by.as_deref().map(|name| t.text("chosen-by").with("name", name).to_string());
            by.map_or_else(|| at.clone(), |by| format!("{at} {by}"))
        });
        Self {
            name: setting.into_str(),
            label: t.text("setting").with("setting", setting.into_str()).to_string(),
            text: t.text("setting-text").with("setting", setting.into_str()).to_string(),
            field: Field::new(t, setting, in_effect, form),
            value: in_words(t, setting, in_effect),
            default: in_words(t, setting, &config.settings()),
            is_fixed: source == Source::Operator,
            chosen,
        }
    }
}

impl Field {
    fn new(t: Language, setting: Setting, in_effect: &Settings, form: Option<&HashMap<String, String>>) -> Self {
        let filled_in = |name: &str, or: String| form.map_or(or, |form| form.get(name).cloned().unwrap_or_default());
        let (name, text) = (setting.into_str(), in_effect.printed(setting));
        let edge = |edge: Edge| {
            let [days, date] = edge_fields(setting, edge);
            Self::Edge { days: filled_in(&format!("{name}Days"), days), date: filled_in(&format!("{name}Date"), date) }
        };
        match setting {
            Setting::From => edge(in_effect.from),
            Setting::Until => edge(in_effect.until),
            Setting::DefaultStart => Self::Time(filled_in(name, text)),
            Setting::MaxDeletions => Self::Number(filled_in(name, text.replace("auto", ""))),
            Setting::IncludePending | Setting::OnDifference | Setting::Leavers => {
                let values = ["false", "true", "ask", "restore", "keep", "delete"].into_iter();
                let values = values.filter(|value| in_effect.clone().set(setting, value).is_ok());
                let named = |value| (value, choice_in_words(t, setting, value));
                Self::Choice(values.map(named).collect(), filled_in(name, text))
            }
        }
    }
}

/// The days before or after today, and the date, as the form has them.
fn edge_fields(setting: Setting, edge: Edge) -> [String; 2] {
    match edge {
        Edge::On(date) => [String::new(), date.to_string()],
        Edge::Days(days) if setting == Setting::From => [(-days).to_string(), String::new()],
        Edge::Days(days) => [days.to_string(), String::new()],
    }
}

fn choice_in_words(t: Language, setting: Setting, value: &str) -> String {
    t.text("setting-choice").with("choice", format!("{}-{value}", setting.into_str())).to_string()
}

fn in_words(t: Language, setting: Setting, settings: &Settings) -> String {
    let edge = |edge: Edge| match edge {
        Edge::On(date) => date.strftime("%d/%m/%Y").to_string(),
        Edge::Days(days) if setting == Setting::From => t.text("days-before-today").with("days", -days).to_string(),
        Edge::Days(days) => t.text("days-after-today").with("days", days).to_string(),
    };
    let text = settings.printed(setting);
    match setting {
        Setting::From => edge(settings.from),
        Setting::Until => edge(settings.until),
        Setting::MaxDeletions if text == "auto" => t.text("limit-automatic").to_string(),
        Setting::MaxDeletions | Setting::DefaultStart => text,
        Setting::IncludePending | Setting::OnDifference | Setting::Leavers => choice_in_words(t, setting, &text),
    }
}

/// What the form changes of the settings in effect. A value that is the default withdraws the choice.
fn changes(config: &Config, in_effect: &Settings, form: &HashMap<String, String>) -> ProposedSettings {
    let default = config.settings();
    let filled_in = |setting: Setting| {
        let field = |name: &str| form.get(name).map(|text| text.trim().to_owned());
        let name = setting.into_str();
        match setting {
            Setting::From | Setting::Until => {
                let (days, date) = (field(&format!("{name}Days"))?, field(&format!("{name}Date"))?);
                let after_today = |days: i32| if setting == Setting::From { days.saturating_neg() } else { days };
                let days = days.parse().map_or(days, |days| format!("{}d", after_today(days)));
                Some(if date.is_empty() { days } else { date })
            }
            Setting::MaxDeletions => field(name).map(|text| if text.is_empty() { "auto".to_owned() } else { text }),
            Setting::IncludePending | Setting::DefaultStart | Setting::OnDifference | Setting::Leavers => field(name),
        }
    };
    let changed = |setting: &Setting| {
        let text = filled_in(*setting).filter(|text| *text != in_effect.printed(*setting))?;
        Some((*setting, (text != default.printed(*setting)).then_some(text)))
    };
    let open = Setting::VARIANTS.iter().filter(|setting| !config.set_by_operator.contains(setting));
    ProposedSettings { settings: open.filter_map(changed).collect() }
}

/// `POST …/settings/effect`: begins the preview of what the form changes.
pub(super) async fn show_effect(
    Visit { frame, connection, engine }: Visit,
    admin: Admin,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Result<Response, WebError> {
    let Form(form) = form?;
    let proposed = changes(&engine.config, &engine.settings().await?, &form);
    if proposed.settings.is_empty() {
        return Ok(Notice::SettingsSaved.redirect_to(TAB).into_response());
    }
    let chosen = settings::chosen(&engine.db).await?;
    match check(&engine.config, chosen, &proposed, engine.clock.today()) {
        Ok(_) => {}
        Err(WebError::InvalidField { field, .. }) => {
            let fault = frame.t.text("setting-invalid").with("setting", field).to_string();
            return page(frame, &engine, Some((form, fault)), None).await;
        }
        Err(error) => return Err(error),
    }
    if connection.company_id.is_none() {
        // There is nothing in Optedo that could change.
        save_settings(&engine, &admin, &proposed).await?;
        return Ok(Notice::SettingsSaved.redirect_to(TAB).into_response());
    }
    preview::request(&engine.db, Some(&ProposedChange::Settings(proposed)), engine.clock.now()).await?;
    engine.work_signal.notify(&engine.db).await;
    Ok(Redirect::to(&Tab::Preview.path()).into_response())
}

/// What the change says, a sentence each, for example "Leave that waits for approval: copied too".
pub(super) async fn describe(
    engine: &Engine,
    company: CompanyId,
    t: Language,
    proposed: &ProposedSettings,
) -> Result<Vec<String>, WebError> {
    let mut chosen = settings::chosen(&engine.db).await?;
    proposed.apply_to(&mut chosen);
    let after = engine.config.settings_with(&chosen);
    let mut sentences = Vec::new();
    for setting in proposed.settings.keys() {
        let name = t.text("setting").with("setting", setting.into_str());
        sentences.push(format!("{name}: {}", in_words(t, *setting, &after)));
    }
    if proposed.settings.contains_key(&Setting::OnDifference) && after.on_difference == OnDifference::Restore {
        let open = differences::count_by_kind(&engine.db, Some(company)).await?;
        let restorable = open.iter().filter(|(kind, _)| *kind != DifferenceKind::Unexplained.into_str());
        let count: i64 = restorable.map(|(_, count)| count).sum();
        sentences.push(t.text("differences-to-restore").with("count", count).to_string());
    }
    Ok(sentences)
}

/// `POST …/settings`: stores what the preview showed. An empty value withdraws the choice.
pub(super) async fn save(
    State(app): State<App>,
    admin: Admin,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Result<Redirect, WebError> {
    let Form(form) = form?;
    let setting =
        |(name, text): (String, String)| Some((name.parse().ok()?, Some(text).filter(|text| !text.is_empty())));
    let proposed = ProposedSettings { settings: form.into_iter().filter_map(setting).collect() };
    save_settings(&app.engine, &admin, &proposed).await?;
    Ok(Notice::SettingsSaved.redirect_to(TAB))
}

/// `POST …/settings/notifications`
pub(super) async fn replace_notifications(
    Visit { mut frame, engine, .. }: Visit,
    admin: Admin,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Result<Response, WebError> {
    let Form(form) = form?;
    let form = NotificationsForm::new(form);
    match save_notifications(&engine, &admin, form.addresses(), &form.language).await {
        Ok(()) => Ok(Notice::NotificationsSaved.redirect_to(TAB).into_response()),
        Err(WebError::InvalidField { .. }) => {
            frame.notice = Some(Notice::RecipientsInvalid);
            page(frame, &engine, None, Some(form)).await
        }
        Err(error) => Err(error),
    }
}
