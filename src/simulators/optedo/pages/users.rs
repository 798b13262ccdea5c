//! The users of the tenant.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::{full_name, impossible};
use crate::simulators::optedo::{OptedoSim, User};
use crate::simulators::page::render;
use crate::simulators::pager::{PAGE, Pager, is_found, link};

pub(super) fn router() -> Router<OptedoSim> {
    Router::new()
        .route("/users", get(users).post(add))
        .route("/users/{id}", post(rename))
        .route("/users/{id}/active", post(switch))
}

#[derive(Template)]
#[template(path = "simulators/optedo_users.html")]
struct UsersPage {
    q: String,
    users: Vec<User>,
    pager: Pager,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: usize,
}

async fn users(State(sim): State<OptedoSim>, Query(Shown { q, page }): Query<Shown>) -> Response {
    let mut found = sim.users();
    found.retain(|user| is_found(&full_name(user), &q));
    let pager = Pager::new(found.len(), page, "/users", &[("q", &q)]);
    render(&UsersPage { users: pager.of(found), pager, q })
}

#[derive(Deserialize)]
struct UserForm {
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    /// Which part of the list the form stood in.
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: String,
}

impl UserForm {
    /// Spaces around a name are kept: they are what makes two names differ.
    fn is_complete(&self) -> bool {
        [&self.first_name, &self.last_name].iter().all(|name| !name.trim().is_empty())
    }

    /// Back to where this user stood in the list.
    fn back_to(&self, id: i64) -> Response {
        let list = link("/users", &[("q", &self.q), ("page", &self.page)]);
        Redirect::to(&format!("{list}#user-{id}")).into_response()
    }
}

const INCOMPLETE: &str = "Vul een voornaam en een achternaam in.";

async fn add(State(sim): State<OptedoSim>, Form(form): Form<UserForm>) -> Response {
    if !form.is_complete() {
        return impossible(INCOMPLETE);
    }
    let id = sim.add_user(&form.first_name, &form.last_name);
    let last_page = sim.users().len().div_ceil(PAGE).to_string();
    UserForm { q: String::new(), page: last_page, ..form }.back_to(id)
}

async fn rename(State(sim): State<OptedoSim>, Path(id): Path<i64>, Form(form): Form<UserForm>) -> Response {
    if !form.is_complete() {
        return impossible(INCOMPLETE);
    }
    sim.rename_user(id, &form.first_name, &form.last_name);
    form.back_to(id)
}

async fn switch(State(sim): State<OptedoSim>, Path(id): Path<i64>, Form(form): Form<UserForm>) -> Response {
    let active = sim.users().iter().any(|user| user.id == id && user.active);
    sim.set_user_active(id, !active);
    form.back_to(id)
}
