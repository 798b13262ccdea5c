//! The tabs of what happened: what was written when and why, for everybody or one person; and which admin did what.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;

use super::frame::{Frame, Paging, Visit, render};
use crate::config::Setting;
use crate::db::audit_log::{self, Act, Actor};
use crate::db::history::{self, Entry};
use crate::db::people::{self, Person};
use crate::domain::company::Names;
use crate::domain::ids::PersonId;
use crate::web::error::WebError;

const ENTRIES_PER_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "page/history.html")]
struct HistoryPage {
    frame: Frame,
    /// The person whose history is shown; `None` shows everybody's.
    person: Option<Person>,
    entries: Vec<Entry>,
    names: HashMap<PersonId, Names>,
    paging: Paging,
}

/// `GET …/history`
pub(super) async fn show(Visit { mut frame, connection, engine }: Visit) -> Result<Response, WebError> {
    let (db, company) = (&engine.db, connection.company_id);
    let id = frame.value("person").and_then(|id| id.parse().ok()).map(PersonId);
    let mut person = None;
    if let Some((company, id)) = company.zip(id) {
        let found = people::find(db, company, id).await?.ok_or(WebError::NotFound)?;
        frame.is_changing = found.request.is_some();
        person = Some(found);
    }
    let mut paging = Paging::new(&frame, ENTRIES_PER_PAGE);
    let entries = history::list(db, company, id, None, (paging.limit(), paging.offset())).await?;
    let entries = paging.keep(entries);
    let people: Vec<i64> = entries.iter().map(|entry| entry.person.0).collect();
    let names = people::names(db, company, &people).await?;
    render(&HistoryPage { frame, person, entries, names, paging })
}

#[derive(Template)]
#[template(path = "page/log.html")]
struct LogPage {
    frame: Frame,
    entries: Vec<audit_log::Entry>,
    paging: Paging,
}

impl LogPage {
    /// The detail of an entry, with its English words in the admin's language; ids and numbers stay.
    fn in_words(&self, detail: &str) -> String {
        let is_letter = |letter: char| letter.is_alphabetic() || letter == '_';
        let mut text = String::new();
        for piece in detail.split_inclusive(|letter| !is_letter(letter)) {
            let word = piece.trim_end_matches(|letter| !is_letter(letter));
            text += &self.word(word);
            text += piece.strip_prefix(word).unwrap_or_default();
        }
        text
    }

    fn word(&self, word: &str) -> String {
        let t = self.frame.t;
        if let Ok(setting) = word.parse::<Setting>() {
            return t.text("setting").with("setting", setting.into_str()).to_string();
        }
        // A word that is not known stays.
        match t.text("log-word").with("word", word).to_string() {
            unknown if unknown == "-" => word.to_owned(),
            known => known,
        }
    }
}

/// `GET …/log`
pub(super) async fn show_log(Visit { frame, engine, .. }: Visit) -> Result<Response, WebError> {
    let mut paging = Paging::new(&frame, ENTRIES_PER_PAGE);
    let entries = audit_log::list(&engine.db, paging.limit(), paging.offset()).await?;
    render(&LogPage { frame, entries: paging.keep(entries), paging })
}
