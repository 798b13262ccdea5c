//! `PUT …/credentials`: the app's Client ID and Secret at Officient.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::db::audit_log::{self, Act};
use crate::db::{self, connection};
use crate::secrets::CLIENT_SECRET;
use crate::sync::Engine;
use crate::web::error::WebError;
use crate::web::session::Admin;
use crate::web::state::App;

/// In bytes.
const MAX_TEXT: usize = 1000;

/// The app's Client ID and Secret at Officient.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field to name the wrong one")]
struct Credentials {
    #[schema(min_length = 1, max_length = 1000)]
    client_id: String,
    #[schema(min_length = 1, max_length = 1000)]
    client_secret: String,
}

/// Stores the app's Client ID and Secret.
#[utoipa::path(put, path = "/credentials", operation_id = "put_credentials", request_body = inline(Credentials), responses(
    (status = 204, description = "Stored"),
    (status = 400, description = "The body is not a JSON object"),
    (status = 409, description = "The configuration sets them"),
    (status = 422, description = "A field is missing or wrong"),
))]
pub async fn replace(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, WebError> {
    let body = json_object(&body?)?;
    let (client_id, client_secret) = (text(&body, "clientId")?, text(&body, "clientSecret")?);
    save_credentials(&app.engine, &admin, client_id, client_secret.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stores the app's Client ID and Secret, unless the configuration sets them.
pub async fn save_credentials(
    engine: &Engine,
    admin: &Admin,
    client_id: &str,
    client_secret: SecretString,
) -> Result<(), WebError> {
    if engine.config.officient.client_id.is_some() {
        return Err(WebError::CredentialsConfigured);
    }
    let sealed = engine.vault.seal(CLIENT_SECRET, &client_secret);
    let mut tx = db::begin(&engine.db).await?;
    connection::save_credentials(&mut *tx, client_id, &sealed).await?;
    audit_log::insert(&mut *tx, Act::CredentialsChanged, None, &admin.actor, engine.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// The fields of a body.
pub(super) fn json_object(body: &[u8]) -> Result<Map<String, Value>, WebError> {
    serde_json::from_slice(body)
        .map_err(|_no_object| WebError::InvalidRequest("the body must be a JSON object"))
}

fn text<'a>(object: &'a Map<String, Value>, field: &'static str) -> Result<&'a str, WebError> {
    let invalid = |fault| WebError::InvalidField { field, fault };
    let text = object.get(field).ok_or(invalid("is missing"))?;
    check_text(field, text.as_str().ok_or(invalid("must be a string"))?)
}

/// The text without the spaces and invisible characters around it, which come along when it is pasted; if it is not empty and Postgres can store it.
pub fn check_text<'a>(field: &'static str, text: &'a str) -> Result<&'a str, WebError> {
    let is_blank =
        |char: char| char.is_whitespace() || "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}".contains(char);
    let text = text.trim_matches(is_blank);
    if text.is_empty() {
        Err(WebError::InvalidField { field, fault: "must not be empty" })
    } else if text.contains('\0') || text.len() > MAX_TEXT {
        Err(WebError::InvalidField { field, fault: "is too long, or has characters that cannot be stored" })
    } else {
        Ok(text)
    }
}
