//! The users of the tenant.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::parts::Refusal;
use crate::simulators::optedo::model::User;
use crate::simulators::optedo::sim::OptedoSim;
use crate::simulators::page::{Pager, PersonName, ROWS_PER_PAGE, Search, link, name_matches, render};

pub(super) fn router() -> Router<OptedoSim> {
    Router::new()
        .route("/users", get(list).post(add))
        .route("/users/{id}", post(rename))
        .route("/users/{id}/active", post(switch_active))
}

#[derive(Template)]
#[template(path = "simulators/optedo_users.html")]
struct UsersPage {
    q: String,
    users: Vec<User>,
    pager: Pager,
}

async fn list(State(sim): State<OptedoSim>, Query(Search { q, page }): Query<Search>) -> Response {
    let mut found = sim.users();
    found.retain(|user| name_matches(&user.name(), &q));
    let pager = Pager::new(found.len(), page, "/users", &[("q", &q)]);
    render(&UsersPage { users: pager.rows(found), pager, q })
}

/// The part of the list from which a form was sent.
#[derive(Deserialize)]
struct ListPosition {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: String,
}

impl ListPosition {
    fn redirect_to(&self, user_id: i64) -> Redirect {
        let list = link("/users", &[("q", &self.q), ("page", &self.page)]);
        Redirect::to(&format!("{list}#user-{user_id}"))
    }
}

#[derive(Deserialize)]
struct UserForm {
    #[serde(flatten)]
    name: PersonName,
    #[serde(flatten)]
    position: ListPosition,
}

async fn add(State(sim): State<OptedoSim>, Form(name): Form<PersonName>) -> Result<Redirect, Refusal> {
    name.check()?;
    let id = sim.add_user(&name.first_name, &name.last_name);
    let last_page = sim.users().len().div_ceil(ROWS_PER_PAGE).to_string();
    Ok(ListPosition { q: String::new(), page: last_page }.redirect_to(id))
}

async fn rename(
    State(sim): State<OptedoSim>,
    Path(id): Path<i64>,
    Form(UserForm { name, position }): Form<UserForm>,
) -> Result<Redirect, Refusal> {
    name.check()?;
    sim.rename_user(id, &name.first_name, &name.last_name);
    Ok(position.redirect_to(id))
}

async fn switch_active(
    State(sim): State<OptedoSim>,
    Path(id): Path<i64>,
    Form(position): Form<ListPosition>,
) -> Redirect {
    let is_active = sim.users().iter().any(|user| user.id == id && user.active);
    sim.set_user_active(id, !is_active);
    position.redirect_to(id)
}
