//! The OpenAPI document of the service's own HTTP API. What an operation takes and gives stands at its handler; what all
//! of them have in common is added here. Built when somebody asks for it, never kept.

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
use super::{CALLBACK_PATH, api, login, metrics, session, webhook};

const PROBLEM: &str = "application/problem+json";

/// The names of the ways to come in.
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
        description = "Leave made in Officient stands in Optedo at once.\n\n\
            Any failure is a problem document (RFC 9457); to a browser, which accepts `text/html`, it is a page. \
            Another method than those listed is answered 405, another path 404. The settings page is not described: \
            it is for people."
    ),
    paths(super::live, super::ready, metrics::show, show),
    components(schemas(Problem)),
    nest(
        (path = CALLBACK_PATH, api = Officient),
        (path = CALLBACK_PATH, api = Admin, tags = ["admin"]),
    ),
    tags(
        (name = "officient", description = "What Officient sends"),
        (name = "admin", description = "For the admin's page and programs"),
        (name = "inside", description = "For whoever runs the service; the proxy passes none of it on"),
    ),
    modifiers(&InCommon)
)]
struct Document;

#[derive(OpenApi)]
#[openapi(paths(login::finish_login, webhook::receive_webhook))]
struct Officient;

#[derive(OpenApi)]
#[openapi(paths(
    api::status,
    api::put_credentials,
    login::begin_login,
    login::logout,
    api::start_sync,
    api::put_webhook_events,
    api::rotate_webhook_token,
    api::list_attention,
    api::retry_attention,
    api::ignore_attention,
    api::list_people,
    api::list_leave_types,
    api::list_absences,
))]
struct Admin;

/// What operations and answers have in common.
struct InCommon;

impl Modify for InCommon {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            let operations = [(&mut item.get, false), (&mut item.put, true), (&mut item.post, true)];
            for (operation, is_change) in operations {
                let Some(operation) = operation else { continue };
                if has_tag(operation, "admin") {
                    admin_only(operation, is_change);
                }
                if !has_tag(operation, "inside") {
                    add(operation, "500", "Something went wrong inside");
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

/// What the layer before the API asks for and answers.
fn admin_only(operation: &mut Operation, is_change: bool) {
    // Its module's name goes before the tag of the nest unless it is taken away.
    operation.tags = Some(vec!["admin".to_owned()]);
    let no_scopes = || std::iter::empty::<String>();
    let mut by_session = SecurityRequirement::new(SESSION, no_scopes());
    add(operation, "401", "Neither a session nor the bearer token");
    add(operation, "503", "The database does not answer");
    if is_change {
        by_session = by_session.add(CSRF, no_scopes());
        add(operation, "403", "The CSRF token is missing or wrong, or another site asks");
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

/// No answer has other fields than those listed. All of them are always there, null where there is nothing, but for the
/// fields of a problem that is not about fields.
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
    let session =
        "From the page's login form; `__Host-` goes before its name where the service is reached by https";
    let csrf = "The page's `<meta name=\"csrf-token\">`; a form's field `csrf_token` does as well";
    let schemes = [
        (
            SESSION,
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(session::SESSION, session))),
        ),
        (CSRF, SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("X-CSRF-Token", csrf)))),
        (
            BEARER,
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some("`admin.api_token` of the configuration"))
                    .build(),
            ),
        ),
    ];
    for (name, scheme) in schemes {
        components.add_security_scheme(name, scheme);
    }
}
