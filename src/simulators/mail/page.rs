//! The mailbox: every mail that the server took, the newest first.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::super::page::{self, render};
use super::super::server::lock;
use super::mailbox::{Mail, Sim};

#[derive(Template)]
#[template(path = "simulators/mailbox.html")]
struct Mailbox {
    mails: Vec<Shown>,
}

struct Shown {
    subject: String,
    from: String,
    to: String,
    text: String,
    message_id: String,
    in_reply_to: String,
}

impl Shown {
    fn new(mail: &Mail) -> Self {
        let parsed = mail.parse();
        let of =
            |part: fn(&mail_parser::Message<'_>) -> Option<String>| parsed.as_ref().and_then(part).unwrap_or_default();
        Self {
            subject: of(|mail| mail.subject().map(str::to_owned)),
            from: mail.from.clone(),
            to: mail.to.join(", "),
            text: of(|mail| mail.body_text(0).map(Into::into)),
            message_id: of(|mail| mail.message_id().map(str::to_owned)),
            in_reply_to: of(|mail| mail.in_reply_to().as_text().map(str::to_owned)),
        }
    }
}

pub(super) fn router(sim: Arc<Sim>) -> Router {
    Router::new().route("/", get(show)).merge(page::router()).with_state(sim)
}

async fn show(State(sim): State<Arc<Sim>>) -> Response {
    let mails = lock(&sim.mails).iter().rev().map(Shown::new).collect();
    render(&Mailbox { mails })
}
