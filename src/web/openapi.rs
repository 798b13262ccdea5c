//! The OpenAPI document of the service's own HTTP API. Each handler describes its operation; this module adds what all
//! operations have in common. The document is built for each request, so that an idle service does not keep it.

use std::iter;

use axum::Json;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, Content, Ref, RefOr};
use utoipa::{Modify, OpenApi, ToSchema as _};

use super::error::Problem;
use super::{CALLBACK_PATH, api, login, monitoring, session, webhook};

const PROBLEM: &str = "application/problem+json";

/// Names of the security schemes.
const BEARER: &str = "bearer";
const SESSION: &str = "session";
const CSRF: &str = "csrf";

/// `GET /openapi.json`
#[utoipa::path(get, path = "/openapi.json", tag = "inside", operation_id = "openapi", responses(
    (status = 200, body = Object, description = "This document"),
))]
pub async fn show() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}

/// The document.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "optedo-officient",
        license(name = "Not licensed to anybody else"),
        description = "Copies leave from Officient to Optedo.\n\n\
            Every failure is a problem document (RFC 9457), or a page for a browser, which accepts `text/html`. \
            Methods that are not listed get 405, other paths 404. The settings page is for people and not described."
    ),
    paths(monitoring::open_page, monitoring::live, monitoring::ready, monitoring::metrics, show),
    components(schemas(Problem)),
    nest(
        (path = CALLBACK_PATH, api = Officient),
        (path = CALLBACK_PATH, api = Admin, tags = ["admin"]),
    ),
    tags(
        (name = "officient", description = "What Officient sends"),
        (name = "admin", description = "For the admin's page and programs"),
        (name = "inside", description = "For the operator; the proxy passes none of it on"),
    ),
    modifiers(&Common)
)]
struct Document;

#[derive(OpenApi)]
#[openapi(paths(login::finish_login, webhook::receive_webhook))]
struct Officient;

#[derive(OpenApi)]
#[openapi(paths(
    api::status::show,
    api::officient_app::replace_credentials,
    login::begin_login,
    login::logout,
    api::sync::start,
    api::pause::pause,
    api::pause::resume,
    api::officient_app::replace_webhook_events,
    api::officient_app::rotate_token,
    api::attention::list,
    api::attention::retry,
    api::attention::ignore,
    api::attention::decide,
    api::differences::start_audit,
    api::differences::list,
    api::differences::restore,
    api::differences::keep,
    api::people::list,
    api::people::link,
    api::people::unlink,
    api::people::exclude,
    api::people::readmit,
    api::days::list,
    api::leave_types::list,
    api::leave_types::replace_mapping,
    api::absences::list,
    api::settings::show,
    api::settings::replace,
    api::notifications::show,
    api::notifications::replace,
    api::notifications::test,
))]
struct Admin;

/// Adds what operations and responses have in common.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            let changes = [&mut item.put, &mut item.post, &mut item.delete].map(|operation| (operation, true));
            let operations = iter::once((&mut item.get, false)).chain(changes);
            for (operation, is_change) in operations {
                let Some(operation) = operation else { continue };
                if has_tag(operation, "admin") {
                    admin_only(operation, is_change);
                }
                if !has_tag(operation, "inside") {
                    add(operation, "500", "A bug, or a stored secret that cannot be decrypted");
                    describe_problems(operation);
                }
            }
        }
        let components = document.components.get_or_insert_default();
        add_security(components);
        components.schemas.iter_mut().for_each(|(name, schema)| close(name, schema));
    }
}

fn has_tag(operation: &Operation, tag: &str) -> bool {
    operation.tags.iter().flatten().any(|given| given == tag)
}

fn add(operation: &mut Operation, status: &str, description: &str) {
    operation.responses.responses.insert(status.to_owned(), Response::new(description).into());
}

/// Describes [`session::require_admin`].
fn admin_only(operation: &mut Operation, is_change: bool) {
    // Without this, the tags begin with the name of the handler's module.
    operation.tags = Some(vec!["admin".to_owned()]);
    let no_scopes = || std::iter::empty::<String>();
    let mut by_session = SecurityRequirement::new(SESSION, no_scopes());
    add(operation, "401", "Neither a session nor the bearer token");
    add(operation, "503", "The database does not respond");
    if is_change {
        by_session = by_session.add(CSRF, no_scopes());
        add(operation, "403", "The CSRF token is missing or wrong, or another site sent the request");
        add(operation, "413", "The body is larger than 64 KiB");
    }
    operation.security = Some(vec![by_session, SecurityRequirement::new(BEARER, no_scopes())]);
}

fn describe_problems(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
        {
            let problem = Content::new(Some(Ref::from_schema_name(Problem::name())));
            response.content.insert(PROBLEM.to_owned(), problem.into());
        }
    }
}

/// Responses have exactly the listed fields, which are null when they have no value. Only a problem may lack a field.
fn close(name: &str, schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    if object.properties.is_empty() {
        return;
    }
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    if name != Problem::name() {
        object.required = object.properties.keys().cloned().collect();
    }
}

fn add_security(components: &mut Components) {
    let session = "From the page's sign-in form; over https its name begins with `__Host-`";
    let csrf = "From the page's `<meta name=\"csrf-token\">`; the form field `csrf_token` works too";
    let session = ApiKeyValue::with_description(session::SESSION, session);
    let csrf = ApiKeyValue::with_description("X-CSRF-Token", csrf);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let bearer = bearer.description(Some("`admin.api_token` of the configuration"));
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    components.add_security_scheme(CSRF, SecurityScheme::ApiKey(ApiKey::Header(csrf)));
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer.build()));
}
