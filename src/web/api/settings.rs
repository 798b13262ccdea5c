//! The settings that the admin may change, unless the configuration sets them.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::officient_app::json_object;
use crate::config::{Config, DeletionLimit, ProposedSettings, Setting, Settings};
use crate::db::audit_log::{self, Act};
use crate::db::settings::StoredSetting;
use crate::db::{self, connection, decisions, preview, queue, settings};
use crate::domain::proposal::ProposedChange;
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::sync::Engine;
use crate::web::error::WebError;
use crate::web::session::Admin;
use crate::web::state::App;

/// Every calendar year of the window is read for each person, so the window has an end.
const FARTHEST_DAYS: i32 = 3660;

/// Who decides about a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Default,
    /// The configuration: a file or the environment.
    Operator,
    Admin,
}

impl Source {
    pub fn of(config: &Config, stored: &BTreeMap<Setting, StoredSetting>, setting: Setting) -> Self {
        if config.set_by_operator.contains(&setting) {
            Self::Operator
        } else if stored.contains_key(&setting) {
            Self::Admin
        } else {
            Self::Default
        }
    }
}

/// The value of a setting, and who decides about it.
#[derive(Serialize, ToSchema)]
struct SettingInEffect {
    /// As in `PUT …/settings`.
    value: Value,
    source: Source,
}

/// The settings in effect.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingsInEffect {
    include_pending: SettingInEffect,
    from: SettingInEffect,
    until: SettingInEffect,
    default_start: SettingInEffect,
    max_deletions: SettingInEffect,
    on_difference: SettingInEffect,
    leavers: SettingInEffect,
}

/// The settings in effect, and who decides about each.
#[utoipa::path(get, path = "/settings", operation_id = "settings", responses(
    (status = 200, body = SettingsInEffect, description = "Each value with its source"),
))]
pub async fn show(State(app): State<App>) -> Result<Json<SettingsInEffect>, WebError> {
    let config = &app.engine.config;
    let stored = settings::stored(&app.engine.db).await?;
    let in_effect = app.engine.settings().await?;
    let of = |setting| SettingInEffect {
        value: value_of(&in_effect, setting),
        source: Source::of(config, &stored, setting),
    };
    Ok(Json(SettingsInEffect {
        include_pending: of(Setting::IncludePending),
        from: of(Setting::From),
        until: of(Setting::Until),
        default_start: of(Setting::DefaultStart),
        max_deletions: of(Setting::MaxDeletions),
        on_difference: of(Setting::OnDifference),
        leavers: of(Setting::Leavers),
    }))
}

fn value_of(settings: &Settings, setting: Setting) -> Value {
    match setting {
        Setting::IncludePending => json!(settings.include_pending),
        Setting::MaxDeletions => match settings.max_deletions {
            DeletionLimit::Number(number) => json!(number),
            limit @ DeletionLimit::Auto => json!(limit.to_string()),
        },
        Setting::From | Setting::Until | Setting::DefaultStart | Setting::OnDifference | Setting::Leavers => {
            json!(settings.printed(setting))
        }
    }
}

/// Some of the settings. Null withdraws the admin's choice: the default is in effect.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body, which is read field by field to name the wrong one")]
struct NewSettings {
    /// Whether leave that is not yet approved is written too.
    include_pending: Option<bool>,
    /// The first day of the window: a date, or days after today such as `-60d`.
    from: Option<String>,
    /// The last day of the window: a date, or days after today such as `400d`.
    until: Option<String>,
    /// The start of a partial day whose start Officient does not know.
    #[schema(example = "09:00")]
    default_start: Option<String>,
    /// `auto`, or how many deletions within ten minutes need no confirmation.
    max_deletions: Option<Value>,
    /// `ask` or `restore`: what happens to a difference that the audit found.
    on_difference: Option<String>,
    /// `ask`, `keep` or `delete`: what happens to the absences from today on of people who were archived.
    leavers: Option<String>,
}

/// Changes settings.
#[utoipa::path(put, path = "/settings", operation_id = "put_settings", request_body = inline(NewSettings), responses(
    (status = 204, description = "Stored; everybody is reconciled"),
    (status = 400, description = "The body is not a JSON object"),
    (status = 409, description = "The configuration sets one of them; nothing is stored"),
    (status = 422, description = "A field is wrong or not a setting; nothing is stored"),
))]
pub async fn replace(State(app): State<App>, admin: Admin, body: Body) -> Result<StatusCode, WebError> {
    let proposed = read(&json_object(body).await?)?;
    save_settings(&app.engine, &admin, &proposed).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read(body: &Map<String, Value>) -> Result<ProposedSettings, WebError> {
    let mut settings = BTreeMap::new();
    for (name, value) in body {
        let unknown = WebError::InvalidField { field: "settings", fault: "has a field that is no setting" };
        let setting: Setting = name.parse().map_err(|_other| unknown)?;
        let text = match (setting, value) {
            (_, Value::Null) => None,
            (Setting::IncludePending, Value::Bool(value)) => Some(value.to_string()),
            (Setting::MaxDeletions, Value::Number(number)) => Some(number.to_string()),
            (Setting::IncludePending, _) => return Err(invalid(setting)),
            (_, Value::String(text)) => Some(text.clone()),
            _ => return Err(invalid(setting)),
        };
        settings.insert(setting, text);
    }
    Ok(ProposedSettings { settings })
}

fn invalid(setting: Setting) -> WebError {
    let fault = match setting {
        Setting::IncludePending => "must be true or false",
        Setting::From => "must be a date, or days such as -60d, at most ten years away",
        Setting::Until => "must be a date, or days such as 400d, at most ten years away",
        Setting::DefaultStart => "must be a time of day such as 09:00",
        Setting::MaxDeletions => "must be auto or a number from 0 to 1000000",
        Setting::OnDifference => "must be ask or restore",
        Setting::Leavers => "must be ask, keep or delete",
    };
    WebError::InvalidField { field: setting.into_str(), fault }
}

/// The settings in effect once these are stored. An error names the one that is wrong or fixed.
pub fn check(
    config: &Config,
    mut chosen: BTreeMap<Setting, String>,
    proposed: &ProposedSettings,
    today: Date,
) -> Result<Settings, WebError> {
    let mut read = config.settings();
    for (setting, text) in &proposed.settings {
        if config.set_by_operator.contains(setting) {
            return Err(WebError::ConfiguredByOperator);
        }
        if let Some(text) = text {
            read.set(*setting, text).map_err(|_fault| invalid(*setting))?;
        }
    }
    proposed.apply_to(&mut chosen);
    let settings = config.settings_with(&chosen);
    let near = today.saturating_sub(FARTHEST_DAYS.days())..=today.saturating_add(FARTHEST_DAYS.days());
    for (setting, edge) in [(Setting::From, settings.from), (Setting::Until, settings.until)] {
        if proposed.settings.contains_key(&setting) && !near.contains(&edge.on(today)) {
            return Err(invalid(setting));
        }
    }
    let is_about_window = [Setting::From, Setting::Until].iter().any(|edge| proposed.settings.contains_key(edge));
    if is_about_window && settings.from.on(today) > settings.until.on(today) {
        let fault = "must not be before the first day";
        return Err(WebError::InvalidField { field: Setting::Until.into_str(), fault });
    }
    Ok(settings)
}

/// Stores the settings, if all are right and none is fixed, and has those people reconciled whom they concern.
pub async fn save_settings(engine: &Engine, admin: &Admin, proposed: &ProposedSettings) -> Result<(), WebError> {
    let now = engine.clock.now();
    let mut tx = db::begin(&engine.db).await?;
    settings::lock(&mut tx).await?;
    let chosen = settings::chosen(&mut *tx).await?;
    check(&engine.config, chosen.clone(), proposed, engine.clock.today())?;
    let mut changed = proposed.clone();
    changed.settings.retain(|setting, text| chosen.get(setting) != text.as_ref());
    if changed.settings.is_empty() {
        return Ok(());
    }
    for (setting, text) in &changed.settings {
        settings::save(&mut *tx, *setting, text.as_deref(), (admin.actor.name.as_deref(), now)).await?;
    }
    let detail = |(setting, text): (&Setting, &Option<String>)| {
        format!("{}: {}", setting.into_str(), text.as_deref().unwrap_or("default"))
    };
    let detail: Vec<String> = changed.settings.iter().map(detail).collect();
    audit_log::insert(&mut *tx, Act::SettingsChanged, Some(&detail.join(", ")), &admin.actor, now).await?;
    let change = ProposedChange::Settings(changed);
    let request = SyncRequest { reason: SyncReason::Import, at: now, webhook_received_at: None };
    if let Some(company) = connection::load(&mut *tx).await?.company_id {
        if change.concerns(false) {
            queue::request_sync_of_all(&mut *tx, company, request, i64::MAX).await?;
        }
        if change.concerns(true) {
            let archived = decisions::archived_people(&mut *tx, company, engine.clock.today()).await?;
            queue::request_sync(&mut *tx, company, &archived, request).await?;
        }
    }
    // What it shows was true of the former settings.
    preview::delete(&mut tx).await?;
    tx.commit().await?;
    engine.work_signal.notify(&engine.db).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_field_by_field() {
        let read = |body: Value| read(body.as_object().unwrap()).map_err(|error| error.to_string());
        let all = json!({"includePending": true, "from": "-30d", "maxDeletions": 20, "leavers": null});
        let texts: Vec<(&str, Option<String>)> =
            read(all).unwrap().settings.into_iter().map(|(setting, text)| (setting.into_str(), text)).collect();
        let some = |text: &str| Some(text.to_owned());
        let expected =
            [("includePending", some("true")), ("from", some("-30d")), ("maxDeletions", some("20")), ("leavers", None)];
        assert_eq!(texts, expected);
        for (body, fault) in [
            (json!({"includePending": "true"}), "includePending: must be true or false"),
            (json!({"from": 5}), "from: must be a date"),
            (json!({"onDifference": true}), "onDifference: must be ask or restore"),
            (json!({"includepending": true}), "settings: has a field that is no setting"),
        ] {
            assert!(read(body.clone()).unwrap_err().starts_with(fault), "{body}");
        }
    }
}
